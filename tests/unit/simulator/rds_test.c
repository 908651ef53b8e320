#include "tests/unit/simulator/backup_scene.h"

static const char *ask(struct scene *s, const char *form)
{
    return value_str(client_send(&s->c, "rds", "POST", "/", form, NULL));
}

static void databases_and_snapshots_are_described(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    const char *xml = ask(&s, "Action=DescribeDBInstances&Version=2014-10-31");
    assert_non_null(strstr(xml, "<DBInstanceArn>" SCENE_DATABASE "</DBInstanceArn>"));
    assert_non_null(strstr(xml, "<KmsKeyId>arn:aws:kms:us-east-1:111122223333:key/"));
    ask(&s, "Action=DescribeDBInstances&Version=2014-10-31&DBInstanceIdentifier=none");
    assert_int_equal(s.c.status, 404);
    client_advance(&s.c, DAY_MS);
    xml = ask(&s, "Action=DescribeDBSnapshots&Version=2014-10-31&DBInstanceIdentifier=orders");
    assert_non_null(strstr(xml, "<DBSnapshotIdentifier>awsbackup:job-"));
    client_close(&s.c);
}

static void tags_of_databases_and_snapshots_are_those_of_the_backup(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    ask(&s, "Action=AddTagsToResource&Version=2014-10-31&ResourceName=" SCENE_DATABASE
            "&Tags.Tag.1.Key=stage&Tags.Tag.1.Value=live");
    assert_int_equal(s.c.status, 200);
    client_advance(&s.c, DAY_MS);
    const char *point =
        value_get_str(value_item(scene_points(&s, "primary"), 0), "RecoveryPointArn");
    const char *xml = ask(
        &s, arena_printf(s.c.arena, "Action=ListTagsForResource&Version=2014-10-31&ResourceName=%s",
                         percent_encode(s.c.arena, point)));
    assert_non_null(strstr(xml, "<Tag><Key>stage</Key><Value>live</Value></Tag>"));
    assert_non_null(strstr(xml, "<Key>FinalVault</Key><Value>" VAULT_FINAL "</Value>"));
    ask(&s, "Action=ListTagsForResource&Version=2014-10-31&ResourceName="
            "arn:aws:rds:us-east-1:111122223333:snapshot:awsbackup:none");
    assert_int_equal(s.c.status, 404);
    client_close(&s.c);
}

#define CLUSTER "arn:aws:rds:us-east-1:111122223333:cluster:docdb-orders"

static void clusters_are_described_with_their_instances(void **state)
{
    (void)state;
    struct scene s;
    client_open(
        &s.c,
        "{\"accounts\":[{\"id\":\"111122223333\"}],\"databases\":[{\"account_id\":\"111122223333\","
        "\"region\":\"us-east-1\",\"name\":"
        "\"orders\",\"arn\":\"" CLUSTER "\",\"type\":\"DocumentDB\",\"key\":\"none\"},"
        "{\"account_id\":\"111122223333\",\"region\":\"us-east-1\",\"name\":\"docdb-orders-1\","
        "\"arn\":\"arn:aws:rds:us-east-1:111122223333:db:docdb-orders-1\",\"cluster\":\"" CLUSTER
        "\",\"key\":\"none\"}]}");
    const char *xml = ask(&s, "Action=DescribeDBClusters&Version=2014-10-31");
    assert_non_null(strstr(xml, "<DBClusterArn>" CLUSTER "</DBClusterArn>"));
    assert_non_null(strstr(xml, "<Engine>docdb</Engine>"));
    assert_non_null(strstr(xml, "<DBInstanceIdentifier>docdb-orders-1</DBInstanceIdentifier>"));
    xml = ask(&s, "Action=DescribeDBInstances&Version=2014-10-31");
    assert_non_null(strstr(xml, "<DBClusterIdentifier>docdb-orders</DBClusterIdentifier>"));
    ask(&s, "Action=DescribeDBClusters&Version=2014-10-31&DBClusterIdentifier=none");
    assert_int_equal(s.c.status, 404);
    client_close(&s.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(databases_and_snapshots_are_described),
        cmocka_unit_test(clusters_are_described_with_their_instances),
        cmocka_unit_test(tags_of_databases_and_snapshots_are_those_of_the_backup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
