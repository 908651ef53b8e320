/* How long backups and their copies live. */
#include "engine/aws/backup_types.h"
#include "engine/aws/lifecycle.h"
#include "engine/proof/findings.h"

#define RELAY_DAYS 3 /* a lost event, a busy resource, a weekend */

static void check_cold(struct findings *f, const struct proof_path *path,
                       const struct model_object *plan, const struct value *lifecycle)
{
    const struct value *cold = value_get(lifecycle, "move_to_cold_storage_after_days");
    const struct backup_type *type = backup_type_of_pattern(path->resource);
    if (value_is(cold, VALUE_INT) && type && !type->cold_storage)
        finding_addf(f, RULE_NO_COLD_TIER, plan, cold->pos, "rule %s moves %s to cold storage",
                     path->rule, type->type);
}

static const struct value *rule_named(const struct model_object *plan, const char *name)
{
    const struct value *rules = value_get(plan->properties, "rules");
    for (size_t i = 0; i < value_len(rules); i++)
        if (str_eq(value_get_str(value_item(rules, i), "rule_name"), name))
            return value_item(rules, i);
    return NULL;
}

/* Of the copy in the last vault; 0: not known. */
static int64_t last_days(const struct findings *f, const struct proof_path *path,
                         const struct value *rule, const struct value *action)
{
    const struct value *own = value_get(action, "lifecycle");
    if (!path->relay)
        return lifecycle_delete_after_days(value_len(own) ? own : value_get(rule, "lifecycle"));
    const struct relay_entry *relay = model_relay(f->model, path->relay);
    const struct value *list = relay ? value_get(relay->config, "destinations") : NULL;
    for (size_t k = 0; k < value_len(list); k++)
        if (str_eq(value_get_str(value_item(list, k), "vault_arn"), path->last_vault))
            return value_get_int(value_item(list, k), "delete_after_days", 0);
    return 0;
}

static const char *days_text(struct arena *arena, int64_t days)
{
    return days < 0 ? "for ever" : arena_printf(arena, "%lld days", (long long)days);
}

static void check_path(struct findings *f, const struct proof_path *path)
{
    const struct model_object *plan = model_at(f->model, path->plan);
    const struct value *rule = plan && path->rule ? rule_named(plan, path->rule) : NULL;
    const struct value *action = path->action, *lifecycle = value_get(rule, "lifecycle");
    if (!action || !path->last_vault)
        return;
    const struct value *own = value_get(action, "lifecycle");
    int64_t first = lifecycle_delete_after_days(lifecycle);
    int64_t copy = value_len(own) ? lifecycle_delete_after_days(own) : first;
    int64_t last = last_days(f, path, rule, action);
    struct source_pos pos = own && own->pos.file ? own->pos : action->pos;
    check_cold(f, path, plan, lifecycle);
    check_cold(f, path, plan, own);
    if (path->relay && copy >= 0 && copy < RELAY_DAYS)
        finding_addf(f, RULE_INTERMEDIATE_SHORT, plan, pos,
                     "rule %s keeps the copy for %s in the source vault of %s", path->rule,
                     days_text(f->arena, copy), path->relay);
    if (path->relay && last > 0 && (copy < 0 || last < copy))
        finding_addf(f, RULE_POINT_OUTLIVES, plan, pos,
                     "rule %s: the copy in the source vault of %s lives %s, its copy in %s %s",
                     path->rule, path->relay, days_text(f->arena, copy), path->destination,
                     days_text(f->arena, last));
    if (last > 0 && (first < 0 || last < first))
        finding_addf(f, RULE_LAST_SHORTER, plan, pos,
                     "rule %s: the backup lives %s, its copy in %s %s", path->rule,
                     days_text(f->arena, first), path->destination, days_text(f->arena, last));
    if (!value_len(own))
        finding_addf(f, RULE_INHERITED, plan, pos,
                     "rule %s: the copy lives as long as the backup, %s", path->rule,
                     days_text(f->arena, first));
}

static void check_rules(struct findings *f, const struct model_object *plan)
{
    const struct value *rules = value_get(plan->properties, "rules");
    for (size_t i = 0; i < value_len(rules); i++) {
        const struct value *rule = value_item(rules, i);
        if (lifecycle_delete_after_days(value_get(rule, "lifecycle")) < 0)
            finding_addf(f, RULE_KEPT_FOR_EVER, plan, rule->pos, "rule %s has no delete_after_days",
                         value_get_str(rule, "rule_name"));
    }
}

void check_retention(struct findings *f)
{
    const struct model_list *plans = model_all(f->model, "aws_backup_plan");
    for (size_t i = 0; i < plans->len; i++)
        check_rules(f, plans->items[i]);
    for (size_t i = 0; i < f->path_len; i++)
        check_path(f, &f->paths[i]);
}
