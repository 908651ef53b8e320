/* aws_lambda_permission: one statement in the policy of a function. Of calls that add or remove
 * statements of one function at the same time AWS loses some: call.c lets them wait for each other.
 */
#include <strings.h>

#include "engine/aws/arn.h"
#include "engine/base/json.h"
#include "engine/config/normalize.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

static const char *function_of(struct op *op)
{
    return op_identifier(op) ? op_identifier_part(op, 0)
                             : value_get_str(op_desired(op), "function_name");
}

static const char *sid_of(struct op *op)
{
    return op_identifier(op) ? op_identifier_part(op, 1)
                             : value_get_str(op_desired(op), "statement_id");
}

static const char *identifier(struct op *op)
{
    return arena_printf(op_arena(op), "%s|%s", function_of(op), sid_of(op));
}

static struct request *permission_request(struct op *op, const struct aws_operation *operation)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "FunctionName", function_of(op));
    return rq;
}

/* ---- the policy, read back into properties ---- */

/* A key of a condition: AWS gives them back in a case of its own ("AWS:SourceArn"). */
static const struct value *get_any_case(const struct value *map, const char *key)
{
    for (size_t i = 0; value_is(map, VALUE_MAP) && i < map->map.len; i++)
        if (strcasecmp(map->map.entries[i].key, key) == 0)
            return map->map.entries[i].value;
    return NULL;
}

/* The key's value under whichever operator bears it. */
static const struct value *condition(const struct value *statement, const char *key)
{
    const struct value *operators = value_get(statement, "Condition");
    for (size_t i = 0; value_is(operators, VALUE_MAP) && i < operators->map.len; i++) {
        const struct value *v = get_any_case(operators->map.entries[i].value, key);
        if (v)
            return value_is(v, VALUE_LIST) ? value_item(v, 0) : v;
    }
    return NULL;
}

/* "events.amazonaws.com" of {"Service": ...}, "*", an ARN, or the 12 digits of an account, which
 * AWS writes as the ARN of its root. */
static const char *principal(struct arena *arena, const struct value *statement)
{
    const struct value *given = value_get(statement, "Principal");
    if (value_is(given, VALUE_MAP) && given->map.len > 0)
        given = given->map.entries[0].value;
    if (value_is(given, VALUE_LIST))
        given = value_item(given, 0);
    const char *text = value_str(given);
    struct arn arn;
    bool account = text && arn_parse(slice_of(text), &arn) && slice_is(arn.service, "iam") &&
                   slice_is(arn.resource, "root");
    return account ? arena_strndup(arena, arn.account.ptr, arn.account.len) : text;
}

static const struct value *attributes(struct op *op, const struct value *statement)
{
    const struct value *action = value_get(statement, "Action");
    struct map_builder b = map_begin(op_arena(op));
    map_put_str(&b, "function_name", function_of(op));
    map_put_str(&b, "statement_id", sid_of(op));
    map_put(&b, "action", value_is(action, VALUE_LIST) ? value_item(action, 0) : action);
    map_put_str(&b, "principal", principal(op_arena(op), statement));
    map_put(&b, "source_arn", condition(statement, "aws:SourceArn"));
    map_put(&b, "source_account", condition(statement, "aws:SourceAccount"));
    return map_end(&b);
}

/* Our statement in GetPolicy's answer; NULL where there is none. False when it cannot be read. */
static bool statement_in(struct op *op, const struct response *rs, const struct value **ret)
{
    const struct value *policy = NULL;
    const char *text = value_get_str(rs->body, "Policy"), *why = NULL;
    *ret = NULL;
    if (rs->fault == FAULT_NOT_FOUND) /* no function, or no statement at all */
        return true;
    if (rs->fault != FAULT_NONE || !json_parse(op_arena(op), slice_of(text), &policy, &why))
        return false;
    const struct value *statements = value_get(policy, "Statement");
    for (size_t i = 0; i < value_len(statements) && !*ret; i++)
        if (str_eq(value_get_str(value_item(statements, i), "Sid"), sid_of(op)))
            *ret = value_item(statements, i);
    return true;
}

/* The same; NULL when the operation has ended without one. */
static const struct value *statement_or_end(struct op *op, const struct response *rs)
{
    const struct value *statement = NULL;
    bool readable = statement_in(op, rs, &statement);
    if (!readable && rs->fault == FAULT_NONE)
        op_fail_with(op, E_BAD_ANSWER, "%s: the policy of function %s is not JSON", rs->operation,
                     function_of(op));
    else if (!readable)
        op_fail(op, rs);
    else if (!statement)
        op_gone(op);
    return statement;
}

static void policy_read(struct op *op, const struct response *rs)
{
    const struct value *statement = statement_or_end(op, rs);
    if (statement)
        op_done(op, op_identifier(op), attributes(op, statement));
}

static void permission_read(struct op *op)
{
    op_send(op, permission_request(op, &lambda_GetPolicy), policy_read);
}

/* ---- create ---- */

struct creation {
    const struct response *conflict;
};

static void look_at_conflict(struct op *op, const struct response *rs);

/* A statement of that name which says what we want is our own: an answer was lost. */
static void looked_at_conflict(struct op *op, const struct response *rs)
{
    struct arena *arena = op_arena(op);
    const struct creation *creation = op_data(op, sizeof(*creation));
    const struct value *statement = NULL, *there = NULL;
    bool readable = statement_in(op, rs, &statement);
    if (readable && !statement && op_look_again(op, look_at_conflict))
        return;
    if (statement)
        there = normalize(arena, op_schema(op), attributes(op, statement));
    if (there && value_equal(there, normalize(arena, op_schema(op), op_desired(op))))
        op_done(op, identifier(op), NULL);
    else
        op_fail(op, creation->conflict);
}

static void look_at_conflict(struct op *op, const struct response *rs)
{
    (void)rs;
    op_send(op, permission_request(op, &lambda_GetPolicy), looked_at_conflict);
}

static void added(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE) {
        op_done(op, identifier(op), NULL);
    } else if (rs->fault == FAULT_CONFLICT) {
        struct creation *creation = op_data(op, sizeof(*creation));
        creation->conflict = rs;
        look_at_conflict(op, NULL);
    } else {
        op_fail(op, rs);
    }
}

static void permission_create(struct op *op)
{
    struct request *rq = permission_request(op, &lambda_AddPermission);
    request_set(rq, "StatementId", desired_wire(op, "statement_id"));
    request_set(rq, "Action", desired_wire(op, "action"));
    request_set(rq, "Principal", desired_wire(op, "principal"));
    request_set(rq, "SourceArn", desired_wire(op, "source_arn"));
    request_set(rq, "SourceAccount", desired_wire(op, "source_account"));
    op_send(op, rq, added);
}

/* ---- update: there is nothing that can be changed ---- */

static void permission_update(struct op *op)
{
    op_done(op, op_identifier(op), NULL);
}

/* ---- remove ---- */

static void permission_remove(struct op *op)
{
    struct request *rq = permission_request(op, &lambda_RemovePermission);
    request_label(rq, "StatementId", sid_of(op));
    op_send(op, rq, step_removed);
}

/* ---- find: it bears no tags, so it is whose the function is ---- */

static void looked_up(struct op *op, const struct response *rs)
{
    if (statement_or_end(op, rs))
        op_found(op, identifier(op), OWNER_PARENT);
}

static void permission_find(struct op *op)
{
    op_send(op, permission_request(op, &lambda_GetPolicy), looked_up);
}

const struct resource_ops aws_lambda_permission_ops = {
    permission_read, permission_create, permission_update, permission_remove, permission_find};
