#include "engine/base/clock.h"
#include "engine/plan/items.h"

static struct source_pos change_pos(const struct change *change)
{
    return change->resource ? change->resource->pos : NO_POS;
}

static void refuse_irreversible(const struct change *change, struct diags *diags)
{
    struct diag *diag;
    if (change->permanent_from_ms)
        diag = diag_error(diags, E_IRREVERSIBLE, change_pos(change), change->address,
                          "%s would become permanent on %s: after that nobody, not even AWS, can "
                          "remove it",
                          change->address, time_iso(diags->arena, change->permanent_from_ms));
    else if (change->turns_off)
        diag = diag_error(diags, E_IRREVERSIBLE, change_pos(change), change->address,
                          "%s would turn off %s, which others rely on: what fails meanwhile cannot "
                          "be made up for",
                          change->address, change->turns_off);
    else
        diag = diag_error(diags, E_IRREVERSIBLE, change_pos(change), change->address,
                          "%s cannot be taken back", change->address);
    diag_hint(diags, diag, "Read the plan, then add --allow-irreversible %s.", change->address);
}

static void refuse_destroy(const struct change *change, struct diags *diags)
{
    bool deletes = change->action == ACTION_DELETE;
    const char *why = change->turns_off
                          ? arena_printf(diags->arena, "%s is turned off", change->turns_off)
                          : change->reason;
    struct diag *diag = diag_error(diags, E_ALLOW_DESTROY, change_pos(change), change->address,
                                   "the %s %s would be %s: %s", change->schema->title,
                                   change->address, deletes ? "deleted" : "weakened", why);
    diag_hint(diags, diag, "If that is meant, add --allow-destroy %s.", change->address);
}

static void refuse_blocked(const struct change *change, struct diags *diags)
{
    bool leaves = change->action == ACTION_DELETE;
    if (leaves && change->replacement)
        return; /* its other half says it */
    struct diag *diag =
        diag_error(diags, E_RETAINED, change_pos(change), change->address, "%s cannot be %s: %s",
                   change->address, leaves ? "deleted" : "changed", change->blocked);
    diag_hint(diags, diag, leaves ? "Put %s back into the file." : "Set %s back to what is there.",
              change->address);
}

bool plan_guards(const struct plan *plan, const struct plan_input *input, struct diags *diags)
{
    bool passed = true;
    for (size_t i = 0; i < plan->len; i++) {
        const struct change *change = &plan->changes[i];
        bool irreversible =
            change->irreversible && !flag_names(input->allow_irreversible, change->address);
        bool destroys =
            change->needs_allow_destroy && !flag_names(input->allow_destroy, change->address);
        if (change->blocked)
            refuse_blocked(change, diags);
        else if (irreversible)
            refuse_irreversible(change, diags);
        else if (destroys)
            refuse_destroy(change, diags);
        passed = passed && !change->blocked && !irreversible && !destroys;
    }
    return passed;
}
