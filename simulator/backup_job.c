/* What backup jobs and copy jobs have in common: where they are kept, when they go on, how they are
 * found again and listed. */
#include "simulator/backup.h"

void backup_put(struct world *world, const struct backup_jobs *jobs, const struct value *job)
{
    store_put(world, jobs->kind, value_get_str(job, "AccountId"), value_get_str(job, "Region"),
              value_get_str(job, jobs->id_member), job);
}

void backup_later(struct world *world, struct arena *arena, const struct backup_jobs *jobs,
                  const struct value *job, const char *task, int64_t ms)
{
    struct map_builder b = map_begin(arena);
    map_put(&b, "Account", value_get(job, "AccountId"));
    map_put(&b, "Region", value_get(job, "Region"));
    map_put(&b, "Job", value_get(job, jobs->id_member));
    task_add(world, world_now_ms(world) + ms, task, map_end(&b));
}

const struct value *backup_of_task(struct world *world, struct arena *arena,
                                   const struct backup_jobs *jobs, const struct value *payload)
{
    return store_get(world, arena, jobs->kind, value_get_str(payload, "Account"),
                     value_get_str(payload, "Region"), value_get_str(payload, "Job"));
}

const struct value *backup_earlier(struct sim_call *call, const struct backup_jobs *jobs)
{
    const char *token = call_str(call, "IdempotencyToken");
    if (!token)
        return NULL;
    struct objects rows =
        store_list(call->world, call->arena, jobs->kind, call->account, call->region, NULL);
    for (size_t i = 0; i < rows.len; i++)
        if (str_eq(token, value_get_str(rows.items[i].body, "IdempotencyToken")))
            return rows.items[i].body;
    return NULL;
}

static bool wanted(const struct sim_call *call, const struct backup_jobs *jobs,
                   const struct value *job)
{
    return backup_fits(call, job, jobs->filters, jobs->filter_len) &&
           value_get_int(job, "CreationDate", 0) >= call->now - BACKUP_HISTORY_MS &&
           backup_in_time(call, job, "CreationDate", "createdBefore", "createdAfter") &&
           backup_in_time(call, job, "CompletionDate", "completeBefore", "completeAfter");
}

bool backup_list(struct sim_call *call, const struct backup_jobs *jobs)
{
    const char *next = NULL;
    struct objects rows =
        store_list(call->world, call->arena, jobs->kind, call->account, call->region, NULL);
    size_t len = 0;
    for (size_t i = 0; i < rows.len; i++)
        if (wanted(call, jobs, rows.items[i].body))
            rows.items[len++] = rows.items[i];
    rows.len = len;
    if (!backup_page(call, &rows, &next))
        return false;
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, jobs->described(call, rows.items[i].body));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, jobs->list_member, list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}
