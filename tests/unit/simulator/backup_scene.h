#pragma once
/* Two accounts as the walkthrough has them: a database under aws/rds in us-east-1, a plan that
 * copies into an intermediate vault in us-east-2, and a last vault of the backup account there. */

#include "tests/unit/simulator/client.h"

#define SCENE_ROLE "arn:aws:iam::111122223333:role/AWSBackup"
#define SCENE_DATABASE "arn:aws:rds:us-east-1:111122223333:db:orders"
#define VAULT_PRIMARY "arn:aws:backup:us-east-1:111122223333:backup-vault:primary"
#define VAULT_MIDDLE "arn:aws:backup:us-east-2:111122223333:backup-vault:intermediate"
#define VAULT_FINAL "arn:aws:backup:us-east-2:444455556666:backup-vault:final"

static const char scene_seed[] =
    "{\"accounts\":[{\"id\":\"111122223333\"},{\"id\":\"444455556666\"}],"
    "\"organization\":{\"id\":\"o-test\",\"management\":\"999999999999\"},"
    "\"databases\":[{\"account_id\":\"111122223333\",\"region\":\"us-east-1\",\"name\":\"orders\","
    "\"arn\":\"arn:aws:rds:us-east-1:111122223333:db:orders\",\"key\":\"aws/rds\","
    "\"tags\":{\"team\":\"shop\",\"FinalVault\":\"of the database\"}}]}";

struct scene {
    struct client c;
    const char *key_middle, *key_final; /* ARNs */
    const char *plan;                   /* id */
};

static inline void scene_at(struct scene *s, const char *account, const char *region)
{
    s->c.account = account;
    s->c.region = region;
}

static inline const struct value *scene_query(struct scene *s, const char *service,
                                              const char *form)
{
    const struct value *answer = client_send(&s->c, service, "POST", "/", form, NULL);
    if (s->c.status != 200)
        fail_msg("%s: %s", form, value_str(answer));
    return answer;
}

/* A key whose policy lets its own account and the others do everything. */
static inline const char *scene_key(struct scene *s, const char *others)
{
    const char *body = arena_printf(
        s->c.arena,
        "{\"Policy\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":"
        "\\\"Allow\\\",\\\"Principal\\\":{\\\"AWS\\\":[\\\"%s\\\"%s]},\\\"Action\\\":\\\"kms:*\\\","
        "\\\"Resource\\\":\\\"*\\\"}]}\"}",
        s->c.account, others);
    const struct value *answer =
        client_send(&s->c, "kms", "POST", "/", body, "TrentService.CreateKey");
    assert_int_equal(s->c.status, 200);
    return value_str(value_pointer(answer, "/KeyMetadata/Arn"));
}

static inline void scene_role(struct scene *s, const char *managed_policy)
{
    struct arena *arena = s->c.arena;
    const char *trust = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                        "\"Principal\":{\"Service\":\"backup.amazonaws.com\"},"
                        "\"Action\":\"sts:AssumeRole\"}]}";
    scene_query(s, "iam",
                arena_printf(arena,
                             "Action=CreateRole&Version=2010-05-08&RoleName=AWSBackup&"
                             "AssumeRolePolicyDocument=%s",
                             percent_encode(arena, trust)));
    if (managed_policy)
        scene_query(s, "iam",
                    arena_printf(arena,
                                 "Action=AttachRolePolicy&Version=2010-05-08&RoleName=AWSBackup&"
                                 "PolicyArn=%s",
                                 percent_encode(arena, managed_policy)));
}

#define SCENE_BACKUP_POLICY                                                                        \
    "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"

static inline void scene_vault(struct scene *s, const char *name, const char *key)
{
    struct arena *arena = s->c.arena;
    backup_call(&s->c, "PUT", arena_printf(arena, "/backup-vaults/%s", name),
                key ? arena_printf(arena, "{\"EncryptionKeyArn\":\"%s\"}", key) : "{}");
}

/* Lets the account copy into the vault of the caller. */
static inline void scene_accept(struct scene *s, const char *vault, const char *account)
{
    struct arena *arena = s->c.arena;
    backup_call(&s->c, "PUT", arena_printf(arena, "/backup-vaults/%s/access-policy", vault),
                arena_printf(arena,
                             "{\"Policy\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":"
                             "[{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":{\\\"AWS\\\":"
                             "\\\"arn:aws:iam::%s:root\\\"},\\\"Action\\\":"
                             "\\\"backup:CopyIntoBackupVault\\\",\\\"Resource\\\":\\\"*\\\"}]}\"}",
                             account));
}

/* A plan with a daily rule at 20:00 in India, that is 14:30 UTC. */
static inline const char *scene_plan(struct scene *s, const char *copy_to)
{
    struct arena *arena = s->c.arena;
    const struct value *plan = backup_call(
        &s->c, "PUT", "/backup/plans/",
        arena_printf(
            arena,
            "{\"BackupPlan\":{\"BackupPlanName\":\"daily\",\"Rules\":[{\"RuleName\":\"daily\","
            "\"TargetBackupVaultName\":\"primary\",\"ScheduleExpression\":\"cron(0 20 ? * * *)\","
            "\"ScheduleExpressionTimezone\":\"Asia/Kolkata\",\"StartWindowMinutes\":60,"
            "\"Lifecycle\":{\"DeleteAfterDays\":7},\"RecoveryPointTags\":{\"FinalVault\":\"%s\"},"
            "\"CopyActions\":[{\"DestinationBackupVaultArn\":\"%s\"}]}]}}",
            VAULT_FINAL, copy_to));
    const char *id = value_get_str(plan, "BackupPlanId");
    backup_call(&s->c, "PUT", arena_printf(arena, "/backup/plans/%s/selections/", id),
                "{\"BackupSelection\":{\"SelectionName\":\"rds\",\"IamRoleArn\":\"" SCENE_ROLE
                "\",\"Resources\":[\"arn:aws:rds:*:*:db:*\"]}}");
    return id;
}

/* Everything, and allowed. */
static inline void scene_open(struct scene *s)
{
    client_open(&s->c, scene_seed);
    scene_role(s, SCENE_BACKUP_POLICY);
    scene_at(s, BACKUP, "us-east-2");
    s->key_final = scene_key(s, "");
    scene_vault(s, "final", s->key_final);
    scene_accept(s, "final", WORKLOAD);
    scene_at(s, WORKLOAD, "us-east-2");
    s->key_middle = scene_key(s, ",\\\"444455556666\\\"");
    scene_vault(s, "intermediate", s->key_middle);
    scene_at(s, WORKLOAD, "us-east-1");
    scene_vault(s, "primary", NULL);
    s->plan = scene_plan(s, VAULT_MIDDLE);
}

/* The points of a vault of the caller. */
static inline const struct value *scene_points(struct scene *s, const char *vault)
{
    const struct value *answer = backup_call(
        &s->c, "GET", arena_printf(s->c.arena, "/backup-vaults/%s/recovery-points/", vault), NULL);
    return value_get(answer, "RecoveryPoints");
}

/* The newest copy job of the caller. */
static inline const struct value *scene_copy(struct scene *s)
{
    const struct value *jobs =
        value_get(backup_call(&s->c, "GET", "/copy-jobs/", NULL), "CopyJobs");
    const struct value *newest = NULL;
    for (size_t i = 0; i < value_len(jobs); i++) {
        const struct value *job = value_item(jobs, i);
        if (!newest ||
            value_get_int(job, "CreationDate", 0) >= value_get_int(newest, "CreationDate", 0))
            newest = job;
    }
    return newest;
}

/* Starts the second hop of the only point of the intermediate vault and lets it end. */
static inline const struct value *scene_second_hop(struct scene *s, const char *more)
{
    scene_at(s, WORKLOAD, "us-east-2");
    const struct value *points = scene_points(s, "intermediate");
    assert_true(value_len(points) > 0);
    backup_call(&s->c, "PUT", "/copy-jobs",
                arena_printf(s->c.arena,
                             "{\"RecoveryPointArn\":\"%s\",\"SourceBackupVaultName\":"
                             "\"intermediate\",\"DestinationBackupVaultArn\":\"%s\","
                             "\"IamRoleArn\":\"%s\"%s}",
                             value_get_str(value_item(points, 0), "RecoveryPointArn"), VAULT_FINAL,
                             SCENE_ROLE, more));
    client_advance(&s->c, 2 * HOUR_MS);
    return scene_copy(s);
}
