/* aws_lambda_function: the package, the configuration, the concurrency and the tags of a function,
 * which AWS changes by calls of their own. The first two settle for a while, and nothing may be
 * changed meanwhile. There is no token: after a lost answer the owner tags tell our function. */
#include "engine/base/crypto.h"
#include "engine/base/json.h"
#include "engine/config/assets.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

#define NAP_FIRST_MS 1000
#define NAP_MAX_MS 5000
#define NAPS_MAX 64 /* five minutes in all */

struct work {
    const struct value *function;    /* read: GetFunction's answer */
    const struct value *statements;  /* read: who may invoke it */
    const struct response *conflict; /* create: what AWS said */
    size_t stage;
    int naps;
};

static struct work *work_of(struct op *op)
{
    return op_data(op, sizeof(struct work));
}

static const char *name_of(const struct op *op)
{
    const char *name = op_identifier(op);
    return name ? name : value_get_str(op_desired(op), "name");
}

static struct request *function_request(struct op *op, const struct aws_operation *operation)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "FunctionName", name_of(op));
    return rq;
}

/* ---- read: GetFunction, GetPolicy, then GetFunctionConcurrency ---- */

/* The statements of GetPolicy's answer by their ids. False when they cannot be read. */
static bool statements_of(struct arena *arena, const struct response *rs, const struct value **ret)
{
    const struct value *policy = NULL;
    const char *why = NULL;
    if (rs->fault == FAULT_NOT_FOUND) /* no statement at all */
        return true;
    if (rs->fault != FAULT_NONE ||
        !json_parse(arena, slice_of(value_get_str(rs->body, "Policy")), &policy, &why))
        return false;
    const struct value *list = value_get(policy, "Statement");
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *statement = value_item(list, i);
        const char *sid = value_get_str(statement, "Sid");
        map_put(&b, sid ? sid : arena_printf(arena, "%zu", i), statement);
    }
    *ret = map_end(&b);
    return true;
}

static void concurrency_got(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) { /* deleted between the two calls */
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct arena *arena = op_arena(op);
    const struct value *function = work_of(op)->function;
    struct map_builder b = map_begin_from(
        arena, schema_from_wire(arena, op_schema(op)->root, value_get(function, "Configuration")));
    map_put(&b, "reserved_concurrent_executions",
            value_get(rs->body, "ReservedConcurrentExecutions"));
    map_put(&b, "tags", value_get(function, "Tags"));
    map_put(&b, "policy_statements", work_of(op)->statements);
    op_done(op, op_identifier(op), map_end(&b));
}

static void policy_got(struct op *op, const struct response *rs)
{
    bool readable = statements_of(op_arena(op), rs, &work_of(op)->statements);
    if (!readable && rs->fault == FAULT_NONE)
        op_fail_with(op, E_BAD_ANSWER, "%s: the policy of function %s is not JSON", rs->operation,
                     name_of(op));
    else if (!readable)
        op_fail(op, rs);
    else
        op_send(op, function_request(op, &lambda_GetFunctionConcurrency), concurrency_got);
}

static void function_got(struct op *op, const struct response *rs)
{
    const struct value *refused = value_get(rs->body, "TagsError");
    if (rs->fault == FAULT_NOT_FOUND) {
        op_gone(op);
    } else if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
    } else if (value_get_str(refused, "ErrorCode")) {
        /* without tags the function would pass for somebody else's */
        const char *message = value_get_str(refused, "Message");
        op_fail_with(op, E_DENIED, "%s: the tags cannot be read: %s: %s", rs->operation,
                     value_get_str(refused, "ErrorCode"), message ? message : "no message");
    } else {
        work_of(op)->function = rs->body;
        op_send(op, function_request(op, &lambda_GetPolicy), policy_got);
    }
}

static void function_read(struct op *op)
{
    op_send(op, function_request(op, &lambda_GetFunction), function_got);
}

/* ---- the parts of a change; each sends its call, or returns false where there is nothing ---- */

static bool send_code(struct op *op);
static bool send_configuration(struct op *op);
static bool send_concurrency(struct op *op);
static bool send_tags(struct op *op);
static bool send_untag(struct op *op);

enum { STAGE_CONCURRENCY = 2, STAGE_TAGS = 3 };
static bool (*const stages[])(struct op *op) = {send_code, send_configuration, send_concurrency,
                                                send_tags, send_untag};

static void next_stage(struct op *op)
{
    struct work *work = work_of(op);
    size_t end = op_identifier(op) ? ARRAY_LEN(stages) : STAGE_TAGS; /* creation brings the tags */
    while (work->stage < end)
        if (stages[work->stage++](op))
            return;
    op_done(op, name_of(op), NULL);
}

static void stage_done(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        next_stage(op);
    else
        op_fail(op, rs);
}

/* ---- waiting until the function has settled ---- */

static void look(struct op *op, const struct response *rs);

static void nap(struct op *op)
{
    struct work *work = work_of(op);
    if (work->naps >= NAPS_MAX) {
        op_fail_with(op, E_TIMEOUT, "function %s has not settled after five minutes", name_of(op));
        return;
    }
    int64_t ms = work->naps < 3 ? (int64_t)NAP_FIRST_MS << work->naps : NAP_MAX_MS;
    work->naps++;
    op_later(op, ms, look);
}

static void looked(struct op *op, const struct response *rs)
{
    const struct value *configuration = value_get(rs->body, "Configuration");
    const char *state = value_get_str(configuration, "State");
    const char *update = value_get_str(configuration, "LastUpdateStatus");
    bool invisible = rs->fault == FAULT_NOT_FOUND && !op_identifier(op); /* only just created */
    if (rs->fault != FAULT_NONE && !invisible) {
        op_fail(op, rs);
    } else if (invisible || str_eq(state, "Pending") || str_eq(update, "InProgress")) {
        nap(op);
    } else if (str_eq(state, "Failed") || str_eq(update, "Failed")) {
        const char *why = value_get_str(
            configuration, str_eq(update, "Failed") ? "LastUpdateStatusReason" : "StateReason");
        op_fail_with(op, E_AWS, "function %s did not settle: %s", name_of(op),
                     why ? why : "Lambda gives no reason");
    } else {
        next_stage(op);
    }
}

static void look(struct op *op, const struct response *rs)
{
    (void)rs;
    op_send(op, function_request(op, &lambda_GetFunction), looked);
}

static void change_sent(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    work_of(op)->naps = 0;
    look(op, NULL);
}

/* ---- the package ---- */

/* The package in base64; NULL when the operation has failed. */
static const char *package(struct op *op)
{
    struct arena *arena = op_arena(op);
    const char *path = value_get_str(op_desired(op), "filename");
    const char *planned = value_get_str(op_desired(op), "code_sha256");
    struct diags below; /* of its messages only one goes up, with the place of the function */
    diags_init(&below, arena);
    struct asset asset;
    if (!path) {
        op_fail_with(op, E_ASSET, "function %s needs its package, but no file is named",
                     name_of(op));
        return NULL;
    }
    if (!asset_pack(arena, path, NO_POS, op_address(op), &asset, &below)) {
        op_fail_with(op, E_ASSET, "%s", below.len > 0 ? below.items[0].message : path);
        return NULL;
    }
    if (planned && !str_eq(asset.sha256, planned)) {
        op_fail_with(op, E_VALUE_MOVED, "%s has the digest %s, but %s was planned", path,
                     asset.sha256, planned);
        return NULL;
    }
    return base64_encode(arena, asset.zip);
}

static bool send_code(struct op *op)
{
    if (!must_change(op, "code_sha256") && !must_change(op, "architectures"))
        return false;
    const char *zip = package(op);
    if (!zip)
        return true; /* it has failed */
    struct request *rq = function_request(op, &lambda_UpdateFunctionCode);
    request_set_str(rq, "ZipFile", zip);
    request_set(rq, "Architectures", desired_wire(op, "architectures"));
    op_send(op, rq, change_sent);
    return true;
}

/* ---- the configuration ---- */

static const struct {
    const char *property, *member;
} plain[] = {
    {"role", "Role"},
    {"runtime", "Runtime"},
    {"handler", "Handler"},
    {"description", "Description"},
    {"memory_size", "MemorySize"},
    {"timeout", "Timeout"},
    {"environment", "Environment"},
    {"dead_letter_config", "DeadLetterConfig"},
    {"kms_key_arn", "KMSKeyArn"},
};

static void set_plain(struct op *op, struct request *rq)
{
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        request_set(rq, plain[i].member, desired_wire(op, plain[i].property));
}

/* Lambda leaves alone what is not named: what shall go is named as empty. */
static void set_empty(struct op *op, struct request *rq)
{
    struct arena *arena = op_arena(op);
    struct map_builder none = map_begin(arena), variables = map_begin(arena),
                       nowhere = map_begin(arena);
    map_put(&variables, "Variables", map_end(&none));
    map_put_str(&nowhere, "TargetArn", "");
    if (must_change(op, "environment") && !desired_wire(op, "environment"))
        request_set(rq, "Environment", map_end(&variables));
    if (must_change(op, "dead_letter_config") && !desired_wire(op, "dead_letter_config"))
        request_set(rq, "DeadLetterConfig", map_end(&nowhere));
    if (must_change(op, "kms_key_arn") && !desired_wire(op, "kms_key_arn"))
        request_set_str(rq, "KMSKeyArn", "");
}

static bool send_configuration(struct op *op)
{
    bool changed = false;
    for (size_t i = 0; i < ARRAY_LEN(plain) && !changed; i++)
        changed = must_change(op, plain[i].property);
    if (!changed)
        return false;
    struct request *rq = function_request(op, &lambda_UpdateFunctionConfiguration);
    set_plain(op, rq);
    set_empty(op, rq);
    op_send(op, rq, change_sent);
    return true;
}

/* ---- concurrency and tags ---- */

static bool send_concurrency(struct op *op)
{
    const struct value *reserved = desired_wire(op, "reserved_concurrent_executions");
    if (!must_change(op, "reserved_concurrent_executions"))
        return false;
    struct request *rq = function_request(op, reserved ? &lambda_PutFunctionConcurrency
                                                       : &lambda_DeleteFunctionConcurrency);
    request_set(rq, "ReservedConcurrentExecutions", reserved);
    op_send(op, rq, stage_done);
    return true;
}

static struct request *tag_request(struct op *op, const struct aws_operation *operation)
{
    struct request *rq = aws_request(op, operation);
    request_label(
        rq, "Resource",
        schema_arn(op_arena(op), op_schema(op), op_account_id(op), op_region(op), op_desired(op)));
    return rq;
}

static bool send_tags(struct op *op)
{
    const struct value *set, *removed;
    tag_changes(op, &set, &removed);
    if (value_len(set) == 0)
        return false;
    struct request *rq = tag_request(op, &lambda_TagResource);
    request_set(rq, "Tags", set);
    op_send(op, rq, stage_done);
    return true;
}

static bool send_untag(struct op *op)
{
    const struct value *set, *removed;
    tag_changes(op, &set, &removed);
    if (value_len(removed) == 0)
        return false;
    struct request *rq = tag_request(op, &lambda_UntagResource);
    for (size_t i = 0; i < value_len(removed); i++)
        request_query(rq, "tagKeys", value_str(value_item(removed, i)));
    op_send(op, rq, stage_done);
    return true;
}

/* ---- create ---- */

static void wait_for_creation(struct op *op)
{
    op_made(op, name_of(op));
    work_of(op)->stage = STAGE_CONCURRENCY;
    look(op, NULL);
}

static void look_at_conflict(struct op *op, const struct response *rs);

static void looked_at_conflict(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND && op_look_again(op, look_at_conflict))
        return;
    if (rs->fault == FAULT_NONE && has_our_tags(op, value_get(rs->body, "Tags")))
        wait_for_creation(op); /* ours: an answer was lost */
    else
        op_fail(op, work_of(op)->conflict);
}

static void look_at_conflict(struct op *op, const struct response *rs)
{
    (void)rs;
    op_send(op, function_request(op, &lambda_GetFunction), looked_at_conflict);
}

static void created(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE) {
        wait_for_creation(op);
    } else if (rs->fault == FAULT_CONFLICT) {
        work_of(op)->conflict = rs;
        look_at_conflict(op, NULL);
    } else {
        op_fail(op, rs);
    }
}

static void function_create(struct op *op)
{
    const char *zip = package(op);
    if (!zip)
        return;
    const struct value *tags = value_get(op_desired(op), "tags");
    struct map_builder code = map_begin(op_arena(op));
    map_put_str(&code, "ZipFile", zip);
    struct request *rq = aws_request(op, &lambda_CreateFunction);
    request_set_str(rq, "FunctionName", name_of(op));
    set_plain(op, rq);
    request_set(rq, "Architectures", desired_wire(op, "architectures"));
    request_set(rq, "Tags", value_len(tags) ? tags : NULL);
    request_set(rq, "Code", map_end(&code));
    op_send(op, rq, created);
}

/* ---- update, remove, find ---- */

static void function_update(struct op *op)
{
    next_stage(op);
}

static void function_remove(struct op *op)
{
    op_send(op, function_request(op, &lambda_DeleteFunction), step_removed);
}

static void function_find(struct op *op)
{
    op_send(op, function_request(op, &lambda_GetFunction), step_found_by_name);
}

const struct resource_ops aws_lambda_function_ops = {
    function_read, function_create, function_update, function_remove, function_find};
