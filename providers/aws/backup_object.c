#include "providers/aws/backup_object.h"

#include "providers/aws/calls.h"

struct reading {
    const struct value *attributes;
};

static void tags_listed(struct op *op, const struct response *rs)
{
    const struct reading *reading = op_data(op, sizeof(*reading));
    if (rs->fault == FAULT_NOT_FOUND) /* deleted between the two calls */
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        op_done(op, op_identifier(op),
                value_with(op_arena(op), reading->attributes, "tags", value_get(rs->body, "Tags")));
}

void backup_done_with_tags(struct op *op, const char *arn, const struct value *attributes)
{
    struct reading *reading = op_data(op, sizeof(*reading));
    reading->attributes = attributes;
    struct request *rq = aws_request(op, &backup_ListTags);
    request_label(rq, "resourceArn", arn);
    op_send_all(op, rq, tags_listed);
}

void backup_add_tag_calls(struct op *op, const char *arn)
{
    const struct value *set, *removed;
    tag_changes(op, &set, &removed);
    if (value_len(set)) {
        struct request *rq = calls_add(op, &backup_TagResource, NULL);
        request_label(rq, "resourceArn", arn);
        request_set(rq, "Tags", set);
    }
    if (value_len(removed)) {
        struct request *rq = calls_add(op, &backup_UntagResource, NULL);
        request_label(rq, "resourceArn", arn);
        request_set(rq, "TagKeyList", removed);
    }
}

bool backup_is_our_token(struct op *op, const struct value *body)
{
    const char *token = value_get_str(body, "CreatorRequestId");
    if (!token)
        token = value_get_str(body, "IdempotencyToken");
    return token && str_eq(token, op_token(op));
}
