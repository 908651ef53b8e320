/* Subscriptions: those that wait for their confirmation have an ARN and are listed without it. */

#include "tests/unit/providers/aws/fixture.h"

#define SUBSCRIPTION "aws_sns_subscription"
#define TOPIC "arn:aws:sns:us-east-1:" FIXTURE_ACCOUNT ":news"
#define ARN TOPIC ":6b0e"
#define WANTED "{\"topic_arn\":\"" TOPIC "\",\"protocol\":\"email\",\"endpoint\":\"a@example.com\"}"
#define LISTED(arn, endpoint)                                                                      \
    "<member><SubscriptionArn>" arn                                                                \
    "</SubscriptionArn><Protocol>email</Protocol><Endpoint>" endpoint "</Endpoint></member>"

static void answer(struct fixture *f, const char *action, int status, const char *body)
{
    fake_when_contains(f->fake, arena_printf(f->arena, "Action=%s&", action),
                       (struct fake_answer){.status = status, .body = body});
}

static void answer_list(struct fixture *f, const char *members)
{
    answer(f, "ListSubscriptionsByTopic", 200,
           arena_printf(f->arena,
                        "<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult>"
                        "<Subscriptions>%s</Subscriptions></ListSubscriptionsByTopicResult>"
                        "</ListSubscriptionsByTopicResponse>",
                        members));
}

static void a_subscription_asks_for_its_arn_at_once(void **state)
{
    struct fixture *f = *state;
    answer(f, "Subscribe", 200,
           "<SubscribeResponse><SubscribeResult><SubscriptionArn>" ARN
           "</SubscriptionArn></SubscribeResult></SubscribeResponse>");
    fixture_run(f, OP_CREATE, SUBSCRIPTION, NULL, WANTED, NULL);
    assert_string_equal(f->identifier, ARN);
    assert_non_null(strstr(fixture_call(f, 0)->body, "&ReturnSubscriptionArn=true"));
}

static void a_pending_one_is_as_good_as_none_to_find(void **state)
{
    struct fixture *f = *state;
    answer_list(f, LISTED("PendingConfirmation", "a@example.com"));
    fixture_run(f, OP_FIND, SUBSCRIPTION, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_GONE);
}

static void the_subscription_of_the_endpoint_is_found(void **state)
{
    struct fixture *f = *state;
    answer_list(f, LISTED(TOPIC ":1", "b@example.com") LISTED(ARN, "a@example.com"));
    fixture_run(f, OP_FIND, SUBSCRIPTION, NULL, WANTED, NULL);
    assert_int_equal(f->result, OP_RESULT_FOUND);
    assert_string_equal(f->identifier, ARN);
    assert_int_equal(f->ownership, OWNER_PARENT);
}

static void a_pending_one_goes_by_itself(void **state)
{
    struct fixture *f = *state;
    answer(f, "Unsubscribe", 400,
           "<ErrorResponse><Error><Code>InvalidParameter</Code><Message>Invalid parameter: "
           "SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending "
           "confirmation</Message></Error></ErrorResponse>");
    fixture_run(f, OP_REMOVE, SUBSCRIPTION, ARN, NULL, WANTED);
    assert_int_equal(f->result, OP_RESULT_DONE);
}

static void other_refusals_of_a_removal_are_failures(void **state)
{
    struct fixture *f = *state;
    answer(f, "Unsubscribe", 400,
           "<ErrorResponse><Error><Code>InvalidParameter</Code><Message>Invalid parameter: "
           "SubscriptionArn</Message></Error></ErrorResponse>");
    fixture_run(f, OP_REMOVE, SUBSCRIPTION, ARN, NULL, WANTED);
    assert_int_equal(f->result, OP_RESULT_FAILED);
}

static void a_filter_is_taken_away_as_an_empty_document(void **state)
{
    struct fixture *f = *state;
    answer(f, "SetSubscriptionAttributes", 200, "<SetSubscriptionAttributesResponse/>");
    fixture_run(f, OP_UPDATE, SUBSCRIPTION, ARN,
                "{\"topic_arn\":\"" TOPIC "\",\"filter_policy\":null}",
                "{\"topic_arn\":\"" TOPIC "\",\"filter_policy\":{\"a\":[\"b\"]}}");
    assert_int_equal(f->result, OP_RESULT_DONE);
    assert_non_null(strstr(fixture_call(f, 0)->body, "AttributeValue=%7B%7D"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_subscription_asks_for_its_arn_at_once),
        FIXTURE_TEST(a_pending_one_is_as_good_as_none_to_find),
        FIXTURE_TEST(the_subscription_of_the_endpoint_is_found),
        FIXTURE_TEST(a_pending_one_goes_by_itself),
        FIXTURE_TEST(a_filter_is_taken_away_as_an_empty_document),
        FIXTURE_TEST(other_refusals_of_a_removal_are_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
