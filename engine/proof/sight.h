#pragma once
/* What was read of the accounts, for a proof of what stands there instead of what the file says.
 * Plain data in the command arena: whoever reads fills it in, the proof only looks. */

#include "engine/config/resource.h"

enum sight_state {
    SIGHT_THERE,
    SIGHT_GONE,   /* it was recorded, or something names it, and it is not there */
    SIGHT_UNMADE, /* only the file speaks of it: the next apply makes it */
    SIGHT_UNREAD, /* nobody could read it */
};

struct sight {
    /* The topology's; or made up for what it does not declare, with words for an address. */
    const struct resource *resource;
    enum sight_state state;
    /* As read; of what is gone or was not read as last recorded, or NULL. */
    const struct value *attributes;
    const char *why; /* of UNREAD: AWS's words */
};

/* The organization's policies over an account: for each level from the root down the documents
 * that are attached there, AWS's own included. */
struct sight_controls {
    const char *account_id;
    const struct value *scps, *rcps; /* lists of lists of documents */
};

struct sights {
    struct arena *arena;
    struct sight *items;
    size_t len, cap;
    struct map by_address; /* -> index + 1 */
    struct sight_controls *controls;
    size_t control_len, control_cap;
    struct map grants;                 /* key ARN -> const struct value *: as ListGrants has them */
    struct map organizations;          /* account id -> id of its organization */
    const char *management_account_id; /* or NULL */
    /* By the selection's address, the class of the keys of what it takes now; or NULL. */
    const struct value *source_keys;
    struct list_builder unread; /* sentences: what no object stands for */
};

void sights_init(struct sights *sights, struct arena *arena);
void sights_add(struct sights *sights, const struct sight *sight);
void sights_add_controls(struct sights *sights, const struct sight_controls *controls);
void sights_add_grants(struct sights *sights, const char *key_arn, const struct value *grants);
const struct value *sight_grants(const struct sights *sights, const char *key_arn); /* or NULL */
const struct sight *sight_of(const struct sights *sights, const char *address);     /* or NULL */
const struct sight_controls *sight_controls_of(const struct sights *sights, const char *account_id);
/* What was read, with the places of what the file says where that is the same; and what AWS never
 * tells as the file says it. */
const struct value *sight_properties(struct arena *arena, const struct sight *sight,
                                     const struct value *desired);
