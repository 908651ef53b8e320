#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/diag.h"
#include "engine/base/json.h"

struct room {
    struct arena *arena;
    struct diags diags;
};

static int enter(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    diags_init(&room->diags, arena);
    *state = room;
    return 0;
}

static int leave(void **state)
{
    arena_free(((struct room *)*state)->arena);
    return 0;
}

static void a_message_shows_its_line_with_a_caret(void **state)
{
    struct room *room = *state;
    unsigned file = diags_add_source(&room->diags, "topology.yaml",
                                     slice_of("version: 1\r\nplans:\r\n\tdaily: [x]\r\n"));
    struct source_pos pos = {file, 3, 9};
    struct diag *diag =
        diag_error(&room->diags, E_BAD_VALUE, pos, "plans.daily", "%s is %d", "x", 7);
    diag->span = 3;
    diag_hint(&room->diags, diag, "Write %d.", 8);
    assert_string_equal(diag_render(room->arena, &room->diags, diag),
                        "topology.yaml:3:9: error[HF0204]: x is 7\n"
                        "     3 | \tdaily: [x]\n"
                        "       | \t       ^^^\n"
                        "       plans.daily. Write 8.\n");
}

static void without_a_place_or_hint_the_catalogue_speaks(void **state)
{
    struct room *room = *state;
    const struct diag *diag =
        diag_warning(&room->diags, E_VERSION, NO_POS, NULL, "version 2 is unknown");
    assert_string_equal(diag_render(room->arena, &room->diags, diag),
                        "warning[HF0205]: version 2 is unknown\n"
                        "       Write `version: 1`.\n");
    unsigned file = diags_add_source(&room->diags, "a.yaml", slice_of("x"));
    diag = diag_error(&room->diags, E_VERSION, (struct source_pos){file, 0, 0}, NULL, "m");
    assert_string_equal(diag_render(room->arena, &room->diags, diag),
                        "a.yaml: error[HF0205]: m\n       Write `version: 1`.\n");
    diag = diag_error(&room->diags, E_VERSION, (struct source_pos){file, 9, 9}, NULL, "m");
    assert_non_null(strstr(diag_render(room->arena, &room->diags, diag), "a.yaml:9:9: "));
}

static void absurd_places_and_names_do_no_harm(void **state)
{
    struct room *room = *state;
    char *line = arena_alloc(room->arena, 100001);
    memset(line, 'x', 100000);
    unsigned file = diags_add_source(&room->diags, line, slice_of(line));
    struct diag *diag = diag_error(&room->diags, E_VERSION,
                                   (struct source_pos){file, 1, 4000000000}, line, "%s", line);
    diag->span = 4000000000;
    assert_non_null(strstr(diag_render(room->arena, &room->diags, diag), "error[HF0205]: xxx"));
}

static void messages_sort_by_place_and_then_by_arrival(void **state)
{
    struct room *room = *state;
    const struct {
        struct source_pos pos;
        const char *message;
    } given[] = {{{2, 1, 1}, "5"},  {{1, 9, 2}, "3"}, {{1, 10, 1}, "4"},
                 {{1, 9, 1}, "2a"}, {{0, 0, 0}, "1"}, {{1, 9, 1}, "2b"}};
    static const char *const sorted[] = {"1", "2a", "2b", "3", "4", "5"};
    for (size_t i = 0; i < ARRAY_LEN(given); i++)
        diag_error(&room->diags, E_VERSION, given[i].pos, NULL, "%s", given[i].message);
    diags_sort(&room->diags);
    for (size_t i = 0; i < ARRAY_LEN(sorted); i++)
        assert_string_equal(room->diags.items[i].message, sorted[i]);
}

static void the_status_follows_precedence_and_ignores_warnings(void **state)
{
    struct room *room = *state;
    /* each row is added to those above it */
    const struct {
        enum diag_code code;
        int status;
    } rows[] = {{E_BAD_VALUE, 1},     {E_USAGE, 64}, {E_IRREVERSIBLE, 7},   {E_STATE_LOCKED, 5},
                {E_STATE_FOREIGN, 4}, {E_DENIED, 4}, {E_NO_CREDENTIALS, 3}, {E_STATE_OPEN, 3}};
    assert_int_equal(diags_status(&room->diags), 0);
    diag_warning(&room->diags, E_NO_CREDENTIALS, NO_POS, NULL, "only a warning");
    assert_int_equal(diags_status(&room->diags), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        diag_error(&room->diags, rows[i].code, NO_POS, NULL, "x");
        assert_int_equal(diags_status(&room->diags), rows[i].status);
    }
}

static void beyond_the_cap_messages_are_counted_and_dropped(void **state)
{
    struct room *room = *state;
    for (int i = 0; i < DIAG_MAX + 7; i++)
        assert_non_null(diag_error(&room->diags, E_BAD_VALUE, NO_POS, NULL, "%d", i));
    assert_int_equal(room->diags.len, DIAG_MAX);
    assert_int_equal(room->diags.dropped, 7);
    assert_int_equal(room->diags.errors, DIAG_MAX + 7);
}

static void ids_are_unique_and_ascend_and_every_code_says_what_to_do(void **state)
{
    (void)state;
    for (int code = 0; code < DIAG_CODE_COUNT; code++) {
        const char *id = diag_code_id((enum diag_code)code);
        assert_int_equal(strlen(id), 6);
        assert_true(code == 0 || strcmp(diag_code_id((enum diag_code)(code - 1)), id) < 0);
        assert_true(strlen(diag_code_summary((enum diag_code)code)) > 0);
        const char *next = diag_code_next((enum diag_code)code);
        assert_int_equal(next[strlen(next) - 1], '.');
        static const int statuses[] = {1, 3, 4, 5, 6, 7, 64};
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
            known = known || diag_code_status((enum diag_code)code) == statuses[i];
        assert_true(known);
    }
}

static void machines_read_the_same_message(void **state)
{
    struct room *room = *state;
    unsigned file = diags_add_source(&room->diags, "a.yaml", slice_of("x: 1"));
    const struct diag *diag =
        diag_error(&room->diags, E_VERSION, (struct source_pos){file, 1, 4}, "vaults.a", "not 1");
    assert_string_equal(json_print(room->arena, diag_to_value(room->arena, &room->diags, diag), 0),
                        "{\"severity\":\"error\",\"code\":\"HF0205\",\"message\":\"not 1\","
                        "\"address\":\"vaults.a\",\"file\":\"a.yaml\",\"line\":1,\"column\":4,"
                        "\"next\":\"Write `version: 1`.\"}");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_message_shows_its_line_with_a_caret),
        CASE(without_a_place_or_hint_the_catalogue_speaks),
        CASE(absurd_places_and_names_do_no_harm),
        CASE(messages_sort_by_place_and_then_by_arrival),
        CASE(the_status_follows_precedence_and_ignores_warnings),
        CASE(beyond_the_cap_messages_are_counted_and_dropped),
        CASE(ids_are_unique_and_ascend_and_every_code_says_what_to_do),
        CASE(machines_read_the_same_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
