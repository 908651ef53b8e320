#include "tests/unit/simulator/room.h"

struct form_row {
    const char *form, *json;
};

static const struct form_row forms[] = {
    {"Action=CreateRole&RoleName=a%20b+c", "{\"Action\":\"CreateRole\",\"RoleName\":\"a b c\"}"},
    {"Tags.member.1.Key=x&Tags.member.1.Value=1&Tags.member.2.Key=y&Tags.member.2.Value=",
     "{\"Tags\":[{\"Key\":\"x\",\"Value\":\"1\"},{\"Key\":\"y\",\"Value\":\"\"}]}"},
    {"L.member.10=j&L.member.9=i&L.member.1=a", "{\"L\":[\"a\",\"i\",\"j\"]}"},
    {"Filters.Filter.1.Name=n&Filters.Filter.1.Values.Value.1=v",
     "{\"Filters\":[{\"Name\":\"n\",\"Values\":[\"v\"]}]}"},
    {"Attributes.entry.1.key=a&Attributes.entry.1.value=b&Attributes.entry.2.key=c"
     "&Attributes.entry.2.value=d",
     "{\"Attributes\":{\"a\":\"b\",\"c\":\"d\"}}"},
    {"Name.1=a&Name.2=b", "{\"Name\":[\"a\",\"b\"]}"},
    {"A.B=1&A.C=2", "{\"A\":{\"B\":\"1\",\"C\":\"2\"}}"},
};

static void the_flattened_lists_and_maps_of_a_form_are_rebuilt(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        assert_string_equal(
            json_print(arena, form_decode(arena, slice_of(forms[i].form)), JSON_COMPACT),
            forms[i].json);
    arena_free(arena);
}

static void labels_are_found_and_slashes_at_the_end_do_not_count(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct {
        const char *uri, *path;
        const char *label; /* of {x}; NULL: no match */
    } rows[] = {
        {"/v/{x}", "/v/name", "name"},
        {"/v/{x}", "/v/name/", "name"},
        {"/v/{x}/", "/v/name", "name"},
        {"/v/{x}/p/", "/v/arn%3Aaws%3Ards%3A%3A1%3Asnapshot%2Fa/p", "arn:aws:rds::1:snapshot/a"},
        {"/v/{x}", "/v", NULL},
        {"/v/{x}", "/v/a/b", NULL},
        {"/v/{x}", "/w/a", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct map_builder labels;
        bool fits = uri_match(arena, rows[i].uri, slice_of(rows[i].path), &labels);
        assert_int_equal(fits, rows[i].label != NULL);
        if (fits)
            assert_string_equal(value_get_str(map_end(&labels), "x"), rows[i].label);
    }
    arena_free(arena);
}

static void a_name_that_stands_twice_in_a_query_gives_a_list(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *v = query_decode(arena, slice_of("tagKeys=a&tagKeys=b%2Fc&n=1"));
    assert_string_equal(json_print(arena, v, JSON_COMPACT),
                        "{\"tagKeys\":[\"a\",\"b/c\"],\"n\":\"1\"}");
    arena_free(arena);
}

static void broken_percent_signs_stay_as_they_are(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(percent_decode(arena, slice_of("100%"), false), "100%");
    assert_string_equal(percent_decode(arena, slice_of("%4"), false), "%4");
    assert_string_equal(percent_decode(arena, slice_of("%zz+%41"), false), "%zz+A");
    assert_string_equal(percent_encode(arena, "a/b c~\xc3\xbc"), "a%2Fb%20c~%C3%BC");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_flattened_lists_and_maps_of_a_form_are_rebuilt),
        cmocka_unit_test(labels_are_found_and_slashes_at_the_end_do_not_count),
        cmocka_unit_test(a_name_that_stands_twice_in_a_query_gives_a_list),
        cmocka_unit_test(broken_percent_signs_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
