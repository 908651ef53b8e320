/* apply: plan, guards, approval, run, outputs, then the relays reconcile. */

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/cli/commands.h"
#include "engine/cli/executing.h"
#include "engine/cli/leaving.h"
#include "engine/cli/moving.h"
#include "engine/cli/outputs.h"
#include "engine/cli/relaying.h"
#include "engine/cli/saving.h"
#include "engine/proof/proof.h"

static bool keep_outputs(struct session *session, const struct planning *planning)
{
    struct cli *cli = session->cli;
    struct record *records = NULL;
    size_t len = 0;
    if (!state_load(session->state, cli->arena, &records, &len, &cli->diags))
        return false;
    const struct value *outputs = outputs_resolve(session, planning, records, len);
    session->records = records;
    session->record_len = len;
    if (!state_set_fact(session->state, "outputs", outputs, &cli->diags) ||
        !journal_commit(session->state, &cli->diags))
        return false;
    for (size_t i = 0; !cli->json && i < value_len(outputs); i++) {
        const struct value_entry *entry = &outputs->map.entries[i];
        const char *text = value_str(entry->value);
        cli_out(cli, arena_printf(cli->arena, "%s = %s\n", entry->key,
                                  text ? text : json_print(cli->arena, entry->value, 0)));
    }
    return true;
}

/* relaying: NULL when the relays had no pass. */
static void print_summary(struct session *session, const struct run_summary *summary,
                          const struct relaying *relaying)
{
    struct cli *cli = session->cli;
    if (cli->json) {
        struct map_builder b = map_begin(cli->arena);
        map_put_str(&b, "format_version", "1.0");
        map_put_int(&b, "done", (int64_t)summary->done);
        map_put_int(&b, "failed", (int64_t)summary->failed);
        map_put_int(&b, "skipped", (int64_t)summary->skipped);
        map_put(&b, "outputs", state_fact(session->state, cli->arena, "outputs"));
        if (relaying) {
            struct map_builder counts = map_begin(cli->arena);
            relaying_put_counts(&counts, relaying);
            map_put(&b, "relay", map_end(&counts));
        }
        cli_out_json(cli, map_end(&b));
        return;
    }
    cli_out(cli, arena_printf(cli->arena, "Apply: %zu done, %zu failed, %zu skipped\n",
                              summary->done, summary->failed, summary->skipped));
    if (relaying)
        cli_out(cli, arena_printf(cli->arena, "Relay: %s\n", relaying_text(cli->arena, relaying)));
}

/* With `guards: {strict: true}` nothing may be left that whoever takes an account over could use
 * against the last vaults. */
static bool is_guarded(struct session *session)
{
    struct proof_report report;
    const struct value *strict = value_pointer(session->topology.document, "/guards/strict");
    if (!value_is(strict, VALUE_BOOL) || !strict->boolean)
        return true;
    struct diags *diags = &session->cli->diags;
    size_t before = diags->errors;
    const struct proof_input input = {.topology = &session->topology, .now_ms = clock_wall_ms()};
    proof_check(session->cli->arena, &input, &report);
    for (size_t i = 0; i < report.threat_len; i++) {
        const struct proof_threat *threat = &report.threats[i];
        if (threat->openness == PROOF_OPEN && !threat->ignored)
            diag_error(diags, E_TAKEOVER, threat->pos, threat->target, "%s %s: %s (%s)",
                       threat->whoever, threat->what, threat->reason, threat->rule->id);
    }
    return diags->errors == before;
}

static bool stands_alone(struct cli *cli, const char *saved)
{
    if (cli->line.argument_len == 1 && !cli_list(cli, OPT_TARGET))
        return true;
    struct diag *diag = diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                                   "a saved plan has its targets: %s takes no --target, no address "
                                   "and no other plan",
                                   saved);
    diag_hint(&cli->diags, diag,
              "Apply the addresses without it, or write a plan of them alone: `holdfast plan --out "
              "FILE ADDRESS...`.");
    return false;
}

/* Of what stays as it is. */
static bool take_down(struct session *session, const struct planning *planning)
{
    const struct run_world world = planning_world(session, planning);
    return run_declare(&session->run, session->records, session->record_len) &&
           (planning->input.targets || run_agree(&session->run, &planning->plan, &world));
}

static int apply(struct session *session)
{
    struct executing run;
    struct relaying relaying;
    const char *saved = saving_argument(session->cli);
    if (saved && !stands_alone(session->cli, saved))
        return EXIT_USAGE;
    int status = saved ? executing_saved_plan(session, saved, &run)
                       : executing_plan(session, /* destroy= */ false, &run);
    if (status != EXIT_DONE)
        return status;
    if (!is_guarded(session))
        return EXIT_REFUSED;
    if (!executing_approved(session, &run, "Apply this plan?"))
        return EXIT_USAGE;
    if (!leaving_settle(session, &run.planning))
        return EXIT_REFUSED;
    if (!saving_keep_secret(session) || !moving_keep(session, "moved") ||
        !take_down(session, &run.planning))
        return EXIT_ERROR;
    executing_carry_out(session, &run);
    bool ok = run.ok;
    if (ok) /* a signal that came too late to stop anything loses nothing */
        ok = keep_outputs(session, &run.planning);
    bool relays = ok && !*session->run.stop && relaying_follows(session, &run.planning);
    if (relays)
        ok = relaying_reconcile(session, &(struct relaying_how){0}, &relaying);
    print_summary(session, &run.summary, relays ? &relaying : NULL);
    return ok ? EXIT_DONE : EXIT_ERROR;
}

int cmd_apply(struct cli *cli)
{
    return session_run(cli, apply);
}
