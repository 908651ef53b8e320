/* relay status: the ledger. What AWS lists of each point of the source vaults, and what the relay
 * would do about it now; reads only. */

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/cli/commands.h"
#include "engine/cli/pausing.h"
#include "engine/cli/relaying.h"

struct ledger_rows {
    struct cli *cli;
    const char *relay;
    struct list_builder *points;
};

/* One word for a point. */
static const char *state_of(const struct relay_report *report)
{
    const struct relay_decision *decision = report->decision;
    if (report->error)
        return "unknown";
    switch (decision->verdict) {
    case RELAY_START: return "due";
    case RELAY_REFUSE: return "refused";
    case RELAY_LEAVE: break;
    }
    if (decision->waits)
        return "waiting";
    if (decision->lapsed)
        return "lapsed";
    return decision->destination ? "copied" : "not for it";
}

/* A copy in the last vault stands for its job where that is listed no more. */
static const struct value *jobs_of(struct arena *arena, const struct relay_report *report)
{
    struct list_builder list = list_begin(arena);
    size_t listed = 0;
    for (size_t i = 0; i < report->job_len; i++)
        listed += !report->jobs[i].found;
    for (size_t i = 0; i < report->job_len; i++) {
        const struct relay_job *job = &report->jobs[i];
        struct map_builder b = map_begin(arena);
        if (job->found && listed > 0)
            continue;
        map_put_str(&b, "id", job->id);
        map_put_str(&b, "state", job->state);
        map_put_str(&b, "destination", job->destination_vault_arn);
        map_put_str(&b, "at", job->at_ms ? time_iso(arena, job->at_ms) : NULL);
        map_put_str(&b, "message", job->message);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static void add_point(void *ctx, const struct relay_report *report)
{
    struct ledger_rows *rows = ctx;
    struct arena *arena = rows->cli->arena;
    const struct relay_point *point = report->point;
    const struct relay_decision *decision = report->decision;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "relay", rows->relay);
    map_put_str(&b, "point", point->arn);
    map_put_str(&b, "resource", point->resource_arn);
    map_put_str(&b, "created", time_iso(arena, point->creation_ms));
    map_put_str(&b, "expires", point->expires_ms ? time_iso(arena, point->expires_ms) : NULL);
    map_put_str(&b, "state", state_of(report));
    map_put_str(&b, "verdict", decision ? relay_verdict_name(decision->verdict) : NULL);
    map_put_str(&b, "reason", decision ? decision->reason : report->error);
    map_put_str(&b, "destination",
                decision && decision->destination ? decision->destination->vault_arn : NULL);
    map_put(&b, "jobs", jobs_of(arena, report));
    list_add(rows->points, map_end(&b));
}

static int by_time(const void *a, const void *b)
{
    const struct value *x = *(const struct value *const *)a, *y = *(const struct value *const *)b;
    int order = strcmp(value_get_str(x, "created"), value_get_str(y, "created"));
    return order ? order : value_compare(value_get(x, "point"), value_get(y, "point"));
}

static void print_points(struct cli *cli, const struct value *points)
{
    for (size_t i = 0; i < value_len(points); i++) {
        const struct value *point = value_item(points, i);
        const struct value *jobs = value_get(point, "jobs");
        const char *resource = value_get_str(point, "resource");
        const char *name = resource ? strrchr(resource, ':') : NULL;
        cli_out(cli, arena_printf(cli->arena, "  %s  %-10s  %s  %s, %zu job%s\n",
                                  value_get_str(point, "created"), value_get_str(point, "state"),
                                  name       ? name + 1
                                  : resource ? resource
                                             : "-",
                                  value_get_str(point, "reason"), value_len(jobs),
                                  value_len(jobs) == 1 ? "" : "s"));
    }
}

static void print_relay(struct cli *cli, const struct value *relay, const struct value *points)
{
    static const char *const counts[] = {"due", "waiting", "refused", "failed", "settled"};
    const char *since = value_get_str(relay, "paused_since");
    cli_out(cli, arena_printf(cli->arena, "%s%s%s:", value_get_str(relay, "relay"),
                              since ? ", paused since " : "", since ? since : ""));
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        cli_out(cli, arena_printf(cli->arena, "%s %lld %s", i ? "," : "",
                                  (long long)value_get_int(relay, counts[i], 0), counts[i]));
    cli_out(cli, "\n");
    print_points(cli, points);
}

/* Oldest first. */
static const struct value *sorted(struct arena *arena, struct list_builder *list)
{
    const struct value *all = list_end(list);
    size_t len = value_len(all);
    if (len == 0)
        return all;
    const struct value **items = arena_memdup(arena, all->list.items, len * sizeof(*items));
    qsort(items, len, sizeof(*items), by_time);
    return value_list(arena, items, len);
}

/* False when what is there could not be looked at. */
static bool look_at(struct session *session, const struct relay_entry *entry,
                    struct list_builder *relays, struct list_builder *points)
{
    struct cli *cli = session->cli;
    struct relay_config config;
    struct list_builder own = list_begin(cli->arena);
    struct ledger_rows rows = {cli, entry->address, &own};
    struct relaying seen = {0};
    const char *why = NULL;
    if (!relaying_config(session, entry, &config, &why))
        why = arena_printf(cli->arena, "its settings lack %s: was everything applied?", why);
    else
        why = relaying_look(session, &config, add_point, &rows, &seen);
    if (why)
        diag_error(&cli->diags, E_RELAY_COPY, NO_POS, entry->address, "%s", why);
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "relay", entry->address);
    map_put_str(&b, "paused_since", pausing_since(session, entry->address));
    map_put_int(&b, "due", (int64_t)seen.started);
    map_put_int(&b, "waiting", (int64_t)seen.waiting);
    map_put_int(&b, "refused", (int64_t)seen.refused);
    map_put_int(&b, "failed", (int64_t)seen.failed);
    map_put_int(&b, "settled", (int64_t)seen.left);
    const struct value *relay = map_end(&b), *list = sorted(cli->arena, &own);
    list_add(relays, relay);
    for (size_t i = 0; i < value_len(list); i++)
        list_add(points, value_item(list, i));
    if (!cli->json)
        print_relay(cli, relay, list);
    return !why;
}

static int status(struct session *session)
{
    struct cli *cli = session->cli;
    struct list_builder relays = list_begin(cli->arena), points = list_begin(cli->arena);
    bool good = true;
    if (!relaying_open_for(session, SESSION_READS))
        return EXIT_ERROR;
    for (size_t i = 0; i < session->topology.relay_len && !*session->stop; i++)
        good = look_at(session, &session->topology.relays[i], &relays, &points) && good;
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put(&b, "relays", list_end(&relays));
    map_put(&b, "points", list_end(&points));
    if (cli->json)
        cli_out_json(cli, map_end(&b));
    return good ? EXIT_DONE : EXIT_ERROR;
}

int cmd_relay_status(struct cli *cli)
{
    return session_run(cli, status);
}
