#include "engine/policy/policy.h"

#include <string.h>

#include "engine/base/json.h"
#include "engine/policy/operators.h"
#include "engine/policy/text.h"

struct parser {
    struct arena *arena;
    struct diags *diags;
    const char *address;
    struct source_pos fallback; /* of the whole document, for values without a place */
    bool variables;             /* the version gives ${...} a meaning */
    bool failed;
};

static struct source_pos place(const struct parser *p, struct source_pos pos)
{
    return pos.line ? pos : p->fallback;
}

static void fail(struct parser *p, struct source_pos pos, const char *message)
{
    p->failed = true;
    (void)diag_error(p->diags, E_RULE_POLICY, place(p, pos), p->address, "%s", message);
}

static bool is_unknown(const struct value *v)
{
    return value_is(v, VALUE_REF) || value_is(v, VALUE_CONCAT);
}

static struct policy_text unknown_text(struct parser *p, const struct value *v)
{
    const char *text = v->kind == VALUE_REF
                           ? arena_printf(p->arena, "${%s.%s}", v->ref.address, v->ref.attribute)
                           : "(known after apply)";
    return (struct policy_text){.text = text, .unknown = true, .pos = place(p, v->pos)};
}

/* A variable: ${key}, ${key, 'default'} or one of ${*}, ${?}, ${$}. */
static bool variable_is_valid(struct slice body)
{
    if (body.len == 1 && strchr("*?$", body.ptr[0]))
        return true;
    struct slice rest = body;
    struct slice key = slice_trim(slice_cut(&rest, ','));
    if (!key.len || !memchr(key.ptr, ':', key.len) || memchr(key.ptr, '$', key.len))
        return false;
    if (!rest.ptr)
        return true;
    rest = slice_trim(rest);
    return rest.len >= 2 && rest.ptr[0] == '\'' && rest.ptr[rest.len - 1] == '\'' &&
           !memchr(rest.ptr + 1, '\'', rest.len - 2);
}

/* False when a variable is malformed. */
static bool find_variables(const char *text, bool *ret_any)
{
    *ret_any = false;
    for (const char *open = strstr(text, "${"); open; open = strstr(open + 2, "${")) {
        const char *close = strchr(open, '}');
        if (!close || !variable_is_valid((struct slice){open + 2, (size_t)(close - open - 2)}))
            return false;
        *ret_any = true;
    }
    return true;
}

/* Reads one text; NULL when it is none (reported). scalars: numbers and booleans will do too. */
static bool read_text(struct parser *p, const struct value *v, const char *what, bool scalars,
                      struct policy_text *ret)
{
    *ret = (struct policy_text){.pos = place(p, v->pos)};
    if (is_unknown(v)) {
        *ret = unknown_text(p, v);
        return true;
    }
    if (v->kind == VALUE_STRING) {
        ret->text = v->string.ptr;
        if (strlen(v->string.ptr) == v->string.len)
            return true;
        fail(p, v->pos, arena_printf(p->arena, "%s holds a NUL character", what));
        return false;
    }
    if (scalars && v->kind == VALUE_BOOL)
        ret->text = v->boolean ? "true" : "false";
    else if (scalars && v->kind == VALUE_INT)
        ret->text = arena_printf(p->arena, "%lld", (long long)v->integer);
    else if (scalars && v->kind == VALUE_DOUBLE)
        ret->text = text_number(p->arena, v->number);
    if (ret->text)
        return true;
    fail(p, v->pos,
         arena_printf(p->arena, "%s is not a string but: %s", what, value_kind_name(v->kind)));
    return false;
}

/* One item or a list of them. */
static const struct value *const *items_of(const struct value *const *v, size_t *ret_len)
{
    if ((*v)->kind != VALUE_LIST) {
        *ret_len = 1;
        return v;
    }
    *ret_len = (*v)->list.len;
    return (*v)->list.items;
}

/* An empty list is refused: NotAction and NotResource of nothing would cover everything. */
static struct policy_texts read_texts(struct parser *p, const struct value *v, const char *what,
                                      bool scalars)
{
    size_t len = 0, kept = 0;
    const struct value *const *items = items_of(&v, &len);
    if (len == 0)
        fail(p, v->pos, arena_printf(p->arena, "%s is an empty list", what));
    struct policy_text *texts = arena_array(p->arena, len, sizeof(*texts));
    for (size_t i = 0; i < len; i++)
        if (read_text(p, items[i], what, scalars, &texts[kept]))
            kept++;
    return (struct policy_texts){texts, kept};
}

static bool is_service_prefix(struct slice s)
{
    if (slice_is(s, "*"))
        return true;
    for (size_t i = 0; i < s.len; i++) {
        char c = text_lower(s.ptr[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return s.len > 0;
}

static bool action_is_valid(const char *text)
{
    if (str_eq(text, "*"))
        return true;
    struct slice rest = slice_of(text);
    struct slice service = slice_cut(&rest, ':');
    if (!is_service_prefix(service) || !rest.len)
        return false;
    for (size_t i = 0; i < rest.len; i++) {
        char c = text_lower(rest.ptr[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr("*?-_.", c))
            return false;
    }
    return true;
}

static void read_actions(struct parser *p, const struct value_entry *entry,
                         struct policy_statement *s)
{
    s->not_action = str_eq(entry->key, "NotAction");
    s->actions = read_texts(p, entry->value, entry->key, false);
    for (size_t i = 0; i < s->actions.len; i++) {
        const struct policy_text *t = &s->actions.items[i];
        if (!t->unknown && !action_is_valid(t->text))
            fail(p, t->pos,
                 arena_printf(p->arena, "\"%s\" is not an action: write service:Action or *",
                              t->text));
    }
}

/* The texts in which ${...} may stand: marks them, and reports malformed ones. */
static void mark_variables(struct parser *p, struct policy_texts texts)
{
    struct policy_text *items = (struct policy_text *)(uintptr_t)texts.items; /* ours, new */
    for (size_t i = 0; p->variables && i < texts.len; i++) {
        if (!items[i].unknown && !find_variables(items[i].text, &items[i].has_variable))
            fail(p, items[i].pos,
                 arena_printf(p->arena, "\"%s\" holds a policy variable that cannot be read",
                              items[i].text));
    }
}

static bool resource_is_valid(const char *text)
{
    struct slice s = slice_of(text), parts[ARN_PARTS];
    if (str_eq(text, "*"))
        return true;
    return str_starts(text, "arn:") &&
           (text_arn_parts(s, parts) == ARN_PARTS || s.ptr[s.len - 1] == '*');
}

static void read_resources(struct parser *p, const struct value_entry *entry,
                           struct policy_statement *s)
{
    s->has_resource = true;
    s->not_resource = str_eq(entry->key, "NotResource");
    s->resources = read_texts(p, entry->value, entry->key, false);
    mark_variables(p, s->resources);
    for (size_t i = 0; i < s->resources.len; i++) {
        const struct policy_text *t = &s->resources.items[i];
        if (!t->unknown && !resource_is_valid(t->text))
            fail(p, t->pos, arena_printf(p->arena, "\"%s\" is neither an ARN nor *", t->text));
    }
}

static bool is_unique_id(const char *text)
{
    static const char *const prefixes[] = {"AROA", "AIDA", "AGPA", "AIPA", "ANPA", "APKA", NULL};
    if (strlen(text) < 16)
        return false;
    for (const char *c = text; *c; c++)
        if (!(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9'))
            return false;
    for (size_t i = 0; prefixes[i]; i++)
        if (str_starts(text, prefixes[i]))
            return true;
    return false;
}

/* What stands under Principal.AWS: fills kind and text; NULL, or why it cannot be a principal. */
static const char *aws_principal(struct parser *p, struct policy_principal *ret)
{
    struct slice text = slice_of(ret->text.text), id, parts[ARN_PARTS];
    ret->kind = POLICY_PRINCIPAL_AWS;
    if (ret->text.unknown)
        return NULL;
    if (slice_is(text, "*")) {
        ret->kind = POLICY_PRINCIPAL_ANY;
        return NULL;
    }
    if (memchr(text.ptr, '*', text.len) || memchr(text.ptr, '?', text.len))
        return "AWS allows no wildcard inside a principal; use * with a condition on "
               "aws:PrincipalArn";
    if (text_account_of_root(text, &id)) {
        ret->kind = POLICY_PRINCIPAL_ACCOUNT;
        ret->text.text = arena_strndup(p->arena, id.ptr, id.len);
        return NULL;
    }
    if (is_unique_id(ret->text.text))
        return NULL;
    if (text_arn_parts(text, parts) == ARN_PARTS && slice_is(parts[0], "arn") && parts[1].len &&
        (slice_is(parts[2], "iam") || slice_is(parts[2], "sts")) && !parts[3].len &&
        (text_is_account_id(parts[4]) || slice_is(parts[4], "cloudfront")) && parts[5].len)
        return NULL;
    return "it is no account id of 12 digits and no ARN of IAM or STS";
}

static const char *service_principal(struct policy_principal *ret)
{
    ret->kind = POLICY_PRINCIPAL_SERVICE;
    if (ret->text.unknown)
        return NULL;
    for (const char *c = ret->text.text; *c; c++) {
        char l = text_lower(*c);
        if (!(l >= 'a' && l <= 'z') && !(l >= '0' && l <= '9') && l != '.' && l != '-')
            return "a service is named as backup.amazonaws.com";
    }
    return strchr(ret->text.text, '.') ? NULL : "a service is named as backup.amazonaws.com";
}

static const char *other_principal(enum policy_principal_kind kind, struct policy_principal *ret)
{
    ret->kind = kind;
    if (ret->text.unknown)
        return NULL;
    return *ret->text.text && !strpbrk(ret->text.text, "*?") ? NULL : "AWS allows no wildcard here";
}

static const char *classify(struct parser *p, const char *type, struct policy_principal *ret)
{
    if (str_eq(type, "AWS"))
        return aws_principal(p, ret);
    if (str_eq(type, "Service"))
        return service_principal(ret);
    if (str_eq(type, "Federated"))
        return other_principal(POLICY_PRINCIPAL_FEDERATED, ret);
    return other_principal(POLICY_PRINCIPAL_CANONICAL, ret);
}

struct principal_list {
    struct policy_principal *items;
    size_t len, cap;
};

static void add_principal(struct parser *p, struct principal_list *list,
                          struct policy_principal principal)
{
    list->items = arena_grow(p->arena, list->items, list->len, &list->cap, list->len + 1,
                             sizeof(*list->items));
    list->items[list->len++] = principal;
}

static void read_principal_type(struct parser *p, const struct value_entry *entry,
                                struct principal_list *list)
{
    static const char *const types[] = {"AWS", "Service", "Federated", "CanonicalUser", NULL};
    if (!str_is_one_of(entry->key, types)) {
        fail(
            p, entry->key_pos.line ? entry->key_pos : entry->value->pos,
            arena_printf(p->arena,
                         "\"%s\" is no kind of principal: AWS, Service, Federated or CanonicalUser",
                         entry->key));
        return;
    }
    struct policy_texts texts =
        read_texts(p, entry->value, arena_printf(p->arena, "Principal.%s", entry->key), false);
    for (size_t i = 0; i < texts.len; i++) {
        struct policy_principal principal = {.text = texts.items[i]};
        const char *why = classify(p, entry->key, &principal);
        if (why)
            fail(p, principal.text.pos,
                 arena_printf(p->arena, "\"%s\" is no principal of the kind %s: %s",
                              principal.text.text, entry->key, why));
        else
            add_principal(p, list, principal);
    }
}

static void read_principals(struct parser *p, const struct value_entry *entry,
                            struct policy_statement *s)
{
    const struct value *v = entry->value;
    struct principal_list list = {0};
    s->has_principal = true;
    s->not_principal = str_eq(entry->key, "NotPrincipal");
    if (v->kind == VALUE_STRING && str_eq(v->string.ptr, "*"))
        add_principal(p, &list,
                      (struct policy_principal){.kind = POLICY_PRINCIPAL_ANY,
                                                .text = {.text = "*", .pos = place(p, v->pos)}});
    else if (v->kind == VALUE_MAP && v->map.len)
        for (size_t i = 0; i < v->map.len; i++)
            read_principal_type(p, &v->map.entries[i], &list);
    else if (v->kind == VALUE_MAP)
        fail(p, v->pos, arena_printf(p->arena, "%s names nobody", entry->key));
    else
        fail(p, v->pos,
             arena_printf(p->arena,
                          "%s is neither \"*\" nor a map of AWS, Service, Federated, "
                          "CanonicalUser",
                          entry->key));
    s->principals = list.items;
    s->principals_len = list.len;
}

static void read_condition(struct parser *p, const struct value_entry *entry,
                           struct policy_condition *c)
{
    const char *colon = strchr(entry->key, ':');
    c->key = entry->key;
    c->pos = place(p, entry->value->pos);
    if (!colon || colon == entry->key || !colon[1])
        fail(p, entry->key_pos.line ? entry->key_pos : entry->value->pos,
             arena_printf(p->arena, "\"%s\" is not a condition key such as aws:SourceArn",
                          entry->key));
    c->values = read_texts(p, entry->value, entry->key, true);
    if (operator_takes_variables(c->op))
        mark_variables(p, c->values);
    for (size_t i = 0; i < c->values.len; i++) {
        const struct policy_text *t = &c->values.items[i];
        const char *wants = t->unknown ? NULL : operator_wants(c->op, slice_of(t->text));
        if (wants)
            fail(p, t->pos,
                 arena_printf(p->arena, "%s compares with %s; \"%s\" is not", c->name, wants,
                              t->text));
    }
}

static void read_operator(struct parser *p, const struct value_entry *entry,
                          struct policy_statement *s, size_t *cap)
{
    struct policy_condition c = {0};
    const struct value *keys = entry->value;
    if (!operator_read(p->arena, slice_of(entry->key), &c)) {
        fail(p, entry->key_pos.line ? entry->key_pos : keys->pos,
             arena_printf(p->arena, "\"%s\" is not a condition operator", entry->key));
        return;
    }
    if (keys->kind != VALUE_MAP) {
        fail(p, keys->pos, arena_printf(p->arena, "%s is not a map of condition keys", entry->key));
        return;
    }
    struct policy_condition *list =
        arena_grow(p->arena, (void *)(uintptr_t)s->conditions, s->conditions_len, cap,
                   s->conditions_len + keys->map.len, sizeof(*list));
    for (size_t i = 0; i < keys->map.len; i++) {
        list[s->conditions_len] = c;
        read_condition(p, &keys->map.entries[i], &list[s->conditions_len++]);
    }
    s->conditions = list;
}

static void read_conditions(struct parser *p, const struct value *v, struct policy_statement *s)
{
    size_t cap = 0;
    if (v->kind != VALUE_MAP) {
        fail(p, v->pos, "Condition is not a map of operators");
        return;
    }
    for (size_t i = 0; i < v->map.len; i++)
        read_operator(p, &v->map.entries[i], s, &cap);
}

static void read_effect(struct parser *p, const struct value *v, struct policy_statement *s)
{
    const char *text = value_str(v);
    if (str_eq(text, "Deny"))
        s->effect = POLICY_DENY;
    else if (str_eq(text, "Allow"))
        s->effect = POLICY_ALLOW;
    else
        fail(p, v->pos, "Effect is neither Allow nor Deny");
}

static void read_sid(struct parser *p, const struct value *v, struct policy_statement *s)
{
    if (v->kind == VALUE_STRING)
        s->sid = v->string.ptr;
    else
        fail(p, v->pos, "Sid is not a string");
}

struct seen {
    unsigned effects, actions, principals, resources;
};

static void read_element(struct parser *p, const struct value_entry *entry,
                         struct policy_statement *s, struct seen *seen)
{
    const char *key = entry->key;
    if (str_eq(key, "Sid")) {
        read_sid(p, entry->value, s);
    } else if (str_eq(key, "Effect")) {
        read_effect(p, entry->value, s);
        seen->effects++;
    } else if (str_eq(key, "Action") || str_eq(key, "NotAction")) {
        read_actions(p, entry, s);
        seen->actions++;
    } else if (str_eq(key, "Resource") || str_eq(key, "NotResource")) {
        read_resources(p, entry, s);
        seen->resources++;
    } else if (str_eq(key, "Principal") || str_eq(key, "NotPrincipal")) {
        read_principals(p, entry, s);
        seen->principals++;
    } else if (str_eq(key, "Condition")) {
        read_conditions(p, entry->value, s);
    } else {
        fail(p, entry->key_pos.line ? entry->key_pos : entry->value->pos,
             arena_printf(p->arena, "\"%s\" is not an element of a statement", key));
    }
}

static void read_statement(struct parser *p, const struct value *v, struct policy_statement *s)
{
    struct seen seen = {0};
    s->pos = place(p, v->pos);
    if (v->kind != VALUE_MAP) {
        fail(p, v->pos, "a statement is not a map");
        return;
    }
    for (size_t i = 0; i < v->map.len; i++)
        read_element(p, &v->map.entries[i], s, &seen);
    if (!seen.effects)
        fail(p, v->pos, "a statement has no Effect");
    if (seen.actions != 1)
        fail(p, v->pos, "a statement needs either Action or NotAction");
    if (seen.principals > 1)
        fail(p, v->pos, "a statement cannot have both Principal and NotPrincipal");
    if (seen.resources > 1)
        fail(p, v->pos, "a statement cannot have both Resource and NotResource");
}

static void check_sids(struct parser *p, const struct policy *policy)
{
    for (size_t i = 0; i < policy->statements_len; i++) {
        const struct policy_statement *s = &policy->statements[i];
        for (size_t k = 0; s->sid && *s->sid && k < i; k++)
            if (str_eq(policy->statements[k].sid, s->sid)) {
                fail(p, s->pos,
                     arena_printf(p->arena, "two statements have the Sid \"%s\"", s->sid));
                break;
            }
    }
}

static void read_version(struct parser *p, const struct value *doc, struct policy *policy)
{
    const struct value *version = value_get(doc, "Version");
    policy->version = "2008-10-17";
    if (!version)
        return;
    if (str_eq(value_str(version), "2012-10-17"))
        policy->version = "2012-10-17";
    else if (!str_eq(value_str(version), "2008-10-17"))
        fail(p, version->pos, "Version is neither 2012-10-17 nor 2008-10-17");
    p->variables = str_eq(policy->version, "2012-10-17");
}

static void read_document(struct parser *p, const struct value *doc, struct policy *policy)
{
    static const char *const elements[] = {"Version", "Id", "Statement", NULL};
    for (size_t i = 0; i < doc->map.len; i++) {
        const struct value_entry *entry = &doc->map.entries[i];
        if (!str_is_one_of(entry->key, elements))
            fail(p, entry->key_pos.line ? entry->key_pos : entry->value->pos,
                 arena_printf(p->arena, "\"%s\" is not an element of a policy", entry->key));
    }
    read_version(p, doc, policy);
    const struct value *id = value_get(doc, "Id");
    policy->id = value_str(id);
    if (id && !policy->id)
        fail(p, id->pos, "Id is not a string");
    const struct value *statement = value_get(doc, "Statement");
    size_t len = 0;
    const struct value *const *items = statement ? items_of(&statement, &len) : NULL;
    if (len == 0)
        fail(p, statement ? statement->pos : doc->pos, "the policy has no statement");
    struct policy_statement *statements = arena_array(p->arena, len, sizeof(*statements));
    for (size_t i = 0; i < len; i++)
        read_statement(p, items[i], &statements[i]);
    policy->statements = statements;
    policy->statements_len = len;
    check_sids(p, policy);
}

const struct value *policy_from_text(struct arena *arena, struct slice json_text,
                                     const char **ret_why)
{
    const struct value *doc = NULL;
    const char *why = NULL;
    if (!json_parse_unique(arena, json_text, &doc, &why)) {
        *ret_why = why;
        return NULL;
    }
    if (doc->kind != VALUE_MAP) {
        *ret_why = "not a JSON object";
        return NULL;
    }
    return doc;
}

bool policy_parse(struct arena *arena, const struct value *doc, struct policy *ret,
                  struct diags *diags, const char *address)
{
    struct parser p = {.arena = arena, .diags = diags, .address = address};
    struct policy policy = {0};
    p.fallback = doc ? doc->pos : NO_POS;
    policy.pos = p.fallback;
    if (value_is(doc, VALUE_STRING)) {
        const char *why = NULL;
        doc = policy_from_text(arena, doc->string, &why);
        if (!doc) {
            fail(&p, NO_POS, arena_printf(arena, "the policy is no JSON document: %s", why));
            return false;
        }
    }
    if (!value_is(doc, VALUE_MAP)) {
        fail(&p, NO_POS, "a policy is a map with Version and Statement");
        return false;
    }
    read_document(&p, doc, &policy);
    if (p.failed)
        return false;
    *ret = policy;
    return true;
}

static bool is_for_anybody(const struct policy_statement *s)
{
    return s->principals_len == 1 && s->principals[0].kind == POLICY_PRINCIPAL_ANY &&
           !s->not_principal;
}

/* An action whose service is written out: `service` itself, or any if that is NULL. */
static bool names_service(const struct policy_text *action, const char *service)
{
    struct slice rest = slice_of(action->text);
    struct slice prefix = slice_cut(&rest, ':');
    if (action->unknown)
        return true;
    return service ? text_equal_fold(prefix, slice_of(service)) : !slice_is(prefix, "*");
}

static bool all_name_service(const struct policy_statement *s, const char *service)
{
    for (size_t i = 0; i < s->actions.len; i++)
        if (!names_service(&s->actions.items[i], service))
            return false;
    return true;
}

static const char *misfit_of_identity(const struct policy_statement *s)
{
    if (s->has_principal)
        return "a policy of this kind names no Principal: it belongs to one";
    return s->has_resource ? NULL : "the statement has no Resource";
}

static const char *misfit_of_resource(const struct policy_statement *s)
{
    if (!s->has_principal)
        return "a resource policy names its Principal";
    if (s->not_principal && s->effect == POLICY_ALLOW)
        return "NotPrincipal stands in a Deny only: an Allow would reach everybody else";
    return s->has_resource ? NULL : "the statement has no Resource";
}

static const char *misfit_of_trust(const struct policy_statement *s)
{
    if (!s->has_principal)
        return "a trust policy names its Principal";
    if (s->not_principal)
        return "a trust policy cannot have NotPrincipal";
    if (s->not_action || !all_name_service(s, "sts"))
        return "a trust policy has actions of sts only, such as sts:AssumeRole";
    return s->has_resource ? "a trust policy has no Resource: it belongs to its role" : NULL;
}

static const char *misfit_of_rcp(const struct policy_statement *s)
{
    if (s->effect != POLICY_DENY)
        return "a resource control policy only denies";
    if (!is_for_anybody(s))
        return "a resource control policy has the Principal \"*\"";
    if (s->not_action || !all_name_service(s, NULL))
        return "a resource control policy has the Action of a service, such as s3:*, and no "
               "NotAction";
    return s->has_resource ? NULL : "the statement has no Resource";
}

/* IAM's own policies: letters and digits. */
static bool sid_is_plain(const char *sid)
{
    for (const char *c = sid; c && *c; c++) {
        char l = text_lower(*c);
        if (!(l >= 'a' && l <= 'z') && !(l >= '0' && l <= '9'))
            return false;
    }
    return true;
}

typedef const char *misfit_fn(const struct policy_statement *s);

/* What a place asks of each statement, and of the document. */
static const struct place {
    misfit_fn *misfit;
    bool plain_sids;
    bool newest_version; /* 2012-10-17 has to be written */
} places[] = {
    [POLICY_IDENTITY] = {.misfit = misfit_of_identity, .plain_sids = true},
    [POLICY_RESOURCE] = {.misfit = misfit_of_resource},
    [POLICY_TRUST] = {.misfit = misfit_of_trust, .plain_sids = true},
    [POLICY_SCP] = {.misfit = misfit_of_identity, .newest_version = true},
    [POLICY_RCP] = {.misfit = misfit_of_rcp, .newest_version = true},
};

bool policy_is_rcp_full_access(const struct policy *policy)
{
    const struct policy_statement *s = policy->statements;
    return policy->statements_len == 1 && s->effect == POLICY_ALLOW && is_for_anybody(s) &&
           !s->conditions_len && !s->not_action && s->actions.len == 1 &&
           str_eq(s->actions.items[0].text, "*") && !s->not_resource && s->resources.len == 1 &&
           str_eq(s->resources.items[0].text, "*");
}

bool policy_check_kind(const struct policy *policy, enum policy_kind kind, struct diags *diags,
                       const char *address)
{
    const struct place *where = &places[kind];
    bool ok = true;
    if (where->newest_version && !str_eq(policy->version, "2012-10-17")) {
        ok = false;
        (void)diag_error(diags, E_RULE_POLICY, policy->pos, address,
                         "a policy of an organization has the Version 2012-10-17");
    }
    for (size_t i = 0; i < policy->statements_len; i++) {
        const struct policy_statement *s = &policy->statements[i];
        const char *why = where->misfit(s);
        if (!why && where->plain_sids && !sid_is_plain(s->sid))
            why = "a Sid of IAM has letters and digits only";
        if (!why)
            continue;
        ok = false;
        (void)diag_error(diags, E_RULE_POLICY, s->pos, address, "%s", why);
    }
    return ok;
}
