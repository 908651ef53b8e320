/* validate: the file against the schemas and the graph, offline. */

#include "engine/base/strbuf.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/plan/render.h"

static const struct value *answer(struct cli *cli, const struct topology *topology)
{
    struct map_builder b = map_begin(cli->arena);
    struct list_builder items = list_begin(cli->arena);
    diags_sort(&cli->diags);
    for (size_t i = 0; i < cli->diags.len; i++)
        list_add(&items, diag_to_value(cli->arena, &cli->diags, &cli->diags.items[i]));
    map_put_str(&b, "format_version", "1.0");
    map_put_bool(&b, "valid", topology != NULL);
    map_put_int(&b, "error_count", (int64_t)cli->diags.errors);
    map_put(&b, "diagnostics", list_end(&items));
    map_put(&b, "routes", routes_to_json(cli->arena, topology));
    return map_end(&b);
}

static int validate(struct session *session)
{
    struct cli *cli = session->cli;
    bool valid = session_load(session);
    if (cli->json)
        cli_out_json(cli, answer(cli, valid ? &session->topology : NULL));
    else if (valid)
        cli_out(cli, arena_printf(cli->arena, "%s is valid: %zu resources in %zu accounts\n%s",
                                  session->topology.name, session->topology.resource_len,
                                  session->topology.account_len,
                                  routes_render_text(cli->arena, &session->topology)));
    return valid ? EXIT_DONE : EXIT_ERROR;
}

int cmd_validate(struct cli *cli)
{
    return session_run(cli, validate);
}
