#include "relay/report.h"

#include "engine/base/log.h"

void relay_log_report(void *ctx, const struct relay_report *report)
{
    (void)ctx;
    const struct relay_decision *decision = report->decision;
    const char *verdict = decision ? relay_verdict_name(decision->verdict) : "none";
    if (report->listed && !report->error && decision->verdict == RELAY_LEAVE)
        return;
    bool bad = report->error || (decision && decision->verdict == RELAY_REFUSE);
    log_event(bad ? LOG_ERROR : LOG_INFO, "decision", "verdict", verdict, "reason",
              report->error ? report->error
              : decision    ? decision->reason
                            : NULL,
              "point", report->point->arn, "resource", report->point->resource_arn, "destination",
              decision && decision->destination ? decision->destination->vault_arn : NULL,
              "copy_job_id", report->copy_job_id, NULL);
}
