#pragma once
/* The stages between the document that people wrote and the flat set of resources, and what they
 * share. Private to engine/config.
 *
 *   variables.c   ${variables.x} becomes its value
 *   accounts.c    the accounts, those of groups and of organizational units
 *   expand.c      regions and entries; groups become one instance for each member
 *   evaluate.c    ${...} of one instance becomes text, a VALUE_REF or a VALUE_CONCAT
 *   lower_*.c     one section each: an instance becomes one or more drafts of resources
 *   lower_routes.c  the way of a copy action: straight, or through a relay
 *   resolve.c     VALUE_REFs become literals or edges; tags; the final set
 *   moves.c       what the file says of addresses that it no longer makes
 *   shared_state.c  where the state is kept
 *   check.c       each resource against its type; names; identities; the digest
 *
 * Every stage goes on after an error, so that one run reports all of them. An entry that could not
 * be placed has no instances, and references to it are dropped without a second message. */

#include "engine/aws/copy_route.h"
#include "engine/base/strbuf.h"
#include "engine/config/assets.h"
#include "engine/config/config.h"

#define MENTION "~" /* before the attribute of a VALUE_REF: makes no edge; gone after resolve() */
#define NO_ACCOUNT_ID "000000000000" /* of an account whose id was missing or wrong */
#define LOG_DAYS 90
#define DEAD_LETTER_SECONDS 1209600 /* 14 days, the longest that SQS keeps a message */

struct account_entry {
    const char *name;
    const struct account *const *members; /* one, or the members of a group */
    size_t len;
    bool group;
    const char *unit; /* a group whose members are the accounts of this organizational unit */
    struct source_pos pos;
};

struct region_entry {
    const char *name;
    const char *const *codes;
    size_t len;
    bool group;
    struct source_pos pos;
};

struct entry {
    const char *section, *name;
    const char *first_name;   /* that default names are made of: `name`, or what it was before */
    const char *address;      /* "vaults.final" */
    const struct value *body; /* as written, variables applied */
    struct source_pos pos;    /* the key */
    const struct account_entry *account;
    const struct region_entry *region; /* NULL: none */
    struct instance *instances;
    size_t len;
};

/* One member of an entry: where it lives and what it is called. */
struct instance {
    const struct entry *entry;
    const struct account *account;
    const char *region;         /* code, or NULL */
    const char *address;        /* "vaults.primary[payments,us-east-1]" */
    const char *global_address; /* without the Region's member: "vaults.primary[payments]" */
    const char *name_suffix;    /* "-us-east-1" where members meet in one account, else "" */
    const struct value *body;   /* evaluated */
};

/* A resource on its way. */
struct draft {
    struct resource resource; /* properties and depends_on are set at the end */
    const struct value *properties, *tags;
    const char **edges;
    size_t edge_len, edge_cap;
    bool resolving; /* guards against references that lead back */
};

struct lowering {
    struct arena *arena;
    const struct config_options *options;
    const struct schema_set *schemas;
    struct assets *assets;
    struct diags *diags;
    const struct value *doc;
    const char *topology;
    struct account *accounts; /* all members, in order of the file */
    size_t account_len;
    struct organizational_unit *units;
    size_t unit_len, unit_cap;
    struct map account_entries, region_entries; /* name -> struct account_entry *, region_entry * */
    struct map entries;       /* "vaults.final" -> struct entry *, in order of the section table */
    struct map drafts;        /* address -> struct draft * */
    struct map queue_senders; /* address of a queue -> struct list_builder * of rule ARNs */
    struct relay_entry *relays;
    size_t relay_len, relay_cap;
    struct restore_entry *restores;
    size_t restore_len, restore_cap;
    struct planned_route *routes;
    size_t route_len, route_cap;
    struct map_builder source_keys, objectives;          /* as in struct topology */
    const char *organization_id, *management_account_id; /* or NULL */
    size_t errors_before;                                /* of earlier stages */
    bool earlier_errors; /* something was wrong before resources were checked */
    bool broken; /* a draft is incomplete for a reason that was reported: do not check it again */
    struct map reported; /* messages by place, so that the members of a group complain once */
};

/* --- messages ----------------------------------------------------------------------------------
 */
/* As diag_error(), but a message that was already given for this place is not repeated. */
struct diag *lower_report(struct lowering *lw, enum diag_code code, struct source_pos pos,
                          const char *address, const char *message);
#define lower_error(lw, code, pos, address, ...)                                                   \
    lower_report((lw), (code), (pos), (address), arena_printf((lw)->arena, __VA_ARGS__))
/* v's own place, or the other one where it has none. */
struct source_pos place_or(const struct value *v, struct source_pos otherwise);

/* --- variables.c -------------------------------------------------------------------------------
 */
const struct value *variables_apply(struct lowering *lw, const struct value *doc);

/* --- expand.c ----------------------------------------------------------------------------------
 */
void expand(struct lowering *lw);
/* An entry's name that cannot be one is reported. */
void check_entry_name(struct lowering *lw, const struct value_entry *e);
/* What everything else is built from cannot refer to anything; variables are applied already. */
void refuse_expression(struct lowering *lw, const char *what, const struct value *v);
struct entry *entry_of(const struct lowering *lw, const char *section, const char *name);
const struct account *account_by_id(const struct lowering *lw, const char *id);
bool entry_name_is_valid(const char *name);

/* --- accounts.c --------------------------------------------------------------------------------
 */
void accounts_expand(struct lowering *lw); /* after the Regions */
/* Whether the account is the member of its group that a reference names. What a symbolic one is
 * called is not known: any account id may be it. */
bool account_is_called(const struct account *account, const char *member);

/* --- evaluate.c --------------------------------------------------------------------------------
 */
/* All ${...} in v, as this instance sees them; in NULL: of the topology itself (outputs). */
const struct value *evaluate(struct lowering *lw, const struct instance *in, const struct value *v);

/* What a section reference names: instances of an entry, or something that the topology does not
 * own, by its ARN. */
struct target {
    const struct instance *instance; /* or NULL */
    const char *arn;                 /* where instance is NULL */
    struct source_pos pos;
};
struct targets {
    const struct target *items;
    size_t len;
};
/* `v` is a bare name ("final", "primary[payments]", "primary[*]", "vaults.final"), the VALUE_REF
 * that ${vaults.final.arn} became, an ARN, or a list of these. False: reported, or nothing there.
 */
/* The entry, where `v` names it without a member; else NULL. */
const struct entry *bare_entry_of(struct lowering *lw, const char *section, const struct value *v);
bool targets_of(struct lowering *lw, const struct instance *in, const char *section,
                const struct value *v, struct targets *ret);
/* The same for exactly one; two or more are an error. */
bool target_of(struct lowering *lw, const struct instance *in, const char *section,
               const struct value *v, struct target *ret);
/* A reference to an attribute of the target, or its ARN; for "name" the name in its ARN. */
const struct value *target_value(struct lowering *lw, const struct target *target,
                                 const char *attribute);
/* target_of() and target_value() together; NULL: nothing there. */
const struct value *ref_value(struct lowering *lw, const struct instance *in, const char *section,
                              const struct value *v, const char *attribute);
/* E_BAD_REFERENCE, with the nearest name there is. */
void unknown_entry(struct lowering *lw, const char *section, const char *name,
                   struct source_pos pos);
/* Accounts that a list of names of `accounts` stands for, groups opened. */
struct account_list {
    const struct account **items;
    size_t len, cap;
};
bool accounts_add(struct lowering *lw, struct account_list *list, const struct value *name);

/* --- moves.c -----------------------------------------------------------------------------------
 */
/* `moved` and `forget`, checked against what the file makes. */
void read_moves(struct lowering *lw, struct topology *topology);

/* --- imports.c ---------------------------------------------------------------------------------
 */
void read_imports(struct lowering *lw, struct topology *topology);

/* --- shared_state.c ----------------------------------------------------------------------------
 */
void read_shared_state(struct lowering *lw, struct topology *topology);

/* --- drafts ------------------------------------------------------------------------------------
 */
/* Adds a resource at the instance's address and `part` ("" or "/lock"); a type without Region goes
 * to the global address. NULL where a draft is there already: members that share it in one account.
 */
struct draft *draft_add(struct lowering *lw, const struct instance *in, const char *part,
                        const char *type, const struct value *properties);
/* Reports each of the keys in `parts` (ends with NULL) that an entry has which is external. */
void refuse_parts_of_external(struct lowering *lw, const struct instance *in, const char *what,
                              const char *const *parts);
/* And each that an entry has beside a `policy` of its own. */
void refuse_beside_policy(struct lowering *lw, const struct instance *in, const char *const *parts);
/* The same at any address and place. */
struct draft *draft_add_at(struct lowering *lw, const struct instance *in, const char *address,
                           const struct account *account, const char *region, const char *type,
                           const struct value *properties);
void draft_depend(struct lowering *lw, struct draft *draft, const char *address);
/* The entry's `name`, or the default name: topology, entry, part (or NULL), member. */
const struct value *name_of(struct lowering *lw, const struct instance *in, const char *part);
/* The default name without the Region's member, for IAM. */
const struct value *global_name_of(struct lowering *lw, const struct instance *in,
                                   const char *part);
/* A reference that makes no edge: for documents that only mention the ARN. */
const struct value *mention(struct lowering *lw, const char *address, const char *attribute);
/* v with all references resolved at once, without edges; NULL where one of them is unknown. */
const struct value *literal_of(struct lowering *lw, const struct value *v);
const char *literal_text(struct lowering *lw, const struct value *v);

/* A list as it is; a single text or reference ("workloads[*]") as a list of one; else the empty
 * one. */
const struct value *as_list(struct lowering *lw, const struct value *v);
/* Takes keys over as they are, places included. `keys` ends with NULL. */
void copy_keys(struct map_builder *map, const struct value *from, const char *const *keys);
/* arn:aws:iam::ID:root */
const char *account_root(struct lowering *lw, const struct account *account);

/* --- pieces that several sections use ------------------------------------------------------------
 */
/* The service-linked role of AWS Backup in the account of a last vault. */
void lower_last_vault_account(struct lowering *lw, const struct instance *vault);
/* service-role/AWSBackupDefaultServiceRole of the instance's account; its ARN. */
const struct value *lower_default_role(struct lowering *lw, const struct instance *in);
/* What `protect` of a key or a vault writes into its policy: the actions denied to everybody but
 * its break-glass principals; NULL without `protect`. */
const struct value *protect_statement(struct lowering *lw, const struct instance *in,
                                      const char *sid, const char *const *actions);
/* Whether a selection of the plan names buckets: AWS keeps the rights for them in policies of their
 * own. */
bool plan_takes_buckets(const struct instance *plan);
/* The role that a selection of a plan works with, as an ARN; made where none is named. */
const struct value *plan_role(struct lowering *lw, const struct instance *plan,
                              const struct value *selection);
/* EventBridge may invoke the function on behalf of the rule. */
void lower_invoke_permission(struct lowering *lw, const struct instance *in, const char *part,
                             const struct value *function_name, const struct value *statement,
                             const struct value *rule_arn);
/* These rules, one or a list, may send to the queue. */
const struct value *queue_policy(struct lowering *lw, const struct value *queue_arn,
                                 const struct value *rule_arns);
/* /aws/lambda/NAME at `/log_group`, made before the function so that it has retention and tags. */
void lower_log_group(struct lowering *lw, const struct instance *in, const struct value *function);
const char *function_log_arn(struct lowering *lw, const struct instance *in, const char *function);
/* Statements that every function's role has: its log, its dead letters. */
const struct value *function_base_statements(struct lowering *lw, const struct value *log_arns,
                                             const struct value *dead_letter_arns);
void function_dead_letter(struct lowering *lw, struct map_builder *map, const struct value *arn);
/* For the engine's own pass and the drill. */
void lower_relay_add(struct lowering *lw, const struct instance *in, const struct value *settings);

/* --- lower_routes.c ----------------------------------------------------------------------------
 */
/* Where the backups of a copy action go first, and where in the end. */
struct route {
    struct target to; /* the vault that the action names */
    const char *destination;
    bool direct;                  /* one copy, straight into it */
    const struct instance *relay; /* otherwise through this one; it may be there in any case */
    struct target via;            /* its source vault */
    enum copy_way way;            /* what is said about it; of actions that say `route` */
    const char *why;
    bool unread; /* the keys of the resources would settle it, and were not read */
};
/* Whether copies of the account may go into that vault at all; else E_PARTITION. */
MUST_CHECK bool copy_may_go(struct lowering *lw, const struct instance *from,
                            const struct target *to, struct source_pos pos);
MUST_CHECK bool route_of(struct lowering *lw, const struct instance *plan,
                         const struct value_entry *rule, const struct value *action,
                         struct route *ret);
/* For the plan's output. */
void route_note(struct lowering *lw, const struct instance *plan, const struct value_entry *rule,
                const struct route *route);

/* --- sections ----------------------------------------------------------------------------------
 */
typedef void lower_fn(struct lowering *lw, const struct entry *entry);
lower_fn lower_region_settings, lower_keys, lower_vaults, lower_roles, lower_plans, lower_rules,
    lower_functions, lower_queues, lower_topics, lower_buses, lower_alarms, lower_relays,
    lower_restores, lower_resources;
void lower_organization(struct lowering *lw);
void lower(struct lowering *lw); /* all sections by their table */
