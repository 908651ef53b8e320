#include "engine/config/iam_document.h"
#include "engine/config/lower.h"

static const char *const write_log[] = {"logs:CreateLogStream", "logs:PutLogEvents", NULL};
static const char *const send[] = {"sqs:SendMessage", NULL};

const char *function_log_arn(struct lowering *lw, const struct instance *in, const char *function)
{
    return arena_printf(lw->arena, "arn:%s:logs:%s:%s:log-group:/aws/lambda/%s:*",
                        in->account->partition, in->region, in->account->id, function);
}

const struct value *function_base_statements(struct lowering *lw, const struct value *log_arns,
                                             const struct value *dead_letter_arns)
{
    struct list_builder list = list_begin(lw->arena);
    list_add(&list, iam_statement(lw->arena, "Log", "Allow", NULL, write_log, log_arns, NULL));
    if (value_len(dead_letter_arns) > 0)
        list_add(&list, iam_statement(lw->arena, "DeadLetters", "Allow", NULL, send,
                                      dead_letter_arns, NULL));
    return list_end(&list);
}

void lower_log_group(struct lowering *lw, const struct instance *in, const struct value *function)
{
    struct map_builder map = map_begin(lw->arena);
    const struct value *days = value_get(in->body, "log_retention_in_days");
    map_put(&map, "name",
            value_at(lw->arena,
                     value_stringf(lw->arena, "/aws/lambda/%s", literal_text(lw, function)),
                     place_or(function, in->entry->pos)));
    map_put(&map, "retention_in_days", days ? days : value_int(lw->arena, LOG_DAYS));
    draft_add(lw, in, "/log_group", "aws_log_group", map_end(&map));
}

/* One role for the instances of one account; its policy names the log and dead letters of each. */
static const struct value *function_role(struct lowering *lw, const struct instance *in)
{
    static const char *const same[] = {"managed_policy_arns", NULL};
    const struct entry *entry = in->entry;
    struct list_builder logs = list_begin(lw->arena), letters = list_begin(lw->arena);
    struct map_builder map = map_begin(lw->arena);
    for (size_t i = 0; i < entry->len; i++) {
        const struct instance *member = &entry->instances[i];
        if (member->account != in->account)
            continue;
        list_add_str(&logs,
                     function_log_arn(lw, member, literal_text(lw, name_of(lw, member, NULL))));
        const struct value *letter =
            ref_value(lw, member, "queues", value_get(member->body, "dead_letter"), "arn");
        if (letter)
            list_add(&letters, letter);
    }
    struct map_builder policies = map_begin_from(lw->arena, value_get(in->body, "inline_policies"));
    map_put(&policies, "holdfast",
            iam_document(lw->arena, NULL,
                         function_base_statements(lw, list_end(&logs), list_end(&letters))));
    map_put(&map, "name", global_name_of(lw, in, "role"));
    map_put(&map, "assume_role_policy_document",
            iam_service_trust(lw->arena, "lambda.amazonaws.com", NULL));
    map_put(&map, "inline_policies", map_end(&policies));
    copy_keys(&map, in->body, same);
    draft_add(lw, in, "/role", "aws_iam_role", map_end(&map));
    return value_ref(lw->arena, arena_printf(lw->arena, "%s/role", in->global_address), "arn");
}

static void add_code(struct lowering *lw, const struct instance *in, struct map_builder *map)
{
    const struct value *code = value_get(in->body, "code");
    if (!value_str(code))
        return;
    const struct asset *asset = assets_get(lw->assets, code, in->address, lw->diags);
    if (!asset) {
        lw->broken = true;
        return;
    }
    map_put(map, "code_sha256",
            value_at(lw->arena, value_string(lw->arena, asset->sha256), code->pos));
    map_put(map, "filename", value_at(lw->arena, value_string(lw->arena, asset->path), code->pos));
}

static void add_environment(struct lowering *lw, struct map_builder *map,
                            const struct value *variables)
{
    if (value_len(variables) == 0)
        return;
    struct map_builder environment = map_begin(lw->arena);
    map_put(&environment, "variables", variables);
    map_put(map, "environment", map_end(&environment));
}

void function_dead_letter(struct lowering *lw, struct map_builder *map, const struct value *arn)
{
    struct map_builder config = map_begin(lw->arena);
    map_put(&config, "target_arn", arn);
    map_put(map, "dead_letter_config", arn ? map_end(&config) : value_null());
}

static void lower_function(struct lowering *lw, const struct instance *in)
{
    static const char *const same[] = {
        "runtime",
        "handler",
        "description",
        "architectures",
        "memory_size",
        "timeout",
        "reserved_concurrent_executions",
        NULL,
    };
    struct map_builder map = map_begin(lw->arena);
    const struct value *role = value_get(in->body, "role");
    map_put(&map, "name", name_of(lw, in, NULL));
    map_put(&map, "role", role ? ref_value(lw, in, "roles", role, "arn") : function_role(lw, in));
    copy_keys(&map, in->body, same);
    add_code(lw, in, &map);
    add_environment(lw, &map, value_get(in->body, "environment"));
    function_dead_letter(lw, &map,
                         ref_value(lw, in, "queues", value_get(in->body, "dead_letter"), "arn"));
    lower_log_group(lw, in, name_of(lw, in, NULL));
    struct draft *draft = draft_add(lw, in, "", "aws_lambda_function", map_end(&map));
    /* Lambda would make the group itself, without retention or tags. */
    if (draft)
        draft_depend(lw, draft, arena_printf(lw->arena, "%s/log_group", in->address));
}

void lower_functions(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        lower_function(lw, &entry->instances[i]);
}
