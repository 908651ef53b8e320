#pragma once
/* What StartRestoreJob has to be told about a recovery point, for each type of resources. The point
 * brings most of it (GetRecoveryPointRestoreMetadata); names of the account and Region in which it
 * was made mean nothing where it is restored, and are left out; what cannot be left out somebody
 * has to say. From AWS's pages on restoring each type and on what restore testing infers. */

#include <stdbool.h>

#include "engine/base/value.h"

struct restore_type {
    const char *type;                /* "RDS", as in ResourceType */
    const char *name;                /* the key of the new resource's name; NULL: AWS invents it */
    bool name_is_global;             /* nobody else may have it, in whatever account */
    const char *const *local;        /* keys that name things of the old place; ends with NULL */
    const char *zone;                /* the key of the Availability Zone, or NULL: AWS chooses */
    const char *wanted;              /* a key that somebody has to say, or NULL */
    const char *key;                 /* the key of the KMS key; NULL: that of the point stays */
    const char *token;               /* the key that wants something unique, or NULL */
    const char *const (*fixed)[2];   /* keys with their values; ends with {NULL, NULL} */
    const char *look, *look_command; /* what only a person can judge before, and what shows it */
    const char *after;               /* what a restored resource lacks, or NULL */
};

const struct restore_type *restore_type_find(const char *type); /* NULL: unknown */

struct restore_target {
    const char *resource_arn;        /* what was backed up */
    const char *account_id, *region; /* where it is restored */
    const char *key_arn;             /* what it shall lie under; NULL: not known */
    const char *token;
};

/* The metadata to restore with: what the point brings, without what is local to its old place, the
 * table's own, and over all what `declared` says ({KEY: text} or NULL). *ret_missing: the key that
 * nobody says and AWS cannot do without, or NULL. */
const struct value *restore_metadata(struct arena *arena, const struct restore_type *type,
                                     const struct restore_target *target,
                                     const struct value *of_point, const struct value *declared,
                                     const char **ret_missing);
