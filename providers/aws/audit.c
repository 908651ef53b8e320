#include "providers/aws/audit.h"

#include "providers/aws/backup_object.h"

#define NAP_MS 5000
#define NAPS 120 /* ten minutes in all */

struct work {
    struct calls calls;
    const struct audit_kind *kind;
    const char *name;
    unsigned naps;
};

static struct work *work_on(struct op *op, const struct audit_kind *kind, const char *name)
{
    struct work *work = op_data(op, sizeof(*work));
    work->kind = kind;
    work->name = name;
    return work;
}

static struct work *work_of(struct op *op)
{
    return op_data(op, sizeof(struct work));
}

static const char *name_of(struct op *op)
{
    return value_get_str(op_desired(op), "name");
}

static const struct value *object_in(const struct work *work, const struct response *rs)
{
    return work->kind->within ? value_get(rs->body, work->kind->within) : rs->body;
}

static void describe(struct op *op, op_step_fn *step)
{
    const struct work *work = work_of(op);
    struct request *rq = aws_request(op, work->kind->describe);
    request_label(rq, work->kind->label, work->name);
    op_send(op, rq, step);
}

/* ---- read ---- */

static void described(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    const struct work *work = work_of(op);
    const struct value *object = object_in(work, rs);
    backup_done_with_tags(op, value_get_str(object, work->kind->arn),
                          schema_from_wire(op_arena(op), op_schema(op)->root, object));
}

void audit_read(struct op *op, const struct audit_kind *kind)
{
    work_on(op, kind, op_identifier(op));
    describe(op, described);
}

/* ---- until it is deployed ---- */

static void look(struct op *op, const struct response *rs);

static void nap(struct op *op, const char *status, op_step_fn *then)
{
    struct work *work = work_of(op);
    if (work->naps++ == NAPS)
        op_fail_with(op, E_TIMEOUT, "the %s %s is still %s", op_schema(op)->title, work->name,
                     status);
    else
        op_later(op, NAP_MS, then);
}

static void looked(struct op *op, const struct response *rs)
{
    const struct work *work = work_of(op);
    const char *status = value_get_str(object_in(work, rs), "DeploymentStatus");
    if (rs->fault == FAULT_NOT_FOUND && !op_identifier(op)) /* only just created */
        nap(op, "invisible", look);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else if (str_eq(status, "FAILED"))
        op_fail_with(op, E_AWS, "AWS could not deploy the %s %s: DeploymentStatus is FAILED",
                     op_schema(op)->title, work->name);
    else if (status && str_ends(status, "_IN_PROGRESS"))
        nap(op, status, look);
    else
        op_done(op, work->name, NULL);
}

static void look(struct op *op, const struct response *rs)
{
    (void)rs;
    describe(op, looked);
}

/* ---- create, update ---- */

void audit_created(struct op *op, const struct audit_kind *kind, const struct response *rs)
{
    bool ours = rs->fault == FAULT_CONFLICT && backup_is_our_token(op, rs->body);
    if (rs->fault != FAULT_NONE && !ours) {
        op_fail(op, rs);
        return;
    }
    op_made(op, name_of(op));
    work_on(op, kind, name_of(op));
    look(op, NULL);
}

struct request *audit_add_change(struct op *op, const struct audit_kind *kind,
                                 const struct aws_operation *operation)
{
    work_on(op, kind, op_identifier(op));
    struct request *rq = calls_add(op, operation, NULL);
    request_label(rq, kind->label, op_identifier(op));
    return rq;
}

void audit_update(struct op *op, const struct audit_kind *kind)
{
    work_on(op, kind, op_identifier(op));
    backup_add_tag_calls(op, value_get_str(op_prior(op), "arn"));
    calls_in_order(op, look);
}

/* ---- remove ---- */

static void look_whether_gone(struct op *op, const struct response *rs);

static void looked_whether_gone(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND)
        op_done_removed(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        nap(op, "being deleted", look_whether_gone);
}

static void look_whether_gone(struct op *op, const struct response *rs)
{
    (void)rs;
    describe(op, looked_whether_gone);
}

static void removed(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND)
        op_done_removed(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        look_whether_gone(op, NULL);
}

void audit_remove(struct op *op, const struct audit_kind *kind)
{
    work_on(op, kind, op_identifier(op));
    struct request *rq = aws_request(op, kind->remove);
    request_label(rq, kind->label, op_identifier(op));
    op_send(op, rq, removed);
}

/* ---- find: by name; frameworks keep the token, report plans have tags only ---- */

static void found(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND)
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        op_found(op, name_of(op), backup_is_our_token(op, rs->body) ? OWNER_OURS : OWNER_BY_TAGS);
}

void audit_find(struct op *op, const struct audit_kind *kind)
{
    work_on(op, kind, name_of(op));
    describe(op, found);
}
