#include "engine/drill/deeds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "simulator/service.h"

static const struct sim_api *const apis[] = {
#define SERVICE(name) &sim_##name,
#include "simulator/services.inc"
#undef SERVICE
};

static const struct sim_operation *writing(const char *service, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(apis); i++)
        for (size_t k = 0; str_eq(apis[i]->service, service) && k < apis[i]->operation_len; k++)
            if (apis[i]->operations[k].writes && str_eq(apis[i]->operations[k].name, name))
                return &apis[i]->operations[k];
    return NULL;
}

static size_t tried(const char *service, const char *name)
{
    size_t len, found = 0;
    const struct drill_deed *deeds = drill_deeds(&len);
    for (size_t i = 0; i < len; i++)
        found += str_eq(deeds[i].service, service) && str_eq(deeds[i].operation, name);
    return found;
}

static size_t spared(const char *service, const char *name)
{
    size_t len, found = 0;
    const struct drill_spared *spareds = drill_spareds(&len);
    for (size_t i = 0; i < len; i++)
        found += str_eq(spareds[i].service, service) && str_eq(spareds[i].operation, name);
    return found;
}

static void whatever_writes_is_tried_or_spared_with_a_reason(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_LEN(apis); i++) {
        for (size_t k = 0; k < apis[i]->operation_len; k++) {
            const struct sim_operation *operation = &apis[i]->operations[k];
            size_t does = tried(apis[i]->service, operation->name);
            size_t does_not = spared(apis[i]->service, operation->name);
            if (operation->writes ? (does > 0) + does_not == 1 : does + does_not == 0)
                continue;
            print_error("%s:%s is tried by %zu rows and spared by %zu\n", apis[i]->service,
                        operation->name, does, does_not);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void no_row_is_of_an_operation_that_is_not_there(void **state)
{
    (void)state;
    size_t len;
    struct arena *arena = arena_new();
    const struct drill_deed *deeds = drill_deeds(&len);
    for (size_t i = 0; i < len; i++)
        if (!writing(deeds[i].service, deeds[i].operation) || !deed_operation(arena, &deeds[i]))
            fail_msg("%s:%s", deeds[i].service, deeds[i].operation);
    const struct drill_spared *spareds = drill_spareds(&len);
    for (size_t i = 0; i < len; i++)
        if (!writing(spareds[i].service, spareds[i].operation) || !*spareds[i].why)
            fail_msg("%s:%s", spareds[i].service, spareds[i].operation);
    arena_free(arena);
}

/* ---- forms ---- */

static const struct value *json(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(arena, slice_of(text), &v, &why));
    return v;
}

static void a_form_makes_the_inputs_of_its_calls(void **state)
{
    (void)state;
    static const struct aws_operation operation = {.uri = "/vaults/{vaultName}"};
    static const struct {
        const char *form, *labels, *query, *body; /* body NULL: no call */
        size_t calls;
    } cases[] = {
        {"VaultName=name;?how=#'now'", "{\"vaultName\":\"v\"}", "{\"how\":\"now\"}", "{}", 1},
        {"A=list.1;B=+name;C=#{'at':'$region/$deep.in'}", "{}", "{}",
         "{\"A\":\"y\",\"B\":[\"v\"],\"C\":{\"at\":\"us-east-1/z\"}}", 1},
        {"A=*list", "{}", "{}", "{\"A\":\"x\"}", 2},
        {"A=%map;B=%ids", "{}", "{}", "{\"A\":[\"k\"],\"B\":[\"i\"]}", 1},
        {"A=missing", NULL, NULL, NULL, 0},
        {"A=*missing", NULL, NULL, NULL, 0},
        {"A=#'$missing'", NULL, NULL, NULL, 0},
        {"A=%empty", NULL, NULL, NULL, 0},
        {"", "{}", "{}", "{}", 1},
    };
    struct arena *arena = arena_new();
    const struct record object = {
        .region = "us-east-1",
        .account_id = "111122223333",
        .attributes = json(arena, "{\"name\":\"v\",\"list\":[\"x\",\"y\"],\"deep\":{\"in\":\"z\"},"
                                  "\"map\":{\"k\":1},\"ids\":[{\"id\":\"i\"}],\"empty\":{}}")};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct drill_deed deed = {"backup", "X", "x", cases[i].form};
        const struct deed_input *inputs;
        size_t len = deed_inputs(arena, &deed, &operation, &object, "444455556666", &inputs);
        if (len != cases[i].calls)
            fail_msg("%s: %zu calls", cases[i].form, len);
        if (len == 0)
            continue;
        assert_true(value_equal(inputs[0].labels, json(arena, cases[i].labels)));
        assert_true(value_equal(inputs[0].query, json(arena, cases[i].query)));
        assert_true(value_equal(inputs[0].body, json(arena, cases[i].body)));
    }
    arena_free(arena);
}

static void only_what_names_its_object_uniquely_is_tried_from_afar(void **state)
{
    (void)state;
    const struct drill_deed by_name = {"kms", "X", "x", "A=name;B=#'arn'"};
    const struct drill_deed by_arn = {"kms", "X", "x", "A=#1;KeyId=arn"};
    const struct drill_deed own = {"organizations", "LeaveOrganization", "account", ""};
    assert_false(deed_reaches_over(&by_name));
    assert_true(deed_reaches_over(&by_arn));
    assert_false(deed_reaches_over(&own));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_writes_is_tried_or_spared_with_a_reason),
        cmocka_unit_test(no_row_is_of_an_operation_that_is_not_there),
        cmocka_unit_test(a_form_makes_the_inputs_of_its_calls),
        cmocka_unit_test(only_what_names_its_object_uniquely_is_tried_from_afar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
