#include "engine/cli/relaying.h"

#include "engine/cli/outputs.h"
#include "relay/report.h"

struct tally {
    struct cli *cli;
    const char *relay;
};

static void report(void *ctx, const struct relay_report *report)
{
    struct tally *tally = ctx;
    struct cli *cli = tally->cli;
    const struct relay_decision *decision = report->decision;
    relay_log_report(NULL, report);
    if (report->error)
        diag_error(&cli->diags, E_RELAY_COPY, NO_POS, tally->relay, "%s: %s", report->point->arn,
                   report->error);
    else if (decision->verdict == RELAY_REFUSE)
        diag_warning(&cli->diags, E_RELAY_COPY, NO_POS, tally->relay, "%s: %s", report->point->arn,
                     decision->reason);
    else if (decision->verdict == RELAY_START)
        cli_note(cli, "relayed   %s to %s", report->point->arn, decision->destination->vault_arn);
}

static bool reconcile(struct session *session, const struct relay_entry *entry)
{
    struct cli *cli = session->cli;
    struct relay_config config;
    struct tally tally = {cli, entry->address};
    const char *why = NULL;
    const struct value *json =
        records_resolve(cli->arena, entry->config, session->records, session->record_len);
    if (!relay_config_parse(cli->arena, json, &config, &why)) {
        diag_error(&cli->diags, E_RELAY_COPY, NO_POS, entry->address,
                   "its settings lack %s: was everything applied?", why);
        return false;
    }
    struct relay_pass pass = {.arena = cli->arena,
                              .loop = session->loop,
                              .config = &config,
                              .now_ms = loop_now_ms(session->loop),
                              .stop = session_catch_signals(),
                              .report = report,
                              .ctx = &tally};
    if (relay_reconcile(&pass, &why))
        return true;
    if (pass.stop && *pass.stop)
        diag_error(&cli->diags, E_RELAY_COPY, NO_POS, entry->address,
                   "a signal stopped it; the next pass goes on");
    else if (pass.failed == 0)
        diag_error(&cli->diags, E_RELAY_COPY, NO_POS, entry->address,
                   "the points of %s cannot be listed: %s", config.source_vault_arn, why);
    return false;
}

bool relaying_reconcile(struct session *session)
{
    const volatile sig_atomic_t *stop = session_catch_signals();
    bool ok = true;
    for (size_t i = 0; i < session->topology.relay_len && !*stop; i++)
        ok = reconcile(session, &session->topology.relays[i]) && ok;
    return ok && !*stop;
}
