/* The condition keys that come with an action. */
#include <string.h>

#include "engine/aws/arn.h"
#include "simulator/actions.h"
#include "simulator/tags.h"

/* ---- places in the input ---- */

static void add_texts(struct arena *arena, struct list_builder *texts, const struct value *v,
                      struct slice place)
{
    if (value_is(v, VALUE_LIST)) {
        for (size_t i = 0; i < v->list.len; i++)
            add_texts(arena, texts, v->list.items[i], place);
        return;
    }
    if (place.len > 0) {
        struct slice name = slice_cut(&place, '.');
        add_texts(arena, texts, value_get(v, arena_strndup(arena, name.ptr, name.len)), place);
    } else if (value_is(v, VALUE_STRING)) {
        list_add(texts, v);
    } else if (value_is(v, VALUE_INT)) {
        list_add_str(texts, arena_printf(arena, "%lld", (long long)v->integer));
    } else if (value_is(v, VALUE_BOOL)) {
        list_add_str(texts, v->boolean ? "true" : "false");
    }
}

const struct value *call_texts(const struct sim_call *call, const char *place)
{
    struct list_builder texts = list_begin(call->arena);
    add_texts(call->arena, &texts, call->input, slice_of(place));
    return list_end(&texts);
}

bool call_holds(const struct sim_call *call, const char *place)
{
    return value_len(call_get(call, place)) > 0 || value_len(call_texts(call, place)) > 0;
}

static const struct key {
    const char *service, *operation, *key, *place;
} keys[] = {
#define KEY(service, operation, key, place) {#service, #operation, key, place},
#include "simulator/action_keys.inc"
};

static void put_keys(struct sim_call *call, struct map_builder *b)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (!str_eq(keys[i].service, call->api->service) ||
            !str_eq(keys[i].operation, call->operation->name))
            continue;
        const struct value *texts = call_texts(call, keys[i].place);
        if (value_len(texts) > 0)
            map_put(b, keys[i].key, value_len(texts) == 1 ? value_item(texts, 0) : texts);
    }
}

/* ---- tags ---- */

static void put_tags(struct sim_call *call, struct map_builder *b, const char *prefix,
                     const struct value *tags)
{
    for (size_t i = 0; i < value_len(tags); i++)
        map_put(b, arena_printf(call->arena, "%s/%s", prefix, tags->map.entries[i].key),
                tags->map.entries[i].value);
}

/* Tags are a map, or a list under one of two pairs of names. */
static const struct value *tags_read(struct arena *arena, const struct value *v)
{
    const struct value *first = value_is(v, VALUE_LIST) ? value_item(v, 0) : NULL;
    if (value_is(v, VALUE_MAP))
        return v;
    return value_get(first, "TagKey") ? tags_from_list(arena, v, "TagKey", "TagValue")
                                      : tags_from_list(arena, v, "Key", "Value");
}

static void put_request_tags(struct sim_call *call, struct map_builder *b)
{
    static const char *const given[] = {"Tags",           "tags",          "BackupVaultTags",
                                        "BackupPlanTags", "FrameworkTags", "ReportPlanTags"};
    static const char *const taken[] = {"TagKeys", "tagKeys", "TagKeyList"};
    struct list_builder names = list_begin(call->arena);
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        const struct value *v = call_get(call, given[i]);
        const struct value *tags = v ? tags_read(call->arena, v) : NULL;
        put_tags(call, b, "aws:RequestTag", tags);
        for (size_t k = 0; k < value_len(tags); k++)
            list_add_str(&names, tags->map.entries[k].key);
    }
    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        const struct value *list = call_texts(call, taken[i]);
        for (size_t k = 0; k < value_len(list); k++)
            list_add(&names, value_item(list, k));
    }
    const struct value *all = list_end(&names);
    if (value_len(all) > 0)
        map_put(b, "aws:TagKeys", all);
}

/* How the id of a stored object follows from its ARN. */
enum id_rule {
    BY_ARN,
    BY_REST,  /* what follows the start */
    BY_NAME,  /* what follows the last slash */
    BY_COLON, /* as BY_REST, up to a colon */
    BY_DASH,  /* as BY_REST, up to a dash: an id of AWS's follows */
    BY_RULE,  /* "BUS/NAME", of the default bus too */
    BY_END,   /* what follows the last slash, of an organization: no account's */
};

/* Where the tags of a resource stand: by the start of what follows the account in its ARN. All else
 * may be a recovery point. */
static const struct tagged {
    const char *service, *start, *kind;
    enum id_rule id;
    bool global;
} tagged[] = {
    {"backup", "backup-vault:", "backup.vault", BY_REST, false},
    {"backup", "backup-plan:", "backup.plan", BY_REST, false},
    {"backup", "legal-hold:", "backup.legal_hold", BY_REST, false},
    {"backup", "framework:", "backup.framework", BY_DASH, false},
    {"backup", "report-plan:", "backup.report_plan", BY_DASH, false},
    {"backup", "restore-testing-plan:", "backup.restore_plan", BY_DASH, false},
    {"cloudwatch", "alarm:", "cloudwatch.alarm", BY_REST, false},
    {"events", "rule/", "events.rule", BY_RULE, false},
    {"events", "event-bus/", "events.bus", BY_REST, false},
    {"iam", "role/", "iam.role", BY_NAME, true},
    {"iam", "policy/", "iam.policy", BY_ARN, true},
    {"kms", "key/", "kms.key", BY_REST, false},
    {"lambda", "function:", "lambda.function", BY_COLON, false},
    {"logs", "log-group:", "logs.group", BY_COLON, false},
    {"organizations", "policy/", "organizations.policy", BY_END, true},
    {"sns", "", "sns.topic", BY_REST, false},
    {"sqs", "", "sqs.queue", BY_REST, false},
};

static const char *id_of(struct arena *arena, const struct tagged *row, const struct arn *arn,
                         const char *text)
{
    struct slice rest = slice_from(arn->resource, strlen(row->start));
    switch (row->id) {
    case BY_ARN: return text;
    case BY_NAME: return arn_resource_name(arena, arn);
    case BY_DASH: rest = slice_cut(&rest, '-'); break;
    case BY_COLON: rest = slice_cut(&rest, ':'); break;
    case BY_RULE:
        if (!memchr(rest.ptr, '/', rest.len))
            return arena_printf(arena, "default/%.*s", (int)rest.len, rest.ptr);
        break;
    case BY_END: return strrchr(text, '/') + 1;
    case BY_REST: break;
    }
    return arena_strndup(arena, rest.ptr, rest.len);
}

static const struct value *resource_tags(struct sim_call *call, const char *resource)
{
    struct arena *arena = call->arena;
    struct arn arn;
    if (!arn_parse(slice_of(resource), &arn))
        return NULL;
    const char *account =
        arn.account.len ? arena_strndup(arena, arn.account.ptr, arn.account.len) : call->account;
    const char *region = arena_strndup(arena, arn.region.ptr, arn.region.len);
    for (size_t i = 0; i < ARRAY_LEN(tagged); i++) {
        const struct tagged *row = &tagged[i];
        if (!slice_is(arn.service, row->service) || !slice_starts(arn.resource, row->start))
            continue;
        const struct value *body =
            store_get(call->world, arena, row->kind, row->id == BY_END ? "" : account,
                      row->global ? "" : region, id_of(arena, row, &arn, resource));
        return value_get(body, "Tags");
    }
    return value_get(store_get(call->world, arena, "backup.point", account, region, resource),
                     "Tags");
}

const struct value *call_context(struct sim_call *call, const char *action, const char *resource,
                                 const struct value *more)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "aws:RequestedRegion", call->scope_region);
    map_put_str(&b, "lambda:SourceFunctionArn", call->function);
    if (!str_eq(action, "iam:PassRole")) {
        put_request_tags(call, &b);
        put_keys(call, &b);
    }
    put_tags(call, &b, "aws:ResourceTag", resource_tags(call, resource));
    for (size_t i = 0; i < value_len(more); i++)
        map_put(&b, more->map.entries[i].key, more->map.entries[i].value);
    return map_end(&b);
}
