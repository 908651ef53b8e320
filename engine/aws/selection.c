#include "engine/aws/selection.h"

#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"

#define RESOURCES_MAX 500
#define WILDCARDS_MAX 30
#define TAG_CONDITIONS_MAX 30
#define RESOURCE_TAG "aws:ResourceTag/"

static const struct {
    const char *key;
    bool like, negated;
} operators[] = {
    {"string_equals", false, false},
    {"string_like", true, false},
    {"string_not_equals", false, true},
    {"string_not_like", true, true},
};

static bool has_star(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '*')
            return true;
    return false;
}

static bool is_star(struct slice s)
{
    return slice_is(s, "*");
}

/* AWS documents '*' at the end only, yet its own console writes arn:aws:ec2:*:*:instance/ with a
 * star after it: the Region and the account may be one as well. */
static const char *resource_fault(struct slice text)
{
    if (is_star(text))
        return NULL;
    struct arn arn;
    if (!arn_parse(text, &arn))
        return "resources and not_resources take ARNs, or \"*\" for everything";
    struct slice head = {arn.resource.ptr, arn.resource.len - 1};
    if (has_star(arn.partition) || has_star(arn.service) || has_star(head) ||
        (has_star(arn.region) && !is_star(arn.region)) ||
        (has_star(arn.account) && !is_star(arn.account)))
        return "\"*\" may stand for the Region, for the account, and at the end of an ARN";
    return NULL;
}

static const char *resources_fault(const struct value *list)
{
    if (list == NULL || value_is(list, VALUE_NULL) || value_is(list, VALUE_REF))
        return NULL;
    if (!value_is(list, VALUE_LIST))
        return "resources and not_resources are lists of ARNs";
    size_t wildcards = 0;
    for (size_t i = 0; i < list->list.len; i++) {
        const struct value *item = list->list.items[i];
        if (value_has_unknown(item))
            continue;
        if (!value_is(item, VALUE_STRING))
            return "resources and not_resources are lists of ARNs";
        const char *fault = resource_fault(item->string);
        if (fault != NULL)
            return fault;
        wildcards += has_star(item->string);
    }
    if (list->list.len > RESOURCES_MAX)
        return "a selection takes at most 500 ARNs";
    return wildcards > WILDCARDS_MAX ? "a selection takes at most 30 ARNs with \"*\"" : NULL;
}

static bool is_text(const struct value *v)
{
    return value_is(v, VALUE_STRING) || (v != NULL && value_has_unknown(v));
}

static const char *list_of_tags_fault(const struct value *list)
{
    if (list == NULL || value_is(list, VALUE_NULL))
        return NULL;
    if (!value_is(list, VALUE_LIST))
        return "list_of_tags is a list of {condition_type, condition_key, condition_value}";
    for (size_t i = 0; i < list->list.len; i++) {
        const struct value *item = list->list.items[i];
        const char *type = value_get_str(item, "condition_type");
        if (!is_text(value_get(item, "condition_key")) ||
            !is_text(value_get(item, "condition_value")))
            return "each of list_of_tags needs condition_key and condition_value";
        if (!str_eq(type, "STRINGEQUALS"))
            return "condition_type of list_of_tags must be STRINGEQUALS";
    }
    return list->list.len > TAG_CONDITIONS_MAX ? "list_of_tags takes at most 30 tags" : NULL;
}

static const char *condition_fault(const struct value *list)
{
    if (list == NULL || value_is(list, VALUE_NULL))
        return NULL;
    if (!value_is(list, VALUE_LIST))
        return "each of conditions is a list of {condition_key, condition_value}";
    for (size_t i = 0; i < list->list.len; i++) {
        const struct value *item = list->list.items[i];
        if (!is_text(value_get(item, "condition_key")) ||
            !is_text(value_get(item, "condition_value")))
            return "each of conditions needs condition_key and condition_value";
        const char *key = value_get_str(item, "condition_key");
        if (key != NULL && !str_starts(key, RESOURCE_TAG))
            return "condition_key of conditions must begin with aws:ResourceTag/";
    }
    return NULL;
}

static const char *conditions_fault(const struct value *conditions, size_t *ret_len)
{
    *ret_len = 0;
    if (conditions == NULL || value_is(conditions, VALUE_NULL))
        return NULL;
    if (!value_is(conditions, VALUE_MAP))
        return "conditions is a map of string_equals, string_like, string_not_equals and "
               "string_not_like";
    for (size_t i = 0; i < conditions->map.len; i++) {
        bool known = false;
        for (size_t k = 0; k < ARRAY_LEN(operators); k++)
            known = known || str_eq(conditions->map.entries[i].key, operators[k].key);
        if (!known)
            return "conditions knows string_equals, string_like, string_not_equals and "
                   "string_not_like only";
        const char *fault = condition_fault(conditions->map.entries[i].value);
        if (fault != NULL)
            return fault;
        *ret_len += value_len(conditions->map.entries[i].value);
    }
    return *ret_len > TAG_CONDITIONS_MAX ? "conditions takes at most 30 entries" : NULL;
}

bool selection_check(const struct value *selection, const char **ret_why)
{
    const struct value *resources = value_get(selection, "resources");
    const struct value *tags = value_get(selection, "list_of_tags");
    size_t conditions = 0;
    const char *why = resources_fault(resources);
    if (why == NULL)
        why = resources_fault(value_get(selection, "not_resources"));
    if (why == NULL)
        why = list_of_tags_fault(tags);
    if (why == NULL)
        why = conditions_fault(value_get(selection, "conditions"), &conditions);
    bool is_empty =
        value_len(resources) == 0 && value_len(tags) == 0 && !value_is(resources, VALUE_REF);
    if (why == NULL && is_empty)
        why = conditions > 0 ? SELECTION_CONDITIONS_ALONE
                             : "an empty selection takes every resource of the account that AWS "
                               "Backup is opted in for: name resources or list_of_tags, or write "
                               "resources: [\"*\"] if everything is meant";
    if (why == NULL)
        return true;
    *ret_why = why;
    return false;
}

/* --- matching ----------------------------------------------------------------------------------
 */

static bool any_arn_matches(const struct value *list, const char *arn)
{
    for (size_t i = 0; i < value_len(list); i++) {
        const char *pattern = value_str(value_item(list, i));
        if (pattern != NULL && arn_matches_pattern(slice_of(pattern), slice_of(arn)))
            return true;
    }
    return false;
}

static const char *tag_of(const struct value *tags, const char *key)
{
    if (key != NULL && str_starts(key, RESOURCE_TAG))
        key += sizeof RESOURCE_TAG - 1;
    return key == NULL ? NULL : value_get_str(tags, key);
}

static bool any_tag_matches(const struct value *list, const struct value *tags)
{
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        const char *tag = tag_of(tags, value_get_str(item, "condition_key"));
        if (tag != NULL && str_eq(tag, value_get_str(item, "condition_value")))
            return true;
    }
    return false;
}

static bool condition_holds(const struct value *condition, bool like, bool negated,
                            const struct value *tags)
{
    const char *tag = tag_of(tags, value_get_str(condition, "condition_key"));
    const char *wanted = value_get_str(condition, "condition_value");
    if (wanted == NULL)
        return false;
    bool equal = tag != NULL && (like ? arn_matches_pattern(slice_of(wanted), slice_of(tag))
                                      : str_eq(tag, wanted));
    return equal != negated;
}

static bool conditions_hold(const struct value *conditions, const struct value *tags)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        const struct value *list = value_get(conditions, operators[i].key);
        for (size_t k = 0; k < value_len(list); k++)
            if (!condition_holds(value_item(list, k), operators[i].like, operators[i].negated,
                                 tags))
                return false;
    }
    return true;
}

bool selection_matches(const struct value *selection, const char *resource_arn,
                       const struct value *tags)
{
    bool named = any_arn_matches(value_get(selection, "resources"), resource_arn) ||
                 any_tag_matches(value_get(selection, "list_of_tags"), tags);
    return named && conditions_hold(value_get(selection, "conditions"), tags) &&
           !any_arn_matches(value_get(selection, "not_resources"), resource_arn);
}

bool selection_keys_are_read(const struct value *selection)
{
    const struct value *patterns = value_get(selection, "resources");
    for (size_t i = 0; i < value_len(patterns); i++) {
        const struct backup_type *type = backup_type_of_pattern(value_str(value_item(patterns, i)));
        if (!type || (!type->fully_managed && !str_eq(type->service, "rds")))
            return false;
    }
    return value_len(value_get(selection, "list_of_tags")) == 0;
}
