/* aws_backup_framework: controls by which AWS Backup Audit Manager judges an account and Region. */

#include "providers/aws/audit.h"
#include "providers/aws/properties.h"

static const struct audit_kind framework = {
    .describe = &backup_DescribeFramework,
    .remove = &backup_DeleteFramework,
    .label = "frameworkName",
    .arn = "FrameworkArn",
};

static void framework_read(struct op *op)
{
    audit_read(op, &framework);
}

static void created(struct op *op, const struct response *rs)
{
    audit_created(op, &framework, rs);
}

static void framework_create(struct op *op)
{
    const struct value *tags = value_get(op_desired(op), "tags");
    struct request *rq = aws_request(op, &backup_CreateFramework);
    request_set(rq, "FrameworkName", desired_wire(op, "name"));
    request_set(rq, "FrameworkDescription", desired_wire(op, "description"));
    request_set(rq, "FrameworkControls", desired_wire(op, "controls"));
    request_set(rq, "FrameworkTags", value_len(tags) ? tags : NULL);
    request_set_str(rq, "IdempotencyToken", op_token(op));
    op_send(op, rq, created);
}

/* The controls go as a whole; a description that is not sent stays. */
static void framework_update(struct op *op)
{
    if (must_change(op, "controls") || must_change(op, "description")) {
        struct request *rq = audit_add_change(op, &framework, &backup_UpdateFramework);
        request_set(rq, "FrameworkDescription", changed_wire(op, "description"));
        request_set(rq, "FrameworkControls", changed_wire(op, "controls"));
    }
    audit_update(op, &framework);
}

static void framework_remove(struct op *op)
{
    audit_remove(op, &framework);
}

static void framework_find(struct op *op)
{
    audit_find(op, &framework);
}

const struct resource_ops aws_backup_framework_ops = {
    framework_read, framework_create, framework_update, framework_remove, framework_find};
