#include "simulator/server.h"

#include "engine/base/http_server.h"
#include "engine/base/json.h"
#include "engine/base/log.h"
#include "simulator/internal.h"

struct sim_server {
    struct arena *arena;
    struct world *world;
    struct http_server *http;
    int64_t asked_for; /* where the clock is to be moved; 0: nowhere */
};

/* The clock cannot move inside a handler: what falls due may run functions, which call the world.
 */
static const struct value *advance(struct sim_server *server, struct arena *arena,
                                   const struct value *input)
{
    int64_t ms = value_get_int(input, "ms", -1);
    if (ms < 0)
        return NULL;
    int64_t from = server->asked_for ? server->asked_for : world_now_ms(server->world);
    server->asked_for = from + ms;
    struct map_builder b = map_begin(arena);
    map_put_int(&b, "now_ms", server->asked_for);
    return map_end(&b);
}

static const struct value *settings(struct world *world, struct arena *arena,
                                    const struct value *input)
{
    world_begin(world);
    for (size_t i = 0; i < value_len(input); i++) {
        const struct value_entry *entry = &input->map.entries[i];
        const char *text = value_str(entry->value);
        setting_put(world, entry->key, text ? text : json_print(arena, entry->value, JSON_COMPACT));
    }
    return world_commit(world) ? input : NULL;
}

/* What each service can be asked for: {"backup": ["CreateBackupVault", ...]}. */
static const struct value *operations(struct arena *arena)
{
    const struct sim_api *const *apis = api_all();
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; apis[i]; i++) {
        struct list_builder names = list_begin(arena);
        for (size_t k = 0; k < apis[i]->operation_len; k++)
            list_add_str(&names, apis[i]->operations[k].name);
        map_put(&b, apis[i]->service, list_end(&names));
    }
    return map_end(&b);
}

static const struct value *private_answer(struct sim_server *server, struct arena *arena,
                                          const char *name, const struct value *input)
{
    struct world *world = server->world;
    if (str_eq(name, "advance"))
        return advance(server, arena, input);
    if (str_eq(name, "settings"))
        return settings(world, arena, input);
    if (str_eq(name, "dump"))
        return world_dump(world, arena, value_get_bool(input, "stable", false));
    if (str_eq(name, "calls"))
        return world_calls(world, arena);
    if (str_eq(name, "timeline"))
        return world_timeline(world, arena);
    if (str_eq(name, "operations"))
        return operations(arena);
    return NULL;
}

#define PRIVATE_PATH "/_holdfast/"
#define RUNTIME_PATH "/2018-06-01/runtime/"

static void answer_private(struct sim_server *server, const struct http_server_request *request,
                           struct http_server_reply *ret)
{
    const struct value *input = NULL, *output = NULL;
    const char *why = NULL, *name = request->target + sizeof(PRIVATE_PATH) - 1;
    if (str_eq(request->method, "POST") && json_parse(request->arena, request->body, &input, &why))
        output = private_answer(server, request->arena, name, input);
    ret->status = output ? 200 : 400;
    ret->body = slice_of(output ? json_print(request->arena, output, JSON_COMPACT) : "{}");
}

static void handle(void *ctx, const struct http_server_request *request,
                   struct http_server_reply *ret)
{
    struct sim_server *server = ctx;
    if (str_starts(request->target, PRIVATE_PATH)) {
        answer_private(server, request, ret);
        return;
    }
    struct http_header *headers =
        arena_array(request->arena, request->header_len, sizeof(*headers));
    for (size_t i = 0; i < request->header_len; i++)
        headers[i] = (struct http_header){request->headers[i].name, request->headers[i].value};
    struct sim_request call = {.method = request->method,
                               .target = request->target,
                               .headers = headers,
                               .header_len = request->header_len,
                               .body = request->body,
                               .served = true};
    struct sim_response made = {0};
    if (!str_starts(request->target, RUNTIME_PATH)) {
        world_handle(server->world, request->arena, &call, &made);
    } else if (!function_host_handle(server->world, request->arena, &call, &made)) {
        ret->drop = true;
        return;
    }
    if (made.broken_off) {
        ret->drop = true;
        return;
    }
    struct http_server_header *answered =
        arena_array(request->arena, made.header_len, sizeof(*answered));
    for (size_t i = 0; i < made.header_len; i++)
        answered[i] = (struct http_server_header){made.headers[i].name, made.headers[i].value};
    *ret = (struct http_server_reply){.status = made.status,
                                      .headers = answered,
                                      .header_len = made.header_len,
                                      .body = made.body,
                                      .later = made.later,
                                      .delay_ms = (int)server->world->latency_ms};
}

bool server_start(struct world *world, unsigned port, struct sim_server **ret, struct diags *diags)
{
    struct arena *arena = arena_new();
    struct sim_server *server = arena_new_of(arena, struct sim_server);
    server->arena = arena;
    server->world = world;
    if (!http_server_start(port, handle, server, &server->http, diags)) {
        arena_free(arena);
        return false;
    }
    *ret = server;
    return true;
}

unsigned server_port(const struct sim_server *server)
{
    return http_server_port(server->http);
}

void server_poll(struct sim_server *server, int timeout_ms)
{
    http_server_poll(server->http, timeout_ms);
    if (!server->asked_for)
        return;
    struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    if (!world_advance_to(server->world, server->asked_for, &diags))
        log_event(LOG_ERROR, "the clock cannot be moved", "why", diags.items[0].message, NULL);
    server->asked_for = 0;
    arena_free(arena);
}

void server_stop(struct sim_server *server)
{
    if (!server)
        return;
    http_server_stop(server->http);
    arena_free(server->arena);
}
