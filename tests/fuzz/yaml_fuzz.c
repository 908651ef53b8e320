/* Any bytes as a topology: reading, the schema's check and every expression must end without a
 * fault, and what is refused must come with an error. */

#include <stdint.h>

#include "engine/base/bug.h"
#include "engine/config/ref.h"
#include "engine/config/schema.h"
#include "engine/config/validate.h"
#include "engine/config/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_expressions(struct arena *arena, const struct value *v, struct diags *diags)
{
    struct ref_part *parts = NULL;
    size_t len = 0;
    if (value_is(v, VALUE_STRING)) {
        size_t errors = diags->errors;
        bool ok = ref_parse(arena, v, NULL, &parts, &len, diags);
        BUG_ON(ok != (diags->errors == errors));
    }
    if (value_is(v, VALUE_LIST))
        for (size_t i = 0; i < v->list.len && i < 1000; i++)
            read_expressions(arena, v->list.items[i], diags);
    if (value_is(v, VALUE_MAP))
        for (size_t i = 0; i < v->map.len && i < 1000; i++)
            read_expressions(arena, v->map.entries[i].value, diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *for_schemas;
    static const struct schema_set *schemas;
    if (!schemas) {
        for_schemas = arena_new();
        schemas = schema_load(for_schemas);
    }
    struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    const struct value *v = NULL;
    bool ok = yaml_parse(arena, "fuzz.yaml", (struct slice){(const char *)data, size}, &v, &diags);
    BUG_ON(ok != (diags.errors == 0));
    BUG_ON(ok != (v != NULL));
    if (ok) {
        bool valid = schema_validate(arena, schemas->topology, v, NULL, &diags);
        BUG_ON(valid != (diags.errors == 0));
        read_expressions(arena, v, &diags);
    }
    for (size_t i = 0; i < diags.len; i++)
        (void)diag_render(arena, &diags, &diags.items[i]);
    arena_free(arena);
    return 0;
}
