/* Any bytes as JSON: what is read must come back the same after printing, in every style, and
 * printing must be stable. */

#include <stdint.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_and_read(struct arena *arena, const struct value *v, unsigned style)
{
    const char *text = json_print(arena, v, style), *why = NULL;
    const struct value *back = NULL;
    bool ok = json_parse(arena, slice_of(text), &back, &why);
    BUG_ON(!ok);
    BUG_ON(!value_equal(v, back));
    BUG_ON(value_compare(v, back) != 0);
    BUG_ON(strcmp(text, json_print(arena, back, style)) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(arena, (struct slice){(const char *)data, size}, &v, &why)) {
        BUG_ON(v || !why);
        return 0;
    }
    print_and_read(arena, v, JSON_COMPACT);
    print_and_read(arena, v, JSON_PRETTY);
    print_and_read(arena, v, JSON_COMPACT | JSON_SORTED);
    const struct value *restored = json_restore_unknown(arena, v);
    (void)json_print(arena, restored, JSON_PRETTY | JSON_SORTED);
    BUG_ON(!value_equal(restored, value_copy(arena, restored)));
    BUG_ON(value_compare(value_sorted(arena, restored), value_sorted(arena, restored)) != 0);
    return 0;
}
