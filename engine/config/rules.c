#include "engine/config/rules.h"

#include <string.h>
#include <strings.h>

#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/aws/cron.h"
#include "engine/aws/event_pattern.h"
#include "engine/aws/function_environment.h"
#include "engine/aws/lifecycle.h"
#include "engine/aws/lock_rules.h"
#include "engine/aws/partition.h"
#include "engine/aws/restore_testing.h"
#include "engine/aws/selection.h"
#include "engine/aws/tags.h"
#include "engine/aws/timezone.h"
#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/config/ref.h"
#include "engine/policy/policy.h"
#include "engine/policy/quota.h"

#define START_WINDOW_MINUTES_MIN 60
#define POLICY_NAME_MAX 128
#define ALARM_SECONDS_MAX (7 * 86400)
#define CONTINUOUS_DAYS_MAX 35

/* One check of one value. On false *why is a sentence; *property is the key that is wrong in a map,
 * or NULL. A check that has reported by itself leaves *why NULL. */
struct call {
    struct arena *arena;
    const struct value *v; /* what still holds ${...} stands here as an unknown */
    const char *address;
    struct diags *diags;
    const char *why, *property;
    struct source_pos at; /* a place that is more exact than both; file 0: none */
};
typedef bool check_fn(struct call *call);

static bool refuse(struct call *call, const char *property, const char *why)
{
    call->property = property;
    call->why = why;
    return false;
}

static bool check_lifecycle(struct call *call)
{
    return lifecycle_check(call->arena, call->v, &call->why, &call->property);
}

/* Days that are given but make no sense must not read as "not given". */
static int64_t days_of(const struct value *map, const char *key)
{
    int64_t days = value_get_int(map, key, 0);
    return days == 0 && value_is(value_get(map, key), VALUE_INT) ? -1 : days;
}

static bool check_vault_lock(struct call *call)
{
    static const char days_key[] = "changeable_for_days";
    const char *mode = value_get_str(call->v, "mode"); /* a word of the section, not of AWS */
    bool has_days = value_get(call->v, days_key) != NULL;
    if (str_eq(mode, "compliance") && !has_days)
        return refuse(call, "mode", "a compliance lock needs changeable_for_days");
    if (str_eq(mode, "governance") && has_days)
        return refuse(call, days_key,
                      "changeable_for_days makes a compliance lock; a governance lock has none");
    int64_t min = days_of(call->v, "min_retention_days");
    int64_t max = days_of(call->v, "max_retention_days");
    if (lock_check(call->arena, min, max, days_of(call->v, days_key), &call->why))
        return true;
    if (max > 0 && min > max)
        call->property = "max_retention_days";
    return false;
}

static bool check_backup_window(struct call *call)
{
    int64_t start = value_get_int(call->v, "start_window_minutes", 0);
    int64_t completion = value_get_int(call->v, "completion_window_minutes", 0);
    if (start != 0 && start < START_WINDOW_MINUTES_MIN)
        return refuse(call, "start_window_minutes",
                      arena_printf(call->arena, "start_window_minutes %lld must be at least %d",
                                   (long long)start, START_WINDOW_MINUTES_MIN));
    if (start != 0 && completion != 0 && completion <= start)
        return refuse(call, "completion_window_minutes",
                      arena_printf(call->arena,
                                   "completion_window_minutes %lld must be more than "
                                   "start_window_minutes %lld",
                                   (long long)completion, (long long)start));
    return true;
}

static bool check_selection(struct call *call)
{
    return selection_check(call->v, &call->why);
}

static bool check_restore_selection(struct call *call)
{
    return restore_selection_check(call->v, &call->why, &call->property);
}

/* What PutMetricAlarm refuses, by the API reference of CloudWatch. */
static bool check_alarm(struct call *call)
{
    bool metric = value_get(call->v, "metric_name"), several = value_get(call->v, "metrics");
    bool plain = value_get(call->v, "statistic"),
         extended = value_get(call->v, "extended_statistic");
    int64_t period = value_get_int(call->v, "period", 0);
    int64_t periods = value_get_int(call->v, "evaluation_periods", 1);
    if (metric == several)
        return refuse(call, metric ? "metrics" : NULL,
                      "an alarm watches either one metric (metric_name) or several (metrics)");
    if (metric && plain == extended)
        return refuse(call, plain ? "extended_statistic" : "metric_name",
                      "an alarm on one metric has either statistic or extended_statistic");
    if (period != 0 && period != 10 && period != 20 && period != 30 && period % 60 != 0)
        return refuse(call, "period", "period must be 10, 20, 30 or a multiple of 60 seconds");
    if (value_get_int(call->v, "datapoints_to_alarm", 0) > periods)
        return refuse(call, "datapoints_to_alarm",
                      "datapoints_to_alarm must not be more than evaluation_periods");
    if (period > 0 && periods > ALARM_SECONDS_MAX / period)
        return refuse(call, "evaluation_periods",
                      "an alarm looks back over seven days at most: period times "
                      "evaluation_periods");
    return true;
}

static bool check_bucket(struct call *call)
{
    const struct value *lock = value_get(call->v, "object_lock");
    const struct value *status = value_pointer(call->v, "/versioning/status");
    bool days = value_get(lock, "days"), years = value_get(lock, "years");
    if (!lock)
        return true;
    if (days == years)
        return refuse(call, "object_lock", "object_lock has either days or years");
    if (value_str(status) && !str_eq(value_str(status), "Enabled"))
        return refuse(call, "versioning", "a bucket with object_lock keeps its versioning enabled");
    return true;
}

static bool check_continuous_backup(struct call *call)
{
    int64_t days = value_get_int(value_get(call->v, "lifecycle"), "delete_after_days", 0);
    if (!value_get_bool(call->v, "enable_continuous_backup", false) ||
        (days >= 0 && days <= CONTINUOUS_DAYS_MAX))
        return true;
    return refuse(call, "lifecycle",
                  "AWS keeps continuous backups for 35 days at most: delete_after_days must not be "
                  "more");
}

static bool check_own_alias(struct call *call)
{
    return !str_starts(value_str(call->v), "alias/aws/") ||
           refuse(call, NULL, "names that begin with alias/aws/ are those of AWS's own keys");
}

static bool check_date_range(struct call *call)
{
    const char *from = value_get_str(call->v, "from_date");
    const char *to = value_get_str(call->v, "to_date");
    int64_t from_ms = INT64_MIN, to_ms = INT64_MAX;
    if (from && !time_parse_iso(slice_of(from), &from_ms))
        return refuse(call, "from_date", arena_printf(call->arena, "`%s` is no time", from));
    if (to && !time_parse_iso(slice_of(to), &to_ms))
        return refuse(call, "to_date", arena_printf(call->arena, "`%s` is no time", to));
    if (from_ms > to_ms)
        return refuse(call, "to_date",
                      arena_printf(call->arena, "to_date %s is before from_date %s", to, from));
    return true;
}

static bool check_tags(struct call *call)
{
    if (tags_check(call->arena, call->v, &call->why))
        return true;
    for (size_t i = 0; i < value_len(call->v) && !call->at.file; i++) {
        const struct value_entry *tag = &call->v->map.entries[i];
        if (!tag_key_is_valid(tag->key))
            call->at = tag->key_pos;
        else if (!value_has_unknown(tag->value) && !tag_value_is_valid(value_str(tag->value)))
            call->at = tag->value->pos;
    }
    return false;
}

static bool check_schedule(struct call *call)
{
    struct cron cron;
    int64_t at_ms;
    if (!cron_parse(call->arena, value_str(call->v), &cron, &call->why))
        return false;
    if (cron_next(&cron, NULL, -1, &at_ms)) /* of all years, not only of those to come */
        return true;
    return refuse(call, NULL,
                  arena_printf(call->arena, "`%s` never fires: none of its years has such a day",
                               value_str(call->v)));
}

static bool check_schedule_or_never(struct call *call)
{
    return str_eq(value_str(call->v), "never") || check_schedule(call);
}

static bool check_scheduler(struct call *call)
{
    struct cron cron;
    return str_starts(value_str(call->v), "at(")
               ? cron_parse_or_at(call->arena, value_str(call->v), &cron, &call->why)
               : check_schedule(call);
}

static bool check_timezone(struct call *call)
{
    struct timezone *tz = NULL;
    if (timezone_load(call->arena, value_str(call->v), &tz))
        return true;
    return refuse(call, NULL,
                  arena_printf(call->arena, "`%s` is no time zone", value_str(call->v)));
}

/* Of IAM, for what a map names; and the room that they share. */
static bool check_policy_names(struct call *call)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_+=,.@-";
    for (size_t i = 0; i < value_len(call->v); i++) {
        const struct value_entry *entry = &call->v->map.entries[i];
        size_t len = strlen(entry->key);
        if (len > 0 && len <= POLICY_NAME_MAX && strspn(entry->key, allowed) == len)
            continue;
        call->at = entry->key_pos;
        return refuse(
            call, NULL,
            arena_printf(call->arena,
                         "`%s` is no name of a policy: 1 to %d letters, digits and _+=,.@-",
                         entry->key, POLICY_NAME_MAX));
    }
    return policy_check_quota_of_all(call->arena, call->v, POLICY_QUOTA_INLINE, call->diags,
                                     call->address);
}

/* UTF-8 of characters up to U+00FF and no control characters: what IAM takes for a description. */
static bool check_latin1(struct call *call)
{
    for (const char *at = value_str(call->v); *at; at++) {
        unsigned char c = (unsigned char)at[0], next = (unsigned char)at[1];
        if ((c >= ' ' && c < 0x7f) || c == '\t' || c == '\n' || c == '\r')
            continue;
        if (!(c == 0xc2 && next >= 0xa1) && c != 0xc3)
            return refuse(call, NULL,
                          "has a character that AWS does not take here: only letters, "
                          "digits and signs of Western Europe");
        at++;
    }
    return true;
}

/* A text that is not known yet, as one that no matcher refuses. */
static const struct value *known_texts(struct arena *arena, const struct value *v)
{
    if (value_is(v, VALUE_REF) || value_is(v, VALUE_CONCAT))
        return value_string(arena, "?");
    if (!value_has_unknown(v))
        return v;
    if (value_is(v, VALUE_LIST)) {
        struct list_builder list = list_begin(arena);
        for (size_t i = 0; i < v->list.len; i++)
            list_add(&list, known_texts(arena, v->list.items[i]));
        return list_end(&list);
    }
    struct map_builder map = map_begin(arena);
    for (size_t i = 0; i < value_len(v); i++)
        map_put(&map, v->map.entries[i].key, known_texts(arena, v->map.entries[i].value));
    return map_end(&map);
}

static bool check_event_pattern(struct call *call)
{
    const struct value *pattern = call->v;
    const char *why = NULL;
    if (value_is(pattern, VALUE_STRING) &&
        !json_parse(call->arena, pattern->string, &pattern, &why))
        return refuse(call, NULL, arena_printf(call->arena, "the pattern is no JSON: %s", why));
    return event_pattern_check(known_texts(call->arena, pattern), &call->why);
}

static bool check_arn(struct call *call)
{
    struct arn arn;
    if (arn_parse(call->v->string, &arn))
        return true;
    return refuse(call, NULL, arena_printf(call->arena, "`%s` is no ARN", value_str(call->v)));
}

/* AWS forgets the period of a key that does not rotate: a plan would give it again for ever. */
static bool check_key_rotation(struct call *call)
{
    return value_get_bool(call->v, "key_rotation_enabled", true) ||
           !value_get(call->v, "rotation_period_in_days") ||
           refuse(call, "rotation_period_in_days",
                  "a key whose rotation is off has no `rotation_period_in_days`: leave it out");
}

static bool check_region(struct call *call)
{
    if (region_is_valid(value_str(call->v)))
        return true;
    return refuse(call, NULL,
                  arena_printf(call->arena, "`%s` is no AWS Region", value_str(call->v)));
}

static bool check_account_id(struct call *call)
{
    if (account_id_is_valid(value_str(call->v)))
        return true;
    return refuse(
        call, NULL,
        arena_printf(call->arena, "`%s` is no account id of 12 digits", value_str(call->v)));
}

/* What the objects beside the head of a shared state end in (state/mirror_private.h,
 * remote_lock.c): a state of such a name would write over another one's. */
static bool check_state_key(struct call *call)
{
    static const char *const endings[] = {".lock", ".journal", ".documents", ".snapshots"};
    struct slice rest = slice_of(value_str(call->v));
    while (rest.ptr) {
        struct slice part = slice_cut(&rest, '/');
        const char *text = arena_strndup(call->arena, part.ptr, part.len);
        for (size_t i = 0; i < ARRAY_LEN(endings); i++)
            if (str_ends(text, endings[i]))
                return refuse(call, NULL,
                              arena_printf(call->arena,
                                           "no part of a state's key ends in `%s`: the objects "
                                           "beside a state do, and this could be one of another's",
                                           endings[i]));
    }
    return true;
}

/* The name that differs from this one by capitals only. A name that is not known may be newer than
 * this program. */
static const char *known_kind(const char *name)
{
    size_t len = 0;
    const struct backup_type *types = backup_types(&len);
    for (size_t i = 0; i < len; i++)
        if (strcasecmp(types[i].type, name) == 0)
            return types[i].type;
    return NULL;
}

static bool check_resource_kinds(struct call *call)
{
    for (size_t i = 0; value_is(call->v, VALUE_MAP) && i < call->v->map.len; i++) {
        const struct value_entry *entry = &call->v->map.entries[i];
        const char *known = known_kind(entry->key);
        if (!known || str_eq(known, entry->key))
            continue;
        call->at = entry->key_pos;
        return refuse(call, NULL,
                      arena_printf(call->arena, "AWS Backup calls this kind `%s`, not `%s`", known,
                                   entry->key));
    }
    return true;
}

static bool check_policy(struct call *call)
{
    struct policy policy;
    return policy_parse(call->arena, call->v, &policy, call->diags, call->address);
}

static bool check_policy_of(struct call *call, enum policy_kind kind)
{
    struct policy policy;
    return policy_parse(call->arena, call->v, &policy, call->diags, call->address) &&
           policy_check_kind(&policy, kind, call->diags, call->address);
}

static bool check_policy_within(struct call *call, enum policy_kind kind, enum policy_quota quota)
{
    return check_policy_of(call, kind) &&
           policy_check_quota(call->arena, call->v, quota, call->diags, call->address);
}

static bool check_policy_identity(struct call *call)
{
    return check_policy_within(call, POLICY_IDENTITY, POLICY_QUOTA_INLINE);
}

static bool check_policy_managed(struct call *call)
{
    return check_policy_within(call, POLICY_IDENTITY, POLICY_QUOTA_MANAGED);
}

static bool check_policy_key(struct call *call)
{
    return check_policy_within(call, POLICY_RESOURCE, POLICY_QUOTA_KEY);
}

static bool check_policy_resource(struct call *call)
{
    return check_policy_of(call, POLICY_RESOURCE);
}

static bool check_policy_trust(struct call *call)
{
    return check_policy_within(call, POLICY_TRUST, POLICY_QUOTA_TRUST);
}

static bool check_policy_scp(struct call *call)
{
    return check_policy_within(call, POLICY_SCP, POLICY_QUOTA_SCP);
}

/* {type, content}: documents of IAM's language fit their place; others are AWS's to judge. */
static bool check_organization_policy(struct call *call)
{
    static const struct {
        const char *type;
        enum policy_kind kind;
        enum policy_quota quota;
    } kinds[] = {{"SERVICE_CONTROL_POLICY", POLICY_SCP, POLICY_QUOTA_SCP},
                 {"RESOURCE_CONTROL_POLICY", POLICY_RCP, POLICY_QUOTA_RCP}};
    const char *type = value_get_str(call->v, "type");
    struct call content = *call;
    content.v = value_get(call->v, "content");
    for (size_t i = 0; content.v && i < ARRAY_LEN(kinds); i++)
        if (str_eq(type, kinds[i].type))
            return check_policy_within(&content, kinds[i].kind, kinds[i].quota);
    static const char *const roots[][2] = {{"BACKUP_POLICY", "plans"}, {"TAG_POLICY", "tags"}};
    for (size_t i = 0; value_is(content.v, VALUE_MAP) && i < ARRAY_LEN(roots); i++)
        if (str_eq(type, roots[i][0]) && !value_get(content.v, roots[i][1]))
            return refuse(call, "content",
                          arena_printf(call->arena, "a %s begins with `%s`, and has no statements",
                                       type, roots[i][1]));
    return true;
}

static bool check_event_rule(struct call *call)
{
    return value_get(call->v, "event_pattern") || value_get(call->v, "schedule_expression") ||
           refuse(call, NULL, "a rule has an event_pattern or a schedule_expression");
}

static bool check_environment(struct call *call)
{
    size_t size = function_environment_size(call->arena, call->v);
    return size <= FUNCTION_ENVIRONMENT_MAX ||
           refuse(call, NULL,
                  arena_printf(call->arena,
                               "the environment of the function takes %zu bytes, as JSON, and "
                               "Lambda takes %zu",
                               size, FUNCTION_ENVIRONMENT_MAX));
}

static const struct rule {
    const char *name;
    enum diag_code code;
    bool of_text; /* a value that is no text passes */
    check_fn *check;
} rules[] = {
    {"lifecycle", E_RULE_LIFECYCLE, false, check_lifecycle},
    {"vault_lock", E_RULE_LOCK, false, check_vault_lock},
    {"backup_window", E_RULE_WINDOW, false, check_backup_window},
    {"selection", E_RULE_SELECTION, false, check_selection},
    {"restore_selection", E_RULE_RESTORE_TEST, false, check_restore_selection},
    {"alarm", E_RULE_ALARM, false, check_alarm},
    {"bucket", E_RULE_BUCKET, false, check_bucket},
    {"continuous_backup", E_RULE_LIFECYCLE, false, check_continuous_backup},
    {"own_alias", E_BAD_VALUE, true, check_own_alias},
    {"key_rotation", E_BAD_VALUE, false, check_key_rotation},
    {"date_range", E_RULE_DATES, false, check_date_range},
    {"tags", E_RULE_TAGS, false, check_tags},
    {"environment", E_RULE_ENVIRONMENT, false, check_environment},
    {"schedule", E_RULE_SCHEDULE, true, check_schedule},
    {"schedule_or_never", E_RULE_SCHEDULE, true, check_schedule_or_never},
    {"scheduler", E_RULE_SCHEDULE, true, check_scheduler},
    {"timezone", E_RULE_TIMEZONE, true, check_timezone},
    {"event_rule", E_MISSING_KEY, false, check_event_rule},
    {"event_pattern", E_RULE_PATTERN, false, check_event_pattern},
    {"arn", E_RULE_ARN, true, check_arn},
    {"latin1", E_BAD_VALUE, true, check_latin1},
    {"state_key", E_BAD_VALUE, true, check_state_key},
    {"region", E_RULE_REGION, true, check_region},
    {"account_id", E_RULE_REGION, true, check_account_id},
    {"resource_kinds", E_BAD_VALUE, false, check_resource_kinds},
    {"policy", E_RULE_POLICY, false, check_policy},
    {"policy_identity", E_RULE_POLICY, false, check_policy_identity},
    {"policy_managed", E_RULE_POLICY, false, check_policy_managed},
    {"policy_key", E_RULE_POLICY, false, check_policy_key},
    {"policy_resource", E_RULE_POLICY, false, check_policy_resource},
    {"policy_trust", E_RULE_POLICY, false, check_policy_trust},
    {"policy_names", E_BAD_VALUE, false, check_policy_names},
    {"policy_scp", E_RULE_POLICY, false, check_policy_scp},
    {"organization_policy", E_RULE_POLICY, false, check_organization_policy},
};

static const struct rule *rule_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (str_eq(rules[i].name, name))
            return &rules[i];
    return NULL;
}

bool rule_exists(const char *name)
{
    return rule_of(name) != NULL;
}

static bool has_expression(const struct value *v)
{
    if (value_is(v, VALUE_STRING))
        return ref_has_expression(v->string);
    bool found = false;
    if (value_is(v, VALUE_LIST))
        for (size_t i = 0; i < v->list.len && !found; i++)
            found = has_expression(v->list.items[i]);
    if (value_is(v, VALUE_MAP))
        for (size_t i = 0; i < v->map.len && !found; i++)
            found = has_expression(v->map.entries[i].value);
    return found;
}

/* Texts with ${...} become unknowns, which every check passes over. */
static const struct value *mask(struct arena *arena, const struct value *v)
{
    if (!has_expression(v))
        return v;
    if (value_is(v, VALUE_STRING))
        return value_at(arena, value_ref(arena, "", ""), v->pos);
    if (value_is(v, VALUE_LIST)) {
        struct list_builder list = list_begin(arena);
        for (size_t i = 0; i < v->list.len; i++)
            list_add(&list, mask(arena, v->list.items[i]));
        return value_at(arena, list_end(&list), v->pos);
    }
    struct map_builder map = map_begin(arena);
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *entry = &v->map.entries[i];
        map_put_at(&map, entry->key, entry->key_pos, mask(arena, entry->value));
    }
    return value_at(arena, map_end(&map), v->pos);
}

static void report(const struct rule *rule, const struct call *call, struct source_pos pos)
{
    const struct value *at = call->property ? value_get(call->v, call->property) : NULL;
    if (call->at.file)
        pos = call->at;
    else if (at && at->pos.file)
        pos = at->pos;
    struct diag *diag = diag_error(call->diags, rule->code, pos, call->address, "%s", call->why);
    if (!call->at.file && value_is(at ? at : call->v, VALUE_STRING))
        diag->span = (unsigned)(at ? at : call->v)->string.len;
}

bool rules_check(struct arena *arena, const struct schema_node *node, const struct value *v,
                 struct source_pos pos, const char *address, struct diags *diags)
{
    bool ok = true;
    if (!node->rules || value_is(v, VALUE_NULL))
        return true;
    const struct value *masked = mask(arena, v);
    if (value_is(masked, VALUE_REF) || value_is(masked, VALUE_CONCAT))
        return true;
    for (const char *const *name = node->rules; *name; name++) {
        const struct rule *rule = rule_of(*name);
        BUG_ON(!rule); /* schema_load() has checked it */
        if (rule->of_text && !value_is(masked, VALUE_STRING))
            continue;
        struct call call = {.arena = arena, .v = masked, .address = address, .diags = diags};
        if (rule->check(&call))
            continue;
        ok = false;
        if (call.why)
            report(rule, &call, pos);
    }
    return ok;
}
