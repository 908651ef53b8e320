#include "engine/proof/subscribers.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/event_pattern.h"
#include "engine/base/json.h"
#include "engine/proof/intruder.h"

#define SNS "sns.amazonaws.com"
#define KEY_OF_AWS "alias/aws/"

/* ---- keys of topics and queues ---- */

static const struct model_object *key_by_id(const struct model_list *keys, const char *id)
{
    for (size_t i = 0; i < keys->len; i++)
        if (str_eq(model_id(keys->items[i]), id))
            return keys->items[i];
    return NULL;
}

/* By its ARN, its id or an alias; NULL: not of the model. */
static const struct model_object *key_named(struct model *model, const struct resource *by,
                                            const char *name)
{
    const struct model_list *keys = model_in(model, "aws_kms_key", by->account->id, by->region);
    const struct model_list *aliases =
        model_in(model, "aws_kms_alias", by->account->id, by->region);
    const struct model_object *key = model_find(model, name);
    const char *alias = strstr(name, "alias/");
    for (size_t i = 0; alias && !key && i < aliases->len; i++) {
        const struct value *p = aliases->items[i]->properties;
        if (str_eq(value_get_str(p, "name"), alias))
            key = key_by_id(keys, value_get_str(p, "target_key_id"));
    }
    return key ? key : key_by_id(keys, name);
}

/* The service asks the key for a data key with each message. NULL: it gets one, or nobody knows. */
static const char *refused_by_key(struct model *model, const struct model_object *object,
                                  const char *service, const char *source_arn)
{
    static const char *const actions[] = {"kms:GenerateDataKey", "kms:Decrypt"};
    const char *name = value_get_str(object->properties, "kms_master_key_id");
    if (name && strstr(name, KEY_OF_AWS))
        return arena_printf(model->arena, "because %s, a key of AWS's own, lets no service use it",
                            name);
    const struct model_object *key = name ? key_named(model, object->resource, name) : NULL;
    if (!key || model_is_open(key))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        struct ask_answer answer;
        const struct ask question = {.service = service,
                                     .source_arn = source_arn,
                                     .action = actions[i],
                                     .resource = key->arn,
                                     .resource_policy =
                                         model_policy(model, value_get(key->properties, "policy")),
                                     .resource_policy_decides = true,
                                     .open_context = true};
        ask(model, &question, &answer);
        if (answer.verdict == ASK_NO)
            return arena_printf(model->arena, "because %s, under which it lies, does not let %s %s",
                                key->resource->address, service, actions[i]);
    }
    return NULL;
}

/* ---- topics ---- */

void topic_ask(struct model *model, const struct model_object *topic, const char *service,
               const char *source_arn, struct ask_answer *ret)
{
    const struct ask question = {.service = service,
                                 .source_arn = source_arn,
                                 .action = "sns:Publish",
                                 .resource = topic->arn,
                                 .resource_policy =
                                     model_policy(model, value_get(topic->properties, "policy")),
                                 .open_context = true};
    ask(model, &question, ret);
    const char *refused =
        ret->verdict == ASK_NO ? NULL : refused_by_key(model, topic, service, source_arn);
    if (refused) {
        ret->verdict = ASK_NO;
        ret->why = refused;
    }
}

const char *given_to(struct model *model, const struct account *account, const char *resource,
                     const struct policy *policy, const char *const *actions)
{
    struct outcome outcome;
    const struct means means = {.actions = actions, .resource = resource, .policy = policy};
    intruder_outcome(&(struct attempt){model, account, &means, /* without_controls= */ false},
                     &outcome);
    return outcome.action;
}

/* ---- where messages go ---- */

static const struct policy *policy_of_queue(struct model *model, const struct model_object *queue)
{
    return model_policy(model, value_get(queue->properties, "policy"));
}

static const char *const on_queue[] = {
    "sqs:DeleteQueue",      "sqs:SetQueueAttributes", "sqs:PurgeQueue",         "sqs:AddPermission",
    "sqs:RemovePermission", "sqs:DeleteMessage",      "sqs:DeleteMessageBatch", NULL};
static const char *const on_function[] = {"lambda:DeleteFunction",
                                          "lambda:UpdateFunctionCode",
                                          "lambda:UpdateFunctionConfiguration",
                                          "lambda:PutFunctionConcurrency",
                                          "lambda:RemovePermission",
                                          NULL};

/* How messages get in, and what loses them. */
static const struct endpoint {
    const char *type, *action;
    const struct policy *(*policy)(struct model *model, const struct model_object *object);
    const char *const *losses;
} endpoints[] = {
    {"aws_sqs_queue", "sqs:SendMessage", policy_of_queue, on_queue},
    {"aws_lambda_function", "lambda:InvokeFunction", model_function_policy, on_function},
};

static const char *amiss_in_object(struct model *model, const struct model_object *object,
                                   const struct endpoint *endpoint, const char *topic_arn,
                                   const struct account *source)
{
    struct ask_answer answer;
    const char *name = object->resource->address;
    const struct policy *policy = endpoint->policy(model, object);
    const struct ask question = {.service = SNS,
                                 .source_arn = topic_arn,
                                 .action = endpoint->action,
                                 .resource = object->arn,
                                 .resource_policy = policy,
                                 .open_context = true};
    ask(model, &question, &answer);
    if (answer.verdict == ASK_NO)
        return arena_printf(model->arena, "%s does not let SNS %s", name, endpoint->action);
    const char *refused = refused_by_key(model, object, SNS, topic_arn);
    if (refused)
        return arena_printf(model->arena, "%s takes nothing from SNS, %s", name, refused);
    const char *loss = given_to(model, source, object->arn, policy, endpoint->losses);
    return loss ? arena_printf(model->arena, "the policy of %s gives account %s %s", name,
                               source->name, loss)
                : NULL;
}

static const char *amiss_in_endpoint(struct model *model, const char *endpoint,
                                     const char *topic_arn, const struct account *source)
{
    const struct model_object *object = endpoint ? model_find(model, endpoint) : NULL;
    if (endpoint && arn_is_in_account(endpoint, source->id))
        return arena_printf(model->arena, "%s lies in account %s, which can silence it", endpoint,
                            source->name);
    for (size_t i = 0; object && !model_is_open(object) && i < ARRAY_LEN(endpoints); i++)
        if (str_eq(object->resource->schema->type_name, endpoints[i].type))
            return amiss_in_object(model, object, &endpoints[i], topic_arn, source);
    return NULL;
}

/* A filter looks at the attributes of messages, and those of alarms have none. */
static bool is_filtered_out(struct model *model, const struct value *filter)
{
    struct map_builder none = map_begin(model->arena);
    const struct value *parsed = filter;
    const char *why = NULL;
    if (value_str(filter) && !json_parse(model->arena, slice_of(value_str(filter)), &parsed, &why))
        return true;
    return value_len(parsed) > 0 && !event_pattern_matches(parsed, map_end(&none));
}

const char *topic_unheard(struct model *model, const struct model_object *topic,
                          const struct account *source)
{
    const struct resource *r = topic->resource;
    const struct model_list *list =
        model_in(model, "aws_sns_subscription", r->account->id, r->region);
    const char *amiss = NULL;
    for (size_t i = 0; i < list->len; i++) {
        const struct value *p = list->items[i]->properties;
        if (!str_eq(value_get_str(p, "topic_arn"), topic->arn))
            continue;
        amiss = is_filtered_out(model, value_get(p, "filter_policy"))
                    ? arena_printf(model->arena, "%s filters out what alarms send",
                                   list->items[i]->resource->address)
                    : amiss_in_endpoint(model, value_get_str(p, "endpoint"), topic->arn, source);
        if (!amiss)
            return NULL;
    }
    return arena_printf(model->arena, "%s has no subscription that account %s cannot silence%s%s",
                        r->address, source->name, amiss ? ": " : "", amiss ? amiss : "");
}
