#include "engine/policy/condition.h"

#include <string.h>

#include "engine/base/crypto.h"

static enum tri numbers(enum policy_operator op, double have, double want)
{
    if (op == POLICY_NUMERIC_LESS || op == POLICY_DATE_LESS)
        return tri_of(have < want);
    if (op == POLICY_NUMERIC_LESS_EQUALS || op == POLICY_DATE_LESS_EQUALS)
        return tri_of(have <= want);
    if (op == POLICY_NUMERIC_GREATER || op == POLICY_DATE_GREATER)
        return tri_of(have > want);
    if (op == POLICY_NUMERIC_GREATER_EQUALS || op == POLICY_DATE_GREATER_EQUALS)
        return tri_of(have >= want);
    return tri_of(have >= want && have <= want);
}

static enum tri compare_numbers(enum policy_operator op, struct slice have, struct slice want)
{
    double a = 0, b = 0;
    if (!literal_number(have, &a) || !literal_number(want, &b))
        return TRI_UNDECIDED;
    return numbers(op, a, b);
}

static enum tri compare_dates(enum policy_operator op, struct slice have, struct slice want)
{
    int64_t a = 0, b = 0;
    if (!literal_date(have, &a) || !literal_date(want, &b))
        return TRI_UNDECIDED;
    return numbers(op, (double)a, (double)b); /* exact: below 2^53 for all dates */
}

static enum tri compare_bools(struct slice have, struct slice want)
{
    bool a = false, b = false;
    if (!literal_bool(have, &a) || !literal_bool(want, &b))
        return TRI_UNDECIDED;
    return tri_of(a == b);
}

static enum tri compare_addresses(struct slice have, struct slice want)
{
    struct ip_range address, range;
    if (!literal_ip(have, &address) || !literal_ip(want, &range))
        return TRI_UNDECIDED;
    return tri_of(ip_within(&range, &address));
}

static enum tri compare_binary(struct arena *arena, struct slice have, struct slice want)
{
    struct slice a, b;
    if (!base64_decode(arena, have, &a) || !base64_decode(arena, want, &b))
        return TRI_UNDECIDED;
    return tri_of(text_glob(a, b, WILDCARDS_NONE, false));
}

static enum tri compare_text(enum policy_operator op, struct slice have, struct slice pattern,
                             struct wildcards wild)
{
    if (op == POLICY_ARN_LIKE)
        return text_arn_like(pattern, have, wild);
    return tri_of(text_glob(pattern, have, wild, op == POLICY_STRING_EQUALS_IGNORE_CASE));
}

/* StringEquals knows no wildcards, so an expanded pattern gets its own '*' and '?' back. */
static struct slice without_wildcards(struct arena *arena, struct slice expanded)
{
    char *plain = arena_strndup(arena, expanded.ptr, expanded.len);
    for (size_t i = 0; i < expanded.len; i++) {
        if (plain[i] == WILDCARDS_EXPANDED.any)
            plain[i] = '*';
        else if (plain[i] == WILDCARDS_EXPANDED.one)
            plain[i] = '?';
    }
    return (struct slice){plain, expanded.len};
}

static enum tri compare_string(const struct subject *who, const struct policy_condition *c,
                               struct slice have, const struct policy_text *want)
{
    enum policy_operator op = c->op;
    bool wild = op == POLICY_STRING_LIKE || op == POLICY_ARN_LIKE;
    if (!want->has_variable)
        return compare_text(op, have, slice_of(want->text),
                            wild ? WILDCARDS_WRITTEN : WILDCARDS_NONE);
    struct slice pattern;
    enum tri expanded = subject_expand(who, want, op == POLICY_ARN_LIKE, &pattern);
    if (expanded != TRI_YES) /* that "not equal to nothing" holds would be a guess */
        return c->negated ? TRI_UNDECIDED : expanded;
    if (wild)
        return compare_text(op, have, pattern, WILDCARDS_EXPANDED);
    return compare_text(op, have, without_wildcards(who->arena, pattern), WILDCARDS_NONE);
}

static enum tri compare(const struct subject *who, const struct policy_condition *c,
                        struct slice have, const struct policy_text *want)
{
    enum policy_operator op = c->op;
    if (want->unknown)
        return TRI_UNDECIDED;
    struct slice text = slice_of(want->text);
    switch (op) {
    case POLICY_STRING_EQUALS:
    case POLICY_STRING_EQUALS_IGNORE_CASE:
    case POLICY_STRING_LIKE:
    case POLICY_ARN_LIKE: return compare_string(who, c, have, want);
    case POLICY_NUMERIC_EQUALS:
    case POLICY_NUMERIC_LESS:
    case POLICY_NUMERIC_LESS_EQUALS:
    case POLICY_NUMERIC_GREATER:
    case POLICY_NUMERIC_GREATER_EQUALS: return compare_numbers(op, have, text);
    case POLICY_DATE_EQUALS:
    case POLICY_DATE_LESS:
    case POLICY_DATE_LESS_EQUALS:
    case POLICY_DATE_GREATER:
    case POLICY_DATE_GREATER_EQUALS: return compare_dates(op, have, text);
    case POLICY_BOOL: return compare_bools(have, text);
    case POLICY_BINARY_EQUALS: return compare_binary(who->arena, have, text);
    case POLICY_IP_ADDRESS: return compare_addresses(have, text);
    case POLICY_NULL: return TRI_UNDECIDED; /* judged before: it asks no value */
    }
    return TRI_UNDECIDED;
}

/* A text of which only the beginning is known: what asks for no more than that, or for another one,
 * is decided. */
static enum tri compare_beginning(const struct policy_condition *c, struct slice beginning,
                                  struct slice want)
{
    bool likes = c->op == POLICY_STRING_LIKE || c->op == POLICY_ARN_LIKE;
    bool decides = likes || c->op == POLICY_STRING_EQUALS;
    size_t plain = 0;
    while (plain < want.len && !(likes && (want.ptr[plain] == '*' || want.ptr[plain] == '?')))
        plain++;
    size_t both = plain < beginning.len ? plain : beginning.len;
    if (!decides)
        return TRI_UNDECIDED;
    if (memcmp(want.ptr, beginning.ptr, both) != 0 ||
        (plain == want.len && want.len < beginning.len))
        return TRI_NO;
    bool asks_no_more = c->op == POLICY_STRING_LIKE && plain <= beginning.len &&
                        plain + 1 == want.len && want.ptr[plain] == '*';
    return asks_no_more ? TRI_YES : TRI_UNDECIDED;
}

static enum tri by_beginning(const struct subject *who, const struct policy_condition *c,
                             const struct value *v)
{
    struct slice beginning = slice_of(value_get_str(v, "starts_with"));
    enum tri any = TRI_NO;
    for (size_t i = 0; i < c->values.len && any != TRI_YES; i++) {
        const struct policy_text *want = &c->values.items[i];
        bool plain = !want->unknown && !want->has_variable;
        any = tri_or(any,
                     plain ? compare_beginning(c, beginning, slice_of(want->text)) : TRI_UNDECIDED);
    }
    if (any == TRI_UNDECIDED)
        *who->open_key = c->key;
    return c->negated ? tri_not(any) : any;
}

/* One value of the request against all values of the policy; a negated operator holds when none
 * of them matches. */
static enum tri one_value(const struct subject *who, const struct policy_condition *c,
                          const struct value *v)
{
    struct slice have;
    if (who->request->context_is_partial && value_get_str(v, "starts_with"))
        return by_beginning(who, c, v);
    if (!subject_scalar(who, v, &have))
        return TRI_UNDECIDED;
    enum tri any = TRI_NO;
    for (size_t i = 0; i < c->values.len && any != TRI_YES; i++)
        any = tri_or(any, compare(who, c, have, &c->values.items[i]));
    return c->negated ? tri_not(any) : any;
}

static enum tri null_holds(const struct policy_condition *c, bool absent)
{
    enum tri any = TRI_NO;
    for (size_t i = 0; i < c->values.len; i++) {
        bool want_absent = false;
        if (c->values.items[i].unknown ||
            !literal_bool(slice_of(c->values.items[i].text), &want_absent))
            any = tri_or(any, TRI_UNDECIDED);
        else
            any = tri_or(any, tri_of(absent == want_absent));
    }
    return any;
}

enum tri condition_holds(const struct subject *who, const struct policy_condition *c)
{
    const struct value *v = subject_context(who, slice_of(c->key));
    if (!v && subject_is_open(who, slice_of(c->key)))
        return TRI_UNDECIDED;
    if (c->op == POLICY_NULL)
        return null_holds(c, !v);
    if (!v) {
        if (c->if_exists || c->qualifier == POLICY_FOR_ALL_VALUES)
            return TRI_YES;
        return tri_of(c->negated && c->qualifier == POLICY_SINGLE_VALUE);
    }
    bool list = v->kind == VALUE_LIST;
    size_t len = list ? v->list.len : 1;
    const struct value *const *items = list ? v->list.items : &v;
    if (c->qualifier == POLICY_SINGLE_VALUE)
        return len == 1 ? one_value(who, c, items[0]) : TRI_UNDECIDED;
    bool for_all = c->qualifier == POLICY_FOR_ALL_VALUES;
    enum tri all = tri_of(for_all);
    for (size_t i = 0; i < len; i++) {
        enum tri one = one_value(who, c, items[i]);
        all = for_all ? tri_and(all, one) : tri_or(all, one);
    }
    return all;
}
