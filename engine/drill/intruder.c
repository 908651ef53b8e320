#include "engine/drill/intruder.h"

#include "engine/base/bug.h"
#include "providers/aws/call.h"
#include "simulator/world.h"

struct intruder {
    struct arena *arena;
    struct transport transport;
    struct loop *loop;
    struct drill_try *tries;
    size_t len, cap;
};

struct intruder *intruder_new(struct arena *arena, struct world *world,
                              const struct topology *topology, struct diags *diags)
{
    struct aws_options options = aws_options_of(arena, topology, /* only= */ NULL);
    struct aws_account *accounts = arena_array(arena, options.account_len, sizeof(*accounts));
    for (size_t i = 0; i < options.account_len; i++) {
        accounts[i] = options.accounts[i];
        accounts[i].assume_role = NULL;
    }
    options.accounts = accounts;
    options.simulated = true;
    struct intruder *intruder = arena_new_of(arena, struct intruder);
    *intruder = (struct intruder){.arena = arena, .transport = world_transport(world)};
    intruder->loop = loop_new(intruder->transport, diags);
    return aws_setup(arena, intruder->loop, &options, diags) ? intruder : NULL;
}

void intruder_free(struct intruder *intruder)
{
    if (!intruder)
        return;
    loop_free(intruder->loop);
    intruder->transport.ops->close(intruder->transport.self);
}

struct answer {
    struct arena *arena;
    const struct value *body;
    const char *why;
    struct credentials *credentials;
    const struct aws *aws;
    bool ended;
};

static void answered(void *ctx, const struct response *rs)
{
    struct answer *answer = ctx;
    answer->ended = true;
    if (rs->fault != FAULT_NONE) {
        answer->why = arena_printf(answer->arena, "%s: %s", rs->code ? rs->code : "no answer",
                                   rs->message ? rs->message : "");
        return;
    }
    struct map_builder none = map_begin(answer->arena);
    answer->body = rs->body ? value_copy(answer->arena, rs->body) : map_end(&none);
    answer->credentials = sts_credentials(answer->aws, rs);
}

static struct answer ask(struct intruder *intruder, const struct intruder_call *call)
{
    struct answer answer = {.arena = intruder->arena, .aws = aws_of(intruder->loop)};
    const struct aws_call_spec own = {.operation = call->operation,
                                      .account_id = call->account_id,
                                      .region = call->region,
                                      .labels = call->labels,
                                      .query = call->query,
                                      .body = call->body,
                                      .all_pages = call->operation->token_in != NULL};
    const struct aws_call_as foreign = {.operation = call->operation,
                                        .account_id = call->account_id,
                                        .region = call->region,
                                        .credentials = call->credentials,
                                        .labels = call->labels,
                                        .query = call->query,
                                        .body = call->body};
    if (call->credentials)
        aws_call_as(aws_of(intruder->loop), &foreign, answered, &answer);
    else
        aws_call(intruder->loop, &own, answered, &answer);
    while (!answer.ended)
        BUG_ON(!loop_turn(intruder->loop) && !answer.ended);
    return answer;
}

static void note(struct intruder *intruder, const struct intruder_call *call, const char *why)
{
    const struct aws_operation *operation = call->operation;
    intruder->tries = arena_grow(intruder->arena, intruder->tries, intruder->len, &intruder->cap,
                                 intruder->len + 1, sizeof(*intruder->tries));
    intruder->tries[intruder->len++] = (struct drill_try){
        .at_ms = loop_now_ms(intruder->loop),
        .account_id = call->account_id,
        .as = call->as,
        .call = arena_printf(intruder->arena, "%s:%s", operation->api->service, operation->name),
        .on = call->on,
        .why = why};
}

const struct value *intruder_look(struct intruder *intruder, const struct intruder_call *call)
{
    return ask(intruder, call).body;
}

const struct value *intruder_try(struct intruder *intruder, const struct intruder_call *call)
{
    struct answer answer = ask(intruder, call);
    note(intruder, call, answer.why);
    return answer.body;
}

void intruder_tell(struct intruder *intruder, const char *loss)
{
    BUG_ON(intruder->len == 0);
    intruder->tries[intruder->len - 1].loss = loss;
}

const struct credentials *intruder_assume(struct intruder *intruder,
                                          const struct intruder_call *call, const char *role_arn)
{
    struct map_builder b = map_begin(intruder->arena);
    map_put_str(&b, "RoleArn", role_arn);
    map_put_str(&b, "RoleSessionName", "intruder");
    struct intruder_call whole = *call;
    whole.body = map_end(&b);
    struct answer answer = ask(intruder, &whole);
    note(intruder, &whole, answer.why);
    return answer.credentials;
}

const struct drill_try *intruder_tries(const struct intruder *intruder, size_t *ret_len)
{
    *ret_len = intruder ? intruder->len : 0;
    return intruder ? intruder->tries : NULL;
}
