/* state history, state undo: what the runs changed in the state, and the way back. No network. */

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/cli/commands.h"
#include "engine/cli/moving.h"
#include "engine/cli/session.h"
#include "engine/config/resource.h"
#include "state/past.h"

/* ---- history ---- */

struct history {
    struct session *session;
    struct past_run *runs;
    size_t run_len;
    struct past_change *changes;
    size_t change_len;
    struct list_builder entries; /* for --json */
};

static bool is_wanted(const struct cli *cli, const char *address)
{
    for (const char *const *wanted = cli->line.arguments; wanted && *wanted; wanted++)
        if (address_is_within(address, *wanted))
            return true;
    return cli->line.argument_len == 0;
}

static bool all_are_known(const struct history *history)
{
    struct cli *cli = history->session->cli;
    for (const char *const *wanted = cli->line.arguments; wanted && *wanted; wanted++) {
        size_t i = 0;
        while (i < history->change_len && !address_is_within(history->changes[i].address, *wanted))
            i++;
        if (i == history->change_len)
            diag_error(&cli->diags, E_TARGET, NO_POS, *wanted, "nothing was ever recorded there");
    }
    return cli->diags.errors == 0;
}

static const char *action_of(const struct past_change *change)
{
    return !change->after ? "removed" : change->before ? "changed" : "added";
}

/* The properties that differ, by name. */
static const struct value *properties_of(struct arena *arena, const struct past_change *change)
{
    struct list_builder names = list_begin(arena);
    const struct value *before = change->before ? change->before->attributes : NULL;
    const struct value *after = change->after ? change->after->attributes : NULL;
    bool both = change->before && change->after;
    for (size_t i = 0; both && i < value_len(after); i++) {
        const struct value_entry *entry = &after->map.entries[i];
        const struct value *was = value_get(before, entry->key);
        if (!was || !value_equal(was, entry->value))
            list_add_str(&names, entry->key);
    }
    for (size_t i = 0; both && i < value_len(before); i++)
        if (!value_get(after, before->map.entries[i].key))
            list_add_str(&names, before->map.entries[i].key);
    return list_end(&names);
}

static void print_change(struct cli *cli, const struct past_change *change)
{
    const struct value *properties = properties_of(cli->arena, change);
    const char *symbol = !change->after ? "-" : change->before ? "~" : "+";
    cli_out(cli, arena_printf(cli->arena, "  %s %s", symbol, change->address));
    for (size_t i = 0; i < value_len(properties); i++)
        cli_out(cli, arena_printf(cli->arena, "%s%s", i == 0 ? ": " : ", ",
                                  value_str(value_item(properties, i))));
    cli_out(cli, "\n");
}

static const struct value *change_value(struct arena *arena, const struct past_change *change)
{
    const struct record *record = change->after ? change->after : change->before;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "address", change->address);
    map_put_str(&b, "type", record ? record->type : NULL);
    map_put_str(&b, "action", action_of(change));
    map_put_int(&b, "serial", change->serial);
    map_put_str(&b, "at", time_iso(arena, change->at_ms));
    map_put(&b, "properties", properties_of(arena, change));
    return map_end(&b);
}

static void print_run(struct cli *cli, const struct past_run *run)
{
    if (!run) {
        cli_out(cli, "between runs\n");
        return;
    }
    cli_out(cli, arena_printf(cli->arena, "run %lld  %s  %s%s%s: %s", (long long)run->id,
                              time_iso(cli->arena, run->started_ms),
                              run->command ? run->command : "?", run->who ? " by " : "",
                              run->who ? run->who : "", run->result ? run->result : "cut short"));
    if (run->last_serial > 0)
        cli_out(cli, arena_printf(cli->arena, ", to serial %lld", (long long)run->last_serial));
    cli_out(cli, "\n");
}

static struct map_builder run_value(struct arena *arena, const struct past_run *run)
{
    struct map_builder b = map_begin(arena);
    if (!run)
        return b;
    map_put_int(&b, "run", run->id);
    map_put_str(&b, "command", run->command);
    map_put_str(&b, "who", run->who);
    map_put_str(&b, "started", time_iso(arena, run->started_ms));
    if (run->ended_ms > 0)
        map_put_str(&b, "ended", time_iso(arena, run->ended_ms));
    map_put_str(&b, "result", run->result);
    if (run->last_serial > 0)
        map_put_int(&b, "serial", run->last_serial);
    return b;
}

/* One run, or what happened between two (NULL), with the changes [from, to) that are wanted. A run
 * without any is shown only where no address is asked for. */
static void show_run(struct history *history, const struct past_run *run, size_t from, size_t to)
{
    struct cli *cli = history->session->cli;
    struct list_builder items = list_begin(cli->arena);
    bool shown = cli->line.argument_len == 0 && run;
    for (size_t i = from; i < to; i++)
        shown = shown || is_wanted(cli, history->changes[i].address);
    if (!shown)
        return;
    if (!cli->json)
        print_run(cli, run);
    for (size_t i = from; i < to; i++) {
        const struct past_change *change = &history->changes[i];
        if (!is_wanted(cli, change->address))
            continue;
        if (cli->json)
            list_add(&items, change_value(cli->arena, change));
        else
            print_change(cli, change);
    }
    struct map_builder entry = run_value(cli->arena, run);
    map_put(&entry, "changes", list_end(&items));
    if (cli->json)
        list_add(&history->entries, map_end(&entry));
}

/* Runs rise with time, and so do the changes: those of a run stand together. */
static void show_history(struct history *history)
{
    size_t next = 0, from = 0;
    while (from < history->change_len || next < history->run_len) {
        int64_t id = from < history->change_len ? history->changes[from].run : 0;
        size_t to = from;
        while (to < history->change_len && history->changes[to].run == id)
            to++;
        while (next < history->run_len && (from == to || (id && history->runs[next].id < id)))
            show_run(history, &history->runs[next++], from, from);
        if (from == to)
            break;
        bool known = id && next < history->run_len && history->runs[next].id == id;
        show_run(history, known ? &history->runs[next++] : NULL, from, to);
        from = to;
    }
}

static int history(struct session *session)
{
    struct cli *cli = session->cli;
    struct history history = {.session = session, .entries = list_begin(cli->arena)};
    if (!session_load(session) || !session_open_state(session, SESSION_READS) ||
        !state_runs(session->state, cli->arena, &history.runs, &history.run_len, &cli->diags) ||
        !state_changes(session->state, cli->arena, &history.changes, &history.change_len,
                       &cli->diags))
        return EXIT_ERROR;
    if (!all_are_known(&history))
        return EXIT_USAGE;
    show_history(&history);
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "lineage", state_lineage(session->state));
    map_put_int(&b, "serial", state_serial(session->state));
    map_put(&b, "runs", list_end(&history.entries));
    if (cli->json)
        cli_out_json(cli, map_end(&b));
    return EXIT_DONE;
}

/* ---- undo ---- */

struct undo {
    struct session *session;
    struct past_run *runs;
    size_t run_len;
    int64_t serial;           /* to go back to */
    struct past_change *rows; /* before: recorded now; after: then */
    size_t len;
    bool dry_run;
};

static bool before_last_change(struct undo *undo)
{
    for (size_t i = undo->run_len; i-- > 0;)
        if (undo->runs[i].first_serial > 0) {
            undo->serial = undo->runs[i].first_serial - 1;
            return true;
        }
    diag_error(&undo->session->cli->diags, E_TARGET, NO_POS, NULL,
               "no run has changed anything that could be undone");
    return false;
}

/* As it was when the run had ended and the next one had not begun. */
static bool end_of_run(struct undo *undo, long long id)
{
    size_t i = 0;
    while (i < undo->run_len && undo->runs[i].id != id)
        i++;
    if (i == undo->run_len) {
        diag_error(&undo->session->cli->diags, E_TARGET, NO_POS, NULL, "there was no run %lld", id);
        return false;
    }
    undo->serial = state_serial(undo->session->state);
    for (i++; i < undo->run_len; i++)
        if (undo->runs[i].first_serial > 0) {
            undo->serial = undo->runs[i].first_serial - 1;
            break;
        }
    return true;
}

static bool choose_serial(struct undo *undo)
{
    struct cli *cli = undo->session->cli;
    const char *to = cli_option(cli, OPT_TO);
    const long long now = (long long)state_serial(undo->session->state);
    long long number = 0;
    if (!to)
        return before_last_change(undo);
    bool run = str_starts(to, "run:");
    if (!parse_int64(slice_from(slice_of(to), run ? 4 : 0), &number) || number < 0) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "--to takes a serial or run:N, as state history prints them, not %s", to);
        return false;
    }
    if (run)
        return end_of_run(undo, number);
    undo->serial = number;
    if (number <= now)
        return true;
    diag_error(&cli->diags, E_TARGET, NO_POS, NULL,
               "the state is at serial %lld, and was never at %lld", now, number);
    return false;
}

/* What is recorded now stands beside what was; where both are the same there is nothing to do. */
static void compare_with_now(struct undo *undo)
{
    const struct session *session = undo->session;
    size_t len = 0, at = 0; /* both are sorted by address */
    for (size_t i = 0; i < undo->len; i++) {
        struct past_change *row = &undo->rows[i];
        while (at < session->record_len && strcmp(session->records[at].address, row->address) < 0)
            at++;
        if (at < session->record_len && str_eq(session->records[at].address, row->address))
            row->before = &session->records[at];
        if (!record_same(row->before, row->after))
            undo->rows[len++] = *row;
    }
    undo->len = len;
}

static bool write_rows(struct undo *undo)
{
    struct session *session = undo->session;
    struct diags *diags = &session->cli->diags;
    const char *result =
        arena_printf(session->cli->arena, "back to serial %lld", (long long)undo->serial);
    if (!journal_begin_run(session->state, "", clock_wall_ms(), diags) ||
        !moving_restore_names(session, undo->serial))
        return false;
    for (size_t i = 0; i < undo->len; i++) {
        const struct past_change *row = &undo->rows[i];
        if (!(row->after ? state_put(session->state, row->after, clock_wall_ms(), diags)
                         : state_remove(session->state, row->address, clock_wall_ms(), diags)))
            return false;
    }
    return journal_end_run(session->state, result, clock_wall_ms(), diags);
}

static void add_row(struct list_builder *list, const struct past_change *row)
{
    const struct record *record = row->after ? row->after : row->before;
    struct map_builder b = map_begin(list->arena);
    map_put_str(&b, "address", row->address);
    map_put_str(&b, "type", record->type);
    map_put_str(&b, "account_id", record->account_id);
    map_put_str(&b, "region", record->region);
    map_put_str(&b, "identifier", record->identifier);
    list_add(list, map_end(&b));
}

static void print_row(const struct undo *undo, const struct past_change *row)
{
    struct cli *cli = undo->session->cli;
    if (row->after)
        cli_out(cli, arena_printf(cli->arena, "%s %s\n",
                                  undo->dry_run ? "would restore" : "restored", row->address));
    else
        cli_out(cli,
                arena_printf(cli->arena, "%s %s: %s stays in account %s\n",
                             undo->dry_run ? "would forget" : "forgotten", row->address,
                             row->before->identifier ? row->before->identifier : row->before->type,
                             row->before->account_id));
}

static void note_what_follows(const struct undo *undo)
{
    struct cli *cli = undo->session->cli;
    struct intent *open = NULL;
    size_t len = 0;
    if (undo->len == 0)
        cli_note(cli, "What is recorded is what it was at serial %lld.", (long long)undo->serial);
    else
        cli_note(cli,
                 "Nothing is sent to AWS. The next plan compares what is recorded with what is "
                 "there: what was forgotten and exists is found by its name or owner tags, "
                 "what was restored and is gone is created again.");
    if (journal_open_intents(undo->session->state, cli->arena, &open, &len, &cli->diags) && len > 0)
        cli_note(cli, "%zu open %s; the next apply settles %s first.", len,
                 len == 1 ? "intent stays" : "intents stay", len == 1 ? "it" : "them");
}

static void print_undone(const struct undo *undo)
{
    struct cli *cli = undo->session->cli;
    struct list_builder restored = list_begin(cli->arena), forgotten = list_begin(cli->arena);
    for (size_t i = 0; i < undo->len; i++) {
        add_row(undo->rows[i].after ? &restored : &forgotten, &undo->rows[i]);
        if (!cli->json)
            print_row(undo, &undo->rows[i]);
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_bool(&b, "dry_run", undo->dry_run);
    map_put_int(&b, "to_serial", undo->serial);
    map_put_int(&b, "serial", state_serial(undo->session->state));
    map_put(&b, "restored", list_end(&restored));
    map_put(&b, "forgotten", list_end(&forgotten));
    if (cli->json)
        cli_out_json(cli, map_end(&b));
    note_what_follows(undo);
}

static int undo(struct session *session)
{
    struct cli *cli = session->cli;
    struct undo undo = {.session = session, .dry_run = cli_flag(cli, OPT_DRY_RUN)};
    if (!session_load(session) ||
        !session_open_state(session, undo.dry_run ? SESSION_READS : SESSION_WRITES) ||
        !state_load(session->state, cli->arena, &session->records, &session->record_len,
                    &cli->diags) ||
        !state_runs(session->state, cli->arena, &undo.runs, &undo.run_len, &cli->diags))
        return EXIT_ERROR;
    if (!choose_serial(&undo))
        return EXIT_USAGE;
    if (!state_rows_at(session->state, cli->arena, undo.serial, &undo.rows, &undo.len, &cli->diags))
        return EXIT_ERROR;
    compare_with_now(&undo);
    if (!undo.dry_run && undo.len > 0 && !write_rows(&undo))
        return EXIT_ERROR;
    print_undone(&undo);
    return EXIT_DONE;
}

int cmd_state_history(struct cli *cli)
{
    return session_run(cli, history);
}

int cmd_state_undo(struct cli *cli)
{
    if (cli->line.argument_len > 0) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "state undo takes no address: it goes back as a whole (state rm forgets one)");
        return EXIT_USAGE;
    }
    return session_run(cli, undo);
}
