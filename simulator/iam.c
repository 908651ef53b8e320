/* IAM: roles, their policies and tags, service-linked roles. iam_policies.c has managed policies.
 */
#include "simulator/iam.h"

#include <ctype.h>
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/managed_policies.h"
#include "simulator/authorize.h"
#include "simulator/iam_policies.h"
#include "simulator/tags.h"

#define ROLE IAM_ROLE

/* ---- for other services ---- */

/* The account and the last part of the name of a role's ARN. */
static bool role_name_of(struct arena *arena, const char *role_arn, const char **ret_account,
                         const char **ret_name)
{
    struct arn arn;
    if (!role_arn || !arn_parse(slice_of(role_arn), &arn) || !slice_is(arn.service, "iam") ||
        !slice_starts(arn.resource, "role/"))
        return false;
    *ret_account = arena_strndup(arena, arn.account.ptr, arn.account.len);
    const char *path = arena_strndup(arena, arn.resource.ptr, arn.resource.len);
    *ret_name = strrchr(path, '/') + 1;
    return true;
}

const struct value *iam_role_get(struct world *world, struct arena *arena, const char *role_arn)
{
    const char *account, *name;
    if (!role_name_of(arena, role_arn, &account, &name))
        return NULL;
    const struct value *role = store_get(world, arena, ROLE, account, "", name);
    return str_eq(value_get_str(role, "Arn"), role_arn) ? role : NULL;
}

static bool has_text(const struct value *list, const char *text)
{
    for (size_t i = 0; i < value_len(list); i++) {
        if (str_eq(value_str(value_item(list, i)), text))
            return true;
    }
    return false;
}

bool iam_role_is_admin(const struct value *role)
{
    return value_get_bool(role, "Admin", false);
}

bool iam_role_settled(struct world *world, const struct value *role)
{
    return world_now_ms(world) >=
           value_get_int(role, "Created_ms", 0) + setting_int(world, "iam_delay_ms", 0);
}

bool iam_role_policies_settled(struct world *world, const struct value *role)
{
    return world_now_ms(world) >=
           value_get_int(role, "Created_ms", 0) + setting_int(world, "iam_delay_ms", 0) * 3 / 2;
}

bool iam_principal_exists(struct world *world, struct arena *arena, const char *arn_text)
{
    struct arn arn;
    if (!arn_parse(slice_of(arn_text), &arn))
        return false;
    if (store_get(world, arena, "iam.principal", "", "", arn_text))
        return true;
    const char *account = arena_strndup(arena, arn.account.ptr, arn.account.len);
    if (slice_is(arn.resource, "root"))
        return account_known(world, account);
    if (slice_starts(arn.resource, "assumed-role/")) {
        struct slice rest = slice_from(arn.resource, strlen("assumed-role/"));
        struct slice name = slice_cut(&rest, '/');
        return store_get(world, arena, ROLE, account, "",
                         arena_strndup(arena, name.ptr, name.len)) != NULL;
    }
    const struct value *role = iam_role_get(world, arena, arn_text);
    return role && iam_role_settled(world, role);
}

/* "backup.amazonaws.com" -> "AWSServiceRoleForBackup" */
const char *iam_linked_role_name(struct arena *arena, const char *service)
{
    struct slice rest = slice_of(service);
    struct slice first = slice_cut(&rest, '.');
    char *name = arena_printf(arena, "AWSServiceRoleFor%.*s", (int)first.len, first.ptr);
    char *initial = name + strlen("AWSServiceRoleFor");
    *initial = (char)toupper((unsigned char)*initial);
    return name;
}

static const char *service_trust(struct arena *arena, const char *service)
{
    return arena_printf(arena,
                        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                        "\"Principal\":{\"Service\":\"%s\"},\"Action\":\"sts:AssumeRole\"}]}",
                        service);
}

struct role_spec {
    const char *account, *path, *name, *trust, *linked_service;
    const char *const *attached; /* ends with NULL; or NULL */
    bool admin;
};

static const struct value *role_make(struct world *world, struct arena *arena,
                                     const struct role_spec *spec)
{
    struct list_builder attached = list_begin(arena);
    for (size_t i = 0; spec->attached && spec->attached[i]; i++)
        list_add_str(&attached, spec->attached[i]);
    struct map_builder none = map_begin(arena);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "RoleName", spec->name);
    map_put_str(&b, "Path", spec->path);
    map_put_str(&b, "Arn",
                arena_printf(arena, "arn:%s:iam::%s:role%s%s",
                             account_partition(world, arena, spec->account), spec->account,
                             spec->path, spec->name));
    map_put_str(&b, "RoleId", id_upper(world, arena, "AROA", 17));
    map_put_str(&b, "AssumeRolePolicyDocument", spec->trust);
    map_put_int(&b, "MaxSessionDuration", spec->admin ? 43200 : 3600);
    map_put(&b, "Inline", map_end(&none));
    map_put(&b, "Attached", list_end(&attached));
    map_put(&b, "Tags", map_end(&none));
    map_put_int(&b, "Created_ms", spec->admin ? 0 : world_now_ms(world));
    map_put_str(&b, "LinkedService", spec->linked_service);
    if (spec->admin)
        map_put_bool(&b, "Admin", true);
    const struct value *role = map_end(&b);
    store_put(world, ROLE, spec->account, "", spec->name, role);
    return role;
}

const char *iam_linked_role(struct world *world, struct arena *arena, const char *account,
                            const char *service, bool create)
{
    const char *name = iam_linked_role_name(arena, service);
    const struct value *role = store_get(world, arena, ROLE, account, "", name);
    if (role || !create)
        return value_get_str(role, "Arn");
    const char *policies[] = {str_eq(service, "backup.amazonaws.com")
                                  ? managed_policy_arn(arena, MANAGED_POLICY_BACKUP_LINKED,
                                                       account_partition(world, arena, account))
                                  : NULL,
                              NULL};
    const struct role_spec spec = {
        .account = account,
        .path = arena_printf(arena, "/aws-service-role/%s/", service),
        .name = name,
        .trust = service_trust(arena, service),
        .linked_service = service,
        .attached = policies,
    };
    return value_get_str(role_make(world, arena, &spec), "Arn");
}

bool iam_seed_role(struct world *world, struct arena *arena, const char *role_arn)
{
    const char *account, *name;
    if (!role_name_of(arena, role_arn, &account, &name))
        return false;
    const char *path = strchr(strstr(role_arn, ":role/"), '/');
    const struct role_spec spec = {
        .account = account,
        .path = arena_strndup(arena, path, strlen(path) - strlen(name)),
        .name = name,
        .trust = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                 "\"Principal\":{\"AWS\":\"*\"},\"Action\":\"sts:AssumeRole\"}]}",
        .admin = true,
    };
    role_make(world, arena, &spec);
    return true;
}

static void seed(struct world *world, struct arena *arena, const char *account)
{
    iam_linked_role(world, arena, account, "backup.amazonaws.com", true);
    const char *partition = account_partition(world, arena, account);
    const char *const policies[] = {
        managed_policy_arn(arena, MANAGED_POLICY_BACKUP, partition),
        managed_policy_arn(arena, MANAGED_POLICY_RESTORES, partition),
        NULL,
    };
    const struct role_spec spec = {
        .account = account,
        .path = "/service-role/",
        .name = "AWSBackupDefaultServiceRole",
        .trust = service_trust(arena, "backup.amazonaws.com"),
        .attached = policies,
    };
    if (!store_get(world, arena, ROLE, account, "", spec.name))
        role_make(world, arena, &spec);
}

/* ---- roles ---- */

static const struct value *need_role(struct sim_call *call, const char **ret_name)
{
    const char *name = call_need(call, "RoleName");
    if (!name)
        return NULL;
    *ret_name = name;
    const struct value *role = store_get(call->world, call->arena, ROLE, call->account, "", name);
    if (!role)
        call_error(call, 404, "NoSuchEntity", "The role with name %s cannot be found.", name);
    return role;
}

static bool put_role(struct sim_call *call, const char *name, const struct value *role)
{
    store_put(call->world, ROLE, call->account, "", name, role);
    return call_answer(call, NULL);
}

static bool refuse_linked(struct sim_call *call, const struct value *role, const char *name)
{
    if (!value_get_str(role, "LinkedService"))
        return false;
    call_error(call, 400, "UnmodifiableEntity",
               "Cannot perform the operation on the protected role '%s' - this role is only "
               "modifiable by AWS",
               name);
    return true;
}

static const struct value *role_shape(struct sim_call *call, const struct value *role, bool full)
{
    static const char *const plain[] = {"Path", "RoleName", "RoleId", "Arn"};
    struct map_builder b = map_begin(call->arena);
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        map_put(&b, plain[i], value_get(role, plain[i]));
    map_put(&b, "CreateDate", call_time(call, value_get_int(role, "Created_ms", 0)));
    map_put_str(&b, "AssumeRolePolicyDocument",
                percent_encode(call->arena, value_get_str(role, "AssumeRolePolicyDocument")));
    map_put(&b, "Description", value_get(role, "Description"));
    map_put(&b, "MaxSessionDuration", value_get(role, "MaxSessionDuration"));
    if (!full)
        return map_end(&b);
    const char *boundary = value_get_str(role, "PermissionsBoundary");
    if (boundary) {
        struct map_builder limit = map_begin(call->arena);
        map_put_str(&limit, "PermissionsBoundaryType", "PermissionsBoundaryPolicy");
        map_put_str(&limit, "PermissionsBoundaryArn", boundary);
        map_put(&b, "PermissionsBoundary", map_end(&limit));
    }
    if (value_len(value_get(role, "Tags")))
        map_put(&b, "Tags", tags_to_list(call->arena, value_get(role, "Tags"), "Key", "Value"));
    struct map_builder none = map_begin(call->arena);
    map_put(&b, "RoleLastUsed", map_end(&none));
    return map_end(&b);
}

static bool answer_role(struct sim_call *call, const struct value *role)
{
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Role", role_shape(call, role, true));
    return call_answer(call, map_end(&b));
}

static bool name_is_valid(const char *text, size_t max)
{
    size_t len = strlen(text);
    for (const char *p = text; *p; p++) {
        if (!isalnum((unsigned char)*p) && !strchr("_+=,.@-", *p))
            return false;
    }
    return len > 0 && len <= max;
}

/* The text of a trust policy, or NULL with MalformedPolicyDocument set. */
static const char *need_trust(struct sim_call *call, const char *member)
{
    const char *text = call_need(call, member);
    const char *why = NULL;
    if (!text)
        return NULL;
    const struct value *doc = policy_read(call->arena, text, POLICY_TRUST, &why);
    const char *unknown = policy_unknown_principal(call->world, call->arena, doc);
    if (doc && !unknown)
        return text;
    if (unknown)
        call_error(call, 400, "MalformedPolicyDocument",
                   "Invalid principal in policy: \"%s\":\"%s\"",
                   str_ends(unknown, ".com") ? "SERVICE" : "AWS", unknown);
    else
        call_error(call, 400, "MalformedPolicyDocument", "%s", why);
    return NULL;
}

/* Nobody is bounded by a policy that is not there. */
static bool refuse_boundary(struct sim_call *call, const char *arn)
{
    if (!arn || iam_policy_text(call->world, call->arena, arn))
        return false;
    call_error(call, 404, "NoSuchEntity", "Scope ARN: %s does not exist or is not attachable.",
               arn);
    return true;
}

static bool create_role(struct sim_call *call)
{
    struct arena *arena = call->arena;
    const char *name = call_need(call, "RoleName");
    const char *trust = name ? need_trust(call, "AssumeRolePolicyDocument") : NULL;
    if (!trust)
        return false;
    if (!name_is_valid(name, 64))
        return call_error(call, 400, "ValidationError",
                          "The specified value for roleName is invalid. It must contain only "
                          "alphanumeric characters and/or the following: +=,.@_-");
    if (store_get(call->world, arena, ROLE, call->account, "", name))
        return call_error(call, 409, "EntityAlreadyExists", "Role with name %s already exists.",
                          name);
    const struct value *tags = tags_from_list(arena, call_get(call, "Tags"), "Key", "Value");
    const char *refused = tags_refused(arena, tags);
    if (refused)
        return call_error(call, 400, "InvalidInput", "%s", refused);
    if (refuse_boundary(call, call_str(call, "PermissionsBoundary")))
        return false;
    const char *path = call_str(call, "Path");
    const struct role_spec spec = {
        .account = call->account, .path = path ? path : "/", .name = name, .trust = trust};
    struct map_builder b = map_begin_from(arena, role_make(call->world, arena, &spec));
    map_put(&b, "Description", call_get(call, "Description"));
    map_put_int(&b, "MaxSessionDuration", call_int(call, "MaxSessionDuration", 3600));
    map_put(&b, "PermissionsBoundary", call_get(call, "PermissionsBoundary"));
    map_put(&b, "Tags", tags);
    const struct value *role = map_end(&b);
    store_put(call->world, ROLE, call->account, "", name, role);
    return answer_role(call, role);
}

static bool get_role(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    return role && answer_role(call, role);
}

static bool update_role(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    if (!role || refuse_linked(call, role, name))
        return false;
    struct map_builder b = map_begin_from(call->arena, role);
    map_put(&b, "Description", call_get(call, "Description"));
    map_put_int(&b, "MaxSessionDuration", call_int(call, "MaxSessionDuration", 3600));
    put_role(call, name, map_end(&b));
    struct map_builder none = map_begin(call->arena);
    return call_answer(call, map_end(&none));
}

static bool update_trust(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    if (!role || refuse_linked(call, role, name))
        return false;
    const char *trust = need_trust(call, "PolicyDocument");
    return trust && put_role(call, name,
                             value_with(call->arena, role, "AssumeRolePolicyDocument",
                                        value_string(call->arena, trust)));
}

static bool delete_role(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    if (!role || refuse_linked(call, role, name))
        return false;
    if (value_len(value_get(role, "Attached")))
        return call_error(call, 409, "DeleteConflict",
                          "Cannot delete entity, must detach all policies first.");
    if (value_len(value_get(role, "Inline")))
        return call_error(call, 409, "DeleteConflict",
                          "Cannot delete entity, must delete policies first.");
    store_delete(call->world, ROLE, call->account, "", name);
    return call_answer(call, NULL);
}

/* Ends a list: the page's items under `member`, IsTruncated and Marker. */
static bool answer_list(struct sim_call *call, const char *member, const struct value *items,
                        const char *next)
{
    struct map_builder b = map_begin(call->arena);
    map_put(&b, member, items);
    map_put_bool(&b, "IsTruncated", next != NULL);
    map_put_str(&b, "Marker", next);
    return call_answer(call, map_end(&b));
}

static bool bad_marker(struct sim_call *call)
{
    return call_error(call, 400, "ValidationError", "Invalid Marker");
}

static bool list_roles(struct sim_call *call)
{
    const char *prefix = call_str(call, "PathPrefix"), *next;
    struct objects rows;
    if (!store_page(call, ROLE, NULL, "Marker", "MaxItems", 100, &rows, &next))
        return bad_marker(call);
    size_t kept = 0; /* a page may come back short, as IAM's may */
    for (size_t i = 0; i < rows.len; i++) {
        if (str_starts(value_get_str(rows.items[i].body, "Path"), prefix ? prefix : "/"))
            rows.items[kept++] = rows.items[i];
    }
    rows.len = kept;
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, role_shape(call, rows.items[i].body, false));
    return answer_list(call, "Roles", list_end(&list), next);
}

/* ---- inline policies ---- */

static bool put_role_policy(struct sim_call *call)
{
    const char *name, *why = NULL;
    const struct value *role = need_role(call, &name);
    const char *policy = role ? call_need(call, "PolicyName") : NULL;
    const char *text = policy ? call_need(call, "PolicyDocument") : NULL;
    if (!text || refuse_linked(call, role, name))
        return false;
    if (!policy_read(call->arena, text, POLICY_IDENTITY, &why))
        return call_error(call, 400, "MalformedPolicyDocument", "%s", why);
    if (strlen(text) > 10240)
        return call_error(call, 409, "LimitExceeded",
                          "Maximum policy size of 10240 bytes exceeded for role %s", name);
    const struct value *inlines =
        value_with(call->arena, value_get(role, "Inline"), policy, value_string(call->arena, text));
    return put_role(call, name, value_with(call->arena, role, "Inline", inlines));
}

static bool get_role_policy(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    const char *policy = role ? call_need(call, "PolicyName") : NULL;
    if (!policy)
        return false;
    const char *text = value_get_str(value_get(role, "Inline"), policy);
    if (!text)
        return call_error(call, 404, "NoSuchEntity",
                          "The role policy with name %s cannot be found.", policy);
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "RoleName", name);
    map_put_str(&b, "PolicyName", policy);
    map_put_str(&b, "PolicyDocument", percent_encode(call->arena, text));
    return call_answer(call, map_end(&b));
}

static bool delete_role_policy(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    const char *policy = role ? call_need(call, "PolicyName") : NULL;
    if (!policy)
        return false;
    if (!value_get(value_get(role, "Inline"), policy))
        return call_error(call, 404, "NoSuchEntity",
                          "The role policy with name %s cannot be found.", policy);
    const struct value *inlines = value_without(call->arena, value_get(role, "Inline"), policy);
    return put_role(call, name, value_with(call->arena, role, "Inline", inlines));
}

static bool list_role_policies(struct sim_call *call)
{
    const char *name, *next;
    const struct value *role = need_role(call, &name);
    if (!role)
        return false;
    struct objects rows = rows_of_map(call->arena, value_get(role, "Inline"));
    if (!call_page(call, &rows, "Marker", "MaxItems", 100, &next))
        return bad_marker(call);
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add_str(&list, rows.items[i].id);
    return answer_list(call, "PolicyNames", list_end(&list), next);
}

/* ---- attached policies ---- */

static bool attach_role_policy(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    const char *arn = role ? call_need(call, "PolicyArn") : NULL;
    if (!arn || refuse_linked(call, role, name))
        return false;
    if (!iam_policy_text(call->world, call->arena, arn))
        return call_error(call, 404, "NoSuchEntity",
                          "Policy %s does not exist or is not attachable.", arn);
    const struct value *attached = value_get(role, "Attached");
    if (has_text(attached, arn))
        return call_answer(call, NULL);
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < value_len(attached); i++)
        list_add(&list, value_item(attached, i));
    list_add_str(&list, arn);
    return put_role(call, name, value_with(call->arena, role, "Attached", list_end(&list)));
}

static bool detach_role_policy(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    const char *arn = role ? call_need(call, "PolicyArn") : NULL;
    if (!arn || refuse_linked(call, role, name))
        return false;
    const struct value *attached = value_get(role, "Attached");
    if (!has_text(attached, arn))
        return call_error(call, 404, "NoSuchEntity", "Policy %s was not found.", arn);
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < value_len(attached); i++) {
        if (!str_eq(value_str(value_item(attached, i)), arn))
            list_add(&list, value_item(attached, i));
    }
    return put_role(call, name, value_with(call->arena, role, "Attached", list_end(&list)));
}

static const char *policy_name_of(const char *arn)
{
    const char *slash = strrchr(arn, '/');
    return slash ? slash + 1 : arn;
}

static bool list_attached(struct sim_call *call)
{
    const char *name, *next;
    const struct value *role = need_role(call, &name);
    if (!role)
        return false;
    const struct value *attached = value_get(role, "Attached");
    struct map_builder by_arn = map_begin(call->arena);
    for (size_t i = 0; i < value_len(attached); i++)
        map_put_bool(&by_arn, value_str(value_item(attached, i)), true);
    struct objects rows = rows_of_map(call->arena, map_end(&by_arn));
    if (!call_page(call, &rows, "Marker", "MaxItems", 100, &next))
        return bad_marker(call);
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        struct map_builder b = map_begin(call->arena);
        map_put_str(&b, "PolicyName", policy_name_of(rows.items[i].id));
        map_put_str(&b, "PolicyArn", rows.items[i].id);
        list_add(&list, map_end(&b));
    }
    return answer_list(call, "AttachedPolicies", list_end(&list), next);
}

/* ---- boundary, tags, service-linked roles ---- */

static bool put_boundary(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    const char *arn = role ? call_need(call, "PermissionsBoundary") : NULL;
    if (!arn || refuse_linked(call, role, name) || refuse_boundary(call, arn))
        return false;
    return put_role(
        call, name,
        value_with(call->arena, role, "PermissionsBoundary", value_string(call->arena, arn)));
}

static bool delete_boundary(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    if (!role || refuse_linked(call, role, name))
        return false;
    return put_role(call, name, value_without(call->arena, role, "PermissionsBoundary"));
}

static bool tag_role(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    if (!role)
        return false;
    const struct value *more = tags_from_list(call->arena, call_get(call, "Tags"), "Key", "Value");
    const struct value *tags = tags_merge(call->arena, value_get(role, "Tags"), more);
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "InvalidInput", "%s", refused);
    return put_role(call, name, value_with(call->arena, role, "Tags", tags));
}

static bool untag_role(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    if (!role)
        return false;
    const struct value *tags =
        tags_remove(call->arena, value_get(role, "Tags"), call_get(call, "TagKeys"));
    return put_role(call, name, value_with(call->arena, role, "Tags", tags));
}

static bool list_role_tags(struct sim_call *call)
{
    const char *name, *next;
    const struct value *role = need_role(call, &name);
    if (!role)
        return false;
    struct objects rows = rows_of_map(call->arena, value_get(role, "Tags"));
    if (!call_page(call, &rows, "Marker", "MaxItems", 100, &next))
        return bad_marker(call);
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        struct map_builder b = map_begin(call->arena);
        map_put_str(&b, "Key", rows.items[i].id);
        map_put(&b, "Value", value_get(rows.items[i].body, "Value"));
        list_add(&list, map_end(&b));
    }
    return answer_list(call, "Tags", list_end(&list), next);
}

/* Nobody here makes instance profiles; whoever deletes a role asks for them. */
static bool list_profiles(struct sim_call *call)
{
    const char *name;
    struct list_builder none = list_begin(call->arena);
    return need_role(call, &name) && answer_list(call, "InstanceProfiles", list_end(&none), NULL);
}

static bool create_linked_role(struct sim_call *call)
{
    const char *service = call_need(call, "AWSServiceName");
    if (!service)
        return false;
    if (!str_ends(service, ".amazonaws.com"))
        return call_error(call, 400, "InvalidInput",
                          "Please pass a valid service principal, not %s", service);
    if (iam_linked_role(call->world, call->arena, call->account, service, false))
        return call_error(call, 400, "InvalidInput",
                          "Service role name %s has been taken in this account, please try a "
                          "different suffix.",
                          iam_linked_role_name(call->arena, service));
    const char *arn = iam_linked_role(call->world, call->arena, call->account, service, true);
    const struct value *role = iam_role_get(call->world, call->arena, arn);
    const char *description = call_str(call, "Description");
    if (description) {
        role = value_with(call->arena, role, "Description", value_string(call->arena, description));
        store_put(call->world, ROLE, call->account, "", value_get_str(role, "RoleName"), role);
    }
    return answer_role(call, role);
}

/* AWS deletes it in a task, once its service says that it needs the role no longer; here at once.
 */
static bool delete_linked_role(struct sim_call *call)
{
    const char *name;
    const struct value *role = need_role(call, &name);
    if (!role)
        return false;
    const char *service = value_get_str(role, "LinkedService");
    if (!service)
        return call_error(call, 400, "InvalidInput",
                          "%s is not a service-linked role and cannot be deleted with this call.",
                          name);
    store_delete(call->world, ROLE, call->account, "", name);
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "DeletionTaskId",
                arena_printf(call->arena, "task/aws-service-role/%s/%s/%s", service, name,
                             id_uuid(call->world, call->arena)));
    return call_answer(call, map_end(&b));
}

static const struct sim_operation operations[] = {
    {.name = "CreateRole", .run = create_role, .writes = true},
    {.name = "GetRole", .run = get_role},
    {.name = "UpdateRole", .run = update_role, .writes = true},
    {.name = "UpdateAssumeRolePolicy", .run = update_trust, .writes = true},
    {.name = "DeleteRole", .run = delete_role, .writes = true},
    {.name = "ListRoles", .run = list_roles},
    {.name = "PutRolePolicy", .run = put_role_policy, .writes = true},
    {.name = "GetRolePolicy", .run = get_role_policy},
    {.name = "DeleteRolePolicy", .run = delete_role_policy, .writes = true},
    {.name = "ListRolePolicies", .run = list_role_policies},
    {.name = "AttachRolePolicy", .run = attach_role_policy, .writes = true},
    {.name = "DetachRolePolicy", .run = detach_role_policy, .writes = true},
    {.name = "ListAttachedRolePolicies", .run = list_attached},
    {.name = "CreatePolicy", .run = iam_create_policy, .writes = true},
    {.name = "GetPolicy", .run = iam_get_policy},
    {.name = "DeletePolicy", .run = iam_delete_policy, .writes = true},
    {.name = "ListPolicies", .run = iam_list_policies},
    {.name = "CreatePolicyVersion", .run = iam_create_policy_version, .writes = true},
    {.name = "GetPolicyVersion", .run = iam_get_policy_version},
    {.name = "ListPolicyVersions", .run = iam_list_policy_versions},
    {.name = "SetDefaultPolicyVersion", .run = iam_set_default_policy_version, .writes = true},
    {.name = "DeletePolicyVersion", .run = iam_delete_policy_version, .writes = true},
    {.name = "ListEntitiesForPolicy", .run = iam_list_entities_for_policy},
    {.name = "TagPolicy", .run = iam_tag_policy, .writes = true},
    {.name = "UntagPolicy", .run = iam_untag_policy, .writes = true},
    {.name = "ListPolicyTags", .run = iam_list_policy_tags},
    {.name = "PutRolePermissionsBoundary", .run = put_boundary, .writes = true},
    {.name = "DeleteRolePermissionsBoundary", .run = delete_boundary, .writes = true},
    {.name = "TagRole", .run = tag_role, .writes = true},
    {.name = "UntagRole", .run = untag_role, .writes = true},
    {.name = "ListRoleTags", .run = list_role_tags},
    {.name = "ListInstanceProfilesForRole", .run = list_profiles},
    {.name = "CreateServiceLinkedRole", .run = create_linked_role, .writes = true},
    {.name = "DeleteServiceLinkedRole", .run = delete_linked_role, .writes = true},
};

const struct sim_api sim_iam = {
    .service = "iam",
    .wire = SIM_QUERY,
    .version = "2010-05-08",
    .xmlns = "https://iam.amazonaws.com/doc/2010-05-08/",
    .global = true,
    .missing = "ValidationError",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
    .seed = seed,
};
