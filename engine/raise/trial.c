/* Lowers what was written and compares it with what was seen. */
#include <string.h>

#include "engine/aws/tags.h"
#include "engine/config/config.h"
#include "engine/config/normalize.h"
#include "engine/config/yaml.h"
#include "engine/plan/diff.h"
#include "engine/plan/lock.h"
#include "engine/plan/plan.h"
#include "engine/raise/items.h"

/* Where an entry begins in the text. */
struct line {
    uint32_t number;
    struct item *item;
};

struct trial_state {
    struct raise *r;
    struct topology topology;
    struct map by_address; /* -> struct item * */
    struct line *lines;    /* ascending */
    size_t line_len;
    bool demoted;
};

/* ---- who is to blame ---- */

static struct item *item_at_line(const struct trial_state *t, uint32_t line)
{
    size_t low = 0, high = t->line_len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (t->lines[middle].number <= line)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? t->lines[low - 1].item : NULL;
}

/* Something inside of the entry: first what its parts say in short, then the entry itself. */
static void demote_entry(struct trial_state *t, struct item *item, const char *why)
{
    bool any = false;
    for (struct item *part = item->first_part; part; part = part->next_part)
        if (part->form == FORM_SHORT && item_form(part) == FORM_SHORT)
            any = item_demote(t->r, part, why) || any;
    t->demoted = any || item_demote(t->r, item, why) || t->demoted;
}

static void blame(struct trial_state *t, const char *address, struct source_pos pos,
                  const char *why)
{
    struct item *item = address ? map_get(&t->by_address, address) : NULL;
    if (item && item->parent && item_form(item) < FORM_BARE)
        t->demoted = item_demote(t->r, item, why) || t->demoted;
    else if (item)
        demote_entry(t, item, why);
    else if ((item = item_at_line(t, pos.line)))
        demote_entry(t, item, why);
}

/* ---- the text ---- */

static void note_address(struct trial_state *t, struct item *item)
{
    const char *address = item_address(t->r, item);
    if (address)
        map_set(&t->by_address, address, item);
}

/* In order of the text, as the writer put it there. */
static void note_lines(struct trial_state *t, const struct value *document)
{
    t->lines = arena_array(t->r->arena, t->r->len, sizeof(*t->lines));
    for (size_t s = 0; value_is(document, VALUE_MAP) && s < document->map.len; s++) {
        const struct value_entry *section = &document->map.entries[s];
        for (size_t i = 0; value_is(section->value, VALUE_MAP) && i < section->value->map.len;
             i++) {
            const struct value_entry *e = &section->value->map.entries[i];
            struct item *item =
                map_get(&t->by_address, arena_printf(t->r->arena, "%s.%s", section->key, e->key));
            if (item)
                t->lines[t->line_len++] = (struct line){e->key_pos.line, item};
        }
    }
}

static bool read_lines(struct trial_state *t, const char *text, struct diags *diags)
{
    const struct value *document = NULL;
    if (!yaml_parse(t->r->arena, t->r->input->path, slice_of(text), &document, diags))
        return false;
    for (size_t i = 0; i < t->r->len; i++)
        note_address(t, &t->r->items[i]);
    note_lines(t, document);
    return true;
}

static bool lower_text(struct trial_state *t, const char *text, struct diags *diags)
{
    struct config_options options = {
        .path = t->r->input->path, .text = slice_of(text), .data_dir = t->r->input->data_dir};
    return config_load(t->r->arena, &options, t->r->input->schemas, &t->topology, diags) &&
           plan_check_cycles(t->r->arena, &t->topology, t->r->input->schemas, diags);
}

/* ---- the comparison ---- */

static const struct value *look_up(void *ctx, const char *address, const char *attribute)
{
    const struct trial_state *t = ctx;
    const struct item *item = map_get(&t->by_address, address);
    if (!item)
        return NULL;
    if (str_eq(attribute, "arn"))
        return value_string(t->r->arena, item_arn(t->r, item));
    return value_get(item->found->attributes, attribute);
}

/* Of no entry: AWS has it already, and it is known by its identifier. */
static void note_shared(struct trial_state *t, const struct resource *resource)
{
    const char *identifier = schema_identifier(t->r->arena, resource->schema, resource->properties);
    struct item *item =
        item_of(t->r, resource->schema->type_name, resource->account, resource->region, identifier);
    if (item && item->shared)
        map_set(&t->by_address, resource->address, item);
}

static bool is_owner_tag(const struct difference *d)
{
    return str_starts(d->path, "/tags/" TAG_OWNER_PREFIX) ||
           (str_eq(d->path, "/tags") && !d->before);
}

/* Tags of others stay as they are, so that only those that the file lacks would be a change. */
static void compare(struct trial_state *t, struct item *item, const struct resource *resource)
{
    struct arena *arena = t->r->arena;
    /* no state is there yet: any key will do to compare what is sensitive */
    static const struct seal_key key = {.lineage = "adopt"};
    struct diff diff = {0};
    const struct value *after =
        normalize(arena, resource->schema, value_resolve(arena, resource->properties, look_up, t));
    struct diff_input input = {
        .schema = resource->schema,
        .before = normalize(arena, resource->schema, item->found->attributes),
        .after = after,
        .key = &key,
    };
    const char *paths = "";
    diff_desired(arena, &input, &diff);
    for (size_t i = 0; i < diff.len; i++)
        if (!is_owner_tag(&diff.items[i]))
            paths =
                arena_printf(arena, "%s%s%s", paths, *paths ? ", " : "", diff.items[i].path + 1);
    if (lock_is(resource->schema) && lock_mode_differs(after, item->found->attributes))
        paths = arena_printf(arena, "%s%smode", paths, *paths ? ", " : "");
    if (*paths)
        blame(t, resource->address, resource->pos,
              arena_printf(arena, "the file cannot say its %s", paths));
}

static void compare_all(struct trial_state *t)
{
    struct map made;
    map_init(&made, t->r->arena);
    for (size_t i = 0; i < t->topology.resource_len; i++)
        note_shared(t, &t->topology.resources[i]);
    for (size_t i = 0; i < t->topology.resource_len; i++) {
        const struct resource *resource = &t->topology.resources[i];
        struct item *item = map_get(&t->by_address, resource->address);
        map_set(&made, resource->address, (void *)(uintptr_t)resource);
        if (!item || item->external != resource->external)
            blame(t, NULL, resource->pos,
                  arena_printf(t->r->arena, "its entry would make %s, which is not there",
                               resource->address));
        else if (!item->external)
            compare(t, item, resource);
    }
    for (size_t i = 0; i < t->r->len && !t->demoted; i++) {
        const char *address = item_address(t->r, &t->r->items[i]);
        if (address && !map_get(&made, address))
            blame(t, address, NO_POS, "the file does not make it");
    }
}

static void blame_messages(struct trial_state *t, const struct diags *diags)
{
    for (size_t i = 0; i < diags->len; i++)
        if (diags->items[i].severity == SEVERITY_ERROR)
            blame(t, diags->items[i].address, diags->items[i].pos, diags->items[i].message);
}

/* Documents that name each other: nobody's fault, but nobody may then wait for the other. */
static bool is_circle(const struct diags *diags)
{
    return diags->len > 0 && diags->items[0].code == E_CYCLE;
}

enum trial trial_run(struct raise *r, const char *text)
{
    struct trial_state t = {.r = r};
    struct diags diags;
    diags_init(&diags, r->arena);
    map_init(&t.by_address, r->arena);
    bool reads = read_lines(&t, text, &diags);
    if (reads && lower_text(&t, text, &diags))
        compare_all(&t);
    else if (is_circle(&diags) && !r->literal)
        r->literal = t.demoted = true;
    else
        blame_messages(&t, &diags);
    if (t.demoted)
        return TRIAL_AGAIN;
    if (diags.errors == 0)
        return TRIAL_GOOD;
    diag_error(r->diags, E_ADOPT_UNSAID, NO_POS, diags.items[0].address, "%s",
               diags.items[0].message);
    return TRIAL_STUCK;
}
