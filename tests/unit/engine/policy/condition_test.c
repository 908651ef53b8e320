/* Conditions, judged through a whole evaluation: an Allow and a Deny with the same condition. */

#include "engine/policy/evaluate.h"

#include "quoted.h"

static bool matches(struct arena *arena, const char *effect, const char *condition,
                    const struct value *context)
{
    struct diags diags;
    struct policy policy;
    struct policy_answer answer;
    diags_init(&diags, arena);
    const char *text = arena_printf(
        arena,
        "{'Version':'2012-10-17','Statement':{'Effect':'%s','Action':'*','Resource':'*',"
        "'Condition':{%s}}}",
        effect, condition);
    if (!policy_parse(arena, quoted(arena, text), &policy, &diags, NULL))
        fail_msg("%s: %s", condition, diags.items[0].message);
    const struct policy *items[] = {&policy};
    struct policy_set set = {.identity_policies = {items, 1}};
    struct policy_request request = {.principal = "arn:aws:iam::111122223333:user/bob",
                                     .action = "s3:GetObject",
                                     .resource = "*",
                                     .context = context};
    policy_evaluate(arena, &request, &set, &answer);
    return answer.decision != POLICY_IMPLICITLY_DENIED;
}

enum holds { NO, YES, OPEN }; /* OPEN: not in an Allow, but in a Deny */

struct row {
    const char *condition, *context;
    enum holds holds;
};

static void check(const struct row *rows, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct arena *arena = arena_new();
        const struct value *context = quoted(arena, rows[i].context);
        bool allow = matches(arena, "Allow", rows[i].condition, context);
        bool deny = matches(arena, "Deny", rows[i].condition, context);
        if (allow != (rows[i].holds == YES) || deny != (rows[i].holds != NO))
            fail_msg("row %zu: %s with %s: Allow %d, Deny %d", i, rows[i].condition,
                     rows[i].context, allow, deny);
        arena_free(arena);
    }
}

static void values_compare_by_their_operator(void **state)
{
    static const struct row rows[] = {
        {"'StringEquals':{'aws:x':'a'}", "{'aws:x':'a'}", YES},
        {"'StringEquals':{'aws:x':['b','a']}", "{'aws:x':'a'}", YES},
        {"'StringEquals':{'AWS:X':'a'}", "{'aws:x':'a'}", YES},
        {"'StringEquals':{'aws:x':'a'}", "{'aws:x':'A'}", NO},
        {"'StringEquals':{'aws:x':'a*'}", "{'aws:x':'ab'}", NO},
        {"'StringEqualsIgnoreCase':{'aws:x':'a'}", "{'aws:x':'A'}", YES},
        {"'StringNotEquals':{'aws:x':'a'}", "{'aws:x':'a'}", NO},
        {"'StringNotEquals':{'aws:x':['a','b']}", "{'aws:x':'b'}", NO},
        {"'StringNotEquals':{'aws:x':['a','b']}", "{'aws:x':'c'}", YES},
        {"'StringNotEqualsIgnoreCase':{'aws:x':'a'}", "{'aws:x':'A'}", NO},
        {"'StringLike':{'aws:x':'a*z?'}", "{'aws:x':'a-zz'}", YES},
        {"'StringLike':{'aws:x':'a*z?'}", "{'aws:x':'A-zz'}", NO},
        {"'StringNotLike':{'aws:x':'a*'}", "{'aws:x':'ab'}", NO},
        {"'NumericEquals':{'aws:n':'7'}", "{'aws:n':7.0}", YES},
        {"'NumericNotEquals':{'aws:n':7}", "{'aws:n':'7'}", NO},
        {"'NumericLessThan':{'aws:n':10}", "{'aws:n':'9'}", YES},
        {"'NumericLessThan':{'aws:n':10}", "{'aws:n':10}", NO},
        {"'NumericLessThanEquals':{'aws:n':10}", "{'aws:n':10}", YES},
        {"'NumericGreaterThan':{'aws:n':10}", "{'aws:n':10}", NO},
        {"'NumericGreaterThan':{'aws:n':-1.5}", "{'aws:n':-1}", YES},
        {"'NumericGreaterThanEquals':{'aws:n':10}", "{'aws:n':10}", YES},
        {"'NumericLessThan':{'aws:n':10}", "{'aws:n':'few'}", OPEN},
        {"'DateLessThan':{'aws:t':'2026-01-02T00:00:00Z'}", "{'aws:t':'2026-01-01T23:59:59Z'}",
         YES},
        {"'DateGreaterThan':{'aws:t':'2026-01-02T00:00:00Z'}", "{'aws:t':'2026-01-01T23:59:59Z'}",
         NO},
        {"'DateEquals':{'aws:t':'2026-01-01T00:00:00Z'}", "{'aws:t':1767225600}", YES},
        {"'DateNotEquals':{'aws:t':'2026-01-01T00:00:00Z'}", "{'aws:t':1767225600}", NO},
        {"'Bool':{'aws:SecureTransport':'false'}", "{'aws:SecureTransport':false}", YES},
        {"'Bool':{'aws:SecureTransport':'TRUE'}", "{'aws:SecureTransport':'true'}", YES},
        {"'Bool':{'aws:SecureTransport':'false'}", "{'aws:SecureTransport':true}", NO},
        {"'Bool':{'aws:SecureTransport':'false'}", "{'aws:SecureTransport':'perhaps'}", OPEN},
        {"'BinaryEquals':{'aws:b':'aGk='}", "{'aws:b':'aGk='}", YES},
        {"'BinaryEquals':{'aws:b':'aGk='}", "{'aws:b':'aG8='}", NO},
        {"'IpAddress':{'aws:SourceIp':['10.0.0.0/8','203.0.113.0/24']}",
         "{'aws:SourceIp':'203.0.113.9'}", YES},
        {"'NotIpAddress':{'aws:SourceIp':['10.0.0.0/8','203.0.113.0/24']}",
         "{'aws:SourceIp':'203.0.113.9'}", NO},
        {"'NotIpAddress':{'aws:SourceIp':'10.0.0.0/8'}", "{'aws:SourceIp':'10.x'}", OPEN},
        {"'ArnLike':{'aws:SourceArn':'arn:aws:events:*:111122223333:rule/*'}",
         "{'aws:SourceArn':'arn:aws:events:us-east-1:111122223333:rule/a'}", YES},
        {"'ArnEquals':{'aws:SourceArn':'arn:aws:events:*:111122223333:rule/*'}",
         "{'aws:SourceArn':'arn:aws:events:us-east-1:444455556666:rule/a'}", NO},
        {"'ArnLike':{'aws:SourceArn':'arn:aws:events:*:*:rule/A'}",
         "{'aws:SourceArn':'arn:aws:events:us-east-1:111122223333:rule/a'}", NO},
        {"'ArnLike':{'aws:SourceArn':'arn:aws:sns:*:t'}",
         "{'aws:SourceArn':'arn:aws:sns:us-east-1:111122223333:t'}", OPEN},
        {"'ArnNotEquals':{'aws:PrincipalArn':'arn:aws:iam::*:role/admin'}",
         "{'aws:PrincipalArn':'arn:aws:iam::111122223333:role/admin'}", NO},
        {"'ArnLike':{'aws:SourceArn':'arn:aws:events:*:*:*'}", "{'aws:SourceArn':'rule'}", NO},
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void an_absent_key_fails_unless_negated_or_if_exists(void **state)
{
    static const struct row rows[] = {
        {"'StringEquals':{'aws:x':'a'}", "{}", NO},
        {"'StringNotEquals':{'aws:x':'a'}", "{}", YES},
        {"'StringEqualsIfExists':{'aws:x':'a'}", "{}", YES},
        {"'StringEqualsIfExists':{'aws:x':'a'}", "{'aws:x':'b'}", NO},
        {"'StringNotEqualsIfExists':{'aws:x':'a'}", "{'aws:x':'a'}", NO},
        {"'BoolIfExists':{'aws:MultiFactorAuthPresent':'true'}", "{}", YES},
        {"'Bool':{'aws:MultiFactorAuthPresent':'false'}", "{}", NO},
        {"'NotIpAddress':{'aws:SourceIp':'10.0.0.0/8'}", "{}", YES},
        {"'ArnLike':{'aws:SourceArn':'arn:aws:events:*:*:*'}", "{'aws:SourceArn':null}", NO},
        {"'Null':{'aws:x':'true'}", "{}", YES},
        {"'Null':{'aws:x':'true'}", "{'aws:x':[]}", YES},
        {"'Null':{'aws:x':'true'}", "{'aws:x':'a'}", NO},
        {"'Null':{'aws:x':false}", "{'aws:x':'a'}", YES},
        {"'Null':{'aws:x':'false'}", "{}", NO},
        {"'StringEquals':{'aws:x':'a','aws:y':'b'}", "{'aws:x':'a'}", NO},
        {"'StringEquals':{'aws:x':'a'},'StringLike':{'aws:y':'b*'}", "{'aws:x':'a','aws:y':'bb'}",
         YES},
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void several_values_need_a_set_operator(void **state)
{
    static const struct row rows[] = {
        {"'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':'o-1/r-1/ou-1/*'}",
         "{'aws:PrincipalOrgPaths':['o-9/r-9/','o-1/r-1/ou-1/ou-2/']}", YES},
        {"'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':'o-1/r-1/ou-1/*'}",
         "{'aws:PrincipalOrgPaths':['o-9/r-9/']}", NO},
        {"'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':'o-1/*'}", "{}", NO},
        {"'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':'o-1/*'}",
         "{'aws:PrincipalOrgPaths':'o-1/r-1/'}", YES},
        {"'ForAnyValue:StringEqualsIfExists':{'aws:x':'a'}", "{}", YES},
        {"'ForAnyValue:StringNotEquals':{'aws:x':'a'}", "{'aws:x':['a','b']}", YES},
        {"'ForAnyValue:StringNotEquals':{'aws:x':['a','b']}", "{'aws:x':['a','b']}", NO},
        {"'ForAllValues:StringEquals':{'aws:TagKeys':['a','b']}", "{'aws:TagKeys':['a','b','a']}",
         YES},
        {"'ForAllValues:StringEquals':{'aws:TagKeys':['a','b']}", "{'aws:TagKeys':['a','c']}", NO},
        {"'ForAllValues:StringEquals':{'aws:TagKeys':['a']}", "{}", YES},
        {"'ForAllValues:StringEquals':{'aws:TagKeys':['a']}", "{'aws:TagKeys':[]}", YES},
        {"'ForAllValues:StringNotEquals':{'aws:x':['a','b']}", "{'aws:x':['c','b']}", NO},
        {"'ForAllValues:StringNotEquals':{'aws:x':['a','b']}", "{'aws:x':['c','d']}", YES},
        {"'StringEquals':{'aws:x':'a'}", "{'aws:x':['a']}", YES},
        {"'StringEquals':{'aws:x':'a'}", "{'aws:x':['a','b']}", OPEN},
        {"'StringNotEquals':{'aws:x':'c'}", "{'aws:x':['a','b']}", OPEN},
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void variables_are_put_in_as_plain_text(void **state)
{
    static const struct row rows[] = {
        {"'StringEquals':{'aws:x':'${aws:y}'}", "{'aws:x':'v','aws:y':'v'}", YES},
        {"'StringEquals':{'aws:x':'${aws:y}'}", "{'aws:x':'v','aws:y':'w'}", NO},
        {"'StringLike':{'aws:x':'${aws:y}/*'}", "{'aws:x':'v/1','aws:y':'v'}", YES},
        /* a wildcard that comes out of the request is a character like any other */
        {"'StringLike':{'aws:x':'${aws:y}/*'}", "{'aws:x':'v/1','aws:y':'*'}", NO},
        {"'StringLike':{'aws:x':'${aws:y}/*'}", "{'aws:x':'*/1','aws:y':'*'}", YES},
        {"'StringLike':{'aws:x':'a${*}'}", "{'aws:x':'ab'}", NO},
        {"'StringLike':{'aws:x':'a${*}'}", "{'aws:x':'a*'}", YES},
        {"'StringEquals':{'aws:x':'${aws:y}*'}", "{'aws:x':'v*','aws:y':'v'}", YES},
        {"'StringEquals':{'aws:x':'a${$}{b}'}", "{'aws:x':'a${b}'}", YES},
        {"'StringEquals':{'aws:x':'${aws:y, `none`}'}", "{'aws:x':'none'}", YES},
        {"'StringEquals':{'aws:x':'${aws:y, `none`}'}", "{'aws:x':'none','aws:y':'v'}", NO},
        {"'StringEquals':{'aws:x':'${aws:y}'}", "{'aws:x':''}", NO},
        {"'StringNotEquals':{'aws:x':'${aws:y}'}", "{'aws:x':'v'}", OPEN},
        {"'StringEquals':{'aws:x':'${aws:PrincipalAccount}'}", "{'aws:x':'111122223333'}", YES},
        {"'ArnLike':{'aws:x':'arn:aws:s3:::${aws:y}/*'}",
         "{'aws:x':'arn:aws:s3:::b/k','aws:y':'b'}", YES},
        {"'ArnLike':{'aws:x':'arn:aws:sns:${aws:y}:*:*'}",
         "{'aws:x':'arn:aws:sns:a:b:c','aws:y':'a:b'}", OPEN},
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

static void aws_knows_these_keys_of_every_request(void **state)
{
    static const struct row rows[] = {
        {"'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::111122223333:user/bob'}", "{}", YES},
        {"'StringEquals':{'aws:PrincipalAccount':'111122223333'}", "{}", YES},
        {"'StringEquals':{'aws:PrincipalType':'User'}", "{}", YES},
        {"'Bool':{'aws:PrincipalIsAWSService':'false'}", "{}", YES},
        {"'Null':{'aws:PrincipalServiceName':'true'}", "{}", YES},
        {"'StringEquals':{'aws:ResourceAccount':'111122223333'}", "{}", YES},
        {"'StringEquals':{'aws:username':'bob'}", "{}", YES},
        {"'Null':{'kms:CallerAccount':'true'}", "{}", YES},
        /* what is given wins */
        {"'StringEquals':{'aws:PrincipalType':'User'}", "{'aws:principaltype':'Account'}", NO},
    };
    (void)state;
    check(rows, ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_compare_by_their_operator),
        cmocka_unit_test(an_absent_key_fails_unless_negated_or_if_exists),
        cmocka_unit_test(several_values_need_a_set_operator),
        cmocka_unit_test(variables_are_put_in_as_plain_text),
        cmocka_unit_test(aws_knows_these_keys_of_every_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
