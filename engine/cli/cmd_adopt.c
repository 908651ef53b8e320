/* adopt: prints the topology of what stands in the accounts. Reads AWS; writes nothing but packages
 * of functions into the folder of --out. */

#include "engine/adopt/code.h"
#include "engine/adopt/scan.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/cli/source_keys.h"
#include "engine/raise/raise.h"

/* The file says where to look, and nothing else: what it declared would stand in the printed one a
 * second time. */
static bool names_places_only(struct session *session)
{
    static const char *const words[] = {"version", "name", "accounts", "regions", NULL};
    struct diags *diags = &session->cli->diags;
    const struct value *document = session->topology.document;
    for (size_t i = 0; value_is(document, VALUE_MAP) && i < document->map.len; i++) {
        const struct value_entry *e = &document->map.entries[i];
        if (!str_is_one_of(e->key, words))
            diag_error(diags, E_ADOPT_FILE, e->key_pos, NULL, "`%s` declares more than places",
                       e->key);
    }
    if (session->topology.account_len == 0 || session->topology.region_len == 0)
        diag_error(diags, E_ADOPT_FILE, document->pos, NULL, "the file names no %s to look at",
                   session->topology.account_len == 0 ? "account" : "Region");
    return diags->errors == 0;
}

/* The packages lie below the folder of the printed file: a topology may name none outside of it. */
static bool out_is_below(struct cli *cli)
{
    const char *out = cli_option(cli, OPT_OUT);
    struct slice rest = slice_of(out);
    bool below = !out || out[0] != '/';
    while (rest.len > 0)
        below = !slice_is(slice_cut(&rest, '/'), "..") && below;
    if (!below)
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "--out %s is not below the current folder, where the printed file is to stand",
                   out);
    return below;
}

static bool fetch_code(struct session *session, struct findings *findings)
{
    struct cli *cli = session->cli;
    struct code_input input = {.loop = session->loop,
                               .folder = cli_option(cli, OPT_OUT),
                               .elsewhere = session_endpoint(session) != NULL || session->world};
    return !input.folder || code_fetch(cli->arena, &input, findings, &cli->diags);
}

static void print(struct session *session, const struct raised *raised)
{
    struct cli *cli = session->cli;
    struct map_builder b = map_begin(cli->arena);
    if (!cli->json) {
        cli_out(cli, raised->text);
        return;
    }
    map_put_str(&b, "format_version", "1.0");
    map_put(&b, "topology", raised->document);
    map_put(&b, "remarks", raised->remarks);
    cli_out_json(cli, map_end(&b));
}

static int adopt(struct session *session)
{
    struct cli *cli = session->cli;
    struct findings findings;
    struct raised raised;
    if (!out_is_below(cli))
        return EXIT_USAGE;
    if (!session_load(session) || !names_places_only(session) || !session_connect(session))
        return EXIT_ERROR;
    const struct topology *topology = &session->topology;
    cli_note(cli, "looking at %zu account%s in %zu Region%s", topology->account_len,
             topology->account_len == 1 ? "" : "s", topology->region_len,
             topology->region_len == 1 ? "" : "s");
    struct scan_input scan_input = {
        .loop = session->loop, .topology = topology, .schemas = session->schemas};
    bool whole = scan(cli->arena, &scan_input, &findings, &cli->diags);
    whole = fetch_code(session, &findings) && whole;
    source_keys_see(session, &findings);
    struct raise_input input = {.topology = topology,
                                .schemas = session->schemas,
                                .findings = &findings,
                                .path = "topology.yaml",
                                .data_dir = session_data_dir(cli)};
    if (!raise_findings(cli->arena, &input, &raised, &cli->diags))
        return EXIT_ERROR;
    print(session, &raised);
    cli_note(cli, "%zu object%s in the file; what is not, its head tells", raised.taken,
             raised.taken == 1 ? "" : "s");
    return whole ? EXIT_DONE : EXIT_ERROR;
}

int cmd_adopt(struct cli *cli)
{
    return session_run(cli, adopt);
}
