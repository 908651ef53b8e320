#pragma once
/* `destroy --empty-vaults ADDRESS[=NAME]`: deletes all recovery points of a vault that the destroy
 * then deletes. Never through a lock or a legal hold, and only when the vault's own name was typed:
 * at the prompt, or behind the address, where --auto-approve or the lack of a terminal leaves no
 * prompt. */

#include "engine/cli/planning.h"

struct emptied_vault {
    const char *address;
    const char *typed; /* the name behind the address, or NULL */
    const struct record *record;
    const struct value *points; /* as AWS lists them */
    const char *kept_by;        /* what keeps its points: refused; NULL: nothing */
    size_t deleted, left;
};
struct emptying {
    struct emptied_vault *items;
    size_t len;
};

/* The addresses of the flags without their names, NULL-terminated; NULL: none. */
const char *const *emptying_addresses(struct cli *cli);
/* Lists the points and says what will be deleted. Nothing is written. EXIT_DONE, or a status that
 * ends the command: an address that is no recorded vault, a vault that stays, a lock, a hold. */
MUST_CHECK int emptying_look(struct session *session, const struct planning *planning,
                             struct emptying *ret);
/* Whether the name of every vault was typed. */
MUST_CHECK bool emptying_approved(struct session *session, const struct emptying *emptying);
/* Deletes, and reads every point again. A vault that kept one stays, with what it needs: the plan
 * is made anew. False when it cannot be. */
MUST_CHECK bool emptying_run(struct session *session, struct planning *planning,
                             struct emptying *emptying);
bool emptying_left_any(const struct emptying *emptying);
/* For the result: [{address, deleted, left}]. */
const struct value *emptying_value(struct arena *arena, const struct emptying *emptying);
