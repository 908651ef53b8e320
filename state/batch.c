#include "state/batch.h"

#include "engine/base/json.h"
#include "state/internal.h"
#include "state/mirror.h"

/* With its head and its envelope it has to fit into one answer of S3 (HTTP_ANSWER_MAX). */
#define BATCH_MAX ((size_t)63 * 1024 * 1024)

void batch_init(struct batch *batch, struct arena *arena)
{
    *batch = (struct batch){.arena = arena};
    strbuf_init(&batch->text, arena, BATCH_MAX);
}

void batch_clear(struct batch *batch)
{
    arena_reset(batch->arena);
    batch_init(batch, batch->arena);
}

/* ---- writing ---- */

static struct map_builder begin_record(struct arena *scratch, const char *verb)
{
    struct map_builder b = map_begin(scratch);
    map_put_str(&b, "do", verb);
    return b;
}

static void end_record(struct state *state, struct map_builder *b)
{
    struct batch *batch = mirror_batch(state);
    strbuf_add(&batch->text, batch->len++ == 0 ? "\n" : ",\n");
    json_write(&batch->text, map_end(b), JSON_SORTED);
}

/* Before the first record: the run that it belongs to. */
static bool takes_notes(struct state *state)
{
    struct batch *batch = mirror_batch(state);
    if (batch && batch->len == 0)
        batch->run = state->run;
    return batch != NULL;
}

static const struct value *row_of(struct arena *arena, const struct record *record)
{
    if (!record)
        return NULL;
    struct map_builder b = map_begin_from(arena, record_value(arena, record));
    map_put_str(&b, "address", record->address);
    map_put_int(&b, "generation", record->generation);
    return map_end(&b);
}

void batch_note_begin(struct state *state, const char *fingerprint, int64_t now_ms)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "begin");
    map_put_int(&b, "run", state->run);
    map_put_str(&b, "who", state->who);
    map_put_str(&b, "command", state->command);
    map_put_str(&b, "fingerprint", fingerprint);
    map_put_int(&b, "at", now_ms);
    end_record(state, &b);
}

void batch_note_end(struct state *state, const char *result, int64_t now_ms)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "end");
    map_put_str(&b, "result", result);
    map_put_int(&b, "at", now_ms);
    end_record(state, &b);
}

void batch_note_intent(struct state *state, const struct intent *intent)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "intent");
    map_put_int(&b, "seq", intent->seq);
    map_put_str(&b, "address", intent->address);
    map_put_str(&b, "type", intent->type);
    map_put_str(&b, "action", intent->action);
    map_put_str(&b, "token", intent->token);
    map_put_str(&b, "account_id", intent->account_id);
    map_put_str(&b, "region", intent->region);
    map_put_str(&b, "identifier", intent->identifier);
    map_put(&b, "desired", intent->desired);
    map_put_str(&b, "digest", intent->digest);
    map_put_int(&b, "at", intent->at_ms);
    end_record(state, &b);
}

void batch_note_outcome(struct state *state, int64_t seq, enum outcome outcome,
                        const struct record *record, bool remove, const char *detail,
                        int64_t now_ms)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "outcome");
    map_put_int(&b, "seq", seq);
    map_put_str(&b, "outcome", outcome_name(outcome));
    map_put(&b, "record", row_of(scratch, record));
    map_put_bool(&b, "remove", remove);
    map_put_str(&b, "detail", detail);
    map_put_int(&b, "at", now_ms);
    end_record(state, &b);
}

void batch_note_put(struct state *state, const struct record *record, int64_t now_ms)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "put");
    map_put(&b, "record", row_of(scratch, record));
    map_put_int(&b, "at", now_ms);
    end_record(state, &b);
}

void batch_note_remove(struct state *state, const char *address, int64_t now_ms)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "remove");
    map_put_str(&b, "address", address);
    map_put_int(&b, "at", now_ms);
    end_record(state, &b);
}

void batch_note_move(struct state *state, const char *from, const struct record *record,
                     int64_t now_ms)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "move");
    map_put_str(&b, "from", from);
    map_put(&b, "record", row_of(scratch, record));
    map_put_int(&b, "at", now_ms);
    end_record(state, &b);
}

void batch_note_fact(struct state *state, const char *key, const struct value *v)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "fact");
    map_put_str(&b, "key", key);
    map_put(&b, "value", v);
    end_record(state, &b);
}

void batch_note_world(struct state *state, const char *world)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "world");
    map_put_str(&b, "world", world);
    end_record(state, &b);
}

void batch_note_take_over(struct state *state)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "take_over");
    end_record(state, &b);
}

void batch_note_replace(struct state *state, const struct value *document)
{
    if (!takes_notes(state))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = begin_record(scratch, "replace");
    map_put(&b, "document", document);
    end_record(state, &b);
}

/* ---- reading ---- */

static bool row_from(struct arena *arena, const struct value *row, struct record *ret)
{
    bool good = record_from(arena, row, ret);
    ret->address = value_get_str(row, "address");
    ret->generation = value_get_int(row, "generation", 0);
    return good && ret->address;
}

/* One record on its way into the file. */
struct replay {
    struct state *state;
    struct arena *arena;
    const struct value *v;
    int64_t at_ms;
    struct diags *diags;
};

static bool unreadable(const struct replay *replay)
{
    return damaged(replay->state, "a batch of the shared journal is not readable", replay->diags);
}

static bool replay_begin(const struct replay *replay)
{
    struct state *state = replay->state;
    const char *who = state->who, *command = state->command;
    const char *fingerprint = value_get_str(replay->v, "fingerprint");
    state->next_run = value_get_int(replay->v, "run", 0);
    if (state->next_run <= 0)
        return unreadable(replay);
    state->who = value_get_str(replay->v, "who");
    state->command = value_get_str(replay->v, "command");
    bool good = journal_begin_run(state, fingerprint, replay->at_ms, replay->diags);
    state->who = who;
    state->command = command;
    return good;
}

static bool replay_end(const struct replay *replay)
{
    const char *result = value_get_str(replay->v, "result");
    if (!result || replay->state->run == 0)
        return unreadable(replay);
    return run_close(replay->state, result, replay->at_ms, replay->diags);
}

static bool replay_intent(const struct replay *replay)
{
    const struct value *v = replay->v;
    struct intent intent = {.address = value_get_str(v, "address"),
                            .type = value_get_str(v, "type"),
                            .action = value_get_str(v, "action"),
                            .token = value_get_str(v, "token"),
                            .account_id = value_get_str(v, "account_id"),
                            .region = value_get_str(v, "region"),
                            .identifier = value_get_str(v, "identifier"),
                            .desired = value_get(v, "desired"),
                            .digest = value_get_str(v, "digest"),
                            .at_ms = replay->at_ms};
    replay->state->next_seq = value_get_int(v, "seq", 0);
    if (replay->state->next_seq <= 0 || !intent.address || !intent.type || !intent.action ||
        !intent.account_id)
        return unreadable(replay);
    return journal_intent(replay->state, &intent, replay->diags);
}

static bool replay_outcome(const struct replay *replay)
{
    const struct value *v = replay->v, *row = value_get(v, "record");
    struct record record;
    enum outcome outcome;
    int64_t seq = value_get_int(v, "seq", 0);
    bool remove = value_get_bool(v, "remove", false);
    if (!outcome_from(value_get_str(v, "outcome"), &outcome) || (row && remove) ||
        (row && !row_from(replay->arena, row, &record)) || !intent_is_open(replay->state, seq))
        return unreadable(replay);
    return journal_outcome(replay->state, seq, outcome, row ? &record : NULL, remove,
                           value_get_str(v, "detail"), replay->at_ms, replay->diags);
}

static bool replay_put(const struct replay *replay)
{
    struct record record;
    return row_from(replay->arena, value_get(replay->v, "record"), &record)
               ? state_put(replay->state, &record, replay->at_ms, replay->diags)
               : unreadable(replay);
}

static bool replay_remove(const struct replay *replay)
{
    const char *address = value_get_str(replay->v, "address");
    return address ? state_remove(replay->state, address, replay->at_ms, replay->diags)
                   : unreadable(replay);
}

static bool replay_move(const struct replay *replay)
{
    struct record record;
    const char *from = value_get_str(replay->v, "from");
    return from && row_from(replay->arena, value_get(replay->v, "record"), &record)
               ? state_move(replay->state, from, &record, replay->at_ms, replay->diags)
               : unreadable(replay);
}

static bool replay_fact(const struct replay *replay)
{
    const char *key = value_get_str(replay->v, "key");
    const struct value *v = value_get(replay->v, "value");
    return key && v ? state_set_fact(replay->state, key, v, replay->diags) : unreadable(replay);
}

static bool replay_world(const struct replay *replay)
{
    const char *world = value_get_str(replay->v, "world");
    return world ? world_write(replay->state, arena_strdup(replay->state->arena, world),
                               replay->diags)
                 : unreadable(replay);
}

/* A replacement has taken place before the transaction (mirror_sync.c). */
static bool replay_nothing(const struct replay *replay)
{
    (void)replay;
    return true;
}

static const struct {
    const char *verb;
    bool (*replay)(const struct replay *replay);
} verbs[] = {
    {"begin", replay_begin},       {"end", replay_end},         {"intent", replay_intent},
    {"outcome", replay_outcome},   {"put", replay_put},         {"remove", replay_remove},
    {"move", replay_move},         {"fact", replay_fact},       {"world", replay_world},
    {"take_over", replay_nothing}, {"replace", replay_nothing},
};

static bool replay_one(const struct replay *replay)
{
    const char *verb = value_get_str(replay->v, "do");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (str_eq(verbs[i].verb, verb))
            return verbs[i].replay(replay);
    return unreadable(replay);
}

bool batch_replay(struct state *state, const struct value *records, int64_t run,
                  struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    state->run = run;
    for (size_t i = 0; i < value_len(records); i++) {
        const struct value *v = value_item(records, i);
        struct replay replay = {.state = state,
                                .arena = scratch,
                                .v = v,
                                .at_ms = value_get_int(v, "at", 0),
                                .diags = diags};
        if (!replay_one(&replay))
            return false;
        arena_reset(scratch);
    }
    return true;
}
