#include "engine/adopt/leads.h"

#include <string.h>

#include "engine/aws/arn.h"

/* Properties that hold ARNs; "*" stands for every item of a list. */
static const struct {
    const char *type, *path;
} named[] = {
    {"aws_backup_vault", "encryption_key_arn"},
    {"aws_backup_vault_notifications", "sns_topic_arn"},
    {"aws_backup_selection", "iam_role_arn"},
    {"aws_backup_restore_testing_selection", "iam_role_arn"},
    {"aws_event_rule", "targets/*/arn"},
    {"aws_event_rule", "targets/*/role_arn"},
    {"aws_event_rule", "targets/*/dead_letter_config/arn"},
    {"aws_lambda_function", "role"},
    {"aws_lambda_function", "dead_letter_config/target_arn"},
    {"aws_lambda_function", "kms_key_arn"},
    {"aws_sns_subscription", "endpoint"},
    {"aws_sqs_queue", "kms_master_key_id"},
    {"aws_cloudwatch_alarm", "alarm_actions/*"},
    {"aws_event_bus", "kms_key_identifier"},
    {"aws_event_bus", "dead_letter_config/arn"},
};

/* Of which type the object behind an ARN is. */
static const struct {
    const char *service, *resource, *type;
    bool global;
} arn_types[] = {
    {"backup", "backup-vault:", "aws_backup_vault", false},
    {"backup", "backup-plan:", "aws_backup_plan", false},
    {"kms", "key/", "aws_kms_key", false},
    {"iam", "role/", "aws_iam_role", true},
    {"lambda", "function:", "aws_lambda_function", false},
    {"sqs", "", "aws_sqs_queue", false},
    {"sns", "", "aws_sns_topic", false},
    {"events", "event-bus/", "aws_event_bus", false},
};

struct following {
    struct arena *arena;
    const struct finding *finding;
    lead_fn *follow;
    void *ctx;
};

static void follow_here(const struct following *f, const char *type, const char *identifier)
{
    const struct lead lead = {type, f->finding->account->id, f->finding->region, identifier};
    f->follow(f->ctx, &lead);
}

/* A role is known by its name, which follows its path. */
static const char *name_in(struct arena *arena, struct slice rest)
{
    const char *text = arena_strndup(arena, rest.ptr, rest.len);
    const char *slash = strrchr(text, '/');
    return slash ? slash + 1 : text;
}

static void follow_arn(const struct following *f, const char *text)
{
    struct arn arn;
    if (!text || !arn_parse(slice_of(text), &arn))
        return;
    for (size_t i = 0; i < ARRAY_LEN(arn_types); i++) {
        struct slice rest = slice_from(arn.resource, strlen(arn_types[i].resource));
        if (!slice_is(arn.service, arn_types[i].service) ||
            !slice_starts(arn.resource, arn_types[i].resource) || memchr(rest.ptr, ':', rest.len))
            continue;
        const char *region = arena_strndup(f->arena, arn.region.ptr, arn.region.len);
        const struct lead lead = {arn_types[i].type,
                                  arena_strndup(f->arena, arn.account.ptr, arn.account.len),
                                  arn_types[i].global ? NULL : region, name_in(f->arena, rest)};
        f->follow(f->ctx, &lead);
    }
}

void leads_of_arn(struct arena *arena, const char *arn, lead_fn *follow, void *ctx)
{
    const struct following f = {arena, NULL, follow, ctx};
    follow_arn(&f, arn);
}

static void follow_path(const struct following *f, const struct value *v, struct slice path)
{
    if (path.len == 0) {
        follow_arn(f, value_str(v));
        return;
    }
    struct slice step = slice_cut(&path, '/');
    if (!slice_is(step, "*")) {
        follow_path(f, value_get(v, arena_strndup(f->arena, step.ptr, step.len)), path);
        return;
    }
    for (size_t i = 0; value_is(v, VALUE_LIST) && i < value_len(v); i++)
        follow_path(f, value_item(v, i), path);
}

static void follow_function(const struct following *f)
{
    const struct value *statements = value_get(f->finding->attributes, "policy_statements");
    const char *name = f->finding->identifier;
    follow_here(f, "aws_log_group", arena_printf(f->arena, "/aws/lambda/%s", name));
    for (size_t i = 0; value_is(statements, VALUE_MAP) && i < statements->map.len; i++)
        follow_here(f, "aws_lambda_permission",
                    arena_printf(f->arena, "%s|%s", name, statements->map.entries[i].key));
}

void leads_of(struct arena *arena, const struct schema_set *schemas, const struct finding *finding,
              lead_fn *follow, void *ctx)
{
    const struct following f = {arena, finding, follow, ctx};
    const char *type = finding->schema->type_name;
    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        if (str_eq(named[i].type, type))
            follow_path(&f, finding->attributes, slice_of(named[i].path));
    for (size_t i = 0; i < schemas->types.len; i++) {
        const struct schema *part = schemas->types.entries[i].value;
        if (str_eq(part->part_of, type))
            follow_here(&f, part->type_name, finding->identifier);
    }
    if (str_eq(type, "aws_lambda_function"))
        follow_function(&f);
    if (str_eq(type, "aws_backup_logically_air_gapped_vault"))
        follow_here(&f, "aws_backup_vault_policy", finding->identifier);
    if (str_eq(type, "aws_event_bus"))
        follow_here(&f, "aws_event_bus_policy", finding->identifier);
}
