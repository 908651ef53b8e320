#include "providers/aws/kms_keys.h"

#include "tests/unit/providers/aws/fixture.h"

#define KEY "arn:aws:kms:eu-west-1:111122223333:key/k"
#define KEY_TEXT "the 32 bytes of the data key ..." /* base64 below */
#define PLAINTEXT "dGhlIDMyIGJ5dGVzIG9mIHRoZSBkYXRhIGtleSAuLi4="

static struct kms_keys keys_of(struct fixture *f)
{
    return (struct kms_keys){.loop = f->loop,
                             .session = &f->diags,
                             .account_id = FIXTURE_ACCOUNT,
                             .region = "us-east-1",
                             .key = KEY};
}

static const struct fake_call *last_call(struct fixture *f)
{
    return fake_call(f->fake, fake_call_count(f->fake) - 1);
}

static void answer(struct fixture *f, const char *operation, int status, const char *body)
{
    fake_when_contains(f->fake, arena_printf(f->arena, "TrentService.%s", operation),
                       (struct fake_answer){.status = status, .body = body});
}

static void a_data_key_is_bound_to_the_lineage_in_the_region_of_its_key(void **state)
{
    struct fixture *f = *state;
    struct kms_keys keys = keys_of(f);
    struct key_service service = kms_key_service(&keys);
    struct unwrapped_key key = {0};
    struct slice wrapped;
    answer(f, "GenerateDataKey", 200,
           "{\"CiphertextBlob\":\"d3JhcHBlZA==\",\"Plaintext\":\"" PLAINTEXT "\","
           "\"KeyId\":\"" KEY "\"}");
    assert_true(service.generate(service.self, f->arena, "line", &key, &wrapped, &f->diags));
    assert_memory_equal(key.key, KEY_TEXT, AES_KEY_LEN);
    assert_true(slice_is(wrapped, "wrapped"));
    assert_string_equal(key.under, KEY);
    const struct value *sent = fixture_json(f, last_call(f)->body);
    assert_string_equal(value_get_str(sent, "KeyId"), KEY);
    assert_string_equal(value_get_str(sent, "KeySpec"), "AES_256");
    assert_string_equal(value_str(value_pointer(sent, "/EncryptionContext/holdfast:lineage")),
                        "line");
    assert_non_null(strstr(last_call(f)->base_url, "eu-west-1"));
}

static void only_our_key_unwraps_unless_any_may(void **state)
{
    struct fixture *f = *state;
    struct kms_keys keys = keys_of(f);
    struct key_service service = kms_key_service(&keys);
    struct unwrapped_key key = {0};
    answer(f, "Decrypt", 200, "{\"Plaintext\":\"" PLAINTEXT "\",\"KeyId\":\"" KEY "\"}");
    assert_true(
        service.unwrap(service.self, f->arena, "line", slice_of("wrapped"), &key, &f->diags));
    assert_memory_equal(key.key, KEY_TEXT, AES_KEY_LEN);
    assert_string_equal(key.under, KEY);
    const struct value *sent = fixture_json(f, last_call(f)->body);
    assert_string_equal(value_get_str(sent, "KeyId"), KEY);
    assert_string_equal(value_get_str(sent, "CiphertextBlob"), "d3JhcHBlZA==");
    assert_string_equal(value_str(value_pointer(sent, "/EncryptionContext/holdfast:lineage")),
                        "line");
    keys.any_key = true;
    assert_true(
        service.unwrap(service.self, f->arena, "line", slice_of("wrapped"), &key, &f->diags));
    assert_null(value_get(fixture_json(f, last_call(f)->body), "KeyId"));
}

static void what_aws_says_is_passed_on(void **state)
{
    struct fixture *f = *state;
    struct kms_keys keys = keys_of(f);
    struct key_service service = kms_key_service(&keys);
    struct unwrapped_key key = {0};
    struct diags diags;
    struct slice wrapped = slice_of("untouched");
    diags_init(&diags, f->arena);
    answer(f, "GenerateDataKey", 400,
           "{\"__type\":\"DisabledException\",\"message\":\"" KEY " is disabled.\"}");
    assert_false(service.generate(service.self, f->arena, "line", &key, &wrapped, &diags));
    assert_int_equal(diags.len, 1);
    assert_int_equal(diags.items[0].code, E_SEAL_KEY);
    assert_non_null(strstr(diags.items[0].message, "DisabledException: " KEY " is disabled."));
}

static const struct diag *refused(struct fixture *f, const struct kms_keys *keys, const char *code,
                                  const char *message)
{
    struct key_service service = kms_key_service(keys);
    struct unwrapped_key key = {0};
    struct diags *diags = arena_new_of(f->arena, struct diags);
    diags_init(diags, f->arena);
    const char *body =
        arena_printf(f->arena, "{\"__type\":\"%s\",\"message\":\"%s\"}", code, message);
    fake_when_contains(f->fake, "TrentService.Decrypt",
                       (struct fake_answer){.status = 400, .body = body, .times = 1});
    assert_false(service.unwrap(service.self, f->arena, "line", slice_of("wrapped"), &key, diags));
    return &diags->items[0];
}

static void a_key_that_goes_is_named_with_the_way_back(void **state)
{
    struct fixture *f = *state;
    struct kms_keys keys = keys_of(f);
    const char *going = "arn:aws:kms:us-east-1:111122223333:key/old is pending deletion.";
    keys.key = "alias/new";
    keys.any_key = true;
    const struct diag *diag = refused(f, &keys, "KMSInvalidStateException", going);
    assert_null(strstr(diag->message, "alias/new")); /* whose key it is not */
    assert_string_equal(diag->hint, "In the account 111122223333, us-east-1: `aws kms "
                                    "cancel-key-deletion --key-id old`, then `aws kms enable-key "
                                    "--key-id old`.");
    keys.any_key = false;
    diag = refused(f, &keys, "DisabledException", "it is disabled");
    assert_non_null(strstr(diag->message, "Decrypt with the key alias/new: Disabled"));
    assert_null(diag->hint); /* which key that is, nobody has said */
    keys.key = KEY;
    diag = refused(f, &keys, "DisabledException", "it is disabled");
    assert_string_equal(diag->hint,
                        "In the account 111122223333, eu-west-1: `aws kms enable-key --key-id k`.");
    keys.any_key = true;
    assert_null(refused(f, &keys, "DisabledException", "it is disabled")->hint);
    assert_null(refused(f, &keys, "AccessDeniedException", "not authorized")->hint);
}

static void an_answer_without_a_key_is_refused(void **state)
{
    struct fixture *f = *state;
    struct kms_keys keys = keys_of(f);
    struct key_service service = kms_key_service(&keys);
    struct unwrapped_key key = {0};
    struct diags diags;
    diags_init(&diags, f->arena);
    answer(f, "Decrypt", 200, "{\"Plaintext\":\"c2hvcnQ=\"}");
    assert_false(service.unwrap(service.self, f->arena, "line", slice_of("wrapped"), &key, &diags));
    assert_int_equal(diags.items[0].code, E_SEAL_KEY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_data_key_is_bound_to_the_lineage_in_the_region_of_its_key),
        TEST(only_our_key_unwraps_unless_any_may),
        TEST(what_aws_says_is_passed_on),
        TEST(a_key_that_goes_is_named_with_the_way_back),
        TEST(an_answer_without_a_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
