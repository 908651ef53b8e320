#pragma once
/* What is sensitive (x-sensitive) leaves the process as a digest only: enough to see that it has
 * changed, and nothing that can be read back. Pure. */

#include "engine/config/schema.h"

/* The same value with what `replace` gives in the place of every sensitive one, at every depth. */
typedef const struct value *replace_fn(struct arena *arena, const struct value *v, const void *ctx);
const struct value *replace_sensitive(struct arena *arena, const struct schema_node *node,
                                      const struct value *v, replace_fn *replace, const void *ctx);

/* The same properties with {"hmac_sha256": "..."} in the place of every sensitive value; what is
 * sealed already stays as it is. The salt is the state's lineage, so that equal values of two
 * states do not look alike. */
const struct value *seal(struct arena *arena, const struct schema *schema,
                         const struct value *properties, const char *salt);
/* The same of one property, for what is kept outside the state: references inside of what is
 * sensitive are sealed with it, since the text around them may be the secret. */
const struct value *seal_node(struct arena *arena, const struct schema_node *node,
                              const struct value *v, const char *salt);
