#pragma once
/* What every command shares: the command line, the diagnostics, and the two streams. stdout is the
 * result, stderr is progress, logs and diagnostics. Only this folder prints. */

#include "engine/base/arena.h"
#include "engine/cli/options.h"

#define PROGRAM_VERSION HOLDFAST_VERSION

enum exit_status {
    EXIT_DONE = 0,
    EXIT_ERROR = 1,
    EXIT_CHANGES = 2,
    EXIT_REFUSED = 7,
    EXIT_USAGE = 64,
};

struct cli {
    struct arena *arena; /* command */
    struct diags diags;
    struct command_line line;
    bool json, color, quiet;
    bool result_printed;          /* a JSON answer went out: diagnostics go to stderr only */
    void (*meanwhile)(void *ctx); /* or NULL: every second while a person is being asked */
    void *meanwhile_ctx;
};

const char *cli_option(const struct cli *cli, enum option_id id); /* the last value, or NULL */
bool cli_flag(const struct cli *cli, enum option_id id);
const char *const *cli_list(const struct cli *cli, enum option_id id); /* NULL-terminated or NULL */
/* A whole number within limits; `otherwise` when not given. False with E_USAGE when it is not one.
 */
MUST_CHECK bool cli_number(struct cli *cli, enum option_id id, int64_t otherwise, int64_t min,
                           int64_t max, int64_t *ret);

/* A span of time: 30s, 10m, 1h. False with E_USAGE when it is none. */
MUST_CHECK bool cli_duration(struct cli *cli, enum option_id id, int64_t otherwise_ms,
                             int64_t *ret_ms);

void cli_out(struct cli *cli, const char *text);           /* stdout, flushed at exit */
void cli_out_json(struct cli *cli, const struct value *v); /* pretty, one newline */
void cli_note(struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3); /* stderr unless --quiet */

/* Says where a server listens in one line, flushed: "listening on http://127.0.0.1:8080". */
void cli_say_listening(struct cli *cli, unsigned port);
/* Prints what has been collected, sorted, once. */
void cli_print_diags(struct cli *cli);
bool cli_stdin_is_terminal(void);
const char *cli_read_line(struct cli *cli); /* one line of stdin; NULL: its end, or a signal */
size_t cli_width(void);                     /* columns of the terminal; 0: not a terminal */
