/* Organizations, as far as it is read. */
#include "simulator/service.h"

#define ROOT "r-root" /* one root, and every account directly under it */

static const char *need_organization(struct sim_call *call)
{
    const char *id = account_organization(call->world, call->arena, call->account);
    if (!id)
        call_error(call, 400, "AWSOrganizationsNotInUseException",
                   "Your account is not a member of an organization.");
    return id;
}

static const char *account_arn(struct sim_call *call, const char *organization, const char *account)
{
    return arena_printf(call->arena, "arn:aws:organizations::%s:account/%s/%s",
                        organization_management(call->world, call->arena), organization, account);
}

static bool describe_organization(struct sim_call *call)
{
    struct arena *arena = call->arena;
    const char *id = need_organization(call);
    if (!id)
        return false;
    const char *management = organization_management(call->world, arena);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Id", id);
    map_put_str(&b, "Arn",
                arena_printf(arena, "arn:aws:organizations::%s:organization/%s", management, id));
    map_put_str(&b, "FeatureSet", "ALL");
    map_put_str(&b, "MasterAccountArn", account_arn(call, id, management));
    map_put_str(&b, "MasterAccountId", management);
    map_put_str(&b, "MasterAccountEmail", arena_printf(arena, "aws+%s@example.com", management));
    map_put(&b, "AvailablePolicyTypes", list_end(&(struct list_builder){.arena = arena}));
    struct map_builder answer = map_begin(arena);
    map_put(&answer, "Organization", map_end(&b));
    return call_answer(call, map_end(&answer));
}

static const struct value *account_shape(struct sim_call *call, const char *organization,
                                         const struct object *row)
{
    const char *name = value_get_str(row->body, "Name");
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Id", row->id);
    map_put_str(&b, "Arn", account_arn(call, organization, row->id));
    map_put_str(&b, "Email", arena_printf(call->arena, "aws+%s@example.com", row->id));
    map_put_str(&b, "Name", name ? name : row->id);
    map_put_str(&b, "Status", "ACTIVE");
    map_put_str(&b, "State", "ACTIVE");
    map_put_str(&b, "JoinedMethod", "CREATED");
    map_put(&b, "JoinedTimestamp", call_time(call, WORLD_EPOCH_MS));
    return map_end(&b);
}

/* Only the management account may list; AWS's delegated administrators do not exist here. */
static bool from_management(struct sim_call *call)
{
    return str_eq(call->account, organization_management(call->world, call->arena)) ||
           call_error(call, 400, "AccessDeniedException",
                      "You don't have permissions to access this resource.");
}

static bool list_accounts(struct sim_call *call)
{
    const char *id = need_organization(call), *next;
    if (!id || !from_management(call))
        return false;
    struct objects rows = store_list(call->world, call->arena, "account", "", "", NULL);
    if (!call_page(call, &rows, "NextToken", "MaxResults", 20, &next))
        return call_error(call, 400, "InvalidInputException", "Invalid NextToken");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, account_shape(call, id, &rows.items[i]));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Accounts", list_end(&list));
    map_put_str(&b, "NextToken", next);
    return call_answer(call, map_end(&b));
}

static bool describe_account(struct sim_call *call)
{
    const char *id = need_organization(call);
    const char *account = id && from_management(call) ? call_need(call, "AccountId") : NULL;
    if (!account)
        return false;
    const struct value *body = store_get(call->world, call->arena, "account", "", "", account);
    if (!body)
        return call_error(call, 400, "AccountNotFoundException",
                          "You specified an account that doesn't exist.");
    const struct object row = {"", "", account, 0, body};
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Account", account_shape(call, id, &row));
    return call_answer(call, map_end(&b));
}

static bool list_roots(struct sim_call *call)
{
    const char *id = need_organization(call);
    if (!id || !from_management(call))
        return false;
    struct list_builder none = list_begin(call->arena), list = list_begin(call->arena);
    struct map_builder root = map_begin(call->arena);
    map_put_str(&root, "Id", ROOT);
    map_put_str(&root, "Arn",
                arena_printf(call->arena, "arn:aws:organizations::%s:root/%s/%s",
                             organization_management(call->world, call->arena), id, ROOT));
    map_put_str(&root, "Name", "Root");
    map_put(&root, "PolicyTypes", list_end(&none));
    list_add(&list, map_end(&root));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Roots", list_end(&list));
    return call_answer(call, map_end(&b));
}

static bool list_parents(struct sim_call *call)
{
    const char *child = need_organization(call) ? call_need(call, "ChildId") : NULL;
    if (!child || !from_management(call))
        return false;
    if (!store_get(call->world, call->arena, "account", "", "", child))
        return call_error(call, 400, "ChildNotFoundException",
                          "You specified a child that doesn't exist.");
    struct map_builder parent = map_begin(call->arena);
    map_put_str(&parent, "Id", ROOT);
    map_put_str(&parent, "Type", "ROOT");
    struct list_builder list = list_begin(call->arena);
    list_add(&list, map_end(&parent));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Parents", list_end(&list));
    return call_answer(call, map_end(&b));
}

static bool list_accounts_for_parent(struct sim_call *call)
{
    const char *parent = call_need(call, "ParentId");
    if (!parent)
        return false;
    if (!str_eq(parent, ROOT))
        return call_error(call, 400, "ParentNotFoundException",
                          "You specified a parent that doesn't exist.");
    return list_accounts(call);
}

static const struct sim_operation operations[] = {
    {.name = "DescribeOrganization", .run = describe_organization},
    {.name = "ListAccounts", .run = list_accounts},
    {.name = "DescribeAccount", .run = describe_account},
    {.name = "ListRoots", .run = list_roots},
    {.name = "ListParents", .run = list_parents},
    {.name = "ListAccountsForParent", .run = list_accounts_for_parent},
};

const struct sim_api sim_organizations = {
    .service = "organizations",
    .wire = SIM_JSON,
    .target = "AWSOrganizationsV20161128",
    .version = "1.1",
    .global = true,
    .missing = "InvalidInputException",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
};
