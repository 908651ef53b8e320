#pragma once
/* One owned object as plain data: what the state keeps and the plan reads, so that neither includes
 * the other. All pointers live in the arena that it was loaded into. */

#include "engine/base/value.h"

/* A replacement that creates first: between the two calls the old object is recorded under the
 * address with this suffix, so that a crash there leaves nothing without an owner. The next plan
 * deletes it, since no file names it. */
#define RECORD_REPLACED_SUFFIX "#replaced"

struct record {
    const char *address;            /* "vaults.final/lock" */
    const char *type;               /* "aws_backup_vault_lock" */
    const char *account_id;         /* 12 digits */
    const char *region;             /* NULL for global services */
    const char *identifier;         /* by the type's primaryIdentifier, parts joined with "|" */
    const struct value *attributes; /* what the last read or write observed, schema names */
    const struct value *write_only; /* last written values of write-only properties, or NULL */
    const char *const *depends_on;  /* addresses, recorded when it was made */
    size_t depends_on_len;
    int64_t generation; /* rises when a delete is committed; part of the token */
    int64_t schema_version;
    bool adopted; /* shared by nature and found: never deleted by us */
};
