#include "engine/drill/lines.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/clock.h"
#include "engine/base/json.h"

struct lines {
    const struct drill_names *names;
    struct drill_line *items;
    size_t len, cap;
};

static struct drill_line *add(struct lines *lines, int64_t at_ms, const struct value *place)
{
    lines->items = arena_grow(lines->names->arena, lines->items, lines->len, &lines->cap,
                              lines->len + 1, sizeof(*lines->items));
    struct drill_line *line = &lines->items[lines->len++];
    const char *account_id = value_get_str(place, "account_id");
    *line = (struct drill_line){.at_ms = at_ms,
                                .account = drill_account_name(lines->names, account_id),
                                .account_id = account_id,
                                .region = value_get_str(place, "region")};
    return line;
}

static const char *named(const struct drill_names *names, const char *arn)
{
    const char *address = drill_address_of(names, arn);
    return address ? address : arn;
}

/* ---- what the world noted ---- */

static void add_job(struct lines *lines, int64_t at_ms, const struct value *entry)
{
    const struct value *detail = value_get(entry, "detail");
    struct drill_line *line = add(lines, at_ms, entry);
    line->what = value_get_str(entry, "what");
    line->address = arn_short_name(lines->names->arena, value_get_str(detail, "resource_arn"));
    line->vault = named(lines->names, value_get_str(detail, "vault_arn"));
    line->key = named(lines->names, value_get_str(detail, "key"));
    line->state = value_get_str(detail, "state");
    line->message = value_get_str(detail, "message");
    line->point_arn = value_get_str(detail, "point_arn");
    line->source_point_arn = value_get_str(detail, "source_point_arn");
    line->locked = value_get_bool(detail, "locked", false);
}

static void add_trouble(struct lines *lines, int64_t at_ms, const struct value *entry)
{
    const struct value *detail = value_get(entry, "detail");
    const char *message = value_get_str(detail, "lost_because");
    if (!message)
        message = value_get_str(detail, "ERROR_MESSAGE");
    if (!message)
        message = value_get_str(detail, "message");
    struct drill_line *line = add(lines, at_ms, entry);
    line->what = value_get_str(entry, "what");
    line->address = named(lines->names, value_get_str(entry, "address"));
    line->message = message;
}

/* ---- the alarms of CloudWatch ---- */

static int64_t time_of(const struct value *entry)
{
    const char *at = value_get_str(entry, "at");
    int64_t ms = 0;
    return at && time_parse_iso(slice_of(at), &ms) ? ms : 0;
}

/* When the alarm that began with this entry was over; the end of the drill if never. */
static int64_t end_of_alarm(const struct value *timeline, size_t begin)
{
    const char *arn = value_get_str(value_item(timeline, begin), "address");
    for (size_t i = begin + 1; i < value_len(timeline); i++) {
        const struct value *entry = value_item(timeline, i);
        if (str_eq(value_get_str(entry, "what"), "alarm over") &&
            str_eq(value_get_str(entry, "address"), arn))
            return time_of(entry);
    }
    return time_of(value_item(timeline, value_len(timeline) - 1));
}

/* An alarm for want of data rings from the moment it is made. That is news only when the time that
 * it grants has passed since, and it still rings. */
static size_t add_alarm(struct lines *lines, const struct value *timeline, size_t i)
{
    const struct value *entry = value_item(timeline, i), *detail = value_get(entry, "detail");
    bool unheard = value_get_bool(detail, "unheard", false);
    int64_t at_ms = time_of(entry) + (unheard ? value_get_int(detail, "window_ms", 0) : 0);
    if (unheard && end_of_alarm(timeline, i) < at_ms)
        return 0;
    add_trouble(lines, at_ms, entry);
    lines->items[lines->len - 1].rang = true;
    lines->items[lines->len - 1].heard = value_get_bool(detail, "heard", false);
    return 1;
}

static void add_entry(struct lines *lines, int64_t at_ms, const struct value *entry)
{
    static const char *const jobs[] = {"backup", "copy", "expire", NULL};
    static const char *const troubles[] = {"event lost",  "dead letter", "invoke failed",
                                           "key deleted", "alarm over",  NULL};
    const char *what = value_get_str(entry, "what");
    if (str_is_one_of(what, jobs))
        add_job(lines, at_ms, entry);
    else if (str_is_one_of(what, troubles))
        add_trouble(lines, at_ms, entry);
}

/* ---- what the functions logged ---- */

const struct value *drill_log_message(struct arena *arena, const struct value *log)
{
    const char *text = value_get_str(log, "message"), *why = NULL;
    const struct value *message = NULL;
    return text && *text == '{' && json_parse(arena, slice_of(text), &message, &why) ? message
                                                                                     : NULL;
}

const char *drill_relay_of_log(const struct drill_names *names, const struct value *log)
{
    const char *account = value_get_str(log, "account_id"), *region = value_get_str(log, "region");
    const char *group = value_get_str(log, "group");
    for (size_t i = 0; i < names->by_address.len; i++) {
        const struct record *record = names->by_address.entries[i].value;
        const char *slash = strrchr(record->address, '/');
        if (slash && str_eq(record->type, "aws_log_group") && str_eq(record->account_id, account) &&
            str_eq(record->region, region) &&
            str_eq(value_get_str(record->attributes, "name"), group))
            return arena_strndup(names->arena, record->address, (size_t)(slash - record->address));
    }
    return NULL;
}

/* "started copy to vaults.final", or why not. */
static bool add_decision(struct lines *lines, struct drill_line *line, const struct value *message)
{
    const char *verdict = value_get_str(message, "verdict");
    const char *to = named(lines->names, value_get_str(message, "destination"));
    line->what = "relay";
    line->message = value_get_str(message, "reason");
    line->point_arn = value_get_str(message, "point");
    line->state = verdict;
    line->vault = to;
    if (str_eq(verdict, "start") && value_get_str(message, "copy_job_id"))
        line->message = arena_printf(lines->names->arena, "started copy to %s", to);
    else if (!str_eq(verdict, "leave"))
        return true; /* refused, or wanted and not started */
    return false;
}

static size_t add_log(struct lines *lines, const struct value *log)
{
    const struct value *message = drill_log_message(lines->names->arena, log);
    const char *what = value_get_str(message, "msg");
    if (!str_eq(what, "decision") && !str_eq(what, "alarm"))
        return 0;
    struct drill_line *line = add(lines, value_get_int(log, "at_ms", 0), log);
    const char *relay = drill_relay_of_log(lines->names, log);
    line->address = relay ? relay : value_get_str(log, "group");
    if (str_eq(what, "decision"))
        return add_decision(lines, line, message);
    line->what = "alarm";
    line->message = value_get_str(message, "message");
    if (!line->message)
        line->message = value_get_str(message, "reason");
    return 1;
}

/* By time; what happened in the same second stays in the order in which it was noted, and a
 * function's words come after what woke it. */
static int by_time(const void *a, const void *b)
{
    const struct drill_line *x = a, *y = b;
    int64_t s = x->at_ms / 1000, t = y->at_ms / 1000;
    return (s > t) - (s < t);
}

static void sort(struct drill_line *items, size_t len)
{
    for (size_t i = 1; i < len; i++) { /* nearly sorted: two sequences, each in order */
        struct drill_line line = items[i];
        size_t k = i;
        for (; k > 0 && by_time(&items[k - 1], &line) > 0; k--)
            items[k] = items[k - 1];
        items[k] = line;
    }
}

size_t drill_lines(const struct drill_names *names, const struct drill_facts *facts,
                   const struct drill_line **ret, size_t *ret_len)
{
    struct lines lines = {.names = names};
    size_t alarms = 0;
    for (size_t i = 0; i < value_len(facts->timeline); i++) {
        const struct value *entry = value_item(facts->timeline, i);
        int64_t at_ms = time_of(entry);
        if (at_ms < facts->start_ms)
            continue;
        if (str_eq(value_get_str(entry, "what"), "alarm"))
            alarms += add_alarm(&lines, facts->timeline, i);
        else
            add_entry(&lines, at_ms, entry);
    }
    for (size_t i = 0; i < value_len(facts->logs); i++) {
        const struct value *log = value_item(facts->logs, i);
        if (value_get_int(log, "at_ms", 0) >= facts->start_ms)
            alarms += add_log(&lines, log);
    }
    sort(lines.items, lines.len);
    *ret = lines.items;
    *ret_len = lines.len;
    return alarms;
}
