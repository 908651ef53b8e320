/* Where a row stops, AWS's own words: the last job that should have brought what the vault lacks.
 */
#include "engine/aws/arn.h"
#include "engine/verify/facts.h"
#include "providers/aws/aws.h"

struct asking {
    struct verify_facts *facts;
    struct verify_row *row;
};

/* Newer than anything that the vault where the row stops has. */
static bool is_newer(const struct verify_row *row, int64_t created_ms)
{
    return !row->stopped->point || created_ms > row->stopped->created_ms;
}

/* Of a point that the vault before holds and this one lacks. Where nobody knows what the vault
 * before holds, it is any job but that of the point which this one has. */
static bool copies_what_lacks(const struct verify_row *row, const struct value *job)
{
    const struct verify_holding *before = (row->stopped - 1)->holding;
    const char *source = value_get_str(job, "SourceRecoveryPointArn");
    if (!before)
        return !row->stopped->point ||
               !str_eq(value_get_str(job, "DestinationRecoveryPointArn"), row->stopped->point);
    for (size_t i = 0; i < before->len && is_newer(row, before->points[i].created_ms); i++)
        if (str_eq(before->points[i].arn, source))
            return true;
    return false;
}

static bool is_about(const struct verify_row *row, const struct value *job)
{
    if (row->stopped != row->hops)
        return copies_what_lacks(row, job);
    const char *made = value_get_str(job, "RecoveryPointArn");
    return is_newer(row, value_epoch_ms(value_get(job, "CreationDate"))) &&
           !(made && str_eq(made, row->stopped->point));
}

static void jobs_listed(void *ctx, const struct response *rs)
{
    struct asking *asking = ctx;
    struct arena *arena = asking->facts->arena;
    const struct value *list = value_get(rs->body, "CopyJobs"), *newest = NULL;
    int64_t newest_ms = 0;
    if (rs->fault != FAULT_NONE) {
        asking->row->job_message =
            arena_printf(arena, "the jobs cannot be listed: %s", rs->code ? rs->code : "no answer");
        return;
    }
    if (!list)
        list = value_get(rs->body, "BackupJobs");
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *job = value_item(list, i);
        int64_t created_ms = value_epoch_ms(value_get(job, "CreationDate"));
        if (created_ms >= newest_ms && is_about(asking->row, job)) {
            newest_ms = created_ms;
            newest = job;
        }
    }
    asking->row->job_state = arena_strdup(arena, value_get_str(newest, "State"));
    asking->row->job_message = arena_strdup(arena, value_get_str(newest, "StatusMessage"));
}

/* A job of the vault that fills this one: the plan's backup, or a copy out of the vault before. */
static void ask(struct verify_facts *facts, struct verify_row *row)
{
    struct arena *arena = facts->arena;
    size_t at = (size_t)(row->stopped - row->hops);
    const char *from = row->hops[at ? at - 1 : 0].vault_arn;
    const struct verify_vault *vault = map_get(&facts->vaults, from);
    struct asking *asking = arena_new_of(arena, struct asking);
    struct map_builder query = map_begin(arena);
    map_put_str(&query, "resourceArn", row->resource);
    if (at)
        map_put_str(&query, "destinationVaultArn", row->stopped->vault_arn);
    else
        map_put_str(&query, "backupVaultName", vault->name);
    *asking = (struct asking){facts, row};
    struct aws_call_spec spec = {.operation = at ? &backup_ListCopyJobs : &backup_ListBackupJobs,
                                 .account_id = vault->account_id,
                                 .region = vault->region,
                                 .query = map_end(&query),
                                 .all_pages = true};
    aws_call(facts->input->loop, &spec, jobs_listed, asking);
}

void verify_ask_jobs(struct verify_facts *facts, struct verify_row *rows, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (rows[i].stopped)
            ask(facts, &rows[i]);
    facts_wait(facts);
}

/* A job that went well is not why the row stops. */
static const char *what_came_of_it(const struct verify_row *row)
{
    if (!str_eq(row->job_state, "COMPLETED"))
        return "";
    return row->stopped->worse ? ", and what it made cannot be used"
                               : ", and what it made is not there";
}

const char *verify_job_text(struct arena *arena, const struct verify_row *row)
{
    if (row->job_state)
        return arena_printf(arena, "the last job is %s%s%s%s", row->job_state, what_came_of_it(row),
                            row->job_message ? ": " : "", row->job_message ? row->job_message : "");
    if (row->job_message)
        return row->job_message;
    if (row->stopped != row->hops)
        return "no copy of what is newer was begun";
    return row->stopped->point ? "no newer job of it is listed" : "no job of it is listed";
}
