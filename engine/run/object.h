#pragma once
/* What observe, recover and apply have in common: the operation for one object, whose it is, and
 * the record that is kept of it. */

#include "engine/run/run.h"

/* An operation on the account and Region of a resource or record. */
struct op_spec object_spec(const struct run *run, enum op_kind kind, const struct schema *schema,
                           const char *address, const char *account_id, const char *region);

/* Whose a found object is: by its owner tags, or as `find` said, unless they name another topology.
 * *ret_owner names somebody else. */
enum found object_owner(struct arena *arena, const struct schema *schema,
                        const struct value *desired, enum ownership said,
                        const struct value *attributes, const char **ret_owner);

/* The same of one that a person named by its id: ours, unless its tags name another topology. At
 * which address this one made it, nobody may know any more. */
enum found object_owner_of_import(struct arena *arena, const struct value *desired,
                                  const struct value *attributes, const char **ret_owner);

/* Whether an object was recorded with owner tags of ours, and what bears its name now has others or
 * none: it may be another object. */
bool object_lost_owner(const struct value *recorded, const struct value *attributes);

enum object_certainty {
    OBJECT_WRITTEN,   /* our call has run */
    OBJECT_UNCERTAIN, /* it failed or was cut off, and may have run, or a part of it */
    OBJECT_FOUND,     /* adopted without a call */
};
struct object_facts {
    const struct schema *schema;
    const char *address, *account_id, *region, *identifier;
    const struct value *desired;    /* or NULL */
    const struct value *attributes; /* as read just now */
    const struct record *prior;     /* of the same object, or NULL */
    /* As it stood before we touched it, of what we found: whether it was somebody else's; NULL: we
     * made it. */
    const struct value *found;
    enum object_certainty certainty;
};
/* The record of an object. Of its tags only those that we manage are kept, so that tags of others
 * show as drift and are never removed; while it is uncertain whether a tag is gone, it stays ours.
 * Write-only values are those that were surely written: of an update that may not have run the old
 * ones, unless what can be read has moved on to what was asked for. NULL: not known. */
struct record object_record(struct run *run, const struct object_facts *facts);

/* Everything that was asked for and can be read back is there. */
bool object_has_arrived(struct run *run, const struct schema *schema, const struct value *desired,
                        const struct value *attributes);

/* What was read is what is recorded: nothing has changed. */
bool object_is_as_recorded(struct run *run, const struct schema *schema,
                           const struct record *record, const struct value *attributes);

/* Properties as they may be recorded: what is sensitive is a digest (engine/config/seal.h). */
const struct value *object_sealed(struct run *run, const struct schema *schema,
                                  const struct value *properties);

/* Attributes with the recorded write-only values: what op_prior() offers. */
const struct value *object_prior(struct arena *arena, const struct record *record);

/* Of an object that is as the file wants it: its record with what the file says of it as it was
 * observed, where somebody else has changed that since it was recorded. False: nobody has. What
 * the file does not say stays as it was recorded, so that it shows as drift; so does what holds
 * something sensitive, or something that only counts where the file names it. */
bool object_agreed(struct arena *arena, struct run *run, const struct resource *resource,
                   const struct record *record, const struct value *observed, struct record *ret);
