#pragma once
/* Function packages: zip archives with deterministic bytes (fixed times, sorted names, fixed
 * modes). */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"

struct zip_entry {
    const char *name; /* path inside the archive, with / */
    struct slice data;
    bool executable; /* 0755 instead of 0644 */
};

/* Entries are sorted by name; times are 1980-01-01; deflate. Same entries, same bytes. Refuses
 * names that stand twice or lead out of the archive. Failures of both are E_ASSET. */
MUST_CHECK bool zip_write(struct arena *arena, const struct zip_entry *entries, size_t len,
                          struct slice *ret, struct diags *diags);
/* Unpacks into an existing folder; refuses absolute names, "..", links and more than max_bytes. */
MUST_CHECK bool zip_unpack(struct slice archive, const char *dir, uint64_t max_bytes,
                           struct diags *diags);
