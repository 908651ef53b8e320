/* relay pause, relay resume: the brake of a relay, in the state and in Lambda. */

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/cli/asking.h"
#include "engine/cli/commands.h"
#include "engine/cli/pausing.h"
#include "engine/cli/relaying.h"
#include "engine/cli/wanted.h"

struct braking {
    struct session *session;
    bool pause;
    struct list_builder rows;
};

/* ---- which relays ---- */

static const struct relay_entry *relay_at(const struct session *session, const char *address)
{
    for (size_t i = 0; i < session->topology.relay_len; i++)
        if (str_eq(session->topology.relays[i].address, address))
            return &session->topology.relays[i];
    return NULL;
}

static bool all_known(struct session *session)
{
    struct cli *cli = session->cli;
    bool good = true;
    for (size_t i = 0; i < cli->line.argument_len; i++) {
        if (relay_at(session, cli->line.arguments[i]))
            continue;
        diag_error(&cli->diags, E_RELAY_NONE, NO_POS, NULL, "%s is no relay of %s",
                   cli->line.arguments[i], session->topology.name);
        good = false;
    }
    return good;
}

/* ---- the function ---- */

static const char *function_of(const struct session *session, const char *relay)
{
    return arena_printf(session->cli->arena, "%s/function", relay);
}

/* What the topology says of its concurrency; NULL: nothing, it has what the account has. */
static const struct value *declared_concurrency(const struct session *session, const char *relay)
{
    const struct resource *function =
        topology_find(&session->topology, function_of(session, relay));
    return function ? value_get(function->properties, "reserved_concurrent_executions") : NULL;
}

static bool set_concurrency(struct braking *braking, const struct record *function,
                            const struct value *executions)
{
    struct session *session = braking->session;
    struct cli *cli = session->cli;
    struct map_builder body = map_begin(cli->arena);
    map_put(&body, "ReservedConcurrentExecutions", executions);
    const struct aws_operation *operation =
        executions ? &lambda_PutFunctionConcurrency : &lambda_DeleteFunctionConcurrency;
    const struct aws_call_spec spec = {
        .operation = operation,
        .account_id = function->account_id,
        .region = function->region,
        .labels =
            value_map_text(cli->arena, "FunctionName", value_get_str(function->attributes, "name")),
        .body = executions ? map_end(&body) : NULL};
    const struct answer answer = ask_aws(cli, session->loop, &spec);
    if (answer.fault == FAULT_NONE)
        return true;
    diag_error(&cli->diags, E_RELAY_BRAKE, NO_POS, function->address, "lambda:%s: %s",
               operation->name, answer.text);
    return false;
}

/* ---- the brake ---- */

static bool brake(struct braking *braking, const char *relay)
{
    struct session *session = braking->session;
    struct cli *cli = session->cli;
    const struct record *function =
        record_find(session->records, session->record_len, function_of(session, relay));
    const struct value *executions =
        braking->pause ? value_int(cli->arena, 0) : declared_concurrency(session, relay);
    bool good = !function || set_concurrency(braking, function, executions);
    const char *since = pausing_since(session, relay);
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "relay", relay);
    map_put_str(&b, "paused_since", since);
    list_add(&braking->rows, map_end(&b));
    if (!cli->json && good)
        cli_out(cli, since ? arena_printf(cli->arena, "%s is paused since %s\n", relay, since)
                           : arena_printf(cli->arena, "%s works\n", relay));
    return good;
}

static bool note_all(struct session *session, bool pause)
{
    const char *now = time_iso(session->cli->arena, loop_now_ms(session->loop));
    bool good = true;
    for (size_t i = 0; good && i < session->topology.relay_len; i++) {
        const char *relay = session->topology.relays[i].address;
        if (is_wanted(session->cli, relay))
            good = pausing_note(session, relay, pause ? now : NULL);
    }
    return good && journal_commit(session->state, &session->cli->diags);
}

/* The state comes first: whatever happens then, an apply brings Lambda to what the state says. */
static int brake_all(struct session *session, bool pause)
{
    struct braking braking = {session, pause, list_begin(session->cli->arena)};
    bool good = true;
    if (!relaying_open_for(session, SESSION_WRITES) || !all_known(session) ||
        !note_all(session, pause) || !pausing_recall(session))
        return EXIT_ERROR;
    for (size_t i = 0; i < session->topology.relay_len; i++)
        if (is_wanted(session->cli, session->topology.relays[i].address))
            good = brake(&braking, session->topology.relays[i].address) && good;
    struct map_builder b = map_begin(session->cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put(&b, "relays", list_end(&braking.rows));
    if (session->cli->json)
        cli_out_json(session->cli, map_end(&b));
    return good ? EXIT_DONE : EXIT_ERROR;
}

static int pause_all(struct session *session)
{
    return brake_all(session, true);
}

static int resume_all(struct session *session)
{
    return brake_all(session, false);
}

int cmd_relay_pause(struct cli *cli)
{
    return session_run(cli, pause_all);
}

int cmd_relay_resume(struct cli *cli)
{
    return session_run(cli, resume_all);
}
