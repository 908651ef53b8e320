/* CloudWatch Logs: groups, retention, tags, streams and their events. */
#include "simulator/logs.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "simulator/metrics.h"
#include "simulator/tags.h"

#define GROUP "logs.group"
#define STREAM "~logs.stream"
#define EVENT "~logs.event"

static bool not_found(struct sim_call *call, const char *what)
{
    return call_error(call, 400, "ResourceNotFoundException", "The specified %s does not exist.",
                      what);
}

static const struct value *need_group(struct sim_call *call, const char **ret_name)
{
    const char *name = call_need(call, "logGroupName");
    if (!name)
        return NULL;
    *ret_name = name;
    const struct value *group =
        store_get(call->world, call->arena, GROUP, call->account, call->region, name);
    if (!group)
        not_found(call, "log group");
    return group;
}

static bool save(struct sim_call *call, const char *name, const struct value *group)
{
    store_put(call->world, GROUP, call->account, call->region, name, group);
    return call_answer(call, NULL);
}

static const struct value *group_make(struct world *world, struct arena *arena, const char *account,
                                      const char *region, const char *name)
{
    struct map_builder none = map_begin(arena);
    struct map_builder b = map_begin(arena);
    map_put_int(&b, "Created_ms", world_now_ms(world));
    map_put(&b, "Tags", map_end(&none));
    const struct value *group = map_end(&b);
    store_put(world, GROUP, account, region, name, group);
    return group;
}

static bool create_group(struct sim_call *call)
{
    const char *name = call_need(call, "logGroupName");
    if (!name)
        return false;
    if (store_get(call->world, call->arena, GROUP, call->account, call->region, name))
        return call_error(call, 400, "ResourceAlreadyExistsException",
                          "The specified log group already exists");
    const struct value *tags = call_get(call, "tags");
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "InvalidParameterException", "%s", refused);
    struct map_builder b = map_begin_from(
        call->arena, group_make(call->world, call->arena, call->account, call->region, name));
    map_put(&b, "Tags", tags);
    map_put(&b, "KmsKeyId", call_get(call, "kmsKeyId"));
    map_put(&b, "Class", call_get(call, "logGroupClass"));
    return save(call, name, map_end(&b));
}

static void delete_below(struct sim_call *call, const char *kind, const char *prefix)
{
    struct objects rows =
        store_list(call->world, call->arena, kind, call->account, call->region, prefix);
    for (size_t i = 0; i < rows.len; i++)
        store_delete(call->world, kind, call->account, call->region, rows.items[i].id);
}

static bool delete_group(struct sim_call *call)
{
    const char *name;
    if (!need_group(call, &name))
        return false;
    store_delete(call->world, GROUP, call->account, call->region, name);
    delete_below(call, STREAM, arena_printf(call->arena, "%s:", name));
    delete_below(call, EVENT, arena_printf(call->arena, "%s:", name));
    return call_answer(call, NULL);
}

static bool describe_groups(struct sim_call *call)
{
    const char *prefix = call_str(call, "logGroupNamePrefix"), *next;
    struct objects rows;
    if (!store_page(call, GROUP, prefix, "nextToken", "limit", 50, &rows, &next))
        return call_error(call, 400, "InvalidParameterException",
                          "The specified nextToken is "
                          "invalid.");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *group = rows.items[i].body;
        const char *arn = call_arn(call, "logs", "log-group:%s", rows.items[i].id);
        struct map_builder b = map_begin(call->arena);
        map_put_str(&b, "logGroupName", rows.items[i].id);
        map_put_int(&b, "creationTime", value_get_int(group, "Created_ms", 0));
        map_put(&b, "retentionInDays", value_get(group, "RetentionInDays"));
        map_put_int(&b, "metricFilterCount", 0);
        map_put_str(&b, "arn", arena_printf(call->arena, "%s:*", arn));
        map_put_int(&b, "storedBytes", 0);
        map_put(&b, "kmsKeyId", value_get(group, "KmsKeyId"));
        const char *class = value_get_str(group, "Class");
        map_put_str(&b, "logGroupClass", class ? class : "STANDARD");
        map_put_str(&b, "logGroupArn", arn);
        list_add(&list, map_end(&b));
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "logGroups", list_end(&list));
    map_put_str(&b, "nextToken", next);
    return call_answer(call, map_end(&b));
}

static bool put_retention(struct sim_call *call)
{
    static const int days_allowed[] = {1,    3,    5,    7,    14,   30,  60,  90,
                                       120,  150,  180,  365,  400,  545, 731, 1096,
                                       1827, 2192, 2557, 2922, 3288, 3653};
    const char *name;
    const struct value *group = need_group(call, &name);
    if (!group)
        return false;
    int64_t days = call_int(call, "retentionInDays", 0);
    for (size_t i = 0; i < ARRAY_LEN(days_allowed); i++) {
        if (days_allowed[i] == days)
            return save(
                call, name,
                value_with(call->arena, group, "RetentionInDays", value_int(call->arena, days)));
    }
    return call_error(call, 400, "InvalidParameterException",
                      "1 validation error detected: Value '%lld' at 'retentionInDays' failed to "
                      "satisfy constraint",
                      (long long)days);
}

static bool delete_retention(struct sim_call *call)
{
    const char *name;
    const struct value *group = need_group(call, &name);
    return group && save(call, name, value_without(call->arena, group, "RetentionInDays"));
}

static bool associate_key(struct sim_call *call)
{
    const char *name;
    const struct value *group = need_group(call, &name);
    const char *key = group ? call_need(call, "kmsKeyId") : NULL;
    return key && save(call, name,
                       value_with(call->arena, group, "KmsKeyId", value_string(call->arena, key)));
}

static bool disassociate_key(struct sim_call *call)
{
    const char *name;
    const struct value *group = need_group(call, &name);
    return group && save(call, name, value_without(call->arena, group, "KmsKeyId"));
}

/* ---- tags, by ARN (with or without ":*" at the end) ---- */

static const struct value *need_arn(struct sim_call *call, const char **ret_name)
{
    const char *text = call_need(call, "resourceArn");
    struct arn arn;
    if (!text)
        return NULL;
    if (!arn_parse(slice_of(text), &arn) || !slice_starts(arn.resource, "log-group:")) {
        call_error(call, 400, "InvalidParameterException", "%s is not the ARN of a log group",
                   text);
        return NULL;
    }
    struct slice name = slice_from(arn.resource, strlen("log-group:"));
    if (name.len > 2 && memcmp(name.ptr + name.len - 2, ":*", 2) == 0)
        name.len -= 2;
    *ret_name = arena_strndup(call->arena, name.ptr, name.len);
    const struct value *group =
        store_get(call->world, call->arena, GROUP, call->account, call->region, *ret_name);
    if (!group)
        not_found(call, "log group");
    return group;
}

static bool tag_resource(struct sim_call *call)
{
    const char *name;
    const struct value *group = need_arn(call, &name);
    if (!group)
        return false;
    const struct value *tags =
        tags_merge(call->arena, value_get(group, "Tags"), call_get(call, "tags"));
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "InvalidParameterException", "%s", refused);
    return save(call, name, value_with(call->arena, group, "Tags", tags));
}

static bool untag_resource(struct sim_call *call)
{
    const char *name;
    const struct value *group = need_arn(call, &name);
    return group && save(call, name,
                         value_with(call->arena, group, "Tags",
                                    tags_remove(call->arena, value_get(group, "Tags"),
                                                call_get(call, "tagKeys"))));
}

static bool list_tags(struct sim_call *call)
{
    const char *name;
    const struct value *group = need_arn(call, &name);
    if (!group)
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "tags", value_get(group, "Tags"));
    return call_answer(call, map_end(&b));
}

/* ---- streams and events ---- */

static const char *stream_id(struct arena *arena, const char *group, const char *stream)
{
    return arena_printf(arena, "%s:%s", group, stream);
}

static void stream_make(struct world *world, struct arena *arena, const char *account,
                        const char *region, const char *id)
{
    struct map_builder b = map_begin(arena);
    map_put_int(&b, "Created_ms", world_now_ms(world));
    map_put_int(&b, "Events", 0);
    store_put(world, STREAM, account, region, id, map_end(&b));
}

static void append(struct world *world, struct arena *arena, const char *account,
                   const char *region, const char *id, int64_t at, const char *line)
{
    const struct value *stream = store_get(world, arena, STREAM, account, region, id);
    int64_t count = value_get_int(stream, "Events", 0);
    struct map_builder b = map_begin(arena);
    map_put_int(&b, "At_ms", at);
    map_put_str(&b, "Message", line);
    store_put(world, EVENT, account, region,
              arena_printf(arena, "%s:%012lld", id, (long long)count), map_end(&b));
    store_put(world, STREAM, account, region, id,
              value_with(arena, stream, "Events", value_int(arena, count + 1)));
    metrics_embedded(world, arena, account, region, line);
}

void logs_append(struct world *world, struct arena *arena, const char *account, const char *region,
                 const char *group, const char *stream, const char *line)
{
    if (!store_get(world, arena, GROUP, account, region, group))
        group_make(world, arena, account, region, group);
    const char *id = stream_id(arena, group, stream);
    if (!store_get(world, arena, STREAM, account, region, id))
        stream_make(world, arena, account, region, id);
    append(world, arena, account, region, id, world_now_ms(world), line);
}

static bool create_stream(struct sim_call *call)
{
    const char *name;
    const char *stream = need_group(call, &name) ? call_need(call, "logStreamName") : NULL;
    if (!stream)
        return false;
    const char *id = stream_id(call->arena, name, stream);
    if (store_get(call->world, call->arena, STREAM, call->account, call->region, id))
        return call_error(call, 400, "ResourceAlreadyExistsException",
                          "The specified log stream already exists");
    stream_make(call->world, call->arena, call->account, call->region, id);
    return call_answer(call, NULL);
}

static const char *need_stream(struct sim_call *call)
{
    const char *name;
    const char *stream = need_group(call, &name) ? call_need(call, "logStreamName") : NULL;
    if (!stream)
        return NULL;
    const char *id = stream_id(call->arena, name, stream);
    if (store_get(call->world, call->arena, STREAM, call->account, call->region, id))
        return id;
    not_found(call, "log stream");
    return NULL;
}

static bool put_events(struct sim_call *call)
{
    const char *id = need_stream(call);
    if (!id)
        return false;
    const struct value *events = call_get(call, "logEvents");
    for (size_t i = 0; i < value_len(events); i++) {
        const struct value *event = value_item(events, i);
        const char *line = value_get_str(event, "message");
        append(call->world, call->arena, call->account, call->region, id,
               value_get_int(event, "timestamp", call->now), line ? line : "");
    }
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "nextSequenceToken", "0");
    return call_answer(call, map_end(&b));
}

static bool describe_streams(struct sim_call *call)
{
    const char *name, *next;
    if (!need_group(call, &name))
        return false;
    const char *prefix = call_str(call, "logStreamNamePrefix");
    struct objects rows = store_list(call->world, call->arena, STREAM, call->account, call->region,
                                     stream_id(call->arena, name, prefix ? prefix : ""));
    if (!call_page(call, &rows, "nextToken", "limit", 50, &next))
        return call_error(call, 400, "InvalidParameterException",
                          "The specified nextToken is "
                          "invalid.");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        const char *stream = rows.items[i].id + strlen(name) + 1;
        struct map_builder b = map_begin(call->arena);
        map_put_str(&b, "logStreamName", stream);
        map_put_int(&b, "creationTime", value_get_int(rows.items[i].body, "Created_ms", 0));
        map_put_str(&b, "arn", call_arn(call, "logs", "log-group:%s:log-stream:%s", name, stream));
        list_add(&list, map_end(&b));
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "logStreams", list_end(&list));
    map_put_str(&b, "nextToken", next);
    return call_answer(call, map_end(&b));
}

static const struct value *event_shape(struct sim_call *call, const struct object *row,
                                       const char *stream)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "logStreamName", stream);
    map_put(&b, "timestamp", value_get(row->body, "At_ms"));
    map_put(&b, "message", value_get(row->body, "Message"));
    map_put(&b, "ingestionTime", value_get(row->body, "At_ms"));
    if (stream)
        map_put_str(&b, "eventId", row->id);
    return map_end(&b);
}

static bool get_events(struct sim_call *call)
{
    const char *id = need_stream(call);
    if (!id)
        return false;
    struct objects rows = store_list(call->world, call->arena, EVENT, call->account, call->region,
                                     arena_printf(call->arena, "%s:", id));
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, event_shape(call, &rows.items[i], NULL));
    /* the same token comes back at the end: that is how callers of AWS know it */
    const char *token = call_str(call, "nextToken");
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "events",
            token ? list_end(&(struct list_builder){.arena = call->arena}) : list_end(&list));
    map_put_str(&b, "nextForwardToken", "f/end");
    map_put_str(&b, "nextBackwardToken", "b/end");
    return call_answer(call, map_end(&b));
}

static bool filter_events(struct sim_call *call)
{
    const char *name, *next;
    if (!need_group(call, &name))
        return false;
    struct objects rows = store_list(call->world, call->arena, EVENT, call->account, call->region,
                                     arena_printf(call->arena, "%s:", name));
    const char *pattern = call_str(call, "filterPattern");
    int64_t start = call_int(call, "startTime", 0);
    size_t kept = 0;
    for (size_t i = 0; i < rows.len; i++) {
        const char *message = value_get_str(rows.items[i].body, "Message");
        if (value_get_int(rows.items[i].body, "At_ms", 0) >= start &&
            (!pattern || !*pattern || strstr(message, pattern)))
            rows.items[kept++] = rows.items[i];
    }
    rows.len = kept;
    if (!call_page(call, &rows, "nextToken", "limit", 10000, &next))
        return call_error(call, 400, "InvalidParameterException",
                          "The specified nextToken is "
                          "invalid.");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        const char *stream = rows.items[i].id + strlen(name) + 1;
        const char *end = strrchr(stream, ':');
        list_add(&list, event_shape(call, &rows.items[i],
                                    arena_strndup(call->arena, stream, (size_t)(end - stream))));
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "events", list_end(&list));
    map_put_str(&b, "nextToken", next);
    return call_answer(call, map_end(&b));
}

static const struct sim_operation operations[] = {
    {.name = "CreateLogGroup", .run = create_group, .writes = true},
    {.name = "DeleteLogGroup", .run = delete_group, .writes = true},
    {.name = "DescribeLogGroups", .run = describe_groups},
    {.name = "PutRetentionPolicy", .run = put_retention, .writes = true},
    {.name = "DeleteRetentionPolicy", .run = delete_retention, .writes = true},
    {.name = "AssociateKmsKey", .run = associate_key, .writes = true},
    {.name = "DisassociateKmsKey", .run = disassociate_key, .writes = true},
    {.name = "TagResource", .run = tag_resource, .writes = true},
    {.name = "UntagResource", .run = untag_resource, .writes = true},
    {.name = "ListTagsForResource", .run = list_tags},
    {.name = "CreateLogStream", .run = create_stream, .writes = true},
    {.name = "PutLogEvents", .run = put_events, .writes = true},
    {.name = "DescribeLogStreams", .run = describe_streams},
    {.name = "GetLogEvents", .run = get_events},
    {.name = "FilterLogEvents", .run = filter_events},
};

const struct sim_api sim_logs = {
    .service = "logs",
    .wire = SIM_JSON,
    .target = "Logs_20140328",
    .version = "1.1",
    .missing = "InvalidParameterException",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
};
