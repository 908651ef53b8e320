#include "engine/policy/admits.h"

#include "quoted.h"

#define HERE "111122223333"
#define DOC(statements) "{'Version':'2012-10-17','Statement':[" statements "]}"

static void strangers_are_told_from_the_account_and_from_services(void **state)
{
    static const struct {
        const char *who;
        bool other;
    } rows[] = {
        {"'Principal':'*'", true},
        {"'Principal':{'AWS':'*'}", true},
        {"'NotPrincipal':{'AWS':'" HERE "'}", true},
        {"'Principal':{'AWS':'444455556666'}", true},
        {"'Principal':{'AWS':['" HERE "','arn:aws:iam::444455556666:role/r']}", true},
        {"'Principal':{'AWS':'AIDAEXAMPLE'}", true},
        {"'Principal':{'AWS':{'$ref':'roles.r.arn'}}", true},
        {"'Principal':{'Federated':'cognito-identity.amazonaws.com'}", true},
        {"'Principal':{'AWS':['" HERE "','arn:aws:iam::" HERE ":root']}", false},
        {"'Principal':{'AWS':'arn:aws:iam::" HERE ":role/r','Service':'a.amazonaws.com'}", false},
        {"'Principal':{'Service':'backup.amazonaws.com'}", false},
        {"'Action':'s3:*'", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena = arena_new();
        const char *text = arena_printf(arena,
                                        "{'Statement':[{'Sid':'u','Effect':'Allow',%s},"
                                        "{'Sid':'d','Effect':'Deny','Principal':'*'}]}",
                                        rows[i].who);
        const struct value *doc = json_restore_unknown(arena, quoted(arena, text));
        const struct value *found = policy_admitting_others(arena, doc, HERE);
        if ((found != NULL) != rows[i].other)
            fail_msg("%s", rows[i].who);
        if (found)
            assert_int_equal(value_len(value_get(found, "Statement")), 1);
        arena_free(arena);
    }
}

/* "statement 2" is the second one of the document. */
static void a_statement_without_a_name_keeps_its_place(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *doc = quoted(arena, DOC("{'Effect':'Allow','Principal':{'AWS':'" HERE "'}},"
                                                "{'Effect':'Allow','Principal':'*'}"));
    const struct value *found = policy_admitting_others(arena, doc, HERE);
    assert_int_equal(value_len(value_get(found, "Statement")), 2);
    assert_null(policy_admitting_others(arena, NULL, HERE));
    assert_null(policy_admitting_others(arena, quoted(arena, "{'a':1}"), HERE));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_are_told_from_the_account_and_from_services),
        cmocka_unit_test(a_statement_without_a_name_keeps_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
