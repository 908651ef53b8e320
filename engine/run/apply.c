#include "engine/base/bug.h"
#include "engine/base/crypto.h"
#include "engine/base/json.h"
#include "engine/config/normalize.h"
#include "engine/plan/planfile.h"
#include "engine/plan/text.h"
#include "engine/run/recheck.h"

#include <stdint.h>
#include <stdlib.h>

/* The executor. One turn: outcomes of the last turn and the intents of what may start now go into
 * one commit; only then do calls leave the machine. Operations are grouped by rank: a group starts
 * when all before it have settled; edges come first (a node's group is never below those it depends
 * on). */

enum node_phase { NODE_WAITING, NODE_READY, NODE_RUNNING, NODE_DONE, NODE_FAILED, NODE_SKIPPED };

#define GROUP_OF_DELETES 2000 /* minus the rank: the reverse of creation */
#define GROUP_LAST 5000       /* compliance locks */
#define READ_BACK_ATTEMPTS 30
#define STALE_ATTEMPTS                                                                             \
    6 /* together half a minute; then what is shown is recorded, and drift tells */
#define STALE_WAIT_MS 500

struct node {
    struct executor *executor;
    const struct change *change;
    size_t index;    /* of the change in the plan */
    const char *row; /* the address of its row: the old half of a replacement has one of its own */
    const struct change *replaced; /* what a create stands beside until that is deleted, or NULL */
    enum node_phase phase;
    int group;
    size_t unmet;
    struct node **dependents;
    size_t dependent_len, dependent_cap;
    const struct value *desired; /* all references resolved */
    const char *identifier;
    struct intent intent;
    bool journaled;
    bool sent;                  /* its intent is durable, and its call has left */
    bool recorded;              /* so is its outcome */
    const char *outcome;        /* "done", ...; NULL: none yet */
    struct node *next_in_batch; /* of those whose outcome is to become durable */
    bool rechecked;             /* the object is what a saved plan saw */
    bool failed_write;          /* the call failed: what follows only looks at what is left */
    bool ambiguous;             /* nobody can say whether the failed call ran */
    enum ownership said;        /* by find, after a failed create */
    int reads, stale;
    int64_t started_ms;
};

struct executor {
    struct run *run;
    struct node *nodes;
    size_t len, unsettled, running, limit;
    struct node **queue; /* ready nodes of the current group, in plan order */
    size_t queue_head, queue_len;
    struct node **order; /* all nodes by (group, plan order) */
    size_t group_start, group_end, group_left;
    struct map attributes; /* address -> const struct value *: what is true now */
    struct run_summary summary;
    struct node *batch; /* whose outcomes the next commit holds */
    size_t durable;     /* how many of summary.done the last commit held */
    bool broken;        /* the state cannot be written */
};

static void report(struct node *node, enum run_phase phase)
{
    struct run *run = node->executor->run;
    if (!run->progress)
        return;
    struct run_event event = {
        .phase = phase, .change = node->change, .ms = loop_now_ms(run->loop) - node->started_ms};
    run->progress(run->progress_ctx, &event);
}

static const struct value *current_attribute(void *ctx, const char *address, const char *attribute)
{
    const struct executor *executor = ctx;
    return value_get(map_get(&executor->attributes, address), attribute);
}

static void set_attributes(struct executor *executor, const char *address,
                           const struct value *attributes)
{
    map_set(&executor->attributes, address, (void *)(uintptr_t)attributes);
}

/* ---- settling ---- */

static void enqueue(struct executor *executor, struct node *node)
{
    node->phase = NODE_READY;
    executor->queue[executor->queue_len++] = node;
}

static void settle_node(struct node *node, enum node_phase phase);

static void skip_dependents(struct node *node)
{
    for (size_t i = 0; i < node->dependent_len; i++) {
        struct node *dependent = node->dependents[i];
        if (dependent->phase != NODE_WAITING)
            continue;
        struct diags *diags = node->executor->run->diags;
        diag_warning(diags, E_DEPENDENCY,
                     dependent->change->resource ? dependent->change->resource->pos : NO_POS,
                     dependent->change->address, "skipped, because %s did not succeed",
                     node->change->address);
        settle_node(dependent, NODE_SKIPPED);
    }
}

static void settle_node(struct node *node, enum node_phase phase)
{
    struct executor *executor = node->executor;
    static const enum run_phase phases[] = {
        [NODE_DONE] = RUN_DONE, [NODE_FAILED] = RUN_FAILED, [NODE_SKIPPED] = RUN_SKIPPED};
    if (node->phase == NODE_RUNNING)
        executor->running--;
    node->phase = phase;
    executor->unsettled--;
    report(node, phases[phase]);
    if (phase == NODE_DONE) {
        executor->summary.done++;
        for (size_t i = 0; i < node->dependent_len; i++) {
            struct node *dependent = node->dependents[i];
            dependent->unmet--;
        }
    } else {
        *(phase == NODE_FAILED ? &executor->summary.failed : &executor->summary.skipped) += 1;
        skip_dependents(node);
    }
}

/* Writes the outcome into the batch of this turn. A state that cannot be written ends the run: what
 * flies is settled by the next one. */
static void journal(struct node *node, enum outcome outcome, const struct record *record,
                    bool remove)
{
    struct executor *executor = node->executor;
    struct run *run = executor->run;
    int64_t now = loop_now_ms(run->loop);
    bool ok;
    if (node->journaled) {
        node->outcome = outcome_name(outcome);
        node->next_in_batch = executor->batch;
        executor->batch = node;
    }
    if (node->journaled)
        ok = journal_outcome(run->state, node->intent.seq, outcome, record, remove, NULL, now,
                             run->diags);
    else if (record)
        ok = state_put(run->state, record, now, run->diags);
    else
        ok = !remove || state_remove(run->state, node->row, now, run->diags);
    executor->broken = executor->broken || !ok;
}

/* What is recorded has not been deleted by us, and AWS may remember the token that it was made
 * with: it stands beside the new object until its own delete, or somebody else has removed it. */
static bool begins_anew(const struct node *node)
{
    const struct change *change = node->change;
    return node->replaced || (change->action == ACTION_CREATE && change->gone);
}

/* The row of the new object takes the place of the old one's, which stands until its own delete:
 * it gets a row of its own, in the same commit. */
static void keep_replaced(struct node *node)
{
    struct executor *executor = node->executor;
    struct run *run = executor->run;
    const struct change *old = node->replaced;
    if (!old || str_eq(old->identifier, node->identifier))
        return;
    struct record kept = {.type = old->schema->type_name,
                          .account_id = old->account_id,
                          .region = old->region,
                          .identifier = old->identifier,
                          .attributes = object_sealed(
                              run, old->schema, map_get(&executor->attributes, old->address))};
    if (old->record)
        kept = *old->record;
    kept.address = record_replaced_address(run->arena, old->address, old->identifier);
    if (!state_put(run->state, &kept, loop_now_ms(run->loop), run->diags))
        executor->broken = true;
}

/* ---- the operations of one node ---- */

static void read_back(struct node *node);

static void retry_read(void *ctx)
{
    read_back(ctx);
}

/* The object of that name that was deleted for this one is still to be seen. */
static bool shows_predecessor(const struct node *node, const struct value *attributes)
{
    const struct change *change = node->change;
    return change->action == ACTION_CREATE && change->replacement && change->record &&
           object_is_as_recorded(node->executor->run, change->schema, change->record, attributes);
}

static void read_ended(void *ctx, const struct op_outcome *outcome)
{
    struct node *node = ctx;
    struct executor *executor = node->executor;
    struct run *run = executor->run;
    const struct change *change = node->change;
    if (outcome->result == OP_RESULT_FAILED) {
        /* not known: the intent stays open, and the next run settles it by reading */
        settle_node(node, NODE_FAILED);
        return;
    }
    if (outcome->result == OP_RESULT_GONE) {
        if (!node->failed_write && ++node->reads < READ_BACK_ATTEMPTS) {
            loop_after(run->loop, node->reads < 5 ? 1000 : 5000, retry_read, node);
            return;
        }
        if (!node->failed_write && loop_draining(run->loop)) {
            settle_node(node, NODE_FAILED); /* nobody has waited for it: the intent stays open */
            return;
        }
        if (!node->failed_write)
            diag_error(run->diags, E_TIMEOUT, change->resource->pos, change->address,
                       "AWS accepted the call but does not show the object");
        journal(node, node->failed_write ? OUTCOME_ABANDONED : OUTCOME_FAILED, NULL, false);
        settle_node(node, NODE_FAILED);
        return;
    }
    const struct value *attributes = value_copy(run->arena, outcome->attributes);
    const char *owner = NULL;
    if (node->failed_write && change->action == ACTION_CREATE &&
        object_owner(run->arena, change->schema, node->desired, node->said, attributes, &owner) ==
            FOUND_OTHER) {
        journal(node, OUTCOME_ABANDONED, NULL, false);
        settle_node(node, NODE_FAILED);
        return;
    }
    bool before = node->failed_write
                      ? shows_predecessor(node, attributes)
                      : !object_has_arrived(run, change->schema, node->desired, attributes);
    if (before && ++node->stale < STALE_ATTEMPTS) {
        loop_after(run->loop, STALE_WAIT_MS << node->stale, retry_read, node);
        return; /* AWS still shows what was there before */
    }
    if (before && node->failed_write) {
        settle_node(node, NODE_FAILED); /* not known: the intent stays open */
        return;
    }
    struct object_facts facts = {
        .schema = change->schema,
        .address = change->address,
        .account_id = change->account_id,
        .region = change->region,
        .identifier = node->identifier,
        .desired = node->desired,
        .attributes = attributes,
        .prior = change->action == ACTION_CREATE ? NULL : change->record,
        .found =
            change->action == ACTION_ADOPT ? map_get(&executor->attributes, change->address) : NULL,
        .certainty = node->failed_write ? OBJECT_UNCERTAIN : OBJECT_WRITTEN};
    struct record record = object_record(run, &facts);
    record.generation += begins_anew(node);
    keep_replaced(node);
    set_attributes(executor, change->address, attributes);
    journal(node, node->failed_write ? OUTCOME_FAILED : OUTCOME_DONE, &record, false);
    settle_node(node, node->failed_write ? NODE_FAILED : NODE_DONE);
}

static void read_back(struct node *node)
{
    struct run *run = node->executor->run;
    const struct change *change = node->change;
    struct op_spec spec = object_spec(run, OP_READ, change->schema, change->address,
                                      change->account_id, change->region);
    spec.identifier = node->identifier;
    loop_start(run->loop, &spec, read_ended, node);
}

static void find_ended(void *ctx, const struct op_outcome *outcome)
{
    struct node *node = ctx;
    if (outcome->result == OP_RESULT_FAILED) {
        settle_node(node, NODE_FAILED); /* the intent stays open */
        return;
    }
    bool ours = outcome->result == OP_RESULT_FOUND && outcome->ownership != OWNER_OTHER;
    if (!ours) {
        /* AWS's lists lag behind: where the call may have run, the next run looks once more */
        if (!node->ambiguous)
            journal(node, OUTCOME_ABANDONED, NULL, false);
        settle_node(node, NODE_FAILED);
        return;
    }
    node->said = outcome->ownership;
    node->identifier = arena_strdup(node->executor->run->arena, outcome->identifier);
    read_back(node);
}

/* A create that failed may have made the object, or a part of it: look, never guess. */
static void look_after_failure(struct node *node)
{
    struct run *run = node->executor->run;
    const struct change *change = node->change;
    node->failed_write = true;
    if (node->identifier) {
        read_back(node);
        return;
    }
    struct op_spec spec = object_spec(run, OP_FIND, change->schema, change->address,
                                      change->account_id, change->region);
    spec.desired = node->desired;
    spec.token = node->intent.token;
    spec.may_be_new = true;
    loop_start(run->loop, &spec, find_ended, node);
}

static void write_ended(void *ctx, const struct op_outcome *outcome)
{
    struct node *node = ctx;
    struct run *run = node->executor->run;
    if (outcome->identifier)
        node->identifier = arena_strdup(run->arena, outcome->identifier);
    if (outcome->result == OP_RESULT_FAILED) {
        node->ambiguous = outcome->fault == FAULT_TRANSIENT;
        look_after_failure(node);
        return;
    }
    BUG_ON(!node->identifier);
    read_back(node);
}

static void remove_ended(void *ctx, const struct op_outcome *outcome)
{
    struct node *node = ctx;
    if (outcome->result == OP_RESULT_FAILED) {
        /* still there, or not known: the row stays, the next plan reads it */
        journal(node, OUTCOME_FAILED, NULL, false);
        settle_node(node, NODE_FAILED);
        return;
    }
    set_attributes(node->executor, node->row, NULL);
    journal(node, OUTCOME_DONE, NULL, true);
    settle_node(node, NODE_DONE);
}

/* ---- starting ---- */

static const char *action_name(const struct change *change)
{
    static const char *const names[] = {
        [ACTION_NONE] = "none",     [ACTION_CREATE] = "create", [ACTION_ADOPT] = "adopt",
        [ACTION_UPDATE] = "update", [ACTION_DELETE] = "delete", [ACTION_FORGET] = "forget"};
    return names[change->action];
}

static bool refuse_desired(struct node *node, const char *what)
{
    const struct change *change = node->change;
    diag_error(node->executor->run->diags, E_VALUE_MOVED, change->resource->pos, change->address,
               "%s", what);
    return false;
}

/* Of a saved plan: what the change would make is still what somebody has read. */
static bool is_as_saved(struct node *node)
{
    const struct run *run = node->executor->run;
    if (!run->saved)
        return true;
    const char *then = run->saved->desired_digests[node->index];
    const char *now = planfile_desired_digest(run->arena, node->change, &run->saved->key);
    return str_eq(then, now) ||
           refuse_desired(node, "what is desired has not the digest of the plan");
}

static bool refuse_property(struct node *node, const char *name, const struct value *then,
                            const struct value *now)
{
    struct arena *arena = node->executor->run->arena;
    const struct schema_node *schema = schema_property_of(node->change->schema->root, name);
    return refuse_desired(node, arena_printf(arena, "%s was %s in the plan and is %s now", name,
                                             text_value(arena, schema, then),
                                             text_value(arena, schema, now)));
}

/* What the request is made of says what the plan says: a value that the plan knew may not differ,
 * and none may come that it did not know. */
static bool is_as_planned(struct node *node)
{
    struct executor *executor = node->executor;
    struct arena *arena = executor->run->arena;
    const struct change *change = node->change;
    const struct value *then = normalize(
        arena, change->schema, value_resolve(arena, change->after, current_attribute, executor));
    const struct value *now = normalize(arena, change->schema, node->desired);
    for (size_t i = 0; i < value_len(then); i++) {
        const struct value_entry *entry = &then->map.entries[i];
        const struct value *actual = value_get(now, entry->key);
        if (!actual || !value_equal(entry->value, actual))
            return refuse_property(node, entry->key, entry->value, actual);
    }
    for (size_t i = 0; i < value_len(now); i++) {
        const struct value_entry *entry = &now->map.entries[i];
        if (!value_get(then, entry->key))
            return refuse_property(node, entry->key, NULL, entry->value);
    }
    return true;
}

/* The desired properties with every reference resolved. */
static bool resolve_desired(struct node *node)
{
    struct executor *executor = node->executor;
    struct run *run = executor->run;
    const struct change *change = node->change;
    if (!change->resource)
        return true;
    node->desired =
        value_resolve(run->arena, change->resource->properties, current_attribute, executor);
    if (value_has_unknown(node->desired))
        return refuse_desired(node, "a reference has no value although what it names is in place");
    return is_as_saved(node) && is_as_planned(node);
}

static bool needs_call(const struct change *change)
{
    return change->action == ACTION_CREATE || change->action == ACTION_UPDATE ||
           change->action == ACTION_DELETE ||
           (change->action == ACTION_ADOPT && change->difference_len > 0);
}

/* An adopted object as it was found. */
static struct record found_record(struct node *node)
{
    const struct change *change = node->change;
    struct object_facts facts = {.schema = change->schema,
                                 .address = change->address,
                                 .account_id = change->account_id,
                                 .region = change->region,
                                 .identifier = change->identifier,
                                 .desired = node->desired,
                                 .attributes =
                                     map_get(&node->executor->attributes, change->address),
                                 .found = map_get(&node->executor->attributes, change->address),
                                 .certainty = OBJECT_FOUND};
    return object_record(node->executor->run, &facts);
}

/* What is shared by nature was there before us, and others may ask what it was: it is recorded as
 * it was found before it is changed, so that the history knows. */
static bool remember_found(struct node *node)
{
    struct run *run = node->executor->run;
    if (node->change->action != ACTION_ADOPT || !node->change->resource->schema->adopt)
        return true;
    struct record record = found_record(node);
    return state_put(run->state, &record, loop_now_ms(run->loop), run->diags);
}

/* What is gone was not deleted by us; whoever comes at its address is another all the same, and AWS
 * may remember the token of the one before. */
static void end_life(struct node *node)
{
    struct executor *executor = node->executor;
    struct run *run = executor->run;
    if (!node->change->gone)
        return;
    struct record last = *node->change->record;
    last.address = node->row;
    last.generation = state_generation(run->state, node->row) + 1;
    if (!state_put(run->state, &last, loop_now_ms(run->loop), run->diags))
        executor->broken = true;
}

/* Actions that only change the state. */
static void settle_without_call(struct node *node)
{
    const struct change *change = node->change;
    if (change->action == ACTION_FORGET) {
        end_life(node);
        journal(node, OUTCOME_DONE, NULL, true);
    } else if (change->action == ACTION_ADOPT) {
        struct record record = found_record(node);
        journal(node, OUTCOME_DONE, &record, false);
    }
    settle_node(node, NODE_DONE);
}

/* Digest of the desired properties, for the journal. */
static const char *digest_of(struct arena *arena, const struct value *desired)
{
    return desired ? sha256_hex(arena, slice_of(json_print(arena, desired, JSON_SORTED))) : NULL;
}

static bool write_intent(struct node *node)
{
    struct run *run = node->executor->run;
    const struct change *change = node->change;
    const struct value *desired = object_sealed(run, change->schema, node->desired);
    node->intent = (struct intent){
        .address = node->row,
        .type = change->schema->type_name,
        .action = action_name(change),
        .account_id = change->account_id,
        .region = change->region,
        .identifier = change->action == ACTION_CREATE ? NULL : change->identifier,
        .desired = desired,
        .digest = digest_of(run->arena, desired),
        .token = begins_anew(node)
                     ? state_replacement_token(run->state, run->arena, change->address)
                     : state_token(run->state, run->arena, change->address),
        .at_ms = loop_now_ms(run->loop),
    };
    node->journaled = true;
    return journal_intent(run->state, &node->intent, run->diags);
}

/* What op_prior() shows to an update: observed, but only those tags that we manage, so that tags
 * which others added are never removed. */
static const struct value *prior_of(struct node *node)
{
    struct executor *executor = node->executor;
    struct arena *arena = executor->run->arena;
    const struct change *change = node->change;
    const struct value *observed = map_get(&executor->attributes, change->address);
    const struct value *tags = value_get(observed, "tags");
    const struct value *recorded_tags =
        change->record ? value_get(change->record->attributes, "tags") : NULL;
    const struct value *wanted_tags = value_get(node->desired, "tags");
    struct map_builder prior = map_begin_from(arena, observed);
    if (value_is(tags, VALUE_MAP)) {
        struct map_builder kept = map_begin(arena);
        for (size_t i = 0; i < tags->map.len; i++)
            if (value_get(recorded_tags, tags->map.entries[i].key) ||
                value_get(wanted_tags, tags->map.entries[i].key))
                map_put(&kept, tags->map.entries[i].key, tags->map.entries[i].value);
        map_put(&prior, "tags", map_end(&kept));
    }
    const struct value *write_only = change->record ? change->record->write_only : NULL;
    for (size_t i = 0; value_is(write_only, VALUE_MAP) && i < write_only->map.len; i++)
        map_put(&prior, write_only->map.entries[i].key, write_only->map.entries[i].value);
    return map_end(&prior);
}

static void send_node(struct node *node)
{
    struct run *run = node->executor->run;
    const struct change *change = node->change;
    bool deleting = change->action == ACTION_DELETE;
    enum op_kind kind = deleting                          ? OP_REMOVE
                        : change->action == ACTION_CREATE ? OP_CREATE
                                                          : OP_UPDATE;
    struct op_spec spec =
        object_spec(run, kind, change->schema, change->address, change->account_id, change->region);
    spec.identifier = kind == OP_CREATE ? NULL : change->identifier;
    spec.desired = node->desired;
    spec.token = node->intent.token;
    spec.prior = kind == OP_CREATE ? NULL : prior_of(node);
    node->identifier = spec.identifier;
    node->sent = true;
    loop_start(run->loop, &spec, deleting ? remove_ended : write_ended, node);
}

static void recheck_ended(void *ctx, const struct op_outcome *outcome)
{
    struct node *node = ctx;
    struct executor *executor = node->executor;
    const struct change *subject = recheck_subject(node->change, node->replaced);
    if (!recheck_passed(executor->run, subject, outcome)) {
        settle_node(node, NODE_FAILED);
        return;
    }
    if (outcome->attributes)
        set_attributes(executor, subject->address,
                       value_copy(executor->run->arena, outcome->attributes));
    node->rechecked = true;
    executor->running--;
    enqueue(executor, node);
}

/* Looks at the object of a saved plan once more; false where that is not needed (any more). */
static bool recheck(struct node *node)
{
    struct run *run = node->executor->run;
    const struct change *subject = recheck_subject(node->change, node->replaced);
    if (!run->saved || node->rechecked || !subject)
        return false;
    struct op_spec spec = recheck_spec(run, subject, node->desired);
    loop_start(run->loop, &spec, recheck_ended, node);
    return true;
}

static bool stop_wanted(const struct executor *executor)
{
    return executor->broken || (executor->run->stop && *executor->run->stop);
}

/* Puts the intents of what may start now into the batch; returns how many nodes moved on. */
static size_t pick(struct executor *executor, struct node **started, size_t *started_len)
{
    size_t moved = 0;
    while (executor->queue_head < executor->queue_len && executor->running < executor->limit &&
           !stop_wanted(executor)) {
        struct node *node = executor->queue[executor->queue_head++];
        moved++;
        node->phase = NODE_RUNNING;
        node->started_ms = loop_now_ms(executor->run->loop);
        executor->running++;
        if (!resolve_desired(node)) {
            settle_node(node, NODE_FAILED);
            continue;
        }
        if (recheck(node))
            continue;
        if (!needs_call(node->change)) {
            settle_without_call(node);
            continue;
        }
        if (!remember_found(node) || !write_intent(node)) {
            executor->broken = true;
            break;
        }
        started[(*started_len)++] = node;
    }
    return moved;
}

/* Moves nodes of the current group whose dependencies are settled into the queue; goes on to the
 * next group when this one is settled. */
static void gather(struct executor *executor)
{
    for (;;) {
        size_t left = 0;
        for (size_t i = executor->group_start; i < executor->group_end; i++) {
            struct node *node = executor->order[i];
            if (node->phase == NODE_WAITING && node->unmet == 0)
                enqueue(executor, node);
            if (node->phase == NODE_WAITING || node->phase == NODE_READY ||
                node->phase == NODE_RUNNING)
                left++;
            else if (i == executor->group_start)
                executor->group_start++; /* settled from the front: never looked at again */
        }
        if (left > 0 || executor->group_end >= executor->len)
            return;
        executor->group_start = executor->group_end;
        int group = executor->order[executor->group_start]->group;
        while (executor->group_end < executor->len &&
               executor->order[executor->group_end]->group == group)
            executor->group_end++;
        if (group >= GROUP_LAST && executor->summary.failed + executor->summary.skipped > 0) {
            for (size_t i = executor->group_start; i < executor->group_end; i++) {
                struct node *node = executor->order[i];
                if (node->phase != NODE_WAITING)
                    continue;
                diag_warning(executor->run->diags, E_DEPENDENCY, NO_POS, node->change->address,
                             "skipped: locks are put only when all else has succeeded");
                settle_node(node, NODE_SKIPPED);
            }
        }
    }
}

static void skip_rest(struct executor *executor)
{
    for (size_t i = 0; i < executor->len; i++) {
        struct node *node = &executor->nodes[i];
        bool held_back =
            node->phase == NODE_RUNNING && !node->sent; /* its intent was not written */
        if (node->phase == NODE_WAITING || node->phase == NODE_READY || held_back)
            settle_node(node, NODE_SKIPPED);
    }
    executor->summary.failed += executor->running; /* sent, and nobody will know what came of it */
}

/* What this turn has written becomes durable, or the run ends. */
static void commit(struct executor *executor)
{
    struct run *run = executor->run;
    struct run_summary *summary = &executor->summary;
    if (executor->broken || !journal_commit(run->state, run->diags)) {
        executor->broken = true;
        summary->failed += summary->done - executor->durable; /* nobody will know of it */
        summary->done = executor->durable;
        return;
    }
    executor->durable = summary->done;
    for (; executor->batch; executor->batch = executor->batch->next_in_batch)
        executor->batch->recorded = true;
}

/* One intent that stays open, with what is known of its call. */
static const struct value *unrecorded_one(const struct node *node)
{
    const struct intent *intent = &node->intent;
    struct map_builder b = map_begin(node->executor->run->arena);
    map_put_int(&b, "seq", intent->seq);
    map_put_str(&b, "address", intent->address);
    map_put_str(&b, "type", intent->type);
    map_put_str(&b, "action", intent->action);
    map_put_str(&b, "account_id", intent->account_id);
    map_put_str(&b, "region", intent->region);
    map_put_str(&b, "identifier", node->identifier);
    map_put_str(&b, "outcome", node->outcome ? node->outcome : "unknown");
    return map_end(&b);
}

static const struct value *unrecorded(const struct executor *executor)
{
    struct list_builder list = list_begin(executor->run->arena);
    for (size_t i = 0; executor->broken && i < executor->len; i++)
        if (executor->nodes[i].sent && !executor->nodes[i].recorded)
            list_add(&list, unrecorded_one(&executor->nodes[i]));
    return list_end(&list);
}

static void execute(struct executor *executor)
{
    struct run *run = executor->run;
    struct node **started = arena_array(run->arena, executor->len + 1, sizeof(*started));
    while (executor->unsettled > 0) {
        size_t started_len = 0;
        do {
            gather(executor);
        } while (pick(executor, started, &started_len) > 0 && !executor->broken);
        commit(executor);
        if (executor->broken)
            break; /* what was picked has not been sent; what flies is settled by the next run */
        for (size_t i = 0; i < started_len; i++) {
            report(started[i], RUN_STARTED);
            send_node(started[i]);
        }
        if (executor->running == 0) {
            if (started_len == 0)
                break;
            continue;
        }
        if (stop_wanted(executor))
            loop_drain(run->loop);
        if (!loop_turn(run->loop))
            break;
    }
    commit(executor);
    skip_rest(executor);
}

/* ---- building ---- */

static void link_nodes(struct executor *executor, struct node *before, struct node *after)
{
    before->dependents =
        arena_grow(executor->run->arena, before->dependents, before->dependent_len,
                   &before->dependent_cap, before->dependent_len + 1, sizeof(*before->dependents));
    before->dependents[before->dependent_len++] = after;
    after->unmet++;
    if (before->group > after->group)
        after->group = before->group;
}

static int group_of(const struct change *change)
{
    if (change->last)
        return GROUP_LAST;
    if (change->action == ACTION_DELETE || change->action == ACTION_FORGET)
        return change->replacement ? change->rank : GROUP_OF_DELETES - change->rank;
    return change->rank;
}

static int compare_nodes(const void *a, const void *b)
{
    const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Nodes stand in plan order, where a dependency never stands behind what waits for it. */
static void build(struct executor *executor, const struct plan *plan)
{
    struct arena *arena = executor->run->arena;
    struct map by_address; /* the latest node of an address so far */
    map_init(&by_address, arena);
    executor->nodes = arena_array(arena, plan->len, sizeof(*executor->nodes));
    executor->order = arena_array(arena, plan->len + 1, sizeof(*executor->order));
    /* a node that is looked at once more stands in the queue twice */
    executor->queue = arena_array(arena, 2 * plan->len + 1, sizeof(*executor->queue));
    for (size_t i = 0; i < plan->len; i++) {
        const struct change *change = &plan->changes[i];
        if (change->action == ACTION_NONE)
            continue;
        struct node *node = &executor->nodes[executor->len++];
        *node = (struct node){.executor = executor,
                              .change = change,
                              .index = i,
                              .row = change->address,
                              .group = group_of(change)};
        struct node *twin = map_get(&by_address, change->address);
        if (twin)
            link_nodes(executor, twin, node); /* the other half of a replacement */
        if (twin && change->action != ACTION_CREATE) {
            twin->replaced = change;
            node->row = record_replaced_address(arena, change->address, change->identifier);
        }
        for (size_t d = 0; d < change->depends_on_len; d++) {
            struct node *before = map_get(&by_address, change->depends_on[d]);
            if (before && before != twin)
                link_nodes(executor, before, node);
        }
        map_set(&by_address, change->address, node);
    }
    for (size_t i = 0; i < executor->len; i++)
        executor->order[i] = &executor->nodes[i];
    qsort(executor->order, executor->len, sizeof(struct node *), compare_nodes);
    executor->unsettled = executor->len;
}

bool run_apply(struct run *run, const struct plan *plan, const struct run_world *world,
               struct run_summary *ret)
{
    struct executor executor = {.run = run, .limit = run->parallelism ? run->parallelism : 256};
    map_init(&executor.attributes, run->arena);
    for (size_t i = 0; i < world->record_len; i++)
        set_attributes(&executor, world->records[i].address, world->records[i].attributes);
    for (size_t i = 0; i < world->observation_len; i++) {
        const struct observation *observation = &world->observations[i];
        if (observation->gone || observation->attributes)
            set_attributes(&executor, observation->address, observation->attributes);
    }
    build(&executor, plan);
    if (!journal_begin_run(run->state, plan->fingerprint, loop_now_ms(run->loop), run->diags))
        return false;
    execute(&executor);
    bool ok = !executor.broken && executor.summary.failed == 0 && executor.summary.skipped == 0;
    const char *result = executor.broken ? "state not writable" : ok ? "done" : "incomplete";
    if (!executor.broken)
        ok = journal_end_run(run->state, result, loop_now_ms(run->loop), run->diags) && ok;
    *ret = executor.summary;
    ret->unrecorded = unrecorded(&executor);
    return ok;
}
