#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "providers/aws/credentials.h"

static void secrets_are_taken_out_of_text(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct credentials c = {.secret_access_key = "hush", .session_token = "tok"};
    assert_string_equal(credentials_redact(arena, &c, "a hush b tok c hush"),
                        "a (redacted) b (redacted) c (redacted)");
    assert_string_equal(credentials_redact(arena, &c, "nothing"), "nothing");
    assert_null(credentials_redact(arena, &c, NULL));
    arena_free(arena);
}

static void renewal_comes_five_minutes_early_or_at_half_of_a_short_life(void **state)
{
    (void)state;
    assert_int_equal(credentials_renew_ms(HOUR_MS, 2 * HOUR_MS), 2 * HOUR_MS - 5 * MINUTE_MS);
    assert_int_equal(credentials_renew_ms(HOUR_MS, HOUR_MS + 20000), HOUR_MS + 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_taken_out_of_text),
        cmocka_unit_test(renewal_comes_five_minutes_early_or_at_half_of_a_short_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
