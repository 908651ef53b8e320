#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/aws/lock_rules.h"
#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "relay/decide/decide.h"
#include "relay/decide/event.h"

#define INTERMEDIATE "arn:aws:backup:us-east-2:111122223333:backup-vault:intermediate"
#define FINAL "arn:aws:backup:us-east-2:444455556666:backup-vault:final"
#define OTHER "arn:aws:backup:us-east-2:999988887777:backup-vault:final"
#define POINT "arn:aws:rds:us-east-2:111122223333:snapshot:awsbackup:copyjob-1"

#define JOB(vault, job_state)                                                                      \
    {                                                                                              \
        .destination_vault_arn = (vault), .state = (job_state)                                     \
    }

#define COPY(vault, copy_state)                                                                    \
    {                                                                                              \
        .destination_vault_arn = (vault), .state = (copy_state), .found = true                     \
    }

static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(arena, slice_of(text), &v, &why));
    return v;
}

static struct relay_config config_with(struct arena *arena, const char *extra)
{
    struct relay_config config;
    const char *why = NULL;
    const char *text = arena_printf(
        arena,
        "{\"version\":1,\"topology\":\"t\",\"relay\":\"r\",\"partition\":\"aws\","
        "\"account_id\":\"111122223333\",\"region\":\"us-east-2\","
        "\"source_vault_arn\":\"" INTERMEDIATE "\",\"source_vault_name\":\"intermediate\","
        "\"copy_role_arn\":\"arn:aws:iam::111122223333:role/r\","
        "\"tag_keys\":[\"FinalVault\",\"CopyToVault\"],"
        "\"destinations\":[{\"vault_arn\":\"" FINAL "\",\"vault_name\":\"final\","
        "\"account_id\":\"444455556666\",\"region\":\"us-east-2\",\"lock_min_days\":7,"
        "\"lock_max_days\":365,\"delete_after_days\":30%s}]}",
        extra);
    assert_true(relay_config_parse(arena, parse(arena, text), &config, &why));
    assert_null(why);
    return config;
}

static struct relay_point point_with(struct arena *arena, const char *tags)
{
    return (struct relay_point){
        .arn = POINT, .vault_arn = INTERMEDIATE, .tags = parse(arena, tags)};
}

static struct relay_decision decide(struct arena *arena, const struct relay_config *config,
                                    const char *tags, const struct relay_job *jobs, size_t len)
{
    struct relay_point point = point_with(arena, tags);
    struct relay_decision decision;
    relay_decide(arena, config, &point, 0, jobs, len, &decision);
    return decision;
}

struct row {
    const char *name, *tags;
    struct relay_job jobs[3];
    size_t job_len;
    enum relay_verdict verdict;
    int64_t attempt;
};

static const struct row rows[] = {
    {"a tagged point is copied", "{\"FinalVault\":\"" FINAL "\"}", {{0}}, 0, RELAY_START, 0},
    {"an untagged point is left alone", "{\"x\":\"y\"}", {{0}}, 0, RELAY_LEAVE, 0},
    {"a key of another case counts", "{\"finalvault\":\"" FINAL "\"}", {{0}}, 0, RELAY_START, 0},
    {"the exact key wins over another case",
     "{\"finalvault\":\"" OTHER "\",\"FinalVault\":\"" FINAL "\"}",
     {{0}},
     0,
     RELAY_START,
     0},
    {"two keys that disagree are refused",
     "{\"CopyToVault\":\"" OTHER "\",\"FinalVault\":\"" FINAL "\"}",
     {{0}},
     0,
     RELAY_REFUSE,
     0},
    {"two keys that agree are one copy",
     "{\"CopyToVault\":\"" FINAL "\",\"FinalVault\":\"" FINAL "\"}",
     {{0}},
     0,
     RELAY_START,
     0},
    {"a vault that is not configured is refused",
     "{\"FinalVault\":\"" OTHER "\"}",
     {{0}},
     0,
     RELAY_REFUSE,
     0},
    {"text that is no ARN is refused", "{\"FinalVault\":\"final\"}", {{0}}, 0, RELAY_REFUSE, 0},
    {"a running copy is not doubled",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "RUNNING")},
     1,
     RELAY_LEAVE,
     0},
    {"a job that only waits is not doubled",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "CREATED")},
     1,
     RELAY_LEAVE,
     0},
    {"a finished copy is not doubled",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "FAILED"), JOB(FINAL, "COMPLETED")},
     2,
     RELAY_LEAVE,
     1},
    {"failed copies count as attempts",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "FAILED"), JOB(FINAL, "FAILED")},
     2,
     RELAY_START,
     2},
    {"a partial copy is an alarm and is not doubled",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "PARTIAL")},
     1,
     RELAY_REFUSE,
     0},
    {"a partial copy matters no more when a whole one follows",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "PARTIAL"), JOB(FINAL, "COMPLETED")},
     2,
     RELAY_LEAVE,
     0},
    {"a copy that was found is not doubled",
     "{\"FinalVault\":\"" FINAL "\"}",
     {COPY(FINAL, "COMPLETED")},
     1,
     RELAY_LEAVE,
     0},
    {"a copy that was found PARTIAL is an alarm",
     "{\"FinalVault\":\"" FINAL "\"}",
     {COPY(FINAL, "PARTIAL")},
     1,
     RELAY_REFUSE,
     0},
    {"a copy is PARTIAL though its job is COMPLETED",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "COMPLETED"), COPY(FINAL, "PARTIAL")},
     2,
     RELAY_REFUSE,
     0},
    {"a job is PARTIAL though its copy is COMPLETED",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "PARTIAL"), COPY(FINAL, "COMPLETED")},
     2,
     RELAY_REFUSE,
     0},
    {"a whole copy that was found beside a partial one counts",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "PARTIAL"), COPY(FINAL, "PARTIAL"), COPY(FINAL, "COMPLETED")},
     3,
     RELAY_LEAVE,
     0},
    {"a copy that is going is not made again",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "COMPLETED"), COPY(FINAL, "DELETING")},
     2,
     RELAY_LEAVE,
     0},
    {"nor one that has expired, whatever failed before it",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(FINAL, "FAILED"), COPY(FINAL, "EXPIRED")},
     2,
     RELAY_LEAVE,
     1},
    {"jobs to other vaults do not count",
     "{\"FinalVault\":\"" FINAL "\"}",
     {JOB(OTHER, "COMPLETED"), JOB(OTHER, "FAILED")},
     2,
     RELAY_START,
     0},
};

static void each_row_decides_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena = arena_new();
        struct relay_config config = config_with(arena, "");
        struct relay_decision decision =
            decide(arena, &config, rows[i].tags, rows[i].jobs, rows[i].job_len);
        if (decision.verdict != rows[i].verdict || decision.attempt != rows[i].attempt)
            fail_msg("%s: %s, attempt %d", rows[i].name, relay_verdict_name(decision.verdict),
                     (int)decision.attempt);
        assert_non_null(decision.reason);
        arena_free(arena);
    }
}

static void only_what_a_later_pass_may_have_to_act_on_waits(void **state)
{
    (void)state;
    static const struct {
        const char *tags, *status, *job;
        bool waits;
    } cases[] = {
        {"{\"FinalVault\":\"" FINAL "\"}", "COMPLETED", "RUNNING", true},
        {"{\"FinalVault\":\"" FINAL "\"}", "CREATING", "FAILED", true},
        {"{\"FinalVault\":\"" FINAL "\"}", "COMPLETED", "COMPLETED", false},
        {"{\"FinalVault\":\"" FINAL "\"}", "COMPLETED", "FAILED", false},
        {"{}", "COMPLETED", "FAILED", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_new();
        struct relay_config config = config_with(arena, "");
        struct relay_job job = JOB(FINAL, cases[i].job);
        struct relay_point point = point_with(arena, cases[i].tags);
        struct relay_decision decision;
        point.status = cases[i].status;
        relay_decide(arena, &config, &point, 0, &job, 1, &decision);
        assert_int_equal(decision.waits, cases[i].waits);
        arena_free(arena);
    }
}

static void a_retention_outside_the_lock_is_refused_in_the_words_of_aws(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_destination destination = config.destinations[0];
    destination.delete_after_days = 3;
    config.destinations = &destination;
    struct relay_decision decision =
        decide(arena, &config, "{\"FinalVault\":\"" FINAL "\"}", NULL, 0);
    assert_int_equal(decision.verdict, RELAY_REFUSE);
    assert_string_equal(decision.reason, LOCK_COPY_STATUS_MESSAGE);
    arena_free(arena);
}

static void a_copy_that_is_gone_or_going_is_told_of(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    const struct relay_job jobs[] = {JOB(FINAL, "COMPLETED"), COPY(FINAL, "DELETING"),
                                     COPY(FINAL, "COMPLETED")};
    struct relay_decision decision =
        decide(arena, &config, "{\"FinalVault\":\"" FINAL "\"}", jobs, 2);
    assert_true(decision.worry);
    assert_false(decision.waits);
    assert_non_null(strstr(decision.reason, "its copy is DELETING now"));
    decision = decide(arena, &config, "{\"FinalVault\":\"" FINAL "\"}", jobs, 3);
    assert_false(decision.worry);
    arena_free(arena);
}

/* One row: the age of a point, what is listed of it, whether its last vault was asked. */
struct old_row {
    const char *name;
    int64_t creation_ms;
    bool asked;
    int64_t lives; /* days, of its copy */
    struct relay_job jobs[1];
    size_t job_len;
    enum relay_verdict verdict;
};

#define NOW_MS (1000 * DAY_MS)
static const struct old_row old_rows[] = {
    {"a young point is copied", NOW_MS - 29 * DAY_MS, false, 90, {{0}}, 0, RELAY_START},
    {"an old point without a job may have been copied",
     NOW_MS - 29 * DAY_MS - 1,
     false,
     90,
     {{0}},
     0,
     RELAY_REFUSE},
    {"a point of unknown age counts as old", 0, false, 30, {{0}}, 0, RELAY_REFUSE},
    {"an old point that the last vault lacks is copied",
     NOW_MS - 40 * DAY_MS,
     true,
     90,
     {{0}},
     0,
     RELAY_START},
    {"a copy that is kept for ever is never over",
     NOW_MS - 40 * DAY_MS,
     true,
     -1,
     {{0}},
     0,
     RELAY_START},
    {"nobody asks for a copy that would be over",
     NOW_MS - 40 * DAY_MS,
     false,
     41,
     {{0}},
     0,
     RELAY_LEAVE},
    {"a copy that lasts a little longer is asked for",
     NOW_MS - 40 * DAY_MS,
     false,
     42,
     {{0}},
     0,
     RELAY_REFUSE},
    {"nor for one of a young point", NOW_MS - 20 * DAY_MS, true, 14, {{0}}, 0, RELAY_LEAVE},
    {"an old point that the last vault holds is left",
     NOW_MS - 40 * DAY_MS,
     true,
     90,
     {JOB(FINAL, "COMPLETED")},
     1,
     RELAY_LEAVE},
    {"an old point whose copy failed lately is tried again",
     NOW_MS - 40 * DAY_MS,
     false,
     90,
     {JOB(FINAL, "FAILED")},
     1,
     RELAY_START},
};

static void a_point_older_than_the_job_history_is_not_copied_blindly(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_destination last = config.destinations[0];
    config.destinations = &last;
    last.lock_min_days = last.lock_max_days = 0;
    for (size_t i = 0; i < ARRAY_LEN(old_rows); i++) {
        const struct old_row *row = &old_rows[i];
        last.delete_after_days = row->lives;
        struct relay_point point = {.arn = POINT,
                                    .vault_arn = INTERMEDIATE,
                                    .tags = parse(arena, "{\"FinalVault\":\"" FINAL "\"}"),
                                    .creation_ms = row->creation_ms,
                                    .destination_asked = row->asked};
        struct relay_decision decision;
        relay_decide(arena, &config, &point, NOW_MS, row->jobs, row->job_len, &decision);
        if (decision.verdict != row->verdict)
            fail_msg("%s: %s (%s)", row->name, relay_verdict_name(decision.verdict),
                     decision.reason);
    }
    arena_free(arena);
}

/* Nobody knows, and a second copy could not be taken back from a locked vault. */
static void an_old_point_without_a_copy_waits_for_a_word(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_point point = {.creation_ms = NOW_MS - 40 * DAY_MS};
    struct relay_decision decision = {.verdict = RELAY_START};
    relay_decide_brake(arena, &point, NOW_MS, point.creation_ms, &decision);
    assert_int_equal(decision.verdict, RELAY_LEAVE);
    assert_true(decision.waits && decision.worry && decision.needs_backfill);
    assert_non_null(strstr(decision.reason, "not known any more"));
    decision = (struct relay_decision){.verdict = RELAY_START, .attempt = 1};
    relay_decide_brake(arena, &point, NOW_MS, point.creation_ms, &decision);
    assert_int_equal(decision.verdict, RELAY_START); /* it failed: no copy was made */
    arena_free(arena);
}

/* Whichever of the last vaults it was for. */
static void age_settles_a_point_when_no_copy_can_be_left(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_destination two[] = {config.destinations[0], config.destinations[0]};
    struct relay_point point = {.creation_ms = NOW_MS - 40 * DAY_MS};
    struct relay_decision decision;
    config.destinations = two;
    config.destination_len = ARRAY_LEN(two);
    two[1].delete_after_days = 60;
    assert_false(relay_decide_by_age(arena, &config, &point, NOW_MS, NULL, 0, &decision));
    two[1].delete_after_days = 0; /* lives as long as its source */
    assert_false(relay_decide_by_age(arena, &config, &point, NOW_MS, NULL, 0, &decision));
    point.expires_ms = NOW_MS;
    assert_true(relay_decide_by_age(arena, &config, &point, NOW_MS, NULL, 0, &decision));
    assert_true(decision.lapsed && !decision.worry && !decision.waits);
    point.creation_ms = NOW_MS - 20 * DAY_MS; /* the list of jobs tells */
    two[0].delete_after_days = 14;
    assert_false(relay_decide_by_age(arena, &config, &point, NOW_MS, NULL, 0, &decision));
    arena_free(arena);
}

/* Its tags have been read before, or no copy would have been begun. */
static void a_point_whose_copies_fail_lapses_and_is_told_of(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_destination to = config.destinations[0];
    struct relay_job failed = JOB(FINAL, "FAILED");
    struct relay_point point = {.creation_ms = NOW_MS - 6 * DAY_MS - HOUR_MS};
    struct relay_decision decision;
    config.destinations = &to;
    failed.message = "Access denied";
    failed.at_ms = NOW_MS - 5 * DAY_MS;
    to.delete_after_days = 8;
    assert_false(relay_decide_by_age(arena, &config, &point, NOW_MS, &failed, 1, &decision));
    to.delete_after_days = 7; /* a day less is no life */
    assert_true(relay_decide_by_age(arena, &config, &point, NOW_MS, &failed, 1, &decision));
    assert_int_equal(decision.verdict, RELAY_LEAVE);
    assert_true(decision.lapsed && decision.worry);
    assert_non_null(strstr(decision.reason, "was never copied: Access denied"));
    point.creation_ms -= 2 * DAY_MS; /* told of for two days */
    assert_true(relay_decide_by_age(arena, &config, &point, NOW_MS, &failed, 1, &decision));
    assert_true(decision.lapsed && !decision.worry);
    failed.at_ms = NOW_MS - DAY_MS; /* it was still tried, so copies lived longer then */
    assert_true(relay_decide_by_age(arena, &config, &point, NOW_MS, &failed, 1, &decision));
    assert_true(decision.worry);
    arena_free(arena);
}

/* Whatever the history: nobody needs a copy that is over when it comes. */
static void no_copy_is_begun_that_would_be_over(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_destination to = config.destinations[0];
    struct relay_point point = point_with(arena, "{\"FinalVault\":\"" FINAL "\"}");
    struct relay_decision decision;
    config.destinations = &to;
    to.lock_min_days = 0;
    to.delete_after_days = 1; /* which it lives but for its last quarter */
    point.creation_ms = NOW_MS - 17 * HOUR_MS;
    relay_decide(arena, &config, &point, NOW_MS, NULL, 0, &decision);
    assert_int_equal(decision.verdict, RELAY_START);
    point.creation_ms = NOW_MS - 18 * HOUR_MS;
    relay_decide(arena, &config, &point, NOW_MS, NULL, 0, &decision);
    assert_int_equal(decision.verdict, RELAY_LEAVE);
    assert_true(decision.lapsed && decision.worry);
    arena_free(arena);
}

/* The copy itself says nothing. */
static void a_message_beside_completed_is_a_notice_for_a_day(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_point point = {.creation_ms = NOW_MS - 3 * DAY_MS};
    struct relay_job jobs[] = {JOB(FINAL, "COMPLETED"), COPY(FINAL, "COMPLETED")};
    struct relay_decision decision;
    jobs[0].message = "unable to copy resource tags";
    jobs[0].at_ms = NOW_MS - HOUR_MS;
    assert_true(relay_decide_by_jobs(arena, &config, &point, NOW_MS, jobs, 2, &decision));
    assert_int_equal(decision.verdict, RELAY_LEAVE);
    assert_true(decision.worry);
    assert_non_null(strstr(decision.reason, "unable to copy resource tags"));
    jobs[0].at_ms = NOW_MS - 2 * DAY_MS;
    assert_true(relay_decide_by_jobs(arena, &config, &point, NOW_MS, jobs, 2, &decision));
    assert_false(decision.worry);
    assert_non_null(strstr(decision.reason, "unable to copy resource tags"));
    arena_free(arena);
}

static void a_copy_that_goes_by_its_lifecycle_worries_nobody(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_point point = {.creation_ms = NOW_MS - 40 * DAY_MS};
    const struct relay_job copy = COPY(FINAL, "EXPIRED");
    struct relay_decision decision;
    assert_true(relay_decide_by_jobs(arena, &config, &point, NOW_MS, &copy, 1, &decision));
    assert_false(decision.worry);
    point.creation_ms = NOW_MS - 20 * DAY_MS;
    assert_true(relay_decide_by_jobs(arena, &config, &point, NOW_MS, &copy, 1, &decision));
    assert_true(decision.worry);
    arena_free(arena);
}

static void tokens_repeat_for_an_attempt_and_differ_between_attempts(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_job failed = JOB(FINAL, "FAILED");
    failed.id = "first";
    const char *tags = "{\"FinalVault\":\"" FINAL "\"}";
    const char *first = decide(arena, &config, tags, NULL, 0).token;
    assert_string_equal(first, decide(arena, &config, tags, NULL, 0).token);
    assert_string_not_equal(first, decide(arena, &config, tags, &failed, 1).token);
    assert_true(strlen(first) == 32);
    arena_free(arena);
}

/* Or a point that has failed for a month would ask with tokens that were used. */
static void a_token_stays_when_older_failures_leave_the_history(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_job failed[] = {JOB(FINAL, "FAILED"), JOB(FINAL, "FAILED")};
    const char *tags = "{\"FinalVault\":\"" FINAL "\"}";
    for (size_t i = 0; i < ARRAY_LEN(failed); i++) {
        failed[i].id = i ? "late" : "early";
        failed[i].at_ms = (int64_t)i - 2;
        failed[i].message = "an internal error";
    }
    assert_string_equal(decide(arena, &config, tags, failed, 2).token,
                        decide(arena, &config, tags, failed + 1, 1).token);
    assert_string_not_equal(decide(arena, &config, tags, failed, 2).token,
                            decide(arena, &config, tags, failed, 1).token);
    arena_free(arena);
}

static void untagged_points_go_to_the_only_destination_when_asked(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    config.copy_untagged = true;
    assert_int_equal(decide(arena, &config, "{}", NULL, 0).verdict, RELAY_START);
    arena_free(arena);
}

static const struct value *event(struct arena *arena, const char *state, const char *from,
                                 const char *into, const char *point)
{
    return parse(arena,
                 arena_printf(arena,
                              "{\"source\":\"aws.backup\",\"detail-type\":\"Copy Job State "
                              "Change\",\"id\":\"1\",\"account\":\"111122223333\",\"region\":"
                              "\"us-east-1\",\"resources\":[\"arn:source\"],\"detail\":{"
                              "\"creationDate\":\"1970-01-03T00:00:00Z\","
                              "\"state\":\"%s\",\"sourceBackupVaultArn\":\"%s\","
                              "\"destinationBackupVaultArn\":\"%s\","
                              "\"destinationRecoveryPointArn\":%s}}",
                              state, from, into, point));
}

static void events_are_read_with_their_quirks(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_event ev;
    relay_event_read(&config, event(arena, "COMPLETED", "v", INTERMEDIATE, "\"" POINT "\""), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_ARRIVED);
    assert_string_equal(ev.point_arn, POINT);
    assert_string_equal(ev.source_point_arn, "arn:source");
    assert_int_equal(ev.creation_ms, 2 * DAY_MS);
    relay_event_read(&config, event(arena, "COMPLETED", "v", INTERMEDIATE, "{}"), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_INVALID);
    relay_event_read(&config, event(arena, "COMPLETED", "v", INTERMEDIATE, "\"\""), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_INVALID);
    relay_event_read(&config, event(arena, "COMPLETED", "v", INTERMEDIATE, "\"snapshot\""), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_INVALID);
    relay_event_read(&config, event(arena, "FAILED", "v", INTERMEDIATE, "{}"), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_FIRST_FAILED);
    relay_event_read(&config, event(arena, "RUNNING", "v", INTERMEDIATE, "{}"), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_OTHER);
    relay_event_read(&config, event(arena, "PARTIAL", INTERMEDIATE, FINAL, "{}"), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_SECOND_FAILED);
    relay_event_read(&config, event(arena, "COMPLETED", INTERMEDIATE, FINAL, "\"x\""), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_OTHER);
    assert_null(ev.point_arn);
    relay_event_read(&config, event(arena, "COMPLETED", "v", OTHER, "\"x\""), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_OTHER);
    relay_event_read(&config, parse(arena, "{\"source\":\"aws.ec2\"}"), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_INVALID);
    relay_event_read(&config,
                     parse(arena, "{\"source\":\"aws.events\",\"detail-type\":"
                                  "\"Scheduled Event\",\"detail\":{}}"),
                     &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_SCHEDULED);
    relay_event_read(&config, parse(arena, "[1]"), &ev);
    assert_int_equal(ev.kind, RELAY_EVENT_INVALID);
    arena_free(arena);
}

/* Each of two relays of one vault sees the other's points, and they are no fault. */
static void what_names_the_vault_of_another_relay_is_left_to_it(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    const char *tags = "{\"FinalVault\":\"" OTHER "\"}";
    assert_int_equal(decide(arena, &config, tags, NULL, 0).verdict, RELAY_REFUSE);
    config = config_with(arena, "}],\"other_destinations\":[\"a\",\"" OTHER "\"],\"x\":[{");
    struct relay_decision decision = decide(arena, &config, tags, NULL, 0);
    assert_int_equal(decision.verdict, RELAY_LEAVE);
    assert_false(decision.waits || decision.worry);
    assert_non_null(strstr(decision.reason, OTHER));
    assert_int_equal(decide(arena, &config, "{\"FinalVault\":\"final\"}", NULL, 0).verdict,
                     RELAY_REFUSE);
    assert_int_equal(decide(arena, &config, "{\"FinalVault\":\"" FINAL "\"}", NULL, 0).verdict,
                     RELAY_START);
}

static void settings_without_a_member_name_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config;
    const char *why = NULL;
    assert_false(relay_config_parse(arena, parse(arena, "{\"version\":1}"), &config, &why));
    assert_string_equal(why, "topology");
    assert_false(relay_config_parse(arena, parse(arena, "{\"version\":2}"), &config, &why));
    assert_string_equal(why, "version");
    arena_free(arena);
}

static void declarations_of_another_shape_are_refused(void **state)
{
    (void)state;
    static const char *const shapes[] = {"{\"tags\":{}}", "{\"tags\":{},\"rules\":{\"p\":[]}}",
                                         "{\"rules\":{\"p\":[\"daily\"]}}",
                                         "{\"tags\":{},\"rules\":{\"p\":[1]}}"};
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct relay_config config;
        const char *why = NULL;
        const char *text = arena_printf(
            arena,
            "{\"version\":1,\"topology\":\"t\",\"relay\":\"r\",\"partition\":\"aws\",\"account_"
            "id\":"
            "\"1\",\"region\":\"x\",\"source_vault_arn\":\"a\",\"source_vault_name\":\"a\","
            "\"copy_role_arn\":\"c\",\"tag_keys\":[],\"destinations\":[{\"vault_arn\":\"b\","
            "\"vault_name\":\"b\",\"account_id\":\"2\",\"region\":\"x\"}],\"declared\":[%s]}",
            shapes[i]);
        assert_false(relay_config_parse(arena, parse(arena, text), &config, &why));
        assert_string_equal(why, "declared");
    }
}

static void points_of_every_type_are_relayed(void **state)
{
    (void)state;
    static const char *const points[] = {
        POINT,
        "arn:aws:rds:us-east-2:111122223333:cluster-snapshot:awsbackup:copyjob-1",
        "arn:aws:ec2:us-east-2::snapshot/snap-0123456789abcdef0",
        "arn:aws:ec2:us-east-2::image/ami-0123456789abcdef0",
        "arn:aws:fsx:us-east-2:111122223333:backup/backup-0123456789abcdef0",
        "arn:aws:backup:us-east-2:111122223333:recovery-point:1",
    };
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    const struct value *tags = parse(arena, "{\"FinalVault\":\"" FINAL "\"}");
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        struct relay_event event;
        struct relay_decision decision;
        const char *text = arena_printf(
            arena,
            "{\"source\":\"aws.backup\",\"detail-type\":\"Copy Job State Change\",\"detail\":"
            "{\"state\":\"COMPLETED\",\"destinationBackupVaultArn\":\"" INTERMEDIATE
            "\",\"destinationRecoveryPointArn\":\"%s\"}}",
            points[i]);
        relay_event_read(&config, parse(arena, text), &event);
        assert_int_equal(event.kind, RELAY_EVENT_ARRIVED);
        struct relay_point point = {
            .arn = event.point_arn, .vault_arn = INTERMEDIATE, .tags = tags};
        relay_decide(arena, &config, &point, 0, NULL, 0, &decision);
        assert_string_equal(point.arn, points[i]);
        assert_int_equal(decision.verdict, RELAY_START);
    }
    arena_free(arena);
}

/* ---- what a point and its past say ---- */

#define TAGGED "{\"FinalVault\":\"" FINAL "\"}"
#define IMPOSSIBLE "Access Denied trying to call AWS Backup service"
#define PERHAPS "The source snapshot KMS key does not exist, is not enabled or is not accessible"
#define BUSY "Copy job failed: too many copy jobs are running"

static struct relay_decision decide_at(struct arena *arena, const struct relay_point *point,
                                       const struct relay_job *jobs, size_t len)
{
    struct relay_config config = config_with(arena, "");
    struct relay_decision decision;
    relay_decide(arena, &config, point, NOW_MS, jobs, len, &decision);
    return decision;
}

static struct relay_point young(struct arena *arena)
{
    struct relay_point point = point_with(arena, TAGGED);
    point.creation_ms = NOW_MS - 2 * HOUR_MS;
    return point;
}

static const struct failure_row {
    const char *message;
    int64_t age_ms, failures;
    enum relay_verdict verdict;
    bool waits;
} failure_rows[] = {
    {BUSY, MINUTE_MS, 1, RELAY_START, false},
    {BUSY, MINUTE_MS, 9, RELAY_START, false},
    {PERHAPS, MINUTE_MS, 1, RELAY_LEAVE, true},
    {PERHAPS, HOUR_MS, 1, RELAY_START, false},
    {PERHAPS, HOUR_MS, 2, RELAY_REFUSE, false}, /* twice as long, and somebody is told */
    {PERHAPS, 2 * HOUR_MS, 2, RELAY_START, false},
    {PERHAPS, 24 * HOUR_MS, 9, RELAY_START, false},
    {IMPOSSIBLE, 23 * HOUR_MS, 1, RELAY_REFUSE, false},
    {IMPOSSIBLE, 24 * HOUR_MS, 1, RELAY_START, false},
};

static void the_next_attempt_waits_as_long_as_the_failure_means(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(failure_rows); i++) {
        const struct failure_row *row = &failure_rows[i];
        struct relay_job jobs[9];
        for (int64_t k = 0; k < row->failures; k++)
            jobs[k] = (struct relay_job){.destination_vault_arn = FINAL,
                                         .state = "FAILED",
                                         .message = row->message,
                                         .at_ms = NOW_MS - row->age_ms - k};
        struct relay_point point = young(arena);
        struct relay_decision decision = decide_at(arena, &point, jobs, (size_t)row->failures);
        if (decision.verdict != row->verdict || decision.waits != row->waits)
            fail_msg("row %zu: %s (%s)", i, relay_verdict_name(decision.verdict), decision.reason);
        if (row->verdict == RELAY_REFUSE)
            assert_non_null(strstr(decision.reason, row->message));
        point.retry_now = true;
        assert_int_equal(decide_at(arena, &point, jobs, (size_t)row->failures).verdict,
                         RELAY_START);
    }
    arena_free(arena);
}

/* Each attempt is begun at once, so that nothing waits and nothing is refused. */
static void a_copy_that_fails_again_and_again_is_told_of(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_point point = young(arena);
    struct relay_job jobs[RELAY_WORRY_FAILURES];
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
        jobs[i] = (struct relay_job){.destination_vault_arn = FINAL,
                                     .state = "FAILED",
                                     .message = BUSY,
                                     .at_ms = NOW_MS - (int64_t)i * HOUR_MS};
    assert_false(decide_at(arena, &point, jobs, RELAY_WORRY_FAILURES - 1).worry);
    struct relay_decision decision = decide_at(arena, &point, jobs, RELAY_WORRY_FAILURES);
    assert_int_equal(decision.verdict, RELAY_START);
    assert_true(decision.worry);
    assert_string_equal(decision.reason, "3 earlier copies of this point failed");
    arena_free(arena);
}

static void a_copy_is_never_doubled_for_its_age_but_told_of(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_point point = young(arena);
    struct relay_job job = {
        .destination_vault_arn = FINAL, .state = "CREATED", .at_ms = NOW_MS - 23 * HOUR_MS};
    assert_false(decide_at(arena, &point, &job, 1).worry);
    job.at_ms = NOW_MS - 30 * HOUR_MS;
    struct relay_decision decision = decide_at(arena, &point, &job, 1);
    assert_int_equal(decision.verdict, RELAY_LEAVE);
    assert_true(decision.worry);
    assert_string_equal(decision.reason, "a copy of this point has been CREATED for 30 hours");
    arena_free(arena);
}

static void a_point_that_is_about_to_expire_is_told_of(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_point point = young(arena);
    struct relay_job job = JOB(FINAL, "RUNNING");
    point.expires_ms = NOW_MS + 5 * HOUR_MS;
    struct relay_decision decision = decide_at(arena, &point, NULL, 0);
    assert_int_equal(decision.verdict, RELAY_START);
    assert_true(decision.worry);
    assert_non_null(strstr(decision.reason, "expires in 5 hours"));
    assert_true(decide_at(arena, &point, &job, 1).worry);
    struct relay_job failed = {.destination_vault_arn = FINAL,
                               .state = "FAILED",
                               .message = PERHAPS,
                               .at_ms = NOW_MS - MINUTE_MS};
    decision = decide_at(arena, &point, &failed, 1);
    assert_true(decision.waits && decision.worry);
    point.expires_ms = NOW_MS + 48 * HOUR_MS;
    assert_false(decide_at(arena, &point, &failed, 1).worry);
    assert_false(decide_at(arena, &point, NULL, 0).worry);
    point.expires_ms = NOW_MS;
    assert_int_equal(decide_at(arena, &point, NULL, 0).verdict, RELAY_REFUSE);
    point.expires_ms = 0;
    point.status = "EXPIRED";
    assert_int_equal(decide_at(arena, &point, NULL, 0).verdict, RELAY_REFUSE);
    point.status = "PARTIAL";
    assert_int_equal(decide_at(arena, &point, NULL, 0).verdict, RELAY_REFUSE);
    assert_int_equal(decide_at(arena, &point, &job, 1).verdict, RELAY_LEAVE);
    arena_free(arena);
}

static void jobs_alone_settle_what_has_been_copied_anywhere(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config = config_with(arena, "");
    struct relay_point point = young(arena);
    struct relay_decision decision;
    struct relay_job jobs[] = {JOB(FINAL, "FAILED"), JOB(OTHER, "COMPLETED")};
    assert_false(relay_decide_by_jobs(arena, &config, &point, NOW_MS, jobs, 2, &decision));
    jobs[1].destination_vault_arn = FINAL;
    assert_true(relay_decide_by_jobs(arena, &config, &point, NOW_MS, jobs, 2, &decision));
    assert_int_equal(decision.verdict, RELAY_LEAVE);
    assert_string_equal(decision.destination->vault_arn, FINAL);
    arena_free(arena);
}

static void old_points_wait_for_a_word_until_something_as_old_was_copied(void **state)
{
    (void)state;
    static const struct {
        int64_t age_days, oldest_days; /* -1: nothing was copied */
        bool waits;
    } cases[] = {{2, -1, false}, {3, -1, true}, {10, 5, true}, {10, 10, false}, {10, 11, false}};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct relay_point point = young(arena);
        point.creation_ms = NOW_MS - cases[i].age_days * DAY_MS;
        struct relay_decision decision = decide_at(arena, &point, NULL, 0);
        int64_t oldest =
            cases[i].oldest_days < 0 ? INT64_MAX : NOW_MS - cases[i].oldest_days * DAY_MS;
        relay_decide_brake(arena, &point, NOW_MS, oldest, &decision);
        assert_int_equal(decision.needs_backfill, cases[i].waits);
        assert_int_equal(decision.verdict, cases[i].waits ? RELAY_LEAVE : RELAY_START);
    }
    arena_free(arena);
}

static void only_the_rule_that_made_the_point_declares_its_tags(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct relay_config config =
        config_with(arena, "}],\"declared\":[{\"rules\":{\"o\":[\"daily\"],\"p\":[\"hourly\","
                           "\"daily\"]},\"tags\":" TAGGED "");
    assert_null(relay_declared_tags(&config, "p", "weekly"));
    assert_null(relay_declared_tags(&config, "q", "daily"));
    assert_null(relay_declared_tags(&config, "p", NULL));
    struct relay_point point = young(arena);
    point.tags = relay_declared_tags(&config, "p", "daily");
    point.tags_declared = true;
    struct relay_decision decision;
    relay_decide(arena, &config, &point, NOW_MS, NULL, 0, &decision);
    assert_int_equal(decision.verdict, RELAY_START);
    assert_true(decision.worry);
    arena_free(arena);
}

static void declarations_of_one_rule_each_are_read_as_well(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct relay_config config = config_with(
        arena, "}],\"declared\":[{\"plan\":\"p\",\"rule\":\"daily\",\"tags\":" TAGGED "},"
               "{\"rules\":{\"q\":[\"daily\"]},\"tags\":" TAGGED);
    assert_non_null(relay_declared_tags(&config, "p", "daily"));
    assert_non_null(relay_declared_tags(&config, "q", "daily"));
    assert_null(relay_declared_tags(&config, "p", "hourly"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_decides_as_it_says),
        cmocka_unit_test(a_copy_that_is_gone_or_going_is_told_of),
        cmocka_unit_test(only_what_a_later_pass_may_have_to_act_on_waits),
        cmocka_unit_test(points_of_every_type_are_relayed),
        cmocka_unit_test(a_retention_outside_the_lock_is_refused_in_the_words_of_aws),
        cmocka_unit_test(a_point_older_than_the_job_history_is_not_copied_blindly),
        cmocka_unit_test(an_old_point_without_a_copy_waits_for_a_word),
        cmocka_unit_test(age_settles_a_point_when_no_copy_can_be_left),
        cmocka_unit_test(a_point_whose_copies_fail_lapses_and_is_told_of),
        cmocka_unit_test(no_copy_is_begun_that_would_be_over),
        cmocka_unit_test(a_message_beside_completed_is_a_notice_for_a_day),
        cmocka_unit_test(a_copy_that_goes_by_its_lifecycle_worries_nobody),
        cmocka_unit_test(the_next_attempt_waits_as_long_as_the_failure_means),
        cmocka_unit_test(a_copy_that_fails_again_and_again_is_told_of),
        cmocka_unit_test(a_copy_is_never_doubled_for_its_age_but_told_of),
        cmocka_unit_test(a_point_that_is_about_to_expire_is_told_of),
        cmocka_unit_test(jobs_alone_settle_what_has_been_copied_anywhere),
        cmocka_unit_test(old_points_wait_for_a_word_until_something_as_old_was_copied),
        cmocka_unit_test(only_the_rule_that_made_the_point_declares_its_tags),
        cmocka_unit_test(tokens_repeat_for_an_attempt_and_differ_between_attempts),
        cmocka_unit_test(a_token_stays_when_older_failures_leave_the_history),
        cmocka_unit_test(untagged_points_go_to_the_only_destination_when_asked),
        cmocka_unit_test(events_are_read_with_their_quirks),
        cmocka_unit_test(what_names_the_vault_of_another_relay_is_left_to_it),
        cmocka_unit_test(settings_without_a_member_name_it),
        cmocka_unit_test(declarations_of_one_rule_each_are_read_as_well),
        cmocka_unit_test(declarations_of_another_shape_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
