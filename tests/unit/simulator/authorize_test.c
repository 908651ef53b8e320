#include "simulator/authorize.h"
#include "simulator/iam.h"
#include "simulator/kms.h"
#include "tests/unit/simulator/room.h"

#define ROLE_ARN "arn:aws:iam::" ACCOUNT ":role/r"
#define STATEMENT(action, resource)                                                                \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"" action        \
    "\",\"Resource\":\"" resource "\"}]}"

static bool may(struct room *room, const char *principal, const char *action, const char *resource)
{
    const struct authorization request = {
        .principal = principal, .action = action, .resource = resource};
    return authorize(room->world, room->arena, &request, NULL);
}

static void a_role_may_what_its_own_and_its_attached_policies_allow(void **state)
{
    struct room *room = *state;
    const char *queue = "arn:aws:sqs:us-east-1:" ACCOUNT ":q";
    make_role(room, "r", "lambda.amazonaws.com", STATEMENT("sqs:SendMessage", "*"));
    assert_true(may(room, ROLE_ARN, "sqs:SendMessage", queue));
    assert_false(may(room, ROLE_ARN, "sqs:DeleteQueue", queue));
    assert_false(may(room, "arn:aws:iam::" ACCOUNT ":role/ghost", "sqs:SendMessage", queue));
    assert_false(may(room, ROLE_ARN, "logs:PutLogEvents",
                     "arn:aws:logs:us-east-1:" ACCOUNT ":log-group:g:log-stream:s"));
    assert_good(form(room, ACCOUNT, "iam", "AttachRolePolicy",
                     "RoleName=r&PolicyArn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2Fservice-role%2F"
                     "AWSLambdaBasicExecutionRole"));
    assert_true(may(room, ROLE_ARN, "logs:PutLogEvents",
                    "arn:aws:logs:us-east-1:" ACCOUNT ":log-group:g:log-stream:s"));
}

static void a_role_is_trusted_by_the_services_of_its_trust_policy_only(void **state)
{
    struct room *room = *state;
    make_role(room, "r", "lambda.amazonaws.com", NULL);
    assert_true(
        role_trusts_service(room->world, room->arena, ROLE_ARN, "lambda.amazonaws.com", NULL));
    assert_false(
        role_trusts_service(room->world, room->arena, ROLE_ARN, "events.amazonaws.com", NULL));
}

static void a_trust_policy_may_name_whose_rule_it_serves(void **state)
{
    struct room *room = *state;
    const char *rule = "arn:aws:events:us-east-1:" ACCOUNT ":rule/r";
    const char *trust = arena_printf(
        room->arena,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        "{\"Service\":\"events.amazonaws.com\"},\"Action\":\"sts:AssumeRole\",\"Condition\":"
        "{\"ArnEquals\":{\"aws:SourceArn\":\"%s\"}}}]}",
        rule);
    assert_good(form(room, ACCOUNT, "iam", "CreateRole",
                     arena_printf(room->arena, "RoleName=r&AssumeRolePolicyDocument=%s",
                                  percent_encode(room->arena, trust))));
    assert_true(
        role_trusts_service(room->world, room->arena, ROLE_ARN, "events.amazonaws.com", rule));
    assert_false(role_trusts_service(room->world, room->arena, ROLE_ARN, "events.amazonaws.com",
                                     "arn:aws:events:us-east-1:" ACCOUNT ":rule/other"));
    assert_false(
        role_trusts_service(room->world, room->arena, ROLE_ARN, "events.amazonaws.com", NULL));
}

static void a_fresh_role_is_seen_elsewhere_after_the_delay(void **state)
{
    struct room *room = *state;
    world_begin(room->world);
    setting_put(room->world, "iam_delay_ms", "10000");
    assert_true(world_commit(room->world));
    make_role(room, "r", "lambda.amazonaws.com", NULL);
    assert_false(
        role_trusts_service(room->world, room->arena, ROLE_ARN, "lambda.amazonaws.com", NULL));
    assert_false(iam_principal_exists(room->world, room->arena, ROLE_ARN));
    advance(room, 10000);
    assert_true(
        role_trusts_service(room->world, room->arena, ROLE_ARN, "lambda.amazonaws.com", NULL));
    assert_true(iam_principal_exists(room->world, room->arena, ROLE_ARN));
}

static const char *trust_of(struct room *room, const char *principal)
{
    return percent_encode(
        room->arena,
        arena_printf(room->arena,
                     "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                     "\"Principal\":{\"AWS\":\"%s\"},\"Action\":\"sts:AssumeRole\"}]}",
                     principal));
}

static void documents_may_name_only_principals_that_exist(void **state)
{
    struct room *room = *state;
    const struct {
        const char *principal;
        bool known;
    } rows[] = {
        {"arn:aws:iam::" OTHER ":root", true},
        {OTHER, true},
        {"arn:aws:iam::" OTHER ":role/deployer", true},
        {"arn:aws:iam::777777777777:role/known", true},
        {"arn:aws:iam::" ACCOUNT
         ":role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
         true},
        {"arn:aws:iam::" OTHER ":role/ghost", false},
        {"arn:aws:iam::123412341234:root", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct answer answer =
            form(room, ACCOUNT, "iam", "CreateRole",
                 arena_printf(room->arena, "RoleName=t%zu&AssumeRolePolicyDocument=%s", i,
                              trust_of(room, rows[i].principal)));
        if (rows[i].known)
            assert_good(answer);
        else
            assert_refused(answer, "MalformedPolicyDocument");
    }
}

/* The text of an element of an XML answer. */
static const char *element(struct room *room, const char *xml, const char *name)
{
    const char *start = strstr(xml, arena_printf(room->arena, "<%s>", name));
    assert_non_null(start);
    start += strlen(name) + 2;
    const char *end = strchr(start, '<');
    return arena_strndup(room->arena, start, (size_t)(end - start));
}

/* The keys of an answer of AssumeRole, as ask() takes them. */
static const char *keys_of(struct room *room, struct answer made)
{
    return arena_printf(room->arena, "%s %s", element(room, made.text, "AccessKeyId"),
                        element(room, made.text, "SessionToken"));
}

static void a_session_acts_in_the_account_of_its_role(void **state)
{
    struct room *room = *state;
    struct answer made =
        form(room, ACCOUNT, "sts", "AssumeRole",
             "RoleSessionName=s&RoleArn=arn%3Aaws%3Aiam%3A%3A" OTHER "%3Arole%2Fdeployer");
    assert_good(made);
    assert_refused(call(room, element(room, made.text, "AccessKeyId"), "kms", "ListKeys", "{}"),
                   "UnrecognizedClientException"); /* its token is part of it */
    const char *key = keys_of(room, made);
    assert_good(call(room, key, "kms", "CreateKey", "{}"));
    assert_int_equal(value_len(value_get(call(room, OTHER, "kms", "ListKeys", "{}").body, "Keys")),
                     1);
    struct answer who = form(room, key, "sts", "GetCallerIdentity", "");
    assert_string_equal(element(room, who.text, "Arn"),
                        "arn:aws:sts::" OTHER ":assumed-role/deployer/s");
}

static void a_role_is_assumed_only_by_those_whom_it_trusts(void **state)
{
    struct room *room = *state;
    assert_good(form(room, ACCOUNT, "iam", "CreateRole",
                     arena_printf(room->arena, "RoleName=r&AssumeRolePolicyDocument=%s",
                                  trust_of(room, "arn:aws:iam::" OTHER ":root"))));
    const char *fields = "RoleSessionName=s&RoleArn=arn%3Aaws%3Aiam%3A%3A" ACCOUNT "%3Arole%2Fr";
    assert_good(form(room, OTHER, "sts", "AssumeRole", fields));
    assert_refused(form(room, MANAGEMENT, "sts", "AssumeRole", fields), "AccessDenied");
    struct answer made = form(room, OTHER, "sts", "AssumeRole", fields);
    /* and it may nothing yet */
    assert_refused(call(room, keys_of(room, made), "kms", "ListKeys", "{}"),
                   "AccessDeniedException");
}

static void a_key_is_open_to_another_account_only_by_its_policy(void **state)
{
    struct room *room = *state;
    const struct value *made = call(room, ACCOUNT, "kms", "CreateKey", "{}").body;
    const char *arn = value_str(value_pointer(made, "/KeyMetadata/Arn"));
    const char *ask_arn = arena_printf(room->arena, "{\"KeyId\":\"%s\"}", arn);
    assert_refused(call(room, OTHER, "kms", "DescribeKey", ask_arn), "AccessDeniedException");
    const char *policy = "{\"Version\":\"2012-10-17\",\"Statement\":["
                         "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::" ACCOUNT
                         ":root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"},"
                         "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::" OTHER
                         ":root\"},\"Action\":[\"kms:DescribeKey\",\"kms:Decrypt\"],"
                         "\"Resource\":\"*\"}]}";
    assert_good(call(room, ACCOUNT, "kms", "PutKeyPolicy",
                     arena_printf(room->arena, "{\"KeyId\":\"%s\",\"Policy\":%s}", arn,
                                  quoted(room->arena, policy))));
    assert_good(call(room, OTHER, "kms", "DescribeKey", ask_arn));
    assert_refused(call(room, OTHER, "kms", "DisableKey", ask_arn), "AccessDeniedException");
    const struct value *key = kms_key_find(room->world, room->arena, ACCOUNT, REGION, arn);
    assert_true(kms_allows(room->world, room->arena, "arn:aws:iam::" OTHER ":role/deployer",
                           "kms:Decrypt", key, NULL));
    assert_false(kms_allows(room->world, room->arena, "arn:aws:iam::" OTHER ":role/deployer",
                            "kms:CreateGrant", key, NULL));
}

static void the_keys_of_aws_serve_their_own_account_only(void **state)
{
    struct room *room = *state;
    assert_good(call(room, ACCOUNT, "kms", "DescribeKey", "{\"KeyId\":\"alias/aws/rds\"}"));
    const struct value *key =
        kms_key_find(room->world, room->arena, ACCOUNT, REGION, "alias/aws/rds");
    assert_string_equal(value_get_str(key, "KeyManager"), "AWS");
    assert_true(kms_allows(room->world, room->arena, "arn:aws:iam::" ACCOUNT ":root", "kms:Decrypt",
                           key, NULL));
    assert_false(kms_allows(room->world, room->arena, "arn:aws:iam::" OTHER ":root", "kms:Decrypt",
                            key, NULL));
    assert_refused(call(room, ACCOUNT, "kms", "PutKeyPolicy",
                        "{\"KeyId\":\"alias/aws/rds\",\"Policy\":\"{}\"}"),
                   "AccessDeniedException");
}

static void a_key_policy_that_locks_its_maker_out_is_refused(void **state)
{
    struct room *room = *state;
    const char *policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                         "\"Principal\":{\"AWS\":\"arn:aws:iam::" OTHER
                         ":root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}";
    const char *text = quoted(room->arena, policy);
    assert_refused(
        call(room, ACCOUNT, "kms", "CreateKey", arena_printf(room->arena, "{\"Policy\":%s}", text)),
        "MalformedPolicyDocumentException");
    assert_good(
        call(room, ACCOUNT, "kms", "CreateKey",
             arena_printf(room->arena, "{\"Policy\":%s,\"BypassPolicyLockoutSafetyCheck\":true}",
                          text)));
}

static void a_limit_that_cannot_be_read_allows_nothing(void **state)
{
    struct room *room = *state;
    make_role(room, "r", "lambda.amazonaws.com", STATEMENT("sqs:SendMessage", "*"));
    struct authorization request = {
        .principal = ROLE_ARN, .action = "sqs:SendMessage", .resource = "*"};
    assert_true(authorize(room->world, room->arena, &request, NULL));
    request.session_policy = "{";
    assert_false(authorize(room->world, room->arena, &request, NULL));
}

#define AWS_POLICY "arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2F"

static void a_boundary_is_a_policy_that_is_there(void **state)
{
    struct room *room = *state;
    make_role(room, "r", "lambda.amazonaws.com", STATEMENT("sqs:SendMessage", "*"));
    assert_refused(form(room, ACCOUNT, "iam", "PutRolePermissionsBoundary",
                        "RoleName=r&PermissionsBoundary=" AWS_POLICY "ghost"),
                   "NoSuchEntity");
    assert_true(may(room, ROLE_ARN, "sqs:SendMessage", "*"));
    assert_good(form(room, ACCOUNT, "iam", "PutRolePermissionsBoundary",
                     "RoleName=r&PermissionsBoundary=" AWS_POLICY "AWSDenyAll"));
    assert_false(may(room, ROLE_ARN, "sqs:SendMessage", "*"));
}

static void the_whole_policies_of_aws_allow_and_deny_everything(void **state)
{
    struct room *room = *state;
    make_role(room, "r", "lambda.amazonaws.com", NULL);
    assert_good(form(room, ACCOUNT, "iam", "AttachRolePolicy",
                     "RoleName=r&PolicyArn=" AWS_POLICY "AdministratorAccess"));
    assert_true(may(room, ROLE_ARN, "sqs:SendMessage", "*"));
    assert_good(form(room, ACCOUNT, "iam", "AttachRolePolicy",
                     "RoleName=r&PolicyArn=" AWS_POLICY "AWSDenyAll"));
    assert_false(may(room, ROLE_ARN, "sqs:SendMessage", "*"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(a_role_may_what_its_own_and_its_attached_policies_allow),
        IN_ROOM(a_role_is_trusted_by_the_services_of_its_trust_policy_only),
        IN_ROOM(a_trust_policy_may_name_whose_rule_it_serves),
        IN_ROOM(a_fresh_role_is_seen_elsewhere_after_the_delay),
        IN_ROOM(documents_may_name_only_principals_that_exist),
        IN_ROOM(a_session_acts_in_the_account_of_its_role),
        IN_ROOM(a_role_is_assumed_only_by_those_whom_it_trusts),
        IN_ROOM(a_key_is_open_to_another_account_only_by_its_policy),
        IN_ROOM(the_keys_of_aws_serve_their_own_account_only),
        IN_ROOM(a_limit_that_cannot_be_read_allows_nothing),
        IN_ROOM(a_boundary_is_a_policy_that_is_there),
        IN_ROOM(the_whole_policies_of_aws_allow_and_deny_everything),
        IN_ROOM(a_key_policy_that_locks_its_maker_out_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
