/* The report of a drill as text and as JSON. */
#include "engine/drill/drill.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/strbuf.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

/* ---- text ---- */

struct widths {
    int account, region, what, address, vault;
};

static void widen(int *width, const char *text)
{
    int len = text ? (int)strlen(text) : 0;
    if (len > *width)
        *width = len;
}

static struct widths measure(const struct drill_report *report)
{
    struct widths w = {0};
    for (size_t i = 0; i < report->line_len; i++) {
        const struct drill_line *line = &report->lines[i];
        bool job = line->vault && line->state && !str_eq(line->what, "relay");
        widen(&w.account, line->account);
        widen(&w.region, line->region);
        widen(&w.what, line->what);
        if (job) {
            widen(&w.address, line->address);
            widen(&w.vault, line->vault);
        }
    }
    return w;
}

static const char *minute(struct arena *arena, int64_t ms)
{
    char *text = arena_strndup(arena, time_iso(arena, ms), 16);
    text[10] = ' ';
    return text;
}

static void trim(struct strbuf *sb)
{
    while (sb->len > 0 && sb->data[sb->len - 1] == ' ')
        sb->data[--sb->len] = '\0';
    strbuf_add_char(sb, '\n');
}

static void add_line(struct strbuf *sb, const struct drill_line *line, const struct widths *w)
{
    strbuf_addf(sb, "%s  %-*s %-*s  %-*s  ", minute(sb->arena, line->at_ms), w->account,
                line->account, w->region, line->region ? line->region : "", w->what, line->what);
    bool relay = str_eq(line->what, "relay");
    if (str_eq(line->what, "expire") && line->vault) {
        strbuf_addf(sb, "%-*s ← %s", w->address, line->address ? line->address : "", line->vault);
    } else if (!relay && line->vault && line->state) {
        strbuf_addf(sb, "%-*s → %-*s  ", w->address, line->address ? line->address : "", w->vault,
                    line->vault);
        if (str_eq(line->state, "COMPLETED"))
            strbuf_addf(sb, "%s%s", line->key ? line->key : "", line->locked ? "  locked" : "");
        else
            strbuf_addf(sb, "%s: %s", line->state, line->message ? line->message : "");
    } else if (relay && str_eq(line->state, "start")) {
        strbuf_add(sb, line->message ? line->message : "");
    } else {
        strbuf_addf(sb, "%s%s%s%s", line->address ? line->address : "", relay ? " " : "",
                    relay && line->state ? line->state : "", line->message ? ": " : "");
        strbuf_add(sb, line->message ? line->message : "");
    }
    trim(sb);
}

static void add_miss(struct strbuf *sb, const struct drill_miss *miss)
{
    if (miss->at_ms)
        strbuf_addf(sb, "missing   %s of %s (%s, rule %s)\n", miss->resource,
                    minute(sb->arena, miss->at_ms), miss->plan, miss->rule);
    else if (miss->resource)
        strbuf_addf(sb, "unrouted  %s (%s)\n", miss->resource, miss->plan);
    else
        strbuf_addf(sb, "idle      %s\n", miss->plan);
    strbuf_addf(sb, "          %s\n", miss->reason);
}

static void add_totals(struct strbuf *sb, const struct drill_report *report)
{
    strbuf_addf(sb, "%zu backup%s, %zu arrived, %zu missing, %zu twice", report->backups,
                report->backups == 1 ? "" : "s", report->arrived, report->missing,
                report->duplicates);
    if (report->unrouted)
        strbuf_addf(sb, ", %zu unrouted", report->unrouted);
    if (report->idle_plans)
        strbuf_addf(sb, ", %zu idle plan%s", report->idle_plans,
                    report->idle_plans == 1 ? "" : "s");
    if (report->alarms)
        strbuf_addf(sb, ", %zu alarm%s", report->alarms, report->alarms == 1 ? "" : "s");
    long long minutes = (long long)(report->slowest_ms / MINUTE_MS);
    if (minutes >= 60)
        strbuf_addf(sb, "; slowest %lld h %lld min", minutes / 60, minutes % 60);
    else if (report->arrived)
        strbuf_addf(sb, "; slowest %lld min", minutes);
    strbuf_add_char(sb, '\n');
}

const char *drill_report_text(struct arena *arena, const struct drill_report *report)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    struct widths w = measure(report);
    for (size_t i = 0; i < report->line_len; i++) {
        /* that there was nothing left to do is no news */
        if (!str_eq(report->lines[i].what, "relay") || !str_eq(report->lines[i].state, "leave"))
            add_line(&sb, &report->lines[i], &w);
    }
    for (size_t i = 0; i < report->miss_len; i++)
        add_miss(&sb, &report->misses[i]);
    add_totals(&sb, report);
    if (report->note)
        strbuf_addf(&sb, "%s\n", report->note);
    return strbuf_str(&sb);
}

/* ---- JSON ---- */

/* One sentence for those who read only that. */
static const char *sentence(struct arena *arena, const struct drill_line *line)
{
    if (!line->vault || str_eq(line->what, "relay"))
        return line->message ? line->message : "";
    if (line->message && !str_eq(line->state, "COMPLETED"))
        return arena_printf(arena, "into %s %s: %s", line->vault, line->state ? line->state : "",
                            line->message);
    return arena_printf(arena, "%s %s%s%s%s", str_eq(line->what, "expire") ? "from" : "into",
                        line->vault, line->key ? " under " : "", line->key ? line->key : "",
                        line->locked ? ", locked" : "");
}

static const struct value *line_to_value(struct arena *arena, const struct drill_line *line)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "at", time_iso(arena, line->at_ms));
    map_put_str(&b, "account", line->account);
    map_put_str(&b, "account_id", line->account_id);
    map_put_str(&b, "region", line->region);
    map_put_str(&b, "what", line->what);
    map_put_str(&b, "address", line->address);
    map_put_str(&b, "detail", sentence(arena, line));
    map_put_str(&b, "vault", line->vault);
    map_put_str(&b, "key", line->key);
    map_put_str(&b, "state", line->state);
    map_put_str(&b, "message", line->message);
    map_put_str(&b, "point_arn", line->point_arn);
    if (line->locked)
        map_put_bool(&b, "locked", true);
    return map_end(&b);
}

static const struct value *miss_to_value(struct arena *arena, const struct drill_miss *miss)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "resource", miss->resource);
    map_put_str(&b, "plan", miss->plan);
    map_put_str(&b, "rule", miss->rule);
    if (miss->at_ms)
        map_put_str(&b, "backup_at", time_iso(arena, miss->at_ms));
    map_put_str(&b, "reason", miss->reason);
    return map_end(&b);
}

const struct value *drill_report_to_json(struct arena *arena, const struct drill_report *report)
{
    struct list_builder lines = list_begin(arena), misses = list_begin(arena);
    for (size_t i = 0; i < report->line_len; i++)
        list_add(&lines, line_to_value(arena, &report->lines[i]));
    for (size_t i = 0; i < report->miss_len; i++)
        list_add(&misses, miss_to_value(arena, &report->misses[i]));
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_int(&b, "days", report->days);
    map_put_int(&b, "backups", (int64_t)report->backups);
    map_put_int(&b, "arrived", (int64_t)report->arrived);
    map_put_int(&b, "missing", (int64_t)report->missing);
    map_put_int(&b, "duplicates", (int64_t)report->duplicates);
    map_put_int(&b, "unrouted", (int64_t)report->unrouted);
    map_put_int(&b, "idle_plans", (int64_t)report->idle_plans);
    map_put_int(&b, "alarms", (int64_t)report->alarms);
    map_put_str(&b, "note", report->note);
    map_put_int(&b, "slowest_minutes", report->slowest_ms / MINUTE_MS);
    map_put(&b, "misses", list_end(&misses));
    map_put(&b, "timeline", list_end(&lines));
    return map_end(&b);
}
