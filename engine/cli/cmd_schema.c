/* schema docs: the reference pages, generated. */

#include "engine/base/file.h"
#include "engine/cli/cli.h"
#include "engine/cli/commands.h"
#include "engine/config/docs_page.h"

static bool write_page(struct cli *cli, const char *dir, const char *name, const char *text)
{
    const char *path = path_join(cli->arena, dir, arena_printf(cli->arena, "%s.md", name));
    return file_write_atomic(path, slice_of(text), 0644, &cli->diags);
}

int cmd_schema_docs(struct cli *cli)
{
    const char *dir = cli_option(cli, OPT_OUT);
    const struct schema_set *schemas = schema_load(cli->arena);
    if (!dir)
        dir = "docs/reference";
    bool ok = dir_make(dir, 0755, &cli->diags) &&
              write_page(cli, dir, "errors", docs_errors_page(cli->arena)) &&
              write_page(cli, dir, "topology", docs_topology_page(cli->arena, schemas));
    for (size_t i = 0; ok && i < schemas->types.len; i++) {
        const struct schema *schema = schemas->types.entries[i].value;
        ok = write_page(cli, dir, schema->type_name, docs_type_page(cli->arena, schema));
    }
    return ok ? EXIT_DONE : EXIT_ERROR;
}
