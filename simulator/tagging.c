/* The Resource Groups Tagging API: one search over tags. Of what bears tags here it knows the keys
 * of KMS and what backups are made of; of all else it finds nothing. */
#include <string.h>

#include "engine/aws/arn.h"
#include "simulator/backup_types.h"
#include "simulator/kms.h"
#include "simulator/tags.h"

#define PER_PAGE 50

static bool bad(struct sim_call *call, const char *why)
{
    return call_error(call, 400, "InvalidParameterException", "%s", why);
}

/* "rds" includes what has an ARN of that service, "rds:db" what also begins with that word; no
 * filter includes everything. */
static bool wants(struct sim_call *call, const struct value *types, const char *text)
{
    struct arn arn;
    if (value_len(types) == 0)
        return true;
    if (!arn_parse(slice_of(text), &arn))
        return false;
    const char *service = arena_strndup(call->arena, arn.service.ptr, arn.service.len);
    const char *resource = arena_strndup(call->arena, arn.resource.ptr, arn.resource.len);
    const char *type =
        arena_printf(call->arena, "%s:%.*s", service, (int)strcspn(resource, ":/"), resource);
    for (size_t i = 0; i < value_len(types); i++) {
        const char *wanted = value_str(value_item(types, i));
        if (str_eq(wanted, service) || str_eq(wanted, type))
            return true;
    }
    return false;
}

/* All filters, and of each any value; a filter without values asks for the key alone. */
static bool fits(const struct value *tags, const struct value *filters)
{
    for (size_t i = 0; i < value_len(filters); i++) {
        const struct value *filter = value_item(filters, i);
        const struct value *values = value_get(filter, "Values");
        const char *value = value_get_str(tags, value_get_str(filter, "Key"));
        bool fit = value && value_len(values) == 0;
        for (size_t v = 0; value && v < value_len(values); v++)
            fit = fit || str_eq(value_str(value_item(values, v)), value);
        if (!fit)
            return false;
    }
    return true;
}

/* A value that every match must hold, so that not all keys are read; NULL: there is none. */
static const char *needle(const struct value *filters)
{
    const char *text = NULL;
    for (size_t i = 0; i < value_len(filters); i++) {
        const struct value *values = value_get(value_item(filters, i), "Values");
        if (value_len(values) == 1)
            text = value_str(value_item(values, 0));
    }
    return text && *text ? text : NULL;
}

/* What has tags that fit, under its ARN. */
static void take(struct sim_call *call, struct map_builder *found, const struct objects *rows,
                 const char *arn_member, const char *tags_member)
{
    const struct value *filters = call_get(call, "TagFilters");
    for (size_t i = 0; i < rows->len; i++) {
        const char *arn = value_get_str(rows->items[i].body, arn_member);
        const struct value *tags = value_get(rows->items[i].body, tags_member);
        if (value_len(tags) > 0 && fits(tags, filters) &&
            wants(call, call_get(call, "ResourceTypeFilters"), arn))
            map_put(found, arn, tags);
    }
}

static struct objects matches(struct sim_call *call)
{
    struct map_builder found = map_begin(call->arena);
    struct objects keys = kms_keys(call->world, call->arena, call->account, call->region,
                                   needle(call_get(call, "TagFilters")));
    struct objects resources = resources_of(call->world, call->arena, call->account, call->region);
    take(call, &found, &keys, "Arn", "Tags");
    take(call, &found, &resources, "arn", "tags");
    return rows_of_map(call->arena, map_end(&found));
}

static bool get_resources(struct sim_call *call)
{
    const struct value *filters = call_get(call, "TagFilters");
    int64_t per_page = call_int(call, "ResourcesPerPage", PER_PAGE);
    const char *next;
    if (per_page < 1 || per_page > 100)
        return bad(call, "ResourcesPerPage must be between 1 and 100");
    for (size_t i = 0; i < value_len(filters); i++)
        if (!value_get_str(value_item(filters, i), "Key"))
            return bad(call, "A tag filter needs a Key");
    struct objects rows = matches(call);
    if (!call_page(call, &rows, "PaginationToken", "ResourcesPerPage", PER_PAGE, &next))
        return bad(call, "The PaginationToken is not one that was given out");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        struct map_builder mapping = map_begin(call->arena);
        map_put_str(&mapping, "ResourceARN", rows.items[i].id);
        map_put(&mapping, "Tags",
                tags_to_list(call->arena, value_get(rows.items[i].body, "Value"), "Key", "Value"));
        list_add(&list, map_end(&mapping));
    }
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "PaginationToken", next ? next : ""); /* of the last page: empty */
    map_put(&b, "ResourceTagMappingList", list_end(&list));
    return call_answer(call, map_end(&b));
}

static const struct sim_operation operations[] = {
    {.name = "GetResources", .run = get_resources},
};

const struct sim_api sim_tagging = {
    .service = "tagging",
    .wire = SIM_JSON,
    .target = "ResourceGroupsTaggingAPI_20170126",
    .version = "1.1",
    .missing = "InvalidParameterException",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
};
