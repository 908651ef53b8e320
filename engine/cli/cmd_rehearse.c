/* rehearse: one backup of a real resource, followed hop by hop to its last vault. */

#include <string.h>

#include "engine/base/clock.h"
#include "engine/cli/approval.h"
#include "engine/cli/commands.h"
#include "engine/cli/pausing.h"
#include "engine/cli/rehearsing.h"
#include "engine/cli/wanted.h"

#define TIMEOUT_MS (6 * HOUR_MS)

static const char *row_address(const void *list, size_t i)
{
    const struct verify_row *rows = list;
    return rows[i].selection;
}

/* The first that has a way and is there. */
static const struct verify_row *choose(struct cli *cli, const struct verify_report *report)
{
    for (size_t i = 0; i < report->row_len; i++) {
        const struct verify_row *row = &report->rows[i];
        if (row->routed && row->known && !row->absent && is_wanted(cli, row->selection))
            return row;
    }
    diag_error(&cli->diags, E_REHEARSAL, NO_POS, NULL,
               "there is no resource to rehearse with: `holdfast verify` lists what the plans "
               "protect");
    return NULL;
}

/* It would only be followed to where the brake holds it. */
static bool may_arrive(struct session *session, const struct verify_row *row)
{
    const char *since = row->relay ? pausing_since(session, row->relay) : NULL;
    if (since)
        diag_error(&session->cli->diags, E_RELAY_PAUSED, NO_POS, row->relay,
                   "paused since %s: no backup reaches %s", since,
                   row->hops[row->hop_len - 1].vault);
    return !since;
}

/* A point in a locked vault cannot be taken back. */
static bool may_write(struct cli *cli, const struct verify_row *row)
{
    const char *vault = row->hops[row->hop_len - 1].vault;
    if (row->lock == VERIFY_UNLOCKED || cli_flag(cli, OPT_AUTO_APPROVE))
        return true;
    if (approval_can_ask(cli))
        return approval_ask_name(cli, vault,
                                 "One more recovery point goes into this locked vault, and stays "
                                 "until its lifecycle ends.",
                                 "yes");
    diag_error(&cli->diags, E_APPROVAL, NO_POS, vault,
               "a rehearsal leaves a recovery point in the locked vault %s: that needs an answer, "
               "or --auto-approve",
               vault);
    return false;
}

/* ---- the answer ---- */

static void print_text(struct cli *cli, const struct rehearsal *rehearsal)
{
    struct arena *arena = cli->arena;
    const struct verify_row *row = rehearsal->row;
    int width = 0;
    int64_t total_ms = 0;
    for (size_t i = 0; i < rehearsal->len; i++)
        if ((int)strlen(rehearsal->hops[i].vault) > width)
            width = (int)strlen(rehearsal->hops[i].vault);
    cli_out(cli, arena_printf(arena, "%s (%s, %s)\n", row->resource, row->plan, row->rule));
    for (size_t i = 0; i < rehearsal->len; i++) {
        const struct rehearsal_hop *hop = &rehearsal->hops[i];
        total_ms += hop->took_ms;
        cli_out(cli,
                arena_printf(arena, "  %-6s  %-*s  %s  %s%s%s\n", hop->what, width, hop->vault,
                             hop->state ? hop->state : "no job", verify_span(arena, hop->took_ms),
                             hop->message ? "  " : "", hop->message ? hop->message : ""));
    }
    const char *last = rehearsal->hops[rehearsal->len - 1].vault;
    cli_out(cli, arena_printf(arena,
                              rehearsal->arrived ? "Arrived in %s after %s.\n"
                                                 : "Stopped before %s after %s.\n",
                              last, verify_span(arena, total_ms)));
}

static void print_json(struct cli *cli, const struct rehearsal *rehearsal)
{
    struct arena *arena = cli->arena;
    const struct verify_row *row = rehearsal->row;
    struct list_builder hops = list_begin(arena);
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < rehearsal->len; i++) {
        const struct rehearsal_hop *hop = &rehearsal->hops[i];
        struct map_builder item = map_begin(arena);
        map_put_str(&item, "vault", hop->vault);
        map_put_str(&item, "what", hop->what);
        map_put(&item, "job_id", value_string(arena, hop->job_id));
        map_put(&item, "state", value_string(arena, hop->state));
        map_put(&item, "message", value_string(arena, hop->message));
        map_put_int(&item, "took_minutes", hop->took_ms / MINUTE_MS);
        list_add(&hops, map_end(&item));
    }
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "resource", row->resource);
    map_put_str(&b, "plan", row->plan);
    map_put_str(&b, "rule", row->rule);
    map_put_bool(&b, "arrived", rehearsal->arrived);
    map_put(&b, "hops", list_end(&hops));
    map_put(&b, "why", value_string(arena, rehearsal->why));
    map_put(&b, "fix", value_string(arena, rehearsal->fix));
    cli_out_json(cli, map_end(&b));
}

static void complain(struct cli *cli, const struct rehearsal *rehearsal)
{
    const struct rehearsal_hop *hop = &rehearsal->hops[rehearsal->len - 1];
    struct diag *diag =
        diag_error(&cli->diags, E_REHEARSAL, NO_POS, rehearsal->row->plan,
                   "the backup did not reach %s: %s", hop->vault,
                   hop->message ? hop->message
                   : hop->state ? arena_printf(cli->arena, "its job is %s", hop->state)
                                : "no copy of it was started");
    diag_hint(&cli->diags, diag, "%s%s%s", rehearsal->why, rehearsal->fix ? ". Mend: " : "",
              rehearsal->fix ? rehearsal->fix : "");
}

static int rehearse(struct session *session)
{
    struct cli *cli = session->cli;
    struct verify_report report;
    struct rehearsal rehearsal;
    int64_t timeout_ms;
    if (!cli_duration(cli, OPT_TIMEOUT, TIMEOUT_MS, &timeout_ms))
        return EXIT_USAGE;
    if (!session_load(session) || !session_open(session, SESSION_READS))
        return EXIT_ERROR;
    const struct verify_input input = {.loop = session->loop,
                                       .topology = &session->topology,
                                       .records = session->records,
                                       .record_len = session->record_len};
    if (!verify_run(cli->arena, &input, &report, &cli->diags) ||
        !all_wanted_are_there(cli, row_address, report.rows, report.row_len,
                              "protects nothing that can be listed"))
        return EXIT_ERROR;
    const struct verify_row *row = choose(cli, &report);
    if (!row || !may_arrive(session, row) || !may_write(cli, row))
        return EXIT_ERROR;
    session_changes_begin(session);
    bool arrived = rehearsing_follow(session, row, timeout_ms, &rehearsal);
    if (cli->json)
        print_json(cli, &rehearsal);
    else
        print_text(cli, &rehearsal);
    if (!arrived)
        complain(cli, &rehearsal);
    return arrived ? EXIT_DONE : EXIT_ERROR;
}

int cmd_rehearse(struct cli *cli)
{
    return session_run(cli, rehearse);
}
