#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "providers/aws/wire.h"

static struct request *request(struct arena *arena, const struct aws_operation *operation,
                               const char *body)
{
    struct request *rq = request_new(arena, operation);
    const struct value *v = NULL;
    const char *why = NULL;
    if (body) {
        assert_true(json_parse(arena, slice_of(body), &v, &why));
        request_body(rq, v);
    }
    return rq;
}

static struct wire_request encode(struct request *rq, const char *token)
{
    struct wire_request wire;
    wire_codec_of(rq->operation->api->wire)->encode(rq, token, &wire);
    return wire;
}

static void rest_json_puts_labels_query_and_body_where_they_belong(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct request *rq = request(arena, &backup_PutBackupVaultAccessPolicy, "{\"Policy\":\"{}\"}");
    request_label(rq, "backupVaultName", "a b");
    struct wire_request wire = encode(rq, NULL);
    assert_string_equal(wire.path, "/backup-vaults/a%20b/access-policy");
    assert_string_equal(wire.query, "");
    assert_true(slice_is(wire.body, "{\"Policy\":\"{}\"}"));
    assert_string_equal(wire.content_type, "application/json");
    assert_null(wire.target);

    rq = request(arena, &backup_ListCopyJobs, NULL);
    request_query(rq, "state", "COMPLETED");
    request_query(rq, "resourceArn", NULL);
    request_query(rq, "createdAfter", "2026-01-01T00:00:00Z");
    wire = encode(rq, "t=");
    assert_string_equal(wire.path, "/copy-jobs/");
    assert_string_equal(wire.query,
                        "state=COMPLETED&createdAfter=2026-01-01T00%3A00%3A00Z&nextToken=t%3D");
    assert_int_equal(wire.body.len, 0);
    assert_null(wire.content_type);
}

static void rest_json_sends_an_empty_document_where_a_body_is_due(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct request *rq = request(arena, &backup_CreateBackupVault, NULL);
    request_label(rq, "backupVaultName", "v1");
    assert_true(slice_is(encode(rq, NULL).body, "{}"));
    rq = request(arena, &backup_DeleteBackupVault, NULL);
    request_label(rq, "backupVaultName", "v1");
    assert_int_equal(encode(rq, NULL).body.len, 0);
}

static void json_names_the_operation_in_a_header(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct wire_request wire = encode(request(arena, &kms_ListKeys, "{\"Limit\":5}"), "m");
    assert_string_equal(wire.path, "/");
    assert_string_equal(wire.target, "TrentService.ListKeys");
    assert_string_equal(wire.content_type, "application/x-amz-json-1.1");
    assert_true(slice_is(wire.body, "{\"Limit\":5,\"Marker\":\"m\"}"));
    assert_string_equal(encode(request(arena, &sqs_CreateQueue, NULL), NULL).content_type,
                        "application/x-amz-json-1.0");
    assert_true(slice_is(encode(request(arena, &sqs_CreateQueue, NULL), NULL).body, "{}"));
}

static void the_query_protocol_flattens_lists_and_maps(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct request *rq =
        request(arena, &iam_CreateRole,
                "{\"RoleName\":\"r\",\"MaxSessionDuration\":3600,\"Flag\":true,\"None\":null,"
                "\"Tags\":[{\"Key\":\"a "
                "b\",\"Value\":\"1\"},{\"Key\":\"c\",\"Value\":\"\"}],\"Empty\":[]}");
    struct wire_request wire = encode(rq, NULL);
    assert_true(slice_is(wire.body, "Action=CreateRole&Version=2010-05-08&RoleName=r"
                                    "&MaxSessionDuration=3600&Flag=true"
                                    "&Tags.member.1.Key=a%20b&Tags.member.1.Value=1"
                                    "&Tags.member.2.Key=c&Tags.member.2.Value=&Empty="));
    assert_string_equal(wire.content_type, "application/x-www-form-urlencoded; charset=utf-8");
}

static struct response decode(struct arena *arena, const struct aws_operation *operation,
                              int status, const char *header, const char *value, const char *body,
                              bool *ret_readable)
{
    struct http_header headers[] = {{"X-Amzn-RequestId", "id-1"}, {header ? header : "x", value}};
    struct http_response http = {
        .status = status, .headers = headers, .header_len = header ? 2 : 1, .body = slice_of(body)};
    struct response rs = {0};
    *ret_readable = wire_codec_of(operation->api->wire)->decode(arena, operation, &http, &rs);
    return rs;
}

static void json_errors_are_named_wherever_the_service_writes_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *header, *value, *body, *code, *message;
    } cases[] = {
        {"X-Amzn-ErrorType", "ResourceNotFoundException",
         "{\"Code\":\"ERROR_9101\",\"Message\":\"m\"}", "ResourceNotFoundException", "m"},
        {"x-amzn-errortype", "aws.b#NotFound:http://internal.amazon.com/x", "{}", "NotFound", NULL},
        {NULL, NULL, "{\"__type\":\"com.amazonaws.kms#NotFoundException\",\"message\":\"m\"}",
         "NotFoundException", "m"},
        {NULL, NULL, "{\"code\":\"Throttling\",\"errorMessage\":\"m\"}", "Throttling", "m"},
        {"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender",
         "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\"}", "QueueDoesNotExist", NULL},
        {"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender", "{}",
         "AWS.SimpleQueueService.NonExistentQueue", NULL},
        {"X-Amzn-ErrorType", "AccessDeniedException", "", "AccessDeniedException", NULL},
        {"X-Amzn-ErrorType", "AccessDeniedException", "<not json>", "AccessDeniedException", NULL},
        {NULL, NULL, "{}", NULL, NULL},
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool readable = false;
        struct response rs = decode(arena, &backup_ListBackupVaults, 400, cases[i].header,
                                    cases[i].value, cases[i].body, &readable);
        assert_true(readable);
        assert_true(str_eq(rs.code, cases[i].code));
        assert_true(str_eq(rs.message, cases[i].message));
        assert_string_equal(rs.request_id, "id-1");
        assert_true(value_is(rs.body, VALUE_MAP));
    }
}

static void an_answer_that_is_cut_off_is_not_readable(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    bool readable = true;
    (void)decode(arena, &backup_ListBackupVaults, 200, NULL, NULL, "{\"BackupVaultLi", &readable);
    assert_false(readable);
    (void)decode(arena, &backup_ListBackupVaults, 200, NULL, NULL, "[1]", &readable);
    assert_false(readable);
    (void)decode(arena, &iam_GetRole, 200, NULL, NULL, "<GetRoleResponse><GetRoleRes", &readable);
    assert_false(readable);
    (void)decode(arena, &iam_GetRole, 200, NULL, NULL, "", &readable);
    assert_false(readable);
    (void)decode(arena, &backup_DeleteBackupVault, 200, NULL, NULL, "", &readable);
    assert_true(readable);
    (void)decode(arena, &backup_DescribeBackupVault, 200, NULL, NULL, "", &readable);
    assert_false(readable);
}

static void an_answer_of_millions_of_values_is_not_read(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const struct {
        size_t values;
        bool readable;
    } cases[] = {{100000, true}, {1100000, false}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct strbuf sb;
        bool readable = !cases[i].readable;
        strbuf_init(&sb, arena, 8 * cases[i].values);
        strbuf_add(&sb, "{\"a\":[0");
        for (size_t k = 0; k < cases[i].values; k++)
            strbuf_add(&sb, ",0");
        strbuf_add(&sb, "]}");
        (void)decode(arena, &backup_ListBackupVaults, 200, NULL, NULL, strbuf_str(&sb), &readable);
        assert_int_equal(readable, cases[i].readable);
    }
}

static void only_a_change_may_be_answered_with_nothing(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    bool readable = false;
    struct response rs = decode(arena, &kms_EnableKeyRotation, 200, NULL, NULL, "null", &readable);
    assert_true(readable);
    assert_true(value_is(rs.body, VALUE_MAP));
    (void)decode(arena, &kms_DescribeKey, 200, NULL, NULL, "null", &readable);
    assert_false(readable);
}

static void xml_results_and_errors_are_unwrapped(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    bool readable = false;
    struct response rs =
        decode(arena, &iam_GetRole, 200, NULL, NULL,
               "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">"
               "<GetRoleResult><Role><RoleName>r</RoleName></Role></GetRoleResult>"
               "<ResponseMetadata><RequestId>x-1</RequestId></ResponseMetadata></GetRoleResponse>",
               &readable);
    assert_true(readable);
    assert_string_equal(value_get_str(value_get(rs.body, "Role"), "RoleName"), "r");
    assert_string_equal(rs.request_id, "x-1");

    rs = decode(arena, &iam_DeleteRole, 200, NULL, NULL,
                "<DeleteRoleResponse><ResponseMetadata/></DeleteRoleResponse>", &readable);
    assert_true(readable);
    assert_int_equal(value_len(rs.body), 0);

    rs = decode(arena, &iam_GetRole, 404, NULL, NULL,
                "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code>"
                "<Message>gone</Message></Error><RequestId>x-2</RequestId></ErrorResponse>",
                &readable);
    assert_true(readable);
    assert_string_equal(rs.code, "NoSuchEntity");
    assert_string_equal(rs.message, "gone");
    assert_string_equal(rs.request_id, "x-2");

    rs = decode(arena, &iam_GetRole, 400, NULL, NULL,
                "<Response><Errors><Error><Code>Throttling</Code></Error></Errors>"
                "<RequestID>x-3</RequestID></Response>",
                &readable);
    assert_string_equal(rs.code, "Throttling");
    assert_string_equal(rs.request_id, "x-3");

    rs = decode(arena, &iam_GetRole, 200, NULL, NULL, "<html>hello</html>", &readable);
    assert_false(readable);
}

static void rest_xml_puts_one_member_into_the_body(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct request *rq = request(arena, &s3_PutBucketTagging,
                                 "{\"Tagging\":{\"TagSet\":{\"Tag\":[{\"Key\":\"a\",\"Value\":"
                                 "\"<1 & 2>\"},{\"Key\":\"b\",\"Value\":true}]}}}");
    request_label(rq, "Bucket", "b.c");
    struct wire_request wire = encode(rq, NULL);
    assert_string_equal(wire.path, "/b.c");
    assert_string_equal(wire.query, "tagging=");
    assert_string_equal(wire.content_type, "application/xml");
    assert_true(slice_is(wire.body,
                         "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>"
                         "<Tag><Key>a</Key><Value>&lt;1 &amp; 2&gt;</Value></Tag>"
                         "<Tag><Key>b</Key><Value>true</Value></Tag></TagSet></Tagging>"));

    rq = request(arena, &s3_PutBucketPolicy, "{\"Policy\":\"{}\"}");
    request_label(rq, "Bucket", "b.c");
    wire = encode(rq, NULL);
    assert_string_equal(wire.query, "policy=");
    assert_true(slice_is(wire.body, "{}")); /* text goes as it is */

    rq = request(arena, &s3_CreateBucket, NULL);
    request_label(rq, "Bucket", "b.c");
    wire = encode(rq, NULL);
    assert_string_equal(wire.query, "");
    assert_int_equal(wire.body.len, 0);
    assert_null(wire.content_type);
}

static void rest_xml_answers_are_what_is_in_the_root(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    bool readable = false;
    struct response rs =
        decode(arena, &s3_GetBucketVersioning, 200, NULL, NULL,
               "<?xml version=\"1.0\"?><VersioningConfiguration xmlns=\"http://x/\">"
               "<Status>Enabled</Status></VersioningConfiguration>",
               &readable);
    assert_true(readable);
    assert_string_equal(value_get_str(rs.body, "Status"), "Enabled");

    rs = decode(arena, &s3_GetBucketPolicy, 200, NULL, NULL, "{\"Version\":\"x\"}", &readable);
    assert_true(readable);
    assert_string_equal(value_get_str(rs.body, "Payload"), "{\"Version\":\"x\"}");

    decode(arena, &s3_GetBucketPolicy, 200, NULL, NULL, "sorry", &readable);
    assert_false(readable);
    decode(arena, &s3_CreateBucket, 200, NULL, NULL, "{}", &readable);
    assert_false(readable);
    rs = decode(arena, &s3_CreateBucket, 200, NULL, NULL, "", &readable);
    assert_true(readable);
    assert_int_equal(value_len(rs.body), 0);

    rs = decode(arena, &s3_DeleteBucket, 409, "x-amz-request-id", "late",
                "<Error><Code>BucketNotEmpty</Code><Message>m</Message><RequestId>q</RequestId>"
                "<HostId>h</HostId></Error>",
                &readable);
    assert_true(readable);
    assert_string_equal(rs.code, "BucketNotEmpty");
    assert_string_equal(rs.message, "m");
    assert_string_equal(rs.request_id, "q");

    const char *const broken[] = {"<Error><Code>x</Co", "<Error></Error>", "sorry", ""};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        decode(arena, &s3_DeleteBucket, 400, NULL, NULL, broken[i], &readable);
        assert_false(readable);
    }
}

/* The body of an object is its own; what S3 says of it stands in headers. */
static void rest_xml_leaves_objects_as_they_are(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    bool readable = false;
    struct request *rq = request(arena, &s3_PutObject, "{\"Body\":\"<a/>\"}");
    request_label(rq, "Bucket", "b.c");
    request_label(rq, "Key", "team/t state.journal/1");
    struct wire_request wire = encode(rq, NULL);
    assert_string_equal(wire.path, "/b.c/team/t%20state.journal/1");
    assert_true(slice_is(wire.body, "<a/>"));

    struct response rs = decode(arena, &s3_GetObject, 200, "ETag", "\"e\"",
                                "<Error><Code>x</Code></Error>", &readable);
    assert_true(readable);
    assert_null(rs.code);
    assert_string_equal(value_get_str(rs.body, "ETag"), "\"e\"");
    assert_string_equal(value_get_str(rs.body, "Body"), "<Error><Code>x</Code></Error>");

    rs = decode(arena, &s3_PutObject, 200, "ETag", "\"f\"", "", &readable);
    assert_true(readable);
    assert_string_equal(value_get_str(rs.body, "ETag"), "\"f\"");
    assert_null(value_get(rs.body, "Body"));

    rs =
        decode(arena, &s3_PutObject, 412, NULL, NULL,
               "<Error><Code>PreconditionFailed</Code><Condition>If-None-Match</Condition></Error>",
               &readable);
    assert_true(readable);
    assert_string_equal(rs.code, "PreconditionFailed");

    rs = decode(arena, &s3_HeadObject, 404, NULL, NULL, "", &readable);
    assert_true(readable); /* HEAD has no body to read */
    assert_string_equal(rs.code, "HTTP 404");
    rs = decode(arena, &s3_DeleteObject, 204, NULL, NULL, "", &readable);
    assert_true(readable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rest_json_puts_labels_query_and_body_where_they_belong),
        cmocka_unit_test(rest_json_sends_an_empty_document_where_a_body_is_due),
        cmocka_unit_test(json_names_the_operation_in_a_header),
        cmocka_unit_test(the_query_protocol_flattens_lists_and_maps),
        cmocka_unit_test(json_errors_are_named_wherever_the_service_writes_the_name),
        cmocka_unit_test(an_answer_that_is_cut_off_is_not_readable),
        cmocka_unit_test(an_answer_of_millions_of_values_is_not_read),
        cmocka_unit_test(only_a_change_may_be_answered_with_nothing),
        cmocka_unit_test(xml_results_and_errors_are_unwrapped),
        cmocka_unit_test(rest_xml_puts_one_member_into_the_body),
        cmocka_unit_test(rest_xml_answers_are_what_is_in_the_root),
        cmocka_unit_test(rest_xml_leaves_objects_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
