#include "relay/report.h"

#include "engine/base/log.h"

/* Every pass meets all points again: what needs nothing and worries nobody is not told again. */
static bool is_silent(const struct relay_report *report)
{
    const struct relay_decision *decision = report->decision;
    return report->listed && !report->error && decision->verdict == RELAY_LEAVE && !decision->worry;
}

static enum log_level level_of(const struct relay_report *report)
{
    const struct relay_decision *decision = report->decision;
    if (report->error || decision->verdict == RELAY_REFUSE)
        return LOG_ERROR;
    return decision->worry ? LOG_WARN : LOG_INFO;
}

void relay_log_report(void *ctx, const struct relay_report *report)
{
    (void)ctx;
    const struct relay_decision *decision = report->decision;
    if (is_silent(report))
        return;
    log_event(level_of(report), "decision", "verdict",
              decision ? relay_verdict_name(decision->verdict) : "none", "reason",
              report->error ? report->error : decision->reason, "class",
              report->error ? relay_failure_name(report->failure) : NULL, "point",
              report->point->arn, "resource", report->point->resource_arn, "destination",
              decision && decision->destination ? decision->destination->vault_arn : NULL,
              "copy_job_id", report->copy_job_id, NULL);
}
