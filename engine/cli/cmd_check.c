/* check: the path proof, offline. */

#include "engine/base/clock.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/proof/proof.h"

static int check(struct session *session)
{
    struct cli *cli = session->cli;
    struct proof_report report;
    if (!session_load(session))
        return EXIT_ERROR;
    proof_check(cli->arena, &session->topology, clock_wall_ms(), &report);
    if (cli->json)
        cli_out_json(cli, proof_to_json(cli->arena, &report, &cli->diags));
    else
        cli_out(cli, proof_text(cli->arena, &report, &cli->diags));
    return report.verdict == PROOF_BROKEN ? EXIT_REFUSED : EXIT_DONE;
}

int cmd_check(struct cli *cli)
{
    return session_run(cli, check);
}
