#include "engine/config/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "engine/aws/tags.h"
#include "engine/base/bug.h"

struct draft *draft_at(const struct lowering *lw, const char *address)
{
    return map_get(&lw->drafts, address);
}

static bool is_mention(const char *attribute)
{
    return str_starts(attribute, MENTION);
}

static const char *plain(const char *attribute)
{
    return is_mention(attribute) ? attribute + strlen(MENTION) : attribute;
}

/* --- literals ---------------------------------------------------------------------------------
 */
static const struct value *lookup(void *ctx, const char *address, const char *attribute);

/* IAM has no Region, but the partition of its ARNs is read from one. */
static const char *region_in_partition(const char *partition)
{
    static const char *const regions[][2] = {{"aws-cn", "cn-north-1"},
                                             {"aws-us-gov", "us-gov-west-1"}};
    for (size_t i = 0; i < ARRAY_LEN(regions); i++)
        if (str_eq(partition, regions[i][0]))
            return regions[i][1];
    return "us-east-1";
}

/* The properties that the type's ARN is made from, resolved. */
static const struct value *naming(struct lowering *lw, const struct draft *draft)
{
    const struct schema *schema = draft->resource.schema;
    struct map_builder map = map_begin(lw->arena);
    for (size_t i = 0; i < value_len(draft->properties); i++) {
        const struct value_entry *e = &draft->properties->map.entries[i];
        if (strstr(schema->arn, arena_printf(lw->arena, "${%s}", e->key)))
            map_put(&map, e->key, value_resolve(lw->arena, e->value, lookup, lw));
    }
    /* Rules of the default bus leave the bus out of their ARN, rules of others do not. */
    const struct value *given =
        value_resolve(lw->arena, value_get(draft->properties, "event_bus_name"), lookup, lw);
    const char *bus = value_str(given);
    const char *name = value_get_str(map_end(&map), "name");
    if (bus && name && !str_eq(bus, "default") && str_eq(schema->type_name, "aws_event_rule"))
        map_put_str(&map, "name", arena_printf(lw->arena, "%s/%s", bus, name));
    if (given && !bus)
        map_drop(&map, "name"); /* not known yet, and so is the ARN */
    return map_end(&map);
}

static const char *arn_of(struct lowering *lw, const struct draft *draft)
{
    const struct resource *r = &draft->resource;
    if (!r->schema->arn)
        return NULL;
    return schema_arn(lw->arena, r->schema, r->account->id,
                      r->region ? r->region : region_in_partition(r->account->partition),
                      naming(lw, draft));
}

const struct value *attribute_literal(struct lowering *lw, struct draft *draft,
                                      const char *attribute)
{
    const struct value *v = NULL;
    if (draft->resolving)
        return NULL; /* names that lead back to themselves: a cycle of edges, reported as one */
    draft->resolving = true;
    if (str_eq(attribute, "arn")) {
        const char *arn = arn_of(lw, draft);
        v = arn ? value_string(lw->arena, arn) : NULL;
    } else {
        v = value_get(draft->properties, attribute);
        v = v ? value_resolve(lw->arena, v, lookup, lw) : NULL;
    }
    draft->resolving = false;
    return value_has_unknown(v) ? NULL : v;
}

static const struct value *lookup(void *ctx, const char *address, const char *attribute)
{
    struct lowering *lw = ctx;
    struct draft *draft = draft_at(lw, address);
    return draft ? attribute_literal(lw, draft, plain(attribute)) : NULL;
}

const struct value *literal_of(struct lowering *lw, const struct value *v)
{
    v = v ? value_resolve(lw->arena, v, lookup, lw) : NULL;
    return value_has_unknown(v) ? NULL : v;
}

const char *literal_text(struct lowering *lw, const struct value *v)
{
    return value_str(literal_of(lw, v));
}

/* --- edges ------------------------------------------------------------------------------------
 */
/* Whether the type has the attribute; the others it has, for a message. */
static bool has_attribute(struct lowering *lw, const struct schema *schema, const char *attribute,
                          const char **ret_others)
{
    struct strbuf sb;
    strbuf_init(&sb, lw->arena, 4096);
    for (size_t i = 0; i < schema->root->property_len; i++) {
        const struct schema_property *p = &schema->root->properties[i];
        if (p->node->write_only)
            continue;
        if (str_eq(p->name, attribute))
            return true;
        strbuf_addf(&sb, "%s%s", sb.len ? ", " : "", p->name);
    }
    *ret_others = strbuf_str(&sb);
    return false;
}

/* "vaults.final" of "vaults.final/lock". */
static void no_such_part(struct lowering *lw, const char *address, struct source_pos pos,
                         const char *from)
{
    const char *slash = strchr(address, '/');
    size_t len = slash ? (size_t)(slash - address) : 0;
    struct strbuf sb;
    strbuf_init(&sb, lw->arena, 1024);
    for (size_t i = 0; slash && i < lw->drafts.len; i++) {
        const char *other = lw->drafts.entries[i].key;
        if (strncmp(other, address, len + 1) == 0)
            strbuf_addf(&sb, "%s%s", sb.len ? ", " : "", other);
    }
    struct diag *d = lower_error(lw, E_BAD_REFERENCE, pos, from, "there is no `%s`", address);
    if (slash && !sb.overflowed)
        diag_hint(lw->diags, d, sb.len ? "There is: %.*s." : "`%.*s` has no parts.",
                  (int)(sb.len ? sb.len : len), sb.len ? strbuf_str(&sb) : address);
}

/* The draft that a reference reaches; NULL after a message, or where something else was wrong. */
static struct draft *reached(struct lowering *lw, const struct value *ref, struct source_pos pos,
                             const char *from)
{
    struct draft *draft = draft_at(lw, ref->ref.address);
    const char *others;
    if (!draft) {
        if (!lw->broken)
            no_such_part(lw, ref->ref.address, pos, from);
        return NULL;
    }
    if (has_attribute(lw, draft->resource.schema, plain(ref->ref.attribute), &others))
        return draft;
    struct diag *d = lower_error(lw, E_BAD_ATTRIBUTE, pos, from, "`%s` has no attribute `%s`",
                                 ref->ref.address, plain(ref->ref.attribute));
    diag_hint(lw->diags, d, "%s has: %s.", draft->resource.schema->type_name, others);
    return NULL;
}

static void add_edge(struct lowering *lw, struct draft *from, const struct value *ref,
                     bool principal, struct source_pos pos)
{
    struct draft *to = reached(lw, ref, pos, from->resource.address);
    if (!to)
        return;
    const struct value *literal = attribute_literal(lw, to, plain(ref->ref.attribute));
    if (to == from) {
        if (!literal)
            lower_error(lw, E_CYCLE, pos, from->resource.address, "`%s` refers to itself",
                        from->resource.address);
        return;
    }
    bool later = to->resource.schema->rank > from->resource.schema->rank;
    if (literal && (is_mention(ref->ref.attribute) || (later && !principal)))
        return; /* a name made of names: the text stands for itself */
    draft_depend(lw, from, to->resource.address);
}

/* AWS refuses a policy whose principal does not exist, so there a later rank is waited for, too. */
static void add_edges(struct lowering *lw, struct draft *from, const struct value *v,
                      bool principal, struct source_pos pos)
{
    if (!v)
        return;
    pos = place_or(v, pos);
    if (v->kind == VALUE_REF)
        add_edge(lw, from, v, principal, pos);
    for (size_t i = 0; i < value_len(v); i++)
        if (v->kind == VALUE_MAP)
            add_edges(lw, from, v->map.entries[i].value,
                      principal || str_eq(v->map.entries[i].key, "Principal"), pos);
        else
            add_edges(lw, from, v->list.items[i], principal, pos);
}

/* --- tags -------------------------------------------------------------------------------------
 */
static void put_tags(struct lowering *lw, struct map_builder *map, const struct value *tags)
{
    if (!value_is(tags, VALUE_MAP))
        return;
    for (size_t i = 0; i < tags->map.len; i++) {
        const struct value_entry *e = &tags->map.entries[i];
        if (str_starts(e->key, TAG_OWNER_PREFIX))
            lower_error(lw, E_RULE_TAGS, e->key_pos, NULL,
                        "tag `%s`: keys that begin with " TAG_OWNER_PREFIX
                        " mark what the engine owns",
                        e->key);
        else
            map_put_at(map, e->key, e->key_pos, e->value);
    }
}

static void add_tags(struct lowering *lw, struct draft *draft)
{
    if (!draft->resource.schema->taggable || draft->resource.external)
        return;
    struct map_builder tags = map_begin(lw->arena);
    put_tags(lw, &tags, evaluate(lw, NULL, value_get(lw->doc, "default_tags")));
    put_tags(lw, &tags, draft->tags);
    map_put_str(&tags, TAG_TOPOLOGY, lw->topology);
    map_put_str(&tags, TAG_ADDRESS, tag_address_value(lw->arena, draft->resource.address));
    draft->properties =
        value_at(lw->arena, value_with(lw->arena, draft->properties, "tags", map_end(&tags)),
                 draft->properties->pos);
}

/* --- all together -----------------------------------------------------------------------------
 */
static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void finish_draft(struct lowering *lw, struct draft *draft)
{
    struct resource *r = &draft->resource;
    add_edges(lw, draft, draft->properties, false, r->pos);
    if (draft->edge_len > 1)
        qsort(draft->edges, draft->edge_len, sizeof(*draft->edges), compare_texts);
    r->depends_on = draft->edges;
    r->depends_on_len = draft->edge_len;
    r->properties = value_at(lw->arena, value_resolve(lw->arena, draft->properties, lookup, lw),
                             place_or(draft->properties, r->pos));
}

static int compare_resources(const void *a, const void *b)
{
    return strcmp(((const struct resource *)a)->address, ((const struct resource *)b)->address);
}

static void collect_resources(struct lowering *lw, struct topology *ret)
{
    size_t len = lw->drafts.len;
    struct resource *list = arena_array(lw->arena, len, sizeof(*list));
    for (size_t i = 0; i < len; i++) {
        const struct draft *draft = lw->drafts.entries[i].value;
        list[i] = draft->resource;
    }
    if (len > 1)
        qsort(list, len, sizeof(*list), compare_resources);
    map_init(&ret->by_address, lw->arena);
    for (size_t i = 0; i < len; i++)
        map_set(&ret->by_address, list[i].address, &list[i]);
    ret->resources = list;
    ret->resource_len = len;
}

static void check_outputs(struct lowering *lw, const struct value *v, struct source_pos pos)
{
    if (!v)
        return;
    pos = place_or(v, pos);
    if (v->kind == VALUE_REF)
        reached(lw, v, pos, NULL);
    for (size_t i = 0; i < value_len(v); i++)
        check_outputs(lw, v->kind == VALUE_MAP ? v->map.entries[i].value : v->list.items[i], pos);
}

static void collect_outputs(struct lowering *lw, struct topology *ret)
{
    const struct value *map = value_get(lw->doc, "outputs");
    if (!value_is(map, VALUE_MAP))
        return;
    struct output *list = arena_array(lw->arena, map->map.len, sizeof(*list));
    for (size_t i = 0; i < map->map.len; i++) {
        const struct value_entry *e = &map->map.entries[i];
        const struct value *v = evaluate(lw, NULL, e->value);
        check_outputs(lw, v, e->key_pos);
        list[i] =
            (struct output){e->key, v ? value_resolve(lw->arena, v, lookup, lw) : value_null()};
    }
    ret->outputs = list;
    ret->output_len = map->map.len;
}

static void collect_regions(struct lowering *lw, struct topology *ret)
{
    size_t total = 0, len = 0;
    for (size_t i = 0; i < lw->region_entries.len; i++)
        total += ((const struct region_entry *)lw->region_entries.entries[i].value)->len;
    const char **codes = arena_array(lw->arena, total, sizeof(*codes));
    for (size_t i = 0; i < lw->region_entries.len; i++) {
        const struct region_entry *region = lw->region_entries.entries[i].value;
        for (size_t j = 0; j < region->len; j++)
            codes[len++] = region->codes[j];
    }
    if (len > 1)
        qsort(codes, len, sizeof(*codes), compare_texts);
    for (size_t i = 0; i < len; i++)
        if (i == 0 || !str_eq(codes[i], codes[i - 1]))
            codes[ret->region_len++] = codes[i];
    ret->regions = codes;
}

static int compare_relays(const void *a, const void *b)
{
    return strcmp(((const struct relay_entry *)a)->address,
                  ((const struct relay_entry *)b)->address);
}

static int compare_restores(const void *a, const void *b)
{
    return strcmp(((const struct restore_entry *)a)->address,
                  ((const struct restore_entry *)b)->address);
}

void resolve(struct lowering *lw, struct topology *ret)
{
    *ret = (struct topology){
        .name = lw->topology,
        .accounts = lw->accounts,
        .account_len = lw->account_len,
        .units = lw->units,
        .unit_len = lw->unit_len,
        .organization_id = lw->organization_id,
        .management_account_id = lw->management_account_id,
        .document = lw->doc,
    };
    for (size_t i = 0; i < lw->drafts.len; i++)
        add_tags(lw, lw->drafts.entries[i].value);
    for (size_t i = 0; i < lw->drafts.len; i++)
        finish_draft(lw, lw->drafts.entries[i].value);
    collect_resources(lw, ret);
    collect_outputs(lw, ret);
    collect_regions(lw, ret);
    if (lw->relay_len > 1)
        qsort(lw->relays, lw->relay_len, sizeof(*lw->relays), compare_relays);
    ret->relays = lw->relays;
    ret->relay_len = lw->relay_len;
    if (lw->restore_len > 1)
        qsort(lw->restores, lw->restore_len, sizeof(*lw->restores), compare_restores);
    ret->restores = lw->restores;
    ret->restore_len = lw->restore_len;
    ret->routes = lw->routes;
    ret->route_len = lw->route_len;
    ret->source_keys = map_end(&lw->source_keys);
    ret->objectives = map_end(&lw->objectives);
}

const char *object_key(struct arena *arena, const char *type, const char *account_id,
                       const char *region, const char *identifier)
{
    return arena_printf(arena, "%s %s %s %s", type, account_id ? account_id : "-",
                        region ? region : "-", identifier ? identifier : "");
}

const struct resource *topology_find(const struct topology *topology, const char *address)
{
    return map_get(&topology->by_address, address);
}

const struct restore_entry *topology_restore(const struct topology *topology, const char *address)
{
    for (size_t i = 0; i < topology->restore_len; i++)
        if (str_eq(topology->restores[i].address, address))
            return &topology->restores[i];
    return NULL;
}
