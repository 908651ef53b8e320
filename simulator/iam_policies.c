#include "simulator/iam_policies.h"

#include <stdlib.h>
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/managed_policies.h"
#include "simulator/authorize.h"
#include "simulator/iam.h"
#include "simulator/tags.h"

#define POLICY "iam.policy"
#define VERSIONS_MAX 5
#define DOCUMENT_MAX 6144 /* characters, blanks not counted */

/* The account's own policy of that ARN, or NULL. */
static const struct value *own_policy(struct world *world, struct arena *arena, const char *text)
{
    struct arn arn;
    if (!text || !arn_parse(slice_of(text), &arn))
        return NULL;
    return store_get(world, arena, POLICY, arena_strndup(arena, arn.account.ptr, arn.account.len),
                     "", text);
}

/* The document speaks of the partition that the ARN is of. */
static const char *managed_text(struct arena *arena, const char *policy_arn)
{
    struct arn arn;
    if (!policy_arn || !arn_parse(slice_of(policy_arn), &arn))
        return NULL;
    return managed_policy_document_in(arena, policy_arn,
                                      arena_strndup(arena, arn.partition.ptr, arn.partition.len));
}

const char *iam_policy_text(struct world *world, struct arena *arena, const char *arn)
{
    const char *text = managed_text(arena, arn);
    if (text)
        return text;
    const struct value *policy = own_policy(world, arena, arn);
    const char *version = value_get_str(policy, "Default");
    return version ? value_get_str(value_get(value_get(policy, "Versions"), version), "Document")
                   : NULL;
}

/* An own policy that the call names; NULL with the error set. AWS's own cannot be changed. */
static const struct value *need_own(struct sim_call *call, const char **ret_arn)
{
    const char *arn = call_need(call, "PolicyArn");
    if (!arn)
        return NULL;
    *ret_arn = arn;
    if (managed_policy_document(arn)) {
        call_error(call, 403, "AccessDenied",
                   "User: %s is not authorized to perform: iam:%s on "
                   "resource: policy %s",
                   call->principal, call->operation->name, arn);
        return NULL;
    }
    const struct value *policy =
        store_get(call->world, call->arena, POLICY, call->account, "", arn);
    if (!policy)
        call_error(call, 404, "NoSuchEntity", "Policy %s was not found.", arn);
    return policy;
}

static bool save(struct sim_call *call, const char *arn, const struct value *policy)
{
    store_put(call->world, POLICY, call->account, "", arn, policy);
    return call_answer(call, NULL);
}

/* Whether a role has it attached or is bounded by it. */
static bool role_uses(const struct value *role, const char *arn)
{
    const struct value *attached = value_get(role, "Attached");
    for (size_t i = 0; i < value_len(attached); i++)
        if (str_eq(value_str(value_item(attached, i)), arn))
            return true;
    return str_eq(value_get_str(role, "PermissionsBoundary"), arn);
}

static struct objects users_of(struct sim_call *call, const char *arn)
{
    struct objects rows = store_holding(call->world, call->arena, IAM_ROLE, call->account, "", arn);
    size_t kept = 0;
    for (size_t i = 0; i < rows.len; i++)
        if (role_uses(rows.items[i].body, arn))
            rows.items[kept++] = rows.items[i];
    rows.len = kept;
    return rows;
}

/* ---- documents ---- */

static size_t length_without_blanks(const char *text)
{
    size_t len = 0;
    for (; *text; text++)
        len += !strchr(" \t\r\n", *text);
    return len;
}

static const char *need_document(struct sim_call *call)
{
    const char *text = call_need(call, "PolicyDocument"), *why = NULL;
    if (!text)
        return NULL;
    if (!policy_read(call->arena, text, POLICY_IDENTITY, &why)) {
        call_error(call, 400, "MalformedPolicyDocument", "%s", why);
        return NULL;
    }
    if (length_without_blanks(text) > DOCUMENT_MAX) {
        call_error(call, 409, "LimitExceeded", "Cannot exceed quota for PolicySize: %d",
                   DOCUMENT_MAX);
        return NULL;
    }
    return text;
}

static const struct value *version_of(struct sim_call *call, const char *text)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Document", text);
    map_put_int(&b, "Created_ms", call->now);
    return map_end(&b);
}

static const struct value *version_shape(struct sim_call *call, const struct value *policy,
                                         const char *id, bool with_document)
{
    const struct value *version = value_get(value_get(policy, "Versions"), id);
    struct map_builder b = map_begin(call->arena);
    if (with_document)
        map_put_str(&b, "Document",
                    percent_encode(call->arena,
                                   policy_echo(call->arena, value_get_str(version, "Document"))));
    map_put_str(&b, "VersionId", id);
    map_put_bool(&b, "IsDefaultVersion", str_eq(id, value_get_str(policy, "Default")));
    map_put(&b, "CreateDate", call_time(call, value_get_int(version, "Created_ms", 0)));
    return map_end(&b);
}

static bool answer_one(struct sim_call *call, const char *member, const struct value *shape)
{
    struct map_builder b = map_begin(call->arena);
    map_put(&b, member, shape);
    return call_answer(call, map_end(&b));
}

static bool answer_page(struct sim_call *call, struct map_builder *b, const char *next)
{
    map_put_bool(b, "IsTruncated", next != NULL);
    map_put_str(b, "Marker", next);
    return call_answer(call, map_end(b));
}

static bool bad_marker(struct sim_call *call)
{
    return call_error(call, 400, "ValidationError", "Invalid Marker");
}

/* ---- policies ---- */

static const struct value *aws_shape(struct sim_call *call, const struct managed_policy *policy,
                                     const char *arn)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "PolicyName", policy->name);
    map_put_str(&b, "PolicyId", "ANPAAAAAAAAAAAAAAAAAA");
    map_put_str(&b, "Arn", arn);
    map_put_str(&b, "Path", policy->path);
    map_put_str(&b, "DefaultVersionId", policy->version);
    map_put_bool(&b, "IsAttachable", true);
    map_put(&b, "CreateDate", call_time(call, WORLD_EPOCH_MS));
    map_put(&b, "UpdateDate", call_time(call, WORLD_EPOCH_MS));
    return map_end(&b);
}

static const struct value *own_shape(struct sim_call *call, const struct value *policy, bool full)
{
    static const char *const plain[] = {"PolicyName", "PolicyId", "Arn", "Path"};
    const char *arn = value_get_str(policy, "Arn");
    size_t attached = 0, bounded = 0;
    struct objects users = users_of(call, arn);
    for (size_t i = 0; i < users.len; i++) {
        bool bounds = str_eq(value_get_str(users.items[i].body, "PermissionsBoundary"), arn);
        bounded += bounds;
        attached += !bounds;
    }
    struct map_builder b = map_begin(call->arena);
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        map_put(&b, plain[i], value_get(policy, plain[i]));
    map_put(&b, "DefaultVersionId", value_get(policy, "Default"));
    map_put_int(&b, "AttachmentCount", (int64_t)attached);
    map_put_int(&b, "PermissionsBoundaryUsageCount", (int64_t)bounded);
    map_put_bool(&b, "IsAttachable", true);
    map_put(&b, "CreateDate", call_time(call, value_get_int(policy, "Created_ms", 0)));
    map_put(&b, "UpdateDate", call_time(call, value_get_int(policy, "Updated_ms", 0)));
    if (!full)
        return map_end(&b);
    map_put(&b, "Description", value_get(policy, "Description"));
    if (value_len(value_get(policy, "Tags")))
        map_put(&b, "Tags", tags_to_list(call->arena, value_get(policy, "Tags"), "Key", "Value"));
    return map_end(&b);
}

static bool name_is_taken(struct sim_call *call, const char *name)
{
    struct objects rows = store_holding(call->world, call->arena, POLICY, call->account, "", name);
    for (size_t i = 0; i < rows.len; i++)
        if (str_eq(value_get_str(rows.items[i].body, "PolicyName"), name))
            return true;
    return false;
}

bool iam_create_policy(struct sim_call *call)
{
    struct arena *arena = call->arena;
    const char *name = call_need(call, "PolicyName");
    const char *text = name ? need_document(call) : NULL, *path = call_str(call, "Path");
    if (!text)
        return false;
    if (name_is_taken(call, name))
        return call_error(call, 409, "EntityAlreadyExists",
                          "A policy called %s already exists. Duplicate names are not allowed.",
                          name);
    const struct value *tags = tags_from_list(arena, call_get(call, "Tags"), "Key", "Value");
    const char *refused = tags_refused(arena, tags);
    if (refused)
        return call_error(call, 400, "InvalidInput", "%s", refused);
    path = path ? path : "/";
    const char *arn = arena_printf(arena, "arn:%s:iam::%s:policy%s%s", call->partition,
                                   call->account, path, name);
    struct map_builder versions = map_begin(arena), b = map_begin(arena);
    map_put(&versions, "v1", version_of(call, text));
    map_put_str(&b, "PolicyName", name);
    map_put_str(&b, "PolicyId", id_upper(call->world, arena, "ANPA", 17));
    map_put_str(&b, "Arn", arn);
    map_put_str(&b, "Path", path);
    map_put(&b, "Description", call_get(call, "Description"));
    map_put(&b, "Tags", tags);
    map_put_str(&b, "Default", "v1");
    map_put_int(&b, "Next", 2);
    map_put(&b, "Versions", map_end(&versions));
    map_put_int(&b, "Created_ms", call->now);
    map_put_int(&b, "Updated_ms", call->now);
    const struct value *policy = map_end(&b);
    save(call, arn, policy);
    return answer_one(call, "Policy", own_shape(call, policy, true));
}

bool iam_get_policy(struct sim_call *call)
{
    const char *arn = call_need(call, "PolicyArn");
    const struct managed_policy *managed = arn ? managed_policy_find(arn) : NULL;
    if (managed)
        return answer_one(call, "Policy", aws_shape(call, managed, arn));
    const struct value *policy = arn ? need_own(call, &arn) : NULL;
    return policy && answer_one(call, "Policy", own_shape(call, policy, true));
}

bool iam_delete_policy(struct sim_call *call)
{
    const char *arn;
    const struct value *policy = need_own(call, &arn);
    if (!policy)
        return false;
    if (users_of(call, arn).len)
        return call_error(call, 409, "DeleteConflict",
                          "Cannot delete a policy attached to entities.");
    if (value_len(value_get(policy, "Versions")) > 1)
        return call_error(call, 409, "DeleteConflict",
                          "This policy has more than one version. Before you delete a policy, you "
                          "must delete the policy's versions. The default version is deleted with "
                          "the policy.");
    store_delete(call->world, POLICY, call->account, "", arn);
    return call_answer(call, NULL);
}

/* Those of the account: AWS's own, hundreds of them, are not all known here. */
bool iam_list_policies(struct sim_call *call)
{
    const char *scope = call_str(call, "Scope"), *next;
    struct objects rows = store_list(call->world, call->arena, POLICY, call->account, "", NULL);
    if (str_eq(scope, "AWS"))
        rows.len = 0;
    if (!call_page(call, &rows, "Marker", "MaxItems", 100, &next))
        return bad_marker(call);
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, own_shape(call, rows.items[i].body, false));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Policies", list_end(&list));
    return answer_page(call, &b, next);
}

bool iam_list_entities_for_policy(struct sim_call *call)
{
    const char *arn, *next;
    if (!need_own(call, &arn))
        return false;
    struct objects rows = users_of(call, arn);
    if (!call_page(call, &rows, "Marker", "MaxItems", 100, &next))
        return bad_marker(call);
    struct list_builder roles = list_begin(call->arena), none = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        struct map_builder role = map_begin(call->arena);
        map_put_str(&role, "RoleName", rows.items[i].id);
        map_put(&role, "RoleId", value_get(rows.items[i].body, "RoleId"));
        list_add(&roles, map_end(&role));
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "PolicyGroups", list_end(&none));
    map_put(&b, "PolicyUsers", list_end(&none));
    map_put(&b, "PolicyRoles", list_end(&roles));
    return answer_page(call, &b, next);
}

/* ---- versions ---- */

bool iam_create_policy_version(struct sim_call *call)
{
    const char *arn;
    const struct value *policy = need_own(call, &arn);
    const char *text = policy ? need_document(call) : NULL;
    if (!text)
        return false;
    const struct value *versions = value_get(policy, "Versions");
    if (value_len(versions) >= VERSIONS_MAX)
        return call_error(call, 409, "LimitExceeded",
                          "A managed policy can have up to %d versions. Before you create a new "
                          "version, you must delete an existing version.",
                          VERSIONS_MAX);
    int64_t next = value_get_int(policy, "Next", 2);
    const char *id = arena_printf(call->arena, "v%lld", (long long)next);
    struct map_builder b = map_begin_from(call->arena, policy);
    map_put(&b, "Versions", value_with(call->arena, versions, id, version_of(call, text)));
    map_put_int(&b, "Next", next + 1);
    map_put_int(&b, "Updated_ms", call->now);
    if (call_bool(call, "SetAsDefault", false))
        map_put_str(&b, "Default", id);
    policy = map_end(&b);
    save(call, arn, policy);
    return answer_one(call, "PolicyVersion", version_shape(call, policy, id, false));
}

static bool no_version(struct sim_call *call, const char *arn, const char *id)
{
    return call_error(call, 404, "NoSuchEntity",
                      "Policy %s version %s does not exist or is not attachable.", arn, id);
}

/* The version that the call names, of an own policy; NULL with the error set. */
static const char *need_version(struct sim_call *call, const struct value *policy, const char *arn)
{
    const char *id = call_need(call, "VersionId");
    if (!id || value_get(value_get(policy, "Versions"), id))
        return id;
    no_version(call, arn, id);
    return NULL;
}

bool iam_get_policy_version(struct sim_call *call)
{
    const char *arn = call_need(call, "PolicyArn");
    const struct managed_policy *managed = arn ? managed_policy_find(arn) : NULL;
    if (managed) {
        const char *id = call_need(call, "VersionId");
        if (!id || !str_eq(managed->version, id))
            return id && no_version(call, arn, id);
        struct map_builder b = map_begin(call->arena);
        map_put_str(&b, "Document", percent_encode(call->arena, managed_text(call->arena, arn)));
        map_put_str(&b, "VersionId", id);
        map_put_bool(&b, "IsDefaultVersion", true);
        map_put(&b, "CreateDate", call_time(call, WORLD_EPOCH_MS));
        return answer_one(call, "PolicyVersion", map_end(&b));
    }
    const struct value *policy = arn ? need_own(call, &arn) : NULL;
    const char *id = policy ? need_version(call, policy, arn) : NULL;
    return id && answer_one(call, "PolicyVersion", version_shape(call, policy, id, true));
}

bool iam_list_policy_versions(struct sim_call *call)
{
    const char *arn, *next;
    const struct value *policy = need_own(call, &arn);
    if (!policy)
        return false;
    struct objects rows = rows_of_map(call->arena, value_get(policy, "Versions"));
    if (!call_page(call, &rows, "Marker", "MaxItems", 100, &next))
        return bad_marker(call);
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, version_shape(call, policy, rows.items[i].id, false));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Versions", list_end(&list));
    return answer_page(call, &b, next);
}

bool iam_set_default_policy_version(struct sim_call *call)
{
    const char *arn;
    const struct value *policy = need_own(call, &arn);
    const char *id = policy ? need_version(call, policy, arn) : NULL;
    return id && save(call, arn,
                      value_with(call->arena, policy, "Default", value_string(call->arena, id)));
}

bool iam_delete_policy_version(struct sim_call *call)
{
    const char *arn;
    const struct value *policy = need_own(call, &arn);
    const char *id = policy ? need_version(call, policy, arn) : NULL;
    if (!id)
        return false;
    if (str_eq(id, value_get_str(policy, "Default")))
        return call_error(call, 409, "DeleteConflict",
                          "Cannot delete the default version of a policy.");
    const struct value *versions = value_without(call->arena, value_get(policy, "Versions"), id);
    return save(call, arn, value_with(call->arena, policy, "Versions", versions));
}

/* ---- tags ---- */

bool iam_tag_policy(struct sim_call *call)
{
    const char *arn;
    const struct value *policy = need_own(call, &arn);
    if (!policy)
        return false;
    const struct value *more = tags_from_list(call->arena, call_get(call, "Tags"), "Key", "Value");
    const struct value *tags = tags_merge(call->arena, value_get(policy, "Tags"), more);
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "InvalidInput", "%s", refused);
    return save(call, arn, value_with(call->arena, policy, "Tags", tags));
}

bool iam_untag_policy(struct sim_call *call)
{
    const char *arn;
    const struct value *policy = need_own(call, &arn);
    if (!policy)
        return false;
    const struct value *tags =
        tags_remove(call->arena, value_get(policy, "Tags"), call_get(call, "TagKeys"));
    return save(call, arn, value_with(call->arena, policy, "Tags", tags));
}

bool iam_list_policy_tags(struct sim_call *call)
{
    const char *arn, *next;
    const struct value *policy = need_own(call, &arn);
    if (!policy)
        return false;
    struct objects rows = rows_of_map(call->arena, value_get(policy, "Tags"));
    if (!call_page(call, &rows, "Marker", "MaxItems", 100, &next))
        return bad_marker(call);
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        struct map_builder tag = map_begin(call->arena);
        map_put_str(&tag, "Key", rows.items[i].id);
        map_put(&tag, "Value", value_get(rows.items[i].body, "Value"));
        list_add(&list, map_end(&tag));
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Tags", list_end(&list));
    return answer_page(call, &b, next);
}
