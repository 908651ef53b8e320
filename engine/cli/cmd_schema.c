/* schema docs: the reference pages, the manual page and the page of checks, generated. schema
 * export: the JSON Schema for editors. */

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/cli/cli.h"
#include "engine/cli/commands.h"
#include "engine/cli/man_page.h"
#include "engine/config/docs_page.h"
#include "engine/config/editor_schema.h"
#include "engine/proof/proof.h"

#define EDITOR_SCHEMA "topology.schema.json"

static bool write_page(struct cli *cli, const char *dir, const char *name, const char *text)
{
    const char *path = path_join(cli->arena, dir, name);
    return file_write_atomic(path, slice_of(text), 0644, &cli->diags);
}

static const char *editor_text(struct cli *cli, const struct schema_set *schemas)
{
    return arena_printf(cli->arena, "%s\n",
                        json_print(cli->arena, editor_schema(cli->arena, schemas), JSON_PRETTY));
}

static bool write_reference(struct cli *cli, const char *dir)
{
    const struct schema_set *schemas = schema_load(cli->arena);
    bool ok = dir_make(dir, 0755, &cli->diags) &&
              write_page(cli, dir, "README.md", docs_index_page(cli->arena, schemas)) &&
              write_page(cli, dir, "errors.md", docs_errors_page(cli->arena)) &&
              write_page(cli, dir, "topology.md", docs_topology_page(cli->arena, schemas)) &&
              write_page(cli, dir, EDITOR_SCHEMA, editor_text(cli, schemas));
    for (size_t i = 0; ok && i < schemas->topology->property_len; i++) {
        const struct schema_property *section = &schemas->topology->properties[i];
        if (docs_has_page(section))
            ok = write_page(cli, dir, arena_printf(cli->arena, "%s.md", section->name),
                            docs_section_page(cli->arena, section));
    }
    for (size_t i = 0; ok && i < schemas->types.len; i++) {
        const struct schema *schema = schemas->types.entries[i].value;
        const char *name = arena_printf(cli->arena, "%s.md", schema->type_name);
        ok = write_page(cli, dir, name, docs_type_page(cli->arena, schema));
    }
    return ok;
}

int cmd_schema_docs(struct cli *cli)
{
    const char *out = cli_option(cli, OPT_OUT);
    if (!out)
        out = "docs";
    const char *man = path_join(cli->arena, out, "man");
    bool ok = write_reference(cli, path_join(cli->arena, out, "reference")) &&
              dir_make(man, 0755, &cli->diags) &&
              write_page(cli, man, "holdfast.1", man_page(cli->arena)) &&
              write_page(cli, out, "CHECKS.md", proof_page(cli->arena));
    if (ok && cli->json) {
        struct map_builder b = map_begin(cli->arena);
        map_put_str(&b, "format_version", "1.0");
        map_put_str(&b, "written", out);
        cli_out_json(cli, map_end(&b));
    }
    return ok ? EXIT_DONE : EXIT_ERROR;
}

int cmd_schema_export(struct cli *cli)
{
    const char *text = editor_text(cli, schema_load(cli->arena));
    const char *out = cli_option(cli, OPT_OUT);
    if (out)
        return file_write_atomic(out, slice_of(text), 0644, &cli->diags) ? EXIT_DONE : EXIT_ERROR;
    cli_out(cli, text);
    return EXIT_DONE;
}
