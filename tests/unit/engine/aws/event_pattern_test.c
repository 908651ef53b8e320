#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/aws/event_pattern.h"
#include "engine/base/json.h"

static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(arena, slice_of(text), &v, &why))
        fail_msg("%s: %s", text, why);
    return v;
}

#define COPY_EVENT                                                                                 \
    "{\"source\":\"aws.backup\",\"detail-type\":\"Copy Job State Change\",\"account\":\"1\","      \
    "\"detail\":{\"state\":\"COMPLETED\",\"destinationBackupVaultArn\":\"arn:v\"}}"

static void patterns_take_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *event;
        bool matches;
    } rows[] = {
        {"{\"source\":[\"aws.backup\"],\"detail\":{\"state\":[\"FAILED\",\"COMPLETED\"]}}",
         COPY_EVENT, true},
        {"{\"source\":[\"aws.backup\"],\"detail\":{\"state\":[\"FAILED\"]}}", COPY_EVENT, false},
        {"{\"source\":[\"aws.backup\"],\"region\":[\"us-east-1\"]}", COPY_EVENT, false},
        /* literals */
        {"{\"a\":[1]}", "{\"a\":1.0}", true},
        {"{\"a\":[1]}", "{\"a\":\"1\"}", false},
        {"{\"a\":[true]}", "{\"a\":true}", true},
        {"{\"a\":[null]}", "{\"a\":null}", true},
        {"{\"a\":[null]}", "{}", false},
        {"{\"a\":[\"\"]}", "{\"a\":\"\"}", true},
        {"{\"a\":[\"x\"]}", "{\"a\":\"X\"}", false},
        /* lists in the event */
        {"{\"a\":[\"x\"]}", "{\"a\":[\"y\",\"x\"]}", true},
        {"{\"a\":[\"x\"]}", "{\"a\":[]}", false},
        {"{\"a\":{\"b\":[1],\"c\":[2]}}", "{\"a\":[{\"b\":1,\"c\":2}]}", true},
        {"{\"a\":{\"b\":[1],\"c\":[2]}}", "{\"a\":[{\"b\":1},{\"c\":2}]}", false},
        /* an object where a leaf is asked for: copy events do that */
        {"{\"a\":[{\"prefix\":\"\"}]}", "{\"a\":{}}", false},
        {"{\"a\":[{\"exists\":true}]}", "{\"a\":{}}", false},
        /* prefix and suffix */
        {"{\"a\":[{\"prefix\":\"ab\"}]}", "{\"a\":\"abc\"}", true},
        {"{\"a\":[{\"prefix\":\"ab\"}]}", "{\"a\":\"a\"}", false},
        {"{\"a\":[{\"prefix\":{\"equals-ignore-case\":\"AB\"}}]}", "{\"a\":\"abc\"}", true},
        {"{\"a\":[{\"suffix\":\".png\"}]}", "{\"a\":\"x.png\"}", true},
        {"{\"a\":[{\"suffix\":\".png\"}]}", "{\"a\":\"x.PNG\"}", false},
        {"{\"a\":[{\"prefix\":\"1\"}]}", "{\"a\":12}", false},
        {"{\"a\":[{\"equals-ignore-case\":\"Failed\"}]}", "{\"a\":\"FAILED\"}", true},
        {"{\"a\":[{\"equals-ignore-case\":\"Failed\"}]}", "{\"a\":\"FAILED!\"}", false},
        /* wildcard */
        {"{\"a\":[{\"wildcard\":\"arn:*:snapshot:*\"}]}", "{\"a\":\"arn:x:snapshot:y\"}", true},
        {"{\"a\":[{\"wildcard\":\"arn:*:snapshot:*\"}]}", "{\"a\":\"arn:x:volume:y\"}", false},
        {"{\"a\":[{\"wildcard\":\"a\\\\*b\"}]}", "{\"a\":\"a*b\"}", true},
        {"{\"a\":[{\"wildcard\":\"a\\\\*b\"}]}", "{\"a\":\"axb\"}", false},
        {"{\"a\":[{\"wildcard\":\"a?\"}]}", "{\"a\":\"ab\"}", false},
        /* exists */
        {"{\"a\":[{\"exists\":true}]}", "{\"a\":null}", true},
        {"{\"a\":[{\"exists\":true}]}", "{}", false},
        {"{\"a\":[{\"exists\":false}]}", "{}", true},
        {"{\"a\":[{\"exists\":false}]}", "{\"a\":1}", false},
        {"{\"a\":{\"b\":[{\"exists\":false}]}}", "{}", true},
        {"{\"a\":{\"b\":[{\"exists\":false}]}}", "{\"a\":{\"b\":1}}", false},
        {"{\"a\":[\"x\",{\"exists\":false}]}", "{}", true},
        {"{\"a\":{\"b\":[{\"exists\":false}]}}", "{\"a\":[{\"b\":1}]}", false},
        {"{\"a\":{\"b\":[{\"exists\":false}]}}", "{\"a\":[{\"c\":1}]}", true},
        /* anything-but */
        {"{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":\"y\"}", true},
        {"{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":\"x\"}", false},
        {"{\"a\":[{\"anything-but\":\"x\"}]}", "{}", false},
        {"{\"a\":[{\"anything-but\":[\"x\",1]}]}", "{\"a\":1}", false},
        {"{\"a\":[{\"anything-but\":[\"x\",1]}]}", "{\"a\":2}", true},
        {"{\"a\":[{\"anything-but\":{\"prefix\":\"aws.\"}}]}", "{\"a\":\"aws.s3\"}", false},
        {"{\"a\":[{\"anything-but\":{\"prefix\":\"aws.\"}}]}", "{\"a\":\"mine\"}", true},
        {"{\"a\":[{\"anything-but\":{\"suffix\":[\"x\",\"y\"]}}]}", "{\"a\":\"ay\"}", false},
        /* numeric */
        {"{\"a\":[{\"numeric\":[\">\",0,\"<=\",5]}]}", "{\"a\":5}", true},
        {"{\"a\":[{\"numeric\":[\">\",0,\"<=\",5]}]}", "{\"a\":0}", false},
        {"{\"a\":[{\"numeric\":[\"=\",3.5]}]}", "{\"a\":3.5}", true},
        {"{\"a\":[{\"numeric\":[\"<\",10]}]}", "{\"a\":\"3\"}", false},
        /* $or beside other keys */
        {"{\"s\":[1],\"$or\":[{\"a\":[1]},{\"b\":[2]}]}", "{\"s\":1,\"b\":2}", true},
        {"{\"s\":[1],\"$or\":[{\"a\":[1]},{\"b\":[2]}]}", "{\"s\":1,\"b\":3}", false},
        {"{\"s\":[1],\"$or\":[{\"a\":[1]},{\"b\":[2]}]}", "{\"s\":2,\"a\":1}", false},
        {"{\"d\":{\"$or\":[{\"a\":[1]},{\"b\":[2]}]}}", "{\"d\":{\"a\":1}}", true},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct value *pattern = parse(arena, rows[i].pattern);
        const char *why = NULL;
        if (!event_pattern_check(pattern, &why))
            fail_msg("%s: %s", rows[i].pattern, why);
        if (event_pattern_matches(pattern, parse(arena, rows[i].event)) != rows[i].matches)
            fail_msg("%s against %s", rows[i].pattern, rows[i].event);
    }
    arena_free(arena);
}

static void what_is_not_known_is_refused_and_never_matches(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{}",
        "[]",
        "\"x\"",
        "{\"a\":\"x\"}",
        "{\"a\":[]}",
        "{\"a\":{}}",
        "{\"a\":[[\"x\"]]}",
        "{\"a\":[{}]}",
        "{\"a\":[{\"cidr\":\"10.0.0.0/8\"}]}",
        "{\"a\":[{\"prefix\":\"x\",\"suffix\":\"x\"}]}",
        "{\"a\":[{\"prefix\":1}]}",
        "{\"a\":[{\"prefix\":{\"regex\":\"x\"}}]}",
        "{\"a\":[{\"exists\":\"true\"}]}",
        "{\"a\":[{\"numeric\":[\">\"]}]}",
        "{\"a\":[{\"numeric\":[\"!=\",1]}]}",
        "{\"a\":[{\"numeric\":[\">\",\"1\"]}]}",
        "{\"a\":[{\"anything-but\":[]}]}",
        "{\"a\":[{\"anything-but\":{\"regex\":\"y\"}}]}",
        "{\"a\":[{\"anything-but\":[{\"prefix\":\"y\"}]}]}",
        "{\"$or\":[{\"a\":[\"x\"]}]}",
        "{\"$or\":{\"a\":[\"x\"]}}",
        "{\"$or\":[{\"a\":[\"x\"]},{\"b\":[{\"regex\":\"x\"}]}]}",
        /* the known part alone would match */
        "{\"a\":[\"x\",{\"regex\":\"x\"}]}",
    };
    struct arena *arena = arena_new();
    const struct value *event = parse(arena, "{\"a\":\"x\",\"b\":\"x\"}");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct value *pattern = parse(arena, rows[i]);
        const char *why = NULL;
        if (event_pattern_check(pattern, &why) || event_pattern_matches(pattern, event))
            fail_msg("%s was taken", rows[i]);
        assert_non_null(why);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_take_what_they_say),
        cmocka_unit_test(what_is_not_known_is_refused_and_never_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
