#pragma once
/* The command line: one table of commands (commands.inc), one of options (options.inc). */

#include <stdbool.h>

#include "engine/base/diag.h"

enum option_id {
#define OPTION(id, name, letter, argument, repeats, twin, help) OPT_##id,
#include "engine/cli/options.inc"
#undef OPTION
    OPTION_COUNT
};

struct cli;
typedef int command_fn(struct cli *cli); /* returns the exit status; diagnostics raise it */

struct command {
    command_fn *run;
    const char *words, *arguments, *summary;
    const int *options; /* beside the global ones, ended by -1 */
};

struct command_line {
    const struct command *command;     /* NULL: help or an error */
    const char **values[OPTION_COUNT]; /* NULL-terminated, or NULL when not given */
    const char **arguments;            /* NULL-terminated */
    size_t argument_len;
};

/* Reads argv and the environment twins. Errors are E_USAGE, with "did you mean". */
MUST_CHECK bool command_line_parse(struct arena *arena, int argc, char **argv,
                                   struct command_line *ret, struct diags *diags);
/* Text of --help: of a command, or of the program when NULL. */
const char *command_line_help(struct arena *arena, const struct command *command);
const char *option_name(enum option_id id); /* without its dashes */
extern const struct command commands[];
extern const size_t command_count;
