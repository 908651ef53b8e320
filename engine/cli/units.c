#include "engine/cli/units.h"

#include "engine/base/bug.h"
#include "providers/aws/aws.h"

struct listing {
    struct arena *arena;
    const struct organizational_unit *unit;
    struct diags *diags;
    bool ended;
    const struct value *ids; /* NULL: reported why */
};

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

static void listed(void *ctx, const struct response *rs)
{
    struct listing *listing = ctx;
    listing->ended = true;
    if (rs->fault == FAULT_NONE)
        listing->ids = active_ids(listing->arena, value_get(rs->body, "Accounts"));
    else if (!str_eq(rs->code, CODE_NO_SESSION)) /* said once, for the account */
        diag_error(listing->diags, E_UNIT, listing->unit->pos, NULL,
                   "the accounts of %s cannot be listed: %s: %s (request id %s)", listing->unit->id,
                   rs->code ? rs->code : "no code", rs->message ? rs->message : "",
                   rs->request_id ? rs->request_id : "none");
}

static const struct value *read_unit(struct session *session, struct loop *loop,
                                     const struct organizational_unit *unit)
{
    struct cli *cli = session->cli;
    struct listing listing = {.arena = cli->arena, .unit = unit, .diags = &cli->diags};
    struct map_builder body = map_begin(cli->arena);
    map_put_str(&body, "ParentId", unit->id);
    struct aws_call_spec spec = {.operation = &organizations_ListAccountsForParent,
                                 .account_id = session->topology.management_account_id,
                                 .region = session->topology.regions[0],
                                 .body = map_end(&body),
                                 .all_pages = true};
    aws_call(loop, &spec, listed, &listing);
    while (!listing.ended)
        BUG_ON(!loop_turn(loop) && !listing.ended);
    return listing.ids;
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
