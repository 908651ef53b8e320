#include "providers/op_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/log.h"
#include "engine/base/strbuf.h"
#include "engine/config/normalize.h"

#define LOOK_NAP_MS 3000
#define LOOKS_MAX 10
#define DENIED_BY_OBJECT "with an explicit deny in a resource-based policy"

static const char *const kind_names[] = {
    [OP_READ] = "read",     [OP_CREATE] = "create", [OP_UPDATE] = "update",
    [OP_REMOVE] = "remove", [OP_FIND] = "find",
};
static_assert(ARRAY_LEN(kind_names) == OP_FIND + 1, "one name for each kind");

/* After each step: nothing due means that the operation must have ended. */
static void settle(struct op *op)
{
    bool asleep = op->expected > 0 && op->expected == op->sleeping;
    if (asleep != op->asleep) {
        op->asleep = asleep;
        loop_op_asleep(op->loop, op, asleep);
    }
    if (op->expected > 0)
        return;
    if (!op->ended)
        BUG(arena_printf(op->arena, "%s of %s (%s) ended a step with nothing due",
                         kind_names[op->spec.kind], op->spec.address,
                         op->spec.schema ? op->spec.schema->type_name : "no type"));
    loop_op_ended(op->loop, op);
}

void op_begin(struct op *op)
{
    log_event(LOG_DEBUG, "operation begins", "op", kind_names[op->spec.kind], "address",
              op->spec.address, NULL);
    switch (op->spec.kind) {
    case OP_READ: op->spec.ops->read(op); break;
    case OP_CREATE: op->spec.ops->create(op); break;
    case OP_UPDATE: op->spec.ops->update(op); break;
    case OP_REMOVE: op->spec.ops->remove(op); break;
    case OP_FIND: op->spec.ops->find(op); break;
    }
    settle(op);
}

void op_expect(struct op *op)
{
    op->expected++;
}

void op_resume(struct op *op, op_step_fn *step, const struct response *rs)
{
    BUG_ON(op->expected == 0);
    op->expected--;
    op->answer = rs;
    if (!op->ended)
        step(op, rs);
    op->answer = NULL;
    settle(op);
}

bool op_ended(const struct op *op)
{
    return op->ended;
}

bool op_reads(const struct op *op)
{
    return op->spec.kind == OP_READ || op->spec.kind == OP_FIND;
}

struct nap {
    struct op *op;
    op_step_fn *step;
};

static void nap_over(void *ctx)
{
    struct nap *nap = ctx;
    struct op *op = nap->op;
    op->sleeping--;
    if (loop_draining(op->loop) && !op->ended)
        op_fail_with(op, E_TIMEOUT, "stopped while it waited for AWS to finish");
    op_resume(op, nap->step, NULL);
}

void op_later(struct op *op, int64_t ms, op_step_fn *step)
{
    struct nap *nap = arena_new_of(op->arena, struct nap);
    *nap = (struct nap){op, step};
    op_expect(op);
    op->sleeping++;
    loop_after(op->loop, ms, nap_over, nap);
}

bool op_look_again(struct op *op, op_step_fn *step)
{
    if (op->looks >= LOOKS_MAX)
        return false;
    op->looks++;
    op_later(op, LOOK_NAP_MS, step);
    return true;
}

static void end(struct op *op, struct op_outcome outcome)
{
    static const char *const names[] = {"done", "found", "gone", "failed"};
    if (op->ended)
        BUG(arena_printf(op->arena, "%s of %s ended twice", kind_names[op->spec.kind],
                         op->spec.address));
    op->ended = true;
    if (outcome.result == OP_RESULT_FAILED)
        outcome.identifier = op->made;
    op->outcome = outcome;
    log_event(LOG_DEBUG, "operation ends", "op", kind_names[op->spec.kind], "address",
              op->spec.address, "result", names[outcome.result], NULL);
}

void op_done(struct op *op, const char *identifier, const struct value *attributes)
{
    end(op, (struct op_outcome){.result = OP_RESULT_DONE,
                                .identifier = identifier ? arena_strdup(op->arena, identifier)
                                                         : op->spec.identifier,
                                .attributes = attributes});
}

void op_made(struct op *op, const char *identifier)
{
    op->made = arena_strdup(op->arena, identifier);
}

/* The call whose answer the message is about, where it does not say so itself. */
static const char *after_what(const struct op *op, const char *text)
{
    const struct response *rs = op->answer;
    if (!rs || !rs->operation || strstr(text, rs->operation))
        return "";
    return rs->request_id
               ? arena_printf(op->arena, " (%s, request id %s)", rs->operation, rs->request_id)
               : arena_printf(op->arena, " (%s)", rs->operation);
}

void op_found(struct op *op, const char *identifier, enum ownership ownership)
{
    if (!identifier || !identifier[0]) {
        op_fail_with(op, E_BAD_ANSWER, "AWS shows the object, but not its identifier");
        return;
    }
    end(op, (struct op_outcome){.result = OP_RESULT_FOUND,
                                .identifier = arena_strdup(op->arena, identifier),
                                .ownership = ownership});
}

void op_gone(struct op *op)
{
    end(op, (struct op_outcome){.result = OP_RESULT_GONE});
}

enum diag_code response_diag_code(const struct response *rs)
{
    if (str_eq(rs->code, CODE_NOT_SENT) || str_eq(rs->code, CODE_TIMEOUT) ||
        str_eq(rs->code, CODE_LOST))
        return E_TIMEOUT;
    if (str_eq(rs->code, CODE_UNREACHABLE))
        return E_UNREACHABLE;
    if (str_eq(rs->code, CODE_BAD_ANSWER))
        return E_BAD_ANSWER;
    switch (rs->fault) {
    case FAULT_THROTTLED: return E_THROTTLED;
    case FAULT_DENIED: return E_DENIED;
    case FAULT_QUOTA: return E_QUOTA;
    case FAULT_NONE:
    case FAULT_NOT_FOUND:
    case FAULT_CONFLICT:
    case FAULT_INVALID:
    case FAULT_TRANSIENT:
    case FAULT_UNKNOWN: break;
    }
    return E_AWS;
}

/* Nothing is wrong with what a signal left unread. */
static bool is_moot(const struct op *op)
{
    return loop_is_cut(op->loop) && op_reads(op);
}

void op_fail(struct op *op, const struct response *rs)
{
    end(op, (struct op_outcome){.result = OP_RESULT_FAILED,
                                .fault = rs->fault == FAULT_NONE ? FAULT_UNKNOWN : rs->fault});
    if (str_eq(rs->code, CODE_NO_SESSION)) /* said once, for the account */
        return;
    if (is_moot(op))
        return;
    struct strbuf text;
    strbuf_init(&text, op->arena, 16384);
    if (rs->operation)
        strbuf_addf(&text, "%s: ", rs->operation);
    strbuf_addf(&text, "%.200s", rs->code ? rs->code : "no code");
    if (rs->message && rs->message[0])
        strbuf_addf(&text, ": %.8000s", rs->message);
    if (rs->request_id)
        strbuf_addf(&text, " (request id %.200s)", rs->request_id);
    struct diag *diag = diag_error(loop_diags(op->loop), response_diag_code(rs), op->spec.pos,
                                   op->spec.address, "%s", strbuf_str(&text));
    if (rs->fault == FAULT_DENIED && rs->message && strstr(rs->message, DENIED_BY_OBJECT))
        diag_hint(loop_diags(op->loop), diag,
                  "Its own policy denies this, so no permission helps: run as a principal that the "
                  "policy leaves out (`break_glass` where `protect` wrote it).");
}

void op_fail_with(struct op *op, enum diag_code code, const char *fmt, ...)
{
    end(op, (struct op_outcome){.result = OP_RESULT_FAILED, .fault = FAULT_UNKNOWN});
    if (is_moot(op))
        return;
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    diag_error(loop_diags(op->loop), code, op->spec.pos, op->spec.address, "%s%s", text,
               after_what(op, text));
}

struct arena *op_arena(struct op *op)
{
    return op->arena;
}

struct loop *op_loop(struct op *op)
{
    return op->loop;
}

const char *op_address(const struct op *op)
{
    return op->spec.address;
}

const struct schema *op_schema(const struct op *op)
{
    return op->spec.schema;
}

const char *op_account_id(const struct op *op)
{
    return op->spec.account_id;
}

const char *op_region(const struct op *op)
{
    return op->spec.region;
}

const char *op_partition(const struct op *op)
{
    return op->spec.partition ? op->spec.partition : "aws";
}

const struct value *op_desired(const struct op *op)
{
    return op->spec.desired;
}

const struct value *op_prior(const struct op *op)
{
    return op->spec.prior;
}

const char *op_identifier(const struct op *op)
{
    return op->spec.identifier;
}

const char *op_token(const struct op *op)
{
    return op->spec.token;
}

bool op_may_be_new(const struct op *op)
{
    return op->spec.may_be_new;
}

bool op_is_known(const struct op *op, const char *identifier)
{
    return op->spec.other_than && str_eq(op->spec.other_than, identifier);
}

const char *op_identifier_part(struct op *op, size_t i)
{
    if (!op->parts && op->spec.identifier) {
        struct slice rest = slice_of(op->spec.identifier);
        size_t cap = 0;
        while (rest.ptr) {
            struct slice part = slice_cut(&rest, '|');
            op->parts = arena_grow(op->arena, op->parts, op->part_len, &cap, op->part_len + 1,
                                   sizeof(*op->parts));
            op->parts[op->part_len++] = arena_strndup(op->arena, part.ptr, part.len);
        }
    }
    return op->parts && i < op->part_len ? op->parts[i] : NULL;
}

bool op_changed(const struct op *op, const char *pointer)
{
    const struct value *before = value_pointer(op->spec.prior, pointer);
    const struct value *after = value_pointer(op->spec.desired, pointer);
    if (value_equal(before, after))
        return false;
    if (!op->spec.schema)
        return true;
    const struct value *prior = normalize(op->arena, op->spec.schema, op->spec.prior);
    const struct value *desired = normalize(op->arena, op->spec.schema, op->spec.desired);
    return !value_equal(value_pointer(prior, pointer), value_pointer(desired, pointer));
}

void *op_data(struct op *op, size_t size)
{
    if (!op->data) {
        op->data = arena_alloc(op->arena, size);
        op->data_size = size;
    }
    BUG_ON(size > op->data_size); /* two owners of one slot */
    return op->data;
}
