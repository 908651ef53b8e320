/* plan: desired against observed; reads only. */

#include "engine/cli/commands.h"
#include "engine/cli/relaying.h"

static int plan(struct session *session)
{
    struct planning planning;
    if (!session_load(session) || !session_open(session, SESSION_READS) ||
        !planning_build(session, /* destroy= */ false, &planning))
        return EXIT_ERROR;
    planning.relay_copies = relaying_foresee(session, &planning);
    planning_print(session, &planning);
    if (cli_flag(session->cli, OPT_DETAILED_EXITCODE) && !plan_is_empty(&planning.plan))
        return EXIT_CHANGES;
    return EXIT_DONE;
}

int cmd_plan(struct cli *cli)
{
    return session_run(cli, plan);
}
