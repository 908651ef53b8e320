#include "tests/unit/state/fake_remote.h"

#include "engine/base/json.h"
#include "state/remote_lock.h"

struct room {
    struct arena *arena;
    struct diags diags;
    struct fake_remote *fake;
    struct remote remote;
};

static int set_up(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    diags_init(&room->diags, arena);
    room->fake = fake_remote_new(arena);
    room->remote = fake_remote_of(room->fake);
    *state = room;
    return 0;
}

static int tear_down(void **state)
{
    struct room *room = *state;
    arena_free(room->arena);
    return 0;
}

static bool take(struct room *room, int64_t timeout_ms, struct remote_lock *ret)
{
    return remote_lock_take(room->arena, &room->remote, "apply", "somebody", timeout_ms, ret,
                            &room->diags);
}

static bool is_locked(struct room *room)
{
    return fake_find(room->fake, ".lock") != NULL;
}

static void one_holder_keeps_the_other_out_and_is_named(void **state)
{
    struct room *room = *state;
    struct remote_lock first, second;
    assert_true(take(room, 0, &first));
    room->fake->now_ms += 130000;
    assert_false(take(room, 0, &second));
    assert_int_equal(room->diags.items[0].code, E_STATE_LOCKED);
    const char *told = room->diags.items[0].message;
    assert_non_null(strstr(told, "`holdfast apply`, process "));
    assert_non_null(strstr(told, "somebody, since 2026-01-01T00:00:00Z (2 min ago)"));
    assert_non_null(strstr(told, "its lease has run out 70 s ago"));
    assert_non_null(strstr(room->diags.items[0].hint, first.id));
    remote_lock_release(&first, &room->diags);
    assert_false(is_locked(room));
    assert_true(take(room, 0, &second));
}

static void its_own_lock_is_known_after_a_lost_reply(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    room->fake->bad_call = 1;
    room->fake->trouble = FAKE_LOSES_REPLY;
    assert_true(take(room, 0, &lock));
    assert_string_equal(lock.etag, fake_find(room->fake, ".lock")->etag);
    assert_int_equal(room->diags.len, 0);
    remote_lock_release(&lock, &room->diags);
    assert_false(is_locked(room));
}

static void a_write_that_never_ran_is_an_error(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    room->fake->bad_call = 1;
    room->fake->trouble = FAKE_FAILS;
    assert_false(take(room, 0, &lock));
    assert_int_equal(room->diags.items[0].code, E_STATE_REMOTE);
    assert_false(is_locked(room));
}

static void release_after_two_sleeps(struct fake_remote *fake, const char *operation,
                                     const char *name)
{
    (void)name;
    if (str_eq(operation, "sleep") && fake->slept == 2)
        fake_drop(fake, ".lock");
}

static void whoever_waits_gets_it_when_it_is_free(void **state)
{
    struct room *room = *state;
    struct remote_lock first, second;
    assert_true(take(room, 0, &first));
    room->fake->on_call = release_after_two_sleeps;
    assert_true(take(room, 600000, &second));
    assert_int_equal(room->fake->slept, 2);
    assert_string_not_equal(first.id, second.id);
}

static void whoever_waits_in_vain_has_waited_so_long(void **state)
{
    struct room *room = *state;
    struct remote_lock first, second;
    assert_true(take(room, 0, &first));
    int64_t began_ms = room->fake->now_ms;
    assert_false(take(room, 45000, &second));
    assert_int_equal(room->fake->now_ms - began_ms, 45000);
    assert_int_equal(room->diags.items[0].code, E_STATE_LOCKED);
}

static void the_lease_is_renewed_when_a_third_has_passed(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    assert_true(take(room, 0, &lock));
    size_t puts = room->fake->puts;
    assert_true(remote_lock_keep(&lock, &room->diags));
    assert_int_equal(room->fake->puts, puts);
    for (int i = 0; i < 9; i++) {
        room->fake->now_ms += 2000;
        assert_true(remote_lock_keep(&lock, &room->diags));
    }
    assert_int_equal(room->fake->puts, puts);
    room->fake->now_ms += 2000;
    assert_true(remote_lock_keep(&lock, &room->diags));
    assert_int_equal(room->fake->puts, puts + 1);
    assert_string_equal(lock.etag, fake_find(room->fake, ".lock")->etag);
    struct lock_holder holder;
    assert_true(remote_lock_show(room->arena, &room->remote, &holder, &room->diags));
    assert_int_equal(holder.left_ms, 60000);
    assert_int_equal(holder.age_ms, 20000);
}

static void whoever_was_stopped_looks_at_the_lock_at_once(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    assert_true(take(room, 0, &lock));
    fake_drop(room->fake, ".lock");
    room->fake->now_ms += 4000;
    assert_true(remote_lock_keep(&lock, &room->diags));
    room->fake->now_ms += 5000; /* nobody called it */
    assert_false(remote_lock_keep(&lock, &room->diags));
    assert_int_equal(room->diags.items[0].code, E_STATE_FENCED);
}

static void a_renewal_whose_reply_was_lost_is_known_as_ours(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    assert_true(take(room, 0, &lock));
    room->fake->now_ms += 20000;
    room->fake->bad_call = room->fake->calls + 1;
    room->fake->trouble = FAKE_LOSES_REPLY;
    assert_true(remote_lock_keep(&lock, &room->diags));
    assert_true(remote_lock_keep(&lock, &room->diags)); /* refused by our own write, and seen */
    assert_string_equal(lock.etag, fake_find(room->fake, ".lock")->etag);
    assert_int_equal(room->diags.len, 0);
}

static void a_lease_that_cannot_be_renewed_ends(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    assert_true(take(room, 0, &lock));
    room->fake->bad_call = room->fake->calls + 1;
    room->fake->trouble = FAKE_FAILS;
    room->fake->for_ever = true;
    room->fake->now_ms += 59000;
    assert_true(remote_lock_keep(&lock, &room->diags)); /* it runs a second more */
    room->fake->now_ms += 1000;
    assert_false(remote_lock_keep(&lock, &room->diags));
    assert_int_equal(room->diags.items[0].code, E_STATE_FENCED);
}

static void a_lock_that_was_broken_is_lost_for_good(void **state)
{
    struct room *room = *state;
    struct remote_lock lock, other;
    struct lock_holder holder;
    assert_true(take(room, 0, &lock));
    assert_true(remote_lock_break(room->arena, &room->remote, lock.id, &holder, &room->diags));
    assert_string_equal(holder.id, lock.id);
    assert_true(take(room, 0, &other));
    room->fake->now_ms += 20000;
    assert_false(remote_lock_keep(&lock, &room->diags));
    assert_int_equal(room->diags.items[0].code, E_STATE_FENCED);
    assert_false(remote_lock_keep(&lock, &room->diags));
    remote_lock_release(&lock, &room->diags);
    assert_true(is_locked(room)); /* the other's stays */
    room->fake->now_ms += 1000;
    assert_true(remote_lock_keep(&other, &room->diags));
}

static void only_the_lock_that_is_named_is_broken(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    struct lock_holder holder;
    assert_true(take(room, 0, &lock));
    assert_false(remote_lock_break(room->arena, &room->remote, "x", &holder, &room->diags));
    assert_int_equal(room->diags.items[0].code, E_LOCK_ID);
    assert_non_null(strstr(room->diags.items[0].message, lock.id));
    assert_true(is_locked(room));

    /* what is gone is broken already */
    remote_lock_release(&lock, &room->diags);
    assert_true(remote_lock_break(room->arena, &room->remote, "x", &holder, &room->diags));
    assert_null(holder.id);
}

static void what_is_no_lock_of_ours_is_broken_by_its_etag(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    struct lock_holder holder;
    fake_store(room->fake, ".lock", slice_of("terraform was here"));
    assert_false(take(room, 0, &lock));
    assert_non_null(strstr(room->diags.items[0].message, "is not understood"));
    assert_non_null(strstr(room->diags.items[0].hint, "lock break 1 --force"));
    assert_true(remote_lock_show(room->arena, &room->remote, &holder, &room->diags));
    assert_string_equal(holder.id, "1");
    assert_true(remote_lock_break(room->arena, &room->remote, "1", &holder, &room->diags));
    assert_true(take(room, 0, &lock));
}

/* Nothing in it says that its holder is dead. */
static void a_lease_that_is_not_understood_has_not_run_out(void **state)
{
    struct room *room = *state;
    static const char *const notes[] = {
        "",
        "[]",
        "terraform was here",
        "{\"id\":\"1\",\"command\":\"apply\"}",
        "{\"id\":\"1\",\"command\":\"apply\",\"heartbeat\":\"2026-01-01T00:00:00Z\"}",
        "{\"id\":\"1\",\"command\":\"apply\",\"heartbeat\":\"soon\",\"lease_seconds\":60}",
    };
    for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
        struct lock_holder holder;
        fake_store(room->fake, ".lock", slice_of(notes[i]));
        room->fake->now_ms += 130000;
        assert_true(remote_lock_show(room->arena, &room->remote, &holder, &room->diags));
        assert_non_null(holder.id);
        assert_true(holder.no_lease && holder.may_live);
        const char *text = lock_holder_text(room->arena, &holder);
        assert_true(strstr(text, "understood") && !strstr(text, "run out"));
    }
}

/* The lock as another process would have written it. */
static struct lock_holder with_process(struct room *room, const char *mark)
{
    struct lock_holder holder;
    const struct value *note = NULL;
    const char *why = NULL;
    assert_true(json_parse(room->arena, fake_find(room->fake, ".lock")->body, &note, &why));
    note = value_with(room->arena, note, "process", value_string(room->arena, mark));
    fake_store(room->fake, ".lock", slice_of(json_print(room->arena, note, JSON_COMPACT)));
    assert_true(remote_lock_show(room->arena, &room->remote, &holder, &room->diags));
    return holder;
}

static void a_dead_process_of_this_machine_is_called_gone(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    struct lock_holder holder;
    assert_true(take(room, 0, &lock));
    assert_true(remote_lock_show(room->arena, &room->remote, &holder, &room->diags));
    assert_false(holder.dead);
    assert_true(holder.may_live);
    const struct value *note = NULL;
    const char *why = NULL;
    assert_true(json_parse(room->arena, fake_find(room->fake, ".lock")->body, &note, &why));
    const char *mark = value_get_str(note, "process");
    assert_non_null(mark);
    room->fake->now_ms += 130000;
    assert_true(remote_lock_show(room->arena, &room->remote, &holder, &room->diags));
    assert_true(holder.left_ms < 0 && holder.may_live); /* it sleeps */

    /* its number is another process's: it was started at another time */
    int start = (int)(strrchr(mark, ' ') - mark);
    holder = with_process(room, arena_printf(room->arena, "%.*s 1", start, mark));
    assert_true(holder.dead);
    assert_false(holder.may_live);
    assert_non_null(strstr(lock_holder_text(room->arena, &holder), "that process is gone"));

    /* of another container that bears the same name and number nobody here can know */
    room->fake->now_ms -= 130000;
    holder = with_process(room, arena_printf(room->arena, "another boot 1 1"));
    assert_true(!holder.dead && holder.may_live);
    room->fake->now_ms += 130000;
    holder = with_process(room, "another boot 1 1");
    assert_true(!holder.dead && !holder.may_live);
}

/* A lease is told by the clock that all share, however wrong those of its holder and of who looks
 * are. */
static void clocks_that_differ_agree_on_a_lease(void **state)
{
    struct room *room = *state;
    static const int64_t ahead_ms[] = {0, -120000, 120000, -7200000, 7200000};
    for (size_t i = 0; i < ARRAY_LEN(ahead_ms) * ARRAY_LEN(ahead_ms); i++) {
        struct remote_lock lock;
        struct lock_holder holder;
        int64_t holders = ahead_ms[i / ARRAY_LEN(ahead_ms)];
        int64_t others = ahead_ms[i % ARRAY_LEN(ahead_ms)];
        room->fake->ahead_ms = holders;
        assert_true(take(room, 0, &lock));
        for (int renewals = 0; renewals < 3; renewals++) {
            room->fake->now_ms += 30000;
            room->fake->ahead_ms = others;
            holder = with_process(room, "another boot 1 1");
            assert_int_equal(holder.left_ms, 30000);
            assert_int_equal(holder.age_ms, (renewals + 1) * 30000);
            assert_true(holder.may_live);
            lock.etag = holder.etag;
            room->fake->ahead_ms = holders;
            assert_true(remote_lock_keep(&lock, &room->diags));
        }
        room->fake->now_ms += 61000;
        room->fake->ahead_ms = others;
        holder = with_process(room, "another boot 1 1");
        assert_int_equal(holder.left_ms, -1000);
        assert_false(holder.may_live);
        fake_drop(room->fake, ".lock");
    }
}

/* One that is set while the lock is held: the next renewal says it right. */
static void a_clock_that_is_set_is_followed(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    struct lock_holder holder;
    assert_true(take(room, 0, &lock));
    size_t puts = room->fake->puts;
    room->fake->ahead_ms = 300000;
    assert_true(remote_lock_keep(&lock, &room->diags));
    assert_int_equal(room->fake->puts, puts + 2);
    assert_true(remote_lock_show(room->arena, &room->remote, &holder, &room->diags));
    assert_int_equal(holder.left_ms, 60000);
}

/* It stands in the command that a message asks people to type. */
static void an_id_that_is_no_plain_word_is_not_repeated(void **state)
{
    struct room *room = *state;
    static const char *const ids[] = {"$(reboot)", "--force", "", "a b", "a;b", "a\\nb"};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct lock_holder holder;
        fake_store(room->fake, ".lock",
                   slice_of(arena_printf(room->arena, "{\"id\":\"%s\"}", ids[i])));
        assert_true(remote_lock_show(room->arena, &room->remote, &holder, &room->diags));
        assert_true(*holder.id && !holder.id[strspn(holder.id, "0123456789")]); /* the object's */
        assert_true(
            remote_lock_break(room->arena, &room->remote, holder.id, &holder, &room->diags));
        assert_false(is_locked(room));
    }
}

static void what_a_lock_says_is_shown_and_not_obeyed(void **state)
{
    struct room *room = *state;
    struct lock_holder holder;
    fake_store(room->fake, ".lock",
               slice_of("{\"id\":\"1\",\"host\":\"\\u001b[2J\",\"command\":\"a\\rb\"}"));
    assert_true(remote_lock_show(room->arena, &room->remote, &holder, &room->diags));
    const char *text = lock_holder_text(room->arena, &holder);
    assert_non_null(strstr(text, "`holdfast a?b`"));
    assert_non_null(strstr(text, "on ?[2J"));
}

static void a_lock_that_cannot_be_removed_is_a_warning(void **state)
{
    struct room *room = *state;
    struct remote_lock lock;
    assert_true(take(room, 0, &lock));
    room->fake->bad_call = room->fake->calls + 2; /* the removal, after the look */
    room->fake->trouble = FAKE_FAILS;
    remote_lock_release(&lock, &room->diags);
    assert_int_equal(room->diags.errors, 0);
    assert_int_equal(room->diags.len, 1);
    assert_non_null(strstr(room->diags.items[0].hint, "holdfast lock break"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_holder_keeps_the_other_out_and_is_named),
        TEST(its_own_lock_is_known_after_a_lost_reply),
        TEST(a_write_that_never_ran_is_an_error),
        TEST(whoever_waits_gets_it_when_it_is_free),
        TEST(whoever_waits_in_vain_has_waited_so_long),
        TEST(the_lease_is_renewed_when_a_third_has_passed),
        TEST(whoever_was_stopped_looks_at_the_lock_at_once),
        TEST(a_renewal_whose_reply_was_lost_is_known_as_ours),
        TEST(a_lease_that_cannot_be_renewed_ends),
        TEST(a_lock_that_was_broken_is_lost_for_good),
        TEST(only_the_lock_that_is_named_is_broken),
        TEST(what_is_no_lock_of_ours_is_broken_by_its_etag),
        TEST(a_lease_that_is_not_understood_has_not_run_out),
        TEST(a_dead_process_of_this_machine_is_called_gone),
        TEST(clocks_that_differ_agree_on_a_lease),
        TEST(a_clock_that_is_set_is_followed),
        TEST(an_id_that_is_no_plain_word_is_not_repeated),
        TEST(what_a_lock_says_is_shown_and_not_obeyed),
        TEST(a_lock_that_cannot_be_removed_is_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
