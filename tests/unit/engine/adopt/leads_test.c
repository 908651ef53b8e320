#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/adopt/leads.h"
#include "engine/base/json.h"

static struct arena *arena;
static const struct schema_set *schemas;

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    schemas = schema_load(arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* "TYPE ACCOUNT REGION IDENTIFIER" of each lead, a line for each. */
static void note(void *ctx, const struct lead *lead)
{
    struct strbuf *sb = ctx;
    strbuf_addf(sb, "%s %s %s %s\n", lead->type, lead->account_id,
                lead->region ? lead->region : "-", lead->identifier);
}

static const char *leads(const char *type, const char *identifier, const char *attributes)
{
    static const struct account account = {
        .name = "main", .id = "111122223333", .partition = "aws"};
    struct finding finding = {.schema = schema_of(schemas, type),
                              .account = &account,
                              .region = "us-east-1",
                              .identifier = identifier};
    const char *why = NULL;
    struct strbuf sb;
    strbuf_init(&sb, arena, 65536);
    assert_true(json_parse(arena, slice_of(attributes), &finding.attributes, &why));
    leads_of(arena, schemas, &finding, note, &sb);
    return strbuf_str(&sb);
}

static void a_vault_leads_to_its_key_and_its_parts(void **state)
{
    (void)state;
    assert_string_equal(
        leads("aws_backup_vault", "v",
              "{\"encryption_key_arn\": \"arn:aws:kms:us-east-1:111122223333:key/k\"}"),
        "aws_kms_key 111122223333 us-east-1 k\n"
        "aws_backup_vault_lock 111122223333 us-east-1 v\n"
        "aws_backup_vault_notifications 111122223333 us-east-1 v\n"
        "aws_backup_vault_policy 111122223333 us-east-1 v\n");
}

static void an_air_gapped_vault_leads_to_its_policy(void **state)
{
    (void)state;
    assert_string_equal(leads("aws_backup_logically_air_gapped_vault", "v", "{}"),
                        "aws_backup_vault_policy 111122223333 us-east-1 v\n");
}

static void a_rule_leads_to_what_its_targets_name(void **state)
{
    (void)state;
    assert_string_equal(
        leads("aws_event_rule", "default|r",
              "{\"targets\": ["
              "{\"arn\": \"arn:aws:lambda:us-east-1:111122223333:function:f\","
              " \"dead_letter_config\": {\"arn\": \"arn:aws:sqs:us-east-1:111122223333:q\"}},"
              "{\"arn\": \"arn:aws:events:us-east-2:444455556666:event-bus/b\","
              " \"role_arn\": \"arn:aws:iam::111122223333:role/service-role/x/y\"},"
              "{\"arn\": \"no arn\"}]}"),
        "aws_lambda_function 111122223333 us-east-1 f\n"
        "aws_event_bus 444455556666 us-east-2 b\n"
        "aws_iam_role 111122223333 - y\n"
        "aws_sqs_queue 111122223333 us-east-1 q\n");
}

static void a_function_leads_to_its_log_and_to_who_may_invoke_it(void **state)
{
    (void)state;
    assert_string_equal(leads("aws_lambda_function", "f",
                              "{\"role\": \"arn:aws:iam::111122223333:role/r\","
                              " \"policy_statements\": {\"s1\": {}, \"s2\": {}}}"),
                        "aws_iam_role 111122223333 - r\n"
                        "aws_lambda_event_invoke_config 111122223333 us-east-1 f\n"
                        "aws_log_group 111122223333 us-east-1 /aws/lambda/f\n"
                        "aws_lambda_permission 111122223333 us-east-1 f|s1\n"
                        "aws_lambda_permission 111122223333 us-east-1 f|s2\n");
}

/* A version of a function, a subscription, a bucket: nothing that is looked at. */
static void other_arns_lead_nowhere(void **state)
{
    (void)state;
    assert_string_equal(
        leads("aws_cloudwatch_alarm", "a",
              "{\"alarm_actions\": [\"arn:aws:lambda:us-east-1:111122223333:function:f:7\","
              "\"arn:aws:sns:us-east-1:111122223333:t:1234\", \"arn:aws:s3:::b\", 7]}"),
        "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vault_leads_to_its_key_and_its_parts),
        cmocka_unit_test(an_air_gapped_vault_leads_to_its_policy),
        cmocka_unit_test(a_rule_leads_to_what_its_targets_name),
        cmocka_unit_test(a_function_leads_to_its_log_and_to_who_may_invoke_it),
        cmocka_unit_test(other_arns_lead_nowhere),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
