#include "engine/proof/intruder.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/strbuf.h"
#include "engine/policy/text.h"
#include "engine/proof/statements.h"

#define PRINCIPAL_ARN "aws:PrincipalArn"
#define USER_NAME "aws:username"
#define SESSION "assumed-role"
#define FEDERATED "federated-user"

/* ---- one principal ---- */

struct tried {
    const struct account *account;
    struct map left_out; /* texts of those whom the denials do not reach */
    const char *why;     /* of the first denial */
    const char *chosen;  /* of what is allowed: the condition key that they choose; NULL: none */
    const char *as;      /* of what is allowed: " to a user", where others are denied it */
};

static bool asks_for(const struct policy_condition *c, const char *key)
{
    return text_equal_fold(slice_of(c->key), slice_of(key));
}

/* Who has the name of a user is that user. */
static void add_asked(struct tried *tried, const struct policy_condition *c)
{
    struct map *map = &tried->left_out;
    const struct account *a = tried->account;
    bool arns = asks_for(c, PRINCIPAL_ARN);
    for (size_t i = 0; (arns || asks_for(c, USER_NAME)) && i < c->values.len; i++) {
        const char *text = c->values.items[i].text;
        if (!c->values.items[i].unknown)
            map_set(map,
                    arns ? text
                         : arena_printf(map->arena, "arn:%s:iam::%s:user/%s", a->partition, a->id,
                                        text),
                    map);
    }
}

static void add_principals(struct map *map, const struct policy_statement *s)
{
    for (size_t i = 0; i < s->principals_len; i++)
        if (s->principals[i].kind == POLICY_PRINCIPAL_AWS && !s->principals[i].text.unknown)
            map_set(map, s->principals[i].text.text, map);
}

/* A Deny names those whom it does not reach by what is negated, an Allow the others. */
static void add_named(struct tried *tried, const struct policy_statement *s)
{
    bool denies = s->effect == POLICY_DENY;
    for (size_t i = 0; i < s->conditions_len; i++)
        if (s->conditions[i].negated == denies)
            add_asked(tried, &s->conditions[i]);
    if (s->not_principal == denies)
        add_principals(&tried->left_out, s);
}

static void add_denial(struct tried *tried, const struct ask_answer *answer)
{
    if (!tried->why)
        tried->why = answer->why;
    for (size_t i = 0; i < answer->policy.matches_len; i++)
        add_named(tried, answer->policy.matches[i].statement);
}

static const struct value *context_at(const struct means *means, size_t i)
{
    return means->contexts ? means->contexts[i] : NULL;
}

static const char *resource_at(const struct means *means, size_t i)
{
    if (i == 0)
        return means->resource;
    return means->more_resources ? means->more_resources[i - 1] : NULL;
}

/* One call on one resource, in each of the ways that it may look. tried NULL: nobody asks why. */
static bool is_allowed(struct model *model, const struct means *means, const struct ask *call,
                       struct tried *tried)
{
    for (size_t i = 0; i == 0 || context_at(means, i); i++) {
        struct ask_answer answer;
        struct ask question = *call;
        question.context = context_at(means, i);
        ask(model, &question, &answer);
        if (tried && answer.verdict == ASK_NO)
            add_denial(tried, &answer);
        else if (tried)
            tried->chosen = answer.policy.open_key;
        if (answer.verdict != ASK_NO)
            return true;
    }
    return false;
}

/* The first of the calls that is allowed, or that nobody can say is not; NULL: none. */
static const char *first_allowed(struct model *model, const struct means *means,
                                 const struct ask *asker, struct tried *tried)
{
    for (size_t i = 0; means->actions[i]; i++)
        for (size_t k = 0; resource_at(means, k); k++) {
            struct ask call = *asker;
            call.action = means->actions[i];
            call.resource = resource_at(means, k);
            call.resource_policy = means->policy;
            call.resource_policy_decides = means->policy_decides;
            call.as_intruder = true;
            if (is_allowed(model, means, &call, tried))
                return means->actions[i];
        }
    return NULL;
}

static const char *could(const struct attempt *attempt, const char *principal, struct tried *tried)
{
    const struct ask asker = {
        .role = principal, .without_controls = attempt->without_controls, .as_if_all_rights = true};
    return first_allowed(attempt->model, attempt->means, &asker, tried);
}

/* As a role or a user that they make, as root, or as whom a user federates: every type that a
 * principal of the account may have. */
static const char *could_anybody(const struct attempt *attempt, struct tried *tried)
{
    static const struct {
        const char *service, *name, *as;
        bool is_root, is_made;
    } types[] = {
        {"iam", "role/whoever-took-the-account", "", false, true},
        {"iam", "user/whoever-took-the-account", " to a user", false, true},
        {"iam", "root", " to the root user", true, false},
        {"sts", FEDERATED "/whoever-took-the-account", " to a federated user", false, false}};
    const struct account *a = attempt->account;
    const char *action = NULL;
    for (size_t i = 0; i < ARRAY_LEN(types) && !action; i++) {
        if ((attempt->means->by_root_only && !types[i].is_root) ||
            (attempt->means->never_by_root && !types[i].is_made))
            continue;
        action = could(attempt,
                       arena_printf(attempt->model->arena, "arn:%s:%s::%s:%s", a->partition,
                                    types[i].service, a->id, types[i].name),
                       tried);
        if (tried)
            tried->as = types[i].as;
    }
    return action;
}

const char *means_allowed(struct model *model, const char *principal, const struct means *means,
                          bool all_rights)
{
    const struct ask asker = {.role = principal, .as_if_all_rights = all_rights};
    return first_allowed(model, means, &asker, NULL);
}

/* ---- those whom a policy leaves out ---- */

/* Variables become '*': what they stand for is the intruder's. */
static const char *without_variables(struct arena *arena, const char *text)
{
    char *plain = arena_strndup(arena, text, strlen(text)), *out = plain;
    for (const char *c = text; *c; c++) {
        const char *close = c[0] == '$' && c[1] == '{' ? strchr(c, '}') : NULL;
        *out++ = close ? '*' : *c;
        c = close ? close : c;
    }
    *out = '\0';
    return plain;
}

static bool is_wild(struct slice s)
{
    return memchr(s.ptr, '*', s.len) || memchr(s.ptr, '?', s.len);
}

/* A name that the wildcards take. */
static const char *filled(struct arena *arena, struct slice resource)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, resource.len * 3 + 16);
    for (size_t i = 0; i < resource.len; i++) {
        char c = resource.ptr[i];
        if (c == '*')
            strbuf_add(&sb, i == 0 ? "role/any" : "any");
        else
            strbuf_addf(&sb, "%c", c == '?' ? 'x' : c);
    }
    return strbuf_str(&sb);
}

/* A pattern whose wildcards take colons has a name behind the last one that is left. */
static bool parse_exempt(const char *plain, const struct account *account, struct arn *ret)
{
    const char *last = strrchr(plain, ':');
    if (arn_parse(slice_of(plain), ret))
        return is_wild(ret->account) || slice_is(ret->account, account->id);
    *ret = (struct arn){.service = slice_of("iam"), .resource = slice_of(last ? last + 1 : plain)};
    return is_wild(slice_of(plain));
}

/* False: nobody of the account. A session goes with its role. */
static bool exempt_of(struct arena *arena, const char *text, const struct account *account,
                      struct exempt *ret)
{
    const char *plain = without_variables(arena, text);
    struct arn arn;
    if (!parse_exempt(plain, account, &arn))
        return false;
    struct slice name = arn.resource;
    bool sts = slice_is(arn.service, "sts");
    bool session = sts && slice_starts(name, SESSION "/");
    if (session) {
        name = slice_from(name, strlen(SESSION "/"));
        name = slice_cut(&name, '/');
    }
    ret->text = text;
    ret->many = is_wild(name);
    ret->arn = arena_printf(arena, "arn:%s:%s::%s:%s", account->partition, sts ? "sts" : "iam",
                            account->id, filled(arena, arn.resource));
    ret->place =
        session ? arn_role(arena, account->partition, account->id, filled(arena, name)) : ret->arn;
    return true;
}

bool place_is_reserved(const char *arn)
{
    return strstr(arn, ":role/aws-reserved/") || strstr(arn, ":role/aws-service-role/");
}

struct means means_of_place(const char *arn)
{
    static const char *const role[] = {"iam:UpdateAssumeRolePolicy", "iam:CreateRole", NULL};
    static const char *const user[] = {"iam:CreateAccessKey", "iam:UpdateLoginProfile",
                                       "iam:CreateLoginProfile", "iam:CreateUser", NULL};
    static const char *const federated[] = {"sts:GetFederationToken", NULL};
    return (struct means){.actions = strstr(arn, ":user/")            ? user
                                     : strstr(arn, ":" FEDERATED "/") ? federated
                                                                      : role,
                          .resource = arn};
}

struct means means_of_taking_on(const char *role, const struct policy *trust)
{
    static const char *const actions[] = {"sts:AssumeRole", NULL};
    return (struct means){.actions = actions,
                          .resource = role,
                          .policy = trust,
                          .policy_decides = true,
                          .never_by_root = true};
}

const char *exempt_name(const struct exempt *exempt)
{
    return exempt->many ? exempt->text : exempt->arn;
}

static bool is_made(const struct exempt *exempt)
{
    return strstr(exempt->place, ":role/") || strstr(exempt->place, ":user/");
}

/* May anybody make one that the text takes? */
static bool can_be_made(const struct attempt *attempt, const struct exempt *exempt)
{
    const struct means means = means_of_place(exempt->place);
    struct attempt making = *attempt;
    making.means = &means;
    return exempt->many && !place_is_reserved(exempt->place) && could_anybody(&making, NULL);
}

static const char *name_in(const char *text)
{
    const char *slash = strrchr(text, '/'), *colon = strrchr(text, ':');
    return slash ? slash + 1 : colon ? colon + 1 : text;
}

/* A name that has to meet two patterns: it begins as the one does and ends as the other. */
static void add_of_both(struct map *texts)
{
    size_t len = texts->len;
    for (size_t i = 0; i < len; i++) {
        const char *first = texts->entries[i].key;
        for (size_t k = 0; str_ends(first, "*") && k < len; k++) {
            const char *end = name_in(texts->entries[k].key);
            if (i != k && strchr(end, '*') && !str_eq(end, "*"))
                map_set(texts,
                        arena_printf(texts->arena, "%.*s%s", (int)strlen(first) - 1, first, end),
                        texts);
        }
    }
}

static void try_exempt(const struct attempt *attempt, struct tried *tried, struct outcome *ret)
{
    struct arena *arena = attempt->model->arena;
    add_of_both(&tried->left_out);
    struct exempt *list = arena_array(arena, tried->left_out.len + 1, sizeof(*list));
    const char *first = NULL;
    size_t len = 0;
    for (size_t i = 0; i < tried->left_out.len; i++) {
        struct exempt *exempt = &list[len];
        if (attempt->means->by_root_only ||
            !exempt_of(arena, tried->left_out.entries[i].key, attempt->account, exempt) ||
            (attempt->means->never_by_root && !is_made(exempt)))
            continue;
        const char *action = could(attempt, exempt->arn, NULL);
        first = first ? first : action;
        if (action && can_be_made(attempt, exempt)) {
            *ret = (struct outcome){
                .openness = PROOF_OPEN,
                .why = arena_printf(arena, "%s is left to %s, and nothing denies making one such",
                                    action, exempt->text),
                .action = action,
                .as = exempt->text};
            return;
        }
        len += action != NULL;
    }
    *ret = (struct outcome){len ? PROOF_BREAK_GLASS : PROOF_CLOSED,
                            tried->why,
                            list,
                            len,
                            first,
                            len ? list[0].text : NULL};
}

void intruder_outcome(const struct attempt *attempt, struct outcome *ret)
{
    struct arena *arena = attempt->model->arena;
    struct tried tried = {.account = attempt->account};
    map_init(&tried.left_out, arena);
    const char *action = could_anybody(attempt, &tried);
    if (action) {
        const char *why = tried.chosen
                              ? arena_printf(arena, "what denies %s hangs on %s, which they choose",
                                             action, tried.chosen)
                              : arena_printf(arena, "nothing denies %s%s", action, tried.as);
        *ret = (struct outcome){.openness = PROOF_OPEN, .why = why, .action = action};
        return;
    }
    const struct policy *policy = attempt->means->policy;
    for (size_t i = 0; policy && i < policy->statements_len; i++)
        if (policy->statements[i].effect == POLICY_ALLOW)
            add_named(&tried, &policy->statements[i]);
    try_exempt(attempt, &tried, ret);
}

const struct outcome *outcome_harder(const struct outcome *a, const struct outcome *b)
{
    return b->openness > a->openness ? b : a;
}
