#include "engine/base/bug.h"
#include "engine/config/lower.h"

struct draft *draft_add_at(struct lowering *lw, const struct instance *in, const char *address,
                           const struct account *account, const char *region, const char *type,
                           const struct value *properties)
{
    const struct schema *schema = schema_of(lw->schemas, type);
    BUG_ON(!schema);
    if (map_get(&lw->drafts, address))
        return NULL;
    struct draft *draft = arena_new_of(lw->arena, struct draft);
    draft->resource = (struct resource){
        .address = arena_strdup(lw->arena, address),
        .schema = schema,
        .account = account,
        .region = schema->scope == SCOPE_ACCOUNT_REGION ? region : NULL,
        .pos = in->entry->pos,
    };
    draft->properties = properties;
    draft->tags = value_get(in->body, "tags");
    map_set(&lw->drafts, draft->resource.address, draft);
    return draft;
}

struct draft *draft_add(struct lowering *lw, const struct instance *in, const char *part,
                        const char *type, const struct value *properties)
{
    const struct schema *schema = schema_of(lw->schemas, type);
    BUG_ON(!schema);
    bool regional = schema->scope == SCOPE_ACCOUNT_REGION;
    const char *base = regional ? in->address : in->global_address;
    struct draft *draft = draft_add_at(lw, in, arena_printf(lw->arena, "%s%s", base, part),
                                       in->account, in->region, type, properties);
    /* `prevent_destroy` guards the entry's own object, and every part of an entry without one. */
    static const char *const of_parts[] = {"relays", "restores", NULL};
    if (draft && (part[0] == '\0' || str_is_one_of(in->entry->section, of_parts)))
        draft->resource.prevent_destroy = value_get_bool(in->body, "prevent_destroy", false);
    return draft;
}

void draft_depend(struct lowering *lw, struct draft *draft, const char *address)
{
    for (size_t i = 0; i < draft->edge_len; i++)
        if (str_eq(draft->edges[i], address))
            return;
    draft->edges = arena_grow(lw->arena, draft->edges, draft->edge_len, &draft->edge_cap,
                              draft->edge_len + 1, sizeof(*draft->edges));
    draft->edges[draft->edge_len++] = address;
}

static const struct value *default_name(struct lowering *lw, const struct instance *in,
                                        const char *part, const char *suffix)
{
    const struct value *name =
        value_stringf(lw->arena, "%s-%s%s%s%s", lw->topology, in->entry->first_name,
                      part ? "-" : "", part ? part : "", suffix);
    return value_at(lw->arena, name, in->entry->pos);
}

const struct value *name_of(struct lowering *lw, const struct instance *in, const char *part)
{
    const struct value *given = part ? NULL : value_get(in->body, "name");
    return given ? given : default_name(lw, in, part, in->name_suffix);
}

const struct value *global_name_of(struct lowering *lw, const struct instance *in, const char *part)
{
    const struct value *given = part ? NULL : value_get(in->body, "name");
    return given ? given : default_name(lw, in, part, "");
}

const struct value *mention(struct lowering *lw, const char *address, const char *attribute)
{
    return value_ref(lw->arena, address, arena_printf(lw->arena, MENTION "%s", attribute));
}

const struct value *as_list(struct lowering *lw, const struct value *v)
{
    if (value_is(v, VALUE_LIST))
        return v;
    bool one = value_is(v, VALUE_STRING) || value_is(v, VALUE_REF);
    const struct value *list = value_list(lw->arena, &v, one ? 1 : 0);
    return v ? value_at(lw->arena, list, v->pos) : list;
}

void copy_keys(struct map_builder *map, const struct value *from, const char *const *keys)
{
    for (; *keys; keys++) {
        const struct value_entry *e = value_entry_of(from, *keys);
        if (e)
            map_put_at(map, e->key, e->key_pos, e->value);
    }
}

const char *account_root(struct lowering *lw, const struct account *account)
{
    return arena_printf(lw->arena, "arn:%s:iam::%s:root", account->partition, account->id);
}

void lower_relay_add(struct lowering *lw, const struct instance *in, const struct value *settings)
{
    lw->relays = arena_grow(lw->arena, lw->relays, lw->relay_len, &lw->relay_cap, lw->relay_len + 1,
                            sizeof(*lw->relays));
    lw->relays[lw->relay_len++] = (struct relay_entry){
        .address = in->address, .account = in->account, .region = in->region, .config = settings};
}

void refuse_beside_policy(struct lowering *lw, const struct instance *in, const char *const *parts)
{
    for (; value_get(in->body, "policy") && *parts; parts++) {
        const struct value_entry *e = value_entry_of(in->body, *parts);
        if (e)
            lower_error(lw, E_BAD_VALUE, e->key_pos, in->address,
                        "`policy` is the whole policy, so `%s` beside it would do nothing: write "
                        "its statements into `policy`, or leave `policy` out",
                        *parts);
    }
}

void refuse_parts_of_external(struct lowering *lw, const struct instance *in, const char *what,
                              const char *const *parts)
{
    for (; *parts; parts++) {
        const struct value_entry *e = value_entry_of(in->body, *parts);
        if (e)
            lower_error(lw, E_BAD_VALUE, e->key_pos, in->address,
                        "an external %s is never changed, so it cannot have `%s`", what, *parts);
    }
}
