/* apply: plan, guards, approval, run, outputs, then the relays reconcile. */

#include "engine/base/json.h"
#include "engine/cli/commands.h"
#include "engine/cli/executing.h"
#include "engine/cli/outputs.h"
#include "engine/cli/relaying.h"

static bool keep_outputs(struct session *session)
{
    struct cli *cli = session->cli;
    struct record *records = NULL;
    size_t len = 0;
    if (!state_load(session->state, cli->arena, &records, &len, &cli->diags))
        return false;
    const struct value *outputs = outputs_resolve(session, records, len);
    session->records = records;
    session->record_len = len;
    if (!state_set_fact(session->state, "outputs", outputs, &cli->diags) ||
        !journal_commit(session->state, &cli->diags))
        return false;
    for (size_t i = 0; !cli->json && i < value_len(outputs); i++) {
        const struct value_entry *entry = &outputs->map.entries[i];
        const char *text = value_str(entry->value);
        cli_out(cli, arena_printf(cli->arena, "%s = %s\n", entry->key,
                                  text ? text : json_print(cli->arena, entry->value, 0)));
    }
    return true;
}

static void print_summary(struct session *session, const struct run_summary *summary)
{
    struct cli *cli = session->cli;
    if (cli->json) {
        struct map_builder b = map_begin(cli->arena);
        map_put_str(&b, "format_version", "1.0");
        map_put_int(&b, "done", (int64_t)summary->done);
        map_put_int(&b, "failed", (int64_t)summary->failed);
        map_put_int(&b, "skipped", (int64_t)summary->skipped);
        map_put(&b, "outputs", state_fact(session->state, cli->arena, "outputs"));
        cli_out_json(cli, map_end(&b));
        return;
    }
    cli_out(cli, arena_printf(cli->arena, "Apply: %zu done, %zu failed, %zu skipped\n",
                              summary->done, summary->failed, summary->skipped));
}

static int apply(struct session *session)
{
    struct cli *cli = session->cli;
    struct executing run;
    int status = executing_run(session, /* destroy= */ false, "Apply this plan?", &run);
    if (status != EXIT_DONE)
        return status;
    bool ok = run.ok;
    if (ok) /* a signal that came too late to stop anything loses nothing */
        ok = keep_outputs(session);
    if (ok && !*session->run.stop && !run.planning.input.targets &&
        !str_eq(cli_option(cli, OPT_RELAY), "false"))
        ok = relaying_reconcile(session);
    print_summary(session, &run.summary);
    if (*session->run.stop)
        return 128 + (int)*session->run.stop;
    return ok ? EXIT_DONE : EXIT_ERROR;
}

int cmd_apply(struct cli *cli)
{
    struct session session;
    session_init(&session, cli);
    int status = apply(&session);
    session_close(&session);
    return status;
}
