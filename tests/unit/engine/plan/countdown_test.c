/* How long a lock that stands can still be taken back. */
#include "engine/plan/countdown.h"

#include "tests/unit/engine/plan/helper.h"

#define DATE_S ((int64_t)1768435200) /* 2026-01-15 */
#define LOCK "{\"lock_date\":1768435200}"

static int64_t days_left(struct fixture *f, int64_t before_ms)
{
    struct countdown c;
    assert_true(countdown_of("aws_backup_vault_lock", "vaults.v/lock", json(f, LOCK),
                             DATE_S * 1000 - before_ms, &c));
    assert_int_equal(c.date_ms, DATE_S * 1000);
    return c.days_left;
}

static void a_day_that_has_begun_counts(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(days_left(f, 14 * DAY_MS), 14);
    assert_int_equal(days_left(f, 14 * DAY_MS - 1), 14);
    assert_int_equal(days_left(f, 1), 1);
    assert_int_equal(days_left(f, 0), 0);
    assert_int_equal(days_left(f, -DAY_MS), 0);
}

static void only_a_compliance_lock_has_a_date(void **state)
{
    struct fixture *f = *state;
    struct countdown c;
    assert_false(countdown_of("aws_backup_vault_lock", "vaults.v/lock", json(f, "{}"), 0, &c));
    assert_false(countdown_of("aws_backup_vault", "vaults.v", json(f, LOCK), 0, &c));
}

/* Of those that a look has shown, the ones that the plan leaves as they are. */
static void a_lock_that_changes_says_its_own_date(void **state)
{
    struct fixture *f = *state;
    const struct countdown *list = NULL;
    static const char asked[] = "{\"backup_vault_name\":\"v\",\"min_retention_days\":7,"
                                "\"changeable_for_days\":14}";
    static const char there[] = "{\"backup_vault_name\":\"v\",\"min_retention_days\":7,"
                                "\"lock_date\":1768435200}";
    want(f, "vaults.v/lock", "aws_backup_vault_lock", asked, "");
    have(f, "vaults.v/lock", "aws_backup_vault_lock", there, "");
    seen(f, "vaults.v/lock", FOUND_NOT_ASKED, there);
    build(f);
    assert_int_equal(countdowns_of_plan(f->arena, &f->input, &f->plan, &list), 1);
    assert_string_equal(list[0].address, "vaults.v/lock");
    assert_int_equal(list[0].days_left, 14);
    struct change change = {.action = ACTION_UPDATE, .address = "vaults.v/lock"};
    f->plan.changes = &change;
    f->plan.len = 1;
    assert_int_equal(countdowns_of_plan(f->arena, &f->input, &f->plan, &list), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_day_that_has_begun_counts),
        TEST(a_lock_that_changes_says_its_own_date),
        TEST(only_a_compliance_lock_has_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
