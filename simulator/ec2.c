/* EC2, as far as backups need it: the tags of the snapshots and images that AWS Backup made. */
#include "simulator/backup.h"

#include <string.h>

#include "engine/aws/arn.h"

#define PER_PAGE 1000

struct row {
    const char *id, *type; /* "snap-1a2b", "snapshot" */
    const char *key, *value;
};

static const char *item_name(const char *list)
{
    (void)list;
    return "item"; /* of every list */
}

/* "snapshot" and "snap-1a2b" of arn:aws:ec2:us-east-1::snapshot/snap-1a2b. */
static bool is_of_ec2(struct arena *arena, const char *point_arn, struct row *ret)
{
    struct arn arn;
    if (!arn_parse(slice_of(point_arn), &arn) || !slice_is(arn.service, "ec2"))
        return false;
    struct slice rest = arn.resource, type = slice_cut(&rest, '/');
    *ret = (struct row){.id = arena_strndup(arena, rest.ptr, rest.len),
                        .type = arena_strndup(arena, type.ptr, type.len)};
    return true;
}

static bool has(const struct value *values, const char *text)
{
    for (size_t i = 0; i < value_len(values); i++)
        if (str_eq(value_str(value_item(values, i)), text))
            return true;
    return false;
}

static const char *asked_of(const struct row *row, const char *filter)
{
    return str_eq(filter, "resource-id")     ? row->id
           : str_eq(filter, "resource-type") ? row->type
           : str_eq(filter, "key")           ? row->key
           : str_eq(filter, "value")         ? row->value
                                             : NULL;
}

/* All filters, and of each any value. */
static bool fits(const struct row *row, const struct value *filters)
{
    for (size_t i = 0; i < value_len(filters); i++) {
        const struct value *filter = value_item(filters, i);
        if (!has(value_get(filter, "Value"), asked_of(row, value_get_str(filter, "Name"))))
            return false;
    }
    return true;
}

static bool known_filters(struct sim_call *call, const struct value *filters)
{
    static const char *const names[] = {"resource-id", "resource-type", "key", "value", NULL};
    for (size_t i = 0; i < value_len(filters); i++) {
        const char *name = value_get_str(value_item(filters, i), "Name");
        if (!str_is_one_of(name, names))
            return call_error(call, 400, "InvalidParameterValue", "The filter '%s' is invalid",
                              text_or(name, "null"));
    }
    return true;
}

static void add_tags(struct sim_call *call, struct objects *found, size_t *cap, struct row row,
                     const struct value *tags)
{
    for (size_t i = 0; value_is(tags, VALUE_MAP) && i < tags->map.len; i++) {
        struct map_builder b = map_begin(call->arena);
        row.key = tags->map.entries[i].key;
        row.value = value_str(tags->map.entries[i].value);
        if (!fits(&row, call_get(call, "Filter")))
            continue;
        map_put_str(&b, "resourceId", row.id);
        map_put_str(&b, "resourceType", row.type);
        map_put_str(&b, "key", row.key);
        map_put_str(&b, "value", row.value);
        found->items = arena_grow(call->arena, found->items, found->len, cap, found->len + 1,
                                  sizeof(*found->items));
        found->items[found->len++] = (struct object){
            .id = arena_printf(call->arena, "%s %s", row.id, row.key), .body = map_end(&b)};
    }
}

static bool describe_tags(struct sim_call *call)
{
    const char *next = NULL;
    struct objects found = {0};
    size_t cap = 0;
    if (!known_filters(call, call_get(call, "Filter")))
        return false;
    struct objects points =
        store_list(call->world, call->arena, "backup.point", call->account, call->region, NULL);
    for (size_t i = 0; i < points.len; i++) {
        const struct value *point = points.items[i].body;
        struct row row;
        if (is_of_ec2(call->arena, value_get_str(point, "RecoveryPointArn"), &row))
            add_tags(call, &found, &cap, row, value_get(point, "Tags"));
    }
    if (!call_page(call, &found, "NextToken", "MaxResults", PER_PAGE, &next))
        return call_error(call, 400, "InvalidPaginationToken", "The token is invalid");
    struct list_builder list = list_begin(call->arena);
    struct map_builder b = map_begin(call->arena);
    for (size_t i = 0; i < found.len; i++)
        list_add(&list, found.items[i].body);
    map_put(&b, "tagSet", list_end(&list));
    map_put_str(&b, "nextToken", next);
    return call_answer(call, map_end(&b));
}

static const struct sim_operation operations[] = {
    {"DescribeTags", NULL, NULL, describe_tags, false, 0},
};

const struct sim_api sim_ec2 = {
    .service = "ec2",
    .wire = SIM_QUERY,
    .bare = true,
    .version = "2016-11-15",
    .xmlns = "http://ec2.amazonaws.com/doc/2016-11-15",
    .denied = "UnauthorizedOperation",
    .missing = "MissingParameter",
    .list_item = item_name,
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
};
