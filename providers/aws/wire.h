#pragma once
/* The wire protocols, each one pair of functions (EC2's is a dialect of the query protocol): a
 * request to bytes, an answer to a value. Pure; signing and sending happen in call.c. */

#include "providers/aws/request.h"
#include "providers/transport.h"

struct wire_request {
    const char *path, *query;
    struct slice body;
    const char *content_type, *target; /* headers, or NULL */
};

struct wire_codec {
    /* page_token: NULL for the first page. */
    void (*encode)(struct request *rq, const char *page_token, struct wire_request *ret);
    /* Fills status, code, message, request_id and body; the fault is classified later. False when
     * the answer cannot be read. */
    bool (*decode)(struct arena *arena, const struct aws_operation *operation,
                   const struct http_response *http, struct response *ret);
};
const struct wire_codec *wire_codec_of(enum wire wire);

extern const struct wire_codec wire_restjson, wire_json, wire_query, wire_restxml;

/* Shared by the two JSON protocols. */
bool wire_decode_json(struct arena *arena, const struct aws_operation *operation,
                      const struct http_response *http, struct response *ret);
/* "aws.backup#NotFound:http://x" is "NotFound". */
const char *wire_error_code(struct arena *arena, const char *raw);
const char *wire_request_id(struct arena *arena, const struct http_response *http);
