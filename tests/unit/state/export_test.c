#include "state/document.h"

#include <string.h>

#include "engine/base/db.h"
#include "tests/unit/state/helper.h"

static const char *exported(struct fixture *f, struct state *s)
{
    struct strbuf sb;
    strbuf_init(&sb, f->arena, (size_t)1 << 20);
    assert_true(state_export(s, &sb, &f->diags));
    return strbuf_str(&sb);
}

static void the_document_is_json_that_holds_what_is_recorded(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    struct record record = record_of(f, "vaults.a", "{\"b\":1,\"a\":\"x\"}");
    assert_true(state_put(s, &record, 7, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    const struct value *document = NULL;
    const char *why = NULL;
    assert_true(json_parse_unique(f->arena, slice_of(exported(f, s)), &document, &why));
    assert_string_equal(value_get_str(document, "format_version"), "1.0");
    assert_string_equal(value_get_str(document, "lineage"), state_lineage(s));
    assert_int_equal(value_get_int(document, "serial", 0), 1);
    const struct value *row = value_item(value_get(document, "resources"), 0);
    assert_string_equal(value_get_str(row, "address"), "vaults.a");
    assert_true(value_equal(value_get(row, "attributes"), record.attributes));
    assert_null(value_get(row, "write_only"));
    const struct value *change = value_item(value_get(document, "history"), 0);
    assert_int_equal(value_get_int(change, "at_ms", 0), 7);
    assert_string_equal(value_pointer(change, "/record/type")->string.ptr, "aws_backup_vault");
    state_close(s);
}

static void a_reader_exports_what_is_committed(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    struct record record = record_of(f, "vaults.a", "{}");
    assert_true(state_put(s, &record, 1, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    const char *committed = exported(f, s);
    record = record_of(f, "vaults.b", "{}");
    assert_true(state_put(s, &record, 2, &f->diags));
    struct state *reader = open_reader(f);
    assert_string_equal(exported(f, reader), committed);
    assert_true(journal_commit(s, &f->diags)); /* the reader has let go */
    assert_string_equal(exported(f, reader), exported(f, s));
    state_close(reader);
    state_close(s);
}

static void a_state_that_is_not_there_has_no_document(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_reader(f);
    struct strbuf sb;
    strbuf_init(&sb, f->arena, 1024);
    assert_false(state_export(s, &sb, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_STATE_OPEN);
    state_close(s);
}

static void a_document_that_does_not_fit_is_said_to_be_too_large(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    struct strbuf sb;
    strbuf_init(&sb, f->arena, 64);
    assert_false(state_export(s, &sb, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_STATE_WRITE);
    state_close(s);
}

static void an_unreadable_row_is_damage_and_no_broken_document(void **state)
{
    struct fixture *f = *state;
    struct state *s = open_state(f);
    struct record record = record_of(f, "vaults.a", "{}");
    assert_true(state_put(s, &record, 1, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    state_close(s);
    struct db_options options = {.path = f->path, .open_code = E_STATE_OPEN};
    struct db *db = NULL;
    assert_true(db_open(&options, &db, &f->diags));
    assert_true(db_exec(db, "UPDATE resource SET attrs_json = '{'", &f->diags));
    db_close(db);
    s = open_state(f);
    struct strbuf sb;
    strbuf_init(&sb, f->arena, (size_t)1 << 16);
    assert_false(state_export(s, &sb, &f->diags));
    assert_int_equal(f->diags.len, 1);
    assert_int_equal(f->diags.items[0].code, E_STATE_CORRUPT);
    assert_true(state_put(s, &record, 2, &f->diags)); /* no transaction was left open */
    state_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_document_is_json_that_holds_what_is_recorded),
        TEST(a_reader_exports_what_is_committed),
        TEST(a_state_that_is_not_there_has_no_document),
        TEST(a_document_that_does_not_fit_is_said_to_be_too_large),
        TEST(an_unreadable_row_is_damage_and_no_broken_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
