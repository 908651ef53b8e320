#include "engine/cli/pausing.h"

#define PAUSED "paused_relays"

bool pausing_recall(struct session *session)
{
    bool knew = value_len(session->paused) > 0; /* and has read the topology so */
    session->paused = state_fact(session->state, session->cli->arena, PAUSED);
    return (!knew && value_len(session->paused) == 0) || session_reload(session);
}

const char *pausing_since(struct session *session, const char *relay)
{
    const struct value *paused = state_fact(session->state, session->cli->arena, PAUSED);
    return value_get_str(value_get(paused, relay), "since");
}

void pausing_warn(struct session *session)
{
    for (size_t i = 0; i < session->topology.relay_len; i++) {
        const char *relay = session->topology.relays[i].address;
        const char *since = pausing_since(session, relay);
        if (since)
            diag_warning(&session->cli->diags, E_RELAY_PAUSED, NO_POS, relay,
                         "paused since %s: nothing is started", since);
    }
}

const struct value *pausing_in(struct state *state, struct arena *arena)
{
    return state_fact(state, arena, PAUSED);
}

/* A relay that is paused already keeps its day. */
bool pausing_note(struct session *session, const char *relay, const char *since)
{
    struct cli *cli = session->cli;
    const struct value *paused = state_fact(session->state, cli->arena, PAUSED);
    struct map_builder all = map_begin_from(cli->arena, paused), one = map_begin(cli->arena);
    if (since && value_get(paused, relay))
        return true;
    if (since) {
        map_put_str(&one, "since", since);
        map_put(&all, relay, map_end(&one));
    } else {
        map_drop(&all, relay);
    }
    return state_set_fact(session->state, PAUSED, map_end(&all), &cli->diags);
}
