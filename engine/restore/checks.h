#pragma once
/* Internal to engine/restore. */

#include "engine/restore/restore.h"

void check_add(struct restore_plan *plan, enum restore_verdict verdict, const char *what,
               const char *detail, const char *command);
/* Everything but what depends on the type of the resource; at most eight. */
void checks_of_accounts(struct arena *arena, const struct restore_facts *facts,
                        struct restore_plan *plan);
