#pragma once
/* What is recorded at an address that has another one now. Applied to the records before anything
 * is compared, so that a renamed entry is the object that it was. */

#include "engine/base/diag.h"
#include "engine/config/resource.h"
#include "engine/plan/change.h"

/* Rows to write anew: what moved, and what only names something that did (`from` is its address).
 */
struct relocations {
    struct relocation *items;
    size_t len;
};

/* Renames in place what the moves name, the most exact one first, in what it depends on as well,
 * and sorts the records again. topology: where the new addresses lead, or NULL. E_MOVE where two
 * would stand at one address, or an object would become one of another type. */
MUST_CHECK bool moves_apply(struct arena *arena, const struct move *moves, size_t move_len,
                            const struct topology *topology, struct record *records,
                            size_t record_len, struct relocations *ret, struct diags *diags);

/* A line of `moved`: "{from: vaults.a, to: vaults.b}". */
const char *move_in_yaml(struct arena *arena, const char *from, const char *to);
/* What an address says of its object without its names: "plans/selections" of
 * "plans.p[a]/selections.s". */
const char *address_kind(struct arena *arena, const char *address);

/* What default names are made of after the moves (config_load()), given what the state knew of it:
 * an entry that was moved keeps the name that it was made with, for as long as anything of it is
 * recorded. */
const struct value *moves_first_names(struct arena *arena, const struct value *known,
                                      const struct move *moves, size_t move_len,
                                      const struct relocations *relocations,
                                      const struct record *records, size_t record_len);
