#pragma once
/* What the pieces of one relay need to know of each other. Private to the relay's lowering:
 * lower_relays.c gathers it and makes function, rules and queues; relay_roles.c the IAM roles
 * of the relays' accounts, relay_readers.c those of their last vaults;
 * relay_settings.c the function's settings, relay_alarms.c what watches it. */

#include "engine/config/lower.h"

/* A vault at the end of the relay. */
struct relay_destination_draft {
    struct target target;
    const char *arn, *name, *account_id, *region;
    const struct account *account; /* of the topology, or NULL: no reader can be made there */
    const char *reader;            /* its address, once relay_readers() has settled it; or NULL */
};

/* The relay in one account and Region. */
struct relay_draft {
    const struct instance *in;
    struct target source;
    const char *source_arn, *source_name;
    struct relay_destination_draft *destinations;
    size_t destination_len;
    const char *const *forward_regions; /* codes other than the relay's own */
    size_t forward_len;
    const char *const
        *source_regions; /* those, and others whose plans copy into the source vault */
    size_t source_len;
    const struct draft *const *plans; /* those of the relay's account */
    size_t plan_len;
    const struct value *copy_role; /* its ARN: a reference or text */
    const char *copy_role_arn;
};

struct relay_group {
    const struct entry *entry;
    struct relay_draft *relays; /* those of an account stand together */
    size_t len;
};

/* All roles of the entry: /role and /forward_role once for each account, and the readers. */
void relay_roles(struct lowering *lw, const struct relay_group *group);
/* Settles the readers of each account that holds last vaults, by its id, and tells each
 * destination its own; then makes them: /reader[ACCOUNT] and, of many accounts,
 * /reader[ACCOUNT,N]. */
struct map relay_readers(struct lowering *lw, const struct relay_group *group);
void relay_readers_make(struct lowering *lw, const struct relay_group *group,
                        const struct map *readers);
void relay_add_once(struct list_builder *list, const struct value *v);
void relay_add_once_str(struct list_builder *list, const char *text);
/* {name: document} */
const struct value *relay_inline_policy(struct lowering *lw, const char *name,
                                        const struct value *document);
/* The default bus of the relay's account and Region. */
const char *relay_bus_arn(struct lowering *lw, const struct instance *in);
/* The alarms that the entry asks for: about the relay beside it, and one for each last vault in its
 * account. */
void relay_alarms(struct lowering *lw, const struct relay_draft *relay);
/* The settings as relay/decide/relay_config.h reads them; all literal. */
const struct value *relay_settings(struct lowering *lw, const struct relay_draft *relay);
