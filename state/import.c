#include "engine/base/bug.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/json.h"
#include "engine/base/json_scan.h"
#include "state/document.h"
#include "state/internal.h"
#include "state/mirror.h"
#include "state/tables.h"

#define LINEAGE_LEN 36
#define HEAD_MAX 32 /* members of the head that are looked at, a newer program's included */

/* A document under examination. */
struct document {
    struct arena *arena; /* of the head */
    const char *name;
    struct state_head head;
    struct slice tables[STATE_TABLE_MAX]; /* the lists, as text */
    struct diags *diags;
};

static bool refuse(const struct document *document, const char *fmt, ...) PRINTF_LIKE(2, 3);
static bool refuse(const struct document *document, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    diag_error(document->diags, E_STATE_DOCUMENT, NO_POS, NULL, "%s: %s", document->name, text);
    return false;
}

/* ---- the head ---- */

static bool read_text(const struct document *document, const struct value *head, const char *member,
                      const char **ret)
{
    *ret = value_get_str(head, member);
    return (*ret && **ret) || refuse(document, "it has no `%s`", member);
}

static bool read_number(const struct document *document, const struct value *head,
                        const char *member, int64_t *ret)
{
    const struct value *v = value_get(head, member);
    if (!value_is(v, VALUE_INT) || v->integer < 0)
        return refuse(document, "it has no `%s`", member);
    *ret = v->integer;
    return true;
}

/* First of all: what a newer program wrote may look like anything. */
static bool check_version(const struct document *document, const struct value *head)
{
    const char *version = NULL;
    int64_t format = 0;
    if (!read_text(document, head, "format_version", &version) ||
        !read_number(document, head, "format", &format))
        return false;
    if (str_starts(version, "1.") && format >= 1 && format <= state_format())
        return true;
    diag_error(
        document->diags, E_STATE_NEWER, NO_POS, NULL,
        "%s has version %.20s and format %lld; this holdfast knows 1.0 and formats up to %lld",
        document->name, version, (long long)format, (long long)state_format());
    return false;
}

/* A random UUID, as we make them: it becomes part of file names. */
static bool check_lineage(const struct document *document)
{
    const char *lineage = document->head.lineage;
    return (strlen(lineage) == LINEAGE_LEN &&
            strspn(lineage, "0123456789abcdef-") == LINEAGE_LEN) ||
           refuse(document, "its `lineage` is no UUID");
}

static bool read_head(struct document *document, const struct value *head)
{
    struct state_head *ret = &document->head;
    return check_version(document, head) && read_number(document, head, "format", &ret->format) &&
           read_number(document, head, "serial", &ret->serial) &&
           read_text(document, head, "lineage", &ret->lineage) && check_lineage(document) &&
           read_text(document, head, "topology", &ret->topology) &&
           read_text(document, head, "world", &ret->world);
}

static bool is_of_head(struct slice key)
{
    static const char *const members[] = {"format_version", "format",   "serial",
                                          "lineage",        "topology", "world"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (slice_is(key, members[i]))
            return true;
    return false;
}

static struct slice *table_of(struct document *document, struct slice key)
{
    for (size_t i = 0; i < state_table_len; i++)
        if (slice_is(key, state_tables[i].member))
            return &document->tables[i];
    return NULL;
}

/* What is not a table is of the head, or the head would be of another program. */
static bool take_member(struct document *document, struct map_builder *head, struct slice key,
                        struct slice text)
{
    struct slice *table = table_of(document, key);
    if (table) {
        if (table->ptr)
            return refuse(document, "`%.*s` stands twice", (int)key.len, key.ptr);
        *table = text;
        return true;
    }
    if (head->len == HEAD_MAX)
        return refuse(document, "it has members that have no place in it");
    const struct value *v = NULL;
    const char *why = NULL;
    const char *name = arena_strndup(document->arena, key.ptr, key.len);
    if (map_so_far(head, name))
        return refuse(document, "`%.40s` stands twice", name);
    if (!json_parse(document->arena, text, &v, &why))
        return refuse(document, "`%.40s`: %s", name, why);
    map_put(head, name, v);
    return true;
}

static bool check_members(const struct document *document, const struct value *head)
{
    for (size_t i = 0; i < value_len(head); i++)
        if (!is_of_head(slice_of(head->map.entries[i].key)))
            return refuse(document, "`%.40s` has no place in it", head->map.entries[i].key);
    for (size_t i = 0; i < state_table_len; i++)
        if (!document->tables[i].ptr)
            return refuse(document, "it has no `%s`", state_tables[i].member);
    return true;
}

static bool open_document(struct document *document, struct slice text)
{
    struct json_scan scan;
    struct slice key, value;
    struct map_builder head = map_begin(document->arena);
    json_scan_begin(&scan, text, '{');
    while (json_scan_member(&scan, &key, &value))
        if (!take_member(document, &head, key, value))
            return false;
    if (scan.why)
        return refuse(document, "%s", scan.why);
    const struct value *map = map_end(&head);
    return read_head(document, map) && check_members(document, map);
}

bool state_document_head(struct arena *arena, const char *name, struct slice text,
                         struct state_head *ret, struct diags *diags)
{
    struct document document = {.arena = arena, .name = name, .diags = diags};
    if (!open_document(&document, text))
        return false;
    *ret = document.head;
    return true;
}

/* ---- rows ---- */

/* One table on its way into the file. */
struct intake {
    const struct document *document;
    const struct table *table;
    struct db_stmt *insert;
    struct arena *scratch; /* of one row */
    size_t row;            /* from 1 */
    struct strbuf last;    /* the key of the row before, as text */
    int64_t last_number;
};

static bool refuse_row(const struct intake *in, const char *member, const char *why)
{
    return refuse(in->document, "item %zu of `%s`: `%s` %s", in->row, in->table->member, member,
                  why);
}

static bool is_texts(struct arena *arena, const struct value *v)
{
    struct record record;
    return read_deps(arena, v, &record);
}

static bool is_record(struct arena *arena, const struct value *v)
{
    struct record record;
    return record_from(arena, v, &record);
}

/* As whoever reads the file does: what is taken in here and not readable there would be called
 * damage of the file. */
static const struct {
    bool (*is)(struct arena *arena, const struct value *v);
    const char *why;
} shapes[] = {
    [SHAPE_TEXTS] = {is_texts, "is no list of texts"},
    [SHAPE_RECORD] = {is_record, "is no record of an object"},
};

static bool bind_column(struct intake *in, const struct column *column, int index,
                        const struct value *v)
{
    switch (column->kind) {
    case COLUMN_TEXT:
        if (!value_is(v, VALUE_STRING))
            return refuse_row(in, column->member, "is no text");
        if (column->words && !str_is_one_of(value_str(v), column->words))
            return refuse_row(in, column->member, "is none of the words for it");
        db_bind_text(in->insert, index, value_str(v));
        return true;
    case COLUMN_INT:
        if (!value_is(v, VALUE_INT) || v->integer < 0)
            return refuse_row(in, column->member, "is no number from 0 on");
        db_bind_int(in->insert, index, v->integer);
        return true;
    case COLUMN_BOOL:
        if (!value_is(v, VALUE_BOOL))
            return refuse_row(in, column->member, "is neither true nor false");
        db_bind_int(in->insert, index, v->boolean);
        return true;
    case COLUMN_JSON:
        if (shapes[column->shape].is && !shapes[column->shape].is(in->scratch, v))
            return refuse_row(in, column->member, shapes[column->shape].why);
        db_bind_text(in->insert, index, json_print(in->scratch, v, JSON_SORTED));
        return true;
    }
    BUG("a column of no kind");
}

/* The members that the row has and the table knows; what is missing is NULL, or 0 where the
 * document is older than the column. */
static bool bind_row(struct intake *in, const struct value *row)
{
    size_t known = 0;
    for (size_t i = 0; i < in->table->column_len; i++) {
        const struct column *column = &in->table->columns[i];
        const struct value *v = value_get(row, column->member);
        if (v) {
            known++;
            if (!bind_column(in, column, (int)i + 1, v))
                return false;
        } else if (in->document->head.format < column->since) {
            db_bind_int(in->insert, (int)i + 1, 0);
        } else if (!column->nullable) {
            return refuse_row(in, column->member, "is missing");
        }
    }
    return known == value_len(row) ||
           refuse(in->document, "item %zu of `%s` has a member that has no place in it", in->row,
                  in->table->member);
}

/* Rows rise by their keys, so that none stands twice. */
static bool check_key(struct intake *in, const struct value *row)
{
    const char *member = in->table->columns[0].member;
    const struct value *key = value_get(row, member);
    if (!in->table->keyed)
        return true;
    if (value_is(key, VALUE_INT)) {
        if (in->row > 1 && key->integer <= in->last_number)
            return refuse_row(in, member, "does not rise");
        in->last_number = key->integer;
        return true;
    }
    const char *text = value_str(key);
    if (in->row > 1 && strcmp(text, strbuf_str(&in->last)) <= 0)
        return refuse_row(in, member, "does not rise");
    in->last.len = 0;
    strbuf_add(&in->last, text);
    return true;
}

static bool insert_row(struct intake *in, struct slice text)
{
    const struct value *row = NULL;
    const char *why = NULL;
    if (!json_parse_unique(in->scratch, text, &row, &why))
        return refuse(in->document, "item %zu of `%s`: %s", in->row, in->table->member, why);
    if (!value_is(row, VALUE_MAP))
        return refuse(in->document, "item %zu of `%s` is no map", in->row, in->table->member);
    return bind_row(in, row) && check_key(in, row) && db_run(in->insert, in->document->diags);
}

static bool insert_rows(struct state *state, const struct document *document, size_t index)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    CLEANUP(arena_freep) struct arena *for_key = arena_new();
    struct intake in = {.document = document, .table = &state_tables[index], .scratch = scratch};
    strbuf_init(&in.last, for_key, (size_t)1 << 30);
    struct json_scan scan;
    struct slice item;
    json_scan_begin(&scan, document->tables[index], '[');
    while (json_scan_item(&scan, &item)) {
        in.row++;
        in.insert = db_query(state->db, in.table->insert, document->diags);
        if (!in.insert || !insert_row(&in, item))
            return false;
        arena_reset(scratch);
    }
    return !scan.why || refuse(document, "`%s`: %s", in.table->member, scan.why);
}

static bool write_meta(struct state *state, const struct document *document)
{
    struct db_stmt *stmt =
        db_query(state->db, "UPDATE meta SET lineage = ?, serial = ?, world = ?", document->diags);
    if (!stmt)
        return false;
    db_bind_text(stmt, 1, document->head.lineage);
    db_bind_int(stmt, 2, document->head.serial);
    db_bind_text(stmt, 3, document->head.world);
    return db_run(stmt, document->diags);
}

/* A history from beyond the serial could never be undone to. */
static bool check_serials(struct state *state, const struct document *document)
{
    struct db_stmt *stmt = db_query(
        state->db, "SELECT coalesce(max(serial), 0) FROM resource_history", document->diags);
    if (!stmt || db_step(stmt, document->diags) != DB_ROW)
        return false;
    bool good = db_int(stmt, 0) <= document->head.serial;
    db_reset(stmt);
    return good || refuse(document, "its history goes beyond its serial");
}

static bool replace_all(struct state *state, const struct document *document)
{
    for (size_t i = 0; i < state_table_len; i++)
        if (!db_exec(state->db, state_tables[i].empty, document->diags) ||
            !insert_rows(state, document, i))
            return false;
    return true;
}

static bool check_owner(struct state *state, const struct document *document)
{
    const struct state_head *head = &document->head;
    if (str_eq(head->topology, state->topology) && is_world_of(head->world, state->world))
        return true;
    diag_error(document->diags, E_STATE_FOREIGN, NO_POS, NULL,
               "%s belongs to topology %s in world %s, not to %s in %s", document->name,
               head->topology, head->world, state->topology, state->world);
    return false;
}

static bool ask(struct state *state, struct document *document, const struct import_checks *checks,
                bool end)
{
    bool (*check)(void *, struct state *, struct state_head *, struct diags *) =
        !checks ? NULL
        : end   ? checks->end
                : checks->begin;
    return !check || check(checks->ctx, state, &document->head, document->diags);
}

static bool replace_if(struct state *state, struct document *document,
                       const struct import_checks *checks)
{
    return ask(state, document, checks, /* end= */ false) && replace_all(state, document) &&
           ask(state, document, checks, /* end= */ true) && write_meta(state, document) &&
           check_serials(state, document);
}

/* All in one transaction, which holds the batch of a shared state as well. */
static bool replace(struct state *state, struct document *document,
                    const struct import_checks *checks)
{
    return (replace_if(state, document, checks) && meta_read(state, document->diags) &&
            mirror_replace(state, document->diags)) ||
           batch_drop(state);
}

/* What was there is what there is. */
static void take_back(struct state *state)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    (void)!meta_read(state, &ignored);
}

bool import_document(struct state *state, const char *name, struct slice text,
                     const struct import_checks *checks, struct diags *diags)
{
    BUG_ON(state->read_only || state->in_batch || state->run != 0);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct document document = {.arena = arena, .name = name, .diags = diags};
    if (!open_document(&document, text) || !check_owner(state, &document) ||
        !batch_begin(state, diags))
        return false;
    if (!replace(state, &document, checks) || !journal_commit(state, diags)) {
        take_back(state);
        return false;
    }
    state->is_new = false;
    return true;
}

bool state_import(struct state *state, const char *name, struct slice text, struct diags *diags)
{
    return import_document(state, name, text, /* checks= */ NULL, diags);
}
