#include "engine/cli/relaying.h"

#include "engine/base/clock.h"
#include "engine/cli/outputs.h"
#include "engine/cli/pausing.h"
#include "relay/decide/event.h"
#include "relay/report.h"

/* ---- what was decided ---- */

struct tally {
    struct cli *cli;
    const char *relay;
    struct relaying *relaying;
    bool dry_run;
};

static void add_row(struct tally *tally, const struct relay_report *report)
{
    const struct relay_decision *decision = report->decision;
    struct map_builder b = map_begin(tally->cli->arena);
    map_put_str(&b, "relay", tally->relay);
    map_put_str(&b, "point", report->point->arn);
    map_put_str(&b, "resource", report->point->resource_arn);
    map_put_str(&b, "verdict", decision ? relay_verdict_name(decision->verdict) : NULL);
    map_put_str(&b, "reason", decision ? decision->reason : NULL);
    map_put_str(&b, "destination",
                decision && decision->destination ? decision->destination->vault_arn : NULL);
    map_put_str(&b, "copy_job_id", report->copy_job_id);
    map_put_str(&b, "error", report->error);
    list_add(&tally->relaying->decisions, map_end(&b));
}

static void report(void *ctx, const struct relay_report *report)
{
    struct tally *tally = ctx;
    struct cli *cli = tally->cli;
    const struct relay_decision *decision = report->decision;
    bool settled =
        report->listed && !report->error && decision->verdict == RELAY_LEAVE && !decision->waits;
    if (!settled) /* of those there may be very many */
        add_row(tally, report);
    relay_log_report(NULL, report);
    if (report->error)
        diag_error(&cli->diags, E_RELAY_COPY, NO_POS, tally->relay, "%s: %s", report->point->arn,
                   report->error);
    else if (decision->verdict == RELAY_REFUSE)
        diag_warning(&cli->diags, E_RELAY_COPY, NO_POS, tally->relay, "%s: %s", report->point->arn,
                     decision->reason);
    else if (decision->verdict == RELAY_START)
        cli_note(cli, "%s %s to %s", tally->dry_run ? "would relay" : "relayed  ",
                 report->point->arn, decision->destination->vault_arn);
}

/* What never came to the source vault stands in no list of points. */
static void warn_of_first_copies(struct session *session, const char *address,
                                 const struct relay_pass *pass)
{
    if (pass->copies_failed > 0)
        diag_warning(&session->cli->diags, E_RELAY_COPY, NO_POS, address,
                     "%zu cop%s into its source vault failed within a day: nothing came that "
                     "could be relayed",
                     pass->copies_failed, pass->copies_failed == 1 ? "y" : "ies");
}

static void add_counts(struct relaying *relaying, const struct relay_pass *pass)
{
    relaying->started += pass->started;
    relaying->refused += pass->refused;
    relaying->waiting += pass->waiting;
    relaying->left += pass->left;
    relaying->failed += pass->failed;
}

const char *relaying_text(struct arena *arena, const struct relaying *relaying)
{
    return arena_printf(arena, "%zu started, %zu refused, %zu waiting, %zu failed",
                        relaying->started, relaying->refused, relaying->waiting, relaying->failed);
}

void relaying_put_counts(struct map_builder *b, const struct relaying *relaying)
{
    map_put_int(b, "started", (int64_t)relaying->started);
    map_put_int(b, "refused", (int64_t)relaying->refused);
    map_put_int(b, "waiting", (int64_t)relaying->waiting);
    map_put_int(b, "left", (int64_t)relaying->left);
    map_put_int(b, "failed", (int64_t)relaying->failed);
}

/* ---- the pass ---- */

static const struct value *settings_of(struct session *session, const struct relay_entry *entry)
{
    return records_resolve(session->cli->arena, entry->config, session->records,
                           session->record_len);
}

bool relaying_config(struct session *session, const struct relay_entry *entry,
                     struct relay_config *ret, const char **ret_why)
{
    return relay_config_parse(session->cli->arena, settings_of(session, entry), ret, ret_why);
}

static struct relay_pass pass_of(struct session *session, const struct relay_config *config)
{
    return (struct relay_pass){.arena = session->cli->arena,
                               .loop = session->loop,
                               .config = config,
                               .now_ms = loop_now_ms(session->loop),
                               .stop = session->stop};
}

const char *relaying_pass(struct session *session, const char *address,
                          const struct relay_config *config, const struct relaying_how *how,
                          struct relaying *ret)
{
    struct tally tally = {session->cli, address, ret, how->dry_run};
    struct relay_pass pass = pass_of(session, config);
    const char *why = NULL, *since = pausing_since(session, address);
    if (since && !how->silent)
        diag_warning(&session->cli->diags, E_RELAY_PAUSED, NO_POS, address,
                     "paused since %s: nothing is started", since);
    tally.dry_run = pass.dry_run = how->dry_run || since;
    pass.backfill = how->backfill;
    pass.retry_now = how->retry_now;
    pass.report = how->silent ? NULL : report;
    pass.ctx = &tally;
    bool ok = relay_reconcile(&pass, &why);
    if (since) { /* what it would start waits for the end of the pause */
        pass.waiting += pass.started;
        pass.started = 0;
    }
    add_counts(ret, &pass);
    if (!how->silent)
        warn_of_first_copies(session, address, &pass);
    if (pass.need_backfill > 0 && !how->silent)
        diag_warning(&session->cli->diags, E_RELAY_BACKFILL, NO_POS, address,
                     "%zu point%s older than %d days would be copied: nothing so old has been, or "
                     "whether they were is not known any more",
                     pass.need_backfill, pass.need_backfill == 1 ? "" : "s", RELAY_BACKFILL_DAYS);
    return ok ? NULL : why;
}

static bool reconcile(struct session *session, const struct relay_entry *entry,
                      const struct relaying_how *how, struct relaying *ret)
{
    struct cli *cli = session->cli;
    struct relay_config config;
    const char *why = NULL;
    if (!relaying_config(session, entry, &config, &why)) {
        diag_error(&cli->diags, E_RELAY_COPY, NO_POS, entry->address,
                   "its settings lack %s: was everything applied?", why);
        ret->failed++;
        return false;
    }
    size_t failed = ret->failed;
    why = relaying_pass(session, entry->address, &config, how, ret);
    if (!why)
        return true;
    if (*session->stop)
        diag_error(&cli->diags, E_RELAY_COPY, NO_POS, entry->address,
                   "a signal stopped it; the next pass goes on");
    if (*session->stop || ret->failed > failed)
        return false;
    ret->failed++;
    diag_error(&cli->diags, E_RELAY_COPY, NO_POS, entry->address,
               "the points of %s cannot be listed: %s", config.source_vault_arn, why);
    return false;
}

bool relaying_reconcile(struct session *session, const struct relaying_how *how,
                        struct relaying *ret)
{
    *ret = (struct relaying){.decisions = list_begin(session->cli->arena)};
    bool ok = true;
    for (size_t i = 0; i < session->topology.relay_len && !*session->stop; i++)
        ok = reconcile(session, &session->topology.relays[i], how, ret) && ok;
    return ok && !*session->stop;
}

/* ---- one event ---- */

const char *relaying_look(struct session *session, const struct relay_config *config,
                          relay_report_fn *each, void *ctx, struct relaying *ret)
{
    struct relay_pass pass = pass_of(session, config);
    const char *why = NULL;
    pass.dry_run = pass.whole_ledger = true;
    pass.report = each;
    pass.ctx = ctx;
    bool ok = relay_reconcile(&pass, &why);
    add_counts(ret, &pass);
    warn_of_first_copies(session, config->relay, &pass);
    return ok ? NULL : why;
}

bool relaying_open(struct session *session)
{
    return relaying_open_for(session, SESSION_READS);
}

bool relaying_open_for(struct session *session, enum session_mode mode)
{
    struct cli *cli = session->cli;
    if (!session_load(session))
        return false;
    if (session->topology.relay_len == 0) {
        diag_error(&cli->diags, E_RELAY_NONE, NO_POS, NULL, "%s has no relay",
                   session->topology.name);
        return false;
    }
    if (!session_open(session, mode))
        return false;
    session_changes_begin(session);
    return true;
}

static const char *last_reason(const struct relaying *relaying)
{
    const struct list_builder *rows = &relaying->decisions;
    const struct value *row = rows->len ? list_items(rows)[rows->len - 1] : NULL;
    const char *error = value_get_str(row, "error");
    return error ? error : value_get_str(row, "reason");
}

/* One relay and one event that is its own. */
struct handing {
    struct session *session;
    const char *relay;
    const struct relay_config *config;
    const struct value *event;
    const struct relay_event *read;
    bool dry_run;
    struct relaying *counts;
};

static void conclude(const struct handing *handing, bool handled, bool settled, const char *why,
                     struct relaying_event *ret)
{
    if (ret->settled) /* what one did not settle is what there is to say */
        ret->relay = handing->relay;
    if (ret->settled && !(handled && settled))
        ret->why = why;
    ret->handled = ret->handled && handled;
    ret->settled = ret->settled && handled && settled;
}

/* ---- by a pass ---- */

struct relaying_passed {
    const char *relay, *why; /* why: the pass failed, or NULL */
    struct relaying_passed *next;
};

static const struct relaying_passed *pass_once(const struct handing *handing)
{
    struct relaying *counts = handing->counts;
    const struct relaying_how how = {.dry_run = handing->dry_run};
    struct relaying_passed *passed = counts->passed;
    while (passed && !str_eq(passed->relay, handing->relay))
        passed = passed->next;
    if (passed)
        return passed;
    passed = arena_new_of(handing->session->cli->arena, struct relaying_passed);
    *passed = (struct relaying_passed){.relay = handing->relay, .next = counts->passed};
    counts->passed = passed;
    passed->why = relaying_pass(handing->session, handing->relay, handing->config, &how, counts);
    return passed;
}

/* Why the pass could not do what is to be done about the point, or NULL. */
static const char *trouble_with(const struct handing *handing)
{
    const struct list_builder *rows = &handing->counts->decisions;
    for (size_t i = 0; i < rows->len; i++) {
        const struct value *row = list_items(rows)[i];
        const char *error = value_get_str(row, "error");
        if (!str_eq(value_get_str(row, "point"), handing->read->point_arn) ||
            !str_eq(value_get_str(row, "relay"), handing->relay))
            continue;
        if (error || str_eq(value_get_str(row, "verdict"), relay_verdict_name(RELAY_REFUSE)))
            return error ? error : value_get_str(row, "reason");
    }
    return NULL;
}

/* ---- by itself ---- */

/* False: a pass has to decide. */
static bool by_event(const struct handing *handing, struct relaying_event *ret)
{
    struct relaying *counts = handing->counts;
    struct tally tally = {handing->session->cli, handing->relay, counts, handing->dry_run};
    struct relay_pass pass = pass_of(handing->session, handing->config);
    size_t rows = counts->decisions.len;
    const char *why = NULL;
    pass.dry_run = handing->dry_run;
    pass.report = report;
    pass.ctx = &tally;
    bool handled = relay_handle(&pass, handing->event, &why);
    if (handled && pass.by_pass)
        return false;
    if (counts->decisions.len > rows)
        why = last_reason(counts);
    add_counts(counts, &pass);
    conclude(handing, handled, pass.refused == 0, why, ret);
    return true;
}

static void hand_over(const struct handing *handing, struct relaying_event *ret)
{
    const struct relay_event *read = handing->read;
    if (read->kind == RELAY_EVENT_SCHEDULED) {
        const struct relaying_passed *passed = pass_once(handing);
        conclude(handing, !passed->why, true, passed->why, ret);
    } else if (!by_event(handing, ret)) {
        const struct relaying_passed *passed = pass_once(handing);
        const char *why = trouble_with(handing);
        conclude(handing, !passed->why, !why, why ? why : passed->why, ret);
    }
}

static void hand_to(struct session *session, const struct relay_entry *entry,
                    const struct value *event, bool dry_run, struct relaying *counts,
                    struct relaying_event *ret)
{
    struct relay_config config;
    struct relay_event read;
    const char *why = NULL;
    if (!relaying_config(session, entry, &config, &why))
        return; /* nothing of it stands yet: the event is not its */
    relay_event_read(&config, event, &read);
    if (read.kind == RELAY_EVENT_OTHER)
        return;
    const struct handing handing = {session, entry->address, &config, event,
                                    &read,   dry_run,        counts};
    if (pausing_since(session, entry->address))
        conclude(&handing, false, false, "the relay is paused", ret);
    else
        hand_over(&handing, ret);
}

void relaying_event(struct session *session, const struct value *event, const char *only,
                    bool dry_run, struct relaying *counts, struct relaying_event *ret)
{
    *ret = (struct relaying_event){.handled = true, .settled = true};
    for (size_t i = 0; i < session->topology.relay_len; i++) {
        const struct relay_entry *entry = &session->topology.relays[i];
        if (!only || str_eq(entry->address, only))
            hand_to(session, entry, event, dry_run, counts, ret);
    }
    if (ret->relay)
        return;
    ret->settled = false;
    ret->why = "no relay of the topology has to act on it";
}

/* ---- foresight ---- */

bool relaying_follows(const struct session *session, const struct planning *planning)
{
    return !planning->input.destroy && !planning->input.targets &&
           session->topology.relay_len > 0 && !str_eq(cli_option(session->cli, OPT_RELAY), "false");
}

static bool is_created(struct arena *arena, const struct plan *plan, const char *vault_arn)
{
    for (size_t i = 0; i < plan->len; i++) {
        const struct change *change = &plan->changes[i];
        if (change->action == ACTION_CREATE &&
            str_eq(change->schema->type_name, "aws_backup_vault") &&
            str_eq(schema_arn(arena, change->schema, change->account_id, change->region,
                              change->after),
                   vault_arn))
            return true;
    }
    return false;
}

static size_t foresee(struct session *session, const struct plan *plan,
                      const struct relay_entry *entry)
{
    struct cli *cli = session->cli;
    struct relay_config config;
    const struct value *settings = settings_of(session, entry);
    const char *why = NULL;
    if (is_created(cli->arena, plan, value_get_str(settings, "source_vault_arn")) ||
        !relay_config_parse(cli->arena, settings, &config, &why))
        return 0; /* what its settings name is still to be made: no point can have arrived */
    struct relaying seen = {0};
    const struct relaying_how how = {.dry_run = true, .silent = true};
    why = relaying_pass(session, entry->address, &config, &how, &seen);
    if (why)
        diag_warning(&cli->diags, E_RELAY_COPY, NO_POS, entry->address,
                     "how many copies it would start cannot be told: %s", why);
    return seen.started;
}

size_t relaying_foresee(struct session *session, const struct planning *planning)
{
    size_t copies = 0;
    bool reads = !str_eq(cli_option(session->cli, OPT_REFRESH), "false");
    if (!reads || !relaying_follows(session, planning))
        return 0;
    for (size_t i = 0; i < session->topology.relay_len; i++)
        copies += foresee(session, &planning->plan, &session->topology.relays[i]);
    return copies;
}
