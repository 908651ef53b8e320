#include "providers/aws/steps.h"

void step_updated(struct op *op, const struct response *rs)
{
    if (!rs || rs->fault == FAULT_NONE)
        op_done(op, op_identifier(op), NULL);
    else
        op_fail(op, rs);
}

void step_removed(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE || rs->fault == FAULT_NOT_FOUND)
        op_done_removed(op);
    else
        op_fail(op, rs);
}

void step_found_by_name(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NONE)
        op_found(op, value_get_str(op_desired(op), "name"), OWNER_BY_TAGS);
    else if (rs->fault == FAULT_NOT_FOUND)
        op_gone(op);
    else
        op_fail(op, rs);
}
