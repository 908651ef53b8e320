#include "engine/proof/ask.h"

#include "engine/aws/arn.h"
#include "engine/base/cleanup.h"
#include "engine/proof/context.h"

/* What every asker knows of a request; all else counts as not in it. */
static const struct value *context_given(struct model *model, const struct ask *question)
{
    struct map_builder b = map_begin_from(model->arena, question->context);
    if (question->role)
        map_put_str(&b, "aws:PrincipalOrgID",
                    model_organization(model, model_account_of(model->arena, question->role)));
    if (question->source_arn) {
        map_put_str(&b, "aws:SourceArn", question->source_arn);
        map_put_str(&b, "aws:SourceAccount", model_account_of(model->arena, question->source_arn));
    }
    map_put_str(&b, "aws:SecureTransport", "true");
    return map_end(&b);
}

static void answer(struct ask_answer *ret, enum ask_verdict verdict, const char *why)
{
    ret->verdict = verdict;
    ret->why = why;
}

static void answer_open(struct model *model, const struct ask *question, const char *key,
                        struct ask_answer *ret)
{
    answer(ret, ASK_UNKNOWN,
           arena_printf(model->arena,
                        "what %s is in the request for %s decides, and the topology does not "
                        "show it",
                        key, question->action));
}

/* A policy of the role that might turn the decision, if anybody knew what it says; NULL: it stands.
 * It might deny what the others allow, and allow what none of them does; its boundary only denies.
 */
static const char *might_turn(const struct model_role *role, const struct ask *question,
                              const struct policy_answer *answer)
{
    if (!role || question->as_if_all_rights)
        return NULL;
    if (answer->decision == POLICY_ALLOWED)
        return role->unknown;
    return answer->decision == POLICY_IMPLICITLY_DENIED && answer->denied_by == POLICY_FROM_IDENTITY
               ? role->unknown_rights
               : NULL;
}

/* What the topology does not make may hold any right, and what a policy says that nobody knows may
 * be anything: neither makes a yes. An explicit denial stands whatever they say. */
static void conclude(struct model *model, const struct policy_request *request,
                     const struct model_role *role, const struct ask *question,
                     struct ask_answer *ret)
{
    if (ret->policy.open_key) {
        answer_open(model, question, ret->policy.open_key, ret);
        return;
    }
    const char *unknown = might_turn(role, question, &ret->policy);
    if (unknown)
        answer(ret, ASK_UNKNOWN,
               arena_printf(model->arena, "nobody here knows what the policy %s of %s says",
                            unknown, question->role));
    else if (ret->policy.decision == POLICY_ALLOWED)
        answer(ret, ASK_YES, "");
    else
        answer(ret, ASK_NO, policy_denial_reason(model->arena, request, &ret->policy));
}

/* What the caller must have of its own. */
static void add_identity(struct model *model, const struct ask *question,
                         const struct model_role *role, struct policy_set *set)
{
    bool free = question->as_if_all_rights || (question->role && !role);
    if (free) {
        const struct policy **all = arena_array(model->arena, 1, sizeof(const struct policy *));
        all[0] = model_all_rights(model);
        set->identity_policies = (struct policy_list){all, 1};
    } else if (role) {
        set->identity_policies = role->identity;
        set->permission_boundaries = role->boundary;
    }
}

static const char *owner_of(const struct model *model, const struct ask *question)
{
    return question->resource_account ? question->resource_account
                                      : model_account_of(model->arena, question->resource);
}

static void add_controls(struct model *model, const struct ask *question, struct policy_set *set)
{
    const char *account = model_account_of(model->arena, question->role);
    const char *owner = owner_of(model, question);
    struct model_levels scps = {0}, rcps = {0};
    if (question->role && !question->without_controls)
        scps = model_controls(model, account, /* of_resources= */ false);
    if (policy_meets_resource_controls(question->action) && !question->without_controls)
        rcps = model_controls(model, owner, /* of_resources= */ true);
    set->scps = scps.items;
    set->scps_len = scps.len;
    set->rcps = rcps.items;
    set->rcps_len = rcps.len;
}

static void judge(struct model *model, const struct ask *question, const struct policy_set *set,
                  const struct ask_variant *variant, struct ask_answer *ret)
{
    bool partial = question->open_context || question->as_intruder;
    const struct policy_request request = {
        .principal = question->role,
        .service = question->role ? NULL : question->service,
        .action = question->action,
        .resource = question->resource,
        .resource_account = question->resource_account,
        .context = partial ? context_of(model, question, variant) : context_given(model, question),
        .context_is_partial = partial,
    };
    policy_evaluate(model->arena, &request, set, &ret->policy);
    conclude(model, &request, model_role(model, question->role), question, ret);
}

/* Each way the request may look; where they do not agree, nobody knows. */
static void judge_variants(struct model *model, const struct ask *question,
                           const struct policy_set *set, struct ask_answer *ret)
{
    const char *own = model_region_of(model->arena, question->resource);
    const char *regions[] = {question->region ? question->region : own, question->other_region};
    bool names_no_source = !question->role && !question->source_arn && question->open_context;
    judge(model, question, set, &(struct ask_variant){regions[0], false}, ret);
    for (size_t i = 0; i < 4 && ret->verdict != ASK_UNKNOWN; i++) {
        const struct ask_variant variant = {regions[i & 1], i & 2};
        struct ask_answer other = {0};
        if (i == 0 || ((i & 1) && !regions[1]) || ((i & 2) && !names_no_source))
            continue;
        judge(model, question, set, &variant, &other);
        if (other.verdict != ret->verdict)
            answer_open(model, question, (i & 2) ? "aws:SourceArn" : "aws:RequestedRegion", ret);
    }
}

/* Policies on units in which the account may stand, or not. Those that surely hold have passed. */
static void judge_units(struct model *model, const struct ask *question,
                        const struct policy_set *set, struct ask_answer *ret)
{
    const char *caller = model_account_of(model->arena, question->role);
    const char *owner = owner_of(model, question);
    struct model_levels rcps = {0};
    struct model_levels scps = model_possible_controls(model, caller, /* of_resources= */ false);
    if (policy_meets_resource_controls(question->action))
        rcps = model_possible_controls(model, owner, /* of_resources= */ true);
    if (!scps.len && !rcps.len)
        return;
    struct ask_answer other = {0};
    struct policy_set more = *set;
    more.scps = scps.items;
    more.scps_len = scps.len;
    more.rcps = rcps.items;
    more.rcps_len = rcps.len;
    judge_variants(model, question, &more, &other);
    if (other.verdict != ASK_YES)
        answer(ret, ASK_UNKNOWN,
               arena_printf(model->arena,
                            "%s is attached to a unit of the organization, in which account %s may "
                            "stand or not, and says no to %s",
                            scps.len ? scps.first : rcps.first,
                            model_account_name(model, scps.len ? caller : owner),
                            question->action));
}

void ask(struct model *model, const struct ask *question, struct ask_answer *ret)
{
    const struct model_role *role = model_role(model, question->role);
    bool foreign = question->role && !role;
    *ret = (struct ask_answer){0};
    if (model_is_gone(model, question->role) && !question->as_intruder) {
        answer(ret, ASK_NO, "because the role does not exist");
        return;
    }
    struct policy_set set = {.resource_policy = question->resource_policy,
                             .resource_policy_must_allow = question->resource_policy_decides};
    set.grants_len = model_grants(model, question->resource, &set.grants);
    add_identity(model, question, role, &set);
    add_controls(model, question, &set);
    judge_variants(model, question, &set, ret);
    if (ret->verdict == ASK_YES && question->open_context && !question->without_controls)
        judge_units(model, question, &set, ret);
    if (ret->verdict == ASK_YES && foreign && !question->as_if_all_rights)
        answer(ret, ASK_UNKNOWN,
               arena_printf(model->arena,
                            "the topology does not make %s, so its rights are taken "
                            "for granted",
                            question->role));
}

void ask_trust(struct model *model, const char *role_arn, const char *service,
               const char *source_arn, struct ask_answer *ret)
{
    const struct model_role *role = model_role(model, role_arn);
    *ret = (struct ask_answer){0};
    if (model_is_gone(model, role_arn)) {
        answer(ret, ASK_NO, "because the role does not exist");
        return;
    }
    if (!role || !role->object) {
        answer(ret, ASK_UNKNOWN,
               arena_printf(model->arena,
                            "the topology does not make %s, so that %s may take it on "
                            "is taken for granted",
                            role_arn, service));
        return;
    }
    const struct ask question = {.service = service,
                                 .source_arn = source_arn,
                                 .action = "sts:AssumeRole",
                                 .resource = role_arn,
                                 .resource_policy = role->trust,
                                 .resource_policy_decides = true,
                                 .region = model_region_of(model->arena, source_arn),
                                 .open_context = true};
    ask(model, &question, ret);
}

const char *ask_denial(struct arena *arena, const struct ask *question,
                       const struct ask_answer *answer)
{
    return arena_printf(arena, "User: %s is not authorized to perform: %s on resource: %s %s",
                        question->role ? question->role : question->service, question->action,
                        question->resource, answer->why);
}
