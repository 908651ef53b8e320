#include "engine/cli/planning.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/cli/emptying.h"
#include "engine/cli/saving.h"
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

/* The flags of guards name single objects: of the file, of the state, or of what the state once
 * held, since a command that is run again has the same flags. A relay is guarded as a whole: its
 * function stands for it. */
static bool is_known(const struct session *session, const char *address)
{
    if (str_starts(address, "relays.") && !strchr(address, '/'))
        address = arena_printf(session->cli->arena, "%s/function", address);
    return topology_find(&session->topology, address) ||
           state_generation(session->state, address) > 0 ||
           record_find(session->records, session->record_len, address);
}

#define TYPOS_MAX 4 /* letters between what was typed and what may have been meant */

/* The nearest of the addresses to what was typed, or the first of the objects within it; NULL. */
static const char *nearest_address(const struct session *session, const char *typed)
{
    const char *nearest = NULL;
    size_t best = TYPOS_MAX + 1, len = session->topology.resource_len + session->record_len;
    for (size_t i = 0; i < len; i++) {
        const char *address = i < session->topology.resource_len
                                  ? session->topology.resources[i].address
                                  : session->records[i - session->topology.resource_len].address;
        size_t distance =
            address_is_within(address, typed) ? 0 : str_distance(typed, address, TYPOS_MAX);
        if (distance < best) {
            best = distance;
            nearest = address;
        }
    }
    return nearest;
}

static bool flag_names_something(struct session *session, enum option_id option)
{
    struct cli *cli = session->cli;
    bool all = true;
    for (const char *const *flag = cli_list(cli, option); flag && *flag; flag++) {
        if (is_known(session, *flag))
            continue;
        struct diag *diag = diag_error(&cli->diags, E_TARGET, NO_POS, NULL, "--%s %s names nothing",
                                       option_name(option), *flag);
        const char *meant = nearest_address(session, *flag);
        if (meant)
            diag_hint(&cli->diags, diag, "did you mean %s?", meant);
        all = false;
    }
    return all;
}

bool planning_check_flags(struct session *session)
{
    bool irreversible = flag_names_something(session, OPT_ALLOW_IRREVERSIBLE);
    return flag_names_something(session, OPT_ALLOW_DESTROY) && irreversible;
}

struct run_world planning_world(const struct session *session, const struct planning *planning)
{
    return (struct run_world){.records = session->records,
                              .record_len = session->record_len,
                              .observations = planning->observations,
                              .observation_len = planning->observation_len};
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
        .serial = session->serial,
        .seal_secret = value_str(state_fact(session->state, cli->arena, SAVING_SECRET)),
        .state_keys = state_keys(session->state),
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
    if (!planning_check_flags(session) || !planning_observe(session, ret))
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
    const struct countdown *countdowns;
    size_t countdown_len =
        countdowns_of_plan(cli->arena, &planning->input, &planning->plan, &countdowns);
    return (struct render_options){
        .colour = cli->color,
        .width = (unsigned)cli_width(),
        .world = world_name(session, now),
        .state_is_new = state_is_new(session->state),
        .sources = &cli->diags,
        .relay_copies = planning->relay_copies,
        .countdowns = countdowns,
        .countdown_len = countdown_len,
    };
}

const char *planning_note(struct session *session, const struct planning *planning)
{
    struct proof_report report;
    if (planning->input.destroy)
        return NULL;
    const struct proof_input input = {.topology = &session->topology, .now_ms = clock_wall_ms()};
    proof_check(session->cli->arena, &input, &report);
    return report.path_len ? proof_line(session->cli->arena, &report) : NULL;
}

void planning_print(struct session *session, const struct planning *planning)
{
    struct cli *cli = session->cli;
    struct render_options options = planning_render_options(session, planning);
    options.note = planning_note(session, planning);
    if (cli->json)
        cli_out_json(cli, plan_to_json(cli->arena, &planning->plan, &options));
    else
        cli_out(cli, plan_render_text(cli->arena, &planning->plan, &session->topology, &options));
}
