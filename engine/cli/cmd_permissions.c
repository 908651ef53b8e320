/* permissions: the least that each account has to allow. */

#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/permissions/permissions.h"

static int print(struct session *session)
{
    struct cli *cli = session->cli;
    enum permissions_for purpose;
    struct permissions permissions;
    const char *name = cli_option(cli, OPT_FOR);
    if (!permissions_for_of(name ? name : "apply", &purpose)) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "--for %s is not plan, apply, drift, relay or destroy", name);
        return EXIT_USAGE;
    }
    if (!session_load(session))
        return EXIT_ERROR;
    permissions_make(cli->arena, session->schemas, &session->topology, purpose, &permissions);
    if (cli->json)
        cli_out_json(cli, permissions_to_json(cli->arena, &permissions));
    else
        cli_out(cli, permissions_text(cli->arena, &permissions));
    return EXIT_DONE;
}

int cmd_permissions(struct cli *cli)
{
    return session_run(cli, print);
}
