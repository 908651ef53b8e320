/* Which rights the operations want, and that they are asked for. */
#include "simulator/actions.h"

#include "simulator/sts.h"
#include "tests/unit/simulator/room.h"

#define ROLE_ARN "arn:aws:iam::" ACCOUNT ":role/r"
#define VAULT_ARN "arn:aws:backup:" REGION ":" ACCOUNT ":backup-vault:vault"
#define KEY_ALONE                                                                                  \
    "kms:CreateGrant\",\"kms:DescribeKey\",\"kms:RetireGrant\",\"kms:Decrypt\","                   \
    "\"kms:GenerateDataKey"

/* One statement of a policy; the last argument: "" or ",\"Condition\":{...}". */
#define MAY_IF(action, resource, condition)                                                        \
    "{\"Effect\":\"Allow\",\"Action\":[\"" action "\"],\"Resource\":[\"" resource "\"]" condition  \
    "}"
#define MAY(action, resource) MAY_IF(action, resource, "")
#define WHEN(operator, key, value) ",\"Condition\":{\"" operator"\":{\"" key "\":\"" value "\"}}"

/* The keys of a session of a role that may do what these statements say. */
static const char *holder(struct room *room, const char *statements)
{
    make_role(
        room, "r", "lambda.amazonaws.com",
        arena_printf(room->arena, "{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", statements));
    world_begin(room->world);
    const struct value *made =
        sts_session(room->world, room->arena,
                    &(struct session_spec){.role_arn = ROLE_ARN, .name = "test", .seconds = 3600});
    assert_true(world_commit(room->world));
    return arena_printf(room->arena, "%s %s", value_get_str(made, "AccessKeyId"),
                        value_get_str(made, "SessionToken"));
}

static struct answer backup(struct room *room, const char *key, const char *method,
                            const char *target, const char *body)
{
    return ask(room, key, REGION, "backup", method, target, NULL, body);
}

static void assert_lacks(struct answer answer, const char *action, const char *resource)
{
    assert_true(answer.status >= 400);
    if (!strstr(answer.text, action) || !strstr(answer.text, resource))
        fail_msg("expected %s on %s, got %s", action, resource, answer.text);
}

static bool has_row(const struct sim_api *api, const struct sim_operation *operation)
{
    for (size_t i = 0; i < action_len; i++)
        if (str_eq(actions[i].service, api->service) &&
            str_eq(actions[i].operation, operation->name))
            return true;
    return false;
}

static bool is_routed(const struct action *row)
{
    const struct sim_api *api = api_of(row->service);
    for (size_t i = 0; api && i < api->operation_len; i++)
        if (str_eq(api->operations[i].name, row->operation))
            return true;
    return false;
}

static void every_operation_says_which_rights_it_wants(void **state)
{
    (void)state;
    const struct sim_api *const *apis = api_all();
    for (size_t i = 0; apis[i]; i++)
        for (size_t k = 0; k < apis[i]->operation_len; k++)
            if (!has_row(apis[i], &apis[i]->operations[k]))
                fail_msg("actions.inc has no row for %s:%s", apis[i]->service,
                         apis[i]->operations[k].name);
}

static void every_right_is_one_of_an_operation(void **state)
{
    (void)state;
    for (size_t i = 0; i < action_len; i++)
        if (!is_routed(&actions[i]))
            fail_msg("no operation %s:%s", actions[i].service, actions[i].operation);
}

/* Without a policy nothing that changes the world goes through; with an empty input each either
 * lacks a right or does not get so far. */
static void who_has_no_policy_changes_nothing(void **state)
{
    struct room *room = *state;
    const char *key = holder(room, MAY("tag:GetResources", "*"));
    const struct sim_api *const *apis = api_all();
    size_t refused = 0;
    for (size_t i = 0; apis[i]; i++)
        for (size_t k = 0; k < apis[i]->operation_len; k++) {
            const struct sim_operation *op = &apis[i]->operations[k];
            if (!op->writes || str_eq(apis[i]->service, "sts"))
                continue;
            struct answer answer =
                apis[i]->wire == SIM_QUERY ? form(room, key, apis[i]->service, op->name, "")
                : op->uri ? ask(room, key, REGION, apis[i]->service, op->method, op->uri, NULL, "")
                          : call(room, key, apis[i]->service, op->name, "{}");
            if (answer.status < 400)
                fail_msg("%s:%s was not refused", apis[i]->service, op->name);
            refused += strstr(answer.text, "not authorized to perform") != NULL;
        }
    assert_true(refused > 90);
}

static void a_vault_wants_its_capsule_and_its_key(void **state)
{
    struct room *room = *state;
    struct answer made = call(room, ACCOUNT, "kms", "CreateKey", "{}");
    const char *key_arn = value_get_str(value_get(made.body, "KeyMetadata"), "Arn");
    const char *body = arena_printf(room->arena, "{\"EncryptionKeyArn\":\"%s\"}", key_arn);
    static const char *const partial[] = {
        MAY("backup:CreateBackupVault\",\"backup-storage:MountCapsule", "*"),
        MAY("backup:CreateBackupVault", VAULT_ARN) "," MAY(KEY_ALONE, "*"),
        MAY("backup:CreateBackupVault\",\"backup-storage:MountCapsule", "*") "," MAY(
            "kms:CreateGrant\",\"kms:DescribeKey\",\"kms:Decrypt\",\"kms:GenerateDataKey", "*"),
    };
    for (size_t i = 0; i < ARRAY_LEN(partial); i++) {
        const char *key = holder(room, partial[i]);
        struct answer answer = backup(room, key, "PUT", "/backup-vaults/vault", body);
        assert_refused(answer, "AccessDeniedException");
        assert_non_null(strstr(answer.text, "Insufficient privileges to perform this action."));
        assert_null(strstr(answer.text, "MountCapsule"));
        assert_good(form(room, ACCOUNT, "iam", "DeleteRolePolicy", "RoleName=r&PolicyName=p"));
        assert_good(form(room, ACCOUNT, "iam", "DeleteRole", "RoleName=r"));
    }
    const char *key = holder(room, MAY("backup:CreateBackupVault", VAULT_ARN) "," MAY(
                                       "backup-storage:MountCapsule",
                                       "*") "," MAY_IF(KEY_ALONE, "*",
                                                       WHEN("StringEquals", "kms:ViaService",
                                                            "backup." REGION ".amazonaws.com")));
    assert_good(backup(room, key, "PUT", "/backup-vaults/vault", body));
    assert_lacks(backup(room, key, "PUT", "/backup-vaults/other", body), "backup:CreateBackupVault",
                 "backup-vault:other");
}

static void tags_at_the_making_want_a_right_of_their_own(void **state)
{
    struct room *room = *state;
    const char *key = holder(
        room, MAY("backup:CreateBackupVault\",\"backup-storage:MountCapsule", "*") "," MAY_IF(
                  "backup:TagResource", "*", WHEN("StringEquals", "aws:RequestTag/owner", "me")));
    assert_good(backup(room, key, "PUT", "/backup-vaults/plain", "{}"));
    assert_good(backup(room, key, "PUT", "/backup-vaults/vault",
                       "{\"BackupVaultTags\":{\"owner\":\"me\"}}"));
    assert_lacks(backup(room, key, "PUT", "/backup-vaults/other",
                        "{\"BackupVaultTags\":{\"owner\":\"you\"}}"),
                 "backup:TagResource", "backup-vault:other");
    assert_lacks(call(room, key, "kms", "CreateKey", "{}"), "kms:CreateKey", "*");
}

static void the_tags_of_what_is_there_may_decide(void **state)
{
    struct room *room = *state;
    const char *key = holder(room, MAY("kms:CreateKey\",\"kms:TagResource", "*") "," MAY_IF(
                                       "kms:DescribeKey\",\"backup:GetBackupPlan", "*",
                                       WHEN("StringEquals", "aws:ResourceTag/owner", "me")));
    assert_good(backup(room, ACCOUNT, "PUT", "/backup-vaults/vault", "{}"));
    static const char *const owners[] = {"me", "you"};
    for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
        struct answer made = call(
            room, key, "kms", "CreateKey",
            arena_printf(room->arena, "{\"Tags\":[{\"TagKey\":\"owner\",\"TagValue\":\"%s\"}]}",
                         owners[i]));
        assert_good(made);
        const char *id = value_get_str(value_get(made.body, "KeyMetadata"), "KeyId");
        struct answer seen = call(room, key, "kms", "DescribeKey",
                                  arena_printf(room->arena, "{\"KeyId\":\"%s\"}", id));
        made = backup(room, ACCOUNT, "PUT", "/backup/plans/",
                      arena_printf(room->arena,
                                   "{\"BackupPlan\":{\"BackupPlanName\":\"%s\",\"Rules\":[{"
                                   "\"RuleName\":\"r\",\"TargetBackupVaultName\":\"vault\"}]},"
                                   "\"BackupPlanTags\":{\"owner\":\"%s\"}}",
                                   owners[i], owners[i]));
        assert_good(made);
        id = value_get_str(made.body, "BackupPlanId");
        struct answer read =
            backup(room, key, "GET", arena_printf(room->arena, "/backup/plans/%s/", id), "");
        if (i == 0) {
            assert_good(seen);
            assert_good(read);
        } else {
            assert_lacks(seen, "kms:DescribeKey", ":key/");
            assert_lacks(read, "backup:GetBackupPlan", id);
        }
    }
}

/* They belong to no account. */
static void the_tags_of_an_organization_s_policy_may_decide(void **state)
{
    struct room *room = *state;
    static const char *const owners[] = {"me", "you"};
    world_begin(room->world);
    setting_put(room->world, "organization.management", ACCOUNT);
    assert_true(world_commit(room->world));
    const char *key = holder(room, MAY_IF("organizations:DescribePolicy", "*",
                                          WHEN("StringEquals", "aws:ResourceTag/owner", "me")));
    for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
        struct answer made =
            call(room, ACCOUNT, "organizations", "CreatePolicy",
                 arena_printf(
                     room->arena,
                     "{\"Name\":\"%s\",\"Description\":\"\",\"Type\":\"SERVICE_CONTROL_POLICY\","
                     "\"Content\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{"
                     "\\\"Effect\\\":\\\"Deny\\\",\\\"Action\\\":\\\"s3:*\\\",\\\"Resource\\\":"
                     "\\\"*\\\"}]}\",\"Tags\":[{\"Key\":\"owner\",\"Value\":\"%s\"}]}",
                     owners[i], owners[i]));
        assert_good(made);
        const char *id = value_str(value_pointer(made.body, "/Policy/PolicySummary/Id"));
        struct answer seen = call(room, key, "organizations", "DescribePolicy",
                                  arena_printf(room->arena, "{\"PolicyId\":\"%s\"}", id));
        if (i == 0)
            assert_good(seen);
        else
            assert_lacks(seen, "organizations:DescribePolicy", id);
    }
}

static void a_role_is_passed_to_one_service(void **state)
{
    struct room *room = *state;
    make_role(room, "target", "events.amazonaws.com", NULL);
    const char *key =
        holder(room, MAY("events:PutRule\",\"events:PutTargets", "*") "," MAY_IF(
                         "iam:PassRole", "arn:aws:iam::" ACCOUNT ":role/target",
                         WHEN("StringEquals", "iam:PassedToService", "events.amazonaws.com")));
    const char *targets =
        "{\"Rule\":\"a\",\"Targets\":[{\"Id\":\"1\",\"Arn\":\"arn:aws:events:eu-west-1:" ACCOUNT
        ":event-bus/default\",\"RoleArn\":\"arn:aws:iam::" ACCOUNT ":role/%s\"}]}";
    assert_good(
        call(room, key, "events", "PutRule",
             "{\"Name\":\"a\",\"EventPattern\":\"{\\\"source\\\":[\\\"aws.backup\\\"]}\"}"));
    assert_good(
        call(room, key, "events", "PutTargets", arena_printf(room->arena, targets, "target")));
    assert_lacks(call(room, key, "events", "PutTargets", arena_printf(room->arena, targets, "r")),
                 "iam:PassRole", ":role/r");
    assert_refused(ask(room, key, REGION, "scheduler", "POST", "/schedules/s", NULL,
                       "{\"Target\":{\"RoleArn\":\"" ROLE_ARN "\"}}"),
                   "AccessDeniedException");
}

static void what_the_input_says_may_decide(void **state)
{
    struct room *room = *state;
    const char *key =
        holder(room, MAY_IF("backup:CreateBackupPlan", "*",
                            ",\"Condition\":{\"ForAllValues:ArnEquals\":{\"backup:CopyTargets\":"
                            "\"arn:aws:backup:" REGION ":" OTHER ":backup-vault:*\"}}"));
    const char *plan =
        "{\"BackupPlan\":{\"BackupPlanName\":\"p\",\"Rules\":[{\"RuleName\":\"r\","
        "\"TargetBackupVaultName\":\"vault\",\"CopyActions\":["
        "{\"DestinationBackupVaultArn\":\"arn:aws:backup:" REGION ":" OTHER
        ":backup-vault:one\"},{\"DestinationBackupVaultArn\":\"arn:aws:backup:" REGION
        ":%s:backup-vault:two\"}]}]}}";
    assert_good(backup(room, ACCOUNT, "PUT", "/backup-vaults/vault", "{}"));
    assert_good(backup(room, key, "PUT", "/backup/plans/", arena_printf(room->arena, plan, OTHER)));
    assert_lacks(
        backup(room, key, "PUT", "/backup/plans/", arena_printf(room->arena, plan, ACCOUNT)),
        "backup:CreateBackupPlan", "backup-plan:*");
}

/* The alias and the key behind it. */
static void an_alias_wants_rights_on_its_key_too(void **state)
{
    struct room *room = *state;
    struct answer made = call(room, ACCOUNT, "kms", "CreateKey", "{}");
    const char *id = value_get_str(value_get(made.body, "KeyMetadata"), "KeyId");
    assert_good(
        call(room, ACCOUNT, "kms", "CreateAlias",
             arena_printf(room->arena, "{\"AliasName\":\"alias/a\",\"TargetKeyId\":\"%s\"}", id)));
    const char *key =
        holder(room, MAY("kms:DeleteAlias", "arn:aws:kms:" REGION ":" ACCOUNT ":alias/a"));
    assert_lacks(call(room, key, "kms", "DeleteAlias", "{\"AliasName\":\"alias/a\"}"),
                 "kms:DeleteAlias", id);
    assert_good(
        form(room, ACCOUNT, "iam", "PutRolePolicy",
             arena_printf(
                 room->arena, "RoleName=r&PolicyName=q&PolicyDocument=%s",
                 percent_encode(room->arena, "{\"Version\":\"2012-10-17\",\"Statement\":" MAY(
                                                 "kms:DeleteAlias", "arn:aws:kms:" REGION
                                                                    ":" ACCOUNT ":key/*") "}"))));
    assert_good(call(room, key, "kms", "DeleteAlias", "{\"AliasName\":\"alias/a\"}"));
}

/* Each named alarm is judged; a log group is meant by its ARN with ":*" behind it only. */
static void resources_are_judged_as_aws_names_them(void **state)
{
    struct room *room = *state;
    const char *alarm = "arn:aws:cloudwatch:" REGION ":" ACCOUNT ":alarm:";
    const char *key =
        holder(room, MAY("cloudwatch:DeleteAlarms", "arn:aws:cloudwatch:*:*:alarm:a") "," MAY(
                         "logs:CreateLogGroup", "arn:aws:logs:" REGION ":" ACCOUNT
                                                ":log-group:plain\",\"arn:aws:logs:" REGION
                                                ":" ACCOUNT ":log-group:good:*"));
    assert_lacks(call(room, key, "monitoring", "DeleteAlarms", "{\"AlarmNames\":[\"a\",\"b\"]}"),
                 "cloudwatch:DeleteAlarms", arena_printf(room->arena, "%sb", alarm));
    assert_good(call(room, key, "logs", "CreateLogGroup", "{\"logGroupName\":\"good\"}"));
    assert_lacks(call(room, key, "logs", "CreateLogGroup", "{\"logGroupName\":\"plain\"}"),
                 "logs:CreateLogGroup", ":log-group:plain:log-stream:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_says_which_rights_it_wants),
        cmocka_unit_test(every_right_is_one_of_an_operation),
        IN_ROOM(who_has_no_policy_changes_nothing),
        IN_ROOM(a_vault_wants_its_capsule_and_its_key),
        IN_ROOM(tags_at_the_making_want_a_right_of_their_own),
        IN_ROOM(the_tags_of_what_is_there_may_decide),
        IN_ROOM(the_tags_of_an_organization_s_policy_may_decide),
        IN_ROOM(a_role_is_passed_to_one_service),
        IN_ROOM(what_the_input_says_may_decide),
        IN_ROOM(an_alias_wants_rights_on_its_key_too),
        IN_ROOM(resources_are_judged_as_aws_names_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
