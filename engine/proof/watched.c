#include "engine/proof/watched.h"

#include <string.h>

#include "engine/aws/arn.h"

#define CLOUDWATCH "cloudwatch.amazonaws.com"

bool alarm_wants_few(const struct value *alarm)
{
    const char *op = value_get_str(alarm, "comparison_operator");
    const char *metric = value_get_str(alarm, "metric_name");
    return str_eq(value_get_str(alarm, "namespace"), "AWS/Backup") && op &&
           str_starts(op, "LessThan") && metric && str_ends(metric, "Completed");
}

bool alarm_heeds_silence(const struct value *alarm)
{
    return str_eq(value_get_str(alarm, "treat_missing_data"), "breaching");
}

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
}

/* An alarm that wants many of something, and who must not be able to silence it. */
struct watch {
    struct model *model;
    const struct model_object *alarm, *vault;
    const struct account *source;
};

/* ---- what it looks at ---- */

/* AWS Backup counts points where they lie; jobs it counts where they ran. */
static const char *amiss_in_metric(const struct watch *w)
{
    const char *metric = value_get_str(w->alarm->properties, "metric_name");
    return str_eq(metric, "NumberOfRecoveryPointsCompleted")
               ? NULL
               : arena_printf(w->model->arena, "%s does not count what arrives there", metric);
}

/* Of all vaults together it tells nothing of this one, unless there is no other. */
static const char *amiss_in_dimensions(const struct watch *w)
{
    const struct value *dimensions = value_get(w->alarm->properties, "dimensions");
    const char *name = value_get_str(dimensions, "BackupVaultName");
    const struct resource *r = w->vault->resource;
    if (name && !str_eq(name, value_get_str(w->vault->properties, "name")))
        return "it is about another vault";
    if (value_len(dimensions) > (name ? 1u : 0u))
        return "its dimensions leave out a part of what arrives";
    if (!name && model_in(w->model, "aws_backup_vault", r->account->id, r->region)->len > 1)
        return "what arrives in another vault keeps it quiet";
    return NULL;
}

static const char *amiss_in_threshold(const struct watch *w)
{
    const struct value *alarm = w->alarm->properties;
    const struct value *threshold = value_get(alarm, "threshold");
    double least = value_is(threshold, VALUE_DOUBLE) ? threshold->number
                                                     : (double)value_get_int(alarm, "threshold", 0);
    bool or_equal =
        str_eq(value_get_str(alarm, "comparison_operator"), "LessThanOrEqualToThreshold");
    return least > 0 || (or_equal && least >= 0) ? NULL : "none is not few enough for it";
}

static const char *amiss_in_silence(const struct watch *w)
{
    return alarm_heeds_silence(w->alarm->properties) ? NULL : "it sleeps when there is no data";
}

/* ---- whom it tells ---- */

/* By the topic's policy: what another account may do to a topic. */
static const char *silenced_by_policy(const struct watch *w, const struct model_object *topic)
{
    static const char *const actions[] = {"sns:DeleteTopic", "sns:SetTopicAttributes",
                                          "sns:RemovePermission"};
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        struct ask_answer answer;
        const struct ask question = {
            .role = arn_role(w->model->arena, w->source->partition, w->source->id, "whoever"),
            .action = actions[i],
            .resource = topic->arn,
            .resource_policy = model_policy(w->model, value_get(topic->properties, "policy")),
            .as_if_all_rights = true,
            .as_intruder = true};
        ask(w->model, &question, &answer);
        if (answer.verdict != ASK_NO)
            return arena_printf(w->model->arena, "the policy of %s gives account %s %s",
                                topic->resource->address, w->source->name, actions[i]);
    }
    return NULL;
}

/* What lies with the source account it can silence. Whether a mail address has confirmed shows when
 * the alarm is tested, not here. */
static const char *amiss_in_subscriptions(const struct watch *w, const struct model_object *topic)
{
    const struct resource *r = topic->resource;
    const struct model_list *list =
        model_in(w->model, "aws_sns_subscription", r->account->id, r->region);
    for (size_t i = 0; i < list->len; i++) {
        const struct value *p = list->items[i]->properties;
        const char *endpoint = value_get_str(p, "endpoint");
        if (str_eq(value_get_str(p, "topic_arn"), topic->arn) &&
            !(endpoint && arn_is_in_account(endpoint, w->source->id)))
            return NULL;
    }
    return arena_printf(w->model->arena, "%s has no subscription that account %s cannot silence",
                        r->address, w->source->name);
}

static const char *amiss_in_action(const struct watch *w, const char *arn)
{
    const struct model_object *topic = model_find(w->model, arn);
    struct ask_answer answer;
    if (arn_is_in_account(arn, w->source->id))
        return arena_printf(w->model->arena, "%s is in account %s, which can silence it",
                            topic ? topic->resource->address : arn, w->source->name);
    if (!strstr(arn, ":sns:"))
        return NULL;
    if (!str_eq(model_region_of(w->model->arena, arn), w->alarm->resource->region))
        return arena_printf(w->model->arena, "%s is in another Region", arn);
    if (!topic || model_is_open(topic))
        return NULL;
    topic_ask(w->model, topic, CLOUDWATCH, w->alarm->arn, &answer);
    if (answer.verdict == ASK_NO)
        return arena_printf(w->model->arena, "%s does not let CloudWatch publish",
                            topic->resource->address);
    const char *silenced = silenced_by_policy(w, topic);
    return silenced ? silenced : amiss_in_subscriptions(w, topic);
}

static const char *amiss_in_actions(const struct watch *w)
{
    const struct value *actions = value_get(w->alarm->properties, "alarm_actions");
    const char *amiss = "it tells nobody";
    if (!value_get_bool(w->alarm->properties, "actions_enabled", true))
        return "its actions are turned off";
    for (size_t i = 0; i < value_len(actions) && amiss; i++)
        amiss = amiss_in_action(w, value_str(value_item(actions, i)));
    return amiss;
}

static const char *amiss_in(const struct watch *w)
{
    static const char *(*const looks[])(const struct watch *) = {
        amiss_in_metric,  amiss_in_dimensions, amiss_in_threshold,
        amiss_in_silence, amiss_in_actions,
    };
    const char *amiss = NULL;
    for (size_t i = 0; i < ARRAY_LEN(looks) && !amiss; i++)
        amiss = looks[i](w);
    return amiss;
}

const char *vault_unwatched(struct model *model, const struct model_object *vault,
                            const struct account *source)
{
    const struct resource *r = vault->resource;
    const struct model_list *alarms =
        model_in(model, "aws_cloudwatch_alarm", r->account->id, r->region);
    const char *why = arena_printf(
        model->arena, "account %s has no alarm that rings when no copy comes", r->account->name);
    for (size_t i = 0; i < alarms->len; i++) {
        const struct watch w = {model, alarms->items[i], vault, source};
        if (!alarm_wants_few(w.alarm->properties))
            continue;
        const char *amiss = amiss_in(&w);
        if (!amiss)
            return NULL;
        why = arena_printf(model->arena, "%s; of %s, %s", why, w.alarm->resource->address, amiss);
    }
    return why;
}
