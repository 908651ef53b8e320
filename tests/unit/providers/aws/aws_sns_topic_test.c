/* Topics: attributes as entries of a form, one a call when they change. */

#include "tests/unit/providers/aws/fixture.h"

#define TOPIC "aws_sns_topic"
#define ARN "arn:aws:sns:us-east-1:" FIXTURE_ACCOUNT ":news"
#define ENTRY(key, value) "<entry><key>" key "</key><value>" value "</value></entry>"
#define POLICY "{&quot;Version&quot;:&quot;2012-10-17&quot;,&quot;Statement&quot;:[]}"

static void answer(struct fixture *f, const char *action, int status, const char *body)
{
    fake_when_contains(f->fake, arena_printf(f->arena, "Action=%s&", action),
                       (struct fake_answer){.status = status, .body = body});
}

static void answer_attributes(struct fixture *f, const char *entries)
{
    answer(f, "GetTopicAttributes", 200,
           arena_printf(f->arena,
                        "<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>%s"
                        "</Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>",
                        entries));
    answer(f, "ListTagsForResource", 200,
           "<ListTagsForResourceResponse><ListTagsForResourceResult><Tags><member><Key>a</Key>"
           "<Value>b</Value></member></Tags></ListTagsForResourceResult>"
           "</ListTagsForResourceResponse>");
}

static void attributes_are_read_from_entries(void **state)
{
    struct fixture *f = *state;
    answer_attributes(f, ENTRY("TopicArn", ARN) ENTRY("DisplayName", "") ENTRY("Policy", POLICY)
                             ENTRY("SubscriptionsPending", "0"));
    fixture_run(f, OP_READ, TOPIC, "news", NULL, NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_string_equal(value_get_str(f->attributes, "arn"), ARN);
    assert_string_equal(value_get_str(value_get(f->attributes, "policy"), "Version"), "2012-10-17");
    assert_null(value_get(f->attributes, "display_name")); /* an empty one is none */
    assert_string_equal(value_get_str(value_get(f->attributes, "tags"), "a"), "b");
}

static void a_lone_entry_is_read_too(void **state)
{
    struct fixture *f = *state;
    answer_attributes(f, ENTRY("TopicArn", ARN));
    fixture_run(f, OP_READ, TOPIC, "news", NULL, NULL);
    assert_string_equal(value_get_str(f->attributes, "arn"), ARN);
}

static void a_creation_sends_its_attributes_as_entries(void **state)
{
    struct fixture *f = *state;
    answer(f, "CreateTopic", 200,
           "<CreateTopicResponse><CreateTopicResult><TopicArn>" ARN
           "</TopicArn></CreateTopicResult></CreateTopicResponse>");
    fixture_run(f, OP_CREATE, TOPIC, NULL,
                "{\"name\":\"news\",\"display_name\":\"N\",\"kms_master_key_id\":\"k\","
                "\"tags\":{\"a\":\"b\"}}",
                NULL);
    assert_string_equal(f->identifier, "news");
    assert_string_equal(
        fixture_call(f, 0)->body,
        "Action=CreateTopic&Version=2010-03-31&Name=news&Attributes.entry.1.key=DisplayName&"
        "Attributes.entry.1.value=N&Attributes.entry.2.key=KmsMasterKeyId&"
        "Attributes.entry.2.value=k&Tags.member.1.Key=a&Tags.member.1.Value=b");
}

static void a_fresh_principal_is_waited_for(void **state)
{
    struct fixture *f = *state;
    fake_when_contains(f->fake, "Action=CreateTopic&",
                       (struct fake_answer){.status = 400,
                                            .body = "<ErrorResponse><Error><Code>InvalidParameter"
                                                    "</Code><Message>Invalid parameter: Policy "
                                                    "Error: PrincipalNotFound</Message></Error>"
                                                    "</ErrorResponse>",
                                            .times = 2});
    answer(f, "CreateTopic", 200, "<CreateTopicResponse/>");
    fixture_run(f, OP_CREATE, TOPIC, NULL, "{\"name\":\"news\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 3);
}

static void only_what_changed_is_sent_and_null_takes_away(void **state)
{
    struct fixture *f = *state;
    answer(f, "SetTopicAttributes", 200, "<SetTopicAttributesResponse/>");
    fixture_run(f, OP_UPDATE, TOPIC, "news",
                "{\"name\":\"news\",\"display_name\":null,\"kms_master_key_id\":\"k\"}",
                "{\"name\":\"news\",\"display_name\":\"N\",\"kms_master_key_id\":\"k\"}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_int_equal(fixture_calls(f), 1);
    assert_string_equal(fixture_call(f, 0)->body,
                        "Action=SetTopicAttributes&Version=2010-03-31&"
                        "TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A" FIXTURE_ACCOUNT
                        "%3Anews&AttributeName=DisplayName&AttributeValue=");
}

static void a_topic_that_is_not_there_is_gone(void **state)
{
    struct fixture *f = *state;
    answer(f, "GetTopicAttributes", 404,
           "<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>");
    fixture_run(f, OP_FIND, TOPIC, NULL, "{\"name\":\"news\"}", NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(attributes_are_read_from_entries),
        FIXTURE_TEST(a_lone_entry_is_read_too),
        FIXTURE_TEST(a_creation_sends_its_attributes_as_entries),
        FIXTURE_TEST(a_fresh_principal_is_waited_for),
        FIXTURE_TEST(only_what_changed_is_sent_and_null_takes_away),
        FIXTURE_TEST(a_topic_that_is_not_there_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
