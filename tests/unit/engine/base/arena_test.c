#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"

static void memory_is_zeroed_and_aligned_to_eight_bytes(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (int round = 0; round < 2; round++) {
        for (size_t size = 0; size < 6000; size += 97) {
            char *data = arena_alloc(arena, size);
            assert_int_equal((uintptr_t)data % 8, 0);
            (void)arena_strndup(arena, "odd", size % 3); /* text leaves no gap behind it */
            for (size_t i = 0; i < size; i++)
                assert_int_equal(data[i], 0);
            memset(data, 0xff, size);
        }
        arena_reset(arena); /* what is handed out again must be zero again */
        assert_int_equal(arena_used(arena), 0);
    }
}

static void pieces_do_not_overlap(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    enum { COUNT = 400 };
    unsigned char *pieces[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        pieces[i] = arena_alloc(arena, i * 37 % 9000); /* some larger than a chunk's quarter */
        memset(pieces[i], (int)(i & 0xff), i * 37 % 9000);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < i * 37 % 9000; j++)
            assert_int_equal(pieces[i][j], i & 0xff);
}

static void text_is_copied_and_terminated(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_string_equal(arena_strndup(arena, "abcdef", 3), "abc");
    assert_string_equal(arena_strdup(arena, "x"), "x");
    assert_null(arena_strdup(arena, NULL));
    assert_string_equal(arena_printf(arena, "%s-%05d", "a", 42), "a-00042");
    const char *source = "copied";
    const char *copy = arena_memdup(arena, source, 7);
    assert_ptr_not_equal(copy, source);
    assert_string_equal(copy, source);
}

static void growing_keeps_what_was_there(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    int *items = NULL;
    size_t cap = 0;
    for (int i = 0; i < 1000; i++) {
        items = arena_grow(arena, items, (size_t)i, &cap, (size_t)i + 1, sizeof(*items));
        assert_true(cap > (size_t)i);
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    assert_ptr_equal(arena_grow(arena, items, 1000, &cap, cap, sizeof(*items)), items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned_to_eight_bytes),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(text_is_copied_and_terminated),
        cmocka_unit_test(growing_keeps_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
