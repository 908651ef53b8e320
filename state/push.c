#include <string.h>

#include "engine/base/map.h"
#include "state/document.h"
#include "state/internal.h"
#include "state/past.h"

/* The highest generation of an address, before. */
struct lived {
    const char *address;
    int64_t generation;
};

struct push {
    struct arena *arena;
    const char *name;
    const struct push_options *options;
    struct intent *intents; /* open before */
    size_t intent_len;
    struct lived *lived;
    size_t lived_len;
    struct record *before, *after; /* what is recorded */
    size_t before_len, after_len;
    bool replaces;     /* something was recorded before */
    struct strbuf old; /* the document of what is replaced */
    const char *backup;
};

static bool refuse(const struct push *push, struct diags *diags, const char *message)
{
    struct diag *diag =
        diag_error(diags, E_STATE_PUSH, NO_POS, NULL, "%s: %s", push->name, message);
    diag_hint(diags, diag,
              "Pull what there is and look at both; --force replaces it all the same, and keeps it "
              "in a file. Nothing was changed.");
    return false;
}

static bool may_replace(const struct push *push, const struct state *state,
                        const struct state_head *head, struct diags *diags)
{
    if (push->options->force)
        return true;
    if (!str_eq(head->lineage, state->lineage))
        return refuse(push, diags,
                      arena_printf(push->arena, "it is of lineage %s, the state of %s",
                                   head->lineage, state->lineage));
    return head->serial > state->serial ||
           refuse(push, diags,
                  arena_printf(push->arena, "it has serial %lld, the state already %lld",
                               (long long)head->serial, (long long)state->serial));
}

static bool read_lives(struct push *push, struct state *state, struct diags *diags)
{
    size_t cap = 0;
    struct db_stmt *row = db_query(state->db,
                                   "SELECT address, max(generation) FROM resource_history "
                                   "WHERE generation > 0 GROUP BY address",
                                   diags);
    if (!row)
        return false;
    enum db_step step;
    while ((step = db_step(row, diags)) == DB_ROW) {
        push->lived = arena_grow(push->arena, push->lived, push->lived_len, &cap,
                                 push->lived_len + 1, sizeof(*push->lived));
        push->lived[push->lived_len++] =
            (struct lived){arena_strdup(push->arena, db_text(row, 0)), db_int(row, 1)};
    }
    return step == DB_DONE;
}

static bool begin(void *ctx, struct state *state, struct state_head *head, struct diags *diags)
{
    struct push *push = ctx;
    if (has_recorded_nothing(state))
        return true;
    if (!may_replace(push, state, head, diags))
        return false;
    push->replaces = true;
    head->serial = (head->serial > state->serial ? head->serial : state->serial) + 1;
    push->backup = arena_printf(push->arena, "%s.%.8s-%lld.json", state->path, state->lineage,
                                (long long)state->serial);
    /* the tokens of another lineage are others: its generations say nothing of ours */
    return journal_open_intents(state, push->arena, &push->intents, &push->intent_len, diags) &&
           (!str_eq(head->lineage, state->lineage) || read_lives(push, state, diags)) &&
           state_load(state, push->arena, &push->before, &push->before_len, diags) &&
           export_document(state, &push->old, diags);
}

static void hint_to_settle(const struct intent *intent, struct diag *diag, struct diags *diags)
{
    diag_hint(diags, diag,
              "The next apply settles it, and then pull and edit again. What no run can settle: "
              "`state journal close %lld`. Nothing was changed.",
              (long long)intent->seq);
}

static bool keeps_intent(const struct push *push, struct state *state, const struct intent *intent,
                         struct diags *diags)
{
    struct db_stmt *row = db_query(
        state->db,
        "SELECT 1 FROM journal WHERE seq = ? AND address = ? AND action = ? AND at_ms = ?", diags);
    if (!row)
        return false;
    db_bind_int(row, 1, intent->seq);
    db_bind_text(row, 2, intent->address);
    db_bind_text(row, 3, intent->action);
    db_bind_int(row, 4, intent->at_ms);
    enum db_step step = db_step(row, diags);
    db_reset(row);
    if (step != DB_DONE)
        return step == DB_ROW;
    struct diag *diag = diag_error(diags, E_STATE_PUSH, NO_POS, intent->address,
                                   "%s: it does not know the open intent %lld, to %s this",
                                   push->name, (long long)intent->seq, intent->action);
    hint_to_settle(intent, diag, diags);
    return false;
}

/* ---- the push as a run of the history ---- */

/* An address, as it was here, as it is in the document, and as the document's own history has it.
 */
struct fate {
    const char *address;
    const struct record *before, *after, *told;
};

static struct fate *fate_of(struct map *fates, const char *address)
{
    struct fate *fate = map_get(fates, address);
    if (fate)
        return fate;
    fate = arena_new_of(fates->arena, struct fate);
    fate->address = address;
    map_set(fates, address, fate);
    return fate;
}

static bool read_fates(const struct push *push, struct state *state, struct map *fates,
                       struct diags *diags)
{
    struct past_change *told = NULL;
    size_t told_len = 0;
    if (!state_rows_last(state, push->arena, &told, &told_len, diags))
        return false;
    for (size_t i = 0; i < push->before_len; i++)
        fate_of(fates, push->before[i].address)->before = &push->before[i];
    for (size_t i = 0; i < push->after_len; i++)
        fate_of(fates, push->after[i].address)->after = &push->after[i];
    for (size_t i = 0; i < told_len; i++)
        fate_of(fates, told[i].address)->told = told[i].after;
    return true;
}

static int64_t generation_of(struct state *state, const struct fate *fate)
{
    return fate->after ? fate->after->generation : history_generation(state, fate->address);
}

static bool insert_run(const struct push *push, struct state *state, struct diags *diags)
{
    struct db_stmt *stmt =
        db_query(state->db,
                 "INSERT INTO run (id, started_ms, ended_ms, who, command, plan_sha, result) "
                 "SELECT coalesce(max(id), 0) + 1, ?1, ?1, ?2, ?3, '', 'done' FROM run",
                 diags);
    if (!stmt)
        return false;
    db_bind_int(stmt, 1, push->options->now_ms);
    db_bind_text(stmt, 2, state->who);
    db_bind_text(stmt, 3, state->command);
    return db_run(stmt, diags) &&
           query_int(state->db, "SELECT max(id) FROM run", &state->run, diags);
}

/* What was here before stands in the history as of the serial before, unless the document says the
 * same; what it changes, as of its own. So an undo finds what the push has replaced. */
static bool write_before(const struct push *push, struct state *state, const struct map *fates,
                         struct diags *diags)
{
    for (size_t i = 0; i < fates->len; i++) {
        const struct fate *fate = fates->entries[i].value;
        if (!record_same(fate->told, fate->before) &&
            !history_add(state, fate->address, fate->before, generation_of(state, fate),
                         push->options->now_ms, diags))
            return false;
    }
    return true;
}

static bool write_after(const struct push *push, struct state *state, const struct map *fates,
                        struct diags *diags)
{
    for (size_t i = 0; i < fates->len; i++) {
        const struct fate *fate = fates->entries[i].value;
        if (!record_same(fate->before, fate->after) &&
            !history_add(state, fate->address, fate->after, generation_of(state, fate),
                         push->options->now_ms, diags))
            return false;
    }
    return true;
}

/* The lives that were lived here: no generation falls. */
static bool raise_generations(const struct push *push, struct state *state, struct map *fates,
                              struct diags *diags)
{
    for (size_t i = 0; i < push->lived_len; i++) {
        const struct lived *lived = &push->lived[i];
        const struct fate *fate = fate_of(fates, lived->address);
        if (history_generation(state, lived->address) < lived->generation &&
            !history_add(state, lived->address, fate->after, lived->generation,
                         push->options->now_ms, diags))
            return false;
    }
    return true;
}

static bool write_history(const struct push *push, struct state *state, int64_t serial,
                          struct diags *diags)
{
    struct map fates;
    map_init(&fates, push->arena);
    if (!read_fates(push, state, &fates, diags))
        return false;
    state->pending = serial - 1;
    if (!write_before(push, state, &fates, diags) || !insert_run(push, state, diags))
        return false;
    state->pending = serial;
    return write_after(push, state, &fates, diags) && raise_generations(push, state, &fates, diags);
}

/* "vaults.v/policy" of "vaults.v", and what stands beside it while it is replaced. */
static bool is_part_of(const char *address, const char *whole)
{
    size_t len = strlen(whole);
    return strncmp(address, whole, len) == 0 && (!address[len] || strchr("/#", address[len]));
}

/* The same object, whatever is said of it. */
static bool same_object(const struct record *a, const struct record *b)
{
    return a && b && str_eq(a->type, b->type) && str_eq(a->account_id, b->account_id) &&
           str_eq(a->region, b->region) && str_eq(a->identifier, b->identifier);
}

/* What of the rows that an intent is about, or a part of, the document has not; NULL: nothing. */
static const char *first_lost(const struct record *rows, size_t len, const struct record *others,
                              size_t other_len, const char *address)
{
    for (size_t i = 0; i < len; i++)
        if (is_part_of(address, rows[i].address) &&
            !same_object(&rows[i], record_find(others, other_len, rows[i].address)))
            return rows[i].address;
    return NULL;
}

/* What settles an intent writes its row where the intent says: it has to stand there still. */
static bool keeps_row(const struct push *push, const struct intent *intent, struct diags *diags)
{
    const char *lost =
        first_lost(push->before, push->before_len, push->after, push->after_len, intent->address);
    if (!lost)
        lost = first_lost(push->after, push->after_len, push->before, push->before_len,
                          intent->address);
    if (!lost)
        return true;
    struct diag *diag = diag_error(diags, E_STATE_PUSH, NO_POS, intent->address,
                                   "%s: it has another object at `%s` or none, and the open intent "
                                   "%lld, to %s this, is still to be settled",
                                   push->name, lost, (long long)intent->seq, intent->action);
    hint_to_settle(intent, diag, diags);
    return false;
}

static bool was_open(const struct push *push, const struct intent *intent)
{
    for (size_t i = 0; i < push->intent_len; i++)
        if (push->intents[i].seq == intent->seq)
            return true;
    return false;
}

/* Whether what is recorded now can be; every row that cannot is reported. */
static bool check_rows(struct push *push, struct state *state, struct diags *diags)
{
    const struct push_options *options = push->options;
    struct intent *intents = NULL;
    size_t intent_len = 0;
    bool good = true;
    if (!state_load(state, push->arena, &push->after, &push->after_len, diags) ||
        !journal_open_intents(state, push->arena, &intents, &intent_len, diags))
        return false;
    for (size_t i = 0; options->check && i < push->after_len; i++)
        good = options->check(options->ctx, push->after[i].address, push->after[i].type, diags) &&
               good;
    for (size_t i = 0; options->check && i < intent_len; i++)
        good = options->check(options->ctx, intents[i].address, intents[i].type, diags) && good;
    for (size_t i = 0; i < intent_len; i++)
        good = (!was_open(push, &intents[i]) || keeps_row(push, &intents[i], diags)) && good;
    return good;
}

/* Last of all, when nothing but the commit can fail: a push that is refused leaves no file. One
 * that a shared state does not take leaves it: the batch may stand there all the same. */
static bool keep_old(const struct push *push, struct diags *diags)
{
    return !push->backup ||
           file_write_atomic(push->backup, slice_of(strbuf_str(&push->old)), 0600, diags);
}

static bool end(void *ctx, struct state *state, struct state_head *head, struct diags *diags)
{
    struct push *push = ctx;
    for (size_t i = 0; i < push->intent_len; i++)
        if (!keeps_intent(push, state, &push->intents[i], diags))
            return false;
    if (!check_rows(push, state, diags))
        return false;
    bool good = !push->replaces || write_history(push, state, head->serial, diags);
    state->pending = state->serial;
    state->run = 0;
    return good && keep_old(push, diags);
}

bool state_push(struct state *state, struct arena *arena, const char *name, struct slice document,
                const struct push_options *options, const char **ret_backup, struct diags *diags)
{
    struct push push = {.arena = arena, .name = name, .options = options};
    strbuf_init(&push.old, arena, STATE_DOCUMENT_MAX);
    const struct import_checks checks = {.begin = begin, .end = end, .ctx = &push};
    if (!import_document(state, name, document, &checks, diags))
        return false;
    *ret_backup = push.backup;
    return true;
}
