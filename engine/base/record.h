#pragma once
/* One owned object as plain data: what the state keeps and the plan reads, so that neither includes
 * the other. All pointers live in the arena that it was loaded into. */

#include "engine/base/value.h"

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
    bool adopted;         /* shared by nature and found: never deleted by us */
    bool prevent_destroy; /* so the file said at the last apply: no deletion when it leaves it */
};

/* A replacement that creates first: between the two calls the old object is recorded under an
 * address of its own, so that a crash there leaves nothing without an owner, however many
 * replacements are interrupted one after the other. The next plan deletes it, since no file names
 * it. */
const char *record_replaced_address(struct arena *arena, const char *address,
                                    const char *identifier);
/* The address that such a row once had; NULL for any other address. */
const char *record_replaced_base(struct arena *arena, const char *address);

/* That of an address, or NULL. */
const struct record *record_find(const struct record *records, size_t len, const char *address);

/* Whether both say the same of the same object; the generation, which is of the address and not of
 * the object, aside. Both NULL: the same. */
bool record_same(const struct record *a, const struct record *b);
