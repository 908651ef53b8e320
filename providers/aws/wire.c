#include "providers/aws/wire.h"

#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/json.h"

#define WORD_MAX 200
#define VALUES_MAX 1000000

const struct wire_codec *wire_codec_of(enum wire wire)
{
    switch (wire) {
    case WIRE_REST_JSON: return &wire_restjson;
    case WIRE_JSON: return &wire_json;
    case WIRE_QUERY:
    case WIRE_EC2: return &wire_query;
    case WIRE_REST_XML: return &wire_restxml;
    }
    BUG("no such wire protocol");
}

/* Codes and request ids are words of AWS's; from elsewhere anything may come. */
static size_t shortened(size_t len)
{
    return len < WORD_MAX ? len : WORD_MAX;
}

const char *wire_error_code(struct arena *arena, const char *raw)
{
    if (!raw || !raw[0])
        return NULL;
    struct slice rest = slice_of(raw), code = slice_cut(&rest, ':');
    const char *hash = memrchr(code.ptr, '#', code.len);
    if (hash)
        code = slice_from(code, (size_t)(hash + 1 - code.ptr));
    code = slice_trim(code);
    return code.len > 0 ? arena_strndup(arena, code.ptr, shortened(code.len)) : NULL;
}

const char *wire_request_id(struct arena *arena, const struct http_response *http)
{
    const char *id = http_response_header(http, "x-amzn-requestid");
    id = id ? id : http_response_header(http, "x-amz-request-id");
    return id ? arena_strndup(arena, id, shortened(strlen(id))) : NULL;
}

/* The first of the members that is text. */
static const char *first_of(const struct value *map, const char *const *members)
{
    for (; *members; members++)
        if (value_get_str(map, *members))
            return value_get_str(map, *members);
    return NULL;
}

/* Where the name of an error stands: the header first, since the member "Code" of AWS Backup holds
 * a number of its own ("ERROR_9101"). */
static const char *json_error_code(struct arena *arena, const struct http_response *http,
                                   const struct value *body)
{
    const char *code = wire_error_code(arena, http_response_header(http, "x-amzn-errortype"));
    if (!code)
        code = wire_error_code(arena, value_get_str(body, "__type"));
    if (!code) {
        const char *query = http_response_header(http, "x-amzn-query-error");
        struct slice rest = slice_of(query), first = slice_cut(&rest, ';');
        if (query)
            code = arena_strndup(arena, first.ptr, shortened(first.len));
    }
    if (!code)
        code = wire_error_code(
            arena, first_of(body, (const char *const[]){"code", "Code", "errorCode", NULL}));
    return code;
}

/* No more values than any answer of AWS has: each costs far more memory than its text. Commas in
 * texts count as well: this is a bound, not a count. */
static bool is_of_sane_size(struct slice body)
{
    size_t values = 0;
    for (size_t i = 0; i < body.len && values <= VALUES_MAX; i++)
        values += body.ptr[i] == ',' || body.ptr[i] == '[' || body.ptr[i] == '{';
    return values <= VALUES_MAX;
}

bool wire_decode_json(struct arena *arena, const struct aws_operation *operation,
                      const struct http_response *http, struct response *ret)
{
    bool good = http->status >= 200 && http->status < 300, readable = true;
    const struct value *body = NULL;
    const char *why = NULL;
    /* what is read has at least braces; a change may be answered with nothing, or null */
    if (slice_trim(http->body).len > 0)
        readable =
            is_of_sane_size(http->body) && json_parse(arena, http->body, &body, &why) &&
            (value_is(body, VALUE_MAP) || (value_is(body, VALUE_NULL) && operation->mutates));
    else if (good && !operation->mutates)
        readable = false;
    if (!value_is(body, VALUE_MAP)) {
        struct map_builder empty = map_begin(arena);
        body = map_end(&empty);
    }
    ret->status = http->status;
    ret->body = body;
    ret->request_id = wire_request_id(arena, http);
    if (good)
        return readable;
    ret->code = json_error_code(arena, http, body);
    ret->message =
        first_of(body, (const char *const[]){"message", "Message", "errorMessage", NULL});
    return readable || ret->code;
}
