/* Functions: packages, changes that settle one after the other, lost answers. */

#include "engine/config/assets.h"
#include "tests/unit/providers/aws/fixture.h"

#define FUNCTION "aws_lambda_function"
#define BASE "/2015-03-31/functions"
#define OWNED(address) "\"tags\":{\"holdfast:topology\":\"t\",\"holdfast:address\":\"" address "\"}"
#define STATE(state, update)                                                                       \
    "{\"Configuration\":{\"FunctionName\":\"relay\",\"State\":\"" state                            \
    "\",\"LastUpdateStatus\":\"" update "\"}}"
#define READY STATE("Active", "Successful")

static const char *package_path(void)
{
    return SOURCE_DIR "/LICENSE"; /* any file: it becomes a zip */
}

static const char *package_digest(struct fixture *f)
{
    struct asset asset;
    assert_true(asset_pack(f->arena, package_path(), NO_POS, "x", &asset, &f->diags));
    return asset.sha256;
}

/* Desired properties with the real package and more members of JSON. */
static const char *wanted(struct fixture *f, const char *more)
{
    return arena_printf(f->arena,
                        "{\"name\":\"relay\",\"role\":\"arn:aws:iam::111122223333:role/"
                        "relay\",\"runtime\":\"provided.al2023\","
                        "\"handler\":\"bootstrap\",\"filename\":\"%s\",\"code_sha256\":\"%s\"%s}",
                        package_path(), package_digest(f), more);
}

static void a_function_is_sent_with_its_package_and_waited_for(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST " BASE, NULL, "{}", 0);
    fixture_answer(f, "GET " BASE "/relay", "ResourceNotFoundException", "{}", 1);
    fixture_answer(f, "GET " BASE "/relay", NULL, STATE("Pending", "InProgress"), 2);
    fixture_answer(f, "GET " BASE "/relay", NULL, READY, 0);
    fixture_answer(f, "PUT /2017-10-31/functions/relay/concurrency", NULL, "{}", 0);
    fixture_run(f, OP_CREATE, FUNCTION, NULL,
                wanted(f, ",\"reserved_concurrent_executions\":2," OWNED("a")), NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "relay");
    assert_int_equal(fixture_calls(f), 1 + 4 + 1);
    const struct value *body = fixture_json(f, fixture_call(f, 0)->body);
    assert_string_equal(value_get_str(body, "FunctionName"), "relay");
    assert_int_equal(value_len(value_get(body, "Tags")), 2);
    assert_true(str_starts(value_get_str(value_get(body, "Code"), "ZipFile"), "UEs")); /* "PK" */
    assert_null(value_get(body, "CodeSha256"));
    assert_null(value_get(body, "Filename"));
    assert_null(value_get(body, "ReservedConcurrentExecutions"));
    assert_string_equal(fixture_call(f, 5)->body, "{\"ReservedConcurrentExecutions\":2}");
}

static void a_package_that_changed_after_the_plan_is_not_sent(void **state)
{
    struct fixture *f = *state;
    const char *moved = arena_printf(
        f->arena, "{\"name\":\"relay\",\"filename\":\"%s\",\"code_sha256\":\"x\"}", package_path());
    fixture_run(f, OP_CREATE, FUNCTION, NULL, moved, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_VALUE_MOVED);
    fixture_run(f, OP_UPDATE, FUNCTION, "relay", moved, "{\"name\":\"relay\"}");
    assert_int_equal(f->result, OP_RESULT_FAILED);
    fixture_run(f, OP_CREATE, FUNCTION, NULL,
                "{\"name\":\"relay\",\"filename\":\"/nowhere/at/all\",\"code_sha256\":\"x\"}",
                NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.len, 3); /* one message each */
    assert_int_equal(f->diags.items[2].code, E_ASSET);
    assert_int_equal(fixture_calls(f), 0);
}

static void a_function_that_exists_is_ours_only_by_its_owner_tags(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST " BASE, "ResourceConflictException",
                   "{\"Message\":\"Function already exist: relay\"}", 0);
    fixture_answer(f, "GET " BASE "/relay", NULL,
                   "{\"Configuration\":{\"State\":\"Active\"},\"Tags\":{\"holdfast:topology\":"
                   "\"t\",\"holdfast:address\":\"a\"}}",
                   0);
    fixture_run(f, OP_CREATE, FUNCTION, NULL, wanted(f, "," OWNED("a")), NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    fixture_run(f, OP_CREATE, FUNCTION, NULL, wanted(f, "," OWNED("b")), NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_non_null(strstr(f->diags.items[0].message, "already exist"));
}

static void code_settles_before_the_configuration_is_changed(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "PUT " BASE "/relay/code", NULL, "{}", 0);
    fixture_answer(f, "PUT " BASE "/relay/configuration", "ResourceConflictException",
                   "{\"Message\":\"An update is in progress for resource\"}", 1);
    fixture_answer(f, "PUT " BASE "/relay/configuration", NULL, "{}", 0);
    fixture_answer(f, "GET " BASE "/relay", NULL, STATE("Active", "InProgress"), 3);
    fixture_answer(f, "GET " BASE "/relay", NULL, READY, 0);
    fixture_run(f, OP_UPDATE, FUNCTION, "relay",
                wanted(f, ",\"timeout\":30,\"architectures\":[\"arm64\"],"
                          "\"environment\":null,\"dead_letter_config\":null,\"kms_key_arn\":null"),
                "{\"name\":\"relay\",\"role\":\"arn:aws:iam::111122223333:role/"
                "relay\",\"runtime\":\"provided.al2023\",\"handler\":"
                "\"bootstrap\",\"code_sha256\":\"old\",\"timeout\":3,\"environment\":{"
                "\"variables\":{\"A\":\"1\"}},\"dead_letter_config\":{\"target_arn\":\"q\"},"
                "\"kms_key_arn\":\"k\"}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 1 + 4 + 2 + 1);
    assert_true(str_ends(fixture_call(f, 0)->path, "/code"));
    assert_non_null(strstr(fixture_call(f, 0)->body, "\"Architectures\":[\"arm64\"]"));
    assert_true(str_ends(fixture_call(f, 5)->path, "/configuration"));
    const struct value *body = fixture_json(f, fixture_call(f, 6)->body);
    assert_int_equal(value_get_int(body, "Timeout", 0), 30);
    /* null: it shall go, and Lambda leaves alone what is not named */
    assert_int_equal(value_len(value_pointer(body, "/Environment/Variables")), 0);
    assert_non_null(value_pointer(body, "/Environment/Variables"));
    assert_string_equal(value_str(value_pointer(body, "/DeadLetterConfig/TargetArn")), "");
    assert_string_equal(value_get_str(body, "KMSKeyArn"), "");
}

static void only_what_differs_is_sent(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "DELETE /2017-10-31/functions/relay/concurrency", NULL, "", 0);
    fixture_answer(f, "POST /2017-03-31/tags/arn%3Aaws%3Alambda", NULL, "", 0);
    fixture_answer(f, "DELETE /2017-03-31/tags/arn%3Aaws%3Alambda", NULL, "", 0);
    const char *prior = wanted(f, ",\"reserved_concurrent_executions\":2,\"tags\":{\"a\":\"1\","
                                  "\"b\":\"1\",\"c\":\"1\"}");
    fixture_run(f, OP_UPDATE, FUNCTION, "relay",
                wanted(f, ",\"reserved_concurrent_executions\":null,\"tags\":{\"d\":\"1\","
                          "\"c\":\"1\"}"),
                prior);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 3);
    assert_string_equal(fixture_call(f, 0)->method, "DELETE");
    assert_string_equal(fixture_call(f, 1)->body, "{\"Tags\":{\"d\":\"1\"}}");
    assert_string_equal(fixture_call(f, 2)->query, "tagKeys=a&tagKeys=b");
    fixture_run(f, OP_UPDATE, FUNCTION, "relay", prior, prior);
    fixture_run(f, OP_UPDATE, FUNCTION, "relay", wanted(f, ""), prior); /* absent: not managed */
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 3);
}

static void a_function_that_fails_to_settle_is_reported_with_its_reason(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST " BASE, NULL, "{}", 0);
    fixture_answer(f, "GET " BASE "/relay", NULL,
                   "{\"Configuration\":{\"State\":\"Failed\",\"StateReason\":\"no such image\"}}",
                   1);
    fixture_answer(f, "GET " BASE "/relay", NULL, STATE("Pending", "InProgress"), 0);
    fixture_run(f, OP_CREATE, FUNCTION, NULL, wanted(f, ""), NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_non_null(strstr(f->diags.items[0].message, "no such image"));
    fixture_run(f, OP_CREATE, FUNCTION, NULL, wanted(f, ""), NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[1].code, E_TIMEOUT);
    assert_string_equal(f->identifier, "relay"); /* it exists all the same */
}

static void a_function_is_read_with_tags_and_concurrency(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET " BASE "/relay/policy", NULL,
                   "{\"Policy\":\"{\\\"Statement\\\":[{\\\"Sid\\\":\\\"s\\\"}]}\"}", 0);
    fixture_answer(f, "GET " BASE "/relay", NULL,
                   "{\"Configuration\":{\"FunctionName\":\"relay\",\"FunctionArn\":\"arn\","
                   "\"CodeSha256\":\"x\",\"Environment\":{\"Variables\":{\"A\":\"1\"}},"
                   "\"Architectures\":[\"arm64\"],\"RevisionId\":\"1\"},\"Tags\":{\"a\":\"1\"}}",
                   1);
    fixture_answer(f, "GET " BASE "/relay", NULL,
                   "{\"Configuration\":{\"FunctionName\":\"relay\"},\"TagsError\":{\"ErrorCode\":"
                   "\"AccessDeniedException\",\"Message\":\"no\"}}",
                   1);
    fixture_answer(f, "GET /2019-09-30/functions/relay/concurrency", NULL,
                   "{\"ReservedConcurrentExecutions\":0}", 0);
    fixture_run(f, OP_READ, FUNCTION, "relay", NULL, NULL);
    assert_string_equal(json_print(f->arena, f->attributes, JSON_SORTED),
                        "{\"architectures\":[\"arm64\"],\"arn\":\"arn\",\"code_sha256\":\"x\","
                        "\"environment\":{\"variables\":{\"A\":\"1\"}},\"name\":\"relay\","
                        "\"policy_statements\":{\"s\":{\"Sid\":\"s\"}},"
                        "\"reserved_concurrent_executions\":0,\"tags\":{\"a\":\"1\"}}");
    fixture_run(f, OP_READ, FUNCTION, "relay", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_function_is_sent_with_its_package_and_waited_for),
        FIXTURE_TEST(a_package_that_changed_after_the_plan_is_not_sent),
        FIXTURE_TEST(a_function_that_exists_is_ours_only_by_its_owner_tags),
        FIXTURE_TEST(code_settles_before_the_configuration_is_changed),
        FIXTURE_TEST(only_what_differs_is_sent),
        FIXTURE_TEST(a_function_that_fails_to_settle_is_reported_with_its_reason),
        FIXTURE_TEST(a_function_is_read_with_tags_and_concurrency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
