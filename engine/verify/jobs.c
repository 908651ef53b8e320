/* Where a row stops, AWS's own words: the last job that should have gone on. */
#include "engine/aws/arn.h"
#include "engine/verify/facts.h"
#include "providers/aws/aws.h"

struct asking {
    struct verify_facts *facts;
    struct verify_row *row;
};

static void jobs_listed(void *ctx, const struct response *rs)
{
    struct asking *asking = ctx;
    struct arena *arena = asking->facts->arena;
    const struct value *list = value_get(rs->body, "CopyJobs"), *newest = NULL;
    int64_t newest_ms = 0;
    if (!list)
        list = value_get(rs->body, "BackupJobs");
    for (size_t i = 0; rs->fault == FAULT_NONE && i < value_len(list); i++) {
        const struct value *job = value_item(list, i);
        int64_t created_ms = value_epoch_ms(value_get(job, "CreationDate"));
        if (created_ms >= newest_ms) {
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
