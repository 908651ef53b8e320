#include "engine/run/recheck.h"

#include <string.h>

#include "engine/base/strbuf.h"
#include "engine/config/normalize.h"
#include "engine/plan/diff.h"

#define PATHS_MAX ((size_t)64 * 1024)

const struct change *recheck_subject(const struct change *change, const struct change *replaced)
{
    switch (change->action) {
    case ACTION_NONE:
    case ACTION_FORGET: return NULL; /* nothing is sent */
    case ACTION_ADOPT:
    case ACTION_UPDATE:
    case ACTION_DELETE: return change;
    case ACTION_CREATE: break;
    }
    if (replaced)
        return recheck_subject(replaced, NULL);
    return change->replacement ? NULL : change; /* of the other order the deletion has looked */
}

struct op_spec recheck_spec(struct run *run, const struct change *subject,
                            const struct value *desired)
{
    bool creates = subject->action == ACTION_CREATE;
    struct op_spec spec = object_spec(run, creates ? OP_FIND : OP_READ, subject->schema,
                                      subject->address, subject->account_id, subject->region);
    if (creates) {
        spec.desired = desired;
        spec.token = state_token(run->state, run->arena, subject->address);
        return spec;
    }
    spec.identifier = subject->identifier;
    if (subject->record)
        spec.prior = object_prior(run->arena, subject->record);
    return spec;
}

static void refuse(struct run *run, const struct change *subject, const char *what)
{
    struct source_pos pos = subject->resource ? subject->resource->pos : NO_POS;
    diag_error(run->diags, E_VALUE_MOVED, pos, subject->address, "%s", what);
}

/* Names only: a value may be long, or a secret. */
static const char *paths_of(struct arena *arena, const struct diff *diff)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PATHS_MAX);
    for (size_t i = 0; i < diff->len; i++) {
        const char *path = diff->items[i].path;
        if (sb.len + strlen(path) + strlen(", , ...") > PATHS_MAX) {
            strbuf_add(&sb, ", ...");
            break;
        }
        strbuf_addf(&sb, "%s%s", i ? ", " : "", path);
    }
    return strbuf_str(&sb);
}

bool recheck_passed(struct run *run, const struct change *subject, const struct op_outcome *outcome)
{
    struct arena *arena = run->arena;
    if (outcome->result == OP_RESULT_FAILED)
        return false; /* the operation has said why */
    if (subject->action == ACTION_CREATE) {
        if (outcome->result == OP_RESULT_GONE)
            return true;
        refuse(run, subject, "it was not there when the plan was made, and is there now");
        return false;
    }
    if (outcome->result == OP_RESULT_GONE) {
        refuse(run, subject, "it was there when the plan was made, and is gone now");
        return false;
    }
    struct diff diff;
    diff_observed(arena, subject->schema, subject->before,
                  normalize(arena, subject->schema, outcome->attributes), &run->saved->key, &diff);
    if (diff.len == 0)
        return true;
    refuse(
        run, subject,
        arena_printf(arena, "it has changed since the plan was made: %s", paths_of(arena, &diff)));
    return false;
}
