#pragma once
/* What Lambda takes for the environment of a function. Its quota is 4 KB for all variables
 * together; what AWS measures is in its refusal ("String measured: {...}"): the variables as one
 * object of JSON, so that a quote inside a value counts twice. */

#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/value.h"

#define FUNCTION_ENVIRONMENT_MAX ((size_t)4096)

/* Of a map of texts; what is not known yet counts nothing. */
size_t function_environment_size(struct arena *arena, const struct value *variables);
