#include "engine/config/check.h"

#include "engine/base/crypto.h"
#include "engine/base/json.h"
#include "engine/config/pattern.h"
#include "engine/config/seal.h"
#include "engine/config/validate.h"

static bool same_place(struct source_pos a, struct source_pos b)
{
    return a.file == b.file && a.line == b.line && a.col == b.col;
}

/* Among the first `len` messages. */
static bool reported_at(const struct diags *diags, size_t len, struct source_pos pos,
                        const enum diag_code *code)
{
    for (size_t i = 0; i < len; i++)
        if (same_place(diags->items[i].pos, pos) && (!code || diags->items[i].code == *code))
            return true;
    return false;
}

/* A name made by us has no limits in the file that people wrote, only at AWS. */
static struct source_pos check_name(struct lowering *lw, const struct resource *r)
{
    const struct value *name = value_get(r->properties, "name");
    const struct schema_node *node = schema_property_of(r->schema->root, "name");
    struct source_pos pos = place_or(name, r->pos);
    if (!node || !node->regex || !value_is(name, VALUE_STRING) ||
        pattern_matches(node->regex, name->string.ptr))
        return NO_POS;
    if (!reported_at(lw->diags, lw->diags->len, pos, NULL))
        lower_error(lw, E_NAME_TOO_LONG, pos, r->address,
                    "the %s would be called `%s` (%zu character%s), which does not match %s",
                    r->schema->title, value_str(name), name->string.len,
                    name->string.len == 1 ? "" : "s", node->pattern);
    return pos;
}

/* The section of a property was checked as people wrote it, so what is said again at the same place
 * is dropped; so is what is missing only because a reference was wrong, or is somebody else's
 * matter.
 */
static void merge(struct lowering *lw, const struct diags *found, struct source_pos bad_name,
                  const struct resource *r)
{
    bool by_hand = str_starts(r->address, "resources.");
    bool may_lack = r->external || (lw->earlier_errors && !by_hand);
    size_t before = lw->diags->len; /* several keys can be missing at one place */
    for (size_t i = 0; i < found->len; i++) {
        const struct diag *d = &found->items[i];
        if (reported_at(lw->diags, before, d->pos, &d->code) ||
            (d->code == E_MISSING_KEY && may_lack) ||
            (d->code == E_BAD_VALUE && bad_name.file && same_place(d->pos, bad_name)))
            continue;
        struct diag *added = diag_error(lw->diags, d->code, d->pos, d->address, "%s", d->message);
        added->hint = arena_strdup(lw->arena, d->hint);
        added->span = d->span;
    }
}

static void check_resource(struct lowering *lw, const struct resource *r)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags found;
    diags_init(&found, scratch);
    found.sources = lw->diags->sources;
    found.source_len = lw->diags->source_len;
    struct source_pos bad_name = check_name(lw, r);
    if (!schema_validate(scratch, r->schema->root, r->properties, r->address, &found))
        merge(lw, &found, bad_name, r);
}

/* "vaults.final" of "vaults.final[a]/lock". */
static const char *entry_part(struct lowering *lw, const char *address)
{
    size_t len = 0;
    while (address[len] && address[len] != '[' && address[len] != '/')
        len++;
    return arena_strndup(lw->arena, address, len);
}

/* Where a diagnostic says "the other one". */
static const char *place_text(struct lowering *lw, struct source_pos pos)
{
    const struct source *source = diags_source(lw->diags, pos.file);
    if (!source)
        return "another place";
    return arena_printf(lw->arena, "%s:%u:%u", source->name, pos.line, pos.col);
}

static void check_identity(struct lowering *lw, struct map *seen, const struct resource *r)
{
    const char *identifier = schema_identifier(seen->arena, r->schema, r->properties);
    if (!identifier || str_eq(r->account->id, NO_ACCOUNT_ID))
        return;
    const char *key = arena_printf(seen->arena, "%s|%s|%s|%s", r->schema->type_name, r->account->id,
                                   r->region ? r->region : "", identifier);
    const struct resource *first = map_get(seen, key);
    if (!first) {
        map_set(seen, key, (void *)r);
        return;
    }
    /* The parts of two entries with one name meet as well: one message for the pair is enough. */
    const char *pair = arena_printf(seen->arena, "%s|%s", entry_part(lw, first->address),
                                    entry_part(lw, r->address));
    if (map_get(seen, pair))
        return;
    map_set(seen, pair, (void *)r);
    const struct resource *later = first->pos.line > r->pos.line ? first : r;
    const struct resource *earlier = later == r ? first : r;
    lower_error(lw, E_DUPLICATE_IDENTITY, later->pos, later->address,
                "`%s` and `%s` (%s) would be one %s: `%s` in account %s%s%s", later->address,
                earlier->address, place_text(lw, earlier->pos), r->schema->title, identifier,
                r->account->id, r->region ? ", " : "", r->region ? r->region : "");
}

static const struct value *left_out(struct arena *arena, const struct value *v, const void *ctx)
{
    (void)v, (void)ctx;
    return value_string(arena, "");
}

/* It stands in files and documents that leave the machine: what is sensitive is no part of it, or
 * whoever has the topology could try guesses with it. */
static const char *resource_digest(struct arena *arena, const struct resource *r)
{
    struct map_builder map = map_begin(arena);
    map_put_str(&map, "address", r->address);
    map_put_str(&map, "type", r->schema->type_name);
    map_put_str(&map, "account", r->account->id);
    map_put_str(&map, "region", r->region);
    map_put_bool(&map, "prevent_destroy", r->prevent_destroy);
    /* Where a package lies on this machine says nothing about what was asked for. */
    const struct value *properties = value_without(arena, r->properties, "filename");
    map_put(&map, "properties",
            replace_sensitive(arena, r->schema->root, properties, left_out, NULL));
    return sha256_hex(arena, slice_of(json_print(arena, map_end(&map), JSON_SORTED)));
}

/* A digest of digests: the whole as one text would be larger than all else in memory. */
static const char *digest(struct arena *ret_arena, const struct topology *topology)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder map = map_begin(arena), outputs = map_begin(arena);
    struct list_builder resources = list_begin(arena);
    for (size_t i = 0; i < topology->resource_len; i++) {
        list_add_str(&resources, resource_digest(scratch, &topology->resources[i]));
        arena_reset(scratch);
    }
    for (size_t i = 0; i < topology->output_len; i++)
        map_put(&outputs, topology->outputs[i].name, topology->outputs[i].value);
    map_put_str(&map, "name", topology->name);
    map_put(&map, "resources", list_end(&resources));
    map_put(&map, "outputs", map_end(&outputs));
    const char *text = json_print(arena, map_end(&map), JSON_SORTED);
    return sha256_hex(ret_arena, slice_of(text));
}

void check_and_complete(struct lowering *lw, struct topology *topology)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map seen;
    map_init(&seen, scratch);
    lw->earlier_errors = lw->diags->errors > lw->errors_before;
    for (size_t i = 0; i < topology->resource_len; i++) {
        struct resource *r = map_get(&topology->by_address, topology->resources[i].address);
        check_resource(lw, r);
        check_identity(lw, &seen, r);
        if (!r->external)
            r->properties = schema_with_defaults(lw->arena, r->schema->root, r->properties);
    }
    topology->spec_digest = digest(lw->arena, topology);
}
