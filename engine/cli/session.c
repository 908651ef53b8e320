#include "engine/cli/session.h"

#include <string.h>
#include <unistd.h>

#include "engine/base/crypto.h"
#include "engine/base/env.h"
#include "engine/base/file.h"
#include "engine/cli/moving.h"
#include "engine/cli/pausing.h"
#include "engine/cli/sharing.h"
#include "engine/cli/signals.h"
#include "engine/cli/source_keys.h"
#include "engine/cli/units.h"
#include "engine/cli/unrecorded.h"
#include "engine/config/config.h"
#include "engine/config/yaml.h"
#include "engine/drill/seed.h"
#include "providers/aws/profiles.h"
#include "providers/http.h"

/* CI runners wait seven and a half seconds and more between their two signals. */
#define GRACE_S 6
#define OPENING_GRACES 1 /* nothing flies to AWS yet, and a lock is to be given back */
#define RUN_GRACES 2     /* the first is AWS's; then it is written down, and the lock given back */

const char *session_data_dir(struct cli *cli)
{
    const char *dir = env_get("HOLDFAST_DATA_DIR");
    if (dir)
        return dir;
    const char *self = path_self_dir(cli->arena);
    const char *beside = path_join(cli->arena, self, "share/holdfast");
    return dir_exists(beside) ? beside : path_join(cli->arena, self, "../share/holdfast");
}

/* NAME=VALUE from --var; files from --var-file hold a map each. */
static bool read_variables(struct session *session, const struct value **ret)
{
    struct cli *cli = session->cli;
    struct map_builder b = map_begin(cli->arena);
    const char *const *files = cli_list(cli, OPT_VAR_FILE), *const *pairs = cli_list(cli, OPT_VAR);
    for (; files && *files; files++) {
        struct slice text;
        const struct value *map = NULL;
        if (!file_read(cli->arena, *files, FILE_READ_MAX, &text, &cli->diags) ||
            !yaml_parse(cli->arena, *files, text, &map, &cli->diags))
            return false;
        if (!value_is(map, VALUE_MAP) && !value_is(map, VALUE_NULL)) {
            diag_error(&cli->diags, E_WRONG_TYPE, map->pos, NULL,
                       "a file of variables is a map of names and values, not a %s",
                       value_kind_name(map->kind));
            return false;
        }
        for (size_t i = 0; value_is(map, VALUE_MAP) && i < map->map.len; i++)
            map_put_at(&b, map->map.entries[i].key, map->map.entries[i].key_pos,
                       map->map.entries[i].value);
    }
    for (; pairs && *pairs; pairs++) {
        struct slice rest = slice_of(*pairs), name = slice_cut(&rest, '=');
        if (!rest.ptr || name.len == 0) {
            diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "--var %s is not NAME=VALUE", *pairs);
            return false;
        }
        map_put(&b, arena_strndup(cli->arena, name.ptr, name.len),
                value_string_n(cli->arena, rest.ptr, rest.len));
    }
    *ret = map_end(&b);
    return true;
}

static bool load(struct session *session)
{
    struct cli *cli = session->cli;
    const struct value *variables = NULL;
    if (!read_variables(session, &variables))
        return false;
    const char *path = cli_option(cli, OPT_FILE);
    struct config_options options = {
        .path = path ? path : "topology.yaml",
        .variables = variables,
        .data_dir = session_data_dir(cli),
        .environment_variables = env_with_prefix(cli->arena, "HOLDFAST_VAR_"),
        .units = session->units,
        .source_keys = session->source_keys,
        .first_names = session->first_names,
        .paused = session->paused,
    };
    return config_load(cli->arena, &options, session->schemas, &session->topology, &cli->diags) &&
           plan_check_cycles(cli->arena, &session->topology, session->schemas, &cli->diags);
}

bool session_load(struct session *session)
{
    if (!session->schemas)
        session->schemas = schema_load(session->cli->arena);
    session->before = session->cli->diags.len;
    bool good = load(session);
    session->after = session->cli->diags.len;
    return good;
}

/* What the first reading warned of, the second says again, of the accounts that there are. */
static void forget_warnings(struct session *session)
{
    struct diags *diags = &session->cli->diags;
    size_t len = session->after - session->before;
    if (len == 0)
        return;
    memmove(diags->items + session->before, diags->items + session->after,
            (diags->len - session->after) * sizeof(*diags->items));
    diags->len -= len;
}

bool session_reload(struct session *session)
{
    forget_warnings(session);
    session->before = session->cli->diags.len;
    bool good = load(session);
    session->after = session->cli->diags.len;
    return good;
}

bool session_expand(struct session *session)
{
    if (session->topology.unit_len == 0)
        return true;
    if (session->world && world_is_new(session->world))
        session->units = drill_units(session->cli->arena, &session->topology);
    else if (!units_read(session, &session->units))
        return false;
    return session_reload(session);
}

static bool simulated(const struct session *session)
{
    return cli_flag(session->cli, OPT_SIMULATE);
}

const char *session_default_world(const struct session *session)
{
    return arena_printf(session->cli->arena, ".holdfast/%s.world.db", session->topology.name);
}

const char *session_world_path(struct session *session)
{
    const char *path = cli_option(session->cli, OPT_WORLD);
    return path ? path : session_default_world(session);
}

const char *session_endpoint(const struct session *session)
{
    const char *url = cli_option(session->cli, OPT_ENDPOINT_URL);
    return url ? url : env_get("AWS_ENDPOINT_URL");
}

/* The state belongs to one world; the world is part of its default name. */
static void name_state(struct session *session, const char **ret_path, const char **ret_world)
{
    struct arena *arena = session->cli->arena;
    const char *given = cli_option(session->cli, OPT_STATE), *name = session->topology.name;
    const char *url = cli_option(session->cli, OPT_ENDPOINT_URL), *path;
    const char *endpoint = aws_endpoint_overrides(arena, url);
    if (simulated(session)) {
        *ret_world = "simulated";
        path = arena_printf(arena, ".holdfast/%s.simulated.db", name);
    } else if (endpoint) {
        const char *digest = arena_strndup(arena, sha256_hex(arena, slice_of(endpoint)), 8);
        *ret_world = arena_printf(arena, "endpoint %s", digest);
        path = arena_printf(arena, ".holdfast/%s.%s.db", name, digest);
    } else {
        *ret_world = "aws";
        path = arena_printf(arena, ".holdfast/%s.db", name);
    }
    *ret_path = given ? given : path;
}

const char *session_state_path(struct session *session)
{
    const char *path = NULL, *name = NULL;
    name_state(session, &path, &name);
    return path;
}

const char *session_world_name(struct session *session)
{
    const char *path = NULL, *name = NULL;
    name_state(session, &path, &name);
    return session->world
               ? arena_printf(session->cli->arena, "%s %s", name, world_id(session->world))
               : name;
}

bool session_open_state(struct session *session, enum session_mode mode)
{
    struct cli *cli = session->cli;
    if (simulated(session) && cli_option(cli, OPT_ENDPOINT_URL)) {
        struct diag *diag = diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                                       "--simulate and --endpoint-url name two different worlds");
        diag_hint(&cli->diags, diag, "Leave one of them out (HOLDFAST_SIMULATE counts as well).");
        return false;
    }
    if (mode == SESSION_WRITES)
        session->stop = signals_catch(); /* a lock is given back in order */
    struct state_options options = {.topology = session->topology.name,
                                    .read_only = mode == SESSION_READS,
                                    .command = cli->line.command->words,
                                    .who = env_get("USER"),
                                    .stop = session->stop,
                                    .take_over = session->takes_over,
                                    .recover = session->recovers};
    name_state(session, &options.path, &options.world);
    if (!cli_duration(cli, OPT_LOCK_TIMEOUT, 0, &options.lock_timeout_ms))
        return false;
    if (session->topology.shared_state) {
        if (!sharing_open(session))
            return false;
        if (!sharing_heed_signals(session, mode == SESSION_WRITES ? OPENING_GRACES : 0))
            return false;
        session->remote.stop = session->stop;
        options.remote = &session->remote;
        options.sealing = session->topology.shared_state->kms_key ? &session->sealing : NULL;
    }
    session->as_opened = options;
    if (!state_open(cli->arena, &options, &session->state, &cli->diags))
        return false;
    if (options.remote && mode == SESSION_WRITES && !sharing_heed_signals(session, RUN_GRACES))
        return false;
    if (state_under_way(session->state))
        cli_note(cli, "%s", state_under_way(session->state));
    return true;
}

bool session_look_at_state(const struct session *session, struct arena *arena, struct state **ret,
                           struct diags *diags)
{
    struct state_options options = session->as_opened;
    options.read_only = true;
    return state_open(arena, &options, ret, diags);
}

static bool open_world(struct session *session)
{
    struct cli *cli = session->cli;
    struct world_options options = {.path = session_world_path(session), .record_calls = true};
    if (!world_open(&options, &session->world, &cli->diags))
        return false;
    session->transport = world_transport(session->world);
    return true;
}

static bool seed_world(struct session *session)
{
    struct cli *cli = session->cli;
    if (!session->world)
        return true;
    if (world_is_new(session->world))
        return world_seed(session->world, drill_seed(cli->arena, &session->topology), &cli->diags);
    return !session->topology.shared_state ||
           world_seed_buckets(session->world, drill_seed_of_state(cli->arena, &session->topology),
                              &cli->diags);
}

/* Of the accounts only those that have to be reached. */
static void keep_reached(const struct session *session, struct aws_options *options)
{
    struct aws_account *kept =
        arena_array(session->cli->arena, options->account_len, sizeof(*kept));
    size_t len = 0;
    for (size_t i = 0; i < options->account_len; i++)
        if (str_is_one_of(options->accounts[i].id, session->reached))
            kept[len++] = options->accounts[i];
    options->accounts = kept;
    options->account_len = len;
}

struct aws_options session_aws_options(struct session *session, const char *only)
{
    struct aws_options options = aws_options_of(session->cli->arena, &session->topology, only);
    if (session->reached)
        keep_reached(session, &options);
    options.endpoint_url = cli_option(session->cli, OPT_ENDPOINT_URL);
    options.simulated = session->world || simulated(session);
    return options;
}

/* Without every account, or with `spares` without any, there is nothing to do. */
static bool identities_suffice(struct session *session)
{
    size_t len = 0, confirmed = 0;
    if (aws_verify_identities(session->loop, &session->cli->diags))
        return true;
    const struct aws_identity *identities = aws_identities(session->loop, &len);
    for (size_t i = 0; i < len; i++)
        confirmed += !identities[i].refused;
    return session->spares && confirmed > 0 && !loop_is_cut(session->loop);
}

bool session_settle(struct session *session)
{
    struct cli *cli = session->cli;
    if ((!session->reached && !session_expand(session)) || !seed_world(session))
        return false;
    session->loop = loop_new(session->transport, &cli->diags);
    session->stop = signals_catch();
    loop_stop_on(session->loop, session->stop, 0);
    struct aws_options options = session_aws_options(session, /* only= */ NULL);
    if (!aws_setup(cli->arena, session->loop, &options, &cli->diags) ||
        !identities_suffice(session))
        return false;
    if (session->reached || !source_keys_matter(&session->topology))
        return true;
    session->source_keys = source_keys_read(session);
    return session_reload(session);
}

static bool open_network(struct session *session)
{
    struct cli *cli = session->cli;
    const char *authorities = NULL;
    return profiles_ca_bundle(cli->arena, &authorities, &cli->diags) &&
           http_transport(authorities, &session->transport, &cli->diags);
}

bool session_grace(struct session *session, int64_t *ret_ms)
{
    int64_t grace_s = 0;
    if (!cli_number(session->cli, OPT_GRACE, GRACE_S, 0, 3600, &grace_s))
        return false;
    *ret_ms = grace_s * 1000;
    return true;
}

bool session_connect(struct session *session)
{
    struct cli *cli = session->cli;
    if (simulated(session)) {
        if (!open_world(session))
            return false;
    } else if (!open_network(session)) {
        return false;
    }
    if (!session_settle(session))
        return false;
    int64_t parallelism = 0;
    if (!cli_number(cli, OPT_PARALLELISM, 256, 1, 10000, &parallelism) ||
        !session_grace(session, &session->grace_ms))
        return false;
    loop_set_window(session->loop, (size_t)parallelism);
    session->run = (struct run){
        .arena = cli->arena,
        .loop = session->loop,
        .state = session->state,
        .schemas = session->schemas,
        .topology = &session->topology,
        .diags = &cli->diags,
        .parallelism = (size_t)parallelism,
    };
    return true;
}

void session_changes_begin(struct session *session)
{
    session->run.stop = session->stop;
    loop_stop_on(session->loop, session->stop, session->grace_ms);
}

/* Before a world is made: the state may miss another. */
static bool world_may_open(struct session *session)
{
    const char *path = session_world_path(session);
    return !simulated(session) || file_exists(path) ||
           state_meet_world(session->state, NULL, path, &session->cli->diags);
}

static bool meet_world(struct session *session)
{
    return !session->world || state_meet_world(session->state, world_id(session->world),
                                               session_world_path(session), &session->cli->diags);
}

/* What a state cannot do without, and not what AWS refused. */
static bool is_of_state(const struct diags *diags)
{
    for (size_t i = 0; i < diags->len; i++)
        if (diag_code_status(diags->items[i].code) == 4)
            return true;
    return false;
}

/* An intent that cannot be settled now leaves its object as it is recorded, where the command goes
 * on without accounts that let nobody in. */
static bool recover_as_far_as_read(struct session *session)
{
    struct cli *cli = session->cli;
    struct run run = session->run;
    struct diags own;
    diags_init(&own, cli->arena);
    run.diags = &own;
    struct diags *before = loop_tell(session->loop, &own);
    bool all = run_recover(&run, &session->records, &session->record_len, /* persist= */ false);
    loop_tell(session->loop, before);
    bool fatal = is_of_state(&own) || loop_is_cut(session->loop);
    for (size_t i = 0; i < own.len; i++) {
        const struct diag *diag = &own.items[i];
        bool error = fatal && diag->severity == SEVERITY_ERROR;
        (error ? diag_error : diag_warning)(&cli->diags, diag->code, diag->pos, diag->address, "%s",
                                            diag->message);
    }
    if (!all && !fatal)
        cli_note(cli, "Not every open intent can be settled by reading now: what it is about is "
                      "taken as it is recorded.");
    return all || !fatal;
}

static bool recover(struct session *session, enum session_mode mode)
{
    return session->spares ? recover_as_far_as_read(session)
                           : run_recover(&session->run, &session->records, &session->record_len,
                                         mode == SESSION_WRITES);
}

/* Who settles by reading alone says so: the next one that writes may read something else. */
static bool note_open_intents(struct session *session)
{
    struct cli *cli = session->cli;
    struct intent *open = NULL;
    size_t len = 0;
    if (!journal_open_intents(session->state, cli->arena, &open, &len, &cli->diags))
        return false;
    if (len > 0)
        cli_note(cli,
                 "%zu open %s taken as AWS has it now; the next apply reads again and writes "
                 "it down (state journal).",
                 len, len == 1 ? "intent is" : "intents are");
    return true;
}

static bool load_and_recover(struct session *session, enum session_mode mode)
{
    struct cli *cli = session->cli;
    session->serial = state_serial(session->state);
    return state_load(session->state, cli->arena, &session->records, &session->record_len,
                      &cli->diags) &&
           (mode == SESSION_WRITES || note_open_intents(session)) && recover(session, mode) &&
           unrecorded_settle(session, mode == SESSION_WRITES);
}

/* A shared state lies behind the connection, a file before it. */
static bool open_and_connect(struct session *session, enum session_mode mode)
{
    if (!session->topology.shared_state)
        return session_open_state(session, mode) && world_may_open(session) &&
               session_connect(session);
    if (!session_connect(session) || !session_open_state(session, mode))
        return false;
    session->run.state = session->state;
    sharing_keep(session);
    return true;
}

bool session_open(struct session *session, enum session_mode mode)
{
    return open_and_connect(session, mode) && meet_world(session) &&
           load_and_recover(session, mode) && pausing_recall(session) &&
           moving_apply(session, session->topology.moves, session->topology.move_len);
}

bool session_reach(struct session *session, const char *const *accounts)
{
    struct cli *cli = session->cli;
    session->reached = accounts;
    if (session->topology.shared_state) /* it may lie in an account that is gone */
        return session_connect(session);
    return session_open_state(session, SESSION_READS) && world_may_open(session) &&
           session_connect(session) && meet_world(session) &&
           state_load(session->state, cli->arena, &session->records, &session->record_len,
                      &cli->diags) &&
           moving_apply(session, session->topology.moves, session->topology.move_len);
}

static void release(struct session *session)
{
    if (session->state)
        state_finish(session->state, &session->cli->diags);
    sharing_close(session);
    if (session->loop)
        loop_free(session->loop);
    if (session->transport.ops)
        session->transport.ops->close(session->transport.self);
    world_close(session->world);
    state_close(session->state);
}

int session_run(struct cli *cli, session_fn *act)
{
    struct session session = {.cli = cli};
    int status = act(&session);
    release(&session);
    return session.stop && *session.stop ? 128 + (int)*session.stop : status;
}
