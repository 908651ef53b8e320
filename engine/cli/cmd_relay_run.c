/* relay run: the relays of a topology as a daemon. One pass of all of them after the other, at an
 * interval of the wall clock; what it says of itself goes to the service manager, to the log and,
 * with --port, to /metrics and /healthz on the loopback interface. */

#include "engine/base/clock.h"
#include "engine/base/http_server.h"
#include "engine/base/log.h"
#include "engine/base/notify.h"
#include "engine/cli/commands.h"
#include "engine/cli/pausing.h"
#include "engine/cli/relaying.h"
#include "engine/cli/sharing.h"
#include "relay/metrics.h"
#include "relay/report.h"

#define INTERVAL_MS (15 * MINUTE_MS)
#define BEAT_MS 250 /* how long a signal, a request or the service manager waits at most */
#define POLLS 4     /* a connection is taken; its request is read and answered; both once more */
/* A session that AWS has refused stays refused: a fresh process begins with fresh credentials. */
#define FAILED_PASSES_MAX 5

struct daemon {
    struct session *session;
    struct http_server *server; /* or NULL */
    struct relay_config *configs;
    struct relay_metrics *metrics; /* one for each config */
    size_t len;
    struct arena *pass_arena;
    int64_t interval_ms, watchdog_ms, barked_ms;
    int64_t serial; /* of the state, when it was last looked at */
    unsigned passes, failed_in_a_row;
};

/* ---- what it says of itself ---- */

static void answer(struct http_server_reply *ret, int status, const char *text)
{
    static const struct http_server_header plain = {"Content-Type",
                                                    "text/plain; version=0.0.4; charset=utf-8"};
    ret->status = status;
    ret->headers = &plain;
    ret->header_len = 1;
    ret->body = slice_of(text);
}

static void serve(void *ctx, const struct http_server_request *request,
                  struct http_server_reply *ret)
{
    const struct daemon *daemon = ctx;
    if (!str_eq(request->method, "GET"))
        answer(ret, 405, "only GET\n");
    else if (str_eq(request->target, "/metrics"))
        answer(ret, 200, relay_metrics_text(request->arena, daemon->metrics, daemon->len));
    else if (!str_eq(request->target, "/healthz"))
        answer(ret, 404, "there is /metrics and /healthz\n");
    else if (daemon->failed_in_a_row > 0)
        answer(ret, 503, "the last pass failed\n");
    else if (daemon->passes == 0)
        answer(ret, 503, "the first pass has not ended\n");
    else
        answer(ret, 200, "ok\n");
}

/* Between steps of a pass and while waiting for the next: only a process that gets here is alive.
 */
static void beat(void *ctx)
{
    struct daemon *daemon = ctx;
    int64_t now = clock_monotonic_ms();
    if (daemon->watchdog_ms > 0 && now - daemon->barked_ms >= daemon->watchdog_ms &&
        notify_watchdog())
        daemon->barked_ms = now;
    for (int i = 0; daemon->server && i < POLLS; i++)
        http_server_poll(daemon->server, 0);
}

static bool listen_on(struct daemon *daemon)
{
    struct cli *cli = daemon->session->cli;
    int64_t port = 0;
    if (!cli_number(cli, OPT_PORT, 0, 0, 65535, &port))
        return false;
    if (!cli_option(cli, OPT_PORT))
        return true;
    if (!http_server_start((unsigned)port, serve, daemon, &daemon->server, &cli->diags))
        return false;
    cli_say_listening(cli, http_server_port(daemon->server));
    return true;
}

/* ---- passes ---- */

static bool pass_of(struct daemon *daemon, size_t i, const char *since)
{
    const struct session *session = daemon->session;
    struct relay_metrics *metrics = &daemon->metrics[i];
    struct relay_pass pass = {.arena = daemon->pass_arena,
                              .loop = session->loop,
                              .config = &daemon->configs[i],
                              .now_ms = session->transport.ops->now_ms(session->transport.self),
                              .stop = session->stop,
                              .report = relay_log_report};
    int64_t began = clock_monotonic_ms();
    const char *why = NULL;
    if (since)
        log_event(LOG_WARN, "pass", "relay", metrics->relay, "paused_since", since, NULL);
    pass.dry_run = metrics->paused = since;
    bool good = relay_reconcile(&pass, &why);
    if (good) {
        metrics->passes_done++;
        metrics->done_ms = clock_wall_ms();
    } else {
        metrics->passes_failed++;
        log_event(LOG_ERROR, "pass", "relay", metrics->relay, "reason", why, NULL);
    }
    metrics->copies_started += since ? 0 : pass.started;
    metrics->points = pass.points;
    metrics->refused = pass.refused;
    metrics->waiting = pass.waiting + (since ? pass.started : 0);
    metrics->failed = pass.failed;
    metrics->oldest_waiting_ms = pass.oldest_waiting_ms;
    metrics->took_ms = clock_monotonic_ms() - began;
    arena_reset(daemon->pass_arena);
    return good;
}

/* What it was told when it started may be old by now: the topology is read once. */
static void warn_of_changes(struct daemon *daemon, const struct state *state)
{
    int64_t serial = state_serial(state);
    if (serial != daemon->serial)
        log_event(LOG_WARN, "pass", "reason",
                  "the state has changed since the topology was read: restart it after an apply",
                  NULL);
    daemon->serial = serial; /* once for each change */
}

/* Whoever has paused a relay may be at another machine. Where that cannot be told nothing is
 * started: a brake that holds only while all is well is none. */
static bool look_at_state(struct daemon *daemon, struct arena *arena, const struct value **ret)
{
    struct diags diags;
    struct state *state = NULL;
    diags_init(&diags, arena);
    if (session_look_at_state(daemon->session, arena, &state, &diags)) {
        *ret = pausing_in(state, arena);
        warn_of_changes(daemon, state);
        state_close(state);
        return true;
    }
    for (size_t i = 0; i < daemon->len; i++)
        daemon->metrics[i].passes_failed++;
    log_event(LOG_ERROR, "pass", "reason",
              arena_printf(arena, "whether the relays are paused cannot be told: %s",
                           diags.items[0].message),
              NULL);
    return false;
}

static void pass_of_all(struct daemon *daemon)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct value *paused = NULL;
    bool told = look_at_state(daemon, arena, &paused), good = told;
    for (size_t i = 0; told && i < daemon->len && !*daemon->session->stop; i++) {
        const struct value *brake = value_get(paused, daemon->metrics[i].relay);
        good = pass_of(daemon, i, value_get_str(brake, "since")) && good;
    }
    daemon->passes++;
    daemon->failed_in_a_row = good ? 0 : daemon->failed_in_a_row + 1;
    if (!*daemon->session->stop)
        notify_send(good ? "STATUS=The last pass was good." : "STATUS=The last pass failed.");
}

static void wait_until(struct daemon *daemon, int64_t due_ms)
{
    int64_t left;
    while (!*daemon->session->stop && (left = due_ms - clock_monotonic_ms()) > 0) {
        int64_t step = left < BEAT_MS ? left : BEAT_MS;
        if (daemon->server)
            http_server_poll(daemon->server, (int)step);
        else
            clock_sleep_ms(step);
        beat(daemon);
    }
}

static bool run_passes(struct daemon *daemon)
{
    struct session *session = daemon->session;
    loop_every(session->loop, BEAT_MS, beat, daemon);
    sharing_every(session, BEAT_MS, beat, daemon);
    notify_send("READY=1");
    while (!*session->stop) {
        int64_t due = clock_monotonic_ms() + daemon->interval_ms;
        pass_of_all(daemon);
        if (daemon->failed_in_a_row >= FAILED_PASSES_MAX)
            break;
        wait_until(daemon, due);
    }
    notify_send("STOPPING=1");
    return *session->stop;
}

/* ---- the command ---- */

static bool read_interval(struct daemon *daemon)
{
    struct cli *cli = daemon->session->cli;
    if (!cli_duration(cli, OPT_INTERVAL, INTERVAL_MS, &daemon->interval_ms))
        return false;
    if (daemon->interval_ms > 0 && !cli_flag(cli, OPT_SIMULATE))
        return true;
    struct diag *diag =
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   daemon->interval_ms > 0 ? "with --simulate no time passes between two commands"
                                           : "--interval is at least a second");
    if (daemon->interval_ms > 0)
        diag_hint(&cli->diags, diag,
                  "Serve the world with `holdfast simulator serve`, and name it with "
                  "--endpoint-url.");
    return false;
}

static bool read_configs(struct daemon *daemon)
{
    struct session *session = daemon->session;
    struct arena *arena = session->cli->arena;
    const char *why = NULL;
    daemon->len = session->topology.relay_len;
    daemon->configs = arena_array(arena, daemon->len, sizeof(*daemon->configs));
    daemon->metrics = arena_array(arena, daemon->len, sizeof(*daemon->metrics));
    for (size_t i = 0; i < daemon->len; i++) {
        const struct relay_entry *entry = &session->topology.relays[i];
        daemon->metrics[i] = (struct relay_metrics){.relay = entry->address};
        if (!relaying_config(session, entry, &daemon->configs[i], &why)) {
            diag_error(&session->cli->diags, E_RELAY_COPY, NO_POS, entry->address,
                       "its settings lack %s: was everything applied?", why);
            return false;
        }
    }
    return true;
}

static int run(struct session *session)
{
    struct cli *cli = session->cli;
    CLEANUP(arena_freep) struct arena *pass_arena = arena_new();
    struct daemon daemon = {.session = session,
                            .pass_arena = pass_arena,
                            .watchdog_ms = notify_watchdog_ms(),
                            .barked_ms = clock_monotonic_ms()};
    if (!read_interval(&daemon) || !relaying_open(session))
        return EXIT_ERROR;
    log_setup(cli_flag(cli, OPT_VERBOSE) ? LOG_DEBUG : LOG_INFO,
              str_eq(cli_option(cli, OPT_LOG_FORMAT), "json"));
    if (!read_configs(&daemon) || !listen_on(&daemon))
        return EXIT_ERROR;
    daemon.serial = state_serial(session->state);
    bool good = run_passes(&daemon);
    http_server_stop(daemon.server);
    if (!good)
        diag_error(&cli->diags, E_RELAY_COPY, NO_POS, NULL,
                   "%d passes in a row failed; the log says why", FAILED_PASSES_MAX);
    return good ? EXIT_DONE : EXIT_ERROR;
}

int cmd_relay_run(struct cli *cli)
{
    return session_run(cli, run);
}
