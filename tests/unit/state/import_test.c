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

static struct state *open_other(struct fixture *f, const char *name)
{
    struct state_options options = options_of(f);
    options.path = path_join(f->arena, f->dir, name);
    struct state *s = NULL;
    assert_true(state_open(f->arena, &options, &s, &f->diags));
    return s;
}

/* A state with something of everything: rows, an open and a closed intent, runs, a fact, and an
 * address that lives its second life. */
static struct state *full_state(struct fixture *f)
{
    struct state *s = open_state(f);
    struct record a = record_of(f, "vaults.a", "{\"name\":\"\\u00e4 \\\"a\\\"\",\"n\":[1,2.5]}");
    struct record b = record_of(f, "vaults.b", "{}");
    b.region = b.identifier = NULL;
    assert_true(journal_begin_run(s, "plan", 1, &f->diags));
    assert_true(state_put(s, &a, 2, &f->diags));
    assert_true(state_put(s, &b, 3, &f->diags));
    struct intent intent = {.address = "vaults.b",
                            .type = "aws_backup_vault",
                            .action = "delete",
                            .account_id = "111122223333",
                            .at_ms = 4};
    assert_true(journal_intent(s, &intent, &f->diags));
    assert_true(journal_outcome(s, intent.seq, OUTCOME_DONE, NULL, true, "gone", 5, &f->diags));
    intent.action = "create";
    intent.token = "t";
    intent.desired = a.attributes;
    assert_true(journal_intent(s, &intent, &f->diags));
    assert_true(state_set_fact(s, "outputs", a.attributes, &f->diags));
    assert_true(journal_end_run(s, "failed", 6, &f->diags));
    return s;
}

static void a_document_of_an_imported_document_is_the_same_bytes(void **state)
{
    struct fixture *f = *state;
    struct state *s = full_state(f), *other = open_other(f, "other.db");
    const char *document = exported(f, s);
    assert_true(state_import(other, "x.json", slice_of(document), &f->diags));
    assert_string_equal(exported(f, other), document);
    assert_string_equal(state_lineage(other), state_lineage(s));
    assert_int_equal(state_serial(other), state_serial(s));
    assert_int_equal(state_generation(other, "vaults.b"), 1);
    assert_int_equal(open_count(f, other), 1);
    state_close(other);
    other = open_other(f, "other.db"); /* and it was durable */
    assert_string_equal(exported(f, other), document);
    state_close(other);
    state_close(s);
}

static void an_imported_state_goes_on_where_the_other_ended(void **state)
{
    struct fixture *f = *state;
    struct state *s = full_state(f), *other = open_other(f, "other.db");
    assert_true(state_import(other, "x.json", slice_of(exported(f, s)), &f->diags));
    struct record c = record_of(f, "vaults.c", "{}");
    struct intent intent = {.address = "vaults.c",
                            .type = "aws_backup_vault",
                            .action = "create",
                            .account_id = "111122223333"};
    int64_t serial = state_serial(other);
    assert_true(journal_begin_run(other, "plan", 7, &f->diags));
    assert_true(journal_intent(other, &intent, &f->diags));
    assert_int_equal(intent.seq, 3);
    assert_int_equal(intent.run, 2);
    assert_true(journal_outcome(other, intent.seq, OUTCOME_DONE, &c, false, NULL, 8, &f->diags));
    assert_true(journal_end_run(other, "done", 9, &f->diags));
    assert_int_equal(state_serial(other), serial + 1);
    state_close(other);
    state_close(s);
}

static void what_the_file_held_before_is_gone(void **state)
{
    struct fixture *f = *state;
    struct state *s = full_state(f), *other = open_other(f, "other.db");
    struct record old = record_of(f, "vaults.old", "{}");
    assert_true(state_put(other, &old, 1, &f->diags));
    assert_true(state_set_fact(other, "old", old.attributes, &f->diags));
    assert_true(journal_commit(other, &f->diags));
    assert_true(state_import(other, "x.json", slice_of(exported(f, s)), &f->diags));
    assert_string_equal(exported(f, other), exported(f, s));
    state_close(other);
    state_close(s);
}

/* ---- every table and column, as SQLite knows them ---- */

static struct db *open_db(struct fixture *f, const char *path)
{
    struct db_options options = {.path = path,
                                 .open_code = E_STATE_OPEN,
                                 .damage_code = E_STATE_CORRUPT,
                                 .write_code = E_STATE_WRITE};
    struct db *db = NULL;
    assert_true(db_open(&options, &db, &f->diags));
    return db;
}

/* SQL that makes text of rows: the answer's first column, one line a row. */
static const char *lines_of(struct fixture *f, struct db *db, const char *sql)
{
    struct strbuf sb;
    strbuf_init(&sb, f->arena, (size_t)1 << 20);
    struct db_stmt *stmt = db_query(db, sql, &f->diags);
    assert_non_null(stmt);
    while (db_step(stmt, &f->diags) == DB_ROW) {
        strbuf_add(&sb, db_text(stmt, 0));
        strbuf_add_char(&sb, '\n');
    }
    return strbuf_str(&sb);
}

/* Statements, made by SQL from the schema itself: into each table but meta one row, with something
 * of its own, and no default, in every column. JSON stands where a name says so, and a record
 * where one is read. */
static const char fill[] =
    "SELECT 'INSERT INTO ' || t.name || ' VALUES (' || group_concat("
    "  CASE WHEN c.name = 'record_json' THEN"
    "         quote('{\"account_id\":\"1\",\"depends_on\":[\"x\"],\"type\":\"record\"}')"
    "       WHEN c.name LIKE '%\\_json' ESCAPE '\\' THEN quote('[\"' || c.name || '\"]')"
    "       WHEN c.name = 'phase' THEN '''open'''"
    "       WHEN c.name = 'serial' THEN 1"
    "       WHEN c.name IN ('adopted', 'prevent_destroy') THEN 1"
    "       WHEN c.type = 'INTEGER' THEN 100 + c.cid"
    "       ELSE quote(t.name || '.' || c.name) END, ', ') || ');'"
    " FROM sqlite_master t, pragma_table_info(t.name) c"
    " WHERE t.type = 'table' AND t.name <> 'meta' GROUP BY t.name";

/* All rows of all tables, meta included, as one text each. */
static const char contents[] =
    "SELECT 'SELECT ''' || t.name || ''' || ' || group_concat('quote(' || c.name || ')', "
    "'||'' ''||') || ' FROM ' || t.name FROM sqlite_master t, pragma_table_info(t.name) c "
    "WHERE t.type = 'table' GROUP BY t.name";

static const char *contents_of(struct fixture *f, const char *path)
{
    struct db *db = open_db(f, path);
    struct strbuf sb;
    strbuf_init(&sb, f->arena, (size_t)1 << 20);
    struct slice rest = slice_of(lines_of(f, db, contents));
    while (rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        strbuf_add(&sb, lines_of(f, db, arena_strndup(f->arena, line.ptr, line.len)));
    }
    db_close(db);
    return strbuf_str(&sb);
}

static void no_table_and_no_column_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct record record = record_of(f, "a", "{}");
    struct state *s = open_state(f), *other = open_other(f, "other.db");
    assert_true(state_put(s, &record, 1, &f->diags)); /* a serial that is not 0 */
    assert_true(state_remove(s, "a", 1, &f->diags));
    assert_true(journal_commit(s, &f->diags));
    state_close(s);
    struct db *db = open_db(f, f->path);
    assert_true(db_exec(db, lines_of(f, db, fill), &f->diags));
    db_close(db);
    s = open_state(f);
    assert_true(state_import(other, "x.json", slice_of(exported(f, s)), &f->diags));
    state_close(s);
    state_close(other);
    const char *before = contents_of(f, f->path);
    assert_non_null(strstr(before, "resource.identifier"));
    assert_string_equal(contents_of(f, path_join(f->arena, f->dir, "other.db")), before);
}

/* ---- what is refused ---- */

static const char *replaced(struct fixture *f, const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    assert_non_null(at);
    return arena_printf(f->arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

static void assert_import_refused(struct fixture *f, const char *document, enum diag_code code)
{
    struct state *other = open_other(f, "refusing.db");
    struct record kept = record_of(f, "vaults.kept", "{}");
    assert_true(state_put(other, &kept, 1, &f->diags));
    assert_true(journal_commit(other, &f->diags));
    const char *before = exported(f, other);
    struct diags diags;
    diags_init(&diags, f->arena);
    assert_false(state_import(other, "x.json", slice_of(document), &diags));
    assert_int_equal(diags.len, 1);
    assert_string_equal(diag_code_id(diags.items[0].code), diag_code_id(code));
    assert_non_null(strstr(diags.items[0].message, "x.json"));
    assert_string_equal(exported(f, other), before);
    state_close(other);
}

static void a_document_that_is_not_whole_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct state *s = full_state(f);
    const char *document = exported(f, s);
    state_close(s);
    static const struct {
        const char *old, *new;
    } edits[] = {
        {"\"format_version\":\"1.0\",", ""},
        {"\"lineage\":", "\"lineage\":\"x\",\"lineage\":"},
        {"\"lineage\":\"", "\"lineage\":\"../"},
        {"\"serial\":", "\"serial\":-"},
        {"\"facts\":", "\"fact\":"},
        {"\"runs\":", "\"facts\":"},
        {"\"generation\":0,", ""},
        {"\"generation\":0", "\"generation\":-1"},
        {"\"generation\":0", "\"generation\":\"0\""},
        {"\"generation\":0", "\"generation\":0.5"},
        {"\"adopted\":false", "\"adopted\":0"},
        {"\"type\":\"aws_backup_vault\"", "\"type\":null"},
        {"\"type\":\"aws_backup_vault\"", "\"type\":\"x\",\"more\":1"},
        {"\"type\":\"aws_backup_vault\"", "\"type\":\"x\",\"type\":\"y\""},
        {"\"phase\":\"done\"", "\"phase\":\"lost\""},
        {"\"seq\":2", "\"seq\":1"},
        {"{\"address\":\"vaults.a\"", "{\"address\":\"vaults.a\"},{\"address\":\"vaults.a\""},
        {"[1,2.5]", "[1,2.5}"},
        {"\"resources\":[", "\"resources\":[7,"},
        {"\"serial\":3", "\"serial\":1"}, /* lower than the history's */
        {"\"depends_on\":[]", "\"depends_on\":[\"x\",5]"},
        {"\"depends_on\":[]", "\"depends_on\":{}"},
        {"\"record\":{\"account_id\":\"111122223333\"", "\"record\":{\"account_id\":5"},
    };
    for (size_t i = 0; i < ARRAY_LEN(edits); i++)
        assert_import_refused(f, replaced(f, document, edits[i].old, edits[i].new),
                              E_STATE_DOCUMENT);
    assert_import_refused(f, "", E_STATE_DOCUMENT);
    assert_import_refused(f, "[]", E_STATE_DOCUMENT);
    assert_import_refused(f, arena_printf(f->arena, "%s{}", document), E_STATE_DOCUMENT);
    for (size_t len = strlen(document) - 2; len > 0; len -= len > 40 ? 40 : len)
        assert_import_refused(f, arena_strndup(f->arena, document, len), E_STATE_DOCUMENT);
}

static void a_row_that_stands_twice_is_refused(void **state)
{
    struct fixture *f = *state;
    struct state *s = full_state(f);
    const char *document = exported(f, s), *row = strstr(document, "{\"address\":\"vaults.a\"");
    state_close(s);
    const char *end = strstr(row, "}\n");
    const char *twice = arena_printf(f->arena, "%.*s,%s", (int)(end + 1 - document), document, row);
    assert_import_refused(f, twice, E_STATE_DOCUMENT);
}

static void a_newer_document_is_refused_as_such(void **state)
{
    struct fixture *f = *state;
    struct state *s = full_state(f);
    const char *document = exported(f, s);
    state_close(s);
    assert_import_refused(f, replaced(f, document, "\"format\":", "\"later\":1,\"format\":99"),
                          E_STATE_NEWER);
    assert_import_refused(f, replaced(f, document, "\"1.0\"", "\"2.0\""), E_STATE_NEWER);
}

static void an_older_document_lacks_what_came_later(void **state)
{
    struct fixture *f = *state;
    struct state *s = full_state(f), *other = open_other(f, "other.db");
    const char *document = exported(f, s);
    const char *older = replaced(f, document, "\"format\":3", "\"format\":1");
    older = replaced(f, older, ",\"prevent_destroy\":false", ""); /* of the one row */
    assert_import_refused(f, replaced(f, older, "\"format\":1", "\"format\":3"), E_STATE_DOCUMENT);
    assert_true(state_import(other, "x.json", slice_of(older), &f->diags));
    assert_string_equal(exported(f, other), document);
    state_close(other);
    state_close(s);
}

static void the_document_of_another_topology_or_world_is_refused(void **state)
{
    struct fixture *f = *state;
    struct state *s = full_state(f);
    const char *document = exported(f, s);
    state_close(s);
    assert_import_refused(f, replaced(f, document, "\"topology\":\"t\"", "\"topology\":\"u\""),
                          E_STATE_FOREIGN);
    assert_import_refused(f, replaced(f, document, "\"simulated\"", "\"aws\""), E_STATE_FOREIGN);
}

static void a_state_that_met_no_world_takes_that_of_the_document(void **state)
{
    struct fixture *f = *state;
    struct state *s = full_state(f), *other = open_other(f, "other.db");
    assert_true(state_meet_world(s, "1a2b", "w.db", &f->diags));
    assert_true(state_import(other, "x.json", slice_of(exported(f, s)), &f->diags));
    assert_false(state_meet_world(other, "ffff", "w.db", &(struct diags){.arena = f->arena}));
    assert_true(state_meet_world(other, "1a2b", "w.db", &f->diags));
    state_close(other);
    state_close(s);
}

static void the_head_is_read_alone(void **state)
{
    struct fixture *f = *state;
    struct state *s = full_state(f);
    struct state_head head = {0};
    assert_true(
        state_document_head(f->arena, "x.json", slice_of(exported(f, s)), &head, &f->diags));
    assert_string_equal(head.lineage, state_lineage(s));
    assert_int_equal(head.serial, state_serial(s));
    assert_string_equal(head.topology, "t");
    assert_string_equal(head.world, "simulated");
    assert_true(head.format >= 2);
    state_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_document_of_an_imported_document_is_the_same_bytes),
        TEST(an_imported_state_goes_on_where_the_other_ended),
        TEST(what_the_file_held_before_is_gone),
        TEST(no_table_and_no_column_is_forgotten),
        TEST(a_document_that_is_not_whole_changes_nothing),
        TEST(a_row_that_stands_twice_is_refused),
        TEST(a_newer_document_is_refused_as_such),
        TEST(an_older_document_lacks_what_came_later),
        TEST(the_document_of_another_topology_or_world_is_refused),
        TEST(a_state_that_met_no_world_takes_that_of_the_document),
        TEST(the_head_is_read_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
