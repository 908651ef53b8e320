/* The report as people read it. */
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/clock.h"
#include "engine/base/strbuf.h"
#include "engine/verify/verify.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

static const char *minute(struct arena *arena, int64_t ms)
{
    char *text = arena_strndup(arena, time_iso(arena, ms), 16);
    text[10] = ' ';
    return text;
}

static const char *day(struct arena *arena, int64_t ms)
{
    return arena_strndup(arena, time_iso(arena, ms), 10);
}

static void add_hop(struct strbuf *sb, const struct verify_hop *hop, int width)
{
    struct arena *arena = sb->arena;
    if (!hop->point) {
        strbuf_addf(sb, "         %-*s  -\n", width, hop->vault);
        return;
    }
    strbuf_addf(sb, "         %-*s  %s  %s", width, hop->vault, minute(arena, hop->created_ms),
                hop->key ? hop->key : "no key told");
    if (hop->key_state && !str_eq(hop->key_state, "Enabled"))
        strbuf_addf(sb, " (%s)", hop->key_state);
    if (hop->took_ms >= 0)
        strbuf_addf(sb, "  took %s", verify_span(arena, hop->took_ms));
    strbuf_addf(sb, "  %zu point%s\n", hop->points, hop->points == 1 ? "" : "s");
}

static const char *lock_text(struct arena *arena, const struct verify_row *row)
{
    switch (row->lock) {
    case VERIFY_UNLOCKED: return "not locked";
    case VERIFY_GOVERNANCE: return "locked in governance mode";
    case VERIFY_GRACE:
        return arena_printf(arena, "locked, but not for good before %s",
                            minute(arena, row->lock_date_ms));
    case VERIFY_COMPLIANCE:
        return arena_printf(arena, "immutable since %s", day(arena, row->lock_date_ms));
    }
    return "";
}

static void add_history(struct strbuf *sb, const struct verify_row *row)
{
    struct arena *arena = sb->arena;
    if (!row->routed || row->age_ms < 0)
        return;
    strbuf_addf(sb, "         history %s, %s; ", verify_span(arena, row->history_ms),
                lock_text(arena, row));
    if (row->empty_ms)
        strbuf_addf(sb, "empty on %s if nothing follows\n", day(arena, row->empty_ms));
    else
        strbuf_add(sb, "kept for ever\n");
    if (row->gap_len)
        strbuf_addf(sb, "         %s\n", verify_gaps_text(arena, row));
}

static void add_cause(struct strbuf *sb, const struct verify_row *row)
{
    if (row->good || row->gone)
        return;
    strbuf_addf(sb, "         %s\n", row->reason);
    if (!row->stopped)
        return;
    strbuf_addf(sb, "         stops before %s: %s\n", row->stopped->vault,
                verify_job_text(sb->arena, row));
}

static void add_row(struct strbuf *sb, const struct verify_row *row)
{
    struct arena *arena = sb->arena;
    int width = 0;
    for (size_t i = 0; i < row->hop_len; i++)
        width = (int)strlen(row->hops[i].vault) > width ? (int)strlen(row->hops[i].vault) : width;
    strbuf_addf(sb, "%-7s  %s",
                row->good   ? "ok"
                : row->gone ? "gone"
                            : "MISSING",
                arn_short_name(arena, row->resource));
    if (row->routed)
        strbuf_addf(sb, " in %s", row->hops[row->hop_len - 1].vault);
    if (row->age_ms >= 0)
        strbuf_addf(sb, ": %s old, at most %s", verify_span(arena, row->age_ms),
                    verify_span(arena, row->objective_ms));
    strbuf_addf(sb, "  (%s, %s)\n", row->plan, row->rules);
    add_cause(sb, row);
    for (size_t i = 0; i < row->hop_len; i++)
        add_hop(sb, &row->hops[i], width);
    add_history(sb, row);
}

const char *verify_text(struct arena *arena, const struct verify_report *report)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (size_t i = 0; i < report->row_len; i++)
        add_row(&sb, &report->rows[i]);
    for (size_t i = 0; i < report->idle_len; i++)
        strbuf_addf(&sb, "MISSING  %s protects nothing that can be listed\n", report->idle[i]);
    strbuf_addf(&sb, "%s %s: %zu within the objective, %zu missing", report->topology,
                minute(arena, report->at_ms), report->good, report->missing);
    if (report->gone)
        strbuf_addf(&sb, ", %zu gone", report->gone);
    if (report->gaps)
        strbuf_addf(&sb, ", %zu gap%s", report->gaps, report->gaps == 1 ? "" : "s");
    if (report->idle_len)
        strbuf_addf(&sb, "; %zu plan%s without a resource", report->idle_len,
                    report->idle_len == 1 ? "" : "s");
    strbuf_add(&sb, "\n");
    return strbuf_str(&sb);
}
