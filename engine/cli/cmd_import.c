/* import: takes an object over by its id. Reads AWS and writes the state; what differs is left to
 * the next apply. */

#include "engine/base/bug.h"
#include "engine/cli/commands.h"
#include "engine/cli/executing.h"
#include "engine/config/imports.h"

/* Only what was found at the address, and nothing of what an apply would change about it. */
static void keep_imports(struct cli *cli, struct plan *plan, const char *address)
{
    struct change *changes = arena_array(cli->arena, plan->len + 1, sizeof(*changes));
    size_t len = 0;
    for (size_t i = 0; i < plan->len; i++) {
        if (plan->changes[i].action != ACTION_ADOPT || !str_eq(plan->changes[i].address, address))
            continue;
        changes[len] = plan->changes[i];
        changes[len].differences = NULL;
        changes[len++].difference_len = 0;
    }
    plan->changes = changes;
    plan->len = len;
}

static void print_import(struct cli *cli, const struct change *change, bool dry_run)
{
    struct list_builder paths = list_begin(cli->arena);
    const char *differs = "";
    for (size_t i = 0; i < change->difference_len; i++) {
        list_add_str(&paths, change->differences[i].path);
        differs = arena_printf(cli->arena, "%s%s%s", differs, i ? ", " : "",
                               change->differences[i].path + 1);
    }
    if (!cli->json) {
        cli_out(cli, arena_printf(cli->arena, "%s %s: the %s %s\n",
                                  dry_run ? "would import" : "imported", change->address,
                                  change->schema->title, change->identifier));
        cli_out(cli, change->difference_len
                         ? arena_printf(cli->arena, "the next apply would change %s\n", differs)
                         : "it is as the file says\n");
        return;
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_bool(&b, "dry_run", dry_run);
    map_put_str(&b, "address", change->address);
    map_put_str(&b, "type", change->schema->type_name);
    map_put_str(&b, "identifier", change->identifier);
    map_put(&b, "differences", list_end(&paths));
    cli_out_json(cli, map_end(&b));
}

static const struct change *change_at(const struct plan *plan, const char *address)
{
    for (size_t i = 0; i < plan->len; i++)
        if (str_eq(plan->changes[i].address, address))
            return &plan->changes[i];
    return NULL;
}

static bool observe(struct session *session, const struct import *import, struct planning *ret)
{
    struct cli *cli = session->cli;
    const char **targets = arena_array(cli->arena, 2, sizeof(*targets));
    if (record_find(session->records, session->record_len, import->address)) {
        diag_error(&cli->diags, E_IMPORT, NO_POS, import->address,
                   "something is recorded at `%s` already", import->address);
        return false;
    }
    session->topology.imports = import;
    session->topology.import_len = 1;
    targets[0] = import->address;
    if (!planning_observe(session, ret))
        return false;
    ret->input.targets = targets;
    return plan_build(cli->arena, &ret->input, &ret->plan, &cli->diags);
}

static int import(struct session *session)
{
    struct cli *cli = session->cli;
    bool dry_run = cli_flag(cli, OPT_DRY_RUN);
    struct executing run = {0};
    if (cli->line.argument_len != 2) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "import takes an address of the file and the id of an object");
        return EXIT_USAGE;
    }
    struct import wanted = {cli->line.arguments[0], cli->line.arguments[1], NO_POS};
    if (!session_load(session) ||
        !import_check(cli->arena, &session->topology, &wanted, &cli->diags) ||
        !session_open(session, dry_run ? SESSION_READS : SESSION_WRITES) ||
        !observe(session, &wanted, &run.planning))
        return EXIT_ERROR;
    const struct change *change = change_at(&run.planning.plan, wanted.address);
    BUG_ON(!change || change->action != ACTION_ADOPT); /* it is there, ours, and not recorded */
    if (!dry_run) {
        keep_imports(cli, &run.planning.plan, wanted.address);
        session_changes_begin(session);
        executing_carry_out(session, &run);
        if (!run.ok)
            return EXIT_ERROR;
    }
    print_import(cli, change, dry_run);
    return EXIT_DONE;
}

int cmd_import(struct cli *cli)
{
    return session_run(cli, import);
}
