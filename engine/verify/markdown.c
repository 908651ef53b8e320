/* The report as Markdown, for job summaries and comments: what is missing stands first. */
#include "engine/aws/arn.h"
#include "engine/base/clock.h"
#include "engine/base/strbuf.h"
#include "engine/verify/verify.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

/* Of a cell: what would end it or the line, or begin markup. */
static void add_cell(struct strbuf *sb, const char *text)
{
    strbuf_add(sb, " ");
    for (; *text; text++) {
        if (*text == '|' || *text == '\\' || *text == '`' || *text == '*' || *text == '_' ||
            *text == '<' || *text == '[')
            strbuf_add_char(sb, '\\');
        strbuf_add_char(sb, *text == '\n' ? ' ' : *text);
    }
    strbuf_add(sb, " |");
}

static const char *newest(struct arena *arena, const struct verify_row *row)
{
    if (row->age_ms < 0)
        return "none";
    return arena_printf(arena, "%s (%s)", verify_span(arena, row->age_ms),
                        time_iso(arena, row->hops[row->hop_len - 1].created_ms));
}

static const char *immutable(struct arena *arena, const struct verify_row *row)
{
    return row->immutable_ms ? verify_span(arena, row->immutable_ms)
                             : arena_printf(arena, "no (%s)", verify_lock_name(row->lock));
}

static const char *remark(struct arena *arena, const struct verify_row *row)
{
    const char *gaps = verify_gaps_text(arena, row);
    if (!row->reason)
        return gaps ? gaps : "";
    if (!row->stopped)
        return gaps ? arena_printf(arena, "%s; %s", row->reason, gaps) : row->reason;
    return arena_printf(arena, "%s; stops before %s: %s%s%s", row->reason, row->stopped->vault,
                        verify_job_text(arena, row), gaps ? "; " : "", gaps ? gaps : "");
}

static void add_row(struct strbuf *sb, const struct verify_row *row)
{
    struct arena *arena = sb->arena;
    strbuf_add(sb, "|");
    add_cell(sb, row->good ? "ok" : row->gone ? "gone" : "MISSING");
    add_cell(sb, row->resource);
    add_cell(sb, row->routed
                     ? arena_printf(sb->arena, "%s by %s", row->hops[row->hop_len - 1].vault,
                                    verify_way_text(sb->arena, row))
                     : "none");
    add_cell(sb, newest(arena, row));
    add_cell(sb, verify_span(arena, row->objective_ms));
    add_cell(sb, immutable(arena, row));
    add_cell(sb, arena_printf(arena, "%zu of %zu", row->gap_len, row->due_len));
    add_cell(sb, remark(arena, row));
    strbuf_add(sb, "\n");
}

const char *verify_markdown(struct arena *arena, const struct verify_report *report)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    strbuf_addf(&sb, "### Backups of %s: %zu within the objective, %zu missing, %zu gaps\n\n%s\n\n",
                report->topology, report->good, report->missing, report->gaps,
                time_iso(arena, report->at_ms));
    for (size_t i = 0; i < report->idle_len; i++)
        strbuf_addf(&sb, "- `%s` protects nothing that can be listed\n%s", report->idle[i],
                    i + 1 == report->idle_len ? "\n" : "");
    if (report->row_len == 0)
        return strbuf_str(&sb);
    strbuf_add(&sb,
               "| | resource | last vault | newest copy | may be | immutable history | gaps | |\n"
               "|---|---|---|---|---|---|---|---|\n");
    for (int good = 0; good < 2; good++)
        for (size_t i = 0; i < report->row_len; i++) {
            const struct verify_row *row = &report->rows[i];
            if ((row->good || row->gone) == (good == 1))
                add_row(&sb, row);
        }
    return strbuf_str(&sb);
}
