#pragma once
/* Objects that a run of ours made and that nobody has recorded: the creation arrived when another
 * run had already read that nothing was there, or its outcome could not be written any more. None
 * is ever forgotten: what nobody has recorded stands in the fact "strays" of the state until it is
 * recorded or gone. */

#include "engine/run/run.h"

/* `named`: a list of {"address", "type", "account_id", "region", "identifier"}; what the state
 * knows of is added, and creations that were given up in the last day are searched for once more
 * where another one has taken their place: what is found counts where its owner tags are ours. Each
 * is read. One that its owner tags name ours, at an address that has nothing, is recorded; any
 * other is E_UNRECORDED, a warning. What cannot be read now is kept for later. Reads only; the
 * records come back as they are then, and `persist` writes them and the fact. False: the state
 * failed. */
MUST_CHECK bool run_settle_strays(struct run *run, const struct value *named,
                                  struct record **records, size_t *record_len, bool persist);
