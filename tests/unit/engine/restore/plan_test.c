/* The way back of one point, from facts that a test makes up: the calls, their order, and what
 * stops them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/restore/restore.h"

#define NOW (INT64_C(1767225600000) + 30 * DAY_MS)
#define POINT "arn:aws:rds:us-east-1:444455556666:snapshot:awsbackup:copyjob-1"
#define KEY_ON(arn)                                                                                \
    "{\"KeyMetadata\":{\"Arn\":\"" arn "\",\"KeyState\":\"Enabled\",\"KeyManager\":\"CUSTOMER\"}}"

static const struct account backup = {
    .name = "backup", .id = "444455556666", .assume_role = "arn:aws:iam::444455556666:role/d"};
static const struct account recovery = {.name = "recovery", .id = "777788889999"};

static const struct restore_entry way = {
    .address = "restores.clean_room",
    .source_arn = "arn:aws:backup:us-east-1:444455556666:backup-vault:final",
    .source = "vaults.final",
    .destination_arn = "arn:aws:backup:us-east-1:777788889999:backup-vault:restored",
    .destination = "vaults.restored",
    .from = &backup,
    .to = &recovery,
    .from_region = "us-east-1",
    .to_region = "us-east-1",
    .copy_role_arn = "arn:aws:iam::444455556666:role/copy",
    .role_arn = "arn:aws:iam::777788889999:role/restore",
};

struct scene {
    struct arena *arena;
    struct restore_facts facts;
    struct restore_plan plan;
};

static struct restore_answer said(struct scene *s, const char *json)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(s->arena, slice_of(json), &v, &why));
    return (struct restore_answer){.body = v};
}

static struct restore_answer refused(const char *text)
{
    return (struct restore_answer){.error = text};
}

static void scene_open(struct scene *s)
{
    *s = (struct scene){.arena = arena_new()};
    s->facts =
        (struct restore_facts){.way = &way, .now_ms = NOW, .point = POINT, .source_vault = "final"};
    s->facts.described =
        said(s, "{\"ResourceArn\":\"arn:aws:rds:us-east-1:111122223333:db:orders\","
                "\"ResourceType\":\"RDS\",\"Status\":\"COMPLETED\","
                "\"CreationDate\":1767225600.0}");
    s->facts.metadata = said(s, "{\"RestoreMetadata\":{\"DBInstanceIdentifier\":\"orders\","
                                "\"Engine\":\"postgres\",\"DBSubnetGroupName\":\"old\"}}");
    s->facts.point_key = said(s, KEY_ON("arn:aws:kms:us-east-1:444455556666:key/a"));
    s->facts.vault = said(s, "{\"EncryptionKeyArn\":\"arn:aws:kms:us-east-1:777788889999:key/b\"}");
    s->facts.vault_key = said(s, KEY_ON("arn:aws:kms:us-east-1:777788889999:key/b"));
    s->facts.copy_role = said(s, "{\"Role\":{\"Arn\":\"arn:aws:iam::444455556666:role/copy\"}}");
    s->facts.role = said(s, "{\"Role\":{\"Arn\":\"arn:aws:iam::777788889999:role/restore\"}}");
    s->facts.linked_role = said(s, "{\"Role\":{\"Arn\":\"linked\"}}");
    s->facts.settings = said(s, "{\"ResourceTypeOptInPreference\":{\"RDS\":true}}");
}

static void make(struct scene *s)
{
    restore_plan(s->arena, &s->facts, &s->plan);
}

/* The only bad one, and that it says so. */
static void assert_stops(struct scene *s, const char *what, const char *words)
{
    size_t bad = 0;
    make(s);
    assert_false(s->plan.ready);
    for (size_t i = 0; i < s->plan.check_len; i++) {
        const struct restore_check *check = &s->plan.checks[i];
        if (check->verdict != RESTORE_BAD)
            continue;
        bad++;
        if (!strstr(check->what, what) || !strstr(check->detail, words))
            fail_msg("\"%s: %s\" is not \"%s: %s\"", check->what, check->detail, what, words);
    }
    assert_int_equal(bad, 1);
    arena_free(s->arena);
}

static void the_calls_stand_in_order_each_in_its_account(void **state)
{
    (void)state;
    static const struct {
        const char *id, *account, *operation, *takes, *from;
    } rows[] = {
        {"copy_back", "backup", "StartCopyJob", NULL, NULL},
        {"await_copy", "backup", "DescribeCopyJob", "CopyJobId", "COPY_JOB"},
        {"restore", "recovery", "StartRestoreJob", "RecoveryPointArn", "POINT"},
        {"await_restore", "recovery", "DescribeRestoreJob", "RestoreJobId", "RESTORE_JOB"},
    };
    struct scene s;
    scene_open(&s);
    make(&s);
    assert_true(s.plan.ready);
    assert_int_equal(s.plan.step_len, ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct restore_step *step = &s.plan.steps[i];
        assert_string_equal(step->id, rows[i].id);
        assert_string_equal(step->account->name, rows[i].account);
        assert_string_equal(step->operation, rows[i].operation);
        assert_true(str_eq(step->takes, rows[i].takes));
        assert_true(str_eq(step->from, rows[i].from));
    }
    assert_string_equal(value_get_str(s.plan.steps[0].request, "IamRoleArn"), way.copy_role_arn);
    assert_string_equal(value_get_str(s.plan.steps[2].request, "IamRoleArn"), way.role_arn);
    assert_null(value_pointer(s.plan.steps[2].request, "/Metadata/DBSubnetGroupName"));
    arena_free(s.arena);
}

static void each_thing_that_is_missing_stops_it(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    s.facts.point_key = said(&s, "{\"KeyMetadata\":{\"KeyState\":\"PendingDeletion\"}}");
    assert_stops(&s, "the point's key is enabled", "PendingDeletion");
    scene_open(&s);
    s.facts.copy_role = refused("NoSuchEntity: none");
    assert_stops(&s, "the role that copies is in backup (444455556666)", "NoSuchEntity");
    scene_open(&s);
    s.facts.role = refused("NoSuchEntity: none");
    assert_stops(&s, "the role that restores is in recovery", "NoSuchEntity");
    scene_open(&s);
    s.facts.linked_role = refused("NoSuchEntity: none");
    assert_stops(&s, "AWSServiceRoleForBackup is in recovery", "NoSuchEntity");
    scene_open(&s);
    s.facts.vault = refused("ResourceNotFoundException: none");
    s.facts.vault_key = (struct restore_answer){0};
    assert_stops(&s, "vaults.restored is there", "ResourceNotFoundException");
    scene_open(&s);
    s.facts.vault_key = said(&s, "{\"KeyMetadata\":{\"KeyState\":\"Disabled\"}}");
    assert_stops(&s, "that vault's key is enabled", "Disabled");
    scene_open(&s);
    s.facts.settings = refused("AccessDeniedException: no");
    assert_stops(&s, "RDS is opted in", "AccessDenied");
    scene_open(&s);
    s.facts.metadata = refused("AccessDeniedException: no");
    assert_stops(&s, "the point says what it was made of", "AccessDenied");
}

static void a_type_that_is_off_is_for_a_person_to_judge(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    s.facts.settings = said(&s, "{\"ResourceTypeOptInPreference\":{\"RDS\":false}}");
    make(&s);
    assert_true(s.plan.ready);
    assert_non_null(strstr(restore_text(s.arena, &s.plan), "update-region-settings"));
    arena_free(s.arena);
}

static void a_subnet_group_that_is_named_is_to_be_looked_for(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    make(&s);
    assert_non_null(strstr(restore_text(s.arena, &s.plan), "ec2 describe-vpcs"));
    s.facts.declared = said(&s, "{\"RDS\":{\"DBSubnetGroupName\":\"clean room\"}}").body;
    make(&s);
    assert_true(s.plan.ready);
    assert_non_null(strstr(restore_text(s.arena, &s.plan), "--db-subnet-group-name 'clean room'"));
    assert_null(strstr(restore_text(s.arena, &s.plan), "ec2 describe-vpcs"));
    arena_free(s.arena);
}

static void what_is_not_known_is_not_left_out_in_silence(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct map_builder type = map_begin(s.arena), declared = map_begin(s.arena);
    map_put(&type, "KmsKeyId", value_ref(s.arena, "keys.restored", "arn"));
    map_put_str(&type, "Port", "5433");
    map_put(&declared, "RDS", map_end(&type));
    s.facts.declared = map_end(&declared);
    make(&s);
    assert_string_equal(value_str(value_pointer(s.plan.steps[2].request, "/Metadata/Port")),
                        "5433");
    assert_null(value_pointer(s.plan.steps[2].request, "/Metadata/KmsKeyId"));
    assert_stops(&s, "the metadata of the file is known", "KmsKeyId of restores.clean_room");
}

static void a_point_whose_life_has_ended_is_not_restored(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    s.facts.described =
        said(&s, "{\"ResourceArn\":\"arn:aws:rds:us-east-1:111122223333:db:orders\","
                 "\"ResourceType\":\"RDS\",\"Status\":\"COMPLETED\","
                 "\"CalculatedLifecycle\":{\"DeleteAt\":1767225600.0}}");
    assert_stops(&s, "the point can be read", "ended");
}

/* The point is thirty days old, and the life of its copy counts from the same date. */
static void the_life_of_the_copy_counts_from_its_arrival(void **state)
{
    (void)state;
    static const struct {
        const char *lifecycle, *vault, *sent, *wrong; /* sent NULL: none */
    } rows[] = {
        {"{\"delete_after_days\":30}", "{}", "{\"DeleteAfterDays\":60}", NULL},
        {"{\"delete_after_days\":7}",
         "{\"Locked\":true,\"MinRetentionDays\":90,\"MaxRetentionDays\":365}",
         "{\"DeleteAfterDays\":90}", NULL},
        {"{\"delete_after_days\":30}",
         "{\"Locked\":true,\"MinRetentionDays\":1,\"MaxRetentionDays\":40}",
         "{\"DeleteAfterDays\":40}", NULL},
        {"{\"delete_after_days\":30}",
         "{\"Locked\":true,\"MinRetentionDays\":1,\"MaxRetentionDays\":30}",
         "{\"DeleteAfterDays\":30}", "over on arrival"},
        {"{\"delete_after_days\":30}", /* limits that no lock is behind */
         "{\"Locked\":false,\"MinRetentionDays\":1,\"MaxRetentionDays\":30}",
         "{\"DeleteAfterDays\":60}", NULL},
        {"{\"delete_after_days\":-1}", "{}", "{\"DeleteAfterDays\":-1}", NULL},
        {"{\"delete_after_days\":-1}", "{\"Locked\":true,\"MaxRetentionDays\":365}",
         "{\"DeleteAfterDays\":-1}", "at most 365 days"},
        {"{\"delete_after_days\":120,\"move_to_cold_storage_after_days\":10}", "{}",
         "{\"MoveToColdStorageAfterDays\":40,\"DeleteAfterDays\":150}", NULL},
        {"{\"delete_after_days\":120,\"move_to_cold_storage_after_days\":10}",
         "{\"Locked\":true,\"MaxRetentionDays\":120}", "{\"DeleteAfterDays\":120}", NULL},
        {"{\"delete_after_days\":36500}", "{}", "{\"DeleteAfterDays\":36500}", NULL},
        {NULL, "{}", NULL, NULL},
        {NULL, "{\"Locked\":true,\"MaxRetentionDays\":365}", NULL, "at most 365 days"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scene s;
        scene_open(&s);
        struct restore_entry entry = way;
        if (rows[i].lifecycle)
            entry.lifecycle = said(&s, rows[i].lifecycle).body;
        s.facts.way = &entry;
        s.facts.vault = said(&s, rows[i].vault);
        make(&s);
        const struct value *sent = value_get(s.plan.steps[0].request, "Lifecycle");
        const char *text = sent ? json_print(s.arena, sent, JSON_COMPACT) : NULL;
        if (!str_eq(text, rows[i].sent))
            fail_msg("row %zu: %s is not %s", i, text, rows[i].sent);
        if (rows[i].wrong)
            assert_stops(&s, "the copy lives in vaults.restored", rows[i].wrong);
        else {
            assert_true(s.plan.ready);
            arena_free(s.arena);
        }
    }
}

static void a_type_that_nobody_knows_has_no_calls(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    s.facts.described = said(&s, "{\"ResourceArn\":\"arn:aws:timestream:us-east-1:1:db/x\","
                                 "\"ResourceType\":\"Timestream\",\"Status\":\"COMPLETED\"}");
    make(&s);
    assert_int_equal(s.plan.step_len, 0);
    assert_false(s.plan.ready);
    arena_free(s.arena);
}

/* Whatever AWS says, it is a word of the shell or a comment, and no command. */
static void nothing_that_is_said_becomes_a_command(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    s.facts.metadata =
        said(&s, "{\"RestoreMetadata\":{\"Engine\":\"x'; rm -rf / #\",\"Port\":\"$(reboot)\"}}");
    s.facts.role = refused("Denied: a\nreboot\n");
    make(&s);
    const char *text = restore_text(s.arena, &s.plan);
    assert_null(strstr(text, "\nreboot"));
    assert_non_null(strstr(text, "x'\\''; rm -rf / #"));
    assert_non_null(strstr(text, "--metadata '{"));
    arena_free(s.arena);
}

static void the_same_plan_has_the_same_tokens_and_another_moment_others(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    make(&s);
    const char *first = value_get_str(s.plan.steps[0].request, "IdempotencyToken");
    make(&s);
    assert_string_equal(value_get_str(s.plan.steps[0].request, "IdempotencyToken"), first);
    assert_string_not_equal(value_get_str(s.plan.steps[2].request, "IdempotencyToken"), first);
    s.facts.now_ms++;
    make(&s);
    assert_string_not_equal(value_get_str(s.plan.steps[0].request, "IdempotencyToken"), first);
    arena_free(s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_calls_stand_in_order_each_in_its_account),
        cmocka_unit_test(each_thing_that_is_missing_stops_it),
        cmocka_unit_test(a_type_that_is_off_is_for_a_person_to_judge),
        cmocka_unit_test(a_subnet_group_that_is_named_is_to_be_looked_for),
        cmocka_unit_test(what_is_not_known_is_not_left_out_in_silence),
        cmocka_unit_test(a_point_whose_life_has_ended_is_not_restored),
        cmocka_unit_test(the_life_of_the_copy_counts_from_its_arrival),
        cmocka_unit_test(a_type_that_nobody_knows_has_no_calls),
        cmocka_unit_test(nothing_that_is_said_becomes_a_command),
        cmocka_unit_test(the_same_plan_has_the_same_tokens_and_another_moment_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
