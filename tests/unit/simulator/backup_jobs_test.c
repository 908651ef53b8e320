#include "tests/unit/simulator/backup_scene.h"

#define FIRST_RUN_MS (14 * HOUR_MS + 30 * MINUTE_MS)

static void the_schedule_runs_in_its_time_zone_and_makes_a_point(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, FIRST_RUN_MS - 1000);
    assert_int_equal(
        value_len(value_get(backup_call(&s.c, "GET", "/backup-jobs/", NULL), "BackupJobs")), 0);
    client_advance(&s.c, HOUR_MS);
    const struct value *points = scene_points(&s, "primary");
    assert_int_equal(value_len(points), 1);
    const struct value *point = value_item(points, 0);
    assert_string_equal(value_get_str(point, "Status"), "COMPLETED");
    assert_string_equal(value_get_str(point, "ResourceArn"), SCENE_DATABASE);
    assert_true(str_starts(value_get_str(point, "RecoveryPointArn"),
                           "arn:aws:rds:us-east-1:111122223333:snapshot:awsbackup:job-"));
    assert_int_equal(value_get_int(point, "CreationDate", 0),
                     (WORLD_EPOCH_MS + FIRST_RUN_MS) / 1000);
    assert_int_equal(value_get_int(value_get(point, "CalculatedLifecycle"), "DeleteAt", 0),
                     (WORLD_EPOCH_MS + FIRST_RUN_MS + 7 * DAY_MS) / 1000);
    client_close(&s.c);
}

static void the_first_point_stays_under_the_databases_key(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    const struct value *point = value_item(scene_points(&s, "primary"), 0);
    const struct value *key = client_send(
        &s.c, "kms", "POST", "/",
        arena_printf(s.c.arena, "{\"KeyId\":\"%s\"}", value_get_str(point, "EncryptionKeyArn")),
        "TrentService.DescribeKey");
    assert_string_equal(value_str(value_pointer(key, "/KeyMetadata/KeyManager")), "AWS");
    const struct value *vault = backup_call(&s.c, "GET", "/backup-vaults/primary", NULL);
    assert_string_not_equal(value_get_str(vault, "EncryptionKeyArn"),
                            value_get_str(point, "EncryptionKeyArn"));
    client_close(&s.c);
}

static void the_rules_tags_go_before_those_of_the_resource(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    const char *arn = value_get_str(value_item(scene_points(&s, "primary"), 0), "RecoveryPointArn");
    const struct value *answer = backup_call(
        &s.c, "GET", arena_printf(s.c.arena, "/tags/%s/", percent_encode(s.c.arena, arn)), NULL);
    assert_int_equal(value_len(value_get(answer, "Tags")), 2);
    assert_string_equal(value_str(value_pointer(answer, "/Tags/FinalVault")), VAULT_FINAL);
    assert_string_equal(value_str(value_pointer(answer, "/Tags/team")), "shop");
    client_close(&s.c);
}

static void a_point_is_deleted_within_eight_hours_after_its_last_day(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    const char *first =
        value_get_str(value_item(scene_points(&s, "primary"), 0), "RecoveryPointArn");
    const char *target = arena_printf(s.c.arena, "/backup-vaults/primary/recovery-points/%s",
                                      percent_encode(s.c.arena, first));
    client_advance(&s.c, FIRST_RUN_MS + 6 * DAY_MS - 1000);
    backup_call(&s.c, "GET", target, NULL);
    client_advance(&s.c, 8 * HOUR_MS + 1000);
    backup_fails(&s.c, "GET", target, NULL, "ResourceNotFoundException");
    client_close(&s.c);
}

static void a_paused_world_starts_no_new_backups(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    world_pause_schedules(s.c.world, true);
    client_advance(&s.c, DAY_MS);
    assert_int_equal(value_len(scene_points(&s, "primary")), 0);
    world_pause_schedules(s.c.world, false);
    client_advance(&s.c, DAY_MS);
    assert_int_equal(value_len(scene_points(&s, "primary")), 1);
    assert_false(world_has_pending(s.c.world));
    client_close(&s.c);
}

static void one_job_runs_for_a_resource_and_others_wait(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    const char *body = "{\"BackupVaultName\":\"primary\",\"ResourceArn\":\"" SCENE_DATABASE
                       "\",\"IamRoleArn\":\"" SCENE_ROLE "\"}";
    const char *ids[2];
    for (size_t i = 0; i < 2; i++)
        ids[i] = value_get_str(backup_call(&s.c, "PUT", "/backup-jobs", body), "BackupJobId");
    client_advance(&s.c, 2 * MINUTE_MS);
    size_t running = 0, created = 0;
    for (size_t i = 0; i < 2; i++) {
        const char *now = value_get_str(
            backup_call(&s.c, "GET", arena_printf(s.c.arena, "/backup-jobs/%s", ids[i]), NULL),
            "State");
        running += str_eq(now, "RUNNING");
        created += str_eq(now, "CREATED");
    }
    assert_int_equal(running, 1);
    assert_int_equal(created, 1);
    client_advance(&s.c, HOUR_MS);
    assert_int_equal(value_len(scene_points(&s, "primary")), 2);
    client_close(&s.c);
}

static void a_job_that_cannot_start_in_its_window_expires(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    const char *body = "{\"BackupVaultName\":\"primary\",\"ResourceArn\":\"" SCENE_DATABASE
                       "\",\"IamRoleArn\":\"" SCENE_ROLE "\",\"StartWindowMinutes\":60}";
    const char *last = NULL;
    for (size_t i = 0; i < 8; i++) /* each takes a quarter of an hour */
        last = value_get_str(backup_call(&s.c, "PUT", "/backup-jobs", body), "BackupJobId");
    client_advance(&s.c, 3 * HOUR_MS);
    const struct value *jobs =
        value_get(backup_call(&s.c, "GET", "/backup-jobs/?state=EXPIRED", NULL), "BackupJobs");
    assert_non_null(last);
    assert_true(value_len(jobs) > 0);
    client_close(&s.c);
}

static void a_job_token_gives_the_same_job(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    const char *body = "{\"BackupVaultName\":\"primary\",\"ResourceArn\":\"" SCENE_DATABASE
                       "\",\"IamRoleArn\":\"" SCENE_ROLE "\",\"IdempotencyToken\":\"t\"}";
    const struct value *first = backup_call(&s.c, "PUT", "/backup-jobs", body);
    assert_true(value_equal(first, backup_call(&s.c, "PUT", "/backup-jobs", body)));
    client_close(&s.c);
}

static void a_backup_outside_the_locks_range_fails(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    backup_call(&s.c, "PUT", "/backup-vaults/primary/vault-lock", "{\"MinRetentionDays\":8}");
    client_advance(&s.c, DAY_MS);
    const struct value *jobs =
        value_get(backup_call(&s.c, "GET", "/backup-jobs/", NULL), "BackupJobs");
    assert_string_equal(value_get_str(value_item(jobs, 0), "State"), "FAILED");
    assert_non_null(strstr(value_get_str(value_item(jobs, 0), "StatusMessage"),
                           "not within the range specified for the target Backup Vault"));
    client_close(&s.c);
}

static void a_role_without_rights_fails_the_backup(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_query(&s, "iam",
                arena_printf(s.c.arena,
                             "Action=DetachRolePolicy&Version=2010-05-08&RoleName=AWSBackup&"
                             "PolicyArn=%s",
                             percent_encode(s.c.arena, SCENE_BACKUP_POLICY)));
    client_advance(&s.c, DAY_MS);
    const struct value *jobs =
        value_get(backup_call(&s.c, "GET", "/backup-jobs/?state=FAILED", NULL), "BackupJobs");
    assert_string_equal(value_get_str(value_item(jobs, 0), "StatusMessage"),
                        "Access denied exception while trying to list tags");
    client_close(&s.c);
}

static void a_tag_selection_obeys_the_opt_in_and_an_arn_does_not(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    const char *target = arena_printf(s.c.arena, "/backup/plans/%s/selections/", s.plan);
    const char *off = "{\"ResourceTypeOptInPreference\":{\"RDS\":false}}";
    backup_call(&s.c, "PUT", "/account-settings", off);
    client_advance(&s.c, DAY_MS);
    assert_int_equal(value_len(scene_points(&s, "primary")), 1); /* by ARN */
    const struct value *old =
        value_pointer(backup_call(&s.c, "GET", target, NULL), "/BackupSelectionsList/0");
    backup_call(&s.c, "DELETE",
                arena_printf(s.c.arena, "%s%s", target, value_get_str(old, "SelectionId")), NULL);
    backup_call(&s.c, "PUT", target,
                "{\"BackupSelection\":{\"SelectionName\":\"tagged\",\"IamRoleArn\":\"" SCENE_ROLE
                "\",\"ListOfTags\":[{\"ConditionType\":\"STRINGEQUALS\",\"ConditionKey\":\"team\","
                "\"ConditionValue\":\"shop\"}]}}");
    client_advance(&s.c, DAY_MS);
    assert_int_equal(value_len(scene_points(&s, "primary")), 1);
    backup_call(&s.c, "PUT", "/account-settings",
                "{\"ResourceTypeOptInPreference\":{\"RDS\":true}}");
    client_advance(&s.c, DAY_MS);
    assert_int_equal(value_len(scene_points(&s, "primary")), 2);
    client_close(&s.c);
}

static void everything_means_everything_that_is_opted_in(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    const char *target = arena_printf(s.c.arena, "/backup/plans/%s/selections/", s.plan);
    const struct value *old =
        value_pointer(backup_call(&s.c, "GET", target, NULL), "/BackupSelectionsList/0");
    backup_call(&s.c, "DELETE",
                arena_printf(s.c.arena, "%s%s", target, value_get_str(old, "SelectionId")), NULL);
    backup_call(&s.c, "PUT", target,
                "{\"BackupSelection\":{\"SelectionName\":\"all\",\"IamRoleArn\":\"" SCENE_ROLE
                "\",\"Resources\":[\"*\"]}}");
    backup_call(&s.c, "PUT", "/account-settings",
                "{\"ResourceTypeOptInPreference\":{\"RDS\":false}}");
    client_advance(&s.c, DAY_MS);
    assert_int_equal(value_len(scene_points(&s, "primary")), 0);
    backup_call(&s.c, "PUT", "/account-settings",
                "{\"ResourceTypeOptInPreference\":{\"RDS\":true}}");
    client_advance(&s.c, DAY_MS);
    assert_int_equal(value_len(scene_points(&s, "primary")), 1);
    client_close(&s.c);
}

static void a_locked_vault_keeps_its_points_from_everybody(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    const char *arn = value_get_str(value_item(scene_points(&s, "primary"), 0), "RecoveryPointArn");
    const char *target = arena_printf(s.c.arena, "/backup-vaults/primary/recovery-points/%s",
                                      percent_encode(s.c.arena, arn));
    backup_call(&s.c, "PUT", "/backup-vaults/primary/vault-lock",
                "{\"MinRetentionDays\":1,\"ChangeableForDays\":3}");
    backup_fails(&s.c, "DELETE", target, NULL, "InvalidRequestException");
    backup_fails(&s.c, "POST", target, "{\"Lifecycle\":{\"DeleteAfterDays\":30}}",
                 "InvalidRequestException");
    backup_call(&s.c, "DELETE", "/backup-vaults/primary/vault-lock", NULL);
    backup_call(&s.c, "POST", target, "{\"Lifecycle\":{\"DeleteAfterDays\":30}}");
    backup_fails(&s.c, "DELETE", "/backup-vaults/primary", NULL, "InvalidRequestException");
    backup_call(&s.c, "DELETE", target, NULL);
    backup_call(&s.c, "DELETE", "/backup-vaults/primary", NULL);
    client_close(&s.c);
}

static void deleting_a_point_without_its_role_answers_200_and_expires_it(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    const char *arn = value_get_str(value_item(scene_points(&s, "primary"), 0), "RecoveryPointArn");
    scene_query(&s, "iam",
                arena_printf(s.c.arena,
                             "Action=DetachRolePolicy&Version=2010-05-08&RoleName=AWSBackup&"
                             "PolicyArn=%s",
                             percent_encode(s.c.arena, SCENE_BACKUP_POLICY)));
    backup_call(&s.c, "DELETE",
                arena_printf(s.c.arena, "/backup-vaults/primary/recovery-points/%s",
                             percent_encode(s.c.arena, arn)),
                NULL);
    assert_string_equal(value_get_str(value_item(scene_points(&s, "primary"), 0), "Status"),
                        "EXPIRED");
    client_close(&s.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schedule_runs_in_its_time_zone_and_makes_a_point),
        cmocka_unit_test(the_first_point_stays_under_the_databases_key),
        cmocka_unit_test(the_rules_tags_go_before_those_of_the_resource),
        cmocka_unit_test(a_point_is_deleted_within_eight_hours_after_its_last_day),
        cmocka_unit_test(a_paused_world_starts_no_new_backups),
        cmocka_unit_test(one_job_runs_for_a_resource_and_others_wait),
        cmocka_unit_test(a_job_that_cannot_start_in_its_window_expires),
        cmocka_unit_test(a_job_token_gives_the_same_job),
        cmocka_unit_test(a_backup_outside_the_locks_range_fails),
        cmocka_unit_test(a_role_without_rights_fails_the_backup),
        cmocka_unit_test(a_tag_selection_obeys_the_opt_in_and_an_arn_does_not),
        cmocka_unit_test(everything_means_everything_that_is_opted_in),
        cmocka_unit_test(a_locked_vault_keeps_its_points_from_everybody),
        cmocka_unit_test(deleting_a_point_without_its_role_answers_200_and_expires_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
