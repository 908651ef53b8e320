/* drill: the topology in a simulated world, with days that pass. */

#include "engine/base/clock.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/drill/drill.h"

#define DAYS_MAX 3650

static bool read_start(struct cli *cli, int64_t *ret)
{
    const char *text = cli_option(cli, OPT_START);
    if (!text || (time_parse_iso(slice_of(text), ret) && *ret >= WORLD_EPOCH_MS))
        return true;
    diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
               "--start %s is not a time in ISO 8601 on or after 2026-01-01", text);
    return false;
}

static int drill(struct session *session)
{
    struct cli *cli = session->cli;
    struct drill_report report = {0};
    struct drill_options options = {.topology = &session->topology,
                                    .world_path = cli_option(cli, OPT_WORLD),
                                    .program_version = PROGRAM_VERSION};
    if (!cli_number(cli, OPT_DAYS, 1, 1, DAYS_MAX, &options.days) ||
        !read_start(cli, &options.start_ms))
        return EXIT_USAGE;
    if (!session_load(session))
        return EXIT_ERROR;
    options.schemas = session->schemas;
    if (!drill_run(cli->arena, &options, &report, &cli->diags))
        return EXIT_ERROR;
    if (cli->json)
        cli_out_json(cli, drill_report_to_json(cli->arena, &report));
    else
        cli_out(cli, drill_report_text(cli->arena, &report));
    return report.exit_status;
}

int cmd_drill(struct cli *cli)
{
    struct session session;
    session_init(&session, cli);
    int status = drill(&session);
    session_close(&session);
    return status;
}
