#include "relay/decide/decide.h"

#include <assert.h>

#include "engine/aws/backup_types.h"
#include "engine/aws/lock_rules.h"
#include "engine/base/clock.h"
#include "engine/base/crypto.h"
#include "relay/decide/failure.h"

static const char *const verdict_names[] = {"start", "leave", "refuse"};
static_assert(ARRAY_LEN(verdict_names) == RELAY_REFUSE + 1, "one name a verdict");

const char *relay_verdict_name(enum relay_verdict verdict)
{
    return verdict_names[verdict];
}

static void conclude(struct relay_decision *decision, enum relay_verdict verdict,
                     const char *reason)
{
    decision->verdict = verdict;
    decision->reason = reason;
}

static void conclude_for_now(struct relay_decision *decision, const char *reason)
{
    conclude(decision, RELAY_LEAVE, reason);
    decision->waits = true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_but_for_case(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

/* The value of the first configured key that is there exactly; else of the keys that match without
 * regard to case. *ret_conflict: more than one matches and they name different vaults. */
static const char *tag_value(const struct relay_config *config, const struct value *tags,
                             bool *ret_conflict)
{
    const char *found = NULL;
    *ret_conflict = false;
    for (const char *const *key = config->tag_keys; *key; key++) {
        const char *text = value_get_str(tags, *key);
        if (!text)
            continue;
        if (found && !str_eq(found, text))
            *ret_conflict = true;
        if (!found)
            found = text;
    }
    if (found)
        return found;
    for (const char *const *key = config->tag_keys; *key; key++)
        for (size_t i = 0; value_is(tags, VALUE_MAP) && i < tags->map.len; i++) {
            const char *text = value_str(tags->map.entries[i].value);
            if (!text || !same_but_for_case(tags->map.entries[i].key, *key))
                continue;
            if (found && !str_eq(found, text))
                *ret_conflict = true;
            if (!found)
                found = text;
        }
    return found;
}

bool relay_tags_have_key(const struct relay_config *config, const struct value *tags)
{
    bool conflict;
    return tag_value(config, tags, &conflict) != NULL;
}

static const struct relay_destination *destination_of(const struct relay_config *config,
                                                      const char *vault_arn)
{
    for (size_t i = 0; i < config->destination_len; i++)
        if (str_eq(config->destinations[i].vault_arn, vault_arn))
            return &config->destinations[i];
    return NULL;
}

static bool is_of_another(const struct relay_config *config, const char *vault_arn)
{
    const char *const *at = config->other_destinations;
    while (at && *at && !str_eq(*at, vault_arn))
        at++;
    return at && *at;
}

static const char *keys_text(struct arena *arena, const struct relay_config *config)
{
    const char *text = config->tag_keys[0] ? config->tag_keys[0] : "none";
    for (size_t i = 1; config->tag_keys[0] && config->tag_keys[i]; i++)
        text = arena_printf(arena, "%s, %s", text, config->tag_keys[i]);
    return text;
}

void relay_route(struct arena *arena, const struct relay_config *config,
                 const struct relay_point *point, struct relay_decision *ret)
{
    bool conflict = false;
    *ret = (struct relay_decision){0};
    if (!str_eq(point->vault_arn, config->source_vault_arn)) {
        conclude(ret, RELAY_LEAVE, "the point is not in the relay's source vault");
        return;
    }
    const char *wanted = tag_value(config, point->tags, &conflict);
    if (conflict) {
        conclude(ret, RELAY_REFUSE, "the point's tags name different vaults");
        return;
    }
    if (!wanted && config->copy_untagged && config->destination_len == 1) {
        ret->destination = &config->destinations[0];
    } else if (!wanted) {
        conclude(ret, RELAY_LEAVE,
                 arena_printf(arena, "the point carries no tag %s", keys_text(arena, config)));
        return;
    } else {
        ret->destination = destination_of(config, wanted);
    }
    if (!ret->destination && is_of_another(config, wanted)) {
        conclude(ret, RELAY_LEAVE,
                 arena_printf(arena, "the tag names %s, into which another relay copies", wanted));
        return;
    }
    if (!ret->destination) {
        conclude(
            ret, RELAY_REFUSE,
            arena_printf(arena, "the tag names %s, which is no destination of this relay", wanted));
        return;
    }
    conclude(ret, RELAY_START, "no copy of this point has been started");
}

const struct value *relay_declared_tags(const struct relay_config *config, const char *plan_name,
                                        const char *rule_name)
{
    for (size_t i = 0; i < config->declared_len; i++)
        if (str_eq(config->declared[i].plan, plan_name) &&
            str_eq(config->declared[i].rule, rule_name))
            return config->declared[i].tags;
    return NULL;
}

/* ---- the point ---- */

static bool point_is_there(const char *status)
{
    return !status || backup_point_is_available(status);
}

static bool point_is_lost(const char *status)
{
    static const char *const lost[] = {"EXPIRED", "DELETING", "STOPPED", NULL};
    return status && str_is_one_of(status, lost);
}

static int64_t days_old(const struct relay_point *point, int64_t now_ms)
{
    return (now_ms - point->creation_ms) / DAY_MS;
}

static int64_t hours_left(const struct relay_point *point, int64_t now_ms)
{
    return (point->expires_ms - now_ms) / HOUR_MS;
}

bool relay_expires_soon(const struct relay_point *point, int64_t now_ms)
{
    return point->expires_ms && hours_left(point, now_ms) < RELAY_EXPIRY_HOURS;
}

const char *relay_token(struct arena *arena, const char *point_arn, const char *vault_arn,
                        const char *failed_id)
{
    const char *text =
        arena_printf(arena, "%s|%s|%s", point_arn, vault_arn, failed_id ? failed_id : "0");
    return arena_strndup(arena, sha256_hex(arena, slice_of(text)), 32);
}

bool relay_history_reaches(const struct relay_point *point, int64_t now_ms)
{
    return now_ms - point->creation_ms <= RELAY_HISTORY_DAYS * DAY_MS;
}

/* ---- its jobs ---- */

/* What became of the copies to one destination, or to all. */
struct past {
    const struct relay_job *copied, *under_way, *partial, *gone, *failed; /* failed: the last one */
    int64_t failures;
    size_t found, whole_found, whole_jobs, partial_jobs; /* copies, and jobs that have ended */
};

static void note_completed(struct past *past, const struct relay_job *job)
{
    if (!past->copied || !past->copied->message) /* only a job has something to say */
        past->copied = job;
    past->whole_found += job->found;
    past->whole_jobs += !job->found;
}

static void note_partial(struct past *past, const struct relay_job *job)
{
    past->partial = job;
    past->partial_jobs += !job->found;
}

static void note_failed(struct past *past, const struct relay_job *job)
{
    past->failures++;
    if (!past->failed || job->at_ms >= past->failed->at_ms)
        past->failed = job;
}

/* Jobs and the last vault tell of the same copies, and the worse word counts: a copy is whole that
 * neither calls PARTIAL. Where none was found, its job is believed. */
static bool one_is_whole(const struct past *past)
{
    if (past->found == 0)
        return past->whole_jobs > 0;
    return past->whole_found > 0 && (past->whole_jobs > 0 || past->found > past->partial_jobs);
}

static struct past past_of(const struct relay_job *jobs, size_t len,
                           const struct relay_config *config,
                           const struct relay_destination *destination)
{
    struct past past = {0};
    for (size_t i = 0; i < len; i++) {
        const struct relay_job *job = &jobs[i];
        bool counts = destination ? str_eq(job->destination_vault_arn, destination->vault_arn)
                                  : destination_of(config, job->destination_vault_arn) != NULL;
        if (!counts)
            continue;
        past.found += job->found;
        if (str_eq(job->state, "FAILED"))
            note_failed(&past, job);
        else if (str_eq(job->state, "COMPLETED"))
            note_completed(&past, job);
        else if (str_eq(job->state, "PARTIAL"))
            note_partial(&past, job);
        else if (job->found)
            past.gone = job;
        else
            past.under_way = job;
    }
    if (!one_is_whole(&past))
        past.copied = NULL;
    return past;
}

static void conclude_under_way(struct arena *arena, const struct relay_point *point, int64_t now_ms,
                               const struct relay_job *job, struct relay_decision *ret)
{
    int64_t hours = job->at_ms ? (now_ms - job->at_ms) / HOUR_MS : 0;
    conclude_for_now(ret, "a copy of this point is under way");
    if (hours >= RELAY_STUCK_HOURS) {
        ret->worry = true;
        ret->reason = arena_printf(arena, "a copy of this point has been %s for %lld hours",
                                   job->state, (long long)hours);
    } else if (relay_expires_soon(point, now_ms)) {
        ret->worry = true;
        ret->reason = "a copy of this point is under way, and the point is about to expire";
    }
}

/* When a copy would be over, or nearly: it keeps the creation date of its source, and its life
 * counts from there; one that is given none inherits that of its source. A day is left for the copy
 * itself and for slow clocks, a quarter of a life that is shorter than four. INT64_MAX: never. */
static int64_t copy_ends_ms(const struct relay_destination *to, const struct relay_point *point)
{
    if (to->delete_after_days == 0)
        return point->expires_ms ? point->expires_ms : INT64_MAX;
    if (to->delete_after_days < 0 || point->creation_ms <= 0)
        return INT64_MAX;
    int64_t life_ms = to->delete_after_days * DAY_MS;
    return point->creation_ms + life_ms - (life_ms / 4 < DAY_MS ? life_ms / 4 : DAY_MS);
}

static bool copy_is_over(const struct relay_destination *to, const struct relay_point *point,
                         int64_t now_ms)
{
    return copy_ends_ms(to, point) <= now_ms;
}

static void conclude_gone(struct arena *arena, const struct relay_point *point, int64_t now_ms,
                          const struct relay_job *copy, struct relay_decision *ret)
{
    conclude(ret, RELAY_LEAVE,
             arena_printf(arena,
                          "the point has been copied; its copy is %s now, and is not made again",
                          copy->state));
    ret->worry = !copy_is_over(ret->destination, point, now_ms);
}

/* What AWS says beside COMPLETED is a notice for a day. */
static void conclude_copied(struct arena *arena, int64_t now_ms, const struct relay_job *job,
                            struct relay_decision *ret)
{
    conclude(ret, RELAY_LEAVE, "the point has been copied");
    if (!job->message)
        return;
    ret->reason = arena_printf(arena, "the point has been copied, but: %s", job->message);
    ret->worry = job->at_ms && now_ms - job->at_ms < DAY_MS;
}

/* Whether it was copied is known: its jobs are listed, and all have failed, or would be. */
static bool was_never_copied(const struct relay_point *point, int64_t now_ms,
                             const struct past *past)
{
    return past->failures > 0 || relay_history_reaches(point, now_ms);
}

/* That one was never copied is told of for as long as nobody can have missed it. */
static void conclude_lapsed(struct arena *arena, const struct relay_point *point, int64_t now_ms,
                            const struct past *past, int64_t ended_ms, struct relay_decision *ret)
{
    long long days = (long long)days_old(point, now_ms);
    const struct relay_job *failed = past->failed;
    ret->lapsed = true;
    if (failed && failed->at_ms > ended_ms)
        ended_ms = failed->at_ms;
    if (!was_never_copied(point, now_ms, past)) {
        conclude(ret, RELAY_LEAVE,
                 arena_printf(arena,
                              "it is %lld days old: whether it was copied is not known any more, "
                              "and a copy would have had its time",
                              days));
        return;
    }
    ret->worry = now_ms - ended_ms < RELAY_LAPSED_WORRY_DAYS * DAY_MS;
    conclude(ret, RELAY_LEAVE,
             arena_printf(arena,
                          "it is %lld days old and was never copied%s%s; a copy would be over at "
                          "once",
                          days, failed ? ": " : "",
                          !failed           ? ""
                          : failed->message ? failed->message
                                            : "its copies failed without a reason"));
}

/* False when what is past ends the matter. */
static bool judge_past(struct arena *arena, const struct relay_config *config,
                       const struct relay_point *point, int64_t now_ms, const struct past *past,
                       struct relay_decision *ret)
{
    const struct relay_job *end = past->copied      ? past->copied
                                  : past->under_way ? past->under_way
                                  : past->partial   ? past->partial
                                                    : past->gone;
    ret->attempt = past->failures;
    if (!end)
        return true;
    ret->destination = destination_of(config, end->destination_vault_arn);
    if (past->copied)
        conclude_copied(arena, now_ms, past->copied, ret);
    else if (past->under_way)
        conclude_under_way(arena, point, now_ms, past->under_way, ret);
    else if (past->partial)
        conclude(ret, RELAY_REFUSE, "an earlier copy of this point is PARTIAL");
    else
        conclude_gone(arena, point, now_ms, past->gone, ret);
    return false;
}

bool relay_decide_by_jobs(struct arena *arena, const struct relay_config *config,
                          const struct relay_point *point, int64_t now_ms,
                          const struct relay_job *jobs, size_t job_len, struct relay_decision *ret)
{
    struct past past = past_of(jobs, job_len, config, NULL);
    *ret = (struct relay_decision){0};
    return !judge_past(arena, config, point, now_ms, &past, ret);
}

/* A copy that inherits its life goes with its source: judge_point() has the word. */
static bool has_lapsed(const struct relay_destination *to, const struct relay_point *point,
                       int64_t now_ms, const struct past *past)
{
    bool inherits = to->delete_after_days == 0;
    return copy_is_over(to, point, now_ms) && !(inherits && was_never_copied(point, now_ms, past));
}

bool relay_decide_by_age(struct arena *arena, const struct relay_config *config,
                         const struct relay_point *point, int64_t now_ms,
                         const struct relay_job *jobs, size_t job_len, struct relay_decision *ret)
{
    struct past past = past_of(jobs, job_len, config, NULL);
    int64_t ended_ms = 0;
    if ((past.failures == 0 && relay_history_reaches(point, now_ms)) ||
        config->destination_len == 0)
        return false;
    for (size_t i = 0; i < config->destination_len; i++) {
        const struct relay_destination *to = &config->destinations[i];
        if (!has_lapsed(to, point, now_ms, &past))
            return false;
        if (copy_ends_ms(to, point) > ended_ms)
            ended_ms = copy_ends_ms(to, point);
    }
    *ret = (struct relay_decision){.attempt = past.failures};
    conclude_lapsed(arena, point, now_ms, &past, ended_ms, ret);
    return true;
}

bool relay_decide_by_old_job(struct arena *arena, const struct relay_config *config,
                             const struct relay_point *point, int64_t now_ms,
                             const struct relay_job *job, struct relay_decision *decision)
{
    if (!job->state || str_eq(job->state, "FAILED"))
        return true;
    relay_decide_by_jobs(arena, config, point, now_ms, job, 1, decision);
    if (str_eq(job->state, "COMPLETED"))
        conclude(decision, RELAY_LEAVE,
                 "the point has been copied; its copy has left the last vault, and is not made "
                 "again");
    return false;
}

/* False while the next attempt waits. The first ambiguous failure is no alarm yet. */
static bool judge_failures(struct arena *arena, const struct relay_point *point, int64_t now_ms,
                           const struct past *past, struct relay_decision *ret)
{
    const struct relay_job *failed = past->failed;
    if (!failed || !failed->at_ms || point->retry_now)
        return true;
    enum relay_failure failure = relay_failure_of(failed->message);
    if (now_ms - failed->at_ms >= relay_failure_pause_ms(failure, past->failures))
        return true;
    const char *words = failed->message ? failed->message : "without a reason";
    if (failure == RELAY_AMBIGUOUS && past->failures == 1) {
        conclude_for_now(ret, arena_printf(arena, "the copy failed and is tried again: %s", words));
        ret->worry = relay_expires_soon(point, now_ms);
    } else {
        conclude(ret, RELAY_REFUSE,
                 arena_printf(arena, "the copy failed (attempt %lld, %s): %s",
                              (long long)past->failures, relay_failure_name(failure), words));
    }
    return false;
}

/* ---- the decision ---- */

/* False when the point itself ends the matter. */
static bool judge_point(struct arena *arena, const struct relay_point *point, int64_t now_ms,
                        struct relay_decision *ret)
{
    if (point_is_lost(point->status) || (point->expires_ms && point->expires_ms <= now_ms)) {
        conclude(ret, RELAY_REFUSE,
                 arena_printf(arena, "the point is %s and was never copied",
                              point_is_lost(point->status) ? point->status : "past its expiry"));
        return false;
    }
    if (str_eq(point->status, "PARTIAL")) {
        conclude(ret, RELAY_REFUSE, "the point is PARTIAL: a copy of it would lack what it lacks");
        return false;
    }
    if (!point_is_there(point->status)) {
        conclude_for_now(ret, arena_printf(arena, "the point is %s", point->status));
        return false;
    }
    if (ret->attempt > 0 || relay_history_reaches(point, now_ms) ||
        (point->destination_asked && !point->contested))
        return true;
    conclude(ret, RELAY_REFUSE,
             point->contested
                 ? "no copy job of this point is listed, and the copies of its resource and date "
                   "are, or may be, of another point"
                 : "no copy job is listed, but the job history does not reach back to this point");
    return false;
}

/* False when no copy is wanted for its age: relay_decide_by_age(), of its own destination. */
static bool judge_age(struct arena *arena, const struct relay_point *point, int64_t now_ms,
                      const struct past *past, struct relay_decision *ret)
{
    if (!has_lapsed(ret->destination, point, now_ms, past))
        return true;
    conclude_lapsed(arena, point, now_ms, past, copy_ends_ms(ret->destination, point), ret);
    return false;
}

static bool retention_fits(const struct relay_destination *to)
{
    return (!to->lock_min_days && !to->lock_max_days) ||
           retention_in_lock(to->delete_after_days ? to->delete_after_days : -1, to->lock_min_days,
                             to->lock_max_days);
}

static void explain_start(struct arena *arena, const struct relay_point *point, int64_t now_ms,
                          struct relay_decision *ret)
{
    if (ret->attempt > 0)
        ret->reason = arena_printf(arena, "%lld earlier %s of this point failed",
                                   (long long)ret->attempt, ret->attempt == 1 ? "copy" : "copies");
    if (point->tags_declared)
        ret->reason = "its tag failed to travel; the rule of its plan declares it";
    if (relay_expires_soon(point, now_ms))
        ret->reason = arena_printf(arena, "%s; the point expires in %lld hours", ret->reason,
                                   (long long)hours_left(point, now_ms));
    ret->worry = point->tags_declared || relay_expires_soon(point, now_ms) ||
                 ret->attempt >= RELAY_WORRY_FAILURES;
}

void relay_decide(struct arena *arena, const struct relay_config *config,
                  const struct relay_point *point, int64_t now_ms, const struct relay_job *jobs,
                  size_t job_len, struct relay_decision *ret)
{
    relay_route(arena, config, point, ret);
    if (ret->verdict != RELAY_START)
        return;
    const struct relay_destination *destination = ret->destination;
    struct past past = past_of(jobs, job_len, config, destination);
    if (!judge_past(arena, config, point, now_ms, &past, ret) ||
        !judge_age(arena, point, now_ms, &past, ret) || !judge_point(arena, point, now_ms, ret) ||
        !judge_failures(arena, point, now_ms, &past, ret))
        return;
    if (!retention_fits(destination)) {
        conclude(ret, RELAY_REFUSE, LOCK_COPY_STATUS_MESSAGE);
        return;
    }
    ret->token = relay_token(arena, point->arn, destination->vault_arn,
                             past.failed ? past.failed->id : NULL);
    explain_start(arena, point, now_ms, ret);
}

bool relay_is_old(const struct relay_point *point, int64_t now_ms)
{
    return now_ms - point->creation_ms >= RELAY_BACKFILL_DAYS * DAY_MS;
}

bool relay_is_braked(const struct relay_point *point, int64_t now_ms, int64_t oldest_copied_ms)
{
    return relay_is_old(point, now_ms) && point->creation_ms < oldest_copied_ms;
}

/* No job is listed, and the last vault, which was asked, holds no copy: none was made, or it went.
 */
static bool is_in_doubt(const struct relay_point *point, int64_t now_ms,
                        const struct relay_decision *decision)
{
    return decision->attempt == 0 && !relay_history_reaches(point, now_ms);
}

void relay_decide_brake(struct arena *arena, const struct relay_point *point, int64_t now_ms,
                        int64_t oldest_copied_ms, struct relay_decision *decision)
{
    bool doubt = is_in_doubt(point, now_ms, decision);
    if (decision->verdict != RELAY_START ||
        (!doubt && !relay_is_braked(point, now_ms, oldest_copied_ms)))
        return;
    conclude_for_now(
        decision,
        arena_printf(arena, "it is %lld days old, and %s: `relay once --backfill` copies it",
                     (long long)days_old(point, now_ms),
                     doubt ? "no copy of it is there; whether one was made is not known any more"
                           : "nothing so old has been copied"));
    decision->needs_backfill = decision->worry = true;
}
