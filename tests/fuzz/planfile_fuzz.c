/* Any bytes as a saved plan, and any JSON as one whose digest holds: what is refused comes with an
 * error, and what is accepted can be shown, and compared with itself. */

#include <stdint.h>

#include "engine/base/bug.h"
#include "engine/base/json.h"
#include "engine/plan/planfile.h"
#include "engine/plan/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(struct arena *arena, struct slice text)
{
    static struct arena *for_schemas;
    static const struct schema_set *schemas;
    if (!schemas) {
        for_schemas = arena_new();
        schemas = schema_load(for_schemas);
    }
    struct diags diags;
    diags_init(&diags, arena);
    struct planfile file;
    if (!planfile_parse(arena, "plan", text, schemas, &file, &diags)) {
        BUG_ON(diags.errors != 1 || diags.items[0].code != E_PLAN_FILE);
        return;
    }
    BUG_ON(diags.errors != 0);
    BUG_ON(!planfile_check(&file, &file, &diags));
    struct plan plan = file.plan;
    plan.topology = &file.topology;
    const struct render_options options = {.width = 80, .sources = &diags};
    (void)plan_render_text(arena, &plan, &file.topology, &options);
    (void)json_print(arena, plan_to_json(arena, &plan, &options), JSON_PRETTY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct slice text = {(const char *)data, size};
    parse(arena, text);
    const struct value *document = NULL;
    const char *why = NULL;
    if (!json_parse(arena, text, &document, &why) || !value_is(document, VALUE_MAP))
        return 0;
    document = value_with(arena, document, "digest",
                          value_string(arena, planfile_digest(arena, document)));
    parse(arena, slice_of(json_print(arena, document, JSON_COMPACT)));
    return 0;
}
