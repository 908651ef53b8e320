#include "search_room.h"

#define ROLES "/latest/meta-data/iam/security-credentials/"
#define ANSWER                                                                                     \
    "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIAI\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","   \
    "\"Expiration\":\"2026-01-01T06:00:00Z\"}"

static int set_up_instance(void **state)
{
    int rc = set_up(state);
    unsetenv("AWS_EC2_METADATA_DISABLED");
    return rc;
}

static void give_token(struct room *room)
{
    fake_when(room->fake, "PUT /latest/api/token",
              (struct fake_answer){.status = 200, .body = "imds-token"});
}

static void the_role_is_asked_for_with_a_token_of_version_two(void **state)
{
    struct room *room = *state;
    give_token(room);
    fake_when(room->fake, "GET " ROLES "web", (struct fake_answer){.status = 200, .body = ANSWER});
    fake_when(room->fake, "GET " ROLES, (struct fake_answer){.status = 200, .body = "web\n"});
    const struct credentials *c = found(room);
    assert_string_equal(c->source, "iam-role");
    assert_string_equal(c->access_key_id, "ASIAI");
    assert_int_equal(fake_call_count(room->fake), 3);
    const struct fake_call *put = fake_call(room->fake, 0);
    assert_string_equal(put->base_url, "http://169.254.169.254");
    assert_string_equal(fake_call_header(put, "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
    for (size_t i = 1; i < 3; i++)
        assert_string_equal(fake_call_header(fake_call(room->fake, i), "x-aws-ec2-metadata-token"),
                            "imds-token");
    for (size_t i = 0; i < 3; i++)
        assert_true(fake_call(room->fake, i)->direct);
}

static void nobody_falls_back_to_version_one(void **state)
{
    struct room *room = *state;
    fake_when(room->fake, "GET ", (struct fake_answer){.status = 200, .body = "web"});
    fake_when(room->fake, "PUT ", (struct fake_answer){.status = 404, .times = 1});
    refused_with(room, E_NO_CREDENTIALS, "no token of version 2 (status 404)");
    fake_when(room->fake, "PUT ", (struct fake_answer){.error = "timed out"});
    refused_with(room, E_NO_CREDENTIALS, "no source of credentials has any");
    assert_int_equal(fake_call_count(room->fake), 2);
}

static void what_the_instance_cannot_give_is_told(void **state)
{
    struct room *room = *state;
    give_token(room);
    fake_when(room->fake, "GET ", (struct fake_answer){.status = 404, .times = 1});
    refused_with(room, E_NO_CREDENTIALS, "the instance has no role");
    fake_when(room->fake, "GET ", (struct fake_answer){.status = 200, .body = "web", .times = 1});
    fake_when(room->fake, "GET ",
              (struct fake_answer){.status = 200, .body = "{\"Code\":\"Failed\"}", .times = 1});
    refused_with(room, E_NO_CREDENTIALS, "role web: what it answers cannot be used");
    fake_when(room->fake, "GET ", (struct fake_answer){.status = 503});
    refused_with(room, E_NO_CREDENTIALS, "the name of the role: status 503");
}

static void the_endpoint_can_be_elsewhere_or_disabled(void **state)
{
    struct room *room = *state;
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6", 1);
    fake_when(room->fake, "PUT ", (struct fake_answer){.status = 403});
    refused(room);
    assert_string_equal(fake_call(room->fake, 0)->base_url, "http://[fd00:ec2::254]");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/", 1);
    refused(room);
    assert_string_equal(fake_call(room->fake, 1)->base_url, "http://127.0.0.1:1338");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "elsewhere", 1);
    refused_with(room, E_NO_CREDENTIALS, "is no URL");
    setenv("AWS_EC2_METADATA_DISABLED", "TRUE", 1);
    refused_with(room, E_NO_CREDENTIALS, "no source of credentials has any");
    assert_int_equal(fake_call_count(room->fake), 2);
}

int main(void)
{
#define INSTANCE_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up_instance, tear_down)
    const struct CMUnitTest tests[] = {
        INSTANCE_TEST(the_role_is_asked_for_with_a_token_of_version_two),
        INSTANCE_TEST(nobody_falls_back_to_version_one),
        INSTANCE_TEST(what_the_instance_cannot_give_is_told),
        INSTANCE_TEST(the_endpoint_can_be_elsewhere_or_disabled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
