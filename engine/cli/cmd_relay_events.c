/* relay handle, relay replay: events by hand, from stdin and from the dead letters. */

#include <string.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/cli/commands.h"
#include "engine/cli/letters.h"
#include "engine/cli/relaying.h"

#define EVENT_MAX ((size_t)1024 * 1024) /* EventBridge takes 256 KiB at most */

static void put_result(struct map_builder *b, const struct relaying *relaying)
{
    struct list_builder decisions = relaying->decisions;
    relaying_put_counts(b, relaying);
    map_put(b, "decisions", list_end(&decisions));
}

/* ---- handle ---- */

static const struct value *read_event(struct cli *cli)
{
    const struct value *event = NULL;
    struct slice text;
    const char *why = NULL;
    if (!file_read(cli->arena, "-", EVENT_MAX, &text, &cli->diags))
        return NULL;
    if (json_parse(cli->arena, text, &event, &why))
        return event;
    diag_error(&cli->diags, E_RELAY_EVENT, NO_POS, NULL, "what stdin holds cannot be read: %s",
               why);
    return NULL;
}

static void print_handled(struct cli *cli, const struct relaying_event *event,
                          const struct relaying *relaying)
{
    struct map_builder b = map_begin(cli->arena);
    if (!cli->json) {
        cli_out(cli,
                arena_printf(cli->arena, "%s: %s\n", event->relay ? event->relay : "Relay",
                             event->relay && event->handled ? relaying_text(cli->arena, relaying)
                                                            : event->why));
        return;
    }
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "relay", event->relay);
    map_put_bool(&b, "handled", event->handled);
    map_put_bool(&b, "settled", event->settled);
    map_put_str(&b, "reason", event->why);
    put_result(&b, relaying);
    cli_out_json(cli, map_end(&b));
}

static int handle(struct session *session)
{
    struct cli *cli = session->cli;
    struct relaying relaying = {.decisions = list_begin(cli->arena)};
    struct relaying_event result;
    const struct value *event = read_event(cli);
    if (!event || !relaying_open(session))
        return EXIT_ERROR;
    relaying_event(session, event, /* only= */ NULL, cli_flag(cli, OPT_DRY_RUN), &relaying,
                   &result);
    print_handled(cli, &result, &relaying);
    if (!result.handled && relaying.failed == 0) /* what failed has been reported */
        diag_error(&cli->diags, E_RELAY_EVENT, NO_POS, result.relay, "%s", result.why);
    return result.handled ? EXIT_DONE : EXIT_ERROR;
}

/* ---- replay ---- */

struct replay {
    struct session *session;
    struct relaying relaying;
    struct list_builder kept; /* {"queue", "id", "reason"} */
    size_t letters, settled;
    bool dry_run;
};

struct kept {
    struct letter letter;
    struct kept *next;
};

static void keep(struct replay *replay, const struct letters *letters, const struct letter *letter,
                 const char *relay, const char *why)
{
    struct cli *cli = replay->session->cli;
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "queue", letters->queue.url);
    map_put_str(&b, "id", letter->id);
    map_put_str(&b, "relay", relay);
    map_put_str(&b, "reason", why);
    list_add(&replay->kept, map_end(&b));
    diag_error(&cli->diags, E_RELAY_LETTER, NO_POS, relay, "letter %s of %s: %s", letter->id,
               letters->queue.name, why);
}

/* True when the letter has left its queue, or would. `relay`: whose queue it is, and so whose
 * letter, though one of the clock could be anybody's; NULL: a queue that the state knows nothing
 * of. */
static bool settle(struct replay *replay, struct letters *letters, const struct letter *letter,
                   const char *relay)
{
    struct relaying_event result = {.why = letter->why};
    replay->letters++;
    if (letter->event)
        relaying_event(replay->session, letter->event, relay, replay->dry_run, &replay->relaying,
                       &result);
    if (!result.settled)
        keep(replay, letters, letter, result.relay, result.why);
    else
        replay->settled++;
    return result.settled && !replay->dry_run && letters_delete(letters, letter);
}

/* "relays.to_final/dead_letter", "relays.to_final/forward_dead_letter[us-east-1]": the address of
 * that relay; NULL: the record is no such queue. */
static const char *relay_of_queue(const struct session *session, const struct record *record)
{
    for (size_t i = 0; i < session->topology.relay_len; i++) {
        const char *relay = session->topology.relays[i].address;
        const char *part = record->address + strlen(relay);
        if (str_starts(record->address, relay) &&
            (str_eq(part, "/dead_letter") || str_starts(part, "/forward_dead_letter[")))
            return relay;
    }
    return NULL;
}

static const char *relay_of_url(const struct session *session, const char *url)
{
    const char *relay = NULL;
    for (size_t i = 0; !relay && i < session->record_len; i++)
        if (str_eq(value_get_str(session->records[i].attributes, "url"), url))
            relay = relay_of_queue(session, &session->records[i]);
    return relay;
}

/* False when the queue cannot be used; how its letters ended stands in the replay. */
static bool replay_queue(struct replay *replay, const char *url)
{
    struct session *session = replay->session;
    const char *relay = relay_of_url(session, url);
    struct letters letters;
    struct kept *kept = NULL;
    bool good = letters_open(session, url, &letters);
    while (good && !*session->stop && (good = letters_next(&letters)) && letters.len > 0)
        for (size_t i = 0; i < letters.len; i++) {
            struct kept *one;
            if (!*session->stop && settle(replay, &letters, &letters.batch[i], relay))
                continue;
            one = arena_new_of(session->cli->arena, struct kept);
            *one = (struct kept){letters.batch[i], kept};
            kept = one;
        }
    for (; kept; kept = kept->next)
        letters_give_back(&letters, &kept->letter);
    return good;
}

static bool replay_all(struct replay *replay)
{
    const struct session *session = replay->session;
    bool good = true;
    for (size_t i = 0; i < session->record_len; i++) {
        const struct record *record = &session->records[i];
        const char *url = value_get_str(record->attributes, "url");
        if (url && relay_of_queue(session, record))
            good = replay_queue(replay, url) && good;
    }
    return good;
}

static void print_replay(struct cli *cli, const struct replay *replay)
{
    struct list_builder kept = replay->kept;
    struct map_builder b = map_begin(cli->arena);
    if (!cli->json) {
        cli_out(cli, arena_printf(cli->arena, "Replay: %zu letters, %zu %s, %zu stay. %s\n",
                                  replay->letters, replay->settled,
                                  replay->dry_run ? "would be settled" : "settled", kept.len,
                                  relaying_text(cli->arena, &replay->relaying)));
        return;
    }
    map_put_str(&b, "format_version", "1.0");
    map_put_int(&b, "letters", (int64_t)replay->letters);
    map_put_int(&b, "settled", (int64_t)replay->settled);
    map_put(&b, "kept", list_end(&kept));
    put_result(&b, &replay->relaying);
    cli_out_json(cli, map_end(&b));
}

static int replay(struct session *session)
{
    struct cli *cli = session->cli;
    struct replay replay = {.session = session,
                            .relaying = {.decisions = list_begin(cli->arena)},
                            .kept = list_begin(cli->arena),
                            .dry_run = cli_flag(cli, OPT_DRY_RUN)};
    bool good = relaying_open(session);
    if (!good)
        return EXIT_ERROR;
    if (cli->line.argument_len == 0)
        good = replay_all(&replay);
    for (size_t i = 0; i < cli->line.argument_len; i++)
        good = replay_queue(&replay, cli->line.arguments[i]) && good;
    print_replay(cli, &replay);
    return good && replay.kept.len == 0 ? EXIT_DONE : EXIT_ERROR;
}

int cmd_relay_handle(struct cli *cli)
{
    return session_run(cli, handle);
}

int cmd_relay_replay(struct cli *cli)
{
    return session_run(cli, replay);
}
