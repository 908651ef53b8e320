/* validate: the file against the schemas and the graph, offline. */

#include "engine/base/strbuf.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"

static const struct value *answer(struct cli *cli, bool valid)
{
    struct map_builder b = map_begin(cli->arena);
    struct list_builder items = list_begin(cli->arena);
    diags_sort(&cli->diags);
    for (size_t i = 0; i < cli->diags.len; i++)
        list_add(&items, diag_to_value(cli->arena, &cli->diags, &cli->diags.items[i]));
    map_put_str(&b, "format_version", "1.0");
    map_put_bool(&b, "valid", valid);
    map_put_int(&b, "error_count", (int64_t)cli->diags.errors);
    map_put(&b, "diagnostics", list_end(&items));
    return map_end(&b);
}

static int validate(struct session *session)
{
    struct cli *cli = session->cli;
    bool valid = session_load(session);
    if (cli->json)
        cli_out_json(cli, answer(cli, valid));
    else if (valid)
        cli_out(cli, arena_printf(cli->arena, "%s is valid: %zu resources in %zu accounts\n",
                                  session->topology.name, session->topology.resource_len,
                                  session->topology.account_len));
    return valid ? EXIT_DONE : EXIT_ERROR;
}

int cmd_validate(struct cli *cli)
{
    return session_run(cli, validate);
}
