#pragma once
/* Declarations of every command function, from the one table. Each lives in cmd_<word>.c. */

#include "engine/cli/options.h"

#define OPTS0
#define OPTS(...)
#define COMMAND(function, words, arguments, summary, options) command_fn function;
#include "engine/cli/commands.inc"
#undef COMMAND
#undef OPTS0
#undef OPTS
