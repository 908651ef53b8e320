/* Legal holds: while one is active, the points that it names are deleted by nobody, not by their
 * lifecycle either. A cancelled hold is shown on. */
#include "simulator/backup.h"

#include "simulator/tags.h"

#define HOLD "backup.legal_hold"

static const struct value *hold_or_missing(struct sim_call *call)
{
    const char *id = call_str(call, "LegalHoldId");
    const struct value *hold =
        store_get(call->world, call->arena, HOLD, call->account, call->region, id);
    if (!hold)
        backup_not_found(call, "Legal hold", id);
    return hold;
}

/* ---- which points ---- */

static bool list_names(const struct value *list, const char *text)
{
    for (size_t i = 0; i < value_len(list); i++)
        if (str_eq(value_str(value_item(list, i)), text))
            return true;
    return false;
}

static bool in_dates(const struct value *range, int64_t ms)
{
    int64_t from = 0, to = 0;
    return (!input_time(value_get(range, "FromDate"), &from) || ms >= from) &&
           (!input_time(value_get(range, "ToDate"), &to) || ms <= to);
}

static bool holds(const struct value *hold, const struct value *point)
{
    const struct value *selection = value_get(hold, "RecoveryPointSelection");
    const struct value *vaults = value_get(selection, "VaultNames");
    const struct value *resources = value_get(selection, "ResourceIdentifiers");
    return (value_len(vaults) == 0 ||
            list_names(vaults, value_get_str(point, "BackupVaultName"))) &&
           (value_len(resources) == 0 ||
            list_names(resources, value_get_str(point, "ResourceArn"))) &&
           in_dates(value_get(selection, "DateRange"), value_get_int(point, "CreationDate", 0));
}

static bool is_cancelled(const struct value *hold)
{
    return str_eq(value_get_str(hold, "Status"), "CANCELED");
}

const struct value *hold_of_point(struct world *world, struct arena *arena, const char *account,
                                  const char *region, const struct value *point)
{
    struct objects rows = store_list(world, arena, HOLD, account, region, NULL);
    for (size_t i = 0; i < rows.len; i++)
        if (!is_cancelled(rows.items[i].body) && holds(rows.items[i].body, point))
            return rows.items[i].body;
    return NULL;
}

/* ---- operations ---- */

static const struct value *shown(struct sim_call *call, const struct value *hold)
{
    static const char *const members[] = {"Title",
                                          "Status",
                                          "Description",
                                          "LegalHoldId",
                                          "LegalHoldArn",
                                          "CreationDate",
                                          "CancelDescription",
                                          "CancellationDate",
                                          "RecoveryPointSelection",
                                          NULL};
    return backup_public(call, hold, members);
}

static const struct value *of_token(struct sim_call *call, const char *token)
{
    struct objects rows =
        store_holding(call->world, call->arena, HOLD, call->account, call->region, token);
    for (size_t i = 0; i < rows.len; i++)
        if (str_eq(token, value_get_str(rows.items[i].body, "IdempotencyToken")))
            return rows.items[i].body;
    return NULL;
}

static bool selection_good(struct sim_call *call)
{
    const struct value *range = value_pointer(call->input, "/RecoveryPointSelection/DateRange");
    int64_t from = 0, to = 0;
    if (!range)
        return true;
    if (!input_time(value_get(range, "FromDate"), &from) ||
        !input_time(value_get(range, "ToDate"), &to))
        return call_error(call, 400, "MissingParameterValueException",
                          "Missing required parameter: FromDate or ToDate");
    return from <= to || backup_invalid(call, "FromDate must not be after ToDate");
}

bool backup_create_hold(struct sim_call *call)
{
    const char *title = call_need(call, "Title"), *token = call_str(call, "IdempotencyToken");
    const char *description = title ? call_need(call, "Description") : NULL;
    const struct value *tags = call_get(call, "Tags"), *old = token ? of_token(call, token) : NULL;
    const char *why = tags ? tags_refused(call->arena, tags) : NULL;
    if (!description || !selection_good(call))
        return false;
    if (why)
        return backup_invalid(call, "%s", why);
    if (old)
        return call_answer(call, shown(call, old));
    const char *id = id_uuid(call->world, call->arena);
    struct map_builder none = map_begin(call->arena), b = map_begin(call->arena);
    map_put_str(&b, "Title", title);
    map_put_str(&b, "Status", "CREATING");
    map_put_str(&b, "Description", description);
    map_put_str(&b, "LegalHoldId", id);
    map_put_str(&b, "LegalHoldArn", call_arn(call, "backup", "legal-hold:%s", id));
    map_put_int(&b, "CreationDate", call->now);
    map_put(&b, "RecoveryPointSelection", call_get(call, "RecoveryPointSelection"));
    map_put_str(&b, "IdempotencyToken", token);
    map_put(&b, "Tags", tags ? tags : map_end(&none));
    const struct value *hold = map_end(&b);
    store_put(call->world, HOLD, call->account, call->region, id, hold);
    struct map_builder later = map_begin(call->arena);
    map_put_str(&later, "Account", call->account);
    map_put_str(&later, "Region", call->region);
    map_put_str(&later, "Hold", id);
    task_add(call->world, call->now + backup_durations.deploy_ms, "backup.hold_ready",
             map_end(&later));
    return call_answer(call, shown(call, hold));
}

void backup_task_hold_ready(struct world *world, struct arena *arena, const struct value *payload)
{
    const char *account = value_get_str(payload, "Account");
    const char *region = value_get_str(payload, "Region"), *id = value_get_str(payload, "Hold");
    const struct value *hold = store_get(world, arena, HOLD, account, region, id);
    if (str_eq(value_get_str(hold, "Status"), "CREATING"))
        store_put(world, HOLD, account, region, id,
                  value_with(arena, hold, "Status", value_string(arena, "ACTIVE")));
}

bool backup_get_hold(struct sim_call *call)
{
    const struct value *hold = hold_or_missing(call);
    return hold && call_answer(call, shown(call, hold));
}

bool backup_cancel_hold(struct sim_call *call)
{
    const struct value *hold = hold_or_missing(call);
    const char *why = hold ? call_need(call, "cancelDescription") : NULL;
    if (!why)
        return false;
    if (is_cancelled(hold))
        return call_error(call, 400, "InvalidResourceStateException",
                          "Legal hold %s is cancelled already", value_get_str(hold, "LegalHoldId"));
    struct map_builder b = map_begin_from(call->arena, hold);
    map_put_str(&b, "Status", "CANCELED");
    map_put_str(&b, "CancelDescription", why);
    map_put_int(&b, "CancellationDate", call->now);
    store_put(call->world, HOLD, call->account, call->region, value_get_str(hold, "LegalHoldId"),
              map_end(&b));
    return call_answer(call, NULL);
}

bool backup_list_holds(struct sim_call *call)
{
    static const char *const members[] = {
        "Title",        "Status",       "Description",      "LegalHoldId",
        "LegalHoldArn", "CreationDate", "CancellationDate", NULL};
    struct objects rows = {0};
    const char *next = NULL;
    if (!store_page(call, HOLD, NULL, "nextToken", "maxResults", 1000, &rows, &next))
        return backup_invalid(call, "Invalid value for nextToken");
    struct list_builder items = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&items, backup_public(call, rows.items[i].body, members));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "LegalHolds", list_end(&items));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

bool backup_list_points_of_hold(struct sim_call *call)
{
    static const char *const members[] = {"RecoveryPointArn", "ResourceArn", "ResourceType",
                                          "BackupVaultName", NULL};
    const char *next = NULL, *id = call_str(call, "LegalHoldId");
    const struct value *hold =
        store_get(call->world, call->arena, HOLD, call->account, call->region, id);
    if (!hold) /* AWS knows no "not found" here */
        return backup_invalid(call, "Invalid legal hold id: %s", id);
    struct objects rows =
        store_list(call->world, call->arena, "backup.point", call->account, call->region, NULL);
    size_t len = 0;
    for (size_t i = 0; i < rows.len; i++)
        if (!is_cancelled(hold) && holds(hold, rows.items[i].body))
            rows.items[len++] = rows.items[i];
    rows.len = len;
    if (!backup_page(call, &rows, &next))
        return false;
    struct list_builder items = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&items, backup_public(call, rows.items[i].body, members));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "RecoveryPoints", list_end(&items));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}
