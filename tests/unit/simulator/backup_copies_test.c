#include "tests/unit/simulator/backup_scene.h"

/* The first hop of the plan, the second by StartCopyJob; everything is allowed. */
static void a_copy_keeps_the_day_and_the_tags_and_takes_the_vaults_key(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    const struct value *first = value_item(scene_points(&s, "primary"), 0);
    const struct value *job = scene_second_hop(&s, ",\"Lifecycle\":{\"DeleteAfterDays\":30}");
    assert_string_equal(value_get_str(job, "State"), "COMPLETED");
    const struct value *middle = value_item(scene_points(&s, "intermediate"), 0);
    const char *tags =
        arena_printf(s.c.arena, "/tags/%s/",
                     percent_encode(s.c.arena, value_get_str(job, "DestinationRecoveryPointArn")));
    scene_at(&s, BACKUP, "us-east-2");
    const struct value *last = value_item(scene_points(&s, "final"), 0);
    assert_string_equal(value_get_str(middle, "EncryptionKeyArn"), s.key_middle);
    assert_string_equal(value_get_str(last, "EncryptionKeyArn"), s.key_final);
    assert_true(value_equal(value_get(first, "CreationDate"), value_get(middle, "CreationDate")));
    assert_true(value_equal(value_get(first, "CreationDate"), value_get(last, "CreationDate")));
    assert_string_equal(value_get_str(last, "ResourceArn"), SCENE_DATABASE);
    assert_true(str_starts(value_get_str(last, "RecoveryPointArn"),
                           "arn:aws:rds:us-east-2:444455556666:snapshot:awsbackup:copyjob-"));
    assert_int_equal(value_get_int(value_get(last, "CalculatedLifecycle"), "DeleteAt", 0),
                     value_get_int(last, "CreationDate", 0) + 30 * DAY_MS / 1000);
    assert_string_equal(
        value_str(value_pointer(backup_call(&s.c, "GET", tags, NULL), "/Tags/FinalVault")),
        VAULT_FINAL);
    client_close(&s.c);
}

static void a_copy_without_a_lifecycle_inherits_its_sources(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    scene_second_hop(&s, "");
    scene_at(&s, BACKUP, "us-east-2");
    const struct value *last = value_item(scene_points(&s, "final"), 0);
    assert_int_equal(value_get_int(value_get(last, "Lifecycle"), "DeleteAfterDays", 0), 7);
    client_close(&s.c);
}

static void a_copy_token_gives_the_same_job_even_when_it_failed(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    scene_at(&s, BACKUP, "us-east-2");
    backup_call(&s.c, "DELETE", "/backup-vaults/final/access-policy", NULL);
    const struct value *first = scene_second_hop(&s, ",\"IdempotencyToken\":\"t\"");
    assert_string_equal(value_get_str(first, "State"), "FAILED");
    const struct value *second = scene_second_hop(&s, ",\"IdempotencyToken\":\"t\"");
    assert_string_equal(value_get_str(first, "CopyJobId"), value_get_str(second, "CopyJobId"));
    const struct value *third = scene_second_hop(&s, ",\"IdempotencyToken\":\"u\"");
    assert_string_not_equal(value_get_str(first, "CopyJobId"), value_get_str(third, "CopyJobId"));
    client_close(&s.c);
}

static void copies_of_one_resource_wait_for_each_other(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    scene_at(&s, WORKLOAD, "us-east-2");
    const char *arn =
        value_get_str(value_item(scene_points(&s, "intermediate"), 0), "RecoveryPointArn");
    for (size_t i = 0; i < 2; i++)
        backup_call(&s.c, "PUT", "/copy-jobs",
                    arena_printf(s.c.arena,
                                 "{\"RecoveryPointArn\":\"%s\",\"SourceBackupVaultName\":"
                                 "\"intermediate\",\"DestinationBackupVaultArn\":\"%s\","
                                 "\"IamRoleArn\":\"%s\"}",
                                 arn, VAULT_FINAL, SCENE_ROLE));
    client_advance(&s.c, 2 * MINUTE_MS);
    const struct value *running = backup_call(&s.c, "GET", "/copy-jobs/?state=RUNNING", NULL);
    const struct value *created = backup_call(&s.c, "GET", "/copy-jobs/?state=CREATED", NULL);
    assert_int_equal(value_len(value_get(running, "CopyJobs")), 1);
    assert_int_equal(value_len(value_get(created, "CopyJobs")), 1);
    client_advance(&s.c, 2 * HOUR_MS);
    assert_int_equal(
        value_len(
            value_get(backup_call(&s.c, "GET", "/copy-jobs/?state=COMPLETED", NULL), "CopyJobs")),
        2);
    client_close(&s.c);
}

static size_t listed(struct scene *s, const char *query)
{
    const struct value *answer =
        backup_call(&s->c, "GET", arena_printf(s->c.arena, "/copy-jobs/?%s", query), NULL);
    return value_len(value_get(answer, "CopyJobs"));
}

static void copy_jobs_are_listed_by_what_they_are_for_thirty_days(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    const char *source = percent_encode(
        s.c.arena, value_get_str(value_item(scene_points(&s, "primary"), 0), "RecoveryPointArn"));
    const char *middle = percent_encode(s.c.arena, VAULT_MIDDLE);
    const char *final = percent_encode(s.c.arena, VAULT_FINAL);
    assert_int_equal(listed(&s, "state=COMPLETED"), 1);
    assert_int_equal(listed(&s, "state=FAILED"), 0);
    assert_int_equal(listed(&s, "resourceType=RDS"), 1);
    assert_int_equal(listed(&s, "resourceType=EBS"), 0);
    assert_int_equal(
        listed(&s, arena_printf(s.c.arena, "sourceRecoveryPointArn=%s&destinationVaultArn=%s",
                                source, middle)),
        1);
    assert_int_equal(listed(&s, arena_printf(s.c.arena, "destinationVaultArn=%s", final)), 0);
    assert_int_equal(listed(&s, "createdAfter=2026-01-01T20:00:00Z"), 0);
    assert_int_equal(listed(&s, "createdBefore=2026-01-01T20:00:00Z"), 1);
    assert_int_equal(listed(&s, "completeAfter=2026-01-01T14:30:00Z"), 1);
    world_pause_schedules(s.c.world, true);
    client_advance(&s.c, 31 * DAY_MS);
    assert_int_equal(listed(&s, "state=COMPLETED"), 0);
    client_close(&s.c);
}

#define FORM                                                                                       \
    "{\"RecoveryPointArn\":\"%s\",\"SourceBackupVaultName\":\"%s\","                               \
    "\"DestinationBackupVaultArn\":\"%s\"%s}"

static void starting_a_copy_needs_a_point_a_vault_and_a_role(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    const char *arn = value_get_str(value_item(scene_points(&s, "primary"), 0), "RecoveryPointArn");
    const char *role = ",\"IamRoleArn\":\"" SCENE_ROLE "\"";
    const struct {
        const char *arn, *vault, *to, *role, *code;
    } rows[] = {
        {arn, "primary", VAULT_MIDDLE, "", "MissingParameterValueException"},
        {arn, "other", VAULT_MIDDLE, role, "ResourceNotFoundException"},
        {"arn:aws:rds:us-east-1:111122223333:snapshot:awsbackup:none", "primary", VAULT_MIDDLE,
         role, "ResourceNotFoundException"},
        {arn, "primary", "final", role, "InvalidParameterValueException"},
        {arn, "primary", VAULT_MIDDLE, ",\"IamRoleArn\":\"arn:aws:iam::111122223333:role/none\"",
         "InvalidParameterValueException"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {

        const char *body =
            arena_printf(s.c.arena, FORM, rows[i].arn, rows[i].vault, rows[i].to, rows[i].role);
        backup_fails(&s.c, "PUT", "/copy-jobs", body, rows[i].code);
    }
    client_close(&s.c);
}

/* ---- each refusal, in AWS's words ---- */

static void put_key_policy(struct scene *s, const char *key, const char *statement)
{
    const char *text = arena_printf(
        s->c.arena,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        "{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"kms:*\","
        "\"Resource\":\"*\"}%s]}",
        statement);
    struct map_builder b = map_begin(s->c.arena);
    map_put_str(&b, "KeyId", key);
    map_put_str(&b, "PolicyName", "default");
    map_put_str(&b, "Policy", text);
    client_send(&s->c, "kms", "POST", "/", json_print(s->c.arena, map_end(&b), JSON_COMPACT),
                "TrentService.PutKeyPolicy");
    assert_int_equal(s->c.status, 200);
}

static void forget_switch(struct scene *s)
{
    world_begin(s->c.world);
    setting_put(s->c.world, "cross_account_backup", "false");
    assert_true(world_commit(s->c.world));
}

static void leave_organization(struct scene *s)
{
    world_begin(s->c.world);
    struct map_builder b = map_begin(s->c.arena);
    map_put_bool(&b, "Standalone", true);
    store_put(s->c.world, "account", "", "", BACKUP, map_end(&b));
    assert_true(world_commit(s->c.world));
}

static void become_management(struct scene *s)
{
    world_begin(s->c.world);
    setting_put(s->c.world, "organization.management", WORKLOAD);
    assert_true(world_commit(s->c.world));
}

static void forget_linked_role(struct scene *s)
{
    world_begin(s->c.world);
    assert_true(store_delete(s->c.world, "iam.role", BACKUP, "", "AWSServiceRoleForBackup"));
    assert_true(world_commit(s->c.world));
}

static void forget_vault_policy(struct scene *s)
{
    scene_at(s, BACKUP, "us-east-2");
    backup_call(&s->c, "DELETE", "/backup-vaults/final/access-policy", NULL);
}

static void accept_somebody_else(struct scene *s)
{
    scene_at(s, BACKUP, "us-east-2");
    scene_accept(s, "final", BACKUP);
}

static void forget_vault(struct scene *s)
{
    scene_at(s, BACKUP, "us-east-2");
    backup_call(&s->c, "DELETE", "/backup-vaults/final", NULL);
}

static void use_default_key(struct scene *s)
{
    forget_vault(s);
    scene_vault(s, "final", NULL);
    scene_accept(s, "final", WORKLOAD);
}

static void lock_for_long(struct scene *s)
{
    scene_at(s, BACKUP, "us-east-2");
    backup_call(&s->c, "PUT", "/backup-vaults/final/vault-lock", "{\"MinRetentionDays\":8}");
}

static void lock_for_short(struct scene *s)
{
    scene_at(s, BACKUP, "us-east-2");
    backup_call(&s->c, "PUT", "/backup-vaults/final/vault-lock", "{\"MaxRetentionDays\":6}");
}

static void unshare_key(struct scene *s)
{
    scene_at(s, WORKLOAD, "us-east-2");
    put_key_policy(s, s->key_middle, "");
}

/* Everything but the grant: the copy is made under a grant, so that this is not enough. */
static void share_without_grants(struct scene *s)
{
    scene_at(s, WORKLOAD, "us-east-2");
    put_key_policy(s, s->key_middle,
                   ",{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::444455556666:"
                   "root\"},\"Action\":[\"kms:DescribeKey\",\"kms:Decrypt\",\"kms:Encrypt\","
                   "\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\"],\"Resource\":\"*\"}");
}

static void share_without_decrypt(struct scene *s)
{
    scene_at(s, WORKLOAD, "us-east-2");
    put_key_policy(s, s->key_middle,
                   ",{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::444455556666:"
                   "root\"},\"Action\":[\"kms:DescribeKey\",\"kms:CreateGrant\",\"kms:Encrypt\","
                   "\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\"],\"Resource\":\"*\"}");
}

static void turn_key_off(struct scene *s)
{
    scene_at(s, WORKLOAD, "us-east-2");
    client_send(
        &s->c, "kms", "POST", "/",
        arena_printf(s->c.arena, "{\"KeyId\":\"%s\",\"PendingWindowInDays\":7}", s->key_middle),
        "TrentService.ScheduleKeyDeletion");
    assert_int_equal(s->c.status, 200);
}

static void take_rights(struct scene *s)
{
    scene_query(s, "iam",
                arena_printf(s->c.arena,
                             "Action=DetachRolePolicy&Version=2010-05-08&RoleName=AWSBackup&"
                             "PolicyArn=%s",
                             percent_encode(s->c.arena, SCENE_BACKUP_POLICY)));
}

static void nothing(struct scene *s)
{
    (void)s;
}

static void every_refusal_of_the_second_hop_has_its_message(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*break_it)(struct scene *s);
        const char *message; /* a part of it; NULL: the copy completes */
    } rows[] = {
        {"nothing", nothing, NULL},
        {"organization", leave_organization,
         "Both source and destination account must be a member of the same organization"},
        {"switch", forget_switch,
         "Cross-account copy feature is not enabled for the current organization"},
        {"management", become_management, "The management account of the organization cannot be"},
        {"linked role", forget_linked_role, "AWSServiceRoleForBackup does not exist"},
        {"vault policy", forget_vault_policy, "Access Denied trying to call AWS Backup service"},
        {"vault policy of another", accept_somebody_else,
         "Access Denied trying to call AWS Backup service"},
        {"vault", forget_vault, "Access Denied trying to call AWS Backup service"},
        {"rights", take_rights, "Access Denied trying to call AWS Backup service"},
        {"default key", use_default_key,
         "destination Backup vault is encrypted with the default Backup service managed key"},
        {"lock min", lock_for_long,
         "Copy job failed. The retention specified in the job is not within the range specified "
         "for the target Backup Vault."},
        {"lock max", lock_for_short, "not within the range specified for the target Backup Vault"},
        {"unshared key", unshare_key,
         "does not exist, is not enabled or you do not have permissions to access it."},
        {"no grant", share_without_grants, "you do not have permissions to access it."},
        {"no decrypt", share_without_decrypt, "you do not have permissions to access it."},
        {"key off", turn_key_off, "KMS key is either disabled or pending deletion or access"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scene s;
        scene_open(&s);
        client_advance(&s.c, DAY_MS);
        rows[i].break_it(&s);
        const struct value *job = scene_second_hop(&s, "");
        const char *message = value_get_str(job, "StatusMessage");
        if (!str_eq(value_get_str(job, "State"), rows[i].message ? "FAILED" : "COMPLETED") ||
            (rows[i].message && !(message && strstr(message, rows[i].message))))
            fail_msg("%s: %s %s", rows[i].name, value_get_str(job, "State"),
                     message ? message : "(none)");
        client_close(&s.c);
    }
}

static void a_managed_key_cannot_cross_accounts(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_at(&s, BACKUP, "us-east-1");
    scene_vault(&s, "near", scene_key(&s, ""));
    scene_accept(&s, "near", WORKLOAD);
    scene_at(&s, WORKLOAD, "us-east-1");
    backup_call(
        &s.c, "DELETE",
        arena_printf(
            s.c.arena, "/backup/plans/%s/selections/%s", s.plan,
            value_str(value_pointer(
                backup_call(&s.c, "GET",
                            arena_printf(s.c.arena, "/backup/plans/%s/selections/", s.plan), NULL),
                "/BackupSelectionsList/0/SelectionId"))),
        NULL);
    scene_plan(&s, "arn:aws:backup:us-east-1:444455556666:backup-vault:near");
    client_advance(&s.c, DAY_MS);
    assert_string_equal(value_get_str(scene_copy(&s), "StatusMessage"),
                        "Snapshots encrypted with the AWS managed key can't be shared");
    client_close(&s.c);
}

static void one_action_does_not_cross_account_and_region_unless_the_world_lets_it(void **state)
{
    (void)state;
    for (int lets = 0; lets < 2; lets++) {
        struct scene s;
        client_open(&s.c, scene_seed);
        scene_role(&s, SCENE_BACKUP_POLICY);
        scene_at(&s, BACKUP, "us-east-2");
        scene_vault(&s, "final", scene_key(&s, ""));
        scene_accept(&s, "final", WORKLOAD);
        scene_at(&s, WORKLOAD, "us-east-1");
        scene_vault(&s, "primary", NULL);
        scene_plan(&s, VAULT_FINAL);
        world_begin(s.c.world);
        setting_put(s.c.world, "rds_single_hop", lets ? "1" : "0");
        assert_true(world_commit(s.c.world));
        client_advance(&s.c, DAY_MS);
        assert_string_equal(value_get_str(scene_copy(&s), "StatusMessage"),
                            lets ? "Snapshots encrypted with the AWS managed key can't be shared"
                                 : "Copy job from us-east-1 to us-east-2 cannot be initiated for "
                                   "RDS resources. Feature is not supported for provided resource "
                                   "type.");
        client_close(&s.c);
    }
}

static void the_first_hop_needs_the_vault_and_its_key(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_at(&s, WORKLOAD, "us-east-2");
    backup_call(&s.c, "DELETE", "/backup-vaults/intermediate", NULL);
    scene_at(&s, WORKLOAD, "us-east-1");
    client_advance(&s.c, DAY_MS);
    assert_string_equal(value_get_str(scene_copy(&s), "StatusMessage"),
                        "Backup vault intermediate was not found");
    scene_at(&s, WORKLOAD, "us-east-2");
    scene_vault(&s, "intermediate", NULL);
    scene_at(&s, WORKLOAD, "us-east-1");
    client_advance(&s.c, DAY_MS);
    assert_non_null(strstr(value_get_str(scene_copy(&s), "StatusMessage"),
                           "encrypted with the default Backup service managed key"));
    client_close(&s.c);
}

static void tags_may_fail_to_travel_while_the_copy_completes(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    world_begin(s.c.world);
    setting_put(s.c.world, "copy_tags_fail", "1");
    assert_true(world_commit(s.c.world));
    client_advance(&s.c, DAY_MS);
    const struct value *job = scene_copy(&s);
    assert_string_equal(value_get_str(job, "State"), "COMPLETED");
    assert_non_null(strstr(value_get_str(job, "StatusMessage"), "unable to copy resource tags"));
    scene_at(&s, WORKLOAD, "us-east-2");
    const char *tags =
        arena_printf(s.c.arena, "/tags/%s/",
                     percent_encode(s.c.arena, value_get_str(job, "DestinationRecoveryPointArn")));
    assert_int_equal(value_len(value_get(backup_call(&s.c, "GET", tags, NULL), "Tags")), 0);
    client_close(&s.c);
}

static void set(struct scene *s, const char *setting, const char *text)
{
    world_begin(s->c.world);
    setting_put(s->c.world, setting, text);
    assert_true(world_commit(s->c.world));
}

static void copies_may_fail_for_reasons_of_awss_own(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    set(&s, "copy_fails", "1");
    client_advance(&s.c, DAY_MS);
    const struct value *job = scene_copy(&s);
    assert_string_equal(value_get_str(job, "State"), "FAILED");
    assert_non_null(strstr(value_get_str(job, "StatusMessage"), "internal error"));
    client_close(&s.c);
}

static void copies_may_end_partial_with_or_without_their_job(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *job;
    } ends[] = {{"1", "PARTIAL"}, {"2", "COMPLETED"}};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct scene s;
        scene_open(&s);
        set(&s, "copy_partial", ends[i].setting);
        client_advance(&s.c, DAY_MS);
        const struct value *job = scene_copy(&s);
        assert_string_equal(value_get_str(job, "State"), ends[i].job);
        scene_at(&s, WORKLOAD, "us-east-2");
        const struct value *point = value_item(scene_points(&s, "intermediate"), 0);
        assert_string_equal(value_get_str(point, "Status"), "PARTIAL");
        assert_string_equal(value_get_str(job, "DestinationRecoveryPointArn"),
                            value_get_str(point, "RecoveryPointArn"));
        client_close(&s.c);
    }
}

static void copies_wait_for_a_region_that_stands_still(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    set(&s, "outage_region", "us-east-2");
    client_advance(&s.c, DAY_MS);
    assert_string_equal(value_get_str(scene_copy(&s), "State"), "RUNNING");
    set(&s, "outage_region", "");
    client_advance(&s.c, HOUR_MS);
    assert_string_equal(value_get_str(scene_copy(&s), "State"), "COMPLETED");
    client_close(&s.c);
}

static void while_the_world_sleeps_no_backup_falls_due(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    assert_true(world_sleep(s.c.world, world_now_ms(s.c.world) + 3 * DAY_MS, &s.c.diags));
    struct objects jobs = store_list(s.c.world, s.c.arena, "~backup.job", NULL, NULL, NULL);
    assert_int_equal(jobs.len, 0);
    client_advance(&s.c, DAY_MS);
    assert_string_equal(value_get_str(scene_copy(&s), "State"), "COMPLETED");
    client_close(&s.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_keeps_the_day_and_the_tags_and_takes_the_vaults_key),
        cmocka_unit_test(a_copy_without_a_lifecycle_inherits_its_sources),
        cmocka_unit_test(a_copy_token_gives_the_same_job_even_when_it_failed),
        cmocka_unit_test(copies_of_one_resource_wait_for_each_other),
        cmocka_unit_test(copies_may_fail_for_reasons_of_awss_own),
        cmocka_unit_test(copies_may_end_partial_with_or_without_their_job),
        cmocka_unit_test(copies_wait_for_a_region_that_stands_still),
        cmocka_unit_test(while_the_world_sleeps_no_backup_falls_due),
        cmocka_unit_test(copy_jobs_are_listed_by_what_they_are_for_thirty_days),
        cmocka_unit_test(starting_a_copy_needs_a_point_a_vault_and_a_role),
        cmocka_unit_test(every_refusal_of_the_second_hop_has_its_message),
        cmocka_unit_test(a_managed_key_cannot_cross_accounts),
        cmocka_unit_test(one_action_does_not_cross_account_and_region_unless_the_world_lets_it),
        cmocka_unit_test(the_first_hop_needs_the_vault_and_its_key),
        cmocka_unit_test(tags_may_fail_to_travel_while_the_copy_completes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
