/* aws_backup_report_plan: reports that AWS Backup Audit Manager writes into a bucket every day. */

#include "providers/aws/audit.h"
#include "providers/aws/properties.h"

static const struct audit_kind report_plan = {
    .describe = &backup_DescribeReportPlan,
    .remove = &backup_DeleteReportPlan,
    .label = "reportPlanName",
    .within = "ReportPlan",
    .arn = "ReportPlanArn",
};

static void report_read(struct op *op)
{
    audit_read(op, &report_plan);
}

static void created(struct op *op, const struct response *rs)
{
    audit_created(op, &report_plan, rs);
}

static void report_create(struct op *op)
{
    const struct value *tags = value_get(op_desired(op), "tags");
    struct request *rq = aws_request(op, &backup_CreateReportPlan);
    request_set(rq, "ReportPlanName", desired_wire(op, "name"));
    request_set(rq, "ReportPlanDescription", desired_wire(op, "description"));
    request_set(rq, "ReportDeliveryChannel", desired_wire(op, "report_delivery_channel"));
    request_set(rq, "ReportSetting", desired_wire(op, "report_setting"));
    request_set(rq, "ReportPlanTags", value_len(tags) ? tags : NULL);
    request_set_str(rq, "IdempotencyToken", op_token(op));
    op_send(op, rq, created);
}

/* Each part goes as a whole; one that is not sent stays. */
static void report_update(struct op *op)
{
    if (must_change(op, "description") || must_change(op, "report_delivery_channel") ||
        must_change(op, "report_setting")) {
        struct request *rq = audit_add_change(op, &report_plan, &backup_UpdateReportPlan);
        request_set(rq, "ReportPlanDescription", changed_wire(op, "description"));
        request_set(rq, "ReportDeliveryChannel", changed_wire(op, "report_delivery_channel"));
        request_set(rq, "ReportSetting", changed_wire(op, "report_setting"));
    }
    audit_update(op, &report_plan);
}

static void report_remove(struct op *op)
{
    audit_remove(op, &report_plan);
}

static void report_find(struct op *op)
{
    audit_find(op, &report_plan);
}

const struct resource_ops aws_backup_report_plan_ops = {report_read, report_create, report_update,
                                                        report_remove, report_find};
