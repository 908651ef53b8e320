#include "engine/plan/action.h"
#include "tests/unit/engine/plan/helper.h"

static void assert_action(struct situation situation, enum verdict verdict)
{
    const char *reason = NULL;
    assert_int_equal(action_decide(&situation, &reason), verdict);
    assert_non_null(reason);
}

static void what_is_only_in_the_file_is_created(void **state)
{
    (void)state;
    assert_action((struct situation){.desired = true}, VERDICT_CREATE);
}

static void what_is_found_and_ours_is_adopted_even_if_it_differs(void **state)
{
    (void)state;
    struct situation s = {.desired = true, .sight = SIGHT_OURS};
    assert_action(s, VERDICT_ADOPT);
    s.differs = true;
    assert_action(s, VERDICT_ADOPT);
}

static void what_is_ours_and_not_changeable_to_the_file_is_replaced(void **state)
{
    (void)state;
    assert_action(
        (struct situation){
            .desired = true, .sight = SIGHT_OURS, .differs = true, .create_only = true},
        VERDICT_REPLACE);
}

static void what_is_shared_by_nature_is_adopted_whatever_differs(void **state)
{
    (void)state;
    assert_action((struct situation){.desired = true,
                                     .sight = SIGHT_SHARED,
                                     .differs = true,
                                     .create_only = true,
                                     .kept = true},
                  VERDICT_ADOPT);
}

static void what_belongs_to_somebody_else_is_refused(void **state)
{
    (void)state;
    assert_action((struct situation){.desired = true, .sight = SIGHT_OTHER}, VERDICT_REFUSE);
}

static void what_was_deleted_outside_is_created_again(void **state)
{
    (void)state;
    assert_action((struct situation){.desired = true, .recorded = true}, VERDICT_CREATE);
}

static void what_is_as_it_should_be_is_left_alone(void **state)
{
    (void)state;
    assert_action((struct situation){.desired = true, .recorded = true, .sight = SIGHT_THERE},
                  VERDICT_NONE);
}

static void what_differs_is_updated(void **state)
{
    (void)state;
    assert_action(
        (struct situation){
            .desired = true, .recorded = true, .sight = SIGHT_THERE, .differs = true},
        VERDICT_UPDATE);
}

static void what_differs_for_ever_is_replaced(void **state)
{
    (void)state;
    assert_action((struct situation){.desired = true,
                                     .recorded = true,
                                     .sight = SIGHT_THERE,
                                     .differs = true,
                                     .create_only = true},
                  VERDICT_REPLACE);
}

static void what_left_the_file_is_deleted(void **state)
{
    (void)state;
    assert_action((struct situation){.recorded = true, .sight = SIGHT_THERE}, VERDICT_DELETE);
}

static void what_left_the_file_and_is_shared_is_forgotten(void **state)
{
    (void)state;
    assert_action((struct situation){.recorded = true, .sight = SIGHT_THERE, .kept = true},
                  VERDICT_FORGET);
}

static void what_left_the_file_and_is_gone_is_forgotten(void **state)
{
    (void)state;
    assert_action((struct situation){.recorded = true}, VERDICT_FORGET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_only_in_the_file_is_created),
        cmocka_unit_test(what_is_found_and_ours_is_adopted_even_if_it_differs),
        cmocka_unit_test(what_is_ours_and_not_changeable_to_the_file_is_replaced),
        cmocka_unit_test(what_is_shared_by_nature_is_adopted_whatever_differs),
        cmocka_unit_test(what_belongs_to_somebody_else_is_refused),
        cmocka_unit_test(what_was_deleted_outside_is_created_again),
        cmocka_unit_test(what_is_as_it_should_be_is_left_alone),
        cmocka_unit_test(what_differs_is_updated),
        cmocka_unit_test(what_differs_for_ever_is_replaced),
        cmocka_unit_test(what_left_the_file_is_deleted),
        cmocka_unit_test(what_left_the_file_and_is_shared_is_forgotten),
        cmocka_unit_test(what_left_the_file_and_is_gone_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
