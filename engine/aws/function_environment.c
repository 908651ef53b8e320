#include "engine/aws/function_environment.h"

#include <string.h>

#include "engine/base/json.h"

size_t function_environment_size(struct arena *arena, const struct value *variables)
{
    struct map_builder known = map_begin(arena);
    for (size_t i = 0; value_is(variables, VALUE_MAP) && i < variables->map.len; i++) {
        const struct value_entry *entry = &variables->map.entries[i];
        const char *text = value_str(entry->value);
        map_put_str(&known, entry->key, text ? text : "");
    }
    return strlen(json_print(arena, map_end(&known), JSON_COMPACT));
}
