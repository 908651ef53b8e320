#pragma once
/* The addresses that a command was given, where it shows a part of many: an address stands for
 * itself and for all within it, and none for everything. */

#include "engine/cli/cli.h"

bool is_wanted(const struct cli *cli, const char *address);
/* E_TARGET with `complaint` for each that none of the `len` addresses lies in: what is asked for by
 * name and is not there is a mistake, and not an empty list. */
typedef const char *address_fn(const void *list, size_t i);
MUST_CHECK bool all_wanted_are_there(struct cli *cli, address_fn *address_of, const void *list,
                                     size_t len, const char *complaint);
