#include "engine/permissions/permissions.h"

#include <assert.h>

#include "engine/permissions/jobs.h"
#include "engine/permissions/rights.h"

enum relaying { RELAY_NOT, RELAY_FORESEEN, RELAY_STARTS };

static const struct purpose {
    const char *name;
    const char *handlers[5]; /* of every object */
    bool replaced;           /* what a change replaces is deleted */
    bool parts;              /* looks for what others have added */
    bool writes;             /* the state as well */
    enum relaying relaying;  /* a pass of the relays */
    bool letters;            /* dead letters of relays */
    bool leaves;             /* looks whether a relay may leave */
    bool verifies;
    bool restores;
    bool follows; /* what the objects lead to, whatever it is */
} purposes[] = {
    [PERMISSIONS_PLAN] = {.name = "plan", .handlers = {"read", "find"}, .relaying = RELAY_FORESEEN},
    [PERMISSIONS_APPLY] = {.name = "apply",
                           .handlers = {"read", "find", "create", "update"},
                           .replaced = true,
                           .writes = true,
                           .relaying = RELAY_STARTS,
                           .leaves = true},
    [PERMISSIONS_DRIFT] = {.name = "drift", .handlers = {"read", "find"}, .parts = true},
    [PERMISSIONS_VERIFY] = {.name = "verify", .handlers = {NULL}, .verifies = true},
    [PERMISSIONS_CHECK] = {.name = "check", .handlers = {"read", "find"}, .follows = true},
    [PERMISSIONS_RESTORE] = {.name = "restore", .handlers = {NULL}, .restores = true},
    [PERMISSIONS_RELAY] = {.name = "relay",
                           .handlers = {NULL},
                           .relaying = RELAY_STARTS,
                           .letters = true},
    [PERMISSIONS_DESTROY] = {.name = "destroy",
                             .handlers = {"read", "find", "delete"},
                             .writes = true},
    [PERMISSIONS_JOBS] = {.name = "jobs"},
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

/* ---- one identity ---- */

void rights_of_command(struct rights *rights, const struct schema_set *schemas,
                       enum permissions_for purpose)
{
    const struct purpose *p = &purposes[purpose];
    rights_of_objects(rights, p->handlers, p->replaced);
    rights_of_surroundings(rights, p->writes);
    if (p->parts)
        rights_of_parts(rights, schemas);
    if (p->relaying != RELAY_NOT)
        rights_of_reconcile(rights, p->relaying == RELAY_STARTS);
    if (p->letters)
        rights_of_letters(rights);
    if (p->leaves)
        rights_of_leaving(rights);
    if (p->verifies)
        rights_of_verify(rights);
    if (p->restores)
        rights_of_restore(rights);
    if (p->follows)
        rights_of_following(rights, schemas);
}

static void finish(const struct rights *rights, enum permissions_for purpose,
                   struct permission_grant *grant)
{
    const char *name = arena_printf(rights->arena, "%s-%s%s", rights->topology->name,
                                    purposes[purpose].name, grant->account ? "" : "-runner");
    grant->policies = rights_policies(rights, name, &grant->len);
}

static void grant_account(struct arena *arena, const struct schema_set *schemas,
                          const struct topology *topology, enum permissions_for purpose,
                          const char *const *emptied, const struct account *account,
                          struct permission_grant *ret)
{
    struct rights rights;
    rights_init(&rights, arena, topology, account);
    rights_of_command(&rights, schemas, purpose);
    rights_of_emptying(&rights, emptied);
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
                      const char *const *emptied, struct permissions *ret)
{
    struct permission_grant *grants =
        arena_array(arena, topology->account_len + 1, sizeof(*grants));
    struct permission_grant grant;
    if (purpose == PERMISSIONS_JOBS) {
        jobs_make(arena, topology, ret);
        return;
    }
    *ret = (struct permissions){.topology = topology->name, .purpose = purpose, .grants = grants};
    grant_runner(arena, topology, purpose, &grant);
    add_grant(ret, grants, grant);
    for (size_t i = 0; i < topology->account_len; i++) {
        if (stands_before(topology, i))
            continue;
        grant_account(arena, schemas, topology, purpose, emptied, &topology->accounts[i], &grant);
        add_grant(ret, grants, grant);
    }
}
