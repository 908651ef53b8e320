#pragma once
/* What observe, recover and apply have in common: the operation for one object, whose it is, and
 * the record that is kept of it. */

#include "engine/run/run.h"

/* An operation on the account and Region of a resource or record. */
struct op_spec object_spec(const struct run *run, enum op_kind kind, const struct schema *schema,
                           const char *address, const char *account_id, const char *region);

/* Whose a found object is: by its owner tags, or as `find` said. *ret_owner names somebody else. */
enum found object_owner(struct arena *arena, const struct schema *schema,
                        const struct value *desired, enum ownership said,
                        const struct value *attributes, const char **ret_owner);

/* The record of an object that was just written or adopted. Of its tags only those that we manage
 * are recorded, so that tags of others show as drift and are never removed. */
struct record object_record(struct run *run, const struct schema *schema, const char *address,
                            const char *account_id, const char *region, const char *identifier,
                            const struct value *desired, const struct value *attributes);

/* The write-only properties of a value; NULL when there are none. */
const struct value *object_write_only(struct arena *arena, const struct schema *schema,
                                      const struct value *properties);
/* Attributes with the recorded write-only values: what op_prior() offers. */
const struct value *object_prior(struct arena *arena, const struct record *record);
