#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/config/editor_schema.h"

static const struct value *at(const struct value *schema, const char *pointer)
{
    const struct value *found = value_pointer(schema, pointer);
    if (!found)
        fail_msg("nothing at %s", pointer);
    return found;
}

static void unknown_keys_are_refused_and_required_ones_asked_for(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *schema = editor_schema(arena, schema_load(arena));
    assert_false(at(schema, "/additionalProperties")->boolean);
    assert_false(
        at(schema, "/properties/vaults/additionalProperties/additionalProperties")->boolean);
    assert_string_equal(json_print(arena, at(schema, "/required"), JSON_COMPACT),
                        "[\"version\",\"name\"]");
    arena_free(arena);
}

static void every_type_follows_from_its_name(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct schema_set *schemas = schema_load(arena);
    const struct value *schema = editor_schema(arena, schemas);
    const struct value *entry = at(schema, "/properties/resources/additionalProperties");
    assert_int_equal(value_len(value_get(entry, "allOf")), schemas->types.len);
    assert_int_equal(value_len(at(entry, "/properties/type/enum")), schemas->types.len);
    for (size_t i = 0; i < schemas->types.len; i++)
        assert_non_null(value_get(at(schema, "/definitions"), schemas->types.entries[i].key));
    /* made from names, and set by AWS */
    const struct value *vault = at(schema, "/definitions/aws_backup_vault");
    assert_int_equal(value_len(value_get(vault, "required")), 0);
    assert_null(value_pointer(vault, "/properties/arn"));
    arena_free(arena);
}

static void a_reference_may_stand_for_any_scalar(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *schema = editor_schema(arena, schema_load(arena));
    const struct value *days =
        at(schema, "/definitions/aws_backup_vault_lock/properties/min_retention_days");
    assert_string_equal(json_print(arena, value_get(days, "type"), JSON_COMPACT),
                        "[\"string\",\"integer\"]");
    assert_string_equal(value_get_str(days, "pattern"), "\\$\\{");
    assert_int_equal(value_get_int(days, "minimum", 0), 1);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_keys_are_refused_and_required_ones_asked_for),
        cmocka_unit_test(every_type_follows_from_its_name),
        cmocka_unit_test(a_reference_may_stand_for_any_scalar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
