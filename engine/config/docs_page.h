#pragma once
/* Reference pages in Markdown, generated from the schemas and from the catalogue of diagnostics, so
 * that they cannot say anything else than the program does. Pure. */

#include "engine/config/schema.h"

const char *docs_type_page(struct arena *arena, const struct schema *schema);
const char *docs_topology_page(struct arena *arena, const struct schema_set *schemas);
const char *docs_errors_page(struct arena *arena);
const char *docs_index_page(struct arena *arena, const struct schema_set *schemas);
