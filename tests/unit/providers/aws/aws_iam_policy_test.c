/* Policies of the account's own: which version makes room, whose an existing one is, and where it
 * is when nobody says its path. */

#include "tests/unit/providers/aws/fixture.h"

#define TYPE "aws_iam_policy"
#define ARN "arn:aws:iam::" FIXTURE_ACCOUNT ":policy/team/p"
#define DESIRED                                                                                    \
    "{\"name\":\"p\",\"path\":\"/team/\",\"policy_document\":{\"Statement\":[]},"                  \
    "\"tags\":{\"holdfast:topology\":\"t\",\"holdfast:address\":\"resources.p\"}}"
#define PRIOR                                                                                      \
    "{\"name\":\"p\",\"path\":\"/team/\",\"arn\":\"" ARN "\",\"policy_document\":{\"Id\":\"old\"," \
    "\"Statement\":[]},\"tags\":{\"holdfast:topology\":\"t\",\"holdfast:address\":\"resources."    \
    "p\"}}"

static void when(struct fixture *f, const char *operation, const char *result)
{
    const char *body = arena_printf(f->arena, "<%sResponse><%sResult>%s</%sResult></%sResponse>",
                                    operation, operation, result, operation, operation);
    fake_when_contains(f->fake, arena_printf(f->arena, "Action=%s&", operation),
                       (struct fake_answer){.status = 200, .body = body});
}

static void refuse(struct fixture *f, const char *operation, int status, const char *code)
{
    const char *body = arena_printf(
        f->arena,
        "<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error></ErrorResponse>", code);
    fake_when_contains(f->fake, arena_printf(f->arena, "Action=%s&", operation),
                       (struct fake_answer){.status = status, .body = body});
}

/* v8 to v12, of which v8 is the default. */
static void five_versions(struct fixture *f)
{
    struct strbuf sb;
    strbuf_init(&sb, f->arena, 4096);
    strbuf_add(&sb, "<IsTruncated>false</IsTruncated><Versions>");
    for (int i = 12; i >= 8; i--)
        strbuf_addf(&sb,
                    "<member><VersionId>v%d</VersionId><IsDefaultVersion>%s</IsDefaultVersion>"
                    "</member>",
                    i, i == 8 ? "true" : "false");
    strbuf_add(&sb, "</Versions>");
    when(f, "ListPolicyVersions", strbuf_str(&sb));
}

static const struct fake_call *call_of(struct fixture *f, const char *operation)
{
    const char *action = arena_printf(f->arena, "Action=%s&", operation);
    for (size_t i = 0; i < fixture_calls(f); i++)
        if (strstr(fixture_call(f, i)->body, action))
            return fixture_call(f, i);
    return NULL;
}

static void the_oldest_version_that_is_not_the_default_makes_room(void **state)
{
    struct fixture *f = *state;
    five_versions(f);
    when(f, "DeletePolicyVersion", "");
    when(f, "CreatePolicyVersion", "");
    fixture_run(f, OP_UPDATE, TYPE, "p", DESIRED, PRIOR);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_non_null(strstr(call_of(f, "DeletePolicyVersion")->body, "VersionId=v9"));
    assert_non_null(strstr(call_of(f, "CreatePolicyVersion")->body, "SetAsDefault=true"));
}

static void a_policy_of_ours_that_exists_was_made_by_a_lost_call(void **state)
{
    struct fixture *f = *state;
    refuse(f, "CreatePolicy", 409, "EntityAlreadyExists");
    when(f, "GetPolicy",
         "<Policy><Tags><member><Key>holdfast:topology</Key><Value>t</Value></member>"
         "<member><Key>holdfast:address</Key><Value>resources.p</Value></member></Tags></Policy>");
    fixture_run(f, OP_CREATE, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(f->identifier, "p");
}

static void a_policy_of_somebody_else_is_refused_in_the_words_of_aws(void **state)
{
    struct fixture *f = *state;
    refuse(f, "CreatePolicy", 409, "EntityAlreadyExists");
    when(f, "GetPolicy", "<Policy><PolicyName>p</PolicyName></Policy>");
    fixture_run(f, OP_CREATE, TYPE, NULL, DESIRED, NULL);
    assert_int_equal(f->result, OP_RESULT_FAILED);
    assert_non_null(strstr(f->diags.items[0].message, "EntityAlreadyExists"));
}

static void the_path_of_a_policy_that_is_imported_is_looked_up(void **state)
{
    struct fixture *f = *state;
    when(f, "ListPolicies",
         "<IsTruncated>false</IsTruncated><Policies>"
         "<member><PolicyName>pp</PolicyName><Arn>no</Arn></member>"
         "<member><PolicyName>p</PolicyName><Arn>" ARN "</Arn></member></Policies>");
    when(f, "GetPolicyVersion",
         "<PolicyVersion><Document>%7B%22Statement%22%3A%5B%5D%7D</Document></PolicyVersion>");
    when(f, "GetPolicy",
         "<Policy><PolicyName>p</PolicyName><Path>/team/</Path>"
         "<DefaultVersionId>v3</DefaultVersionId></Policy>");
    fixture_run(f, OP_READ, TYPE, "p", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(value_get_str(f->attributes, "path"), "/team/");
    assert_non_null(strstr(call_of(f, "GetPolicyVersion")->body, "VersionId=v3"));
    assert_non_null(strstr(call_of(f, "GetPolicyVersion")->body, "policy%2Fteam%2Fp"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_oldest_version_that_is_not_the_default_makes_room),
        FIXTURE_TEST(a_policy_of_ours_that_exists_was_made_by_a_lost_call),
        FIXTURE_TEST(a_policy_of_somebody_else_is_refused_in_the_words_of_aws),
        FIXTURE_TEST(the_path_of_a_policy_that_is_imported_is_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
