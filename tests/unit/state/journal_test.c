#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/db.h"
#include "tests/unit/state/helper.h"

static struct intent intent_of(const char *address, const char *action)
{
    return (struct intent){.address = address,
                           .type = "aws_backup_vault",
                           .action = action,
                           .token = "t",
                           .account_id = "111122223333",
                           .region = "us-east-1",
                           .digest = "d",
                           .at_ms = 7};
}

static int64_t begin(struct fixture *f, struct state *s, const char *address, const char *action)
{
    struct intent intent = intent_of(address, action);
    assert_true(journal_intent(s, &intent, &f->diags));
    return intent.seq;
}

static void an_intent_is_open_until_its_outcome_is_in(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    assert_true(journal_begin_run(s, "plan", 1, &f->diags));
    struct intent intent = intent_of("vaults.a", "create");
    intent.desired = record_of(f, "", "{\"name\":\"a\"}").attributes;
    assert_true(journal_intent(s, &intent, &f->diags));
    begin(f, s, "vaults.b", "create");
    assert_true(journal_commit(s, &f->diags));
    state_close(s);

    s = open_state(f);
    struct intent *open = NULL;
    size_t len = 0;
    assert_true(journal_open_intents(s, f->arena, &open, &len, &f->diags));
    assert_int_equal(len, 2);
    assert_int_equal(open[0].seq, intent.seq);
    assert_int_equal(open[0].run, 1);
    assert_string_equal(open[0].address, "vaults.a");
    assert_string_equal(open[0].action, "create");
    assert_string_equal(open[0].account_id, "111122223333");
    assert_string_equal(open[0].token, "t");
    assert_null(open[0].identifier);
    assert_true(value_equal(open[0].desired, intent.desired));
    assert_int_equal(open[0].at_ms, 7);
    struct record record = record_of(f, "vaults.a", "{}");
    assert_true(journal_outcome(s, open[0].seq, OUTCOME_DONE, &record, false, NULL, 8, &f->diags));
    assert_true(
        journal_outcome(s, open[1].seq, OUTCOME_ABANDONED, NULL, false, NULL, 8, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    assert_int_equal(open_count(f, s), 0);
    assert_int_equal(record_count(f, s), 1);
    assert_int_equal(state_serial(s), 2);
    state_close(s);
}

static void sequence_and_runs_go_on_after_reopening(void **state)
{
    struct fixture *f = *state;
    for (int64_t round = 1; round <= 2; round++) {
        struct state *s = open_state(f);
        assert_true(journal_begin_run(s, "plan", 1, &f->diags));
        struct intent intent = intent_of("a", "update");
        assert_true(journal_intent(s, &intent, &f->diags));
        assert_int_equal(intent.seq, round);
        assert_int_equal(intent.run, round);
        assert_true(
            journal_outcome(s, intent.seq, OUTCOME_FAILED, NULL, false, "denied", 2, &f->diags));
        assert_true(journal_end_run(s, "failed", 3, &f->diags));
        state_close(s);
    }
}

/* A child does `work` and dies at once, as under SIGKILL: no close, no commit of its own. */
static void in_dying_child(struct fixture *f, void (*work)(struct fixture *f, struct state *s))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct state *s = open_state(f);
        work(f, s);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void intend_only(struct fixture *f, struct state *s)
{
    begin(f, s, "vaults.a", "create");
}

static void intend_and_commit(struct fixture *f, struct state *s)
{
    begin(f, s, "vaults.a", "create");
    begin(f, s, "vaults.b", "create");
    if (!journal_commit(s, &f->diags))
        _exit(1);
}

static void outcome_uncommitted(struct fixture *f, struct state *s)
{
    struct record record = record_of(f, "vaults.a", "{}");
    if (!journal_outcome(s, 1, OUTCOME_DONE, &record, false, NULL, 1, &f->diags))
        _exit(1);
}

static void outcome_committed(struct fixture *f, struct state *s)
{
    outcome_uncommitted(f, s);
    if (!journal_commit(s, &f->diags))
        _exit(1);
}

static void a_batch_is_there_whole_or_not_at_all_after_a_kill(void **state)
{
    struct fixture *f = *state;
    static const struct {
        void (*work)(struct fixture *f, struct state *s);
        size_t open, records;
    } steps[] = {
        {intend_only, 0, 0},
        {intend_and_commit, 2, 0},
        {outcome_uncommitted, 2, 0},
        {outcome_committed, 1, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        in_dying_child(f, steps[i].work);
        struct state *s = open_state(f); /* the lock died with the child */
        assert_int_equal(open_count(f, s), steps[i].open);
        assert_int_equal(record_count(f, s), steps[i].records);
        state_close(s);
    }
}

static void closing_drops_what_was_not_committed(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    begin(f, s, "vaults.a", "create");
    state_close(s);
    s = open_state(f);
    assert_int_equal(open_count(f, s), 0);
    state_close(s);
}

static void tokens_are_deterministic_and_change_with_a_committed_delete_only(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    const char *first = state_token(s, f->arena, "vaults.a");
    assert_int_equal(strlen(first), 32);
    assert_int_equal(strspn(first, "0123456789abcdef"), 32);
    assert_string_equal(state_token(s, f->arena, "vaults.a"), first);
    assert_string_not_equal(state_token(s, f->arena, "vaults.b"), first);
    const char *beside = state_replacement_token(s, f->arena, "vaults.a");

    struct record record = record_of(f, "vaults.a", "{}");
    int64_t seq = begin(f, s, "vaults.a", "create");
    assert_true(journal_outcome(s, seq, OUTCOME_DONE, &record, false, NULL, 1, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    assert_string_equal(state_token(s, f->arena, "vaults.a"), first);
    assert_true(state_remove(s, "vaults.a", 2, &f->diags)); /* forgotten, not deleted */
    assert_string_equal(state_token(s, f->arena, "vaults.a"), first);

    assert_true(state_put(s, &record, 3, &f->diags));
    seq = begin(f, s, "vaults.a", "delete");
    assert_true(journal_outcome(s, seq, OUTCOME_DONE, NULL, true, NULL, 4, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    assert_int_equal(state_generation(s, "vaults.a"), 1);
    const char *second = state_token(s, f->arena, "vaults.a");
    assert_string_not_equal(second, first);
    assert_string_equal(second, beside);
    state_close(s);

    s = open_state(f);
    assert_string_equal(state_token(s, f->arena, "vaults.a"), second);
    assert_true(state_put(s, &record, 5, &f->diags));
    struct record *back = NULL;
    size_t len = 0;
    assert_true(state_load(s, f->arena, &back, &len, &f->diags));
    assert_int_equal(back[0].generation, 1);
    state_close(s);
}

static void every_row_change_leaves_a_history(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    struct record record = record_of(f, "a", "{\"x\":1}");
    assert_true(state_put(s, &record, 1, &f->diags));
    record = record_of(f, "a", "{\"x\":2}");
    assert_true(state_put(s, &record, 2, &f->diags));
    assert_true(state_remove(s, "a", 3, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    state_close(s);
    struct db_options options = {.path = f->path, .read_only = true};
    struct db *db = NULL;
    assert_true(db_open(&options, &db, &f->diags));
    struct db_stmt *stmt =
        db_query(db,
                 "SELECT group_concat(serial || ' ' || "
                 "coalesce(json_extract(record_json, '$.attributes.x'), 'removed'), ', ') "
                 "FROM (SELECT * FROM resource_history ORDER BY serial)",
                 &f->diags);
    assert_int_equal(db_step(stmt, &f->diags), DB_ROW);
    assert_string_equal(db_text(stmt, 0), "1 1, 2 2, 3 removed");
    db_close(db);
}

static void an_intent_that_cannot_be_read_is_damage(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    struct intent intent = {.address = "a", .type = "t", .action = "create", .account_id = "1"};
    assert_true(journal_begin_run(s, "plan", 1, &f->diags));
    assert_true(journal_intent(s, &intent, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    state_close(s);
    struct db_options options = {.path = f->path};
    struct db *db = NULL;
    assert_true(db_open(&options, &db, &f->diags));
    struct db_stmt *stmt = db_query(db, "UPDATE journal SET desired_json = '{'", &f->diags);
    assert_true(db_run(stmt, &f->diags));
    db_close(db);
    struct intent *intents = NULL;
    size_t len = 0;
    s = open_state(f);
    assert_false(journal_open_intents(s, f->arena, &intents, &len, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_STATE_CORRUPT);
    state_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_intent_is_open_until_its_outcome_is_in),
        TEST(sequence_and_runs_go_on_after_reopening),
        TEST(a_batch_is_there_whole_or_not_at_all_after_a_kill),
        TEST(closing_drops_what_was_not_committed),
        TEST(tokens_are_deterministic_and_change_with_a_committed_delete_only),
        TEST(every_row_change_leaves_a_history),
        TEST(an_intent_that_cannot_be_read_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
