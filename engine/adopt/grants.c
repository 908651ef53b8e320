#include "engine/adopt/grants.h"

#include "providers/aws/aws.h"

struct question {
    struct sights *sights;
    const struct resource *key;
    const char *arn;
};

static void listed(void *ctx, const struct response *rs)
{
    const struct question *q = ctx;
    struct arena *arena = q->sights->arena;
    if (rs->fault == FAULT_NONE)
        sights_add_grants(q->sights, q->arn, value_copy(arena, value_get(rs->body, "Grants")));
    else
        list_add_str(&q->sights->unread,
                     arena_printf(arena, "no grant of %s lets anybody else use it: %s: %s",
                                  q->key->address, rs->operation, rs->code ? rs->code : "no code"));
}

static void ask(struct arena *arena, struct loop *loop, struct sights *sights,
                const struct sight *sight)
{
    const struct resource *key = sight->resource;
    struct question *question = arena_new_of(arena, struct question);
    *question = (struct question){sights, key, value_get_str(sight->attributes, "arn")};
    const struct aws_call_spec spec = {.operation = &kms_ListGrants,
                                       .account_id = key->account->id,
                                       .region = key->region,
                                       .body = value_map_text(arena, "KeyId", question->arn),
                                       .all_pages = true};
    aws_call(loop, &spec, listed, question);
}

void grants_read(struct arena *arena, struct loop *loop, struct sights *sights)
{
    for (size_t i = 0; i < sights->len; i++) {
        const struct sight *sight = &sights->items[i];
        if (sight->state == SIGHT_THERE && value_get_str(sight->attributes, "arn") &&
            str_eq(sight->resource->schema->type_name, "aws_kms_key"))
            ask(arena, loop, sights, sight);
    }
    while (loop_turn(loop))
        ;
}
