/* The report as one HTML file that needs nothing else: the table, and the ages over time. */
#include "engine/base/clock.h"
#include "engine/base/markup.h"
#include "engine/base/strbuf.h"
#include "engine/verify/ledger.h"

#define PAGE_MAX ((size_t)64 * 1024 * 1024)
#define PLOT_WIDTH 860
#define PLOT_HEIGHT 260
#define PLOT_LEFT 60
#define PLOT_BOTTOM 30
#define SERIES_MAX 40 /* more lines than that nobody can tell apart */

static const char style[] =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em;"
    "color:#1b1b1b;background:#fff}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.35em "
    ".6em;text-align:left;vertical-align:top}"
    ".missing{color:#a40000;font-weight:600}.gone{color:#666}.hops{color:#444;font-size:.9em}"
    "svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#444}";

static const char *const colours[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd",
                                      "#8c564b", "#e377c2", "#17becf", "#7f7f7f"};
/* Colour is never the only sign. */
static const char *const dashes[] = {"none", "7 3", "2 3", "9 3 2 3", "5 5"};

/* ---- the plot ---- */

struct scale {
    int64_t from_ms, to_ms, top_ms;
};

static void widen(struct scale *scale, const struct ledger_series *series)
{
    for (size_t i = 0; i < series->len; i++) {
        const struct ledger_point *point = &series->points[i];
        if (!scale->from_ms || point->at_ms < scale->from_ms)
            scale->from_ms = point->at_ms;
        if (point->at_ms > scale->to_ms)
            scale->to_ms = point->at_ms;
        if (point->age_ms > scale->top_ms)
            scale->top_ms = point->age_ms;
        if (point->objective_ms > scale->top_ms)
            scale->top_ms = point->objective_ms;
    }
}

static struct scale scale_of(const struct ledger *ledger)
{
    struct scale scale = {0};
    for (size_t i = 0; i < ledger->len; i++)
        widen(&scale, &ledger->series[i]);
    if (scale.to_ms <= scale.from_ms)
        scale.to_ms = scale.from_ms + HOUR_MS;
    scale.top_ms = scale.top_ms ? scale.top_ms + scale.top_ms / 10 : HOUR_MS;
    return scale;
}

static double x_of(const struct scale *scale, int64_t ms)
{
    return PLOT_LEFT + (double)(ms - scale->from_ms) / (double)(scale->to_ms - scale->from_ms) *
                           (PLOT_WIDTH - PLOT_LEFT - 20);
}

static double y_of(const struct scale *scale, int64_t ms)
{
    double height = PLOT_HEIGHT - PLOT_BOTTOM - 10;
    return PLOT_HEIGHT - PLOT_BOTTOM - (double)ms / (double)scale->top_ms * height;
}

/* A run without a copy ends the line: the next copy begins a new one. */
static void add_series(struct strbuf *sb, const struct scale *scale,
                       const struct ledger_series *series, size_t index)
{
    bool down = false;
    strbuf_addf(sb,
                "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\" d=\"",
                colours[index % ARRAY_LEN(colours)], dashes[index % ARRAY_LEN(dashes)]);
    for (size_t i = 0; i < series->len; i++) {
        const struct ledger_point *point = &series->points[i];
        if (point->age_ms >= 0)
            strbuf_addf(sb, "%s%.1f %.1f", down ? "L" : "M", x_of(scale, point->at_ms),
                        y_of(scale, point->age_ms));
        down = point->age_ms >= 0;
    }
    strbuf_add(sb, "\"><title>");
    markup_add(sb, series->resource);
    strbuf_add(sb, "</title></path>\n");
    for (size_t i = 0; i < series->len; i++) {
        const struct ledger_point *point = &series->points[i];
        strbuf_addf(sb, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n",
                    x_of(scale, point->at_ms),
                    y_of(scale, point->age_ms >= 0 ? point->age_ms : scale->top_ms),
                    point->age_ms >= 0 && point->age_ms <= point->objective_ms
                        ? colours[index % ARRAY_LEN(colours)]
                        : "#a40000");
    }
}

static void add_objective(struct strbuf *sb, const struct scale *scale,
                          const struct ledger_series *series)
{
    const struct ledger_point *last = &series->points[series->len - 1];
    double y = y_of(scale, last->objective_ms);
    strbuf_addf(sb,
                "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#a40000\" "
                "stroke-dasharray=\"1 4\"/>\n",
                PLOT_LEFT, PLOT_WIDTH - 20, y, y);
    strbuf_addf(sb, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", PLOT_LEFT - 6,
                y + 4, verify_span(sb->arena, last->objective_ms));
}

static void add_axes(struct strbuf *sb, const struct scale *scale)
{
    int bottom = PLOT_HEIGHT - PLOT_BOTTOM;
    strbuf_addf(sb, "<path fill=\"none\" stroke=\"#888\" d=\"M%d 10V%dH%d\"/>\n", PLOT_LEFT, bottom,
                PLOT_WIDTH - 20);
    strbuf_addf(sb, "<text x=\"%d\" y=\"%d\">%.10s</text>\n", PLOT_LEFT, bottom + 18,
                time_iso(sb->arena, scale->from_ms));
    strbuf_addf(sb, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.10s</text>\n", PLOT_WIDTH - 20,
                bottom + 18, time_iso(sb->arena, scale->to_ms));
    strbuf_addf(sb, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>\n", PLOT_LEFT - 6,
                bottom);
}

static void add_plot(struct strbuf *sb, const struct ledger *ledger)
{
    const struct scale scale = scale_of(ledger);
    size_t len = ledger->len < SERIES_MAX ? ledger->len : SERIES_MAX;
    strbuf_add(sb, "<h2>Age of the newest copy</h2>\n");
    strbuf_addf(sb,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" "
                "aria-label=\"Age of the newest copy of each resource over time\">\n",
                PLOT_WIDTH, PLOT_HEIGHT);
    add_axes(sb, &scale);
    for (size_t i = 0; i < len; i++)
        add_objective(sb, &scale, &ledger->series[i]);
    for (size_t i = 0; i < len; i++)
        add_series(sb, &scale, &ledger->series[i], i);
    strbuf_add(sb, "</svg>\n<ul>\n");
    for (size_t i = 0; i < len; i++) {
        strbuf_addf(sb,
                    "<li><svg width=\"40\" height=\"10\" aria-hidden=\"true\"><line x2=\"40\" "
                    "y1=\"5\" y2=\"5\" stroke=\"%s\" stroke-width=\"2\" "
                    "stroke-dasharray=\"%s\"/></svg> ",
                    colours[i % ARRAY_LEN(colours)], dashes[i % ARRAY_LEN(dashes)]);
        markup_add(sb, ledger->series[i].resource);
        if (*ledger->series[i].way)
            strbuf_addf(sb, " by %s", markup_text(sb->arena, ledger->series[i].way));
        strbuf_add(sb, "</li>\n");
    }
    strbuf_add(sb, "</ul>\n<p>A red dot is a run that found the copy too old, or none at all (on "
                   "the upper edge). Dotted lines are objectives.</p>\n");
    if (len < ledger->len)
        strbuf_addf(sb, "<p>%zu more are in the ledger.</p>\n", ledger->len - len);
}

/* ---- the table ---- */

static void add_cell(struct strbuf *sb, const char *text)
{
    strbuf_add(sb, "<td>");
    markup_add(sb, text);
    strbuf_add(sb, "</td>");
}

static void add_hops(struct strbuf *sb, const struct verify_row *row)
{
    strbuf_add(sb, "<td class=\"hops\">");
    for (size_t i = 0; i < row->hop_len; i++) {
        const struct verify_hop *hop = &row->hops[i];
        markup_add(sb, hop->vault);
        if (hop->point)
            strbuf_addf(sb, ": %s, ", time_iso(sb->arena, hop->created_ms));
        markup_add(sb, !hop->point ? ": none" : hop->key ? hop->key : "no key told");
        if (hop->took_ms >= 0)
            strbuf_addf(sb, ", took %s", verify_span(sb->arena, hop->took_ms));
        strbuf_add(sb, "<br>");
    }
    strbuf_add(sb, "</td>");
}

static void add_row(struct strbuf *sb, const struct verify_row *row)
{
    struct arena *arena = sb->arena;
    const char *word = row->good ? "ok" : row->gone ? "gone" : "missing";
    strbuf_addf(sb, "<tr><td class=\"%s\">%s</td>", word, word);
    add_cell(sb, row->resource);
    add_cell(sb, row->routed ? row->hops[row->hop_len - 1].vault : "none");
    add_cell(sb, row->age_ms < 0 ? "none" : verify_span(arena, row->age_ms));
    add_cell(sb, verify_span(arena, row->objective_ms));
    add_cell(sb, row->immutable_ms ? verify_span(arena, row->immutable_ms)
                                   : arena_printf(arena, "no (%s)", verify_lock_name(row->lock)));
    add_cell(sb, row->empty_ms ? time_iso(arena, row->empty_ms) : "");
    add_cell(sb, row->gap_len ? verify_gaps_text(arena, row) : "none");
    add_cell(sb, row->reason ? row->reason : "");
    add_hops(sb, row);
    strbuf_add(sb, "</tr>\n");
}

const char *verify_page(struct arena *arena, const struct verify_report *report)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, PAGE_MAX);
    const char *title = markup_text(arena, report->topology);
    strbuf_addf(&sb,
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<title>Backups of %s</title><style>%s</style></head><body>\n",
                title, style);
    strbuf_addf(
        &sb,
        "<h1>Backups of %s</h1>\n<p>%s: %zu within the objective, %zu missing, %zu gaps.</p>\n",
        title, time_iso(arena, report->at_ms), report->good, report->missing, report->gaps);
    for (size_t i = 0; i < report->idle_len; i++)
        strbuf_addf(&sb, "<p class=\"missing\">%s protects nothing that can be listed.</p>\n",
                    markup_text(arena, report->idle[i]));
    strbuf_add(&sb, "<table><tr><th></th><th>resource</th><th>last vault</th><th>newest copy</th>"
                    "<th>may be</th><th>immutable history</th><th>empty if nothing follows</th>"
                    "<th>gaps</th><th></th><th>hops</th></tr>\n");
    for (size_t i = 0; i < report->row_len; i++)
        add_row(&sb, &report->rows[i]);
    strbuf_add(&sb, "</table>\n");
    if (report->ledger->len)
        add_plot(&sb, report->ledger);
    strbuf_add(&sb, "</body></html>\n");
    return strbuf_str(&sb);
}
