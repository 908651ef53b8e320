/* world_caller WORLD: calls a simulated world from outside, without the program and in its virtual
 * time. One JSON request a line on stdin, one answer a line on stdout:
 *   {"method","path","query","headers": {},"body": base64} gives {"status","headers": {},"body"}
 *   {"settings": {name: text}} makes the world harder or easier (simulator/README.md) and gives {}
 * The calls stand in no ledger: that is the program's alone. */
#include <stdio.h>

#include "engine/base/crypto.h"
#include "engine/base/json.h"
#include "simulator/service.h"
#include "simulator/world.h"

struct exchange {
    struct arena *arena;
    const struct value *answer;
};

static void keep_answer(void *ctx, const struct http_response *response)
{
    struct exchange *exchange = ctx;
    struct map_builder headers = map_begin(exchange->arena), b = map_begin(exchange->arena);
    for (size_t i = 0; i < response->header_len; i++)
        map_put_str(&headers, response->headers[i].name, response->headers[i].value);
    map_put_int(&b, "status", response->status);
    map_put(&b, "headers", map_end(&headers));
    map_put_str(&b, "body", base64_encode(exchange->arena, response->body));
    exchange->answer = map_end(&b);
}

static const struct value *call(struct world *world, struct arena *arena, const struct value *input)
{
    const struct value *given = value_get(input, "headers");
    struct http_header *headers = arena_array(arena, value_len(given), sizeof(*headers));
    for (size_t i = 0; i < value_len(given); i++)
        headers[i] =
            (struct http_header){given->map.entries[i].key, value_str(given->map.entries[i].value)};
    struct http_request request = {.method = value_get_str(input, "method"),
                                   .base_url = "",
                                   .path = value_get_str(input, "path"),
                                   .query = value_get_str(input, "query"),
                                   .headers = headers,
                                   .header_len = value_len(given)};
    const char *body = value_get_str(input, "body");
    if (!request.method || !request.path || !body ||
        !base64_decode(arena, slice_of(body), &request.body))
        return NULL;
    struct exchange exchange = {.arena = arena};
    struct transport transport = world_transport(world);
    transport.ops->send(transport.self, &request, keep_answer, &exchange);
    while (!exchange.answer)
        transport.ops->wait(transport.self, world_now_ms(world));
    return exchange.answer;
}

static const struct value *set(struct world *world, const struct value *settings)
{
    world_begin(world);
    for (size_t i = 0; i < value_len(settings); i++)
        setting_put(world, settings->map.entries[i].key, value_str(settings->map.entries[i].value));
    return world_commit(world) ? settings : NULL;
}

static bool answer_line(struct world *world, struct slice line)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct value *input = NULL;
    const char *why = "it asks for nothing";
    const struct value *answer = NULL;
    if (json_parse(arena, line, &input, &why)) {
        const struct value *settings = value_get(input, "settings");
        answer = settings ? set(world, settings) : call(world, arena, input);
    }
    if (!answer) {
        fprintf(stderr, "a line of stdin is no request: %s\n", why);
        return false;
    }
    printf("%s\n", json_print(arena, answer, JSON_COMPACT));
    return fflush(stdout) == 0;
}

static bool answer_all(struct world *world)
{
    bool ok = true;
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    while (ok && (len = getline(&line, &size, stdin)) > 0)
        ok = answer_line(world, slice_trim((struct slice){line, (size_t)len}));
    return ok; /* the buffer goes with the process */
}

int main(int argc, char **argv)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct diags diags;
    struct world *world = NULL;
    diags_init(&diags, arena);
    if (argc != 2 || !world_open(&(struct world_options){.path = argv[1]}, &world, &diags)) {
        fprintf(stderr, "usage: world_caller WORLD, a file of a simulated world\n");
        return 64;
    }
    bool ok = answer_all(world);
    world_close(world);
    return ok ? 0 : 1;
}
