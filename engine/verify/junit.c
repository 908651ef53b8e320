/* The report as JUnit's XML, which every CI shows: one test case a row. */
#include "engine/base/clock.h"
#include "engine/base/markup.h"
#include "engine/base/strbuf.h"
#include "engine/verify/verify.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

static void add_case(struct strbuf *sb, const struct verify_row *row)
{
    struct arena *arena = sb->arena;
    const char *reason = markup_text(arena, row->reason);
    strbuf_addf(sb, "    <testcase classname=\"%s\" name=\"%s", markup_text(arena, row->plan),
                markup_text(arena, row->resource));
    if (row->routed)
        strbuf_addf(sb, " in %s by %s", markup_text(arena, row->hops[row->hop_len - 1].vault),
                    markup_text(arena, verify_way_text(arena, row)));
    strbuf_add(sb, "\" time=\"0\"");
    if (row->good && !row->gap_len) {
        strbuf_add(sb, "/>\n");
    } else if (row->good) {
        strbuf_addf(sb, "><system-out>%s</system-out></testcase>\n",
                    markup_text(arena, verify_gaps_text(arena, row)));
    } else if (row->gone) {
        strbuf_addf(sb, "><skipped message=\"%s\"/></testcase>\n", reason);
    } else {
        strbuf_addf(sb, "><failure type=\"missing\" message=\"%s\">", reason);
        if (row->stopped)
            strbuf_addf(sb, "stops before %s: %s", markup_text(arena, row->stopped->vault),
                        markup_text(arena, verify_job_text(arena, row)));
        strbuf_add(sb, "</failure>");
        if (row->gap_len)
            strbuf_addf(sb, "<system-out>%s</system-out>",
                        markup_text(arena, verify_gaps_text(arena, row)));
        strbuf_add(sb, "</testcase>\n");
    }
}

const char *verify_junit(struct arena *arena, const struct verify_report *report)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    size_t tests = report->row_len + report->idle_len;
    strbuf_add(&sb, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    strbuf_addf(&sb,
                "  <testsuite name=\"holdfast verify %s\" tests=\"%zu\" failures=\"%zu\" "
                "errors=\"0\" skipped=\"%zu\" timestamp=\"%.19s\">\n",
                markup_text(arena, report->topology), tests, report->missing + report->idle_len,
                report->gone, time_iso(arena, report->at_ms));
    for (size_t i = 0; i < report->row_len; i++)
        add_case(&sb, &report->rows[i]);
    for (size_t i = 0; i < report->idle_len; i++)
        strbuf_addf(&sb,
                    "    <testcase classname=\"%s\" name=\"protects something\" time=\"0\">"
                    "<failure type=\"idle\" message=\"it protects nothing that can be "
                    "listed\"/></testcase>\n",
                    markup_text(arena, report->idle[i]));
    strbuf_add(&sb, "  </testsuite>\n</testsuites>\n");
    return strbuf_str(&sb);
}
