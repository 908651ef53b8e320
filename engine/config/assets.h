#pragma once
/* Files that functions name. A path is relative to the topology's folder and may not leave it, and
 * no part of it may be a link: a topology from somebody else must not carry the files of the
 * machine that applies it into AWS.
 *
 *   x.zip       is sent as it is
 *   a file      becomes a zip that holds it under its own name
 *   a folder    becomes a zip of all files in it, by relative path
 *
 * Zips have deterministic bytes, so that the same sources always have the same digest. */

#include "engine/base/diag.h"
#include "engine/base/map.h"

#define ASSET_ZIP_MAX ((size_t)50 * 1024 * 1024)      /* what Lambda takes in a request */
#define ASSET_CONTENT_MAX ((size_t)250 * 1024 * 1024) /* and what it unpacks */

/* What the program was built for, as Lambda calls it: the package that lies beside it. */
#ifdef __aarch64__
#define RELAY_ARCHITECTURE "arm64"
#else
#define RELAY_ARCHITECTURE "x86_64"
#endif

struct asset {
    const char *path;   /* for this process to open: pack it again with asset_pack() */
    const char *sha256; /* of the zip, in base64: Lambda's CodeSha256 */
    struct slice zip;
};

/* Each path is read once, for all members of a group. */
struct assets {
    struct arena *arena;
    const char *dir;      /* the topology's folder */
    const char *data_dir; /* the program's data directory, or NULL */
    struct map packed;    /* path -> struct asset *, NULL after a message */
};

void assets_init(struct assets *assets, struct arena *arena, const char *dir, const char *data_dir);

/* `path` is the text in the topology. NULL after an E_ASSET at its place. */
const struct asset *assets_get(struct assets *assets, const struct value *path, const char *address,
                               struct diags *diags);

/* The relay's own package for x86_64 or arm64, relay/bootstrap.zip or, for what the program was not
 * built for, relay/bootstrap-ARCHITECTURE.zip in the data directory; NULL after an
 * E_RELAY_PACKAGE. */
const struct asset *assets_relay(struct assets *assets, const char *architecture,
                                 struct source_pos pos, const char *address, struct diags *diags);

/* Packs what asset.path names; for the call that sends it. E_ASSET when it cannot be read. */
MUST_CHECK bool asset_pack(struct arena *arena, const char *path, struct source_pos pos,
                           const char *address, struct asset *ret, struct diags *diags);
