/* aws_backup_legal_hold: keeps recovery points from deletion until somebody cancels it. AWS invents
 * the id, changes nothing but tags, and wants a reason for the cancelling. */

#include "engine/base/clock.h"
#include "providers/aws/backup_object.h"
#include "providers/aws/calls.h"
#include "providers/aws/steps.h"

#define NAP_MS 5000
#define NAPS 120 /* ten minutes in all */

static struct request *hold_request(struct op *op, const struct aws_operation *operation,
                                    const char *id)
{
    struct request *rq = aws_request(op, operation);
    request_label(rq, "legalHoldId", id);
    return rq;
}

static bool is_cancelled(const struct value *hold)
{
    const char *status = value_get_str(hold, "Status");
    return str_eq(status, "CANCELING") || str_eq(status, "CANCELED");
}

/* ---- times: seconds since the epoch at AWS, ISO 8601 here ---- */

static const char *const dates[][2] = {{"FromDate", "from_date"}, {"ToDate", "to_date"}};

static const struct value *selection_to_wire(struct op *op)
{
    const struct value *wire = desired_wire(op, "recovery_point_selection");
    const struct value *range = value_get(wire, "DateRange");
    if (!range)
        return wire;
    struct map_builder b = map_begin(op_arena(op));
    for (size_t i = 0; i < ARRAY_LEN(dates); i++) {
        int64_t ms = 0;
        const char *text = value_get_str(range, dates[i][0]);
        if (text && time_parse_iso(slice_of(text), &ms))
            map_put_int(&b, dates[i][0], ms / 1000);
    }
    return value_with(op_arena(op), wire, "DateRange", map_end(&b));
}

static const struct value *iso_of(struct arena *arena, const struct value *seconds)
{
    if (value_is(seconds, VALUE_INT))
        return value_string(arena, time_iso(arena, seconds->integer * 1000));
    if (value_is(seconds, VALUE_DOUBLE))
        return value_string(arena, time_iso(arena, (int64_t)(seconds->number * 1000)));
    return seconds;
}

static const struct value *attributes_of(struct op *op, const struct value *hold)
{
    struct arena *arena = op_arena(op);
    const struct value *attributes = schema_from_wire(arena, op_schema(op)->root, hold);
    const struct value *selection = value_get(attributes, "recovery_point_selection");
    const struct value *range = value_get(selection, "date_range");
    if (!range)
        return attributes;
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < ARRAY_LEN(dates); i++)
        map_put(&b, dates[i][1], iso_of(arena, value_get(range, dates[i][1])));
    selection = value_with(arena, selection, "date_range", map_end(&b));
    return value_with(arena, attributes, "recovery_point_selection", selection);
}

/* ---- read: a cancelled hold is shown for a while, and holds nothing ---- */

static void hold_got(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND || (rs->fault == FAULT_NONE && is_cancelled(rs->body)))
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        backup_done_with_tags(op, value_get_str(rs->body, "LegalHoldArn"),
                              attributes_of(op, rs->body));
}

static void hold_read(struct op *op)
{
    op_send(op, hold_request(op, &backup_GetLegalHold, op_identifier(op)), hold_got);
}

/* ---- create, then wait until it holds ---- */

struct making {
    const char *id;
    const char *cancelled; /* what AWS gave back for the token, which it remembers; or NULL */
    unsigned naps;
};

static void look(struct op *op, const struct response *rs);
static void hold_create(struct op *op);

/* Somebody has cancelled the one that this token made. The next one's token is made of its id, so
 * that whoever runs again comes to the same hold. */
static void create_anew(struct op *op, struct making *making)
{
    if (making->cancelled && str_eq(making->cancelled, making->id)) {
        op_fail_with(op, E_BAD_ANSWER, "AWS makes no hold beside %s, which is cancelled",
                     making->id);
        return;
    }
    making->cancelled = making->id;
    op_made(op, NULL);
    hold_create(op);
}

static void looked(struct op *op, const struct response *rs)
{
    struct making *making = op_data(op, sizeof(*making));
    bool unseen = rs->fault == FAULT_NOT_FOUND; /* only just created */
    if (rs->fault != FAULT_NONE && !unseen)
        op_fail(op, rs);
    else if (!unseen && is_cancelled(rs->body))
        create_anew(op, making);
    else if (!unseen && !str_eq(value_get_str(rs->body, "Status"), "CREATING"))
        op_done(op, making->id, NULL);
    else if (making->naps++ == NAPS)
        op_fail_with(op, E_TIMEOUT, "the legal hold %s is still CREATING", making->id);
    else
        op_later(op, NAP_MS, look);
}

static void look(struct op *op, const struct response *rs)
{
    (void)rs;
    const struct making *making = op_data(op, sizeof(*making));
    op_send(op, hold_request(op, &backup_GetLegalHold, making->id), looked);
}

static void created(struct op *op, const struct response *rs)
{
    struct making *making = op_data(op, sizeof(*making));
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    making->id = value_get_str(rs->body, "LegalHoldId");
    if (!making->id) {
        op_fail_with(op, E_BAD_ANSWER, "%s did not say the id of the new hold", rs->operation);
        return;
    }
    op_made(op, making->id);
    look(op, NULL);
}

static void hold_create(struct op *op)
{
    const struct making *making = op_data(op, sizeof(*making));
    const struct value *tags = value_get(op_desired(op), "tags");
    struct request *rq = aws_request(op, &backup_CreateLegalHold);
    request_set(rq, "Title", desired_wire(op, "title"));
    request_set(rq, "Description", desired_wire(op, "description"));
    request_set(rq, "RecoveryPointSelection", selection_to_wire(op));
    request_set(rq, "Tags", value_len(tags) ? tags : NULL);
    request_set_str(rq, "IdempotencyToken",
                    making->cancelled
                        ? arena_printf(op_arena(op), "%s-%s", op_token(op), making->cancelled)
                        : op_token(op));
    op_send(op, rq, created);
}

/* ---- update: tags; the words for the cancelling are for us to remember ---- */

static void hold_update(struct op *op)
{
    backup_add_tag_calls(op, value_get_str(op_prior(op), "arn"));
    calls_in_order(op, step_updated);
}

/* ---- remove: cancel ---- */

static void cancelled(struct op *op, const struct response *rs)
{
    bool was_cancelled = str_eq(rs->code, "InvalidResourceStateException");
    if (rs->fault == FAULT_NONE || rs->fault == FAULT_NOT_FOUND || was_cancelled)
        op_done_removed(op);
    else
        op_fail(op, rs);
}

static void hold_remove(struct op *op)
{
    const char *why = value_get_str(op_prior(op), "cancel_description");
    if (!why) {
        op_fail_with(op, E_RETAINED,
                     "AWS cancels a legal hold only with a reason, and no cancel_description was "
                     "ever applied");
        return;
    }
    struct request *rq = hold_request(op, &backup_CancelLegalHold, op_identifier(op));
    int64_t days = value_get_int(op_prior(op), "retain_record_in_days", 0);
    request_query(rq, "cancelDescription", why);
    request_query(rq, "retainRecordInDays",
                  days ? arena_printf(op_arena(op), "%lld", (long long)days) : NULL);
    op_send(op, rq, cancelled);
}

/* ---- find: titles are not unique and the token is not shown, so that the owner tags tell ---- */

struct search {
    const struct value *holds;
    size_t next;
};

static void look_at_next(struct op *op);

static void candidate_tags(struct op *op, const struct response *rs)
{
    const struct search *search = op_data(op, sizeof(*search));
    const struct value *hold = value_item(search->holds, search->next - 1);
    if (rs->fault != FAULT_NONE && rs->fault != FAULT_NOT_FOUND)
        op_fail(op, rs);
    else if (has_our_tags(op, value_get(rs->body, "Tags")))
        op_found(op, value_get_str(hold, "LegalHoldId"), OWNER_BY_TAGS);
    else
        look_at_next(op);
}

static bool is_candidate(struct op *op, const struct value *hold)
{
    return !is_cancelled(hold) && value_get_str(hold, "LegalHoldArn") &&
           str_eq(value_get_str(hold, "Title"), value_get_str(op_desired(op), "title"));
}

static void look_at_next(struct op *op)
{
    struct search *search = op_data(op, sizeof(*search));
    while (search->next < value_len(search->holds)) {
        const struct value *hold = value_item(search->holds, search->next++);
        if (!is_candidate(op, hold))
            continue;
        struct request *rq = aws_request(op, &backup_ListTags);
        request_label(rq, "resourceArn", value_get_str(hold, "LegalHoldArn"));
        op_send_all(op, rq, candidate_tags);
        return;
    }
    op_gone(op);
}

static void listed(struct op *op, const struct response *rs)
{
    struct search *search = op_data(op, sizeof(*search));
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    search->holds = value_get(rs->body, "LegalHolds");
    look_at_next(op);
}

static void hold_find(struct op *op)
{
    op_send_all(op, aws_request(op, &backup_ListLegalHolds), listed);
}

const struct resource_ops aws_backup_legal_hold_ops = {hold_read, hold_create, hold_update,
                                                       hold_remove, hold_find};
