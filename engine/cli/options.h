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

/* The last of those that every command takes; they come first. */
#define OPTION_LAST_GLOBAL OPT_HELP

struct option {
    const char *name, *help;
    const char *argument; /* NULL: a flag */
    char letter;
    bool repeats, twin; /* twin: HOLDFAST_NAME in the environment says the same */
};
extern const struct option option_table[OPTION_COUNT];

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
const char *option_help(const struct command *command, enum option_id id);
const char *option_name(enum option_id id); /* without its dashes */
/* The environment twin of an option: "HOLDFAST_STATE". */
const char *option_twin(struct arena *arena, enum option_id id);
extern const struct command commands[];
extern const size_t command_count;
