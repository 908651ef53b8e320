#include "engine/cli/executing.h"

#include "engine/cli/approval.h"
#include "engine/cli/progress.h"
#include "engine/cli/relaying.h"
#include "engine/cli/saving.h"
#include "engine/cli/unrecorded.h"

static int show_and_guard(struct session *session, struct planning *planning)
{
    struct cli *cli = session->cli;
    if (!cli->json) {
        planning->relay_copies = relaying_foresee(session, planning);
        planning_print(session, planning);
    }
    return plan_guards(&planning->plan, &planning->input, &cli->diags) ? EXIT_DONE : EXIT_REFUSED;
}

int executing_plan(struct session *session, bool destroy, struct executing *ret)
{
    *ret = (struct executing){0};
    if (!session_load(session) || !session_open(session, SESSION_WRITES) ||
        !planning_build(session, destroy, &ret->planning))
        return EXIT_ERROR;
    return show_and_guard(session, &ret->planning);
}

int executing_saved_plan(struct session *session, const char *path, struct executing *ret)
{
    struct planfile file;
    *ret = (struct executing){.saved = true};
    if (!saving_read(session, path, &file) || !session_load(session) ||
        !session_open(session, SESSION_WRITES) || !saving_build(session, &file, &ret->planning))
        return EXIT_ERROR;
    ret->from_file.key = plan_seal_key(&ret->planning.input, /* for_file= */ true);
    ret->from_file.desired_digests = file.desired_digests;
    session->run.saved = &ret->from_file;
    return show_and_guard(session, &ret->planning);
}

bool executing_approved(struct session *session, const struct executing *executing,
                        const char *question)
{
    const struct plan *plan = &executing->planning.plan;
    if (!executing->saved && !plan_is_empty(plan) && !approval_ask(session, plan, question))
        return false;
    session_changes_begin(session);
    return !*session->stop;
}

void executing_carry_out(struct session *session, struct executing *executing)
{
    const struct planning *planning = &executing->planning;
    session->run.progress = progress_line;
    session->run.progress_ctx = session->cli;
    const struct run_world world = planning_world(session, planning);
    executing->ok = plan_is_empty(&planning->plan) ||
                    run_apply(&session->run, &planning->plan, &world, &executing->summary);
    unrecorded_keep(session, executing->summary.unrecorded);
}
