/* Signs requests for a judge: each line of standard input is a request in JSON, each line of
 * standard output what came of it. sigv4.py compares that with botocore's signer. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/crypto.h"
#include "engine/base/json.h"
#include "providers/aws/sigv4.h"
#include "providers/aws/uri.h"

#define HEADERS_MAX 32
#define TEXT_MAX ((size_t)1024 * 1024)

/* A query from plain pairs, as a request of a resource type writes it. */
static const char *query_of(struct arena *arena, const struct value *pairs)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (size_t i = 0; i < value_len(pairs); i++) {
        const struct value *pair = value_item(pairs, i);
        strbuf_add(&sb, i > 0 ? "&" : "");
        uri_encode(&sb, slice_of(value_str(value_item(pair, 0))), false);
        strbuf_add_char(&sb, '=');
        uri_encode(&sb, slice_of(value_str(value_item(pair, 1))), false);
    }
    return strbuf_str(&sb);
}

/* A path from plain segments: labels of a URI. */
static const char *path_of(struct arena *arena, const struct value *segments)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (size_t i = 0; i < value_len(segments); i++) {
        strbuf_add_char(&sb, '/');
        uri_encode(&sb, slice_of(value_str(value_item(segments, i))), false);
    }
    return strbuf_str(&sb);
}

static const char *signed_line(struct arena *arena, const struct value *v)
{
    struct http_header headers[HEADERS_MAX];
    const struct value *list = value_get(v, "headers");
    BUG_ON(value_len(list) > HEADERS_MAX);
    for (size_t i = 0; i < value_len(list); i++)
        headers[i] = (struct http_header){value_str(value_item(value_item(list, i), 0)),
                                          value_str(value_item(value_item(list, i), 1))};
    struct sigv4_input input = {
        .method = value_get_str(v, "method"),
        .path = path_of(arena, value_get(v, "segments")),
        .query = query_of(arena, value_get(v, "query")),
        .headers = headers,
        .header_len = value_len(list),
        .region = value_get_str(v, "region"),
        .service = value_get_str(v, "service"),
        .time_ms = value_get_int(v, "time_ms", 0),
        .raw_path = value_get_bool(v, "raw_path", false),
    };
    if (!base64_decode(arena, slice_of(value_get_str(v, "body")), &input.body))
        BUG("a body that is no base64");
    struct credentials c = {.access_key_id = value_get_str(v, "access_key_id"),
                            .secret_access_key = value_get_str(v, "secret_access_key"),
                            .session_token = value_get_str(v, "session_token")};
    struct sigv4_output out;
    sigv4_sign(arena, &input, &c, &out);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "path", input.path);
    map_put_str(&b, "query", input.query);
    map_put_str(&b, "canonical_request", out.canonical_request);
    map_put_str(&b, "string_to_sign", out.string_to_sign);
    map_put_str(&b, "signature", out.signature);
    map_put_str(&b, "authorization", out.authorization);
    return json_print(arena, map_end(&b), JSON_COMPACT);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t len; (len = getline(&line, &cap, stdin)) > 0;) {
        struct arena *arena = arena_new();
        const struct value *v = NULL;
        const char *why = NULL;
        if (!json_parse(arena, (struct slice){line, (size_t)len}, &v, &why))
            BUG(why);
        puts(signed_line(arena, v));
        arena_free(arena);
    }
    free(line);
    return 0;
}
