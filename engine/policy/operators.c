#include "engine/policy/operators.h"

#include <string.h>

struct spelling {
    const char *name;
    enum policy_operator op;
    bool negated;
};

static const struct spelling spellings[] = {
    {"StringEquals", POLICY_STRING_EQUALS, false},
    {"StringNotEquals", POLICY_STRING_EQUALS, true},
    {"StringEqualsIgnoreCase", POLICY_STRING_EQUALS_IGNORE_CASE, false},
    {"StringNotEqualsIgnoreCase", POLICY_STRING_EQUALS_IGNORE_CASE, true},
    {"StringLike", POLICY_STRING_LIKE, false},
    {"StringNotLike", POLICY_STRING_LIKE, true},
    {"NumericEquals", POLICY_NUMERIC_EQUALS, false},
    {"NumericNotEquals", POLICY_NUMERIC_EQUALS, true},
    {"NumericLessThan", POLICY_NUMERIC_LESS, false},
    {"NumericLessThanEquals", POLICY_NUMERIC_LESS_EQUALS, false},
    {"NumericGreaterThan", POLICY_NUMERIC_GREATER, false},
    {"NumericGreaterThanEquals", POLICY_NUMERIC_GREATER_EQUALS, false},
    {"DateEquals", POLICY_DATE_EQUALS, false},
    {"DateNotEquals", POLICY_DATE_EQUALS, true},
    {"DateLessThan", POLICY_DATE_LESS, false},
    {"DateLessThanEquals", POLICY_DATE_LESS_EQUALS, false},
    {"DateGreaterThan", POLICY_DATE_GREATER, false},
    {"DateGreaterThanEquals", POLICY_DATE_GREATER_EQUALS, false},
    {"Bool", POLICY_BOOL, false},
    {"BinaryEquals", POLICY_BINARY_EQUALS, false},
    {"IpAddress", POLICY_IP_ADDRESS, false},
    {"NotIpAddress", POLICY_IP_ADDRESS, true},
    {"ArnLike", POLICY_ARN_LIKE, false},
    {"ArnNotLike", POLICY_ARN_LIKE, true},
    {"ArnEquals", POLICY_ARN_LIKE, false},
    {"ArnNotEquals", POLICY_ARN_LIKE, true},
    {"Null", POLICY_NULL, false},
};

#define IF_EXISTS "IfExists"

static const struct spelling *spelling_of(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
        if (text_equal_fold(name, slice_of(spellings[i].name)))
            return &spellings[i];
    return NULL;
}

bool operator_read(struct arena *arena, struct slice text, struct policy_condition *ret)
{
    struct policy_condition c = *ret;
    const char *prefix = "";
    c.qualifier = POLICY_SINGLE_VALUE;
    if (text_starts_fold(text, "ForAllValues:")) {
        c.qualifier = POLICY_FOR_ALL_VALUES;
        prefix = "ForAllValues:";
    } else if (text_starts_fold(text, "ForAnyValue:")) {
        c.qualifier = POLICY_FOR_ANY_VALUE;
        prefix = "ForAnyValue:";
    }
    struct slice name = slice_from(text, strlen(prefix));
    size_t suffix = strlen(IF_EXISTS);
    c.if_exists = name.len > suffix &&
                  text_equal_fold(slice_from(name, name.len - suffix), slice_of(IF_EXISTS));
    if (c.if_exists)
        name.len -= suffix;
    const struct spelling *s = spelling_of(name);
    /* Null asks whether the key is there: neither prefix nor suffix makes sense with it */
    if (!s || (s->op == POLICY_NULL && (c.if_exists || *prefix)))
        return false;
    c.op = s->op;
    c.negated = s->negated;
    c.name = !c.if_exists && !*prefix
                 ? s->name
                 : arena_printf(arena, "%s%s%s", prefix, s->name, c.if_exists ? IF_EXISTS : "");
    *ret = c;
    return true;
}

static bool is_base64(struct slice text)
{
    if (text.len % 4 != 0)
        return false;
    size_t padding = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     c == '+' || c == '/';
        if (c == '=')
            padding++;
        else if (!digit || padding)
            return false;
    }
    return padding <= 2;
}

const char *operator_wants(enum policy_operator op, struct slice text)
{
    bool b = false;
    double number = 0;
    int64_t ms = 0;
    struct ip_range range;
    switch (op) {
    case POLICY_STRING_EQUALS:
    case POLICY_STRING_EQUALS_IGNORE_CASE:
    case POLICY_STRING_LIKE:
    case POLICY_ARN_LIKE: return NULL;
    case POLICY_NUMERIC_EQUALS:
    case POLICY_NUMERIC_LESS:
    case POLICY_NUMERIC_LESS_EQUALS:
    case POLICY_NUMERIC_GREATER:
    case POLICY_NUMERIC_GREATER_EQUALS: return literal_number(text, &number) ? NULL : "a number";
    case POLICY_DATE_EQUALS:
    case POLICY_DATE_LESS:
    case POLICY_DATE_LESS_EQUALS:
    case POLICY_DATE_GREATER:
    case POLICY_DATE_GREATER_EQUALS:
        return literal_date(text, &ms) ? NULL : "a date such as 2026-01-31T00:00:00Z";
    case POLICY_BOOL:
    case POLICY_NULL: return literal_bool(text, &b) ? NULL : "true or false";
    case POLICY_BINARY_EQUALS: return is_base64(text) ? NULL : "base64";
    case POLICY_IP_ADDRESS:
        return literal_ip(text, &range) ? NULL : "an IP address or range such as 203.0.113.0/24";
    }
    return "of a known type";
}

bool operator_takes_variables(enum policy_operator op)
{
    return op == POLICY_STRING_EQUALS || op == POLICY_STRING_EQUALS_IGNORE_CASE ||
           op == POLICY_STRING_LIKE || op == POLICY_ARN_LIKE;
}

const char *operator_canonical(struct arena *arena, struct slice text)
{
    struct policy_condition c = {0};
    if (!operator_read(arena, text, &c))
        return NULL;
    if (c.op != POLICY_ARN_LIKE)
        return c.name;
    static const char *const prefixes[] = {"", "ForAllValues:", "ForAnyValue:"};
    return arena_printf(arena, "%s%s%s", prefixes[c.qualifier],
                        c.negated ? "ArnNotLike" : "ArnLike", c.if_exists ? IF_EXISTS : "");
}
