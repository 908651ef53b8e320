/* Names of keys. DescribeKey takes a name and answers with the key behind it: one call, where
 * ListAliases would list the Region's. */
#include <string.h>

#include "providers/aws/aws.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

/* Of "arn:aws:kms:us-east-1:111122223333:key/ID", or the id itself. */
static const char *key_id_of(const char *key)
{
    const char *slash = key ? strrchr(key, '/') : NULL;
    return slash ? slash + 1 : key;
}

static void read_described(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct arena *arena = op_arena(op);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "name", op_identifier(op));
    map_put(&b, "target_key_id", value_get(value_get(rs->body, "KeyMetadata"), "KeyId"));
    map_put_str(&b, "arn",
                arena_printf(arena, "arn:%s:kms:%s:%s:%s", op_partition(op), op_region(op),
                             op_account_id(op), op_identifier(op)));
    op_done(op, op_identifier(op), map_end(&b));
}

static void describe(struct op *op, const char *name, op_step_fn *step)
{
    struct request *rq = aws_request(op, &kms_DescribeKey);
    request_set_str(rq, "KeyId", name);
    op_send(op, rq, step);
}

static void read_alias(struct op *op)
{
    describe(op, op_identifier(op), read_described);
}

static const char *name_of(struct op *op)
{
    return value_get_str(op_desired(op), "name");
}

static bool names_our_key(struct op *op, const struct response *rs)
{
    const char *target = value_get_str(value_get(rs->body, "KeyMetadata"), "KeyId");
    const char *wanted = key_id_of(value_get_str(op_desired(op), "target_key_id"));
    return wanted && str_eq(target, wanted);
}

static void point(struct op *op, const struct aws_operation *operation, op_step_fn *step)
{
    struct request *rq = aws_request(op, operation);
    request_set(rq, "AliasName", desired_wire(op, "name"));
    request_set(rq, "TargetKeyId", desired_wire(op, "target_key_id"));
    op_send(op, rq, step);
}

struct creation {
    const struct response *refusal;
};

static void describe_existing(struct op *op, const struct response *rs);

/* Our own key behind it means that the answer to an earlier attempt was lost. */
static void existing_described(struct op *op, const struct response *rs)
{
    const struct creation *creation = op_data(op, sizeof(*creation));
    if (rs->fault == FAULT_NOT_FOUND && op_look_again(op, describe_existing))
        return;
    if (rs->fault == FAULT_NONE && names_our_key(op, rs))
        op_done(op, name_of(op), NULL);
    else
        op_fail(op, creation->refusal);
}

static void describe_existing(struct op *op, const struct response *rs)
{
    (void)rs;
    describe(op, name_of(op), existing_described);
}

static void created(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    creation->refusal = rs;
    if (rs->fault == FAULT_NONE)
        op_done(op, name_of(op), NULL);
    else if (rs->fault == FAULT_CONFLICT)
        describe_existing(op, NULL);
    else
        op_fail(op, rs);
}

static void create_alias(struct op *op)
{
    point(op, &kms_CreateAlias, created);
}

static void update_alias(struct op *op)
{
    point(op, &kms_UpdateAlias, step_updated);
}

static void remove_alias(struct op *op)
{
    struct request *rq = aws_request(op, &kms_DeleteAlias);
    request_set_str(rq, "AliasName", op_identifier(op));
    op_send(op, rq, step_removed);
}

/* An alias bears no tags: it is ours when it names our key. */
static void find_described(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    op_found(op, name_of(op), names_our_key(op, rs) ? OWNER_PARENT : OWNER_OTHER);
}

static void find_alias(struct op *op)
{
    describe(op, name_of(op), find_described);
}

const struct resource_ops aws_kms_alias_ops = {
    .read = read_alias,
    .create = create_alias,
    .update = update_alias,
    .remove = remove_alias,
    .find = find_alias,
};
