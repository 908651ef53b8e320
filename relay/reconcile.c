/* One pass over all points of the source vault. What AWS lists is read page by page, and of what
 * needs nothing only a count is kept: jobs and copies first, as digests, then the points, of which
 * those that are left open are walked, the oldest first. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/map.h"
#include "relay/walk.h"

#define PAGES_MAX 10000
#define PAGE_LEN "1000"
#define RELAY_LATELY_DAYS 7 /* in which copies end: theirs are looked at in each pass */

struct reconcile {
    struct relay_pass *pass;
    struct relay_ledger *ledger;
    struct arena *scratch;                       /* of one page */
    const struct relay_destination *destination; /* that is being listed */
    struct walk *open;                           /* points that are left open */
    size_t open_len, open_cap;
    int64_t oldest_copied_ms; /* relay_decide_brake() */
    bool old_points;          /* there are such as the job history forgot */
    const char **sources;     /* the vaults that the points were copied from */
    size_t source_len, source_cap;
    bool *looked;           /* at the last vault of that number */
    const char *look_error; /* why one of them could not be read, or NULL */
};

/* ---- lists ---- */

typedef void item_fn(struct reconcile *rc, const struct value *item);

struct listing {
    struct reconcile *rc;
    const struct aws_call_spec *spec;
    item_fn *item;
    const char *token; /* of the next page, or NULL */
    const char *error;
    size_t len; /* of the last page */
    bool ended;
};

static void page_came(void *ctx, const struct response *rs)
{
    struct listing *listing = ctx;
    const struct aws_call_spec *spec = listing->spec;
    struct arena *arena = listing->rc->pass->arena;
    listing->ended = true;
    listing->token = NULL;
    if (rs->fault != FAULT_NONE) {
        listing->error =
            relay_error_text(arena, spec->operation, spec->account_id, spec->region, rs);
        return;
    }
    const struct value *items = value_get(rs->body, spec->operation->items);
    listing->len = value_len(items);
    for (size_t i = 0; i < listing->len; i++) {
        listing->item(listing->rc, value_item(items, i));
        arena_reset(listing->rc->scratch);
    }
    const char *token = value_get_str(rs->body, spec->operation->token_out);
    listing->token = token && token[0] ? arena_strdup(arena, token) : NULL;
}

/* All pages, or the first one that holds something when the query says how long it is: AWS filters
 * after it has cut pages. False with the reason when one could not be read. */
static bool list(struct reconcile *rc, const struct aws_call_spec *spec, item_fn *item,
                 const char **ret_why)
{
    struct relay_pass *pass = rc->pass;
    struct listing listing = {.rc = rc, .spec = spec, .item = item};
    struct aws_call_spec page = *spec;
    size_t pages = 0;
    bool one = spec->query && value_get(spec->query, "maxResults");
    do {
        struct map_builder query = map_begin_from(pass->arena, spec->query);
        if (!one)
            map_put_str(&query, "maxResults", PAGE_LEN);
        map_put_str(&query, spec->operation->token_in, listing.token);
        page.query = map_end(&query);
        listing.ended = false;
        aws_call(pass->loop, &page, page_came, &listing);
        while (!listing.ended && !relay_too_late(pass))
            BUG_ON(!relay_turn(pass) && !listing.ended);
        if (!listing.ended)
            listing.error = RELAY_LATE;
        else if (relay_stopped(pass))
            listing.error = "stopped by a signal";
        else if (++pages == PAGES_MAX)
            listing.error = "the pages of a list do not end";
    } while (!listing.error && listing.token && !(one && listing.len > 0));
    *ret_why = listing.error;
    return !listing.error;
}

static struct aws_call_spec points_of(struct relay_pass *pass, const char *account_id,
                                      const char *region, const char *vault)
{
    return (struct aws_call_spec){.operation = &backup_ListRecoveryPointsByBackupVault,
                                  .account_id = account_id,
                                  .region = region,
                                  .labels = value_map_text(pass->arena, "backupVaultName", vault)};
}

/* ---- jobs and copies ---- */

static void note_copied(struct reconcile *rc, int64_t at_ms)
{
    if (at_ms > 0 && at_ms < rc->oldest_copied_ms)
        rc->oldest_copied_ms = at_ms;
}

/* The point of a job may have gone; it was made before its job. */
static void add_job(struct reconcile *rc, const struct value *job)
{
    if (ledger_add_job(rc->ledger, job))
        note_copied(rc, value_epoch_ms(value_get(job, "CreationDate")));
}

static void add_copy(struct reconcile *rc, const struct value *point)
{
    ledger_add_copy(rc->ledger, rc->destination, point);
}

static bool list_jobs(struct reconcile *rc, const char **ret_why)
{
    struct relay_pass *pass = rc->pass;
    const struct relay_config *config = pass->config;
    for (size_t i = 0; i < config->destination_len; i++) {
        const struct aws_call_spec spec = {.operation = &backup_ListCopyJobs,
                                           .account_id = config->account_id,
                                           .region = config->region,
                                           .query =
                                               value_map_text(pass->arena, "destinationVaultArn",
                                                              config->destinations[i].vault_arn)};
        if (!list(rc, &spec, add_job, ret_why))
            return false;
    }
    return true;
}

/* Before that the job history may have forgotten a copy. */
static int64_t history_begins_ms(const struct reconcile *rc)
{
    return rc->pass->now_ms - RELAY_HISTORY_DAYS * DAY_MS;
}

static void see_old_point(struct reconcile *rc, const struct value *point)
{
    rc->old_points = value_epoch_ms(value_get(point, "CreationDate")) < history_begins_ms(rc);
}

/* One point that is so old is enough to know. */
static bool look_for_old_points(struct reconcile *rc, const char **ret_why)
{
    struct relay_pass *pass = rc->pass;
    const struct relay_config *config = pass->config;
    struct map_builder query = map_begin(pass->arena);
    struct aws_call_spec spec =
        points_of(pass, config->account_id, config->region, config->source_vault_name);
    map_put_str(&query, "maxResults", "1");
    map_put_str(&query, "createdBefore", time_iso(pass->arena, history_begins_ms(rc)));
    spec.query = map_end(&query);
    return list(rc, &spec, see_old_point, ret_why);
}

/* False, with the reason kept, when the vault could not be read. */
static bool list_vault(struct reconcile *rc, const struct relay_destination *to,
                       const char *between, int64_t at_ms, item_fn *item)
{
    struct arena *arena = rc->pass->arena;
    const char *why = NULL;
    struct aws_call_spec spec = points_of(rc->pass, to->account_id, to->region, to->vault_name);
    if (between)
        spec.query = value_map_text(arena, between, time_iso(arena, at_ms));
    rc->destination = to;
    if (list(rc, &spec, item, &why))
        return true;
    rc->look_error = why;
    return false;
}

/* Those that the job history may have forgotten, where there are such points, and those made
 * lately, of which a job may be COMPLETED and the copy PARTIAL all the same; or all. Where a last
 * vault cannot be read, old points are refused, and the pass fails in the end; what is young is
 * copied all the same. */
static void list_copies(struct reconcile *rc)
{
    const struct relay_config *config = rc->pass->config;
    int64_t old_ms = history_begins_ms(rc) + DAY_MS; /* a day more: clocks differ */
    int64_t late_ms = rc->pass->now_ms - RELAY_LATELY_DAYS * DAY_MS;
    for (size_t i = 0; i < config->destination_len; i++) {
        const struct relay_destination *to = &config->destinations[i];
        if (!to->reader_role_arn)
            continue; /* nobody may look */
        if (config->shorten_source_to_days > 0) {
            rc->looked[i] = list_vault(rc, to, NULL, 0, add_copy);
            continue;
        }
        if (rc->old_points)
            rc->looked[i] = list_vault(rc, to, "createdBefore", old_ms, add_copy);
        list_vault(rc, to, "createdAfter", late_ms, add_copy);
    }
}

/* ---- points ---- */

static struct walk walk_of(struct reconcile *rc, const struct value *item)
{
    const struct value *by = value_get(item, "CreatedBy");
    return (struct walk){
        .pass = rc->pass,
        .listed = true,
        .source_region = value_get_str(item, "SourceBackupVaultArn"), /* until it is kept */
        .plan_name = value_get_str(by, "BackupPlanName"),
        .rule_name = value_get_str(by, "BackupRuleName"),
        .point = {.arn = value_get_str(item, "RecoveryPointArn"),
                  .vault_arn = value_get_str(item, "BackupVaultArn"),
                  .resource_arn = value_get_str(item, "ResourceArn"),
                  .creation_ms = value_epoch_ms(value_get(item, "CreationDate")),
                  .maker = ledger_maker(item),
                  .expires_ms =
                      value_epoch_ms(value_get(value_get(item, "CalculatedLifecycle"), "DeleteAt")),
                  .status = value_get_str(item, "Status"),
                  .retry_now = rc->pass->retry_now}};
}

/* Copies what has to outlive the page. */
static void keep(struct reconcile *rc, struct walk *walk)
{
    struct arena *arena = rc->pass->arena;
    struct relay_point *point = &walk->point;
    walk->source_region = relay_source_region(rc->pass, walk->source_region);
    walk->plan_name = arena_strdup(arena, walk->plan_name);
    walk->rule_name = arena_strdup(arena, walk->rule_name);
    point->arn = arena_strdup(arena, point->arn);
    point->vault_arn = arena_strdup(arena, point->vault_arn);
    point->resource_arn = arena_strdup(arena, point->resource_arn);
    point->status = arena_strdup(arena, point->status);
    walk->decision.reason = arena_strdup(arena, walk->decision.reason);
    if (walk->job_len)
        walk->jobs = arena_memdup(arena, walk->jobs, walk->job_len * sizeof(*walk->jobs));
    rc->open = arena_grow(arena, rc->open, rc->open_len, &rc->open_cap, rc->open_len + 1,
                          sizeof(*rc->open));
    rc->open[rc->open_len++] = *walk;
}

/* The source point lives longer than it needs to. */
static bool is_to_shorten(const struct reconcile *rc, const struct value *item)
{
    int64_t days = rc->pass->config->shorten_source_to_days;
    int64_t lives = value_get_int(value_get(item, "Lifecycle"), "DeleteAfterDays", -1);
    return days > 0 && (lives > days || lives < 0);
}

/* Where to ask for copies that never came. */
static void note_source(struct reconcile *rc, const struct value *item)
{
    const char *vault_arn = value_get_str(item, "SourceBackupVaultArn");
    if (!vault_arn)
        return;
    for (size_t i = 0; i < rc->source_len; i++)
        if (str_eq(rc->sources[i], vault_arn))
            return;
    rc->sources = arena_grow(rc->pass->arena, rc->sources, rc->source_len, &rc->source_cap,
                             rc->source_len + 1, sizeof(*rc->sources));
    rc->sources[rc->source_len++] = arena_strdup(rc->pass->arena, vault_arn);
}

static void sort_out(struct reconcile *rc, const struct value *item)
{
    struct relay_pass *pass = rc->pass;
    struct walk walk = walk_of(rc, item);
    note_source(rc, item);
    if (!walk.point.arn) {
        keep(rc, &walk);
        return;
    }
    struct ledger_entry known;
    ledger_take(rc->ledger, rc->scratch, &walk.point, &known);
    walk.jobs = known.jobs;
    walk.job_len = known.len;
    walk.point.contested = known.contested;
    if (walk.job_len)
        note_copied(rc, walk.point.creation_ms);
    bool settled = relay_decide_by_jobs(rc->scratch, pass->config, &walk.point, pass->now_ms,
                                        walk.jobs, walk.job_len, &walk.decision) ||
                   relay_decide_by_age(rc->scratch, pass->config, &walk.point, pass->now_ms,
                                       walk.jobs, walk.job_len, &walk.decision);
    if (!settled) {
        keep(rc, &walk);
        return;
    }
    walk.shortens = walk.decision.verdict == RELAY_LEAVE && known.safe && is_to_shorten(rc, item);
    if (walk.shortens)
        keep(rc, &walk);
    else
        walk_conclude(&walk);
}

/* ---- the brake ---- */

static void see_copy(struct reconcile *rc, const struct value *copy)
{
    if (str_eq(value_get_str(copy, "SourceBackupVaultArn"), rc->pass->config->source_vault_arn))
        note_copied(rc, value_epoch_ms(value_get(copy, "CreationDate")));
}

/* Before the brake holds a point back: after a long outage the source vault and the job history
 * have forgotten every copy, and only the last vaults tell that this is no first run. */
static void look_for_earlier_copies(struct reconcile *rc)
{
    struct relay_pass *pass = rc->pass;
    const struct relay_config *config = pass->config;
    if (pass->backfill || rc->open_len == 0 ||
        !relay_is_braked(&rc->open[0].point, pass->now_ms, rc->oldest_copied_ms))
        return;
    for (size_t i = 0; i < config->destination_len; i++)
        if (config->destinations[i].reader_role_arn)
            list_vault(rc, &config->destinations[i], "createdBefore",
                       pass->now_ms - RELAY_BACKFILL_DAYS * DAY_MS, see_copy);
}

/* ---- the walk ---- */

static int oldest_first(const void *a, const void *b)
{
    const struct walk *x = a, *y = b;
    if (x->point.creation_ms != y->point.creation_ms)
        return x->point.creation_ms < y->point.creation_ms ? -1 : 1;
    return x->point.arn && y->point.arn ? strcmp(x->point.arn, y->point.arn) : 0;
}

/* What only the last of the points can tell: whether there were copies for all. */
static void leave_contested(struct reconcile *rc)
{
    size_t kept = 0;
    for (size_t i = 0; i < rc->open_len; i++) {
        const struct walk *walk = &rc->open[i];
        if (walk->shortens && ledger_is_contested(rc->ledger, &walk->point))
            walk_conclude(walk);
        else
            rc->open[kept++] = *walk;
    }
    rc->open_len = kept;
}

static bool walk_open_points(struct reconcile *rc, const char **ret_why)
{
    struct relay_pass *pass = rc->pass;
    leave_contested(rc);
    if (rc->open_len)
        qsort(rc->open, rc->open_len, sizeof(*rc->open), oldest_first);
    look_for_earlier_copies(rc);
    struct walkers walkers = {.pass = pass,
                              .looked = rc->looked,
                              .budget = pass->config->budget,
                              .oldest_copied_ms = pass->backfill ? 0 : rc->oldest_copied_ms};
    walkers_line_up(&walkers, rc->open, rc->open_len, rc->ledger);
    return walkers_run(&walkers, ret_why);
}

/* ---- first copies that failed ---- */

static void tell_failed(struct reconcile *rc, const struct value *job)
{
    if (str_eq(value_get_str(job, "State"), "FAILED") &&
        str_eq(value_get_str(job, "DestinationBackupVaultArn"), rc->pass->config->source_vault_arn))
        relay_tell_failed(rc->pass, "1", "FAILED", value_get_str(job, "StatusMessage"),
                          value_get_str(job, "ResourceArn"), value_get_str(job, "CopyJobId"));
}

static bool list_failed(struct reconcile *rc, const char *region, const char **ret_why)
{
    const struct relay_config *config = rc->pass->config;
    struct map_builder query = map_begin(rc->pass->arena);
    map_put_str(&query, "destinationVaultArn", config->source_vault_arn);
    map_put_str(&query, "state", "FAILED");
    map_put_str(&query, "completeAfter", time_iso(rc->pass->arena, rc->pass->now_ms - DAY_MS));
    const struct aws_call_spec spec = {.operation = &backup_ListCopyJobs,
                                       .account_id = config->account_id,
                                       .region = region,
                                       .query = map_end(&query)};
    return list(rc, &spec, tell_failed, ret_why);
}

/* What never came is in no list of points, and the event that told of it may be lost. Jobs are
 * listed in the Region that they copy from; each is asked once. */
static bool tell_first_copies(struct reconcile *rc, const char **ret_why)
{
    struct map asked;
    map_init(&asked, rc->pass->arena);
    for (size_t i = 0; i < rc->source_len; i++) {
        const char *region = relay_source_region(rc->pass, rc->sources[i]);
        if (!region || map_get(&asked, region))
            continue;
        map_set(&asked, region, rc);
        if (!list_failed(rc, region, ret_why))
            return false;
    }
    return true;
}

static bool reconcile(struct reconcile *rc, const char **ret_why)
{
    const struct relay_config *config = rc->pass->config;
    const struct aws_call_spec points =
        points_of(rc->pass, config->account_id, config->region, config->source_vault_name);
    if (!list_jobs(rc, ret_why) || !look_for_old_points(rc, ret_why))
        return false;
    list_copies(rc);
    if (!list(rc, &points, sort_out, ret_why) || !walk_open_points(rc, ret_why) ||
        !tell_first_copies(rc, ret_why))
        return false;
    *ret_why = rc->look_error;
    return !rc->look_error;
}

bool relay_reconcile(struct relay_pass *pass, const char **ret_why)
{
    struct reconcile rc = {
        .pass = pass,
        .ledger = ledger_new(pass->config, pass->whole_ledger),
        .scratch = arena_new(),
        .looked = arena_array(pass->arena, pass->config->destination_len + 1, sizeof(*rc.looked)),
        .oldest_copied_ms = INT64_MAX};
    relay_reset(pass);
    bool ok = reconcile(&rc, ret_why);
    arena_free(rc.scratch);
    ledger_free(rc.ledger);
    return ok;
}
