#include "state/tables.h"

#include <assert.h>

#include "engine/base/cleanup.h"

#define TEXT(member)                                                                               \
    {                                                                                              \
        member, COLUMN_TEXT, false, 0, SHAPE_ANY, NULL                                             \
    }
#define TEXT_OR_NULL(member)                                                                       \
    {                                                                                              \
        member, COLUMN_TEXT, true, 0, SHAPE_ANY, NULL                                              \
    }
#define INT(member)                                                                                \
    {                                                                                              \
        member, COLUMN_INT, false, 0, SHAPE_ANY, NULL                                              \
    }
#define INT_OR_NULL(member)                                                                        \
    {                                                                                              \
        member, COLUMN_INT, true, 0, SHAPE_ANY, NULL                                               \
    }
#define JSON(member, shape)                                                                        \
    {                                                                                              \
        member, COLUMN_JSON, false, 0, shape, NULL                                                 \
    }
#define JSON_OR_NULL(member, shape)                                                                \
    {                                                                                              \
        member, COLUMN_JSON, true, 0, shape, NULL                                                  \
    }

static const struct column resource_columns[] = {
    TEXT("address"),
    TEXT("type"),
    TEXT("account_id"),
    TEXT_OR_NULL("region"),
    TEXT_OR_NULL("identifier"),
    JSON_OR_NULL("attributes", SHAPE_ANY),
    JSON_OR_NULL("write_only", SHAPE_ANY),
    JSON("depends_on", SHAPE_TEXTS),
    INT("generation"),
    INT("schema_version"),
    {"adopted", COLUMN_BOOL, false, 0, SHAPE_ANY, NULL},
    {"prevent_destroy", COLUMN_BOOL, false, 2, SHAPE_ANY, NULL},
};

static const struct column run_columns[] = {
    INT("id"),
    INT("started_ms"),
    INT_OR_NULL("ended_ms"),
    TEXT_OR_NULL("who"),
    TEXT_OR_NULL("command"),
    TEXT_OR_NULL("plan_sha"),
    TEXT_OR_NULL("result"),
};

static const char *const phases[] = {"open", "done", "failed", "abandoned", NULL};

static const struct column journal_columns[] = {
    INT("seq"),
    INT("run"),
    TEXT("address"),
    TEXT("type"),
    TEXT("action"),
    TEXT_OR_NULL("token"),
    TEXT("account_id"),
    TEXT_OR_NULL("region"),
    TEXT_OR_NULL("identifier"),
    JSON_OR_NULL("desired", SHAPE_ANY),
    TEXT_OR_NULL("digest"),
    INT("at_ms"),
    {"phase", COLUMN_TEXT, false, 0, SHAPE_ANY, phases},
    TEXT_OR_NULL("detail"),
    INT_OR_NULL("ended_ms"),
};

static const struct column history_columns[] = {
    TEXT("address"),
    INT("serial"),
    INT("run"),
    INT("generation"),
    JSON_OR_NULL("record", SHAPE_RECORD),
    INT("at_ms"),
};

static const struct column fact_columns[] = {TEXT("key"), JSON("value", SHAPE_ANY)};

#define COLUMNS(array) .columns = (array), .column_len = ARRAY_LEN(array)

const struct table state_tables[] = {
    {.member = "resources",
     .select = "SELECT address, type, account_id, region, identifier, attrs_json, "
               "write_only_json, deps_json, generation, schema_version, adopted, prevent_destroy "
               "FROM resource ORDER BY address",
     .insert = "INSERT INTO resource (address, type, account_id, region, identifier, attrs_json, "
               "write_only_json, deps_json, generation, schema_version, adopted, prevent_destroy) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     .empty = "DELETE FROM resource",
     .keyed = true,
     COLUMNS(resource_columns)},
    {.member = "runs",
     .select = "SELECT id, started_ms, ended_ms, who, command, plan_sha, result "
               "FROM run ORDER BY id",
     .insert = "INSERT INTO run (id, started_ms, ended_ms, who, command, plan_sha, result) "
               "VALUES (?, ?, ?, ?, ?, ?, ?)",
     .empty = "DELETE FROM run",
     .keyed = true,
     COLUMNS(run_columns)},
    {.member = "journal",
     .select = "SELECT seq, run, address, type, action, token, account_id, region, identifier, "
               "desired_json, digest, at_ms, phase, detail, ended_ms FROM journal ORDER BY seq",
     .insert = "INSERT INTO journal (seq, run, address, type, action, token, account_id, region, "
               "identifier, desired_json, digest, at_ms, phase, detail, ended_ms) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     .empty = "DELETE FROM journal",
     .keyed = true,
     COLUMNS(journal_columns)},
    {.member = "history",
     .select = "SELECT address, serial, run, generation, record_json, at_ms "
               "FROM resource_history ORDER BY rowid",
     .insert = "INSERT INTO resource_history (address, serial, run, generation, record_json, "
               "at_ms) VALUES (?, ?, ?, ?, ?, ?)",
     .empty = "DELETE FROM resource_history",
     COLUMNS(history_columns)},
    {.member = "facts",
     .select = "SELECT key, value_json FROM fact WHERE key NOT IN ('shared', 'shared_through') "
               "ORDER BY key" /* what a cache knows of itself is no part of the state */,
     .insert = "INSERT INTO fact (key, value_json) VALUES (?, ?)",
     .empty = "DELETE FROM fact WHERE key <> 'shared'" /* it stays that cache */,
     .keyed = true,
     COLUMNS(fact_columns)},
};
const size_t state_table_len = ARRAY_LEN(state_tables);
static_assert(ARRAY_LEN(state_tables) <= STATE_TABLE_MAX, "import.c keeps a slice for each");
