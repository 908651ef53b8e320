/* verify: the newest copy of each protected resource in its last vault, against the objective. */

#include "engine/base/json.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/verify/verify.h"

/* How a report is written; json: the one that --json names. */
struct format {
    const char *name;
    const char *(*write)(struct arena *arena, const struct verify_report *report);
};

static const char *write_json(struct arena *arena, const struct verify_report *report)
{
    return arena_printf(arena, "%s\n",
                        json_print(arena, verify_to_json(arena, report), JSON_PRETTY));
}

static const struct format formats[] = {
    {"text", verify_text},
    {"json", write_json},
};

static const struct format *format_of(struct cli *cli)
{
    const char *name = cli_option(cli, OPT_FORMAT), *names = "";
    if (!name)
        name = cli->json ? "json" : "text";
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (str_eq(formats[i].name, name))
            return &formats[i];
        names = arena_printf(cli->arena, "%s%s%s", names, i ? ", " : "", formats[i].name);
    }
    diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "--format %s is none of: %s", name, names);
    return NULL;
}

static int verify(struct session *session)
{
    struct cli *cli = session->cli;
    const struct format *format = format_of(cli);
    struct verify_input input = {0};
    struct verify_report report;
    if (!format || !cli_duration(cli, OPT_MAX_AGE, 0, &input.max_age_ms))
        return EXIT_USAGE;
    if (!session_load(session) || !session_open(session, SESSION_READS))
        return EXIT_ERROR;
    input.loop = session->loop;
    input.topology = &session->topology;
    input.records = session->records;
    input.record_len = session->record_len;
    bool complete = verify_run(cli->arena, &input, &report, &cli->diags);
    cli_out(cli, format->write(cli->arena, &report));
    cli->result_printed = str_eq(format->name, "json");
    if (!complete)
        return EXIT_ERROR;
    bool misses = report.missing > 0 || report.idle_len > 0;
    return misses && cli_flag(cli, OPT_DETAILED_EXITCODE) ? EXIT_CHANGES : EXIT_DONE;
}

int cmd_verify(struct cli *cli)
{
    return session_run(cli, verify);
}
