/* The report in the text format of Prometheus, for a textfile collector or a push gateway. */
#include "engine/base/prometheus.h"
#include "engine/base/clock.h"
#include "engine/verify/verify.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

/* Seconds; false: the row has no such number. */
typedef bool number_fn(const struct verify_row *row, double *ret);

static bool age(const struct verify_row *row, double *ret)
{
    *ret = (double)row->age_ms / 1000.0;
    return row->age_ms >= 0;
}

static bool objective(const struct verify_row *row, double *ret)
{
    *ret = (double)row->objective_ms / 1000.0;
    return true;
}

static bool within(const struct verify_row *row, double *ret)
{
    *ret = row->good ? 1 : 0;
    return !row->gone;
}

static bool points(const struct verify_row *row, double *ret)
{
    *ret = row->routed ? (double)row->hops[row->hop_len - 1].points : 0;
    return true;
}

static bool immutable(const struct verify_row *row, double *ret)
{
    *ret = (double)row->immutable_ms / 1000.0;
    return true;
}

static bool empty(const struct verify_row *row, double *ret)
{
    *ret = (double)row->empty_ms / 1000.0;
    return row->empty_ms > 0;
}

static bool gaps(const struct verify_row *row, double *ret)
{
    *ret = (double)row->gap_len;
    return row->routed;
}

static const struct {
    const char *name, *help;
    number_fn *number;
} metrics[] = {
    {"age_seconds", "Age of the newest copy in the last vault, from its backup.", age},
    {"objective_seconds", "How old the newest copy may be.", objective},
    {"within_objective", "1 when the newest copy is usable and not too old.", within},
    {"points", "Copies in the last vault that are available.", points},
    {"immutable_seconds", "How far the history that nobody can delete reaches back.", immutable},
    {"gaps", "Backups that fell due before the newest copy and are not in the last vault.", gaps},
    {"empty_timestamp_seconds", "When the last copy goes if none follows.", empty},
};

static void add_labels(struct strbuf *sb, const struct verify_report *report,
                       const struct verify_row *row)
{
    prometheus_add_label(sb, "topology", report->topology);
    strbuf_add_char(sb, ',');
    prometheus_add_label(sb, "plan", row->plan);
    strbuf_add_char(sb, ',');
    prometheus_add_label(sb, "resource", row->resource);
    strbuf_add_char(sb, ',');
    prometheus_add_label(sb, "vault", row->routed ? row->hops[row->hop_len - 1].vault_arn : "");
    strbuf_add_char(sb, ',');
    prometheus_add_label(sb, "first_vault", row->hops[0].vault_arn);
    strbuf_add_char(sb, ',');
    prometheus_add_label(sb, "via", row->hop_len > 2 ? row->hops[1].vault_arn : "");
}

static void add_hops(struct strbuf *sb, const struct verify_report *report)
{
    strbuf_add(sb, "# HELP holdfast_verify_hop_seconds How long the newest copy took to a vault "
                   "from the one before.\n# TYPE holdfast_verify_hop_seconds gauge\n");
    for (size_t i = 0; i < report->row_len; i++)
        for (size_t k = 0; k < report->rows[i].hop_len; k++) {
            const struct verify_hop *hop = &report->rows[i].hops[k];
            if (hop->took_ms < 0)
                continue;
            strbuf_add(sb, "holdfast_verify_hop_seconds{");
            add_labels(sb, report, &report->rows[i]);
            strbuf_add_char(sb, ',');
            prometheus_add_label(sb, "hop", hop->vault);
            strbuf_addf(sb, "} %lld\n", (long long)(hop->took_ms / 1000));
        }
}

static void add_total(struct strbuf *sb, const struct verify_report *report, const char *name,
                      const char *help, long long number)
{
    strbuf_addf(sb, "# HELP holdfast_verify_%s %s\n# TYPE holdfast_verify_%s gauge\n", name, help,
                name);
    strbuf_addf(sb, "holdfast_verify_%s{", name);
    prometheus_add_label(sb, "topology", report->topology);
    strbuf_addf(sb, "} %lld\n", number);
}

const char *verify_prometheus(struct arena *arena, const struct verify_report *report)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (size_t m = 0; m < ARRAY_LEN(metrics); m++) {
        strbuf_addf(&sb, "# HELP holdfast_verify_%s %s\n# TYPE holdfast_verify_%s gauge\n",
                    metrics[m].name, metrics[m].help, metrics[m].name);
        for (size_t i = 0; i < report->row_len; i++) {
            double number;
            if (!metrics[m].number(&report->rows[i], &number))
                continue;
            strbuf_addf(&sb, "holdfast_verify_%s{", metrics[m].name);
            add_labels(&sb, report, &report->rows[i]);
            strbuf_addf(&sb, "} %.0f\n", number);
        }
    }
    add_hops(&sb, report);
    add_total(&sb, report, "missing", "Rows that are not within their objective.",
              (long long)report->missing);
    add_total(&sb, report, "idle_plans", "Plans that protect nothing that can be listed.",
              (long long)report->idle_len);
    add_total(&sb, report, "timestamp_seconds", "When this was looked at.",
              (long long)(report->at_ms / 1000));
    return strbuf_str(&sb);
}
