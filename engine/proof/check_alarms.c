/* Alarms and reports: whether anybody would hear. */
#include <string.h>

#include "engine/proof/findings.h"
#include "engine/proof/subscribers.h"
#include "engine/proof/watched.h"

/* Of the namespace AWS/Backup, as the Developer Guide lists them. */
static const char *const metrics[] = {"NumberOfBackupJobsCreated",
                                      "NumberOfBackupJobsPending",
                                      "NumberOfBackupJobsRunning",
                                      "NumberOfBackupJobsAborted",
                                      "NumberOfBackupJobsCompleted",
                                      "NumberOfBackupJobsFailed",
                                      "NumberOfBackupJobsExpired",
                                      "NumberOfCopyJobsCreated",
                                      "NumberOfCopyJobsRunning",
                                      "NumberOfCopyJobsCompleted",
                                      "NumberOfCopyJobsFailed",
                                      "NumberOfRestoreJobsPending",
                                      "NumberOfRestoreJobsRunning",
                                      "NumberOfRestoreJobsCompleted",
                                      "NumberOfRestoreJobsFailed",
                                      "NumberOfRecoveryPointsCompleted",
                                      "NumberOfRecoveryPointsPartial",
                                      "NumberOfRecoveryPointsExpired",
                                      "NumberOfRecoveryPointsDeleting",
                                      "NumberOfRecoveryPointsCold",
                                      NULL};

static void check_topic(struct findings *f, const struct model_object *who, const char *service,
                        const char *topic_arn, const char *source_arn, enum rule_id rule,
                        struct source_pos pos)
{
    const struct model_object *topic = model_find(f->model, topic_arn);
    if (!topic_arn || !strstr(topic_arn, ":sns:"))
        return;
    if (!str_eq(model_region_of(f->arena, topic_arn), who->resource->region)) {
        finding_addf(f, rule, who, pos, "%s is not in %s", topic_arn, who->resource->region);
        return;
    }
    struct ask_answer answer;
    if (!topic)
        return;
    topic_ask(f->model, topic, service, source_arn, &answer);
    if (answer.verdict == ASK_NO)
        finding_addf(f, rule, topic, NO_POS, "%s may not publish for %s: %s", service,
                     who->resource->address, answer.why);
}

static void check_alarm(struct findings *f, const struct model_object *alarm)
{
    const struct value *p = alarm->properties, *actions = value_get(p, "alarm_actions");
    const struct value *metric = value_get(p, "metric_name");
    bool of_backup = str_eq(value_get_str(p, "namespace"), "AWS/Backup");
    if (value_len(actions) == 0)
        finding_add(f, RULE_ALARM_SILENT, alarm, NO_POS, "no alarm_actions");
    if (of_backup && metric && !str_is_one_of(value_str(metric), metrics))
        finding_addf(f, RULE_ALARM_METRIC, alarm, metric->pos, "AWS/Backup has no metric %s",
                     value_str(metric));
    if (alarm_wants_few(p) && !alarm_heeds_silence(p))
        finding_addf(f, RULE_ALARM_MISSING, alarm, NO_POS, "missing data is %s",
                     value_get_str(p, "treat_missing_data") ? value_get_str(p, "treat_missing_data")
                                                            : "missing");
    for (size_t i = 0; i < value_len(actions); i++)
        check_topic(f, alarm, "cloudwatch.amazonaws.com", value_str(value_item(actions, i)),
                    alarm->arn, RULE_ALARM_TOPIC, value_item(actions, i)->pos);
}

static void check_reports(struct findings *f, const struct model_object *reports)
{
    const struct resource *r = reports->resource;
    const char *vault = arena_printf(f->arena, "arn:%s:backup:%s:%s:backup-vault:%s",
                                     r->account->partition, r->region, r->account->id,
                                     value_get_str(reports->properties, "backup_vault_name"));
    check_topic(f, reports, "backup.amazonaws.com",
                value_get_str(reports->properties, "sns_topic_arn"), vault, RULE_REPORT_TOPIC,
                NO_POS);
}

static void check_watched(struct findings *f, const struct model_object *vault,
                          const struct account *source, const struct feeders *feeders)
{
    const char *why = vault_unwatched(f->model, vault, source, feeders);
    if (why)
        finding_add(f, RULE_NO_ALARM_OUTSIDE, vault, NO_POS, why);
}

/* Once for each account from which a vault gets points. */
static void check_last_vaults(struct findings *f)
{
    struct map seen;
    struct feeders feeders;
    map_init(&seen, f->arena);
    feeders_init(&feeders, f->model, f->paths, f->path_len);
    for (size_t i = 0; i < f->path_len; i++) {
        const struct model_object *vault = model_find(f->model, f->paths[i].last_vault);
        const struct model_object *plan = model_at(f->model, f->paths[i].plan);
        if (!vault || !plan || model_is_open(vault))
            continue;
        const char *key = arena_printf(f->arena, "%s %s", vault->arn, plan->resource->account->id);
        if (map_get(&seen, key))
            continue;
        map_set(&seen, key, f);
        check_watched(f, vault, plan->resource->account, &feeders);
    }
}

void check_alarms(struct findings *f)
{
    const struct model_list *alarms = model_all(f->model, "aws_cloudwatch_alarm");
    const struct model_list *reports = model_all(f->model, "aws_backup_vault_notifications");
    for (size_t i = 0; i < alarms->len; i++)
        check_alarm(f, alarms->items[i]);
    for (size_t i = 0; i < reports->len; i++)
        check_reports(f, reports->items[i]);
    check_last_vaults(f);
}
