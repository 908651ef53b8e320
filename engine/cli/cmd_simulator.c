/* simulator serve, advance, dump: the world by itself. */

#include <signal.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/cli/signals.h"
#include "engine/drill/seed.h"
#include "providers/http.h"
#include "simulator/server.h"

/* Opens the world of the topology, or of --world when no topology is given. */
static bool open_world(struct session *session, bool wall_clock, int64_t latency_ms)
{
    struct cli *cli = session->cli;
    bool has_file = cli_option(cli, OPT_FILE) || !cli_option(cli, OPT_WORLD);
    if (has_file && !session_load(session))
        return false;
    struct world_options options = {.path = session_world_path(session),
                                    .wall_clock = wall_clock,
                                    .latency_ms = latency_ms,
                                    .stop = wall_clock ? signals_catch() : NULL,
                                    .record_calls = true};
    if (!world_open(&options, &session->world, &cli->diags))
        return false;
    return !has_file || !world_is_new(session->world) ||
           (session_expand(session) &&
            world_seed(session->world, drill_seed(cli->arena, &session->topology), &cli->diags));
}

static int serve(struct session *session)
{
    struct cli *cli = session->cli;
    int64_t port = 0, latency = 0;
    struct sim_server *server = NULL;
    if (!cli_number(cli, OPT_PORT, 0, 0, 65535, &port) ||
        !cli_number(cli, OPT_LATENCY, 0, 0, 60000, &latency) ||
        !open_world(session, /* wall_clock= */ true, latency) ||
        !server_start(session->world, (unsigned)port, &server, &cli->diags))
        return EXIT_ERROR;
    const volatile sig_atomic_t *stop = signals_catch();
    cli_say_listening(cli, server_port(server));
    while (!*stop) {
        server_poll(server, 50);
        world_step(session->world);
    }
    server_stop(server);
    return EXIT_DONE;
}

struct served {
    struct cli *cli;
    bool ended;
    int status;
    const struct value *body;
};

static void answered(void *ctx, const struct http_response *response)
{
    struct served *served = ctx;
    const char *why = NULL;
    served->ended = true;
    served->status = response->status;
    if (response->status == 0)
        diag_error(&served->cli->diags, E_UNREACHABLE, NO_POS, NULL, "%s",
                   response->error ? response->error : "no answer");
    else if (response->status != 200 ||
             !json_parse(served->cli->arena, response->body, &served->body, &why))
        diag_error(&served->cli->diags, E_BAD_ANSWER, NO_POS, NULL,
                   "status %d; is this a holdfast simulator?", response->status);
}

/* Where the world is served, as for every other command; NULL: it is a file. */
static const char *served_at(const struct session *session)
{
    return cli_flag(session->cli, OPT_SIMULATE) ? NULL : session_endpoint(session);
}

/* A served world is asked over its private paths. NULL on failure. */
static const struct value *ask(struct cli *cli, const char *url, const char *path,
                               const struct value *body)
{
    struct served served = {.cli = cli};
    struct transport transport;
    if (!http_transport(NULL, &transport, &cli->diags))
        return NULL;
    struct http_request request = {
        .method = "POST",
        .base_url = url,
        .path = path,
        .query = "",
        .body = slice_of(json_print(cli->arena, body, JSON_COMPACT)),
        .timeout_ms = 600000,
    };
    transport.ops->send(transport.self, &request, answered, &served);
    while (!served.ended)
        transport.ops->wait(transport.self, clock_steady_ms() + 1000);
    transport.ops->close(transport.self);
    return served.body;
}

static int advance(struct session *session)
{
    struct cli *cli = session->cli;
    int64_t days = 0, hours = 0, now;
    if (!cli_number(cli, OPT_DAYS, 0, 0, 36500, &days) ||
        !cli_number(cli, OPT_HOURS, 0, 0, 876000, &hours))
        return EXIT_USAGE;
    int64_t ms = days * DAY_MS + hours * HOUR_MS;
    if (served_at(session)) {
        struct map_builder b = map_begin(cli->arena);
        map_put_int(&b, "ms", ms);
        const struct value *answer =
            ask(cli, served_at(session), "/_holdfast/advance", map_end(&b));
        if (!answer)
            return EXIT_ERROR;
        now = value_get_int(answer, "now_ms", 0);
    } else {
        if (!open_world(session, /* wall_clock= */ false, 0) ||
            !world_advance_to(session->world, world_now_ms(session->world) + ms, &cli->diags))
            return EXIT_ERROR;
        now = world_now_ms(session->world);
    }
    if (cli->json) {
        struct map_builder b = map_begin(cli->arena);
        map_put_str(&b, "format_version", "1.0");
        map_put_str(&b, "now", time_iso(cli->arena, now));
        cli_out_json(cli, map_end(&b));
    } else {
        cli_out(cli, arena_printf(cli->arena, "now %s\n", time_iso(cli->arena, now)));
    }
    return EXIT_DONE;
}

static int dump(struct session *session)
{
    struct cli *cli = session->cli;
    bool calls = cli_flag(cli, OPT_CALLS), stable = cli_flag(cli, OPT_STABLE);
    const struct value *answer;
    if (served_at(session)) {
        struct map_builder b = map_begin(cli->arena);
        map_put_bool(&b, "stable", stable);
        answer = ask(cli, served_at(session), calls ? "/_holdfast/calls" : "/_holdfast/dump",
                     map_end(&b));
        if (!answer)
            return EXIT_ERROR;
    } else {
        if (!open_world(session, /* wall_clock= */ false, 0))
            return EXIT_ERROR;
        answer = calls ? world_calls(session->world, cli->arena)
                       : world_dump(session->world, cli->arena, stable);
    }
    if (cli->json && calls) { /* a list by itself has no place for its version */
        struct map_builder b = map_begin(cli->arena);
        map_put_str(&b, "format_version", "1.0");
        map_put(&b, "calls", answer);
        answer = map_end(&b);
    }
    cli_out(cli, json_print(cli->arena, answer, JSON_PRETTY | JSON_SORTED));
    cli_out(cli, "\n");
    cli->result_printed = true;
    return EXIT_DONE;
}

int cmd_simulator_serve(struct cli *cli)
{
    return session_run(cli, serve);
}

int cmd_simulator_advance(struct cli *cli)
{
    return session_run(cli, advance);
}

int cmd_simulator_dump(struct cli *cli)
{
    return session_run(cli, dump);
}
