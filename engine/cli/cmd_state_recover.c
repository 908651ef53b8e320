/* state recover: a shared state whose head is missing gets a new one. Asks only the bucket. */

#include "engine/cli/commands.h"
#include "engine/cli/sharing.h"

static void print(struct session *session, size_t records, size_t open)
{
    struct cli *cli = session->cli;
    const bool recovered = state_was_recovered(session->state);
    const long long serial = (long long)state_serial(session->state);
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "state", session->remote.where);
    map_put_bool(&b, "recovered", recovered);
    map_put_str(&b, "lineage", state_lineage(session->state));
    map_put_int(&b, "serial", serial);
    map_put_int(&b, "resources", (int64_t)records);
    map_put_int(&b, "open_intents", (int64_t)open);
    if (cli->json) {
        cli_out_json(cli, map_end(&b));
        return;
    }
    cli_out(cli, arena_printf(cli->arena, "%s %s: serial %lld, %zu resources, %zu open intents\n",
                              session->remote.where,
                              recovered ? "has a head again" : "has its head; nothing was done",
                              serial, records, open));
}

static int recover(struct session *session)
{
    struct cli *cli = session->cli;
    struct record *records = NULL;
    struct intent *intents = NULL;
    size_t record_len = 0, intent_len = 0;
    session->recovers = true;
    if (!session_load(session) || !sharing_open(session) ||
        !session_open_state(session, SESSION_WRITES) ||
        !state_load(session->state, cli->arena, &records, &record_len, &cli->diags) ||
        !journal_open_intents(session->state, cli->arena, &intents, &intent_len, &cli->diags))
        return EXIT_ERROR;
    print(session, record_len, intent_len);
    return EXIT_DONE;
}

int cmd_state_recover(struct cli *cli)
{
    return session_run(cli, recover);
}
