#include "relay/pass.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "providers/aws/aws.h"
#include "relay/decide/event.h"

/* One point on its way: tags, jobs, decision, start. */
struct walk {
    struct relay_pass *pass;
    struct relay_point point;
    struct relay_decision decision;
    struct relay_job *jobs;
    size_t job_len;
    bool listed;      /* from the vault's list: creation_ms is the point's own */
    bool asked_other; /* the second source of tags has been asked */
    size_t *running;  /* how many walks have not ended */
};

struct walkers {
    struct relay_pass *pass;
    struct walk *walks;
    size_t len, next, running;
    int64_t budget;
};

static const char *error_text(struct arena *arena, const struct response *rs)
{
    return arena_printf(arena, "%s: %s (request id %s)", rs->code ? rs->code : "no answer",
                        rs->message ? rs->message : "", rs->request_id ? rs->request_id : "none");
}

static void end_walk(struct walk *walk, const char *copy_job_id, const char *error)
{
    struct relay_pass *pass = walk->pass;
    bool decided = walk->decision.reason != NULL;
    if (error)
        pass->failed++;
    else if (walk->decision.verdict == RELAY_START)
        pass->started++;
    else if (walk->decision.verdict == RELAY_REFUSE)
        pass->refused++;
    else if (walk->decision.waits)
        pass->waiting++;
    else
        pass->left++;
    struct relay_report report = {.point = &walk->point,
                                  .decision = decided ? &walk->decision : NULL,
                                  .copy_job_id = copy_job_id,
                                  .error = error};
    if (pass->report)
        pass->report(pass->ctx, &report);
    --*walk->running;
}

static bool stopped(const struct relay_pass *pass)
{
    return pass->stop && *pass->stop;
}

static void call_in(struct walk *walk, const char *account_id, const char *region,
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
    if (stopped(walk->pass))
        end_walk(walk, NULL, "stopped by a signal");
    else
        aws_call(walk->pass->loop, &spec, done, walk);
}

static void call(struct walk *walk, const struct aws_operation *operation,
                 const struct value *labels, const struct value *query, const struct value *body,
                 aws_done_fn *done)
{
    const struct relay_config *config = walk->pass->config;
    call_in(walk, config->account_id, config->region, operation, labels, query, body, done);
}

static const struct value *one(struct arena *arena, const char *key, const char *text)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, key, text);
    return map_end(&b);
}

/* ---- the last step: StartCopyJob ---- */

static void started(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    if (rs->fault != FAULT_NONE) {
        end_walk(walk, NULL, error_text(walk->pass->arena, rs));
        return;
    }
    end_walk(walk, value_get_str(rs->body, "CopyJobId"), NULL);
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

/* ---- the copy in the last vault, when the job history does not reach back ---- */

static void decide(struct walk *walk)
{
    struct relay_pass *pass = walk->pass;
    relay_decide(pass->arena, pass->config, &walk->point, pass->now_ms, walk->jobs, walk->job_len,
                 &walk->decision);
    if (walk->decision.verdict != RELAY_START || pass->dry_run)
        end_walk(walk, NULL, NULL);
    else
        start_copy(walk);
}

/* AWS writes times as seconds with a fraction. */
static int64_t creation_ms(const struct value *point)
{
    const struct value *v = value_get(point, "CreationDate");
    if (value_is(v, VALUE_INT))
        return v->integer * 1000;
    return value_is(v, VALUE_DOUBLE) ? (int64_t)llround(v->number * 1000.0) : 0;
}

static void destination_listed(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    struct relay_pass *pass = walk->pass;
    if (rs->fault != FAULT_NONE) {
        end_walk(walk, NULL, error_text(pass->arena, rs));
        return;
    }
    const struct value *list = value_get(rs->body, "RecoveryPoints");
    for (size_t i = 0; i < value_len(list) && walk->job_len == 0; i++)
        if (creation_ms(value_item(list, i)) == walk->point.creation_ms)
            walk->jobs[walk->job_len++] =
                (struct relay_job){walk->decision.destination->vault_arn, "COMPLETED"};
    walk->point.destination_asked = true;
    decide(walk);
}

static void ask_destination(struct walk *walk)
{
    const struct relay_destination *to = walk->decision.destination;
    struct arena *arena = walk->pass->arena;
    call_in(walk, to->account_id, to->region, &backup_ListRecoveryPointsByBackupVault,
            one(arena, "backupVaultName", to->vault_name),
            one(arena, "resourceArn", walk->point.resource_arn), NULL, destination_listed);
}

/* ---- the copy jobs of the point ---- */

static void jobs_listed(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    struct relay_pass *pass = walk->pass;
    if (rs->fault != FAULT_NONE) {
        end_walk(walk, NULL, error_text(pass->arena, rs));
        return;
    }
    const struct value *list = value_get(rs->body, "CopyJobs");
    walk->jobs = arena_array(pass->arena, value_len(list) + 1, sizeof(*walk->jobs));
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *job = value_item(list, i);
        if (str_eq(value_get_str(job, "SourceRecoveryPointArn"), walk->point.arn))
            walk->jobs[walk->job_len++] = (struct relay_job){
                arena_strdup(pass->arena, value_get_str(job, "DestinationBackupVaultArn")),
                arena_strdup(pass->arena, value_get_str(job, "State"))};
    }
    if (walk->job_len == 0 && walk->listed && walk->point.resource_arn &&
        walk->decision.destination->reader_role_arn &&
        !relay_history_reaches(&walk->point, pass->now_ms))
        ask_destination(walk);
    else
        decide(walk);
}

static void list_jobs(struct walk *walk)
{
    struct arena *arena = walk->pass->arena;
    relay_route(arena, walk->pass->config, &walk->point, &walk->decision);
    if (walk->decision.verdict != RELAY_START) {
        end_walk(walk, NULL, NULL);
        return;
    }
    struct map_builder query = map_begin(arena);
    map_put_str(&query, "sourceRecoveryPointArn", walk->point.arn);
    map_put_str(&query, "destinationVaultArn", walk->decision.destination->vault_arn);
    call(walk, &backup_ListCopyJobs, NULL, map_end(&query), NULL, jobs_listed);
}

/* ---- the tags of the point ---- */

static void ask_backup_for_tags(struct walk *walk);
static void ask_rds_for_tags(struct walk *walk);

static bool is_rds(const char *arn)
{
    return arn && str_starts(arn, "arn:") && strstr(arn, ":rds:") != NULL;
}

static void tags_failed(struct walk *walk, const struct response *rs, bool rds)
{
    bool other_way = is_rds(walk->point.arn) && !walk->asked_other;
    if (!other_way) {
        end_walk(walk, NULL, error_text(walk->pass->arena, rs));
        return;
    }
    walk->asked_other = true;
    if (rds)
        ask_backup_for_tags(walk);
    else
        ask_rds_for_tags(walk);
}

static void rds_tags(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    if (rs->fault != FAULT_NONE) {
        tags_failed(walk, rs, /* rds= */ true);
        return;
    }
    walk->point.tags =
        value_copy(walk->pass->arena,
                   aws_tag_map(walk->pass->arena, value_get(rs->body, "TagList"), "Key", "Value"));
    list_jobs(walk);
}

static void backup_tags(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    if (rs->fault != FAULT_NONE) {
        tags_failed(walk, rs, /* rds= */ false);
        return;
    }
    walk->point.tags = value_copy(walk->pass->arena, value_get(rs->body, "Tags"));
    list_jobs(walk);
}

static void ask_backup_for_tags(struct walk *walk)
{
    call(walk, &backup_ListTags, one(walk->pass->arena, "resourceArn", walk->point.arn), NULL, NULL,
         backup_tags);
}

static void ask_rds_for_tags(struct walk *walk)
{
    call(walk, &rds_ListTagsForResource, NULL, NULL,
         one(walk->pass->arena, "ResourceName", walk->point.arn), rds_tags);
}

/* ---- many points ---- */

static void wake(void *ctx)
{
    (void)ctx; /* the turn that waited for an answer has ended: that is all */
}

static bool too_late(const struct relay_pass *pass)
{
    return pass->deadline_ms > 0 && clock_wall_ms() >= pass->deadline_ms;
}

static bool walk_all(struct walkers *walkers, const char **ret_why)
{
    struct relay_pass *pass = walkers->pass;
    for (;;) {
        if (too_late(pass)) {
            *ret_why = RELAY_LATE;
            return false;
        }
        while (!stopped(pass) && walkers->next < walkers->len && walkers->running < RELAY_WINDOW &&
               (int64_t)(pass->started + walkers->running) < walkers->budget) {
            struct walk *walk = &walkers->walks[walkers->next++];
            walk->running = &walkers->running;
            walkers->running++;
            pass->points++;
            if (!walk->point.arn)
                end_walk(walk, NULL, "AWS listed a point without an ARN");
            else if (is_rds(walk->point.arn))
                ask_rds_for_tags(walk);
            else
                ask_backup_for_tags(walk);
        }
        if (walkers->running == 0)
            break;
        if (pass->deadline_ms > 0)
            loop_after(pass->loop, pass->deadline_ms - clock_wall_ms(), wake, NULL);
        BUG_ON(!loop_turn(pass->loop) && walkers->running > 0);
    }
    pass->waiting += walkers->len - walkers->next;
    if (stopped(pass))
        *ret_why = "stopped by a signal";
    else if (pass->failed > 0)
        *ret_why = "a call failed";
    return pass->failed == 0 && !stopped(pass);
}

static void reset(struct relay_pass *pass)
{
    pass->points = pass->started = pass->refused = 0;
    pass->waiting = pass->left = pass->failed = 0;
}

bool relay_handle(struct relay_pass *pass, const struct value *event, const char **ret_why)
{
    struct relay_event ev;
    reset(pass);
    relay_event_read(pass->config, event, &ev);
    switch (ev.kind) {
    case RELAY_EVENT_INVALID:
        log_event(LOG_ERROR, "event", "verdict", "invalid", "reason", ev.why, "id", ev.id, NULL);
        *ret_why = ev.why;
        return false;
    case RELAY_EVENT_OTHER:
        log_event(LOG_INFO, "event", "verdict", "leave", "reason", ev.why, "id", ev.id, NULL);
        return true;
    case RELAY_EVENT_FIRST_FAILED:
    case RELAY_EVENT_SECOND_FAILED:
        log_event(LOG_ERROR, "alarm", "hop", ev.kind == RELAY_EVENT_FIRST_FAILED ? "1" : "2",
                  "state", ev.state, "reason", ev.message, "resource", ev.resource_arn, "id", ev.id,
                  NULL);
        return true;
    case RELAY_EVENT_ARRIVED: break;
    }
    struct walk walk = {.pass = pass,
                        .point = {.arn = ev.point_arn,
                                  .vault_arn = pass->config->source_vault_arn,
                                  .creation_ms = ev.creation_ms,
                                  .resource_arn = ev.resource_arn}};
    struct walkers walkers = {.pass = pass, .walks = &walk, .len = 1, .budget = INT64_MAX};
    return walk_all(&walkers, ret_why);
}

struct listing {
    bool ended, failed;
    const struct value *points;
    const char *error;
    struct arena *arena;
};

static void points_listed(void *ctx, const struct response *rs)
{
    struct listing *listing = ctx;
    listing->ended = true;
    listing->failed = rs->fault != FAULT_NONE;
    if (listing->failed)
        listing->error = error_text(listing->arena, rs);
    else
        listing->points = value_copy(listing->arena, value_get(rs->body, "RecoveryPoints"));
}

static int oldest_first(const void *a, const void *b)
{
    const struct value *x = *(const struct value *const *)a, *y = *(const struct value *const *)b;
    int order = value_compare(value_get(x, "CreationDate"), value_get(y, "CreationDate"));
    return order
               ? order
               : value_compare(value_get(x, "RecoveryPointArn"), value_get(y, "RecoveryPointArn"));
}

bool relay_reconcile(struct relay_pass *pass, const char **ret_why)
{
    const struct relay_config *config = pass->config;
    struct listing listing = {.arena = pass->arena};
    struct aws_call_spec spec = {.operation = &backup_ListRecoveryPointsByBackupVault,
                                 .account_id = config->account_id,
                                 .region = config->region,
                                 .labels =
                                     one(pass->arena, "backupVaultName", config->source_vault_name),
                                 .all_pages = true};
    reset(pass);
    aws_call(pass->loop, &spec, points_listed, &listing);
    while (!listing.ended)
        BUG_ON(!loop_turn(pass->loop) && !listing.ended);
    if (listing.failed) {
        *ret_why = listing.error;
        return false;
    }
    size_t len = value_len(listing.points);
    const struct value **points =
        len ? arena_memdup(pass->arena, listing.points->list.items, len * sizeof(*points)) : NULL;
    if (len)
        qsort(points, len, sizeof(*points), oldest_first);
    struct walkers walkers = {.pass = pass, .len = len, .budget = config->budget};
    walkers.walks = arena_array(pass->arena, len, sizeof(*walkers.walks));
    for (size_t i = 0; i < len; i++)
        walkers.walks[i] =
            (struct walk){.pass = pass,
                          .listed = true,
                          .point = {.arn = value_get_str(points[i], "RecoveryPointArn"),
                                    .vault_arn = value_get_str(points[i], "BackupVaultArn"),
                                    .resource_arn = value_get_str(points[i], "ResourceArn"),
                                    .creation_ms = creation_ms(points[i]),
                                    .status = value_get_str(points[i], "Status")}};
    return walk_all(&walkers, ret_why);
}
