#include "tests/unit/simulator/room.h"

static void set(struct room *room, const char *name, const char *text)
{
    world_begin(room->world);
    setting_put(room->world, name, text);
    assert_true(world_commit(room->world));
}

static struct answer make_key(struct room *room, const char *description)
{
    return call(room, ACCOUNT, "kms", "CreateKey",
                arena_printf(room->arena, "{\"Description\":\"%s\"}", description));
}

static size_t key_count(struct room *room)
{
    return value_len(value_get(call(room, ACCOUNT, "kms", "ListKeys", "{}").body, "Keys"));
}

static void a_burst_is_throttled_and_a_second_later_it_is_not(void **state)
{
    struct room *room = *state;
    set(room, "calls_a_second", "2");
    assert_int_equal(key_count(room), 0);
    assert_good(make_key(room, "a"));
    assert_refused(make_key(room, "b"), "ThrottlingException");
    assert_good(call(room, OTHER, "kms", "ListKeys", "{}")); /* another account has its own rate */
    assert_good(form(room, ACCOUNT, "iam", "ListRoles", ""));
    advance(room, 1000);
    assert_int_equal(key_count(room), 1);
}

static void what_fails_before_it_runs_leaves_nothing_and_is_answered_the_second_time(void **state)
{
    struct room *room = *state;
    set(room, "fail_every", "2");
    assert_good(make_key(room, "a"));
    assert_refused(make_key(room, "b"), "KMSInternalException");
    assert_good(make_key(room, "b"));
    set(room, "fail_every", "0");
    assert_int_equal(key_count(room), 2);
}

static void a_page_size_of_none_is_that_of_aws(void **state)
{
    struct room *room = *state;
    assert_good(make_key(room, "a"));
    assert_good(make_key(room, "b"));
    set(room, "page_size", "1");
    assert_int_equal(key_count(room), 1);
    set(room, "page_size", "0");
    assert_int_equal(key_count(room), 2);
    set(room, "page_size", "-1");
    assert_int_equal(key_count(room), 2);
}

static void every_nth_call_is_throttled_and_answered_the_second_time(void **state)
{
    struct room *room = *state;
    set(room, "throttle_every", "2");
    assert_good(make_key(room, "a"));
    assert_refused(make_key(room, "b"), "ThrottlingException");
    assert_good(make_key(room, "b"));
}

static void a_region_that_stands_still_answers_nothing_and_is_whole_afterwards(void **state)
{
    struct room *room = *state;
    assert_good(make_key(room, "a"));
    set(room, "outage_region", REGION);
    struct answer none = make_key(room, "b");
    assert_int_equal(none.status, 503);
    assert_good(form(room, ACCOUNT, "iam", "ListRoles", "")); /* of no Region */
    set(room, "outage_region", "");
    assert_int_equal(key_count(room), 1);
}

static void quotas_are_for_changes(void **state)
{
    struct room *room = *state;
    set(room, "quota_every", "1");
    assert_int_equal(key_count(room), 0);
    assert_refused(make_key(room, "a"), "LimitExceededException");
    assert_good(make_key(room, "a"));
}

static void a_lost_answer_comes_from_a_call_that_ran(void **state)
{
    struct room *room = *state;
    set(room, "lose_every", "1");
    struct answer lost = make_key(room, "a");
    assert_int_equal(lost.status, 500);
    assert_refused(lost, "KMSInternalException");
    set(room, "lose_every", "0");
    assert_int_equal(key_count(room), 1);
}

static void a_cut_answer_has_lost_its_end_and_its_call_ran(void **state)
{
    struct room *room = *state;
    set(room, "cut_every", "1");
    make_role(room, "relay", "lambda.amazonaws.com", NULL);
    set(room, "cut_every", "0");
    struct answer whole = form(room, ACCOUNT, "iam", "GetRole", "RoleName=relay");
    assert_good(whole);
    set(room, "cut_every", "1");
    struct answer cut = form(room, ACCOUNT, "iam", "GetRole", "RoleName=relay&x=1");
    assert_int_equal(cut.status, 200);
    assert_int_equal(strlen(cut.text), strlen(whole.text) / 2);
    assert_memory_equal(cut.text, whole.text, strlen(cut.text) / 2);
}

static void nothing_is_hard_that_no_setting_names(void **state)
{
    struct room *room = *state;
    for (int i = 0; i < 100; i++)
        assert_good(make_key(room, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(a_burst_is_throttled_and_a_second_later_it_is_not),
        IN_ROOM(what_fails_before_it_runs_leaves_nothing_and_is_answered_the_second_time),
        IN_ROOM(a_page_size_of_none_is_that_of_aws),
        IN_ROOM(every_nth_call_is_throttled_and_answered_the_second_time),
        IN_ROOM(a_region_that_stands_still_answers_nothing_and_is_whole_afterwards),
        IN_ROOM(quotas_are_for_changes),
        IN_ROOM(a_lost_answer_comes_from_a_call_that_ran),
        IN_ROOM(a_cut_answer_has_lost_its_end_and_its_call_ran),
        IN_ROOM(nothing_is_hard_that_no_setting_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
