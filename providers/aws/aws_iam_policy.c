/* aws_iam_policy: managed policies of the account. A document is never changed: a new version
 * becomes the default, and of the five that AWS keeps the oldest makes room. */
#include "engine/base/slice.h"
#include "providers/aws/calls.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"
#include "providers/aws/uri.h"

#define VERSIONS_MAX 5

static const char *name_of(struct op *op)
{
    return op_identifier(op) ? op_identifier(op) : value_get_str(op_desired(op), "name");
}

/* Calls take the ARN, which has the path; NULL where nobody has said the path yet. */
static const char *known_arn(struct op *op)
{
    const char *arn = value_get_str(op_prior(op), "arn");
    const char *path = value_get_str(op_desired(op), "path");
    if (arn)
        return arn;
    if (!path)
        path = op_desired(op) ? "/" : NULL;
    return path ? arena_printf(op_arena(op), "arn:%s:iam::%s:policy%s%s", op_partition(op),
                               op_account_id(op), path, name_of(op))
                : NULL;
}

static struct request *with_arn(struct op *op, struct request *rq)
{
    request_set_str(rq, "PolicyArn", known_arn(op));
    return rq;
}

static struct request *policy_request(struct op *op, const struct aws_operation *operation)
{
    return with_arn(op, aws_request(op, operation));
}

static struct request *policy_call(struct op *op, const struct aws_operation *operation,
                                   op_step_fn *take)
{
    return with_arn(op, calls_add(op, operation, take));
}

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
    const char *arn;
    const struct value *policy;
};

/* IAM answers with documents percent-encoded. */
static void version_read(struct op *op, const struct response *rs)
{
    if (!good_or_end(op, rs))
        return;
    struct arena *arena = op_arena(op);
    const struct read *read = op_data(op, sizeof(*read));
    const struct value *encoded = value_get(value_get(rs->body, "PolicyVersion"), "Document");
    struct map_builder b =
        map_begin_from(arena, schema_from_wire(arena, op_schema(op)->root, read->policy));
    map_put(&b, "tags", aws_tag_map(arena, value_get(read->policy, "Tags"), "Key", "Value"));
    if (value_is(encoded, VALUE_STRING)) {
        struct slice text = uri_decode(arena, encoded->string);
        map_put(&b, "policy_document",
                observed(op, "policy_document", value_string_n(arena, text.ptr, text.len)));
    }
    op_done(op, op_identifier(op), map_end(&b));
}

static void policy_read(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    if (!good_or_end(op, rs))
        return;
    read->policy = value_get(rs->body, "Policy");
    struct request *rq = aws_request(op, &iam_GetPolicyVersion);
    request_set_str(rq, "PolicyArn", read->arn);
    request_set(rq, "VersionId", value_get(read->policy, "DefaultVersionId"));
    op_send(op, rq, version_read);
}

static void read_by_arn(struct op *op, const char *arn)
{
    struct read *read = op_data(op, sizeof(*read));
    struct request *rq = aws_request(op, &iam_GetPolicy);
    read->arn = arn;
    request_set_str(rq, "PolicyArn", arn);
    op_send(op, rq, policy_read);
}

static void listed(struct op *op, const struct response *rs)
{
    const struct value *policies = value_get(rs->body, "Policies");
    const char *arn = NULL;
    if (!good_or_end(op, rs))
        return;
    for (size_t i = 0; i < value_len(policies) && !arn; i++)
        if (str_eq(value_get_str(value_item(policies, i), "PolicyName"), name_of(op)))
            arn = value_get_str(value_item(policies, i), "Arn");
    if (arn)
        read_by_arn(op, arn);
    else
        op_gone(op);
}

/* By name alone, as an import does it, the path is looked up. */
static void read_policy(struct op *op)
{
    const char *arn = known_arn(op);
    if (arn) {
        read_by_arn(op, arn);
        return;
    }
    struct request *rq = aws_request(op, &iam_ListPolicies);
    request_set_str(rq, "Scope", "Local");
    op_send_all(op, rq, listed);
}

/* ---- create ---- */

struct creation {
    const struct response *refusal;
};

/* Our own policy means that the answer to an earlier attempt was lost. */
static void existing_read(struct op *op, const struct response *rs)
{
    const struct creation *creation = op_data(op, sizeof(*creation));
    const struct value *tags = value_get(value_get(rs->body, "Policy"), "Tags");
    if (rs->fault == FAULT_NONE &&
        has_our_tags(op, aws_tag_map(op_arena(op), tags, "Key", "Value")))
        op_done(op, name_of(op), NULL);
    else
        op_fail(op, creation->refusal);
}

static void created(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    creation->refusal = rs;
    if (rs->fault == FAULT_NONE)
        op_done(op, name_of(op), NULL);
    else if (rs->fault == FAULT_CONFLICT)
        op_send(op, policy_request(op, &iam_GetPolicy), existing_read);
    else
        op_fail(op, rs);
}

static void create_policy(struct op *op)
{
    struct request *rq = aws_request(op, &iam_CreatePolicy);
    request_set(rq, "PolicyName", desired_wire(op, "name"));
    request_set(rq, "Path", desired_wire(op, "path"));
    request_set(rq, "PolicyDocument", desired_wire(op, "policy_document"));
    request_set(rq, "Description", desired_wire(op, "description"));
    request_set(rq, "Tags", desired_tag_list(op, "Key", "Value"));
    op_send(op, rq, created);
}

/* ---- versions ---- */

/* "v12" is 12; 0 for what is no version of a customer's. */
static long long number_of(const struct value *version)
{
    const char *id = value_get_str(version, "VersionId");
    long long number = 0;
    return id && id[0] == 'v' && parse_int64(slice_of(id + 1), &number) ? number : 0;
}

static bool is_default(const struct value *version)
{
    return str_eq(value_get_str(version, "IsDefaultVersion"), "true");
}

static const struct value *oldest_of(const struct value *versions)
{
    const struct value *oldest = NULL;
    for (size_t i = 0; i < value_len(versions); i++) {
        const struct value *version = value_item(versions, i);
        if (!is_default(version) && (!oldest || number_of(version) < number_of(oldest)))
            oldest = version;
    }
    return oldest;
}

static void add_version_removal(struct op *op, const struct value *version)
{
    request_set(policy_call(op, &iam_DeletePolicyVersion, NULL), "VersionId",
                value_get(version, "VersionId"));
    calls_forgive(op, FAULT_NOT_FOUND);
}

/* ---- update ---- */

struct change {
    struct calls calls;
    const struct value *versions;
};

static void take_versions(struct op *op, const struct response *rs)
{
    struct change *change = op_data(op, sizeof(*change));
    change->versions = value_get(rs->body, "Versions");
}

static void add_tag_calls(struct op *op)
{
    const struct value *set, *removed;
    tag_changes(op, &set, &removed);
    if (value_len(set))
        request_set(policy_call(op, &iam_TagPolicy, NULL), "Tags",
                    aws_tag_list(op_arena(op), set, "Key", "Value"));
    if (value_len(removed))
        request_set(policy_call(op, &iam_UntagPolicy, NULL), "TagKeys", removed);
}

static void update_tags(struct op *op)
{
    add_tag_calls(op);
    calls_in_order(op, step_updated);
}

static void list_versions(struct op *op, const struct response *rs);

/* A list that lags behind does not show that the policy has all its versions already. */
static void version_created(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        update_tags(op);
    else if (rs->fault != FAULT_QUOTA || !op_look_again(op, list_versions))
        op_fail(op, rs);
}

static void create_version(struct op *op, const struct response *rs)
{
    (void)rs;
    struct request *rq = policy_request(op, &iam_CreatePolicyVersion);
    request_set(rq, "PolicyDocument", changed_wire(op, "policy_document"));
    request_set(rq, "SetAsDefault", value_bool(true));
    op_send(op, rq, version_created);
}

static void versions_listed(struct op *op, const struct response *rs)
{
    (void)rs;
    const struct change *change = op_data(op, sizeof(*change));
    const struct value *oldest = oldest_of(change->versions);
    if (value_len(change->versions) >= VERSIONS_MAX && oldest)
        add_version_removal(op, oldest);
    calls_in_order(op, create_version);
}

static void list_versions(struct op *op, const struct response *rs)
{
    (void)rs;
    policy_call(op, &iam_ListPolicyVersions, take_versions);
    calls_in_order(op, versions_listed);
}

static void update_policy(struct op *op)
{
    (void)op_data(op, sizeof(struct change)); /* the calls live in it */
    if (changed_wire(op, "policy_document"))
        list_versions(op, NULL);
    else
        update_tags(op);
}

/* ---- remove: the other versions first ---- */

static void look_at_versions(struct op *op, const struct response *rs);

/* Versions that the list did not show yet, and roles that have let go of it a moment ago. */
static void deleted(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE || rs->fault == FAULT_NOT_FOUND)
        op_done_removed(op);
    else if (rs->fault != FAULT_CONFLICT || !op_look_again(op, look_at_versions))
        op_fail(op, rs);
}

static void delete_bare(struct op *op, const struct response *rs)
{
    (void)rs;
    op_send(op, policy_request(op, &iam_DeletePolicy), deleted);
}

static void strip(struct op *op, const struct response *rs)
{
    (void)rs;
    const struct change *change = op_data(op, sizeof(*change));
    for (size_t i = 0; i < value_len(change->versions); i++)
        if (!is_default(value_item(change->versions, i)))
            add_version_removal(op, value_item(change->versions, i));
    calls_in_order(op, delete_bare);
}

static void look_at_versions(struct op *op, const struct response *rs)
{
    (void)rs;
    policy_call(op, &iam_ListPolicyVersions, take_versions);
    calls_together(op, op_done_removed, strip);
}

static void remove_policy(struct op *op)
{
    (void)op_data(op, sizeof(struct change)); /* the calls live in it */
    look_at_versions(op, NULL);
}

/* ---- find ---- */

static void found(struct op *op, const struct response *rs)
{
    if (good_or_end(op, rs))
        op_found(op, name_of(op), OWNER_BY_TAGS);
}

static void find_policy(struct op *op)
{
    op_send(op, policy_request(op, &iam_GetPolicy), found);
}

const struct resource_ops aws_iam_policy_ops = {
    .read = read_policy,
    .create = create_policy,
    .update = update_policy,
    .remove = remove_policy,
    .find = find_policy,
};
