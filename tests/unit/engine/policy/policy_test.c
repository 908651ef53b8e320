#include "engine/policy/policy.h"

#include <string.h>

#include "quoted.h"

static bool parse(struct arena *arena, const char *text, struct policy *ret, struct diags *diags)
{
    diags_init(diags, arena);
    return policy_parse(arena, quoted(arena, text), ret, diags, "keys.final");
}

static void a_key_policy_is_read_in_full(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct policy policy;
    struct diags diags;
    assert_true(parse(arena,
                      "{'Version':'2012-10-17','Id':'x','Statement':[{'Sid':'Allow use of the key',"
                      "'Effect':'Allow','Principal':{'AWS':['arn:aws:iam::111122223333:root',"
                      "'444455556666','arn:aws:iam::111122223333:role/a/b'],"
                      "'Service':'backup.amazonaws.com'},"
                      "'Action':['kms:CreateGrant','kms:ListGrants'],'Resource':'*',"
                      "'Condition':{'Bool':{'kms:GrantIsForAWSResource':true},"
                      "'foranyvalue:stringnotlikeifexists':{'aws:PrincipalOrgPaths':['o-1/*']}}}]}",
                      &policy, &diags));
    assert_string_equal(policy.version, "2012-10-17");
    assert_string_equal(policy.id, "x");
    assert_int_equal(policy.statements_len, 1);
    const struct policy_statement *s = &policy.statements[0];
    assert_string_equal(s->sid, "Allow use of the key");
    assert_int_equal(s->effect, POLICY_ALLOW);
    assert_int_equal(s->principals_len, 4);
    assert_int_equal(s->principals[0].kind, POLICY_PRINCIPAL_ACCOUNT);
    assert_string_equal(s->principals[0].text.text, "111122223333");
    assert_int_equal(s->principals[1].kind, POLICY_PRINCIPAL_ACCOUNT);
    assert_int_equal(s->principals[2].kind, POLICY_PRINCIPAL_AWS);
    assert_int_equal(s->principals[3].kind, POLICY_PRINCIPAL_SERVICE);
    assert_int_equal(s->actions.len, 2);
    assert_int_equal(s->conditions_len, 2);
    assert_int_equal(s->conditions[0].op, POLICY_BOOL);
    assert_string_equal(s->conditions[0].values.items[0].text, "true");
    const struct policy_condition *c = &s->conditions[1];
    assert_string_equal(c->name, "ForAnyValue:StringNotLikeIfExists");
    assert_int_equal(c->qualifier, POLICY_FOR_ANY_VALUE);
    assert_true(c->negated && c->if_exists);
    arena_free(arena);
}

#define IN_STATEMENT(more)                                                                         \
    "{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'s3:*','Resource':'*'," more   \
    "}}"

static void what_is_not_known_is_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"[]", "map"},
        {"{'Version':'2012-10-17'}", "no statement"},
        {"{'Version':'2012-10-17','Statement':[]}", "no statement"},
        {"{'Version':'2020-01-01','Statement':{'Effect':'Deny','Action':'*','Resource':'*'}}",
         "Version is neither"},
        {"{'version':'2012-10-17','Statement':{'Effect':'Deny','Action':'*','Resource':'*'}}",
         "\"version\" is not an element of a policy"},
        {"{'Statement':{'Effect':'allow','Action':'*','Resource':'*'}}", "Effect is neither"},
        {"{'Statement':{'Action':'*','Resource':'*'}}", "no Effect"},
        {"{'Statement':{'Effect':'Allow','Resource':'*'}}", "either Action or NotAction"},
        {"{'Statement':{'Effect':'Allow','Action':'*','NotAction':'*','Resource':'*'}}",
         "either Action or NotAction"},
        {"{'Statement':{'Effect':'Allow','Action':'StartCopyJob','Resource':'*'}}",
         "\"StartCopyJob\" is not an action"},
        {"{'Statement':{'Effect':'Allow','Action':'b*p:Start','Resource':'*'}}",
         "\"b*p:Start\" is not an action"},
        {"{'Statement':{'Effect':'Allow','Action':5,'Resource':'*'}}",
         "Action is not a string but: integer"},
        {"{'Statement':{'Effect':'Allow','Action':'s3:*','Resource':'bucket'}}",
         "neither an ARN nor *"},
        {"{'Statement':{'Effect':'Allow','Action':'s3:*','Resource':'arn:aws:s3'}}",
         "neither an ARN nor *"},
        {"{'Statement':[{'Sid':'a','Effect':'Allow','Action':'s3:*','Resource':'*'},"
         "{'Sid':'a','Effect':'Deny','Action':'s3:*','Resource':'*'}]}",
         "the Sid \"a\""},
        {IN_STATEMENT("'Principals':'*'"), "\"Principals\" is not an element of a statement"},
        {IN_STATEMENT("'Principal':'111122223333'"), "neither \"*\" nor a map"},
        {IN_STATEMENT("'Principal':{'Aws':'*'}"), "no kind of principal"},
        {IN_STATEMENT("'Principal':{'AWS':'arn:aws:iam::111122223333:role/*'}"), "no wildcard"},
        {IN_STATEMENT("'Principal':{'AWS':'arn:aws:s3:::bucket'}"), "no ARN of IAM or STS"},
        {IN_STATEMENT("'Principal':{'AWS':'11112222333'}"), "12 digits"},
        {IN_STATEMENT("'Principal':{'Service':'*'}"), "backup.amazonaws.com"},
        {IN_STATEMENT("'Principal':'*','NotPrincipal':'*'"), "both Principal and NotPrincipal"},
        {IN_STATEMENT("'Condition':{'StringMatches':{'aws:x':'y'}}"),
         "\"StringMatches\" is not a condition operator"},
        {IN_STATEMENT("'Condition':{'NullIfExists':{'aws:x':'true'}}"), "not a condition operator"},
        {IN_STATEMENT("'Condition':{'StringEquals':{'SourceArn':'y'}}"), "not a condition key"},
        {IN_STATEMENT("'Condition':{'Bool':{'aws:SecureTransport':'yes'}}"), "true or false"},
        {IN_STATEMENT("'Condition':{'NumericLessThan':{'aws:x':'ten'}}"), "a number"},
        {IN_STATEMENT("'Condition':{'DateLessThan':{'aws:CurrentTime':'soon'}}"), "a date"},
        {IN_STATEMENT("'Condition':{'IpAddress':{'aws:SourceIp':'10.0.0.0/40'}}"), "an IP address"},
        {IN_STATEMENT("'Condition':{'BinaryEquals':{'aws:x':'***'}}"), "base64"},
        {IN_STATEMENT("'Condition':{'StringEquals':{'aws:x':'${aws:username'}}"),
         "policy variable"},
        {IN_STATEMENT("'Condition':{'StringEquals':{'aws:x':'${nonsense}'}}"), "policy variable"},
        {IN_STATEMENT("'Condition':{'StringEquals':{'aws:x':{'y':1}}}"), "not a string"},
        {IN_STATEMENT("'Condition':['x']"), "not a map of operators"},
        {IN_STATEMENT("'Condition':{'StringEquals':{'aws:x':'${aws:y, `a` `b`}'}}"),
         "policy variable"},
        /* of nothing: NotAction and NotResource would cover everything */
        {"{'Statement':{'Effect':'Allow','Action':[],'Resource':'*'}}", "Action is an empty list"},
        {"{'Statement':{'Effect':'Allow','NotAction':[],'Resource':'*'}}",
         "NotAction is an empty list"},
        {"{'Statement':{'Effect':'Allow','Action':'*','Resource':[]}}",
         "Resource is an empty list"},
        {"{'Statement':{'Effect':'Allow','Action':'*','NotResource':[]}}",
         "NotResource is an empty list"},
        {IN_STATEMENT("'Condition':{'StringNotEquals':{'aws:x':[]}}"), "aws:x is an empty list"},
        {IN_STATEMENT("'Principal':{}"), "Principal names nobody"},
        {IN_STATEMENT("'NotPrincipal':{'AWS':[]}"), "Principal.AWS is an empty list"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena = arena_new();
        struct policy policy;
        struct diags diags;
        if (parse(arena, rows[i].text, &policy, &diags))
            fail_msg("row %zu was taken: %s", i, rows[i].text);
        assert_true(diags.len > 0);
        assert_int_equal(diags.items[0].code, E_RULE_POLICY);
        assert_string_equal(diags.items[0].address, "keys.final");
        if (!strstr(diags.items[0].message, rows[i].message))
            fail_msg("row %zu says: %s", i, diags.items[0].message);
        arena_free(arena);
    }
}

static void all_faults_of_a_document_are_reported_with_their_places(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct diags diags;
    struct policy policy;
    diags_init(&diags, arena);
    struct source_pos at_effect = {1, 7, 3}, at_doc = {1, 5, 1};
    struct map_builder statement = map_begin(arena);
    map_put(&statement, "Effect", value_at(arena, value_string(arena, "Maybe"), at_effect));
    map_put_str(&statement, "Action", "nonsense");
    struct map_builder doc = map_begin(arena);
    map_put(&doc, "Statement", map_end(&statement));
    assert_false(policy_parse(arena, value_at(arena, map_end(&doc), at_doc), &policy, &diags, "a"));
    assert_int_equal(diags.len, 2);
    assert_int_equal(diags.items[0].pos.line, 7);
    assert_int_equal(diags.items[1].pos.line, 5);
    arena_free(arena);
}

static void text_is_parsed_as_json(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct diags diags;
    struct policy policy;
    const char *why = NULL;
    diags_init(&diags, arena);
    const struct value *text =
        value_string(arena, "{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\"}}");
    assert_true(policy_parse(arena, text, &policy, &diags, NULL));
    assert_string_equal(policy.version, "2008-10-17");
    assert_false(policy.statements[0].has_resource);
    assert_non_null(policy_from_text(arena, text->string, &why));
    assert_null(policy_from_text(arena, slice_of("[1]"), &why));
    assert_non_null(why);
    assert_null(policy_from_text(arena, slice_of("{"), &why));
    /* whether this denies is a matter of who reads it */
    assert_null(policy_from_text(
        arena, slice_of("{\"Statement\":{\"Effect\":\"Deny\",\"Effect\":\"Allow\"}}"), &why));
    assert_string_equal(why, "a key that stands twice in a map");
    arena_free(arena);
}

static void variables_have_a_meaning_only_in_the_newer_version(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct diags diags;
    struct policy policy;
    assert_true(parse(arena,
                      "{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'s3:*',"
                      "'Resource':'arn:aws:s3:::b/${aws:PrincipalTag/team, `none`}/${*}'}}",
                      &policy, &diags));
    assert_true(policy.statements[0].resources.items[0].has_variable);
    assert_true(parse(arena,
                      "{'Statement':{'Effect':'Allow','Action':'s3:*',"
                      "'Resource':'arn:aws:s3:::b/${aws:username}'}}",
                      &policy, &diags));
    assert_false(policy.statements[0].resources.items[0].has_variable);
    arena_free(arena);
}

static void unknowns_are_kept_as_such(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct diags diags;
    struct policy policy;
    diags_init(&diags, arena);
    const struct value *doc = json_restore_unknown(
        arena,
        quoted(arena, "{'Statement':{'Effect':'Allow','Principal':{'AWS':{'$ref':"
                      "'roles.r.arn'}},'Action':'kms:*','Resource':{'$ref':'keys.k.arn'}}}"));
    assert_true(policy_parse(arena, doc, &policy, &diags, NULL));
    assert_true(policy.statements[0].resources.items[0].unknown);
    assert_true(policy.statements[0].principals[0].text.unknown);
    arena_free(arena);
}

/* "AWS JSON policy elements", "SCP syntax", "RCP syntax" */
static void each_place_has_its_elements(void **state)
{
#define S3 "'Effect':'Allow','Action':'s3:*'"
#define NO_S3 "'Effect':'Deny','Action':'s3:*'"
#define STS "'Effect':'Allow','Action':['sts:AssumeRole','STS:TagSession']"
#define ANYWHERE "'Resource':'*'"
#define ANYBODY "'Principal':'*'"
#define SOMEBODY "'Principal':{'AWS':'111122223333'}"
#define BUT_SOMEBODY "'NotPrincipal':{'AWS':'111122223333'}"
#define ONE(statement) "{'Version':'2012-10-17','Statement':{" statement "}}"
    static const struct {
        const char *text, *fits; /* i: identity, r: resource, t: trust, s: SCP, c: RCP */
    } rows[] = {
        {ONE(S3 "," ANYWHERE), "is"},
        {ONE(S3 ",'NotResource':'*'"), "is"},
        {ONE("'Effect':'Allow','NotAction':'s3:*'," ANYWHERE), "is"},
        {ONE(S3 "," ANYWHERE "," ANYBODY), "r"},
        {ONE(S3 "," ANYBODY), ""},
        {ONE(S3), ""},
        {ONE(STS "," SOMEBODY), "t"},
        {ONE(STS "," ANYBODY), "t"},
        {ONE(STS "," SOMEBODY "," ANYWHERE), "r"},
        {ONE(STS "," BUT_SOMEBODY), ""},
        {ONE("'Effect':'Deny','Action':'sts:*'," BUT_SOMEBODY), ""},
        {ONE("'Effect':'Deny','NotAction':'sts:TagSession'," ANYBODY), ""},
        {ONE("'Effect':'Deny','Action':'*'," ANYBODY), ""},
        {ONE("'Effect':'Deny','Action':'*:AssumeRole'," ANYBODY), ""},
        {ONE(NO_S3 "," ANYWHERE "," BUT_SOMEBODY), "r"},
        {ONE(S3 "," ANYWHERE "," BUT_SOMEBODY), ""},
        {ONE(NO_S3 "," ANYWHERE "," ANYBODY), "rc"},
        {ONE(NO_S3 ",'NotResource':'*'," ANYBODY), "rc"},
        {ONE(NO_S3 "," ANYWHERE ",'Principal':{'AWS':'*'}"), "rc"},
        {ONE(NO_S3 "," ANYWHERE "," SOMEBODY), "r"},
        {ONE(NO_S3 "," ANYWHERE ",'NotPrincipal':'*'"), "r"},
        {ONE("'Effect':'Deny','Action':['s3:*','*']," ANYWHERE "," ANYBODY), "r"},
        {ONE("'Effect':'Deny','Action':'*:Get*'," ANYWHERE "," ANYBODY), "r"},
        {ONE("'Effect':'Deny','NotAction':'s3:*'," ANYWHERE "," ANYBODY), "r"},
        /* an organization's policies say the version */
        {"{'Statement':{" S3 "," ANYWHERE "}}", "i"},
        {"{'Version':'2008-10-17','Statement':{" S3 "," ANYWHERE "}}", "i"},
        {"{'Statement':{" NO_S3 "," ANYWHERE "," ANYBODY "}}", "r"},
        /* IAM's own take letters and digits in a Sid */
        {ONE("'Sid':'Two2'," S3 "," ANYWHERE), "is"},
        {ONE("'Sid':''," S3 "," ANYWHERE), "is"},
        {ONE("'Sid':'Two words'," S3 "," ANYWHERE), "s"},
        {ONE("'Sid':'Two words'," S3 "," ANYWHERE "," ANYBODY), "r"},
        {ONE("'Sid':'two-words'," STS "," ANYBODY), ""},
    };
    static const char letters[] = "irtsc";
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena = arena_new();
        struct policy policy;
        struct diags diags;
        assert_true(parse(arena, rows[i].text, &policy, &diags));
        for (enum policy_kind kind = POLICY_IDENTITY; kind <= POLICY_RCP; kind++)
            if (policy_check_kind(&policy, kind, &diags, NULL) !=
                (strchr(rows[i].fits, letters[kind]) != NULL))
                fail_msg("row %zu: %s as %c", i, rows[i].text, letters[kind]);
        arena_free(arena);
    }
}

static void rcp_full_access_is_known_by_what_it_says(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } rows[] = {
        {ONE("'Effect':'Allow','Action':'*'," ANYWHERE "," ANYBODY), true},
        {ONE("'Effect':'Deny','Action':'*'," ANYWHERE "," ANYBODY), false},
        {ONE("'Effect':'Allow','Action':'s3:*'," ANYWHERE "," ANYBODY), false},
        {ONE("'Effect':'Allow','NotAction':'*'," ANYWHERE "," ANYBODY), false},
        {ONE("'Effect':'Allow','Action':'*','NotResource':'*'," ANYBODY), false},
        {ONE("'Effect':'Allow','Action':'*'," ANYBODY), false},
        {ONE("'Effect':'Allow','Action':'*'," ANYWHERE "," SOMEBODY), false},
        {ONE("'Effect':'Allow','Action':'*'," ANYWHERE "," ANYBODY
             ",'Condition':{'Null':{'aws:x':'true'}}"),
         false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena = arena_new();
        struct policy policy;
        struct diags diags;
        assert_true(parse(arena, rows[i].text, &policy, &diags));
        if (policy_is_rcp_full_access(&policy) != rows[i].is)
            fail_msg("row %zu: %s", i, rows[i].text);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_policy_is_read_in_full),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(all_faults_of_a_document_are_reported_with_their_places),
        cmocka_unit_test(text_is_parsed_as_json),
        cmocka_unit_test(variables_have_a_meaning_only_in_the_newer_version),
        cmocka_unit_test(unknowns_are_kept_as_such),
        cmocka_unit_test(each_place_has_its_elements),
        cmocka_unit_test(rcp_full_access_is_known_by_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
