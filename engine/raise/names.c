/* Names of entries, made of the names that the objects have. */
#include <ctype.h>
#include <string.h>

#include "engine/aws/tags.h"
#include "engine/raise/items.h"

#define NAME_MAX_LEN 32

/* What an entry may be called, out of any text: a letter, then letters, digits, '_' and '-'. */
static const char *legal(struct arena *arena, const char *text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 4096);
    for (; *text && sb.len < NAME_MAX_LEN; text++) {
        bool letter = isalpha((unsigned char)*text), digit = isdigit((unsigned char)*text);
        if (sb.len == 0 && !letter)
            strbuf_add(&sb, digit ? "x" : "");
        if (letter || (digit && sb.len < NAME_MAX_LEN))
            strbuf_add_char(&sb, *text);
        else if (sb.len > 0)
            strbuf_add_char(&sb, *text == '-' ? '-' : '_');
    }
    while (sb.len > 1 && (sb.data[sb.len - 1] == '_' || sb.data[sb.len - 1] == '-'))
        sb.data[--sb.len] = '\0';
    return sb.len ? strbuf_str(&sb) : "x";
}

static const char *without_prefix(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return str_starts(text, prefix) && text[len] ? text + len : text;
}

/* Of an object that this topology has made before: what its entry was called then. */
static const char *old_entry(const struct raise *r, const struct item *item)
{
    const struct value *tags = value_get(item->found->attributes, "tags");
    const char *address = value_get_str(tags, TAG_ADDRESS);
    const char *section = item->kind->section;
    if (!address || !section ||
        !str_eq(value_get_str(tags, TAG_TOPOLOGY), r->input->topology->name))
        return NULL;
    size_t len = strlen(section);
    bool own =
        str_starts(address, section) && address[len] == '.' && !strpbrk(address + len + 1, "/@");
    return own ? address + len + 1 : NULL;
}

/* What the object is called at AWS, without what says nothing. */
static const char *called(const struct raise *r, const struct item *item)
{
    const struct value *attributes = item->found->attributes;
    const char *name = value_get_str(attributes, "name");
    for (const struct item *part = item->first_part; part && !name; part = part->next_part)
        if (str_eq(part->kind->type, "aws_kms_alias"))
            name = value_get_str(part->found->attributes, "name");
    if (!name && str_eq(item->kind->type, "aws_sns_subscription"))
        name = value_get_str(attributes, "protocol");
    if (!name && str_eq(item->kind->section, "region_settings"))
        name = map_get(&r->region_names, item->found->region);
    if (!name)
        name = item->found->identifier;
    const char *bar = strrchr(name, '|');
    name = bar && bar[1] ? bar + 1 : name;
    const char *slash = strrchr(name, '/');
    name = slash && slash[1] ? slash + 1 : name;
    return without_prefix(name, arena_printf(r->arena, "%s-", r->input->topology->name));
}

static const char *base_name(const struct raise *r, const struct item *item)
{
    const char *old = old_entry(r, item);
    return legal(r->arena, old ? old : called(r, item));
}

static const char *numbered(struct arena *arena, const char *base, size_t number)
{
    const char *tail = arena_printf(arena, "_%zu", number);
    size_t room = NAME_MAX_LEN - strlen(tail);
    return arena_printf(arena, "%.*s%s", (int)room, base, tail);
}

/* The first of these that nobody has: the base, where nobody else wants it, with the account, with
 * the Region, with a number. */
static const char *choose(const struct raise *r, const struct item *item, const char *scope,
                          const char *base, bool wanted_by_others, struct map *taken)
{
    struct arena *arena = r->arena;
    const struct finding *found = item->found;
    const char *account = map_get(&r->account_names, found->account->id);
    const char *with_account = arena_printf(arena, "%s_%s", base, account);
    const char *candidates[] = {
        wanted_by_others ? NULL : base, with_account,
        found->region ? arena_printf(arena, "%s_%s", with_account, found->region) : NULL};
    const char *name = NULL;
    for (size_t i = 0; i < ARRAY_LEN(candidates) && !name; i++) {
        const char *text = candidates[i];
        if (text && strlen(text) <= NAME_MAX_LEN &&
            !map_get(taken, arena_printf(arena, "%s.%s", scope, text)))
            name = text;
    }
    for (size_t number = 2; !name; number++) {
        const char *text = numbered(arena, base, number);
        if (!map_get(taken, arena_printf(arena, "%s.%s", scope, text)))
            name = text;
    }
    map_set(taken, arena_printf(arena, "%s.%s", scope, name), (void *)(uintptr_t)item);
    return name;
}

/* Where the name has to be the only one. */
static const char *scope_of(const struct item *item)
{
    return item->kind->section ? item->kind->section : "resources";
}

static void count(const struct raise *r, const char *scope, const char *base, struct map *counts)
{
    const char *key = arena_printf(r->arena, "%s.%s", scope, base);
    map_set(counts, key, (void *)((uintptr_t)map_get(counts, key) + 1));
}

/* A selection's name is its own at AWS; so is a subscription's key, which nobody else sees. */
static void name_part(struct raise *r, struct item *item, struct map *taken)
{
    const char *own = value_get_str(item->found->attributes, "name");
    bool is_its_own = own && str_eq(item->kind->type, "aws_backup_selection");
    const char *scope = arena_printf(r->arena, "%s %p", item->kind->part, (void *)item->parent);
    if (!is_its_own) {
        item->name = choose(r, item, scope, base_name(r, item), false, taken);
        return;
    }
    const char *key = arena_printf(r->arena, "%s.%s", scope, own);
    item->name = own;
    if (!str_eq(own, legal(r->arena, own)) || map_get(taken, key))
        item->form = FORM_BARE;
    map_set(taken, key, item);
}

void names_give(struct raise *r)
{
    struct map counts, taken;
    map_init(&counts, r->arena);
    map_init(&taken, r->arena);
    for (size_t i = 0; i < r->len; i++) {
        const char *base = base_name(r, &r->items[i]);
        count(r, scope_of(&r->items[i]), base, &counts);
        if (r->items[i].kind->section)
            count(r, "resources", base, &counts);
    }
    for (size_t i = 0; i < r->len; i++) {
        struct item *item = &r->items[i];
        const char *base = base_name(r, item), *scope = scope_of(item);
        size_t many = (uintptr_t)map_get(&counts, arena_printf(r->arena, "%s.%s", scope, base));
        size_t bare = (uintptr_t)map_get(&counts, arena_printf(r->arena, "resources.%s", base));
        item->bare_name = choose(r, item, "resources", base, bare > 1, &taken);
        item->name = item->bare_name;
        if (item->kind->section)
            item->name = choose(r, item, item->kind->section, base, many > 1, &taken);
        if (item->parent && str_ends(item->kind->part, "."))
            name_part(r, item, &taken);
    }
}
