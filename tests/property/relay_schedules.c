/* Random lives of a relay, and what must be true of each of them:
 *
 *   - at no time are there two last copies of one point;
 *   - in the end, once nothing fails any more, each point that is tagged for the last vault has its
 *     copy there, or a relay refuses it for a reason that the life gave it: an alarm;
 *   - what is tagged for another vault, or for none, has no copy;
 *   - a life without faults sees no refusal, no failed pass and no error.
 *
 * A hard life has it all: events that are lost, doubled, reordered, half-filled or late by weeks;
 * calls that are throttled, fail, or run and are not answered; copies that fail; tags that are
 * lost; relays that act at once, stand still in the middle, or end there; rests longer than AWS
 * lists jobs.
 *
 *     relay_schedules [--seed N] [--lives N | --seconds N] [--without HARDSHIP] [--trace]
 *
 * The first life has seed N (without one: the time), the next N+1, and so on. What goes wrong is
 * printed with its seed and all that happened; `--seed N --lives 1` shows it again. With
 * HOLDFAST_SOAK in the environment other lives are lived, for an hour. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/env.h"
#include "engine/base/log.h"
#include "engine/base/strbuf.h"
#include "room.h"
#include "simulator/service.h"

#define FOREIGN_VAULT "arn:aws:backup:us-east-2:111122223333:backup-vault:elsewhere"
#define TRACE_MAX ((size_t)16 * 1024 * 1024)
#define NESTED 2 /* so many relays may stand still one above the other */
#define SETTLED_WITHIN 400
#define RESOURCES 4
#define SOAK_SECONDS 3600

struct delivery {
    int64_t due_ms;
    int attempt;
    const struct value *event;
};

struct life {
    uint64_t seed;
    struct random random;
    struct arena *arena;
    struct room room;
    bool hard;
    int64_t noise;      /* so often an event comes at most, and one more */
    bool permanent;     /* some copies failed for a reason that AWS calls one for a person */
    int depth;          /* relays that stand still */
    struct map told;    /* job -> the state that was told last */
    struct map wanted;  /* "resource|date" -> which vault the point is for, "" for none */
    struct map refused; /* point -> why, when a relay last looked */
    struct delivery *queue;
    size_t queued, queue_cap;
    struct strbuf trace;
    const char *without; /* a hardship that it is spared, or NULL */
    const char *wrong;
    size_t events, passes, copies;
};

/* ---- words ---- */

static void PRINTF_LIKE(2, 3) tell(struct life *life, const char *fmt, ...)
{
    va_list args;
    char text[1024];
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    strbuf_addf(&life->trace, "%s  %s\n", time_iso(life->arena, room_now(&life->room)), text);
}

static void blame(struct life *life, const char *what, const char *about)
{
    tell(life, "WRONG: %s: %s", what, about);
    if (!life->wrong)
        life->wrong = arena_printf(life->arena, "%s: %s", what, about);
}

/* ---- events ---- */

static const char *job_text(const struct value *job, const char *member)
{
    return value_get_str(job, member);
}

/* As AWS emits them: see relay/decide/event.h. */
static const struct value *detail_of(struct arena *arena, const struct value *job,
                                     const char *state, bool half)
{
    struct map_builder b = map_begin(arena), nothing = map_begin(arena);
    bool done = str_eq(state, "COMPLETED") && !half;
    map_put_str(&b, "state", state);
    map_put_str(&b, "creationDate", time_iso_ms(arena, value_get_int(job, "CreationDate", 0)));
    map_put(&b, "sourceBackupVaultArn", value_get(job, "SourceBackupVaultArn"));
    map_put(&b, "destinationBackupVaultArn", value_get(job, "DestinationBackupVaultArn"));
    if (str_eq(state, "CREATED"))
        return map_end(&b);
    map_put(&b, "copyJobId", value_get(job, "CopyJobId"));
    map_put(&b, "resourceArn", value_get(job, "ResourceArn"));
    map_put(&b, "resourceType", value_get(job, "ResourceType"));
    map_put(&b, "iamRoleArn", value_get(job, "IamRoleArn"));
    map_put(&b, "statusMessage", value_get(job, "StatusMessage"));
    map_put(&b, "destinationRecoveryPointArn",
            done ? value_get(job, "DestinationRecoveryPointArn") : map_end(&nothing));
    return map_end(&b);
}

static const struct value *event_of(struct life *life, const struct value *job, const char *state,
                                    bool half)
{
    struct arena *arena = life->arena;
    struct list_builder resources = list_begin(arena);
    struct map_builder b = map_begin(arena);
    list_add_str(&resources, job_text(job, "SourceRecoveryPointArn"));
    map_put_str(&b, "version", "0");
    map_put_str(&b, "id", arena_printf(arena, "%s-%s", job_text(job, "CopyJobId"), state));
    map_put_str(&b, "detail-type", "Copy Job State Change");
    map_put_str(&b, "source", "aws.backup");
    map_put_str(&b, "account", job_text(job, "AccountId"));
    map_put_str(&b, "time", time_iso(arena, room_now(&life->room)));
    map_put_str(&b, "region", job_text(job, "Region"));
    map_put(&b, "resources", list_end(&resources));
    map_put(&b, "detail", detail_of(arena, job, state, half));
    return value_copy(arena, map_end(&b)); /* the job's own arena ends before the event does */
}

static void enqueue(struct life *life, const struct value *event, int attempt, int64_t in_ms)
{
    life->queue = arena_grow(life->arena, life->queue, life->queued, &life->queue_cap,
                             life->queued + 1, sizeof(*life->queue));
    life->queue[life->queued++] = (struct delivery){room_now(&life->room) + in_ms, attempt, event};
}

static int64_t delay_of(struct life *life)
{
    if (!life->hard)
        return random_below(&life->random, MINUTE_MS);
    if (random_chance(&life->random, 8))
        return random_below(&life->random, 40 * DAY_MS);
    return random_below(&life->random, random_chance(&life->random, 3) ? DAY_MS : 10 * MINUTE_MS);
}

static void emit(struct life *life, const struct value *job, const char *state)
{
    bool half = life->hard && random_chance(&life->random, 8);
    int64_t copies = life->hard ? random_below(&life->random, life->noise) : 1;
    tell(life, "job %s into %s is %s (%lld of its event%s)", job_text(job, "CopyJobId"),
         job_text(job, "DestinationBackupVaultArn"), state, (long long)copies,
         half ? ", half-filled" : "");
    for (int64_t i = 0; i < copies; i++)
        enqueue(life, event_of(life, job, state, half), 0, delay_of(life));
}

/* ---- what must never be ---- */

static const char *mark_of(struct arena *arena, const struct value *point)
{
    return arena_printf(arena, "%s|%lld", value_get_str(point, "ResourceArn"),
                        (long long)value_get_int(point, "CreationDate", 0));
}

static struct objects points_in(struct life *life, struct arena *arena, const char *account)
{
    return store_list(life->room.world, arena, "backup.point", account, ROOM_REGION, NULL);
}

static void look_for_doubles(struct life *life)
{
    struct arena *arena = arena_new();
    struct objects rows = points_in(life, arena, ROOM_BACKUP_ACCOUNT);
    struct map seen;
    map_init(&seen, arena);
    for (size_t i = 0; i < rows.len; i++) {
        const char *mark = mark_of(arena, rows.items[i].body);
        if (map_get(&seen, mark))
            blame(life, "two last copies of one point", mark);
        map_set(&seen, mark, life);
        const char *wanted = map_get(&life->wanted, mark);
        if (!str_eq(wanted, ROOM_LAST_VAULT))
            blame(life, "a copy of a point that is not meant to be here", mark);
    }
    life->copies = rows.len;
    arena_free(arena);
}

/* What became of the jobs since they were looked at last. */
static void watch_jobs(struct life *life)
{
    struct arena *arena = arena_new();
    struct objects rows = store_list(life->room.world, arena, "~backup.copy", NULL, NULL, NULL);
    bool ended = false;
    for (size_t i = 0; i < rows.len; i++) {
        const char *state = job_text(rows.items[i].body, "State");
        const char *told = map_get(&life->told, rows.items[i].id);
        if (str_eq(told, state))
            continue;
        map_set(&life->told, arena_strdup(life->arena, rows.items[i].id),
                arena_strdup(life->arena, state));
        if (!told && !str_eq(state, "CREATED"))
            emit(life, rows.items[i].body, "CREATED");
        if (!str_eq(told, "RUNNING") && !str_eq(state, "CREATED") && !str_eq(state, "RUNNING"))
            emit(life, rows.items[i].body, "RUNNING");
        emit(life, rows.items[i].body, state);
        ended = ended || str_eq(state, "COMPLETED");
    }
    arena_free(arena);
    if (ended)
        look_for_doubles(life);
}

/* ---- relays ---- */

static void keep_report(void *ctx, const struct relay_report *report)
{
    struct life *life = ctx;
    const struct relay_decision *decision = report->decision;
    const char *verdict = decision ? relay_verdict_name(decision->verdict) : "none";
    const char *why = report->error ? report->error : decision ? decision->reason : "";
    const char *point = report->point->arn;
    tell(life, "  %s: %s, %s%s%s", point, verdict, why, report->copy_job_id ? " -> " : "",
         report->copy_job_id ? report->copy_job_id : "");
    bool refuses = decision && decision->verdict == RELAY_REFUSE && !report->error;
    map_set(&life->refused, arena_strdup(life->arena, point),
            refuses ? arena_strdup(life->arena, why) : NULL);
    if (!life->hard && (refuses || report->error))
        blame(life, "an alarm without a fault", why);
}

/* What the relays log, in the place of engine/base/log.c: an error is an alarm. */
void __wrap_log_event(enum log_level level, const char *msg, ...);
static struct life *listener;

void __wrap_log_event(enum log_level level, const char *msg, ...)
{
    if (level == LOG_ERROR && listener && !listener->hard)
        blame(listener, "an alarm without a fault", msg);
}

static struct host *idle_host(struct life *life)
{
    int64_t first = random_below(&life->random, ROOM_HOSTS);
    for (int64_t i = 0; i < ROOM_HOSTS; i++) {
        struct host *host = &life->room.hosts[(first + i) % ROOM_HOSTS];
        if (!host->pass)
            return host;
    }
    return NULL;
}

/* As Lambda does with what a function hands back: twice again, then the dead letters, which
 * somebody may replay. */
static void hand_back(struct life *life, const struct delivery *delivery)
{
    if (delivery->attempt < 2)
        enqueue(life, delivery->event, delivery->attempt + 1, (delivery->attempt + 1) * MINUTE_MS);
    else if (random_chance(&life->random, 2))
        enqueue(life, delivery->event, 0, random_below(&life->random, 20 * DAY_MS));
}

static const struct host *act(struct life *life, const struct delivery *delivery)
{
    struct host *host = idle_host(life);
    if (!host)
        return NULL;
    struct arena *arena = arena_new();
    const char *why = NULL;
    tell(life, "relay %zd %s", host - life->room.hosts,
         delivery ? value_get_str(delivery->event, "id") : "reconciles");
    bool good = room_call(&life->room, host, arena, delivery ? delivery->event : NULL, &why);
    if (!good)
        tell(life, "relay %zd failed: %s", host - life->room.hosts, why);
    if (!good && delivery)
        hand_back(life, delivery);
    if (!good && !life->hard)
        blame(life, "a pass failed without a fault", why);
    life->passes++;
    life->events += delivery != NULL;
    arena_free(arena);
    return host;
}

/* One of the events that are due, in no order. */
static bool deliver_one(struct life *life)
{
    int64_t now = room_now(&life->room);
    if (life->queued == 0)
        return false;
    size_t first = (size_t)random_below(&life->random, (int64_t)life->queued);
    for (size_t i = 0; i < life->queued; i++) {
        size_t at = (first + i) % life->queued;
        if (life->queue[at].due_ms > now)
            continue;
        struct delivery delivery = life->queue[at];
        life->queue[at] = life->queue[--life->queued];
        act(life, &delivery);
        return true;
    }
    return false;
}

/* What may happen while a relay waits for an answer. */
static void between(void *ctx, struct host *host)
{
    struct life *life = ctx;
    if (!life->hard || !random_chance(&life->random, 12))
        return;
    switch (random_below(&life->random, 4)) {
    case 0:
        room_advance(&life->room, random_below(&life->random, 15 * MINUTE_MS));
        watch_jobs(life);
        break;
    case 1: host->pass->deadline_ms = 1; break; /* its time is over: it ends where it stands */
    default:
        if (life->depth == NESTED)
            break;
        life->depth++;
        if (random_chance(&life->random, 2) || !deliver_one(life))
            act(life, NULL);
        life->depth--;
    }
}

/* ---- a life ---- */

static void back_up(struct life *life)
{
    static const char *const tags[] = {ROOM_LAST_VAULT, ROOM_LAST_VAULT, ROOM_LAST_VAULT,
                                       ROOM_LAST_VAULT, ROOM_LAST_VAULT, "",
                                       FOREIGN_VAULT};
    struct arena *arena = life->arena;
    room_advance(&life->room, 1000); /* no two backups of a resource have one date */
    struct map_builder b = map_begin(arena);
    int64_t which = random_below(&life->random, life->hard ? (int64_t)ARRAY_LEN(tags) : 5);
    const char *vault = tags[which];
    const char *resource =
        arena_printf(arena, "arn:aws:rds:" ROOM_FIRST_REGION ":" ROOM_ACCOUNT ":db:db%lld",
                     (long long)random_below(&life->random, RESOURCES));
    if (*vault)
        map_put_str(&b, random_chance(&life->random, 6) ? ROOM_TAG_OTHERWISE : ROOM_TAG, vault);
    map_put_str(&b, "team", "orders");
    map_set(&life->wanted,
            arena_printf(arena, "%s|%lld", resource, (long long)room_now(&life->room)),
            (void *)vault);
    tell(life, "backup of %s for %s", resource, *vault ? vault : "no vault");
    room_back_up(&life->room, resource, map_end(&b));
}

struct hardship {
    const char *setting;
    int64_t least, most; /* what it may be while it is on */
    int64_t off;
    bool permanent;
};
static const struct hardship hardships[] = {
    {"fail_every", 2, 9, 0, false},     {"lose_every", 2, 9, 0, false},
    {"cut_every", 3, 9, 0, false},      {"calls_a_second", 1, 5, 0, false},
    {"page_size", 1, 3, 100, false},    {"copy_fails", 1, 1, 0, false},
    {"copy_tags_fail", 1, 1, 0, false},
};

static void set_hardship(struct life *life, const struct hardship *hardship, bool on)
{
    on = on && !str_eq(hardship->setting, life->without);
    int64_t number =
        on ? hardship->least + random_below(&life->random, hardship->most - hardship->least + 1)
           : hardship->off;
    life->permanent = life->permanent || (on && hardship->permanent);
    tell(life, "%s is %lld", hardship->setting, (long long)number);
    room_set(&life->room, hardship->setting, number);
}

static void pass_time(struct life *life)
{
    int64_t ms = random_below(&life->random, 90 * MINUTE_MS);
    if (life->hard && random_chance(&life->random, 6))
        ms = random_below(&life->random, 3 * DAY_MS);
    if (life->hard && random_chance(&life->random, 60))
        ms = random_below(&life->random, 45 * DAY_MS);
    room_advance(&life->room, ms);
    watch_jobs(life);
}

static void deliver_due(struct life *life)
{
    while (deliver_one(life))
        ;
}

static void step(struct life *life)
{
    int64_t kind = random_below(&life->random, 12);
    if (kind == 0)
        back_up(life);
    else if (kind == 1)
        act(life, NULL);
    else if (kind == 2 && life->hard)
        set_hardship(life, &hardships[random_below(&life->random, ARRAY_LEN(hardships))],
                     random_chance(&life->random, 2));
    else if (kind == 3 && life->hard)
        host_end(&life->room.hosts[random_below(&life->random, ROOM_HOSTS)]);
    else if (kind < 8)
        pass_time(life);
    else if (!deliver_one(life))
        pass_time(life);
    if (!life->hard)
        deliver_due(life);
}

/* ---- the end of a life: nothing fails any more, and the clock of the relays goes on ---- */

/* True when the pass found nothing to do, now or later. */
static bool reconcile(struct life *life)
{
    const struct host *host = act(life, NULL);
    return host && host->started == 0 && host->waiting == 0 && host->failed == 0;
}

static void settle(struct life *life)
{
    for (size_t i = 0; life->hard && i < ARRAY_LEN(hardships); i++)
        set_hardship(life, &hardships[i], false);
    life->room.between = NULL;
    life->room.backfill = true;
    for (int round = 0; !life->wrong; round++) {
        bool rests = reconcile(life) && !world_has_pending(life->room.world);
        if (rests && life->queued == 0)
            return;
        room_advance(&life->room, rests ? DAY_MS : HOUR_MS);
        watch_jobs(life);
        deliver_due(life);
        if (round == SETTLED_WITHIN)
            blame(life, "it does not come to rest", "");
    }
}

/* Every point of the relay's vault, once nothing fails any more. */
static void judge(struct life *life)
{
    struct arena *arena = arena_new();
    struct objects here = points_in(life, arena, ROOM_ACCOUNT);
    struct objects there = points_in(life, arena, ROOM_BACKUP_ACCOUNT);
    struct map copied;
    map_init(&copied, arena);
    for (size_t i = 0; i < there.len; i++)
        map_set(&copied, mark_of(arena, there.items[i].body), life);
    for (size_t i = 0; i < here.len; i++) {
        const char *mark = mark_of(arena, here.items[i].body);
        const char *why = map_get(&life->refused, here.items[i].id);
        if (!str_eq(map_get(&life->wanted, mark), ROOM_LAST_VAULT) || map_get(&copied, mark))
            continue;
        if (!why)
            blame(life, "a point has no last copy, and nobody says so", here.items[i].id);
        else if (!life->permanent)
            blame(life, "a point is refused that could be copied", why);
    }
    arena_free(arena);
}

struct totals {
    size_t lives, events, passes, copies;
};

struct options {
    uint64_t seed;
    long long lives, seconds;
    const char *without;
    bool trace;
};

static bool live(uint64_t seed, const struct options *options, struct totals *totals)
{
    struct arena *arena = arena_new();
    struct life life = {
        .seed = seed, .random = {seed}, .arena = arena, .without = options->without};
    map_init(&life.told, arena);
    map_init(&life.wanted, arena);
    map_init(&life.refused, arena);
    strbuf_init(&life.trace, arena, TRACE_MAX);
    life.hard = !random_chance(&life.random, 5);
    life.noise = 3 + random_below(&life.random, 12);
    room_open(&life.room, arena, &life.random);
    life.room.between = between;
    life.room.report = keep_report;
    life.room.ctx = &life;
    listener = &life;
    for (int64_t steps = 20 + random_below(&life.random, 150); steps > 0 && !life.wrong; steps--)
        step(&life);
    if (!life.wrong)
        settle(&life);
    if (!life.wrong)
        judge(&life);
    if (options->trace || life.wrong)
        fputs(strbuf_str(&life.trace), stderr);
    if (life.wrong)
        fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, life.wrong);
    totals->lives++;
    totals->events += life.events;
    totals->passes += life.passes;
    totals->copies += life.copies;
    bool good = !life.wrong;
    listener = NULL;
    room_close(&life.room);
    arena_free(arena);
    return good;
}

/* ---- the program ---- */

static bool read_options(int argc, char **argv, struct options *ret)
{
    long long seed = clock_wall_ms() / 1000;
    *ret = (struct options){.lives = 100};
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (str_eq(argv[i], "--trace"))
            ret->trace = true;
        else if (more && str_eq(argv[i], "--without"))
            ret->without = argv[++i];
        else if (more && str_eq(argv[i], "--seed") && parse_int64(slice_of(argv[i + 1]), &seed))
            i++;
        else if (more && str_eq(argv[i], "--lives") &&
                 parse_int64(slice_of(argv[i + 1]), &ret->lives))
            i++;
        else if (more && str_eq(argv[i], "--seconds") &&
                 parse_int64(slice_of(argv[i + 1]), &ret->seconds))
            i++;
        else
            return false;
    }
    if (env_get("HOLDFAST_SOAK")) {
        seed = clock_wall_ms() / 1000;
        ret->seconds = SOAK_SECONDS;
    }
    ret->seed = (uint64_t)seed;
    return true;
}

int main(int argc, char **argv)
{
    struct options options;
    struct totals totals = {0};
    if (!read_options(argc, argv, &options)) {
        fprintf(stderr, "relay_schedules [--seed N] [--lives N | --seconds N] [--without HARDSHIP] "
                        "[--trace]\n");
        return 64;
    }
    int64_t end = clock_monotonic_ms() + options.seconds * 1000;
    bool good = true;
    for (uint64_t i = 0;
         good && (options.seconds ? clock_monotonic_ms() < end : i < (uint64_t)options.lives); i++)
        good = live(options.seed + i, &options, &totals);
    printf("%s: %zu lives from seed %llu, %zu events, %zu passes, %zu last copies\n",
           good ? "good" : "WRONG", totals.lives, (unsigned long long)options.seed, totals.events,
           totals.passes, totals.copies);
    return good ? 0 : 1;
}
