/* drift: recorded against observed; never writes. */

#include "engine/cli/commands.h"
#include "engine/cli/planning.h"

/* What others added to recorded objects is not in the state: it is looked for. */
static bool observe_parts(struct session *session, struct plan_input *input)
{
    struct record *parts = NULL;
    struct observation *observations = NULL;
    struct run run = session->run;
    run.topology = NULL; /* nothing that is only desired */
    drift_parts(session->cli->arena, input, &parts, &input->part_len);
    if (!run_observe(&run, parts, input->part_len, &observations, &input->part_len))
        return false;
    input->parts = parts;
    input->part_observations = observations;
    return true;
}

static int drift(struct session *session)
{
    struct cli *cli = session->cli;
    struct planning planning;
    struct drift *items = NULL;
    size_t len = 0;
    if (!session_load(session) || !session_open(session, SESSION_READS) ||
        !planning_observe(session, &planning) || !observe_parts(session, &planning.input) ||
        !drift_build(cli->arena, &planning.input, &items, &len, &cli->diags))
        return EXIT_ERROR;
    if (cli->json) {
        cli_out_json(cli, drift_to_json(cli->arena, items, len));
    } else {
        struct render_options options = planning_render_options(session, &planning);
        cli_out(cli, drift_render_text(cli->arena, items, len, &session->topology, &options));
    }
    return len > 0 && cli_flag(cli, OPT_DETAILED_EXITCODE) ? EXIT_CHANGES : EXIT_DONE;
}

int cmd_drift(struct cli *cli)
{
    return session_run(cli, drift);
}
