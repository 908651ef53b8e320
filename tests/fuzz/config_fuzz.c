/* Any bytes as a whole topology, down to its resources: what is refused comes with an error, and
 * what is accepted is a set of resources that the planner may take at its word. */

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/bug.h"
#include "engine/config/config.h"
#include "engine/config/normalize.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *arena, const struct topology *topology)
{
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *resource = &topology->resources[i];
        BUG_ON(!resource->schema || !resource->account || !resource->properties);
        BUG_ON(topology_find(topology, resource->address) != resource);
        for (size_t k = 0; k < resource->depends_on_len; k++)
            BUG_ON(!topology_find(topology, resource->depends_on[k]));
        const struct value *once = normalize(arena, resource->schema, resource->properties);
        BUG_ON(!value_equal(once, normalize(arena, resource->schema, once)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *for_schemas;
    static const struct schema_set *schemas;
    static int fd = -1;
    if (!schemas) {
        for_schemas = arena_new();
        schemas = schema_load(for_schemas);
        fd = memfd_create("topology", MFD_CLOEXEC);
        BUG_ON(fd < 0);
    }
    BUG_ON(ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    struct config_options options = {
        .path = arena_printf(arena, "/proc/self/fd/%d", fd),
        .data_dir = SOURCE_DIR "/tests/golden/lower/data",
    };
    struct topology topology = {0};
    bool ok = config_load(arena, &options, schemas, &topology, &diags);
    BUG_ON(ok != (diags.errors == 0));
    if (ok)
        check(arena, &topology);
    diags_sort(&diags);
    for (size_t i = 0; i < diags.len; i++)
        (void)diag_render(arena, &diags, &diags.items[i]);
    return 0;
}
