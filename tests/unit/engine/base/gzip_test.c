#include "engine/base/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/crypto.h"

#define MAX ((size_t)1 << 20)

static bool unpack(struct arena *arena, struct slice bytes, size_t max, struct slice *ret,
                   const char **why)
{
    *why = NULL;
    bool good = gzip_unpack(arena, bytes, max, ret, why);
    assert_true(good == (*why == NULL));
    return good;
}

static void assert_refused(struct arena *arena, struct slice bytes, size_t max, const char *wanted)
{
    struct slice text;
    const char *why;
    assert_false(unpack(arena, bytes, max, &text, &why));
    assert_string_equal(why, wanted);
}

static void assert_comes_back(struct arena *arena, struct slice text, size_t max)
{
    struct slice packed = gzip_pack(arena, text), back;
    const char *why;
    assert_true(gzip_is(packed));
    assert_true(unpack(arena, packed, max, &back, &why));
    assert_int_equal(back.len, text.len);
    assert_memory_equal(back.ptr, text.ptr, text.len);
    assert_int_equal(back.ptr[back.len], '\0');
}

static void what_was_packed_comes_back(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *noise = arena_alloc(arena, MAX);
    random_bytes((uint8_t *)noise, MAX);
    assert_comes_back(arena, slice_of(""), MAX);
    assert_comes_back(arena, slice_of("{}\n"), MAX);
    assert_comes_back(arena, (struct slice){noise, 70000}, MAX);
    assert_comes_back(arena, (struct slice){noise, MAX}, MAX); /* to the last byte */
}

static void the_same_text_is_packed_to_the_same_bytes(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct slice one = gzip_pack(arena, slice_of("text")), two = gzip_pack(arena, slice_of("text"));
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.ptr, two.ptr, one.len);
    assert_false(gzip_is(slice_of("{\"sealed\":1}")));
}

static void what_was_cut_or_changed_is_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct slice packed = gzip_pack(arena, slice_of("{\"of\":\"some\",\"length\":\"of some\"}")),
                 text;
    for (size_t len = 0; len < packed.len; len++)
        assert_refused(arena, (struct slice){packed.ptr, len}, MAX, "it ends too early");
    for (size_t at = 10; at < packed.len; at++) { /* behind the header, whose time nobody minds */
        char *changed = arena_memdup(arena, packed.ptr, packed.len);
        const char *why;
        changed[at] ^= 4;
        assert_false(unpack(arena, (struct slice){changed, packed.len}, MAX, &text, &why));
    }
    char *longer = arena_alloc(arena, packed.len + 1);
    memcpy(longer, packed.ptr, packed.len);
    longer[packed.len] = 'x';
    assert_refused(arena, (struct slice){longer, packed.len + 1}, MAX,
                   "something stands behind it");
}

/* A thousand times as long as what it came in. */
static void no_more_is_unpacked_than_is_allowed(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *zeros = arena_alloc(arena, MAX);
    memset(zeros, 0, MAX);
    struct slice bomb = gzip_pack(arena, (struct slice){zeros, MAX});
    assert_true(bomb.len < MAX / 500);
    assert_comes_back(arena, (struct slice){zeros, MAX}, MAX);
    assert_refused(arena, bomb, MAX - 1, "it is longer than it may be");
    assert_refused(arena, bomb, 100, "it is longer than it may be");
    assert_refused(arena, bomb, 0, "it is longer than it may be");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_comes_back),
        cmocka_unit_test(the_same_text_is_packed_to_the_same_bytes),
        cmocka_unit_test(what_was_cut_or_changed_is_refused),
        cmocka_unit_test(no_more_is_unpacked_than_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
