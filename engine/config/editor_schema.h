#pragma once
/* The topology's schema as one JSON Schema document (draft-07) for editors: the file that people
 * write, with the properties of every resource type below `resources`. It refuses unknown keys,
 * wrong types, values outside an enumeration and missing keys where `validate` does; what needs
 * more than one value to see (references, rules of AWS) is left to `validate`. Pure, and the same
 * for the same schemas. */

#include "engine/config/schema.h"

const struct value *editor_schema(struct arena *arena, const struct schema_set *schemas);
