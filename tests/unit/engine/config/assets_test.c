#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/zip.h"
#include "engine/config/assets.h"

struct fixture {
    struct arena *arena;
    struct diags diags;
    const char *root, *dir;
    struct assets assets;
};

static void put(struct fixture *f, const char *name, const char *text)
{
    const char *path = path_join(f->arena, f->root, name);
    assert_true(dir_make(path_dir(f->arena, path), 0700, &f->diags));
    assert_true(file_write_atomic(path, slice_of(text), 0600, &f->diags));
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.arena = arena_new();
    diags_init(&fixture.diags, fixture.arena);
    fixture.root = path_temp_dir(fixture.arena);
    fixture.dir = path_join(fixture.arena, fixture.root, "topology");
    put(&fixture, "topology/code/index.py", "handler");
    put(&fixture, "topology/code/lib/util.py", "util");
    put(&fixture, "topology/one.py", "handler");
    put(&fixture, "secret", "key");
    assets_init(&fixture.assets, fixture.arena, fixture.dir,
                path_join(fixture.arena, fixture.root, "data"));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    dir_remove(f->root);
    arena_free(f->arena);
    return 0;
}

static const struct asset *get(struct fixture *f, const char *path)
{
    return assets_get(&f->assets, value_string(f->arena, path), "functions.f", &f->diags);
}

static const char *unpacked(struct fixture *f, const struct asset *asset, const char *name)
{
    const char *dir = path_temp_dir(f->arena);
    assert_true(zip_unpack(asset->zip, dir, 1 << 20, &f->diags));
    struct slice content;
    assert_true(file_read(f->arena, path_join(f->arena, dir, name), 1 << 20, &content, &f->diags));
    dir_remove(dir);
    return arena_strndup(f->arena, content.ptr, content.len);
}

static void a_folder_is_packed_with_its_files(void **state)
{
    struct fixture *f = *state;
    const struct asset *asset = get(f, "code");
    assert_non_null(asset);
    assert_string_equal(unpacked(f, asset, "lib/util.py"), "util");
    assert_int_equal(strlen(asset->sha256), 44);
    assert_ptr_equal(get(f, "code"), asset);
}

static void the_same_sources_have_the_same_digest(void **state)
{
    struct fixture *f = *state;
    const struct asset *asset = get(f, "./code/");
    put(f, "topology/other/lib/util.py", "util");
    put(f, "topology/other/index.py", "handler");
    assert_string_equal(get(f, "other")->sha256, asset->sha256);
    put(f, "topology/third/index.py", "changed");
    put(f, "topology/third/lib/util.py", "util");
    assert_string_not_equal(get(f, "third")->sha256, asset->sha256);
    struct asset again;
    assert_true(asset_pack(f->arena, asset->path, NO_POS, NULL, &again, &f->diags));
    assert_string_equal(again.sha256, asset->sha256);
}

static void a_file_is_packed_under_its_name_and_a_zip_is_sent_as_it_is(void **state)
{
    struct fixture *f = *state;
    const struct asset *asset = get(f, "one.py");
    assert_string_equal(unpacked(f, asset, "one.py"), "handler");
    assert_true(
        file_write_atomic(path_join(f->arena, f->dir, "x.zip"), asset->zip, 0600, &f->diags));
    assert_string_equal(get(f, "x.zip")->sha256, asset->sha256);
}

static void nothing_outside_the_folder_is_read(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(symlink("../secret", path_join(f->arena, f->dir, "link")), 0);
    assert_int_equal(symlink("..", path_join(f->arena, f->dir, "up")), 0);
    put(f, "topology/linked/a", "a");
    assert_int_equal(symlink("../../secret", path_join(f->arena, f->dir, "linked/b")), 0);
    static const char *const paths[] = {
        "../secret", "code/../../secret", "/etc/hostname", "link", "up/secret", "linked", ""};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        assert_null(get(f, paths[i]));
        assert_int_equal(f->diags.len, i + 1);
        assert_int_equal(f->diags.items[i].code, E_ASSET);
        assert_string_equal(f->diags.items[i].address, "functions.f");
    }
}

static void what_is_missing_or_no_zip_is_refused_once(void **state)
{
    struct fixture *f = *state;
    put(f, "topology/bad.zip", "no archive");
    assert_int_equal(mkdir(path_join(f->arena, f->dir, "empty"), 0700), 0);
    static const char *const paths[] = {"none", "bad.zip", "empty"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        assert_null(get(f, paths[i]));
        assert_null(get(f, paths[i]));
        assert_int_equal(f->diags.len, i + 1);
        assert_int_equal(f->diags.items[i].code, E_ASSET);
    }
}

static void the_relay_package_comes_from_the_data_directory(void **state)
{
    struct fixture *f = *state;
    assert_null(assets_relay(&f->assets, "x86_64", NO_POS, "relays.r", &f->diags));
    assert_int_equal(f->diags.items[0].code, E_RELAY_PACKAGE);
    const struct asset *asset = get(f, "one.py");
    put(f, "data/relay/x", "");
    assert_true(file_write_atomic(path_join(f->arena, f->root, "data/relay/bootstrap.zip"),
                                  asset->zip, 0600, &f->diags));
    struct assets fresh;
    assets_init(&fresh, f->arena, f->dir, path_join(f->arena, f->root, "data"));
    assert_string_equal(assets_relay(&fresh, "x86_64", NO_POS, "relays.r", &f->diags)->sha256,
                        asset->sha256);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_folder_is_packed_with_its_files),
        TEST(the_same_sources_have_the_same_digest),
        TEST(a_file_is_packed_under_its_name_and_a_zip_is_sent_as_it_is),
        TEST(nothing_outside_the_folder_is_read),
        TEST(what_is_missing_or_no_zip_is_refused_once),
        TEST(the_relay_package_comes_from_the_data_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
