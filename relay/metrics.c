#include "relay/metrics.h"

#include "engine/base/prometheus.h"

#define TEXT_MAX ((size_t)4 * 1024 * 1024)

typedef double number_fn(const struct relay_metrics *m);

static double passes_done(const struct relay_metrics *m)
{
    return (double)m->passes_done;
}

static double passes_failed(const struct relay_metrics *m)
{
    return (double)m->passes_failed;
}

static double copies_started(const struct relay_metrics *m)
{
    return (double)m->copies_started;
}

static double points(const struct relay_metrics *m)
{
    return (double)m->points;
}

static double refused(const struct relay_metrics *m)
{
    return (double)m->refused;
}

static double waiting(const struct relay_metrics *m)
{
    return (double)m->waiting;
}

static double failed(const struct relay_metrics *m)
{
    return (double)m->failed;
}

static double oldest_seconds(const struct relay_metrics *m)
{
    return (double)m->oldest_waiting_ms / 1000.0;
}

static double paused(const struct relay_metrics *m)
{
    return m->paused;
}

static double done_seconds(const struct relay_metrics *m)
{
    return (double)m->done_ms / 1000.0;
}

static double took_seconds(const struct relay_metrics *m)
{
    return (double)m->took_ms / 1000.0;
}

/* Rows of one name follow each other: the format wants a name's samples together. */
static const struct family {
    const char *name, *type, *help;
    const char *label; /* the second one, with its value, or "" */
    number_fn *number;
} families[] = {
    {"holdfast_relay_passes_total", "counter", "Passes since the start, by their outcome.",
     ",outcome=\"done\"", passes_done},
    {"holdfast_relay_passes_total", NULL, NULL, ",outcome=\"failed\"", passes_failed},
    {"holdfast_relay_copies_started_total", "counter", "Copies started since the start.", "",
     copies_started},
    {"holdfast_relay_points", "gauge", "Points that the last pass looked at.", "", points},
    {"holdfast_relay_points_refused", "gauge", "Of those, refused: a person has to act.", "",
     refused},
    {"holdfast_relay_points_waiting", "gauge", "Of those, left for a later pass.", "", waiting},
    {"holdfast_relay_points_failed", "gauge", "Of those, failed by a call.", "", failed},
    {"holdfast_relay_oldest_waiting_timestamp_seconds", "gauge",
     "When the oldest point was made that is to be copied and has no copy yet; 0: none.", "",
     oldest_seconds},
    {"holdfast_relay_paused", "gauge", "1 while the brake is on: nothing is started.", "", paused},
    {"holdfast_relay_last_success_timestamp_seconds", "gauge",
     "When the last good pass ended; 0: none yet.", "", done_seconds},
    {"holdfast_relay_pass_duration_seconds", "gauge", "How long the last pass took.", "",
     took_seconds},
};

const char *relay_metrics_text(struct arena *arena, const struct relay_metrics *relays, size_t len)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        const struct family *family = &families[i];
        if (family->type)
            strbuf_addf(&sb, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
                        family->name, family->type);
        for (size_t j = 0; j < len; j++) {
            strbuf_addf(&sb, "%s{", family->name);
            prometheus_add_label(&sb, "relay", relays[j].relay);
            strbuf_addf(&sb, "%s} %.15g\n", family->label, family->number(&relays[j]));
        }
    }
    return strbuf_str(&sb);
}
