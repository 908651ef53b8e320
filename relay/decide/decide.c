#include "relay/decide/decide.h"

#include <assert.h>

#include "engine/aws/lock_rules.h"
#include "engine/base/clock.h"
#include "engine/base/crypto.h"

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

static const struct relay_destination *destination_of(const struct relay_config *config,
                                                      const char *vault_arn)
{
    for (size_t i = 0; i < config->destination_len; i++)
        if (str_eq(config->destinations[i].vault_arn, vault_arn))
            return &config->destinations[i];
    return NULL;
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
    if (!ret->destination) {
        conclude(
            ret, RELAY_REFUSE,
            arena_printf(arena, "the tag names %s, which is no destination of this relay", wanted));
        return;
    }
    conclude(ret, RELAY_START, "no copy of this point has been started");
}

static bool point_is_there(const char *status)
{
    return !status || str_eq(status, "COMPLETED") || str_eq(status, "AVAILABLE");
}

static const char *token_of(struct arena *arena, const char *point_arn, const char *vault_arn,
                            int64_t attempt)
{
    const char *text = arena_printf(arena, "%s|%s|%lld", point_arn, vault_arn, (long long)attempt);
    return arena_strndup(arena, sha256_hex(arena, slice_of(text)), 32);
}

bool relay_history_reaches(const struct relay_point *point, int64_t now_ms)
{
    return now_ms - point->creation_ms <= RELAY_HISTORY_DAYS * DAY_MS;
}

/* What the jobs to the destination say: false when they end the matter. */
static bool judge_jobs(const struct relay_job *jobs, size_t len, struct relay_decision *ret)
{
    bool copied = false, under_way = false, partial = false;
    for (size_t i = 0; i < len; i++) {
        if (!str_eq(jobs[i].destination_vault_arn, ret->destination->vault_arn))
            continue;
        if (str_eq(jobs[i].state, "FAILED"))
            ret->attempt++;
        else if (str_eq(jobs[i].state, "COMPLETED"))
            copied = true;
        else if (str_eq(jobs[i].state, "PARTIAL"))
            partial = true;
        else
            under_way = true;
    }
    if (copied)
        conclude(ret, RELAY_LEAVE, "the point has been copied");
    else if (under_way)
        conclude_for_now(ret, "a copy of this point is under way");
    else if (partial)
        conclude(ret, RELAY_REFUSE, "an earlier copy of this point is PARTIAL");
    return !copied && !under_way && !partial;
}

void relay_decide(struct arena *arena, const struct relay_config *config,
                  const struct relay_point *point, int64_t now_ms, const struct relay_job *jobs,
                  size_t job_len, struct relay_decision *ret)
{
    relay_route(arena, config, point, ret);
    if (ret->verdict != RELAY_START || !judge_jobs(jobs, job_len, ret))
        return;
    const struct relay_destination *destination = ret->destination;
    if (!point_is_there(point->status)) {
        conclude_for_now(ret, arena_printf(arena, "the point is %s", point->status));
        return;
    }
    if (ret->attempt == 0 && !point->destination_asked && !relay_history_reaches(point, now_ms)) {
        conclude(ret, RELAY_REFUSE,
                 "no copy job is listed, but the job history does not reach back to this point");
        return;
    }
    if ((destination->lock_min_days || destination->lock_max_days) &&
        !retention_in_lock(destination->delete_after_days ? destination->delete_after_days : -1,
                           destination->lock_min_days, destination->lock_max_days)) {
        conclude(ret, RELAY_REFUSE, LOCK_COPY_STATUS_MESSAGE);
        return;
    }
    ret->token = token_of(arena, point->arn, destination->vault_arn, ret->attempt);
    if (ret->attempt > 0)
        ret->reason = "earlier copies of this point failed";
}
