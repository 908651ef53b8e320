/* state check-backend: whether a bucket can keep a shared state, shown on scratch objects. */

#include <string.h>

#include "engine/base/crypto.h"
#include "engine/cli/commands.h"
#include "engine/cli/sharing.h"
#include "engine/cli/signals.h"
#include "providers/aws/s3_remote.h"

#define RACERS 16

struct checking {
    struct session *session;
    const char *name, *race; /* of the scratch objects */
    struct list_builder results;
    size_t failed;
    bool wrote; /* something may stand that has to go */
};

/* Says how a check went. `why` of one that failed: what to do about it. */
static void report(struct checking *checking, bool ok, const char *what, const char *why)
{
    struct cli *cli = checking->session->cli;
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "check", what);
    map_put_bool(&b, "ok", ok);
    map_put_str(&b, "reason", ok ? NULL : why);
    list_add(&checking->results, map_end(&b));
    checking->failed += ok ? 0 : 1;
    if (!cli->json)
        cli_out(cli, arena_printf(cli->arena, "%-7s %s\n", ok ? "ok" : "FAILED", what));
    if (!ok)
        diag_error(&cli->diags, E_BACKEND, NO_POS, NULL, "%s: the check \"%s\" has failed: %s",
                   checking->session->remote.where, what, why);
}

static struct remote_object put(struct checking *checking, const char *text, const char *over)
{
    const struct remote *remote = &checking->session->remote;
    struct cli *cli = checking->session->cli;
    if (signals_caught()) /* what stands is removed in the time that is left */
        return (struct remote_object){.result = REMOTE_FAILED};
    checking->wrote = true;
    return remote->ops->put(remote->self, cli->arena, checking->name, slice_of(text), over,
                            &cli->diags);
}

/* A lock is removed so: by its holder, and by who breaks it. */
static bool check_removal(struct checking *checking, const char *stale_etag, const char *etag)
{
    const struct remote *remote = &checking->session->remote;
    struct diags *diags = &checking->session->cli->diags;
    enum remote_result stale, named;
    remote->ops->remove(remote->self, &checking->name, 1, stale_etag, &stale, diags);
    remote->ops->remove(remote->self, &checking->name, 1, etag, &named, diags);
    if (stale == REMOTE_FAILED || named == REMOTE_FAILED)
        return false;
    report(checking, stale == REMOTE_REFUSED, "If-Match keeps a stale version from being removed",
           "the server does not honour it, so that a run could remove the lock of another");
    report(checking, named == REMOTE_DONE, "If-Match lets the version that it names be removed",
           "the server refuses the ETag that it has just given");
    return true;
}

/* An object is written, found again, and written on each condition that holds and does not. */
static bool check_conditions(struct checking *checking)
{
    const struct remote *remote = &checking->session->remote;
    struct cli *cli = checking->session->cli;
    struct remote_object first = put(checking, "1\n", NULL), second, third, stale, read;
    if (first.result != REMOTE_DONE)
        return false; /* reported */
    report(checking, true, "an object can be written", NULL);
    second = put(checking, "2\n", NULL);
    third = put(checking, "3\n", first.etag);
    stale = put(checking, "4\n", first.etag);
    remote->ops->get(remote->self, cli->arena, &checking->name, 1, &read, &cli->diags);
    if (second.result == REMOTE_FAILED || third.result == REMOTE_FAILED ||
        stale.result == REMOTE_FAILED || read.result == REMOTE_FAILED)
        return false;
    report(checking, second.result == REMOTE_REFUSED, "If-None-Match: * keeps a second writer out",
           "the server does not honour it, so that two runs could both hold the lock");
    report(checking, third.result == REMOTE_DONE, "If-Match lets the next version through",
           "the server refuses the ETag that it has just given");
    report(checking, stale.result == REMOTE_REFUSED, "If-Match refuses a version that is stale",
           "the server does not honour it, so that an old run could overwrite a newer state");
    report(checking, slice_is(read.body, "3\n"), "what was written is read back",
           "another version came back");
    return check_removal(checking, first.etag, read.etag);
}

static bool check_race(struct checking *checking)
{
    struct session *session = checking->session;
    struct cli *cli = session->cli;
    size_t winners = 0;
    if (signals_caught() ||
        !s3_remote_race(session->shared, checking->race, RACERS, &winners, &cli->diags))
        return false;
    report(checking, winners == 1,
           arena_printf(cli->arena, "of %d writers at once exactly one wins", RACERS),
           arena_printf(cli->arena, "%zu of them won: the server checks and writes in two steps",
                        winners));
    return true;
}

static bool check_bucket(struct checking *checking)
{
    struct session *session = checking->session;
    struct s3_bucket_facts facts;
    if (!s3_remote_bucket(session->shared, &facts, &session->cli->diags))
        return false;
    report(checking, facts.versioned, "versioning is on",
           "an object that somebody overwrites or removes by hand could not be brought back");
    report(checking, facts.private, "public access is blocked",
           "a policy or an ACL could publish the state: switch on all four blocks");
    return true;
}

static bool check_key(struct checking *checking)
{
    struct session *session = checking->session;
    struct cli *cli = session->cli;
    const struct key_service *keys = &session->sealing.service;
    struct unwrapped_key made = {0}, back = {0};
    struct slice wrapped;
    if (!session->topology.shared_state->kms_key)
        return true;
    bool good =
        keys->generate(keys->self, cli->arena, checking->name, &made, &wrapped, &cli->diags) &&
        keys->unwrap(keys->self, cli->arena, checking->name, wrapped, &back, &cli->diags);
    if (good)
        report(checking, memcmp(made.key, back.key, AES_KEY_LEN) == 0, "the key wraps and unwraps",
               "KMS gave another data key back");
    wipe(&made, sizeof(made));
    wipe(&back, sizeof(back));
    return good;
}

/* In a versioned bucket a marker and old versions stay: one small scratch object a check. */
static bool clean_up(struct checking *checking)
{
    const struct remote *remote = &checking->session->remote;
    struct cli *cli = checking->session->cli;
    const char *names[] = {checking->name, checking->race};
    enum remote_result gone[ARRAY_LEN(names)];
    remote->ops->remove(remote->self, names, ARRAY_LEN(names), NULL, gone, &cli->diags);
    if (gone[0] == REMOTE_FAILED || gone[1] == REMOTE_FAILED)
        return false;
    report(checking, true, "an object can be removed", NULL);
    return true;
}

static int check(struct session *session)
{
    struct cli *cli = session->cli;
    if (!session_load(session) || !sharing_open(session))
        return EXIT_ERROR;
    session->stop = signals_catch(); /* nothing is left behind */
    if (!sharing_heed_signals(session, 1))
        return EXIT_ERROR;
    const char *id = random_uuid(cli->arena);
    struct checking checking = {
        .session = session,
        .name = arena_printf(cli->arena, ".check-%s", id),
        .race = arena_printf(cli->arena, ".check-%s-race", id),
        .results = list_begin(cli->arena),
    };
    bool ended = check_conditions(&checking) && check_race(&checking);
    ended = (!checking.wrote || clean_up(&checking)) && ended;
    ended = !*session->stop && check_bucket(&checking) && ended;
    ended = !*session->stop && check_key(&checking) && ended;
    if (*session->stop) {
        cli_note(cli, "The check was stopped: the bucket is neither fit nor unfit.");
        return EXIT_ERROR;
    }
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "state", session->remote.where);
    map_put_bool(&b, "ok", ended && checking.failed == 0);
    map_put(&b, "checks", list_end(&checking.results));
    if (cli->json)
        cli_out_json(cli, map_end(&b));
    return ended && checking.failed == 0 ? EXIT_DONE : EXIT_ERROR;
}

int cmd_state_check_backend(struct cli *cli)
{
    return session_run(cli, check);
}
