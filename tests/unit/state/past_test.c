#include "state/past.h"

#include "tests/unit/state/helper.h"

static void put(struct fixture *f, struct state *s, const char *address, const char *json)
{
    struct record record = record_of(f, address, json);
    assert_true(state_put(s, &record, 5, &f->diags));
}

/* Run 1 makes a and b, run 2 changes a, moves b to c and removes nothing, run 3 changes nothing,
 * and between runs a goes. */
static struct state *state_with_a_past(struct fixture *f)
{
    struct state *s = open_state(f);
    assert_true(journal_begin_run(s, "", 1, &f->diags));
    put(f, s, "a", "{\"x\":1}");
    put(f, s, "b", "{}");
    assert_true(journal_end_run(s, "done", 2, &f->diags));
    assert_true(journal_begin_run(s, "", 3, &f->diags));
    put(f, s, "a", "{\"x\":2}");
    struct record c = record_of(f, "c", "{}");
    const char *deps[] = {"a"};
    c.depends_on = deps;
    c.depends_on_len = 1;
    c.write_only = record_of(f, "", "{\"w\":1}").attributes;
    c.schema_version = 4;
    c.prevent_destroy = c.adopted = true;
    assert_true(state_move(s, "b", &c, 6, &f->diags));
    assert_true(journal_end_run(s, "done", 4, &f->diags));
    assert_true(journal_begin_run(s, "", 5, &f->diags));
    assert_true(journal_end_run(s, "nothing", 6, &f->diags));
    assert_true(state_remove(s, "a", 7, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    return s;
}

static void runs_come_with_the_serials_that_they_made(void **state)
{
    struct fixture *f = *state;
    struct state *s = state_with_a_past(f);
    struct past_run *runs = NULL;
    size_t len = 0;
    assert_true(state_runs(s, f->arena, &runs, &len, &f->diags));
    assert_int_equal(len, 3);
    assert_int_equal(runs[0].first_serial, 1);
    assert_int_equal(runs[0].last_serial, 2);
    assert_int_equal(runs[1].first_serial, 3);
    assert_int_equal(runs[1].last_serial, 4);
    assert_int_equal(runs[2].first_serial, 0);
    assert_string_equal(runs[2].result, "nothing");
    assert_string_equal(runs[0].command, "apply");
    assert_string_equal(runs[0].who, "somebody");
    assert_int_equal(runs[1].started_ms, 3);
    assert_int_equal(runs[1].ended_ms, 4);
    state_close(s);
}

static void a_change_knows_what_stood_there_before(void **state)
{
    struct fixture *f = *state;
    struct state *s = state_with_a_past(f);
    struct past_change *changes = NULL;
    size_t len = 0;
    assert_true(state_changes(s, f->arena, &changes, &len, &f->diags));
    assert_int_equal(len, 6);
    assert_string_equal(changes[0].address, "a");
    assert_null(changes[0].before);
    assert_int_equal(value_get_int(changes[2].before->attributes, "x", 0), 1);
    assert_int_equal(value_get_int(changes[2].after->attributes, "x", 0), 2);
    assert_int_equal(changes[2].run, 2);
    assert_string_equal(changes[3].address, "b");
    assert_null(changes[3].after);
    assert_int_equal(changes[5].run, 0);
    assert_int_equal(changes[5].serial, 5);
    state_close(s);
}

static const struct record *row_at(struct fixture *f, struct state *s, int64_t serial,
                                   const char *address, size_t *ret_len)
{
    struct past_change *rows = NULL;
    assert_true(state_rows_at(s, f->arena, serial, &rows, ret_len, &f->diags));
    for (size_t i = 0; i < *ret_len; i++)
        if (str_eq(rows[i].address, address))
            return rows[i].after;
    return NULL;
}

static void rows_of_any_serial_come_back_with_all_that_they_said(void **state)
{
    struct fixture *f = *state;
    struct state *s = state_with_a_past(f);
    size_t len = 0;
    assert_int_equal(value_get_int(row_at(f, s, 2, "a", &len)->attributes, "x", 0), 1);
    assert_int_equal(len, 3);
    assert_null(row_at(f, s, 2, "c", &len));
    assert_non_null(row_at(f, s, 2, "b", &len));
    assert_int_equal(value_get_int(row_at(f, s, 4, "a", &len)->attributes, "x", 0), 2);
    assert_int_equal(len, 1); /* only what has changed since */
    assert_null(row_at(f, s, 0, "a", &len));
    assert_null(row_at(f, s, 5, "a", &len));
    assert_int_equal(len, 0);

    put(f, s, "c", "{\"later\":1}");
    assert_true(journal_commit(s, &f->diags));
    const struct record *c = row_at(f, s, 5, "c", &len);
    assert_string_equal(c->type, "aws_backup_vault");
    assert_string_equal(c->account_id, "111122223333");
    assert_string_equal(c->region, "us-east-1");
    assert_string_equal(c->identifier, "id");
    assert_int_equal(c->depends_on_len, 1);
    assert_string_equal(c->depends_on[0], "a");
    assert_int_equal(value_get_int(c->write_only, "w", 0), 1);
    assert_int_equal(c->schema_version, 4);
    assert_true(c->prevent_destroy);
    assert_true(c->adopted);
    state_close(s);
}

static void a_state_that_is_not_there_has_no_past(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_reader(f);
    struct past_run *runs = NULL;
    struct past_change *changes = NULL;
    size_t len = 1;
    assert_true(state_runs(s, f->arena, &runs, &len, &f->diags));
    assert_int_equal(len, 0);
    assert_true(state_changes(s, f->arena, &changes, &len, &f->diags));
    assert_int_equal(len, 0);
    assert_true(state_rows_at(s, f->arena, 0, &changes, &len, &f->diags));
    assert_int_equal(len, 0);
    state_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(runs_come_with_the_serials_that_they_made),
        TEST(a_change_knows_what_stood_there_before),
        TEST(rows_of_any_serial_come_back_with_all_that_they_said),
        TEST(a_state_that_is_not_there_has_no_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
