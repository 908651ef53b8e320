#pragma once
/* YAML 1.2 text to a value with the place of every node and key. The only file that knows libyaml
 * is yaml.c.
 *
 * Plain scalars follow the core schema: null, Null, NULL, ~ and nothing; true and false (also True,
 * TRUE); decimal, 0o17 and 0x1F integers; floats. Nothing else is more than text: yes, off, 1:30,
 * 2026-01-01. What is quoted is text. .inf, .nan and integers beyond 64 bits are refused, for
 * no property takes them. Keys are text; "<<" is a key like any other.
 *
 * Tags other than the core ones, a second document, a duplicate key and an alias inside its own
 * anchor are errors. Errors of syntax end the reading; all others are collected. */

#include "engine/base/diag.h"

#define YAML_TEXT_MAX ((size_t)64 * 1024 * 1024)
#define YAML_DEPTH_MAX 100
#define YAML_NODES_MAX 5000000       /* aliases expanded */
#define YAML_ALIAS_NODES_MAX 1000000 /* those that aliases brought */

/* Registers the text as a source under `name`; places point into it. `text` must outlive diags.
 * An empty document is null. On false *ret is untouched. */
MUST_CHECK bool yaml_parse(struct arena *arena, const char *name, struct slice text,
                           const struct value **ret, struct diags *diags);
