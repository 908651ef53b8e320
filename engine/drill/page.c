#include "engine/drill/page.h"

#include "engine/base/clock.h"
#include "engine/base/markup.h"

#define PAGE_MAX ((size_t)256 * 1024 * 1024)
#define LEFT 190 /* where time begins, in pixels */
#define WIDE 900
#define LANE 44
#define TOP 30
#define TICKS 8

struct page {
    struct strbuf sb;
    struct arena *arena;
};

/* What is drawn of one drill. */
struct chart {
    struct page *page;
    const struct drill_outcome *outcome;
    const struct drill_line *lines;
    size_t len;
    const char **lanes; /* "account Region", in order of appearance */
    size_t lane_len;
    int64_t from_ms, to_ms;
    struct map at; /* point ARN -> the line that made it */
};

static void add_in(struct page *page, const char *element, const char *text)
{
    strbuf_addf(&page->sb, "<%s>", element);
    markup_add(&page->sb, text);
    strbuf_addf(&page->sb, "</%s>", element);
}

/* ---- where things are ---- */

static const char *lane_name(struct arena *arena, const struct drill_line *line)
{
    return arena_printf(arena, "%s %s", line->account, line->region ? line->region : "");
}

static size_t lane_of(const struct chart *chart, const struct drill_line *line)
{
    const char *name = lane_name(chart->page->arena, line);
    for (size_t i = 0; i < chart->lane_len; i++)
        if (str_eq(chart->lanes[i], name))
            return i;
    return chart->lane_len;
}

static double x_of(const struct chart *chart, int64_t ms)
{
    double span = (double)(chart->to_ms - chart->from_ms);
    return LEFT + (span > 0 ? WIDE * (double)(ms - chart->from_ms) / span : 0);
}

static double y_of(const struct chart *chart, const struct drill_line *line)
{
    return TOP + LANE * ((double)lane_of(chart, line) + 0.5);
}

static void chart_init(struct chart *chart, struct page *page, const struct drill_outcome *outcome)
{
    const struct drill_report *report = &outcome->report;
    *chart = (struct chart){.page = page,
                            .outcome = outcome,
                            .lines = report->lines,
                            .len = report->line_len,
                            .from_ms = report->line_len ? report->lines[0].at_ms : 0};
    chart->to_ms = report->line_len ? report->lines[report->line_len - 1].at_ms : 0;
    chart->lanes = arena_array(page->arena, report->line_len + 1, sizeof(*chart->lanes));
    map_init(&chart->at, page->arena);
    for (size_t i = 0; i < chart->len; i++) {
        const struct drill_line *line = &chart->lines[i];
        if (lane_of(chart, line) == chart->lane_len)
            chart->lanes[chart->lane_len++] = lane_name(page->arena, line);
        if (line->point_arn && (str_eq(line->what, "backup") || str_eq(line->what, "copy")))
            map_set(&chart->at, line->point_arn, (void *)(uintptr_t)line);
    }
}

/* ---- the drawing ---- */

static const char *class_of(const struct drill_line *line)
{
    static const char *const troubles[] = {"event lost", "dead letter", "invoke failed",
                                           "key deleted", NULL};
    bool job = str_eq(line->what, "backup") || str_eq(line->what, "copy");
    if (str_eq(line->what, "alarm"))
        return "alarm";
    if (str_is_one_of(line->what, troubles) ||
        (job && line->state && !str_eq(line->state, "COMPLETED")))
        return "trouble";
    if (str_eq(line->what, "expire") || str_eq(line->what, "relay"))
        return "quiet";
    return line->locked ? "locked" : "good";
}

static void add_axis(struct chart *chart)
{
    struct strbuf *sb = &chart->page->sb;
    double bottom = TOP + LANE * (double)chart->lane_len;
    for (size_t i = 0; i < chart->lane_len; i++) {
        double y = TOP + LANE * ((double)i + 0.5);
        strbuf_addf(sb,
                    "<line class=\"lane\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>"
                    "<text x=\"4\" y=\"%.1f\">",
                    LEFT, y, LEFT + WIDE, y, y + 4);
        markup_add(&chart->page->sb, chart->lanes[i]);
        strbuf_add(sb, "</text>");
    }
    for (int i = 0; i <= TICKS; i++) {
        int64_t ms = chart->from_ms + (chart->to_ms - chart->from_ms) * i / TICKS;
        strbuf_addf(sb,
                    "<line class=\"tick\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\"/>"
                    "<text class=\"time\" x=\"%.1f\" y=\"%d\">%.5s %.5s</text>",
                    x_of(chart, ms), TOP, x_of(chart, ms), bottom, x_of(chart, ms), TOP - 8,
                    time_iso(chart->page->arena, ms) + 5, time_iso(chart->page->arena, ms) + 11);
    }
}

/* From the strike of a fault until it was mended. */
static void add_fault(struct chart *chart)
{
    const struct drill_blow *blow = &chart->outcome->report.blow;
    if (!chart->outcome->fault || !chart->len)
        return;
    int64_t end = blow->mended_ms ? blow->mended_ms : chart->to_ms;
    if (blow->mended_ms > chart->to_ms)
        end = chart->to_ms;
    double x = x_of(chart, blow->struck_ms), width = x_of(chart, end) - x;
    strbuf_addf(&chart->page->sb,
                "<rect class=\"fault\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%.1f\"><title>",
                x, TOP, width > 2 ? width : 2, LANE * (double)chart->lane_len);
    markup_add(&chart->page->sb, chart->outcome->fault->what);
    strbuf_add(&chart->page->sb, "</title></rect>");
}

static void add_hop(struct chart *chart, const struct drill_line *line)
{
    const struct drill_line *source =
        line->source_point_arn ? map_get(&chart->at, line->source_point_arn) : NULL;
    if (!source || !str_eq(line->what, "copy"))
        return;
    strbuf_addf(&chart->page->sb,
                "<line class=\"hop %s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                class_of(line), x_of(chart, source->at_ms), y_of(chart, source),
                x_of(chart, line->at_ms), y_of(chart, line));
}

static void add_mark(struct chart *chart, const struct drill_line *line)
{
    struct page *page = chart->page;
    strbuf_addf(&page->sb, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"><title>",
                class_of(line), x_of(chart, line->at_ms), y_of(chart, line),
                str_eq(class_of(line), "quiet") ? 3 : 5);
    markup_add(&page->sb,
               arena_printf(page->arena, "%s %s %s %s", time_iso(page->arena, line->at_ms),
                            line->what, line->address ? line->address : "",
                            line->vault ? line->vault : ""));
    if (line->message) {
        strbuf_add(&page->sb, ": ");
        markup_add(&page->sb, line->message);
    }
    strbuf_add(&page->sb, "</title></circle>");
}

static void add_drawing(struct chart *chart)
{
    struct strbuf *sb = &chart->page->sb;
    strbuf_addf(sb, "<svg role=\"img\" viewBox=\"0 0 %d %.0f\">", LEFT + WIDE + 30,
                TOP + LANE * (double)chart->lane_len + 10);
    strbuf_add(sb, "<title>What happened, by account and Region</title>");
    add_fault(chart);
    add_axis(chart);
    for (size_t i = 0; i < chart->len; i++)
        add_hop(chart, &chart->lines[i]);
    for (size_t i = 0; i < chart->len; i++)
        add_mark(chart, &chart->lines[i]);
    strbuf_add(sb, "</svg>");
}

/* ---- the words ---- */

static void add_row(struct page *page, const struct drill_line *line)
{
    strbuf_addf(&page->sb, "<tr class=\"%s\">", class_of(line));
    add_in(page, "td", time_iso(page->arena, line->at_ms));
    add_in(page, "td", lane_name(page->arena, line));
    add_in(page, "td", line->what);
    add_in(page, "td", line->address);
    add_in(page, "td", line->vault);
    add_in(page, "td", line->key);
    add_in(page, "td", line->message ? line->message : line->state);
    strbuf_add(&page->sb, "</tr>\n");
}

static void add_rows(struct chart *chart)
{
    struct page *page = chart->page;
    strbuf_add(&page->sb, "<details><summary>All of it</summary><table><thead><tr><th>time</th>"
                          "<th>place</th><th>what</th><th>of</th><th>vault</th><th>key</th>"
                          "<th>words</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < chart->len; i++)
        add_row(page, &chart->lines[i]);
    strbuf_add(&page->sb, "</tbody></table></details>\n");
}

static void add_misses(struct page *page, const struct drill_report *report)
{
    if (!report->miss_len)
        return;
    strbuf_add(&page->sb, "<ul>\n");
    for (size_t i = 0; i < report->miss_len; i++) {
        const struct drill_miss *miss = &report->misses[i];
        const char *of = miss->resource ? miss->resource : miss->plan;
        add_in(page, "li",
               arena_printf(page->arena, "%s%s%s: %s", of, miss->at_ms ? " of " : "",
                            miss->at_ms ? time_iso(page->arena, miss->at_ms) : "", miss->reason));
    }
    strbuf_add(&page->sb, "</ul>\n");
}

static void add_drill(struct page *page, const struct drill_outcome *outcome)
{
    const struct drill_report *report = &outcome->report;
    struct chart chart;
    chart_init(&chart, page, outcome);
    strbuf_add(&page->sb, "<section>\n");
    if (outcome->fault) {
        add_in(page, "h2",
               arena_printf(page->arena, "%s: %s", outcome->fault->name,
                            drill_verdict_name(outcome->verdict)));
        add_in(page, "p", outcome->fault->what);
    }
    add_in(page, "p",
           arena_printf(page->arena, "%zu backups, %zu arrived, %zu missing, %zu twice, %zu alarms",
                        report->backups, report->arrived, report->missing, report->duplicates,
                        report->alarms));
    if (outcome->foreseen && *outcome->foreseen)
        add_in(page, "p", arena_printf(page->arena, "Foreseen by %s", outcome->foreseen));
    add_misses(page, report);
    add_drawing(&chart);
    add_rows(&chart);
    strbuf_add(&page->sb, "</section>\n");
}

static const char *const head =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }\n"
    "body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem }\n"
    "svg { width: 100%; font-size: 12px } svg text { fill: currentColor }\n"
    ".time { text-anchor: middle; font-size: 10px }\n"
    ".lane, .tick { stroke: #888; stroke-opacity: .3 }\n"
    ".fault { fill: #d33; fill-opacity: .12 }\n"
    "circle { fill: #888 } circle.good { fill: #27a } circle.locked { fill: #284 }\n"
    "circle.trouble { fill: #d33 } circle.alarm { fill: #e90 }\n"
    ".hop { stroke-width: 2; stroke: #27a } .hop.locked { stroke: #284 }\n"
    ".hop.trouble { stroke: #d33; stroke-dasharray: 4 }\n"
    "table { border-collapse: collapse; font-size: 13px } td, th { padding: 2px 8px; "
    "text-align: left } tr.trouble td, tr.alarm td { color: #d33 }\n"
    "</style>\n";

const char *drill_page(struct arena *arena, const char *topology,
                       const struct drill_outcome *outcomes, size_t len)
{
    struct page page = {.arena = arena};
    strbuf_init(&page.sb, arena, PAGE_MAX);
    strbuf_add(&page.sb, head);
    add_in(&page, "title", arena_printf(arena, "Drill of %s", topology));
    strbuf_add(&page.sb, "</head>\n<body>\n");
    add_in(&page, "h1", arena_printf(arena, "Drill of %s", topology));
    for (size_t i = 0; i < len; i++)
        add_drill(&page, &outcomes[i]);
    strbuf_add(&page.sb, "</body></html>\n");
    return strbuf_str(&page.sb);
}
