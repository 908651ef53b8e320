/* IAM roles: trust, inline policies and attached managed policies. Inline policies and attachments
 * are exclusive where they are declared: what prior shows and desired does not is taken away. */
#include "providers/aws/calls.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"
#include "providers/aws/uri.h"

/* IAM answers with documents percent-encoded. */
static const struct value *document(struct op *op, const struct value *encoded)
{
    if (!value_is(encoded, VALUE_STRING))
        return encoded;
    struct slice text = uri_decode(op_arena(op), encoded->string);
    return observed(op, "assume_role_policy_document",
                    value_string_n(op_arena(op), text.ptr, text.len));
}

static struct request *role_call(struct op *op, const struct aws_operation *operation,
                                 op_step_fn *take)
{
    struct request *rq = calls_add(op, operation, take);
    const char *name = op_identifier(op);
    request_set_str(rq, "RoleName", name ? name : value_get_str(op_desired(op), "name"));
    return rq;
}

/* ---- read ---- */

struct read {
    struct calls calls;
    struct map_builder attributes, inlines;
    const struct value *policy_names;
};

static void take_policy(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    const char *name = value_get_str(rs->body, "PolicyName");
    if (name)
        map_put(&read->inlines, name, document(op, value_get(rs->body, "PolicyDocument")));
}

static void policies_read(struct op *op, const struct response *rs)
{
    (void)rs;
    struct read *read = op_data(op, sizeof(*read));
    /* in the order of the list, whatever came first */
    const struct value *inlines = map_end(&read->inlines);
    struct map_builder sorted = map_begin(op_arena(op));
    for (size_t i = 0; i < value_len(read->policy_names); i++) {
        const char *name = value_str(value_item(read->policy_names, i));
        if (name)
            map_put(&sorted, name, value_get(inlines, name));
    }
    map_put(&read->attributes, "inline_policies", map_end(&sorted));
    op_done(op, op_identifier(op), map_end(&read->attributes));
}

static void take_names(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    read->policy_names = value_get(rs->body, "PolicyNames");
}

static void take_attached(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    const struct value *attached = value_get(rs->body, "AttachedPolicies");
    struct list_builder arns = list_begin(op_arena(op));
    for (size_t i = 0; i < value_len(attached); i++)
        if (value_get_str(value_item(attached, i), "PolicyArn"))
            list_add(&arns, value_get(value_item(attached, i), "PolicyArn"));
    map_put(&read->attributes, "managed_policy_arns", list_end(&arns));
}

static void lists_read(struct op *op, const struct response *rs)
{
    (void)rs;
    struct read *read = op_data(op, sizeof(*read));
    read->inlines = map_begin(op_arena(op));
    for (size_t i = 0; i < value_len(read->policy_names); i++)
        request_set(role_call(op, &iam_GetRolePolicy, take_policy), "PolicyName",
                    value_item(read->policy_names, i));
    calls_together(op, op_gone, policies_read);
}

static const struct value *attributes_of(struct op *op, const struct value *role)
{
    struct arena *arena = op_arena(op);
    const struct value *boundary = value_get(role, "PermissionsBoundary");
    role = value_without(arena, role, "PermissionsBoundary"); /* a map there, an ARN here */
    struct map_builder b =
        map_begin_from(arena, schema_from_wire(arena, op_schema(op)->root, role));
    map_put(&b, "assume_role_policy_document",
            document(op, value_get(role, "AssumeRolePolicyDocument")));
    map_put(&b, "permissions_boundary", value_get(boundary, "PermissionsBoundaryArn"));
    map_put(&b, "tags", aws_tag_map(arena, value_get(role, "Tags"), "Key", "Value"));
    return map_end(&b);
}

static void role_read(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct read *read = op_data(op, sizeof(*read));
    read->attributes = map_begin_from(op_arena(op), attributes_of(op, value_get(rs->body, "Role")));
    role_call(op, &iam_ListRolePolicies, take_names);
    role_call(op, &iam_ListAttachedRolePolicies, take_attached);
    calls_together(op, op_gone, lists_read);
}

static void get_role(struct op *op, const char *name, op_step_fn *step)
{
    struct request *rq = aws_request(op, &iam_GetRole);
    request_set_str(rq, "RoleName", name);
    op_send(op, rq, step);
}

static void read_role(struct op *op)
{
    get_role(op, op_identifier(op), role_read);
}

/* ---- create, update ---- */

static void put_inline(struct op *op, const char *name, const struct value *text)
{
    struct request *rq = role_call(op, &iam_PutRolePolicy, NULL);
    request_set_str(rq, "PolicyName", name);
    request_set(rq, "PolicyDocument", text);
}

static void attach(struct op *op, const struct aws_operation *operation, const struct value *arn)
{
    request_set(role_call(op, operation, NULL), "PolicyArn", arn);
}

static bool list_has(const struct value *list, const struct value *item)
{
    for (size_t i = 0; i < value_len(list); i++)
        if (value_equal(value_item(list, i), item))
            return true;
    return false;
}

/* From what prior shows (nothing, of a new role) to what is desired. Additions go first, so that
 * the role never has less than it needs. */
static void add_policy_calls(struct op *op)
{
    const struct value *prior = op_prior(op), *desired = op_desired(op);
    const struct value *inlines = value_get(desired, "inline_policies");
    const struct value *texts = desired_wire(op, "inline_policies");
    const struct value *old_inlines = value_get(prior, "inline_policies");
    for (size_t i = 0; i < value_len(texts); i++) {
        const char *name = texts->map.entries[i].key;
        const struct value *old = value_get(old_inlines, name);
        if (!old || !value_equal(old, value_get(inlines, name)))
            put_inline(op, name, texts->map.entries[i].value);
    }
    const struct value *arns = value_get(desired, "managed_policy_arns");
    const struct value *old_arns = value_get(prior, "managed_policy_arns");
    for (size_t i = 0; i < value_len(arns); i++)
        if (!list_has(old_arns, value_item(arns, i)))
            attach(op, &iam_AttachRolePolicy, value_item(arns, i));
    for (size_t i = 0; inlines && i < value_len(old_inlines); i++) {
        const char *name = old_inlines->map.entries[i].key;
        if (value_get(inlines, name))
            continue;
        request_set_str(role_call(op, &iam_DeleteRolePolicy, NULL), "PolicyName", name);
        calls_forgive(op, FAULT_NOT_FOUND);
    }
    for (size_t i = 0; arns && i < value_len(old_arns); i++) {
        if (list_has(arns, value_item(old_arns, i)))
            continue;
        attach(op, &iam_DetachRolePolicy, value_item(old_arns, i));
        calls_forgive(op, FAULT_NOT_FOUND);
    }
}

static void created_all(struct op *op, const struct response *rs)
{
    (void)rs;
    op_done(op, value_get_str(op_desired(op), "name"), NULL);
}

static void fill(struct op *op)
{
    op_made(op, value_get_str(op_desired(op), "name"));
    add_policy_calls(op);
    calls_in_order(op, created_all);
}

struct creation {
    struct calls calls;
    const struct response *refusal;
};

static void read_existing(struct op *op, const struct response *rs);

/* Our own role means that the answer to an earlier attempt was lost. */
static void existing_read(struct op *op, const struct response *rs)
{
    const struct creation *creation = op_data(op, sizeof(*creation));
    const struct value *role = value_get(rs->body, "Role");
    const struct value *tags = aws_tag_map(op_arena(op), value_get(role, "Tags"), "Key", "Value");
    if (rs->fault == FAULT_NOT_FOUND && op_look_again(op, read_existing))
        return;
    if (rs->fault == FAULT_NONE && has_our_tags(op, tags) &&
        str_eq(value_get_str(role, "Path"), value_get_str(op_desired(op), "path")))
        fill(op);
    else
        op_fail(op, creation->refusal);
}

static void read_existing(struct op *op, const struct response *rs)
{
    (void)rs;
    get_role(op, value_get_str(op_desired(op), "name"), existing_read);
}

static void created(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    creation->refusal = rs;
    if (rs->fault == FAULT_NONE)
        fill(op);
    else if (rs->fault == FAULT_CONFLICT)
        read_existing(op, NULL);
    else
        op_fail(op, rs);
}

static void create_role(struct op *op)
{
    struct request *rq = aws_request(op, &iam_CreateRole);
    request_set(rq, "RoleName", desired_wire(op, "name"));
    request_set(rq, "Path", desired_wire(op, "path"));
    request_set(rq, "AssumeRolePolicyDocument", desired_wire(op, "assume_role_policy_document"));
    request_set(rq, "Description", desired_wire(op, "description"));
    request_set(rq, "MaxSessionDuration", desired_wire(op, "max_session_duration"));
    request_set(rq, "PermissionsBoundary", desired_wire(op, "permissions_boundary"));
    request_set(rq, "Tags", desired_tag_list(op, "Key", "Value"));
    op_send(op, rq, created);
}

static const struct value *wanted_or_kept(struct op *op, const char *property)
{
    const struct value *wanted = desired_wire(op, property);
    return wanted ? wanted : value_get(op_prior(op), property);
}

static const struct tag_calls tag_calls = {&iam_TagRole, &iam_UntagRole, "RoleName", "Tags",
                                           "TagKeys",    "Key",          "Value"};

static void update_role(struct op *op)
{
    const struct value *trust = changed_wire(op, "assume_role_policy_document");
    const struct value *boundary = changed_wire(op, "permissions_boundary");
    if (trust)
        request_set(role_call(op, &iam_UpdateAssumeRolePolicy, NULL), "PolicyDocument", trust);
    if (changed_wire(op, "description") || changed_wire(op, "max_session_duration")) {
        /* UpdateRole resets what it is not given */
        struct request *rq = role_call(op, &iam_UpdateRole, NULL);
        request_set(rq, "Description", wanted_or_kept(op, "description"));
        request_set(rq, "MaxSessionDuration", wanted_or_kept(op, "max_session_duration"));
    }
    if (boundary)
        request_set(role_call(op, &iam_PutRolePermissionsBoundary, NULL), "PermissionsBoundary",
                    boundary);
    add_policy_calls(op);
    calls_add_tags(op, &tag_calls, op_identifier(op));
    calls_in_order(op, step_updated);
}

/* ---- remove ---- */

static void deleted(struct op *op, const struct response *rs)
{
    (void)rs;
    op_done_removed(op);
}

struct removal {
    struct calls calls;
    const struct value *names, *attached;
};

static void keep_names(struct op *op, const struct response *rs)
{
    struct removal *removal = op_data(op, sizeof(*removal));
    removal->names = value_get(rs->body, "PolicyNames");
}

static void keep_attached(struct op *op, const struct response *rs)
{
    struct removal *removal = op_data(op, sizeof(*removal));
    removal->attached = value_get(rs->body, "AttachedPolicies");
}

/* A role must be bare before it can go. */
static void strip(struct op *op, const struct response *rs)
{
    (void)rs;
    const struct removal *removal = op_data(op, sizeof(*removal));
    for (size_t i = 0; i < value_len(removal->names); i++) {
        request_set(role_call(op, &iam_DeleteRolePolicy, NULL), "PolicyName",
                    value_item(removal->names, i));
        calls_forgive(op, FAULT_NOT_FOUND);
    }
    for (size_t i = 0; i < value_len(removal->attached); i++) {
        attach(op, &iam_DetachRolePolicy, value_get(value_item(removal->attached, i), "PolicyArn"));
        calls_forgive(op, FAULT_NOT_FOUND);
    }
    role_call(op, &iam_DeleteRole, NULL);
    calls_forgive(op, FAULT_NOT_FOUND);
    calls_in_order(op, deleted);
}

static void remove_role(struct op *op)
{
    (void)op_data(op, sizeof(struct removal)); /* the calls live in it */
    role_call(op, &iam_ListRolePolicies, keep_names);
    role_call(op, &iam_ListAttachedRolePolicies, keep_attached);
    calls_together(op, op_done_removed, strip);
}

/* ---- find ---- */

static void find_role(struct op *op)
{
    get_role(op, value_get_str(op_desired(op), "name"), step_found_by_name);
}

const struct resource_ops aws_iam_role_ops = {
    .read = read_role,
    .create = create_role,
    .update = update_role,
    .remove = remove_role,
    .find = find_role,
};
