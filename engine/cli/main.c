/* holdfast: the program. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/env.h"
#include "engine/base/log.h"
#include "engine/cli/cli.h"

static bool use_color(const struct cli *cli)
{
    const char *when = cli_option(cli, OPT_COLOR);
    if (str_eq(when, "always"))
        return true;
    if (str_eq(when, "never"))
        return false;
    if (env_get("NO_COLOR"))
        return false;
    if (env_get("CLICOLOR_FORCE"))
        return true;
    const char *term = env_get("TERM");
    return isatty(STDOUT_FILENO) && term && !str_eq(term, "dumb");
}

static bool set_up(struct cli *cli)
{
    const char *dir = cli_option(cli, OPT_DIRECTORY);
    const char *color = cli_option(cli, OPT_COLOR), *format = cli_option(cli, OPT_LOG_FORMAT);
    cli->json = cli_flag(cli, OPT_JSON);
    cli->quiet = cli_flag(cli, OPT_QUIET);
    if (color && !str_eq(color, "auto") && !str_eq(color, "always") && !str_eq(color, "never")) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "--color is auto, always or never");
        return false;
    }
    if (format && !str_eq(format, "text") && !str_eq(format, "json")) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "--log-format is text or json");
        return false;
    }
    cli->color = use_color(cli);
    log_setup(cli_flag(cli, OPT_VERBOSE) ? LOG_DEBUG : LOG_WARN, str_eq(format, "json"));
    if (dir && chdir(dir) != 0) {
        diag_error(&cli->diags, E_FILE_READ, NO_POS, NULL, "%s: %s", dir, strerror(errno));
        return false;
    }
    return true;
}

static int run(struct cli *cli, int argc, char **argv)
{
    if (!command_line_parse(cli->arena, argc, argv, &cli->line, &cli->diags))
        return EXIT_USAGE;
    if (!cli->line.command || cli_flag(cli, OPT_HELP)) {
        cli_out(cli, command_line_help(cli->arena, cli->line.command));
        return EXIT_DONE;
    }
    if (!set_up(cli))
        return EXIT_ERROR;
    return cli->line.command->run(cli);
}

int main(int argc, char **argv)
{
    struct cli cli = {.arena = arena_new()};
    diags_init(&cli.diags, cli.arena);
    signal(SIGPIPE, SIG_IGN); /* a closed stdout is an error like any other */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
    int status = run(&cli, argc, argv);
    if (fflush(stdout) != 0)
        diag_error(&cli.diags, E_OUTPUT, NO_POS, NULL, "stdout cannot be written");
    int worst = diags_status(&cli.diags);
    cli_print_diags(&cli);
    fflush(stdout);
    arena_free(cli.arena);
    return worst && (status == EXIT_DONE || status == EXIT_ERROR) ? worst : status;
}
