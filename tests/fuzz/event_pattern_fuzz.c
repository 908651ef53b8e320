/* {"pattern": P, "event": E}: any pattern over any event. What the check refuses comes with a
 * reason; judging twice gives the same answer. */

#include <stdint.h>

#include "engine/aws/event_pattern.h"
#include "engine/base/bug.h"
#include "engine/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(arena, (struct slice){(const char *)data, size}, &v, &why))
        return 0;
    const struct value *pattern = value_get(v, "pattern"), *event = value_get(v, "event");
    if (!pattern || !event)
        return 0;
    why = NULL;
    bool known = event_pattern_check(pattern, &why);
    BUG_ON(!known && !why);
    bool matches = event_pattern_matches(pattern, event);
    BUG_ON(matches != event_pattern_matches(pattern, value_copy(arena, event)));
    return 0;
}
