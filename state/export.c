#include "engine/base/bug.h"
#include "engine/base/json.h"
#include "state/document.h"
#include "state/internal.h"
#include "state/tables.h"

/* A member with its separator; `first` opens the map. */
static void begin_member(struct strbuf *sb, bool first, const char *member)
{
    strbuf_add_char(sb, first ? '{' : ',');
    json_write_string(sb, slice_of(member));
    strbuf_add_char(sb, ':');
}

static bool write_column(struct strbuf *sb, struct arena *scratch, struct db_stmt *row, int index,
                         enum column_kind kind)
{
    const struct value *v = NULL;
    switch (kind) {
    case COLUMN_TEXT: json_write_string(sb, slice_of(db_text(row, index))); break;
    case COLUMN_INT: strbuf_addf(sb, "%lld", (long long)db_int(row, index)); break;
    case COLUMN_BOOL: strbuf_add(sb, db_int(row, index) ? "true" : "false"); break;
    case COLUMN_JSON:
        if (!json_column(scratch, db_text(row, index), &v))
            return false;
        json_write(sb, v, JSON_SORTED);
        break;
    }
    return true;
}

static bool write_row(struct strbuf *sb, struct arena *scratch, struct db_stmt *row,
                      const struct table *table)
{
    bool first = true;
    for (size_t i = 0; i < table->column_len; i++) {
        const struct column *column = &table->columns[i];
        if (!db_text(row, (int)i)) {
            if (!column->nullable)
                return false;
            continue;
        }
        begin_member(sb, first, column->member);
        if (!write_column(sb, scratch, row, (int)i, column->kind))
            return false;
        first = false;
    }
    strbuf_add_char(sb, '}');
    return true;
}

static bool write_table(struct state *state, struct strbuf *sb, const struct table *table,
                        struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct db_stmt *row = db_query(state->db, table->select, diags);
    if (!row)
        return false;
    begin_member(sb, false, table->member);
    enum db_step step;
    size_t count = 0;
    for (; (step = db_step(row, diags)) == DB_ROW; count++) {
        strbuf_add(sb, count == 0 ? "[\n" : ",\n");
        if (!write_row(sb, scratch, row, table)) {
            db_reset(row);
            return damaged(state,
                           arena_printf(scratch, "row %zu of its %s is not readable", count + 1,
                                        table->member),
                           diags);
        }
        arena_reset(scratch);
    }
    strbuf_add(sb, count == 0 ? "[]" : "\n]");
    return step == DB_DONE;
}

static bool write_head(struct state *state, struct strbuf *sb, struct diags *diags)
{
    static const char *const members[] = {"lineage", "topology", "world"};
    struct db_stmt *meta =
        db_query(state->db, "SELECT lineage, topology, world, serial, format FROM meta", diags);
    if (!meta)
        return false;
    enum db_step step = db_step(meta, diags);
    if (step != DB_ROW)
        return step == DB_DONE && damaged(state, "it has no lineage", diags);
    begin_member(sb, true, "format_version");
    strbuf_add(sb, "\"1.0\"");
    begin_member(sb, false, "format");
    strbuf_addf(sb, "%lld", (long long)db_int(meta, 4));
    begin_member(sb, false, "serial");
    strbuf_addf(sb, "%lld", (long long)db_int(meta, 3));
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        begin_member(sb, false, members[i]);
        json_write_string(sb, slice_of(db_text(meta, (int)i)));
    }
    db_reset(meta);
    return true;
}

bool too_large(const char *where, const struct strbuf *sb, struct diags *diags)
{
    struct diag *diag = diag_error(diags, E_STATE_WRITE, NO_POS, NULL,
                                   "%s: what is to be written at once has more than %zu MiB", where,
                                   sb->max / 1024 / 1024);
    diag_hint(diags, diag,
              "Nothing of it was written or sent. Split the topology into several, each with a "
              "state of its own.");
    return false;
}

bool export_document(struct state *state, struct strbuf *sb, struct diags *diags)
{
    if (!write_head(state, sb, diags))
        return false;
    for (size_t i = 0; i < state_table_len; i++)
        if (!write_table(state, sb, &state_tables[i], diags))
            return false;
    strbuf_add(sb, "}\n");
    if (!strbuf_overflowed(sb))
        return true;
    return too_large(state->path, sb, diags);
}

bool state_export(struct state *state, struct strbuf *sb, struct diags *diags)
{
    BUG_ON(state->in_batch);
    if (!state->db) {
        diag_error(diags, E_STATE_OPEN, NO_POS, NULL, "%s is not there: nothing is recorded",
                   state->path);
        return false;
    }
    /* A transaction that only reads: all tables as of the same moment. */
    if (!db_exec(state->db, "BEGIN", diags))
        return false;
    bool good = export_document(state, sb, diags);
    db_rollback(state->db);
    return good;
}
