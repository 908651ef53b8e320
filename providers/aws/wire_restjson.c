/* rest-json: method, path and query name the thing; the rest is a JSON body. AWS Backup, Lambda. */

#include "engine/base/json.h"
#include "providers/aws/uri.h"
#include "providers/aws/wire.h"

static void encode(struct request *rq, const char *page_token, struct wire_request *ret)
{
    struct strbuf query;
    strbuf_init(&query, rq->arena, (size_t)256 * 1024);
    for (size_t i = 0; i < rq->query_len; i++)
        uri_add_param(&query, rq->query[i].name, slice_of(rq->query[i].value));
    if (page_token)
        uri_add_param(&query, rq->operation->token_in, slice_of(page_token));
    *ret = (struct wire_request){.path = request_path(rq),
                                 .query = query.len > 0 ? strbuf_str(&query) : ""};
    bool no_body = str_eq(rq->operation->method, "GET") || str_eq(rq->operation->method, "DELETE");
    if (rq->body.len == 0 && no_body)
        return;
    ret->body = slice_of(json_print(rq->arena, map_end(&rq->body), JSON_COMPACT));
    ret->content_type = "application/json";
}

const struct wire_codec wire_restjson = {encode, wire_decode_json};
