#include "engine/drill/breaking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STRUCK 1000

static const struct drill_line with[] = {
    {.at_ms = 900, .address = "alarms.before", .rang = true, .heard = true},
    {.at_ms = 1100, .address = "alarms.loud", .rang = true, .heard = true},
    {.at_ms = 1200, .address = "alarms.deaf", .rang = true},
    {.at_ms = 1300, .address = "relays.x", .what = "alarm", .heard = true}, /* a log line */
};

static void alarms_are(const struct drill_line *lines, size_t len, size_t alarms, size_t deaf)
{
    const struct drill_report without = {
        .lines = lines, .line_len = len, .blow = {.struck_ms = STRUCK}};
    struct drill_outcome outcome = {
        .report = {.lines = with, .line_len = ARRAY_LEN(with), .blow = {.struck_ms = STRUCK}}};
    drill_count_alarms(&outcome, &without);
    assert_int_equal(outcome.alarms, alarms);
    assert_int_equal(outcome.deaf, deaf);
}

static void alarms_count_that_ring_after_the_blow_and_reach_somebody(void **state)
{
    (void)state;
    alarms_are(NULL, 0, 1, 1);
}

static void an_alarm_that_rings_without_the_fault_does_not_tell_of_it(void **state)
{
    (void)state;
    const struct drill_line rings = {.at_ms = 1100, .address = "alarms.loud", .rang = true};
    alarms_are(&rings, 1, 0, 1);
}

static void one_that_rings_later_without_the_fault_does(void **state)
{
    (void)state;
    const struct drill_line later = {.at_ms = 1101, .address = "alarms.loud", .rang = true};
    const struct drill_line before = {.at_ms = 999, .address = "alarms.loud", .rang = true};
    const struct drill_line logged = {.at_ms = 1000, .address = "alarms.loud"};
    alarms_are(&later, 1, 1, 1);
    alarms_are(&before, 1, 1, 1);
    alarms_are(&logged, 1, 1, 1);
}

/* ---- what was foreseen ---- */

#define BACKUP "444455556666"

static const char *const deletes[] = {"backup:DeleteRecoveryPoint", NULL};
static const char *const locks[] = {"backup:DeleteBackupVaultLockConfiguration", NULL};
static const struct drill_foresight foresights[] = {
    {"HP401", BACKUP, "vaults.final", deletes, false},
    {"HP402", BACKUP, "vaults.final/lock", locks, false},
    {"HP801", "111122223333", "vaults.final", NULL, true},
    {"HP801", "111122223333", "vaults.other", NULL, true},
};

static const char *foreseen(struct arena *arena, const struct drill_try *try, size_t missing,
                            size_t alarms)
{
    static const char *const vaults[] = {"vaults.final", "vaults.other", NULL};
    const struct drill_miss misses[] = {{.vaults = vaults}};
    const struct drill_outcome outcome = {
        .report = {.missing = missing,
                   .misses = misses,
                   .miss_len = missing,
                   .blow = {.tries = try, .try_len = try ? 1 : 0}},
        .alarms = alarms};
    return drill_foreseen(arena, &outcome, foresights, ARRAY_LEN(foresights));
}

static void a_deed_is_foreseen_by_the_row_of_its_call_and_object(void **state)
{
    (void)state;
    static const struct {
        struct drill_try try;
        const char *rules;
    } cases[] = {
        {{.account_id = BACKUP, .call = "backup:DeleteRecoveryPoint", .on = "p in vaults.final"},
         "HP401"},
        {{.account_id = BACKUP, .call = "backup:DeleteRecoveryPoint", .on = "vaults.final/x"},
         "HP401"},
        {{.account_id = BACKUP,
          .call = "backup:DeleteBackupVaultLockConfiguration",
          .on = "vaults.final/lock"},
         "HP402"},
        {{.account_id = BACKUP, .call = "backup:DeleteRecoveryPoint", .on = "p in xvaults.final"},
         ""},
        {{.account_id = BACKUP, .call = "backup:DeleteRecoveryPoint", .on = "vaults.finally"}, ""},
        {{.account_id = BACKUP, .call = "backup:DeleteBackupVault", .on = "vaults.final"}, ""},
        {{.account_id = "1", .call = "backup:DeleteRecoveryPoint", .on = "vaults.final"}, ""},
        {{.account_id = BACKUP,
          .call = "backup:DeleteRecoveryPoint",
          .on = "vaults.final",
          .why = "AccessDenied: no"},
         ""},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(foreseen(arena, &cases[i].try, 0, 0), cases[i].rules);
    arena_free(arena);
}

static void harm_that_no_alarm_told_of_is_foreseen_once_by_what_says_so(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(foreseen(arena, NULL, 1, 0), "HP801");
    assert_string_equal(foreseen(arena, NULL, 1, 1), "");
    assert_string_equal(foreseen(arena, NULL, 0, 0), "");
    arena_free(arena);
}

static void of_a_vault_that_lacks_nothing_nothing_was_foreseen(void **state)
{
    (void)state;
    static const char *const lacks[] = {"vaults.third", NULL};
    static const struct drill_foresight watched[] = {
        {"HP801", "111122223333", "vaults.final", NULL, true}};
    struct arena *arena = arena_new();
    struct drill_miss miss = {.vaults = lacks};
    struct drill_outcome outcome = {.report = {.missing = 1, .misses = &miss, .miss_len = 1}};
    assert_string_equal(drill_foreseen(arena, &outcome, watched, 1), "");
    miss.vaults = NULL; /* its rule leads nowhere, or its backup failed */
    assert_string_equal(drill_foreseen(arena, &outcome, watched, 1), "HP801");
    outcome.report.miss_len = 0;
    assert_string_equal(drill_foreseen(arena, &outcome, watched, 1), "");
    outcome.unmade = 1;
    assert_string_equal(drill_foreseen(arena, &outcome, watched, 1), "HP801");
    assert_string_equal(drill_foreseen(arena, &outcome, NULL, 0), ""); /* `check` said nothing */
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alarms_count_that_ring_after_the_blow_and_reach_somebody),
        cmocka_unit_test(an_alarm_that_rings_without_the_fault_does_not_tell_of_it),
        cmocka_unit_test(one_that_rings_later_without_the_fault_does),
        cmocka_unit_test(a_deed_is_foreseen_by_the_row_of_its_call_and_object),
        cmocka_unit_test(harm_that_no_alarm_told_of_is_foreseen_once_by_what_says_so),
        cmocka_unit_test(of_a_vault_that_lacks_nothing_nothing_was_foreseen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
