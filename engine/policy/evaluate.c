#include "engine/policy/evaluate.h"

#include <assert.h>
#include <string.h>

#include "engine/policy/condition.h"
#include "engine/policy/kms_grant_covers.h"
#include "engine/policy/subject.h"

struct match_list {
    struct policy_match *items;
    size_t len, cap;
};

struct evaluation {
    struct arena *arena;
    const struct policy_request *request;
    struct subject who;
    struct match_list allows, denies;
    bool for_caller;                          /* what hangs on open keys speaks for the caller */
    const char *open;                         /* an open key that the statement at hand has met */
    const char *open_in_deny, *open_in_allow; /* the first that a statement hung on */
};

/* What a list of policies says of the request. */
struct verdict {
    bool allowed;
    enum grant grant; /* the most direct of the Allows; of resource policies only */
};

static enum tri action_matches(const struct evaluation *e, const struct policy_statement *s)
{
    enum tri any = TRI_NO;
    struct slice action = slice_of(e->request->action);
    for (size_t i = 0; i < s->actions.len && any != TRI_YES; i++) {
        const struct policy_text *t = &s->actions.items[i];
        any =
            tri_or(any, t->unknown ? TRI_UNDECIDED : tri_of(text_action_matches(t->text, action)));
    }
    return s->not_action ? tri_not(any) : any;
}

static enum tri one_resource(const struct evaluation *e, const struct policy_text *t,
                             struct slice resource, bool not_resource)
{
    struct slice pattern;
    if (t->unknown)
        return TRI_UNDECIDED;
    if (!t->has_variable)
        return tri_of(text_resource_matches(slice_of(t->text), resource, WILDCARDS_WRITTEN));
    enum tri expanded = subject_expand(&e->who, t, true, &pattern);
    if (expanded != TRI_YES) /* "everything but nothing" would be everything: a guess */
        return not_resource ? TRI_UNDECIDED : expanded;
    return tri_of(text_resource_matches(pattern, resource, WILDCARDS_EXPANDED));
}

static enum tri resource_matches(const struct evaluation *e, const struct policy_statement *s,
                                 enum policy_source source)
{
    if (!s->has_resource) /* the trust policy of a role; elsewhere AWS would not take it */
        return source == POLICY_FROM_RESOURCE ? TRI_YES : TRI_UNDECIDED;
    enum tri any = TRI_NO;
    struct slice resource = slice_of(e->request->resource ? e->request->resource : "*");
    for (size_t i = 0; i < s->resources.len && any != TRI_YES; i++)
        any = tri_or(any, one_resource(e, &s->resources.items[i], resource, s->not_resource));
    return s->not_resource ? tri_not(any) : any;
}

static enum tri principal_matches(const struct evaluation *e, const struct policy_statement *s,
                                  enum policy_source source, enum grant *ret_grant)
{
    bool needs_principal = source == POLICY_FROM_RESOURCE || source == POLICY_FROM_RCP;
    *ret_grant = GRANT_NONE;
    if (needs_principal && s->has_principal)
        return subject_is_principal(&e->who, s, ret_grant);
    return needs_principal == s->has_principal ? TRI_YES : TRI_UNDECIDED;
}

static enum tri conditions_hold(const struct evaluation *e, const struct policy_statement *s)
{
    enum tri all = TRI_YES;
    for (size_t i = 0; i < s->conditions_len && all != TRI_NO; i++)
        all = tri_and(all, condition_holds(&e->who, &s->conditions[i]));
    return all;
}

static void note_open_key(struct evaluation *e, const struct policy_statement *s)
{
    const char **first = s->effect == POLICY_DENY ? &e->open_in_deny : &e->open_in_allow;
    if (!*first)
        *first = e->open;
}

/* What is undecided never makes an Allow match and always makes a Deny match; what only an open key
 * leaves undecided, as the evaluation has it. */
static bool statement_matches(struct evaluation *e, const struct policy_statement *s,
                              enum policy_source source, enum grant *ret_grant)
{
    enum tri least = s->effect == POLICY_ALLOW ? TRI_YES : TRI_UNDECIDED;
    e->open = NULL;
    enum tri match = action_matches(e, s);
    if (match != TRI_NO)
        match = tri_and(match, principal_matches(e, s, source, ret_grant));
    if (match != TRI_NO)
        match = tri_and(match, resource_matches(e, s, source));
    if (match != TRI_NO)
        match = tri_and(match, conditions_hold(e, s));
    if (match != TRI_UNDECIDED || !e->open)
        return match >= least;
    note_open_key(e, s);
    return e->for_caller == (s->effect == POLICY_ALLOW);
}

static void add_match(struct evaluation *e, enum policy_source source, const char *label,
                      const struct policy *policy, size_t index)
{
    const struct policy_statement *s = &policy->statements[index];
    struct match_list *list = s->effect == POLICY_ALLOW ? &e->allows : &e->denies;
    list->items = arena_grow(e->arena, list->items, list->len, &list->cap, list->len + 1,
                             sizeof(*list->items));
    list->items[list->len++] = (struct policy_match){source, label, index, s};
}

/* A role may have ten managed policies: their names are at hand. */
static const char *identity_label(struct evaluation *e, size_t i)
{
    static const char *const names[] = {
        "identity_policies[0]", "identity_policies[1]", "identity_policies[2]",
        "identity_policies[3]", "identity_policies[4]", "identity_policies[5]",
        "identity_policies[6]", "identity_policies[7]", "identity_policies[8]",
        "identity_policies[9]",
    };
    return i < ARRAY_LEN(names) ? names[i] : arena_printf(e->arena, "identity_policies[%zu]", i);
}

static const char *label_of(struct evaluation *e, enum policy_source source, size_t level, size_t i)
{
    switch (source) {
    case POLICY_FROM_IDENTITY: return identity_label(e, i);
    case POLICY_FROM_RESOURCE: return "resource_policy";
    case POLICY_FROM_BOUNDARY: return arena_printf(e->arena, "permission_boundaries[%zu]", i);
    case POLICY_FROM_SESSION: return arena_printf(e->arena, "session_policies[%zu]", i);
    case POLICY_FROM_SCP: return arena_printf(e->arena, "scps[%zu][%zu]", level, i);
    case POLICY_FROM_RCP: return arena_printf(e->arena, "rcps[%zu][%zu]", level, i);
    case POLICY_FROM_GRANT: return arena_printf(e->arena, "grants[%zu]", i);
    }
    return "";
}

static struct verdict judge(struct evaluation *e, enum policy_source source, size_t level,
                            struct policy_list list)
{
    struct verdict verdict = {false, GRANT_NONE};
    for (size_t i = 0; i < list.len; i++) {
        const char *label = NULL;
        for (size_t k = 0; k < list.items[i]->statements_len; k++) {
            enum grant grant = GRANT_NONE;
            const struct policy_statement *s = &list.items[i]->statements[k];
            /* an RCP's own Allow changes nothing: everything is allowed there */
            if ((source == POLICY_FROM_RCP && s->effect == POLICY_ALLOW) ||
                !statement_matches(e, s, source, &grant))
                continue;
            if (!label)
                label = label_of(e, source, level, i);
            add_match(e, source, label, list.items[i], k);
            if (s->effect == POLICY_ALLOW)
                verdict.allowed = true;
            if (s->effect == POLICY_ALLOW && grant > verdict.grant)
                verdict.grant = grant;
        }
    }
    return verdict;
}

static bool judge_levels(struct evaluation *e, enum policy_source source,
                         const struct policy_list *levels, size_t len)
{
    bool all = true;
    for (size_t i = 0; i < len; i++)
        all = judge(e, source, i, levels[i]).allowed && all;
    return all;
}

static enum grant judge_grants(struct evaluation *e, const struct policy_set *set)
{
    enum grant most = GRANT_NONE;
    for (size_t i = 0; i < set->grants_len; i++) {
        enum grant grant = kms_grant_covers(&e->who, &set->grants[i]);
        if (grant == GRANT_NONE)
            continue;
        struct policy_statement *s = arena_new_of(e->arena, struct policy_statement);
        *s = (struct policy_statement){.sid = set->grants[i].id, .effect = POLICY_ALLOW};
        const struct policy as_policy = {.statements = s, .statements_len = 1};
        add_match(e, POLICY_FROM_GRANT, label_of(e, POLICY_FROM_GRANT, 0, i), &as_policy, 0);
        most = grant > most ? grant : most;
    }
    return most;
}

/* Where the kinds of policies stand after all of them were judged. */
struct standing {
    bool identity, boundary, session, scp;
    enum grant resource; /* of the resource's policy and the grants together */
    bool key_grant;      /* a grant of the key allows by itself */
};

enum outcome { OUTCOME_ALLOWED, OUTCOME_DENIED };

static enum outcome denied(struct policy_answer *ret, enum policy_source by)
{
    ret->denied_by = by;
    return OUTCOME_DENIED;
}

/* Boundary and session policies bound whatever else allows. */
static enum outcome within_limits(const struct standing *at, struct policy_answer *ret)
{
    if (!at->boundary)
        return denied(ret, POLICY_FROM_BOUNDARY);
    if (!at->session)
        return denied(ret, POLICY_FROM_SESSION);
    return OUTCOME_ALLOWED;
}

static enum outcome by_identity(const struct standing *at, struct policy_answer *ret)
{
    if (!at->identity)
        return denied(ret, POLICY_FROM_IDENTITY);
    return within_limits(at, ret);
}

static enum outcome decide(const struct evaluation *e, const struct policy_set *set,
                           const struct standing *at, struct policy_answer *ret)
{
    enum subject_kind kind = e->who.kind;
    if (!at->scp)
        return denied(ret, POLICY_FROM_SCP);
    /* these have no identity policies: the resource's policy is all there is */
    if (kind == SUBJECT_SERVICE || kind == SUBJECT_PROVIDER || kind == SUBJECT_ANONYMOUS)
        return at->resource == GRANT_DIRECT ? OUTCOME_ALLOWED : denied(ret, POLICY_FROM_RESOURCE);
    if (at->key_grant)
        return within_limits(at, ret);
    if (ret->cross_account)
        return at->resource == GRANT_NONE ? denied(ret, POLICY_FROM_RESOURCE)
                                          : by_identity(at, ret);
    if (at->resource == GRANT_DIRECT)
        return OUTCOME_ALLOWED;
    if (at->resource == GRANT_ROLE)
        return within_limits(at, ret);
    if (set->resource_policy_must_allow && at->resource == GRANT_NONE)
        return denied(ret, POLICY_FROM_RESOURCE);
    return by_identity(at, ret);
}

static bool is_cross_account(const struct subject *who)
{
    return !who->account.len || who->account.len != who->resource_account.len ||
           memcmp(who->account.ptr, who->resource_account.ptr, who->account.len) != 0;
}

static struct standing judge_all(struct evaluation *e, const struct policy_set *set)
{
    bool root = e->who.kind == SUBJECT_ROOT; /* needs no policy and has no boundary */
    /* services stand in no account; service-linked roles are AWS's own */
    bool controlled = e->who.account.len && !e->who.service_linked &&
                      e->who.kind != SUBJECT_PROVIDER && e->who.kind != SUBJECT_SERVICE;
    const struct policy *resource_policy = set->resource_policy;
    struct standing at = {.identity = root, .scp = true};
    at.identity = judge(e, POLICY_FROM_IDENTITY, 0, set->identity_policies).allowed || root;
    at.resource = judge(e, POLICY_FROM_RESOURCE, 0,
                        (struct policy_list){&resource_policy, resource_policy ? 1 : 0})
                      .grant;
    enum grant key = judge_grants(e, set);
    at.key_grant = key > GRANT_ACCOUNT;
    at.resource = key > at.resource ? key : at.resource;
    at.boundary = judge(e, POLICY_FROM_BOUNDARY, 0, set->permission_boundaries).allowed ||
                  !set->permission_boundaries.len || root;
    at.session = judge(e, POLICY_FROM_SESSION, 0, set->session_policies).allowed ||
                 !set->session_policies.len;
    if (controlled)
        at.scp = judge_levels(e, POLICY_FROM_SCP, set->scps, set->scps_len);
    if (!e->who.service_linked &&
        !text_equal_fold(slice_of(e->request->action), slice_of("kms:RetireGrant")))
        (void)judge_levels(e, POLICY_FROM_RCP, set->rcps, set->rcps_len);
    return at;
}

/* Others have no permissions boundary. */
static bool is_iam_identity(enum subject_kind kind)
{
    return kind == SUBJECT_USER || kind == SUBJECT_ROLE || kind == SUBJECT_ROLE_SESSION ||
           kind == SUBJECT_FEDERATED_SESSION;
}

static void evaluate(struct evaluation *e, const struct policy_set *set, struct policy_answer *ret)
{
    struct policy_answer answer = {.decision = POLICY_IMPLICITLY_DENIED};
    subject_of(e->arena, e->request, &e->who);
    e->who.open_key = &e->open;
    e->who.bounded = set->permission_boundaries.len > 0 && is_iam_identity(e->who.kind);
    answer.cross_account = is_cross_account(&e->who);
    struct standing at = judge_all(e, set);
    if (e->denies.len) {
        answer.decision = POLICY_EXPLICITLY_DENIED;
        answer.denied_by = e->denies.items[0].source;
        answer.matches = e->denies.items;
        answer.matches_len = e->denies.len;
    } else if (decide(e, set, &at, &answer) == OUTCOME_ALLOWED) {
        answer.decision = POLICY_ALLOWED;
        answer.matches = e->allows.items;
        answer.matches_len = e->allows.len;
    }
    *ret = answer;
}

void policy_evaluate(struct arena *arena, const struct policy_request *request,
                     const struct policy_set *set, struct policy_answer *ret)
{
    struct evaluation e = {.arena = arena, .request = request};
    evaluate(&e, set, ret);
    if (!e.open_in_deny && !e.open_in_allow)
        return;
    struct evaluation best = {.arena = arena, .request = request, .for_caller = true};
    struct policy_answer otherwise;
    evaluate(&best, set, &otherwise);
    bool allowed = ret->decision == POLICY_ALLOWED;
    if (allowed != (otherwise.decision == POLICY_ALLOWED))
        ret->open_key = e.open_in_deny ? e.open_in_deny : e.open_in_allow;
}

bool policy_resource_must_allow(const char *action, const char *resource)
{
    struct slice a = slice_of(action);
    if (!resource)
        return false;
    if (text_starts_fold(a, "kms:"))
        return strstr(resource, ":key/") != NULL;
    return text_starts_fold(a, "sts:") && strstr(resource, ":role/") != NULL;
}

const char *policy_decision_name(enum policy_decision decision)
{
    static const char *const names[] = {"allowed", "explicitly_denied", "implicitly_denied"};
    static_assert(ARRAY_LEN(names) == POLICY_IMPLICITLY_DENIED + 1, "one name a decision");
    return names[decision];
}

const char *policy_source_name(enum policy_source source)
{
    static const char *const names[] = {
        "identity-based policy",
        "resource-based policy",
        "permissions boundary",
        "session policy",
        "service control policy",
        "resource control policy",
        "grant",
    };
    static_assert(ARRAY_LEN(names) == POLICY_FROM_GRANT + 1, "one name a source");
    return names[source];
}

bool policy_meets_resource_controls(const char *action)
{
    static const char *const services[] = {"s3:", "sts:", "kms:", "sqs:", "secretsmanager:"};
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        if (str_starts(action, services[i]))
            return true;
    return false;
}

const char *policy_denial_reason(struct arena *arena, const struct policy_request *request,
                                 const struct policy_answer *answer)
{
    const char *name = policy_source_name(answer->denied_by);
    if (answer->decision == POLICY_EXPLICITLY_DENIED)
        return arena_printf(arena, "with an explicit deny in %s %s",
                            strchr("aeiou", name[0]) ? "an" : "a", name);
    return arena_printf(arena, "because no %s allows the %s action", name, request->action);
}
