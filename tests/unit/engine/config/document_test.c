#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/config/document.h"

struct fixture {
    struct arena *arena;
    struct diags diags;
    const char *dir;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.arena = arena_new();
    diags_init(&fixture.diags, fixture.arena);
    fixture.dir = path_temp_dir(fixture.arena);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    dir_remove(f->dir);
    arena_free(f->arena);
    return 0;
}

static const char *put(struct fixture *f, const char *name, const char *text)
{
    const char *path = path_join(f->arena, f->dir, name);
    assert_true(file_write_atomic(path, slice_of(text), 0600, &f->diags));
    return path;
}

static void a_file_is_read_with_its_folder(void **state)
{
    struct fixture *f = *state;
    struct document document;
    assert_true(document_load(f->arena, put(f, "t.yaml", "name: x\n"), &document, &f->diags));
    assert_string_equal(json_print(f->arena, document.root, JSON_COMPACT), "{\"name\":\"x\"}");
    assert_string_equal(document.dir, f->dir);
}

static void the_files_of_a_folder_are_one_document(void **state)
{
    struct fixture *f = *state;
    put(f, "b.yml", "vaults: {two: {}}\nmoved: [b]\n");
    put(f, "a.yaml", "name: x\nvaults: {one: {}}\nmoved: [a]\n");
    put(f, "c.yaml", "# nothing yet\n");
    put(f, ".hidden.yaml", "name: hidden\n");
    put(f, "notes.txt", "name: [\n");
    struct document document;
    assert_true(document_load(f->arena, f->dir, &document, &f->diags));
    assert_string_equal(
        json_print(f->arena, document.root, JSON_COMPACT),
        "{\"name\":\"x\",\"vaults\":{\"one\":{},\"two\":{}},\"moved\":[\"a\",\"b\"]}");
    assert_string_equal(document.dir, f->dir);
}

static void an_entry_in_two_files_is_refused_with_both_places(void **state)
{
    struct fixture *f = *state;
    put(f, "a.yaml", "name: x\nvaults:\n  one: {}\n");
    put(f, "b.yaml", "name: y\nvaults: {one: {}}\n");
    struct document document;
    assert_false(document_load(f->arena, f->dir, &document, &f->diags));
    assert_int_equal(f->diags.len, 2);
    diags_sort(&f->diags);
    assert_int_equal(f->diags.items[1].code, E_YAML_DUPLICATE_KEY);
    assert_int_equal(f->diags.items[1].pos.file, 2);
    assert_int_equal(f->diags.items[1].pos.col, 10);
    assert_non_null(strstr(f->diags.items[1].message, "a.yaml:3"));
}

static void faults_of_all_files_are_reported_together(void **state)
{
    struct fixture *f = *state;
    put(f, "a.yaml", "name: [\n");
    put(f, "b.yaml", "- a list\n");
    struct document document;
    assert_false(document_load(f->arena, f->dir, &document, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_YAML_SYNTAX);
    assert_int_equal(f->diags.items[1].code, E_WRONG_TYPE);
}

static void a_missing_file_and_an_empty_folder_are_errors(void **state)
{
    struct fixture *f = *state;
    struct document document;
    assert_false(document_load(f->arena, f->dir, &document, &f->diags));
    assert_int_equal(f->diags.items[0].code, E_FILE_READ);
    assert_false(
        document_load(f->arena, path_join(f->arena, f->dir, "none.yaml"), &document, &f->diags));
    assert_int_equal(f->diags.items[1].code, E_FILE_READ);
}

/* It may be there, where the folder before it cannot be entered. */
static void why_a_file_cannot_be_reached_is_told(void **state)
{
    struct fixture *f = *state;
    struct document document;
    put(f, "a.yaml", "name: x\n");
    assert_int_equal(symlink("loop.yaml", path_join(f->arena, f->dir, "loop.yaml")), 0);
    const struct {
        const char *name;
        int why;
    } cases[] = {{"none.yaml", ENOENT}, {"a.yaml/x", ENOTDIR}, {"loop.yaml", ELOOP}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *path = path_join(f->arena, f->dir, cases[i].name);
        assert_false(document_load(f->arena, path, &document, &f->diags));
        assert_int_equal(f->diags.items[i].code, E_FILE_READ);
        assert_string_equal(f->diags.items[i].message,
                            arena_printf(f->arena, "%s: %s", path, strerror(cases[i].why)));
        assert_non_null(strstr(f->diags.items[i].hint, "name the topology with -f"));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_with_its_folder),
        TEST(the_files_of_a_folder_are_one_document),
        TEST(an_entry_in_two_files_is_refused_with_both_places),
        TEST(faults_of_all_files_are_reported_together),
        TEST(a_missing_file_and_an_empty_folder_are_errors),
        TEST(why_a_file_cannot_be_reached_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
