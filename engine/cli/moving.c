#include "engine/cli/moving.h"

#include "engine/base/clock.h"

/* Facts in the state: the names that entries were made with, and a list of {serial, names}, oldest
 * first: up to that serial those were the names. */
#define FIRST_NAMES "first_names"
#define FIRST_NAMES_PAST "first_names_past"

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

static bool keep_names(struct session *session, const struct value *names)
{
    struct cli *cli = session->cli;
    const struct value *now = state_fact(session->state, cli->arena, FIRST_NAMES);
    const struct value *past = state_fact(session->state, cli->arena, FIRST_NAMES_PAST);
    struct list_builder list = list_begin(cli->arena);
    struct map_builder entry = map_begin(cli->arena), none = map_begin(cli->arena);
    if (!now)
        now = map_end(&none);
    if (value_equal(now, names))
        return true;
    for (size_t i = 0; i < value_len(past); i++)
        list_add(&list, value_item(past, i));
    map_put_int(&entry, "serial", state_serial(session->state));
    map_put(&entry, "names", now);
    list_add(&list, map_end(&entry));
    return state_set_fact(session->state, FIRST_NAMES, names, &cli->diags) &&
           state_set_fact(session->state, FIRST_NAMES_PAST, list_end(&list), &cli->diags);
}

bool moving_restore_names(struct session *session, int64_t serial)
{
    const struct value *past = state_fact(session->state, session->cli->arena, FIRST_NAMES_PAST);
    for (size_t i = 0; i < value_len(past); i++)
        if (serial <= value_get_int(value_item(past, i), "serial", 0))
            return keep_names(session, value_get(value_item(past, i), "names"));
    return true;
}

bool moving_keep(struct session *session, const char *result)
{
    struct diags *diags = &session->cli->diags;
    const struct relocations *moved = &session->relocations;
    if (moved->len == 0) /* names go with the last that is recorded of their entry */
        return keep_names(session, session->first_names) && journal_commit(session->state, diags);
    if (!journal_begin_run(session->state, "", clock_wall_ms(), diags))
        return false;
    for (size_t i = 0; i < moved->len; i++)
        if (!state_move(session->state, moved->items[i].from, moved->items[i].record,
                        clock_wall_ms(), diags))
            return false;
    return keep_names(session, session->first_names) &&
           journal_end_run(session->state, result, clock_wall_ms(), diags);
}
