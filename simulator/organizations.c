/* Organizations: its accounts, and the table of its operations. organizations_policies.c has the
 * policies. */
#include "simulator/organizations.h"

static const char *parent_of(struct sim_call *call, const struct value *account)
{
    const char *parent = value_get_str(account, "Parent");
    return parent ? parent : organization_root_id(call->world, call->arena);
}

const char *organization_of_call(struct sim_call *call)
{
    const char *id = account_organization(call->world, call->arena, call->account);
    if (!id)
        call_error(call, 400, "AWSOrganizationsNotInUseException",
                   "Your account is not a member of an organization.");
    return id;
}

static const char *account_arn(struct sim_call *call, const char *organization, const char *account)
{
    return arena_printf(call->arena, "arn:%s:organizations::%s:account/%s/%s", call->partition,
                        organization_management(call->world, call->arena), organization, account);
}

static bool describe_organization(struct sim_call *call)
{
    struct arena *arena = call->arena;
    const char *id = organization_of_call(call);
    if (!id)
        return false;
    const char *management = organization_management(call->world, arena);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Id", id);
    map_put_str(&b, "Arn",
                arena_printf(arena, "arn:%s:organizations::%s:organization/%s", call->partition,
                             management, id));
    map_put_str(&b, "FeatureSet", "ALL");
    map_put_str(&b, "MasterAccountArn", account_arn(call, id, management));
    map_put_str(&b, "MasterAccountId", management);
    map_put_str(&b, "MasterAccountEmail", arena_printf(arena, "aws+%s@example.com", management));
    map_put(&b, "AvailablePolicyTypes", organization_policy_types(call->world, arena));
    struct map_builder answer = map_begin(arena);
    map_put(&answer, "Organization", map_end(&b));
    return call_answer(call, map_end(&answer));
}

static const struct value *account_shape(struct sim_call *call, const char *organization,
                                         const struct object *row)
{
    const char *name = value_get_str(row->body, "Name");
    const char *status = value_get_str(row->body, "Status");
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Id", row->id);
    map_put_str(&b, "Arn", account_arn(call, organization, row->id));
    map_put_str(&b, "Email", arena_printf(call->arena, "aws+%s@example.com", row->id));
    map_put_str(&b, "Name", name ? name : row->id);
    map_put_str(&b, "Status", status ? status : "ACTIVE");
    map_put_str(&b, "State", status ? status : "ACTIVE");
    map_put_str(&b, "JoinedMethod", "CREATED");
    map_put(&b, "JoinedTimestamp", call_time(call, WORLD_EPOCH_MS));
    return map_end(&b);
}

/* Only the management account may list; AWS's delegated administrators do not exist here. */
bool organization_from_management(struct sim_call *call)
{
    return str_eq(call->account, organization_management(call->world, call->arena)) ||
           call_error(call, 400, "AccessDeniedException",
                      "You don't have permissions to access this resource.");
}

static bool answer_accounts(struct sim_call *call, const char *id, struct objects rows)
{
    const char *next;
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

static bool list_accounts(struct sim_call *call)
{
    const char *id = organization_of_call(call);
    return id && organization_from_management(call) &&
           answer_accounts(call, id, store_list(call->world, call->arena, "account", "", "", NULL));
}

static bool describe_account(struct sim_call *call)
{
    const char *id = organization_of_call(call);
    const char *account =
        id && organization_from_management(call) ? call_need(call, "AccountId") : NULL;
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

/* At once: the days in which AWS would still take it back show nothing of it to anybody. */
static bool close_account(struct sim_call *call)
{
    const char *id = organization_of_call(call);
    const char *account =
        id && organization_from_management(call) ? call_need(call, "AccountId") : NULL;
    if (!account)
        return false;
    const struct value *body = store_get(call->world, call->arena, "account", "", "", account);
    if (!body)
        return call_error(call, 400, "AccountNotFoundException",
                          "You specified an account that doesn't exist.");
    if (str_eq(account, call->account))
        return call_error(call, 400, "ConstraintViolationException",
                          "You can't close the management account.");
    if (!account_open(call->world, account))
        return call_error(call, 400, "AccountAlreadyClosedException",
                          "The account is already closed.");
    store_put(call->world, "account", "", "", account,
              value_with(call->arena, body, "Status", value_string(call->arena, "SUSPENDED")));
    return call_answer(call, NULL);
}

const struct value *organization_root(struct sim_call *call)
{
    struct map_builder root = map_begin(call->arena);
    map_put_str(&root, "Id", organization_root_id(call->world, call->arena));
    map_put_str(&root, "Arn",
                arena_printf(call->arena, "arn:%s:organizations::%s:root/%s/%s", call->partition,
                             organization_management(call->world, call->arena),
                             account_organization(call->world, call->arena, call->account),
                             organization_root_id(call->world, call->arena)));
    map_put_str(&root, "Name", "Root");
    map_put(&root, "PolicyTypes", organization_policy_types(call->world, call->arena));
    return map_end(&root);
}

static bool list_roots(struct sim_call *call)
{
    if (!organization_of_call(call) || !organization_from_management(call))
        return false;
    struct list_builder list = list_begin(call->arena);
    list_add(&list, organization_root(call));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Roots", list_end(&list));
    return call_answer(call, map_end(&b));
}

static bool list_parents(struct sim_call *call)
{
    const char *child = organization_of_call(call) ? call_need(call, "ChildId") : NULL;
    if (!child || !organization_from_management(call))
        return false;
    const struct value *account = store_get(call->world, call->arena, "account", "", "", child);
    if (!account)
        return call_error(call, 400, "ChildNotFoundException",
                          "You specified a child that doesn't exist.");
    struct map_builder parent = map_begin(call->arena);
    map_put_str(&parent, "Id", parent_of(call, account));
    map_put_str(&parent, "Type",
                str_eq(parent_of(call, account), organization_root_id(call->world, call->arena))
                    ? "ROOT"
                    : "ORGANIZATIONAL_UNIT");
    struct list_builder list = list_begin(call->arena);
    list_add(&list, map_end(&parent));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Parents", list_end(&list));
    return call_answer(call, map_end(&b));
}

/* A unit is there when an account lies in it. */
static bool list_accounts_for_parent(struct sim_call *call)
{
    const char *id = organization_of_call(call);
    const char *parent =
        id && organization_from_management(call) ? call_need(call, "ParentId") : NULL;
    if (!parent)
        return false;
    struct objects rows = store_list(call->world, call->arena, "account", "", "", NULL);
    size_t len = 0;
    for (size_t i = 0; i < rows.len; i++)
        if (str_eq(parent_of(call, rows.items[i].body), parent))
            rows.items[len++] = rows.items[i];
    rows.len = len;
    if (len == 0 && !str_eq(parent, organization_root_id(call->world, call->arena)))
        return call_error(call, 400, "ParentNotFoundException",
                          "You specified a parent that doesn't exist.");
    return answer_accounts(call, id, rows);
}

/* An account that is on its own: no policy of the organization holds for it any more. */
static bool leave(struct sim_call *call)
{
    if (!organization_of_call(call))
        return false;
    if (str_eq(call->account, organization_management(call->world, call->arena)))
        return call_error(call, 400, "MasterCannotLeaveOrganizationException",
                          "The management account cannot leave its organization.");
    const struct value *account =
        store_get(call->world, call->arena, "account", "", "", call->account);
    store_put(call->world, "account", "", "", call->account,
              value_with(call->arena, account, "Standalone", value_bool(true)));
    return call_answer(call, NULL);
}

static const struct sim_operation operations[] = {
    {.name = "DescribeOrganization", .run = describe_organization},
    {.name = "LeaveOrganization", .run = leave, .writes = true},
    {.name = "ListAccounts", .run = list_accounts},
    {.name = "DescribeAccount", .run = describe_account},
    {.name = "CloseAccount", .run = close_account, .writes = true},
    {.name = "ListRoots", .run = list_roots},
    {.name = "ListParents", .run = list_parents},
    {.name = "ListAccountsForParent", .run = list_accounts_for_parent},
    {.name = "CreatePolicy", .run = organization_create_policy, .writes = true},
    {.name = "DescribePolicy", .run = organization_describe_policy},
    {.name = "UpdatePolicy", .run = organization_update_policy, .writes = true},
    {.name = "DeletePolicy", .run = organization_delete_policy, .writes = true},
    {.name = "ListPolicies", .run = organization_list_policies},
    {.name = "AttachPolicy", .run = organization_attach_policy, .writes = true},
    {.name = "DetachPolicy", .run = organization_detach_policy, .writes = true},
    {.name = "ListTargetsForPolicy", .run = organization_list_targets},
    {.name = "ListPoliciesForTarget", .run = organization_list_policies_for_target},
    {.name = "EnablePolicyType", .run = organization_enable_type, .writes = true},
    {.name = "DisablePolicyType", .run = organization_disable_type, .writes = true},
    {.name = "TagResource", .run = organization_tag, .writes = true},
    {.name = "UntagResource", .run = organization_untag, .writes = true},
    {.name = "ListTagsForResource", .run = organization_list_tags},
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
