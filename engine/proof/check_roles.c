/* Roles and permissions that are wider than the path needs. */
#include "engine/proof/findings.h"
#include "engine/proof/intruder.h"
#include "engine/proof/statements.h"

static bool trusts_events(const struct policy_statement *s)
{
    for (size_t i = 0; i < s->principals_len; i++)
        if (s->principals[i].kind == POLICY_PRINCIPAL_SERVICE &&
            str_eq(s->principals[i].text.text, "events.amazonaws.com"))
            return s->effect == POLICY_ALLOW;
    return false;
}

/* To everybody under no other condition than a name, which anybody gives a role or a user of an
 * account of their own. */
static bool asks_a_name_only(const struct policy_statement *s)
{
    static const char *const names[] = {"aws:PrincipalArn", "aws:PrincipalType", "aws:username"};
    size_t asked = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        asked += statement_asks(s, names[i]);
    return statement_is_for_all(s) && s->conditions_len && asked == s->conditions_len;
}

static bool anybody_has_the_name(struct findings *f, const struct model_object *role,
                                 const struct policy *trust)
{
    const struct account any = {
        .name = "any", .id = NOBODYS_ACCOUNT, .partition = role->resource->account->partition};
    const struct means means = means_of_taking_on(role->arn, trust);
    struct outcome outcome;
    intruder_outcome(&(struct attempt){f->model, &any, &means, false}, &outcome);
    return outcome.action;
}

static void check_trust(struct findings *f, const struct model_object *role)
{
    const struct policy *trust =
        model_policy(f->model, value_get(role->properties, "assume_role_policy_document"));
    for (size_t i = 0; trust && i < trust->statements_len; i++) {
        const struct policy_statement *s = &trust->statements[i];
        if (statement_is_open(s))
            finding_add(f, RULE_ROLE_TRUSTS_ALL, role, s->pos, "the trust is for every principal");
        else if (asks_a_name_only(s) && anybody_has_the_name(f, role, trust))
            finding_add(f, RULE_ROLE_TRUSTS_ALL, role, s->pos,
                        "the trust is for every principal of a name that any account can give");
        if (trusts_events(s) && !statement_asks(s, "aws:SourceArn") &&
            !statement_asks(s, "aws:SourceAccount"))
            finding_add(f, RULE_EVENTS_TRUST_OPEN, role, s->pos,
                        "events.amazonaws.com, without aws:SourceArn");
    }
}

static bool is_any(const struct policy_texts *texts)
{
    for (size_t i = 0; i < texts->len; i++)
        if (str_eq(texts->items[i].text, "*"))
            return true;
    return false;
}

static void check_rights(struct findings *f, const struct model_object *role,
                         const struct policy *policy, const char *name)
{
    for (size_t i = 0; policy && i < policy->statements_len; i++) {
        const struct policy_statement *s = &policy->statements[i];
        if (s->effect != POLICY_ALLOW || s->not_resource || !is_any(&s->resources))
            continue;
        if (is_any(&s->actions) && !s->not_action && !s->conditions_len)
            finding_addf(f, RULE_ROLE_ALL_RIGHTS, role, s->pos, "the policy %s allows everything",
                         name);
        else if (statement_takes(s, POLICY_ALLOW, "iam:PassRole"))
            finding_addf(f, RULE_PASS_ANY, role, s->pos, "the policy %s passes `*`", name);
    }
}

static void check_role(struct findings *f, const struct model_object *role)
{
    const struct value *inlines = value_get(role->properties, "inline_policies");
    check_trust(f, role);
    for (size_t i = 0; value_is(inlines, VALUE_MAP) && i < inlines->map.len; i++)
        check_rights(f, role, model_policy(f->model, inlines->map.entries[i].value),
                     inlines->map.entries[i].key);
}

static void check_permission(struct findings *f, const struct model_object *permission)
{
    const char *who = value_get_str(permission->properties, "principal");
    if (who && str_ends(who, ".amazonaws.com") &&
        !value_get(permission->properties, "source_arn") &&
        !value_get(permission->properties, "source_account"))
        finding_addf(f, RULE_PERMISSION_OPEN, permission, NO_POS, "%s, without source_arn", who);
}

/* ---- roles that the apply may make too late ---- */

/* seen: addresses that have been looked at. */
static bool leads_to(const struct findings *f, const struct resource *resource, const char *address,
                     struct map *seen)
{
    for (size_t i = 0; i < resource->depends_on_len; i++) {
        const char *before = resource->depends_on[i];
        const struct resource *next = map_get(&f->model->topology->by_address, before);
        if (str_eq(before, address))
            return true;
        if (!next || map_get(seen, before))
            continue;
        map_set(seen, before, seen);
        if (leads_to(f, next, address, seen))
            return true;
    }
    return false;
}

static bool comes_after(const struct findings *f, const struct resource *resource,
                        const char *address)
{
    struct arena *scratch = arena_new();
    struct map seen;
    map_init(&seen, scratch);
    bool does = leads_to(f, resource, address, &seen);
    arena_free(scratch);
    return does;
}

static void check_principal(struct findings *f, const struct model_object *object,
                            const struct value *v)
{
    const struct model_object *role = value_str(v) ? model_find(f->model, value_str(v)) : NULL;
    for (size_t i = 0; value_is(v, VALUE_LIST) && i < value_len(v); i++)
        check_principal(f, object, value_item(v, i));
    if (!role || role == object || !str_eq(role->resource->schema->type_name, "aws_iam_role") ||
        role->resource->external || (role->sight && role->sight->state == SIGHT_THERE) ||
        comes_after(f, object->resource, role->resource->address))
        return;
    finding_addf(f, RULE_LITERAL_ROLE, object, v->pos, "%s is %s, which nothing makes before",
                 value_str(v), role->resource->address);
}

/* As the file has it: a reference is none of a text. */
static void check_literals(struct findings *f, const struct model_object *object,
                           const struct value *v)
{
    for (size_t i = 0; i < value_len(v) && !value_is(v, VALUE_STRING); i++) {
        const struct value *part =
            value_is(v, VALUE_MAP) ? v->map.entries[i].value : value_item(v, i);
        if (value_is(v, VALUE_MAP) && str_eq(v->map.entries[i].key, "Principal"))
            check_principal(f, object, value_get(part, "AWS"));
        else
            check_literals(f, object, part);
    }
}

void check_roles(struct findings *f)
{
    for (size_t i = 0; i < f->model->topology->resource_len; i++)
        if (!model_is_open(&f->model->objects[i]))
            check_literals(f, &f->model->objects[i], f->model->objects[i].resource->properties);
    const struct model_list *roles = model_all(f->model, "aws_iam_role");
    const struct model_list *permissions = model_all(f->model, "aws_lambda_permission");
    for (size_t i = 0; i < roles->len; i++)
        check_role(f, roles->items[i]);
    for (size_t i = 0; i < permissions->len; i++)
        check_permission(f, permissions->items[i]);
}
