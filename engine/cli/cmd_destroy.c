/* destroy: deletes what is empty and unlocked; what stays is listed with the reason. */

#include "engine/cli/commands.h"
#include "engine/cli/emptying.h"
#include "engine/cli/executing.h"
#include "engine/cli/moving.h"

static void print_result(struct session *session, const struct executing *run,
                         const struct emptying *emptying)
{
    const struct planning *planning = &run->planning;
    const struct run_summary *summary = &run->summary;
    struct cli *cli = session->cli;
    struct list_builder items = list_begin(cli->arena);
    for (size_t i = 0; i < planning->plan.retained_len; i++) {
        const struct retained *retained = &planning->plan.retained[i];
        struct map_builder b = map_begin(cli->arena);
        map_put_str(&b, "address", retained->address);
        map_put_str(&b, "reason", retained->reason);
        list_add(&items, map_end(&b));
        if (!cli->json)
            cli_out(cli, arena_printf(cli->arena, "stays    %s: %s\n", retained->address,
                                      retained->reason));
    }
    if (cli->json) {
        struct map_builder b = map_begin(cli->arena);
        map_put_str(&b, "format_version", "1.0");
        map_put_int(&b, "done", (int64_t)summary->done);
        map_put_int(&b, "failed", (int64_t)summary->failed);
        map_put_int(&b, "skipped", (int64_t)summary->skipped);
        map_put(&b, "retained", list_end(&items));
        map_put(&b, "emptied", emptying_value(cli->arena, emptying));
        cli_out_json(cli, map_end(&b));
        return;
    }
    cli_out(cli, arena_printf(cli->arena, "Destroy: %zu done, %zu failed, %zu skipped, %zu stay\n",
                              summary->done, summary->failed, summary->skipped,
                              planning->plan.retained_len));
}

static int destroy(struct session *session)
{
    struct executing run;
    struct emptying emptying;
    int status = executing_plan(session, /* destroy= */ true, &run);
    if (status == EXIT_DONE)
        status = emptying_look(session, &run.planning, &emptying);
    if (status != EXIT_DONE)
        return status;
    if (!executing_approved(session, &run, "Destroy all this?") ||
        !emptying_approved(session, &emptying))
        return EXIT_USAGE;
    if (!moving_keep(session, "moved") || !emptying_run(session, &run.planning, &emptying))
        return EXIT_ERROR;
    executing_carry_out(session, &run);
    print_result(session, &run, &emptying);
    if (emptying_left_any(&emptying))
        return EXIT_ERROR;
    if (run.ok && run.planning.plan.retained_len > 0 &&
        cli_flag(session->cli, OPT_DETAILED_EXITCODE))
        return EXIT_CHANGES;
    return run.ok ? EXIT_DONE : EXIT_ERROR;
}

int cmd_destroy(struct cli *cli)
{
    return session_run(cli, destroy);
}
