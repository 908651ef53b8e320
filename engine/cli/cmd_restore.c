/* restore plan: the calls that bring a point back from its last vault. Reads two accounts, and
 * sends nothing else: whoever has the rights runs the script. */

#include "engine/cli/commands.h"
#include "engine/cli/restoring.h"

static bool complain(struct cli *cli, const struct restore_plan *plan)
{
    for (size_t i = 0; i < plan->check_len; i++) {
        const struct restore_check *check = &plan->checks[i];
        if (check->verdict == RESTORE_BAD)
            diag_error(&cli->diags, E_RESTORE_BLOCKED, NO_POS, plan->way->address, "%s: %s",
                       check->what, check->detail);
    }
    return plan->ready;
}

static int plan_restore(struct session *session)
{
    struct cli *cli = session->cli;
    struct restore_facts facts;
    struct restore_plan plan;
    if (cli->line.argument_len != 1) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "restore plan takes the ARN of a recovery point, or of what was backed up");
        return EXIT_USAGE;
    }
    const char *arn = cli->line.arguments[0];
    if (!session_load(session))
        return EXIT_ERROR;
    const struct restore_entry *way = restoring_way(session, arn);
    if (!way)
        return EXIT_ERROR;
    const char *address = way->address;
    const char **reached = arena_array(cli->arena, 3, sizeof(*reached));
    reached[0] = way->from->id;
    reached[1] = way->to->id;
    if (!session_reach(session, reached))
        return EXIT_ERROR;
    way = topology_restore(&session->topology, address); /* it may have been read again */
    if (!restoring_read(session, way, arn, &facts))
        return EXIT_ERROR;
    restore_plan(cli->arena, &facts, &plan);
    if (cli->json)
        cli_out_json(cli, restore_to_json(cli->arena, &plan));
    else
        cli_out(cli, restore_text(cli->arena, &plan));
    return complain(cli, &plan) ? EXIT_DONE : EXIT_ERROR;
}

int cmd_restore_plan(struct cli *cli)
{
    return session_run(cli, plan_restore);
}
