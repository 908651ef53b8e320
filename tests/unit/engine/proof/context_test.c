/* Conditions that organizations write into their policies, put over the accounts of a topology that
 * works: what each path comes to is written by hand, from AWS's "AWS global condition context keys"
 * and the pages of the services' own keys. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/config/config.h"
#include "engine/proof/proof.h"

#define GOLDEN SOURCE_DIR "/tests/golden/checks/HP124/bad.yaml"
#define PACKAGES SOURCE_DIR "/tests/golden/lower/data"

struct room {
    struct arena *arena;
    struct diags diags;
};

static struct slice source(struct room *room)
{
    struct slice text;
    assert_true(file_read(room->arena, GOLDEN, FILE_READ_MAX, &text, &room->diags));
    return text;
}

/* The text with one thing put in place of another. */
static const char *with(struct room *room, const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    if (!at)
        fail_msg("nothing of the topology reads %s", old);
    return arena_printf(room->arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

static void prove(struct room *room, const char *text, struct proof_report *ret)
{
    struct topology topology;
    const struct config_options options = {
        .path = "topology.yaml", .data_dir = PACKAGES, .text = slice_of(text)};
    bool ok = config_load(room->arena, &options, schema_load(room->arena), &topology, &room->diags);
    for (size_t i = 0; i < room->diags.len; i++)
        fprintf(stderr, "%s\n", diag_render(room->arena, &room->diags, &room->diags.items[i]));
    assert_true(ok);
    const struct proof_input input = {.topology = &topology};
    proof_check(room->arena, &input, ret);
}

/* Whether an assumption of the path names the key. */
static bool assumes(const struct proof_path *path, const char *key)
{
    for (size_t i = 0; i < path->hop_len; i++)
        if (path->hops[i].verdict == PROOF_UNKNOWN && strstr(path->hops[i].reason, key))
            return true;
    return false;
}

/* "" good by itself; "?KEY": good if that key is as it has to be; else the link that breaks. */
static void expect(struct room *room, const char *text, const char *what, const char *expected)
{
    struct proof_report report;
    prove(room, text, &report);
    assert_int_equal(report.path_len, 1);
    const struct proof_path *path = &report.paths[0];
    const char *broken = path->verdict == PROOF_BROKEN ? path->hops[path->broken_at].id : "";
    bool asks = *expected == '?';
    if (!str_eq(broken, asks ? "" : expected) || (asks && !assumes(path, expected + 1)) ||
        (!*expected &&
         (assumes(path, "aws:") || assumes(path, "kms:") || assumes(path, "backup:"))))
        fail_msg("%s: broken at `%s`, expected `%s`", what, broken, expected);
}

#define CONTROL "Action: \"backup:CopyFromBackupVault\""

/* Denials over the account of the sources: the statement's action and condition. */
static const struct {
    const char *statement, *expected;
} denials[] = {
    /* the Region */
    {"Action: \"*\", Condition: {StringNotEquals: {aws:RequestedRegion: [us-east-1, us-east-2]}}",
     ""},
    {"NotAction: [\"iam:*\", \"sts:*\"], Condition: {StringNotEquals: {aws:RequestedRegion: "
     "us-east-2}}",
     "backup.read_tags"},
    {"Action: \"backup:CopyFromBackupVault\", Condition: {StringNotEquals: {aws:RequestedRegion: "
     "us-east-1}, \"ForAnyValue:ArnEquals\": {backup:CopyTargets: \"${vaults.between.arn}\"}}",
     "?aws:RequestedRegion"},
    {"Action: \"backup:StartCopyJob\", Condition: {StringEquals: {aws:RequestedRegion: us-east-1}}",
     ""},
    {"Action: \"backup:StartCopyJob\", Condition: {StringEquals: {aws:RequestedRegion: us-east-2}}",
     "relay.start"},
    /* the organization */
    {"Action: \"*\", Condition: {StringNotEquals: {aws:PrincipalOrgID: o-exampleorgid}}", ""},
    {"Action: \"*\", Condition: {StringNotLike: {aws:PrincipalOrgPaths: \"o-exampleorgid/*\"}}",
     ""},
    {"Action: \"backup:*\", Condition: {\"ForAnyValue:StringLike\": {aws:PrincipalOrgPaths: "
     "\"o-exampleorgid/*\"}}",
     "first_copy.copy_from"},
    {"Action: \"backup:*\", Condition: {\"ForAnyValue:StringLike\": {aws:PrincipalOrgPaths: "
     "\"o-another/*\"}}",
     ""},
    {"Action: \"backup:*\", Condition: {\"ForAnyValue:StringLike\": {aws:PrincipalOrgPaths: "
     "\"o-exampleorgid/r-ab12/ou-ab12-11111111/*\"}}",
     "?aws:PrincipalOrgPaths"},
    {"Action: \"*\", Condition: {StringNotEquals: {aws:ResourceOrgID: o-exampleorgid}}", ""},
    {"Action: \"*\", Condition: {StringNotEqualsIfExists: {aws:ResourceAccount: [\"111122223333\", "
     "\"444455556666\"]}}",
     ""},
    {"Action: \"*\", Condition: {\"ForAllValues:StringNotLike\": {aws:ResourceOrgPaths: "
     "\"o-exampleorgid/*\"}}",
     ""},
    /* the caller */
    {"Action: \"backup:StartCopyJob\", Condition: {StringNotEquals: "
     "{aws:PrincipalTag/holdfast:topology: checks}}",
     ""},
    {"Action: \"backup:StartCopyJob\", Condition: {StringNotEquals: {aws:PrincipalTag/team: "
     "backup}}",
     "relay.start"},
    {"Action: \"backup:StartCopyJob\", Condition: {\"Null\": {aws:SourceArn: \"false\"}}", ""},
    {"Action: \"backup:StartCopyJob\", Condition: {Bool: {aws:ViaAWSService: \"true\"}}", ""},
    {"Action: \"backup:StartCopyJob\", Condition: {ArnNotLike: {lambda:SourceFunctionArn: "
     "\"arn:aws:lambda:us-east-2:111122223333:function:checks-*\"}}",
     ""},
    {"Action: \"backup:StartCopyJob\", Condition: {NotIpAddress: {aws:SourceIp: 10.0.0.0/8}}",
     "?aws:SourceIp"},
    {"Action: \"rds:*\", Condition: {BoolIfExists: {aws:MultiFactorAuthPresent: \"false\"}}",
     "?aws:MultiFactorAuthPresent"},
    {"Action: \"rds:*\", Condition: {Bool: {aws:SecureTransport: \"false\"}}", ""},
    {"Action: \"rds:*\", Condition: {StringEquals: {\"aws:PrincipalArn\": \"${aws:userid}\"}}",
     "?aws:userid"},
    /* copies */
    {"Action: \"backup:CopyFromBackupVault\", Condition: {\"ForAllValues:ArnNotEquals\": "
     "{backup:CopyTargets: [\"${vaults.between.arn}\", \"${vaults.final.arn}\"]}}",
     ""},
    {"Action: \"backup:CopyFromBackupVault\", Condition: {\"ForAllValues:ArnNotEquals\": "
     "{backup:CopyTargets: [\"${vaults.between.arn}\"]}}",
     "last_copy.copy_from"},
    {"Action: \"backup:CopyFromBackupVault\", Condition: {\"ForAllValues:StringNotLike\": "
     "{backup:CopyTargetOrgPaths: \"o-exampleorgid/*\"}}",
     ""},
    {"Action: \"backup:CopyFromBackupVault\", Condition: {\"ForAllValues:StringNotLike\": "
     "{backup:CopyTargetOrgPaths: \"o-another/*\"}}",
     "first_copy.copy_from"},
    {"Action: \"backup:CopyIntoBackupVault\", Condition: {\"Null\": {aws:ResourceTag/immutable: "
     "\"true\"}}",
     "first_copy.vault_policy"},
    /* keys */
    {"Action: \"kms:*\", Condition: {StringNotEquals: {kms:KeySpec: SYMMETRIC_DEFAULT}}", ""},
    {"Action: \"kms:*\", Condition: {StringEquals: {kms:CallerAccount: \"111122223333\"}}",
     "first_copy.vault_key"},
    {"Action: \"kms:CreateGrant\", Condition: {Bool: {kms:GrantIsForAWSResource: \"false\"}}", ""},
    {"Action: \"kms:*\", Condition: {\"ForAnyValue:StringEquals\": {kms:GrantOperations: Decrypt}}",
     "?kms:GrantOperations"},
    {"Action: \"kms:*\", Condition: {\"Null\": {kms:RequestAlias: \"false\"}}", ""},
};

static void a_condition_is_judged_by_what_the_topology_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(denials); i++) {
        struct room room = {.arena = arena_new()};
        diags_init(&room.diags, room.arena);
        const char *text = source(&room).ptr;
        text = with(&room, text,
                    "- Sid: HandsOff\n            Effect: Deny\n            " CONTROL
                    "\n            Resource: \"*\"",
                    arena_printf(room.arena, "- {Sid: HandsOff, Effect: Deny, Resource: \"*\", %s}",
                                 denials[i].statement));
        expect(&room, text, denials[i].statement, denials[i].expected);
        arena_free(room.arena);
    }
}

/* What breaks where a policy of the organization denies an action, and says so. */
static const struct {
    const char *type, *statement, *broken, *reason;
} mended[] = {
    {"SERVICE_CONTROL_POLICY", "Action: \"backup:CopyFromBackupVault\"", "first_copy.copy_from",
     "explicit deny in a service control policy"},
    {"SERVICE_CONTROL_POLICY", "Action: \"rds:CreateDBSnapshot\"", "backup.back_up",
     "explicit deny in a service control policy"},
    {"SERVICE_CONTROL_POLICY", "Action: \"events:PutEvents\"", "event.forward",
     "explicit deny in a service control policy"},
    {"RESOURCE_CONTROL_POLICY", "Principal: \"*\", Action: \"sts:AssumeRole\"", "backup.trust",
     "explicit deny in a resource control policy"},
    {"RESOURCE_CONTROL_POLICY", "Principal: \"*\", Action: \"sqs:SendMessage\"", "relay.letters",
     "explicit deny in a resource control policy"},
};

static void a_denial_is_mended_by_the_condition_that_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(mended); i++) {
        struct room room = {.arena = arena_new()};
        struct proof_report report;
        diags_init(&room.diags, room.arena);
        const char *text = with(&room, source(&room).ptr, "SERVICE_CONTROL_POLICY", mended[i].type);
        const char *before = "- Sid: HandsOff\n            Effect: Deny\n            " CONTROL
                             "\n            Resource: \"*\"";
        const char *statement = arena_printf(
            room.arena, "- {Sid: HandsOff, Effect: Deny, Resource: \"*\", %s", mended[i].statement);
        prove(&room, with(&room, text, before, arena_printf(room.arena, "%s}", statement)),
              &report);
        const struct proof_path *path = &report.paths[0];
        const struct proof_hop *hop = &path->hops[path->broken_at];
        assert_string_equal(hop->id, mended[i].broken);
        assert_non_null(strstr(hop->reason, mended[i].reason));
        assert_true(str_starts(hop->fix, "Condition: "));
        prove(&room,
              with(&room, text, before, arena_printf(room.arena, "%s, %s}", statement, hop->fix)),
              &report);
        for (size_t k = 0; k < report.paths[0].hop_len; k++)
            if (str_eq(report.paths[0].hops[k].id, mended[i].broken))
                assert_int_not_equal(report.paths[0].hops[k].verdict, PROOF_BROKEN);
        arena_free(room.arena);
    }
}

/* Of a denial of what a copy needs, by what it is attached to. */
static const struct {
    const char *targets, *expected;
} targets[] = {
    {"[workload]", "first_copy.copy_from"},
    {"[r-ab12]", "first_copy.copy_from"},
    {"[backup]", ""},
    {"[management]", ""},
    {"[ou-ab12-cdefgh34]", "?organization/policies.hands_off is attached to a unit"},
    {"[ou-ab12-cdefgh34, workload]", "first_copy.copy_from"},
    {"[]", ""},
};

static void a_policy_on_a_unit_is_an_assumption(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct room room = {.arena = arena_new()};
        diags_init(&room.diags, room.arena);
        const char *text = with(&room, source(&room).ptr, "targets: [workload]",
                                arena_printf(room.arena, "targets: %s", targets[i].targets));
        expect(&room, text, targets[i].targets, targets[i].expected);
        arena_free(room.arena);
    }
}

/* An account that is read from the unit stands in it. */
static void a_policy_on_a_unit_holds_for_what_is_read_from_it(void **state)
{
    (void)state;
    struct room room = {.arena = arena_new()};
    diags_init(&room.diags, room.arena);
    const char *text =
        with(&room, source(&room).ptr, "targets: [workload]", "targets: [ou-ab12-cdefgh34]");
    text = with(
        &room, text, "management: {id: \"999988887777\"}",
        "management: {id: \"999988887777\", assume_role: \"arn:aws:iam::999988887777:role/d\"}");
    text = with(&room, text, "workload: {id: \"111122223333\"}",
                "workload: {organizational_unit: ou-ab12-cdefgh34, assume_role: "
                "\"arn:aws:iam::${account.id}:role/d\"}");
    expect(&room, text, "the unit of a group", "first_copy.copy_from");
    arena_free(room.arena);
}

/* Policies of the last vault, by the condition of its only Allow to everybody. */
static const struct {
    const char *condition, *expected;
} doors[] = {
    {"{StringEquals: {aws:PrincipalOrgID: o-exampleorgid}}", ""},
    {"{StringEquals: {aws:PrincipalOrgID: o-another}}", "last_copy.vault_policy"},
    {"{\"ForAnyValue:StringLike\": {aws:PrincipalOrgPaths: \"o-exampleorgid/*\"}}", ""},
    {"{\"ForAnyValue:StringLike\": {aws:PrincipalOrgPaths: \"o-exampleorgid/r-ab12/*\"}}",
     "?aws:PrincipalOrgPaths"},
    {"{StringEquals: {aws:PrincipalAccount: \"111122223333\"}}", ""},
    {"{StringEquals: {aws:SourceVpce: vpce-1}}", "?aws:SourceVpce"},
};

static void a_vault_opens_to_what_the_topology_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(doors); i++) {
        struct room room = {.arena = arena_new()};
        diags_init(&room.diags, room.arena);
        const char *text = source(&room).ptr;
        text = with(&room, text, CONTROL, "Action: \"s3:*\"");
        text = with(&room, text, "accept_copies_from: [workload]",
                    arena_printf(room.arena,
                                 "policy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, "
                                 "Principal: \"*\", Action: \"backup:CopyIntoBackupVault\", "
                                 "Resource: \"*\", Condition: %s}]}",
                                 doors[i].condition));
        expect(&room, text, doors[i].condition, doors[i].expected);
        arena_free(room.arena);
    }
}

/* Nothing says in which organization the accounts stand. */
static void without_an_organization_its_id_is_an_assumption(void **state)
{
    (void)state;
    struct room room = {.arena = arena_new()};
    diags_init(&room.diags, room.arena);
    const char *text = source(&room).ptr;
    text = arena_strndup(room.arena, text, (size_t)(strstr(text, "organization:") - text));
    text =
        with(&room, text, "accept_copies_from: [workload]",
             "policy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", "
             "Action: \"backup:CopyIntoBackupVault\", Resource: \"*\", Condition: {StringEquals: "
             "{aws:PrincipalOrgID: o-exampleorgid}}}]}");
    expect(&room, text, "no organization", "?aws:PrincipalOrgID");
    arena_free(room.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_condition_is_judged_by_what_the_topology_shows),
        cmocka_unit_test(a_denial_is_mended_by_the_condition_that_is_told),
        cmocka_unit_test(a_policy_on_a_unit_is_an_assumption),
        cmocka_unit_test(a_policy_on_a_unit_holds_for_what_is_read_from_it),
        cmocka_unit_test(a_vault_opens_to_what_the_topology_shows),
        cmocka_unit_test(without_an_organization_its_id_is_an_assumption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
