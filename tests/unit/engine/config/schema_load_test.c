#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/config/schema_parse.h"

#define TYPE_HEAD                                                                                  \
    "\"typeName\":\"aws_x\",\"x-title\":\"x\",\"description\":\"d\",\"service\":\"s\","            \
    "\"scope\":\"account\",\"replacementStrategy\":\"never\",\"primaryIdentifier\":[\"/name\"],"   \
    "\"handlers\":{\"create\":{\"permissions\":[]},\"read\":{\"permissions\":[]},"                 \
    "\"update\":{\"permissions\":[]},\"delete\":{\"permissions\":[]},"                             \
    "\"find\":{\"permissions\":[]}},"

static const struct schema_set *parse(struct arena *arena, const char *text)
{
    const struct embedded_file files[] = {{"aws_x.json", text, strlen(text)}, {NULL, NULL, 0}};
    return schema_parse(arena, files);
}

/* Whether the text ends the process with a BUG that says `why`. */
static bool refuses(const char *text, const char *why)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        struct arena *arena = arena_new();
        parse(arena, text);
        _exit(0);
    }
    close(ends[1]);
    char said[1024];
    size_t len = 0;
    ssize_t got;
    while (len < sizeof(said) - 1 && (got = read(ends[0], said + len, sizeof(said) - 1 - len)) > 0)
        len += (size_t)got;
    said[len] = '\0';
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    bool ok = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(said, why);
    if (!ok)
        print_error("said: %s\n", said);
    return ok;
}

static void the_embedded_schemas_load(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct schema_set *set = schema_load(arena);
    const struct schema *vault = schema_of(set, "aws_backup_vault");
    assert_non_null(vault);
    assert_int_equal(vault->scope, SCOPE_ACCOUNT_REGION);
    assert_int_equal(vault->replacement, REPLACE_NEVER);
    assert_true(vault->holds_data);
    assert_true(schema_property_of(vault->root, "arn")->read_only);
    assert_true(schema_property_of(vault->root, "name")->create_only);
    assert_false(schema_property_of(vault->root, "tags")->create_only);
    assert_null(schema_property_of(vault->root, "nonsense"));
    assert_null(schema_of(set, "aws_nonsense"));
    arena_free(arena);
}

static void keywords_reach_the_node(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct schema_set *set =
        parse(arena, "{" TYPE_HEAD "\"required\":[\"name\"],\"x-wire-case\":\"lower-camel\","
                     "\"x-irreversible\":[\"/list/*/deep\"],\"properties\":{"
                     "\"name\":{\"type\":\"string\",\"pattern\":\"^[a-z]+$\",\"maxLength\":9},"
                     "\"two_words\":{\"type\":[\"integer\",\"null\"],\"minimum\":1,\"default\":7},"
                     "\"list\":{\"insertionOrder\":false,\"items\":{\"properties\":{"
                     "\"deep\":{\"type\":\"boolean\",\"x-wire\":\"Deep\"}}}}}}");
    const struct schema_node *root = schema_of(set, "aws_x")->root;
    assert_int_equal(root->property_len, 3);
    assert_true(root->properties[0].required);
    assert_false(root->properties[1].required);
    assert_string_equal(root->properties[1].wire, "twoWords");
    const struct schema_node *number = root->properties[1].node;
    assert_int_equal(number->types, SCHEMA_INTEGER | SCHEMA_NULL);
    assert_true(number->has_minimum && number->minimum == 1.0 && !number->has_maximum);
    assert_int_equal(number->otherwise->integer, 7);
    const struct schema_node *list = root->properties[2].node;
    assert_int_equal(list->types, SCHEMA_ARRAY);
    assert_false(list->insertion_order);
    assert_int_equal(list->items->types, SCHEMA_OBJECT);
    assert_string_equal(list->items->properties[0].wire, "Deep");
    assert_true(list->items->properties[0].node->irreversible);
    arena_free(arena);
}

static void a_ref_takes_the_target_and_lets_keywords_beside_it_win(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct schema_set *set =
        parse(arena, "{" TYPE_HEAD "\"readOnlyProperties\":[\"/name\",\"/b/inner\"],"
                     "\"definitions\":{\"t\":{\"type\":\"string\",\"description\":\"old\","
                     "\"maxLength\":5},\"o\":{\"properties\":{\"inner\":{\"type\":\"string\"}}}},"
                     "\"properties\":{\"name\":{\"$ref\":\"#/definitions/t\"},"
                     "\"a\":{\"$ref\":\"aws_x#/properties/name\",\"description\":\"new\"},"
                     "\"b\":{\"$ref\":\"#/definitions/o\"},\"c\":{\"$ref\":\"#/definitions/o\"}}}");
    const struct schema_node *root = schema_of(set, "aws_x")->root;
    const struct schema_node *a = schema_property_of(root, "a");
    assert_int_equal(a->max_length, 5);
    assert_string_equal(a->description, "new");
    assert_string_equal(schema_property_of(root, "name")->description, "old");
    assert_true(schema_property_of(root, "name")->read_only);
    assert_false(a->read_only);
    assert_true(schema_property_of(schema_property_of(root, "b"), "inner")->read_only);
    assert_false(schema_property_of(schema_property_of(root, "c"), "inner")->read_only);
    arena_free(arena);
}

static void alternatives_become_one_node(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct schema_set *set =
        parse(arena, "{" TYPE_HEAD "\"properties\":{\"name\":{\"oneOf\":["
                     "{\"type\":\"string\",\"pattern\":\"^a$\"},"
                     "{\"type\":\"string\",\"pattern\":\"^b$\"},"
                     "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}]}}}");
    const struct schema_node *node = schema_property_of(schema_of(set, "aws_x")->root, "name");
    assert_int_equal(node->types, SCHEMA_STRING | SCHEMA_ARRAY);
    assert_string_equal(node->pattern, "(^a$)|(^b$)");
    assert_int_equal(node->items->types, SCHEMA_INTEGER);
    arena_free(arena);
}

static void a_wrong_schema_is_a_bug_that_names_the_fault(void **state)
{
    (void)state;
    static const struct {
        const char *rest, *why;
    } cases[] = {
        {"\"properties\":{\"name\":{\"type\":\"text\"}}", "text is not a word"},
        {"\"properties\":{\"name\":{\"format\":\"date\"}}", "at /name: unknown keyword format"},
        {"\"additionalProperties\":{},\"properties\":{\"name\":{}}", "unknown keyword"},
        {"\"properties\":{\"nam\":{}}", "primaryIdentifier /name leads to no property"},
        {"\"required\":[\"x\"],\"properties\":{\"name\":{}}", "required names x"},
        {"\"readOnlyProperties\":[\"/x\"],\"properties\":{\"name\":{}}", "/x leads to no property"},
        {"\"properties\":{\"name\":{\"$ref\":\"#/definitions/x\"}}", "leads nowhere"},
        {"\"definitions\":{\"x\":{\"items\":{\"$ref\":\"#/definitions/x\"}}},"
         "\"properties\":{\"name\":{\"$ref\":\"#/definitions/x\"}}",
         "in circles"},
        {"\"properties\":{\"name\":{\"pattern\":\"\\\\d\"}}", "POSIX"},
        {"\"properties\":{\"name\":{\"x-ref\":\"aws_x/nothing\"}}", "x-ref"},
        {"\"x-arn\":\"a:${nothing}\",\"properties\":{\"name\":{}}", "x-arn names nothing"},
        {"\"properties\":{\"name\":{\"oneOf\":[{\"type\":\"array\"},{\"type\":\"array\"}]}}",
         "two alternatives of one type"},
        {"\"properties\":{\"name\":{\"x-displaces\":[\"other\"]}}", "no other beside it"},
        {"\"properties\":{\"name\":{\"x-shows\":[\"other\"]}}", "no other beside it"},
        {"\"properties\":{\"name\":{\"x-lost-with\":[\"other\"]}}", "no other beside it"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[2048];
        snprintf(text, sizeof(text), "{" TYPE_HEAD "%s}", cases[i].rest);
        assert_true(refuses(text, cases[i].why));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_embedded_schemas_load),
        cmocka_unit_test(keywords_reach_the_node),
        cmocka_unit_test(a_ref_takes_the_target_and_lets_keywords_beside_it_win),
        cmocka_unit_test(alternatives_become_one_node),
        cmocka_unit_test(a_wrong_schema_is_a_bug_that_names_the_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
