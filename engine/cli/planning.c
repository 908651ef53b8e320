#include "engine/cli/planning.h"

#include "engine/base/clock.h"
#include "engine/cli/emptying.h"
#include "engine/proof/proof.h"

static const char *const *targets_of(struct cli *cli)
{
    if (cli->line.argument_len > 0)
        return cli->line.arguments;
    return cli_list(cli, OPT_TARGET);
}

/* Of what is to be forgotten nothing is asked. */
static bool observe(struct session *session, struct observation **ret, size_t *ret_len)
{
    struct record *records =
        arena_array(session->cli->arena, session->record_len + 1, sizeof(*records));
    size_t len = 0;
    for (size_t i = 0; i < session->record_len; i++)
        if (!plan_forgets(&session->topology, session->records[i].address))
            records[len++] = session->records[i];
    return run_observe(&session->run, records, len, ret, ret_len);
}

struct plan_input planning_input(struct session *session)
{
    struct cli *cli = session->cli;
    return (struct plan_input){
        .topology = &session->topology,
        .schemas = session->schemas,
        .records = session->records,
        .record_len = session->record_len,
        .lineage = state_lineage(session->state),
        .serial = state_serial(session->state),
        .program_version = PROGRAM_VERSION,
        .now_ms = loop_now_ms(session->loop),
        .moves = session->relocations.items,
        .move_len = session->relocations.len,
        .allow_irreversible = cli_list(cli, OPT_ALLOW_IRREVERSIBLE),
        .allow_destroy = cli_list(cli, OPT_ALLOW_DESTROY),
    };
}

bool planning_observe(struct session *session, struct planning *ret)
{
    struct cli *cli = session->cli;
    bool refresh = !str_eq(cli_option(cli, OPT_REFRESH), "false");
    *ret = (struct planning){.input = planning_input(session)};
    struct observation *observations = NULL;
    if (!plan_check_accounts(&ret->input, &cli->diags) ||
        (refresh && !observe(session, &observations, &ret->observation_len)))
        return false;
    ret->observations = observations;
    ret->input.observations = ret->observations;
    ret->input.observation_len = ret->observation_len;
    return true;
}

bool planning_build(struct session *session, bool destroy, struct planning *ret)
{
    struct cli *cli = session->cli;
    if (!planning_observe(session, ret))
        return false;
    ret->input.destroy = destroy;
    ret->input.empty_vaults = emptying_addresses(cli);
    ret->input.targets = destroy ? NULL : targets_of(cli);
    return plan_build(cli->arena, &ret->input, &ret->plan, &cli->diags);
}

static const char *world_name(struct session *session, const char *now)
{
    const char *endpoint = session_endpoint(session);
    if (session->world)
        return arena_printf(session->cli->arena, "simulated world %.10s", now);
    return endpoint ? endpoint : "AWS";
}

struct render_options planning_render_options(struct session *session,
                                              const struct planning *planning)
{
    struct cli *cli = session->cli;
    const char *now = time_iso(cli->arena, planning->input.now_ms);
    return (struct render_options){
        .colour = cli->color,
        .width = (unsigned)cli_width(),
        .world = world_name(session, now),
        .state_is_new = state_is_new(session->state),
        .sources = &cli->diags,
        .relay_copies = planning->relay_copies,
    };
}

/* Whether the backups of what stands there after the plan would arrive. */
static const char *verdict_line(struct session *session, const struct planning *planning)
{
    struct proof_report report;
    if (planning->input.destroy)
        return NULL;
    proof_check(session->cli->arena, &session->topology, clock_wall_ms(), &report);
    return report.path_len ? proof_line(session->cli->arena, &report) : NULL;
}

void planning_print(struct session *session, const struct planning *planning)
{
    struct cli *cli = session->cli;
    struct render_options options = planning_render_options(session, planning);
    options.note = verdict_line(session, planning);
    if (cli->json)
        cli_out_json(cli, plan_to_json(cli->arena, &planning->plan, &options));
    else
        cli_out(cli, plan_render_text(cli->arena, &planning->plan, &session->topology, &options));
}
