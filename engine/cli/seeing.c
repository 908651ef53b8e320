#include "engine/cli/seeing.h"

#include "engine/adopt/beside.h"
#include "engine/adopt/grants.h"
#include "engine/adopt/organization.h"
#include "engine/cli/source_keys.h"

struct seeing {
    struct session *session;
    struct map records;      /* address -> const struct record * */
    struct map observations; /* address -> const struct observation * */
    struct diags messages;
};

static const char *reason_of(const struct seeing *s, const char *address)
{
    for (size_t i = 0; i < s->messages.len; i++)
        if (str_eq(s->messages.items[i].address, address))
            return s->messages.items[i].message;
    return "nobody could read it";
}

static struct sight sight_at(const struct seeing *s, const struct resource *resource)
{
    const struct observation *observation = map_get(&s->observations, resource->address);
    const struct record *record = map_get(&s->records, resource->address);
    struct sight sight = {.resource = resource, .state = SIGHT_UNMADE};
    if (observation && observation->failed) {
        sight.state = SIGHT_UNREAD;
        sight.why = reason_of(s, resource->address);
        sight.attributes = record ? record->attributes : NULL;
    } else if (observation && observation->attributes) {
        sight.state = SIGHT_THERE;
        sight.attributes = observation->attributes;
    } else if (record && observation && observation->gone) {
        sight.state = SIGHT_GONE;
        sight.attributes = record->attributes;
    } else if (resource->external && observation && observation->found == FOUND_NOTHING) {
        sight.state = SIGHT_GONE; /* the next apply does not make it */
    }
    return sight;
}

/* Of an account that lets nobody in nothing is known, whatever the others say of it. */
static void close_account(struct sights *sights, const struct aws_identity *account)
{
    list_add_str(&sights->unread,
                 arena_printf(sights->arena,
                              "account \"%s\" (%s) is as the file says: it was not read",
                              account->account_name, account->account_id));
    for (size_t i = 0; i < sights->len; i++) {
        struct sight *sight = &sights->items[i];
        if (!str_eq(sight->resource->account->id, account->account_id))
            continue;
        sight->state = SIGHT_UNREAD;
        sight->why = account->refused;
    }
}

static void close_accounts(const struct seeing *s, struct sights *sights)
{
    size_t len = 0;
    const struct aws_identity *identities = aws_identities(s->session->loop, &len);
    for (size_t i = 0; i < len; i++)
        if (identities[i].refused)
            close_account(sights, &identities[i]);
}

static void observe(struct seeing *s)
{
    struct session *session = s->session;
    struct arena *arena = session->cli->arena;
    struct observation *observations = NULL;
    size_t len = 0;
    struct run run = session->run;
    run.diags = &s->messages;
    /* What could not be read is noted for each object. */
    if (!run_observe(&run, session->records, session->record_len, &observations, &len) &&
        loop_is_cut(session->loop))
        return;
    map_init(&s->observations, arena);
    map_init(&s->records, arena);
    for (size_t i = 0; i < len; i++)
        map_set(&s->observations, observations[i].address, &observations[i]);
    for (size_t i = 0; i < session->record_len; i++)
        map_set(&s->records, session->records[i].address, &session->records[i]);
}

bool seeing(struct session *session, struct sights *ret)
{
    struct arena *arena = session->cli->arena;
    const struct topology *topology = &session->topology;
    struct seeing s = {.session = session};
    diags_init(&s.messages, arena);
    sights_init(ret, arena);
    struct diags *before = loop_tell(session->loop, &s.messages);
    observe(&s);
    for (size_t i = 0; !loop_is_cut(session->loop) && i < topology->resource_len; i++) {
        const struct sight sight = sight_at(&s, &topology->resources[i]);
        sights_add(ret, &sight);
    }
    ret->source_keys = source_keys_now(session);
    organization_read(arena, session->loop, topology, ret);
    const struct beside_input input = {.loop = session->loop,
                                       .topology = topology,
                                       .schemas = session->schemas,
                                       .messages = &s.messages};
    beside_read(arena, &input, ret);
    grants_read(arena, session->loop, ret);
    close_accounts(&s, ret);
    loop_tell(session->loop, before);
    return !loop_is_cut(session->loop);
}
