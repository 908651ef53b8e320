#pragma once
/* Schema texts to structs. schema_load() calls it with the embedded files; tests with their own. */

#include "engine/base/embedded.h"
#include "engine/config/schema.h"

/* files ends with name NULL; a file is named "TYPE.json" or "topology.schema.json" and must outlive
 * the set. A fault of a schema is a BUG that names the schema, the property and the keyword. */
const struct schema_set *schema_parse(struct arena *arena, const struct embedded_file *files);

/* The keywords that the loader accepts, of a resource type or of a property; ends with NULL. */
const char *const *schema_keywords(struct arena *arena, bool of_type);
