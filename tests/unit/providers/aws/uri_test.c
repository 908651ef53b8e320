#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "providers/aws/uri.h"

static const char *encoded(struct arena *arena, const char *text, bool keep_slash)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 4096);
    uri_encode(&sb, slice_of(text), keep_slash);
    return strbuf_str(&sb);
}

static void only_unreserved_characters_stay(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_string_equal(encoded(arena, "aZ09-._~", false), "aZ09-._~");
    assert_string_equal(encoded(arena, "a b+c/d:e*\xc3\xa9", false), "a%20b%2Bc%2Fd%3Ae%2A%C3%A9");
    assert_string_equal(encoded(arena, "a/b:c", true), "a/b%3Ac");
}

static void decoding_undoes_encoding_and_keeps_stray_percents(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_true(slice_is(uri_decode(arena, slice_of("a%2Fb%c3%A9%20")), "a/b\xc3\xa9 "));
    assert_true(slice_is(uri_decode(arena, slice_of("%%2")), "%%2"));
    assert_true(slice_is(uri_decode(arena, slice_of("%zz%")), "%zz%"));
    assert_true(slice_is(uri_decode(arena, slice_of("a+b")), "a+b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_unreserved_characters_stay),
        cmocka_unit_test(decoding_undoes_encoding_and_keeps_stray_percents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
