#include "engine/policy/eval_request.h"

#include <string.h>

#include "engine/policy/evaluate.h"
#include "engine/policy/text.h"

struct reader {
    struct arena *arena;
    struct diags *diags;
    bool failed;
};

static void wrong_type(struct reader *r, const struct value *v, const char *name, const char *wants)
{
    r->failed = true;
    (void)diag_error(r->diags, E_WRONG_TYPE, v->pos, NULL, "\"%s\" is a %s, not %s", name,
                     value_kind_name(v->kind), wants);
}

static void check_keys(struct reader *r, const struct value *map, const char *const *known)
{
    for (size_t i = 0; i < map->map.len; i++)
        if (!str_is_one_of(map->map.entries[i].key, known)) {
            r->failed = true;
            (void)diag_error(r->diags, E_UNKNOWN_KEY, map->map.entries[i].key_pos, NULL,
                             "\"%s\" is not part of a request", map->map.entries[i].key);
        }
}

/* Absent and null are the same; NULL when it is neither that nor a string. */
static const char *read_string(struct reader *r, const struct value *map, const char *key)
{
    const struct value *v = value_get(map, key);
    if (v && v->kind != VALUE_NULL && v->kind != VALUE_STRING)
        wrong_type(r, v, key, "a string");
    return value_str(v);
}

static const char *need_string(struct reader *r, const struct value *map, const char *key)
{
    bool failed = r->failed;
    const char *text = read_string(r, map, key);
    if (!text && r->failed == failed) {
        r->failed = true;
        (void)diag_error(r->diags, E_MISSING_KEY, map->pos, NULL, "the request has no \"%s\"", key);
    }
    return text;
}

static bool is_scalar(const struct value *v)
{
    return v->kind == VALUE_STRING || v->kind == VALUE_BOOL || v->kind == VALUE_INT ||
           v->kind == VALUE_DOUBLE;
}

static void check_context(struct reader *r, const struct value *context)
{
    if (context->kind != VALUE_MAP) {
        wrong_type(r, context, "context", "a map");
        return;
    }
    for (size_t i = 0; i < context->map.len; i++) {
        const struct value *v = context->map.entries[i].value;
        bool ok = is_scalar(v) || v->kind == VALUE_NULL || v->kind == VALUE_LIST;
        for (size_t k = 0; v->kind == VALUE_LIST && k < v->list.len; k++)
            ok = ok && is_scalar(v->list.items[k]);
        if (!ok)
            wrong_type(r, v, context->map.entries[i].key, "a scalar or a list of scalars");
    }
}

static void read_principal(struct reader *r, const char *text, struct policy_request *request)
{
    if (!text || str_eq(text, "*"))
        return;
    if (text_is_account_id(slice_of(text)))
        request->principal = arena_printf(r->arena, "arn:aws:iam::%s:root", text);
    else if (!strchr(text, ':') &&
             (str_ends(text, ".amazonaws.com") || str_ends(text, ".amazonaws.com.cn")))
        request->service = text;
    else
        request->principal = text;
}

static void read_request(struct reader *r, const struct value *v, struct policy_request *request)
{
    static const char *const known[] = {"principal", "principal_account", "action",
                                        "resource",  "resource_account",  "context",
                                        NULL};
    if (v->kind != VALUE_MAP) {
        wrong_type(r, v, "request", "a map");
        return;
    }
    check_keys(r, v, known);
    read_principal(r, need_string(r, v, "principal"), request);
    request->principal_account = read_string(r, v, "principal_account");
    request->action = need_string(r, v, "action");
    request->resource = read_string(r, v, "resource");
    request->resource_account = read_string(r, v, "resource_account");
    const struct value *context = value_get(v, "context");
    if (context && context->kind != VALUE_NULL) {
        check_context(r, context);
        request->context = context;
    }
}

static const struct policy *read_policy(struct reader *r, const struct value *doc,
                                        enum policy_kind kind, const char *label)
{
    struct policy *policy = arena_new_of(r->arena, struct policy);
    if (policy_parse(r->arena, doc, policy, r->diags, label) &&
        ((kind == POLICY_RCP && policy_is_rcp_full_access(policy)) ||
         policy_check_kind(policy, kind, r->diags, label)))
        return policy;
    r->failed = true;
    return NULL;
}

static struct policy_list read_list(struct reader *r, const struct value *v, enum policy_kind kind,
                                    const char *label)
{
    struct policy_list list = {0};
    if (!v || v->kind == VALUE_NULL)
        return list;
    if (v->kind != VALUE_LIST) {
        wrong_type(r, v, label, "a list");
        return list;
    }
    const struct policy **items = arena_array(r->arena, v->list.len, sizeof(*items));
    for (size_t i = 0; i < v->list.len; i++)
        items[i] =
            read_policy(r, v->list.items[i], kind, arena_printf(r->arena, "%s[%zu]", label, i));
    return (struct policy_list){items, v->list.len};
}

static const struct policy_list *read_levels(struct reader *r, const struct value *v,
                                             enum policy_kind kind, const char *label,
                                             size_t *ret_len)
{
    *ret_len = 0;
    if (!v || v->kind == VALUE_NULL)
        return NULL;
    if (v->kind != VALUE_LIST) {
        wrong_type(r, v, label, "a list");
        return NULL;
    }
    struct policy_list *levels = arena_array(r->arena, v->list.len, sizeof(*levels));
    for (size_t i = 0; i < v->list.len; i++)
        levels[i] =
            read_list(r, v->list.items[i], kind, arena_printf(r->arena, "%s[%zu]", label, i));
    *ret_len = v->list.len;
    return levels;
}

static void read_grants(struct reader *r, const struct value *v, struct policy_set *set)
{
    if (!v || v->kind == VALUE_NULL)
        return;
    if (v->kind != VALUE_LIST) {
        wrong_type(r, v, "grants", "a list");
        return;
    }
    struct kms_grant *grants = arena_array(r->arena, v->list.len, sizeof(*grants));
    for (size_t i = 0; i < v->list.len; i++)
        if (!kms_grant_parse(r->arena, v->list.items[i], &grants[i], r->diags,
                             arena_printf(r->arena, "grants[%zu]", i)))
            r->failed = true;
    set->grants = grants;
    set->grants_len = v->list.len;
}

static void read_set(struct reader *r, const struct value *line,
                     const struct policy_request *request, struct policy_set *set)
{
    const struct value *resource_policy = value_get(line, "resource_policy");
    bool trust = request->action && text_starts_fold(slice_of(request->action), "sts:");
    enum policy_kind kind = trust ? POLICY_TRUST : POLICY_RESOURCE;
    set->identity_policies =
        read_list(r, value_get(line, "identity_policies"), POLICY_IDENTITY, "identity_policies");
    if (resource_policy && resource_policy->kind != VALUE_NULL)
        set->resource_policy = read_policy(r, resource_policy, kind, "resource_policy");
    set->permission_boundaries = read_list(r, value_get(line, "permission_boundaries"),
                                           POLICY_IDENTITY, "permission_boundaries");
    set->session_policies =
        read_list(r, value_get(line, "session_policies"), POLICY_IDENTITY, "session_policies");
    set->scps = read_levels(r, value_get(line, "scps"), POLICY_SCP, "scps", &set->scps_len);
    set->rcps = read_levels(r, value_get(line, "rcps"), POLICY_RCP, "rcps", &set->rcps_len);
    read_grants(r, value_get(line, "grants"), set);
    if (request->action)
        set->resource_policy_must_allow =
            policy_resource_must_allow(request->action, request->resource);
}

static const struct value *answer_value(struct arena *arena, const struct policy_answer *answer)
{
    struct list_builder statements = list_begin(arena);
    for (size_t i = 0; i < answer->matches_len; i++) {
        const struct policy_match *m = &answer->matches[i];
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "policy", m->policy);
        map_put_int(&b, "index", (int64_t)m->index);
        map_put(&b, "sid", value_string(arena, m->statement->sid));
        map_put_str(&b, "effect", m->statement->effect == POLICY_ALLOW ? "Allow" : "Deny");
        list_add(&statements, map_end(&b));
    }
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "decision", policy_decision_name(answer->decision));
    map_put(&b, "statements", list_end(&statements));
    return map_end(&b);
}

const struct value *policy_eval_json(struct arena *arena, const struct value *request_line,
                                     struct diags *diags)
{
    static const char *const known[] = {"request",
                                        "identity_policies",
                                        "resource_policy",
                                        "permission_boundaries",
                                        "session_policies",
                                        "scps",
                                        "rcps",
                                        "grants",
                                        NULL};
    struct reader r = {.arena = arena, .diags = diags};
    struct policy_request request = {0};
    struct policy_set set = {0};
    struct policy_answer answer;
    if (!value_is(request_line, VALUE_MAP)) {
        (void)diag_error(diags, E_WRONG_TYPE, NO_POS, NULL, "a request is a JSON object");
        return NULL;
    }
    check_keys(&r, request_line, known);
    const struct value *v = value_get(request_line, "request");
    if (v) {
        read_request(&r, v, &request);
    } else {
        r.failed = true;
        (void)diag_error(diags, E_MISSING_KEY, request_line->pos, NULL, "there is no \"request\"");
    }
    read_set(&r, request_line, &request, &set);
    if (r.failed)
        return NULL;
    policy_evaluate(arena, &request, &set, &answer);
    return answer_value(arena, &answer);
}
