/* relay once: one reconcile pass of every relay, by hand. */

#include "engine/cli/commands.h"
#include "engine/cli/relaying.h"

static int once(struct session *session)
{
    if (!session_load(session) || !session_open(session, SESSION_READS))
        return EXIT_ERROR;
    bool ok = relaying_reconcile(session);
    int caught = *session_catch_signals();
    return caught ? 128 + caught : ok ? EXIT_DONE : EXIT_ERROR;
}

int cmd_relay_once(struct cli *cli)
{
    struct session session;
    session_init(&session, cli);
    int status = once(&session);
    session_close(&session);
    return status;
}
