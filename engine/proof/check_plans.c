/* Plans and selections: what runs, when, and on what. */
#include <string.h>

#include "engine/aws/cron.h"
#include "engine/base/clock.h"
#include "engine/proof/findings.h"
#include "engine/proof/queue.h"

#define BUSY_MS (4 * HOUR_MS) /* a backup and two copies, one after the other */
#define POINT_TAGS_MAX 10
#define WINDOW_MINUTES 120

static const char *name_of(const struct value *rule)
{
    return value_get_str(rule, "rule_name");
}

static struct source_pos pos_of(const struct value *map, const char *key)
{
    const struct value *v = value_get(map, key);
    return v && v->pos.file ? v->pos : map ? map->pos : NO_POS;
}

/* ---- the hour that is not there ---- */

static bool fires_within(const struct cron *cron, int64_t from_ms, int64_t to_ms)
{
    int64_t at = 0; /* local times are counted as if they were UTC: the cron of a zone is local */
    return from_ms < to_ms && cron_next(cron, NULL, from_ms - 1, &at) && at < to_ms;
}

static bool meets_change(const struct cron *cron, const struct timezone *tz, int64_t at_ms)
{
    int64_t before = (int64_t)timezone_offset_at(tz, at_ms - 1) * 1000;
    int64_t after = (int64_t)timezone_offset_at(tz, at_ms) * 1000;
    return fires_within(cron, at_ms + before, at_ms + after) || /* skipped */
           fires_within(cron, at_ms + after, at_ms + before);   /* repeated */
}

/* The changes of a year, to the quarter of an hour. */
static bool meets_any_change(const struct cron *cron, const struct timezone *tz)
{
    int64_t day = civil_to_ms(2026, 1, 1, 0, 0, 0);
    for (int i = 0; i < 366; i++, day += DAY_MS) {
        if (timezone_offset_at(tz, day) == timezone_offset_at(tz, day + DAY_MS))
            continue;
        for (int64_t at = day + 15 * MINUTE_MS; at <= day + DAY_MS; at += 15 * MINUTE_MS)
            if (timezone_offset_at(tz, at) != timezone_offset_at(tz, at - 15 * MINUTE_MS) &&
                meets_change(cron, tz, at))
                return true;
    }
    return false;
}

static void check_schedule(struct findings *f, const struct model_object *plan,
                           const struct value *rule)
{
    const char *text = value_get_str(rule, "schedule_expression"), *why = NULL;
    const char *zone = value_get_str(rule, "schedule_expression_timezone");
    struct timezone *tz = NULL;
    struct cron cron;
    int64_t first = 0, second = 0;
    if (!text || !value_get(rule, "schedule_expression")->pos.file) { /* a default has no place */
        finding_addf(f, RULE_DEFAULT_SCHEDULE, plan, rule->pos,
                     "rule %s has no schedule_expression: AWS makes it %s", name_of(rule),
                     CRON_DEFAULT);
        return;
    }
    if (!cron_parse(f->arena, text, &cron, &why) || !timezone_load(f->arena, zone, &tz))
        return;
    if (!cron_next(&cron, tz, f->now_ms, &first))
        finding_addf(f, RULE_NEVER_AGAIN, plan, pos_of(rule, "schedule_expression"),
                     "rule %s: no time is left that %s names", name_of(rule), text);
    if (zone && !cron.interval_ms && meets_any_change(&cron, tz))
        finding_addf(f, RULE_DST, plan, pos_of(rule, "schedule_expression"),
                     "rule %s: %s falls into the change of the clocks in %s", name_of(rule), text,
                     zone);
    if (value_len(value_get(rule, "copy_actions")) > 0 &&
        cron_next(&cron, NULL, civil_to_ms(2026, 1, 5, 0, 0, 0), &first) &&
        cron_next(&cron, NULL, first, &second) && second - first < BUSY_MS)
        finding_addf(f, RULE_BUSY_RESOURCE, plan, pos_of(rule, "schedule_expression"),
                     "rule %s starts again after %lld minutes, and a backup that has waited %lld "
                     "minutes for its turn is not made",
                     name_of(rule), (long long)((second - first) / MINUTE_MS),
                     (long long)(queue_of(f->model, plan, rule).window_ms / MINUTE_MS));
}

/* ---- rules ---- */

static void check_pair(struct findings *f, const struct model_object *plan, const struct value *a,
                       const struct value *b)
{
    const char *one = value_get_str(a, "schedule_expression");
    if (one && str_eq(one, value_get_str(b, "schedule_expression")) &&
        str_eq(value_get_str(a, "schedule_expression_timezone"),
               value_get_str(b, "schedule_expression_timezone")))
        finding_addf(f, RULE_SAME_TIME, plan, pos_of(b, "schedule_expression"),
                     "rules %s and %s both start at %s", name_of(a), name_of(b), one);
}

static void check_rule(struct findings *f, const struct model_object *plan,
                       const struct value *rule, size_t rules)
{
    check_schedule(f, plan, rule);
    if (rules > 1 && value_get(rule, "start_window_minutes") &&
        value_get_int(rule, "start_window_minutes", WINDOW_MINUTES) < WINDOW_MINUTES)
        finding_addf(f, RULE_SHORT_WINDOW, plan, pos_of(rule, "start_window_minutes"),
                     "rule %s waits %lld minutes for the jobs of the other rules", name_of(rule),
                     (long long)value_get_int(rule, "start_window_minutes", 0));
    if (value_get_bool(rule, "enable_continuous_backup", false) &&
        value_len(value_get(rule, "copy_actions")) > 0)
        finding_addf(f, RULE_CONTINUOUS_COPY, plan, pos_of(rule, "enable_continuous_backup"),
                     "rule %s copies a continuous backup", name_of(rule));
    size_t tags = value_len(value_get(rule, "recovery_point_tags"));
    if (tags > POINT_TAGS_MAX)
        finding_addf(f, RULE_POINT_TAGS, plan, pos_of(rule, "recovery_point_tags"),
                     "rule %s adds %zu tags", name_of(rule), tags);
}

static void check_plan(struct findings *f, const struct model_object *plan)
{
    const struct value *rules = value_get(plan->properties, "rules");
    size_t len = value_len(rules);
    for (size_t i = 0; i < len; i++) {
        check_rule(f, plan, value_item(rules, i), len);
        for (size_t k = i + 1; k < len; k++)
            check_pair(f, plan, value_item(rules, i), value_item(rules, k));
    }
}

/* ---- selections ---- */

static void check_role(struct findings *f, const struct model_object *selection)
{
    const char *arn = value_get_str(selection->properties, "iam_role_arn");
    const char *name = arn ? strrchr(arn, '/') : NULL;
    if (name && !strstr(name, "AWSBackup") && !strstr(name, "AwsBackup"))
        finding_addf(f, RULE_ROLE_NAME, selection, NO_POS, "the role is called %s", name + 1);
}

static bool takes_clusters(const char *pattern)
{
    return pattern && str_starts(pattern, "arn:") && strstr(pattern, ":rds:") &&
           str_ends(pattern, ":cluster:*");
}

static void check_pattern(struct findings *f, const struct model_object *selection,
                          const struct value *pattern, struct map *taken)
{
    const struct value *p = selection->properties;
    const char *text = value_str(pattern);
    if (!text)
        return;
    bool narrowed =
        value_len(value_get(p, "conditions")) || value_len(value_get(p, "not_resources"));
    if (str_eq(text, "*") && !narrowed)
        finding_add(f, RULE_TAKES_EVERYTHING, selection, pattern->pos, "`*`, without a condition");
    if (takes_clusters(text) && !value_len(value_get(p, "not_resources")))
        finding_addf(f, RULE_CLUSTER_COPIES, selection, pattern->pos,
                     "%s also takes Multi-AZ DB clusters", text);
    const char *key = arena_printf(f->arena, "%s %s %s", selection->resource->account->id,
                                   selection->resource->region, text);
    const struct model_object *other = map_get(taken, key);
    if (!other)
        map_set(taken, key, (void *)(uintptr_t)selection);
    else if (!narrowed && !str_eq(value_get_str(other->properties, "backup_plan_id"),
                                  value_get_str(p, "backup_plan_id")))
        finding_addf(f, RULE_BACKED_UP_TWICE, selection, pattern->pos, "%s is in %s as well", text,
                     other->resource->address);
}

static void check_selections(struct findings *f)
{
    const struct model_list *list = model_all(f->model, "aws_backup_selection");
    struct map taken;
    map_init(&taken, f->arena);
    for (size_t i = 0; i < list->len; i++) {
        const struct value *patterns = value_get(list->items[i]->properties, "resources");
        check_role(f, list->items[i]);
        for (size_t k = 0; k < value_len(patterns); k++)
            check_pattern(f, list->items[i], value_item(patterns, k), &taken);
    }
}

/* ---- ways ---- */

/* Two relays of one source vault ask for the same copy. */
static const char *what_comes_of(struct arena *arena, const struct proof_path *path,
                                 const struct proof_path *other)
{
    if (!path->relay || !other->relay || path->action != other->action ||
        str_eq(path->relay, other->relay))
        return "";
    return arena_printf(arena, ": by %s and %s, and the first to come makes the only copy",
                        other->relay, path->relay);
}

static void check_ways(struct findings *f)
{
    struct map ways;
    map_init(&ways, f->arena);
    for (size_t i = 0; i < f->path_len; i++) {
        const struct proof_path *path = &f->paths[i];
        const struct model_object *selection =
            path->selection ? model_at(f->model, path->selection) : NULL;
        if (!path->destination)
            continue;
        const struct sights *sights = f->model->sights;
        if (!path->relay && !value_get(f->model->topology->source_keys, path->selection) &&
            !(sights && value_get(sights->source_keys, path->selection)))
            finding_addf(f, RULE_SOURCE_KEY_OPEN, selection, NO_POS,
                         "the way to %s depends on the key of the resources", path->destination);
        const char *key = arena_printf(f->arena, "%s|%s|%s|%s", path->plan, path->rule,
                                       path->resource, path->destination);
        const struct proof_path *other = map_get(&ways, key);
        if (other)
            finding_addf(f, RULE_COPIED_TWICE, model_at(f->model, path->plan), NO_POS,
                         "rule %s leads to %s more than once%s", path->rule, path->destination,
                         what_comes_of(f->arena, path, other));
        else
            map_set(&ways, key, (void *)(uintptr_t)path);
    }
}

void check_plans(struct findings *f)
{
    const struct model_list *list = model_all(f->model, "aws_backup_plan");
    for (size_t i = 0; i < list->len; i++)
        check_plan(f, list->items[i]);
    check_selections(f);
    check_ways(f);
}
