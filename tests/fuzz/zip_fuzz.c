/* Any bytes as an archive: nothing may be written outside of the folder that is named, and no more
 * than is allowed. */

#include <stdint.h>
#include <stdlib.h>

#include "engine/base/bug.h"
#include "engine/base/file.h"
#include "engine/base/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONTENT_MAX ((uint64_t)1 << 16)

static struct arena *for_dir;
static const char *outer;

static void remove_outer(void)
{
    dir_remove(outer);
    arena_free(for_dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!outer) {
        for_dir = arena_new();
        outer = path_temp_dir(for_dir);
        BUG_ON(!outer);
        atexit(remove_outer);
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    const char *inner = path_join(arena, outer, "inner");
    BUG_ON(!dir_make(inner, 0700, &diags));
    bool ok = zip_unpack((struct slice){(const char *)data, size}, inner, CONTENT_MAX, &diags);
    BUG_ON(ok != (diags.errors == 0));
    const char **names = NULL;
    size_t len = 0;
    struct diags listing;
    diags_init(&listing, arena);
    BUG_ON(!dir_list(arena, outer, false, &names, &len, &listing) || len != 1);
    dir_remove(inner);
    return 0;
}
