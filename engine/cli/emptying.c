#include "engine/cli/emptying.h"

#include <string.h>

#include "engine/cli/approval.h"
#include "providers/aws/recovery_points.h"

#define AT_ONCE 64 /* deletions in flight */

/* "vaults.final=my-vault": no address and no name of a vault holds the sign. */
static const char *address_of(struct arena *arena, const char *flag)
{
    return arena_strndup(arena, flag, strcspn(flag, "="));
}

static const char *name_in(const char *flag)
{
    const char *sign = strchr(flag, '=');
    return sign ? sign + 1 : NULL;
}

static size_t flag_count(const char *const *flags)
{
    size_t len = 0;
    while (flags && flags[len])
        len++;
    return len;
}

const char *const *emptying_addresses(struct cli *cli)
{
    const char *const *flags = cli_list(cli, OPT_EMPTY_VAULTS);
    size_t len = flag_count(flags);
    const char **addresses = arena_array(cli->arena, len + 1, sizeof(*addresses));
    for (size_t i = 0; i < len; i++)
        addresses[i] = address_of(cli->arena, flags[i]);
    return len ? addresses : NULL;
}

/* ---- which vaults ---- */

static bool is_vault(const struct session *session, const struct record *record)
{
    const struct schema *schema = schema_of(session->schemas, record->type);
    return schema && schema_property_of(schema->root, "number_of_recovery_points");
}

static bool read_flags(struct session *session, struct emptying *ret)
{
    struct cli *cli = session->cli;
    const char *const *flags = cli_list(cli, OPT_EMPTY_VAULTS);
    bool good = true;
    ret->items = arena_array(cli->arena, flag_count(flags) + 1, sizeof(*ret->items));
    for (size_t i = 0; i < flag_count(flags); i++) {
        const char *address = address_of(cli->arena, flags[i]);
        const struct record *record = record_find(session->records, session->record_len, address);
        if (!record || !is_vault(session, record)) {
            diag_error(&cli->diags, E_TARGET, NO_POS, address,
                       "--empty-vaults: %s is no vault that the state knows", address);
            good = false;
            continue;
        }
        ret->items[ret->len++] = (struct emptied_vault){
            .address = address, .typed = name_in(flags[i]), .record = record};
    }
    return good;
}

/* ---- look ---- */

struct looking {
    struct session *session;
    struct emptied_vault *vault;
    bool failed;
};

static void vault_looked_at(void *ctx, const struct op_outcome *outcome)
{
    struct looking *looking = ctx;
    struct arena *arena = looking->session->cli->arena;
    struct emptied_vault *vault = looking->vault;
    looking->failed = outcome->result != OP_RESULT_DONE;
    if (looking->failed)
        return;
    vault->points = value_copy(arena, value_get(outcome->attributes, "points"));
    int64_t held = value_get_int(outcome->attributes, "held", 0);
    if (value_get_bool(outcome->attributes, "locked", false))
        vault->kept_by = "it is locked, and a lock keeps its points from everybody";
    else if (held > 0)
        vault->kept_by =
            arena_printf(arena, "%lld of its recovery points are under the legal hold %s",
                         (long long)held, value_get_str(outcome->attributes, "hold"));
}

static void turn_until_idle(struct session *session)
{
    while (loop_turn(session->loop)) {
    }
}

static const char *partition_of(const struct session *session, const struct record *record)
{
    for (size_t i = 0; i < session->topology.account_len; i++)
        if (str_eq(session->topology.accounts[i].id, record->account_id))
            return session->topology.accounts[i].partition;
    return "aws";
}

static struct op_spec spec_of(const struct session *session, const struct emptied_vault *vault)
{
    const struct record *record = vault->record;
    return (struct op_spec){.schema = schema_of(session->schemas, record->type),
                            .address = vault->address,
                            .account_id = record->account_id,
                            .region = record->region,
                            .partition = partition_of(session, record)};
}

static bool look_at(struct session *session, struct emptied_vault *vault)
{
    struct looking looking = {.session = session, .vault = vault};
    struct op_spec spec = spec_of(session, vault);
    spec.kind = OP_READ;
    spec.ops = &vault_points_ops;
    spec.identifier = vault->record->identifier;
    loop_start(session->loop, &spec, vault_looked_at, &looking);
    turn_until_idle(session);
    return !looking.failed;
}

/* Why the vault itself stays after all; NULL: the plan deletes it. */
static const char *reason_to_stay(const struct plan *plan, const char *address)
{
    for (size_t i = 0; i < plan->retained_len; i++)
        if (str_eq(plan->retained[i].address, address))
            return plan->retained[i].reason;
    for (size_t i = 0; i < plan->len; i++)
        if (str_eq(plan->changes[i].address, address) && plan->changes[i].action == ACTION_DELETE)
            return NULL;
    return "nothing deletes the vault";
}

static bool refused(struct session *session, const struct emptied_vault *vault, const char *why)
{
    struct cli *cli = session->cli;
    struct diag *diag =
        diag_error(&cli->diags, E_RETAINED, NO_POS, vault->address,
                   "the recovery points of %s are not deleted: %s", vault->address, why);
    diag_hint(&cli->diags, diag,
              "Nothing was done. Without --empty-vaults %s the rest is destroyed.", vault->address);
    return true;
}

int emptying_look(struct session *session, const struct planning *planning, struct emptying *ret)
{
    struct cli *cli = session->cli;
    *ret = (struct emptying){0};
    if (!read_flags(session, ret))
        return EXIT_USAGE;
    bool refuses = false;
    for (size_t i = 0; i < ret->len; i++) {
        struct emptied_vault *vault = &ret->items[i];
        if (!look_at(session, vault))
            return EXIT_ERROR;
        const char *why =
            vault->kept_by ? vault->kept_by : reason_to_stay(&planning->plan, vault->address);
        if (why)
            refuses = refused(session, vault, why);
        else if (!cli->json)
            cli_out(cli, arena_printf(
                             cli->arena,
                             "\n%s: all %zu recovery points of the vault %s will be deleted, "
                             "for ever.\n",
                             vault->address, value_len(vault->points), vault->record->identifier));
    }
    return refuses ? EXIT_REFUSED : EXIT_DONE;
}

/* ---- the name, typed ---- */

static bool name_was_typed(struct session *session, const struct emptied_vault *vault)
{
    struct cli *cli = session->cli;
    const char *name = vault->record->identifier;
    if (vault->typed) {
        if (!str_eq(vault->typed, name))
            diag_error(&cli->diags, E_APPROVAL, NO_POS, vault->address,
                       "--empty-vaults: %s is the vault %s, not %s; nothing was done",
                       vault->address, name, vault->typed);
        return str_eq(vault->typed, name);
    }
    if (approval_can_ask(cli))
        return approval_ask_name(cli, vault->address, "Its recovery points cannot be brought back.",
                                 name);
    struct diag *diag =
        diag_error(&cli->diags, E_APPROVAL, NO_POS, vault->address,
                   "--empty-vaults %s needs the name of the vault, and nobody is asked; nothing "
                   "was done",
                   vault->address);
    diag_hint(&cli->diags, diag, "Write --empty-vaults %s=NAME, with the vault's name at AWS.",
              vault->address);
    return false;
}

bool emptying_approved(struct session *session, const struct emptying *emptying)
{
    for (size_t i = 0; i < emptying->len; i++)
        if (!name_was_typed(session, &emptying->items[i]))
            return false;
    return true;
}

/* ---- delete ---- */

struct deleting {
    struct session *session;
    struct emptied_vault *vault;
    size_t next, open;
};

static void start_more(struct deleting *deleting);

static void point_ended(void *ctx, const struct op_outcome *outcome)
{
    struct deleting *deleting = ctx;
    deleting->open--;
    if (outcome->result == OP_RESULT_DONE)
        deleting->vault->deleted++;
    start_more(deleting);
}

static void start_more(struct deleting *deleting)
{
    struct session *session = deleting->session;
    const struct value *points = deleting->vault->points;
    while (deleting->open < AT_ONCE && deleting->next < value_len(points) && !*session->run.stop) {
        const struct value *point = value_item(points, deleting->next++);
        struct op_spec spec = spec_of(session, deleting->vault);
        spec.kind = OP_REMOVE;
        spec.ops = &recovery_point_ops;
        spec.identifier =
            arena_printf(session->cli->arena, "%s|%s", deleting->vault->record->identifier,
                         value_get_str(point, "RecoveryPointArn"));
        spec.prior = point;
        deleting->open++;
        loop_start(session->loop, &spec, point_ended, deleting);
    }
}

static void delete_points(struct session *session, struct emptied_vault *vault)
{
    struct deleting deleting = {.session = session, .vault = vault};
    cli_note(session->cli, "emptying  %s", vault->address);
    start_more(&deleting);
    turn_until_idle(session);
    vault->left = value_len(vault->points) - vault->deleted;
    cli_note(session->cli, "emptied   %s: %zu deleted, %zu left", vault->address, vault->deleted,
             vault->left);
}

bool emptying_run(struct session *session, struct planning *planning, struct emptying *emptying)
{
    struct cli *cli = session->cli;
    const char **empty = arena_array(cli->arena, emptying->len + 1, sizeof(*empty));
    size_t len = 0;
    for (size_t i = 0; i < emptying->len && !*session->run.stop; i++) {
        delete_points(session, &emptying->items[i]);
        if (emptying->items[i].left == 0)
            empty[len++] = emptying->items[i].address;
    }
    if (len == emptying->len)
        return true;
    planning->input.empty_vaults = empty;
    return plan_build(cli->arena, &planning->input, &planning->plan, &cli->diags);
}

bool emptying_left_any(const struct emptying *emptying)
{
    for (size_t i = 0; i < emptying->len; i++)
        if (emptying->items[i].left > 0)
            return true;
    return false;
}

const struct value *emptying_value(struct arena *arena, const struct emptying *emptying)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < emptying->len; i++) {
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "address", emptying->items[i].address);
        map_put_int(&b, "deleted", (int64_t)emptying->items[i].deleted);
        map_put_int(&b, "left", (int64_t)emptying->items[i].left);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}
