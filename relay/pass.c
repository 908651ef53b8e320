#include "relay/pass.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/aws/arn.h"
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
    bool listed;                      /* from the vault's list: creation_ms is the point's own */
    const char *source_arn;           /* the point that this one was copied from, or NULL */
    const char *source_region;        /* where that is, in the relay's account, or NULL */
    const char *tagged_arn;           /* whose tags are read now: the point's or its source's */
    bool asked_service, asked_backup; /* for them */
    const char *tags_error;           /* why the point's own tags cannot be read; NULL: they can */
    const struct aws_operation *called; /* last, with its place, for messages */
    const char *called_account, *called_region;
    size_t *running; /* how many walks have not ended */
};

struct walkers {
    struct relay_pass *pass;
    struct walk *walks;
    size_t len, next, running;
    int64_t budget;
};

static const char *error_text(struct arena *arena, const struct aws_operation *operation,
                              const char *account_id, const char *region, const struct response *rs)
{
    return arena_printf(arena, "%s:%s in account %s, %s: %s: %s (request id %s)",
                        operation->api->service, operation->name, account_id, region,
                        rs->code ? rs->code : "no answer", rs->message ? rs->message : "",
                        rs->request_id ? rs->request_id : "none");
}

static const char *error_of(const struct walk *walk, const struct response *rs)
{
    return error_text(walk->pass->arena, walk->called, walk->called_account, walk->called_region,
                      rs);
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
                                  .listed = walk->listed,
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
    walk->called = operation;
    walk->called_account = account_id;
    walk->called_region = region;
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
        end_walk(walk, NULL, error_of(walk, rs));
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
    if (rs->fault != FAULT_NONE) {
        end_walk(walk, NULL, error_of(walk, rs));
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
        end_walk(walk, NULL, error_of(walk, rs));
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

/* The services whose points keep ARNs of their own. AWS documents what they answer; of what
 * ListTags says about such ARNs, that it may fail. */
typedef const struct value *body_fn(struct arena *arena, const char *point_arn);
typedef const struct value *tags_fn(struct arena *arena, const struct value *answer);

static const struct value *rds_body(struct arena *arena, const char *point_arn)
{
    return one(arena, "ResourceName", point_arn);
}

static const struct value *rds_tags(struct arena *arena, const struct value *answer)
{
    return aws_tag_map(arena, value_get(answer, "TagList"), "Key", "Value");
}

static const struct value *fsx_body(struct arena *arena, const char *point_arn)
{
    return one(arena, "ResourceARN", point_arn);
}

static const struct value *fsx_tags(struct arena *arena, const struct value *answer)
{
    return aws_tag_map(arena, value_get(answer, "Tags"), "Key", "Value");
}

/* "snap-1a2b" of arn:aws:ec2:us-east-1::snapshot/snap-1a2b. */
static const struct value *ec2_body(struct arena *arena, const char *point_arn)
{
    const char *slash = strrchr(point_arn, '/');
    struct map_builder filter = map_begin(arena), b = map_begin(arena);
    struct list_builder values = list_begin(arena), filters = list_begin(arena);
    list_add_str(&values, slash ? slash + 1 : point_arn);
    map_put_str(&filter, "Name", "resource-id");
    map_put(&filter, "Value", list_end(&values));
    list_add(&filters, map_end(&filter));
    map_put(&b, "Filter", list_end(&filters));
    return map_end(&b);
}

static const struct value *ec2_tags(struct arena *arena, const struct value *answer)
{
    return aws_tag_map(arena, value_get(answer, "tagSet"), "key", "value");
}

static const struct tag_reader {
    const char *service;
    const struct aws_operation *operation;
    body_fn *body;
    tags_fn *tags;
} tag_readers[] = {
    {"rds", &rds_ListTagsForResource, rds_body, rds_tags},
    {"ec2", &ec2_DescribeTags, ec2_body, ec2_tags},
    {"fsx", &fsx_ListTagsForResource, fsx_body, fsx_tags},
};

static const struct tag_reader *tag_reader_of(const char *arn)
{
    struct arn parts;
    if (!arn_parse(slice_of(arn), &parts))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(tag_readers); i++)
        if (slice_is(parts.service, tag_readers[i].service))
            return &tag_readers[i];
    return NULL;
}

static void ask_tags(struct walk *walk);

static bool of_source(const struct walk *walk)
{
    return walk->tagged_arn != walk->point.arn;
}

/* Nobody tells the tags. Without them only one destination may be meant, if any. */
static void without_tags(struct walk *walk)
{
    struct map_builder none = map_begin(walk->pass->arena);
    const struct relay_config *config = walk->pass->config;
    if (walk->tags_error && !(config->copy_untagged && config->destination_len == 1)) {
        end_walk(walk, NULL, walk->tags_error);
        return;
    }
    if (walk->tags_error)
        log_event(LOG_WARN, "tags", "reason", walk->tags_error, "point", walk->point.arn, NULL);
    walk->point.tags = map_end(&none);
    list_jobs(walk);
}

static void ask_source_tags(struct walk *walk)
{
    if (!walk->source_arn) {
        without_tags(walk);
        return;
    }
    walk->tagged_arn = walk->source_arn;
    walk->asked_service = walk->asked_backup = false;
    ask_tags(walk);
}

/* The copy job that made the point names its source. */
static void source_listed(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    const struct value *list = value_get(rs->body, "CopyJobs");
    for (size_t i = 0; rs->fault == FAULT_NONE && i < value_len(list); i++) {
        const struct value *job = value_item(list, i);
        if (str_eq(value_get_str(job, "DestinationRecoveryPointArn"), walk->point.arn))
            walk->source_arn =
                arena_strdup(walk->pass->arena, value_get_str(job, "SourceRecoveryPointArn"));
    }
    ask_source_tags(walk);
}

/* Copies carry the tags of their source, unless AWS failed to copy those. */
static void look_at_source(struct walk *walk)
{
    struct arena *arena = walk->pass->arena;
    if (of_source(walk) || !walk->source_region) {
        without_tags(walk);
        return;
    }
    if (walk->source_arn) {
        ask_source_tags(walk);
        return;
    }
    struct map_builder query = map_begin(arena);
    map_put_str(&query, "destinationVaultArn", walk->pass->config->source_vault_arn);
    map_put_str(&query, "resourceArn", walk->point.resource_arn);
    call_in(walk, walk->pass->config->account_id, walk->source_region, &backup_ListCopyJobs, NULL,
            map_end(&query), NULL, source_listed);
}

static void tags_failed(struct walk *walk, const struct response *rs)
{
    const char *text = error_of(walk, rs);
    if (!of_source(walk))
        walk->tags_error = walk->tags_error
                               ? arena_printf(walk->pass->arena, "%s; %s", walk->tags_error, text)
                               : text;
    ask_tags(walk);
}

static void take_tags(struct walk *walk, const struct value *tags)
{
    walk->tags_error = NULL; /* its own, or those that it was made with */
    if (value_len(tags) == 0) {
        look_at_source(walk);
        return;
    }
    walk->point.tags = value_copy(walk->pass->arena, tags);
    list_jobs(walk);
}

static void service_answered(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    if (rs->fault == FAULT_NONE)
        take_tags(walk, tag_reader_of(walk->tagged_arn)->tags(walk->pass->arena, rs->body));
    else
        tags_failed(walk, rs);
}

static void backup_answered(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    if (rs->fault == FAULT_NONE)
        take_tags(walk, value_get(rs->body, "Tags"));
    else
        tags_failed(walk, rs);
}

/* The next one to ask about the tags of tagged_arn. */
static void ask_tags(struct walk *walk)
{
    struct arena *arena = walk->pass->arena;
    const struct relay_config *config = walk->pass->config;
    const struct tag_reader *reader = tag_reader_of(walk->tagged_arn);
    const char *region = of_source(walk) ? walk->source_region : config->region;
    if (reader && !walk->asked_service) {
        walk->asked_service = true;
        call_in(walk, config->account_id, region, reader->operation, NULL, NULL,
                reader->body(arena, walk->tagged_arn), service_answered);
    } else if (!walk->asked_backup) {
        walk->asked_backup = true;
        call_in(walk, config->account_id, region, &backup_ListTags,
                one(arena, "resourceArn", walk->tagged_arn), NULL, NULL, backup_answered);
    } else {
        look_at_source(walk);
    }
}

static void ask_point_tags(struct walk *walk)
{
    walk->tagged_arn = walk->point.arn;
    ask_tags(walk);
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
            else
                ask_point_tags(walk);
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

/* Where a copy came from, if that is a place of the relay's own account. */
static const char *source_region(const struct relay_pass *pass, const char *vault_arn)
{
    struct arn arn;
    if (!vault_arn || !arn_parse(slice_of(vault_arn), &arn) ||
        !slice_is(arn.account, pass->config->account_id))
        return NULL;
    return arena_strndup(pass->arena, arn.region.ptr, arn.region.len);
}

/* One line a pass, that nobody has to count decisions to know that it ran. */
static bool reconcile_by_the_clock(struct relay_pass *pass, const char **ret_why)
{
    bool ok = relay_reconcile(pass, ret_why);
    struct arena *arena = pass->arena;
    log_event(
        ok ? LOG_INFO : LOG_ERROR, "reconcile", "points", arena_printf(arena, "%zu", pass->points),
        "started", arena_printf(arena, "%zu", pass->started), "refused",
        arena_printf(arena, "%zu", pass->refused), "waiting",
        arena_printf(arena, "%zu", pass->waiting), "left", arena_printf(arena, "%zu", pass->left),
        "failed", arena_printf(arena, "%zu", pass->failed), "reason", ok ? NULL : *ret_why, NULL);
    return ok;
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
    case RELAY_EVENT_SCHEDULED: return reconcile_by_the_clock(pass, ret_why);
    case RELAY_EVENT_ARRIVED: break;
    }
    struct walk walk = {.pass = pass,
                        .source_arn = ev.source_point_arn,
                        .source_region = source_region(pass, ev.source_vault_arn),
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
    const struct relay_config *config;
};

static void points_listed(void *ctx, const struct response *rs)
{
    struct listing *listing = ctx;
    listing->ended = true;
    listing->failed = rs->fault != FAULT_NONE;
    if (listing->failed)
        listing->error = error_text(listing->arena, &backup_ListRecoveryPointsByBackupVault,
                                    listing->config->account_id, listing->config->region, rs);
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
    struct listing listing = {.arena = pass->arena, .config = config};
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
        walkers.walks[i] = (struct walk){
            .pass = pass,
            .listed = true,
            .source_region = source_region(pass, value_get_str(points[i], "SourceBackupVaultArn")),
            .point = {.arn = value_get_str(points[i], "RecoveryPointArn"),
                      .vault_arn = value_get_str(points[i], "BackupVaultArn"),
                      .resource_arn = value_get_str(points[i], "ResourceArn"),
                      .creation_ms = creation_ms(points[i]),
                      .status = value_get_str(points[i], "Status")}};
    return walk_all(&walkers, ret_why);
}
