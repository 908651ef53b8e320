#include "engine/base/json.h"
#include "state/internal.h"

bool history_record(struct arena *arena, const char *address, int64_t generation, const char *text,
                    const struct record **ret)
{
    const struct value *v = NULL;
    *ret = NULL;
    if (!text)
        return true;
    if (!json_column(arena, text, &v))
        return false;
    struct record *record = arena_new_of(arena, struct record);
    bool good = record_from(arena, v, record);
    record->address = address;
    record->generation = generation;
    *ret = record;
    return good;
}

bool history_add(struct state *state, const char *address, const struct record *record,
                 int64_t generation, int64_t now_ms, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct db_stmt *stmt = db_query(state->db,
                                    "INSERT INTO resource_history (serial, run, address, "
                                    "generation, record_json, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
                                    diags);
    if (!stmt)
        return false;
    db_bind_int(stmt, 1, state->pending);
    db_bind_int(stmt, 2, state->run);
    db_bind_text(stmt, 3, address);
    db_bind_int(stmt, 4, generation);
    db_bind_text(stmt, 5,
                 record ? json_print(scratch, record_value(scratch, record), JSON_SORTED) : NULL);
    db_bind_int(stmt, 6, now_ms);
    return db_run(stmt, diags);
}

int64_t history_generation(struct state *state, const char *address)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    struct db_stmt *stmt = db_query(state->db,
                                    "SELECT max(generation) FROM resource_history WHERE "
                                    "address = ? AND generation > 0", /* it never falls */
                                    &ignored);
    if (!stmt)
        return 0;
    db_bind_text(stmt, 1, address);
    int64_t generation = db_step(stmt, &ignored) == DB_ROW ? db_int(stmt, 0) : 0;
    db_reset(stmt);
    return generation;
}
