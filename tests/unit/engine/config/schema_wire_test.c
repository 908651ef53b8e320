#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/config/schema_parse.h"

static const char schema_text[] =
    "{\"typeName\":\"aws_x\",\"x-title\":\"x\",\"description\":\"d\",\"service\":\"s\","
    "\"scope\":\"account-region\",\"replacementStrategy\":\"never\","
    "\"primaryIdentifier\":[\"/name\",\"/days\"],"
    "\"x-arn\":\"arn:${partition}:s:${region}:${account}:x${path}${name}\","
    "\"handlers\":{\"create\":{\"permissions\":[]},\"read\":{\"permissions\":[]},"
    "\"update\":{\"permissions\":[]},\"delete\":{\"permissions\":[]},"
    "\"find\":{\"permissions\":[]}},\"properties\":{"
    "\"name\":{\"type\":\"string\",\"x-wire\":\"XName\"},"
    "\"path\":{\"type\":\"string\",\"default\":\"/\"},"
    "\"days\":{\"type\":\"integer\"},\"rate\":{\"type\":\"number\"},"
    "\"on\":{\"type\":\"boolean\"},"
    "\"policy\":{\"type\":[\"object\",\"string\"],\"x-canonical\":\"json-policy\"},"
    "\"some_rules\":{\"items\":{\"properties\":{\"min_days\":{\"type\":\"integer\"}}}},"
    "\"tags\":{\"additionalProperties\":{\"type\":\"string\"}},"
    "\"free\":{\"type\":\"object\"}}}";

static const struct schema *schema_x(struct arena *arena)
{
    const struct embedded_file files[] = {{"aws_x.json", schema_text, strlen(schema_text)},
                                          {NULL, NULL, 0}};
    return schema_of(schema_parse(arena, files), "aws_x");
}

static const struct value *json(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(arena, slice_of(text), &v, &why));
    return v;
}

static void names_become_those_of_aws_and_come_back(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct schema *schema = schema_x(arena);
    const struct value *ours =
        json(arena, "{\"name\":\"n\",\"some_rules\":[{\"min_days\":3}],\"tags\":{\"a_b\":\"c\"},"
                    "\"free\":{\"as_is\":{\"k_k\":1}},\"policy\":{\"Version\":\"2012-10-17\"}}");
    const struct value *wire = schema_to_wire(arena, schema->root, ours);
    assert_string_equal(
        json_print(arena, wire, JSON_COMPACT),
        "{\"XName\":\"n\",\"SomeRules\":[{\"MinDays\":3}],\"Tags\":{\"a_b\":\"c\"},"
        "\"Free\":{\"as_is\":{\"k_k\":1}},\"Policy\":\"{\\\"Version\\\":\\\"2012-10-17\\\"}\"}");
    assert_true(value_equal(schema_from_wire(arena, schema->root, wire), ours));
    arena_free(arena);
}

static void an_answer_loses_what_is_unknown_or_null(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *got = schema_from_wire(
        arena, schema_x(arena)->root,
        json(arena, "{\"XName\":\"n\",\"name\":\"m\",\"New\":1,\"Days\":null,\"On\":true}"));
    assert_string_equal(json_print(arena, got, JSON_COMPACT), "{\"name\":\"n\",\"on\":true}");
    arena_free(arena);
}

static void texts_of_an_answer_become_what_the_schema_wants(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *got =
        schema_from_wire(arena, schema_x(arena)->root,
                         json(arena, "{\"XName\":\"7\",\"Days\":\"30\",\"Rate\":\"1.5\","
                                     "\"On\":\"false\",\"Policy\":\"no JSON\"}"));
    assert_string_equal(
        json_print(arena, got, JSON_COMPACT),
        "{\"name\":\"7\",\"days\":30,\"rate\":1.5,\"on\":false,\"policy\":\"no JSON\"}");
    got = schema_from_wire(arena, schema_x(arena)->root,
                           json(arena, "{\"Days\":\"soon\",\"On\":\"perhaps\"}"));
    assert_string_equal(json_print(arena, got, JSON_COMPACT),
                        "{\"days\":\"soon\",\"on\":\"perhaps\"}");
    arena_free(arena);
}

static void the_arn_is_made_from_names_and_defaults(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct schema *schema = schema_x(arena);
    assert_string_equal(
        schema_arn(arena, schema, "111122223333", "cn-north-1", json(arena, "{\"name\":\"n\"}")),
        "arn:aws-cn:s:cn-north-1:111122223333:x/n");
    assert_string_equal(schema_arn(arena, schema, "111122223333", "us-east-1",
                                   json(arena, "{\"name\":\"n\",\"path\":\"/p/\"}")),
                        "arn:aws:s:us-east-1:111122223333:x/p/n");
    assert_null(schema_arn(arena, schema, "111122223333", "us-east-1", json(arena, "{}")));
    assert_null(schema_arn(arena, schema, "111122223333", NULL, json(arena, "{\"name\":\"n\"}")));
    struct map_builder b = map_begin(arena);
    map_put(&b, "name", value_ref(arena, "vaults.v", "id"));
    assert_null(schema_arn(arena, schema, "111122223333", "us-east-1", map_end(&b)));
    arena_free(arena);
}

static const char *identifier_in(struct arena *arena, const char *type, const char *text)
{
    struct arn arn;
    assert_true(arn_parse(slice_of(text), &arn));
    return schema_identifier_in_arn(arena, schema_of(schema_load(arena), type), &arn);
}

static void an_arn_of_the_types_form_holds_the_identifier(void **state)
{
    (void)state;
    static const struct {
        const char *type, *arn, *identifier;
    } cases[] = {
        {"aws_backup_vault", "arn:aws:backup:us-east-1:111122223333:backup-vault:a-b", "a-b"},
        {"aws_backup_vault", "arn:aws:backup:us-east-1:111122223333:framework:a-b", NULL},
        {"aws_backup_vault", "arn:aws:sns:us-east-1:111122223333:backup-vault:a", NULL},
        {"aws_backup_plan", "arn:aws:backup:us-east-1:111122223333:backup-plan:1-2", "1-2"},
        {"aws_kms_key", "arn:aws:kms:us-east-1:111122223333:key/1-2", "1-2"},
        {"aws_kms_alias", "arn:aws:kms:us-east-1:111122223333:alias/a/b", "alias/a/b"},
        {"aws_iam_role", "arn:aws:iam::111122223333:role/a/b/c", "c"},
        {"aws_iam_role", "arn:aws:iam::111122223333:user/c", NULL},
        {"aws_backup_framework", "arn:aws:backup:us-east-1:111122223333:framework:a-1", NULL},
        {"aws_event_rule", "arn:aws:events:us-east-1:111122223333:rule/a", NULL},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *got = identifier_in(arena, cases[i].type, cases[i].arn);
        if (!str_eq(got, cases[i].identifier))
            fail_msg("%s: %s", cases[i].arn, got ? got : "none");
    }
    arena_free(arena);
}

static const char *unsaid_in(struct arena *arena, const char *type, const char *answer)
{
    static const char *const invented[] = {"RuleId", NULL};
    struct list_builder list = list_begin(arena);
    schema_unsaid(&list, schema_of(schema_load(arena), type)->root, json(arena, answer), "",
                  invented);
    return json_print(arena, list_end(&list), JSON_COMPACT);
}

static void what_has_no_word_is_told_by_its_place(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(
        unsaid_in(arena, "aws_backup_plan",
                  "{\"BackupPlanName\":\"p\",\"ScanSettings\":[{\"MalwareScanner\":\"G\"}],"
                  "\"Rules\":[{\"RuleName\":\"daily\",\"RuleId\":\"1\",\"ScanActions\":[1],"
                  "\"IndexActions\":[{\"ResourceTypes\":[\"S3\"]}],\"Lifecycle\":"
                  "{\"DeleteAfterDays\":1,\"DeleteAfterEvent\":\"DELETE_AFTER_COPY\"}}]}"),
        "[\"ScanSettings\",\"rules/daily/ScanActions\","
        "\"rules/daily/lifecycle/DeleteAfterEvent\"]");
    assert_string_equal(unsaid_in(arena, "aws_backup_plan",
                                  "{\"Rules\":[{\"RuleName\":\"a\",\"ScanActions\":[],\"RuleId\":"
                                  "\"1\",\"RecoveryPointTags\":{\"any\":\"word\"}}],"
                                  "\"ScanSettings\":null}"),
                        "[]");
    arena_free(arena);
}

static void the_identifier_joins_its_properties(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct schema *schema = schema_x(arena);
    assert_string_equal(
        schema_identifier(arena, schema, json(arena, "{\"name\":\"n\",\"days\":7}")), "n|7");
    assert_null(schema_identifier(arena, schema, json(arena, "{\"name\":\"n\"}")));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_those_of_aws_and_come_back),
        cmocka_unit_test(an_answer_loses_what_is_unknown_or_null),
        cmocka_unit_test(texts_of_an_answer_become_what_the_schema_wants),
        cmocka_unit_test(the_arn_is_made_from_names_and_defaults),
        cmocka_unit_test(an_arn_of_the_types_form_holds_the_identifier),
        cmocka_unit_test(what_has_no_word_is_told_by_its_place),
        cmocka_unit_test(the_identifier_joins_its_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
