#include "engine/policy/compare.h"

#include "quoted.h"

#define WITH(more) "{'Version':'2012-10-17','Statement':[{'Effect':'Allow'," more "}]}"
#define ACTIONS "'Action':'s3:*','Resource':'*'"
#define WHEN(condition) WITH(ACTIONS ",'Condition':{" condition "}")
#define WHO(principal) WITH(ACTIONS ",'Principal':" principal)

struct row {
    const char *a, *b;
    bool same;
};

static void check(const struct row *rows, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct arena *arena = arena_new();
        const struct value *a = json_restore_unknown(arena, quoted(arena, rows[i].a));
        const struct value *b = json_restore_unknown(arena, quoted(arena, rows[i].b));
        const struct value *canonical = policy_canonical(arena, a);
        if (policy_same(a, b) != rows[i].same || policy_same(b, a) != rows[i].same)
            fail_msg("row %zu: %s and %s: %s", i, rows[i].a, rows[i].b,
                     json_print(arena, canonical, JSON_SORTED));
        if (!value_equal(policy_canonical(arena, canonical), canonical))
            fail_msg("row %zu is not canonical at once: %s", i,
                     json_print(arena, canonical, JSON_SORTED));
        arena_free(arena);
    }
}

static void documents_that_mean_the_same_are_the_same(void **state)
{
    static const struct row rows[] = {
        {WITH(ACTIONS),
         "{'Statement':{'Resource':['*'],'Action':['s3:*'],'Effect':'Allow'},"
         "'Version':'2012-10-17'}",
         true},
        {"{'Statement':{'Effect':'Deny','Action':'*','Resource':'*'}}",
         "{'Version':'2008-10-17','Statement':{'Effect':'Deny','Action':'*','Resource':'*'}}",
         true},
        {WITH(ACTIONS), "{'Statement':[{'Effect':'Allow'," ACTIONS "}]}", false},
        {WITH("'Action':['s3:GetObject','s3:PutObject','s3:GetObject'],'Resource':['b','a']"),
         WITH("'Action':['S3:putobject','s3:GetObject'],'Resource':['a','b']"), true},
        {WITH("'Action':'s3:Get*','Resource':'*'"), WITH("'NotAction':'s3:Get*','Resource':'*'"),
         false},
        {WITH("'Action':'s3:*','Resource':'arn:aws:s3:::B'"),
         WITH("'Action':'s3:*','Resource':'arn:aws:s3:::b'"), false},
        {WITH(ACTIONS), WITH(ACTIONS ",'Sid':'a'"), false},
        {WITH(ACTIONS), WITH(ACTIONS ",'Condition':{}"), true},
        {WHO("{'AWS':'111122223333'}"), WHO("{'AWS':['arn:aws:iam::111122223333:root']}"), true},
        {WHO("{'AWS':'111122223333'}"), WHO("{'AWS':'arn:aws-cn:iam::111122223333:root'}"), true},
        {WHO("{'AWS':'111122223333'}"), WHO("{'AWS':'arn:aws:iam::111122223333:role/root'}"),
         false},
        {WHO("{'AWS':['444455556666','111122223333']}"),
         WHO("{'AWS':['arn:aws:iam::111122223333:root','444455556666']}"), true},
        {WHO("'*'"), WHO("{'AWS':'*'}"), true},
        {WHO("'*'"), WHO("{'AWS':['*']}"), true},
        {WHO("'*'"), WHO("{'Service':'*'}"), false},
        {WHO("'*'"), WHO("{'AWS':'*','Service':'sns.amazonaws.com'}"), false},
        {WHO("{'Service':['b','a'],'AWS':'111122223333'}"),
         WHO("{'AWS':'111122223333','Service':['a','b']}"), true},
        {WHO("{'Service':'a'}"), WHO("{'Federated':'a'}"), false},
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void conditions_that_mean_the_same_are_the_same(void **state)
{
    static const struct row rows[] = {
        {WHEN("'Bool':{'kms:GrantIsForAWSResource':true}"),
         WHEN("'bool':{'KMS:GrantIsForAwsResource':['true']}"), true},
        {WHEN("'Bool':{'aws:x':'True'}"), WHEN("'Bool':{'aws:x':'true'}"), true},
        {WHEN("'StringEquals':{'aws:x':'True'}"), WHEN("'StringEquals':{'aws:x':'true'}"), false},
        {WHEN("'StringEquals':{'aws:x':true}"), WHEN("'StringEquals':{'aws:x':'true'}"), true},
        {WHEN("'NumericEquals':{'aws:x':90}"), WHEN("'NumericEquals':{'aws:x':'90'}"), true},
        {WHEN("'StringEquals':{'aws:PrincipalTag/Team':'a'}"),
         WHEN("'StringEquals':{'AWS:principaltag/Team':'a'}"), true},
        {WHEN("'StringEquals':{'aws:PrincipalTag/Team':'a'}"),
         WHEN("'StringEquals':{'aws:PrincipalTag/team':'a'}"), false},
        {WHEN("'ArnEquals':{'aws:SourceArn':'a'}"), WHEN("'ArnLike':{'AWS:SourceArn':'a'}"), true},
        {WHEN("'ArnNotEqualsIfExists':{'aws:SourceArn':'a'}"),
         WHEN("'ArnNotLikeIfExists':{'aws:SourceArn':'a'}"), true},
        {WHEN("'ArnEquals':{'aws:SourceArn':'a'}"), WHEN("'ArnNotLike':{'aws:SourceArn':'a'}"),
         false},
        {WHEN("'StringLike':{'aws:x':'a'},'StringEquals':{'aws:y':['c','b']}"),
         WHEN("'stringequals':{'AWS:Y':['b','c']},'StringLike':{'aws:x':'a'}"), true},
        /* both must hold: neither may swallow the other, in whatever order they stand */
        {WHEN("'ArnEquals':{'aws:SourceArn':'a'},'ArnLike':{'aws:SourceArn':'b'}"),
         WHEN("'ArnLike':{'aws:SourceArn':'b'},'ArnEquals':{'aws:SourceArn':'a'}"), true},
        {WHEN("'ArnEquals':{'aws:SourceArn':'a'},'ArnLike':{'aws:SourceArn':'b'}"),
         WHEN("'ArnLike':{'aws:SourceArn':'b'}"), false},
        {WHEN("'ArnEquals':{'aws:SourceArn':'a'},'ArnLike':{'aws:PrincipalArn':'b'}"),
         WHEN("'ArnLike':{'aws:SourceArn':'a','aws:PrincipalArn':'b'}"), true},
        {WHEN("'StringEquals':{'aws:x':'a','AWS:X':'b'}"), WHEN("'StringEquals':{'aws:x':'b'}"),
         false},
        {WHEN("'NoSuchOperator':{'aws:x':['b','a']}"), WHEN("'NoSuchOperator':{'aws:x':['a','b']}"),
         false},
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void the_order_of_statements_does_not_matter(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{'Id':'x','Statement':[{'Sid':'a','Effect':'Allow'," ACTIONS "},"
         "{'Sid':'b','Effect':'Deny'," ACTIONS "}]}",
         "{'Id':'x','Statement':[{'Sid':'b','Effect':'Deny'," ACTIONS "},"
         "{'Sid':'a','Effect':'Allow'," ACTIONS "}]}",
         true},
        {"{'Id':'x','Statement':{'Effect':'Allow'," ACTIONS "}}",
         "{'Id':'y','Statement':{'Effect':'Allow'," ACTIONS "}}", false},
        {"{'Statement':[{'Effect':'Allow'," ACTIONS "},{'Effect':'Deny'," ACTIONS "}]}",
         "{'Statement':[{'Effect':'Allow'," ACTIONS "}]}", false},
    };
    check(rows, ARRAY_LEN(rows));
}

static void unknowns_stay_and_odd_shapes_come_back_as_they_are(void **state)
{
    static const struct row rows[] = {
        {WHO("{'AWS':{'$ref':'roles.r.arn'}}"), WHO("{'AWS':[{'$ref':'roles.r.arn'}]}"), true},
        {WHO("{'AWS':{'$ref':'roles.r.arn'}}"), WHO("{'AWS':[{'$ref':'roles.q.arn'}]}"), false},
        {WITH("'Action':'s3:*','Resource':{'$concat':[{'$ref':'a.b.arn'},'/*']}"),
         WITH("'Resource':[{'$concat':[{'$ref':'a.b.arn'},'/*']}],'Action':'S3:*'"), true},
        {"{'Statement':{'$ref':'a.b'}}", "{'Statement':{'$ref':'a.b'}}", true},
        {"'text'", "'text'", true},
        {"'text'", "'other'", false},
        {"{'Rules':['b','a']}", "{'Rules':['a','b']}", false},
        {"{'Statement':['x',{'Effect':7,'Principal':5,'Condition':'c'}]}",
         "{'Statement':[{'Effect':7,'Principal':5,'Condition':'c'},'x']}", true},
        {"null", "null", true},
        {"[1,2]", "[2,1]", false},
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
    assert_null(policy_canonical(NULL, NULL));
    assert_true(policy_same(NULL, NULL));
}

static void a_policy_as_text_is_the_policy(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct value *map = quoted(arena, WITH(ACTIONS));
    const struct value *text = value_string(arena, json_print(arena, map, JSON_PRETTY));
    assert_true(policy_same(map, text));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_that_mean_the_same_are_the_same),
        cmocka_unit_test(conditions_that_mean_the_same_are_the_same),
        cmocka_unit_test(the_order_of_statements_does_not_matter),
        cmocka_unit_test(unknowns_stay_and_odd_shapes_come_back_as_they_are),
        cmocka_unit_test(a_policy_as_text_is_the_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
