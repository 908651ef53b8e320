#include "engine/cli/executing.h"

#include "engine/cli/approval.h"
#include "engine/cli/progress.h"
#include "engine/cli/relaying.h"

int executing_plan(struct session *session, bool destroy, struct executing *ret)
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
    return EXIT_DONE;
}

bool executing_approved(struct session *session, const struct executing *executing,
                        const char *question)
{
    const struct plan *plan = &executing->planning.plan;
    if (!plan_is_empty(plan) && !approval_ask(session, plan, question))
        return false;
    session->run.stop = session_catch_signals();
    return true;
}

void executing_carry_out(struct session *session, struct executing *executing)
{
    const struct planning *planning = &executing->planning;
    session->run.progress = progress_line;
    session->run.progress_ctx = session->cli;
    struct run_world world = {session->records, session->record_len, planning->observations,
                              planning->observation_len};
    executing->ok = plan_is_empty(&planning->plan) ||
                    run_apply(&session->run, &planning->plan, &world, &executing->summary);
}
