/* SNS: topics with their attributes, policies and tags; subscriptions; messages into queues. */
#include "simulator/sns.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/json.h"
#include "simulator/authorize.h"
#include "simulator/sqs.h"
#include "simulator/tags.h"

#define TOPIC "sns.topic"
#define SUBSCRIPTION "sns.subscription"
#define SNS_SERVICE "sns.amazonaws.com"
#define PAGE 100

static const char *const topic_attributes[] = {
    "DeliveryPolicy",   "DisplayName", "FifoTopic",     "KmsMasterKeyId",
    "SignatureVersion", "Policy",      "TracingConfig", NULL};
static const char *const subscription_attributes[] = {"DeliveryPolicy",    "FilterPolicy",
                                                      "FilterPolicyScope", "RawMessageDelivery",
                                                      "RedrivePolicy",     NULL};
static const char *const protocols[] = {"http", "https",  "email",       "email-json", "sms",
                                        "sqs",  "lambda", "application", "firehose",   NULL};
/* Somebody must follow a link before these get anything else. */
static const char *const confirmed_by_hand[] = {"http", "https", "email", "email-json", NULL};

static bool invalid(struct sim_call *call, const char *what, const char *why)
{
    return call_error(call, 400, "InvalidParameter", "Invalid parameter: %s%s", what, why);
}

static const char *item_of(const char *list)
{
    return str_eq(list, "Attributes") ? "entry" : NULL;
}

/* A map of text as XML writes it. */
static const struct value *entries(struct sim_call *call, const struct value *map)
{
    return tags_to_list(call->arena, map, "key", "value");
}

static const struct value *one(struct sim_call *call, const char *member, const struct value *v)
{
    struct map_builder b = map_begin(call->arena);
    map_put(&b, member, v);
    return map_end(&b);
}

/* ---- topics ---- */

struct topic {
    const char *arn, *account, *region, *name;
    const struct value *body;
};

/* What a topic allows when nobody says otherwise: everything to its account. */
static const char *default_policy(struct arena *arena, const struct topic *topic)
{
    return arena_printf(
        arena,
        "{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":[{\"Sid\":"
        "\"__default_statement_ID\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":["
        "\"SNS:GetTopicAttributes\",\"SNS:SetTopicAttributes\",\"SNS:AddPermission\","
        "\"SNS:RemovePermission\",\"SNS:DeleteTopic\",\"SNS:Subscribe\","
        "\"SNS:ListSubscriptionsByTopic\",\"SNS:Publish\"],\"Resource\":\"%s\",\"Condition\":{"
        "\"StringEquals\":{\"AWS:SourceOwner\":\"%s\"}}}]}",
        topic->arn, topic->account);
}

static const char *policy_text(struct arena *arena, const struct topic *topic)
{
    const char *text = value_get_str(value_get(topic->body, "Attributes"), "Policy");
    return text ? text : default_policy(arena, topic);
}

static const struct value *policy_of(struct arena *arena, const struct topic *topic)
{
    const char *why = NULL;
    return policy_from_text(arena, slice_of(policy_text(arena, topic)), &why);
}

static bool topic_find(struct world *world, struct arena *arena, const char *text,
                       struct topic *ret)
{
    struct arn arn;
    if (!text || !arn_parse(slice_of(text), &arn) || !slice_is(arn.service, "sns"))
        return false;
    *ret = (struct topic){.arn = text,
                          .account = arena_strndup(arena, arn.account.ptr, arn.account.len),
                          .region = arena_strndup(arena, arn.region.ptr, arn.region.len),
                          .name = arena_strndup(arena, arn.resource.ptr, arn.resource.len)};
    ret->body = store_get(world, arena, TOPIC, ret->account, ret->region, ret->name);
    return ret->body != NULL;
}

/* The topic that a member names, if the caller may. */
static bool need_topic(struct sim_call *call, const char *member, struct topic *ret)
{
    const char *text = call_need(call, member);
    struct arn arn;
    if (!text)
        return false;
    if (!arn_parse(slice_of(text), &arn) || !slice_is(arn.service, "sns") ||
        !slice_is(arn.region, call->region))
        return invalid(call, member, "");
    if (!topic_find(call->world, call->arena, text, ret)) {
        bool tags = str_eq(member, "ResourceArn");
        return call_error(call, 404, tags ? "ResourceNotFound" : "NotFound", "%s",
                          tags ? "Resource does not exist" : "Topic does not exist");
    }
    return call_authorize(call, arena_printf(call->arena, "sns:%s", call->operation->name),
                          ret->arn, policy_of(call->arena, ret), NULL);
}

static bool save(struct sim_call *call, const struct topic *topic, const char *member,
                 const struct value *v, const struct value *output)
{
    store_put(call->world, TOPIC, topic->account, topic->region, topic->name,
              value_with(call->arena, topic->body, member, v));
    return call_answer(call, output);
}

static bool actions_of_sns(const struct value *statement)
{
    const struct value *action = value_get(statement, "Action");
    size_t len = value_is(action, VALUE_LIST) ? action->list.len : 1;
    for (size_t i = 0; i < len; i++) {
        const char *text = value_str(value_is(action, VALUE_LIST) ? value_item(action, i) : action);
        if (!text || (!str_starts(text, "sns:") && !str_starts(text, "SNS:")))
            return false;
    }
    return true;
}

static bool check_policy(struct sim_call *call, const char *text)
{
    const char *why = NULL;
    const struct value *policy = policy_read(call->arena, text, POLICY_RESOURCE, &why);
    const struct value *statements = value_get(policy, "Statement");
    if (!policy)
        return invalid(call, "Policy Error: ", why);
    if (policy_unknown_principal(call->world, call->arena, policy))
        return invalid(call, "Policy Error: ", "PrincipalNotFound");
    for (size_t i = 0; value_is(statements, VALUE_LIST) && i < statements->list.len; i++)
        if (!actions_of_sns(value_item(statements, i)))
            return invalid(call, "Policy statement action out of service scope!", "");
    return true;
}

static bool check_topic_attribute(struct sim_call *call, const char *name, const char *text)
{
    if (!str_is_one_of(name, topic_attributes) || !text)
        return invalid(call, "AttributeName", "");
    if (str_eq(name, "DisplayName") && strlen(text) > 100)
        return invalid(call, "DisplayName", "");
    return !str_eq(name, "Policy") || check_policy(call, text);
}

static bool name_is_valid(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t len = strlen(name);
    return len > 0 && len <= 256 && strspn(name, allowed) == len;
}

/* A topic that is there is given back where it is what was asked for. */
static bool answer_existing(struct sim_call *call, const struct topic *old,
                            const struct value *attributes, const struct value *tags)
{
    const struct value *has = value_get(old->body, "Attributes");
    const struct value *tagged = value_get(old->body, "Tags");
    if (!value_equal(tags_merge(call->arena, has, attributes), has))
        return invalid(call,
                       "Attributes Reason: ", "Topic already exists with different attributes");
    if (value_len(tags) && !value_equal(tags_merge(call->arena, tagged, tags), tagged))
        return invalid(call, "Tags Reason: ", "Topic already exists with different tags");
    return call_answer(call, one(call, "TopicArn", value_string(call->arena, old->arn)));
}

static bool create_topic(struct sim_call *call)
{
    const char *name = call_need(call, "Name");
    if (!name)
        return false;
    if (!name_is_valid(name))
        return invalid(call, "Topic Name", "");
    const struct value *given = call_get(call, "Attributes");
    struct map_builder attributes = map_begin(call->arena), b = map_begin(call->arena);
    for (size_t i = 0; i < value_len(given); i++) {
        const struct value_entry *entry = &given->map.entries[i];
        if (!check_topic_attribute(call, entry->key, value_str(entry->value)))
            return false;
        map_put(&attributes, entry->key, entry->value);
    }
    const struct value *tags = tags_from_list(call->arena, call_get(call, "Tags"), "Key", "Value");
    const char *refused = tags_refused(call->arena, tags), *arn = call_arn(call, "sns", "%s", name);
    struct topic old;
    if (refused)
        return invalid(call, "Tags Reason: ", refused);
    if (topic_find(call->world, call->arena, arn, &old))
        return answer_existing(call, &old, map_end(&attributes), tags);
    map_put(&b, "Attributes", map_end(&attributes));
    map_put(&b, "Tags", tags);
    store_put(call->world, TOPIC, call->account, call->region, name, map_end(&b));
    return call_answer(call, one(call, "TopicArn", value_string(call->arena, arn)));
}

/* ---- subscriptions, as topics count them ---- */

/* By their topic's account and Region, under TOPIC:UUID. */
static struct objects subscriptions_of(struct world *world, struct arena *arena,
                                       const struct topic *topic)
{
    return store_list(world, arena, SUBSCRIPTION, topic->account, topic->region,
                      arena_printf(arena, "%s:", topic->name));
}

static const struct value *count_text(struct arena *arena, const struct objects *rows, bool pending)
{
    long long count = 0;
    for (size_t i = 0; i < rows->len; i++)
        count += value_get_bool(rows->items[i].body, "Pending", false) == pending;
    return value_stringf(arena, "%lld", count);
}

static bool get_topic_attributes(struct sim_call *call)
{
    struct topic topic;
    if (!need_topic(call, "TopicArn", &topic))
        return false;
    struct objects rows = subscriptions_of(call->world, call->arena, &topic);
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Policy", policy_echo(call->arena, policy_text(call->arena, &topic)));
    map_put_str(&b, "Owner", topic.account);
    map_put(&b, "SubscriptionsPending", count_text(call->arena, &rows, true));
    map_put_str(&b, "TopicArn", topic.arn);
    map_put_str(&b, "EffectiveDeliveryPolicy",
                "{\"http\":{\"defaultHealthyRetryPolicy\":{\"minDelayTarget\":20,"
                "\"maxDelayTarget\":20,\"numRetries\":3}}}");
    map_put(&b, "SubscriptionsConfirmed", count_text(call->arena, &rows, false));
    map_put_str(&b, "SubscriptionsDeleted", "0");
    map_put_str(&b, "DisplayName", "");
    const struct value *set =
        value_without(call->arena, value_get(topic.body, "Attributes"), "Policy");
    const struct value *all = tags_merge(call->arena, map_end(&b), set);
    return call_answer(call, one(call, "Attributes", entries(call, all)));
}

static bool set_topic_attribute(struct sim_call *call)
{
    struct topic topic;
    if (!need_topic(call, "TopicArn", &topic))
        return false;
    const char *name = call_need(call, "AttributeName"), *text = call_str(call, "AttributeValue");
    if (!name || !check_topic_attribute(call, name, text ? text : ""))
        return false;
    struct map_builder b = map_begin_from(call->arena, value_get(topic.body, "Attributes"));
    if (text && *text)
        map_put_str(&b, name, text);
    else
        map_drop(&b, name);
    return save(call, &topic, "Attributes", map_end(&b), NULL);
}

static bool delete_topic(struct sim_call *call)
{
    struct topic topic;
    const char *text = call_need(call, "TopicArn");
    if (!text)
        return false;
    if (!topic_find(call->world, call->arena, text, &topic))
        return call_answer(call, NULL); /* gone already is as good */
    if (!need_topic(call, "TopicArn", &topic))
        return false;
    struct objects rows = subscriptions_of(call->world, call->arena, &topic);
    for (size_t i = 0; i < rows.len; i++)
        store_delete(call->world, SUBSCRIPTION, topic.account, topic.region, rows.items[i].id);
    store_delete(call->world, TOPIC, topic.account, topic.region, topic.name);
    return call_answer(call, NULL);
}

static bool list_topics(struct sim_call *call)
{
    const char *next;
    struct objects rows;
    if (!store_page(call, TOPIC, NULL, "NextToken", NULL, PAGE, &rows, &next))
        return invalid(call, "NextToken", "");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list,
                 one(call, "TopicArn",
                     value_string(call->arena, call_arn(call, "sns", "%s", rows.items[i].id))));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Topics", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

/* ---- tags ---- */

static const struct value *nothing(struct sim_call *call)
{
    struct map_builder b = map_begin(call->arena);
    return map_end(&b);
}

static bool tag_resource(struct sim_call *call)
{
    struct topic topic;
    if (!need_topic(call, "ResourceArn", &topic))
        return false;
    const struct value *more = tags_from_list(call->arena, call_get(call, "Tags"), "Key", "Value");
    const struct value *tags = tags_merge(call->arena, value_get(topic.body, "Tags"), more);
    const char *refused = tags_refused(call->arena, tags);
    return refused ? invalid(call, "Tags Reason: ", refused)
                   : save(call, &topic, "Tags", tags, nothing(call));
}

static bool untag_resource(struct sim_call *call)
{
    struct topic topic;
    return need_topic(call, "ResourceArn", &topic) &&
           save(call, &topic, "Tags",
                tags_remove(call->arena, value_get(topic.body, "Tags"), call_get(call, "TagKeys")),
                nothing(call));
}

static bool list_tags(struct sim_call *call)
{
    struct topic topic;
    return need_topic(call, "ResourceArn", &topic) &&
           call_answer(
               call, one(call, "Tags",
                         tags_to_list(call->arena, value_get(topic.body, "Tags"), "Key", "Value")));
}

/* ---- subscriptions ---- */

static bool check_endpoint(struct sim_call *call, const char *protocol, const char *endpoint)
{
    struct arn arn;
    if (!str_is_one_of(protocol, protocols))
        return invalid(call, "Does not support this protocol string: ", protocol);
    bool is_arn = arn_parse(slice_of(endpoint), &arn);
    if ((str_eq(protocol, "sqs") && !(is_arn && slice_is(arn.service, "sqs"))) ||
        (str_eq(protocol, "lambda") && !(is_arn && slice_is(arn.service, "lambda"))))
        return invalid(call, "Endpoint Reason: ", "the ARN does not fit the protocol");
    if (str_starts(protocol, "email") && !strchr(endpoint, '@'))
        return invalid(call, "Email address", "");
    if (str_starts(protocol, "http") && !str_starts(endpoint, "http"))
        return invalid(call, "Endpoint must match the specified protocol", "");
    return true;
}

static bool check_subscription_attribute(struct sim_call *call, const char *name, const char *text)
{
    const struct value *parsed = NULL;
    const char *why = NULL;
    if (!str_is_one_of(name, subscription_attributes) || !text)
        return invalid(call, "AttributeName", "");
    if (str_eq(name, "RawMessageDelivery") && !str_eq(text, "true") && !str_eq(text, "false"))
        return invalid(call, "Attributes Reason: RawMessageDelivery: Invalid value. ",
                       "Must be true or false.");
    if (str_eq(name, "FilterPolicy") &&
        (!json_parse(call->arena, slice_of(text), &parsed, &why) || !value_is(parsed, VALUE_MAP)))
        return invalid(call, "FilterPolicy: ", "failed to parse JSON");
    return true;
}

static const char *subscription_arn(struct arena *arena, const struct topic *topic, const char *id)
{
    return arena_printf(arena, "%s:%s", topic->arn, id + strlen(topic->name) + 1);
}

/* The same topic, protocol and endpoint are the same subscription. */
static const struct object *standing(const struct objects *rows, const char *protocol,
                                     const char *endpoint)
{
    for (size_t i = 0; i < rows->len; i++)
        if (str_eq(value_get_str(rows->items[i].body, "Protocol"), protocol) &&
            str_eq(value_get_str(rows->items[i].body, "Endpoint"), endpoint))
            return &rows->items[i];
    return NULL;
}

static bool answer_subscription(struct sim_call *call, const char *arn, bool pending)
{
    const char *shown =
        pending && !call_bool(call, "ReturnSubscriptionArn", false) ? "pending confirmation" : arn;
    return call_answer(call, one(call, "SubscriptionArn", value_string(call->arena, shown)));
}

static bool needs_confirmation(const struct sim_call *call, const char *protocol,
                               const char *endpoint)
{
    struct arn arn;
    return str_is_one_of(protocol, confirmed_by_hand) ||
           (arn_parse(slice_of(endpoint), &arn) && !slice_is(arn.account, call->account));
}

static bool subscribe(struct sim_call *call)
{
    struct topic topic;
    if (!need_topic(call, "TopicArn", &topic))
        return false;
    const char *protocol = call_need(call, "Protocol"), *endpoint = call_need(call, "Endpoint");
    if (!protocol || !endpoint || !check_endpoint(call, protocol, endpoint))
        return false;
    const struct value *given = call_get(call, "Attributes");
    struct map_builder attributes = map_begin(call->arena), b = map_begin(call->arena);
    for (size_t i = 0; i < value_len(given); i++) {
        const struct value_entry *entry = &given->map.entries[i];
        if (!check_subscription_attribute(call, entry->key, value_str(entry->value)))
            return false;
        map_put(&attributes, entry->key, entry->value);
    }
    struct objects rows = subscriptions_of(call->world, call->arena, &topic);
    const struct object *old = standing(&rows, protocol, endpoint);
    if (old) {
        const struct value *has = value_get(old->body, "Attributes");
        if (!value_equal(tags_merge(call->arena, has, map_end(&attributes)), has))
            return invalid(call, "Attributes Reason: ",
                           "Subscription already exists with different attributes");
        return answer_subscription(call, subscription_arn(call->arena, &topic, old->id),
                                   value_get_bool(old->body, "Pending", false));
    }
    bool pending = needs_confirmation(call, protocol, endpoint);
    map_put_str(&b, "TopicArn", topic.arn);
    map_put_str(&b, "Protocol", protocol);
    map_put_str(&b, "Endpoint", endpoint);
    map_put_str(&b, "Owner", call->account);
    map_put(&b, "Attributes", map_end(&attributes));
    map_put_bool(&b, "Pending", pending);
    const char *id =
        arena_printf(call->arena, "%s:%s", topic.name, id_uuid(call->world, call->arena));
    store_put(call->world, SUBSCRIPTION, topic.account, topic.region, id, map_end(&b));
    return answer_subscription(call, subscription_arn(call->arena, &topic, id), pending);
}

struct subscription {
    struct topic topic;
    const char *arn, *id;
    const struct value *body;
};

static bool need_subscription(struct sim_call *call, struct subscription *ret)
{
    const char *text = call_need(call, "SubscriptionArn");
    const char *colon = text ? strrchr(text, ':') : NULL;
    struct arn arn;
    if (!text)
        return false;
    if (!arn_parse(slice_of(text), &arn) || !slice_is(arn.service, "sns") || !colon ||
        colon <= arn.resource.ptr)
        return invalid(call,
                       "SubscriptionArn Reason: ", "An ARN must have at least 6 elements, not 1");
    const char *topic_arn = arena_strndup(call->arena, text, (size_t)(colon - text));
    *ret = (struct subscription){
        .arn = text, .id = arena_strndup(call->arena, arn.resource.ptr, arn.resource.len)};
    if (topic_find(call->world, call->arena, topic_arn, &ret->topic))
        ret->body = store_get(call->world, call->arena, SUBSCRIPTION, ret->topic.account,
                              ret->topic.region, ret->id);
    if (!ret->body)
        return call_error(call, 404, "NotFound", "Subscription does not exist");
    return call_authorize(call, arena_printf(call->arena, "sns:%s", call->operation->name),
                          topic_arn, policy_of(call->arena, &ret->topic), NULL);
}

static bool get_subscription_attributes(struct sim_call *call)
{
    struct subscription s;
    if (!need_subscription(call, &s))
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "SubscriptionArn", s.arn);
    map_put(&b, "TopicArn", value_get(s.body, "TopicArn"));
    map_put(&b, "Protocol", value_get(s.body, "Protocol"));
    map_put(&b, "Endpoint", value_get(s.body, "Endpoint"));
    map_put(&b, "Owner", value_get(s.body, "Owner"));
    map_put_str(&b, "PendingConfirmation",
                value_get_bool(s.body, "Pending", false) ? "true" : "false");
    map_put_str(&b, "ConfirmationWasAuthenticated", "true");
    map_put_str(&b, "RawMessageDelivery", "false");
    const struct value *all = tags_merge(call->arena, map_end(&b), value_get(s.body, "Attributes"));
    return call_answer(call, one(call, "Attributes", entries(call, all)));
}

static bool set_subscription_attribute(struct sim_call *call)
{
    struct subscription s;
    if (!need_subscription(call, &s))
        return false;
    const char *name = call_need(call, "AttributeName"), *text = call_str(call, "AttributeValue");
    if (!name || !check_subscription_attribute(call, name, text ? text : ""))
        return false;
    struct map_builder b = map_begin_from(call->arena, value_get(s.body, "Attributes"));
    if (text && *text)
        map_put_str(&b, name, text);
    else
        map_drop(&b, name);
    store_put(call->world, SUBSCRIPTION, s.topic.account, s.topic.region, s.id,
              value_with(call->arena, s.body, "Attributes", map_end(&b)));
    return call_answer(call, NULL);
}

static bool unsubscribe(struct sim_call *call)
{
    struct subscription s;
    if (!need_subscription(call, &s))
        return false;
    if (value_get_bool(s.body, "Pending", false))
        return invalid(call, "SubscriptionArn Reason: ",
                       "Cannot unsubscribe a subscription that is pending confirmation");
    store_delete(call->world, SUBSCRIPTION, s.topic.account, s.topic.region, s.id);
    return call_answer(call, NULL);
}

static bool list_subscriptions(struct sim_call *call)
{
    struct topic topic;
    const char *next = NULL;
    if (!need_topic(call, "TopicArn", &topic))
        return false;
    struct objects rows = subscriptions_of(call->world, call->arena, &topic);
    if (!call_page(call, &rows, "NextToken", NULL, PAGE, &next))
        return invalid(call, "NextToken", "");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *body = rows.items[i].body;
        struct map_builder b = map_begin(call->arena);
        map_put_str(&b, "SubscriptionArn",
                    value_get_bool(body, "Pending", false)
                        ? "PendingConfirmation"
                        : subscription_arn(call->arena, &topic, rows.items[i].id));
        map_put(&b, "Owner", value_get(body, "Owner"));
        map_put(&b, "Protocol", value_get(body, "Protocol"));
        map_put(&b, "Endpoint", value_get(body, "Endpoint"));
        map_put_str(&b, "TopicArn", topic.arn);
        list_add(&list, map_end(&b));
    }
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Subscriptions", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

/* ---- messages ---- */

static const struct value *attributes_of(struct arena *arena, const struct value *texts)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < value_len(texts); i++) {
        struct map_builder one = map_begin(arena);
        map_put_str(&one, "Type", "String");
        map_put(&one, "Value", texts->map.entries[i].value);
        map_put(&b, texts->map.entries[i].key, map_end(&one));
    }
    return map_end(&b);
}

static const char *envelope(struct world *world, struct arena *arena, const struct topic *topic,
                            const char *id, const struct sns_message *message)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Type", "Notification");
    map_put_str(&b, "MessageId", id);
    map_put_str(&b, "TopicArn", topic->arn);
    map_put_str(&b, "Subject", message->subject);
    map_put_str(&b, "Message", message->text);
    map_put_str(&b, "Timestamp", time_iso_ms(arena, world_now_ms(world)));
    if (message->attributes)
        map_put(&b, "MessageAttributes", attributes_of(arena, message->attributes));
    return json_print(arena, map_end(&b), JSON_COMPACT);
}

/* Into the queues; a queue that does not let SNS in gets nothing, and nobody hears of it. */
static const char *send(struct world *world, struct arena *arena, const struct topic *topic,
                        const struct sns_message *message)
{
    const char *id = id_uuid(world, arena), *why = NULL;
    struct objects rows = subscriptions_of(world, arena, topic);
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *body = rows.items[i].body;
        bool raw =
            str_eq(value_get_str(value_get(body, "Attributes"), "RawMessageDelivery"), "true");
        if (!str_eq(value_get_str(body, "Protocol"), "sqs") ||
            value_get_bool(body, "Pending", false))
            continue;
        sqs_deliver(world, arena, value_get_str(body, "Endpoint"), SNS_SERVICE, topic->arn,
                    raw ? message->text : envelope(world, arena, topic, id, message), NULL, &why);
    }
    return id;
}

static bool publish(struct sim_call *call)
{
    struct topic topic;
    const struct sns_message message = {call_str(call, "Subject"), call_need(call, "Message"),
                                        NULL};
    if (!message.text || !need_topic(call, "TopicArn", &topic))
        return false;
    const char *id = send(call->world, call->arena, &topic, &message);
    return call_answer(call, one(call, "MessageId", value_string(call->arena, id)));
}

static bool may_publish(struct world *world, struct arena *arena, const char *topic_arn,
                        const char *service, const char *source_arn, struct topic *ret,
                        const char **ret_why)
{
    struct arn source;
    if (!topic_find(world, arena, topic_arn, ret)) {
        *ret_why = "the topic does not exist";
        return false;
    }
    struct map_builder context = map_begin(arena);
    map_put_str(&context, "aws:SourceArn", source_arn);
    if (source_arn && arn_parse(slice_of(source_arn), &source))
        map_put_str(&context, "aws:SourceAccount",
                    arena_strndup(arena, source.account.ptr, source.account.len));
    const struct authorization request = {.service = service,
                                          .action = "sns:Publish",
                                          .resource = topic_arn,
                                          .resource_policy = policy_of(arena, ret),
                                          .context = map_end(&context)};
    return authorize(world, arena, &request, ret_why);
}

bool sns_deliver(struct world *world, struct arena *arena, const char *topic_arn,
                 const char *service, const char *source_arn, const struct sns_message *message,
                 const char **ret_why)
{
    struct topic topic;
    if (!may_publish(world, arena, topic_arn, service, source_arn, &topic, ret_why))
        return false;
    send(world, arena, &topic, message);
    return true;
}

bool sns_reaches(struct world *world, struct arena *arena, const char *topic_arn,
                 const char *service, const char *source_arn)
{
    struct topic topic;
    const char *why = NULL;
    return topic_arn && may_publish(world, arena, topic_arn, service, source_arn, &topic, &why) &&
           subscriptions_of(world, arena, &topic).len > 0;
}

/* Topics are judged by their own policy, too. */
#define OWN(op, fn, changes)                                                                       \
    {                                                                                              \
        .name = (op), .run = (fn), .writes = (changes)                                             \
    }

static const struct sim_operation operations[] = {
    {.name = "CreateTopic", .run = create_topic, .writes = true},
    {.name = "ListTopics", .run = list_topics},
    OWN("GetTopicAttributes", get_topic_attributes, false),
    OWN("SetTopicAttributes", set_topic_attribute, true),
    OWN("DeleteTopic", delete_topic, true),
    OWN("TagResource", tag_resource, true),
    OWN("UntagResource", untag_resource, true),
    OWN("ListTagsForResource", list_tags, false),
    OWN("Subscribe", subscribe, true),
    OWN("GetSubscriptionAttributes", get_subscription_attributes, false),
    OWN("SetSubscriptionAttributes", set_subscription_attribute, true),
    OWN("Unsubscribe", unsubscribe, true),
    OWN("ListSubscriptionsByTopic", list_subscriptions, false),
    OWN("Publish", publish, true),
};

const struct sim_api sim_sns = {
    .service = "sns",
    .wire = SIM_QUERY,
    .version = "2010-03-31",
    .xmlns = "http://sns.amazonaws.com/doc/2010-03-31/",
    .missing = "ValidationError",
    .denied = "AuthorizationError",
    .list_item = item_of,
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
};
