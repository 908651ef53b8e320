/* One drill: a world, an apply, days, and the count. */
#include "engine/drill/drill.h"

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/drill/count.h"
#include "engine/drill/damage.h"
#include "engine/drill/seed.h"
#include "engine/run/run.h"
#include "providers/aws/aws.h"
#include "simulator/service.h"
#include "simulator/world.h"

#define DRAIN_STEP_MS (10 * MINUTE_MS)
#define LATE_MS (30 * MINUTE_MS) /* beyond what the slowest took before a fault struck */
#define LOG_GROUP_END ':'        /* ids of log events: GROUP:STREAM:NUMBER */

struct drill {
    struct arena *arena;
    const struct drill_options *options;
    struct diags *diags;
    const char *dir; /* private, removed at the end */
    struct world *world;
    struct transport transport;
    struct loop *loop;
    struct state *state;
    struct run run;
    struct record *records;
    size_t record_len;
    int64_t start_ms, late_after_ms;
    struct drill_names names;
    struct drill_routes routes;
    struct drill_scene scene; /* of a fault */
};

/* ---- the ground ---- */

static bool open_world(struct drill *drill)
{
    const char *path = drill->options->world_path;
    const struct world_options options = {.path = path ? path : ":memory:",
                                          .stop = drill->options->stop};
    if (path && !file_exists(path) && !state_meet_world(drill->state, NULL, path, drill->diags))
        return false;
    if (!world_open(&options, &drill->world, drill->diags))
        return false;
    if (world_is_new(drill->world)) {
        if (!world_seed(drill->world, drill_seed(drill->arena, drill->options->topology),
                        drill->diags))
            return false;
        int64_t start = drill->options->start_ms;
        if (start && !world_advance_to(drill->world, start, drill->diags))
            return false;
    }
    drill->transport = world_transport(drill->world);
    return state_meet_world(drill->state, world_id(drill->world), options.path, drill->diags);
}

static bool connect(struct drill *drill)
{
    const struct topology *topology = drill->options->topology;
    struct aws_options options = aws_options_of(drill->arena, topology, /* only= */ NULL);
    options.simulated = true;
    drill->loop = loop_new(drill->transport, drill->diags);
    return aws_setup(drill->arena, drill->loop, &options, drill->diags) &&
           aws_verify_identities(drill->loop, drill->diags);
}

static bool open_state(struct drill *drill)
{
    const char *path = drill->options->world_path ? drill->options->state_path : NULL;
    if (!path) {
        drill->dir = path_temp_dir(drill->arena);
        if (!drill->dir) {
            diag_error(drill->diags, E_OUTPUT, NO_POS, NULL, "no temporary folder can be made");
            return false;
        }
        path = path_join(drill->arena, drill->dir, "state.db");
    }
    const struct state_options options = {.path = path,
                                          .topology = drill->options->topology->name,
                                          .world = "simulated",
                                          .command = "drill"};
    return state_open(drill->arena, &options, &drill->state, drill->diags);
}

/* ---- apply ---- */

static bool load(struct drill *drill)
{
    return state_load(drill->state, drill->arena, &drill->records, &drill->record_len,
                      drill->diags);
}

static bool apply(struct drill *drill)
{
    const struct drill_options *options = drill->options;
    struct observation *observations = NULL;
    struct run_summary summary = {0};
    struct plan plan = {0};
    size_t len = 0;
    drill->run = (struct run){.arena = drill->arena,
                              .loop = drill->loop,
                              .state = drill->state,
                              .schemas = options->schemas,
                              .topology = options->topology,
                              .stop = options->stop,
                              .diags = drill->diags};
    if (!load(drill) ||
        !run_observe(&drill->run, drill->records, drill->record_len, &observations, &len))
        return false;
    const struct plan_input input = {.topology = options->topology,
                                     .schemas = options->schemas,
                                     .records = drill->records,
                                     .record_len = drill->record_len,
                                     .observations = observations,
                                     .observation_len = len,
                                     .lineage = state_lineage(drill->state),
                                     .serial = state_serial(drill->state),
                                     .program_version = options->program_version,
                                     .now_ms = loop_now_ms(drill->loop)};
    if (!plan_build(drill->arena, &input, &plan, drill->diags))
        return false;
    const struct run_world world = {drill->records, drill->record_len, observations, len};
    if (!plan_is_empty(&plan) && !run_apply(&drill->run, &plan, &world, &summary))
        return false;
    return load(drill);
}

/* ---- days ---- */

static bool is_stopped(const struct drill *drill)
{
    return drill->options->stop && *drill->options->stop;
}

/* Step by step, for the sake of signals. */
static bool let_days_pass(struct drill *drill, int64_t until)
{
    bool good = true;
    for (int64_t now = world_now_ms(drill->world); good && now < until && !is_stopped(drill);) {
        now = now + HOUR_MS < until ? now + HOUR_MS : until;
        good = world_advance_to(drill->world, now, drill->diags);
    }
    return good;
}

/* ---- what there is to count ---- */

static const struct value *copies_of(struct drill *drill)
{
    struct objects rows = store_list(drill->world, drill->arena, "~backup.copy", NULL, NULL, NULL);
    struct list_builder list = list_begin(drill->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, rows.items[i].body);
    return list_end(&list);
}

static const struct value *logs_of(struct drill *drill)
{
    struct objects rows = store_list(drill->world, drill->arena, "~logs.event", NULL, NULL, NULL);
    struct list_builder list = list_begin(drill->arena);
    for (size_t i = 0; i < rows.len; i++) {
        struct slice rest = slice_of(rows.items[i].id);
        struct slice group = slice_cut(&rest, LOG_GROUP_END);
        struct map_builder b = map_begin(drill->arena);
        map_put_int(&b, "at_ms", value_get_int(rows.items[i].body, "At_ms", 0));
        map_put_str(&b, "account_id", rows.items[i].account);
        map_put_str(&b, "region", rows.items[i].region);
        map_put_str(&b, "group", arena_strndup(drill->arena, group.ptr, group.len));
        map_put(&b, "message", value_get(rows.items[i].body, "Message"));
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static struct drill_facts facts_of(struct drill *drill)
{
    return (struct drill_facts){.topology = drill->options->topology,
                                .records = drill->records,
                                .record_len = drill->record_len,
                                .start_ms = drill->start_ms,
                                .late_after_ms = drill->late_after_ms,
                                .timeline = world_timeline(drill->world, drill->arena),
                                .protected = world_protected(drill->world, drill->arena),
                                .copies = copies_of(drill),
                                .logs = logs_of(drill)};
}

static void count(struct drill *drill, struct drill_report *ret)
{
    const struct drill_facts facts = facts_of(drill);
    ret->days = drill->options->days;
    drill_count(drill->arena, &facts, ret);
}

/* ---- a fault ---- */

static void set_scene(struct drill *drill)
{
    drill_names_init(&drill->names, drill->arena, drill->options->topology, drill->records,
                     drill->record_len);
    drill->routes = drill_routes_find(&drill->names);
    drill->scene =
        (struct drill_scene){.arena = drill->arena,
                             .world = drill->world,
                             .topology = drill->options->topology,
                             .records = drill->records,
                             .record_len = drill->record_len,
                             .names = &drill->names,
                             .routes = &drill->routes,
                             .intruder = intruder_new(drill->arena, drill->world,
                                                      drill->options->topology, drill->diags),
                             .diags = drill->diags};
}

/* In an arena of its own: this is asked every hour, and a world tells all that ever happened. */
static bool all_arrived(const struct drill *drill)
{
    struct drill once = *drill;
    struct drill_report report;
    once.arena = arena_new();
    count(&once, &report);
    bool all = report.missing == 0;
    arena_free(once.arena);
    return all;
}

/* Until what has begun has come to its end. */
static bool let_end(struct drill *drill, int64_t last)
{
    bool good = true;
    for (int64_t now = world_now_ms(drill->world);
         good && now < last && !is_stopped(drill) && world_has_pending(drill->world);) {
        now += DRAIN_STEP_MS;
        good = world_advance_to(drill->world, now, drill->diags);
    }
    return good;
}

/* What lies in the source vault of a relay waits for its schedule, and is not lost yet. */
static bool let_pass(struct drill *drill, int64_t until)
{
    int64_t last = until + DRILL_DRAIN_MS;
    if (!let_days_pass(drill, until))
        return false;
    world_pause_schedules(drill->world, true);
    bool good = let_end(drill, last);
    int64_t due = good ? world_schedules_due_ms(drill->world) : 0;
    if (due && due < last && !all_arrived(drill))
        good = let_days_pass(drill, due + MINUTE_MS) && let_end(drill, last);
    world_pause_schedules(drill->world, false);
    return good;
}

/* Until every backup has arrived, or no later pass of anything that looks once a day can bring it.
 */
static bool wait_for_the_rest(struct drill *drill)
{
    int64_t mended = world_now_ms(drill->world), last = mended + DRILL_DRAIN_MS;
    bool whole = drill_fault_is_left_out(drill->options->fault); /* as long as any */
    for (int64_t now = mended; now < last && !is_stopped(drill);) {
        if (!whole && !world_has_pending(drill->world) &&
            (now >= mended + DRILL_MENDED_MS || all_arrived(drill)))
            break;
        now += HOUR_MS;
        if (!world_advance_to(drill->world, now, drill->diags))
            return false;
    }
    return !is_stopped(drill);
}

/* Only calls change what AWS shows. */
static const char *look(struct drill *drill)
{
    size_t tries = 0;
    const struct drill_options *options = drill->options;
    const struct drill_view view = {&drill->run, drill->records, drill->record_len};
    intruder_tries(drill->scene.intruder, &tries);
    return options->look && (tries > 0 || drill_fault_is_left_out(options->fault))
               ? options->look(options->look_ctx, &view)
               : "";
}

static bool let_pass_with_fault(struct drill *drill, struct drill_report *ret)
{
    const struct drill_fault *fault = drill->options->fault;
    int64_t half = drill->options->days * DAY_MS / 2;
    if (!let_days_pass(drill, drill->start_ms + half))
        return false;
    count(drill, ret);
    drill->late_after_ms = ret->slowest_ms ? ret->slowest_ms + LATE_MS : 0;
    set_scene(drill);
    if (!drill->scene.intruder || !drill_fault_wait(fault, &drill->scene))
        return false;
    struct drill_blow blow = {.struck_ms = world_now_ms(drill->world)};
    if (!drill_fault_strike(fault, &drill->scene))
        return false;
    blow.seen = look(drill);
    int64_t end = blow.struck_ms + drill->options->days * DAY_MS - half;
    if (!let_days_pass(drill, end) || is_stopped(drill))
        return false;
    world_pause_schedules(drill->world, true);
    if (drill_fault_passes(fault)) {
        blow.mended_ms = world_now_ms(drill->world);
        if (!drill_fault_mend(fault, &drill->scene))
            return false;
    }
    bool good = wait_for_the_rest(drill);
    world_pause_schedules(drill->world, false);
    count(drill, ret);
    blow.tries = intruder_tries(drill->scene.intruder, &blow.try_len);
    drill_damage(&drill->scene, ret, &blow);
    ret->blow = blow;
    return good;
}

static bool run(struct drill *drill, struct drill_report *ret)
{
    if (!open_state(drill) || !open_world(drill) || !connect(drill) || !apply(drill))
        return false;
    drill->start_ms = world_now_ms(drill->world);
    if (drill->options->fault)
        return let_pass_with_fault(drill, ret);
    if (!let_pass(drill, drill->start_ms + drill->options->days * DAY_MS) || is_stopped(drill))
        return false;
    count(drill, ret);
    return true;
}

bool drill_run(struct arena *arena, const struct drill_options *options, struct drill_report *ret,
               struct diags *diags)
{
    struct drill drill = {.arena = arena, .options = options, .diags = diags};
    bool good = run(&drill, ret);
    intruder_free(drill.scene.intruder);
    if (drill.loop)
        loop_free(drill.loop);
    if (drill.transport.ops)
        drill.transport.ops->close(drill.transport.self);
    world_close(drill.world);
    state_close(drill.state);
    if (drill.dir)
        dir_remove(drill.dir);
    return good;
}
