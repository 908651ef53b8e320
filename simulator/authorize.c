#include "simulator/authorize.h"

#include "engine/aws/arn.h"
#include "engine/base/json.h"
#include "engine/policy/evaluate.h"
#include "simulator/actions.h"
#include "simulator/iam.h"
#include "simulator/iam_policies.h"
#include "simulator/organizations.h"

static const char grant_all[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                                "\"Action\":\"*\",\"Resource\":\"*\"}]}";

const struct value *policy_all(struct arena *arena)
{
    const char *why = NULL;
    return policy_from_text(arena, slice_of(grant_all), &why);
}

static const struct policy *parsed(struct arena *arena, const struct value *doc)
{
    struct diags diags;
    diags_init(&diags, arena);
    struct policy *policy = arena_new_of(arena, struct policy);
    return doc && policy_parse(arena, doc, policy, &diags, NULL) ? policy : NULL;
}

static const struct policy *parsed_text(struct arena *arena, const char *text)
{
    const char *why = NULL;
    return text ? parsed(arena, policy_from_text(arena, slice_of(text), &why)) : NULL;
}

const struct value *policy_read(struct arena *arena, const char *text, enum policy_kind kind,
                                const char **ret_why)
{
    const struct value *doc = policy_from_text(arena, slice_of(text), ret_why);
    if (!doc)
        return NULL;
    struct diags diags;
    diags_init(&diags, arena);
    struct policy policy;
    if (policy_parse(arena, doc, &policy, &diags, NULL) &&
        policy_check_kind(&policy, kind, &diags, NULL))
        return doc;
    *ret_why = diags.items[0].message;
    return NULL;
}

/* ---- the policies of an identity ---- */

struct policies {
    struct arena *arena;
    const struct policy **items;
    size_t len, cap;
};

static void add(struct policies *list, const struct policy *policy)
{
    if (!policy)
        return;
    list->items = arena_grow(list->arena, list->items, list->len, &list->cap, list->len + 1,
                             sizeof(const struct policy *));
    list->items[list->len++] = policy;
}

/* What limits, and cannot be read, allows nothing. */
static void add_limit(struct policies *list, const char *text)
{
    const struct policy *policy = parsed_text(list->arena, text);
    add(list, policy ? policy : arena_new_of(list->arena, struct policy));
}

static void add_role(struct world *world, struct policies *list, const struct value *role)
{
    if (iam_role_is_admin(role)) {
        add(list, parsed(list->arena, policy_all(list->arena)));
        return;
    }
    const struct value *inlines = value_get(role, "Inline");
    for (size_t i = 0; i < value_len(inlines); i++)
        add(list, parsed_text(list->arena, value_str(inlines->map.entries[i].value)));
    const struct value *attached = value_get(role, "Attached");
    for (size_t i = 0; i < value_len(attached); i++)
        add(list, parsed_text(list->arena, iam_policy_text(world, list->arena,
                                                           value_str(value_item(attached, i)))));
}

/* ---- the context ---- */

static const char *account_in(struct arena *arena, const char *arn_text)
{
    struct arn arn;
    if (!arn_text || !arn_parse(slice_of(arn_text), &arn) || arn.account.len == 0)
        return NULL;
    return arena_strndup(arena, arn.account.ptr, arn.account.len);
}

static const char *region_in(struct arena *arena, const char *arn_text)
{
    struct arn arn;
    if (!arn_text || !arn_parse(slice_of(arn_text), &arn) || arn.region.len == 0)
        return NULL;
    return arena_strndup(arena, arn.region.ptr, arn.region.len);
}

static const char *owner_of(struct arena *arena, const struct authorization *request)
{
    return request->resource_account ? request->resource_account
                                     : account_in(arena, request->resource);
}

/* What the request says by itself stays. */
static void put_more(struct map_builder *b, const char *key, const char *text)
{
    if (!map_so_far(b, key))
        map_put_str(b, key, text);
}

/* The organization of an account under one key, its place in it under another. */
static void put_membership(struct world *world, struct map_builder *b, const char *account,
                           const char *id_key, const char *paths_key)
{
    const char *path = account ? organization_path(world, b->arena, account) : NULL;
    struct list_builder paths = list_begin(b->arena);
    if (!path)
        return;
    struct slice rest = slice_of(path), id = slice_cut(&rest, '/');
    list_add_str(&paths, path);
    put_more(b, id_key, arena_strndup(b->arena, id.ptr, id.len));
    map_put(b, paths_key, list_end(&paths));
}

static void put_principal_tags(struct map_builder *b, const struct value *role)
{
    const struct value *tags = value_get(role, "Tags");
    for (size_t i = 0; i < value_len(tags); i++)
        map_put(b, arena_printf(b->arena, "aws:PrincipalTag/%s", tags->map.entries[i].key),
                tags->map.entries[i].value);
}

/* role: the principal's row; NULL when it is none. */
static const struct value *context_of(struct world *world, struct arena *arena,
                                      const struct authorization *request, const struct value *role)
{
    struct map_builder b = map_begin_from(arena, request->context);
    const char *owner = owner_of(arena, request);
    put_more(&b, "aws:RequestedRegion", region_in(arena, request->resource));
    put_membership(world, &b, account_in(arena, request->principal), "aws:PrincipalOrgID",
                   "aws:PrincipalOrgPaths");
    put_principal_tags(&b, role);
    if (request->service)
        put_membership(world, &b, value_get_str(request->context, "aws:SourceAccount"),
                       "aws:SourceOrgID", "aws:SourceOrgPaths");
    put_more(&b, "aws:ResourceAccount", owner);
    put_membership(world, &b, owner, "aws:ResourceOrgID", "aws:ResourceOrgPaths");
    map_put_str(&b, "aws:CurrentTime", time_iso(arena, world_now_ms(world)));
    map_put_str(&b, "aws:SecureTransport", "true");
    if (!request->service && !map_so_far(&b, "kms:ViaService"))
        put_more(&b, "aws:ViaAWSService", "false");
    return map_end(&b);
}

/* ---- the policies of the organization ---- */

struct levels {
    struct policy_list items[ORGANIZATION_LEVELS];
    size_t len; /* 0: they do not limit this account */
};

static void add_levels(struct world *world, struct arena *arena, const char *account,
                       enum organization_policy type, struct levels *ret)
{
    struct organization_level texts[ORGANIZATION_LEVELS];
    if (!organization_policies(world, arena, account, type, texts))
        return;
    for (; ret->len < ORGANIZATION_LEVELS; ret->len++) {
        struct policies level = {.arena = arena};
        for (size_t i = 0; i < texts[ret->len].len; i++)
            add_limit(&level, texts[ret->len].texts[i]);
        ret->items[ret->len] = (struct policy_list){level.items, level.len};
    }
}

bool authorize(struct world *world, struct arena *arena, const struct authorization *request,
               const char **ret_why)
{
    struct policies identity = {.arena = arena};
    struct policies boundary = {.arena = arena};
    struct policies session = {.arena = arena};
    const struct value *role =
        request->principal ? iam_role_get(world, arena, request->principal) : NULL;
    if (request->every_right || (request->principal && str_ends(request->principal, ":root"))) {
        add(&identity, parsed(arena, policy_all(arena)));
    } else if (request->principal) {
        add_role(world, &identity, role);
        const char *limit = value_get_str(role, "PermissionsBoundary");
        if (limit)
            add_limit(&boundary, iam_policy_text(world, arena, limit));
    }
    if (request->session_policy)
        add_limit(&session, request->session_policy);
    const struct policy_request asked = {
        .principal = request->service   ? NULL
                     : request->session ? request->session
                                        : request->principal,
        .service = request->service,
        .action = request->action,
        .resource = request->resource,
        .resource_account = request->resource_account,
        .context = context_of(world, arena, request, role),
    };
    struct levels scps = {0}, rcps = {0};
    const char *owner = owner_of(arena, request);
    if (request->principal)
        add_levels(world, arena, account_in(arena, request->principal), ORGANIZATION_SCP, &scps);
    if (policy_meets_resource_controls(request->action))
        add_levels(world, arena, owner, ORGANIZATION_RCP, &rcps);
    const struct policy_set set = {
        .scps = scps.items,
        .scps_len = scps.len,
        .rcps = rcps.items,
        .rcps_len = rcps.len,
        .identity_policies = {identity.items, identity.len},
        .permission_boundaries = {boundary.items, boundary.len},
        .session_policies = {session.items, session.len},
        .resource_policy = parsed(arena, request->resource_policy),
        .resource_policy_must_allow = request->resource_policy_rules,
        .grants = request->grants,
        .grants_len = request->grant_len,
    };
    struct policy_answer answer;
    policy_evaluate(arena, &asked, &set, &answer);
    if (answer.decision == POLICY_ALLOWED)
        return true;
    if (ret_why)
        *ret_why = policy_denial_reason(arena, &asked, &answer);
    return false;
}

/* "*" does not, nor do buckets, the snapshots and images of EC2 and what AWS gives to everybody:
 * they are the caller's own. */
static bool names_account(const char *resource)
{
    struct arn arn;
    return arn_parse(slice_of(resource), &arn) && arn.account.len > 0 &&
           !slice_is(arn.account, "aws");
}

static bool judge(struct sim_call *call, const char *action, const char *resource,
                  const struct value *resource_policy, const struct value *context,
                  const char **ret_why)
{
    const struct authorization request = {
        .principal = call->principal,
        .session = call->session,
        .session_policy = call->session_policy,
        .action = action,
        .resource = resource,
        .resource_policy = resource_policy,
        .resource_account = names_account(resource) ? NULL : call->account,
        .context = call_context(call, action, resource, context),
    };
    return authorize(call->world, call->arena, &request, ret_why);
}

bool call_may(struct sim_call *call, const char *action, const char *resource)
{
    const char *why = NULL;
    return call_judged(call, action, resource, judge(call, action, resource, NULL, NULL, &why));
}

bool call_authorize(struct sim_call *call, const char *action, const char *resource,
                    const struct value *resource_policy, const struct value *context)
{
    const char *why = "";
    if (call_judged(call, action, resource,
                    judge(call, action, resource, resource_policy, context, &why)))
        return true;
    call_denied(call, action, resource);
    call->error_message =
        arena_printf(call->arena, "User: %s is not authorized to perform: %s on resource: %s %s",
                     call->session ? call->session : call->principal, action, resource, why);
    return false;
}

static const struct value *source_context(struct arena *arena, const char *source_arn)
{
    struct arn arn;
    if (!source_arn || !arn_parse(slice_of(source_arn), &arn))
        return NULL;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "aws:SourceArn", source_arn);
    map_put(&b, "aws:SourceAccount", value_string_n(arena, arn.account.ptr, arn.account.len));
    map_put_str(&b, "aws:RequestedRegion", region_in(arena, source_arn));
    return map_end(&b);
}

bool role_trusts_service(struct world *world, struct arena *arena, const char *role_arn,
                         const char *service, const char *source_arn)
{
    const struct value *role = iam_role_get(world, arena, role_arn);
    if (!role || !iam_role_settled(world, role) || !role_account_open(world, role_arn))
        return false;
    const char *why = NULL;
    const char *trust = value_get_str(role, "AssumeRolePolicyDocument");
    const struct authorization request = {
        .service = service,
        .action = "sts:AssumeRole",
        .resource = role_arn,
        .resource_policy = policy_from_text(arena, slice_of(trust), &why),
        .resource_policy_rules = true,
        .context = source_context(arena, source_arn),
    };
    return iam_role_is_admin(role) || authorize(world, arena, &request, &why);
}

static bool principal_exists(struct world *world, struct arena *arena,
                             const struct policy_principal *principal)
{
    switch (principal->kind) {
    case POLICY_PRINCIPAL_ANY:
    case POLICY_PRINCIPAL_FEDERATED:
    case POLICY_PRINCIPAL_CANONICAL: return true;
    case POLICY_PRINCIPAL_ACCOUNT:
        return account_known(world, principal->text.text) ||
               iam_principal_exists(
                   world, arena,
                   arena_printf(arena, "arn:%s:iam::%s:root",
                                account_partition(world, arena, principal->text.text),
                                principal->text.text));
    case POLICY_PRINCIPAL_AWS:
        return !str_starts(principal->text.text, "arn:") ||
               iam_principal_exists(world, arena, principal->text.text);
    case POLICY_PRINCIPAL_SERVICE:
        return str_ends(principal->text.text, ".amazonaws.com") ||
               str_ends(principal->text.text, ".amazonaws.com.cn");
    }
    return false;
}

const char *policy_unknown_principal(struct world *world, struct arena *arena,
                                     const struct value *policy)
{
    const struct policy *doc = parsed(arena, policy);
    for (size_t i = 0; doc && i < doc->statements_len; i++) {
        const struct policy_statement *statement = &doc->statements[i];
        for (size_t k = 0; k < statement->principals_len; k++) {
            if (!principal_exists(world, arena, &statement->principals[k]))
                return statement->principals[k].text.text;
        }
    }
    return NULL;
}
