#include "engine/config/iam_document.h"
#include "engine/config/lower.h"

const struct value *queue_policy(struct lowering *lw, const struct value *queue_arn,
                                 const struct value *rule_arns)
{
    static const char *const send[] = {"sqs:SendMessage", NULL};
    struct list_builder list = list_begin(lw->arena);
    list_add(&list,
             iam_statement(lw->arena, "EventsOfRules", "Allow",
                           iam_service(lw->arena, "events.amazonaws.com"), send, queue_arn,
                           iam_condition(lw->arena, "ArnEquals", "aws:SourceArn", rule_arns)));
    return iam_document(lw->arena, NULL, list_end(&list));
}

static void add_sender(struct lowering *lw, const struct instance *rule, const struct value *v)
{
    struct target target;
    if (!v || !target_of(lw, rule, "queues", v, &target) || !target.instance)
        return;
    const char *queue = target.instance->address;
    struct list_builder *list = map_get(&lw->queue_senders, queue);
    if (!list) {
        list = arena_new_of(lw->arena, struct list_builder);
        *list = list_begin(lw->arena);
        map_set(&lw->queue_senders, queue, list);
    }
    const struct value *last = list->len ? list_items(list)[list->len - 1] : NULL;
    if (!last || !str_eq(last->ref.address, rule->address))
        list_add(list, value_ref(lw->arena, rule->address, "arn"));
}

/* The rules of the topology by the queues that they send to, as targets or as dead letters. */
static void find_senders(struct lowering *lw)
{
    map_init(&lw->queue_senders, lw->arena);
    for (size_t i = 0; i < lw->entries.len; i++) {
        const struct entry *entry = lw->entries.entries[i].value;
        for (size_t j = 0; str_eq(entry->section, "rules") && j < entry->len; j++) {
            const struct instance *rule = &entry->instances[j];
            const struct value *targets = value_get(rule->body, "targets");
            for (size_t k = 0; value_is(targets, VALUE_MAP) && k < targets->map.len; k++) {
                const struct value *target = targets->map.entries[k].value;
                add_sender(lw, rule, value_get(target, "queue"));
                add_sender(lw, rule, value_get(target, "dead_letter"));
            }
        }
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
    struct list_builder *rules = map_get(&lw->queue_senders, in->address);
    if (rules && !value_get(in->body, "policy"))
        map_put(&map, "policy", queue_policy(lw, mention(lw, in->address, "arn"), list_end(rules)));
    draft_add(lw, in, "", "aws_sqs_queue", map_end(&map));
}

void lower_queues(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        lower_queue(lw, &entry->instances[i]);
}
