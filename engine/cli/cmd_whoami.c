/* whoami: the identity behind each account; never a key. */

#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "providers/aws/aws.h"

static int whoami(struct session *session)
{
    struct cli *cli = session->cli;
    if (!session_load(session) || !session_connect(session))
        return EXIT_ERROR;
    size_t len = 0;
    const struct aws_identity *identities = aws_identities(session->loop, &len);
    struct list_builder items = list_begin(cli->arena);
    for (size_t i = 0; i < len; i++) {
        struct map_builder b = map_begin(cli->arena);
        map_put_str(&b, "account", identities[i].account_name);
        map_put_str(&b, "account_id", identities[i].account_id);
        map_put_str(&b, "arn", identities[i].arn);
        map_put_str(&b, "source", identities[i].source);
        map_put_str(&b, "assumed_role", identities[i].assumed_role);
        list_add(&items, map_end(&b));
        if (!cli->json)
            cli_out(cli, arena_printf(cli->arena, "%-16s %s  %s  (%s)\n",
                                      identities[i].account_name, identities[i].account_id,
                                      identities[i].arn, identities[i].source));
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put(&b, "identities", list_end(&items));
    if (cli->json)
        cli_out_json(cli, map_end(&b));
    return EXIT_DONE;
}

int cmd_whoami(struct cli *cli)
{
    return session_run(cli, whoami);
}
