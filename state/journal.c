#include "engine/base/bug.h"
#include "engine/base/fault.h"
#include "engine/base/json.h"
#include "state/internal.h"
#include "state/mirror.h"

bool batch_begin(struct state *state, struct diags *diags)
{
    if (state->read_only)
        BUG("a state that was opened read-only is written");
    if (state->in_batch)
        return true;
    if (!db_begin(state->db, diags))
        return false;
    state->in_batch = true;
    return true;
}

/* Nothing of it may become durable, or an outcome could be committed without its row. */
bool batch_drop(struct state *state)
{
    db_rollback(state->db);
    mirror_abandoned(state);
    state->in_batch = state->intents_waiting = state->outcomes_waiting = false;
    state->pending = state->serial;
    return false;
}

static bool settle(struct state *state, bool good)
{
    return good || batch_drop(state);
}

static bool write_serial(struct state *state, struct diags *diags)
{
    if (state->pending == state->serial)
        return true;
    struct db_stmt *stmt = db_query(state->db, "UPDATE meta SET serial = ?", diags);
    if (!stmt)
        return false;
    db_bind_int(stmt, 1, state->pending);
    return db_run(stmt, diags);
}

bool journal_commit(struct state *state, struct diags *diags)
{
    if (!state->in_batch)
        return true;
    bool intents = state->intents_waiting, outcomes = state->outcomes_waiting;
    if (intents)
        FAULT_POINT("before-intent");
    if (!write_serial(state, diags) || !mirror_publish(state, diags) ||
        !db_commit(state->db, diags))
        return batch_drop(state);
    mirror_committed(state);
    state->in_batch = state->intents_waiting = state->outcomes_waiting = false;
    state->serial = state->pending;
    if (intents)
        FAULT_POINT("after-intent");
    if (outcomes)
        FAULT_POINT("after-commit");
    return true;
}

static bool insert_run(struct state *state, const char *plan_fingerprint, int64_t now_ms,
                       struct diags *diags)
{
    struct db_stmt *stmt = db_query(state->db,
                                    "INSERT INTO run (id, started_ms, who, command, plan_sha) "
                                    "VALUES (?, ?, ?, ?, ?)",
                                    diags);
    if (!stmt)
        return false;
    db_bind_int(stmt, 1, state->next_run);
    db_bind_int(stmt, 2, now_ms);
    db_bind_text(stmt, 3, state->who);
    db_bind_text(stmt, 4, state->command);
    db_bind_text(stmt, 5, plan_fingerprint);
    return db_run(stmt, diags);
}

bool journal_begin_run(struct state *state, const char *plan_fingerprint, int64_t now_ms,
                       struct diags *diags)
{
    if (!batch_begin(state, diags) ||
        !settle(state, insert_run(state, plan_fingerprint, now_ms, diags)))
        return false;
    state->run = state->next_run++;
    batch_note_begin(state, plan_fingerprint, now_ms);
    return true;
}

static bool update_run(struct state *state, const char *result, int64_t now_ms, struct diags *diags)
{
    struct db_stmt *stmt =
        db_query(state->db, "UPDATE run SET ended_ms = ?, result = ? WHERE id = ?", diags);
    if (!stmt)
        return false;
    db_bind_int(stmt, 1, now_ms);
    db_bind_text(stmt, 2, result);
    db_bind_int(stmt, 3, state->run);
    return db_run(stmt, diags);
}

bool run_close(struct state *state, const char *result, int64_t now_ms, struct diags *diags)
{
    BUG_ON(state->run == 0);
    if (!batch_begin(state, diags) || !settle(state, update_run(state, result, now_ms, diags)))
        return false;
    batch_note_end(state, result, now_ms);
    state->run = 0;
    return true;
}

bool journal_end_run(struct state *state, const char *result, int64_t now_ms, struct diags *diags)
{
    return run_close(state, result, now_ms, diags) && journal_commit(state, diags);
}

static bool insert_intent(struct state *state, const struct intent *intent, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct db_stmt *stmt =
        db_query(state->db,
                 "INSERT INTO journal (seq, run, address, type, action, token, account_id, region, "
                 "identifier, desired_json, digest, at_ms, phase) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')",
                 diags);
    if (!stmt)
        return false;
    db_bind_int(stmt, 1, intent->seq);
    db_bind_int(stmt, 2, intent->run);
    db_bind_text(stmt, 3, intent->address);
    db_bind_text(stmt, 4, intent->type);
    db_bind_text(stmt, 5, intent->action);
    db_bind_text(stmt, 6, intent->token);
    db_bind_text(stmt, 7, intent->account_id);
    db_bind_text(stmt, 8, intent->region);
    db_bind_text(stmt, 9, intent->identifier);
    db_bind_text(stmt, 10,
                 intent->desired ? json_print(scratch, intent->desired, JSON_SORTED) : NULL);
    db_bind_text(stmt, 11, intent->digest);
    db_bind_int(stmt, 12, intent->at_ms);
    return db_run(stmt, diags);
}

bool journal_intent(struct state *state, struct intent *intent, struct diags *diags)
{
    if (!batch_begin(state, diags))
        return false;
    intent->seq = state->next_seq;
    intent->run = state->run;
    if (!settle(state, insert_intent(state, intent, diags)))
        return false;
    state->next_seq++;
    state->intents_waiting = true;
    batch_note_intent(state, intent);
    return true;
}

static const char *const outcome_names[] = {
    [OUTCOME_DONE] = "done", [OUTCOME_FAILED] = "failed", [OUTCOME_ABANDONED] = "abandoned"};

const char *outcome_name(enum outcome outcome)
{
    return outcome_names[outcome];
}

bool outcome_from(const char *name, enum outcome *ret)
{
    for (size_t i = 0; name && i < ARRAY_LEN(outcome_names); i++)
        if (str_eq(outcome_names[i], name)) {
            *ret = (enum outcome)i;
            return true;
        }
    return false;
}

bool intent_is_open(struct state *state, int64_t seq)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    struct db_stmt *stmt =
        db_query(state->db, "SELECT 1 FROM journal WHERE seq = ? AND phase = 'open'", &ignored);
    if (!stmt)
        return false;
    db_bind_int(stmt, 1, seq);
    bool open = db_step(stmt, &ignored) == DB_ROW;
    db_reset(stmt);
    return open;
}

/* The address of an open intent; NULL when the database fails. */
static const char *open_address(struct state *state, struct arena *arena, int64_t seq,
                                struct diags *diags)
{
    struct db_stmt *stmt =
        db_query(state->db, "SELECT address FROM journal WHERE seq = ? AND phase = 'open'", diags);
    if (!stmt)
        return NULL;
    db_bind_int(stmt, 1, seq);
    enum db_step step = db_step(stmt, diags);
    if (step == DB_DONE)
        BUG("an outcome without an open intent");
    const char *address = step == DB_ROW ? arena_strdup(arena, db_text(stmt, 0)) : NULL;
    db_reset(stmt);
    return address;
}

static bool close_intent(struct state *state, int64_t seq, enum outcome outcome, const char *detail,
                         int64_t now_ms, struct diags *diags)
{
    struct db_stmt *stmt = db_query(
        state->db, "UPDATE journal SET phase = ?, detail = ?, ended_ms = ? WHERE seq = ?", diags);
    if (!stmt)
        return false;
    db_bind_text(stmt, 1, outcome_names[outcome]);
    db_bind_text(stmt, 2, detail);
    db_bind_int(stmt, 3, now_ms);
    db_bind_int(stmt, 4, seq);
    return db_run(stmt, diags);
}

static bool apply_outcome(struct state *state, int64_t seq, enum outcome outcome,
                          const struct record *record, bool remove, const char *detail,
                          int64_t now_ms, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *address = open_address(state, scratch, seq, diags);
    if (!address || !close_intent(state, seq, outcome, detail, now_ms, diags))
        return false;
    state->pending++;
    if (record)
        return row_put(state, record, now_ms, diags);
    return !remove || row_remove(state, address, true, now_ms, diags);
}

bool journal_outcome(struct state *state, int64_t seq, enum outcome outcome,
                     const struct record *record, bool remove, const char *detail, int64_t now_ms,
                     struct diags *diags)
{
    BUG_ON(record && remove);
    if (!batch_begin(state, diags) ||
        !settle(state, apply_outcome(state, seq, outcome, record, remove, detail, now_ms, diags)))
        return false;
    state->outcomes_waiting = true;
    batch_note_outcome(state, seq, outcome, record, remove, detail, now_ms);
    return true;
}

static bool read_intent(struct arena *arena, struct db_stmt *stmt, struct intent *ret)
{
    *ret = (struct intent){
        .seq = db_int(stmt, 0),
        .run = db_int(stmt, 1),
        .address = arena_strdup(arena, db_text(stmt, 2)),
        .type = arena_strdup(arena, db_text(stmt, 3)),
        .action = arena_strdup(arena, db_text(stmt, 4)),
        .token = arena_strdup(arena, db_text(stmt, 5)),
        .account_id = arena_strdup(arena, db_text(stmt, 6)),
        .region = arena_strdup(arena, db_text(stmt, 7)),
        .identifier = arena_strdup(arena, db_text(stmt, 8)),
        .digest = arena_strdup(arena, db_text(stmt, 10)),
        .at_ms = db_int(stmt, 11),
    };
    return json_column(arena, db_text(stmt, 9), &ret->desired);
}

#define INTENT_COLUMNS                                                                             \
    "SELECT seq, run, address, type, action, token, account_id, region, identifier, "              \
    "desired_json, digest, at_ms FROM journal "

static bool read_intents(struct state *state, struct arena *arena, struct db_stmt *stmt,
                         struct intent **ret, size_t *ret_len, struct diags *diags)
{
    struct intent *intents = NULL;
    size_t len = 0, cap = 0;
    enum db_step step;
    while ((step = db_step(stmt, diags)) == DB_ROW) {
        intents = arena_grow(arena, intents, len, &cap, len + 1, sizeof(*intents));
        if (!read_intent(arena, stmt, &intents[len++])) {
            damaged(state,
                    arena_printf(arena, "intent %lld of the journal is not readable",
                                 (long long)db_int(stmt, 0)),
                    diags);
            db_reset(stmt);
            return false;
        }
    }
    if (step == DB_FAILED)
        return false;
    *ret = intents;
    *ret_len = len;
    return true;
}

bool journal_open_intents(struct state *state, struct arena *arena, struct intent **ret,
                          size_t *ret_len, struct diags *diags)
{
    *ret = NULL;
    *ret_len = 0;
    if (!state->db)
        return true;
    struct db_stmt *stmt =
        db_query(state->db, INTENT_COLUMNS "WHERE phase = 'open' ORDER BY seq", diags);
    return stmt && read_intents(state, arena, stmt, ret, ret_len, diags);
}

bool journal_abandoned_creates(struct state *state, struct arena *arena, int64_t since_ms,
                               struct intent **ret, size_t *ret_len, struct diags *diags)
{
    *ret = NULL;
    *ret_len = 0;
    if (!state->db)
        return true;
    struct db_stmt *stmt =
        db_query(state->db,
                 INTENT_COLUMNS "WHERE phase = 'abandoned' AND action = 'create' AND "
                                "ended_ms >= ? AND NOT EXISTS (SELECT 1 FROM resource_history h "
                                "WHERE h.address = journal.address AND h.record_json IS NULL "
                                "AND h.run > journal.run) ORDER BY seq",
                 diags);
    if (!stmt)
        return false;
    db_bind_int(stmt, 1, since_ms);
    return read_intents(state, arena, stmt, ret, ret_len, diags);
}

static bool guarded_row(struct state *state, const struct record *record, const char *address,
                        int64_t now_ms, struct diags *diags)
{
    if (record && row_is(state, record))
        return true;
    state->pending++;
    if (record)
        batch_note_put(state, record, now_ms);
    else
        batch_note_remove(state, address, now_ms);
    return record ? row_put(state, record, now_ms, diags)
                  : row_remove(state, address, false, now_ms, diags);
}

bool state_put(struct state *state, const struct record *record, int64_t now_ms,
               struct diags *diags)
{
    return batch_begin(state, diags) &&
           settle(state, guarded_row(state, record, NULL, now_ms, diags));
}

bool state_remove(struct state *state, const char *address, int64_t now_ms, struct diags *diags)
{
    return batch_begin(state, diags) &&
           settle(state, guarded_row(state, NULL, address, now_ms, diags));
}

static bool moved_row(struct state *state, const char *from, const struct record *record,
                      int64_t now_ms, struct diags *diags)
{
    state->pending++;
    return (str_eq(from, record->address) ||
            row_remove(state, from, /* removed= */ true, now_ms, diags)) &&
           row_put(state, record, now_ms, diags);
}

bool state_move(struct state *state, const char *from, const struct record *record, int64_t now_ms,
                struct diags *diags)
{
    if (!batch_begin(state, diags) || !settle(state, moved_row(state, from, record, now_ms, diags)))
        return false;
    batch_note_move(state, from, record, now_ms);
    return true;
}

bool fact_put(struct state *state, const char *key, const struct value *v, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct db_stmt *stmt =
        db_query(state->db,
                 "INSERT INTO fact (key, value_json) VALUES (?, ?) "
                 "ON CONFLICT (key) DO UPDATE SET value_json = excluded.value_json",
                 diags);
    if (!stmt)
        return false;
    db_bind_text(stmt, 1, key);
    db_bind_text(stmt, 2, json_print(scratch, v, JSON_SORTED));
    return db_run(stmt, diags);
}

bool state_set_fact(struct state *state, const char *key, const struct value *v,
                    struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    if (value_equal(state_fact(state, scratch, key), v))
        return true; /* a shared state is written for it, or not at all */
    if (!batch_begin(state, diags) || !settle(state, fact_put(state, key, v, diags)))
        return false;
    batch_note_fact(state, key, v);
    return true;
}

const struct value *state_fact(struct state *state, struct arena *arena, const char *key)
{
    if (!state->db)
        return NULL;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    struct db_stmt *stmt =
        db_query(state->db, "SELECT value_json FROM fact WHERE key = ?", &ignored);
    if (!stmt)
        return NULL;
    db_bind_text(stmt, 1, key);
    const struct value *v = NULL;
    bool good = db_step(stmt, &ignored) == DB_ROW && json_column(arena, db_text(stmt, 0), &v);
    db_reset(stmt);
    return good ? v : NULL; /* a fact can be made again */
}
