#include "engine/cli/moving.h"

#include "engine/base/clock.h"

#define FIRST_NAMES "first_names" /* the fact in the state */

bool moving_apply(struct session *session, const struct move *moves, size_t len)
{
    struct cli *cli = session->cli;
    if (!moves_apply(cli->arena, moves, len, &session->topology, session->records,
                     session->record_len, &session->relocations, &cli->diags))
        return false;
    const struct value *known = state_fact(session->state, cli->arena, FIRST_NAMES);
    session->first_names = moves_first_names(cli->arena, known, moves, len, &session->relocations,
                                             session->records, session->record_len);
    return value_len(session->first_names) == 0 || session_reload(session);
}

bool moving_keep(struct session *session, const char *result)
{
    struct diags *diags = &session->cli->diags;
    const struct relocations *moved = &session->relocations;
    if (moved->len == 0)
        return true;
    if (!journal_begin_run(session->state, "", clock_wall_ms(), diags))
        return false;
    for (size_t i = 0; i < moved->len; i++)
        if (!state_move(session->state, moved->items[i].from, moved->items[i].record,
                        clock_wall_ms(), diags))
            return false;
    return state_set_fact(session->state, FIRST_NAMES, session->first_names, diags) &&
           journal_end_run(session->state, result, clock_wall_ms(), diags);
}
