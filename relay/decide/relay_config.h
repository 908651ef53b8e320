#pragma once
/* The settings of one relay: what `lower` writes into the function's environment (HOLDFAST_RELAY,
 * as JSON) and what every host of the core reads. It names everything that the relay may touch:
 * nothing that a tag or an event says can widen it.
 *
 * {"version":1,"topology","relay","partition","account_id","region","source_vault_arn","source_vault_name",
 *  "destinations":[{"vault_arn","vault_name","account_id","region","lock_min_days","lock_max_days",
 *                   "delete_after_days","move_to_cold_storage_after_days","reader_role_arn"}],
 *  "other_destinations":[ARN],
 *  "tag_keys":["FinalVault"],"copy_untagged":false,"copy_role_arn","budget",
 *  "shorten_source_to_days","declared":[{"tags":{"FinalVault"},"rules":{PLAN:[RULE]}}]} */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/cleanup.h"
#include "engine/base/value.h"

struct relay_destination {
    const char *vault_arn, *vault_name, *account_id, *region, *reader_role_arn;
    int64_t lock_min_days, lock_max_days;    /* 0: no lock, or no such bound */
    int64_t delete_after_days;               /* 0: the copy inherits; -1: kept for ever */
    int64_t move_to_cold_storage_after_days; /* 0: never */
};

/* The tags that a rule of a plan gives its points, of those that name a destination. */
struct relay_declared {
    const char *plan, *rule; /* by name */
    const struct value *tags;
};

struct relay_config {
    const char *topology, *relay, *partition, *account_id, *region;
    const char *source_vault_arn, *source_vault_name, *copy_role_arn;
    const struct relay_destination *destinations;
    size_t destination_len;
    const char *const
        *other_destinations;     /* NULL-terminated: where other relays of the source vault lead */
    const char *const *tag_keys; /* NULL-terminated, in order of precedence */
    bool copy_untagged;
    int64_t budget;                 /* copies that one reconcile pass may start */
    int64_t shorten_source_to_days; /* the life of a source point once it is copied; 0: as it is */
    const struct relay_declared *declared;
    size_t declared_len;
};

/* False with a short reason when a member is missing or of the wrong type. */
MUST_CHECK bool relay_config_parse(struct arena *arena, const struct value *json,
                                   struct relay_config *ret, const char **ret_why);
