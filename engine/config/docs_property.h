#pragma once
/* The properties of a schema as a Markdown list: what each takes, then what it is for. Part of
 * docs_page.c. */

#include "engine/base/strbuf.h"
#include "engine/config/schema.h"

/* "whole number from 1 to 36500, default `7`; cannot be changed" */
void docs_add_signature(struct strbuf *sb, const struct schema_node *node, bool required);
/* One entry for each property, those inside it indented below. read_only says which half: those
 * that AWS sets, or those that people do. */
void docs_add_properties(struct strbuf *sb, const struct schema_node *node, bool read_only,
                         size_t depth);
/* What lies inside the items of a list or the values of a map. */
const struct schema_node *docs_inside(const struct schema_node *node);
