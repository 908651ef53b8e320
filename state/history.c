#include "engine/base/json.h"
#include "state/internal.h"

static const struct value *record_value(struct arena *arena, const struct record *record)
{
    struct list_builder deps = list_begin(arena);
    for (size_t i = 0; i < record->depends_on_len; i++)
        list_add_str(&deps, record->depends_on[i]);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "type", record->type);
    map_put_str(&b, "account_id", record->account_id);
    map_put_str(&b, "region", record->region);
    map_put_str(&b, "identifier", record->identifier);
    map_put(&b, "attributes", record->attributes);
    map_put(&b, "write_only", record->write_only);
    map_put(&b, "depends_on", list_end(&deps));
    map_put_bool(&b, "adopted", record->adopted);
    map_put_bool(&b, "prevent_destroy", record->prevent_destroy);
    map_put_int(&b, "schema_version", record->schema_version);
    return map_end(&b);
}

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
    *record = (struct record){.address = address,
                              .type = value_get_str(v, "type"),
                              .account_id = value_get_str(v, "account_id"),
                              .region = value_get_str(v, "region"),
                              .identifier = value_get_str(v, "identifier"),
                              .attributes = value_get(v, "attributes"),
                              .write_only = value_get(v, "write_only"),
                              .generation = generation,
                              .schema_version = value_get_int(v, "schema_version", 1),
                              .adopted = value_get_bool(v, "adopted", false),
                              .prevent_destroy = value_get_bool(v, "prevent_destroy", false)};
    *ret = record;
    return record->type && record->account_id &&
           read_deps(arena, value_get(v, "depends_on"), record);
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
