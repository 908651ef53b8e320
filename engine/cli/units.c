#include "engine/cli/units.h"

#include "engine/cli/asking.h"

static const struct value *active_ids(struct arena *arena, const struct value *accounts)
{
    struct list_builder ids = list_begin(arena);
    for (size_t i = 0; i < value_len(accounts); i++) {
        const struct value *account = value_item(accounts, i);
        if (str_eq(value_get_str(account, "Status"), "ACTIVE"))
            list_add_str(&ids, value_get_str(account, "Id"));
    }
    return value_sorted(arena, list_end(&ids));
}

static const struct value *read_unit(struct session *session, struct loop *loop,
                                     const struct organizational_unit *unit)
{
    struct cli *cli = session->cli;
    struct aws_call_spec spec = {.operation = &organizations_ListAccountsForParent,
                                 .account_id = session->topology.management_account_id,
                                 .region = session_aws_options(session, NULL).home_region,
                                 .body = value_map_text(cli->arena, "ParentId", unit->id),
                                 .all_pages = true};
    struct answer answer = ask_aws(cli, loop, &spec);
    if (answer.fault == FAULT_NONE)
        return active_ids(cli->arena, value_get(answer.body, "Accounts"));
    if (!str_eq(answer.code, CODE_NO_SESSION)) /* said once, for the account */
        diag_error(&cli->diags, E_UNIT, unit->pos, NULL, "the accounts of %s cannot be listed: %s",
                   unit->id, answer.text);
    return NULL;
}

bool units_read(struct session *session, const struct value **ret)
{
    struct cli *cli = session->cli;
    const struct topology *topology = &session->topology;
    struct map_builder units = map_begin(cli->arena);
    struct aws_options options = session_aws_options(session, topology->management_account_id);
    struct loop *loop = loop_new(session->transport, &cli->diags);
    bool good = aws_setup(cli->arena, loop, &options, &cli->diags) &&
                aws_verify_identities(loop, &cli->diags);
    for (size_t i = 0; good && i < topology->unit_len; i++) {
        const struct value *ids = read_unit(session, loop, &topology->units[i]);
        good = ids != NULL;
        map_put(&units, topology->units[i].id, ids);
    }
    loop_free(loop);
    *ret = map_end(&units);
    return good;
}
