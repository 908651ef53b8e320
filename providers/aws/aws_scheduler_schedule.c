/* aws_scheduler_schedule: schedules bear no tags. One that says what we want is our own: the answer
 * to an earlier attempt was lost, or somebody made the same by hand. */
#include "engine/config/normalize.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

static const char *const settings[] = {
    "description",
    "schedule_expression",
    "schedule_expression_timezone",
    "flexible_time_window",
    "state",
    "kms_key_arn",
    "target",
};

static const char *group_of(struct op *op)
{
    const char *group =
        op_identifier(op) ? op_identifier_part(op, 0) : value_get_str(op_desired(op), "group_name");
    return group ? group : "default";
}

static const char *name_of(struct op *op)
{
    return op_identifier(op) ? op_identifier_part(op, 1) : value_get_str(op_desired(op), "name");
}

static const char *identifier(struct op *op)
{
    return arena_printf(op_arena(op), "%s|%s", group_of(op), name_of(op));
}

static void get_schedule(struct op *op, op_step_fn *step)
{
    struct request *rq = aws_request(op, &scheduler_GetSchedule);
    request_label(rq, "Name", name_of(op));
    request_query(rq, "groupName", group_of(op));
    op_send(op, rq, step);
}

static const struct value *attributes(struct op *op, const struct response *rs)
{
    return schema_from_wire(op_arena(op), op_schema(op)->root, rs->body);
}

/* True when the answer is good; else the operation has ended. */
static bool good_or_end(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND)
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    return rs->fault == FAULT_NONE;
}

/* ---- read ---- */

/* The update puts the whole: what is not in ours would be gone. */
static const struct value *with_unsaid(struct op *op, const struct response *rs)
{
    static const char *const invented[] = {"CreationDate", "LastModificationDate", NULL};
    struct map_builder wire = map_begin_from(op_arena(op), rs->body);
    struct map_builder b = map_begin_from(op_arena(op), attributes(op, rs));
    if (str_eq(value_get_str(rs->body, "ActionAfterCompletion"), "NONE"))
        map_drop(&wire, "ActionAfterCompletion"); /* what AWS fills in */
    put_unsaid(op, &b, op_schema(op)->root, map_end(&wire), "", invented);
    return map_end(&b);
}

static void schedule_read(struct op *op, const struct response *rs)
{
    if (good_or_end(op, rs))
        op_done(op, op_identifier(op), with_unsaid(op, rs));
}

static void read_schedule(struct op *op)
{
    get_schedule(op, schedule_read);
}

/* ---- whose it is ---- */

/* Whether what is there holds all that is wanted. */
static bool says_what_we_want(struct op *op, const struct response *rs)
{
    struct arena *arena = op_arena(op);
    const struct value *there = normalize(arena, op_schema(op), attributes(op, rs));
    const struct value *wanted = normalize(arena, op_schema(op), op_desired(op));
    for (size_t i = 0; i < value_len(wanted); i++) {
        const struct value_entry *e = &wanted->map.entries[i];
        if (!value_is(e->value, VALUE_NULL) && !value_equal(value_get(there, e->key), e->value))
            return false;
    }
    return true;
}

/* ---- create, update ---- */

static struct request *schedule_request(struct op *op, const struct aws_operation *operation)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "Name", name_of(op));
    request_set_str(rq, "GroupName", group_of(op));
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        request_set(rq, wire_name(op, settings[i]), whole_wire(op, settings[i]));
    return rq;
}

struct creation {
    const struct response *refusal;
};

static void existing_read(struct op *op, const struct response *rs)
{
    const struct creation *creation = op_data(op, sizeof(*creation));
    if (rs->fault == FAULT_NONE && says_what_we_want(op, rs))
        op_done(op, identifier(op), NULL);
    else
        op_fail(op, creation->refusal);
}

static void created(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    creation->refusal = rs;
    if (rs->fault == FAULT_NONE)
        op_done(op, identifier(op), NULL);
    else if (rs->fault == FAULT_CONFLICT)
        get_schedule(op, existing_read);
    else
        op_fail(op, rs);
}

static void create_schedule(struct op *op)
{
    struct request *rq = schedule_request(op, &scheduler_CreateSchedule);
    request_set_str(rq, "ClientToken", op_token(op));
    op_send(op, rq, created);
}

/* The whole schedule: what is left out would go. */
static void update_schedule(struct op *op)
{
    op_send(op, schedule_request(op, &scheduler_UpdateSchedule), step_updated);
}

/* ---- remove, find ---- */

static void remove_schedule(struct op *op)
{
    struct request *rq = aws_request(op, &scheduler_DeleteSchedule);
    request_label(rq, "Name", name_of(op));
    request_query(rq, "groupName", group_of(op));
    op_send(op, rq, step_removed);
}

static void found(struct op *op, const struct response *rs)
{
    if (good_or_end(op, rs))
        op_found(op, identifier(op), says_what_we_want(op, rs) ? OWNER_OURS : OWNER_OTHER);
}

static void find_schedule(struct op *op)
{
    get_schedule(op, found);
}

const struct resource_ops aws_scheduler_schedule_ops = {
    .read = read_schedule,
    .create = create_schedule,
    .update = update_schedule,
    .remove = remove_schedule,
    .find = find_schedule,
};
