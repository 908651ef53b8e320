/* state history: the runs, and what each changed in the state. No network. */

#include "engine/base/clock.h"
#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/cli/wanted.h"
#include "state/past.h"

struct history {
    struct session *session;
    struct past_run *runs;
    size_t run_len;
    struct past_change *changes;
    size_t change_len;
    struct list_builder entries; /* for --json */
};

static const char *changed_address(const void *list, size_t i)
{
    const struct past_change *changes = list;
    return changes[i].address;
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
    if (!all_wanted_are_there(cli, changed_address, history.changes, history.change_len,
                              "nothing was ever recorded there"))
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

int cmd_state_history(struct cli *cli)
{
    return session_run(cli, history);
}
