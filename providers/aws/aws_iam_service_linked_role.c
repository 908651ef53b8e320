/* The role that a service keeps in an account. Whoever makes it first has made it for everybody:
 * that it exists already is success, nothing of it can be changed, and it is never deleted. */
#include "providers/aws/aws.h"

static void list(struct op *op, const char *service, op_step_fn *step)
{
    struct request *rq = aws_request(op, &iam_ListRoles);
    request_set(rq, "PathPrefix", value_stringf(op_arena(op), "/aws-service-role/%s/", service));
    op_send_all(op, rq, step);
}

/* Services that allow suffixes may have several: the one with the shortest name has none. */
static const struct value *role_of(const struct response *rs)
{
    const struct value *roles = value_get(rs->body, "Roles"), *best = NULL;
    for (size_t i = 0; i < value_len(roles); i++) {
        const struct value *name = value_get(value_item(roles, i), "RoleName");
        if (value_is(name, VALUE_STRING) &&
            (!best || name->string.len < value_get(best, "RoleName")->string.len))
            best = value_item(roles, i);
    }
    return best;
}

static void read_listed(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    const struct value *role = role_of(rs);
    if (!role) {
        op_gone(op);
        return;
    }
    struct arena *arena = op_arena(op);
    const struct value *attributes = schema_from_wire(arena, op_schema(op)->root, role);
    op_done(
        op, op_identifier(op),
        value_with(arena, attributes, "aws_service_name", value_string(arena, op_identifier(op))));
}

static void read_linked_role(struct op *op)
{
    list(op, op_identifier(op), read_listed);
}

static const char *service_of(const struct op *op)
{
    return value_get_str(op_desired(op), "aws_service_name");
}

struct create {
    const struct response *refusal;
};

static void existing_listed(struct op *op, const struct response *rs)
{
    const struct create *create = op_data(op, sizeof(*create));
    if (rs->fault == FAULT_NONE && role_of(rs))
        op_done(op, service_of(op), NULL);
    else
        op_fail(op, create->refusal);
}

/* InvalidInput says that the role exists, or that there is no such service. */
static void created(struct op *op, const struct response *rs)
{
    struct create *create = op_data(op, sizeof(*create));
    create->refusal = rs;
    if (rs->fault == FAULT_NONE)
        op_done(op, service_of(op), NULL);
    else if (str_eq(rs->code, "InvalidInput"))
        list(op, service_of(op), existing_listed);
    else
        op_fail(op, rs);
}

static void create_linked_role(struct op *op)
{
    struct request *rq = aws_request(op, &iam_CreateServiceLinkedRole);
    request_set_str(rq, "AWSServiceName", service_of(op));
    op_send(op, rq, created);
}

static void update_linked_role(struct op *op)
{
    op_done(op, op_identifier(op), NULL); /* its one property is its identity */
}

static void remove_linked_role(struct op *op)
{
    op_fail_with(op, E_RETAINED, "the service-linked role of %s is shared by the whole account",
                 op_identifier(op));
}

static void find_listed(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else if (role_of(rs))
        op_found(op, service_of(op), OWNER_BY_TAGS);
    else
        op_gone(op);
}

static void find_linked_role(struct op *op)
{
    list(op, service_of(op), find_listed);
}

const struct resource_ops aws_iam_service_linked_role_ops = {
    .read = read_linked_role,
    .create = create_linked_role,
    .update = update_linked_role,
    .remove = remove_linked_role,
    .find = find_linked_role,
};
