/* state list, state show, state journal, show, output: what is recorded; state mv, state rm and
 * state journal close: what a person changes by hand. No network. */

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/cli/commands.h"
#include "engine/cli/moving.h"
#include "engine/cli/saving.h"
#include "engine/cli/session.h"
#include "engine/cli/unsettled.h"
#include "engine/cli/wanted.h"

static bool open_recorded(struct session *session)
{
    struct cli *cli = session->cli;
    return session_load(session) && session_open_state(session, SESSION_READS) &&
           state_load(session->state, cli->arena, &session->records, &session->record_len,
                      &cli->diags);
}

static void put_record(struct map_builder *b, const struct record *record)
{
    struct list_builder deps = list_begin(b->arena);
    for (size_t i = 0; i < record->depends_on_len; i++)
        list_add_str(&deps, record->depends_on[i]);
    map_put_str(b, "address", record->address);
    map_put_str(b, "type", record->type);
    map_put_str(b, "account_id", record->account_id);
    map_put_str(b, "region", record->region);
    map_put_str(b, "identifier", record->identifier);
    map_put(b, "attributes", record->attributes);
    map_put(b, "depends_on", list_end(&deps));
    map_put_bool(b, "adopted", record->adopted);
    map_put_bool(b, "prevent_destroy", record->prevent_destroy);
}

static const char *recorded_address(const void *list, size_t i)
{
    const struct record *records = list;
    return records[i].address;
}

/* The clock of the world that the state belongs to, where that is a simulated one. */
static bool read_clock(struct session *session, int64_t *ret)
{
    struct world_options options = {.path = session_world_path(session)};
    *ret = clock_wall_ms();
    if (!cli_flag(session->cli, OPT_SIMULATE) || !file_exists(options.path))
        return true;
    if (!world_open(&options, &session->world, &session->cli->diags))
        return false;
    *ret = world_now_ms(session->world);
    return true;
}

static int print_records(struct session *session, bool attributes)
{
    int64_t now_ms = 0;
    struct cli *cli = session->cli;
    if (!open_recorded(session))
        return EXIT_ERROR;
    if (!all_wanted_are_there(cli, recorded_address, session->records, session->record_len,
                              "nothing is recorded there"))
        return EXIT_USAGE;
    if (attributes && !read_clock(session, &now_ms))
        return EXIT_ERROR;
    struct list_builder items = list_begin(cli->arena);
    for (size_t i = 0; i < session->record_len; i++) {
        const struct record *record = &session->records[i];
        if (!is_wanted(cli, record->address))
            continue;
        struct map_builder row = map_begin(cli->arena);
        struct countdown countdown;
        bool counts = attributes && countdown_of(record->type, record->address, record->attributes,
                                                 now_ms, &countdown);
        put_record(&row, record);
        if (!attributes)
            map_drop(&row, "attributes");
        if (counts)
            map_put(&row, "lock", countdown_to_json(cli->arena, &countdown));
        list_add(&items, map_end(&row));
        if (!cli->json)
            cli_out(cli, arena_printf(cli->arena, "%-44s %s %s\n", record->address,
                                      record->account_id, record->region ? record->region : "-"));
        if (!cli->json && attributes)
            cli_out(cli, arena_printf(cli->arena, "%s\n",
                                      json_print(cli->arena, record->attributes, JSON_PRETTY)));
        if (!cli->json && counts)
            cli_out(cli, arena_printf(cli->arena, "%s\n", countdown_text(cli->arena, &countdown)));
    }
    if (!cli->json)
        return EXIT_DONE;
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "lineage", state_lineage(session->state));
    map_put_int(&b, "serial", state_serial(session->state));
    map_put(&b, "resources", list_end(&items));
    cli_out_json(cli, map_end(&b));
    return EXIT_DONE;
}

static int list(struct session *session)
{
    return print_records(session, /* attributes= */ false);
}

static int show(struct session *session)
{
    return print_records(session, /* attributes= */ true);
}

static const struct record *recorded(const struct session *session, const char *address)
{
    return record_find(session->records, session->record_len, address);
}

static int show_one(struct session *session)
{
    struct cli *cli = session->cli;
    if (!open_recorded(session))
        return EXIT_ERROR;
    if (cli->line.argument_len != 1) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "state show takes one address");
        return EXIT_USAGE;
    }
    const struct record *record = recorded(session, cli->line.arguments[0]);
    if (!record) {
        diag_error(&cli->diags, E_TARGET, NO_POS, cli->line.arguments[0],
                   "nothing is recorded there");
        return EXIT_USAGE;
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    put_record(&b, record);
    cli_out_json(cli, map_end(&b));
    return EXIT_DONE;
}

static int journal(struct session *session)
{
    struct cli *cli = session->cli;
    if (!open_recorded(session))
        return EXIT_ERROR;
    struct intent *intents = NULL;
    size_t len = 0;
    if (!journal_open_intents(session->state, cli->arena, &intents, &len, &cli->diags))
        return EXIT_ERROR;
    struct list_builder items = list_begin(cli->arena);
    for (size_t i = 0; i < len; i++) {
        struct map_builder b = map_begin(cli->arena);
        map_put_int(&b, "seq", intents[i].seq);
        map_put_int(&b, "run", intents[i].run);
        map_put_str(&b, "address", intents[i].address);
        map_put_str(&b, "action", intents[i].action);
        map_put_str(&b, "token", intents[i].token);
        list_add(&items, map_end(&b));
        if (!cli->json)
            cli_out(cli, arena_printf(cli->arena, "%-6lld run %lld  %-7s %s\n",
                                      (long long)intents[i].seq, (long long)intents[i].run,
                                      intents[i].action, intents[i].address));
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put(&b, "open_intents", list_end(&items));
    if (cli->json)
        cli_out_json(cli, map_end(&b));
    return EXIT_DONE;
}

static int close_intent(struct session *session)
{
    struct cli *cli = session->cli;
    long long seq = 0;
    struct intent *intents = NULL;
    size_t len = 0, i = 0;
    if (cli->line.argument_len != 1 || !parse_int64(slice_of(cli->line.arguments[0]), &seq)) {
        diag_error(
            &cli->diags, E_USAGE, NO_POS, NULL,
            "state journal close takes the number of one intent, as state journal prints it");
        return EXIT_USAGE;
    }
    if (!session_load(session) || !session_open_state(session, SESSION_WRITES) ||
        !journal_open_intents(session->state, cli->arena, &intents, &len, &cli->diags))
        return EXIT_ERROR;
    while (i < len && intents[i].seq != seq)
        i++;
    if (i == len) {
        diag_error(&cli->diags, E_TARGET, NO_POS, NULL, "there is no open intent %lld", seq);
        return EXIT_USAGE;
    }
    if (!journal_outcome(session->state, seq, OUTCOME_ABANDONED, NULL, /* remove= */ false,
                         "closed by hand", clock_wall_ms(), &cli->diags) ||
        !journal_commit(session->state, &cli->diags))
        return EXIT_ERROR;
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_int(&b, "seq", seq);
    map_put_str(&b, "action", intents[i].action);
    map_put_str(&b, "address", intents[i].address);
    if (cli->json)
        cli_out_json(cli, map_end(&b));
    cli_note(cli, "closed    intent %lld: %s %s", seq, intents[i].action, intents[i].address);
    return EXIT_DONE;
}

/* What is recorded at the addresses of the line or within them, each once, NULL-terminated; NULL
 * when one of them names nothing. An entry takes its parts with it, or an apply would delete them.
 */
static const char *const *find_named(struct session *session)
{
    struct cli *cli = session->cli;
    const char *const *arguments = cli->line.arguments;
    size_t argument_len = cli->line.argument_len, len = 0;
    const char **named = arena_array(cli->arena, session->record_len + 1, sizeof(*named));
    bool *used = arena_array(cli->arena, argument_len + 1, sizeof(*used));
    if (argument_len == 0)
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "state rm takes the addresses of what to "
                   "forget, as state list prints them");
    for (size_t i = 0; i < session->record_len; i++) {
        bool is_named = false;
        for (size_t a = 0; a < argument_len; a++)
            if (address_is_within(session->records[i].address, arguments[a]))
                is_named = used[a] = true;
        if (is_named)
            named[len++] = session->records[i].address;
    }
    for (size_t a = 0; a < argument_len; a++)
        if (!used[a])
            diag_error(&cli->diags, E_TARGET, NO_POS, arguments[a], "nothing is recorded there");
    return cli->diags.errors == 0 ? named : NULL;
}

static bool forget(struct session *session, const char *const *address)
{
    struct cli *cli = session->cli;
    if (!journal_begin_run(session->state, "", clock_wall_ms(), &cli->diags))
        return false;
    for (; *address; address++)
        if (!state_remove(session->state, *address, clock_wall_ms(), &cli->diags))
            return false;
    return journal_end_run(session->state, "forgotten by hand", clock_wall_ms(), &cli->diags);
}

static void print_forgotten(struct session *session, const char *const *address, bool dry_run)
{
    struct cli *cli = session->cli;
    struct list_builder items = list_begin(cli->arena);
    for (; *address; address++) {
        const struct record *record = recorded(session, *address);
        struct map_builder row = map_begin(cli->arena);
        put_record(&row, record);
        map_drop(&row, "attributes");
        list_add(&items, map_end(&row));
        if (!cli->json)
            cli_out(cli, arena_printf(cli->arena, "%s %s: %s stays in account %s\n",
                                      dry_run ? "would forget" : "forgotten", record->address,
                                      record->identifier ? record->identifier : record->type,
                                      record->account_id));
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_bool(&b, "dry_run", dry_run);
    map_put(&b, "forgotten", list_end(&items));
    if (cli->json)
        cli_out_json(cli, map_end(&b));
}

/* What an apply lets go of it does after it has settled what is open. */
static const char *way_to_forget(struct cli *cli)
{
    const char *list = "";
    for (const char *const *address = cli->line.arguments; *address; address++)
        list = arena_printf(cli->arena, "%s%s%s", list, *list ? ", " : "",
                            address_in_yaml(cli->arena, *address));
    return arena_printf(cli->arena,
                        "with `forget: [%s]` in the file, and their entries out of it, it then "
                        "lets go of them",
                        list);
}

static int remove_rows(struct session *session)
{
    struct cli *cli = session->cli;
    bool dry_run = cli_flag(cli, OPT_DRY_RUN);
    if (!session_load(session) ||
        !session_open_state(session, dry_run ? SESSION_READS : SESSION_WRITES) ||
        !state_load(session->state, cli->arena, &session->records, &session->record_len,
                    &cli->diags))
        return EXIT_ERROR;
    const char *const *named = find_named(session);
    if (!named)
        return EXIT_USAGE;
    if (!unsettled_none(session, cli->line.arguments, way_to_forget(cli)))
        return EXIT_REFUSED;
    if (!dry_run && !forget(session, named))
        return EXIT_ERROR;
    print_forgotten(session, named, dry_run);
    return EXIT_DONE;
}

static int usage_of_mv(struct session *session)
{
    diag_error(&session->cli->diags, E_USAGE, NO_POS, NULL,
               "state mv takes two addresses: where something is recorded, and where it shall be");
    return EXIT_USAGE;
}

static void print_moved(struct session *session, bool dry_run)
{
    struct cli *cli = session->cli;
    struct list_builder items = list_begin(cli->arena);
    for (size_t i = 0; i < session->relocations.len; i++) {
        const struct relocation *moved = &session->relocations.items[i];
        if (str_eq(moved->from, moved->record->address))
            continue;
        struct map_builder row = map_begin(cli->arena);
        map_put_str(&row, "from", moved->from);
        map_put_str(&row, "to", moved->record->address);
        list_add(&items, map_end(&row));
        if (!cli->json)
            cli_out(cli, arena_printf(cli->arena, "%s %s to %s\n", dry_run ? "would move" : "moved",
                                      moved->from, moved->record->address));
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_bool(&b, "dry_run", dry_run);
    map_put(&b, "moved", list_end(&items));
    if (cli->json)
        cli_out_json(cli, map_end(&b));
}

static bool move_is_settled(struct session *session, const struct move *move)
{
    const char *const both[] = {move->from, move->to, NULL};
    return unsettled_none(session, both,
                          arena_printf(session->cli->arena,
                                       "with `moved: [%s]` in the file it then "
                                       "moves what was asked for",
                                       move_in_yaml(session->cli->arena, move->from, move->to)));
}

static int move_rows(struct session *session)
{
    struct cli *cli = session->cli;
    bool dry_run = cli_flag(cli, OPT_DRY_RUN);
    if (cli->line.argument_len != 2)
        return usage_of_mv(session);
    if (!address_is_possible(cli->arena, cli->line.arguments[1])) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "no file could have the address `%s`: it is like vaults.final, "
                   "vaults.final/lock or vaults.final[payments]",
                   cli->line.arguments[1]);
        return EXIT_USAGE;
    }
    struct move move = {cli->line.arguments[0], cli->line.arguments[1], NO_POS};
    if (!session_load(session) ||
        !session_open_state(session, dry_run ? SESSION_READS : SESSION_WRITES) ||
        !state_load(session->state, cli->arena, &session->records, &session->record_len,
                    &cli->diags))
        return EXIT_ERROR;
    if (!move_is_settled(session, &move))
        return EXIT_REFUSED;
    if (!moving_apply(session, &move, 1))
        return EXIT_ERROR;
    if (session->relocations.len == 0) {
        diag_error(&cli->diags, E_TARGET, NO_POS, move.from, "nothing is recorded there");
        return EXIT_USAGE;
    }
    if (!dry_run && !moving_keep(session, "moved by hand"))
        return EXIT_ERROR;
    print_moved(session, dry_run);
    return EXIT_DONE;
}

static int output(struct session *session)
{
    struct cli *cli = session->cli;
    if (!open_recorded(session))
        return EXIT_ERROR;
    const struct value *outputs = state_fact(session->state, cli->arena, "outputs");
    const char *name = cli->line.argument_len ? cli->line.arguments[0] : NULL;
    if (name && !value_get(outputs, name)) {
        diag_error(&cli->diags, E_TARGET, NO_POS, NULL, "there is no output %s", name);
        return EXIT_USAGE;
    }
    if (cli->json) {
        struct map_builder b = map_begin(cli->arena);
        map_put_str(&b, "format_version", "1.0");
        map_put(&b, "outputs",
                outputs ? outputs : map_end(&(struct map_builder){.arena = cli->arena}));
        cli_out_json(cli, map_end(&b));
        return EXIT_DONE;
    }
    for (size_t i = 0; i < value_len(outputs); i++) {
        const struct value_entry *entry = &outputs->map.entries[i];
        const char *text = value_str(entry->value);
        if (!text)
            text = json_print(cli->arena, entry->value, JSON_COMPACT);
        if (str_eq(name, entry->key))
            cli_out(cli, arena_printf(cli->arena, "%s\n", text));
        else if (!name)
            cli_out(cli, arena_printf(cli->arena, "%s = %s\n", entry->key, text));
    }
    return EXIT_DONE;
}

int cmd_state_list(struct cli *cli)
{
    return session_run(cli, list);
}

static int show_plan(struct session *session)
{
    struct planfile file;
    if (!saving_read(session, session->cli->line.arguments[0], &file) ||
        !saving_print(session, &file))
        return EXIT_ERROR;
    return EXIT_DONE;
}

int cmd_show(struct cli *cli)
{
    if (cli->line.argument_len > 1) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL, "show takes one file at most");
        return EXIT_USAGE;
    }
    if (cli_flag(cli, OPT_MARKDOWN) && (cli->line.argument_len == 0 || cli->json)) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "--markdown is for a saved plan, and in place of --json: show PLANFILE "
                   "--markdown");
        return EXIT_USAGE;
    }
    if (cli_option(cli, OPT_MAX_BYTES) && !cli_flag(cli, OPT_MARKDOWN)) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "--max-bytes is for a page: show PLANFILE --markdown --max-bytes %s",
                   cli_option(cli, OPT_MAX_BYTES));
        return EXIT_USAGE;
    }
    return session_run(cli, cli->line.argument_len ? show_plan : show);
}

int cmd_state_show(struct cli *cli)
{
    return session_run(cli, show_one);
}

int cmd_state_journal(struct cli *cli)
{
    return session_run(cli, journal);
}

int cmd_state_journal_close(struct cli *cli)
{
    return session_run(cli, close_intent);
}

int cmd_state_rm(struct cli *cli)
{
    return session_run(cli, remove_rows);
}

int cmd_state_mv(struct cli *cli)
{
    return session_run(cli, move_rows);
}

int cmd_output(struct cli *cli)
{
    return session_run(cli, output);
}
