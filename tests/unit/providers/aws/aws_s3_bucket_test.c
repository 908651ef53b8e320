/* Buckets: whose an existing one is, what a bare one shows, and what a change leaves alone. */

#include "tests/unit/providers/aws/fixture.h"

#define TYPE "aws_s3_bucket"
#define OURS "\"holdfast:topology\":\"t\",\"holdfast:address\":\"resources.b\""
#define DESIRED "{\"name\":\"b-1\",\"tags\":{" OURS "}}"

/* The script knows paths, no queries: what goes to one bucket is answered in order. */
static void refuse(struct fixture *f, const char *request, int status, const char *code)
{
    fake_when(
        f->fake, request,
        (struct fake_answer){.status = status,
                             .times = 1,
                             .body = arena_printf(f->arena,
                                                  "<Error><Code>%s</Code><Message>no</Message>"
                                                  "<RequestId>q</RequestId></Error>",
                                                  code)});
}

static void answer(struct fixture *f, const char *request, const char *body)
{
    fake_when(f->fake, request, (struct fake_answer){.status = 200, .body = body, .times = 1});
}

static void existing_bucket(struct fixture *f, const char *address)
{
    refuse(f, "PUT /b-1", 409, "BucketAlreadyOwnedByYou");
    answer(
        f, "GET /b-1",
        arena_printf(f->arena,
                     "<Tagging><TagSet><Tag><Key>holdfast:topology</Key><Value>t</Value></Tag>"
                     "<Tag><Key>holdfast:address</Key><Value>%s</Value></Tag></TagSet></Tagging>",
                     address));
}

static void a_bucket_of_ours_that_exists_was_made_by_a_lost_call(void **state)
{
    struct fixture *f = *state;
    existing_bucket(f, "resources.b");
    fixture_run(f, OP_CREATE, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "b-1");
}

static void a_bucket_of_somebody_else_is_refused_in_the_words_of_aws(void **state)
{
    struct fixture *f = *state;
    existing_bucket(f, "resources.other");
    fixture_run(f, OP_CREATE, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_null(f->identifier);
    assert_non_null(strstr(f->diags.items[0].message, "BucketAlreadyOwnedByYou"));
}

static void a_bucket_is_made_with_its_tags(void **state)
{
    struct fixture *f = *state;
    answer(f, "PUT /b-1", "");
    fixture_run(f, OP_CREATE, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 1);
    const char *body = fixture_call(f, 0)->body;
    assert_non_null(
        strstr(body, "<Tag><Key>holdfast:address</Key><Value>resources.b</Value></Tag>"));
    assert_null(strstr(body, "LocationConstraint")); /* us-east-1 has none */
}

static void what_nobody_has_set_is_not_there(void **state)
{
    struct fixture *f = *state;
    answer(f, "GET /b-1", "<VersioningConfiguration/>");
    refuse(f, "GET /b-1", 404, "NoSuchPublicAccessBlockConfiguration");
    refuse(f, "GET /b-1", 404, "ServerSideEncryptionConfigurationNotFoundError");
    refuse(f, "GET /b-1", 404, "NoSuchBucketPolicy");
    refuse(f, "GET /b-1", 404, "ObjectLockConfigurationNotFoundError");
    refuse(f, "GET /b-1", 404, "NoSuchTagSet");
    fixture_run(f, OP_READ, TYPE, "b-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(value_get_str(f->attributes, "arn"), "arn:aws:s3:::b-1");
    assert_null(value_get(f->attributes, "policy"));
    assert_int_equal(value_len(value_get(f->attributes, "tags")), 0);
}

static void a_bucket_that_is_not_there_is_gone(void **state)
{
    struct fixture *f = *state;
    refuse(f, "GET /b-1", 404, "NoSuchBucket");
    fixture_run(f, OP_READ, TYPE, "b-1", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

static void tags_of_others_stay_when_the_whole_set_is_put(void **state)
{
    struct fixture *f = *state;
    answer(f, "PUT /b-1", "");
    fixture_run(f, OP_UPDATE, TYPE, "b-1", "{\"name\":\"b-1\",\"tags\":{" OURS ",\"a\":\"2\"}}",
                "{\"name\":\"b-1\",\"tags\":{" OURS ",\"a\":\"1\",\"aws:cloudformation\":\"x\"}}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    const char *body = fixture_call(f, 0)->body;
    assert_non_null(strstr(body, "<Key>a</Key><Value>2</Value>"));
    assert_non_null(strstr(body, "holdfast:topology"));
    assert_null(strstr(body, "aws:cloudformation")); /* AWS keeps its own */
}

static void a_bucket_that_holds_something_says_so(void **state)
{
    struct fixture *f = *state;
    refuse(f, "DELETE /b-1", 409, "BucketNotEmpty");
    fixture_run(f, OP_REMOVE, TYPE, "b-1", NULL, "{\"name\":\"b-1\"}");
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_non_null(strstr(f->diags.items[0].message, "BucketNotEmpty"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_bucket_of_ours_that_exists_was_made_by_a_lost_call),
        FIXTURE_TEST(a_bucket_of_somebody_else_is_refused_in_the_words_of_aws),
        FIXTURE_TEST(a_bucket_is_made_with_its_tags),
        FIXTURE_TEST(what_nobody_has_set_is_not_there),
        FIXTURE_TEST(a_bucket_that_is_not_there_is_gone),
        FIXTURE_TEST(tags_of_others_stay_when_the_whole_set_is_put),
        FIXTURE_TEST(a_bucket_that_holds_something_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
