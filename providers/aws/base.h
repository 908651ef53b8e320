#pragma once
/* The credentials that everything begins with, shared by all sessions: searched once, and again
 * when they are to be renewed or AWS calls them expired. While that fails the old ones serve as
 * long as they are valid. */

#include "providers/aws/search.h"

/* Runs fn, at once if it can, with credentials other than `used` (or any: NULL). With NULL when
 * there are none; base_why() then says why. They stay valid as long as the loop. */
void base_use(struct aws *aws, const struct credentials *used, search_done_fn *fn, void *ctx);
/* The first error of the last search, or NULL. */
const char *base_why(const struct aws *aws);
/* The first search, driven to its end; false with the reasons among the diagnostics. */
MUST_CHECK bool base_find(struct aws *aws, struct diags *diags);
