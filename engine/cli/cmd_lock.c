/* lock show, lock break: who holds a shared state, and the way out when that run is dead. */

#include "engine/cli/commands.h"
#include "engine/cli/sharing.h"
#include "state/remote_lock.h"

static const struct value *holder_value(struct arena *arena, const struct lock_holder *holder)
{
    struct map_builder b = map_begin(arena);
    if (!holder->id)
        return value_null();
    map_put_str(&b, "id", holder->id);
    map_put_str(&b, "command", holder->command);
    map_put_str(&b, "who", holder->who);
    map_put_str(&b, "host", holder->host);
    map_put_int(&b, "pid", holder->pid);
    map_put_str(&b, "since", holder->since);
    map_put_int(&b, "age_seconds", holder->age_ms / 1000);
    map_put_int(&b, "lease_left_seconds", holder->left_ms / 1000);
    map_put_bool(&b, "lease_run_out", !holder->no_lease && holder->left_ms <= 0);
    map_put_bool(&b, "process_is_gone", holder->dead);
    map_put_bool(&b, "may_live", holder->may_live);
    return map_end(&b);
}

static void print_holder(struct session *session, const struct lock_holder *holder)
{
    struct cli *cli = session->cli;
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "state", session->remote.where);
    map_put(&b, "lock", holder_value(cli->arena, holder));
    if (cli->json)
        cli_out_json(cli, map_end(&b));
    else if (!holder->id)
        cli_out(cli, arena_printf(cli->arena, "%s is not locked\n", session->remote.where));
    else
        cli_out(cli,
                arena_printf(cli->arena, "%s\nheld by %s\n", diag_visible(cli->arena, holder->id),
                             lock_holder_text(cli->arena, holder)));
}

static int show(struct session *session)
{
    struct lock_holder holder;
    if (!session_load(session) || !sharing_open(session) ||
        !remote_lock_show(session->cli->arena, &session->remote, &holder, &session->cli->diags))
        return EXIT_ERROR;
    print_holder(session, &holder);
    return EXIT_DONE;
}

/* What the next run has to settle. */
static const struct value *left_open(struct session *session)
{
    struct cli *cli = session->cli;
    struct intent *intents = NULL;
    size_t len = 0;
    struct list_builder list = list_begin(cli->arena);
    if (!journal_open_intents(session->state, cli->arena, &intents, &len, &cli->diags))
        return NULL;
    for (size_t i = 0; i < len; i++) {
        struct map_builder b = map_begin(cli->arena);
        map_put_int(&b, "seq", intents[i].seq);
        map_put_str(&b, "action", intents[i].action);
        map_put_str(&b, "address", intents[i].address);
        list_add(&list, map_end(&b));
        cli_note(cli, "open      intent %lld: %s %s", (long long)intents[i].seq, intents[i].action,
                 intents[i].address);
    }
    return list_end(&list);
}

/* Somebody who waited has taken the lock before us. */
static bool was_overtaken(struct cli *cli, size_t len, size_t errors)
{
    struct diags *diags = &cli->diags;
    if (diags->len == len || diags->items[diags->len - 1].code != E_STATE_LOCKED)
        return false;
    cli_note(cli, "taken     %s", diags->items[diags->len - 1].message);
    diags->len = len;
    diags->errors = errors;
    return true;
}

/* The lock is broken all the same: why the state does not open is for the next run to fail with. */
static void note_errors(struct cli *cli, size_t from, size_t errors)
{
    struct diags *diags = &cli->diags;
    size_t kept = from;
    for (size_t i = from; i < diags->len; i++) {
        struct diag diag = diags->items[i];
        if (diag.severity == SEVERITY_ERROR)
            cli_note(cli, "not open  %s: %s", diag_code_id(diag.code), diag.message);
        else
            diags->items[kept++] = diag;
    }
    diags->len = kept;
    diags->errors = errors;
}

/* Whoever held it can write nothing more, alive or not. That the state cannot be opened is no
 * reason to keep the lock. */
static const char *keep_out(struct session *session)
{
    struct cli *cli = session->cli;
    size_t len = cli->diags.len, errors = cli->diags.errors;
    session->takes_over = true;
    if (session_open_state(session, SESSION_WRITES) && state_was_taken_over(session->state))
        return "The next run settles what that one left open. Should it still live, it can write "
               "nothing more to the state; what it has sent to AWS already may still arrive.";
    if (was_overtaken(cli, len, errors))
        return "That run keeps the old one out, and settles what it left open.";
    note_errors(cli, len, errors);
    return "Should that run still live, it can go on until another one writes.";
}

static bool may_break(struct session *session, const char *id)
{
    struct cli *cli = session->cli;
    struct lock_holder holder;
    if (!remote_lock_show(cli->arena, &session->remote, &holder, &cli->diags))
        return false;
    if (!str_eq(holder.id, id) || !holder.may_live || cli_flag(cli, OPT_FORCE))
        return true; /* of another one remote_lock_break() tells */
    struct diag *diag = diag_error(&cli->diags, E_LOCK_LIVES, NO_POS, NULL, "%s is held by %s",
                                   session->remote.where, lock_holder_text(cli->arena, &holder));
    diag_hint(&cli->diags, diag,
              "Wait for it, or end that process. Where you know that it is dead: `holdfast lock "
              "break %s --force`.",
              holder.id);
    return false;
}

static int break_lock(struct session *session)
{
    struct cli *cli = session->cli;
    struct lock_holder holder;
    if (cli->line.argument_len != 1) {
        diag_error(&cli->diags, E_USAGE, NO_POS, NULL,
                   "lock break takes the id of the lock, as `holdfast lock show` prints it");
        return EXIT_USAGE;
    }
    const char *id = cli->line.arguments[0];
    if (!session_load(session) || !sharing_open(session) || !may_break(session, id) ||
        !remote_lock_break(cli->arena, &session->remote, id, &holder, &cli->diags))
        return EXIT_ERROR;
    const char *follows = "Nothing is to be broken: that lock was given back, or broken before.";
    if (holder.id) {
        cli_note(cli, "broken    the lock of %s", lock_holder_text(cli->arena, &holder));
        follows = keep_out(session);
    } else
        cli_note(cli, "gone      %s is not locked", session->remote.where);
    struct map_builder b = map_begin(cli->arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "state", session->remote.where);
    map_put(&b, "broken", holder_value(cli->arena, &holder));
    map_put_bool(&b, "kept_out", session->state && state_was_taken_over(session->state));
    map_put(&b, "open_intents", session->state ? left_open(session) : NULL);
    if (cli->json)
        cli_out_json(cli, map_end(&b));
    cli_note(cli, "%s", follows);
    return EXIT_DONE;
}

int cmd_lock_show(struct cli *cli)
{
    return session_run(cli, show);
}

int cmd_lock_break(struct cli *cli)
{
    return session_run(cli, break_lock);
}
