#include "engine/base/bug.h"
#include "engine/run/object.h"
#include "engine/run/pump.h"

#include <stdint.h>

/* One open intent on its way to an answer. The table of docs/STATE.md:
 *   create, nothing found      AWS never got it: closed, planned again with the same token
 *   create, ours found         adopted as a record; the ordinary diff shows what is missing
 *   create, somebody else's    stops: both owners are named
 *   update                     read again; the ordinary diff decides
 *   delete, gone               the row goes as well
 *   delete, still there        closed, planned again
 *   delete, another's there    without the owner tags that ours had: as if gone, and said */
enum settled { SETTLED_NOT, SETTLED_NOTHING, SETTLED_RECORD, SETTLED_REMOVED, SETTLED_KEEP };

struct case_of {
    struct recovery *recovery;
    struct intent *intent;
    const struct schema *schema;
    const struct record *before; /* as recorded, or NULL */
    const char *identifier;
    enum ownership said;
    enum settled settled;
    struct record record;
    struct record *replaced; /* the row that `record` takes the place of: still an object of ours */
};

struct recovery {
    struct run *run;
    struct pump pump;
    struct case_of *cases;
    bool failed;
};

static void case_failed(struct case_of *c)
{
    c->recovery->failed = true;
    pump_ended(&c->recovery->pump);
}

static void settle(struct case_of *c, enum settled settled)
{
    c->settled = settled;
    pump_ended(&c->recovery->pump);
}

/* The name may have been given away between the deletion and now. */
static bool is_anothers(const struct case_of *c, const struct op_outcome *outcome)
{
    return c->before && object_lost_owner(c->before->attributes, outcome->attributes);
}

static void deletion_read(struct case_of *c, const struct op_outcome *outcome)
{
    const struct intent *intent = c->intent;
    if (outcome->result == OP_RESULT_GONE) {
        settle(c, SETTLED_REMOVED);
    } else if (is_anothers(c, outcome)) {
        diag_warning(c->recovery->run->diags, E_OWNED_BY_OTHER, NO_POS, intent->address,
                     "run %lld was deleting this; %s that stands there now bears no tag of ours, "
                     "and is left alone",
                     (long long)intent->run, c->identifier);
        settle(c, SETTLED_REMOVED);
    } else {
        settle(c, SETTLED_KEEP);
    }
}

/* By its token: beside what it replaces, or after something that is gone. */
static bool began_anew(const struct case_of *c)
{
    const struct intent *intent = c->intent;
    struct run *run = c->recovery->run;
    return !intent->identifier && intent->token &&
           str_eq(intent->token, state_replacement_token(run->state, run->arena, intent->address));
}

static void case_read(void *ctx, const struct op_outcome *outcome)
{
    struct case_of *c = ctx;
    struct run *run = c->recovery->run;
    const struct intent *intent = c->intent;
    if (outcome->result == OP_RESULT_FAILED) {
        case_failed(c);
        return;
    }
    if (str_eq(intent->action, "delete")) {
        deletion_read(c, outcome);
        return;
    }
    if (outcome->result == OP_RESULT_GONE) {
        settle(c, SETTLED_NOTHING);
        return;
    }
    const struct value *attributes = value_copy(run->arena, outcome->attributes);
    if (!intent->identifier) {
        const struct resource *resource =
            run->topology ? topology_find(run->topology, intent->address) : NULL;
        const char *owner = NULL;
        enum found found = object_owner(run->arena, resource ? resource->schema : c->schema,
                                        intent->desired, c->said, attributes, &owner);
        if (found == FOUND_OTHER) {
            diag_error(run->diags, E_CONFLICT, NO_POS, intent->address,
                       "run %lld began to create this, and an object of that name belongs to %s",
                       (long long)intent->run, owner);
            case_failed(c);
            return;
        }
    }
    struct object_facts facts = {.schema = c->schema,
                                 .address = intent->address,
                                 .account_id = intent->account_id,
                                 .region = intent->region,
                                 .identifier = c->identifier,
                                 .desired = intent->desired,
                                 .attributes = attributes,
                                 .prior = intent->identifier ? c->before : NULL,
                                 .found = intent->identifier ? NULL : attributes,
                                 .certainty = OBJECT_UNCERTAIN};
    c->record = object_record(run, &facts);
    c->record.generation += began_anew(c);
    settle(c, SETTLED_RECORD);
}

static void read_case(struct case_of *c)
{
    struct run *run = c->recovery->run;
    struct op_spec spec = object_spec(run, OP_READ, c->schema, c->intent->address,
                                      c->intent->account_id, c->intent->region);
    spec.identifier = c->identifier;
    loop_start(run->loop, &spec, case_read, c);
}

static void case_found(void *ctx, const struct op_outcome *outcome)
{
    struct case_of *c = ctx;
    if (outcome->result == OP_RESULT_FAILED) {
        case_failed(c);
        return;
    }
    if (outcome->result == OP_RESULT_GONE) {
        settle(c, SETTLED_NOTHING);
        return;
    }
    c->said = outcome->ownership;
    c->identifier = arena_strdup(c->recovery->run->arena, outcome->identifier);
    read_case(c);
}

static void start_case(void *ctx, size_t i)
{
    struct recovery *recovery = ctx;
    struct case_of *c = &recovery->cases[i];
    struct run *run = recovery->run;
    if (c->intent->identifier) {
        c->identifier = c->intent->identifier;
        read_case(c);
        return;
    }
    struct op_spec spec = object_spec(run, OP_FIND, c->schema, c->intent->address,
                                      c->intent->account_id, c->intent->region);
    spec.desired = c->intent->desired;
    spec.token = c->intent->token;
    spec.may_be_new = true;
    loop_start(run->loop, &spec, case_found, c);
}

static size_t index_of(const struct record *records, size_t len, const char *address)
{
    for (size_t i = 0; i < len; i++)
        if (str_eq(records[i].address, address))
            return i;
    return len;
}

/* A create beside the object that it replaces was interrupted: the old one keeps a row. */
static void keep_replaced(struct case_of *c, struct record *records, size_t *len, size_t at)
{
    const struct record *old = &records[at];
    if (c->intent->identifier || str_eq(old->identifier, c->record.identifier))
        return;
    struct arena *arena = c->recovery->run->arena;
    c->replaced = arena_memdup(arena, old, sizeof(*old));
    c->replaced->address = record_replaced_address(arena, old->address, old->identifier);
    records[(*len)++] = *c->replaced;
}

/* Applies what was found to the records in memory. */
static void amend(struct case_of *c, struct record *records, size_t *len)
{
    size_t at = index_of(records, *len, c->intent->address);
    if (c->settled == SETTLED_RECORD) {
        if (at == *len) {
            records[(*len)++] = c->record;
            return;
        }
        keep_replaced(c, records, len, at);
        records[at] = c->record;
    } else if (c->settled == SETTLED_REMOVED && at < *len) {
        for (size_t i = at; i + 1 < *len; i++)
            records[i] = records[i + 1];
        --*len;
    }
}

static bool persist_case(struct run *run, const struct case_of *c)
{
    int64_t now = loop_now_ms(run->loop);
    bool done = c->settled == SETTLED_RECORD || c->settled == SETTLED_REMOVED;
    if (c->replaced && !state_put(run->state, c->replaced, now, run->diags))
        return false;
    return journal_outcome(run->state, c->intent->seq, done ? OUTCOME_DONE : OUTCOME_ABANDONED,
                           c->settled == SETTLED_RECORD ? &c->record : NULL,
                           c->settled == SETTLED_REMOVED, "settled by reading", now, run->diags);
}

bool run_recover(struct run *run, struct record **records, size_t *record_len, bool persist)
{
    struct intent *intents = NULL;
    size_t len = 0;
    if (!run->state)
        return true;
    if (!journal_open_intents(run->state, run->arena, &intents, &len, run->diags))
        return false;
    if (len == 0)
        return true;
    struct recovery recovery = {.run = run};
    recovery.cases = arena_array(run->arena, len, sizeof(*recovery.cases));
    for (size_t i = 0; i < len; i++) {
        const struct schema *schema = schema_of(run->schemas, intents[i].type);
        if (!schema) {
            diag_error(run->diags, E_STATE_NEWER, NO_POS, intents[i].address,
                       "an open intent is about type %s, which this holdfast does not know",
                       intents[i].type);
            return false;
        }
        recovery.cases[i] =
            (struct case_of){.recovery = &recovery, .intent = &intents[i], .schema = schema};
        size_t at = index_of(*records, *record_len, intents[i].address);
        recovery.cases[i].before = at < *record_len ? &(*records)[at] : NULL;
    }
    recovery.pump = (struct pump){
        .loop = run->loop, .len = len, .limit = 256, .start = start_case, .ctx = &recovery};
    pump_run(&recovery.pump);

    struct record *amended = arena_array(run->arena, *record_len + 2 * len, sizeof(*amended));
    for (size_t i = 0; i < *record_len; i++)
        amended[i] = (*records)[i];
    bool ok = !recovery.failed && !loop_is_cut(run->loop);
    for (size_t i = 0; i < len; i++) {
        if (recovery.cases[i].settled == SETTLED_NOT)
            continue;
        amend(&recovery.cases[i], amended, record_len);
        if (persist)
            ok = persist_case(run, &recovery.cases[i]) && ok;
    }
    *records = amended;
    if (persist)
        ok = journal_commit(run->state, run->diags) && ok;
    return ok;
}
