/* Random lives of a relay, and what must be true of each of them:
 *
 *   - no point is ever copied twice into the last vault, and none that is not meant for it;
 *   - after each good pass the oldest point without a copy is no younger than the pass says: the
 *     alarm on what is stuck rests on that;
 *   - each good pass tells of the first copies that failed within a day, once a point has come the
 *     same way and stands;
 *   - in the end, once nothing fails any more and a month has passed, each point that is tagged for
 *     the last vault has its copy there, or a relay refuses it for one of a few reasons that the
 *     life gave it: an alarm. What is tagged for a foreign vault is refused, and a copy that is
 *     PARTIAL is; or a copy would have had its time, and where copies of it failed an alarm told;
 *   - a copy stands in the last vault for as long as it lives, and none is begun that is over;
 *   - a point that went before it was copied went no sooner than its lifecycle says, and an alarm
 *     told of it, unless no pass ran in its last day;
 *   - a life without faults sees no refusal, no failed pass, no error and nothing to worry about.
 *
 * A hard life has it all: events that are lost, doubled, reordered, half-filled or late by weeks;
 * calls that are throttled, fail, or run and are not answered; reads that are late or refused;
 * copies that fail, for a while or for as long as the last vault lets none in, longer than they
 * would live, or end PARTIAL; copies that live shorter or longer than those before; tags that are
 * lost, all or those that count; relays that act at once, stand still in the middle, or end there;
 * rests longer than AWS lists jobs and than points live. In any life reads may lag by seconds, two
 * points may be of one resource and date, and copies may live shorter than their sources.
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
#include "simulator/backup.h"
#include "simulator/service.h"

#define FOREIGN_VAULT "arn:aws:backup:us-east-2:111122223333:backup-vault:elsewhere"
#define TRACE_MAX ((size_t)16 * 1024 * 1024)
#define NESTED 2 /* so many relays may stand still one above the other */
#define SETTLED_WITHIN 400
#define RESOURCES 4
#define SHUT_OUT_DAYS 12
#define RESTS 4                 /* days, before a life is taken to be settled */
#define STUCK_MS (24 * HOUR_MS) /* as the alarm has it */
#define SOAK_SECONDS 3600
#define LAG_EASY_MS 3000 /* as most of AWS's reads at worst: nobody has to know */
#define LAG_MOST_MS (20 * MINUTE_MS)

struct delivery {
    int64_t due_ms;
    int attempt;
    const struct value *event;
};

/* A point in the first vault. */
struct origin {
    const char *arn, *vault; /* vault: that it is for; "" for none */
    int64_t created_ms;
    bool twin;           /* there is another one of its resource and date */
    bool undeclared;     /* no rule declares its tag: only it and its source tell */
    bool tags_lost;      /* by its copy in the relay's vault */
    int64_t came_job_ms; /* when the job that copied it there was made: the one that names it */
    int64_t seen_ms;     /* when its copy in the relay's vault was seen first; 0: not yet */
};

struct good_pass {
    int64_t at_ms;
    bool alarm; /* on what is stuck or worrying */
};

struct life {
    uint64_t seed;
    struct random random;
    struct arena *arena;
    struct room room;
    bool hard;
    int64_t noise;           /* so often an event comes at most, and one more */
    int depth;               /* relays that stand still */
    struct map told;         /* job -> the state that was told last */
    struct map origins;      /* point in the first vault -> struct origin */
    struct map made;         /* copy -> what it was made of */
    struct map copied;       /* point -> its copy in the last vault */
    struct map refused;      /* point -> why, when a relay last looked */
    struct map lapsed;       /* point -> life, when a relay last looked */
    struct map alarmed;      /* point -> life, once somebody was told of it */
    struct map ends;         /* copy in the last vault -> when its life is over */
    int64_t life_changed_ms; /* that of copies made from then on */
    int64_t lag_ms;          /* reads are so late */
    bool loses_tags;         /* copies into the relay's vault come without the tags that count */
    struct good_pass *good_passes;
    size_t good_pass_len, good_pass_cap;
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
        return random_below(&life->random, random_chance(&life->random, 2) ? 1 : MINUTE_MS);
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

static struct objects copy_jobs(struct life *life, struct arena *arena)
{
    return store_list(life->room.world, arena, "~backup.copy", NULL, NULL, NULL);
}

static bool has_made(const struct value *job, const char *vault_arn)
{
    const char *state = job_text(job, "State");
    return str_eq(job_text(job, "DestinationBackupVaultArn"), vault_arn) &&
           (str_eq(state, "COMPLETED") || str_eq(state, "PARTIAL"));
}

static const struct origin *origin_of(const struct life *life, const char *point)
{
    const char *first = map_get(&life->made, point);
    return first ? map_get(&life->origins, first) : NULL;
}

static void look_for_doubles(struct life *life)
{
    struct arena *arena = arena_new();
    struct objects rows = copy_jobs(life, arena);
    struct map seen;
    map_init(&seen, arena);
    life->copies = 0;
    for (size_t i = 0; i < rows.len; i++) {
        const char *point = job_text(rows.items[i].body, "SourceRecoveryPointArn");
        if (!has_made(rows.items[i].body, ROOM_LAST_VAULT))
            continue;
        const struct origin *origin = origin_of(life, point);
        if (map_get(&seen, point))
            blame(life, "a second last copy of one point", point);
        if (!origin || !str_eq(origin->vault, ROOM_LAST_VAULT))
            blame(life, "a copy of a point that is not meant to be here", point);
        map_set(&seen, point, life);
        life->copies++;
    }
    arena_free(arena);
}

static bool names_vault(const struct value *tags, const char *vault)
{
    return str_eq(value_get_str(tags, ROOM_TAG), vault) ||
           str_eq(value_get_str(tags, ROOM_TAG_OTHERWISE), vault);
}

static void note_arrival(struct life *life, struct origin *origin, const struct value *job,
                         const char *copy)
{
    struct arena *arena = arena_new();
    const struct value *there = point_get(life->room.world, arena, ROOM_ACCOUNT, ROOM_REGION, copy);
    origin->seen_ms = room_now(&life->room);
    origin->came_job_ms = value_get_int(job, "CreationDate", 0);
    origin->tags_lost = there && !names_vault(value_get(there, "Tags"), origin->vault);
    arena_free(arena);
}

/* As long as it lives the copy has to stand. */
static void note_end(struct life *life, const char *copy)
{
    struct arena *arena = arena_new();
    const struct value *there =
        point_get(life->room.world, arena, ROOM_BACKUP_ACCOUNT, ROOM_REGION, copy);
    int64_t days = value_get_int(value_get(there, "Lifecycle"), "DeleteAfterDays", 0);
    int64_t *ends_ms = arena_new_of(life->arena, int64_t);
    *ends_ms = value_get_int(there, "CreationDate", 0) + days * DAY_MS;
    map_set(&life->ends, copy, ends_ms);
    arena_free(arena);
}

/* Its tag did not travel, no rule declares it, and the job that names its source is forgotten. */
static bool is_anonymous(const struct life *life, const struct origin *origin)
{
    return origin->undeclared && origin->tags_lost &&
           room_now((struct room *)&life->room) - origin->came_job_ms > 29 * DAY_MS;
}

static void keep_made(struct life *life, const struct value *job)
{
    const char *copy = arena_strdup(life->arena, job_text(job, "DestinationRecoveryPointArn"));
    const char *point = arena_strdup(life->arena, job_text(job, "SourceRecoveryPointArn"));
    if (!copy)
        return;
    map_set(&life->made, copy, (void *)point);
    struct origin *origin = map_get(&life->origins, point);
    if (has_made(job, ROOM_LAST_VAULT)) {
        map_set(&life->copied, point, (void *)copy);
        note_end(life, copy);
    }
    if (life->loses_tags && has_made(job, ROOM_SOURCE_VAULT))
        room_lose_tags(&life->room, copy);
    if (origin)
        note_arrival(life, origin, job, copy);
}

/* What became of the jobs since they were looked at last. */
static void watch_jobs(struct life *life)
{
    struct arena *arena = arena_new();
    struct objects rows = copy_jobs(life, arena);
    bool ended = false;
    for (size_t i = 0; i < rows.len; i++) {
        const char *state = job_text(rows.items[i].body, "State");
        const char *told = map_get(&life->told, rows.items[i].id);
        if (str_eq(told, state))
            continue;
        map_set(&life->told, arena_strdup(life->arena, rows.items[i].id),
                arena_strdup(life->arena, state));
        keep_made(life, rows.items[i].body);
        if (!told && !str_eq(state, "CREATED"))
            emit(life, rows.items[i].body, "CREATED");
        if (!str_eq(told, "RUNNING") && !str_eq(state, "CREATED") && !str_eq(state, "RUNNING"))
            emit(life, rows.items[i].body, "RUNNING");
        emit(life, rows.items[i].body, state);
        ended = ended || str_eq(state, "COMPLETED") || str_eq(state, "PARTIAL");
    }
    arena_free(arena);
    if (ended)
        look_for_doubles(life);
}

/* ---- relays ---- */

static bool passed_since(const struct life *life, int64_t since_ms)
{
    return life->good_pass_len > 0 && life->good_passes[life->good_pass_len - 1].at_ms >= since_ms;
}

/* As the list of jobs tells. */
static bool has_failed_copy(struct life *life, const char *point)
{
    struct arena *arena = arena_new();
    struct objects jobs = copy_jobs(life, arena);
    bool failed = false;
    for (size_t i = 0; i < jobs.len; i++)
        failed = failed ||
                 (str_eq(job_text(jobs.items[i].body, "State"), "FAILED") &&
                  room_now(&life->room) - value_get_int(jobs.items[i].body, "CreationDate", 0) <
                      28 * DAY_MS &&
                  str_eq(job_text(jobs.items[i].body, "SourceRecoveryPointArn"), point));
    arena_free(arena);
    return failed;
}

/* Settled by its age, that of its backup: only what a copy would not outlive. When its copies
 * failed an alarm tells of it, unless no pass ran for the day in which it lapsed. */
static void keep_lapsed(struct life *life, const struct relay_report *report)
{
    const struct relay_point *point = report->point;
    const struct origin *origin = origin_of(life, point->arn);
    const struct relay_decision *decision = report->decision;
    int64_t now = room_now(&life->room), days = life->room.destination.delete_after_days;
    bool lapsed = decision && decision->lapsed, starts = report->copy_job_id != NULL;
    bool before = map_get(&life->lapsed, point->arn);
    map_set(&life->lapsed, arena_strdup(life->arena, point->arn), lapsed ? life : NULL);
    if (!origin)
        return;
    if (lapsed && now - origin->created_ms < (days - 1) * DAY_MS)
        blame(life, "a point is settled by its age that is not old enough", point->arn);
    if (starts && now - origin->created_ms > days * DAY_MS)
        blame(life, "a copy is begun that is over at once", point->arn);
    if (lapsed && !before && !decision->worry && !map_get(&life->copied, point->arn) &&
        has_failed_copy(life, point->arn) && passed_since(life, now - DAY_MS) &&
        now - life->life_changed_ms > DAY_MS)
        blame(life, "a point whose copies failed has lapsed, and nobody was told", point->arn);
}

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
    if (report->error || refuses || decision->worry)
        map_set(&life->alarmed, arena_strdup(life->arena, point), life);
    keep_lapsed(life, report);
    const struct origin *origin = origin_of(life, point);
    if (origin && life->lag_ms == 0 && str_eq(origin->vault, ROOM_LAST_VAULT) && !report->error &&
        decision->verdict == RELAY_LEAVE && strstr(why, "carries no tag") &&
        !is_anonymous(life, origin))
        blame(life, "a tagged point is taken for an untagged one", point);
    if (!life->hard && (refuses || report->error || decision->worry))
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

/* The oldest point that is meant for the last vault, has no copy there, and is not refused, or
 * NULL; and when it was made. */
static const char *oldest_uncopied(struct life *life, int64_t *ret_ms)
{
    const char *oldest = NULL;
    struct arena *arena = arena_new();
    struct objects rows =
        store_list(life->room.world, arena, "backup.point", ROOM_ACCOUNT, ROOM_REGION, NULL);
    for (size_t i = 0; i < rows.len; i++) {
        const char *point = rows.items[i].id;
        const struct origin *origin = origin_of(life, point);
        if (!origin || !str_eq(origin->vault, ROOM_LAST_VAULT) || map_get(&life->refused, point) ||
            map_get(&life->copied, point) || map_get(&life->lapsed, point) ||
            room_now(&life->room) - origin->seen_ms <= life->lag_ms || is_anonymous(life, origin) ||
            (oldest && origin->created_ms >= *ret_ms))
            continue;
        oldest = point;
        *ret_ms = origin->created_ms;
    }
    oldest = arena_strdup(life->arena, oldest);
    arena_free(arena);
    return oldest;
}

static void note_good_pass(struct life *life, const struct host *host)
{
    int64_t now = room_now(&life->room), oldest_ms = host->oldest_waiting_ms;
    bool alarm = host->worrying > 0 || (oldest_ms && now - oldest_ms >= STUCK_MS);
    life->good_passes =
        arena_grow(life->arena, life->good_passes, life->good_pass_len, &life->good_pass_cap,
                   life->good_pass_len + 1, sizeof(*life->good_passes));
    life->good_passes[life->good_pass_len++] = (struct good_pass){now, alarm};
}

/* A pass that nothing came into: what has no copy before and after it has waited in it. */
static void look_at_waiting(struct life *life, const struct host *host, const char *before)
{
    int64_t after_ms = 0, said_ms = host->oldest_waiting_ms;
    const char *after = oldest_uncopied(life, &after_ms);
    if (before && str_eq(before, after) && (!said_ms || said_ms > after_ms))
        blame(life, "a point waits for longer than the pass says", before);
}

/* Those of which the pass that begins now has to tell; 0 where it cannot know of them. */
static size_t first_copies_failed(struct life *life)
{
    struct arena *arena = arena_new();
    struct objects points = store_list(life->room.world, arena, "backup.point", ROOM_ACCOUNT,
                                       ROOM_REGION, NULL),
                   jobs = copy_jobs(life, arena);
    size_t failed = 0;
    for (size_t i = 0; points.len > 0 && i < jobs.len; i++)
        failed +=
            str_eq(job_text(jobs.items[i].body, "State"), "FAILED") &&
            str_eq(job_text(jobs.items[i].body, "DestinationBackupVaultArn"), ROOM_SOURCE_VAULT) &&
            value_get_int(jobs.items[i].body, "CompletionDate", 0) > room_now(&life->room) - DAY_MS;
    arena_free(arena);
    return failed;
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
    int64_t before_ms = 0;
    const char *before = delivery ? NULL : oldest_uncopied(life, &before_ms);
    size_t others = life->passes, failed = delivery ? 0 : first_copies_failed(life);
    int64_t began_ms = room_now(&life->room);
    bool good = room_call(&life->room, host, arena, delivery ? delivery->event : NULL, &why);
    if (!good)
        tell(life, "relay %zd failed: %s", host - life->room.hosts, why);
    if (!good && delivery)
        hand_back(life, delivery);
    if (!good && !life->hard)
        blame(life, "a pass failed without a fault", why);
    watch_jobs(life); /* some may have ended meanwhile */
    if (good && !delivery)
        note_good_pass(life, host);
    if (good && !delivery && life->passes == others)
        look_at_waiting(life, host, before);
    if (good && !delivery && began_ms == room_now(&life->room) && life->lag_ms == 0 &&
        host->copies_failed != failed)
        blame(life, "a first copy failed, and the pass does not say so", "");
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

static struct origin *back_up_one(struct life *life, const char *resource, bool other)
{
    static const char *const tags[] = {ROOM_LAST_VAULT, ROOM_LAST_VAULT, ROOM_LAST_VAULT,
                                       ROOM_LAST_VAULT, ROOM_LAST_VAULT, "",
                                       FOREIGN_VAULT};
    struct arena *arena = life->arena;
    struct map_builder b = map_begin(arena);
    int64_t which = random_below(&life->random, life->hard ? (int64_t)ARRAY_LEN(tags) : 5);
    const char *vault = tags[which];
    if (*vault)
        map_put_str(&b, random_chance(&life->random, 6) ? ROOM_TAG_OTHERWISE : ROOM_TAG, vault);
    map_put_str(&b, "team", "orders");
    bool undeclared = life->hard && random_chance(&life->random, 2);
    struct origin *origin = arena_new_of(arena, struct origin);
    *origin = (struct origin){.arn = room_back_up(&life->room, resource, map_end(&b), other,
                                                  /* declared= */ !undeclared),
                              .vault = vault,
                              .undeclared = undeclared,
                              .created_ms = room_now(&life->room)};
    map_set(&life->origins, origin->arn, origin);
    tell(life, "backup of %s for %s: %s", resource, *vault ? vault : "no vault", origin->arn);
    return origin;
}

static void back_up(struct life *life)
{
    const char *resource =
        arena_printf(life->arena, "arn:aws:rds:" ROOM_FIRST_REGION ":" ROOM_ACCOUNT ":db:db%lld",
                     (long long)random_below(&life->random, RESOURCES));
    room_advance(&life->room, 1000);
    struct origin *origin = back_up_one(life, resource, /* other= */ false);
    if (random_chance(&life->random, 5)) /* two rules fire at once */
        origin->twin = back_up_one(life, resource, /* other= */ true)->twin = true;
}

typedef void hardship_fn(struct life *life, bool on);

static void close_last_vault(struct life *life, bool on)
{
    room_open_last_vault(&life->room, !on);
}

static void lose_tags(struct life *life, bool on)
{
    life->loses_tags = on;
}

static void refuse_reads(struct life *life, bool on)
{
    static const char *const reads[] = {"backup:ListTags", "rds:ListTagsForResource",
                                        "backup:ListCopyJobs"};
    struct room *room = &life->room;
    room->refused = on ? reads[random_below(&life->random, ARRAY_LEN(reads))] : NULL;
    room->refused_region = random_chance(&life->random, 2) ? ROOM_FIRST_REGION : NULL;
    life->loses_tags = life->loses_tags || on; /* or hardly anybody would notice */
    if (on)
        tell(life, "%s is refused%s", room->refused,
             room->refused_region ? " in " ROOM_FIRST_REGION : "");
}

static void lag(struct life *life, int64_t ms)
{
    life->lag_ms = ms;
    room_set(&life->room, "read_delay_ms", ms);
    tell(life, "reads are late by %lld ms", (long long)ms);
}

static void read_late(struct life *life, bool on)
{
    lag(life, on ? 1 + random_below(&life->random, LAG_MOST_MS) : 0);
}

static void change_life(struct life *life, bool on)
{
    if (on)
        life->life_changed_ms = room_now(&life->room);
    if (on)
        tell(life, "copies live for %lld days from now on",
             (long long)room_change_life(&life->room));
}

struct hardship {
    const char *name;    /* a setting of the simulator, unless `fn` makes it */
    int64_t least, most; /* what it may be while it is on */
    int64_t off;
    hardship_fn *fn;
};
static const struct hardship hardships[] = {
    {"fail_every", 2, 9, 0, NULL},
    {"lose_every", 2, 9, 0, NULL},
    {"cut_every", 3, 9, 0, NULL},
    {"calls_a_second", 1, 5, 0, NULL},
    {"page_size", 1, 3, 100, NULL},
    {"copy_fails", 1, 1, 0, NULL},
    {"copy_tags_fail", 1, 1, 0, NULL},
    {"copy_partial", 1, 2, 0, NULL}, /* the job says so, or only the copy */
    {"last_vault_closed", 1, 1, 0, close_last_vault},
    {"tags_that_count_lost", 1, 1, 0, lose_tags},
    {"another_life", 1, 1, 0, change_life},
    {"reads_late", 1, 1, 0, read_late},
    {"rights_refused", 1, 1, 0, refuse_reads},
};

static void set_hardship(struct life *life, const struct hardship *hardship, bool on)
{
    on = on && !str_eq(hardship->name, life->without);
    int64_t number =
        on ? hardship->least + random_below(&life->random, hardship->most - hardship->least + 1)
           : hardship->off;
    tell(life, "%s is %lld", hardship->name, (long long)number);
    if (hardship->fn)
        hardship->fn(life, on);
    else
        room_set(&life->room, hardship->name, number);
}

static void pass_time(struct life *life)
{
    int64_t ms = random_below(&life->random, 90 * MINUTE_MS);
    if (life->hard && random_chance(&life->random, 6))
        ms = random_below(&life->random, 3 * DAY_MS);
    if (life->hard && random_chance(&life->random, 60))
        ms = random_below(&life->random, 45 * DAY_MS);
    if (random_chance(&life->random, 3)) /* what has just been made may not be readable yet */
        room_advance_to_work(&life->room, ms);
    else
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

/* Until nothing is left to do for some days, in which what was refused for a while is tried again.
 */
static void come_to_rest(struct life *life)
{
    int rests = 0;
    for (int round = 0; !life->wrong && rests < RESTS; round++) {
        bool rested = reconcile(life) && !world_has_pending(life->room.world);
        rests = rested && life->queued == 0 ? rests + 1 : 0;
        room_advance(&life->room, rested ? DAY_MS : HOUR_MS);
        watch_jobs(life);
        deliver_due(life);
        if (round == SETTLED_WITHIN)
            blame(life, "it does not come to rest", "");
    }
}

/* No copy succeeds for longer than copies live, and the relays' clock goes on. */
static void be_shut_out(struct life *life)
{
    life->room.destination.delete_after_days = 4 + random_below(&life->random, 5);
    life->life_changed_ms = room_now(&life->room);
    tell(life, "copies live for %lld days, and none is let in for longer",
         (long long)life->room.destination.delete_after_days);
    room_open_last_vault(&life->room, false);
    for (int i = 0; i < SHUT_OUT_DAYS * 3 && !life->wrong; i++) {
        if (i < 6)
            back_up(life);
        room_advance(&life->room, DAY_MS / 3);
        watch_jobs(life);
        deliver_due(life);
        act(life, NULL);
    }
}

static void settle(struct life *life)
{
    for (size_t i = 0; life->hard && i < ARRAY_LEN(hardships); i++)
        set_hardship(life, &hardships[i], false);
    life->room.between = NULL;
    life->room.backfill = true;
    come_to_rest(life);
}

static void pass_a_month(struct life *life) /* no job is listed any more */
{
    room_advance(&life->room, 31 * DAY_MS);
    watch_jobs(life);
    come_to_rest(life);
}

/* What a life may leave refused: these need a person. */
static bool may_be_refused(const struct origin *origin, const char *why)
{
    return strstr(why, "PARTIAL") || (origin->twin && strstr(why, "of another point"));
}

/* In its last day, or since it came. */
static bool was_alarmed(const struct life *life, const char *point, int64_t came_ms,
                        int64_t gone_ms)
{
    int64_t seen_ms = came_ms + LAG_MOST_MS;
    int64_t since_ms = seen_ms > gone_ms - DAY_MS ? seen_ms : gone_ms - DAY_MS;
    bool looked = false;
    if (map_get(&life->alarmed, point))
        return true;
    for (size_t i = 0; i < life->good_pass_len; i++) {
        const struct good_pass *pass = &life->good_passes[i];
        if (pass->at_ms < since_ms || pass->at_ms >= gone_ms)
            continue;
        looked = true;
        if (pass->alarm)
            return true;
    }
    return !looked; /* that the function stands still is an alarm of its own */
}

static void judge_uncopied(struct life *life, const struct origin *origin, const struct value *job,
                           bool there)
{
    const char *point = job_text(job, "DestinationRecoveryPointArn");
    int64_t came_ms = value_get_int(job, "CompletionDate", 0);
    const char *why = map_get(&life->refused, point);
    int64_t gone_ms = origin->created_ms + life->room.source_days * DAY_MS;
    if (map_get(&life->lapsed, point) || is_anonymous(life, origin))
        return;
    if (there && !why)
        blame(life, "a point has no last copy, and nobody says so", point);
    else if (there && !may_be_refused(origin, why))
        blame(life, "a point is refused that could be copied", why);
    else if (!there && gone_ms > room_now(&life->room))
        blame(life, "a point without a copy has gone before its time", point);
    else if (!there && !was_alarmed(life, point, came_ms, gone_ms))
        blame(life, "a point has gone without a copy, and nobody was told", point);
}

/* copy: NULL once its own life is over. Then nothing tells, where a twin has one, that this point
 * had one too. */
static void judge_copied(struct life *life, const struct origin *origin, const char *point,
                         const struct value *copy, int64_t ends_ms)
{
    if (!copy && ends_ms > room_now(&life->room))
        blame(life, "a copy has gone before its time", point);
    if (copy && (value_get_int(copy, "CreationDate", 0) != origin->created_ms ||
                 !str_eq(job_text(copy, "BackupVaultArn"), ROOM_LAST_VAULT)))
        blame(life, "a copy is none of its point", point);
    const char *why = map_get(&life->refused, point);
    bool partial = str_eq(job_text(copy, "Status"), "PARTIAL");
    if (!copy && why && may_be_refused(origin, why))
        return;
    if (partial && (!why || !strstr(why, "PARTIAL")))
        blame(life, "a last copy is PARTIAL, and nobody says so", point);
    else if (!partial && why && !strstr(why, "PARTIAL"))
        blame(life, "a point is refused that has its copy", why);
}

/* By tags of its own: those of its source are known as long as its copy job is listed. */
static bool names_foreign_vault(const struct value *point)
{
    return names_vault(value_get(point, "Tags"), FOREIGN_VAULT);
}

/* Every point that has come to the relay's vault, once nothing fails any more. looked_everywhere:
 * every copy is old enough that passes look at it. */
static void judge(struct life *life, bool looked_everywhere)
{
    struct arena *arena = arena_new();
    struct objects rows = copy_jobs(life, arena);
    for (size_t i = 0; i < rows.len; i++) {
        const char *point = job_text(rows.items[i].body, "DestinationRecoveryPointArn");
        if (!point || !has_made(rows.items[i].body, ROOM_SOURCE_VAULT))
            continue;
        const struct origin *origin = origin_of(life, point);
        const struct value *there =
            point_get(life->room.world, arena, ROOM_ACCOUNT, ROOM_REGION, point);
        const char *copy = map_get(&life->copied, point);
        if (names_foreign_vault(there) && !map_get(&life->refused, point) &&
            !map_get(&life->lapsed, point))
            blame(life, "a point is tagged for a foreign vault, and nobody says so", point);
        if (!str_eq(origin->vault, ROOM_LAST_VAULT))
            continue;
        if (!copy)
            judge_uncopied(life, origin, rows.items[i].body, there != NULL);
        else if (there && looked_everywhere)
            judge_copied(life, origin, point,
                         point_get(life->room.world, arena, ROOM_BACKUP_ACCOUNT, ROOM_REGION, copy),
                         *(const int64_t *)map_get(&life->ends, copy));
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
    map_init(&life.origins, arena);
    map_init(&life.made, arena);
    map_init(&life.copied, arena);
    map_init(&life.refused, arena);
    map_init(&life.lapsed, arena);
    map_init(&life.alarmed, arena);
    map_init(&life.ends, arena);
    strbuf_init(&life.trace, arena, TRACE_MAX);
    life.hard = !random_chance(&life.random, 5);
    life.noise = 3 + random_below(&life.random, 12);
    room_open(&life.room, arena, &life.random);
    if (life.hard && random_chance(&life.random, 3)) /* hardly any time to copy */
        life.room.source_days = 1 + random_below(&life.random, 4);
    if (!life.hard)
        lag(&life, random_below(&life.random, LAG_EASY_MS));
    life.room.between = between;
    life.room.report = keep_report;
    life.room.ctx = &life;
    listener = &life;
    for (int64_t steps = 20 + random_below(&life.random, 150); steps > 0 && !life.wrong; steps--)
        step(&life);
    if (life.hard && !life.wrong && random_chance(&life.random, 6))
        be_shut_out(&life);
    if (!life.wrong)
        settle(&life);
    if (!life.wrong)
        judge(&life, /* looked_everywhere= */ false);
    if (!life.wrong)
        pass_a_month(&life);
    if (!life.wrong)
        judge(&life, /* looked_everywhere= */ true);
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
