/* verify: the newest copy of each protected resource in its last vault, against the objective. */

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/verify/ledger.h"
#include "engine/verify/verify.h"

/* ---- formats ---- */

typedef const char *write_fn(struct arena *arena, const struct verify_report *report,
                             const struct ledger *ledger);

static const char *write_text(struct arena *arena, const struct verify_report *report,
                              const struct ledger *ledger)
{
    (void)ledger;
    return verify_text(arena, report);
}

static const char *write_json(struct arena *arena, const struct verify_report *report,
                              const struct ledger *ledger)
{
    (void)ledger;
    return arena_printf(arena, "%s\n",
                        json_print(arena, verify_to_json(arena, report), JSON_PRETTY));
}

static const char *write_prometheus(struct arena *arena, const struct verify_report *report,
                                    const struct ledger *ledger)
{
    (void)ledger;
    return verify_prometheus(arena, report);
}

static const char *write_junit(struct arena *arena, const struct verify_report *report,
                               const struct ledger *ledger)
{
    (void)ledger;
    return verify_junit(arena, report);
}

static const char *write_markdown(struct arena *arena, const struct verify_report *report,
                                  const struct ledger *ledger)
{
    (void)ledger;
    return verify_markdown(arena, report);
}

static const struct format {
    const char *name;
    write_fn *write;
} formats[] = {
    {"text", write_text},   {"json", write_json},         {"prometheus", write_prometheus},
    {"junit", write_junit}, {"markdown", write_markdown}, {"html", verify_page},
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

/* ---- the ledger ---- */

/* "NAME.verify.jsonl" beside the state. */
static const char *ledger_path(struct session *session)
{
    struct arena *arena = session->cli->arena;
    const char *given = cli_option(session->cli, OPT_LEDGER);
    struct slice state = slice_of(session_state_path(session));
    if (str_ends(state.ptr, ".db"))
        state.len -= 3;
    return given ? given : arena_printf(arena, "%.*s.verify.jsonl", (int)state.len, state.ptr);
}

static bool write_ledger(struct arena *arena, const char *path, struct slice old, const char *line,
                         struct diags *diags)
{
    if (!dir_make(path_dir(arena, path), 0700, diags))
        return false;
    if (old.len <= LEDGER_BYTES_MAX)
        return file_append(path, slice_of(line), diags);
    struct slice kept = ledger_tail(old);
    const char *text = arena_printf(arena, "%.*s%s", (int)kept.len, kept.ptr, line);
    return file_write_atomic(path, slice_of(text), 0600, diags);
}

/* What cannot be kept is missing in later plots, and takes nothing from this report. */
static void keep(struct session *session, const struct verify_report *report, bool complete,
                 struct ledger *ret)
{
    struct cli *cli = session->cli;
    struct arena *arena = cli->arena;
    struct diags diags;
    struct slice old = {"", 0};
    const char *path = ledger_path(session), *line = ledger_line(arena, report);
    diags_init(&diags, arena);
    bool good =
        (!file_exists(path) || file_read(arena, path, 4 * LEDGER_BYTES_MAX, &old, &diags)) &&
        (!complete || write_ledger(arena, path, old, line, &diags));
    if (!good)
        diag_warning(&cli->diags, E_OUTPUT, NO_POS, NULL, "this run is not in the ledger: %s",
                     diags.items[0].message);
    ledger_parse(arena, slice_of(arena_printf(arena, "%.*s%s", (int)old.len, old.ptr, line)), ret);
}

/* ---- the command ---- */

static int verify(struct session *session)
{
    struct cli *cli = session->cli;
    const struct format *format = format_of(cli);
    struct verify_input input = {0};
    struct verify_report report;
    struct ledger ledger;
    if (!format || !cli_duration(cli, OPT_MAX_AGE, 0, &input.max_age_ms))
        return EXIT_USAGE;
    if (!session_load(session) || !session_open(session, SESSION_READS))
        return EXIT_ERROR;
    input.loop = session->loop;
    input.topology = &session->topology;
    input.records = session->records;
    input.record_len = session->record_len;
    bool complete = verify_run(cli->arena, &input, &report, &cli->diags);
    keep(session, &report, complete, &ledger);
    cli_out(cli, format->write(cli->arena, &report, &ledger));
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
