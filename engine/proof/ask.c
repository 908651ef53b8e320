#include "engine/proof/ask.h"

#include "engine/aws/arn.h"
#include "engine/base/cleanup.h"

static const struct value *context_of(struct model *model, const struct ask *question)
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

/* What the topology does not make may hold any right, and what a policy says that nobody knows may
 * be anything: neither makes a yes. An explicit denial stands whatever they say. */
static void conclude(struct model *model, const struct policy_request *request,
                     const struct model_role *role, const struct ask *question,
                     struct ask_answer *ret)
{
    if (ret->policy.decision == POLICY_ALLOWED) {
        answer(ret, ASK_YES, "");
        return;
    }
    bool by_role = ret->policy.decision == POLICY_IMPLICITLY_DENIED &&
                   (ret->policy.denied_by == POLICY_FROM_IDENTITY ||
                    ret->policy.denied_by == POLICY_FROM_BOUNDARY);
    if (by_role && role && role->unknown)
        answer(ret, ASK_UNKNOWN,
               arena_printf(model->arena, "nobody here knows what the policy %s of %s says",
                            role->unknown, question->role));
    else
        answer(ret, ASK_NO, policy_denial_reason(model->arena, request, &ret->policy));
}

void ask(struct model *model, const struct ask *question, struct ask_answer *ret)
{
    const struct model_role *role = model_role(model, question->role);
    const struct policy *all = model_all_rights(model);
    *ret = (struct ask_answer){0};
    if (model_is_gone(model, question->role)) {
        answer(ret, ASK_NO, "because the role does not exist");
        return;
    }
    const char *account = model_account_of(model->arena, question->role);
    const char *owner = question->resource_account
                            ? question->resource_account
                            : model_account_of(model->arena, question->resource);
    struct model_levels scps = {0}, rcps = {0};
    if (question->role && !question->without_controls)
        scps = model_controls(model, account, /* of_resources= */ false);
    if (policy_meets_resource_controls(question->action) && !question->without_controls)
        rcps = model_controls(model, owner, /* of_resources= */ true);
    bool foreign = question->role && !role;
    bool free = foreign || question->as_if_all_rights;
    struct policy_set set = {
        .resource_policy = question->resource_policy,
        .scps = scps.items,
        .scps_len = scps.len,
        .rcps = rcps.items,
        .rcps_len = rcps.len,
        .resource_policy_must_allow = question->resource_policy_decides,
    };
    set.grants_len = model_grants(model, question->resource, &set.grants);
    if (free)
        set.identity_policies = (struct policy_list){&all, 1};
    else if (role)
        set.identity_policies = role->identity;
    if (role && !free)
        set.permission_boundaries = role->boundary;
    const struct policy_request request = {
        .principal = question->role,
        .service = question->role ? NULL : question->service,
        .action = question->action,
        .resource = question->resource,
        .resource_account = question->resource_account,
        .context = context_of(model, question),
    };
    policy_evaluate(model->arena, &request, &set, &ret->policy);
    conclude(model, &request, role, question, ret);
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
                                 .resource_policy_decides = true};
    ask(model, &question, ret);
}

const char *ask_denial(struct arena *arena, const struct ask *question,
                       const struct ask_answer *answer)
{
    return arena_printf(arena, "User: %s is not authorized to perform: %s on resource: %s %s",
                        question->role ? question->role : question->service, question->action,
                        question->resource, answer->why);
}
