#include "engine/raise/raise.h"

#include "engine/config/yaml_write.h"
#include "engine/raise/items.h"

#define LANGUAGE_VERSION 1

/* In the order that a person would write them. */
static const char *const sections[] = {"region_settings", "keys",   "vaults", "topics",
                                       "roles",           "queues", "buses",  "plans",
                                       "functions",       "rules",  "alarms"};

/* ---- accounts and Regions ---- */

static const char *unique(struct arena *arena, struct map *taken, const char *name)
{
    const char *chosen = name;
    for (size_t number = 2; map_get(taken, chosen); number++)
        chosen = arena_printf(arena, "%s_%zu", name, number);
    map_set(taken, chosen, taken);
    return chosen;
}

/* Members of groups become entries of their own: two of them may be called alike. */
static void name_accounts(struct raise *r)
{
    struct map taken;
    map_init(&taken, r->arena);
    for (size_t i = 0; i < r->input->topology->account_len; i++) {
        const struct account *account = &r->input->topology->accounts[i];
        const char *name = unique(r->arena, &taken, account->name);
        map_set(&r->account_names, account->id, (void *)(uintptr_t)name);
    }
}

/* As the file calls those that it has a name for; the others, of groups, are called by their code.
 */
static void name_regions(struct raise *r)
{
    const struct value *given = value_get(r->input->topology->document, "regions");
    struct map taken;
    map_init(&taken, r->arena);
    for (size_t i = 0; value_is(given, VALUE_MAP) && i < given->map.len; i++) {
        const char *code = value_str(given->map.entries[i].value);
        if (!code || map_get(&r->region_names, code))
            continue;
        map_set(&r->region_names, code, (void *)(uintptr_t)given->map.entries[i].key);
        map_set(&taken, given->map.entries[i].key, &taken);
    }
    for (size_t i = 0; i < r->input->topology->region_len; i++) {
        const char *code = r->input->topology->regions[i];
        if (!map_get(&r->region_names, code))
            map_set(&r->region_names, code, (void *)(uintptr_t)unique(r->arena, &taken, code));
    }
}

static const struct value *accounts(const struct raise *r)
{
    struct map_builder map = map_begin(r->arena);
    for (size_t i = 0; i < r->input->topology->account_len; i++) {
        const struct account *account = &r->input->topology->accounts[i];
        struct map_builder b = map_begin(r->arena);
        map_put_str(&b, "id", account->id);
        map_put_str(&b, "assume_role", account->assume_role);
        map_put_str(&b, "external_id", account->external_id);
        map_put_str(&b, "session_name", account->session_name);
        map_put(&map, map_get(&r->account_names, account->id), map_end(&b));
    }
    return map_end(&map);
}

static const struct value *regions(const struct raise *r)
{
    struct map_builder map = map_begin(r->arena);
    for (size_t i = 0; i < r->region_names.len; i++)
        map_put_str(&map, r->region_names.entries[i].value, r->region_names.entries[i].key);
    return map_end(&map);
}

static bool holds(const struct value *v, const char *text)
{
    if (value_is(v, VALUE_STRING))
        return str_eq(value_str(v), text);
    for (size_t i = 0; i < value_len(v); i++)
        if (holds(value_is(v, VALUE_MAP) ? v->map.entries[i].value : value_item(v, i), text))
            return true;
    return false;
}

/* Its settings can be seen, and changed, in the management account alone. Without them it is only
 * named where a vault takes copies from all of it. */
static const struct value *organization(const struct raise *r)
{
    const char *id = r->input->findings->organization_id;
    struct map_builder map = map_begin(r->arena);
    bool wanted = false;
    map_put_str(&map, "id", id);
    for (size_t i = 0; id && i < r->len; i++) {
        const struct item *item = &r->items[i];
        if (str_eq(item->kind->type, "aws_backup_vault_policy"))
            wanted = wanted || holds(value_get(item->found->attributes, "policy"), id);
        if (!str_eq(item->kind->type, "aws_backup_global_settings"))
            continue;
        wanted = true;
        map_put_str(&map, "account", map_get(&r->account_names, item->found->account->id));
        map_put(&map, "cross_account_backup",
                value_pointer(item->found->attributes,
                              "/global_settings/is_cross_account_backup_enabled"));
    }
    return wanted ? map_end(&map) : NULL;
}

/* ---- the document ---- */

static bool is_in(const struct item *item, const char *section)
{
    if (!item_is_entry(item))
        return false;
    return item_form(item) == FORM_BARE ? str_eq(section, "resources")
                                        : str_eq(item->kind->section, section);
}

static void add_section(const struct raise *r, struct map_builder *document, const char *section)
{
    struct map_builder map = map_begin(r->arena);
    for (size_t i = 0; i < r->len; i++) {
        const struct item *item = &r->items[i];
        if (!is_in(item, section))
            continue;
        bool bare = item_form(item) == FORM_BARE;
        map_put(&map, bare ? item->bare_name : item->name,
                bare ? bare_entry(r, item) : section_entry(r, item));
    }
    if (map.len)
        map_put(document, section, map_end(&map));
}

/* What bears tags is nobody's until it is imported; parts are their parent's. */
static bool needs_import(const struct item *item)
{
    if (item->external || item->shared || item_form(item) == FORM_LEFT_OUT)
        return false;
    return item->found->schema->taggable || item_is_entry(item);
}

static void add_import(const struct raise *r, struct list_builder *list, const struct item *item)
{
    if (!needs_import(item))
        return;
    struct map_builder b = map_begin(r->arena);
    map_put_str(&b, "address", item_address(r, item));
    map_put_str(&b, "id", item->found->identifier);
    list_add(list, map_end(&b));
}

/* In the order of the file. */
static void add_imports_of(const struct raise *r, struct list_builder *list, const char *section)
{
    for (size_t i = 0; i < r->len; i++) {
        const struct item *item = &r->items[i];
        if (!is_in(item, section))
            continue;
        add_import(r, list, item);
        for (const struct item *part = item->first_part; part; part = part->next_part)
            if (!item_is_entry(part))
                add_import(r, list, part);
    }
}

static const struct value *imports(const struct raise *r)
{
    struct list_builder list = list_begin(r->arena);
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        add_imports_of(r, &list, sections[i]);
    add_imports_of(r, &list, "resources");
    return list.len ? list_end(&list) : NULL;
}

static const struct value *document_of(const struct raise *r)
{
    struct map_builder map = map_begin(r->arena);
    map_put_int(&map, "version", LANGUAGE_VERSION);
    map_put_str(&map, "name", r->input->topology->name);
    map_put(&map, "accounts", accounts(r));
    map_put(&map, "regions", regions(r));
    map_put(&map, "organization", organization(r));
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        add_section(r, &map, sections[i]);
    add_section(r, &map, "resources");
    map_put(&map, "imports", imports(r));
    return map_end(&map);
}

/* ---- comments ---- */

static const char *head(const struct raise *r)
{
    struct strbuf sb;
    strbuf_init(&sb, r->arena, YAML_WRITE_MAX);
    strbuf_add(&sb,
               "Written by `holdfast adopt` from what stands in the accounts. The plan of this "
               "file has imports,\nand the tags of ownership as the only change.");
    if (r->remarks.len)
        strbuf_add(&sb, "\n\nFound, and not taken:");
    for (size_t i = 0; i < r->remarks.len; i++)
        strbuf_addf(&sb, "\n- %s", value_str(list_items(&r->remarks)[i]));
    return strbuf_str(&sb);
}

static const char *note_of(const struct raise *r, const struct item *item)
{
    const char *note = NULL;
    if (item->external)
        note = "AWS's own: looked up, never changed.";
    else if (item_form(item) == FORM_BARE && item->kind->section && item->why)
        note = arena_printf(r->arena, "Not an entry of `%s`: %s.", item->kind->section, item->why);
    else if (value_len(value_pointer(item->found->attributes, "/environment/variables")) > 0)
        note = "Its environment stands here as Lambda tells it: look for secrets before you share "
               "this file.";
    for (const struct item *part = item->first_part; part && !note; part = part->next_part)
        if (str_eq(part->kind->type, "aws_backup_vault_lock") && item_form(part) < FORM_BARE &&
            value_get(part->found->attributes, "lock_date"))
            note = "The lock stands. AWS does not tell how many days it could be taken back: "
                   "changeable_for_days\nis the least there can be, and nothing is sent for it.";
    return note;
}

static const struct value *notes(const struct raise *r)
{
    struct map_builder map = map_begin(r->arena);
    map_put_str(&map, "", head(r));
    map_put_str(&map, "imports",
                "Objects that stand already; after the first apply this list can go.");
    for (size_t i = 0; i < r->len; i++) {
        const struct item *item = &r->items[i];
        if (item_is_entry(item))
            map_put_str(&map, item_address(r, item), note_of(r, item));
    }
    return map_end(&map);
}

/* ---- the whole ---- */

static size_t taken(const struct raise *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->len; i++)
        count += item_form(&r->items[i]) != FORM_LEFT_OUT && !r->items[i].shared &&
                 !r->items[i].external;
    return count;
}

bool raise_findings(struct arena *arena, const struct raise_input *input, struct raised *ret,
                    struct diags *diags)
{
    struct raise r = {.arena = arena, .input = input, .diags = diags};
    enum trial trial = TRIAL_AGAIN;
    map_init(&r.by_id, arena);
    map_init(&r.by_arn, arena);
    map_init(&r.account_names, arena);
    map_init(&r.region_names, arena);
    r.remarks = list_begin(arena);
    for (size_t i = 0; i < input->findings->remarks.len; i++)
        list_add(&r.remarks, list_items(&input->findings->remarks)[i]);
    name_accounts(&r);
    name_regions(&r);
    items_make(&r);
    names_give(&r);
    while (trial == TRIAL_AGAIN) {
        ret->document = document_of(&r);
        ret->text = yaml_write(arena, ret->document, notes(&r));
        trial = trial_run(&r, ret->text);
    }
    ret->imports = imports(&r);
    ret->remarks = list_end(&r.remarks);
    ret->taken = taken(&r);
    return trial == TRIAL_GOOD;
}
