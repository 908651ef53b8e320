/* rest-xml, as S3 speaks it: method, path and query name the thing, the body is XML. A body is one
 * member: its name is the root element, or, where it is text, the text itself (a policy). A list
 * repeats the element that it stands under. */

#include <string.h>

#include "engine/base/bug.h"
#include "providers/aws/uri.h"
#include "providers/aws/wire.h"
#include "providers/aws/xml.h"

#define XMLNS "http://s3.amazonaws.com/doc/2006-03-01/"
#define BODY_MAX ((size_t)4 * 1024 * 1024)

/* ---- requests ---- */

static void add_text(struct strbuf *sb, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&': strbuf_add(sb, "&amp;"); break;
        case '<': strbuf_add(sb, "&lt;"); break;
        case '>': strbuf_add(sb, "&gt;"); break;
        default: strbuf_add_char(sb, text.ptr[i]);
        }
    }
}

static void add_element(struct strbuf *sb, const char *name, const char *attributes,
                        const struct value *v)
{
    if (value_is(v, VALUE_LIST)) {
        for (size_t i = 0; i < v->list.len; i++)
            add_element(sb, name, attributes, v->list.items[i]);
        return;
    }
    strbuf_addf(sb, "<%s%s>", name, attributes);
    switch (v->kind) {
    case VALUE_MAP:
        for (size_t i = 0; i < v->map.len; i++)
            add_element(sb, v->map.entries[i].key, "", v->map.entries[i].value);
        break;
    case VALUE_STRING: add_text(sb, v->string); break;
    case VALUE_BOOL: strbuf_add(sb, v->boolean ? "true" : "false"); break;
    case VALUE_INT: strbuf_addf(sb, "%lld", (long long)v->integer); break;
    case VALUE_DOUBLE: strbuf_addf(sb, "%.17g", v->number); break;
    case VALUE_NULL:
    case VALUE_LIST: break;
    case VALUE_REF:
    case VALUE_CONCAT: BUG("a request may not hold references");
    }
    strbuf_addf(sb, "</%s>", name);
}

static void encode_body(struct request *rq, struct wire_request *ret)
{
    const struct value *body = map_end(&rq->body);
    if (value_len(body) == 0)
        return;
    BUG_ON(value_len(body) != 1);
    const struct value_entry *member = &body->map.entries[0];
    if (value_is(member->value, VALUE_STRING)) {
        ret->body = member->value->string;
        ret->content_type = "application/octet-stream";
        return;
    }
    struct strbuf sb;
    strbuf_init(&sb, rq->arena, BODY_MAX);
    add_element(&sb, member->key, " xmlns=\"" XMLNS "\"", member->value);
    ret->body = (struct slice){strbuf_str(&sb), sb.len};
    ret->content_type = "application/xml";
}

/* The URI of an operation may bring a query of its own: "/{Bucket}?versioning". */
static void encode(struct request *rq, const char *page_token, struct wire_request *ret)
{
    struct strbuf query;
    strbuf_init(&query, rq->arena, (size_t)256 * 1024);
    struct slice rest = slice_of(request_path(rq)), path = slice_cut(&rest, '?');
    while (rest.ptr && rest.len) {
        struct slice value = slice_cut(&rest, '&');
        struct slice name = slice_cut(&value, '=');
        uri_add_param(&query, arena_strndup(rq->arena, name.ptr, name.len),
                      value.ptr ? value : slice_of(""));
    }
    for (size_t i = 0; i < rq->query_len; i++)
        uri_add_param(&query, rq->query[i].name, slice_of(rq->query[i].value));
    if (page_token)
        uri_add_param(&query, rq->operation->token_in, slice_of(page_token));
    *ret = (struct wire_request){.path = arena_strndup(rq->arena, path.ptr, path.len),
                                 .query = query.len > 0 ? strbuf_str(&query) : ""};
    encode_body(rq, ret);
}

/* ---- answers ---- */

/* <Error><Code/><Message/><RequestId/></Error>. */
static void decode_error(struct arena *arena, const struct value *error, struct response *ret)
{
    ret->code = wire_error_code(arena, value_get_str(error, "Code"));
    ret->message = value_get_str(error, "Message");
    if (value_get_str(error, "RequestId"))
        ret->request_id = value_get_str(error, "RequestId");
}

/* What the root of an answer is called; other operations answer without a body. */
static const struct {
    const struct aws_operation *operation;
    const char *root;
} documents[] = {
    {&s3_GetBucketVersioning, "VersioningConfiguration"},
    {&s3_GetPublicAccessBlock, "PublicAccessBlockConfiguration"},
    {&s3_GetBucketEncryption, "ServerSideEncryptionConfiguration"},
    {&s3_GetObjectLockConfiguration, "ObjectLockConfiguration"},
    {&s3_GetBucketTagging, "Tagging"},
    {&s3_ListObjectsV2, "ListBucketResult"},
};

static const char *root_of(const struct aws_operation *operation)
{
    for (size_t i = 0; i < ARRAY_LEN(documents); i++)
        if (documents[i].operation == operation)
            return documents[i].root;
    return NULL;
}

/* The one document of S3's that comes as JSON. */
static bool is_policy(const struct aws_operation *operation, struct slice body)
{
    return operation == &s3_GetBucketPolicy && slice_starts(body, "{");
}

/* Objects: the body is theirs, as it is, and what is told of them stands in headers. */
static bool is_of_object(const struct aws_operation *operation)
{
    return operation == &s3_PutObject || operation == &s3_GetObject ||
           operation == &s3_HeadObject || operation == &s3_DeleteObject;
}

static const struct value *object_of(struct arena *arena, const struct aws_operation *operation,
                                     const struct http_response *http)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "ETag", http_response_header(http, "etag"));
    map_put_str(&b, "Date", http_response_header(http, "date"));
    if (operation == &s3_GetObject)
        map_put(&b, "Body", value_string_n(arena, http->body.ptr, http->body.len));
    return map_end(&b);
}

/* An answer to HEAD never has a body: its status is all that it says. */
static bool decode_status(struct arena *arena, const struct http_response *http,
                          struct response *ret)
{
    ret->code = arena_printf(arena, "HTTP %d", http->status);
    return true;
}

/* What is in the root element; of a policy, {"Payload": text}. */
static bool decode(struct arena *arena, const struct aws_operation *operation,
                   const struct http_response *http, struct response *ret)
{
    bool good = http->status >= 200 && http->status < 300;
    struct slice body = slice_trim(http->body);
    struct map_builder b = map_begin(arena);
    const struct value *root = NULL;
    const char *why = NULL;
    ret->status = http->status;
    ret->request_id = wire_request_id(arena, http);
    if (is_policy(operation, body))
        map_put(&b, "Payload", value_string_n(arena, http->body.ptr, http->body.len));
    ret->body = map_end(&b);
    if (is_of_object(operation) && good) {
        ret->body = object_of(arena, operation, http);
        return true;
    }
    if (operation == &s3_HeadObject)
        return decode_status(arena, http, ret);
    if (body.len == 0) /* a document would have its root at least */
        return good && !root_of(operation) && operation != &s3_GetBucketPolicy;
    if (is_policy(operation, body))
        return good;
    if (!xml_parse(arena, http->body, &root, &why))
        return false;
    const struct value *top = root->map.entries[0].value;
    if (!str_eq(root->map.entries[0].key, good ? root_of(operation) : "Error"))
        return false;
    if (value_is(top, VALUE_MAP))
        ret->body = top;
    if (!good)
        decode_error(arena, top, ret);
    return good || ret->code;
}

const struct wire_codec wire_restxml = {encode, decode};
