#include "state/past.h"

#include "engine/base/map.h"
#include "state/internal.h"

bool state_runs(struct state *state, struct arena *arena, struct past_run **ret, size_t *ret_len,
                struct diags *diags)
{
    struct past_run *runs = NULL;
    size_t len = 0, cap = 0;
    struct db_stmt *row =
        state->db ? db_query(state->db,
                             "SELECT id, started_ms, coalesce(ended_ms, 0), who, command, result, "
                             "coalesce(first, 0), coalesce(last, 0) FROM run LEFT JOIN "
                             "(SELECT run AS of, min(serial) AS first, max(serial) AS last "
                             "FROM resource_history GROUP BY run) ON of = id ORDER BY id",
                             diags)
                  : NULL;
    if (state->db && !row)
        return false;
    enum db_step step = DB_DONE;
    while (row && (step = db_step(row, diags)) == DB_ROW) {
        runs = arena_grow(arena, runs, len, &cap, len + 1, sizeof(*runs));
        runs[len++] = (struct past_run){.id = db_int(row, 0),
                                        .started_ms = db_int(row, 1),
                                        .ended_ms = db_int(row, 2),
                                        .who = arena_strdup(arena, db_text(row, 3)),
                                        .command = arena_strdup(arena, db_text(row, 4)),
                                        .result = arena_strdup(arena, db_text(row, 5)),
                                        .first_serial = db_int(row, 6),
                                        .last_serial = db_int(row, 7)};
    }
    if (step == DB_FAILED)
        return false;
    *ret = runs;
    *ret_len = len;
    return true;
}

/* ---- changes ---- */

struct changes {
    struct past_change *items;
    size_t len, cap;
};

/* Columns: address, serial, run, generation, record_json, at_ms. */
static bool add_change(struct changes *changes, struct arena *arena, struct db_stmt *row)
{
    changes->items = arena_grow(arena, changes->items, changes->len, &changes->cap,
                                changes->len + 1, sizeof(*changes->items));
    struct past_change *change = &changes->items[changes->len++];
    *change = (struct past_change){.address = arena_strdup(arena, db_text(row, 0)),
                                   .serial = db_int(row, 1),
                                   .run = db_int(row, 2),
                                   .at_ms = db_int(row, 5)};
    return history_record(arena, change->address, db_int(row, 3), db_text(row, 4), &change->after);
}

static bool read_changes(struct state *state, struct arena *arena, struct db_stmt *row,
                         struct changes *ret, struct diags *diags)
{
    enum db_step step;
    while ((step = db_step(row, diags)) == DB_ROW) {
        if (!add_change(ret, arena, row)) {
            damaged(state,
                    arena_printf(arena, "the history of %s is not readable", db_text(row, 0)),
                    diags);
            db_reset(row);
            return false;
        }
    }
    return step == DB_DONE;
}

/* What stood at an address before is what the change before left there. */
static void link_changes(struct arena *arena, struct changes *changes)
{
    struct map last;
    map_init(&last, arena);
    for (size_t i = 0; i < changes->len; i++) {
        struct past_change *change = &changes->items[i];
        const struct past_change *before = map_get(&last, change->address);
        change->before = before ? before->after : NULL;
        map_set(&last, change->address, change);
    }
}

bool state_changes(struct state *state, struct arena *arena, struct past_change **ret,
                   size_t *ret_len, struct diags *diags)
{
    struct changes changes = {0};
    if (state->db) {
        struct db_stmt *row = db_query(state->db,
                                       "SELECT address, serial, run, generation, record_json, "
                                       "at_ms FROM resource_history ORDER BY rowid",
                                       diags);
        if (!row || !read_changes(state, arena, row, &changes, diags))
            return false;
    }
    link_changes(arena, &changes);
    *ret = changes.items;
    *ret_len = changes.len;
    return true;
}

bool state_rows_at(struct state *state, struct arena *arena, int64_t serial,
                   struct past_change **ret, size_t *ret_len, struct diags *diags)
{
    struct changes changes = {0};
    if (state->db) {
        /* one pass over the history, which has no index by address */
        struct db_stmt *row =
            db_query(state->db,
                     "SELECT now.address, coalesce(was.serial, 0), coalesce(was.run, 0), "
                     "coalesce(was.generation, 0), was.record_json, coalesce(was.at_ms, 0) FROM "
                     "(SELECT address, max(CASE WHEN serial <= ?1 THEN rowid END) AS last "
                     "FROM resource_history GROUP BY address HAVING max(serial) > ?1) now "
                     "LEFT JOIN resource_history was ON was.rowid = now.last ORDER BY now.address",
                     diags);
        if (!row)
            return false;
        db_bind_int(row, 1, serial);
        if (!read_changes(state, arena, row, &changes, diags))
            return false;
    }
    *ret = changes.items;
    *ret_len = changes.len;
    return true;
}

bool state_rows_last(struct state *state, struct arena *arena, struct past_change **ret,
                     size_t *ret_len, struct diags *diags)
{
    struct changes changes = {0};
    struct db_stmt *row = db_query(state->db,
                                   "SELECT address, serial, run, generation, record_json, at_ms "
                                   "FROM resource_history WHERE rowid IN (SELECT max(rowid) FROM "
                                   "resource_history GROUP BY address) ORDER BY address",
                                   diags);
    if (!row || !read_changes(state, arena, row, &changes, diags))
        return false;
    *ret = changes.items;
    *ret_len = changes.len;
    return true;
}
