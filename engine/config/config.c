#include "engine/config/config.h"

#include "engine/config/check.h"
#include "engine/config/document.h"
#include "engine/config/resolve.h"
#include "engine/config/validate.h"

#define LANGUAGE_VERSION 1

/* Another version is another language: nothing else about the file can be judged. */
static bool check_version(const struct value *doc, struct diags *diags)
{
    const struct value *version = value_get(doc, "version");
    if (!version || (value_is(version, VALUE_INT) && version->integer == LANGUAGE_VERSION))
        return true;
    diag_error(diags, E_VERSION, version->pos, NULL, "this program reads version %d",
               LANGUAGE_VERSION);
    return false;
}

static void lowering_init(struct lowering *lw, struct assets *assets, const struct document *doc)
{
    assets_init(assets, lw->arena, doc->dir, lw->options->data_dir);
    lw->assets = assets;
    lw->errors_before = lw->diags->errors;
    lw->source_keys = map_begin(lw->arena);
    lw->objectives = map_begin(lw->arena);
    map_init(&lw->account_entries, lw->arena);
    map_init(&lw->region_entries, lw->arena);
    map_init(&lw->entries, lw->arena);
    map_init(&lw->drafts, lw->arena);
    map_init(&lw->reported, lw->arena);
    lw->doc = variables_apply(lw, doc->root);
    lw->topology = value_get_str(lw->doc, "name");
    if (!lw->topology)
        lw->topology = "";
}

bool config_load(struct arena *arena, const struct config_options *options,
                 const struct schema_set *schemas, struct topology *ret, struct diags *diags)
{
    struct document doc;
    struct assets assets;
    struct topology topology;
    struct lowering lw = {.arena = arena, .options = options, .schemas = schemas, .diags = diags};
    bool read = options->text.ptr ? document_parse(arena, options->path, options->text, &doc, diags)
                                  : document_load(arena, options->path, &doc, diags);
    if (!read || !check_version(doc.root, diags))
        return false;
    lowering_init(&lw, &assets, &doc);
    if (!schema_validate(arena, schemas->topology, lw.doc, NULL, diags))
        lw.broken = true;
    expand(&lw);
    lower(&lw);
    resolve(&lw, &topology);
    check_and_complete(&lw, &topology);
    read_moves(&lw, &topology);
    read_imports(&lw, &topology);
    read_shared_state(&lw, &topology);
    if (diags->errors > lw.errors_before)
        return false;
    *ret = topology;
    return true;
}
