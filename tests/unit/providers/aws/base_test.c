#include "search_room.h"

static const struct credentials *given;
static int times;

static void keep(void *ctx, const struct credentials *credentials)
{
    (void)ctx;
    given = credentials;
    times++;
}

static const struct credentials *use(struct room *room, const struct credentials *used)
{
    times = 0;
    base_use(&room->aws, used, keep, NULL);
    while (loop_turn(room->loop)) {
    }
    assert_int_equal(times, 1);
    return given;
}

static void answer(struct room *room, const char *id, const char *expires, int answers)
{
    fake_when(
        room->fake, "GET /x",
        (struct fake_answer){
            .status = 200,
            .times = answers,
            .body = arena_printf(room->arena,
                                 "{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\",\"Token\":"
                                 "\"t-%s\",\"Expiration\":\"%s\"}",
                                 id, id, expires)});
}

static void move(struct room *room, int64_t ms)
{
    fake_set_now(room->fake, START_MS + ms);
    while (loop_turn(room->loop)) {
    }
}

static int set_up_container(void **state)
{
    int rc = set_up(state);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/x", 1);
    return rc;
}

static void many_who_ask_at_once_share_one_search(void **state)
{
    struct room *room = *state;
    answer(room, "A", "2026-01-01T01:00:00Z", 0);
    times = 0;
    for (int i = 0; i < 5; i++)
        base_use(&room->aws, NULL, keep, NULL);
    while (loop_turn(room->loop)) {
    }
    assert_int_equal(times, 5);
    assert_int_equal(fake_call_count(room->fake), 1);
}

static void credentials_are_renewed_before_their_end(void **state)
{
    struct room *room = *state;
    answer(room, "A", "2026-01-01T01:00:00Z", 1);
    answer(room, "B", "2026-01-01T02:00:00Z", 0);
    assert_string_equal(use(room, NULL)->access_key_id, "A");
    move(room, 54 * MINUTE_MS);
    assert_string_equal(use(room, NULL)->access_key_id, "A");
    move(room, 56 * MINUTE_MS);
    assert_string_equal(use(room, NULL)->access_key_id, "B");
    assert_int_equal(fake_call_count(room->fake), 2);
}

static void credentials_of_a_short_life_are_not_searched_for_each_use(void **state)
{
    struct room *room = *state;
    answer(room, "A", "2026-01-01T00:00:20Z", 1);
    answer(room, "B", "2026-01-01T00:00:40Z", 0);
    use(room, NULL);
    use(room, NULL);
    move(room, 9000);
    assert_string_equal(use(room, NULL)->access_key_id, "A");
    move(room, 11000);
    assert_string_equal(use(room, NULL)->access_key_id, "B");
    assert_int_equal(fake_call_count(room->fake), 2);
}

static void valid_ones_outlive_a_search_in_vain(void **state)
{
    struct room *room = *state;
    answer(room, "A", "2026-01-01T01:00:00Z", 1);
    fake_when(room->fake, "GET /x", (struct fake_answer){.status = 400});
    use(room, NULL);
    move(room, 56 * MINUTE_MS);
    assert_string_equal(use(room, NULL)->access_key_id, "A");
    assert_string_equal(use(room, NULL)->access_key_id, "A"); /* too soon to search again */
    assert_int_equal(fake_call_count(room->fake), 2);
    move(room, 61 * MINUTE_MS);
    assert_null(use(room, NULL));
    assert_non_null(strstr(base_why(&room->aws), "status 400"));
}

static void those_that_aws_calls_expired_are_replaced_or_refused(void **state)
{
    struct room *room = *state;
    answer(room, "A", "2026-01-01T01:00:00Z", 2);
    answer(room, "B", "2026-01-01T01:00:00Z", 0);
    const struct credentials *a = use(room, NULL);
    assert_null(use(room, a)); /* the source has the same again */
    const struct credentials *b = use(room, a);
    assert_string_equal(b->access_key_id, "B");
    assert_ptr_equal(use(room, a), b); /* another asked before */
    assert_int_equal(fake_call_count(room->fake), 3);
}

int main(void)
{
#define BASE_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up_container, tear_down)
    const struct CMUnitTest tests[] = {
        BASE_TEST(many_who_ask_at_once_share_one_search),
        BASE_TEST(credentials_are_renewed_before_their_end),
        BASE_TEST(credentials_of_a_short_life_are_not_searched_for_each_use),
        BASE_TEST(valid_ones_outlive_a_search_in_vain),
        BASE_TEST(those_that_aws_calls_expired_are_replaced_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
