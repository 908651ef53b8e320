/* FSx, as far as backups need it: the tags of the backups that AWS Backup made. */
#include "simulator/backup.h"

#include "engine/aws/arn.h"
#include "simulator/tags.h"

#define PER_PAGE 50

static bool list_tags(struct sim_call *call)
{
    const char *arn = call_need(call, "ResourceARN"), *next = NULL;
    struct arn parts;
    if (!arn)
        return false;
    if (!arn_parse(slice_of(arn), &parts) || !slice_is(parts.service, "fsx"))
        return call_error(call, 400, "NotServiceResourceError", "%s is no resource of FSx", arn);
    const struct value *point =
        point_get(call->world, call->arena, call->account, call->region, arn);
    if (!point)
        return call_error(call, 400, "ResourceNotFound", "No resource of FSx is called %s", arn);
    struct objects rows = rows_of_map(call->arena, value_get(point, "Tags"));
    if (!call_page(call, &rows, "NextToken", "MaxResults", PER_PAGE, &next))
        return call_error(call, 400, "BadRequest", "The token is invalid");
    struct map_builder tags = map_begin(call->arena), b = map_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        map_put(&tags, rows.items[i].id, value_get(rows.items[i].body, "Value"));
    map_put(&b, "Tags", tags_to_list(call->arena, map_end(&tags), "Key", "Value"));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

static const struct sim_operation operations[] = {
    {"ListTagsForResource", NULL, NULL, list_tags, false, 0},
};

const struct sim_api sim_fsx = {
    .service = "fsx",
    .wire = SIM_JSON,
    .target = "AWSSimbaAPIService_v20180301",
    .version = "1.1",
    .missing = "BadRequest",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
};
