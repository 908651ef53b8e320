/* drill: what would have arrived. */

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/cli/signals.h"
#include "engine/cli/source_keys.h"
#include "engine/drill/drill.h"

/* What the topology leaves to be read is read in the world that the drill will open for itself, or
 * in one like that which it would make. */
static bool settle(struct session *session, const char *world)
{
    struct world_options options = {.path = world && file_exists(world) ? world : ":memory:"};
    if (session->topology.unit_len == 0 && !source_keys_matter(&session->topology))
        return true;
    if (!world_open(&options, &session->world, &session->cli->diags))
        return false;
    session->transport = world_transport(session->world);
    bool good = session_settle(session);
    if (session->loop)
        loop_free(session->loop);
    session->loop = NULL;
    session->transport.ops->close(session->transport.self);
    session->transport = (struct transport){0};
    world_close(session->world);
    session->world = NULL;
    return good;
}

static int drill(struct session *session)
{
    struct cli *cli = session->cli;
    struct drill_report report;
    int64_t days = 0, start_ms = WORLD_EPOCH_MS;
    const char *start = cli_option(cli, OPT_START);
    if (!cli_number(cli, OPT_DAYS, 2, 1, 3650, &days))
        return EXIT_USAGE;
    if (start && !time_parse_iso(slice_of(start), &start_ms)) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "--start %s is not an ISO 8601 time", start);
        return EXIT_USAGE;
    }
    if (!session_load(session))
        return EXIT_ERROR;
    const char *world = cli_option(cli, OPT_WORLD), *state = cli_option(cli, OPT_STATE);
    if (world && !state) /* a world of its own has a state of its own beside it */
        state = str_eq(world, session_default_world(session))
                    ? arena_printf(cli->arena, ".holdfast/%s.simulated.db", session->topology.name)
                    : arena_printf(cli->arena, "%s.state.db", world);
    if (!settle(session, world))
        return EXIT_ERROR;
    if (!world || !file_exists(world)) /* a fresh world holds nothing that could be imported */
        session->topology.import_len = 0;
    struct drill_options options = {
        .topology = &session->topology,
        .schemas = session->schemas,
        .world_path = world,
        .state_path = state,
        .program_version = PROGRAM_VERSION,
        .days = days,
        .start_ms = start_ms,
        .stop = signals_catch(),
    };
    bool good = drill_run(cli->arena, &options, &report, &cli->diags);
    if (*options.stop && !good) {
        cli_note(cli, "The drill was stopped: nothing is counted.");
        return 128 + (int)*options.stop;
    }
    if (!good)
        return EXIT_ERROR;
    if (cli->json)
        cli_out_json(cli, drill_report_to_json(cli->arena, &report));
    else
        cli_out(cli, drill_report_text(cli->arena, &report));
    return report.exit_status;
}

int cmd_drill(struct cli *cli)
{
    return session_run(cli, drill);
}
