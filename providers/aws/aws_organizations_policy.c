/* aws_organizations_policy: a policy and its attachments, which are exclusive where they are
 * declared. Calls take the id that AWS gives; by name it is found among those of its type. */
#include "providers/aws/calls.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

/* True when the answer is good; else the operation has ended. */
static bool good_or_end(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND)
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    return rs->fault == FAULT_NONE;
}

/* ---- read ---- */

struct read {
    struct calls calls;
    struct map_builder attributes;
};

static void take_policy(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    const struct value *policy = value_get(rs->body, "Policy");
    const struct value *summary =
        schema_from_wire(op_arena(op), op_schema(op)->root, value_get(policy, "PolicySummary"));
    for (size_t i = 0; value_is(summary, VALUE_MAP) && i < summary->map.len; i++)
        map_put(&read->attributes, summary->map.entries[i].key, summary->map.entries[i].value);
    map_put(&read->attributes, "content", observed(op, "content", value_get(policy, "Content")));
}

static void take_targets(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    const struct value *targets = value_get(rs->body, "Targets");
    struct list_builder ids = list_begin(op_arena(op));
    for (size_t i = 0; i < value_len(targets); i++)
        if (value_get_str(value_item(targets, i), "TargetId"))
            list_add(&ids, value_get(value_item(targets, i), "TargetId"));
    map_put(&read->attributes, "targets", list_end(&ids));
}

static void take_tags(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    map_put(&read->attributes, "tags",
            aws_tag_map(op_arena(op), value_get(rs->body, "Tags"), "Key", "Value"));
}

static void all_read(struct op *op, const struct response *rs)
{
    (void)rs;
    struct read *read = op_data(op, sizeof(*read));
    op_done(op, op_identifier(op), map_end(&read->attributes));
}

static void read_policy(struct op *op)
{
    struct read *read = op_data(op, sizeof(*read));
    const char *id = op_identifier(op);
    read->attributes = map_begin(op_arena(op));
    request_set_str(calls_add(op, &organizations_DescribePolicy, take_policy), "PolicyId", id);
    request_set_str(calls_add(op, &organizations_ListTargetsForPolicy, take_targets), "PolicyId",
                    id);
    request_set_str(calls_add(op, &organizations_ListTagsForResource, take_tags), "ResourceId", id);
    calls_together(op, op_gone, all_read);
}

/* ---- by name ---- */

static void list_policies(struct op *op, op_step_fn *step)
{
    struct request *rq = aws_request(op, &organizations_ListPolicies);
    request_set(rq, "Filter", desired_wire(op, "type"));
    op_send_all(op, rq, step);
}

static const char *id_by_name(struct op *op, const struct response *rs)
{
    const struct value *policies = value_get(rs->body, "Policies");
    for (size_t i = 0; i < value_len(policies); i++)
        if (str_eq(value_get_str(value_item(policies, i), "Name"),
                   value_get_str(op_desired(op), "name")))
            return value_get_str(value_item(policies, i), "Id");
    return NULL;
}

/* ---- attachments ---- */

static bool list_has(const struct value *list, const struct value *item)
{
    for (size_t i = 0; i < value_len(list); i++)
        if (value_equal(value_item(list, i), item))
            return true;
    return false;
}

static void add_target_call(struct op *op, const struct aws_operation *operation, const char *id,
                            const struct value *target, enum fault done_already)
{
    struct request *rq = calls_add(op, operation, NULL);
    request_set_str(rq, "PolicyId", id);
    request_set(rq, "TargetId", target);
    calls_forgive(op, done_already);
}

/* Attached first, so that what moves from one target to a wider one never lacks the policy. */
static void add_target_calls(struct op *op, const char *id)
{
    const struct value *wanted = value_get(op_desired(op), "targets");
    const struct value *there = value_get(op_prior(op), "targets");
    for (size_t i = 0; i < value_len(wanted); i++)
        if (!list_has(there, value_item(wanted, i)))
            add_target_call(op, &organizations_AttachPolicy, id, value_item(wanted, i),
                            FAULT_CONFLICT);
    for (size_t i = 0; wanted && i < value_len(there); i++)
        if (!list_has(wanted, value_item(there, i)))
            add_target_call(op, &organizations_DetachPolicy, id, value_item(there, i),
                            FAULT_NOT_FOUND);
}

/* ---- create ---- */

struct creation {
    struct calls calls;
    const struct response *refusal;
    const char *id;
};

static void attached(struct op *op, const struct response *rs)
{
    (void)rs;
    const struct creation *creation = op_data(op, sizeof(*creation));
    op_done(op, creation->id, NULL);
}

static void attach(struct op *op, const char *id)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    creation->id = id;
    op_made(op, id);
    add_target_calls(op, id);
    calls_in_order(op, attached);
}

/* Our own policy means that the answer to an earlier attempt was lost. */
static void existing_read(struct op *op, const struct response *rs)
{
    const struct creation *creation = op_data(op, sizeof(*creation));
    if (rs->fault == FAULT_NONE &&
        has_our_tags(op, aws_tag_map(op_arena(op), value_get(rs->body, "Tags"), "Key", "Value")))
        attach(op, creation->id);
    else
        op_fail(op, creation->refusal);
}

static void existing_found(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    creation->id = rs->fault == FAULT_NONE ? id_by_name(op, rs) : NULL;
    if (!creation->id) {
        op_fail(op, creation->refusal);
        return;
    }
    struct request *rq = aws_request(op, &organizations_ListTagsForResource);
    request_set_str(rq, "ResourceId", creation->id);
    op_send_all(op, rq, existing_read);
}

static void created(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    const struct value *summary = value_get(value_get(rs->body, "Policy"), "PolicySummary");
    const char *id = value_get_str(summary, "Id");
    creation->refusal = rs;
    if (rs->fault == FAULT_CONFLICT)
        list_policies(op, existing_found);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else if (id)
        attach(op, id);
    else
        op_fail_with(op, E_BAD_ANSWER, "%s: the answer has no id", rs->operation);
}

static void create_policy(struct op *op)
{
    const struct value *description = desired_wire(op, "description");
    struct request *rq = aws_request(op, &organizations_CreatePolicy);
    (void)op_data(op, sizeof(struct creation)); /* the calls live in it */
    request_set(rq, "Name", desired_wire(op, "name"));
    request_set(rq, "Type", desired_wire(op, "type"));
    request_set(rq, "Description", description ? description : value_string(op_arena(op), ""));
    request_set(rq, "Content", desired_wire(op, "content"));
    request_set(rq, "Tags", desired_tag_list(op, "Key", "Value"));
    op_send(op, rq, created);
}

/* ---- update ---- */

/* Members that are left out stay as they are. */
static void add_text_call(struct op *op)
{
    static const char *const texts[] = {"name", "description", "content"};
    struct map_builder changed = map_begin(op_arena(op));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        map_put(&changed, wire_name(op, texts[i]), changed_wire(op, texts[i]));
    if (changed.len == 0)
        return;
    struct request *rq = calls_add(op, &organizations_UpdatePolicy, NULL);
    request_set_str(rq, "PolicyId", op_identifier(op));
    request_body(rq, map_end(&changed));
}

static const struct tag_calls tag_calls = {&organizations_TagResource,
                                           &organizations_UntagResource,
                                           "ResourceId",
                                           "Tags",
                                           "TagKeys",
                                           "Key",
                                           "Value"};

static void update_policy(struct op *op)
{
    add_text_call(op);
    add_target_calls(op, op_identifier(op));
    calls_add_tags(op, &tag_calls, op_identifier(op));
    calls_in_order(op, step_updated);
}

/* ---- remove: detached first ---- */

static void deleted(struct op *op, const struct response *rs)
{
    (void)rs;
    op_done_removed(op);
}

static void detach_all(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        op_done_removed(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    const struct value *targets = value_get(rs->body, "Targets");
    for (size_t i = 0; i < value_len(targets); i++)
        add_target_call(op, &organizations_DetachPolicy, op_identifier(op),
                        value_get(value_item(targets, i), "TargetId"), FAULT_NOT_FOUND);
    request_set_str(calls_add(op, &organizations_DeletePolicy, NULL), "PolicyId",
                    op_identifier(op));
    calls_forgive(op, FAULT_NOT_FOUND);
    calls_in_order(op, deleted);
}

static void remove_policy(struct op *op)
{
    struct request *rq = aws_request(op, &organizations_ListTargetsForPolicy);
    request_set_str(rq, "PolicyId", op_identifier(op));
    op_send_all(op, rq, detach_all);
}

/* ---- find ---- */

static void found(struct op *op, const struct response *rs)
{
    const char *id = rs->fault == FAULT_NONE ? id_by_name(op, rs) : NULL;
    if (!good_or_end(op, rs))
        return;
    if (id)
        op_found(op, id, OWNER_BY_TAGS);
    else
        op_gone(op);
}

static void find_policy(struct op *op)
{
    list_policies(op, found);
}

const struct resource_ops aws_organizations_policy_ops = {
    .read = read_policy,
    .create = create_policy,
    .update = update_policy,
    .remove = remove_policy,
    .find = find_policy,
};
