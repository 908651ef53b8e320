/* check: the path proof, of the file alone, or of what stands in the accounts; never writes. */

#include "engine/base/clock.h"
#include "engine/cli/commands.h"
#include "engine/cli/seeing.h"
#include "engine/proof/proof.h"

static bool knows_format(struct cli *cli, const char *format)
{
    static const char *const formats[] = {"text", "json", "sarif", NULL};
    if (str_is_one_of(format, formats))
        return true;
    diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "--format %s is not text, json or sarif",
               format);
    return false;
}

static int check(struct session *session)
{
    struct cli *cli = session->cli;
    struct proof_report report;
    const char *format = cli_option(cli, OPT_FORMAT);
    if (!format)
        format = cli->json ? "json" : "text";
    if (!knows_format(cli, format))
        return EXIT_USAGE;
    struct sights sights;
    bool live = cli_flag(cli, OPT_LIVE);
    session->spares = true;
    if (!session_load(session) ||
        (live && !(session_open(session, SESSION_READS) && seeing(session, &sights))))
        return EXIT_ERROR;
    const struct proof_input input = {.topology = &session->topology,
                                      .sights = live ? &sights : NULL,
                                      .now_ms =
                                          live ? loop_now_ms(session->loop) : clock_wall_ms()};
    proof_check(cli->arena, &input, &report);
    if (str_eq(format, "json"))
        cli_out_json(cli, proof_to_json(cli->arena, &report, &cli->diags));
    else if (str_eq(format, "sarif"))
        cli_out_json(cli, proof_to_sarif(cli->arena, &report, &cli->diags, PROGRAM_VERSION));
    else
        cli_out(cli, proof_text(cli->arena, &report, &cli->diags));
    return report.verdict == PROOF_BROKEN ? EXIT_REFUSED : EXIT_DONE;
}

int cmd_check(struct cli *cli)
{
    return session_run(cli, check);
}
