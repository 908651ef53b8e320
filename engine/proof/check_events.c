/* Event rules, their dead letters, and functions. */
#include <string.h>

#include "engine/aws/event_pattern.h"
#include "engine/base/json.h"
#include "engine/proof/ask.h"
#include "engine/proof/findings.h"

static void check_dead_letter(struct findings *f, const struct model_object *rule,
                              const struct value *target)
{
    const struct value *config = value_get(target, "dead_letter_config");
    const char *arn = value_get_str(config, "arn"), *id = value_get_str(target, "id");
    if (!arn) {
        finding_addf(f, RULE_NO_DEAD_LETTER, rule, target->pos, "target %s has no dead letters",
                     id);
        return;
    }
    if (!str_eq(model_region_of(f->arena, arn), rule->resource->region))
        finding_addf(f, RULE_DEAD_LETTER_REGION, rule, config->pos, "target %s: %s is not in %s",
                     id, arn, rule->resource->region);
    const struct model_object *queue = model_find(f->model, arn);
    if (!queue)
        return;
    struct ask_answer answer;
    const struct ask question = {.service = "events.amazonaws.com",
                                 .source_arn = rule->arn,
                                 .action = "sqs:SendMessage",
                                 .resource = arn,
                                 .resource_policy =
                                     model_policy(f->model, value_get(queue->properties, "policy")),
                                 .open_context = true};
    ask(f->model, &question, &answer);
    if (answer.verdict == ASK_NO)
        finding_addf(f, RULE_DEAD_LETTER_POLICY, queue, NO_POS, "%s may not send to it: %s",
                     rule->resource->address, answer.why);
}

static const struct value *pattern_of(struct findings *f, const struct model_object *rule)
{
    const struct value *pattern = value_get(rule->properties, "event_pattern"), *parsed = NULL;
    const char *why = NULL;
    if (!value_str(pattern))
        return pattern;
    return json_parse(f->arena, slice_of(value_str(pattern)), &parsed, &why) ? parsed : NULL;
}

static void check_rule(struct findings *f, const struct model_object *rule)
{
    const struct value *targets = value_get(rule->properties, "targets");
    const struct value *pattern = pattern_of(f, rule);
    const struct value *plan = value_pointer(pattern, "/detail/createdBy/backupPlanId");
    for (size_t i = 0; i < value_len(targets); i++)
        check_dead_letter(f, rule, value_item(targets, i));
    if (plan)
        finding_add(f, RULE_PATTERN_PLAN, rule, plan->pos, "it asks for createdBy.backupPlanId");
}

static bool has_failure_destination(struct findings *f, const struct model_object *function)
{
    const struct model_object *config =
        model_part(f->model, "aws_lambda_event_invoke_config", function->resource->account->id,
                   function->resource->region, value_get_str(function->properties, "name"));
    return config && value_pointer(config->properties, "/destination_config/on_failure");
}

static void check_function(struct findings *f, const struct model_object *function)
{
    if (!value_get_str(value_get(function->properties, "dead_letter_config"), "target_arn") &&
        !has_failure_destination(f, function))
        finding_add(f, RULE_FUNCTION_NO_DEAD_LETTER, function, NO_POS,
                    "what it fails on is kept nowhere");
}

/* ---- copies that fail ---- */

static const struct value *failed_event(struct findings *f, const char *from, const char *to)
{
    struct map_builder detail = map_begin(f->arena), event = map_begin(f->arena);
    map_put_str(&detail, "state", "FAILED");
    map_put_str(&detail, "sourceBackupVaultArn", from);
    map_put_str(&detail, "destinationBackupVaultArn", to);
    map_put_str(&event, "source", "aws.backup");
    map_put_str(&event, "detail-type", "Copy Job State Change");
    map_put_str(&event, "account", model_account_of(f->arena, from));
    map_put_str(&event, "region", model_region_of(f->arena, from));
    map_put(&event, "detail", map_end(&detail));
    return map_end(&event);
}

static bool is_heard(struct findings *f, const char *from, const char *to)
{
    const char *account = model_account_of(f->arena, from),
               *region = model_region_of(f->arena, from);
    const struct model_list *rules = model_in(f->model, "aws_event_rule", account, region);
    const struct value *event = failed_event(f, from, to);
    for (size_t i = 0; i < rules->len; i++) {
        const struct value *pattern = pattern_of(f, rules->items[i]);
        if (pattern && event_pattern_matches(pattern, event))
            return true;
    }
    const struct model_object *vault = model_find(f->model, from);
    const struct model_object *reports =
        model_of_vault(f->model, "aws_backup_vault_notifications", vault);
    const struct value *events =
        reports ? value_get(reports->properties, "backup_vault_events") : NULL;
    for (size_t i = 0; i < value_len(events); i++)
        if (str_eq(value_str(value_item(events, i)), "COPY_JOB_FAILED"))
            return true;
    return false;
}

static void check_heard(struct findings *f, const struct proof_path *path)
{
    const struct model_object *plan = model_at(f->model, path->plan);
    const char *between = value_get_str(path->action, "destination_backup_vault_arn");
    const char *from = path->relay ? between : path->first_vault;
    if (!from || !path->last_vault || is_heard(f, from, path->last_vault))
        return;
    finding_addf(f, RULE_FAILED_UNHEARD, plan, path->action->pos,
                 "a copy into %s that fails is not reported", path->destination);
}

void check_events(struct findings *f)
{
    const struct model_list *rules = model_all(f->model, "aws_event_rule");
    const struct model_list *functions = model_all(f->model, "aws_lambda_function");
    const struct model_list *logs = model_all(f->model, "aws_log_group");
    for (size_t i = 0; i < rules->len; i++)
        check_rule(f, rules->items[i]);
    for (size_t i = 0; i < functions->len; i++)
        check_function(f, functions->items[i]);
    for (size_t i = 0; i < logs->len; i++)
        if (!value_get_int(logs->items[i]->properties, "retention_in_days", 0))
            finding_add(f, RULE_LOG_FOR_EVER, logs->items[i], NO_POS, "no retention_in_days");
    for (size_t i = 0; i < f->path_len; i++)
        if (f->paths[i].action)
            check_heard(f, &f->paths[i]);
}
