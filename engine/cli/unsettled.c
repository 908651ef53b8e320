#include "engine/cli/unsettled.h"

static const char *base_of(struct arena *arena, const char *address)
{
    const char *base = record_replaced_base(arena, address);
    return base ? base : address;
}

static bool concerns(struct arena *arena, const struct intent *intent, const char *const *addresses)
{
    for (; *addresses; addresses++)
        if (address_is_within(base_of(arena, intent->address), base_of(arena, *addresses)))
            return true;
    return false;
}

bool unsettled_none(struct session *session, const char *const *addresses, const char *way)
{
    struct diags *diags = &session->cli->diags;
    struct arena *arena = session->cli->arena;
    struct intent *open = NULL;
    size_t len = 0;
    bool none = true;
    if (!journal_open_intents(session->state, arena, &open, &len, diags))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!concerns(arena, &open[i], addresses))
            continue;
        struct diag *diag =
            diag_error(diags, E_UNSETTLED, NO_POS, open[i].address,
                       "run %lld began to %s this, and what came of it is not "
                       "recorded yet (intent %lld)",
                       (long long)open[i].run, open[i].action, (long long)open[i].seq);
        diag_hint(diags, diag,
                  "An apply settles it before anything else: %s. What no run can settle: `state "
                  "journal close %lld`. Nothing was changed.",
                  way, (long long)open[i].seq);
        none = false;
    }
    return none;
}
