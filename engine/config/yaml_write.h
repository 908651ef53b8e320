#pragma once
/* A value as YAML text that a person would keep: two spaces, block style, short collections of
 * scalars on one line, text in quotes only where it needs them. Reading the text with yaml_parse()
 * gives an equal value. */

#include "engine/base/value.h"

#define YAML_WRITE_MAX ((size_t)64 * 1024 * 1024)

/* `root` is a map without unknowns. `notes` (or NULL) maps paths of keys, joined with '.', to text
 * that is written as comments above them, a line for each of its lines: {"vaults.final": "..."}; ""
 * is the head of the file. A blank line stands before each key of the root whose value takes more
 * than one line. */
const char *yaml_write(struct arena *arena, const struct value *root, const struct value *notes);
