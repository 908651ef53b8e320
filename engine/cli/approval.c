#include "engine/cli/approval.h"

#include <stdio.h>

static bool ask(struct cli *cli, const char *question, const char *wanted)
{
    fprintf(stderr, "%s Type \"%s\" to go on: ", question, wanted);
    fflush(stderr);
    return str_eq(cli_read_line(cli), wanted);
}

static bool approved_or_not(struct cli *cli, bool approved)
{
    if (approved)
        return true;
    struct diag *diag =
        diag_error(&cli->diags, E_APPROVAL, NO_POS, NULL, "not approved; nothing was done");
    diag_hint(
        &cli->diags, diag,
        "Change the topology and plan again, or run it once more and type the whole word that "
        "it asks for.");
    return false;
}

bool approval_can_ask(const struct cli *cli)
{
    return !cli_flag(cli, OPT_AUTO_APPROVE) && cli_stdin_is_terminal();
}

bool approval_ask_name(struct cli *cli, const char *address, const char *question, const char *name)
{
    return approved_or_not(cli,
                           ask(cli, arena_printf(cli->arena, "%s: %s", address, question), name));
}

bool approval_ask(struct session *session, const struct plan *plan, const char *question)
{
    struct cli *cli = session->cli;
    if (cli_flag(cli, OPT_AUTO_APPROVE))
        return true;
    if (!cli_stdin_is_terminal()) {
        diag_error(&cli->diags, E_APPROVAL, NO_POS, NULL, "%s needs an answer", question);
        return false;
    }
    bool approved = ask(cli, question, "yes");
    for (size_t i = 0; approved && i < plan->len; i++)
        if (plan->changes[i].irreversible)
            approved = ask(cli,
                           plan->changes[i].turns_off ? "This turns off what others rely on."
                                                      : "This change cannot be undone.",
                           plan->changes[i].address);
    return approved_or_not(cli, approved);
}
