/* drill: what would have arrived. */

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/cli/commands.h"
#include "engine/cli/seeing.h"
#include "engine/cli/session.h"
#include "engine/cli/signals.h"
#include "engine/cli/source_keys.h"
#include "engine/drill/page.h"
#include "engine/proof/proof.h"

/* What the topology leaves to be read is read in the world that the drill will open for itself, or
 * in one like that which it would make. */
static bool settle(struct session *session, const char *world)
{
    struct world_options options = {.path = world && file_exists(world) ? world : ":memory:"};
    if (session->topology.unit_len == 0 && !source_keys_matter(&session->topology))
        return true;
    if (!world_open(&options, &session->world, &session->cli->diags))
        return false;
    session->transport = world_transport(session->world);
    bool good = session_settle(session);
    if (session->loop)
        loop_free(session->loop);
    session->loop = NULL;
    session->transport.ops->close(session->transport.self);
    session->transport = (struct transport){0};
    world_close(session->world);
    session->world = NULL;
    return good;
}

/* What the command line asks for. */
struct wish {
    struct drill_options options;
    const struct drill_fault *const *faults; /* NULL: nothing is broken */
    size_t fault_len;
    const char *format;
};

static bool read_faults(struct cli *cli, struct wish *wish)
{
    const char *text = cli_option(cli, OPT_BREAK), *unknown = NULL;
    if (!text)
        return true;
    if (!drill_faults_parse(cli->arena, text, &wish->faults, &wish->fault_len, &unknown)) {
        size_t len;
        const struct drill_fault *known = drill_faults(&len);
        const char *names = "all";
        for (size_t i = 0; i < len; i++)
            names = arena_printf(cli->arena, "%s, %s", names, known[i].name);
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "--break %s: there is no such fault: %s",
                   *unknown ? unknown : text, names);
        return false;
    }
    if (!cli_option(cli, OPT_WORLD))
        return true;
    diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
               "--break breaks fresh worlds only: leave --world out");
    return false;
}

static bool read_format(struct cli *cli, struct wish *wish)
{
    static const char *const formats[] = {"text", "json", "markdown", NULL};
    wish->format = cli_option(cli, OPT_FORMAT);
    if (!wish->format)
        wish->format = cli->json ? "json" : "text";
    bool table = str_eq(wish->format, "markdown");
    if (str_is_one_of(wish->format, formats) && (!table || wish->faults))
        return true;
    diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
               "--format %s is not text, json or, with --break, markdown", wish->format);
    return false;
}

static bool read_wish(struct cli *cli, struct wish *ret)
{
    const char *start = cli_option(cli, OPT_START);
    *ret = (struct wish){.options = {.start_ms = WORLD_EPOCH_MS}};
    if (!cli_number(cli, OPT_DAYS, 2, 1, 3650, &ret->options.days))
        return false;
    if (start && !time_parse_iso(slice_of(start), &ret->options.start_ms)) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "--start %s is not an ISO 8601 time", start);
        return false;
    }
    return read_faults(cli, ret) && read_format(cli, ret);
}

/* What `check` says that nothing keeps somebody from. */
static size_t foresee(struct session *session, const struct drill_foresight **ret)
{
    struct arena *arena = session->cli->arena;
    const struct proof_input input = {.topology = &session->topology, .now_ms = clock_wall_ms()};
    struct proof_report report;
    size_t len = 0;
    proof_check(arena, &input, &report);
    struct drill_foresight *list = arena_array(arena, report.threat_len, sizeof(*list));
    for (size_t i = 0; i < report.threat_len; i++) {
        const struct proof_threat *threat = &report.threats[i];
        if (threat->openness == PROOF_OPEN)
            list[len++] = (struct drill_foresight){.rule = threat->rule->id,
                                                   .account_id = threat->account->id,
                                                   .target = threat->target,
                                                   .actions = threat->actions,
                                                   .unnoticed = threat->unnoticed};
    }
    *ret = list;
    return len;
}

/* What `check --live` says of the world of a drill; an error is one of its own. */
static const char *look(void *ctx, const struct drill_view *view)
{
    struct session there = *(struct session *)ctx;
    struct arena *arena = there.cli->arena;
    struct proof_report report;
    struct sights sights;
    const char *ids = "";
    there.run = *view->run;
    there.loop = view->run->loop;
    there.records = view->records;
    there.record_len = view->record_len;
    if (!seeing(&there, &sights))
        return ids;
    const struct proof_input input = {
        .topology = &there.topology, .sights = &sights, .now_ms = loop_now_ms(there.loop)};
    proof_check(arena, &input, &report);
    for (size_t i = 0; i < report.path_len; i++)
        for (size_t k = 0; k < report.paths[i].hop_len; k++)
            if (report.paths[i].hops[k].verdict == PROOF_BROKEN)
                ids = arena_printf(arena, "%s %s", ids, report.paths[i].hops[k].rule->id);
    for (size_t i = 0; i < report.finding_len; i++)
        ids = arena_printf(arena, "%s %s", ids, report.findings[i].rule->id);
    return ids;
}

static bool write_page(struct session *session, const struct drill_outcome *outcomes, size_t len)
{
    struct cli *cli = session->cli;
    const char *path = cli_option(cli, OPT_HTML);
    if (!path)
        return true;
    const char *page = drill_page(cli->arena, session->topology.name, outcomes, len);
    return file_write_atomic(path, slice_of(page), 0644, &cli->diags);
}

static bool break_things(struct session *session, const struct wish *wish, int *ret_status)
{
    struct cli *cli = session->cli;
    struct drill_breaking breaking;
    const struct drill_foresight *foresights;
    size_t len = foresee(session, &foresights);
    if (!drill_break(cli->arena, &wish->options, wish->faults, wish->fault_len, foresights, len,
                     &breaking, &cli->diags))
        return false;
    if (str_eq(wish->format, "json"))
        cli_out_json(cli, drill_breaking_to_json(cli->arena, &breaking));
    else if (str_eq(wish->format, "markdown"))
        cli_out(cli, drill_breaking_markdown(cli->arena, &breaking));
    else
        cli_out(cli, drill_breaking_text(cli->arena, &breaking));
    *ret_status = breaking.exit_status;
    return write_page(session, breaking.items, breaking.len);
}

static bool count(struct session *session, const struct wish *wish, int *ret_status)
{
    struct cli *cli = session->cli;
    struct drill_outcome outcome = {0};
    struct drill_report *report = &outcome.report;
    if (!drill_run(cli->arena, &wish->options, report, &cli->diags))
        return false;
    if (str_eq(wish->format, "json"))
        cli_out_json(cli, drill_report_to_json(cli->arena, report));
    else
        cli_out(cli, drill_report_text(cli->arena, report));
    *ret_status = report->exit_status;
    return write_page(session, &outcome, 1);
}

static int drill(struct session *session)
{
    struct cli *cli = session->cli;
    struct wish wish;
    int status = EXIT_DONE;
    if (!read_wish(cli, &wish))
        return EXIT_USAGE;
    if (!session_load(session))
        return EXIT_ERROR;
    const char *world = cli_option(cli, OPT_WORLD), *state = cli_option(cli, OPT_STATE);
    if (world && !state) /* a world of its own has a state of its own beside it */
        state = str_eq(world, session_default_world(session))
                    ? arena_printf(cli->arena, ".holdfast/%s.simulated.db", session->topology.name)
                    : arena_printf(cli->arena, "%s.state.db", world);
    if (!settle(session, world))
        return EXIT_ERROR;
    if (!world || !file_exists(world)) /* a fresh world holds nothing that could be imported */
        session->topology.import_len = 0;
    wish.options.topology = &session->topology;
    wish.options.schemas = session->schemas;
    wish.options.world_path = world;
    wish.options.state_path = state;
    wish.options.program_version = PROGRAM_VERSION;
    wish.options.stop = signals_catch();
    wish.options.look = look;
    wish.options.look_ctx = session;
    bool good =
        wish.faults ? break_things(session, &wish, &status) : count(session, &wish, &status);
    if (*wish.options.stop && !good) {
        cli_note(cli, "The drill was stopped: nothing is counted.");
        return 128 + (int)*wish.options.stop;
    }
    return good ? status : EXIT_ERROR;
}

int cmd_drill(struct cli *cli)
{
    return session_run(cli, drill);
}
