/* What has to stand before the first run. That CloudFormation takes it, cfn-lint says
 * (proof/bootstrap_cfn_lint); here is what the template holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/config/config.h"
#include "engine/permissions/bootstrap.h"
#include "engine/permissions/cfn.h"

#define TEAM                                                                                       \
    "version: 1\nname: t\n"                                                                        \
    "accounts:\n"                                                                                  \
    "  backup: {id: \"444455556666\", assume_role: \"arn:aws:iam::444455556666:role/x/deploy\", "  \
    "external_id: secret}\n"                                                                       \
    "  apps:\n"                                                                                    \
    "    assume_role: arn:aws:iam::${account.id}:role/deploy\n"                                    \
    "    members: {one: \"111122223333\", two: \"222233334444\"}\n"                                \
    "regions: {home: us-east-1}\n"                                                                 \
    "vaults:\n"                                                                                    \
    "  last: {account: backup, region: home}\n"                                                    \
    "  first: {account: apps, region: home}\n"
#define STATE                                                                                      \
    "state: {s3: {bucket: states, key: t, region: us-west-2, account: backup, kms_key: "           \
    "alias/states}}\n"

struct room {
    struct arena *arena;
    const struct value *template;
};

static void make(struct room *room, const char *text, const char *trust)
{
    const struct schema_set *schemas = schema_load(room->arena);
    struct config_options config = {.path = "test.yaml", .text = slice_of(text)};
    struct bootstrap_options options;
    struct topology topology;
    struct diags diags;
    diags_init(&diags, room->arena);
    assert_true(config_load(room->arena, &config, schemas, &topology, &diags));
    assert_true(bootstrap_trust_of(trust, &options));
    room->template = bootstrap_template(room->arena, schemas, &topology, &options);
}

static int begin(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    *state = room;
    return 0;
}

static int end(void **state)
{
    arena_free(((struct room *)*state)->arena);
    return 0;
}

static void expect(struct room *room, const char *pointer, const char *json)
{
    const struct value *v = value_pointer(room->template, pointer);
    assert_string_equal(v ? json_print(room->arena, v, JSON_COMPACT) : "nothing", json);
}

/* ---- tests ---- */

static void who_applies_is_pinned_and_has_no_default(void **state)
{
    struct room *room = *state;
    make(room, TEAM, "github");
    expect(room, "/Parameters/ApplySubject/Default", "nothing");
    expect(room, "/Parameters/ApplySubject/AllowedPattern", "\"^repo:[^*?/:]+/[^*?/:]+:[^*?]+$\"");
    expect(room,
           "/Resources/RunnerApplyRole/Properties/AssumeRolePolicyDocument/Statement/0/Condition",
           "{\"StringEquals\":{\"token.actions.githubusercontent.com:aud\":\"sts.amazonaws.com\","
           "\"token.actions.githubusercontent.com:sub\":{\"Ref\":\"ApplySubject\"}}}");
    expect(room, "/Resources/IdentityProvider/Properties",
           "{\"Url\":\"https://token.actions.githubusercontent.com\",\"ClientIdList\":[\"sts."
           "amazonaws.com\"]}");
}

static void gitlab_may_have_a_host_of_its_own(void **state)
{
    struct room *room = *state;
    make(room, TEAM, "gitlab:git.example.com");
    expect(room, "/Resources/IdentityProvider/Properties/Url", "\"https://git.example.com\"");
    expect(room,
           "/Resources/RunnerPlanRole/Properties/AssumeRolePolicyDocument/Statement/0/Condition",
           "{\"StringEquals\":{\"git.example.com:aud\":\"sts.amazonaws.com\"},\"StringLike\":{"
           "\"git.example.com:sub\":{\"Ref\":\"PlanSubjects\"}}}");
    make(room, TEAM, "gitlab");
    expect(room, "/Resources/IdentityProvider/Properties/Url", "\"https://gitlab.com\"");
}

static void a_principal_needs_the_external_id_of_the_file(void **state)
{
    struct room *room = *state;
    make(room, TEAM, "principal");
    expect(room, "/Resources/IdentityProvider", "nothing");
    expect(room, "/Resources/BackupApplyRole/Properties/AssumeRolePolicyDocument/Statement/0",
           "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":{\"Ref\":\"TrustedPrincipal\"}},"
           "\"Action\":\"sts:AssumeRole\",\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":"
           "\"secret\"}}}");
}

static void nobody_else_is_trusted(void **state)
{
    struct bootstrap_options options;
    (void)state;
    assert_false(bootstrap_trust_of("everybody", &options));
    assert_false(bootstrap_trust_of("gitlab:", &options));
}

static void roles_are_those_of_the_file(void **state)
{
    struct room *room = *state;
    make(room, TEAM, "github");
    expect(room, "/Resources/BackupApplyRole/Properties/RoleName", "\"deploy\"");
    expect(room, "/Resources/BackupApplyRole/Properties/Path", "\"/x/\"");
    expect(room, "/Resources/BackupApplyRole/Condition", "\"InBackup\"");
    expect(room, "/Resources/BackupPlanRole/Properties/RoleName", "{\"Ref\":\"PlanRoleName\"}");
    expect(room, "/Resources/RunnerApplyRole/Properties/Policies/0/PolicyDocument/Statement/0",
           "{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Resource\":[\"arn:aws:iam::"
           "444455556666:role/x/deploy\",\"arn:aws:iam::111122223333:role/deploy\",\"arn:aws:iam::"
           "222233334444:role/deploy\"]}");
}

static void accounts_that_need_the_same_share_their_policies(void **state)
{
    struct room *room = *state;
    make(room, TEAM, "github");
    expect(room, "/Resources/OneApplyRole/Condition", "\"InOne\"");
    expect(room, "/Resources/TwoApplyRole", "nothing");
    expect(room, "/Conditions/InOne/Fn::And/1",
           "{\"Fn::Or\":[{\"Fn::Equals\":[{\"Ref\":\"AWS::AccountId\"},\"111122223333\"]},{"
           "\"Fn::Equals\":[{\"Ref\":\"AWS::AccountId\"},\"222233334444\"]}]}");
    const struct value *policy =
        value_pointer(room->template, "/Resources/OneApplyPolicy1/Properties/PolicyDocument");
    const char *text = json_print(room->arena, policy, JSON_COMPACT);
    assert_non_null(strstr(text, "{\"Fn::Sub\":\"arn:aws:backup:us-east-1:${AWS::AccountId}:backup-"
                                 "vault:t-first\"}"));
    assert_null(strstr(text, "111122223333"));
}

static void the_state_has_a_bucket_and_a_key(void **state)
{
    struct room *room = *state;
    make(room, TEAM STATE, "github");
    expect(room, "/Conditions/InState/Fn::And/0",
           "{\"Fn::Equals\":[{\"Ref\":\"AWS::Region\"},\"us-west-2\"]}");
    expect(room, "/Resources/StateKeyAlias/Properties/AliasName", "\"alias/states\"");
    expect(room, "/Resources/StateBucket/DeletionPolicy", "\"Retain\"");
    expect(room, "/Resources/StateBucket/Properties/VersioningConfiguration",
           "{\"Status\":\"Enabled\"}");
    expect(room,
           "/Resources/StateBucket/Properties/BucketEncryption/ServerSideEncryptionConfiguration/0/"
           "ServerSideEncryptionByDefault",
           "{\"SSEAlgorithm\":\"aws:kms\",\"KMSMasterKeyID\":{\"Fn::GetAtt\":[\"StateKey\",\"Arn\"]"
           "}}");
    expect(room, "/Resources/StateBucketPolicy/Properties/PolicyDocument/Statement/0/Condition",
           "{\"Bool\":{\"aws:SecureTransport\":\"false\"}}");
    make(room, TEAM, "github");
    expect(room, "/Resources/StateBucket", "nothing");
}

static void many_accounts_are_ors_of_ors(void **state)
{
    struct room *room = *state;
    const char *ids[25];
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        ids[i] = "111122223333";
    const struct value *in = cfn_account_in(room->arena, ids, ARRAY_LEN(ids));
    assert_int_equal(value_len(value_get(in, "Fn::Or")), 3);
    assert_int_equal(value_len(value_pointer(in, "/Fn::Or/0/Fn::Or")), 10);
    assert_int_equal(value_len(value_pointer(in, "/Fn::Or/2/Fn::Or")), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_applies_is_pinned_and_has_no_default, begin, end),
        cmocka_unit_test_setup_teardown(gitlab_may_have_a_host_of_its_own, begin, end),
        cmocka_unit_test_setup_teardown(a_principal_needs_the_external_id_of_the_file, begin, end),
        cmocka_unit_test(nobody_else_is_trusted),
        cmocka_unit_test_setup_teardown(roles_are_those_of_the_file, begin, end),
        cmocka_unit_test_setup_teardown(accounts_that_need_the_same_share_their_policies, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_state_has_a_bucket_and_a_key, begin, end),
        cmocka_unit_test_setup_teardown(many_accounts_are_ors_of_ors, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
