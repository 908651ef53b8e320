#include "engine/aws/event_pattern.h"

/* Literals come in a few kinds only; everything that a pattern compares with is one of these. */
static bool is_scalar(const struct value *v)
{
    return v != NULL && v->kind <= VALUE_STRING;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool same_text(struct slice a, struct slice b, bool ignore_case)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ignore_case ? lower(a.ptr[i]) != lower(b.ptr[i]) : a.ptr[i] != b.ptr[i])
            return false;
    return true;
}

static bool number_of(const struct value *v, double *ret)
{
    if (value_is(v, VALUE_INT))
        *ret = (double)v->integer;
    else if (value_is(v, VALUE_DOUBLE))
        *ret = v->number;
    else
        return false;
    return true;
}

/* --- text matchers: prefix, suffix, equals-ignore-case, wildcard -------------------------------
 */

enum text_matcher { TEXT_PREFIX, TEXT_SUFFIX, TEXT_IGNORE_CASE, TEXT_WILDCARD, TEXT_NONE };

static enum text_matcher text_matcher_of(const char *name)
{
    static const char *const names[] = {
        [TEXT_PREFIX] = "prefix",
        [TEXT_SUFFIX] = "suffix",
        [TEXT_IGNORE_CASE] = "equals-ignore-case",
        [TEXT_WILDCARD] = "wildcard",
    };
    for (int i = 0; i < TEXT_NONE; i++)
        if (str_eq(name, names[i]))
            return (enum text_matcher)i;
    return TEXT_NONE;
}

/* In wildcard only '*' is special, and a backslash takes the next character as it is. */
static bool wildcard_matches(struct slice pattern, struct slice text)
{
    size_t p = 0, t = 0, star = 0, retry = 0;
    bool has_star = false;
    while (t < text.len) {
        bool escaped = p + 1 < pattern.len && pattern.ptr[p] == '\\';
        if (p < pattern.len && !escaped && pattern.ptr[p] == '*') {
            has_star = true;
            star = ++p;
            retry = t;
        } else if (p < pattern.len && pattern.ptr[escaped ? p + 1 : p] == text.ptr[t]) {
            p += escaped ? 2 : 1;
            t++;
        } else if (has_star) {
            p = star;
            t = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* The operand of prefix and suffix: text, or {"equals-ignore-case": text}. */
static const struct value *affix(const struct value *operand, bool *ret_ignore_case)
{
    *ret_ignore_case = value_is(operand, VALUE_MAP) && operand->map.len == 1;
    if (*ret_ignore_case)
        operand = value_get(operand, "equals-ignore-case");
    return value_is(operand, VALUE_STRING) ? operand : NULL;
}

static bool text_operand_is_valid(enum text_matcher matcher, const struct value *operand)
{
    bool ignore_case;
    if (matcher == TEXT_PREFIX || matcher == TEXT_SUFFIX)
        return affix(operand, &ignore_case) != NULL;
    return value_is(operand, VALUE_STRING);
}

static bool text_matches(enum text_matcher matcher, const struct value *operand,
                         const struct value *v)
{
    if (!value_is(v, VALUE_STRING) || !text_operand_is_valid(matcher, operand))
        return false;
    bool ignore_case = false;
    if (matcher == TEXT_IGNORE_CASE)
        return same_text(operand->string, v->string, true);
    if (matcher == TEXT_WILDCARD)
        return wildcard_matches(operand->string, v->string);
    struct slice wanted = affix(operand, &ignore_case)->string, part = v->string;
    if (wanted.len > part.len)
        return false;
    if (matcher == TEXT_SUFFIX)
        part.ptr += part.len - wanted.len;
    part.len = wanted.len;
    return same_text(part, wanted, ignore_case);
}

/* --- numeric -----------------------------------------------------------------------------------
 */

static bool compare(double left, const char *operator, double right, bool *ret)
{
    if (str_eq(operator, "="))
        *ret = left <= right && left >= right;
    else if (str_eq(operator, "<"))
        *ret = left < right;
    else if (str_eq(operator, "<="))
        *ret = left <= right;
    else if (str_eq(operator, ">"))
        *ret = left > right;
    else if (str_eq(operator, ">="))
        *ret = left >= right;
    else
        return false;
    return true;
}

/* [">", 0] or [">", 0, "<=", 5]: one or two comparisons, all of which must hold. */
static bool numeric_holds(const struct value *operand, double number, bool *ret_valid)
{
    size_t len = value_len(operand);
    bool holds = true;
    *ret_valid = value_is(operand, VALUE_LIST) && (len == 2 || len == 4);
    for (size_t i = 0; *ret_valid && i < len; i += 2) {
        double limit = 0;
        bool one = false;
        *ret_valid = number_of(value_item(operand, i + 1), &limit) &&
                     compare(number, value_str(value_item(operand, i)), limit, &one);
        holds = holds && one;
    }
    return *ret_valid && holds;
}

/* --- anything-but ------------------------------------------------------------------------------
 */

/* Calls for each operand of {"anything-but": X}: X is a literal, a list of literals, or a map of
 * one text matcher whose operand is a text or a list of texts. */
static bool anything_but_is_valid(const struct value *but)
{
    if (value_is(but, VALUE_STRING) || value_is(but, VALUE_INT) || value_is(but, VALUE_DOUBLE))
        return true;
    if (value_is(but, VALUE_LIST)) {
        for (size_t i = 0; i < but->list.len; i++)
            if (!is_scalar(but->list.items[i]) || value_is(but->list.items[i], VALUE_BOOL))
                return false;
        return but->list.len > 0;
    }
    if (!value_is(but, VALUE_MAP) || but->map.len != 1)
        return false;
    enum text_matcher matcher = text_matcher_of(but->map.entries[0].key);
    const struct value *operand = but->map.entries[0].value;
    if (matcher == TEXT_NONE)
        return false;
    if (!value_is(operand, VALUE_LIST))
        return text_operand_is_valid(matcher, operand);
    for (size_t i = 0; i < operand->list.len; i++)
        if (!text_operand_is_valid(matcher, operand->list.items[i]))
            return false;
    return operand->list.len > 0;
}

static bool anything_but_matches(const struct value *but, const struct value *v)
{
    if (value_is(but, VALUE_LIST)) {
        for (size_t i = 0; i < but->list.len; i++)
            if (value_equal(but->list.items[i], v))
                return false;
        return true;
    }
    if (!value_is(but, VALUE_MAP))
        return !value_equal(but, v);
    enum text_matcher matcher = text_matcher_of(but->map.entries[0].key);
    const struct value *operand = but->map.entries[0].value;
    if (!value_is(operand, VALUE_LIST))
        return !text_matches(matcher, operand, v);
    for (size_t i = 0; i < operand->list.len; i++)
        if (text_matches(matcher, operand->list.items[i], v))
            return false;
    return true;
}

/* --- one matcher against one leaf of the event -------------------------------------------------
 */

static const char *matcher_fault(const struct value *matcher)
{
    bool valid = true;
    if (is_scalar(matcher))
        return NULL;
    if (!value_is(matcher, VALUE_MAP) || matcher->map.len != 1)
        return "a matcher must be a literal or an object with one key";
    const char *name = matcher->map.entries[0].key;
    const struct value *operand = matcher->map.entries[0].value;
    enum text_matcher text = text_matcher_of(name);
    if (text != TEXT_NONE)
        return text_operand_is_valid(text, operand)
                   ? NULL
                   : "prefix, suffix, equals-ignore-case and wildcard take text";
    if (str_eq(name, "exists"))
        return value_is(operand, VALUE_BOOL) ? NULL : "exists takes true or false";
    if (str_eq(name, "anything-but"))
        return anything_but_is_valid(operand) ? NULL
                                              : "anything-but takes literals, or one of prefix, "
                                                "suffix, equals-ignore-case and "
                                                "wildcard";
    if (str_eq(name, "numeric")) {
        numeric_holds(operand, 0, &valid);
        return valid ? NULL : "numeric takes one or two pairs of =, <, <=, >, >= and a number";
    }
    return "unknown matcher: known are prefix, suffix, equals-ignore-case, wildcard, anything-but, "
           "exists and numeric";
}

/* exists is decided over all leaves, see leaf_matches(). */
static bool matcher_matches(const struct value *matcher, const struct value *v)
{
    if (is_scalar(matcher))
        return value_equal(matcher, v);
    const char *name = matcher->map.entries[0].key;
    const struct value *operand = matcher->map.entries[0].value;
    enum text_matcher text = text_matcher_of(name);
    if (text != TEXT_NONE)
        return text_matches(text, operand, v);
    if (str_eq(name, "anything-but"))
        return anything_but_matches(operand, v);
    bool valid = false;
    double number = 0;
    return str_eq(name, "numeric") && number_of(v, &number) &&
           numeric_holds(operand, number, &valid);
}

static bool any_leaf_matches(const struct value *matcher, const struct value *v)
{
    if (!value_is(v, VALUE_LIST))
        return is_scalar(v) && matcher_matches(matcher, v);
    for (size_t i = 0; i < v->list.len; i++)
        if (any_leaf_matches(matcher, v->list.items[i]))
            return true;
    return false;
}

static bool has_leaf(const struct value *v)
{
    if (!value_is(v, VALUE_LIST))
        return is_scalar(v);
    for (size_t i = 0; i < v->list.len; i++)
        if (has_leaf(v->list.items[i]))
            return true;
    return false;
}

static bool leaf_matches(const struct value *matchers, const struct value *v)
{
    for (size_t i = 0; i < matchers->list.len; i++) {
        const struct value *matcher = matchers->list.items[i];
        const struct value *exists = value_get(matcher, "exists");
        if (exists != NULL ? has_leaf(v) == exists->boolean : any_leaf_matches(matcher, v))
            return true;
    }
    return false;
}

/* --- the tree ----------------------------------------------------------------------------------
 */

static bool check_map(const struct value *pattern, const char **ret_why);

static bool check_or(const struct value *alternatives, const char **ret_why)
{
    if (!value_is(alternatives, VALUE_LIST) || alternatives->list.len < 2) {
        *ret_why = "$or takes a list of at least two patterns";
        return false;
    }
    for (size_t i = 0; i < alternatives->list.len; i++)
        if (!check_map(alternatives->list.items[i], ret_why))
            return false;
    return true;
}

static bool check_map(const struct value *pattern, const char **ret_why)
{
    if (!value_is(pattern, VALUE_MAP) || pattern->map.len == 0) {
        *ret_why = "a pattern must be an object with at least one key";
        return false;
    }
    for (size_t i = 0; i < pattern->map.len; i++) {
        const struct value_entry *entry = &pattern->map.entries[i];
        if (str_eq(entry->key, "$or")) {
            if (!check_or(entry->value, ret_why))
                return false;
        } else if (value_is(entry->value, VALUE_LIST)) {
            *ret_why = entry->value->list.len == 0 ? "a list of matchers must not be empty" : NULL;
            for (size_t k = 0; k < entry->value->list.len && *ret_why == NULL; k++)
                *ret_why = matcher_fault(entry->value->list.items[k]);
            if (*ret_why != NULL)
                return false;
        } else if (!value_is(entry->value, VALUE_MAP)) {
            *ret_why = "a value must stand in a list: {\"source\": [\"aws.backup\"]}";
            return false;
        } else if (!check_map(entry->value, ret_why)) {
            return false;
        }
    }
    return true;
}

bool event_pattern_check(const struct value *pattern, const char **ret_why)
{
    const char *why = NULL;
    if (check_map(pattern, &why))
        return true;
    *ret_why = why;
    return false;
}

static bool map_matches(const struct value *pattern, const struct value *event);

static bool or_matches(const struct value *alternatives, const struct value *event)
{
    for (size_t i = 0; i < alternatives->list.len; i++)
        if (map_matches(alternatives->list.items[i], event))
            return true;
    return false;
}

/* The pattern of an object against what the event has there: an object, a list of them, or
 * something else, which then has none of the keys. */
static bool object_matches(const struct value *pattern, const struct value *v)
{
    bool any = false;
    for (size_t i = 0; value_is(v, VALUE_LIST) && i < v->list.len; i++) {
        if (!value_is(v->list.items[i], VALUE_MAP))
            continue;
        any = true;
        if (map_matches(pattern, v->list.items[i]))
            return true;
    }
    return !any && map_matches(pattern, value_is(v, VALUE_MAP) ? v : NULL);
}

static bool map_matches(const struct value *pattern, const struct value *event)
{
    for (size_t i = 0; i < pattern->map.len; i++) {
        const struct value_entry *entry = &pattern->map.entries[i];
        const struct value *there = value_get(event, entry->key);
        bool matches = str_eq(entry->key, "$or")            ? or_matches(entry->value, event)
                       : value_is(entry->value, VALUE_LIST) ? leaf_matches(entry->value, there)
                                                            : object_matches(entry->value, there);
        if (!matches)
            return false;
    }
    return true;
}

bool event_pattern_matches(const struct value *pattern, const struct value *event)
{
    const char *why = NULL;
    return check_map(pattern, &why) && value_is(event, VALUE_MAP) && map_matches(pattern, event);
}
