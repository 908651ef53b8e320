#pragma once
/* What the topology becomes: a flat set of resources, each of one type, in one account and Region.
 * Plain data between pure stages; everything lives in the command arena. */

#include <stdbool.h>

#include "engine/aws/copy_route.h"
#include "engine/base/map.h"
#include "engine/config/schema.h"

struct account {
    const char *name, *id; /* the entry's name (or the member's), 12 digits */
    const char *assume_role, *external_id, *session_name; /* or NULL */
    const char *partition;
    const char *unit; /* the organizational unit that it was found in, or NULL */
    bool symbolic;    /* stands for whatever a unit holds: the organization was not asked */
    struct source_pos pos;
};

/* An account group whose members the organization tells. */
struct organizational_unit {
    const char *id, *group;                /* "ou-ab12-cdefgh34", the entry of `accounts` */
    const struct account *const *accounts; /* as the organization said; offline one is symbolic */
    size_t account_len;
    struct source_pos pos;
};

struct resource {
    const char *address;         /* "vaults.final/lock", "vaults.primary[payments,us-east-1]" */
    const struct schema *schema; /* of its type; with `adopt` where this one is shared by nature */
    const struct account *account;
    const char *region; /* code; NULL for global services */
    /* Desired: as people wrote it, with the schema's defaults; normalize() is for comparing. May
     * hold VALUE_REF and VALUE_CONCAT. */
    const struct value *properties;
    const char *const
        *depends_on; /* addresses: every edge, literal ARNs of earlier ranks included */
    size_t depends_on_len;
    struct source_pos pos; /* the entry's key; properties carry their own places */
    bool prevent_destroy;
    bool external; /* looked up, never changed */
    bool last;     /* compliance locks and what follows them: only if all else succeeded */
};

/* `moved`: what is recorded at `from`, and its parts, is from now on at `to`. Chains are followed
 * already. */
struct move {
    const char *from, *to;
    struct source_pos pos;
};

/* `forget`: what is recorded here, and its parts, is nobody's from now on. */
struct forgotten {
    const char *address;
    struct source_pos pos;
};

/* `imports`: an object that somebody made is the one that the file wants at `address`. */
struct import {
    const char *address, *id; /* as struct record has identifiers */
    struct source_pos pos;
};

struct output {
    const char *name;
    const struct value *value; /* may hold references */
};

/* Which way the backups of a rule go, where the file leaves it open or asks for one. */
struct planned_route {
    const char *plan, *rule, *destination; /* addresses; the destination may be an ARN */
    const char *relay;                     /* address of the relay that leads there, or NULL */
    enum copy_way way;
    const char *why;
    bool unread; /* the keys of the resources were not read yet */
};

/* A relay as the engine's own reconcile pass and the drill need it. */
struct relay_entry {
    const char *address; /* "relays.to_final" */
    const struct account *account;
    const char *region;
    const struct value *config; /* relay/decide/relay_config.h as JSON; references allowed */
};

/* A way back: from a last vault into a vault of the account in which a point is restored. */
struct restore_entry {
    const char *address; /* "restores.clean_room" */
    struct source_pos pos;
    const char *source_arn, *destination_arn; /* of the vaults */
    const char *source, *destination;         /* their addresses, or the ARNs */
    const struct account *from, *to;          /* the accounts of the two */
    const char *from_region, *to_region;
    const char *copy_role_arn, *role_arn;
    const struct value *lifecycle; /* of the copy; NULL: its source's */
    const struct value *metadata;  /* {TYPE: {KEY: text}}, references allowed; or NULL */
};

/* `state.s3`: where the state is kept when several machines share it. */
struct shared_state {
    const char *bucket, *key, *region;
    const char *kms_key;           /* it is encrypted under; NULL: it stands in clear */
    bool enforced;                 /* what stands in clear, or under another key, is refused */
    const struct account *account; /* whose credentials reach it */
    struct source_pos pos;
};

/* What a plan protects, for the drill and the proof. */
struct topology {
    const char *name;
    const struct account *accounts;
    size_t account_len;
    const char *const *regions; /* codes, sorted, each once */
    size_t region_len;
    const struct organizational_unit *units; /* in order of the file */
    size_t unit_len;
    const char *organization_id, *management_account_id; /* or NULL */
    const struct resource *resources;                    /* sorted by address */
    size_t resource_len;
    struct map by_address; /* address -> const struct resource * */
    const struct move *moves;
    size_t move_len;
    const struct forgotten *forgotten;
    size_t forgotten_len;
    const struct import *imports;
    size_t import_len;
    const struct shared_state *shared_state; /* NULL: a file of this machine */
    const struct output *outputs;
    size_t output_len;
    const struct relay_entry *relays;
    size_t relay_len;
    const struct restore_entry *restores;
    size_t restore_len;
    const struct planned_route *routes;
    size_t route_len;
    /* What resources are said to be encrypted with, by the selection's address: a class of keys,
     * the alias of a key of the topology, or an ARN. For simulated worlds. */
    const struct value *source_keys;
    /* How old the newest copy may be, in hours, by "plans.P/rules.R", where the file says it. */
    const struct value *objectives;
    /* SHA-256 of the canonical configuration with variables applied, without what is sensitive. */
    const char *spec_digest;
    const struct value *document; /* the expanded document, for drill and docs */
};

const struct resource *topology_find(const struct topology *topology, const char *address);
/* One text for one object of AWS, as a key of maps. region NULL: the type is global. */
const char *object_key(struct arena *arena, const char *type, const char *account_id,
                       const char *region, const char *identifier);
const struct restore_entry *topology_restore(const struct topology *topology, const char *address);
/* "vaults.final" holds "vaults.final/lock" and "vaults.final[a]", and itself; "vaults.wide[a]", a
 * member in all its Regions, holds "vaults.wide[a,us-east-1]". */
bool address_is_within(const char *address, const char *whole);
/* Whether a file could have it: "vaults.final", "plans.p[a,us-east-1]/selections.s". */
bool address_is_possible(struct arena *arena, const char *address);
/* As a line of the file has it: one with brackets stands in quotes. */
const char *address_in_yaml(struct arena *arena, const char *address);
/* Where an address within `from` leads when that becomes `to`: what stands behind it stays, and a
 * Region that a member names goes along, into a group of accounts, out of one, or to another
 * member.
 */
const char *address_moved(struct arena *arena, const char *address, const char *from,
                          const char *to);
/* The move that names an address most exactly; NULL: none does. */
const struct move *move_of(const struct move *moves, size_t len, const char *address);
/* Where an address leads; itself where no move names it. What one move gives may be what another
 * names, a part of an entry that moved before it; each applies once. */
const char *address_after_moves(struct arena *arena, const struct move *moves, size_t len,
                                const char *address);
