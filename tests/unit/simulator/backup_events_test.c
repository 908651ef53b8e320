#include "tests/unit/simulator/backup_scene.h"

/* Events wait for a year, so that they can be looked at where they were put. */
static void hold_events(struct scene *s)
{
    world_begin(s->c.world);
    setting_put(s->c.world, "event_delay_ms", "31536000000");
    assert_true(world_commit(s->c.world));
}

struct held {
    const struct value *items[64]; /* {account, region, event} */
    size_t len;
};

static void take_events(struct scene *s, const char *detail_type, struct held *ret)
{
    struct due_task due;
    ret->len = 0;
    while (task_first(s->c.world, s->c.arena, INT64_MAX, &due)) {
        const struct value *event = value_get(due.payload, "event");
        if (str_eq(due.kind, "events.match") &&
            str_eq(value_get_str(event, "detail-type"), detail_type)) {
            assert_true(ret->len < ARRAY_LEN(ret->items));
            ret->items[ret->len++] = due.payload;
        }
        world_begin(s->c.world);
        task_remove(s->c.world, due.seq);
        assert_true(world_commit(s->c.world));
    }
}

static const struct value *detail_of(const struct held *held, size_t i)
{
    return value_pointer(held->items[i], "/event/detail");
}

static void a_copy_of_a_plan_tells_three_states_with_their_gaps(void **state)
{
    (void)state;
    struct scene s;
    struct held held;
    scene_open(&s);
    hold_events(&s);
    client_advance(&s.c, DAY_MS);
    const char *source =
        value_get_str(value_item(scene_points(&s, "primary"), 0), "RecoveryPointArn");
    take_events(&s, "Copy Job State Change", &held);
    assert_int_equal(held.len, 3);
    for (size_t i = 0; i < held.len; i++) { /* where the source is */
        assert_string_equal(value_get_str(held.items[i], "account"), WORKLOAD);
        assert_string_equal(value_get_str(held.items[i], "region"), "us-east-1");
        assert_string_equal(value_str(value_pointer(held.items[i], "/event/resources/0")), source);
        assert_null(value_get(detail_of(&held, i), "sourceRecoveryPointArn"));
    }
    const struct value *created = detail_of(&held, 0);
    assert_string_equal(value_get_str(created, "state"), "CREATED");
    assert_int_equal(value_len(created), 4);
    assert_string_equal(value_get_str(created, "destinationBackupVaultArn"), VAULT_MIDDLE);
    const struct value *running = detail_of(&held, 1);
    assert_string_equal(value_get_str(running, "state"), "RUNNING");
    assert_true(value_is(value_get(running, "destinationRecoveryPointArn"), VALUE_MAP));
    const struct value *completed = detail_of(&held, 2);
    assert_string_equal(value_get_str(completed, "state"), "COMPLETED");
    assert_true(str_starts(value_get_str(completed, "destinationRecoveryPointArn"),
                           "arn:aws:rds:us-east-2:111122223333:snapshot:awsbackup:copyjob-"));
    assert_string_equal(value_str(value_pointer(completed, "/createdBy/backupPlanId")), s.plan);
    assert_non_null(value_pointer(completed, "/createdBy/backupPlanRuleId"));
    assert_string_equal(value_get_str(completed, "resourceType"), "RDS");
    assert_string_equal(value_get_str(completed, "iamRoleArn"), SCENE_ROLE);
    assert_true(value_is(value_get(completed, "backupSizeInBytes"), VALUE_INT));
    client_close(&s.c);
}

static void a_failed_second_hop_tells_it_in_the_intermediate_region_without_a_plan(void **state)
{
    (void)state;
    struct scene s;
    struct held held;
    scene_open(&s);
    client_advance(&s.c, DAY_MS);
    scene_at(&s, BACKUP, "us-east-2");
    backup_call(&s.c, "DELETE", "/backup-vaults/final/access-policy", NULL);
    hold_events(&s);
    scene_second_hop(&s, "");
    take_events(&s, "Copy Job State Change", &held);
    assert_int_equal(held.len, 3);
    const struct value *failed = detail_of(&held, 2);
    assert_string_equal(value_get_str(failed, "state"), "FAILED");
    assert_string_equal(value_get_str(failed, "statusMessage"),
                        "Access Denied trying to call AWS Backup service");
    assert_true(value_is(value_get(failed, "destinationRecoveryPointArn"), VALUE_MAP));
    assert_int_equal(value_len(value_get(failed, "destinationRecoveryPointArn")), 0);
    assert_null(value_get(failed, "createdBy"));
    assert_string_equal(value_get_str(held.items[2], "account"), WORKLOAD);
    assert_string_equal(value_get_str(held.items[2], "region"), "us-east-2");
    client_close(&s.c);
}

static void a_backup_job_tells_its_states(void **state)
{
    (void)state;
    struct scene s;
    struct held held;
    scene_open(&s);
    hold_events(&s);
    client_advance(&s.c, DAY_MS);
    take_events(&s, "Backup Job State Change", &held);
    assert_int_equal(held.len, 3);
    static const char *const states[] = {"CREATED", "RUNNING", "COMPLETED"};
    for (size_t i = 0; i < held.len; i++)
        assert_string_equal(value_get_str(detail_of(&held, i), "state"), states[i]);
    assert_string_equal(value_get_str(detail_of(&held, 2), "backupVaultArn"), VAULT_PRIMARY);
    client_close(&s.c);
}

static void a_partial_copy_tells_its_point(void **state)
{
    (void)state;
    struct scene s;
    struct held held;
    scene_open(&s);
    hold_events(&s);
    world_begin(s.c.world);
    setting_put(s.c.world, "copy_partial", "1");
    assert_true(world_commit(s.c.world));
    client_advance(&s.c, DAY_MS);
    take_events(&s, "Copy Job State Change", &held);
    assert_int_equal(held.len, 3);
    assert_string_equal(value_get_str(detail_of(&held, 2), "state"), "PARTIAL");
    assert_true(str_starts(value_get_str(detail_of(&held, 2), "destinationRecoveryPointArn"),
                           "arn:aws:rds:us-east-2:"));
    client_close(&s.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_of_a_plan_tells_three_states_with_their_gaps),
        cmocka_unit_test(a_failed_second_hop_tells_it_in_the_intermediate_region_without_a_plan),
        cmocka_unit_test(a_backup_job_tells_its_states),
        cmocka_unit_test(a_partial_copy_tells_its_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
