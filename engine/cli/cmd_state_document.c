/* state pull, state push: the whole state as one JSON document. No network. */

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "state/document.h"

static int pull(struct session *session)
{
    struct cli *cli = session->cli;
    struct strbuf sb;
    strbuf_init(&sb, cli->arena, STATE_DOCUMENT_MAX);
    if (!session_load(session) || !session_open_state(session, SESSION_READS) ||
        !state_export(session->state, &sb, &cli->diags))
        return EXIT_ERROR;
    cli_out(cli, strbuf_str(&sb));
    cli->result_printed = true;
    return EXIT_DONE;
}

static void print_pushed(struct session *session, const char *path, const char *backup)
{
    struct cli *cli = session->cli;
    const long long serial = (long long)state_serial(session->state);
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "lineage", state_lineage(session->state));
    map_put_int(&b, "serial", serial);
    map_put_str(&b, "backup", backup);
    if (cli->json) {
        cli_out_json(cli, map_end(&b));
        return;
    }
    cli_out(cli, arena_printf(cli->arena, "the state is that of %s now, with serial %lld\n", path,
                              serial));
    if (backup)
        cli_out(cli, arena_printf(cli->arena, "what it replaced is kept in %s\n", backup));
}

/* An object of a type that nobody knows, or that is another's in the file, would stop every later
 * run, or be taken for what it is not. */
static bool may_be_recorded(void *ctx, const char *address, const char *type, struct diags *diags)
{
    const struct session *session = ctx;
    const char *base = record_replaced_base(session->cli->arena, address);
    const struct resource *resource = topology_find(&session->topology, base ? base : address);
    if (!schema_of(session->schemas, type))
        diag_error(diags, E_STATE_DOCUMENT, NO_POS, address,
                   "it records `%s` as %s, a type that this holdfast does not know", address, type);
    else if (resource && !str_eq(resource->schema->type_name, type))
        diag_error(diags, E_STATE_DOCUMENT, NO_POS, address,
                   "it records `%s` as %s, and in the file that is %s", address, type,
                   resource->schema->type_name);
    else
        return true;
    return false;
}

static int push(struct session *session)
{
    struct cli *cli = session->cli;
    const char *path = cli->line.arguments[0], *backup = NULL;
    const struct push_options options = {.force = cli_flag(cli, OPT_FORCE),
                                         .now_ms = clock_wall_ms(),
                                         .check = may_be_recorded,
                                         .ctx = session};
    struct slice text;
    if (!file_read(cli->arena, path, STATE_DOCUMENT_MAX, &text, &cli->diags) ||
        !session_load(session) || !session_open_state(session, SESSION_WRITES) ||
        !state_push(session->state, cli->arena, path, text, &options, &backup, &cli->diags))
        return EXIT_ERROR;
    print_pushed(session, path, backup);
    return EXIT_DONE;
}

int cmd_state_pull(struct cli *cli)
{
    return session_run(cli, pull);
}

int cmd_state_push(struct cli *cli)
{
    if (cli->line.argument_len != 1) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "state push takes one file, or - for standard input");
        return EXIT_USAGE;
    }
    return session_run(cli, push);
}
