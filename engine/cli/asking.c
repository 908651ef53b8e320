#include "engine/cli/asking.h"

#include "engine/base/bug.h"

struct waiting {
    struct arena *arena;
    struct answer answer;
    bool ended;
};

static void answered(void *ctx, const struct response *rs)
{
    struct waiting *waiting = ctx;
    struct arena *arena = waiting->arena;
    waiting->ended = true;
    waiting->answer = (struct answer){
        rs->fault, arena_strdup(arena, rs->code), value_copy(arena, rs->body),
        arena_printf(arena, "%s: %s (request id %s)", rs->code ? rs->code : "no code",
                     rs->message ? rs->message : "", rs->request_id ? rs->request_id : "none")};
}

struct answer ask_aws(struct cli *cli, struct loop *loop, const struct aws_call_spec *spec)
{
    struct waiting waiting = {.arena = cli->arena};
    aws_call(loop, spec, answered, &waiting);
    while (!waiting.ended)
        BUG_ON(!loop_turn(loop) && !waiting.ended);
    return waiting.answer;
}
