#pragma once
/* A command line as a shell splits it into words, without anything else of a shell: quotes and
 * backslashes count, and nothing is expanded. */

#include <stdbool.h>

#include "engine/base/arena.h"

/* *ret ends with NULL. False when a quote does not end, or a backslash is the last character. */
MUST_CHECK bool command_line_split(struct arena *arena, const char *line, const char ***ret);
