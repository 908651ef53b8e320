#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/cleanup.h"
#include "engine/base/json.h"
#include "engine/base/log.h"
#include "relay/report.h"

#define LINE_MAX_LEN 4096

/* The line that the report is, or NULL when it is none. */
static const struct value *line_of(struct arena *arena, const struct relay_report *report)
{
    char *line = arena_alloc(arena, LINE_MAX_LEN);
    const struct value *v = NULL;
    const char *why = NULL;
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    dup2(ends[1], STDERR_FILENO);
    relay_log_report(NULL, report);
    dup2(saved, STDERR_FILENO);
    ssize_t got = read(ends[0], line, LINE_MAX_LEN - 1);
    close(ends[0]);
    close(ends[1]);
    close(saved);
    return got > 0 && json_parse(arena, slice_of(line), &v, &why) ? v : NULL;
}

static void a_decision_is_one_line_with_its_level(void **state)
{
    (void)state;
    static const struct {
        struct relay_decision decision;
        bool listed;
        const char *level; /* NULL: no line */
    } rows[] = {
        {{.verdict = RELAY_START, .reason = "r"}, false, "info"},
        {{.verdict = RELAY_START, .reason = "r", .worry = true}, true, "warn"},
        {{.verdict = RELAY_REFUSE, .reason = "r"}, true, "error"},
        {{.verdict = RELAY_LEAVE, .reason = "r"}, false, "info"},
        {{.verdict = RELAY_LEAVE, .reason = "r"}, true, NULL},
        {{.verdict = RELAY_LEAVE, .reason = "r", .waits = true}, true, NULL},
        {{.verdict = RELAY_LEAVE, .reason = "r", .waits = true, .worry = true}, true, "warn"},
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct relay_point point = {.arn = "p", .resource_arn = "q"};
    log_setup(LOG_INFO, /* json= */ true);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct relay_report report = {
            .point = &point, .decision = &rows[i].decision, .listed = rows[i].listed};
        const struct value *line = line_of(arena, &report);
        assert_true((line != NULL) == (rows[i].level != NULL));
        if (!line)
            continue;
        assert_string_equal(value_get_str(line, "level"), rows[i].level);
        assert_string_equal(value_get_str(line, "msg"), "decision");
        assert_string_equal(value_get_str(line, "verdict"),
                            relay_verdict_name(rows[i].decision.verdict));
        assert_string_equal(value_get_str(line, "point"), "p");
    }
}

static void an_error_names_its_class(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct relay_point point = {.arn = "p"};
    const struct relay_report report = {.point = &point,
                                        .listed = true,
                                        .error = "backup:StartCopyJob: ServiceUnavailable: no",
                                        .failure = RELAY_PERMANENT};
    log_setup(LOG_INFO, /* json= */ true);
    const struct value *line = line_of(arena, &report);
    assert_string_equal(value_get_str(line, "level"), "error");
    assert_string_equal(value_get_str(line, "class"), "permanent");
    assert_string_equal(value_get_str(line, "reason"), report.error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_is_one_line_with_its_level),
        cmocka_unit_test(an_error_names_its_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
