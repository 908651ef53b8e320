/* One line about an object: what a reader wants to know of its type. */

#include <string.h>

#include "engine/plan/text.h"

#define SUMMARY_MAX ((size_t)64 * 1024)

static void add_part(struct strbuf *sb, const char *before, const char *text, const char *after)
{
    strbuf_addf(sb, "%s%s%s%s", sb->len ? ", " : "", before, text, after);
}

/* "cron(0 20 ? * * *)" to "daily 20:00"; other schedules as they are. */
static const char *schedule_text(struct arena *arena, const char *schedule)
{
    static const char *const daily[] = {" ? * * *)", " * * ? *)", NULL};
    struct slice rest = slice_of(schedule);
    if (!slice_starts(rest, "cron("))
        return schedule;
    rest = slice_from(rest, strlen("cron("));
    long long minute, hour;
    if (!parse_int64(slice_cut(&rest, ' '), &minute))
        return schedule;
    struct slice hours = slice_cut(&rest, ' ');
    if (!parse_int64(hours, &hour) || !rest.ptr)
        return schedule;
    for (const char *const *tail = daily; *tail; tail++)
        if (slice_is(rest, *tail + 1))
            return arena_printf(arena, "daily %02lld:%02lld", hour, minute);
    return schedule;
}

/* "backup-vault:x" of an ARN is its last part: "x". */
static const char *vault_text(struct arena *arena, const struct value *v)
{
    const char *text = text_value(arena, NULL, v);
    const char *colon = strrchr(text, ':');
    return str_starts(text, "arn:") && colon ? colon + 1 : text;
}

static void plan_rule(struct strbuf *sb, const struct value *rule)
{
    struct arena *arena = sb->arena;
    const char *schedule = value_get_str(rule, "schedule_expression");
    const char *zone = value_get_str(rule, "schedule_expression_timezone");
    if (schedule)
        add_part(sb, schedule_text(arena, schedule), zone ? " " : "", zone ? zone : "");
    int64_t days = value_get_int(value_get(rule, "lifecycle"), "delete_after_days", 0);
    if (days > 0)
        add_part(sb, "", arena_printf(arena, "%lld", (long long)days), " days");
    const struct value *copies = value_get(rule, "copy_actions");
    for (size_t i = 0; i < value_len(copies); i++)
        add_part(
            sb, "copy to ",
            vault_text(arena, value_get(value_item(copies, i), "destination_backup_vault_arn")),
            "");
}

static void plan_summary(struct strbuf *sb, const struct value *p)
{
    const struct value *rules = value_get(p, "rules");
    for (size_t i = 0; i < value_len(rules); i++)
        plan_rule(sb, value_item(rules, i));
}

static void lock_summary(struct strbuf *sb, const struct value *p)
{
    const struct value *min = value_get(p, "min_retention_days");
    const struct value *max = value_get(p, "max_retention_days");
    add_part(sb, value_get(p, "changeable_for_days") ? "COMPLIANCE" : "governance", "", "");
    if (min && max)
        add_part(sb, text_value(sb->arena, NULL, min), " to ",
                 arena_printf(sb->arena, "%s days", text_value(sb->arena, NULL, max)));
    else if (min || max)
        add_part(sb, min ? "at least " : "at most ", text_value(sb->arena, NULL, min ? min : max),
                 " days");
}

static void selection_summary(struct strbuf *sb, const struct value *p)
{
    const struct value *resources = value_get(p, "resources");
    for (size_t i = 0; i < value_len(resources); i++)
        add_part(sb, "", text_value(sb->arena, NULL, value_item(resources, i)), "");
    const struct value *tags = value_get(p, "list_of_tags");
    if (value_len(tags))
        add_part(sb, "", arena_printf(sb->arena, "%zu tag conditions", value_len(tags)), "");
}

static void notifications_summary(struct strbuf *sb, const struct value *p)
{
    const struct value *events = value_get(p, "backup_vault_events");
    for (size_t i = 0; i < value_len(events); i++)
        add_part(sb, "", text_value(sb->arena, NULL, value_item(events, i)), "");
    add_part(sb, "to ", text_value(sb->arena, NULL, value_get(p, "sns_topic_arn")), "");
}

static void policy_summary(struct strbuf *sb, const struct value *p)
{
    const struct value *statements = value_get(value_get(p, "policy"), "Statement");
    for (size_t i = 0; i < value_len(statements); i++) {
        const char *sid = value_get_str(value_item(statements, i), "Sid");
        if (sid)
            add_part(sb, "",
                     text_value(sb->arena, NULL, value_get(value_item(statements, i), "Sid")), "");
    }
    if (!sb->len)
        add_part(sb, arena_printf(sb->arena, "%zu", value_len(statements)),
                 value_len(statements) == 1 ? " statement" : " statements", "");
}

struct part {
    const char *property, *before, *after;
};
static const struct row {
    const char *type;
    void (*special)(struct strbuf *sb, const struct value *properties);
    struct part parts[4];
} rows[] = {
    {"aws_backup_vault", NULL, {{"name", "", ""}, {"encryption_key_arn", "key ", ""}}},
    {"aws_backup_vault_lock", lock_summary, {{0}}},
    {"aws_backup_vault_policy", policy_summary, {{0}}},
    {"aws_backup_vault_notifications", notifications_summary, {{0}}},
    {"aws_sns_subscription", NULL, {{"protocol", "", ""}, {"endpoint", "", ""}}},
    {"aws_backup_plan", plan_summary, {{0}}},
    {"aws_backup_selection", selection_summary, {{0}}},
    {"aws_backup_logically_air_gapped_vault",
     NULL,
     {{"name", "", ""},
      {"min_retention_days", "locked for ever, at least ", " days"},
      {"max_retention_days", "at most ", " days"}}},
    {"aws_backup_legal_hold", NULL, {{"title", "", ""}}},
    {"aws_backup_restore_testing_plan", NULL, {{"name", "", ""}, {"schedule_expression", "", ""}}},
    {"aws_kms_key",
     NULL,
     {{"description", "", ""}, {"rotation_period_in_days", "rotation every ", " days"}}},
    {"aws_lambda_function",
     NULL,
     {{"runtime", "", ""}, {"memory_size", "", " MB"}, {"timeout", "", " s"}}},
    {"aws_lambda_permission", NULL, {{"principal", "", ""}, {"source_arn", "from ", ""}}},
    {"aws_event_rule",
     NULL,
     {{"description", "", ""}, {"schedule_expression", "", ""}, {"name", "", ""}}},
    {"aws_event_bus_policy", policy_summary, {{0}}},
    {"aws_iam_service_linked_role", NULL, {{"aws_service_name", "", ""}}},
    {"aws_log_group", NULL, {{"name", "", ""}, {"retention_in_days", "kept ", " days"}}},
};
static const struct part named[] = {{"name", "", ""}, {0}};

static void add_parts(struct strbuf *sb, const struct part *parts, size_t len,
                      const struct schema *schema, const struct value *properties)
{
    for (size_t i = 0; i < len && parts[i].property; i++) {
        const struct value *v = value_get(properties, parts[i].property);
        if (!v || (value_is(v, VALUE_STRING) && v->string.len == 0))
            continue;
        const struct schema_node *node = schema_property_of(schema->root, parts[i].property);
        add_part(sb, parts[i].before, text_value(sb->arena, node, v), parts[i].after);
    }
}

const char *policy_property_of(const struct schema *schema)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(rows[i].type, schema->type_name))
            return rows[i].special == policy_summary ? "policy" : NULL;
    return NULL;
}

const char *summary_of(struct arena *arena, const struct schema *schema,
                       const struct value *properties)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, SUMMARY_MAX);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!str_eq(rows[i].type, schema->type_name))
            continue;
        if (rows[i].special)
            rows[i].special(&sb, properties);
        else
            add_parts(&sb, rows[i].parts, ARRAY_LEN(rows[i].parts), schema, properties);
        return strbuf_str(&sb);
    }
    add_parts(&sb, named, ARRAY_LEN(named), schema, properties);
    return strbuf_str(&sb);
}
