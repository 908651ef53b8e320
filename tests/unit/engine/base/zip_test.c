#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/zip.h"

struct room {
    struct arena *arena;
    const char *dir;
    struct diags diags;
};

static int enter(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    room->dir = path_temp_dir(arena);
    diags_init(&room->diags, arena);
    *state = room;
    return room->dir ? 0 : -1;
}

static int leave(void **state)
{
    struct room *room = *state;
    dir_remove(room->dir);
    arena_free(room->arena);
    return 0;
}

#define PLENTY ((uint64_t)1 << 20)

static struct slice archive_of(struct room *room, const struct zip_entry *entries, size_t len)
{
    struct slice bytes;
    assert_true(zip_write(room->arena, entries, len, &bytes, &room->diags));
    return bytes;
}

static void the_same_entries_give_the_same_bytes_in_any_order_zone_and_second(void **state)
{
    struct room *room = *state;
    const struct zip_entry one[] = {{"b/c.json", slice_of("{}"), false},
                                    {"a", slice_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false},
                                    {"bootstrap", slice_of("#!"), true}};
    const struct zip_entry other[] = {one[2], one[0], one[1]};
    struct slice first = archive_of(room, one, 3);
    setenv("TZ", "Pacific/Kiritimati", 1);
    tzset();
    struct slice second = archive_of(room, other, 3);
    unsetenv("TZ");
    tzset();
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.ptr, second.ptr, first.len);
    struct zip_entry changed = one[0];
    changed.executable = true;
    const struct zip_entry third[] = {changed, one[1], one[2]};
    struct slice differs = archive_of(room, third, 3);
    assert_true(differs.len != first.len || memcmp(differs.ptr, first.ptr, first.len) != 0);
    /* 00:00 on 1980-01-01 in the first local header */
    assert_memory_equal(first.ptr + 10, "\x00\x00\x21\x00", 4);
}

static void what_was_packed_is_unpacked_with_its_modes(void **state)
{
    struct room *room = *state;
    char *large = arena_alloc(room->arena, 300000);
    for (size_t i = 0; i < 300000; i++)
        large[i] = (char)(i * i >> 7);
    const struct zip_entry entries[] = {{"bootstrap", slice_of("#!/bin/sh\n"), true},
                                        {"lib/deep/data", {large, 300000}, false},
                                        {"empty", slice_of(""), false},
                                        {"..almost", slice_of("x"), false}};
    struct slice archive = archive_of(room, entries, ARRAY_LEN(entries));
    assert_true(zip_unpack(archive, room->dir, PLENTY, &room->diags));
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        const char *path = path_join(room->arena, room->dir, entries[i].name);
        struct slice data;
        assert_true(file_read(room->arena, path, FILE_READ_MAX, &data, &room->diags));
        assert_int_equal(data.len, entries[i].data.len);
        if (data.len > 0)
            assert_memory_equal(data.ptr, entries[i].data.ptr, data.len);
        assert_int_equal(file_is_executable(path), entries[i].executable);
    }
}

static void an_empty_archive_is_an_archive(void **state)
{
    struct room *room = *state;
    struct slice archive = archive_of(room, NULL, 0);
    assert_true(zip_unpack(archive, room->dir, 0, &room->diags));
    const char **names = NULL;
    size_t len = 1;
    assert_true(dir_list(room->arena, room->dir, true, &names, &len, &room->diags));
    assert_int_equal(len, 0);
}

static void names_that_lead_out_are_not_packed(void **state)
{
    struct room *room = *state;
    static const char *const names[] = {"../x", "a/../../x", "/etc/x", "", "..", "a/.."};
    struct slice bytes = slice_of("untouched");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct zip_entry entry = {names[i], slice_of("x"), false};
        assert_false(zip_write(room->arena, &entry, 1, &bytes, &room->diags));
        assert_int_equal(room->diags.items[i].code, E_ASSET);
    }
    const struct zip_entry twice[] = {{"a", slice_of("1"), false}, {"a", slice_of("2"), false}};
    assert_false(zip_write(room->arena, twice, 2, &bytes, &room->diags));
    assert_true(slice_is(bytes, "untouched"));
}

/* Replaces text by text of the same length everywhere in an archive: its names carry no checksum.
 */
static struct slice forged(struct room *room, struct slice archive, const char *from,
                           const char *to)
{
    char *copy = arena_memdup(room->arena, archive.ptr, archive.len);
    size_t len = strlen(from), hits = 0;
    for (char *at = memmem(copy, archive.len, from, len); at;
         at = memmem(at, archive.len - (size_t)(at - copy), from, len)) {
        memcpy(at, to, len);
        hits++;
    }
    assert_int_equal(hits, 2); /* the local header and the directory */
    return (struct slice){copy, archive.len};
}

static void assert_refused(struct room *room, struct slice archive, uint64_t max_bytes,
                           const char *why)
{
    size_t before = room->diags.len;
    assert_false(zip_unpack(archive, room->dir, max_bytes, &room->diags));
    assert_int_equal(room->diags.len, before + 1);
    assert_non_null(strstr(room->diags.items[before].message, why));
}

static void names_that_lead_out_are_not_unpacked(void **state)
{
    struct room *room = *state;
    const struct zip_entry entry = {"xx/evil", slice_of("x"), false};
    struct slice archive = archive_of(room, &entry, 1);
    assert_refused(room, forged(room, archive, "xx/evil", "../evil"), PLENTY, "leads out");
    assert_refused(room, forged(room, archive, "xx/evil", "x/../.."), PLENTY, "leads out");
    assert_refused(room, forged(room, archive, "xx/evil", "/x/evil"), PLENTY, "leads out");
    assert_false(file_exists(path_join(room->arena, room->dir, "../evil")));
    assert_true(zip_unpack(archive, room->dir, PLENTY, &room->diags));
}

static void links_are_not_unpacked(void **state)
{
    struct room *room = *state;
    const struct zip_entry entry = {"link", slice_of("/etc/passwd"), false};
    struct slice archive = archive_of(room, &entry, 1);
    char *copy = arena_memdup(room->arena, archive.ptr, archive.len);
    const char mode[] = {0, 0, (char)0xa4, (char)0x81}; /* 0100644 << 16, little-endian */
    char *at = memmem(copy, archive.len, mode, sizeof(mode));
    assert_non_null(at);
    at[3] = (char)0xa1; /* 0120644: a symbolic link */
    assert_refused(room, (struct slice){copy, archive.len}, PLENTY, "neither a file nor a folder");
}

static void more_than_allowed_is_not_unpacked(void **state)
{
    struct room *room = *state;
    char *zeros = arena_alloc(room->arena, 100000);
    const struct zip_entry entries[] = {{"a", {zeros, 50000}, false}, {"b", {zeros, 50000}, false}};
    struct slice archive = archive_of(room, entries, 2);
    assert_refused(room, archive, 99999, "more than is allowed");
    const char *dir = path_temp_dir(room->arena);
    assert_true(zip_unpack(archive, dir, 100000, &room->diags));
    dir_remove(dir);
}

static void nothing_is_overwritten(void **state)
{
    struct room *room = *state;
    const struct zip_entry entry = {"a", slice_of("new"), false};
    const char *path = path_join(room->arena, room->dir, "a");
    assert_true(file_write_atomic(path, slice_of("old"), 0644, &room->diags));
    assert_refused(room, archive_of(room, &entry, 1), PLENTY, "File exists");
}

static void damage_and_garbage_are_refused(void **state)
{
    struct room *room = *state;
    const struct zip_entry entry = {"a", slice_of("text that is long enough"), false};
    struct slice archive = archive_of(room, &entry, 1);
    char *copy = arena_memdup(room->arena, archive.ptr, archive.len);
    copy[14] ^= 1; /* the checksum in the local header */
    char *directory = memmem(copy, archive.len, "PK\x01\x02", 4);
    assert_non_null(directory);
    directory[16] ^= 1; /* and in the directory */
    assert_refused(room, (struct slice){copy, archive.len}, PLENTY, "CRC");
    assert_refused(room, slice_of("no archive at all"), PLENTY, "archive");
    assert_refused(room, slice_of(""), PLENTY, "archive");
    assert_refused(room, (struct slice){archive.ptr, archive.len - 10}, PLENTY, "archive");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_same_entries_give_the_same_bytes_in_any_order_zone_and_second),
        CASE(what_was_packed_is_unpacked_with_its_modes),
        CASE(an_empty_archive_is_an_archive),
        CASE(names_that_lead_out_are_not_packed),
        CASE(names_that_lead_out_are_not_unpacked),
        CASE(links_are_not_unpacked),
        CASE(more_than_allowed_is_not_unpacked),
        CASE(nothing_is_overwritten),
        CASE(damage_and_garbage_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
