#include "engine/cli/executing.h"

#include "engine/cli/approval.h"
#include "engine/cli/progress.h"
#include "engine/cli/relaying.h"

int executing_run(struct session *session, bool destroy, const char *question,
                  struct executing *ret)
{
    struct cli *cli = session->cli;
    struct planning *planning = &ret->planning;
    *ret = (struct executing){0};
    if (!session_load(session) || !session_open(session, SESSION_WRITES) ||
        !planning_build(session, destroy, planning))
        return EXIT_ERROR;
    if (!cli->json) {
        planning->relay_copies = relaying_foresee(session, planning);
        planning_print(session, planning);
    }
    if (!plan_guards(&planning->plan, &planning->input, &cli->diags))
        return EXIT_REFUSED;
    bool empty = plan_is_empty(&planning->plan);
    if (!empty && !approval_ask(session, &planning->plan, question))
        return EXIT_USAGE;
    if (!destroy && !run_declare(&session->run, session->records, session->record_len))
        return EXIT_ERROR;
    session->run.progress = progress_line;
    session->run.progress_ctx = cli;
    session->run.stop = session_catch_signals();
    struct run_world world = {session->records, session->record_len, planning->observations,
                              planning->observation_len};
    ret->ok = empty || run_apply(&session->run, &planning->plan, &world, &ret->summary);
    return EXIT_DONE;
}
