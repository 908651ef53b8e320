#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "providers/aws/aws.h"
#include "providers/fake_transport.h"
#include "relay/pass.h"

#define NOW_MS ((int64_t)1767225600000)
#define SOURCE "arn:aws:backup:us-east-2:111122223333:backup-vault:intermediate"
#define FINAL "arn:aws:backup:us-east-2:444455556666:backup-vault:final"
#define PRIMARY "arn:aws:backup:us-east-1:111122223333:backup-vault:primary"
#define POINT "arn:aws:backup:us-east-2:111122223333:recovery-point:p"
#define EFS "arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-1"

struct room {
    struct arena *arena;
    struct diags diags;
    struct fake_transport *fake;
    struct loop *loop;
    struct relay_destination destination;
    const char *keys[2];
    struct relay_config config;
    struct relay_pass pass;
};

static int set_up(void **state)
{
    static const struct aws_account accounts[] = {
        {.id = "111122223333", .name = "workload", .partition = "aws"},
        {.id = "444455556666", .name = "vaults", .partition = "aws"}};
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    *room = (struct room){.arena = arena,
                          .destination = {.vault_arn = FINAL,
                                          .vault_name = "final",
                                          .account_id = "444455556666",
                                          .region = "us-east-2",
                                          .reader_role_arn = "arn:aws:iam::444455556666:role/r"},
                          .keys = {"FinalVault", NULL}};
    room->config = (struct relay_config){.account_id = "111122223333",
                                         .region = "us-east-2",
                                         .source_vault_arn = SOURCE,
                                         .source_vault_name = "intermediate",
                                         .copy_role_arn = "arn:aws:iam::111122223333:role/copy",
                                         .destinations = &room->destination,
                                         .destination_len = 1,
                                         .tag_keys = room->keys,
                                         .budget = 100};
    diags_init(&room->diags, arena);
    room->fake = fake_transport_new(arena, NOW_MS);
    room->loop = loop_new(fake_transport(room->fake), &room->diags);
    struct aws_options options = {
        .accounts = accounts, .account_len = 2, .home_region = "us-east-2", .simulated = true};
    assert_true(aws_setup(arena, room->loop, &options, &room->diags));
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++)
        fake_when_contains(
            room->fake, arena_printf(arena, "%s/20260101/us-east-2/sts", accounts[i].id),
            (struct fake_answer){
                .status = 200,
                .body = arena_printf(arena,
                                     "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                                     "<Arn>arn:aws:iam::%s:root</Arn><Account>%s</Account>"
                                     "</GetCallerIdentityResult></GetCallerIdentityResponse>",
                                     accounts[i].id, accounts[i].id)});
    room->pass = (struct relay_pass){
        .arena = arena, .loop = room->loop, .config = &room->config, .now_ms = NOW_MS};
    *state = room;
    return 0;
}

static int tear_down(void **state)
{
    struct room *room = *state;
    loop_free(room->loop);
    arena_free(room->arena);
    return 0;
}

static void answer(struct room *room, const char *request, const char *body)
{
    fake_when(room->fake, request, (struct fake_answer){.status = 200, .body = body});
}

/* A world with one point, so many days old, that no listed job has copied; the last vault answers
 * with `copies`. */
static void one_point(struct room *room, int days, const char *copies)
{
    long long seconds = (long long)(NOW_MS / 1000 - days * 86400);
    answer(room, "GET /backup-vaults/intermediate/recovery-points",
           arena_printf(room->arena,
                        "{\"RecoveryPoints\":[{\"RecoveryPointArn\":\"" POINT
                        "\",\"BackupVaultArn\":\"" SOURCE "\",\"ResourceArn\":\"" EFS
                        "\",\"Status\":\"COMPLETED\",\"CreationDate\":%lld.25}]}",
                        seconds));
    answer(room, "GET /backup-vaults/final/recovery-points", copies);
    answer(room, "GET /tags/", "{\"Tags\":{\"FinalVault\":\"" FINAL "\"}}");
    answer(room, "GET /copy-jobs", "{\"CopyJobs\":[]}");
    answer(room, "PUT /copy-jobs", "{\"CopyJobId\":\"j\"}");
}

static bool reconcile(struct room *room)
{
    const char *why = NULL;
    bool good = relay_reconcile(&room->pass, &why);
    if (fake_unmatched(room->fake))
        fail_msg("nobody answers %s", fake_unmatched(room->fake));
    return good;
}

static void an_old_point_that_stands_in_the_last_vault_is_not_copied_again(void **state)
{
    struct room *room = *state;
    one_point(room, 40,
              arena_printf(room->arena,
                           "{\"RecoveryPoints\":[{\"ResourceArn\":\"" EFS
                           "\",\"CreationDate\":%lld.25}]}",
                           (long long)(NOW_MS / 1000 - 40 * 86400)));
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 0);
    assert_int_equal(room->pass.left, 1);
}

static const char *copy_that_is(struct room *room, const char *status)
{
    return arena_printf(room->arena,
                        "{\"RecoveryPoints\":[{\"ResourceArn\":\"" EFS
                        "\",\"Status\":\"%s\",\"CreationDate\":%lld.25}]}",
                        status, (long long)(NOW_MS / 1000 - 40 * 86400));
}

static void a_partial_copy_in_the_last_vault_is_refused(void **state)
{
    struct room *room = *state;
    one_point(room, 40, copy_that_is(room, "PARTIAL"));
    assert_true(reconcile(room));
    assert_int_equal(room->pass.refused, 1);
}

static void a_copy_that_goes_from_the_last_vault_is_told_of_and_not_made_again(void **state)
{
    static const char *const going[] = {"EXPIRED", "DELETING", "STOPPED"};
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(going); i++)
        fake_when(
            room->fake, "GET /backup-vaults/final/recovery-points",
            (struct fake_answer){.status = 200, .times = 2, .body = copy_that_is(room, going[i])});
    one_point(room, 40, copy_that_is(room, "COMPLETED"));
    for (size_t i = 0; i < ARRAY_LEN(going); i++) {
        assert_true(reconcile(room));
        assert_int_equal(room->pass.left, 1);
        assert_int_equal(room->pass.worrying, 1);
    }
    assert_true(reconcile(room));
    assert_int_equal(room->pass.left, 1);
    assert_int_equal(room->pass.worrying, 0);
}

static void a_page_that_its_filter_has_emptied_is_not_the_end(void **state)
{
    struct room *room = *state;
    fake_when(room->fake, "GET /backup-vaults/intermediate/recovery-points",
              (struct fake_answer){.status = 200,
                                   .times = 1,
                                   .body = "{\"RecoveryPoints\":[],\"NextToken\":\"t\"}"});
    one_point(room, 40,
              arena_printf(room->arena,
                           "{\"RecoveryPoints\":[{\"ResourceArn\":\"" EFS
                           "\",\"CreationDate\":%lld.25}]}",
                           (long long)(NOW_MS / 1000 - 40 * 86400)));
    assert_true(reconcile(room));
    assert_int_equal(room->pass.refused, 0);
    assert_int_equal(room->pass.left, 1);
}

static void an_old_point_that_the_last_vault_lacks_is_copied(void **state)
{
    struct room *room = *state;
    one_point(room, 40,
              "{\"RecoveryPoints\":[{\"ResourceArn\":\"" EFS "\",\"CreationDate\":1700000000}]}");
    room->pass.backfill = true;
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
}

/* AWS repeats its answer to a token, whatever became of the job of that time: what the list tells
 * of no more is asked for by its id. */
static void forgotten_attempt(struct room *room, const char *job)
{
    long long then = (long long)(NOW_MS / 1000) - 35 * 86400;
    fake_when(room->fake, "PUT /copy-jobs",
              (struct fake_answer){
                  .status = 200,
                  .times = 1,
                  .body = arena_printf(room->arena, "{\"CopyJobId\":\"old\",\"CreationDate\":%lld}",
                                       then)});
    answer(room, "GET /copy-jobs/old",
           arena_printf(room->arena, "{\"CopyJob\":{\"State\":\"%s\",\"CreationDate\":%lld}}", job,
                        then));
    one_point(room, 40, "{\"RecoveryPoints\":[]}");
    room->pass.backfill = true;
}

static size_t copies_asked(struct room *room, const char *ret_bodies[2])
{
    size_t asked = 0;
    for (size_t i = 0; i < fake_call_count(room->fake); i++)
        if (str_eq(fake_call(room->fake, i)->method, "PUT") && asked < 2)
            ret_bodies[asked++] = fake_call(room->fake, i)->body;
    return asked;
}

static void an_attempt_that_is_out_of_the_history_is_followed_by_another(void **state)
{
    struct room *room = *state;
    const char *bodies[2] = {NULL};
    forgotten_attempt(room, "FAILED");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(copies_asked(room, bodies), 2);
    assert_string_not_equal(bodies[0], bodies[1]);
}

static void a_copy_that_is_out_of_the_history_is_not_doubled(void **state)
{
    static const struct {
        const char *job;
        size_t waiting, left, refused;
    } rows[] = {
        {"CREATED", 1, 0, 0}, {"RUNNING", 1, 0, 0}, {"COMPLETED", 0, 1, 0}, {"PARTIAL", 0, 0, 1}};
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *bodies[2] = {NULL};
        forgotten_attempt(room, rows[i].job);
        assert_true(reconcile(room));
        assert_int_equal(copies_asked(room, bodies), 1);
        assert_int_equal(room->pass.started, 0);
        assert_int_equal(room->pass.waiting, rows[i].waiting);
        assert_int_equal(room->pass.left, rows[i].left);
        assert_int_equal(room->pass.refused, rows[i].refused);
        assert_int_equal(room->pass.worrying, rows[i].waiting);
        tear_down(state);
        set_up(state);
        room = *state;
    }
}

static void what_became_of_a_forgotten_attempt_has_to_be_told(void **state)
{
    struct room *room = *state;
    const char *bodies[2] = {NULL};
    fake_when(room->fake, "GET /copy-jobs/old",
              (struct fake_answer){.status = 403,
                                   .body = "{\"Code\":\"AccessDeniedException\","
                                           "\"Message\":\"no\"}"});
    forgotten_attempt(room, "FAILED");
    assert_false(reconcile(room));
    assert_int_equal(copies_asked(room, bodies), 1);
    assert_int_equal(room->pass.failed, 1);
}

/* By its age alone: no tag is asked for. */
static void a_point_that_outlives_its_copy_is_settled(void **state)
{
    struct room *room = *state;
    room->destination.delete_after_days = 14;
    one_point(room, 40, "{\"RecoveryPoints\":[]}");
    room->pass.backfill = true;
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 0);
    assert_int_equal(room->pass.left, 1);
    assert_int_equal(room->pass.worrying, 0);
    assert_int_equal(room->pass.oldest_waiting_ms, 0);
    for (size_t i = 0; i < fake_call_count(room->fake); i++)
        assert_null(strstr(fake_call(room->fake, i)->path, "/tags/"));
}

static void an_old_point_is_refused_where_nobody_may_look(void **state)
{
    struct room *room = *state;
    room->destination.reader_role_arn = NULL;
    one_point(room, 40, "{}");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 0);
    assert_int_equal(room->pass.refused, 1);
}

static void without_credentials_it_fails_and_says_so(void **state)
{
    struct room *room = *state;
    const char *why = NULL;
    room->config.account_id = "123412341234";
    assert_false(relay_reconcile(&room->pass, &why));
    assert_non_null(strstr(why, "NoCredentials"));
}

/* The job says nothing of it. */
static void a_copy_made_lately_is_looked_at(void **state)
{
    struct room *room = *state;
    answer(room, "GET /copy-jobs",
           "{\"CopyJobs\":[{\"SourceRecoveryPointArn\":\"" POINT
           "\",\"DestinationBackupVaultArn\":\"" FINAL
           "\",\"DestinationRecoveryPointArn\":\"arn:c\",\"State\":\"COMPLETED\"}]}");
    one_point(room, 3,
              "{\"RecoveryPoints\":[{\"RecoveryPointArn\":\"arn:c\",\"ResourceArn\":\"" EFS
              "\",\"Status\":\"PARTIAL\",\"CreationDate\":1}]}");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.refused, 1);
    bool looked = false;
    for (size_t i = 0; i < fake_call_count(room->fake); i++)
        looked = looked || (strstr(fake_call(room->fake, i)->path, "/final/") &&
                            strstr(fake_call(room->fake, i)->query, "createdAfter=2025-12-25"));
    assert_true(looked);
}

static void a_young_point_is_copied_though_the_last_vault_cannot_be_read(void **state)
{
    struct room *room = *state;
    fake_when(room->fake, "GET /backup-vaults/final/recovery-points",
              (struct fake_answer){.status = 403,
                                   .body = "{\"Code\":\"AccessDeniedException\","
                                           "\"Message\":\"no\"}"});
    one_point(room, 3, "{}");
    assert_false(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.failed, 0);
}

static void a_dry_run_starts_nothing_and_counts_what_it_would(void **state)
{
    struct room *room = *state;
    one_point(room, 3, "{\"RecoveryPoints\":[]}");
    room->pass.dry_run = true;
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    for (size_t i = 0; i < fake_call_count(room->fake); i++)
        assert_string_not_equal(fake_call(room->fake, i)->method, "PUT");
}

static void what_is_beyond_the_budget_waits(void **state)
{
    struct room *room = *state;
    one_point(room, 3, "{\"RecoveryPoints\":[]}");
    room->config.budget = 0;
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 0);
    assert_int_equal(room->pass.waiting, 1);
    assert_int_equal(room->pass.oldest_waiting_ms, NOW_MS - 3 * DAY_MS + 250);
    room->config.budget = 1;
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
}

/* By the clock alone: no event told of the failures, and each attempt is begun at once. */
static void a_point_whose_copies_fail_waits_for_as_long_as_it_has_none(void **state)
{
    struct room *room = *state;
    fake_when(room->fake, "GET /copy-jobs",
              (struct fake_answer){
                  .status = 200,
                  .body = arena_printf(room->arena,
                                       "{\"CopyJobs\":[{\"SourceRecoveryPointArn\":\"" POINT
                                       "\",\"DestinationBackupVaultArn\":\"" FINAL
                                       "\",\"State\":\"FAILED\",\"CompletionDate\":%lld,"
                                       "\"StatusMessage\":\"An internal error occurred\"}]}",
                                       (long long)(NOW_MS / 1000 - 60))});
    one_point(room, 2, "{}");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.oldest_waiting_ms, NOW_MS - 2 * DAY_MS + 250);
}

static void a_copy_that_failed_is_counted(void **state)
{
    struct room *room = *state;
    const struct value *event = NULL;
    const char *why = NULL;
    const char *text =
        "{\"source\":\"aws.backup\",\"detail-type\":\"Copy Job State Change\","
        "\"detail\":{\"state\":\"PARTIAL\",\"destinationBackupVaultArn\":\"" SOURCE "\"}}";
    assert_true(json_parse(room->arena, slice_of(text), &event, &why));
    assert_true(relay_handle(&room->pass, event, &why));
    assert_int_equal(room->pass.copies_failed, 1);
    one_point(room, 3, "{}");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.copies_failed, 0);
}

/* No event told of it, and it is in no list of points. It is listed where it came from. */
static void a_first_copy_that_failed_is_told_of(void **state)
{
    struct room *room = *state;
    answer(room, "GET /backup-vaults/intermediate/recovery-points",
           arena_printf(room->arena,
                        "{\"RecoveryPoints\":[{\"RecoveryPointArn\":\"" POINT
                        "\",\"BackupVaultArn\":\"" SOURCE "\",\"SourceBackupVaultArn\":\"" PRIMARY
                        "\",\"ResourceArn\":\"" EFS "\",\"CreationDate\":%lld}]}",
                        (long long)(NOW_MS / 1000 - 3600)));
    fake_when_contains(room->fake, "/us-east-1/backup/aws4_request",
                       (struct fake_answer){.status = 200,
                                            .body = "{\"CopyJobs\":[{\"State\":\"FAILED\","
                                                    "\"DestinationBackupVaultArn\":\"" SOURCE
                                                    "\",\"CopyJobId\":\"first\"}]}"});
    one_point(room, 1, "{}");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.copies_failed, 1);
    bool lately = false;
    for (size_t i = 0; i < fake_call_count(room->fake); i++)
        lately = lately || strstr(fake_call(room->fake, i)->query, "completeAfter=2025-12-31");
    assert_true(lately);
}

static void a_listed_point_without_an_arn_is_an_error(void **state)
{
    struct room *room = *state;
    answer(room, "GET /backup-vaults/intermediate/recovery-points",
           "{\"RecoveryPoints\":[{\"BackupVaultArn\":\"" SOURCE
           "\",\"CreationDate\":1767200000}]}");
    one_point(room, 3, "{}");
    assert_false(reconcile(room));
    assert_int_equal(room->pass.failed, 1);
}

static void a_signal_stops_it_before_the_next_step(void **state)
{
    struct room *room = *state;
    volatile sig_atomic_t stop = SIGTERM;
    room->pass.stop = &stop;
    one_point(room, 3, "{}");
    assert_false(reconcile(room));
    assert_int_equal(room->pass.started, 0);
}

static void an_event_that_takes_too_long_fails_before_lambda_ends_it(void **state)
{
    struct room *room = *state;
    const struct value *event = NULL;
    const char *why = NULL;
    const char *text = "{\"source\":\"aws.backup\",\"detail-type\":\"Copy Job State Change\","
                       "\"detail\":{\"state\":\"COMPLETED\",\"destinationBackupVaultArn\":\"" SOURCE
                       "\",\"creationDate\":\"2025-12-31T00:00:00Z\","
                       "\"destinationRecoveryPointArn\":\"" POINT "\"}}";
    assert_true(json_parse(room->arena, slice_of(text), &event, &why));
    one_point(room, 1, "{}");
    room->pass.deadline_ms = clock_wall_ms();
    assert_false(relay_handle(&room->pass, event, &why));
    assert_string_equal(why, RELAY_LATE);
    assert_int_equal(room->pass.started, 0);
    room->pass.deadline_ms = clock_wall_ms() + HOUR_MS;
    assert_true(relay_handle(&room->pass, event, &why));
    assert_int_equal(room->pass.started, 1);
}

static void a_scheduled_event_is_a_reconcile(void **state)
{
    struct room *room = *state;
    const struct value *event = NULL;
    const char *why = NULL;
    const char *text = "{\"source\":\"aws.events\",\"detail-type\":\"Scheduled Event\","
                       "\"resources\":[\"arn:aws:events:us-east-2:111122223333:rule/s\"],"
                       "\"detail\":{}}";
    assert_true(json_parse(room->arena, slice_of(text), &event, &why));
    one_point(room, 3, "{}");
    assert_true(relay_handle(&room->pass, event, &why));
    assert_int_equal(room->pass.started, 1);
}

#define SNAPSHOT "arn:aws:ec2:us-east-2::snapshot/snap-2"
#define FIRST "arn:aws:ec2:us-east-1::snapshot/snap-1"
#define NO_TAGS "<DescribeTagsResponse><requestId>r</requestId><tagSet/></DescribeTagsResponse>"
#define AWS_TAGGED                                                                                 \
    "<DescribeTagsResponse><requestId>r</requestId><tagSet><item><resourceId>snap</resourceId>"    \
    "<key>aws:backup:source-resource</key><value>vol-1</value></item></tagSet>"                    \
    "</DescribeTagsResponse>"
#define TAGGED                                                                                     \
    "<DescribeTagsResponse><requestId>r</requestId><tagSet><item><resourceId>snap</resourceId>"    \
    "<key>FinalVault</key><value>" FINAL "</value></item></tagSet></DescribeTagsResponse>"

static void refuse(struct room *room, const char *request, const char *body)
{
    fake_when(room->fake, request, (struct fake_answer){.status = 400, .body = body});
}

/* A snapshot of EBS that came from us-east-1; ListTags takes no such ARNs. */
static void one_snapshot(struct room *room)
{
    answer(room, "GET /backup-vaults/intermediate/recovery-points",
           arena_printf(room->arena,
                        "{\"RecoveryPoints\":[{\"RecoveryPointArn\":\"" SNAPSHOT
                        "\",\"BackupVaultArn\":\"" SOURCE "\",\"SourceBackupVaultArn\":\"" PRIMARY
                        "\",\"ResourceArn\":\"arn:aws:ec2:us-east-1:111122223333:volume/v\","
                        "\"Status\":\"COMPLETED\",\"CreationDate\":%lld}]}",
                        (long long)(NOW_MS / 1000 - 3600)));
    refuse(room, "GET /tags/",
           "{\"Code\":\"InvalidParameterValueException\",\"Message\":\"Invalid ARN\"}");
    answer(room, "GET /copy-jobs",
           "{\"CopyJobs\":[{\"SourceRecoveryPointArn\":\"" FIRST
           "\",\"DestinationRecoveryPointArn\":\"" SNAPSHOT "\",\"State\":\"COMPLETED\"}]}");
    answer(room, "GET /backup-vaults/final/recovery-points", "{}");
    answer(room, "PUT /copy-jobs", "{\"CopyJobId\":\"j\"}");
}

static void tags_are_asked_of_the_service_of_the_point(void **state)
{
    struct room *room = *state;
    one_snapshot(room);
    fake_when_contains(room->fake, "Filter.1.Name=resource-id&Filter.1.Value.1=snap-2",
                       (struct fake_answer){.status = 200, .body = TAGGED});
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
}

static void tags_that_were_not_copied_are_read_from_the_source(void **state)
{
    struct room *room = *state;
    one_snapshot(room);
    fake_when_contains(room->fake, "Filter.1.Value.1=snap-2",
                       (struct fake_answer){.status = 200, .body = NO_TAGS});
    fake_when_contains(room->fake, "Filter.1.Value.1=snap-1",
                       (struct fake_answer){.status = 200, .body = TAGGED});
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
}

static void tags_of_others_do_not_hide_those_of_the_source(void **state)
{
    struct room *room = *state;
    one_snapshot(room);
    fake_when_contains(room->fake, "Filter.1.Value.1=snap-2",
                       (struct fake_answer){.status = 200, .body = AWS_TAGGED});
    fake_when_contains(room->fake, "Filter.1.Value.1=snap-1",
                       (struct fake_answer){.status = 200, .body = TAGGED});
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.untagged, 0);
}

/* A plan's backup of an hour ago, of which nobody knows a tag; the plan `p` declares one for its
 * rule `daily`. */
static void one_untagged(struct room *room, const char *rule)
{
    static struct relay_declared declared[] = {{.plan = "p", .rule = "daily"}};
    struct map_builder tags = map_begin(room->arena);
    map_put_str(&tags, "FinalVault", FINAL);
    declared[0].tags = map_end(&tags);
    room->config.declared = declared;
    room->config.declared_len = 1;
    const char *by = arena_printf(
        room->arena, "\"CreatedBy\":{\"BackupPlanName\":\"p\",\"BackupRuleName\":\"%s\"}", rule);
    answer(room, "GET /backup-vaults/intermediate/recovery-points/arn",
           arena_printf(room->arena, "{%s}", by));
    answer(room, "GET /backup-vaults/intermediate/recovery-points",
           arena_printf(room->arena,
                        "{\"RecoveryPoints\":[{\"RecoveryPointArn\":\"" POINT
                        "\",\"BackupVaultArn\":\"" SOURCE "\",\"ResourceArn\":\"" EFS
                        "\",\"Status\":\"COMPLETED\",\"CreationDate\":%lld,%s}]}",
                        (long long)(NOW_MS / 1000 - 3600), by));
    answer(room, "GET /tags/", "{\"Tags\":{}}");
    answer(room, "GET /backup-vaults/final/recovery-points", "{}");
    answer(room, "GET /copy-jobs", "{\"CopyJobs\":[]}");
    answer(room, "PUT /copy-jobs", "{\"CopyJobId\":\"j\"}");
}

#define ARRIVED(more)                                                                              \
    "{\"source\":\"aws.backup\",\"detail-type\":\"Copy Job State Change\","                        \
    "\"detail\":{\"state\":\"COMPLETED\",\"destinationBackupVaultArn\":\"" SOURCE                  \
    "\",\"creationDate\":\"2025-12-31T23:00:00Z\"," more                                           \
    "\"destinationRecoveryPointArn\":\"" POINT "\"}}"

static bool handle(struct room *room, const char *text)
{
    const struct value *event = NULL;
    const char *why = NULL;
    assert_true(json_parse(room->arena, slice_of(text), &event, &why));
    return relay_handle(&room->pass, event, &why);
}

static void a_tag_that_failed_to_travel_is_known_from_the_rule(void **state)
{
    struct room *room = *state;
    one_untagged(room, "daily");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.untagged, 1);
    assert_true(handle(room, ARRIVED("")));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.untagged, 1);
}

#define AWS_TAGS "{\"Tags\":{\"aws:backup:source-resource\":\"fs-1\",\"owner\":\"me\"}}"

static void tags_of_others_do_not_hide_that_the_tag_failed_to_travel(void **state)
{
    struct room *room = *state;
    answer(room, "GET /tags/", AWS_TAGS);
    one_untagged(room, "daily");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.untagged, 1);
    assert_true(handle(room, ARRIVED("")));
    assert_int_equal(room->pass.started, 1);
}

static void tags_of_others_are_no_reason_to_copy(void **state)
{
    struct room *room = *state;
    answer(room, "GET /tags/", AWS_TAGS);
    one_untagged(room, "weekly");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.left, 1);
    assert_true(handle(room, ARRIVED("")));
    assert_int_equal(room->pass.left, 1);
}

static void an_untagged_point_of_no_known_rule_is_left_alone(void **state)
{
    struct room *room = *state;
    one_untagged(room, "weekly");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.left, 1);
    assert_true(handle(room, ARRIVED("")));
    assert_int_equal(room->pass.left, 1);
}

static void a_copy_that_completed_with_a_message_is_noticed(void **state)
{
    struct room *room = *state;
    one_point(room, 1, "{}");
    assert_true(handle(room, ARRIVED("\"iamRoleArn\":\"arn:aws:iam::111122223333:role/other\",")));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.worrying, 0); /* only said */
    assert_true(handle(room, ARRIVED("\"statusMessage\":\"unable to copy resource tags\",")));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.worrying, 1);
}

/* No event tells of it. */
static void a_last_copy_that_completed_with_a_message_is_noticed(void **state)
{
    struct room *room = *state;
    answer(room, "GET /copy-jobs",
           arena_printf(room->arena,
                        "{\"CopyJobs\":[{\"SourceRecoveryPointArn\":\"" POINT
                        "\",\"DestinationBackupVaultArn\":\"" FINAL
                        "\",\"State\":\"COMPLETED\",\"CompletionDate\":%lld,"
                        "\"StatusMessage\":\"unable to copy resource tags\"}]}",
                        (long long)(NOW_MS / 1000 - 3600)));
    one_point(room, 1, "{}");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.left, 1);
    assert_int_equal(room->pass.worrying, 1);
}

/* Which has its own relay: each makes its own, as long as the jobs are listed and after that. */
static void a_copy_out_of_another_vault_is_no_copy_of_this_point(void **state)
{
    struct room *room = *state;
    one_point(room, 40,
              arena_printf(room->arena,
                           "{\"RecoveryPoints\":[{\"ResourceArn\":\"" EFS
                           "\",\"SourceBackupVaultArn\":\"" FINAL "\",\"CreationDate\":%lld.25}]}",
                           (long long)(NOW_MS / 1000 - 40 * 86400)));
    assert_true(reconcile(room));
    assert_int_equal(room->pass.left, 0);
    assert_int_equal(room->pass.need_backfill, 1);
}

static void an_old_point_waits_for_a_word_where_nothing_was_copied(void **state)
{
    struct room *room = *state;
    one_point(room, 5, "{}");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 0);
    assert_int_equal(room->pass.waiting, 1);
    assert_int_equal(room->pass.need_backfill, 1);
    room->pass.backfill = true;
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
}

/* The source vault holds no copied point any more: those have expired. */
static void a_job_whose_point_has_gone_tells_that_this_is_no_first_run(void **state)
{
    struct room *room = *state;
    fake_when(room->fake, "GET /copy-jobs",
              (struct fake_answer){
                  .status = 200,
                  .body = arena_printf(
                      room->arena,
                      "{\"CopyJobs\":[{\"SourceRecoveryPointArn\":\"arn:aws:backup:gone\","
                      "\"DestinationBackupVaultArn\":\"" FINAL
                      "\",\"State\":\"COMPLETED\",\"CreationDate\":%lld}]}",
                      (long long)(NOW_MS / 1000 - 9 * 86400))});
    one_point(room, 5, "{}");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.need_backfill, 0);
}

static const char *copy_out_of(struct room *room, const char *vault_arn)
{
    return arena_printf(room->arena,
                        "{\"RecoveryPoints\":[{\"ResourceArn\":\"" EFS
                        "\",\"SourceBackupVaultArn\":\"%s\",\"CreationDate\":%lld}]}",
                        vault_arn, (long long)(NOW_MS / 1000 - 35 * 86400));
}

static void a_copy_in_the_last_vault_tells_that_this_is_no_first_run(void **state)
{
    struct room *room = *state;
    one_point(room, 5, copy_out_of(room, SOURCE));
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.need_backfill, 0);
}

static void copies_of_others_in_the_last_vault_release_no_brake(void **state)
{
    struct room *room = *state;
    one_point(room, 5, copy_out_of(room, FINAL));
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 0);
    assert_int_equal(room->pass.need_backfill, 1);
}

static void a_last_vault_that_cannot_be_read_keeps_the_brake_and_fails(void **state)
{
    struct room *room = *state;
    fake_when(room->fake, "GET /backup-vaults/final/recovery-points",
              (struct fake_answer){.status = 403,
                                   .body = "{\"Code\":\"AccessDeniedException\","
                                           "\"Message\":\"no\"}"});
    one_point(room, 5, "{}");
    assert_false(reconcile(room));
    assert_int_equal(room->pass.started, 0);
    assert_int_equal(room->pass.need_backfill, 1);
}

#define LISTED(arn, seconds)                                                                       \
    "{\"RecoveryPointArn\":\"" arn "\",\"BackupVaultArn\":\"" SOURCE "\",\"ResourceArn\":\"" EFS   \
    "\",\"Status\":\"COMPLETED\",\"CreationDate\":" seconds "}"
#define DONE(arn)                                                                                  \
    "{\"SourceRecoveryPointArn\":\"" arn "\",\"DestinationBackupVaultArn\":\"" FINAL               \
    "\",\"State\":\"COMPLETED\"}"

static void a_pass_asks_for_pages_and_not_for_points(void **state)
{
    struct room *room = *state;
    struct fake_answer first = {.status = 200, .times = 2}; /* the look for old points, a page */
    first.body =
        "{\"RecoveryPoints\":[" LISTED("arn:aws:backup:p1", "1767200000") "],"
                                                                          "\"NextToken\":\"t\"}";
    fake_when(room->fake, "GET /backup-vaults/intermediate/recovery-points", first);
    answer(room, "GET /backup-vaults/intermediate/recovery-points",
           "{\"RecoveryPoints\":[" LISTED("arn:aws:backup:p2", "1767200000") "]}");
    answer(room, "GET /copy-jobs",
           "{\"CopyJobs\":[" DONE("arn:aws:backup:p1") "," DONE("arn:aws:backup:p2") "]}");
    answer(room, "GET /backup-vaults/final/recovery-points", "{}");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.left, 2);
    size_t calls = 0;
    for (size_t i = 0; i < fake_call_count(room->fake); i++)
        calls += str_eq(fake_call(room->fake, i)->method, "GET");
    assert_int_equal(calls, 5);
}

static void a_resource_has_one_copy_at_a_time_the_oldest_first(void **state)
{
    struct room *room = *state;
    answer(room, "GET /backup-vaults/intermediate/recovery-points",
           "{\"RecoveryPoints\":[" LISTED("arn:aws:backup:young", "1767210000") "," LISTED(
               "arn:aws:backup:old", "1767200000") "]}");
    one_point(room, 1, "{}");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.waiting, 1);
    const struct fake_call *last = fake_call(room->fake, fake_call_count(room->fake) - 1);
    assert_non_null(strstr(last->body, "arn:aws:backup:old"));
}

/* Of a resource of which a copy is under way. */
static void one_that_expires(struct room *room, int hours)
{
    answer(room, "GET /copy-jobs",
           "{\"CopyJobs\":[{\"SourceRecoveryPointArn\":\"arn:aws:backup:other\","
           "\"DestinationBackupVaultArn\":\"" FINAL "\",\"ResourceArn\":\"" EFS
           "\",\"State\":\"RUNNING\"}]}");
    answer(room, "GET /backup-vaults/intermediate/recovery-points",
           arena_printf(room->arena,
                        "{\"RecoveryPoints\":[{\"RecoveryPointArn\":\"" POINT
                        "\",\"BackupVaultArn\":\"" SOURCE "\",\"ResourceArn\":\"" EFS
                        "\",\"CreationDate\":%lld,\"CalculatedLifecycle\":{\"DeleteAt\":%lld}}]}",
                        (long long)(NOW_MS / 1000 - 3600),
                        (long long)(NOW_MS / 1000 + hours * 3600)));
    one_point(room, 1, "{}");
}

static void a_point_about_to_expire_does_not_wait_for_its_resource(void **state)
{
    struct room *room = *state;
    one_that_expires(room, 3);
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.worrying, 1);
}

static void a_point_that_has_time_waits_for_its_resource(void **state)
{
    struct room *room = *state;
    one_that_expires(room, 30);
    assert_true(reconcile(room));
    assert_int_equal(room->pass.waiting, 1);
    assert_int_equal(room->pass.worrying, 0);
}

static void a_point_about_to_expire_that_the_budget_leaves_is_told_of(void **state)
{
    struct room *room = *state;
    one_that_expires(room, 3);
    room->config.budget = 0;
    assert_true(reconcile(room));
    assert_int_equal(room->pass.waiting, 1);
    assert_int_equal(room->pass.worrying, 1);
}

#define DESCRIBED "GET /backup-vaults/intermediate/recovery-points/arn"

/* The job that made it is COMPLETED all the same. */
static void a_point_that_arrives_partial_is_refused(void **state)
{
    struct room *room = *state;
    answer(room, DESCRIBED, "{\"Status\":\"PARTIAL\"}");
    one_point(room, 1, "{}");
    assert_true(handle(room, ARRIVED("")));
    assert_int_equal(room->pass.started, 0);
    assert_int_equal(room->pass.refused, 1);
}

static void a_point_that_goes_soon_is_told_of_when_it_arrives(void **state)
{
    struct room *room = *state;
    answer(room, DESCRIBED,
           arena_printf(room->arena, "{\"CalculatedLifecycle\":{\"DeleteAt\":%lld}}",
                        (long long)(NOW_MS / 1000 + 3600)));
    one_point(room, 1, "{}");
    assert_true(handle(room, ARRIVED("")));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.worrying, 1);
}

/* Nothing will ever be to do about it: a letter that tells of it is settled. */
static void a_point_that_has_gone_is_left_and_told_of_unless_it_was_copied(void **state)
{
    struct room *room = *state;
    fake_when(room->fake, DESCRIBED,
              (struct fake_answer){.status = 400,
                                   .body = "{\"Code\":\"ResourceNotFoundException\","
                                           "\"Message\":\"no\"}"});
    fake_when(room->fake, "GET /copy-jobs",
              (struct fake_answer){
                  .status = 200, .times = 1, .body = "{\"CopyJobs\":[" DONE(POINT) "]}"});
    one_point(room, 1, "{}");
    assert_true(handle(room, ARRIVED("")));
    assert_int_equal(room->pass.left, 1);
    assert_int_equal(room->pass.worrying, 0);
    assert_true(handle(room, ARRIVED("")));
    assert_int_equal(room->pass.left, 1);
    assert_int_equal(room->pass.worrying, 1);
}

struct said {
    struct arena *arena;
    const char *error;
    enum relay_failure failure;
};

static void keep_error(void *ctx, const struct relay_report *report)
{
    struct said *said = ctx;
    said->error = arena_strdup(said->arena, report->error);
    said->failure = report->failure;
}

/* The event of a copy, as old as that. */
static const char *told(struct room *room, int64_t seconds_ago)
{
    return arena_printf(room->arena, "{\"time\":\"%s\",%s",
                        time_iso(room->arena, NOW_MS - seconds_ago * 1000), ARRIVED("") + 1);
}

static void not_found(struct room *room, int times)
{
    fake_when(room->fake, DESCRIBED,
              (struct fake_answer){.status = 400,
                                   .times = times,
                                   .body = "{\"Code\":\"ResourceNotFoundException\","
                                           "\"Message\":\"no\"}"});
}

/* AWS's reads may lag behind its events. */
static void a_point_that_cannot_be_read_yet_is_looked_at_again(void **state)
{
    struct room *room = *state;
    not_found(room, 1);
    one_point(room, 1, "{}");
    assert_true(handle(room, told(room, 60)));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.worrying, 0);
}

static void a_point_that_cannot_be_read_yet_is_handed_back(void **state)
{
    struct room *room = *state;
    struct said said = {.arena = room->arena};
    not_found(room, 0);
    one_point(room, 1, "{}");
    room->pass.report = keep_error;
    room->pass.ctx = &said;
    assert_false(handle(room, told(room, 5 * 60)));
    assert_int_equal(room->pass.failed, 1);
    assert_int_equal(room->pass.worrying, 0);
    assert_int_equal(said.failure, RELAY_TRANSIENT);
    assert_true(handle(room, told(room, 11 * 60)));
    assert_int_equal(room->pass.left, 1);
    assert_int_equal(room->pass.worrying, 1);
}

/* Where AWS's clock and ours differ by days, its events are not of today for ever. */
static void an_event_of_a_time_to_come_is_no_new_one(void **state)
{
    struct room *room = *state;
    not_found(room, 0);
    one_point(room, 1, "{}");
    assert_false(handle(room, told(room, -5 * 60)));
    assert_true(handle(room, told(room, -86400)));
    assert_int_equal(room->pass.left, 1);
}

static void describe_as_old(struct room *room, int days)
{
    answer(room, DESCRIBED,
           arena_printf(room->arena, "{\"CreationDate\":%lld.25,\"Status\":\"COMPLETED\"}",
                        (long long)(NOW_MS / 1000 - days * 86400)));
}

/* The event tells when its copy job began, which may be long after the backup was made. */
static void an_event_of_an_old_backup_is_decided_as_a_pass_decides(void **state)
{
    static const struct {
        int days;
        size_t started, waiting, left;
    } rows[] = {{1, 1, 0, 0}, {5, 0, 1, 0}, {41, 0, 0, 1}};
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct value *event = NULL;
        const char *why = NULL;
        room->destination.delete_after_days = 30;
        describe_as_old(room, rows[i].days);
        one_point(room, rows[i].days, "{}");
        assert_true(json_parse(room->arena, slice_of(told(room, 60)), &event, &why));
        assert_true(relay_handle(&room->pass, event, &why));
        assert_int_equal(room->pass.by_pass, rows[i].days > 3);
        assert_int_equal(room->pass.started, rows[i].started);
        tear_down(state);
        set_up(state);
        room = *state;
        room->destination.delete_after_days = 30;
        describe_as_old(room, rows[i].days);
        one_point(room, rows[i].days, "{}");
        assert_true(json_parse(room->arena, slice_of(told(room, 60)), &event, &why));
        assert_true(relay_handle_fully(&room->pass, event, &why));
        assert_int_equal(room->pass.started, rows[i].started);
        assert_int_equal(room->pass.waiting, rows[i].waiting);
        assert_int_equal(room->pass.left, rows[i].left);
        tear_down(state);
        set_up(state);
        room = *state;
    }
}

static void an_event_without_a_date_is_as_old_as_its_point(void **state)
{
    struct room *room = *state;
    describe_as_old(room, 1);
    one_point(room, 1, "{}");
    assert_true(handle(room, "{\"source\":\"aws.backup\",\"detail-type\":"
                             "\"Copy Job State Change\",\"detail\":{\"state\":\"COMPLETED\","
                             "\"destinationBackupVaultArn\":\"" SOURCE
                             "\",\"destinationRecoveryPointArn\":\"" POINT "\"}}"));
    assert_int_equal(room->pass.started, 1);
}

static void a_point_that_cannot_be_looked_at_fails(void **state)
{
    struct room *room = *state;
    fake_when(room->fake, DESCRIBED,
              (struct fake_answer){.status = 403,
                                   .body = "{\"Code\":\"AccessDeniedException\","
                                           "\"Message\":\"no\"}"});
    one_point(room, 1, "{}");
    assert_false(handle(room, ARRIVED("")));
    assert_int_equal(room->pass.failed, 1);
}

/* Two points of one resource and date, so many days old: two rules fired at once. */
#define TWIN "arn:aws:backup:us-east-2:111122223333:recovery-point:twin"
#define COPY "arn:aws:backup:us-east-2:444455556666:recovery-point:c"
static void twins(struct room *room, int days, const char *copies, const char *jobs)
{
    long long seconds = (long long)(NOW_MS / 1000 - days * 86400);
    answer(room, "GET /backup-vaults/intermediate/recovery-points",
           arena_printf(room->arena,
                        "{\"RecoveryPoints\":[" LISTED(POINT, "%lld") "," LISTED(TWIN, "%lld") "]}",
                        seconds, seconds));
    answer(room, "GET /copy-jobs", arena_printf(room->arena, "{\"CopyJobs\":[%s]}", jobs));
    answer(room, "POST /backup-vaults/intermediate/recovery-points", "{}");
    room->config.shorten_source_to_days = 3;
    room->pass.backfill = true;
    one_point(room, days, arena_printf(room->arena, "{\"RecoveryPoints\":[%s]}", copies));
}

static const char *twin_copy(struct room *room, int days, const char *name)
{
    return arena_printf(room->arena,
                        "{\"RecoveryPointArn\":\"" COPY "%s\",\"ResourceArn\":\"" EFS
                        "\",\"Status\":\"COMPLETED\",\"CreationDate\":%lld}",
                        name, (long long)(NOW_MS / 1000 - days * 86400));
}

static const char *started_of(struct room *room)
{
    const char *point = NULL;
    for (size_t i = 0; i < fake_call_count(room->fake); i++)
        if (str_eq(fake_call(room->fake, i)->path, "/copy-jobs") &&
            str_eq(fake_call(room->fake, i)->method, "PUT"))
            point = strstr(fake_call(room->fake, i)->body, TWIN) ? TWIN : POINT;
    return point;
}

/* The copy of the one is no copy of the other, which is known by the job that made it. */
static void of_two_points_of_one_date_each_needs_a_copy_of_its_own(void **state)
{
    static const struct {
        const char *copied, *left;
    } cases[] = {{POINT, TWIN}, {TWIN, POINT}};
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        twins(room, 1, twin_copy(room, 1, "1"),
              arena_printf(room->arena,
                           "{\"SourceRecoveryPointArn\":\"%s\",\"DestinationBackupVaultArn\":"
                           "\"" FINAL "\",\"DestinationRecoveryPointArn\":\"" COPY
                           "1\",\"State\":\"COMPLETED\"}",
                           cases[i].copied));
        assert_true(reconcile(room));
        assert_int_equal(room->pass.started, 1);
        assert_int_equal(room->pass.shortened, 1);
        assert_string_equal(started_of(room), cases[i].left);
        tear_down(state);
        set_up(state);
        room = *state;
    }
}

static void old_points_of_one_date_need_as_many_copies(void **state)
{
    struct room *room = *state;
    twins(room, 40,
          arena_printf(room->arena, "%s,%s", twin_copy(room, 40, "1"), twin_copy(room, 40, "2")),
          "");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 0);
    assert_int_equal(room->pass.left, 2);
    assert_int_equal(room->pass.shortened, 0); /* nothing tells whose they are */
}

#define BY(rule) ",\"CreatedBy\":{\"BackupPlanId\":\"p\",\"BackupRuleId\":\"" rule "\"}"

static const char *made_by(struct room *room, const char *arn, const char *by)
{
    return arena_printf(room->arena,
                        "{\"RecoveryPointArn\":\"%s\",\"BackupVaultArn\":\"" SOURCE
                        "\",\"ResourceArn\":\"" EFS
                        "\",\"Status\":\"COMPLETED\",\"CreationDate\":%lld%s}",
                        arn, (long long)(NOW_MS / 1000 - 40 * 86400), by);
}

static void list_points(struct room *room, const char *points)
{
    answer(room, "GET /backup-vaults/intermediate/recovery-points",
           arena_printf(room->arena, "{\"RecoveryPoints\":[%s]}", points));
}

/* The job is forgotten; copies name the rule that made their source. */
static void the_rule_tells_whose_an_old_copy_is(void **state)
{
    struct room *room = *state;
    list_points(room, arena_printf(room->arena, "%s,%s", made_by(room, POINT, BY("a")),
                                   made_by(room, TWIN, BY("b"))));
    twins(room, 40, made_by(room, COPY, BY("b")), "");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.refused, 1);
    assert_int_equal(room->pass.left, 1);
    assert_int_equal(room->pass.shortened, 1); /* of the one that was copied */
}

/* Another relay was quicker, and the list that this one has read is older than that. */
static void a_point_that_went_before_it_was_shortened_is_no_failure(void **state)
{
    struct room *room = *state;
    refuse(room, "POST /backup-vaults/intermediate/recovery-points",
           "{\"Code\":\"ResourceNotFoundException\",\"Message\":\"no\"}");
    list_points(room, made_by(room, POINT, BY("a")));
    twins(room, 40, made_by(room, COPY, BY("a")), "");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.left, 1);
    assert_int_equal(room->pass.shortened, 0);
}

/* The other point has been copied, and is gone. A person decides: whether AWS names the rule of the
 * source in each copy is not known well enough to make one that cannot be taken back. */
static void the_copy_of_another_rule_is_no_copy_of_an_old_point(void **state)
{
    struct room *room = *state;
    list_points(room, made_by(room, POINT, BY("a")));
    twins(room, 40, made_by(room, COPY, BY("b")), "");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.refused, 1);
    assert_int_equal(room->pass.shortened, 0);
}

/* A second copy of the one that has been copied could not be taken back from a locked vault, and
 * the source of the other must not go sooner. */
static void a_copy_that_may_be_of_either_of_two_old_points_is_left_to_a_person(void **state)
{
    struct room *room = *state;
    twins(room, 40, twin_copy(room, 40, "1"), "");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 0);
    assert_int_equal(room->pass.left, 1);
    assert_int_equal(room->pass.refused, 1);
    assert_int_equal(room->pass.shortened, 0);
}

static void old_points_of_one_date_without_a_copy_are_copied_one_after_the_other(void **state)
{
    struct room *room = *state;
    twins(room, 40, "", "");
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
    assert_int_equal(room->pass.waiting, 1);
    assert_int_equal(room->pass.refused, 0);
}

static void an_event_names_the_source_itself(void **state)
{
    struct room *room = *state;
    const struct value *event = NULL;
    const char *why = NULL;
    const char *text =
        "{\"source\":\"aws.backup\",\"detail-type\":\"Copy Job State Change\","
        "\"resources\":[\"" FIRST "\"],\"detail\":{\"state\":\"COMPLETED\","
        "\"destinationBackupVaultArn\":\"" SOURCE "\",\"sourceBackupVaultArn\":\"" PRIMARY
        "\",\"creationDate\":\"2025-12-31T23:00:00Z\","
        "\"destinationRecoveryPointArn\":\"" SNAPSHOT "\"}}";
    assert_true(json_parse(room->arena, slice_of(text), &event, &why));
    one_snapshot(room);
    fake_when_contains(room->fake, "Filter.1.Value.1=snap-2",
                       (struct fake_answer){.status = 200, .body = NO_TAGS});
    fake_when_contains(room->fake, "Filter.1.Value.1=snap-1",
                       (struct fake_answer){.status = 200, .body = TAGGED});
    assert_true(relay_handle(&room->pass, event, &why));
    assert_int_equal(room->pass.started, 1);
}

static void nobody_tells(struct room *room)
{
    one_snapshot(room);
    fake_when_contains(room->fake, "Action=DescribeTags",
                       (struct fake_answer){.status = 403,
                                            .body = "<Response><Errors><Error><Code>"
                                                    "UnauthorizedOperation</Code><Message>no"
                                                    "</Message></Error></Errors><RequestID>r1"
                                                    "</RequestID></Response>"});
}

/* By its code, whatever words and names stand beside it. */
static void a_call_that_fails_is_classified_by_its_code(void **state)
{
    static const struct {
        int status;
        const char *code;
        enum relay_failure failure;
    } rows[] = {
        {403, "AccessDeniedException", RELAY_PERMANENT},
        {400, "InvalidParameterValueException", RELAY_PERMANENT},
        {400, "ResourceNotFoundException", RELAY_PERMANENT},
        {403, "ExpiredTokenException", RELAY_AMBIGUOUS},
        {400, "LimitExceededException", RELAY_AMBIGUOUS},
        {400, "ThrottlingException", RELAY_TRANSIENT},
        {500, "ServiceUnavailableException", RELAY_TRANSIENT},
    };
    struct room *room = *state;
    struct said said = {.arena = room->arena};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fake_when(room->fake, "PUT /copy-jobs",
                  (struct fake_answer){
                      .status = rows[i].status,
                      .body = arena_printf(room->arena,
                                           "{\"Code\":\"%s\",\"Message\":\"an internal error: "
                                           "access denied to vault too-many\"}",
                                           rows[i].code)});
        one_point(room, 1, "{}");
        room->pass.report = keep_error;
        room->pass.ctx = &said;
        assert_false(reconcile(room));
        assert_non_null(strstr(said.error, rows[i].code));
        assert_int_equal(said.failure, rows[i].failure);
        tear_down(state);
        set_up(state);
        room = *state;
        said.arena = room->arena;
    }
}

static void tags_that_nobody_tells_fail_with_every_reason(void **state)
{
    struct room *room = *state;
    struct said said = {.arena = room->arena};
    nobody_tells(room);
    room->pass.report = keep_error;
    room->pass.ctx = &said;
    assert_false(reconcile(room));
    assert_int_equal(room->pass.failed, 1);
    assert_string_equal(
        said.error,
        "ec2:DescribeTags in account 111122223333, us-east-2: UnauthorizedOperation: no (request "
        "id "
        "r1); backup:ListTags in account 111122223333, us-east-2: InvalidParameterValueException: "
        "Invalid ARN (request id none); "
        "ec2:DescribeTags in account 111122223333, us-east-1: UnauthorizedOperation: no (request "
        "id r1); backup:ListTags in account 111122223333, us-east-1: "
        "InvalidParameterValueException: Invalid ARN (request id none)");
}

/* Those of the point can be read, and the one that counts is not among them. */
static void untagged_snapshot(struct room *room)
{
    one_snapshot(room);
    fake_when_contains(room->fake, "Filter.1.Value.1=snap-2",
                       (struct fake_answer){.status = 200, .body = AWS_TAGGED});
    fake_when_contains(room->fake, "Filter.1.Value.1=snap-1",
                       (struct fake_answer){.status = 403,
                                            .body = "<Response><Errors><Error><Code>"
                                                    "UnauthorizedOperation</Code><Message>no"
                                                    "</Message></Error></Errors><RequestID>r1"
                                                    "</RequestID></Response>"});
}

/* A read that fails does not say that the point is untagged. */
static void tags_of_the_source_that_cannot_be_read_are_a_failure(void **state)
{
    struct room *room = *state;
    struct said said = {.arena = room->arena};
    untagged_snapshot(room);
    room->pass.report = keep_error;
    room->pass.ctx = &said;
    assert_false(reconcile(room));
    assert_int_equal(room->pass.failed, 1);
    assert_int_equal(room->pass.left, 0);
    assert_non_null(strstr(said.error, "ec2:DescribeTags in account 111122223333, us-east-1: "
                                       "UnauthorizedOperation"));
    assert_non_null(strstr(said.error, "backup:ListTags in account 111122223333, us-east-1"));
    assert_int_equal(said.failure, RELAY_PERMANENT);
}

static void a_source_that_cannot_be_looked_for_is_a_failure(void **state)
{
    struct room *room = *state;
    struct said said = {.arena = room->arena};
    answer(room, "GET /tags/", "{\"Tags\":{}}");
    fake_when_contains(room->fake, "/us-east-1/backup/aws4_request",
                       (struct fake_answer){.status = 403,
                                            .body = "{\"Code\":\"AccessDeniedException\","
                                                    "\"Message\":\"no\"}"});
    one_point(room, 1, "{}");
    room->pass.report = keep_error;
    room->pass.ctx = &said;
    assert_false(handle(room, ARRIVED("\"sourceBackupVaultArn\":\"" PRIMARY "\",")));
    assert_int_equal(room->pass.failed, 1);
    assert_non_null(strstr(said.error, "backup:ListCopyJobs in account 111122223333, us-east-1: "
                                       "AccessDeniedException"));
}

/* What it was tagged with nobody will ever tell. */
static void a_source_that_has_gone_is_no_failure(void **state)
{
    struct room *room = *state;
    refuse(room, "GET /tags/", "{\"Code\":\"ResourceNotFoundException\",\"Message\":\"no\"}");
    untagged_snapshot(room);
    assert_true(reconcile(room));
    assert_int_equal(room->pass.left, 1);
}

static void tags_that_nobody_tells_do_not_matter_where_untagged_points_go(void **state)
{
    struct room *room = *state;
    nobody_tells(room);
    room->config.copy_untagged = true;
    assert_true(reconcile(room));
    assert_int_equal(room->pass.started, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_old_point_that_stands_in_the_last_vault_is_not_copied_again),
        TEST(a_partial_copy_in_the_last_vault_is_refused),
        TEST(a_copy_that_goes_from_the_last_vault_is_told_of_and_not_made_again),
        TEST(a_page_that_its_filter_has_emptied_is_not_the_end),
        TEST(an_old_point_that_the_last_vault_lacks_is_copied),
        TEST(an_attempt_that_is_out_of_the_history_is_followed_by_another),
        TEST(a_copy_that_is_out_of_the_history_is_not_doubled),
        TEST(what_became_of_a_forgotten_attempt_has_to_be_told),
        TEST(a_point_that_outlives_its_copy_is_settled),
        TEST(an_old_point_is_refused_where_nobody_may_look),
        TEST(without_credentials_it_fails_and_says_so),
        TEST(a_copy_made_lately_is_looked_at),
        TEST(a_young_point_is_copied_though_the_last_vault_cannot_be_read),
        TEST(a_dry_run_starts_nothing_and_counts_what_it_would),
        TEST(what_is_beyond_the_budget_waits),
        TEST(a_point_whose_copies_fail_waits_for_as_long_as_it_has_none),
        TEST(a_copy_that_failed_is_counted),
        TEST(a_first_copy_that_failed_is_told_of),
        TEST(a_listed_point_without_an_arn_is_an_error),
        TEST(a_signal_stops_it_before_the_next_step),
        TEST(a_scheduled_event_is_a_reconcile),
        TEST(an_event_that_takes_too_long_fails_before_lambda_ends_it),
        TEST(tags_are_asked_of_the_service_of_the_point),
        TEST(tags_that_were_not_copied_are_read_from_the_source),
        TEST(tags_of_others_do_not_hide_those_of_the_source),
        TEST(a_tag_that_failed_to_travel_is_known_from_the_rule),
        TEST(tags_of_others_do_not_hide_that_the_tag_failed_to_travel),
        TEST(tags_of_others_are_no_reason_to_copy),
        TEST(an_untagged_point_of_no_known_rule_is_left_alone),
        TEST(a_copy_that_completed_with_a_message_is_noticed),
        TEST(a_last_copy_that_completed_with_a_message_is_noticed),
        TEST(a_copy_out_of_another_vault_is_no_copy_of_this_point),
        TEST(an_old_point_waits_for_a_word_where_nothing_was_copied),
        TEST(a_job_whose_point_has_gone_tells_that_this_is_no_first_run),
        TEST(a_copy_in_the_last_vault_tells_that_this_is_no_first_run),
        TEST(copies_of_others_in_the_last_vault_release_no_brake),
        TEST(a_last_vault_that_cannot_be_read_keeps_the_brake_and_fails),
        TEST(a_pass_asks_for_pages_and_not_for_points),
        TEST(a_resource_has_one_copy_at_a_time_the_oldest_first),
        TEST(a_point_about_to_expire_does_not_wait_for_its_resource),
        TEST(a_point_that_has_time_waits_for_its_resource),
        TEST(a_point_about_to_expire_that_the_budget_leaves_is_told_of),
        TEST(a_point_that_arrives_partial_is_refused),
        TEST(a_point_that_goes_soon_is_told_of_when_it_arrives),
        TEST(a_point_that_has_gone_is_left_and_told_of_unless_it_was_copied),
        TEST(a_point_that_cannot_be_looked_at_fails),
        TEST(a_point_that_cannot_be_read_yet_is_looked_at_again),
        TEST(a_point_that_cannot_be_read_yet_is_handed_back),
        TEST(an_event_of_a_time_to_come_is_no_new_one),
        TEST(an_event_of_an_old_backup_is_decided_as_a_pass_decides),
        TEST(an_event_without_a_date_is_as_old_as_its_point),
        TEST(of_two_points_of_one_date_each_needs_a_copy_of_its_own),
        TEST(old_points_of_one_date_need_as_many_copies),
        TEST(the_rule_tells_whose_an_old_copy_is),
        TEST(a_point_that_went_before_it_was_shortened_is_no_failure),
        TEST(the_copy_of_another_rule_is_no_copy_of_an_old_point),
        TEST(a_copy_that_may_be_of_either_of_two_old_points_is_left_to_a_person),
        TEST(old_points_of_one_date_without_a_copy_are_copied_one_after_the_other),
        TEST(an_event_names_the_source_itself),
        TEST(a_call_that_fails_is_classified_by_its_code),
        TEST(tags_that_nobody_tells_fail_with_every_reason),
        TEST(tags_that_nobody_tells_do_not_matter_where_untagged_points_go),
        TEST(tags_of_the_source_that_cannot_be_read_are_a_failure),
        TEST(a_source_that_cannot_be_looked_for_is_a_failure),
        TEST(a_source_that_has_gone_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
