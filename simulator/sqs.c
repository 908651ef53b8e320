/* SQS: queues, their attributes, policies and tags, and as much of messages as dead letters need.
 */
#include "simulator/sqs.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/partition.h"
#include "engine/base/crypto.h"
#include "simulator/authorize.h"
#include "simulator/metrics.h"
#include "simulator/tags.h"

#define QUEUE "sqs.queue"
#define DELETED "~sqs.deleted"
#define MESSAGE "~sqs.message"
#define DELETED_FOR_MS MINUTE_MS

/* What a queue has when nobody says otherwise. */
static const char *const defaults[][2] = {
    {"DelaySeconds", "0"},
    {"MaximumMessageSize", "262144"},
    {"MessageRetentionPeriod", "345600"},
    {"ReceiveMessageWaitTimeSeconds", "0"},
    {"VisibilityTimeout", "30"},
    {"SqsManagedSseEnabled", "true"},
};

static const char *const settable[] = {"DelaySeconds",
                                       "MaximumMessageSize",
                                       "KmsMasterKeyId",
                                       "MessageRetentionPeriod",
                                       "Policy",
                                       "ReceiveMessageWaitTimeSeconds",
                                       "RedrivePolicy",
                                       "KmsDataKeyReusePeriodSeconds",
                                       "FifoQueue",
                                       "RedriveAllowPolicy",
                                       "FifoThroughputLimit",
                                       "ContentBasedDeduplication",
                                       "DeduplicationScope",
                                       "VisibilityTimeout",
                                       "SqsManagedSseEnabled",
                                       NULL};

/* The JSON protocol names the shape, the query protocol the code of old. */
static bool fail(struct sim_call *call, const char *shape, const char *code, const char *message)
{
    if (call->wire == SIM_QUERY)
        return call_error(call, 400, code, "%s", message);
    call_header(call, "x-amzn-query-error", arena_printf(call->arena, "%s;Sender", code));
    return call_error(call, 400, arena_printf(call->arena, "com.amazonaws.sqs#%s", shape), "%s",
                      message);
}

static const char *queue_arn(struct arena *arena, const char *account, const char *region,
                             const char *name)
{
    return arena_printf(arena, "arn:%s:sqs:%s:%s:%s", partition_of_region(region), region, account,
                        name);
}

static const char *queue_url(struct sim_call *call, const char *name)
{
    return arena_printf(call->arena, "https://sqs.%s.%s/%s/%s", call->region,
                        partition_dns_suffix(call->partition), call->account, name);
}

struct queue {
    const char *account, *name, *arn;
    const struct value *body;
};

static const struct value *queue_policy(struct arena *arena, const struct value *body)
{
    const char *text = value_get_str(value_get(body, "Attributes"), "Policy"), *why = NULL;
    return text ? policy_from_text(arena, slice_of(text), &why) : NULL;
}

/* The queue of QueueUrl (".../ACCOUNT/NAME"), if the caller may. */
static bool need_queue(struct sim_call *call, struct queue *ret)
{
    const char *url = call_need(call, "QueueUrl");
    const char *slash = url ? strrchr(url, '/') : NULL;
    if (!url)
        return false;
    const char *account = call->account;
    if (slash && slash - url >= 12) {
        const char *id = arena_strndup(call->arena, slash - 12, 12);
        account = account_id_is_valid(id) ? id : account;
    }
    const char *name = slash ? slash + 1 : url;
    const char *arn = queue_arn(call->arena, account, call->region, name);
    const struct value *body =
        store_get(call->world, call->arena, QUEUE, account, call->region, name);
    if (!body)
        return fail(call, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
                    "The specified queue does not exist.");
    *ret = (struct queue){account, name, arn, body};
    return call_authorize(call, arena_printf(call->arena, "sqs:%s", call->operation->name), arn,
                          queue_policy(call->arena, body), NULL);
}

static bool save(struct sim_call *call, const struct queue *queue, const char *member,
                 const struct value *v)
{
    store_put(call->world, QUEUE, queue->account, call->region, queue->name,
              value_with(call->arena, queue->body, member, v));
    return call_answer(call, NULL);
}

/* Checks attributes and returns them as texts; NULL with the error set. */
static const struct value *read_attributes(struct sim_call *call)
{
    const struct value *given = call_get(call, "Attributes");
    if (!given)
        given = call_get(call, "Attribute"); /* the query protocol's name */
    struct map_builder b = map_begin(call->arena);
    if (value_is(given, VALUE_LIST)) {
        const struct value *map = tags_from_list(call->arena, given, "Name", "Value");
        given = map;
    }
    for (size_t i = 0; i < value_len(given); i++) {
        const struct value_entry *entry = &given->map.entries[i];
        const char *text = value_str(entry->value), *why = NULL;
        if (!str_is_one_of(entry->key, settable) || !text) {
            fail(call, "InvalidAttributeName", "InvalidAttributeName",
                 arena_printf(call->arena, "Unknown Attribute %s.", entry->key));
            return NULL;
        }
        if (str_eq(entry->key, "Policy") && *text) {
            const struct value *doc = policy_read(call->arena, text, POLICY_RESOURCE, &why);
            if (!doc || policy_unknown_principal(call->world, call->arena, doc)) {
                fail(call, "InvalidAttributeValue", "InvalidAttributeValue",
                     "Invalid value for the parameter Policy.");
                return NULL;
            }
        }
        map_put_str(&b, entry->key, text);
    }
    return map_end(&b);
}

static const struct value *with_defaults(struct arena *arena, const struct value *attributes)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
        map_put_str(&b, defaults[i][0], defaults[i][1]);
    return tags_merge(arena, map_end(&b), attributes);
}

/* ---- queues ---- */

static bool name_is_valid(const char *name)
{
    size_t len = strlen(name);
    if (len > 5 && str_eq(name + len - 5, ".fifo"))
        len -= 5;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return len > 0 && strlen(name) <= 80;
}

static bool answer_url(struct sim_call *call, const char *name)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "QueueUrl", queue_url(call, name));
    return call_answer(call, map_end(&b));
}

static bool create_queue(struct sim_call *call)
{
    const char *name = call_need(call, "QueueName");
    const struct value *given = name ? read_attributes(call) : NULL;
    if (!given)
        return false;
    if (!name_is_valid(name))
        return fail(call, "InvalidAddress", "InvalidParameterValue",
                    "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in "
                    "length");
    const struct value *attributes = with_defaults(call->arena, given);
    const struct value *old =
        store_get(call->world, call->arena, QUEUE, call->account, call->region, name);
    if (old && value_equal(tags_merge(call->arena, value_get(old, "Attributes"), given),
                           value_get(old, "Attributes")))
        return answer_url(call, name);
    if (old)
        return fail(call, "QueueNameExists", "QueueAlreadyExists",
                    "A queue already exists with the same name and a different value for an "
                    "attribute");
    const struct value *gone =
        store_get(call->world, call->arena, DELETED, call->account, call->region, name);
    if (gone && value_get_int(gone, "Deleted_ms", 0) + DELETED_FOR_MS > call->now)
        return fail(call, "QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently",
                    "You must wait 60 seconds after deleting a queue before you can create another "
                    "with the same name.");
    const struct value *tags = call_get(call, "tags");
    struct map_builder none = map_begin(call->arena);
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Attributes", attributes);
    map_put(&b, "Tags", tags ? tags : map_end(&none));
    map_put_int(&b, "Created_ms", call->now);
    map_put_int(&b, "Modified_ms", call->now);
    store_put(call->world, QUEUE, call->account, call->region, name, map_end(&b));
    return answer_url(call, name);
}

static bool get_queue_url(struct sim_call *call)
{
    const char *name = call_need(call, "QueueName");
    if (!name)
        return false;
    if (!store_get(call->world, call->arena, QUEUE, call->account, call->region, name))
        return fail(call, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
                    "The specified queue does not exist.");
    return answer_url(call, name);
}

static bool list_queues(struct sim_call *call)
{
    const char *next;
    struct objects rows;
    if (!store_page(call, QUEUE, call_str(call, "QueueNamePrefix"), "NextToken", "MaxResults", 1000,
                    &rows, &next))
        return fail(call, "InvalidAddress", "InvalidParameterValue", "Invalid NextToken");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add_str(&list, queue_url(call, rows.items[i].id));
    struct map_builder b = map_begin(call->arena);
    if (list.len)
        map_put(&b, "QueueUrls", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

static struct objects messages_of(struct world *world, struct arena *arena, const char *account,
                                  const char *region, const char *name)
{
    return store_list(world, arena, MESSAGE, account, region, arena_printf(arena, "%s:", name));
}

static const struct value *all_attributes(struct sim_call *call, const struct queue *queue)
{
    struct objects messages =
        messages_of(call->world, call->arena, queue->account, call->region, queue->name);
    int64_t hidden = 0;
    for (size_t i = 0; i < messages.len; i++)
        hidden += value_get_int(messages.items[i].body, "Visible_ms", 0) > call->now;
    const struct value *attributes = value_get(queue->body, "Attributes");
    struct map_builder b = map_begin_from(call->arena, attributes);
    if (str_eq(value_get_str(attributes, "Policy"), ""))
        map_drop(&b, "Policy");
    else
        map_put_str(&b, "Policy", policy_echo(call->arena, value_get_str(attributes, "Policy")));
    map_put_str(&b, "QueueArn", queue->arn);
    map_put_str(&b, "ApproximateNumberOfMessages",
                arena_printf(call->arena, "%lld", (long long)((int64_t)messages.len - hidden)));
    map_put_str(&b, "ApproximateNumberOfMessagesNotVisible",
                arena_printf(call->arena, "%lld", (long long)hidden));
    map_put_str(&b, "ApproximateNumberOfMessagesDelayed", "0");
    map_put_str(&b, "CreatedTimestamp",
                arena_printf(call->arena, "%lld",
                             (long long)(value_get_int(queue->body, "Created_ms", 0) / 1000)));
    map_put_str(&b, "LastModifiedTimestamp",
                arena_printf(call->arena, "%lld",
                             (long long)(value_get_int(queue->body, "Modified_ms", 0) / 1000)));
    return map_end(&b);
}

static bool get_attributes(struct sim_call *call)
{
    struct queue queue;
    if (!need_queue(call, &queue))
        return false;
    const struct value *names = call_get(call, "AttributeNames");
    if (!names)
        names = call_get(call, "AttributeName");
    const struct value *all = all_attributes(call, &queue);
    struct map_builder b = map_begin(call->arena);
    for (size_t i = 0; i < value_len(names); i++) {
        const char *name = value_str(value_item(names, i));
        if (str_eq(name, "All"))
            b = map_begin_from(call->arena, all);
        else if (name)
            map_put(&b, name, value_get(all, name));
    }
    const struct value *found = map_end(&b);
    struct map_builder answer = map_begin(call->arena);
    if (call->wire == SIM_QUERY)
        map_put(&answer, "Attribute", tags_to_list(call->arena, found, "Name", "Value"));
    else if (value_len(found))
        map_put(&answer, "Attributes", found);
    return call_answer(call, map_end(&answer));
}

static bool set_attributes(struct sim_call *call)
{
    struct queue queue;
    const struct value *given = need_queue(call, &queue) ? read_attributes(call) : NULL;
    if (!given)
        return false;
    struct map_builder b = map_begin_from(call->arena, value_get(queue.body, "Attributes"));
    for (size_t i = 0; i < value_len(given); i++) {
        const char *name = given->map.entries[i].key;
        const char *text = value_str(given->map.entries[i].value);
        if (str_eq(name, "FifoQueue"))
            return fail(call, "InvalidAttributeName", "InvalidAttributeName",
                        "You can specify the FifoQueue attribute only when you create the queue.");
        if (*text)
            map_put_str(&b, name, text);
        else
            map_drop(&b, name); /* an empty policy or redrive policy removes it */
    }
    queue.body =
        value_with(call->arena, queue.body, "Modified_ms", value_int(call->arena, call->now));
    return save(call, &queue, "Attributes", map_end(&b));
}

static void drop_messages(struct sim_call *call, const struct queue *queue)
{
    struct objects rows =
        messages_of(call->world, call->arena, queue->account, call->region, queue->name);
    for (size_t i = 0; i < rows.len; i++)
        store_delete(call->world, MESSAGE, queue->account, call->region, rows.items[i].id);
}

static bool delete_queue(struct sim_call *call)
{
    struct queue queue;
    if (!need_queue(call, &queue))
        return false;
    drop_messages(call, &queue);
    store_delete(call->world, QUEUE, queue.account, call->region, queue.name);
    struct map_builder b = map_begin(call->arena);
    map_put_int(&b, "Deleted_ms", call->now);
    store_put(call->world, DELETED, queue.account, call->region, queue.name, map_end(&b));
    return call_answer(call, NULL);
}

static bool purge_queue(struct sim_call *call)
{
    struct queue queue;
    if (!need_queue(call, &queue))
        return false;
    drop_messages(call, &queue);
    return call_answer(call, NULL);
}

/* ---- tags ---- */

static bool tag_queue(struct sim_call *call)
{
    struct queue queue;
    if (!need_queue(call, &queue))
        return false;
    const struct value *tags =
        tags_merge(call->arena, value_get(queue.body, "Tags"), call_get(call, "Tags"));
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return fail(call, "InvalidAddress", "InvalidParameterValue", refused);
    return save(call, &queue, "Tags", tags);
}

static bool untag_queue(struct sim_call *call)
{
    struct queue queue;
    return need_queue(call, &queue) &&
           save(call, &queue, "Tags",
                tags_remove(call->arena, value_get(queue.body, "Tags"), call_get(call, "TagKeys")));
}

static bool list_tags(struct sim_call *call)
{
    struct queue queue;
    if (!need_queue(call, &queue))
        return false;
    struct map_builder b = map_begin(call->arena);
    if (value_len(value_get(queue.body, "Tags")))
        map_put(&b, "Tags", value_get(queue.body, "Tags"));
    return call_answer(call, map_end(&b));
}

/* ---- messages ---- */

void sqs_tell(struct world *world, struct arena *arena, const char *account, const char *region,
              const char *name)
{
    if (!metrics_matter(world, account, region))
        return;
    struct objects messages = messages_of(world, arena, account, region, name);
    size_t visible = 0;
    for (size_t i = 0; i < messages.len; i++)
        visible += value_get_int(messages.items[i].body, "Visible_ms", 0) <= world_now_ms(world);
    if (visible > 0)
        metric_count(world, arena, account, region, "AWS/SQS", "ApproximateNumberOfMessagesVisible",
                     "QueueName", name, (double)visible);
}

static const struct value *send(struct world *world, struct arena *arena, const char *account,
                                const char *region, const char *name, const char *body,
                                const struct value *attributes)
{
    const struct value *counter = store_get(world, arena, "~sqs.counter", account, region, name);
    int64_t number = value_get_int(counter, "Count", 0) + 1;
    struct map_builder count = map_begin(arena);
    map_put_int(&count, "Count", number);
    store_put(world, "~sqs.counter", account, region, name, map_end(&count));
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "MessageId", id_uuid(world, arena));
    map_put_str(&b, "Body", body);
    map_put(&b, "MessageAttributes", attributes);
    map_put_int(&b, "Sent_ms", world_now_ms(world));
    map_put_int(&b, "Visible_ms", world_now_ms(world));
    map_put_int(&b, "Receives", 0);
    const struct value *message = map_end(&b);
    store_put(world, MESSAGE, account, region,
              arena_printf(arena, "%s:%012lld", name, (long long)number), message);
    sqs_tell(world, arena, account, region, name);
    return message;
}

bool sqs_deliver(struct world *world, struct arena *arena, const char *queue_arn_text,
                 const char *principal, const char *source_arn, const char *body,
                 const struct value *attributes, const char **ret_why)
{
    struct arn arn;
    if (!arn_parse(slice_of(queue_arn_text), &arn) || !slice_is(arn.service, "sqs")) {
        *ret_why = "it is not the ARN of a queue";
        return false;
    }
    const char *account = arena_strndup(arena, arn.account.ptr, arn.account.len);
    const char *region = arena_strndup(arena, arn.region.ptr, arn.region.len);
    const char *name = arena_strndup(arena, arn.resource.ptr, arn.resource.len);
    const struct value *queue = store_get(world, arena, QUEUE, account, region, name);
    if (!queue) {
        *ret_why = "the queue does not exist";
        return false;
    }
    bool is_service = str_ends(principal, ".amazonaws.com");
    struct map_builder context = map_begin(arena);
    map_put_str(&context, "aws:SourceArn", source_arn);
    struct arn source;
    if (source_arn && arn_parse(slice_of(source_arn), &source))
        map_put_str(&context, "aws:SourceAccount",
                    arena_strndup(arena, source.account.ptr, source.account.len));
    const struct authorization request = {
        .principal = is_service ? NULL : principal,
        .service = is_service ? principal : NULL,
        .action = "sqs:SendMessage",
        .resource = queue_arn_text,
        .resource_policy = queue_policy(arena, queue),
        .context = map_end(&context),
    };
    if (!authorize(world, arena, &request, ret_why))
        return false;
    send(world, arena, account, region, name, body, attributes);
    return true;
}

/* {"name": {"StringValue": ..., "DataType": "String"}} */
static const struct value *plain_attributes(struct arena *arena, const struct value *given)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < value_len(given); i++)
        map_put(&b, given->map.entries[i].key,
                value_get(given->map.entries[i].value, "StringValue"));
    return map_end(&b);
}

static const struct value *typed_attributes(struct arena *arena, const struct value *plain)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < value_len(plain); i++) {
        struct map_builder one = map_begin(arena);
        map_put(&one, "StringValue", plain->map.entries[i].value);
        map_put_str(&one, "DataType", "String");
        map_put(&b, plain->map.entries[i].key, map_end(&one));
    }
    return map_end(&b);
}

/* No MD5 here: clients check it only where it is given. */
static bool send_message(struct sim_call *call)
{
    struct queue queue;
    const char *body = need_queue(call, &queue) ? call_need(call, "MessageBody") : NULL;
    if (!body)
        return false;
    const struct value *message =
        send(call->world, call->arena, queue.account, call->region, queue.name, body,
             plain_attributes(call->arena, call_get(call, "MessageAttributes")));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "MessageId", value_get(message, "MessageId"));
    return call_answer(call, map_end(&b));
}

static const struct value *receive_one(struct sim_call *call, const struct queue *queue,
                                       const struct object *row, int64_t hidden_s)
{
    int64_t receives = value_get_int(row->body, "Receives", 0) + 1;
    const char *receipt = base64_encode(
        call->arena, slice_of(arena_printf(call->arena, "%s/%lld", row->id, (long long)receives)));
    struct map_builder kept = map_begin_from(call->arena, row->body);
    map_put_int(&kept, "Receives", receives);
    map_put_int(&kept, "Visible_ms", call->now + hidden_s * 1000);
    store_put(call->world, MESSAGE, queue->account, call->region, row->id, map_end(&kept));
    struct map_builder attributes = map_begin(call->arena);
    map_put_str(&attributes, "ApproximateReceiveCount",
                arena_printf(call->arena, "%lld", (long long)receives));
    map_put_str(
        &attributes, "SentTimestamp",
        arena_printf(call->arena, "%lld", (long long)value_get_int(row->body, "Sent_ms", 0)));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "MessageId", value_get(row->body, "MessageId"));
    map_put_str(&b, "ReceiptHandle", receipt);
    map_put(&b, "Body", value_get(row->body, "Body"));
    map_put(&b, "Attributes", map_end(&attributes));
    const struct value *more = value_get(row->body, "MessageAttributes");
    if (value_len(more))
        map_put(&b, "MessageAttributes", typed_attributes(call->arena, more));
    return map_end(&b);
}

static bool receive_message(struct sim_call *call)
{
    struct queue queue;
    if (!need_queue(call, &queue))
        return false;
    const struct value *attributes = value_get(queue.body, "Attributes");
    long long kept_s = 345600, hidden_s = 30;
    const char *retention = value_get_str(attributes, "MessageRetentionPeriod");
    const char *timeout = value_get_str(attributes, "VisibilityTimeout");
    (void)(retention && parse_int64(slice_of(retention), &kept_s));
    (void)(timeout && parse_int64(slice_of(timeout), &hidden_s));
    hidden_s = call_int(call, "VisibilityTimeout", hidden_s);
    int64_t max = call_int(call, "MaxNumberOfMessages", 1);
    struct objects rows =
        messages_of(call->world, call->arena, queue.account, call->region, queue.name);
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len && (int64_t)list.len < max; i++) {
        if (value_get_int(rows.items[i].body, "Sent_ms", 0) + kept_s * 1000 <= call->now)
            store_delete(call->world, MESSAGE, queue.account, call->region, rows.items[i].id);
        else if (value_get_int(rows.items[i].body, "Visible_ms", 0) <= call->now)
            list_add(&list, receive_one(call, &queue, &rows.items[i], hidden_s));
    }
    struct map_builder b = map_begin(call->arena);
    if (list.len)
        map_put(&b, "Messages", list_end(&list));
    return call_answer(call, map_end(&b));
}

static bool need_receipt(struct sim_call *call, struct queue *queue, const char **ret_id)
{
    const char *receipt = need_queue(call, queue) ? call_need(call, "ReceiptHandle") : NULL;
    struct slice text;
    if (!receipt)
        return false;
    if (!base64_decode(call->arena, slice_of(receipt), &text))
        return fail(call, "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid",
                    "The input receipt handle is invalid.");
    struct slice id = slice_cut(&text, '/');
    *ret_id = arena_strndup(call->arena, id.ptr, id.len);
    return true;
}

static bool delete_message(struct sim_call *call)
{
    struct queue queue;
    const char *id;
    if (!need_receipt(call, &queue, &id))
        return false;
    store_delete(call->world, MESSAGE, queue.account, call->region, id);
    return call_answer(call, NULL);
}

static bool change_visibility(struct sim_call *call)
{
    struct queue queue;
    const char *id;
    if (!need_receipt(call, &queue, &id))
        return false;
    const struct value *message =
        store_get(call->world, call->arena, MESSAGE, queue.account, call->region, id);
    if (message)
        store_put(call->world, MESSAGE, queue.account, call->region, id,
                  value_with(call->arena, message, "Visible_ms",
                             value_int(call->arena,
                                       call->now + call_int(call, "VisibilityTimeout", 0) * 1000)));
    return call_answer(call, NULL);
}

#define OWN(op, fn, changes)                                                                       \
    {                                                                                              \
        .name = (op), .run = (fn), .writes = (changes)                                             \
    }

static const struct sim_operation operations[] = {
    {.name = "CreateQueue", .run = create_queue, .writes = true},
    {.name = "GetQueueUrl", .run = get_queue_url},
    {.name = "ListQueues", .run = list_queues},
    OWN("GetQueueAttributes", get_attributes, false),
    OWN("SetQueueAttributes", set_attributes, true),
    OWN("DeleteQueue", delete_queue, true),
    OWN("PurgeQueue", purge_queue, true),
    OWN("TagQueue", tag_queue, true),
    OWN("UntagQueue", untag_queue, true),
    OWN("ListQueueTags", list_tags, false),
    OWN("SendMessage", send_message, true),
    OWN("ReceiveMessage", receive_message, true),
    OWN("DeleteMessage", delete_message, true),
    OWN("ChangeMessageVisibility", change_visibility, true),
};

const struct sim_api sim_sqs = {
    .service = "sqs",
    .wire = SIM_JSON,
    .target = "AmazonSQS",
    .version = "1.0",
    .xmlns = "http://queue.amazonaws.com/doc/2012-11-05/",
    .missing = "MissingParameter",
    .denied_status = 403,
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
};
