/* Selections: which resources a plan takes. They are made and deleted, never changed. */
#include "simulator/backup.h"
#include "simulator/iam.h"

#include "engine/aws/selection.h"
#include "simulator/backup_types.h"

#define SELECTION "backup.selection"

static const char *const condition_kinds[] = {"StringEquals", "StringLike", "StringNotEquals",
                                              "StringNotLike", NULL};

static const struct value *filled(struct arena *arena, const struct value *selection)
{
    struct list_builder none = list_begin(arena);
    const struct value *empty = list_end(&none);
    struct map_builder b = map_begin_from(arena, selection);
    struct map_builder conditions = map_begin_from(arena, value_get(selection, "Conditions"));
    for (size_t i = 0; condition_kinds[i]; i++) {
        if (!value_pointer(selection, arena_printf(arena, "/Conditions/%s", condition_kinds[i])))
            map_put(&conditions, condition_kinds[i], empty);
    }
    map_put(&b, "Conditions", map_end(&conditions));
    if (!value_get(selection, "Resources"))
        map_put(&b, "Resources", empty);
    if (!value_get(selection, "NotResources"))
        map_put(&b, "NotResources", empty);
    if (!value_get(selection, "ListOfTags"))
        map_put(&b, "ListOfTags", empty);
    return map_end(&b);
}

static bool is_empty(const struct value *snake)
{
    if (value_len(value_get(snake, "resources")) || value_len(value_get(snake, "list_of_tags")))
        return false;
    const struct value *conditions = value_get(snake, "conditions");
    for (size_t i = 0; i < value_len(conditions); i++) {
        if (value_len(conditions->map.entries[i].value))
            return false;
    }
    return true;
}

bool backup_selection_takes(struct world *world, struct arena *arena, const char *account,
                            const char *region, const struct value *selection,
                            const struct value *resource)
{
    const struct value *snake = backup_snake(arena, selection), *tags = value_get(resource, "tags");
    const char *resource_arn = value_get_str(resource, "arn");
    const struct sim_type *type =
        resource_type(resource_backed_up(world, arena, account, region, resource));
    if (!type)
        return false;
    if (is_empty(snake)) { /* AWS reads it as everything */
        struct list_builder all = list_begin(arena);
        list_add_str(&all, "*");
        snake = value_with(arena, snake, "resources", list_end(&all));
    }
    if (!selection_matches(snake, resource_arn, tags))
        return false;
    if (backup_opted_in(world, arena, account, region, type->name))
        return true;
    /* A type that is not opted in is taken only where an ARN names it. */
    struct list_builder named = list_begin(arena);
    const struct value *resources = value_get(snake, "resources");
    for (size_t i = 0; i < value_len(resources); i++) {
        if (!str_eq(value_str(value_item(resources, i)), "*"))
            list_add(&named, value_item(resources, i));
    }
    snake = value_with(arena, value_without(arena, snake, "list_of_tags"), "resources",
                       list_end(&named));
    return value_len(value_get(snake, "resources")) > 0 &&
           selection_matches(snake, resource_arn, tags);
}

struct objects backup_selections_of(struct world *world, struct arena *arena, const char *account,
                                    const char *region, const char *plan)
{
    struct objects rows = store_holding(world, arena, SELECTION, account, region, plan);
    size_t len = 0;
    for (size_t i = 0; i < rows.len; i++) {
        if (str_eq(value_get_str(rows.items[i].body, "BackupPlanId"), plan))
            rows.items[len++] = rows.items[i];
    }
    rows.len = len;
    return rows;
}

/* ---- operations ---- */

static const char *plan_id(const struct sim_call *call)
{
    return call_str(call, "BackupPlanId");
}

static bool plan_exists(struct sim_call *call)
{
    return store_get(call->world, call->arena, "backup.plan", call->account, call->region,
                     plan_id(call)) ||
           backup_invalid(call, "Cannot find Backup plan with ID %s", plan_id(call));
}

static const struct value *made(struct sim_call *call, const struct value *selection)
{
    static const char *const members[] = {"SelectionId", "BackupPlanId", "CreationDate", NULL};
    return backup_public(call, selection, members);
}

bool backup_create_selection(struct sim_call *call)
{
    const struct value *asked = call_get(call, "BackupSelection");
    const char *name = value_get_str(asked, "SelectionName"), *why = NULL;
    const char *role = value_get_str(asked, "IamRoleArn");
    const char *token = call_str(call, "CreatorRequestId");
    if (!name || !*name || !role)
        return call_error(call, 400, "MissingParameterValueException",
                          "Missing required parameter: %s", name ? "IamRoleArn" : "SelectionName");
    if (!plan_exists(call))
        return false;
    const struct value *snake = backup_snake(call->arena, asked);
    if (!is_empty(snake) && !selection_check(snake, &why))
        return backup_invalid(call, "%s", why);
    const struct value *document = filled(call->arena, asked);
    struct objects rows =
        backup_selections_of(call->world, call->arena, call->account, call->region, plan_id(call));
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *old = rows.items[i].body;
        const char *old_token = value_get_str(old, "CreatorRequestId");
        if (token && str_eq(token, old_token))
            return call_answer(call, made(call, old));
        if (value_equal(value_get(old, "Selection"), document))
            return backup_exists(call, call_arn(call, "backup", "backup-plan:%s", plan_id(call)),
                                 old_token, "Backup selection already exists");
    }
    if (!backup_role_usable(call, role))
        return false;
    if (!iam_role_policies_settled(call->world, iam_role_get(call->world, call->arena, role)))
        return backup_invalid(call, "IAM Role %s is not authorized to call tag:GetResources", role);
    const char *id = id_uuid(call->world, call->arena);
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "SelectionId", id);
    map_put_str(&b, "BackupPlanId", plan_id(call));
    map_put_int(&b, "CreationDate", call->now);
    map_put_str(&b, "CreatorRequestId", token);
    map_put_str(&b, "SelectionName", name);
    map_put_str(&b, "IamRoleArn", role);
    map_put(&b, "Selection", document);
    const struct value *selection = map_end(&b);
    store_put(call->world, SELECTION, call->account, call->region, id, selection);
    return call_answer(call, made(call, selection));
}

static const struct value *selection_of_call(struct sim_call *call)
{
    const struct value *selection = store_get(call->world, call->arena, SELECTION, call->account,
                                              call->region, call_str(call, "SelectionId"));
    return str_eq(value_get_str(selection, "BackupPlanId"), plan_id(call)) ? selection : NULL;
}

bool backup_get_selection(struct sim_call *call)
{
    static const char *const members[] = {"SelectionId", "BackupPlanId", "CreationDate",
                                          "CreatorRequestId", NULL};
    if (!plan_exists(call))
        return false;
    const struct value *selection = selection_of_call(call);
    if (!selection)
        return backup_not_found(call, "Backup selection", call_str(call, "SelectionId"));
    return call_answer(call, value_with(call->arena, backup_public(call, selection, members),
                                        "BackupSelection", value_get(selection, "Selection")));
}

bool backup_delete_selection(struct sim_call *call)
{
    if (!plan_exists(call))
        return false;
    if (!selection_of_call(call))
        return backup_invalid(call, "Cannot find Backup selection with ID %s",
                              call_str(call, "SelectionId"));
    store_delete(call->world, SELECTION, call->account, call->region,
                 call_str(call, "SelectionId"));
    return call_answer(call, NULL);
}

bool backup_list_selections(struct sim_call *call)
{
    static const char *const members[] = {"SelectionId",
                                          "SelectionName",
                                          "BackupPlanId",
                                          "CreationDate",
                                          "IamRoleArn",
                                          "CreatorRequestId",
                                          NULL};
    const char *next = NULL;
    if (!store_get(call->world, call->arena, "backup.plan", call->account, call->region,
                   plan_id(call)))
        return backup_not_found(call, "Backup plan", plan_id(call));
    struct objects rows =
        backup_selections_of(call->world, call->arena, call->account, call->region, plan_id(call));
    if (!backup_page(call, &rows, &next))
        return false;
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, backup_public(call, rows.items[i].body, members));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "BackupSelectionsList", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}
