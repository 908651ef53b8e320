/* state undo: what was recorded before is recorded again. No network. */

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/map.h"
#include "engine/cli/commands.h"
#include "engine/cli/moving.h"
#include "engine/cli/session.h"
#include "engine/cli/unsettled.h"
#include "state/past.h"

struct undo {
    struct session *session;
    struct past_run *runs;
    size_t run_len;
    int64_t serial;           /* to go back to */
    struct past_change *rows; /* before: recorded now; after: then */
    size_t len;
    const char *
        *other; /* of each row: where its object is recorded instead, now or then; or NULL */
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

static const char *object_of(const struct undo *undo, const struct record *record)
{
    return object_key(undo->session->cli->arena, record->type, record->account_id, record->region,
                      record->identifier);
}

/* What leaves one address and comes back at another is one object. */
static void find_moved(struct undo *undo)
{
    struct arena *arena = undo->session->cli->arena;
    struct map left;
    map_init(&left, arena);
    undo->other = arena_array(arena, undo->len + 1, sizeof(*undo->other));
    for (size_t i = 0; i < undo->len; i++)
        if (!undo->rows[i].after && undo->rows[i].before->identifier)
            map_set(&left, object_of(undo, undo->rows[i].before), &undo->other[i]);
    for (size_t i = 0; i < undo->len; i++) {
        const struct past_change *row = &undo->rows[i];
        const char **there = row->after && row->after->identifier
                                 ? map_get(&left, object_of(undo, row->after))
                                 : NULL;
        if (!there || *there)
            continue;
        *there = row->address;
        undo->other[i] = undo->rows[there - undo->other].address;
    }
}

static bool is_settled(const struct undo *undo)
{
    struct session *session = undo->session;
    const char **addresses = arena_array(session->cli->arena, undo->len + 1, sizeof(*addresses));
    for (size_t i = 0; i < undo->len; i++)
        addresses[i] = undo->rows[i].address;
    return unsettled_none(session, addresses,
                          "also where it asks whether to go on, and is told not to; then undo");
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

static void add_moved(struct list_builder *list, const char *from, const char *to)
{
    struct map_builder b = map_begin(list->arena);
    map_put_str(&b, "from", from);
    map_put_str(&b, "to", to);
    list_add(list, map_end(&b));
}

static void print_row(const struct undo *undo, const struct past_change *row, const char *from)
{
    struct cli *cli = undo->session->cli;
    if (from)
        cli_out(cli, arena_printf(cli->arena, "%s %s to %s\n",
                                  undo->dry_run ? "would move" : "moved", from, row->address));
    else if (row->after)
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
    struct list_builder restored = list_begin(cli->arena), forgotten = list_begin(cli->arena),
                        moved = list_begin(cli->arena);
    for (size_t i = 0; i < undo->len; i++) {
        const struct past_change *row = &undo->rows[i];
        if (undo->other[i] && !row->after)
            continue; /* said where it goes */
        if (undo->other[i])
            add_moved(&moved, undo->other[i], row->address);
        else
            add_row(row->after ? &restored : &forgotten, row);
        if (!cli->json)
            print_row(undo, row, undo->other[i]);
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_bool(&b, "dry_run", undo->dry_run);
    map_put_int(&b, "to_serial", undo->serial);
    map_put_int(&b, "serial", state_serial(undo->session->state));
    map_put(&b, "moved", list_end(&moved));
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
    find_moved(&undo);
    if (!is_settled(&undo))
        return EXIT_REFUSED;
    if (!undo.dry_run && undo.len > 0 && !write_rows(&undo))
        return EXIT_ERROR;
    print_undone(&undo);
    return EXIT_DONE;
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
