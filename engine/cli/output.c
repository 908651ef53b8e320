#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/json.h"
#include "engine/cli/cli.h"
#include "engine/cli/signals.h"

void cli_out(struct cli *cli, const char *text)
{
    if (fputs(text, stdout) == EOF)
        diag_error(&cli->diags, E_OUTPUT, NO_POS, NULL, "stdout cannot be written");
}

void cli_out_json(struct cli *cli, const struct value *v)
{
    cli_out(cli, json_print(cli->arena, v, JSON_PRETTY));
    cli_out(cli, "\n");
    cli->result_printed = true;
}

void cli_note(struct cli *cli, const char *fmt, ...)
{
    if (cli->quiet)
        return;
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

static void print_json_diags(struct cli *cli)
{
    struct list_builder items = list_begin(cli->arena);
    for (size_t i = 0; i < cli->diags.len; i++)
        list_add(&items, diag_to_value(cli->arena, &cli->diags, &cli->diags.items[i]));
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put(&b, "diagnostics", list_end(&items));
    cli_out_json(cli, map_end(&b));
}

void cli_print_diags(struct cli *cli)
{
    struct diags *diags = &cli->diags;
    diags_sort(diags);
    if (cli->json && !cli->result_printed && diags->len > 0)
        print_json_diags(cli);
    for (size_t i = 0; i < diags->len; i++)
        fputs(diag_render(cli->arena, diags, &diags->items[i]), stderr);
    if (diags->dropped > 0)
        fprintf(stderr, "and %zu more\n", diags->dropped);
    if (diags->errors > 1)
        fprintf(stderr, "%zu errors\n", diags->errors);
}

bool cli_stdin_is_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

const char *cli_read_line(struct cli *cli)
{
    char line[512];
    if (!signals_await_input(STDIN_FILENO, cli->meanwhile, cli->meanwhile_ctx) ||
        !fgets(line, sizeof(line), stdin))
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    return arena_strdup(cli->arena, line);
}

size_t cli_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col;
    return 0; /* a pipe or a file: nothing is cut */
}

void cli_say_listening(struct cli *cli, unsigned port)
{
    const char *url = arena_printf(cli->arena, "http://127.0.0.1:%u", port);
    if (!cli->json) {
        cli_out(cli, arena_printf(cli->arena, "listening on %s\n", url));
    } else {
        struct map_builder b = map_begin(cli->arena);
        map_put_str(&b, "format_version", "1.0");
        map_put_str(&b, "listening", url);
        cli_out(cli, json_print(cli->arena, map_end(&b), JSON_COMPACT));
        cli_out(cli, "\n");
        cli->result_printed = true;
    }
    if (fflush(stdout) != 0) /* whoever starts it waits for the line */
        diag_error(&cli->diags, E_OUTPUT, NO_POS, NULL, "stdout cannot be written");
}
