#include "relay/lambda_runtime.h"

#include "engine/base/clock.h"
#include "engine/base/json.h"

#define RUNTIME_PATH "/2018-06-01/runtime"
#define NEXT_TIMEOUT_MS (24 * 60 * 60 * 1000) /* Lambda freezes the process between events */
#define POST_TIMEOUT_MS 10000

struct exchange {
    struct arena *arena;
    bool ended;
    int status;
    const char *request_id, *deadline, *now;
    struct slice body;
};

static void ended(void *ctx, const struct http_response *response)
{
    struct exchange *exchange = ctx;
    exchange->ended = true;
    exchange->status = response->status;
    exchange->request_id = arena_strdup(
        exchange->arena, http_response_header(response, "Lambda-Runtime-Aws-Request-Id"));
    exchange->deadline =
        arena_strdup(exchange->arena, http_response_header(response, "Lambda-Runtime-Deadline-Ms"));
    exchange->now =
        arena_strdup(exchange->arena, http_response_header(response, "Holdfast-Now-Ms"));
    exchange->body = (struct slice){
        arena_strndup(exchange->arena, response->body.ptr, response->body.len), response->body.len};
}

static int run(struct lambda_runtime *runtime, const struct http_request *request,
               struct exchange *exchange)
{
    *exchange = (struct exchange){.arena = runtime->arena};
    const struct transport *transport = &runtime->transport;
    transport->ops->send(transport->self, request, ended, exchange);
    while (!exchange->ended)
        transport->ops->wait(transport->self,
                             transport->ops->now_ms(transport->self) + request->timeout_ms);
    return exchange->status;
}

bool lambda_next(struct lambda_runtime *runtime, struct lambda_invocation *ret)
{
    struct exchange exchange;
    struct http_request request = {.method = "GET",
                                   .base_url = runtime->base_url,
                                   .path = RUNTIME_PATH "/invocation/next",
                                   .query = "",
                                   .timeout_ms = NEXT_TIMEOUT_MS};
    long long deadline = 0, now = 0;
    if (run(runtime, &request, &exchange) != 200 || !exchange.request_id)
        return false;
    if (exchange.deadline && !parse_int64(slice_of(exchange.deadline), &deadline))
        deadline = 0;
    if (!exchange.now || !parse_int64(slice_of(exchange.now), &now))
        now = clock_wall_ms();
    *ret = (struct lambda_invocation){exchange.request_id, deadline, now, exchange.body};
    return true;
}

static bool post(struct lambda_runtime *runtime, const char *path, const char *type,
                 const char *body)
{
    struct exchange exchange;
    struct http_header headers[] = {{"Content-Type", "application/json"},
                                    {"Lambda-Runtime-Function-Error-Type", type}};
    struct http_request request = {.method = "POST",
                                   .base_url = runtime->base_url,
                                   .path = path,
                                   .query = "",
                                   .headers = headers,
                                   .header_len = type ? 2 : 1,
                                   .body = slice_of(body),
                                   .timeout_ms = POST_TIMEOUT_MS};
    int status = run(runtime, &request, &exchange);
    return status >= 200 && status < 300;
}

static const char *error_body(struct lambda_runtime *runtime, const char *type, const char *message)
{
    struct map_builder b = map_begin(runtime->arena);
    map_put_str(&b, "errorType", type);
    map_put_str(&b, "errorMessage", message);
    return json_print(runtime->arena, map_end(&b), JSON_COMPACT);
}

bool lambda_respond(struct lambda_runtime *runtime, const char *request_id, const char *body)
{
    return post(runtime,
                arena_printf(runtime->arena, RUNTIME_PATH "/invocation/%s/response", request_id),
                NULL, body);
}

bool lambda_fail(struct lambda_runtime *runtime, const char *request_id, const char *type,
                 const char *message)
{
    return post(runtime,
                arena_printf(runtime->arena, RUNTIME_PATH "/invocation/%s/error", request_id), type,
                error_body(runtime, type, message));
}

bool lambda_fail_init(struct lambda_runtime *runtime, const char *type, const char *message)
{
    return post(runtime, RUNTIME_PATH "/init/error", type, error_body(runtime, type, message));
}
