#include "state/document.h"
#include "state/past.h"

#include <string.h>
#include <sys/stat.h>

#include "tests/unit/state/helper.h"

static const char *exported(struct fixture *f, struct state *s)
{
    struct strbuf sb;
    strbuf_init(&sb, f->arena, (size_t)1 << 20);
    assert_true(state_export(s, &sb, &f->diags));
    return strbuf_str(&sb);
}

static void put(struct fixture *f, struct state *s, const char *address)
{
    struct record record = record_of(f, address, "{}");
    assert_true(state_put(s, &record, 1, &f->diags));
    assert_true(journal_commit(s, &f->diags));
}

static int64_t intend(struct fixture *f, struct state *s, const char *address, const char *action)
{
    struct intent intent = {.address = address,
                            .type = "aws_backup_vault",
                            .action = action,
                            .account_id = "111122223333",
                            .at_ms = 7};
    assert_true(journal_intent(s, &intent, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    return intent.seq;
}

static const char *push(struct fixture *f, struct state *s, const char *document, bool force)
{
    const struct push_options options = {.force = force, .now_ms = 9};
    const char *backup = NULL;
    assert_true(
        state_push(s, f->arena, "x.json", slice_of(document), &options, &backup, &f->diags));
    return backup;
}

static void assert_push_refused(struct fixture *f, struct state *s, const char *document,
                                bool force, const char *says)
{
    const struct push_options options = {.force = force};
    const char *backup = NULL, *before = exported(f, s);
    struct diags diags;
    diags_init(&diags, f->arena);
    assert_false(state_push(s, f->arena, "x.json", slice_of(document), &options, &backup, &diags));
    assert_int_equal(diags.len, 1);
    assert_int_equal(diags.items[0].code, E_STATE_PUSH);
    assert_non_null(strstr(diags.items[0].message, says));
    assert_string_equal(exported(f, s), before);
    const char **names = NULL;
    size_t len = 0;
    assert_true(dir_list(f->arena, path_dir(f->arena, f->path), false, &names, &len, &f->diags));
    for (size_t i = 0; i < len; i++)
        assert_false(str_ends(names[i], ".json"));
}

/* The document of the state, and the state one change further. */
static const char *older_document(struct fixture *f, struct state *s)
{
    put(f, s, "vaults.a");
    const char *document = exported(f, s);
    put(f, s, "vaults.b");
    return document;
}

static void a_state_that_has_recorded_nothing_takes_any_lineage(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    const char *document = older_document(f, s);
    state_close(s);
    f->path = path_join(f->arena, f->dir, "new.db");
    s = open_state(f);
    assert_null(push(f, s, document, false));
    assert_string_equal(exported(f, s), document);
    state_close(s);
}

static void a_newer_document_of_the_lineage_replaces_and_the_old_one_is_kept(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    put(f, s, "vaults.a");
    const char *old = exported(f, s), *path = f->path;
    state_close(s);
    f->path = path_join(f->arena, f->dir, "copy.db");
    s = open_state(f);
    (void)push(f, s, old, false);
    put(f, s, "vaults.b");
    const char *newer = exported(f, s);
    state_close(s);

    f->path = path;
    s = open_state(f);
    const char *backup = push(f, s, newer, false);
    assert_int_equal(record_count(f, s), 2);
    assert_int_equal(state_serial(s), 3); /* above both */
    assert_true(str_ends(backup, "-1.json"));
    struct slice kept;
    assert_true(file_read(f->arena, backup, (size_t)1 << 20, &kept, &f->diags));
    assert_true(slice_is(kept, old));
    struct stat st;
    assert_int_equal(stat(backup, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    state_close(s);
}

static void an_older_or_equal_serial_is_refused_but_for_force(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    const char *document = older_document(f, s);
    assert_push_refused(f, s, document, false, "serial 1, the state already 2");
    assert_push_refused(f, s, exported(f, s), false, "serial 2, the state already 2");
    (void)push(f, s, document, true);
    assert_int_equal(state_serial(s), 3); /* above both */
    assert_int_equal(record_count(f, s), 1);
    state_close(s);
    s = open_state(f);
    assert_int_equal(state_serial(s), 3);
    state_close(s);
}

static void another_lineage_is_refused_but_for_force(void **state)
{
    struct fixture *f = *state;
    const char *path = f->path;
    f->path = path_join(f->arena, f->dir, "other.db");
    struct state *s = open_state(f);
    (void)older_document(f, s);
    const char *document = exported(f, s), *lineage = state_lineage(s);
    state_close(s);
    f->path = path;
    s = open_state(f);
    put(f, s, "vaults.mine");
    assert_push_refused(f, s, document, false, "lineage");
    (void)push(f, s, document, true);
    assert_string_equal(state_lineage(s), lineage);
    assert_int_equal(record_count(f, s), 2);
    state_close(s);
}

static void an_open_intent_is_never_lost(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    put(f, s, "vaults.a");
    const char *before = exported(f, s);
    int64_t seq = intend(f, s, "vaults.b", "create");
    assert_push_refused(f, s, before, true, "open intent 1, to create this");

    /* one that knows it, open or closed, is taken */
    const char *open = exported(f, s);
    (void)push(f, s, open, true);
    assert_int_equal(open_count(f, s), 1);
    assert_true(journal_outcome(s, seq, OUTCOME_ABANDONED, NULL, false, NULL, 8, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    const char *closed = exported(f, s);
    (void)push(f, s, open, true); /* opens it again: nothing is lost */
    assert_int_equal(open_count(f, s), 1);
    (void)push(f, s, closed, true);
    assert_int_equal(open_count(f, s), 0);
    state_close(s);
}

static const char *replaced(struct fixture *f, const char *text, const char *what, const char *by)
{
    const char *at = strstr(text, what);
    assert_non_null(at);
    return arena_printf(f->arena, "%.*s%s%s", (int)(at - text), text, by, at + strlen(what));
}

/* Settled it is where the intent says. */
static void what_an_open_intent_is_about_stays_where_it_is(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    put(f, s, "vaults.a");
    put(f, s, "vaults.b");
    (void)intend(f, s, "vaults.a/policy", "create");
    const char *whole = exported(f, s), *row = "{\"address\":\"vaults.";
    assert_push_refused(f, s,
                        replaced(f, whole, arena_printf(f->arena, "%sa\"", row),
                                 arena_printf(f->arena, "%sA\"", row)),
                        true, "another object at `vaults.a` or none");
    assert_push_refused(f, s,
                        replaced(f, whole, arena_printf(f->arena, "%sb\"", row),
                                 arena_printf(f->arena, "%sa/policy\"", row)),
                        true, "another object at `vaults.a/policy` or none");
    (void)push(f, s,
               replaced(f, whole, arena_printf(f->arena, "%sb\"", row),
                        arena_printf(f->arena, "%sc\"", row)),
               true);
    assert_int_equal(open_count(f, s), 1);
    state_close(s);
}

static void no_generation_falls_so_that_no_token_comes_back(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    put(f, s, "vaults.a");
    const char *document = exported(f, s);
    int64_t seq = intend(f, s, "vaults.a", "delete");
    assert_true(journal_outcome(s, seq, OUTCOME_DONE, NULL, true, NULL, 8, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    const char *token = state_token(s, f->arena, "vaults.a");
    (void)push(f, s, document, true);
    assert_int_equal(record_count(f, s), 1);
    assert_int_equal(state_generation(s, "vaults.a"), 1);
    assert_string_equal(state_token(s, f->arena, "vaults.a"), token);
    state_close(s);
}

/* What was recorded before the last run that changed something: an address for each, "" for none.
 */
static const char *undone(struct fixture *f, struct state *s)
{
    struct past_run *runs = NULL;
    struct past_change *rows = NULL;
    struct record *now = NULL;
    size_t run_len = 0, row_len = 0, now_len = 0;
    const char *text = "";
    assert_true(state_runs(s, f->arena, &runs, &run_len, &f->diags));
    assert_true(run_len > 0 && runs[run_len - 1].first_serial > 0);
    assert_int_equal(runs[run_len - 1].last_serial, state_serial(s));
    assert_string_equal(runs[run_len - 1].result, "done");
    assert_true(
        state_rows_at(s, f->arena, runs[run_len - 1].first_serial - 1, &rows, &row_len, &f->diags));
    assert_true(state_load(s, f->arena, &now, &now_len, &f->diags));
    for (size_t i = 0; i < row_len; i++)
        if (!record_same(rows[i].after, record_find(now, now_len, rows[i].address)))
            text =
                arena_printf(f->arena, "%s%s%s ", text, rows[i].after ? "+" : "-", rows[i].address);
    return text;
}

static void a_push_is_a_run_that_can_be_undone(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    const char *document = older_document(f, s); /* vaults.a; since then also vaults.b */
    (void)push(f, s, document, true);
    assert_string_equal(undone(f, s), "+vaults.b ");
    state_close(s);
}

static void what_a_document_says_against_its_own_history_can_be_undone(void **state)
{
    struct fixture *f = *state;
    const char *path = f->path;
    f->path = path_join(f->arena, f->dir, "other.db");
    struct state *s = open_state(f);
    put(f, s, "vaults.theirs");
    const char *document = exported(f, s);
    state_close(s);
    f->path = path;
    s = open_state(f);
    put(f, s, "vaults.mine");
    (void)push(f, s, document, true); /* it knows nothing of what was here */
    assert_string_equal(undone(f, s), "+vaults.mine -vaults.theirs ");
    const char *whole = exported(f, s), *cut = strstr(whole, "{\"address\":\"vaults.theirs\"");
    const char *end = strstr(cut, "],\"runs\"");
    (void)push(f, s, /* its row taken out by hand, its history left */
               arena_printf(f->arena, "%.*s%s", (int)(cut - whole), whole, end), true);
    assert_int_equal(record_count(f, s), 0);
    assert_string_equal(undone(f, s), "+vaults.theirs ");
    state_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_state_that_has_recorded_nothing_takes_any_lineage),
        TEST(a_newer_document_of_the_lineage_replaces_and_the_old_one_is_kept),
        TEST(an_older_or_equal_serial_is_refused_but_for_force),
        TEST(another_lineage_is_refused_but_for_force),
        TEST(an_open_intent_is_never_lost),
        TEST(what_an_open_intent_is_about_stays_where_it_is),
        TEST(no_generation_falls_so_that_no_token_comes_back),
        TEST(a_push_is_a_run_that_can_be_undone),
        TEST(what_a_document_says_against_its_own_history_can_be_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
