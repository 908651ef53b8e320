#include "engine/permissions/permissions.h"

#include <assert.h>

#include "engine/permissions/rights.h"
#include "engine/policy/quota.h"

enum relaying { RELAY_NOT, RELAY_FORESEEN, RELAY_STARTS };

static const struct purpose {
    const char *name;
    const char *handlers[5]; /* of every object */
    bool replaced;           /* what a change replaces is deleted */
    bool parts;              /* looks for what others have added */
    bool writes;             /* the state as well */
    enum relaying relaying;  /* a pass of the relays */
    bool leaves;             /* looks whether a relay may leave */
} purposes[] = {
    [PERMISSIONS_PLAN] = {.name = "plan", .handlers = {"read", "find"}, .relaying = RELAY_FORESEEN},
    [PERMISSIONS_APPLY] = {.name = "apply",
                           .handlers = {"read", "find", "create", "update"},
                           .replaced = true,
                           .writes = true,
                           .relaying = RELAY_STARTS},
    [PERMISSIONS_DRIFT] = {.name = "drift", .handlers = {"read", "find"}, .parts = true},
    [PERMISSIONS_RELAY] = {.name = "relay", .handlers = {NULL}, .relaying = RELAY_STARTS},
    [PERMISSIONS_DESTROY] = {.name = "destroy",
                             .handlers = {"read", "find", "delete"},
                             .writes = true,
                             .relaying = RELAY_STARTS,
                             .leaves = true},
};
static_assert(ARRAY_LEN(purposes) == PERMISSIONS_FOR_COUNT, "a row for each purpose");

const char *permissions_for_name(enum permissions_for purpose)
{
    return purposes[purpose].name;
}

bool permissions_for_of(const char *name, enum permissions_for *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(purposes); i++)
        if (str_eq(purposes[i].name, name)) {
            *ret = (enum permissions_for)i;
            return true;
        }
    return false;
}

/* ---- statements to policies ---- */

static const struct value *document_of(struct arena *arena, const struct value *const *statements,
                                       size_t len)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "Version", "2012-10-17");
    map_put(&b, "Statement", value_list(arena, statements, len));
    return map_end(&b);
}

static size_t size_of(struct arena *arena, const struct value *document)
{
    return policy_size(arena, document, POLICY_QUOTA_MANAGED);
}

/* In order, each policy as full as it can be. */
static void split(struct arena *arena, const char *name, const struct value *const *statements,
                  size_t len, struct permission_grant *grant)
{
    struct permission_policy *policies = arena_array(arena, len + 1, sizeof(*policies));
    for (size_t from = 0, to = 0; to < len; from = to) {
        const struct value *document = NULL;
        size_t size = 0;
        while (to < len) {
            const struct value *more = document_of(arena, statements + from, to + 1 - from);
            size_t more_size = size_of(arena, more);
            if (document && more_size > MANAGED_POLICY_MAX)
                break;
            document = more;
            size = more_size;
            to++;
        }
        const char *numbered =
            grant->len ? arena_printf(arena, "%s-%zu", name, grant->len + 1) : name;
        policies[grant->len++] = (struct permission_policy){numbered, document, size};
    }
    grant->policies = policies;
}

static void finish(struct rights *rights, enum permissions_for purpose,
                   struct permission_grant *grant)
{
    size_t len;
    const struct value *const *statements = rights_statements(rights, &len);
    const char *name = arena_printf(rights->arena, "%s-%s%s", rights->topology->name,
                                    purposes[purpose].name, grant->account ? "" : "-runner");
    split(rights->arena, name, statements, len, grant);
}

/* ---- one identity ---- */

static void grant_account(struct arena *arena, const struct schema_set *schemas,
                          const struct topology *topology, enum permissions_for purpose,
                          const struct account *account, struct permission_grant *ret)
{
    const struct purpose *p = &purposes[purpose];
    struct rights rights;
    rights_init(&rights, arena, topology, account);
    rights_of_objects(&rights, p->handlers, p->replaced);
    rights_of_surroundings(&rights, p->writes);
    if (p->parts)
        rights_of_parts(&rights, schemas);
    if (p->relaying != RELAY_NOT)
        rights_of_reconcile(&rights, p->relaying == RELAY_STARTS);
    if (p->leaves)
        rights_of_leaving(&rights);
    *ret = (struct permission_grant){
        .who = account->name, .account = account, .principal = account->assume_role};
    finish(&rights, purpose, ret);
}

/* Whoever runs the command takes on a role in each account. */
static void grant_runner(struct arena *arena, const struct topology *topology,
                         enum permissions_for purpose, struct permission_grant *ret)
{
    static const char *const assume[] = {"sts:AssumeRole", NULL};
    struct rights rights;
    rights_init(&rights, arena, topology, NULL);
    for (size_t i = 0; i < topology->account_len; i++)
        if (topology->accounts[i].assume_role)
            rights_allow(&rights, assume, "role", topology->accounts[i].assume_role);
    *ret = (struct permission_grant){.who = "whoever runs it"};
    finish(&rights, purpose, ret);
}

static bool stands_before(const struct topology *topology, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_eq(topology->accounts[i].id, topology->accounts[at].id))
            return true;
    return false;
}

static void add_grant(struct permissions *permissions, struct permission_grant *grants,
                      struct permission_grant grant)
{
    if (grant.len > 0)
        grants[permissions->len++] = grant;
}

void permissions_make(struct arena *arena, const struct schema_set *schemas,
                      const struct topology *topology, enum permissions_for purpose,
                      struct permissions *ret)
{
    struct permission_grant *grants =
        arena_array(arena, topology->account_len + 1, sizeof(*grants));
    struct permission_grant grant;
    *ret = (struct permissions){.topology = topology->name, .purpose = purpose, .grants = grants};
    grant_runner(arena, topology, purpose, &grant);
    add_grant(ret, grants, grant);
    for (size_t i = 0; i < topology->account_len; i++) {
        if (stands_before(topology, i))
            continue;
        grant_account(arena, schemas, topology, purpose, &topology->accounts[i], &grant);
        add_grant(ret, grants, grant);
    }
}
