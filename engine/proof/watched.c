#include "engine/proof/watched.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/proof/subscribers.h"

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

/* An alarm that wants many of something, and who must not be able to silence it. */
struct watch {
    struct model *model;
    const struct model_object *alarm, *vault;
    const struct account *source;
    const struct feeders *feeders;
};

/* ---- who else sends there ---- */

/* By a plan of one account, and a relay of the same or another one. */
struct feed {
    const struct account *plan, *relay;
};
struct feed_list {
    struct map seen;
    struct feed *items;
    size_t len, cap;
};

static void add_feed(struct feeders *f, const char *vault, const struct feed *feed)
{
    struct arena *arena = f->vaults.arena;
    const char *key = arena_printf(arena, "%s %s", feed->plan->id, feed->relay->id);
    struct feed_list *list = map_get(&f->vaults, vault);
    if (!list) {
        list = arena_new_of(arena, struct feed_list);
        map_init(&list->seen, arena);
        map_set(&f->vaults, vault, list);
    }
    if (map_get(&list->seen, key))
        return;
    map_set(&list->seen, key, list);
    list->items =
        arena_grow(arena, list->items, list->len, &list->cap, list->len + 1, sizeof(*feed));
    list->items[list->len++] = *feed;
}

void feeders_init(struct feeders *f, struct model *model, const struct proof_path *paths,
                  size_t len)
{
    map_init(&f->vaults, model->arena);
    for (size_t i = 0; i < len; i++) {
        const struct model_object *plan = model_at(model, paths[i].plan);
        const struct account *account = plan ? plan->resource->account : NULL;
        const struct account *relay = paths[i].relay_account;
        if (account && paths[i].last_vault)
            add_feed(f, paths[i].last_vault, &(struct feed){account, relay ? relay : account});
        if (account && paths[i].first_vault)
            add_feed(f, paths[i].first_vault, &(struct feed){account, account});
    }
}

bool feeders_cross(const struct feeders *f, const struct model_object *vault,
                   const struct account *account)
{
    const struct feed_list *list = map_get(&f->vaults, vault->arn);
    for (size_t i = 0; list && i < list->len; i++)
        if (list->items[i].plan != account || list->items[i].relay != account)
            return true;
    return false;
}

/* Points have no account of origin among the dimensions of their metric: what arrives from others
 * is told apart by nothing. */
static const char *amiss_in_others(const struct watch *w)
{
    const struct feed_list *list = map_get(&w->feeders->vaults, w->vault->arn);
    for (size_t i = 0; list && i < list->len; i++)
        if (list->items[i].plan != w->source && list->items[i].relay != w->source)
            return arena_printf(w->model->arena, "what account %s sends there keeps it quiet",
                                list->items[i].plan->name);
    return NULL;
}

/* ---- what it looks at ---- */

/* AWS Backup counts points where they lie; jobs it counts where they ran. */
static const char *amiss_in_metric(const struct watch *w)
{
    const char *metric = value_get_str(w->alarm->properties, "metric_name");
    return str_eq(metric, "NumberOfRecoveryPointsCompleted")
               ? NULL
               : arena_printf(w->model->arena, "%s does not count what arrives there", metric);
}

/* Of all vaults together it tells nothing of this one, and others may make one there. */
static const char *amiss_in_dimensions(const struct watch *w)
{
    const struct value *dimensions = value_get(w->alarm->properties, "dimensions");
    const char *name = value_get_str(dimensions, "BackupVaultName");
    if (name && !str_eq(name, value_get_str(w->vault->properties, "name")))
        return "it is about another vault";
    if (value_len(dimensions) > (name ? 1u : 0u))
        return "its dimensions leave out a part of what arrives";
    if (!name)
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

static const char *amiss_in_action(const struct watch *w, const char *arn)
{
    static const char *const on_topic[] = {"sns:DeleteTopic", "sns:SetTopicAttributes",
                                           "sns:AddPermission", "sns:RemovePermission", NULL};
    const struct model_object *topic = model_find(w->model, arn);
    struct ask_answer answer;
    if (arn_is_in_account(arn, w->source->id))
        return arena_printf(w->model->arena, "%s is in account %s, which can silence it",
                            topic ? topic->resource->address : arn, w->source->name);
    if (strstr(arn, ":lambda:") || strstr(arn, ":ssm-incidents:"))
        return NULL;
    if (!strstr(arn, ":sns:"))
        return arena_printf(w->model->arena, "%s tells nobody", arn);
    if (!str_eq(model_region_of(w->model->arena, arn), w->alarm->resource->region))
        return arena_printf(w->model->arena, "%s is in another Region", arn);
    if (!topic || model_is_open(topic))
        return arena_printf(w->model->arena, "nobody here knows who hears of %s",
                            topic ? topic->resource->address : arn);
    topic_ask(w->model, topic, CLOUDWATCH, w->alarm->arn, &answer);
    if (answer.verdict == ASK_NO)
        return arena_printf(w->model->arena, "%s does not let CloudWatch publish, %s",
                            topic->resource->address, answer.why);
    const char *silencing =
        given_to(w->model, w->source, topic->arn,
                 model_policy(w->model, value_get(topic->properties, "policy")), on_topic);
    return silencing ? arena_printf(w->model->arena, "the policy of %s gives account %s %s",
                                    topic->resource->address, w->source->name, silencing)
                     : topic_unheard(w->model, topic, w->source);
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
        amiss_in_silence, amiss_in_actions,    amiss_in_others,
    };
    const char *amiss = NULL;
    for (size_t i = 0; i < ARRAY_LEN(looks) && !amiss; i++)
        amiss = looks[i](w);
    return amiss;
}

const char *vault_unwatched(struct model *model, const struct model_object *vault,
                            const struct account *source, const struct feeders *feeders)
{
    const struct resource *r = vault->resource;
    const struct model_list *alarms =
        model_in(model, "aws_cloudwatch_alarm", r->account->id, r->region);
    const char *why = arena_printf(
        model->arena, "account %s has no alarm that rings when no copy comes", r->account->name);
    for (size_t i = 0; i < alarms->len; i++) {
        const struct watch w = {model, alarms->items[i], vault, source, feeders};
        if (!alarm_wants_few(w.alarm->properties))
            continue;
        const char *amiss = amiss_in(&w);
        if (!amiss)
            return NULL;
        why = arena_printf(model->arena, "%s; of %s, %s", why, w.alarm->resource->address, amiss);
    }
    return why;
}
