#include "engine/config/iam_document.h"
#include "engine/config/lower.h"

/* What may send to a queue: ARNs of rules and of topics. */
struct senders {
    struct list_builder rules, topics;
};

static void allow(struct lowering *lw, struct list_builder *statements, const char *sid,
                  const char *service, const struct value *queue_arn, const struct value *arns)
{
    static const char *const send[] = {"sqs:SendMessage", NULL};
    list_add(statements,
             iam_statement(lw->arena, sid, "Allow", iam_service(lw->arena, service), send,
                           queue_arn,
                           iam_condition(lw->arena, "ArnEquals", "aws:SourceArn", arns)));
}

const struct value *queue_policy(struct lowering *lw, const struct value *queue_arn,
                                 const struct value *rule_arns)
{
    struct list_builder list = list_begin(lw->arena);
    allow(lw, &list, "EventsOfRules", "events.amazonaws.com", queue_arn, rule_arns);
    return iam_document(lw->arena, NULL, list_end(&list));
}

static const struct value *senders_policy(struct lowering *lw, const struct value *queue_arn,
                                          struct senders *senders)
{
    struct list_builder list = list_begin(lw->arena);
    if (senders->rules.len)
        allow(lw, &list, "EventsOfRules", "events.amazonaws.com", queue_arn,
              list_end(&senders->rules));
    if (senders->topics.len)
        allow(lw, &list, "MessagesOfTopics", "sns.amazonaws.com", queue_arn,
              list_end(&senders->topics));
    return iam_document(lw->arena, NULL, list_end(&list));
}

/* The senders of the queue that `v` names; NULL where that is none of the topology's. */
static struct senders *senders_of(struct lowering *lw, const struct instance *in,
                                  const struct value *v)
{
    struct target target;
    if (!v || !target_of(lw, in, "queues", v, &target) || !target.instance)
        return NULL;
    const char *queue = target.instance->address;
    struct senders *senders = map_get(&lw->queue_senders, queue);
    if (!senders) {
        senders = arena_new_of(lw->arena, struct senders);
        senders->rules = list_begin(lw->arena);
        senders->topics = list_begin(lw->arena);
        map_set(&lw->queue_senders, queue, senders);
    }
    return senders;
}

static void add_sender(struct lowering *lw, struct list_builder *list, const struct instance *in)
{
    const struct value *last = list->len ? list_items(list)[list->len - 1] : NULL;
    if (!last || !str_eq(last->ref.address, in->address))
        list_add(list, value_ref(lw->arena, in->address, "arn"));
}

static void add_rule(struct lowering *lw, const struct instance *rule)
{
    static const char *const keys[] = {"queue", "dead_letter"};
    const struct value *targets = value_get(rule->body, "targets");
    for (size_t i = 0; value_is(targets, VALUE_MAP) && i < targets->map.len; i++)
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
            struct senders *senders =
                senders_of(lw, rule, value_get(targets->map.entries[i].value, keys[k]));
            if (senders)
                add_sender(lw, &senders->rules, rule);
        }
}

static void add_topic(struct lowering *lw, const struct instance *topic)
{
    const struct value *subscriptions = value_get(topic->body, "subscriptions");
    for (size_t i = 0; value_is(subscriptions, VALUE_MAP) && i < subscriptions->map.len; i++) {
        struct senders *senders =
            senders_of(lw, topic, value_get(subscriptions->map.entries[i].value, "queue"));
        if (senders)
            add_sender(lw, &senders->topics, topic);
    }
}

/* What sends to the queues of the topology: rules as targets or dead letters, topics. */
static void find_senders(struct lowering *lw)
{
    map_init(&lw->queue_senders, lw->arena);
    for (size_t i = 0; i < lw->entries.len; i++) {
        const struct entry *entry = lw->entries.entries[i].value;
        bool rules = str_eq(entry->section, "rules"), topics = str_eq(entry->section, "topics");
        for (size_t j = 0; (rules || topics) && j < entry->len; j++)
            (rules ? add_rule : add_topic)(lw, &entry->instances[j]);
    }
}

static void lower_queue(struct lowering *lw, const struct instance *in)
{
    static const char *const same[] = {"message_retention_seconds", "visibility_timeout_seconds",
                                       "sqs_managed_sse_enabled", "policy", NULL};
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "name", name_of(lw, in, NULL));
    map_put(&map, "kms_master_key_id", ref_value(lw, in, "keys", value_get(in->body, "key"), "id"));
    copy_keys(&map, in->body, same);
    if (!lw->queue_senders.arena)
        find_senders(lw);
    struct senders *senders = map_get(&lw->queue_senders, in->address);
    if (senders && !value_get(in->body, "policy"))
        map_put(&map, "policy", senders_policy(lw, mention(lw, in->address, "arn"), senders));
    draft_add(lw, in, "", "aws_sqs_queue", map_end(&map));
}

void lower_queues(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        lower_queue(lw, &entry->instances[i]);
}
