/* json-1.x: POST to /, the operation in X-Amz-Target. KMS, EventBridge, SQS, Logs, Organizations.
 */

#include "engine/base/json.h"
#include "providers/aws/wire.h"

static void encode(struct request *rq, const char *page_token, struct wire_request *ret)
{
    const struct aws_api *api = rq->operation->api;
    const struct value *body = map_end(&rq->body);
    if (page_token)
        body = value_with(rq->arena, body, rq->operation->token_in,
                          value_string(rq->arena, page_token));
    *ret = (struct wire_request){
        .path = request_path(rq),
        .query = "",
        .body = slice_of(json_print(rq->arena, body, JSON_COMPACT)),
        .content_type = arena_printf(rq->arena, "application/x-amz-json-%s", api->json_version),
        .target = arena_printf(rq->arena, "%s.%s", api->target_prefix, rq->operation->name),
    };
}

const struct wire_codec wire_json = {encode, wire_decode_json};
