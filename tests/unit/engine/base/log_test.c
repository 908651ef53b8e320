#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/log.h"

struct room {
    struct arena *arena;
    const char *dir;
    int saved;
    struct diags diags;
};

/* Standard error goes into a file while a test runs. */
static int enter(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    room->dir = path_temp_dir(arena);
    diags_init(&room->diags, arena);
    *state = room;
    if (!room->dir)
        return -1;
    int fd = open(path_join(arena, room->dir, "log"), O_RDWR | O_CREAT | O_APPEND, 0600);
    room->saved = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    return 0;
}

static int leave(void **state)
{
    struct room *room = *state;
    dup2(room->saved, STDERR_FILENO);
    close(room->saved);
    dir_remove(room->dir);
    arena_free(room->arena);
    return 0;
}

static const char *logged(struct room *room)
{
    struct slice text;
    const char *path = path_join(room->arena, room->dir, "log");
    fflush(stderr);
    assert_true(file_read(room->arena, path, FILE_READ_MAX, &text, &room->diags));
    assert_int_equal(truncate(path, 0), 0);
    return text.ptr;
}

/* The line behind its time, which is checked. */
static const char *after_time(const char *line)
{
    int64_t ms = 0;
    assert_true(str_starts(line, "t="));
    assert_true(time_parse_iso((struct slice){line + 2, 24}, &ms));
    return line + 2 + 24 + 1;
}

static void a_level_lets_pass_itself_and_what_is_graver(void **state)
{
    struct room *room = *state;
    log_setup(LOG_INFO, false);
    assert_true(log_enabled(LOG_ERROR));
    assert_false(log_enabled(LOG_DEBUG));
    log_event(LOG_DEBUG, "no", NULL);
    assert_string_equal(logged(room), "");
    log_event(LOG_INFO, "yes", NULL);
    assert_string_equal(after_time(logged(room)), "level=info msg=yes\n");
}

static void fields_are_quoted_where_they_need_it(void **state)
{
    struct room *room = *state;
    log_setup(LOG_DEBUG, false);
    log_event(LOG_DEBUG, "two words", "a", "plain/1:2", "b", "", "c", "x=\"y\"\n", "d", NULL, "e",
              "\x1b[31m", NULL);
    assert_string_equal(after_time(logged(room)),
                        "level=debug msg=\"two words\" a=plain/1:2 b=\"\" c=\"x=\\\"y\\\"\\n\" "
                        "e=\"\\u001b[31m\"\n");
}

static void credentials_are_never_printed(void **state)
{
    struct room *room = *state;
    static const char *const names[] = {"authorization",        "Authorization",
                                        "X-Amz-Security-Token", "token",
                                        "secret_access_key",    "external_id"};
    for (int json = 0; json < 2; json++) {
        log_setup(LOG_DEBUG, json);
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            log_event(LOG_DEBUG, "call", names[i], "hunter2", NULL);
            const char *line = logged(room);
            assert_null(strstr(line, "hunter2"));
            assert_non_null(strstr(line, "(redacted)"));
        }
    }
}

static void every_line_is_one_json_object_when_asked(void **state)
{
    struct room *room = *state;
    log_setup(LOG_DEBUG, true);
    log_event(LOG_WARN, "a \"quoted\"\nword", "address", "vaults.a", "left_out", NULL, NULL);
    const char *line = logged(room);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(room->arena, slice_of(line), &v, &why));
    assert_int_equal(value_len(v), 4);
    assert_string_equal(value_get_str(v, "level"), "warn");
    assert_string_equal(value_get_str(v, "msg"), "a \"quoted\"\nword");
    assert_string_equal(value_get_str(v, "address"), "vaults.a");
}

static void a_field_too_large_for_a_line_is_left_out_whole(void **state)
{
    struct room *room = *state;
    char *large = arena_alloc(room->arena, 100001);
    memset(large, 'x', 100000);
    log_setup(LOG_DEBUG, true);
    log_event(LOG_DEBUG, "m", "large", large, "small", "s", NULL);
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(room->arena, slice_of(logged(room)), &v, &why));
    assert_null(value_get(v, "large"));
    assert_string_equal(value_get_str(v, "small"), "s");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_level_lets_pass_itself_and_what_is_graver),
        CASE(fields_are_quoted_where_they_need_it),
        CASE(credentials_are_never_printed),
        CASE(every_line_is_one_json_object_when_asked),
        CASE(a_field_too_large_for_a_line_is_left_out_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
