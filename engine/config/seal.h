#pragma once
/* What is sensitive (x-sensitive) leaves the process as a digest only: enough to see that it has
 * changed, and nothing that can be read back. Pure. */

#include "engine/config/schema.h"

/* The same value with what `replace` gives in the place of every sensitive one, at every depth. */
typedef const struct value *replace_fn(struct arena *arena, const struct value *v, const void *ctx);
const struct value *replace_sensitive(struct arena *arena, const struct schema_node *node,
                                      const struct value *v, replace_fn *replace, const void *ctx);

/* What the digests are keyed with. */
struct seal_key {
    const char *lineage; /* of the state, so that equal values of two states do not look alike */
    /* For a file that leaves the machine and names the lineage (a saved plan): each digest is keyed
     * once more, with a secret that stands in the state and not in the file, so that nobody tries
     * guesses with the file alone. Where there is no state there is no secret either, and nothing
     * is told of a value but that it is there. */
    bool for_file;
    const char *secret; /* NULL: the state was written before there were any; the lineage does */
};

/* The same properties with {"hmac_sha256": "..."} in the place of every sensitive value, or for a
 * file {"sealed": "..."}; what is sealed already stays so, and for a file it is sealed once more.
 * A reference inside of a sensitive value leaves that as it is. */
const struct value *seal(struct arena *arena, const struct schema *schema,
                         const struct value *properties, const struct seal_key *key);
/* The same of one property, references inside of what is sensitive sealed with it, since the text
 * around them may be the secret. */
const struct value *seal_node(struct arena *arena, const struct schema_node *node,
                              const struct value *v, const struct seal_key *key);
