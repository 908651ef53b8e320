/* The least that each account has to allow, of all examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/config/config.h"
#include "engine/permissions/permissions.h"
#include "engine/permissions/rights.h"
#include "engine/policy/policy.h"
#include "engine/policy/quota.h"

#define DATA SOURCE_DIR "/tests/golden/lower/data"

static const char *const examples[] = {"rds-immutable-backup", "direct-copy", "fleet",
                                       "watched-backups",      "more-backup", "rds-default-key",
                                       "rds-guarded"};

struct room {
    struct arena *arena;
    const struct schema_set *schemas;
    struct diags diags;
    struct topology topology;
};

static void load(struct room *room, const char *path, struct slice text)
{
    struct config_options options = {.path = path, .text = text, .data_dir = DATA};
    bool ok = config_load(room->arena, &options, room->schemas, &room->topology, &room->diags);
    for (size_t i = 0; !ok && i < room->diags.len; i++)
        print_error("%s\n", diag_render(room->arena, &room->diags, &room->diags.items[i]));
    assert_true(ok);
}

static void load_example(struct room *room, const char *name)
{
    load(room, arena_printf(room->arena, SOURCE_DIR "/examples/%s.yaml", name), (struct slice){0});
}

static void load_text(struct room *room, const char *text)
{
    load(room, "test.yaml", slice_of(text));
}

static int begin(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    *room = (struct room){.arena = arena, .schemas = schema_load(arena)};
    diags_init(&room->diags, arena);
    *state = room;
    return 0;
}

static int end(void **state)
{
    struct room *room = *state;
    arena_free(room->arena);
    return 0;
}

/* ---- looking into policies ---- */

static struct permissions made(struct room *room, enum permissions_for purpose)
{
    struct permissions permissions;
    permissions_make(room->arena, room->schemas, &room->topology, purpose, /* emptied= */ NULL,
                     &permissions);
    return permissions;
}

static bool has_text(const struct value *one_or_list, const char *text)
{
    if (value_str(one_or_list))
        return str_eq(value_str(one_or_list), text);
    for (size_t i = 0; i < value_len(one_or_list); i++)
        if (str_eq(value_str(value_item(one_or_list, i)), text))
            return true;
    return false;
}

/* The condition under which an account may do this: NULL: it may not; an empty map: none. */
static const struct value *allowed(struct room *room, const struct permissions *permissions,
                                   const char *account, const char *action, const char *resource)
{
    for (size_t g = 0; g < permissions->len; g++) {
        const struct permission_grant *grant = &permissions->grants[g];
        if (!grant->account ? account != NULL : !account || !str_eq(grant->account->name, account))
            continue;
        for (size_t p = 0; p < grant->len; p++) {
            const struct value *statements = value_get(grant->policies[p].document, "Statement");
            for (size_t i = 0; i < value_len(statements); i++) {
                const struct value *s = value_item(statements, i);
                struct map_builder none = map_begin(room->arena);
                if (has_text(value_get(s, "Action"), action) &&
                    has_text(value_get(s, "Resource"), resource))
                    return value_get(s, "Condition") ? value_get(s, "Condition") : map_end(&none);
            }
        }
    }
    return NULL;
}

static void expect(struct room *room, const struct permissions *permissions, const char *account,
                   const char *action, const char *resource, const char *condition)
{
    const struct value *found = allowed(room, permissions, account, action, resource);
    if (!found)
        fail_msg("%s may not %s on %s", account, action, resource);
    assert_string_equal(json_print(room->arena, found, JSON_COMPACT | JSON_SORTED), condition);
}

/* ---- tests ---- */

static void every_action_of_every_handler_has_a_resource(void **state)
{
    struct room *room = *state;
    struct account account = {.name = "a", .id = "111122223333", .partition = "aws"};
    for (size_t i = 0; i < room->schemas->types.len; i++) {
        const struct schema *schema = room->schemas->types.entries[i].value;
        struct resource resource = {.schema = schema, .account = &account, .region = "us-east-1"};
        struct rights rights;
        rights_init(&rights, room->arena, &room->topology, &account);
        for (size_t h = 0; h < value_len(schema->handlers); h++) {
            const struct value_entry *handler = &schema->handlers->map.entries[h];
            const struct value *permissions = value_get(handler->value, "permissions");
            for (size_t k = 0; k < value_len(permissions); k++) {
                const char *action = value_str(value_item(permissions, k));
                if (!rights_of_action(&rights, &resource, handler->key, action))
                    fail_msg("%s: %s of %s has no rows", schema->type_name, action, handler->key);
            }
        }
    }
}

static void check_policy(struct room *room, const struct permission_policy *policy)
{
    struct policy parsed;
    struct map sids;
    map_init(&sids, room->arena);
    bool good = policy_parse(room->arena, policy->document, &parsed, &room->diags, policy->name) &&
                policy_check_kind(&parsed, POLICY_IDENTITY, &room->diags, policy->name) &&
                policy_check_quota(room->arena, policy->document, POLICY_QUOTA_MANAGED,
                                   &room->diags, policy->name);
    for (size_t i = 0; i < room->diags.len; i++)
        print_error("%s\n", diag_render(room->arena, &room->diags, &room->diags.items[i]));
    assert_true(good);
    assert_true(policy->size <= MANAGED_POLICY_MAX);
    assert_true(parsed.statements_len > 0);
    for (size_t i = 0; i < parsed.statements_len; i++) {
        assert_null(map_get(&sids, parsed.statements[i].sid));
        map_set(&sids, parsed.statements[i].sid, room);
        assert_true(parsed.statements[i].actions.len > 0);
        assert_true(parsed.statements[i].resources.len > 0);
    }
}

static void every_policy_of_every_example_is_one_that_iam_takes(void **state)
{
    struct room *room = *state;
    for (size_t e = 0; e < ARRAY_LEN(examples); e++) {
        load_example(room, examples[e]);
        for (int purpose = 0; purpose < PERMISSIONS_FOR_COUNT; purpose++) {
            struct permissions permissions = made(room, (enum permissions_for)purpose);
            assert_true(permissions.len > 0 || purpose == PERMISSIONS_JOBS); /* no plan */
            for (size_t g = 0; g < permissions.len; g++)
                for (size_t p = 0; p < permissions.grants[g].len; p++)
                    check_policy(room, &permissions.grants[g].policies[p]);
        }
    }
}

static void assert_reads_only(const struct value *actions)
{
    size_t len = value_is(actions, VALUE_LIST) ? value_len(actions) : 1;
    for (size_t i = 0; i < len; i++) {
        const char *action = value_str(
            len == 1 && value_is(actions, VALUE_STRING) ? actions : value_item(actions, i));
        if (!action_only_reads(action) && !str_eq(action, "sts:AssumeRole") &&
            !str_eq(action, "kms:Decrypt"))
            fail_msg("%s does not only read", action);
    }
}

static void plan_drift_and_verify_read_only(void **state)
{
    struct room *room = *state;
    static const enum permissions_for purposes[] = {PERMISSIONS_PLAN, PERMISSIONS_DRIFT,
                                                    PERMISSIONS_VERIFY, PERMISSIONS_CHECK};
    for (size_t e = 0; e < ARRAY_LEN(examples); e++) {
        load_example(room, examples[e]);
        for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
            struct permissions permissions = made(room, purposes[i]);
            for (size_t g = 0; g < permissions.len; g++)
                for (size_t p = 0; p < permissions.grants[g].len; p++) {
                    const struct value *statements =
                        value_get(permissions.grants[g].policies[p].document, "Statement");
                    for (size_t k = 0; k < value_len(statements); k++)
                        assert_reads_only(value_get(value_item(statements, k), "Action"));
                }
        }
    }
}

#define OWN "{\"StringEquals\":{\"aws:ResourceTag/holdfast:topology\":\"rds-immutable-backup\"}}"
#define NEW "{\"StringEquals\":{\"aws:RequestTag/holdfast:topology\":\"rds-immutable-backup\"}}"

static void what_follows_from_names_is_literal(void **state)
{
    struct room *room = *state;
    load_example(room, "rds-immutable-backup");
    struct permissions apply = made(room, PERMISSIONS_APPLY);
    expect(room, &apply, NULL, "sts:AssumeRole", "arn:aws:iam::444455556666:role/holdfast-deployer",
           "{}");
    expect(room, &apply, "backup", "backup:PutBackupVaultLockConfiguration",
           "arn:aws:backup:us-east-2:444455556666:backup-vault:rds-immutable-backup-final", "{}");
    expect(room, &apply, "workload", "lambda:CreateFunction",
           "arn:aws:lambda:us-east-2:111122223333:function:rds-immutable-backup-to_final", "{}");
    assert_null(allowed(room, &apply, "backup", "lambda:CreateFunction",
                        "arn:aws:lambda:us-east-2:111122223333:function:rds-immutable-backup-to_"
                        "final"));
}

static void what_aws_names_is_known_by_its_tag(void **state)
{
    struct room *room = *state;
    load_example(room, "rds-immutable-backup");
    struct permissions apply = made(room, PERMISSIONS_APPLY);
    const char *plans = "arn:aws:backup:us-east-1:111122223333:backup-plan:*";
    const char *keys = "arn:aws:kms:us-east-2:444455556666:key/*";
    expect(room, &apply, "workload", "backup:CreateBackupPlan", plans, NEW);
    expect(room, &apply, "workload", "backup:CreateBackupSelection", plans, OWN);
    expect(room, &apply, "workload", "backup:UpdateBackupPlan", plans, OWN);
    expect(room, &apply, "backup", "kms:CreateKey", "*", NEW);
    expect(room, &apply, "backup", "kms:PutKeyPolicy", keys, OWN);
    expect(room, &apply, "backup", "kms:CreateGrant", keys,
           "{\"Bool\":{\"kms:GrantIsForAWSResource\":\"true\"},\"StringEquals\":{\"aws:ResourceTag/"
           "holdfast:topology\":\"rds-immutable-backup\",\"kms:ViaService\":\"backup.us-east-2."
           "amazonaws.com\"}}");
}

static void check_reads_whatever_something_leads_to(void **state)
{
    struct room *room = *state;
    load_example(room, "rds-default-key");
    struct permissions check = made(room, PERMISSIONS_CHECK);
    expect(room, &check, "central_backup", "kms:GetKeyPolicy", "arn:aws:kms:*:444455556666:key/*",
           "{}");
    expect(room, &check, "production", "iam:GetRolePolicy", "arn:aws:iam::111122223333:role/*",
           "{}");
    expect(room, &check, "production", "events:DescribeEventBus",
           "arn:aws:events:us-west-2:111122223333:event-bus/default", "{}");
    expect(room, &check, "production", "organizations:DescribeOrganization", "*", "{}");
    expect(room, &check, "management", "organizations:ListPoliciesForTarget",
           "arn:aws:organizations::999988887777:root/o-exampleorgid/*", "{}");
    assert_null(allowed(room, &check, "production", "organizations:ListRoots", "*"));
    assert_null(allowed(room, &check, "management", "kms:GetKeyPolicy",
                        "arn:aws:kms:*:999988887777:key/*"));
    /* What is as wide gives no narrower right beside itself. */
    assert_null(allowed(room, &check, "central_backup", "kms:DescribeKey",
                        "arn:aws:kms:us-west-2:444455556666:key/*"));
    assert_null(allowed(room, &check, "production", "iam:GetRole",
                        "arn:aws:iam::111122223333:role/holdfast-deployer"));
}

static void what_is_looked_for_by_name_need_not_be_there(void **state)
{
    struct room *room = *state;
    load_example(room, "more-backup");
    struct permissions apply = made(room, PERMISSIONS_APPLY);
    const char *framework = "arn:aws:backup:us-east-1:111122223333:framework:tables-*";
    expect(room, &apply, "main", "backup:DescribeFramework", framework, "{}");
    expect(room, &apply, "main", "backup:UpdateFramework", framework,
           "{\"StringEquals\":{\"aws:ResourceTag/holdfast:topology\":\"more-backup\"}}");
}

static void roles_are_passed_to_their_service_only(void **state)
{
    struct room *room = *state;
    load_example(room, "rds-immutable-backup");
    struct permissions apply = made(room, PERMISSIONS_APPLY);
    expect(room, &apply, "workload", "iam:PassRole",
           "arn:aws:iam::111122223333:role/rds-immutable-backup-to_final-role",
           "{\"StringEquals\":{\"iam:PassedToService\":\"lambda.amazonaws.com\"}}");
    expect(room, &apply, "workload", "iam:AttachRolePolicy",
           "arn:aws:iam::111122223333:role/rds-immutable-backup-rds_daily-AWSBackup",
           "{\"ArnEquals\":{\"iam:PolicyARN\":\"arn:aws:iam::aws:policy/service-role/"
           "AWSBackupServiceRolePolicyForBackup\"}}");
}

static void a_reconcile_pass_is_part_of_apply_and_relay(void **state)
{
    struct room *room = *state;
    static const enum permissions_for purposes[] = {PERMISSIONS_APPLY, PERMISSIONS_RELAY};
    load_example(room, "rds-immutable-backup");
    for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
        struct permissions permissions = made(room, purposes[i]);
        expect(room, &permissions, "workload", "backup:StartCopyJob",
               "arn:aws:rds:us-east-2:111122223333:snapshot:awsbackup:copyjob-*", "{}");
        expect(room, &permissions, "backup", "backup:ListRecoveryPointsByBackupVault",
               "arn:aws:backup:us-east-2:444455556666:backup-vault:rds-immutable-backup-final",
               "{}");
    }
    struct permissions plan = made(room, PERMISSIONS_PLAN);
    expect(room, &plan, "workload", "backup:ListRecoveryPointsByBackupVault",
           "arn:aws:backup:us-east-2:111122223333:backup-vault:rds-immutable-backup-intermediate",
           "{}");
    assert_null(allowed(room, &plan, "workload", "backup:StartCopyJob",
                        "arn:aws:rds:us-east-2:111122223333:snapshot:awsbackup:copyjob-*"));
}

#define HEAD "version: 1\nname: t\naccounts: {a: {id: \"111122223333\"}}\nregions: {r: us-east-1}\n"

static void a_key_of_others_is_known_by_its_alias(void **state)
{
    struct room *room = *state;
    load_text(room, HEAD "keys: {theirs: {account: a, region: r, alias: alias/theirs, external: "
                         "true}}\nvaults: {v: {account: a, region: r, key: theirs}}\n");
    struct permissions apply = made(room, PERMISSIONS_APPLY);
    const char *keys = "arn:aws:kms:us-east-1:111122223333:key/*";
    expect(room, &apply, "a", "kms:GetKeyPolicy", keys,
           "{\"ForAnyValue:StringEquals\":{\"kms:ResourceAliases\":\"alias/theirs\"}}");
    expect(room, &apply, "a", "kms:CreateGrant", keys,
           "{\"Bool\":{\"kms:GrantIsForAWSResource\":\"true\"},\"ForAnyValue:StringEquals\":{"
           "\"kms:ResourceAliases\":\"alias/theirs\"},\"StringEquals\":{\"kms:ViaService\":"
           "\"backup.us-east-1.amazonaws.com\"}}");
    assert_null(allowed(room, &apply, "a", "kms:PutKeyPolicy", keys));
    assert_null(allowed(room, &apply, "a", "kms:CreateKey", "*"));
}

static void the_shared_state_is_read_by_plan_and_written_by_apply(void **state)
{
    struct room *room = *state;
    const char *objects = "arn:aws:s3:::states/team/t*";
    load_text(room, HEAD "vaults: {v: {account: a, region: r}}\n"
                         "state: {s3: {bucket: states, key: team/t, region: us-east-1, account: a, "
                         "kms_key: \"arn:aws:kms:us-east-1:111122223333:key/k\"}}\n");
    struct permissions plan = made(room, PERMISSIONS_PLAN);
    struct permissions apply = made(room, PERMISSIONS_APPLY);
    expect(room, &plan, "a", "s3:GetObject", objects, "{}");
    expect(room, &plan, "a", "s3:ListBucket", "arn:aws:s3:::states", "{}");
    expect(room, &plan, "a", "kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/k", "{}");
    assert_null(allowed(room, &plan, "a", "s3:PutObject", objects));
    expect(room, &apply, "a", "s3:PutObject", objects, "{}");
    expect(room, &apply, "a", "kms:GenerateDataKey", "arn:aws:kms:us-east-1:111122223333:key/k",
           "{}");
}

static void drift_looks_for_what_others_have_added(void **state)
{
    struct room *room = *state;
    const char *vault = "arn:aws:backup:us-east-1:111122223333:backup-vault:t-v";
    load_text(room, HEAD "vaults: {v: {account: a, region: r}}\n");
    struct permissions plan = made(room, PERMISSIONS_PLAN);
    struct permissions drift = made(room, PERMISSIONS_DRIFT);
    expect(room, &drift, "a", "backup:GetBackupVaultAccessPolicy", vault, "{}");
    assert_null(allowed(room, &plan, "a", "backup:GetBackupVaultAccessPolicy", vault));
}

static void verify_looks_into_every_vault_on_the_way(void **state)
{
    struct room *room = *state;
    static const char *const vaults[][2] = {
        {"workload", "arn:aws:backup:us-east-1:111122223333:backup-vault:rds-immutable-backup-"
                     "primary"},
        {"workload", "arn:aws:backup:us-east-2:111122223333:backup-vault:rds-immutable-backup-"
                     "intermediate"},
        {"backup", "arn:aws:backup:us-east-2:444455556666:backup-vault:rds-immutable-backup-"
                   "final"}};
    load_example(room, "rds-immutable-backup");
    struct permissions verify = made(room, PERMISSIONS_VERIFY);
    for (size_t i = 0; i < ARRAY_LEN(vaults); i++)
        expect(room, &verify, vaults[i][0], "backup:ListRecoveryPointsByBackupVault", vaults[i][1],
               "{}");
    expect(room, &verify, "workload", "rds:DescribeDBInstances",
           "arn:aws:rds:us-east-1:111122223333:db:*", "{}");
    assert_null(allowed(room, &verify, "workload", "tag:GetResources", "*"));
}

static void a_way_back_asks_two_accounts_and_no_other(void **state)
{
    struct room *room = *state;
    load_example(room, "restore");
    struct permissions restore = made(room, PERMISSIONS_RESTORE);
    static const char *const passed =
        "{\"StringEquals\":{\"iam:PassedToService\":\"backup.amazonaws.com\"}}";
    expect(room, &restore, "backup", "backup:StartCopyJob",
           "arn:aws:rds:us-west-2:444455556666:snapshot:awsbackup:copyjob-*", "{}");
    expect(room, &restore, "backup", "iam:PassRole",
           "arn:aws:iam::444455556666:role/restore-clean_room-AWSBackup", passed);
    expect(room, &restore, "recovery", "backup:StartRestoreJob",
           "arn:aws:rds:us-west-2:777788889999:snapshot:awsbackup:copyjob-*", "{}");
    expect(room, &restore, "recovery", "iam:PassRole",
           "arn:aws:iam::777788889999:role/restore-clean_room-AWSBackupRestore", passed);
    assert_null(allowed(room, &restore, "backup", "backup:StartRestoreJob",
                        "arn:aws:rds:us-west-2:444455556666:snapshot:awsbackup:copyjob-*"));
    for (size_t i = 0; i < restore.len; i++)
        if (str_eq(restore.grants[i].who, "workload"))
            assert_int_equal(restore.grants[i].len, 0);
}

static void relays_get_their_dead_letters(void **state)
{
    struct room *room = *state;
    const char *queue = "arn:aws:sqs:us-east-1:111122223333:rds-immutable-backup-to_final-forward_"
                        "dead_letter";
    load_example(room, "rds-immutable-backup");
    struct permissions relay = made(room, PERMISSIONS_RELAY);
    struct permissions apply = made(room, PERMISSIONS_APPLY);
    expect(room, &relay, "workload", "sqs:ReceiveMessage", queue, "{}");
    assert_null(allowed(room, &apply, "workload", "sqs:ReceiveMessage", queue));
}

static void jobs_get_what_their_plans_make_of_the_managed_policy(void **state)
{
    struct room *room = *state;
    const char *vault = "arn:aws:backup:us-east-1:111122223333:backup-vault:t-v";
    load_text(room, HEAD "vaults: {v: {account: a, region: r}}\nplans: {p: {account: a, region: r, "
                         "rules: {d: {target_vault: v}}, selections: {s: {resources: "
                         "[\"arn:aws:rds:*:*:db:*\"]}}}}\n");
    struct permissions jobs = made(room, PERMISSIONS_JOBS);
    assert_string_equal(jobs.grants[0].principal, "arn:aws:iam::111122223333:role/t-p-AWSBackup");
    expect(room, &jobs, "a", "rds:CreateDBSnapshot", "*", "{}");
    expect(room, &jobs, "a", "backup:DescribeBackupVault", vault, "{}");
    assert_null(allowed(room, &jobs, "a", "backup:CopyIntoBackupVault", vault));
    assert_null(allowed(room, &jobs, "a", "rds:CopyDBSnapshot", "*"));
    assert_null(allowed(room, &jobs, "a", "ec2:CreateSnapshot", "*"));
    assert_null(allowed(room, &jobs, "a", "tag:GetResources", "*"));
}

static void points_are_deleted_of_vaults_that_are_emptied(void **state)
{
    struct room *room = *state;
    static const char *const emptied[] = {"vaults.v", NULL};
    const char *point = "arn:aws:rds:us-east-1:111122223333:snapshot:awsbackup:job-*";
    struct permissions permissions;
    load_text(room, HEAD "vaults: {v: {account: a, region: r}}\n");
    struct permissions destroy = made(room, PERMISSIONS_DESTROY);
    assert_null(allowed(room, &destroy, "a", "backup:DeleteRecoveryPoint", point));
    permissions_make(room->arena, room->schemas, &room->topology, PERMISSIONS_DESTROY, emptied,
                     &permissions);
    expect(room, &permissions, "a", "backup:DeleteRecoveryPoint", point, "{}");
    expect(room, &permissions, "a", "rds:DeleteDBSnapshot", point,
           "{\"ForAnyValue:StringEquals\":{\"aws:CalledVia\":\"backup.amazonaws.com\"}}");
}

#define LIFE "lifecycle: {delete_after_days: 30}"

static void a_relay_shortens_what_it_has_copied(void **state)
{
    struct room *room = *state;
    const char *point = "arn:aws:rds:us-east-2:111122223333:snapshot:awsbackup:copyjob-*";
    struct slice text;
    load_example(room, "rds-immutable-backup");
    struct permissions relay = made(room, PERMISSIONS_RELAY);
    expect(room, &relay, "workload", "backup:DescribeRecoveryPoint", point, "{}");
    assert_null(allowed(room, &relay, "workload", "backup:UpdateRecoveryPointLifecycle", point));
    assert_true(file_read(room->arena, SOURCE_DIR "/examples/rds-immutable-backup.yaml", 1 << 16,
                          &text, &room->diags));
    const char *at = strstr(text.ptr, LIFE) + strlen(LIFE);
    load_text(room, arena_printf(room->arena, "%.*s\n    shorten_source_to_days: 2%s",
                                 (int)(at - text.ptr), text.ptr, at));
    relay = made(room, PERMISSIONS_RELAY);
    expect(room, &relay, "workload", "backup:UpdateRecoveryPointLifecycle", point, "{}");
}

static void a_statement_that_is_too_large_is_cut(void **state)
{
    struct room *room = *state;
    static const char *const actions[] = {"sqs:GetQueueUrl", NULL};
    struct account account = {.name = "a", .id = "111122223333", .partition = "aws"};
    struct rights rights;
    size_t len, resources = 0;
    rights_init(&rights, room->arena, &room->topology, &account);
    for (int i = 0; i < 500; i++)
        rights_allow(&rights, actions, "queue",
                     arena_printf(room->arena, "arn:aws:sqs:us-east-1:111122223333:queue-%d", i));
    const struct value *const *statements = rights_statements(&rights, &len);
    assert_true(len > 1);
    for (size_t i = 0; i < len; i++) {
        resources += value_len(value_get(statements[i], "Resource"));
        assert_string_equal(value_get_str(statements[i], "Sid"),
                            i ? arena_printf(room->arena, "ReadQueues%zu", i + 1) : "ReadQueues");
    }
    assert_int_equal(resources, 500);
}

static void a_policy_that_is_too_large_is_split_and_says_so(void **state)
{
    struct room *room = *state;
    load_example(room, "rds-immutable-backup");
    struct permissions apply = made(room, PERMISSIONS_APPLY);
    const struct permission_grant *workload = &apply.grants[1];
    assert_true(workload->len > 1);
    assert_string_equal(workload->policies[0].name, "rds-immutable-backup-apply");
    assert_string_equal(workload->policies[1].name, "rds-immutable-backup-apply-2");
    assert_non_null(strstr(permissions_text(room->arena, &apply),
                           "because one holds no more than 6144 characters"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_action_of_every_handler_has_a_resource, begin, end),
        cmocka_unit_test_setup_teardown(every_policy_of_every_example_is_one_that_iam_takes, begin,
                                        end),
        cmocka_unit_test_setup_teardown(plan_drift_and_verify_read_only, begin, end),
        cmocka_unit_test_setup_teardown(what_follows_from_names_is_literal, begin, end),
        cmocka_unit_test_setup_teardown(what_aws_names_is_known_by_its_tag, begin, end),
        cmocka_unit_test_setup_teardown(check_reads_whatever_something_leads_to, begin, end),
        cmocka_unit_test_setup_teardown(what_is_looked_for_by_name_need_not_be_there, begin, end),
        cmocka_unit_test_setup_teardown(roles_are_passed_to_their_service_only, begin, end),
        cmocka_unit_test_setup_teardown(a_reconcile_pass_is_part_of_apply_and_relay, begin, end),
        cmocka_unit_test_setup_teardown(a_key_of_others_is_known_by_its_alias, begin, end),
        cmocka_unit_test_setup_teardown(the_shared_state_is_read_by_plan_and_written_by_apply,
                                        begin, end),
        cmocka_unit_test_setup_teardown(drift_looks_for_what_others_have_added, begin, end),
        cmocka_unit_test_setup_teardown(verify_looks_into_every_vault_on_the_way, begin, end),
        cmocka_unit_test_setup_teardown(a_way_back_asks_two_accounts_and_no_other, begin, end),
        cmocka_unit_test_setup_teardown(relays_get_their_dead_letters, begin, end),
        cmocka_unit_test_setup_teardown(jobs_get_what_their_plans_make_of_the_managed_policy, begin,
                                        end),
        cmocka_unit_test_setup_teardown(points_are_deleted_of_vaults_that_are_emptied, begin, end),
        cmocka_unit_test_setup_teardown(a_relay_shortens_what_it_has_copied, begin, end),
        cmocka_unit_test_setup_teardown(a_statement_that_is_too_large_is_cut, begin, end),
        cmocka_unit_test_setup_teardown(a_policy_that_is_too_large_is_split_and_says_so, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
