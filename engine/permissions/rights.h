#pragma once
/* Single rights of one identity, and their way into statements. Internal to engine/permissions. */

#include "engine/permissions/permissions.h"

enum narrowing {
    NARROW_NOT,
    NARROW_TAGGED, /* by the tag of the object */
    NARROW_MADE,   /* by the tag of the request that makes it */
    NARROW_ALIAS,  /* a key by its alias */
};

struct right {
    const char *action;   /* "backup:GetBackupPlan" */
    const char *kind;     /* the resource type that AWS knows, "" for none */
    const char *resource; /* an ARN, a pattern, or "*" */
    enum narrowing narrowing;
    const struct value *condition; /* as it stands in a statement; NULL: none */
};

struct rights {
    struct arena *arena;
    const struct topology *topology;
    const struct account *account; /* whose; NULL: whoever begins */
    const struct right *items;
    size_t len, cap;
    struct map seen;
};

void rights_init(struct rights *rights, struct arena *arena, const struct topology *topology,
                 const struct account *account);
/* A right that is there already is not added again. */
void rights_add(struct rights *rights, struct right right);
/* To pass the role to AWS Backup, for a job that it starts. */
void rights_pass(struct rights *rights, const char *role_arn);
/* Whether they are of that account; NULL: of none. */
bool rights_are_of(const struct rights *rights, const char *account_id);
/* Leaves out what a wider right, of every object of a kind and without a condition, gives as well.
 */
void rights_drop_covered(struct rights *rights);
/* Without conditions. */
void rights_allow(struct rights *rights, const char *const *actions, const char *kind,
                  const char *resource);

/* A condition beside others: {"StringEquals": {"kms:ViaService": "..."}}. condition may be NULL. */
const struct value *condition_with(struct arena *arena, const struct value *condition,
                                   const char *operator_name, const char *key,
                                   const struct value *value);
/* aws:ResourceTag/holdfast:topology, or aws:RequestTag/... */
const struct value *condition_tagged(struct arena *arena, const struct value *condition,
                                     const char *topology, bool of_request);

/* Get, List, Describe: it changes nothing. */
bool action_only_reads(const char *action);

/* Statements with the same effect in fewest words, in a stable order; none is larger than a policy.
 * Actions that are allowed on the same resources under the same condition share a statement. */
const struct value *const *rights_statements(const struct rights *rights, size_t *ret_len);

/* The same in policies of the size that IAM takes: "NAME", "NAME-2", ... */
const struct permission_policy *rights_policies(const struct rights *rights, const char *name,
                                                size_t *ret_len);

/* On every recovery point of the account in a Region, or on those with ARNs of that service only
 * (NULL: all): right.resource is not read. */
void rights_on_points(struct rights *rights, const char *region, const char *service,
                      struct right right);

/* ---- what a command needs ---- */

/* All that it needs in the account, as the rows below. */
void rights_of_command(struct rights *rights, const struct schema_set *schemas,
                       enum permissions_for purpose);

/* Of every object of the account, what these handlers do: "create", ..., NULL-terminated. With
 * `replaced`, deletion as well where a change replaces an object. */
void rights_of_objects(struct rights *rights, const char *const *handlers, bool replaced);
/* Of one object, what this handler does. */
void rights_of_handler(struct rights *rights, const struct resource *resource, const char *handler);
/* The rows of the tables for one object, for tests: false where no row tells what the action's
 * resource is. */
MUST_CHECK bool rights_of_action(struct rights *rights, const struct resource *resource,
                                 const char *handler, const char *action);
/* Beside the objects: the shared state, organizational units, keys of databases. */
void rights_of_surroundings(struct rights *rights, bool writes);
/* The databases of the account in the Region of a plan, and what they are encrypted with. */
void rights_of_databases(struct rights *rights, const struct resource *plan);
/* What `check --live` reads beside the objects of the file: whatever they lead to, the settings of
 * the accounts, and the organization's policies. */
void rights_of_following(struct rights *rights, const struct schema_set *schemas);
/* Of what objects may have beside what the file declares for them: drift looks for it. */
void rights_of_parts(struct rights *rights, const struct schema_set *schemas);
/* A reconcile pass of every relay: to foresee what it would do, or to start the copies as well. */
void rights_of_reconcile(struct rights *rights, bool starts);
/* Its source or one of its last vaults is in that account. */
bool relay_concerns(const struct relay_entry *relay, const char *account_id);
/* Events by hand: `relay replay` takes letters out of the queues of the relays. */
void rights_of_letters(struct rights *rights);
/* `verify`, where it asks beside what the others look at. */
void rights_of_verify(struct rights *rights);
/* A way back: what `restore plan` reads, and the calls that it prints. */
void rights_of_restore(struct rights *rights);
/* Deleting all points of these vaults; NULL: of none. */
void rights_of_emptying(struct rights *rights, const char *const *addresses);
/* Whether a relay may leave: what is still on its way. */
void rights_of_leaving(struct rights *rights);
