/* policy eval: plumbing. One JSON request a line on stdin, one answer a line on stdout. */

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/cli/cli.h"
#include "engine/cli/commands.h"
#include "engine/policy/eval_request.h"

static bool evaluate(struct cli *cli, struct slice line)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct value *request = NULL;
    const char *why = NULL;
    if (!json_parse_unique(arena, line, &request, &why)) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "a line of stdin is no request: %s", why);
        return false;
    }
    const struct value *answer = policy_eval_json(arena, request, &cli->diags);
    if (!answer)
        return false;
    cli_out(cli, json_print(arena, answer, JSON_COMPACT));
    cli_out(cli, "\n");
    return true;
}

int cmd_policy_eval(struct cli *cli)
{
    struct slice rest;
    if (!file_read(cli->arena, "-", FILE_READ_MAX, &rest, &cli->diags))
        return EXIT_ERROR;
    bool ok = true;
    while (ok && rest.len > 0) {
        struct slice line = slice_trim(slice_cut(&rest, '\n'));
        if (line.len > 0)
            ok = evaluate(cli, line);
    }
    return ok ? EXIT_DONE : EXIT_ERROR;
}
