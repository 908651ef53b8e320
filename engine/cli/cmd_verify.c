/* verify: the newest copy of each protected resource in its last vault, against the objective. */

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/cli/commands.h"
#include "engine/cli/pausing.h"
#include "engine/cli/session.h"
#include "engine/cli/signing.h"
#include "engine/verify/evidence.h"
#include "engine/verify/ledger.h"
#include "engine/verify/verify.h"

/* ---- formats ---- */

static const char *write_json(struct arena *arena, const struct verify_report *report)
{
    return arena_printf(arena, "%s\n",
                        json_print(arena, verify_to_json(arena, report), JSON_PRETTY));
}

static const struct format {
    const char *name;
    const char *(*write)(struct arena *arena, const struct verify_report *report);
} formats[] = {
    {"text", verify_text},   {"json", write_json},          {"prometheus", verify_prometheus},
    {"junit", verify_junit}, {"markdown", verify_markdown}, {"html", verify_page},
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
        diag_warning(&cli->diags, E_VERIFY_LEDGER, NO_POS, NULL,
                     "this run is not in the ledger %s: %s", path, diags.items[0].message);
    ledger_parse(arena, slice_of(arena_printf(arena, "%.*s%s", (int)old.len, old.ptr, line)), ret);
}

/* ---- evidence ---- */

static const struct value *asked_by(struct session *session)
{
    struct arena *arena = session->cli->arena;
    struct list_builder list = list_begin(arena);
    size_t len = 0;
    const struct aws_identity *identities = aws_identities(session->loop, &len);
    for (size_t i = 0; i < len; i++) {
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "account", identities[i].account_name);
        map_put_str(&b, "account_id", identities[i].account_id);
        map_put_str(&b, "arn", identities[i].arn);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static bool write_evidence(struct session *session, const struct verify_report *report,
                           const struct sign_key *key)
{
    struct cli *cli = session->cli;
    struct arena *arena = cli->arena;
    const struct value *guards = NULL;
    const char *path = cli_option(cli, OPT_EVIDENCE);
    if (!evidence_read(arena, session->loop, &session->topology, report, &guards, &cli->diags))
        return false;
    struct map_builder b = map_begin_from(arena, guards);
    map_put_str(&b, "program_version", PROGRAM_VERSION);
    map_put_str(&b, "topology_digest", session->topology.spec_digest);
    map_put_str(&b, "world", session_world_name(session));
    map_put_str(&b, "clock_of_this_machine", time_iso(arena, clock_wall_ms()));
    map_put(&b, "asked_by", asked_by(session));
    map_put(&b, "report", verify_to_json(arena, report));
    if (!file_write_atomic(path, evidence_seal(arena, map_end(&b), key), 0644, &cli->diags))
        return false;
    cli_note(cli, "Evidence: %s, signed with the key %s", path, sign_key_id(arena, key));
    return true;
}

/* Before anything is asked: without a key nothing can be signed. */
static bool take_key(struct cli *cli, struct sign_key **ret)
{
    bool wanted = cli_option(cli, OPT_EVIDENCE) != NULL;
    if (wanted == (cli_option(cli, OPT_SIGN_KEY) != NULL))
        return !wanted || signing_private_key(cli, ret);
    diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "--evidence and --sign-key go together");
    return false;
}

/* ---- the command ---- */

static bool take_max_age(struct cli *cli, int64_t *ret_ms)
{
    if (!cli_duration(cli, OPT_MAX_AGE, 0, ret_ms))
        return false;
    if (*ret_ms > 0 || !cli_option(cli, OPT_MAX_AGE))
        return true;
    diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
               "--max-age %s: no copy can be that fresh; without it each rule's objective counts",
               cli_option(cli, OPT_MAX_AGE));
    return false;
}

static int verify(struct session *session)
{
    struct cli *cli = session->cli;
    const struct format *format = format_of(cli);
    struct verify_input input = {0};
    struct verify_report report;
    struct ledger ledger;
    CLEANUP(sign_key_freep) struct sign_key *key = NULL;
    if (!format || !take_max_age(cli, &input.max_age_ms))
        return EXIT_USAGE;
    if (!take_key(cli, &key) || !session_load(session) || !session_open(session, SESSION_READS))
        return EXIT_ERROR;
    input.loop = session->loop;
    input.topology = &session->topology;
    input.records = session->records;
    input.record_len = session->record_len;
    pausing_warn(session);
    bool complete = verify_run(cli->arena, &input, &report, &cli->diags);
    keep(session, &report, complete, &ledger);
    report.ledger = &ledger;
    cli_out(cli, format->write(cli->arena, &report));
    cli->result_printed = str_eq(format->name, "json");
    if (!complete || (key && !write_evidence(session, &report, key)))
        return EXIT_ERROR;
    bool misses = report.missing > 0 || report.idle_len > 0;
    return misses && cli_flag(cli, OPT_DETAILED_EXITCODE) ? EXIT_CHANGES : EXIT_DONE;
}

int cmd_verify(struct cli *cli)
{
    return session_run(cli, verify);
}
