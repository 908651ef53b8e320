#include "relay/walk.h"

#include "engine/aws/arn.h"
#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/map.h"

#define LOOK_AGAIN_MS 3000 /* most reads that lag behind have come up by then */

/* ---- calls ---- */

const char *relay_error_text(struct arena *arena, const struct aws_operation *operation,
                             const char *account_id, const char *region, const struct response *rs)
{
    return arena_printf(arena, "%s:%s in account %s, %s: %s: %s (request id %s)",
                        operation->api->service, operation->name, account_id, region,
                        rs->code ? rs->code : "no answer", rs->message ? rs->message : "",
                        rs->request_id ? rs->request_id : "none");
}

/* Credentials come and go; rights are given. */
static enum relay_failure failure_of(const struct response *rs)
{
    static const char *const no_rights[] = {"AccessDenied", "AccessDeniedException",
                                            "UnauthorizedOperation", NULL};
    switch (rs->fault) {
    case FAULT_NONE:
    case FAULT_THROTTLED:
    case FAULT_TRANSIENT: return RELAY_TRANSIENT;
    case FAULT_DENIED:
        return str_is_one_of(rs->code, no_rights) ? RELAY_PERMANENT : RELAY_AMBIGUOUS;
    case FAULT_NOT_FOUND:
    case FAULT_CONFLICT:
    case FAULT_INVALID: return RELAY_PERMANENT;
    case FAULT_QUOTA:
    case FAULT_UNKNOWN: break;
    }
    return RELAY_AMBIGUOUS;
}

const char *walk_error(struct walk *walk, const struct response *rs)
{
    walk->failure = failure_of(rs);
    return relay_error_text(walk->pass->arena, walk->called, walk->called_account,
                            walk->called_region, rs);
}

bool relay_stopped(const struct relay_pass *pass)
{
    return pass->stop && *pass->stop;
}

bool relay_too_late(const struct relay_pass *pass)
{
    return pass->deadline_ms > 0 && clock_wall_ms() >= pass->deadline_ms;
}

static void wake(void *ctx)
{
    (void)ctx; /* the turn that waited for an answer has ended: that is all */
}

bool relay_turn(struct relay_pass *pass)
{
    if (pass->deadline_ms > 0)
        loop_after(pass->loop, pass->deadline_ms - clock_wall_ms(), wake, NULL);
    return loop_turn(pass->loop);
}

void relay_reset(struct relay_pass *pass)
{
    pass->points = pass->started = pass->refused = 0;
    pass->waiting = pass->left = pass->failed = 0;
    pass->worrying = pass->untagged = pass->need_backfill = pass->shortened = 0;
    pass->copies_failed = 0;
    pass->by_pass = false;
    pass->oldest_waiting_ms = 0;
}

void relay_tell_failed(struct relay_pass *pass, const char *hop, const char *state,
                       const char *reason, const char *resource_arn, const char *id)
{
    pass->copies_failed++;
    log_event(LOG_ERROR, "alarm", "hop", hop, "state", state, "reason", reason, "resource",
              resource_arn, "id", id, NULL);
}

const char *relay_source_region(const struct relay_pass *pass, const char *vault_arn)
{
    struct arn arn;
    if (!vault_arn || !arn_parse(slice_of(vault_arn), &arn) ||
        !slice_is(arn.account, pass->config->account_id))
        return NULL;
    return arena_strndup(pass->arena, arn.region.ptr, arn.region.len);
}

void walk_call(struct walk *walk, const char *account_id, const char *region,
               const struct aws_operation *operation, const struct value *labels,
               const struct value *query, const struct value *body, aws_done_fn *done)
{
    struct aws_call_spec spec = {.operation = operation,
                                 .account_id = account_id,
                                 .region = region,
                                 .labels = labels,
                                 .query = query,
                                 .body = body,
                                 .all_pages = operation->token_in != NULL};
    walk->called = operation;
    walk->called_account = account_id;
    walk->called_region = region;
    if (relay_stopped(walk->pass))
        walk_end(walk, NULL, "stopped by a signal");
    else
        aws_call(walk->pass->loop, &spec, done, walk);
}

static void call(struct walk *walk, const struct aws_operation *operation,
                 const struct value *labels, const struct value *query, const struct value *body,
                 aws_done_fn *done)
{
    const struct relay_config *config = walk->pass->config;
    walk_call(walk, config->account_id, config->region, operation, labels, query, body, done);
}

/* ---- the end of a walk ---- */

static void note_waiting(struct relay_pass *pass, const struct relay_point *point)
{
    if (point->creation_ms > 0 &&
        (pass->oldest_waiting_ms == 0 || point->creation_ms < pass->oldest_waiting_ms))
        pass->oldest_waiting_ms = point->creation_ms;
}

static void count(struct relay_pass *pass, const struct walk *walk, const char *error)
{
    const struct relay_decision *decision = &walk->decision;
    if (error)
        pass->failed++;
    else if (decision->verdict == RELAY_START)
        pass->started++;
    else if (decision->verdict == RELAY_REFUSE)
        pass->refused++;
    else if (decision->waits)
        pass->waiting++;
    else
        pass->left++;
    if (!walk->shortens && (error || decision->verdict == RELAY_START || decision->waits))
        note_waiting(pass, &walk->point); /* it has no copy yet, whatever is begun for it */
    pass->worrying += !error && decision->worry;
    pass->untagged += !error && decision->verdict == RELAY_START && walk->point.tags_declared;
    pass->need_backfill += !error && decision->needs_backfill;
}

static void tell(const struct walk *walk, const char *copy_job_id, const char *error)
{
    bool decided = walk->decision.reason != NULL;
    struct relay_report report = {.point = &walk->point,
                                  .decision = decided ? &walk->decision : NULL,
                                  .listed = walk->listed,
                                  .jobs = walk->jobs,
                                  .job_len = walk->job_len,
                                  .copy_job_id = copy_job_id,
                                  .error = error,
                                  .failure = walk->failure};
    if (walk->pass->report)
        walk->pass->report(walk->pass->ctx, &report);
}

void walk_conclude(const struct walk *walk)
{
    walk->pass->points++;
    count(walk->pass, walk, NULL);
    tell(walk, NULL, NULL);
}

/* ---- one copy of a resource at a time; what is about to expire waits for none ---- */

/* The older ones are in front. */
static void make_ready(struct walkers *walkers, struct walk *walk)
{
    struct walk **at = &walkers->ready;
    while (*at && *at < walk) /* they stand in one array, oldest first */
        at = &(*at)->next_ready;
    walk->next_ready = *at;
    *at = walk;
}

static void make_wait(struct walk *walk)
{
    walk->decision = (struct relay_decision){.verdict = RELAY_LEAVE,
                                             .waits = true,
                                             .reason = "another copy of its resource is under way"};
    walk_conclude(walk);
}

static struct lane *lane_of(struct map *lanes, const char *resource_arn,
                            const struct relay_ledger *ledger)
{
    struct lane *lane = map_get(lanes, resource_arn);
    if (!lane) {
        lane = arena_new_of(lanes->arena, struct lane);
        lane->busy = ledger_is_busy(ledger, resource_arn);
        map_set(lanes, resource_arn, lane);
    }
    return lane;
}

void walkers_line_up(struct walkers *walkers, struct walk *walks, size_t len,
                     const struct relay_ledger *ledger)
{
    struct map lanes;
    struct walk **ready = &walkers->ready;
    map_init(&lanes, walkers->pass->arena);
    for (size_t i = 0; i < len; i++) {
        struct walk *walk = &walks[i];
        walk->walkers = walkers;
        if (!walk->shortens && walk->point.resource_arn)
            walk->lane = lane_of(&lanes, walk->point.resource_arn, ledger);
        bool queues = walk->lane && !relay_expires_soon(&walk->point, walkers->pass->now_ms);
        if (queues && walk->lane->busy) {
            make_wait(walk);
            continue;
        }
        walkers->waiting++;
        if (queues && walk->lane->last) {
            walk->lane->last->next_in_lane = walk;
        } else {
            *ready = walk;
            ready = &walk->next_ready;
        }
        if (queues)
            walk->lane->last = walk;
    }
}

static void hand_on_lane(struct walkers *walkers, struct walk *walk)
{
    struct walk *next = walk->next_in_lane;
    while (next && walk->lane->busy) {
        walkers->waiting--;
        make_wait(next);
        next = next->next_in_lane;
    }
    if (next)
        make_ready(walkers, next);
}

void walk_end(struct walk *walk, const char *copy_job_id, const char *error)
{
    struct walkers *walkers = walk->walkers;
    count(walk->pass, walk, error);
    tell(walk, copy_job_id, error);
    walkers->running--;
    if (!walk->lane)
        return;
    if (!walk->shortens && walk->decision.verdict == RELAY_START && walk->decision.reason && !error)
        walk->lane->busy = true;
    hand_on_lane(walkers, walk);
}

/* ---- the last step: StartCopyJob ---- */

static void start_copy(struct walk *walk);

/* AWS answers a token that it has seen with the job of that time. No list tells of one that is
 * older than the job history: it is asked what became of it. */
static bool is_forgotten(const struct walk *walk, const struct value *job)
{
    int64_t begun_ms = value_epoch_ms(value_get(job, "CreationDate"));
    return begun_ms && walk->pass->now_ms - begun_ms > RELAY_HISTORY_DAYS * DAY_MS;
}

static void forgotten_described(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    struct arena *arena = walk->pass->arena;
    const struct value *job = value_get(rs->body, "CopyJob");
    const char *vault_arn = walk->decision.destination->vault_arn;
    const struct relay_job old = {
        .destination_vault_arn = vault_arn,
        .state = rs->fault == FAULT_NONE ? arena_strdup(arena, value_get_str(job, "State")) : NULL,
        .id = walk->forgotten_id,
        .at_ms = value_epoch_ms(value_get(job, "CreationDate"))};
    if (rs->fault != FAULT_NONE && rs->fault != FAULT_NOT_FOUND) {
        walk_end(walk, NULL, walk_error(walk, rs));
    } else if (relay_decide_by_old_job(arena, walk->pass->config, &walk->point, walk->pass->now_ms,
                                       &old, &walk->decision)) {
        walk->decision.token = relay_token(arena, walk->point.arn, vault_arn, old.id);
        start_copy(walk);
    } else {
        walk_end(walk, NULL, NULL);
    }
}

static void started(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    struct arena *arena = walk->pass->arena;
    const char *id = value_get_str(rs->body, "CopyJobId");
    if (rs->fault != FAULT_NONE) {
        walk_end(walk, NULL, walk_error(walk, rs));
    } else if (id && is_forgotten(walk, rs->body)) {
        walk->forgotten_id = arena_strdup(arena, id);
        call(walk, &backup_DescribeCopyJob, value_map_text(arena, "copyJobId", walk->forgotten_id),
             NULL, NULL, forgotten_described);
    } else {
        walk_end(walk, id, NULL);
    }
}

static const struct value *lifecycle_of(struct arena *arena, const struct relay_destination *to)
{
    struct map_builder b = map_begin(arena);
    if (to->move_to_cold_storage_after_days)
        map_put_int(&b, "MoveToColdStorageAfterDays", to->move_to_cold_storage_after_days);
    if (to->delete_after_days)
        map_put_int(&b, "DeleteAfterDays", to->delete_after_days);
    return b.len ? map_end(&b) : NULL;
}

static void start_copy(struct walk *walk)
{
    struct arena *arena = walk->pass->arena;
    const struct relay_config *config = walk->pass->config;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "RecoveryPointArn", walk->point.arn);
    map_put_str(&b, "SourceBackupVaultName", config->source_vault_name);
    map_put_str(&b, "DestinationBackupVaultArn", walk->decision.destination->vault_arn);
    map_put_str(&b, "IamRoleArn", config->copy_role_arn);
    map_put_str(&b, "IdempotencyToken", walk->decision.token);
    map_put(&b, "Lifecycle", lifecycle_of(arena, walk->decision.destination));
    call(walk, &backup_StartCopyJob, NULL, NULL, map_end(&b), started);
}

/* ---- the decision ---- */

static void decide(struct walk *walk)
{
    struct relay_pass *pass = walk->pass;
    const bool *looked = walk->walkers->looked;
    walk->point.destination_asked =
        looked && looked[walk->decision.destination - pass->config->destinations];
    relay_decide(pass->arena, pass->config, &walk->point, pass->now_ms, walk->jobs, walk->job_len,
                 &walk->decision);
    if (walk->walkers->oldest_copied_ms)
        relay_decide_brake(pass->arena, &walk->point, pass->now_ms, walk->walkers->oldest_copied_ms,
                           &walk->decision);
    if (walk->decision.verdict != RELAY_START || pass->dry_run)
        walk_end(walk, NULL, NULL);
    else
        start_copy(walk);
}

/* Of a point that an event told of; those of a listed one are known. */
static void keep_jobs(struct walk *walk, const struct value *list)
{
    struct arena *arena = walk->pass->arena;
    struct relay_ledger *ledger = ledger_new(walk->pass->config, /* whole= */ false);
    for (size_t i = 0; i < value_len(list); i++)
        ledger_add_job(ledger, value_item(list, i));
    struct ledger_entry known;
    ledger_take(ledger, arena, &walk->point, &known);
    struct relay_job *own = arena_memdup(arena, known.jobs, known.len * sizeof(*own));
    walk->job_len = known.len;
    for (size_t i = 0; i < walk->job_len; i++) {
        own[i].id = arena_strdup(arena, own[i].id);
        own[i].message = arena_strdup(arena, own[i].message);
    }
    walk->jobs = own;
    ledger_free(ledger);
}

/* What has been copied before only a pass knows. */
static void leave_to_pass(struct walk *walk)
{
    walk->pass->by_pass = true;
    walk->walkers->running--;
}

static void jobs_listed(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    if (rs->fault != FAULT_NONE) {
        walk_end(walk, NULL, walk_error(walk, rs));
        return;
    }
    keep_jobs(walk, value_get(rs->body, "CopyJobs"));
    const struct relay_pass *pass = walk->pass;
    if (relay_is_old(&walk->point, pass->now_ms) &&
        !relay_decide_by_jobs(pass->arena, pass->config, &walk->point, pass->now_ms, walk->jobs,
                              walk->job_len, &walk->decision))
        leave_to_pass(walk);
    else
        decide(walk);
}

void walk_decide(struct walk *walk)
{
    struct arena *arena = walk->pass->arena;
    relay_route(arena, walk->pass->config, &walk->point, &walk->decision);
    if (walk->decision.verdict != RELAY_START) {
        walk_end(walk, NULL, NULL);
        return;
    }
    if (walk->listed) {
        decide(walk);
        return;
    }
    struct map_builder query = map_begin(arena);
    map_put_str(&query, "sourceRecoveryPointArn", walk->point.arn);
    map_put_str(&query, "destinationVaultArn", walk->decision.destination->vault_arn);
    call(walk, &backup_ListCopyJobs, NULL, map_end(&query), NULL, jobs_listed);
}

/* ---- a point that only an event told of ---- */

static void describe(void *ctx);

/* An event of a time that is far from coming says nothing of when it was: then the clocks differ.
 */
static bool is_fresh(const struct walk *walk)
{
    int64_t age_ms = walk->pass->now_ms - walk->told_ms;
    return walk->told_ms && age_ms < RELAY_FRESH_MS && age_ms > -RELAY_FRESH_MS;
}

/* Late events tell of points that have lived their life; of others, that cannot be read yet, the
 * caller tells once more. */
static void jobs_of_gone_listed(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    const struct relay_pass *pass = walk->pass;
    if (rs->fault != FAULT_NONE) {
        walk_end(walk, NULL, walk_error(walk, rs));
        return;
    }
    keep_jobs(walk, value_get(rs->body, "CopyJobs"));
    bool known = relay_decide_by_jobs(pass->arena, pass->config, &walk->point, pass->now_ms,
                                      walk->jobs, walk->job_len, &walk->decision);
    if (!known && is_fresh(walk)) {
        walk->failure = RELAY_TRANSIENT;
        walk_end(walk, NULL, "the point cannot be read yet, though AWS has told of it");
        return;
    }
    if (!known)
        walk->decision = (struct relay_decision){
            .verdict = RELAY_LEAVE,
            .worry = true,
            .reason = "the point has gone from the source vault, and no copy of it is known"};
    walk_end(walk, NULL, NULL);
}

static void keep_described(struct walk *walk, const struct value *body)
{
    struct arena *arena = walk->pass->arena;
    const struct value *by = value_get(body, "CreatedBy");
    const struct value *life = value_get(body, "CalculatedLifecycle");
    int64_t creation_ms = value_epoch_ms(value_get(body, "CreationDate"));
    if (creation_ms) /* that of the backup; the event told that of the job */
        walk->point.creation_ms = creation_ms;
    walk->point.status = arena_strdup(arena, value_get_str(body, "Status"));
    walk->point.expires_ms = value_epoch_ms(value_get(life, "DeleteAt"));
    walk->plan_name = arena_strdup(arena, value_get_str(by, "BackupPlanName"));
    walk->rule_name = arena_strdup(arena, value_get_str(by, "BackupRuleName"));
}

static void described(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    if (rs->fault == FAULT_NOT_FOUND && is_fresh(walk) && !walk->looked_again) {
        walk->looked_again = true;
        loop_after(walk->pass->loop, LOOK_AGAIN_MS, describe, walk);
    } else if (rs->fault == FAULT_NOT_FOUND) {
        call(walk, &backup_ListCopyJobs, NULL,
             value_map_text(walk->pass->arena, "sourceRecoveryPointArn", walk->point.arn), NULL,
             jobs_of_gone_listed);
    } else if (rs->fault != FAULT_NONE) {
        walk_end(walk, NULL, walk_error(walk, rs));
    } else {
        keep_described(walk, rs->body);
        walk_read_tags(walk);
    }
}

/* What a list would have told: whether it is there and whole, how long it lives, which rule made
 * it. */
static void describe(void *ctx)
{
    struct walk *walk = ctx;
    struct map_builder labels = map_begin(walk->pass->arena);
    map_put_str(&labels, "backupVaultName", walk->pass->config->source_vault_name);
    map_put_str(&labels, "recoveryPointArn", walk->point.arn);
    call(walk, &backup_DescribeRecoveryPoint, map_end(&labels), NULL, NULL, described);
}

/* ---- a point that has been copied ---- */

/* One that is not found has ended meanwhile: a list may be older than that. */
static void shortened(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    bool ended = rs->fault == FAULT_NOT_FOUND;
    if (rs->fault == FAULT_NONE)
        walk->pass->shortened++;
    walk_end(walk, NULL, rs->fault == FAULT_NONE || ended ? NULL : walk_error(walk, rs));
}

static void shorten(struct walk *walk)
{
    struct arena *arena = walk->pass->arena;
    const struct relay_config *config = walk->pass->config;
    struct map_builder labels = map_begin(arena), days = map_begin(arena), b = map_begin(arena);
    if (walk->pass->dry_run) {
        walk->pass->shortened++;
        walk_end(walk, NULL, NULL);
        return;
    }
    map_put_str(&labels, "backupVaultName", config->source_vault_name);
    map_put_str(&labels, "recoveryPointArn", walk->point.arn);
    map_put_int(&days, "DeleteAfterDays", config->shorten_source_to_days);
    map_put(&b, "Lifecycle", map_end(&days));
    call(walk, &backup_UpdateRecoveryPointLifecycle, map_end(&labels), NULL, map_end(&b),
         shortened);
}

/* ---- many points ---- */

static void begin(struct walkers *walkers)
{
    struct walk *walk = walkers->ready;
    walkers->ready = walk->next_ready;
    walkers->waiting--;
    walkers->running++;
    walkers->pass->points++;
    if (!walk->point.arn)
        walk_end(walk, NULL, "AWS listed a point without an ARN");
    else if (walk->shortens)
        shorten(walk);
    else if (walk->listed)
        walk_read_tags(walk);
    else
        describe(walk);
}

bool walkers_run(struct walkers *walkers, const char **ret_why)
{
    struct relay_pass *pass = walkers->pass;
    for (;;) {
        if (relay_too_late(pass)) {
            *ret_why = RELAY_LATE;
            return false;
        }
        while (!relay_stopped(pass) && walkers->ready && walkers->running < RELAY_WINDOW &&
               (int64_t)(pass->started + walkers->running) < walkers->budget)
            begin(walkers);
        if (walkers->running == 0)
            break;
        BUG_ON(!relay_turn(pass) && walkers->running > 0);
    }
    pass->waiting += walkers->waiting;
    if (walkers->ready)
        note_waiting(pass, &walkers->ready->point);
    for (const struct walk *walk = walkers->ready; walk; walk = walk->next_ready)
        pass->worrying += relay_expires_soon(&walk->point, pass->now_ms);
    if (relay_stopped(pass))
        *ret_why = "stopped by a signal";
    else if (pass->failed > 0)
        *ret_why = "a call failed";
    return pass->failed == 0 && !relay_stopped(pass);
}
