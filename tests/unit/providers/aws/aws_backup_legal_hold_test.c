/* Legal holds: dates as AWS counts them, a reason for the cancelling, and whose a hold is. */

#include "tests/unit/providers/aws/fixture.h"

#define HOLD "aws_backup_legal_hold"
#define TITLED(more) "{\"title\":\"case\",\"description\":\"d\"" more "}"
#define OWNED(address) "{\"holdfast:topology\":\"t\",\"holdfast:address\":\"" address "\"}"

static void dates_are_seconds_at_aws_and_text_here(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST /legal-holds/", NULL, "{\"LegalHoldId\":\"h\"}", 0);
    fixture_answer(f, "GET /legal-holds/h/", NULL, "{\"Status\":\"CREATING\"}", 1);
    fixture_answer(f, "GET /legal-holds/h/", NULL,
                   "{\"Status\":\"ACTIVE\",\"LegalHoldArn\":\"arn:h\",\"RecoveryPointSelection\":{"
                   "\"DateRange\":{\"FromDate\":1767225600.0,\"ToDate\":1767225601}}}",
                   0);
    fixture_answer(f, "GET /tags/arn%3Ah/", NULL, "{\"Tags\":{}}", 0);
    fixture_run(f, OP_CREATE, HOLD, NULL,
                TITLED(",\"recovery_point_selection\":{\"date_range\":{\"from_date\":"
                       "\"2026-01-01T00:00:00Z\",\"to_date\":\"2026-01-01T00:00:01Z\"}}"),
                NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "h");
    assert_non_null(strstr(fixture_call(f, 0)->body,
                           "\"DateRange\":{\"FromDate\":1767225600,\"ToDate\":1767225601}"));
    fixture_run(f, OP_READ, HOLD, "h", NULL, NULL);
    const struct value *range =
        value_get(value_get(f->attributes, "recovery_point_selection"), "date_range");
    assert_string_equal(value_get_str(range, "from_date"), "2026-01-01T00:00:00Z");
    assert_string_equal(value_get_str(range, "to_date"), "2026-01-01T00:00:01Z");
}

static void a_cancelled_hold_is_gone_although_it_is_shown(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /legal-holds/h/", NULL, "{\"Status\":\"CANCELING\"}", 1);
    fixture_answer(f, "GET /legal-holds/h/", NULL, "{\"Status\":\"CANCELED\"}", 1);
    fixture_run(f, OP_READ, HOLD, "h", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
    fixture_run(f, OP_READ, HOLD, "h", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

/* AWS remembers the token: after somebody has cancelled the hold that it made, that one comes back.
 */
static void beside_a_cancelled_hold_another_is_made(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "POST /legal-holds/", NULL, "{\"LegalHoldId\":\"old\"}", 1);
    fixture_answer(f, "POST /legal-holds/", NULL, "{\"LegalHoldId\":\"new\"}", 1);
    fixture_answer(f, "GET /legal-holds/old/", NULL, "{\"Status\":\"CANCELED\"}", 0);
    fixture_answer(f, "GET /legal-holds/new/", NULL, "{\"Status\":\"ACTIVE\"}", 0);
    fixture_run(f, OP_CREATE, HOLD, NULL, TITLED(), NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "new");
    assert_null(strstr(fixture_call(f, 0)->body, "-old\""));
    assert_non_null(strstr(fixture_call(f, 2)->body, "-old\""));
    fixture_answer(f, "POST /legal-holds/", NULL, "{\"LegalHoldId\":\"old\"}", 1);
    fixture_answer(f, "POST /legal-holds/", "InternalFailure", "{}", 0);
    fixture_run(f, OP_CREATE, HOLD, NULL, TITLED(), NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_null(f->identifier); /* what was cancelled is not what may have been made */
    fixture_answer(f, "POST /legal-holds/", NULL, "{\"LegalHoldId\":\"old\"}", 0);
    fixture_run(f, OP_CREATE, HOLD, NULL, TITLED(), NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void nothing_is_sent_to_cancel_a_hold_without_a_reason(void **state)
{
    struct fixture *f = *state;
    fixture_run(f, OP_REMOVE, HOLD, "h", NULL, TITLED());
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_int_equal(f->diags.items[0].code, E_RETAINED);
    assert_int_equal(fixture_calls(f), 0);
}

static void a_hold_is_cancelled_with_its_reason_once(void **state)
{
    struct fixture *f = *state;
    const char *prior = TITLED(",\"cancel_description\":\"settled & paid\"");
    fixture_answer(f, "DELETE /legal-holds/h", NULL, "{}", 1);
    fixture_answer(f, "DELETE /legal-holds/h", "InvalidResourceStateException", "{}", 1);
    fixture_answer(f, "DELETE /legal-holds/h", "ResourceNotFoundException", "{}", 1);
    for (int i = 0; i < 3; i++) {
        fixture_run(f, OP_REMOVE, HOLD, "h", NULL, prior);
        assert_int_equal(f->result, OP_RESULT_DONE);
    }
    assert_string_equal(fixture_call(f, 0)->query, "cancelDescription=settled%20%26%20paid");
}

static void only_owner_tags_tell_which_hold_is_ours(void **state)
{
    struct fixture *f = *state;
    fixture_answer(f, "GET /legal-holds/", NULL,
                   "{\"LegalHolds\":["
                   "{\"Title\":\"other\",\"LegalHoldId\":\"1\",\"LegalHoldArn\":\"arn:1\"},"
                   "{\"Title\":\"case\",\"LegalHoldId\":\"2\",\"LegalHoldArn\":\"arn:2\","
                   "\"Status\":\"CANCELED\"},"
                   "{\"Title\":\"case\",\"LegalHoldId\":\"3\",\"LegalHoldArn\":\"arn:3\"},"
                   "{\"Title\":\"case\",\"LegalHoldId\":\"4\",\"LegalHoldArn\":\"arn:4\"}]}",
                   0);
    fixture_answer(f, "GET /tags/arn%3A3/", NULL, "{\"Tags\":" OWNED("resources.a") "}", 0);
    fixture_answer(f, "GET /tags/arn%3A4/", NULL, "{\"Tags\":" OWNED("resources.b") "}", 0);
    fixture_run(f, OP_FIND, HOLD, NULL, TITLED(",\"tags\":" OWNED("resources.b")), NULL);
    assert_int_equal(f->result, OP_RESULT_FOUND);
    assert_string_equal(f->identifier, "4");
    fixture_run(f, OP_FIND, HOLD, NULL, TITLED(",\"tags\":" OWNED("resources.c")), NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(dates_are_seconds_at_aws_and_text_here),
        FIXTURE_TEST(a_cancelled_hold_is_gone_although_it_is_shown),
        FIXTURE_TEST(beside_a_cancelled_hold_another_is_made),
        FIXTURE_TEST(nothing_is_sent_to_cancel_a_hold_without_a_reason),
        FIXTURE_TEST(a_hold_is_cancelled_with_its_reason_once),
        FIXTURE_TEST(only_owner_tags_tell_which_hold_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
