#include "state/remote_lock.h"

#include <string.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/crypto.h"
#include "engine/base/json.h"
#include "engine/base/process_mark.h"

#define LOCK ".lock"
#define LEASE_MS ((int64_t)REMOTE_LOCK_LEASE_S * 1000)
#define CLOCKS_AGREE_MS 5000 /* a reply travels, and S3 tells whole seconds */
#define SLEPT_MS 5000        /* whoever was not looked after for so long may have been stopped */
#define FIRST_NAP_MS 500
#define ID_MAX 64
#define LONGEST_NAP_MS 10000

static const char *const lock_names[] = {LOCK};

static const char *this_host(struct arena *arena)
{
    char host[256] = "";
    return gethostname(host, sizeof(host) - 1) == 0 ? arena_strdup(arena, host) : "?";
}

static int64_t now_of(const struct remote *remote)
{
    return remote->ops->now_ms(remote->self);
}

static struct remote_object read_lock(struct arena *arena, const struct remote *remote,
                                      struct diags *diags)
{
    struct remote_object object;
    remote->ops->get(remote->self, arena, lock_names, 1, &object, diags);
    return object;
}

/* ---- what the object says ---- */

static struct slice note_of(struct arena *arena, const struct remote_lock *lock, int64_t now_ms)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "id", lock->id);
    map_put_int(&b, "pid", getpid());
    map_put_str(&b, "host", this_host(arena));
    map_put_str(&b, "process", process_mark(arena));
    map_put_str(&b, "command", lock->command);
    map_put_str(&b, "who", lock->who);
    map_put_str(&b, "since", lock->since);
    map_put_int(&b, "lease_seconds", REMOTE_LOCK_LEASE_S);
    map_put_str(&b, "heartbeat", time_iso_ms(arena, now_ms + lock->behind_ms));
    return slice_of(arena_printf(arena, "%s\n", json_print(arena, map_end(&b), JSON_PRETTY)));
}

static const char *without_quotes(struct arena *arena, const char *etag)
{
    struct slice text = slice_of(etag ? etag : "");
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        return arena_strndup(arena, text.ptr + 1, text.len - 2);
    return arena_strndup(arena, text.ptr, text.len);
}

/* People copy it into a command: what somebody has written there must be no more than a word. */
static bool is_plain(const char *id)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    size_t len = id ? strlen(id) : 0;
    return len > 0 && len <= ID_MAX && id[0] != '-' && strspn(id, letters) == len;
}

static struct lock_holder holder_of(struct arena *arena, const struct remote *remote,
                                    const struct remote_object *object)
{
    const struct value *note = NULL;
    const char *why = NULL;
    struct lock_holder holder = {.etag = object->etag};
    if (object->result != REMOTE_DONE)
        return (struct lock_holder){0};
    if (!json_parse(arena, object->body, &note, &why))
        note = NULL;
    int64_t now_ms = object->at_ms ? object->at_ms : now_of(remote);
    int64_t since_ms = now_ms, beat_ms = now_ms;
    holder.id = value_get_str(note, "id");
    if (!is_plain(holder.id))
        holder.id = without_quotes(arena, object->etag);
    holder.command = value_get_str(note, "command");
    holder.who = value_get_str(note, "who");
    holder.host = value_get_str(note, "host");
    holder.since = value_get_str(note, "since");
    const char *beat = value_get_str(note, "heartbeat");
    int64_t lease_s = value_get_int(note, "lease_seconds", 0);
    holder.pid = value_get_int(note, "pid", 0);
    if (holder.since && !time_parse_iso(slice_of(holder.since), &since_ms))
        since_ms = now_ms;
    holder.no_lease = !beat || !time_parse_iso(slice_of(beat), &beat_ms) || lease_s <= 0;
    holder.age_ms = now_ms - since_ms;
    holder.left_ms = holder.no_lease ? 0 : beat_ms + lease_s * 1000 - now_ms;
    enum process_fate fate = process_fate(arena, value_get_str(note, "process"));
    holder.dead = fate == PROCESS_GONE;
    holder.may_live = fate == PROCESS_LIVES ||
                      (fate == PROCESS_UNKNOWN && (holder.no_lease || holder.left_ms > 0));
    return holder;
}

static const char *span_text(struct arena *arena, int64_t ms)
{
    long long seconds = ms > 0 ? (long long)(ms / 1000) : 0;
    if (seconds < 120)
        return arena_printf(arena, "%lld s", seconds);
    if (seconds < 7200)
        return arena_printf(arena, "%lld min", seconds / 60);
    return arena_printf(arena, "%lld h", seconds / 3600);
}

static const char *lease_text(struct arena *arena, const struct lock_holder *holder)
{
    if (holder->no_lease)
        return "it says no lease that is understood";
    if (holder->left_ms > 0)
        return arena_printf(arena, "its lease runs %s more", span_text(arena, holder->left_ms));
    return arena_printf(arena, "its lease has run out %s ago", span_text(arena, -holder->left_ms));
}

const char *lock_holder_text(struct arena *arena, const struct lock_holder *holder)
{
    if (holder->no_lease && !holder->command)
        return "an object that is not understood as a lock of holdfast's";
    const char *text =
        arena_printf(arena, "`holdfast %s`, process %lld on %s%s%s, since %s (%s ago); %s%s",
                     holder->command ? holder->command : "?", (long long)holder->pid,
                     holder->host ? holder->host : "?", holder->who ? ", " : "",
                     holder->who ? holder->who : "", holder->since ? holder->since : "?",
                     span_text(arena, holder->age_ms), lease_text(arena, holder),
                     holder->dead ? ", and that process is gone from this machine" : "");
    return diag_visible(arena, text);
}

/* ---- writing it ---- */

/* What the place's answer to our own write tells. False: by its clock the note says a wrong time,
 * and has to be written once more. */
static bool agrees_with_clock(struct remote_lock *lock, const struct remote_object *answer)
{
    int64_t behind_ms = answer->at_ms ? answer->at_ms - now_of(lock->remote) : lock->behind_ms;
    int64_t error_ms = behind_ms - lock->behind_ms;
    if (error_ms > -CLOCKS_AGREE_MS && error_ms < CLOCKS_AGREE_MS)
        return true;
    lock->behind_ms = behind_ms;
    return false;
}

/* Writes the note again, over the version that we know. False: the lock is not ours any more. */
static bool write_over(struct arena *arena, struct remote_lock *lock, struct remote_object *ret,
                       struct diags *own)
{
    int64_t now_ms = now_of(lock->remote);
    *ret = lock->remote->ops->put(lock->remote->self, arena, LOCK, note_of(arena, lock, now_ms),
                                  lock->etag, own);
    if (ret->result == REMOTE_FAILED)
        return true; /* not known: the next one tells */
    if (ret->result != REMOTE_DONE) {
        *ret = read_lock(arena, lock->remote, own);
        if (ret->result == REMOTE_FAILED)
            return true;
        if (!str_eq(holder_of(arena, lock->remote, ret).id, lock->id))
            return false;
    }
    lock->etag = arena_strdup(lock->arena, ret->etag);
    lock->renewed_ms = now_ms;
    return true;
}

static bool renew(struct arena *arena, struct remote_lock *lock, struct diags *own)
{
    struct remote_object answer;
    return write_over(arena, lock, &answer, own) &&
           (agrees_with_clock(lock, &answer) || write_over(arena, lock, &answer, own));
}

/* ---- taking ---- */

static void report_held(struct arena *arena, const struct remote *remote,
                        const struct lock_holder *holder, struct diags *diags)
{
    struct diag *diag = diag_error(diags, E_STATE_LOCKED, NO_POS, NULL, "%s is held by %s",
                                   remote->where, lock_holder_text(arena, holder));
    diag_hint(diags, diag,
              "Wait for it, with --lock-timeout 10m for instance. If that run is dead: "
              "`holdfast lock break %s%s`; what it left open is settled by the next run.",
              holder->id, holder->no_lease ? " --force" : "");
}

/* One attempt: taken, held (*ret_holder says by whom), or failed. Whoever lost the reply to an own
 * write finds an own lock. */
static enum remote_result attempt(struct arena *arena, struct remote_lock *lock,
                                  struct lock_holder *ret_holder, struct diags *diags)
{
    struct diags own;
    diags_init(&own, arena);
    int64_t now_ms = now_of(lock->remote);
    struct remote_object put = lock->remote->ops->put(
        lock->remote->self, arena, LOCK, note_of(arena, lock, now_ms), /* over= */ NULL, &own);
    if (put.result != REMOTE_DONE) {
        struct remote_object there = read_lock(arena, lock->remote, diags);
        *ret_holder = holder_of(arena, lock->remote, &there);
        if (there.result == REMOTE_FAILED)
            return REMOTE_FAILED;
        if (!str_eq(ret_holder->id, lock->id)) {
            if (put.result == REMOTE_FAILED && there.result == REMOTE_ABSENT) {
                diag_error(diags, E_STATE_REMOTE, NO_POS, NULL, "%s", own.items[0].message);
                return REMOTE_FAILED;
            }
            return there.result == REMOTE_ABSENT ? REMOTE_ABSENT : REMOTE_REFUSED;
        }
        put = there;
    }
    lock->etag = put.etag;
    lock->renewed_ms = lock->looked_ms = now_ms;
    if (agrees_with_clock(lock, &put))
        return REMOTE_DONE;
    lock->since = time_iso(arena, now_ms + lock->behind_ms);
    return write_over(arena, lock, &put, &own) ? REMOTE_DONE : REMOTE_ABSENT;
}

bool remote_lock_take(struct arena *arena, const struct remote *remote, const char *command,
                      const char *who, int64_t timeout_ms, struct remote_lock *ret,
                      struct diags *diags)
{
    int64_t end_ms = now_of(remote) + timeout_ms, nap_ms = FIRST_NAP_MS;
    struct remote_lock lock = {.arena = arena,
                               .remote = remote,
                               .id = random_uuid(arena),
                               .command = command,
                               .who = who,
                               .since = time_iso(arena, now_of(remote))};
    struct lock_holder holder = {0};
    for (;;) {
        enum remote_result result = attempt(arena, &lock, &holder, diags);
        if (result == REMOTE_DONE) {
            *ret = lock;
            return true;
        }
        if (result == REMOTE_FAILED)
            return false;
        if (result == REMOTE_ABSENT) /* it has just gone */
            continue;
        bool stopped = remote->stop && *remote->stop;
        int64_t left_ms = stopped ? 0 : end_ms - now_of(remote);
        if (left_ms <= 0) {
            report_held(arena, remote, &holder, diags);
            return false;
        }
        remote->ops->sleep_ms(remote->self, nap_ms < left_ms ? nap_ms : left_ms);
        nap_ms = nap_ms * 2 < LONGEST_NAP_MS ? nap_ms * 2 : LONGEST_NAP_MS;
    }
}

/* ---- keeping ---- */

static bool report_lost(struct remote_lock *lock, struct diags *diags)
{
    lock->lost = true;
    diag_error(diags, E_STATE_FENCED, NO_POS, NULL,
               "the lock of %s is not ours any more: somebody has broken it", lock->remote->where);
    return false;
}

bool remote_lock_keep(struct remote_lock *lock, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags own;
    diags_init(&own, scratch);
    if (lock->lost)
        return report_lost(lock, diags);
    int64_t now_ms = now_of(lock->remote);
    bool slept = now_ms - lock->looked_ms >= SLEPT_MS;
    lock->looked_ms = now_ms;
    if (now_ms - lock->renewed_ms < LEASE_MS / 3 && !slept)
        return true;
    if (!renew(scratch, lock, &own))
        return report_lost(lock, diags);
    if (now_of(lock->remote) - lock->renewed_ms < LEASE_MS)
        return true;
    diag_error(diags, E_STATE_FENCED, NO_POS, NULL,
               "the lease of the lock of %s has run out and cannot be renewed: %s",
               lock->remote->where, own.len ? own.items[0].message : "no answer");
    return false;
}

static bool remove_version(const struct remote *remote, const char *etag, struct diags *diags)
{
    enum remote_result result = REMOTE_FAILED;
    remote->ops->remove(remote->self, lock_names, 1, etag, &result, diags);
    return result != REMOTE_FAILED; /* REFUSED: it is another's by now */
}

void remote_lock_release(struct remote_lock *lock, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags own;
    diags_init(&own, scratch);
    if (!lock->id)
        return;
    struct remote_object there = read_lock(scratch, lock->remote, &own);
    bool ours = str_eq(holder_of(scratch, lock->remote, &there).id, lock->id);
    bool gone = there.result == REMOTE_ABSENT || (there.result == REMOTE_DONE && !ours) ||
                (ours && remove_version(lock->remote, there.etag, &own));
    if (!gone) {
        struct diag *diag =
            diag_warning(diags, E_STATE_REMOTE, NO_POS, NULL, "the lock of %s stays: %s",
                         lock->remote->where, own.len ? own.items[0].message : "no answer");
        diag_hint(diags, diag, "Remove it with `holdfast lock break %s`.", lock->id);
    }
    lock->id = NULL;
}

/* ---- by hand ---- */

bool remote_lock_show(struct arena *arena, const struct remote *remote, struct lock_holder *ret,
                      struct diags *diags)
{
    struct remote_object there = read_lock(arena, remote, diags);
    *ret = holder_of(arena, remote, &there);
    return there.result != REMOTE_FAILED;
}

bool remote_lock_break(struct arena *arena, const struct remote *remote, const char *id,
                       struct lock_holder *ret, struct diags *diags)
{
    if (!remote_lock_show(arena, remote, ret, diags))
        return false;
    if (!ret->id)
        return true;
    if (str_eq(ret->id, id))
        return remove_version(remote, ret->etag, diags);
    diag_error(diags, E_LOCK_ID, NO_POS, NULL, "%s has the lock %s, not %s: it is held by %s",
               remote->where, ret->id, id, lock_holder_text(arena, ret));
    return false;
}
