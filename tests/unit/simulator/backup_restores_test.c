/* Restore jobs of each type of resources, in the account and Region of their points. */
#include "tests/unit/simulator/backup_scene.h"

#define POLICY(path, name) "arn:aws:iam::aws:policy/" path "AWSBackupServiceRolePolicyFor" name

static const struct {
    const char *type, *resource, *metadata, *made; /* made: how the ARN of the new one begins */
} rows[] = {
    {"RDS", "rds:us-east-1:111122223333:db:x", "\"DBInstanceIdentifier\":\"y\"",
     "arn:aws:rds:us-east-1:111122223333:db:y"},
    {"Aurora", "rds:us-east-1:111122223333:cluster:x", "\"DBClusterIdentifier\":\"y\"",
     "arn:aws:rds:us-east-1:111122223333:cluster:y"},
    {"EBS", "ec2:us-east-1:111122223333:volume/vol-1", "\"availabilityZone\":\"us-east-1a\"",
     "arn:aws:ec2:us-east-1:111122223333:volume/vol-"},
    {"EC2", "ec2:us-east-1:111122223333:instance/i-1", "\"InstanceType\":\"t3.micro\"",
     "arn:aws:ec2:us-east-1:111122223333:instance/i-"},
    {"FSx", "fsx:us-east-1:111122223333:file-system/fs-1", "\"SubnetIds\":\"[]\"",
     "arn:aws:fsx:us-east-1:111122223333:file-system/fs-"},
    {"EFS", "elasticfilesystem:us-east-1:111122223333:file-system/fs-1",
     "\"file-system-id\":\"fs-1\"",
     "arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-"},
    {"DynamoDB", "dynamodb:us-east-1:111122223333:table/x", "\"targetTableName\":\"y\"",
     "arn:aws:dynamodb:us-east-1:111122223333:table/y"},
    {"S3", "s3:::x", "\"DestinationBucketName\":\"y\"", "arn:aws:s3:::y"},
};

static void attach(struct scene *s, const char *policy)
{
    scene_query(s, "iam",
                arena_printf(s->c.arena,
                             "Action=AttachRolePolicy&Version=2010-05-08&RoleName=AWSBackup&"
                             "PolicyArn=%s",
                             percent_encode(s->c.arena, policy)));
}

/* One resource, and a role that may back it up and, or not, restore it. */
static void begin(struct scene *s, const char *resource, bool restores)
{
    struct arena *arena = arena_new();
    client_open(&s->c, arena_printf(arena,
                                    "{\"accounts\":[{\"id\":\"111122223333\"}],\"databases\":[{"
                                    "\"account_id\":\"111122223333\",\"region\":\"us-east-1\","
                                    "\"name\":\"x\",\"arn\":\"arn:aws:%s\",\"key\":\"none\"}]}",
                                    resource));
    arena_free(arena);
    scene_role(s, SCENE_BACKUP_POLICY);
    attach(s, POLICY("", "S3Backup"));
    if (restores) {
        attach(s, POLICY("service-role/", "Restores"));
        attach(s, POLICY("", "S3Restore"));
    }
    scene_vault(s, "primary", scene_key(s, ""));
    backup_call(&s->c, "PUT", "/backup-jobs",
                arena_printf(s->c.arena,
                             "{\"BackupVaultName\":\"primary\",\"ResourceArn\":\"arn:aws:%s\","
                             "\"IamRoleArn\":\"" SCENE_ROLE "\"}",
                             resource));
    client_advance(&s->c, HOUR_MS);
}

static const struct value *restored(struct scene *s, const char *metadata)
{
    const struct value *point = value_item(scene_points(s, "primary"), 0);
    assert_non_null(point);
    const struct value *started =
        backup_call(&s->c, "PUT", "/restore-jobs",
                    arena_printf(s->c.arena,
                                 "{\"RecoveryPointArn\":\"%s\",\"IamRoleArn\":\"" SCENE_ROLE
                                 "\",\"Metadata\":{%s}}",
                                 value_get_str(point, "RecoveryPointArn"), metadata));
    client_advance(&s->c, HOUR_MS);
    return backup_call(
        &s->c, "GET",
        arena_printf(s->c.arena, "/restore-jobs/%s", value_get_str(started, "RestoreJobId")), NULL);
}

static void each_type_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scene s = {0};
        begin(&s, rows[i].resource, /* restores= */ true);
        const struct value *job = restored(&s, rows[i].metadata);
        if (!str_eq(value_get_str(job, "Status"), "COMPLETED"))
            fail_msg("%s: %s", rows[i].type, value_get_str(job, "StatusMessage"));
        assert_string_equal(value_get_str(job, "ResourceType"), rows[i].type);
        if (!str_starts(value_get_str(job, "CreatedResourceArn"), rows[i].made))
            fail_msg("%s: %s", rows[i].type, value_get_str(job, "CreatedResourceArn"));
        client_close(&s.c);
    }
}

static void without_the_right_to_make_it_nothing_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scene s = {0};
        begin(&s, rows[i].resource, /* restores= */ false);
        const struct value *job = restored(&s, rows[i].metadata);
        assert_string_equal(value_get_str(job, "Status"), "FAILED");
        if (!strstr(value_get_str(job, "StatusMessage"), "is not authorized to perform"))
            fail_msg("%s: %s", rows[i].type, value_get_str(job, "StatusMessage"));
        assert_null(value_get(job, "CreatedResourceArn"));
        client_close(&s.c);
    }
}

#define HERE "us-east-1:111122223333"
#define ALL_PUBLISH                                                                                \
    "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sns:Publish\","        \
    "\"Resource\":\"*"                                                                             \
    "\"}]}"

/* The vault tells its topic of these events, and the topic a queue. */
static void listen(struct scene *s, const char *vault, const char *events)
{
    struct arena *arena = s->c.arena;
    const char *open = percent_encode(arena, ALL_PUBLISH);
    client_send(&s->c, "sqs", "POST", "/",
                "{\"QueueName\":\"q\",\"Attributes\":{\"Policy\":\"{\\\"Statement\\\":[{"
                "\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":\\\"*\\\",\\\"Action\\\":"
                "\\\"*\\\",\\\"Resource\\\":\\\"*\\\"}]}\"}}",
                "AmazonSQS.CreateQueue");
    assert_int_equal(s->c.status, 200);
    scene_query(s, "sns",
                arena_printf(arena,
                             "Action=CreateTopic&Name=t&Attributes.entry.1.key=Policy&"
                             "Attributes.entry.1.value=%s",
                             open));
    scene_query(s, "sns",
                "Action=Subscribe&TopicArn=arn:aws:sns:" HERE ":t&Protocol=sqs&"
                "Endpoint=arn:aws:sqs:" HERE ":q");
    backup_call(&s->c, "PUT",
                arena_printf(arena, "/backup-vaults/%s/notification-configuration", vault),
                arena_printf(arena,
                             "{\"SNSTopicArn\":\"arn:aws:sns:" HERE ":t\","
                             "\"BackupVaultEvents\":[%s]}",
                             events));
}

static const struct value *heard(struct scene *s)
{
    const struct value *answer =
        client_send(&s->c, "sqs", "POST", "/",
                    "{\"QueueUrl\":\"https://sqs.us-east-1.amazonaws.com/111122223333/q\","
                    "\"MaxNumberOfMessages\":10}",
                    "AmazonSQS.ReceiveMessage");
    assert_int_equal(s->c.status, 200);
    return value_get(answer, "Messages");
}

static const struct value *letter(struct scene *s, const struct value *messages, size_t i)
{
    const struct value *body = NULL;
    const char *why = NULL;
    const char *text = value_get_str(value_item(messages, i), "Body");
    assert_non_null(text);
    assert_true(json_parse(s->c.arena, slice_of(text), &body, &why));
    return body;
}

static void the_vault_of_the_point_tells_of_its_restores(void **state)
{
    (void)state;
    static const struct {
        bool restores;
        const char *end;
    } cases[] = {{true, "COMPLETED"}, {false, "FAILED"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scene s = {0};
        begin(&s, rows[0].resource, cases[i].restores);
        listen(&s, "primary", "\"RESTORE_JOB_STARTED\",\"RESTORE_JOB_COMPLETED\"");
        const struct value *job = restored(&s, rows[0].metadata), *got = heard(&s);
        assert_int_equal(value_len(got), 2);
        const struct value *ended = letter(&s, got, 1);
        assert_string_equal(
            value_str(value_pointer(letter(&s, got, 0), "/MessageAttributes/State/Value")),
            "RUNNING");
        assert_string_equal(value_str(value_pointer(ended, "/MessageAttributes/State/Value")),
                            cases[i].end);
        assert_string_equal(value_str(value_pointer(ended, "/MessageAttributes/EventType/Value")),
                            "RESTORE_JOB");
        assert_string_equal(value_str(value_pointer(ended, "/MessageAttributes/Id/Value")),
                            value_get_str(job, "RestoreJobId"));
        assert_non_null(strstr(value_get_str(ended, "Message"), rows[0].resource));
        client_close(&s.c);
    }
}

static void what_the_metadata_lacks_is_refused_at_once(void **state)
{
    (void)state;
    struct scene s = {0};
    begin(&s, rows[0].resource, /* restores= */ true);
    const struct value *point = value_item(scene_points(&s, "primary"), 0);
    client_send(&s.c, "backup", "PUT", "/restore-jobs",
                arena_printf(s.c.arena,
                             "{\"RecoveryPointArn\":\"%s\",\"IamRoleArn\":\"" SCENE_ROLE
                             "\",\"Metadata\":{}}",
                             value_get_str(point, "RecoveryPointArn")),
                NULL);
    assert_int_equal(s.c.status, 400);
    assert_string_equal(s.c.code, "InvalidParameterValueException");
    client_close(&s.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_comes_back),
        cmocka_unit_test(without_the_right_to_make_it_nothing_comes_back),
        cmocka_unit_test(the_vault_of_the_point_tells_of_its_restores),
        cmocka_unit_test(what_the_metadata_lacks_is_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
