/* A world's life, its clock, its tasks and its ids. */
#include "simulator/internal.h"

#include "engine/base/bug.h"
#include "engine/base/crypto.h"
#include "engine/base/log.h"

#define FORMAT "1"
#define IN_MEMORY "00000000" /* its id */
#define OUTAGE_LOOK_MS (10 * MINUTE_MS)

static const struct sim_api *const apis[] = {
#define SERVICE(name) &sim_##name,
#include "simulator/services.inc"
#undef SERVICE
    NULL,
};

const struct sim_api *const *api_all(void)
{
    return apis;
}

const struct sim_api *api_of(const char *service)
{
    for (size_t i = 0; apis[i]; i++) {
        if (str_eq(apis[i]->service, service))
            return apis[i];
    }
    return NULL;
}

const struct sim_task *task_kind(const char *kind)
{
    for (size_t i = 0; apis[i]; i++) {
        for (size_t k = 0; k < apis[i]->task_len; k++) {
            if (str_eq(apis[i]->tasks[k].kind, kind))
                return &apis[i]->tasks[k];
        }
    }
    return NULL;
}

/* ---- transactions ---- */

void world_begin(struct world *world)
{
    BUG_ON(world->in_tx);
    world->failed = !db_begin(world->db, &world->diags);
    world->in_tx = true;
}

static void save_number(struct world *world, const char *name, int64_t number)
{
    struct arena *arena = arena_new();
    meta_put(world, name, arena_printf(arena, "%lld", (long long)number));
    arena_free(arena);
}

static void roll_back(struct world *world)
{
    db_rollback(world->db);
    world->in_tx = false;
    world->id_count = world->id_saved;
    world->seq_count = world->seq_saved;
    world->past.len = world->past.len_saved;
    world->hardships.known = false; /* settings may have been among what is undone */
}

bool world_commit(struct world *world)
{
    BUG_ON(!world->in_tx);
    int64_t now = world_now_ms(world);
    if (world->id_count != world->id_saved)
        save_number(world, "ids", world->id_count);
    if (world->seq_count != world->seq_saved)
        save_number(world, "seq", world->seq_count);
    if (now != world->now_saved)
        save_number(world, "now", now);
    if (world->failed || !db_commit(world->db, &world->diags)) {
        roll_back(world);
        return false;
    }
    world->in_tx = false;
    world->id_saved = world->id_count;
    world->seq_saved = world->seq_count;
    world->past.len_saved = world->past.len;
    world->now = world->now_saved = now;
    return true;
}

void world_rollback(struct world *world)
{
    BUG_ON(!world->in_tx);
    roll_back(world);
}

/* ---- life ---- */

static int64_t meta_int(struct world *world, const char *name, int64_t otherwise)
{
    struct arena *arena = arena_new();
    const char *text = NULL;
    long long number = 0;
    bool good = meta_get(world, arena, name, &text) && parse_int64(slice_of(text), &number);
    arena_free(arena);
    return good ? number : otherwise;
}

static bool load(struct world *world, bool in_memory, struct diags *diags)
{
    const char *format = NULL;
    world->fresh = !meta_get(world, world->arena, "format", &format);
    if (!world->fresh && !str_eq(format, FORMAT)) {
        diag_error(diags, E_WORLD, NO_POS, NULL, "the world was made by another version (%s)",
                   format);
        return false;
    }
    world->id_count = world->id_saved = meta_int(world, "ids", 0);
    world->seq_count = world->seq_saved = meta_int(world, "seq", 0);
    int64_t wall = clock_wall_ms();
    world->now = meta_int(world, "now", world->wall ? wall : WORLD_EPOCH_MS);
    world->now_saved = -1;
    world->offset = meta_int(world, "offset", 0);
    /* a world's time never runs backwards, whichever clock it had before */
    if (world->wall && world->now > wall + world->offset)
        world->offset = world->now - wall;
    if (!meta_get(world, world->arena, "seed", &world->seed))
        world->seed = "holdfast";
    if (!meta_get(world, world->arena, "id", &world->id))
        world->id =
            in_memory ? IN_MEMORY : arena_strndup(world->arena, random_uuid(world->arena), 8);
    world_begin(world);
    meta_put(world, "format", FORMAT);
    meta_put(world, "seed", world->seed);
    meta_put(world, "id", world->id);
    if (world_commit(world))
        return true;
    diag_error(diags, E_WORLD, NO_POS, NULL, "the world cannot be written");
    return false;
}

bool world_open(const struct world_options *options, struct world **ret, struct diags *diags)
{
    struct arena *arena = arena_new();
    struct world *world = arena_new_of(arena, struct world);
    *world = (struct world){.arena = arena,
                            .wall = options->wall_clock,
                            .record = options->record_calls,
                            .latency_ms = options->latency_ms,
                            .stop = options->stop,
                            .pinned = -1};
    diags_init(&world->diags, arena);
    if (!store_open(world, options->path, diags) ||
        !load(world, str_eq(options->path, ":memory:"), diags)) {
        db_close(world->db);
        arena_free(arena);
        return false;
    }
    *ret = world;
    return true;
}

void world_close(struct world *world)
{
    if (!world)
        return;
    function_host_free(world->host);
    world_begin(world); /* the clock may have moved since the last transaction */
    if (!world_commit(world))
        log_event(LOG_WARN, "the world's clock could not be saved", NULL);
    db_close(world->db);
    past_free(&world->past);
    arena_free(world->arena);
}

bool world_is_new(const struct world *world)
{
    return world->fresh;
}

const char *world_id(const struct world *world)
{
    return world->id;
}

bool world_is_stopped(const struct world *world)
{
    return world->stop && *world->stop;
}

/* ---- time ---- */

int64_t world_now_ms(struct world *world)
{
    if (world->pinned >= 0)
        return world->pinned;
    return world->wall ? clock_wall_ms() + world->offset : world->now;
}

/* Of a Region that stands still nothing runs: what is due there is looked at again later. */
static bool stands_still(struct world *world, const struct value *payload)
{
    const char *region = value_get_str(payload, "region");
    return region_stands_still(world, region ? region : value_get_str(payload, "Region"));
}

static void put_off(struct world *world, const struct due_task *due)
{
    int64_t now = due->due > world->now ? due->due : world->now;
    world_begin(world);
    task_add(world, now + OUTAGE_LOOK_MS, due->kind, due->payload);
    task_remove(world, due->seq);
    if (!world_commit(world))
        log_event(LOG_ERROR, "a task of the simulator failed", "kind", due->kind, NULL);
}

static void run_task(struct world *world, const struct due_task *due)
{
    struct arena *arena = arena_new();
    const struct sim_task *task = task_kind(due->kind);
    int64_t before = world->pinned;
    /* A task runs at its own time, also when a world was closed or is moved over many days. */
    world->pinned = due->due > world->now ? due->due : world->now;
    world->now = world->pinned;
    if (task && task->detached) {
        task->run(world, arena, due->payload);
        world_begin(world);
    } else {
        world_begin(world);
        if (task)
            task->run(world, arena, due->payload);
    }
    task_remove(world, due->seq);
    if (!world_commit(world))
        log_event(LOG_ERROR, "a task of the simulator failed", "kind", due->kind, NULL);
    world->pinned = before;
    arena_free(arena);
}

static void run_due(struct world *world, int64_t until)
{
    BUG_ON(world->in_tx);
    while (!world_is_stopped(world)) { /* what is left runs when the world is opened again */
        struct arena *arena = arena_new();
        struct due_task due;
        size_t errors = world->diags.errors;
        bool found = task_first(world, arena, until, &due);
        if (found && stands_still(world, due.payload))
            put_off(world, &due);
        else if (found)
            run_task(world, &due);
        arena_free(arena);
        if (!found || world->diags.errors > errors)
            return;
    }
}

bool world_advance_to(struct world *world, int64_t ms, struct diags *diags)
{
    size_t errors = world->diags.errors;
    run_due(world, ms);
    if (world->wall) {
        int64_t wall = clock_wall_ms();
        if (ms > wall + world->offset)
            world->offset = ms - wall;
        world_begin(world);
        save_number(world, "offset", world->offset);
        if (!world_commit(world))
            world->diags.errors++;
    } else if (ms > world->now) {
        world->now = ms;
    }
    if (world->diags.errors == errors)
        return true;
    diag_error(diags, E_WORLD, NO_POS, NULL, "the world cannot be written: %s",
               world->diags.len ? world->diags.items[world->diags.len - 1].message : "no details");
    return false;
}

void world_step(struct world *world)
{
    run_due(world, world_now_ms(world));
}

bool world_has_pending(struct world *world)
{
    return task_pending(world);
}

int64_t world_schedules_due_ms(struct world *world)
{
    return task_last_due(world, "events.schedule");
}

/* ---- ids ---- */

static void next_digest(struct world *world, uint8_t out[SHA256_LEN])
{
    BUG_ON(!world->in_tx); /* an id that no transaction keeps would be given out twice */
    struct arena *arena = arena_new();
    const char *text = arena_printf(arena, "%s %lld", world->seed, (long long)++world->id_count);
    sha256(slice_of(text), out);
    arena_free(arena);
}

const char *id_hex(struct world *world, struct arena *arena, size_t len)
{
    uint8_t digest[SHA256_LEN];
    next_digest(world, digest);
    BUG_ON(len > (size_t)2 * SHA256_LEN);
    return arena_strndup(arena, hex_encode(arena, digest, SHA256_LEN), len);
}

const char *id_uuid(struct world *world, struct arena *arena)
{
    const char *hex = id_hex(world, arena, 32);
    return arena_printf(arena, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 13, hex + 17,
                        hex + 20);
}

const char *id_upper(struct world *world, struct arena *arena, const char *prefix, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t digest[SHA256_LEN];
    next_digest(world, digest);
    BUG_ON(len > SHA256_LEN);
    struct strbuf sb;
    strbuf_init(&sb, arena, 128);
    strbuf_add(&sb, prefix);
    for (size_t i = 0; i < len; i++)
        strbuf_add_char(&sb, letters[digest[i] & 31]);
    return strbuf_str(&sb);
}
