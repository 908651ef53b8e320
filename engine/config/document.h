#pragma once
/* The topology as people wrote it: one file, a folder of files, or standard input. */

#include "engine/base/diag.h"

struct document {
    const struct value *root; /* a map; every node and key has its place */
    const char *dir;          /* where relative paths in the topology begin */
};

/* path: a file, a folder whose *.yaml and *.yml (no hidden ones) are read in byte order, or "-".
 *
 * The files of a folder are one document: sections are merged entry by entry and lists are joined.
 * Whatever else stands in two files is a duplicate key, and the message names both places. */
MUST_CHECK bool document_load(struct arena *arena, const char *path, struct document *ret,
                              struct diags *diags);
/* The same of a text that is at hand: as the one file at `path`. */
MUST_CHECK bool document_parse(struct arena *arena, const char *path, struct slice text,
                               struct document *ret, struct diags *diags);
