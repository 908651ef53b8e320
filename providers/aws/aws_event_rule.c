/* aws_event_rule: a rule and its targets, which AWS puts and removes by calls of their own. Those
 * may fail in part with status 200: every answer is looked through for entries that failed. */
#include "engine/base/strbuf.h"
#include "engine/config/normalize.h"
#include "providers/aws/properties.h"

#define FAILURES_SHOWN 1500 /* bytes of text, about */
#define BUSY_NAP_MS 1000
#define BUSY_NAPS 5 /* doubled each time: half a minute in all */

/* ---- names ---- */

static const char *bus_of(struct op *op)
{
    const char *bus = op_identifier(op) ? op_identifier_part(op, 0)
                                        : value_get_str(op_desired(op), "event_bus_name");
    return bus ? bus : "default";
}

static const char *name_of(struct op *op)
{
    return op_identifier(op) ? op_identifier_part(op, 1) : value_get_str(op_desired(op), "name");
}

static const char *identifier(struct op *op)
{
    return arena_printf(op_arena(op), "%s|%s", bus_of(op), name_of(op));
}

/* Rules of the default bus leave its name out. */
static const char *rule_arn(struct op *op)
{
    const char *bus = bus_of(op);
    bool plain = str_eq(bus, "default");
    return arena_printf(op_arena(op), "arn:%s:events:%s:%s:rule/%s%s%s", op_partition(op),
                        op_region(op), op_account_id(op), plain ? "" : bus, plain ? "" : "/",
                        name_of(op));
}

static struct request *rule_request(struct op *op, const struct aws_operation *operation,
                                    const char *member)
{
    struct request *rq = aws_request(op, operation);
    request_set_str(rq, member, name_of(op));
    request_set_str(rq, "EventBusName", bus_of(op));
    return rq;
}

/* ---- read: DescribeRule, ListTargetsByRule, ListTagsForResource ---- */

struct reading {
    struct map_builder attributes;
};

/* True when the answer is good; else the operation has ended. */
static bool good_or_end(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND)
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    return rs->fault == FAULT_NONE;
}

static void tags_listed(struct op *op, const struct response *rs)
{
    struct reading *reading = op_data(op, sizeof(*reading));
    if (!good_or_end(op, rs))
        return;
    map_put(&reading->attributes, "tags",
            aws_tag_map(op_arena(op), value_get(rs->body, "Tags"), "Key", "Value"));
    op_done(op, op_identifier(op), map_end(&reading->attributes));
}

static void targets_listed(struct op *op, const struct response *rs)
{
    static const char *const nothing[] = {NULL};
    struct reading *reading = op_data(op, sizeof(*reading));
    if (!good_or_end(op, rs))
        return;
    map_put(&reading->attributes, "targets",
            observed(op, "targets", value_get(rs->body, "Targets")));
    /* PutTargets replaces a target as a whole: what is not in ours would be gone */
    put_unsaid(op, &reading->attributes, schema_property_of(op_schema(op)->root, "targets"),
               value_get(rs->body, "Targets"), "targets", nothing);
    struct request *rq = aws_request(op, &events_ListTagsForResource);
    request_set_str(rq, "ResourceARN", rule_arn(op));
    op_send(op, rq, tags_listed);
}

static void described(struct op *op, const struct response *rs)
{
    struct reading *reading = op_data(op, sizeof(*reading));
    if (!good_or_end(op, rs))
        return;
    const struct schema_node *root = op_schema(op)->root;
    reading->attributes =
        map_begin_from(op_arena(op), schema_from_wire(op_arena(op), root, rs->body));
    map_put_str(&reading->attributes, "event_bus_name", bus_of(op));
    map_put_str(&reading->attributes, "arn", rule_arn(op));
    op_send_all(op, rule_request(op, &events_ListTargetsByRule, "Rule"), targets_listed);
}

static void rule_read(struct op *op)
{
    op_send(op, rule_request(op, &events_DescribeRule, "Name"), described);
}

/* ---- the plan of a change: rule, targets away, targets in, tags in, tags away ---- */

enum { CALLS_MAX = 5 };

struct change {
    struct change_call {
        struct request *rq;
        bool partial; /* may fail in part */
    } calls[CALLS_MAX];
    size_t len, next;
    int naps;
    bool removing; /* what is not found is gone: done */
};

static struct change *change_of(struct op *op)
{
    return op_data(op, sizeof(struct change));
}

static struct request *change_add(struct op *op, struct request *rq, bool partial)
{
    struct change *change = change_of(op);
    change->calls[change->len++] = (struct change_call){rq, partial};
    return rq;
}

static void answered(struct op *op, const struct response *rs);

static void send_next(struct op *op, const struct response *rs)
{
    (void)rs;
    const struct change *change = change_of(op);
    if (change->next < change->len)
        op_send(op, change->calls[change->next].rq, answered);
    else
        op_done(op, identifier(op), NULL);
}

/* True when every entry that failed may be sent again: somebody else changes the rule just now. */
static bool all_busy(const struct value *entries)
{
    static const char *const busy[] = {"ConcurrentModificationException", "InternalException",
                                       NULL};
    for (size_t i = 0; i < value_len(entries); i++) {
        const char *code = value_get_str(value_item(entries, i), "ErrorCode");
        if (!code || !str_is_one_of(code, busy))
            return false;
    }
    return value_len(entries) > 0;
}

static void fail_entries(struct op *op, const struct response *rs, const struct value *entries)
{
    struct strbuf text;
    strbuf_init(&text, op_arena(op), FAILURES_SHOWN + 1024);
    for (size_t i = 0; i < value_len(entries) && text.len < FAILURES_SHOWN; i++) {
        const struct value *entry = value_item(entries, i);
        const char *id = value_get_str(entry, "TargetId"),
                   *code = value_get_str(entry, "ErrorCode");
        const char *message = value_get_str(entry, "ErrorMessage");
        strbuf_addf(&text, "%starget %.100s: %.200s: %.500s", i > 0 ? "; " : "", id ? id : "?",
                    code ? code : "no code", message ? message : "no message");
    }
    op_fail_with(op, E_AWS, "%s: %.1500s (request id %s)", rs->operation,
                 text.len > 0 ? strbuf_str(&text) : "entries failed that it does not name",
                 rs->request_id ? rs->request_id : "unknown");
}

static void answered(struct op *op, const struct response *rs)
{
    struct change *change = change_of(op);
    const struct value *entries = value_get(rs->body, "FailedEntries");
    bool partial = change->calls[change->next].partial &&
                   (value_get_int(rs->body, "FailedEntryCount", 0) > 0 || value_len(entries) > 0);
    if (rs->fault == FAULT_NOT_FOUND && change->removing) {
        op_done(op, op_identifier(op), NULL);
    } else if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
    } else if (!partial) {
        if (!op_identifier(op)) /* the rule is first */
            op_made(op, identifier(op));
        change->next++;
        send_next(op, NULL);
    } else if (all_busy(entries) && change->naps < BUSY_NAPS) {
        /* putting and removing may be repeated: all of the call goes again */
        op_later(op, (int64_t)BUSY_NAP_MS << change->naps++, send_next);
    } else {
        fail_entries(op, rs, entries);
    }
}

/* A rule that changes from a pattern to a schedule, or back, keeps nothing of the old one. */
static const struct value *trigger(struct op *op, const char *property)
{
    bool named = desired_wire(op, "event_pattern") || desired_wire(op, "schedule_expression");
    return named ? desired_wire(op, property) : whole_wire(op, property);
}

static void add_rule(struct op *op, bool with_tags)
{
    static const char *const properties[][2] = {
        {"state", "State"},
        {"description", "Description"},
        {"role_arn", "RoleArn"},
    };
    struct request *rq = change_add(op, rule_request(op, &events_PutRule, "Name"), false);
    request_set(rq, "EventPattern", trigger(op, "event_pattern"));
    request_set(rq, "ScheduleExpression", trigger(op, "schedule_expression"));
    for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
        const struct value *wire = whole_wire(op, properties[i][0]);
        if (!str_eq(value_str(wire), "")) /* left out means empty: PutRule replaces the whole */
            request_set(rq, properties[i][1], wire);
    }
    if (with_tags)
        request_set(rq, "Tags", desired_tag_list(op, "Key", "Value"));
}

static const struct value *target_by_id(const struct value *targets, const char *id)
{
    for (size_t i = 0; i < value_len(targets); i++)
        if (str_eq(value_get_str(value_item(targets, i), "id"), id))
            return value_item(targets, i);
    return NULL;
}

/* What of `before` must be removed first: targets that are not wanted any more, and those that
 * lose their role, because PutTargets without a role leaves the old one in place. */
static const struct value *unwanted_ids(struct arena *arena, const struct value *before,
                                        const struct value *after)
{
    struct list_builder ids = list_begin(arena);
    for (size_t i = 0; i < value_len(before); i++) {
        const struct value *old = value_item(before, i);
        const char *id = value_get_str(old, "id");
        const struct value *wanted = target_by_id(after, id);
        bool loses_role = value_get_str(old, "role_arn") && !value_get_str(wanted, "role_arn");
        if (id && (!wanted || loses_role))
            list_add_str(&ids, id);
    }
    return list_end(&ids);
}

static const struct value *changed_targets(struct arena *arena, const struct value *before,
                                           const struct value *after)
{
    struct list_builder changed = list_begin(arena);
    for (size_t i = 0; i < value_len(after); i++) {
        const struct value *target = value_item(after, i);
        const struct value *old = target_by_id(before, value_get_str(target, "id"));
        if (!old || !value_equal(old, target))
            list_add(&changed, target);
    }
    return list_end(&changed);
}

static void add_targets(struct op *op)
{
    struct arena *arena = op_arena(op);
    const struct schema_node *node = schema_property_of(op_schema(op)->root, "targets");
    if (!must_change(op, "targets"))
        return;
    const struct value *before = normalize_value(arena, node, value_get(op_prior(op), "targets"));
    const struct value *after = normalize_value(arena, node, value_get(op_desired(op), "targets"));
    const struct value *unwanted = unwanted_ids(arena, before, after);
    const struct value *changed = changed_targets(arena, before, after);
    if (value_len(unwanted))
        request_set(change_add(op, rule_request(op, &events_RemoveTargets, "Rule"), true), "Ids",
                    unwanted);
    if (value_len(changed))
        request_set(change_add(op, rule_request(op, &events_PutTargets, "Rule"), true), "Targets",
                    schema_to_wire(arena, node, changed));
}

static void add_tags(struct op *op)
{
    const struct value *set, *removed;
    tag_changes(op, &set, &removed);
    if (value_len(set)) {
        struct request *rq = change_add(op, aws_request(op, &events_TagResource), false);
        request_set_str(rq, "ResourceARN", rule_arn(op));
        request_set(rq, "Tags", aws_tag_list(op_arena(op), set, "Key", "Value"));
    }
    if (value_len(removed)) {
        struct request *rq = change_add(op, aws_request(op, &events_UntagResource), false);
        request_set_str(rq, "ResourceARN", rule_arn(op));
        request_set(rq, "TagKeys", removed);
    }
}

/* ---- create, update ---- */

static void rule_create(struct op *op)
{
    add_rule(op, true);
    add_targets(op);
    send_next(op, NULL);
}

static void rule_update(struct op *op)
{
    if (must_change(op, "event_pattern") || must_change(op, "schedule_expression") ||
        must_change(op, "state") || must_change(op, "description") || must_change(op, "role_arn"))
        add_rule(op, false); /* AWS ignores the tags of a rule that is there already */
    add_targets(op);
    add_tags(op);
    send_next(op, NULL);
}

/* ---- remove: targets first ---- */

static void targets_to_remove(struct op *op, const struct response *rs)
{
    if (rs->fault == FAULT_NOT_FOUND) {
        op_done(op, op_identifier(op), NULL);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    const struct value *targets = value_get(rs->body, "Targets");
    struct list_builder ids = list_begin(op_arena(op));
    for (size_t i = 0; i < value_len(targets); i++)
        if (value_get_str(value_item(targets, i), "Id"))
            list_add(&ids, value_get(value_item(targets, i), "Id"));
    change_of(op)->removing = true;
    if (ids.len > 0)
        request_set(change_add(op, rule_request(op, &events_RemoveTargets, "Rule"), true), "Ids",
                    list_end(&ids));
    change_add(op, rule_request(op, &events_DeleteRule, "Name"), false);
    send_next(op, NULL);
}

static void rule_remove(struct op *op)
{
    op_send_all(op, rule_request(op, &events_ListTargetsByRule, "Rule"), targets_to_remove);
}

/* ---- find ---- */

static void looked_up(struct op *op, const struct response *rs)
{
    if (good_or_end(op, rs))
        op_found(op, identifier(op), OWNER_BY_TAGS);
}

static void rule_find(struct op *op)
{
    op_send(op, rule_request(op, &events_DescribeRule, "Name"), looked_up);
}

const struct resource_ops aws_event_rule_ops = {rule_read, rule_create, rule_update, rule_remove,
                                                rule_find};
