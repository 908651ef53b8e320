/* relay once: one reconcile pass of every relay, by hand. */

#include "engine/cli/commands.h"
#include "engine/cli/relaying.h"

static void print_answer(struct cli *cli, const struct relaying *relaying)
{
    if (!cli->json) {
        cli_out(cli, arena_printf(cli->arena, "Relay: %s\n", relaying_text(cli->arena, relaying)));
        return;
    }
    struct list_builder decisions = relaying->decisions;
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    relaying_put_counts(&b, relaying);
    map_put(&b, "decisions", list_end(&decisions));
    cli_out_json(cli, map_end(&b));
}

static int once(struct session *session)
{
    struct relaying relaying;
    if (!relaying_open(session))
        return EXIT_ERROR;
    const struct cli *cli = session->cli;
    const struct relaying_how how = {.dry_run = cli_flag(cli, OPT_DRY_RUN),
                                     .backfill = cli_flag(cli, OPT_BACKFILL),
                                     .retry_now = true}; /* a person asks */
    bool ok = relaying_reconcile(session, &how, &relaying);
    print_answer(session->cli, &relaying);
    return ok ? EXIT_DONE : EXIT_ERROR;
}

int cmd_relay_once(struct cli *cli)
{
    return session_run(cli, once);
}
