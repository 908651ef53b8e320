#pragma once
/* Reference pages in Markdown, generated from the schemas and from the catalogue of diagnostics, so
 * that they cannot say anything else than the program does. Pure. */

#include "engine/config/schema.h"

const char *docs_type_page(struct arena *arena, const struct schema *schema);
const char *docs_topology_page(struct arena *arena, const struct schema_set *schemas);
/* A section of the topology file that is a map has a page of its own. */
bool docs_has_page(const struct schema_property *section);
const char *docs_section_page(struct arena *arena, const struct schema_property *section);
const char *docs_errors_page(struct arena *arena);
const char *docs_index_page(struct arena *arena, const struct schema_set *schemas);
