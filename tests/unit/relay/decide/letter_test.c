#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relay/decide/letter.h"

static const struct value *event_in(struct arena *arena, const char *body)
{
    const struct value *event = NULL;
    const char *why = NULL;
    return relay_letter_read(arena, slice_of(body), &event, &why) ? event : NULL;
}

static void a_letter_is_the_event_itself(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(value_get_str(event_in(arena, "{\"id\":\"a\"}"), "id"), "a");
    arena_free(arena);
}

static void a_destination_wraps_the_event(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *event = event_in(
        arena, "{\"version\":\"1.0\",\"requestContext\":{\"condition\":\"RetriesExhausted\"},"
               "\"requestPayload\":{\"id\":\"b\"},\"responsePayload\":{}}");
    assert_string_equal(value_get_str(event, "id"), "b");
    arena_free(arena);
}

static void a_member_of_that_name_alone_wraps_nothing(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(
        value_get_str(event_in(arena, "{\"id\":\"c\",\"requestPayload\":{\"id\":\"d\"}}"), "id"),
        "c");
    arena_free(arena);
}

static void a_letter_that_is_no_json_says_so(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *event = NULL;
    const char *why = NULL;
    assert_false(relay_letter_read(arena, slice_of("hello"), &event, &why));
    assert_non_null(why);
    arena_free(arena);
}

static void a_url_says_where_the_queue_lies(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_queue queue;
    assert_true(
        relay_queue_read(arena, "https://sqs.us-east-2.amazonaws.com/111122223333/q", &queue));
    assert_string_equal(queue.region, "us-east-2");
    assert_string_equal(queue.account_id, "111122223333");
    assert_string_equal(queue.name, "q");
    assert_true(
        relay_queue_read(arena, "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q", &queue));
    assert_string_equal(queue.region, "cn-north-1");
    arena_free(arena);
}

static void what_is_no_url_of_a_queue_is_refused(void **state)
{
    (void)state;
    static const char *const others[] = {
        "arn:aws:sqs:us-east-2:111122223333:q",
        "http://sqs.us-east-2.amazonaws.com/111122223333/q",
        "https://sns.us-east-2.amazonaws.com/111122223333/q",
        "https://sqs.us-east-2.amazonaws.com/1111/q",
        "https://sqs.us-east-2.amazonaws.com/11112222333x/q",
        "https://sqs.us-east-2.amazonaws.com/111122223333/",
        "https://sqs.us-east-2.amazonaws.com/111122223333/q/r",
        "https://sqs.us-east-2/111122223333/q",
        "https://sqs..amazonaws.com/111122223333/q",
        "https://sqs.us-east-2.amazonaws.com/111122223333",
        "",
    };
    struct arena *arena = arena_new();
    struct relay_queue queue;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (relay_queue_read(arena, others[i], &queue))
            fail_msg("taken: %s", others[i]);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_is_the_event_itself),
        cmocka_unit_test(a_destination_wraps_the_event),
        cmocka_unit_test(a_member_of_that_name_alone_wraps_nothing),
        cmocka_unit_test(a_letter_that_is_no_json_says_so),
        cmocka_unit_test(a_url_says_where_the_queue_lies),
        cmocka_unit_test(what_is_no_url_of_a_queue_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
