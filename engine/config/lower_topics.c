#include "engine/config/iam_document.h"
#include "engine/config/lower.h"

static bool vault_reports_to(struct lowering *lw, const struct instance *vault, const char *topic)
{
    struct target target;
    const struct value *v = value_pointer(vault->body, "/notifications/topic");
    return v && target_of(lw, vault, "topics", v, &target) && target.instance &&
           str_eq(target.instance->address, topic);
}

static bool alarm_reports_to(struct lowering *lw, const struct instance *alarm, const char *topic)
{
    static const char *const lists[] = {"alarm_actions", "ok_actions", "insufficient_data_actions"};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        const struct value *actions = as_list(lw, value_get(alarm->body, lists[i]));
        for (size_t k = 0; k < value_len(actions); k++) {
            const struct value *action = value_item(actions, k);
            if (value_is(action, VALUE_REF) && str_eq(action->ref.address, topic))
                return true;
        }
    }
    return false;
}

/* The alarms of a relay name their topics in `alarms`, the one of the last vaults as seen from
 * those. */
static bool relay_reports_to(struct lowering *lw, const struct instance *relay, const char *topic)
{
    const struct value *beside = value_pointer(relay->body, "/alarms/topic");
    const struct value *far = value_pointer(relay->body, "/alarms/no_recent_point/topic");
    struct target target;
    struct targets vaults;
    if (beside && target_of(lw, relay, "topics", beside, &target) && target.instance &&
        str_eq(target.instance->address, topic))
        return true;
    if (!far ||
        !targets_of(lw, relay, "vaults", value_get(relay->body, "destination_vaults"), &vaults))
        return false;
    for (size_t i = 0; i < vaults.len; i++)
        if (vaults.items[i].instance &&
            target_of(lw, vaults.items[i].instance, "topics", far, &target) && target.instance &&
            str_eq(target.instance->address, topic))
            return true;
    return false;
}

/* Who publishes on behalf of what reports to a topic. */
static const struct {
    const char *section, *service, *sid;
    bool (*reports_to)(struct lowering *lw, const struct instance *in, const char *topic);
} publishers[] = {
    {"vaults", "backup.amazonaws.com", "VaultsReport", vault_reports_to},
    {"alarms", "cloudwatch.amazonaws.com", "AlarmsReport", alarm_reports_to},
    {"relays", "cloudwatch.amazonaws.com", "RelaysReport", relay_reports_to},
};

static bool has_publisher(struct lowering *lw, const char *topic, size_t publisher)
{
    for (size_t i = 0; i < lw->entries.len; i++) {
        const struct entry *entry = lw->entries.entries[i].value;
        for (size_t j = 0; str_eq(entry->section, publishers[publisher].section) && j < entry->len;
             j++)
            if (publishers[publisher].reports_to(lw, &entry->instances[j], topic))
                return true;
    }
    return false;
}

/* A policy of our own takes the place of AWS's, which gives everything to the account and nothing
 * to AWS Backup; the account's own principals publish by their identity policies, as before. NULL
 * where nothing reports to the topic. */
static const struct value *topic_policy(struct lowering *lw, const struct instance *in)
{
    static const char *const publish[] = {"sns:Publish", NULL};
    const struct value *given = value_get(in->body, "policy");
    struct list_builder list = list_begin(lw->arena);
    for (size_t i = 0; !given && i < ARRAY_LEN(publishers); i++)
        if (has_publisher(lw, in->address, i))
            list_add(&list, iam_statement(lw->arena, publishers[i].sid, "Allow",
                                          iam_service(lw->arena, publishers[i].service), publish,
                                          mention(lw, in->address, "arn"), NULL));
    return list.len ? iam_document(lw->arena, NULL, list_end(&list)) : given;
}

/* An ARN or an address as it is, or a queue of the topology. */
static const struct value *endpoint_of(struct lowering *lw, const struct instance *in,
                                       const struct value_entry *e,
                                       const struct value **ret_protocol)
{
    const struct value *queue = value_get(e->value, "queue");
    const struct value *endpoint = value_get(e->value, "endpoint");
    *ret_protocol = value_get(e->value, "protocol");
    if (queue && (endpoint || *ret_protocol)) {
        struct diag *d = lower_error(lw, E_AMBIGUOUS, e->key_pos, in->address,
                                     "subscription `%s` of `%s` has a queue and another endpoint",
                                     e->key, in->address);
        diag_hint(lw->diags, d, "Write `queue`, or `protocol` and `endpoint`.");
        return NULL;
    }
    if (!queue && (!endpoint || !*ret_protocol)) {
        struct diag *d = lower_error(lw, E_MISSING_KEY, e->key_pos, in->address,
                                     "subscription `%s` of `%s` does not say where messages go",
                                     e->key, in->address);
        diag_hint(lw->diags, d, "Write `queue`, or `protocol` and `endpoint`.");
        return NULL;
    }
    if (!queue)
        return endpoint;
    *ret_protocol = value_string(lw->arena, "sqs");
    return ref_value(lw, in, "queues", queue, "arn");
}

static void lower_subscription(struct lowering *lw, const struct instance *in,
                               const struct value_entry *e)
{
    static const char *const same[] = {"raw_message_delivery", "filter_policy", NULL};
    struct map_builder map = map_begin(lw->arena);
    const struct value *protocol = NULL, *endpoint = endpoint_of(lw, in, e, &protocol);
    if (!entry_name_is_valid(e->key))
        lower_error(lw, E_BAD_VALUE, e->key_pos, in->address,
                    "`%s` cannot name a subscription: a letter, then letters, digits, `_` or `-`, "
                    "32 in all",
                    e->key);
    if (!endpoint)
        return;
    map_put(&map, "topic_arn", value_ref(lw->arena, in->address, "arn"));
    map_put(&map, "protocol", protocol);
    map_put(&map, "endpoint", endpoint);
    copy_keys(&map, e->value, same);
    struct draft *draft =
        draft_add(lw, in, arena_printf(lw->arena, "/subscriptions.%s", e->key),
                  "aws_sns_subscription", value_at(lw->arena, map_end(&map), e->key_pos));
    if (draft)
        draft->resource.pos = e->key_pos;
}

static void lower_topic(struct lowering *lw, const struct instance *in)
{
    static const char *const same[] = {"display_name", NULL};
    const struct value *subscriptions = value_get(in->body, "subscriptions");
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "name", name_of(lw, in, NULL));
    copy_keys(&map, in->body, same);
    map_put(&map, "policy", topic_policy(lw, in));
    draft_add(lw, in, "", "aws_sns_topic", map_end(&map));
    for (size_t i = 0; value_is(subscriptions, VALUE_MAP) && i < subscriptions->map.len; i++)
        lower_subscription(lw, in, &subscriptions->map.entries[i]);
}

void lower_topics(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        lower_topic(lw, &entry->instances[i]);
}
