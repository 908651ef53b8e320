#include "engine/permissions/bootstrap.h"

#include <string.h>

#include "engine/base/json.h"
#include "engine/config/iam_document.h"
#include "engine/permissions/bootstrap_state.h"
#include "engine/permissions/cfn.h"
#include "engine/permissions/rights.h"

#define GITHUB "token.actions.githubusercontent.com"
#define GITLAB "gitlab.com"
#define AUDIENCE "sts.amazonaws.com"
#define NAMED_ROLES_MAX 60 /* that a runner's policy names one by one */

bool bootstrap_trust_of(const char *text, struct bootstrap_options *ret)
{
    *ret = (struct bootstrap_options){.host = GITLAB};
    if (str_eq(text, "github"))
        *ret = (struct bootstrap_options){.trust = TRUST_GITHUB, .host = GITHUB};
    else if (str_eq(text, "principal"))
        *ret = (struct bootstrap_options){.trust = TRUST_PRINCIPAL};
    else if (str_starts(text, "gitlab:") && text[strlen("gitlab:")])
        *ret = (struct bootstrap_options){TRUST_GITLAB, text + strlen("gitlab:")};
    else if (str_eq(text, "gitlab"))
        ret->trust = TRUST_GITLAB;
    else
        return false;
    return true;
}

/* Accounts whose roles need the same, but for their own id. */
struct crew {
    const char *name, *condition; /* "Workload", "InWorkload" */
    const struct account *first;
    const char **ids;
    size_t len;
    const struct permission_policy *apply, *plan;
    size_t apply_len, plan_len;
};

struct template
{
    struct arena *arena;
    const struct schema_set *schemas;
    const struct topology *topology;
    const struct bootstrap_options *options;
    const struct account *runner; /* where tokens arrive */
    const char *home;             /* the Region of the stacks */
    struct map crews;             /* what they need -> struct crew * */
    struct map_builder parameters, conditions, resources, outputs;
};

/* ---- who needs what ---- */

static const struct permission_policy *
policies_for(const struct template *t, const struct account *account, bool applies, size_t *ret_len)
{
    struct rights rights;
    rights_init(&rights, t->arena, t->topology, account);
    if (applies) {
        rights_of_command(&rights, t->schemas, PERMISSIONS_APPLY);
    } else {
        rights_of_command(&rights, t->schemas, PERMISSIONS_PLAN);
        rights_of_command(&rights, t->schemas, PERMISSIONS_DRIFT);
    }
    return rights_policies(
        &rights, arena_printf(t->arena, "%s-%s", t->topology->name, applies ? "apply" : "plan"),
        ret_len);
}

static const char *text_of(struct arena *arena, const struct permission_policy *policies,
                           size_t len, const char *id)
{
    const char *text = "";
    for (size_t i = 0; i < len; i++)
        text = arena_printf(
            arena, "%s%s", text,
            json_print(arena, cfn_own_account(arena, policies[i].document, id), JSON_COMPACT));
    return text;
}

static bool is_taken(const struct template *t, const char *name)
{
    for (size_t i = 0; i < t->crews.len; i++)
        if (str_eq(((const struct crew *)t->crews.entries[i].value)->name, name))
            return true;
    return false;
}

static const char *crew_name(const struct template *t, const struct account *account)
{
    const char *name = cfn_name(t->arena, account->name);
    return is_taken(t, name) ? arena_printf(t->arena, "%sOf%s", name, account->id) : name;
}

/* "holdfast-deployer" of arn:aws:iam::111122223333:role/a/holdfast-deployer, and "/a/". */
static const char *role_name(const struct account *account)
{
    return strrchr(account->assume_role, '/') + 1;
}

static const char *role_path(struct arena *arena, const struct account *account)
{
    const char *path = strchr(account->assume_role, '/');
    return arena_strndup(arena, path, (size_t)(role_name(account) - path));
}

static void add_account(struct template *t, const struct account *account)
{
    struct crew crew = {.first = account};
    crew.apply = policies_for(t, account, /* applies= */ true, &crew.apply_len);
    crew.plan = policies_for(t, account, /* applies= */ false, &crew.plan_len);
    const char *key = arena_printf(t->arena, "%s %s %s %s", strchr(account->assume_role, '/'),
                                   account->external_id ? account->external_id : "",
                                   text_of(t->arena, crew.apply, crew.apply_len, account->id),
                                   text_of(t->arena, crew.plan, crew.plan_len, account->id));
    struct crew *found = map_get(&t->crews, key);
    if (!found) {
        crew.name = crew_name(t, account);
        crew.condition = arena_printf(t->arena, "In%s", crew.name);
        crew.ids = arena_array(t->arena, t->topology->account_len, sizeof(*crew.ids));
        found = arena_memdup(t->arena, &crew, sizeof(crew));
        map_set(&t->crews, key, found);
    }
    for (size_t i = 0; i < found->len; i++)
        if (str_eq(found->ids[i], account->id))
            return;
    found->ids[found->len++] = account->id;
}

/* ---- parameters ---- */

static void add_parameter(struct template *t, const char *name, const char *type,
                          const char *otherwise, const char *pattern, const char *description)
{
    struct map_builder b = map_begin(t->arena);
    map_put_str(&b, "Type", type);
    map_put_str(&b, "Default", otherwise);
    map_put_str(&b, "AllowedPattern", pattern);
    map_put_str(&b, "Description", description);
    map_put(&t->parameters, name, map_end(&b));
}

/* Nobody's repository is a default, and who applies is pinned without wildcards. */
static void add_parameters(struct template *t)
{
    bool github = t->options->trust == TRUST_GITHUB;
    add_parameter(t, "PlanRoleName", "String", arena_printf(t->arena, "%s-plan", t->topology->name),
                  "^[A-Za-z0-9+=,.@_-]{1,64}$",
                  "The role of each account that plans and looks for drift");
    if (t->options->trust == TRUST_PRINCIPAL) {
        add_parameter(t, "TrustedPrincipal", "String", NULL,
                      "^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*?]+$",
                      "The role or user that runs holdfast");
        return;
    }
    add_parameter(t, "ApplySubject", "String", NULL,
                  github ? "^repo:[^*?/:]+/[^*?/:]+:[^*?]+$" : "^project_path:[^*?:]+:[^*?]+$",
                  github ? "Who applies: repo:OWNER/REPOSITORY:environment:NAME"
                         : "Who applies: project_path:GROUP/PROJECT:ref_type:branch:ref:main");
    add_parameter(t, "PlanSubjects", "CommaDelimitedList", NULL,
                  github ? "^repo:[^*?/:]+/[^*?/:]+:.+$" : "^project_path:[^*?:]+:.+$",
                  github ? "Who plans: repo:OWNER/REPOSITORY:pull_request, "
                           "repo:OWNER/REPOSITORY:ref:refs/heads/main"
                         : "Who plans: project_path:GROUP/PROJECT:ref_type:branch:ref:*");
    add_parameter(t, "MakeIdentityProvider", "String", "yes", "^(yes|no)$",
                  "no: the account has this identity provider already");
}

/* ---- who may take on a role ---- */

static const struct value *trust_document(struct arena *arena, const char *kind,
                                          const struct value *principal, const char *action,
                                          const struct value *condition)
{
    const char *const actions[] = {action, NULL};
    const struct value *statement = iam_statement(
        arena, NULL, "Allow", cfn_one(arena, kind, principal), actions, NULL, condition);
    return iam_document(arena, NULL, value_list(arena, &statement, 1));
}

static const char *runner_name(const struct template *t, bool applies)
{
    return arena_printf(t->arena, "%s-ci-%s", t->topology->name, applies ? "apply" : "plan");
}

/* A trust policy may name a role that is not there yet in a condition only. */
static const struct value *account_trust(const struct template *t, const struct account *account,
                                         bool applies)
{
    struct arena *arena = t->arena;
    const struct value *condition = NULL;
    if (account->external_id)
        condition = condition_with(arena, condition, "StringEquals", "sts:ExternalId",
                                   value_string(arena, account->external_id));
    if (t->options->trust == TRUST_PRINCIPAL)
        return trust_document(arena, "AWS", cfn_ref(arena, "TrustedPrincipal"), "sts:AssumeRole",
                              condition);
    condition = condition_with(arena, condition, "ArnEquals", "aws:PrincipalArn",
                               value_stringf(arena, "arn:%s:iam::%s:role/%s", t->runner->partition,
                                             t->runner->id, runner_name(t, applies)));
    return trust_document(
        arena, "AWS",
        value_stringf(arena, "arn:%s:iam::%s:root", t->runner->partition, t->runner->id),
        "sts:AssumeRole", condition);
}

static const struct value *token_trust(const struct template *t, bool applies)
{
    struct arena *arena = t->arena;
    const char *host = t->options->host;
    const struct value *condition =
        condition_with(arena, NULL, "StringEquals", arena_printf(arena, "%s:aud", host),
                       value_string(arena, AUDIENCE));
    condition = condition_with(arena, condition, applies ? "StringEquals" : "StringLike",
                               arena_printf(arena, "%s:sub", host),
                               cfn_ref(arena, applies ? "ApplySubject" : "PlanSubjects"));
    return trust_document(arena, "Federated",
                          value_stringf(arena, "arn:%s:iam::%s:oidc-provider/%s",
                                        t->runner->partition, t->runner->id, host),
                          "sts:AssumeRoleWithWebIdentity", condition);
}

/* ---- roles ---- */

static const struct value *add_policies(struct template *t, const struct crew *crew, bool applies)
{
    struct arena *arena = t->arena;
    const struct permission_policy *policies = applies ? crew->apply : crew->plan;
    size_t len = applies ? crew->apply_len : crew->plan_len;
    struct list_builder refs = list_begin(arena);
    for (size_t i = 0; i < len; i++) {
        const char *name =
            arena_printf(arena, "%s%sPolicy%zu", crew->name, applies ? "Apply" : "Plan", i + 1);
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "ManagedPolicyName", policies[i].name);
        map_put(&b, "PolicyDocument",
                cfn_own_account(arena, policies[i].document, crew->first->id));
        map_put(&t->resources, name,
                cfn_resource(arena, "AWS::IAM::ManagedPolicy", crew->condition, map_end(&b)));
        list_add(&refs, cfn_ref(arena, name));
    }
    return list_end(&refs);
}

static void add_role(struct template *t, const struct crew *crew, bool applies)
{
    struct arena *arena = t->arena;
    struct map_builder b = map_begin(arena);
    if (applies) {
        map_put_str(&b, "RoleName", role_name(crew->first));
        map_put_str(&b, "Path", role_path(arena, crew->first));
    } else {
        map_put(&b, "RoleName", cfn_ref(arena, "PlanRoleName"));
    }
    map_put(&b, "Description",
            value_stringf(arena, "holdfast %s the topology %s with this role",
                          applies ? "applies" : "plans", t->topology->name));
    map_put(&b, "AssumeRolePolicyDocument", account_trust(t, crew->first, applies));
    map_put(&b, "ManagedPolicyArns", add_policies(t, crew, applies));
    map_put(&t->resources, arena_printf(arena, "%s%sRole", crew->name, applies ? "Apply" : "Plan"),
            cfn_resource(arena, "AWS::IAM::Role", crew->condition, map_end(&b)));
}

/* ---- where tokens arrive ---- */

static const struct value *roles_of(const struct template *t, bool applies)
{
    struct arena *arena = t->arena;
    struct list_builder roles = list_begin(arena);
    struct map seen;
    map_init(&seen, arena);
    for (size_t i = 0; i < t->topology->account_len; i++) {
        const struct account *account = &t->topology->accounts[i];
        const char *id = t->topology->account_len > NAMED_ROLES_MAX ? "*" : account->id;
        if (!account->assume_role)
            continue;
        const char *role = arena_printf(arena, "arn:%s:iam::%s:role%s%s", account->partition, id,
                                        applies ? role_path(arena, account) : "/",
                                        applies ? role_name(account) : "${PlanRoleName}");
        if (map_get(&seen, role))
            continue;
        map_set(&seen, role, &seen);
        list_add(&roles, applies ? value_string(arena, role) : cfn_sub(arena, role));
    }
    return list_end(&roles);
}

static const struct value *runner_policy(const struct template *t, bool applies)
{
    struct arena *arena = t->arena;
    static const char *const actions[] = {"sts:AssumeRole", NULL};
    struct list_builder policies = list_begin(arena);
    struct map_builder policy = map_begin(arena);
    const struct value *statement =
        iam_statement(arena, NULL, "Allow", NULL, actions, roles_of(t, applies), NULL);
    map_put_str(&policy, "PolicyName", "accounts");
    map_put(&policy, "PolicyDocument", iam_document(arena, NULL, value_list(arena, &statement, 1)));
    list_add(&policies, map_end(&policy));
    return list_end(&policies);
}

static void add_runner(struct template *t, bool applies)
{
    struct arena *arena = t->arena;
    const char *name = applies ? "RunnerApplyRole" : "RunnerPlanRole";
    struct map_builder b = map_begin(arena), output = map_begin(arena);
    map_put_str(&b, "RoleName", runner_name(t, applies));
    map_put(&b, "Description",
            value_stringf(arena, "pipelines that %s %s begin with this role",
                          applies ? "apply" : "plan", t->topology->name));
    map_put(&b, "AssumeRolePolicyDocument", token_trust(t, applies));
    map_put(&b, "Policies", runner_policy(t, applies));
    map_put(&t->resources, name, cfn_resource(arena, "AWS::IAM::Role", "InRunner", map_end(&b)));
    map_put_str(&output, "Condition", "InRunner");
    map_put(&output, "Value", cfn_arn_of(arena, name));
    map_put(&t->outputs, name, map_end(&output));
}

static void add_identity_provider(struct template *t)
{
    struct arena *arena = t->arena;
    struct list_builder audiences = list_begin(arena);
    struct map_builder b = map_begin(arena);
    list_add_str(&audiences, AUDIENCE);
    map_put(&b, "Url", value_stringf(arena, "https://%s", t->options->host));
    map_put(&b, "ClientIdList", list_end(&audiences));
    map_put(&t->conditions, "MakesIdentityProvider",
            cfn_both(arena, cfn_condition(arena, "InRunner"),
                     cfn_equals(arena, "MakeIdentityProvider", "yes")));
    map_put(&t->resources, "IdentityProvider",
            cfn_resource(arena, "AWS::IAM::OIDCProvider", "MakesIdentityProvider", map_end(&b)));
}

/* ---- the whole ---- */

static const struct value *in_home(const struct template *t, const struct value *accounts)
{
    return cfn_both(t->arena, cfn_equals(t->arena, "AWS::Region", t->home), accounts);
}

static void add_crew(struct template *t, const struct crew *crew)
{
    map_put(&t->conditions, crew->condition,
            in_home(t, cfn_account_in(t->arena, crew->ids, crew->len)));
    add_role(t, crew, /* applies= */ true);
    add_role(t, crew, /* applies= */ false);
}

static const struct account *runner_of(const struct topology *topology)
{
    if (topology->shared_state)
        return topology->shared_state->account;
    for (size_t i = 0; i < topology->account_len; i++)
        if (topology->accounts[i].assume_role)
            return &topology->accounts[i];
    return &topology->accounts[0];
}

static void begin(struct template *t)
{
    const struct topology *topology = t->topology;
    const struct shared_state *state = topology->shared_state;
    t->parameters = map_begin(t->arena);
    t->conditions = map_begin(t->arena);
    t->resources = map_begin(t->arena);
    t->outputs = map_begin(t->arena);
    t->runner = runner_of(topology);
    t->home = state ? state->region : topology->region_len ? topology->regions[0] : "us-east-1";
    map_init(&t->crews, t->arena);
}

const struct value *bootstrap_template(struct arena *arena, const struct schema_set *schemas,
                                       const struct topology *topology,
                                       const struct bootstrap_options *options)
{
    struct template t = {
        .arena = arena, .schemas = schemas, .topology = topology, .options = options};
    struct map_builder b = map_begin(arena);
    begin(&t);
    add_parameters(&t);
    for (size_t i = 0; i < topology->account_len; i++)
        if (topology->accounts[i].assume_role)
            add_account(&t, &topology->accounts[i]);
    if (options->trust != TRUST_PRINCIPAL) {
        map_put(&t.conditions, "InRunner", in_home(&t, cfn_account_in(arena, &t.runner->id, 1)));
        add_identity_provider(&t);
        add_runner(&t, /* applies= */ true);
        add_runner(&t, /* applies= */ false);
    }
    for (size_t i = 0; i < t.crews.len; i++)
        add_crew(&t, t.crews.entries[i].value);
    if (topology->shared_state) {
        map_put(&t.conditions, "InState",
                in_home(&t, cfn_account_in(arena, &topology->shared_state->account->id, 1)));
        bootstrap_state(&t.resources, topology->shared_state, "InState");
    }
    map_put_str(&b, "AWSTemplateFormatVersion", "2010-09-09");
    map_put(&b, "Description",
            value_stringf(arena,
                          "What holdfast needs for the topology %s in each of its accounts. "
                          "One stack an account, in %s.",
                          topology->name, t.home));
    map_put(&b, "Parameters", map_end(&t.parameters));
    map_put(&b, "Conditions", map_end(&t.conditions));
    map_put(&b, "Resources", map_end(&t.resources));
    if (t.outputs.len)
        map_put(&b, "Outputs", map_end(&t.outputs));
    return map_end(&b);
}
