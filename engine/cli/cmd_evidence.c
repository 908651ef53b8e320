/* evidence verify: a bundle that `verify --evidence` wrote; no network, no credentials. */

#include "engine/base/file.h"
#include "engine/cli/commands.h"
#include "engine/cli/signing.h"
#include "engine/verify/evidence.h"

static void print_text(struct cli *cli, const struct value *evidence, const char *key)
{
    struct arena *arena = cli->arena;
    const struct value *report = value_get(evidence, "report");
    const struct value *asked_by = value_get(evidence, "asked_by");
    const char *world = value_get_str(evidence, "world");
    cli_out(cli, arena_printf(arena, "Unchanged, and signed with the key %s.\n", key));
    cli_out(cli, arena_printf(arena, "%s at %s, by holdfast %s, in %s\n",
                              value_get_str(report, "topology"), value_get_str(report, "at"),
                              value_get_str(evidence, "program_version"), world));
    cli_out(cli, arena_printf(arena, "%lld within the objective, %lld missing, %lld gone\n",
                              (long long)value_get_int(report, "within_objective", 0),
                              (long long)value_get_int(report, "missing", 0),
                              (long long)value_get_int(report, "gone", 0)));
    for (size_t i = 0; i < value_len(asked_by); i++)
        cli_out(cli, arena_printf(arena, "asked in account %s as %s\n",
                                  value_get_str(value_item(asked_by, i), "account_id"),
                                  value_get_str(value_item(asked_by, i), "arn")));
    if (!str_eq(world, "aws"))
        cli_out(cli, "This was not AWS: it proves nothing about real backups.\n");
}

static void print_json(struct cli *cli, const struct value *evidence, const char *key)
{
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_bool(&b, "valid", true);
    map_put_str(&b, "key", key);
    map_put(&b, "evidence", evidence);
    cli_out_json(cli, map_end(&b));
}

int cmd_evidence_verify(struct cli *cli)
{
    const char *path = cli->line.arguments[0], *why = NULL;
    const struct value *evidence = NULL;
    struct slice bundle;
    CLEANUP(sign_key_freep) struct sign_key *key = NULL;
    if (!path || cli->line.argument_len > 1) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "evidence verify takes one FILE");
        return EXIT_USAGE;
    }
    if (!cli_option(cli, OPT_PUBLIC_KEY)) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "evidence verify needs --public-key");
        return EXIT_USAGE;
    }
    if (!signing_public_key(cli, &key) ||
        !file_read(cli->arena, path, EVIDENCE_BYTES_MAX, &bundle, &cli->diags))
        return EXIT_ERROR;
    if (!evidence_open(cli->arena, bundle, key, &evidence, &why)) {
        diag_error(&cli->diags, E_EVIDENCE, NO_POS, NULL, "%s: %s", path, why);
        return EXIT_ERROR;
    }
    const char *id = sign_key_id(cli->arena, key);
    if (cli->json)
        print_json(cli, evidence, id);
    else
        print_text(cli, evidence, id);
    return EXIT_DONE;
}
