/* plan: desired against observed; reads only. */

#include "engine/cli/commands.h"
#include "engine/cli/leaving.h"
#include "engine/cli/relaying.h"
#include "engine/cli/saving.h"

/* What was not looked at cannot be compared when the plan is applied. */
static bool can_be_saved(struct cli *cli)
{
    const char *out = cli_option(cli, OPT_OUT);
    if (!out)
        return true;
    if (!str_eq(cli_option(cli, OPT_REFRESH), "false"))
        return saving_may_write(cli, out);
    diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
               "--out saves what was observed, and --refresh=false observes nothing");
    return false;
}

static int plan(struct session *session)
{
    struct planning planning;
    const char *out = cli_option(session->cli, OPT_OUT);
    if (!can_be_saved(session->cli))
        return EXIT_ERROR;
    if (!session_load(session) || !session_open(session, SESSION_READS) ||
        !planning_build(session, /* destroy= */ false, &planning))
        return EXIT_ERROR;
    planning.relay_copies = relaying_foresee(session, &planning);
    planning_print(session, &planning);
    leaving_warn(session, &planning);
    if (out && !saving_write(session, &planning, out))
        return EXIT_ERROR;
    if (cli_flag(session->cli, OPT_DETAILED_EXITCODE) && !plan_is_empty(&planning.plan))
        return EXIT_CHANGES;
    return EXIT_DONE;
}

int cmd_plan(struct cli *cli)
{
    return session_run(cli, plan);
}
