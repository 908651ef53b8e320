#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/bug.h"
#include "engine/config/lower.h"
#include "engine/config/ref.h"

#define TEXT_MAX ((size_t)1024 * 1024)
#define MEMBERS_MAX 2

static const char *const section_names[] = {
    "keys",     "vaults",    "roles",           "plans",   "rules",  "functions",
    "queues",   "topics",    "region_settings", "buses",   "alarms", "relays",
    "restores", "resources", "accounts",        "regions", NULL,
};

/* An entry's name, taken apart further than its grammar. */
struct reference {
    const char *section, *name;
    const char *members[MEMBERS_MAX]; /* of [a,b] */
    size_t member_len;
    bool all;         /* [*] */
    const char *part; /* "/lock", or "" */
};

/* False when there are more members than places that can be groups. */
static bool reference_of(struct lowering *lw, const char *section, const struct ref_name *name,
                         struct reference *ret)
{
    *ret = (struct reference){
        .section = name->section ? name->section : section, .name = name->name, .all = name->all};
    ret->part = name->part ? arena_printf(lw->arena, "/%s", name->part) : "";
    if (!name->member || name->all)
        return true;
    for (struct slice rest = slice_of(name->member); rest.ptr;) {
        struct slice member = slice_trim(slice_cut(&rest, ','));
        if (ret->member_len == MEMBERS_MAX)
            return false;
        ret->members[ret->member_len++] = arena_strndup(lw->arena, member.ptr, member.len);
    }
    return true;
}

/* "final", "vaults.final", both with members. */
static bool read_bare(struct lowering *lw, const char *section, const char *text,
                      struct reference *ret)
{
    struct ref_name name;
    return ref_parse_name(lw->arena, slice_of(text), &name) && !name.part &&
           (!name.section || str_eq(name.section, section)) &&
           reference_of(lw, section, &name, ret);
}

/* The parts of a text; those that cannot be read were reported when variables were applied. */
static bool parts_of(struct lowering *lw, const struct value *v, struct ref_part **ret,
                     size_t *ret_len)
{
    struct diags silent;
    diags_init(&silent, lw->arena);
    return ref_parse(lw->arena, v, NULL, ret, ret_len, &silent);
}

/* --- finding ----------------------------------------------------------------------------------
 */
/* "Did you mean": the nearest of the candidates, or NULL. */
static const char *nearest(const char *name, const char *best, const char *candidate, size_t *limit)
{
    size_t distance = str_distance(name, candidate, *limit);
    if (distance > *limit)
        return best;
    *limit = distance > 0 ? distance - 1 : 0;
    return candidate;
}

/* Of a short word every other one is a neighbour. */
static size_t reach_of(const char *name)
{
    size_t len = strlen(name);
    return len < 2 ? 0 : len < 4 ? 1 : 2;
}

void unknown_entry(struct lowering *lw, const char *section, const char *name,
                   struct source_pos pos)
{
    size_t limit = reach_of(name);
    const char *best = NULL;
    bool places = str_eq(section, "accounts") || str_eq(section, "regions");
    const struct map *map = str_eq(section, "accounts")  ? &lw->account_entries
                            : str_eq(section, "regions") ? &lw->region_entries
                                                         : &lw->entries;
    for (size_t i = 0; i < map->len; i++) {
        const struct entry *entry = places ? NULL : map->entries[i].value;
        if (places)
            best = nearest(name, best, map->entries[i].key, &limit);
        else if (str_eq(entry->section, section))
            best = nearest(name, best, entry->name, &limit);
    }
    struct diag *d =
        lower_error(lw, E_BAD_REFERENCE, pos, NULL, "there is no `%s` in `%s`", name, section);
    if (best)
        diag_hint(lw->diags, d, "Did you mean `%s`?", best);
}

static bool member_matches(const struct instance *in, const char *member)
{
    return (in->entry->account->group && account_is_called(in->account, member)) ||
           (in->entry->region && in->entry->region->group && str_eq(in->region, member));
}

static bool account_is_named(const struct entry *entry, const struct reference *ref)
{
    for (size_t i = 0; i < ref->member_len; i++)
        for (size_t j = 0; j < entry->account->len; j++)
            if (account_is_called(entry->account->members[j], ref->members[i]))
                return true;
    return false;
}

static bool region_is_named(const struct entry *entry, const struct reference *ref)
{
    for (size_t i = 0; i < ref->member_len; i++)
        for (size_t j = 0; j < entry->region->len; j++)
            if (str_eq(entry->region->codes[j], ref->members[i]))
                return true;
    return false;
}

/* From outside of a unit its accounts cannot be counted on: today's only one is one of many. */
static bool leaves_unit_open(const struct instance *from, const struct reference *ref,
                             const struct entry *to)
{
    bool inside = from && from->entry && from->entry->account == to->account;
    return to->account->unit && !inside && !ref->all && !account_is_named(to, ref);
}

/* Whether the reference reaches this member: named, or the one that the referring instance is. */
static bool reaches(const struct instance *from, const struct reference *ref,
                    const struct instance *to)
{
    const struct entry *entry = to->entry;
    if (ref->all)
        return true;
    for (size_t i = 0; i < ref->member_len; i++)
        if (!member_matches(to, ref->members[i]))
            return false;
    bool from_placed = from && from->entry && from->account;
    if (from_placed && entry->account->group && from->entry->account == entry->account &&
        !account_is_named(entry, ref) && from->account != to->account)
        return false;
    if (from_placed && entry->region && entry->region->group &&
        from->entry->region == entry->region && !region_is_named(entry, ref) &&
        !str_eq(from->region, to->region))
        return false;
    return true;
}

struct found {
    const struct instance **items;
    size_t len, cap;
};

static void found_add(struct lowering *lw, struct found *found, const struct instance *in)
{
    found->items = arena_grow(lw->arena, found->items, found->len, &found->cap, found->len + 1,
                              sizeof(*found->items));
    found->items[found->len++] = in;
}

static void crossing(struct lowering *lw, const struct instance *from, const struct entry *to,
                     size_t len, struct source_pos pos)
{
    bool from_group =
        from && from->entry && from->entry->account &&
        (from->entry->account->group || (from->entry->region && from->entry->region->group));
    if (to->account->unit) {
        lower_error(lw, E_GROUP, pos, NULL,
                    "`%s` stands for every account of %s; name one by its id, as in "
                    "%s[111122223333], or all with [*]",
                    to->address, to->account->unit, to->address);
        return;
    }
    const char *example = strchr(to->instances[0].address, '[');
    lower_error(lw, E_GROUP, pos, NULL,
                from_group ? "`%s` stands for %zu members of another group; name one, as in %s%s, "
                             "or all with [*]"
                           : "`%s` stands for %zu members; name one, as in %s%s, or all with [*]",
                to->address, len, to->address, example ? example : "");
}

static void no_member(struct lowering *lw, const struct reference *ref, const struct entry *entry,
                      struct source_pos pos)
{
    struct strbuf sb;
    strbuf_init(&sb, lw->arena, 1024);
    for (size_t i = 0; i < entry->len && i < 8; i++)
        strbuf_addf(&sb, "%s%s", i ? ", " : "", entry->instances[i].address);
    struct diag *d = lower_error(lw, E_BAD_REFERENCE, pos, NULL, "`%s` has no member [%s%s%s]",
                                 entry->address, ref->members[0], ref->member_len > 1 ? "," : "",
                                 ref->member_len > 1 ? ref->members[1] : "");
    if (entry->len == 1 && str_eq(entry->instances[0].address, entry->address))
        diag_hint(lw->diags, d, "It is not a group: leave the [ ] out.");
    else
        diag_hint(lw->diags, d, "Its members: %s%s.", strbuf_str(&sb), entry->len > 8 ? "..." : "");
}

/* The instances that a reference names. False: reported, or the entry has no place. */
static bool find(struct lowering *lw, const struct instance *from, const struct reference *ref,
                 struct source_pos pos, struct found *ret)
{
    const struct entry *entry = entry_of(lw, ref->section, ref->name);
    *ret = (struct found){0};
    if (!entry) {
        unknown_entry(lw, ref->section, ref->name, pos);
        return false;
    }
    if (entry->len == 0)
        return false;
    for (size_t i = 0; i < entry->len; i++)
        if (reaches(from, ref, &entry->instances[i]))
            found_add(lw, ret, &entry->instances[i]);
    if (ret->len == 0) {
        no_member(lw, ref, entry, pos);
        return false;
    }
    if ((ret->len > 1 && !ref->all) || leaves_unit_open(from, ref, entry)) {
        crossing(lw, from, entry, ret->len, pos);
        return false;
    }
    return true;
}

const struct entry *bare_entry_of(struct lowering *lw, const char *section, const struct value *v)
{
    struct reference ref;
    struct ref_part *parts;
    size_t len;
    if (!value_is(v, VALUE_STRING))
        return NULL;
    if (ref_has_expression(v->string)) {
        if (!parts_of(lw, v, &parts, &len) || len != 1 || parts[0].kind != REF_ENTRY ||
            !str_eq(parts[0].entry.section, section) ||
            !reference_of(lw, section, &parts[0].entry, &ref))
            return NULL;
    } else if (!read_bare(lw, section, value_str(v), &ref)) {
        return NULL;
    }
    return ref.member_len == 0 && !ref.all ? entry_of(lw, section, ref.name) : NULL;
}

/* --- expressions ------------------------------------------------------------------------------
 */
static void bad_expression(struct lowering *lw, const struct ref_part *part, struct source_pos pos,
                           const char *why)
{
    lower_error(lw, E_BAD_EXPRESSION, pos, NULL, "%.*s cannot be used here: %s",
                (int)part->text.len, part->text.ptr, why);
}

/* ${account.id}, ${account.name}, ${region.name}. */
static const struct value *own_place(struct lowering *lw, const struct instance *in,
                                     const struct ref_part *part, struct source_pos pos)
{
    const char *text = NULL;
    if (part->kind == REF_REGION)
        text = in ? in->region : NULL;
    else if (in && in->account)
        text = str_eq(part->attribute, "id") ? in->account->id : in->account->name;
    if (!text)
        bad_expression(lw, part, pos,
                       part->kind == REF_REGION ? "there is no Region" : "there is no account");
    return value_string(lw->arena, text);
}

/* ${accounts.A.id}, ${accounts.GROUP[A].name}, ${regions.R.name}. */
static const struct value *place_attribute(struct lowering *lw, const struct reference *ref,
                                           const char *attribute, struct source_pos pos)
{
    bool accounts = str_eq(ref->section, "accounts");
    const struct map *map = accounts ? &lw->account_entries : &lw->region_entries;
    const void *entry = map_get(map, ref->name);
    struct list_builder list = list_begin(lw->arena);
    if (!entry) {
        unknown_entry(lw, ref->section, ref->name, pos);
        return NULL;
    }
    if (!str_eq(attribute, "name") && !(accounts && str_eq(attribute, "id"))) {
        lower_error(lw, E_BAD_ATTRIBUTE, pos, NULL, "`%s.%s` has no attribute `%s`, only %s",
                    ref->section, ref->name, attribute, accounts ? "id and name" : "name");
        return NULL;
    }
    const struct account_entry *account = accounts ? entry : NULL;
    const struct region_entry *region = accounts ? NULL : entry;
    size_t len = account ? account->len : region->len;
    for (size_t i = 0; i < len; i++) {
        const char *name = account ? account->members[i]->name : region->codes[i];
        if (ref->member_len > 0 &&
            !(account ? account_is_called(account->members[i], ref->members[0])
                      : str_eq(name, ref->members[0])))
            continue;
        bool id = account && str_eq(attribute, "id");
        list_add_str(&list, id ? account->members[i]->id : name);
    }
    if (ref->all)
        return list_end(&list);
    bool open = account && account->unit && ref->member_len == 0;
    if (list.len == 1 && !open)
        return list_items(&list)[0];
    lower_error(lw, list.len ? E_GROUP : E_BAD_REFERENCE, pos, NULL,
                list.len ? "`%s.%s` is a group; name one member in [ ], or all with [*]"
                         : "`%s.%s` has no such member",
                ref->section, ref->name);
    return NULL;
}

static bool section_exists(struct lowering *lw, const char *section, struct source_pos pos)
{
    size_t limit = reach_of(section);
    const char *best = NULL;
    if (str_is_one_of(section, section_names))
        return true;
    for (size_t i = 0; section_names[i]; i++)
        best = nearest(section, best, section_names[i], &limit);
    struct diag *d =
        lower_error(lw, E_BAD_REFERENCE, pos, NULL, "there is no section `%s`", section);
    if (best)
        diag_hint(lw->diags, d, "Did you mean `%s`?", best);
    return false;
}

/* The value of one expression; NULL after a message. */
static const struct value *expression(struct lowering *lw, const struct instance *in,
                                      const struct ref_part *part, struct source_pos pos)
{
    struct reference ref;
    struct found found;
    if (part->kind == REF_VARIABLE)
        return NULL; /* reported when variables were applied */
    if (part->kind == REF_ACCOUNT || part->kind == REF_REGION)
        return own_place(lw, in, part, pos);
    if (!section_exists(lw, part->entry.section, pos))
        return NULL;
    if (!reference_of(lw, NULL, &part->entry, &ref)) {
        bad_expression(lw, part, pos, "a member is an account, a Region, or both");
        return NULL;
    }
    if (str_eq(ref.section, "accounts") || str_eq(ref.section, "regions"))
        return place_attribute(lw, &ref, part->attribute, pos);
    if (!find(lw, in, &ref, pos, &found))
        return NULL;
    struct list_builder list = list_begin(lw->arena);
    for (size_t i = 0; i < found.len; i++) {
        const char *address = arena_printf(lw->arena, "%s%s", found.items[i]->address, ref.part);
        list_add(&list, value_at(lw->arena, value_ref(lw->arena, address, part->attribute), pos));
    }
    return ref.all ? value_at(lw->arena, list_end(&list), pos) : list_items(&list)[0];
}

static const struct value *join(struct lowering *lw, struct list_builder *parts,
                                struct source_pos pos)
{
    bool known = true;
    const struct value *const *items = list_items(parts);
    struct strbuf sb;
    strbuf_init(&sb, lw->arena, TEXT_MAX);
    for (size_t i = 0; i < parts->len; i++) {
        known = known && value_is(items[i], VALUE_STRING);
        if (known)
            strbuf_add_slice(&sb, items[i]->string);
    }
    return value_at(lw->arena,
                    known ? value_string_n(lw->arena, sb.data, sb.len)
                          : value_concat(lw->arena, items, parts->len),
                    pos);
}

static const struct value *evaluate_text(struct lowering *lw, const struct instance *in,
                                         const struct value *v)
{
    struct list_builder list = list_begin(lw->arena);
    struct ref_part *parts;
    size_t len;
    bool complete = true;
    if (!ref_has_expression(v->string))
        return v;
    if (!parts_of(lw, v, &parts, &len))
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if (parts[i].kind == REF_TEXT) {
            list_add(&list, value_string_n(lw->arena, parts[i].text.ptr, parts[i].text.len));
            continue;
        }
        struct source_pos pos = ref_place(lw->diags, v, parts[i].text);
        const struct value *part = expression(lw, in, &parts[i], pos);
        if (len == 1)
            return part ? value_at(lw->arena, part, pos) : NULL;
        if (value_is(part, VALUE_LIST)) {
            bad_expression(lw, &parts[i], pos, "a list cannot stand inside a text");
            part = NULL;
        }
        complete = complete && part;
        if (part)
            list_add(&list, part);
    }
    return complete ? join(lw, &list, v->pos) : NULL;
}

const struct value *evaluate(struct lowering *lw, const struct instance *in, const struct value *v)
{
    if (value_is(v, VALUE_STRING))
        return evaluate_text(lw, in, v);
    if (value_is(v, VALUE_LIST)) {
        struct list_builder list = list_begin(lw->arena);
        for (size_t i = 0; i < v->list.len; i++) {
            const struct value *item = evaluate(lw, in, v->list.items[i]);
            bool opened = value_is(item, VALUE_LIST) && value_is(v->list.items[i], VALUE_STRING);
            for (size_t j = 0; opened && j < item->list.len; j++)
                list_add(&list, item->list.items[j]);
            if (item && !opened)
                list_add(&list, item);
        }
        return value_at(lw->arena, list_end(&list), v->pos);
    }
    if (value_is(v, VALUE_MAP)) {
        struct map_builder map = map_begin(lw->arena);
        for (size_t i = 0; i < v->map.len; i++) {
            const struct value_entry *e = &v->map.entries[i];
            map_put_at(&map, e->key, e->key_pos, evaluate(lw, in, e->value));
        }
        return value_at(lw->arena, map_end(&map), v->pos);
    }
    return v;
}

/* --- section references -----------------------------------------------------------------------
 */
static const struct instance *instance_at(const struct lowering *lw, const char *address)
{
    size_t len = strcspn(address, "[/");
    const struct entry *entry = map_get(&lw->entries, arena_strndup(lw->arena, address, len));
    for (size_t i = 0; entry && i < entry->len; i++)
        if (str_eq(entry->instances[i].address, address))
            return &entry->instances[i];
    return NULL;
}

/* Types without a section that stand where an entry of one is wanted. */
static const struct {
    const char *section, *type;
} stand_ins[] = {
    {"vaults", "aws_backup_vault"},
    {"vaults", "aws_backup_logically_air_gapped_vault"},
};

static bool is_of_section(const struct instance *instance, const char *section)
{
    if (str_eq(instance->entry->section, section))
        return true;
    if (!str_eq(instance->entry->section, "resources"))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(stand_ins); i++)
        if (str_eq(stand_ins[i].section, section) &&
            str_eq(stand_ins[i].type, value_get_str(instance->body, "type")))
            return true;
    return false;
}

struct target_list {
    struct target *items;
    size_t len, cap;
};

static void target_add(struct lowering *lw, struct target_list *list, struct target target)
{
    list->items = arena_grow(lw->arena, list->items, list->len, &list->cap, list->len + 1,
                             sizeof(*list->items));
    list->items[list->len++] = target;
}

static bool add_targets(struct lowering *lw, const struct instance *in, const char *section,
                        const struct value *v, struct target_list *list)
{
    struct reference ref;
    struct found found;
    struct source_pos pos = place_or(v, in && in->entry ? in->entry->pos : NO_POS);
    const char *text = value_str(v);
    if (value_is(v, VALUE_REF)) {
        const struct instance *to = instance_at(lw, v->ref.address);
        if (!to || !is_of_section(to, section)) {
            lower_error(lw, E_BAD_REFERENCE, pos, NULL, "`%s` is not an entry of `%s`",
                        v->ref.address, section);
            return false;
        }
        target_add(lw, list, (struct target){to, NULL, pos});
        return true;
    }
    if (!text)
        return false; /* the schema says so */
    if (str_starts(text, "arn:")) {
        target_add(lw, list, (struct target){NULL, text, pos});
        return true;
    }
    if (!read_bare(lw, section, text, &ref)) {
        lower_error(lw, E_BAD_REFERENCE, pos, NULL, "`%s` does not name an entry of `%s`", text,
                    section);
        return false;
    }
    if (!find(lw, in, &ref, pos, &found))
        return false;
    for (size_t i = 0; i < found.len; i++)
        target_add(lw, list, (struct target){found.items[i], NULL, pos});
    return true;
}

bool targets_of(struct lowering *lw, const struct instance *in, const char *section,
                const struct value *v, struct targets *ret)
{
    struct target_list list = {0};
    bool ok = v != NULL;
    if (value_is(v, VALUE_LIST))
        for (size_t i = 0; i < v->list.len; i++)
            ok = add_targets(lw, in, section, v->list.items[i], &list) && ok;
    else if (v)
        ok = add_targets(lw, in, section, v, &list);
    *ret = (struct targets){list.items, list.len};
    return ok && list.len > 0;
}

bool target_of(struct lowering *lw, const struct instance *in, const char *section,
               const struct value *v, struct target *ret)
{
    struct targets targets;
    if (!targets_of(lw, in, section, v, &targets))
        return false;
    *ret = targets.items[0];
    if (targets.len == 1)
        return true;
    lower_error(lw, E_GROUP, ret->pos, NULL, "one of `%s` is wanted here, not %zu", section,
                targets.len);
    return false;
}

const struct value *target_value(struct lowering *lw, const struct target *target,
                                 const char *attribute)
{
    const struct value *v;
    struct arn arn;
    if (target->instance)
        v = value_ref(lw->arena, target->instance->address, attribute);
    else if (str_eq(attribute, "name") && arn_parse(slice_of(target->arn), &arn))
        v = value_string(lw->arena, arn_resource_name(lw->arena, &arn));
    else
        v = value_string(lw->arena, target->arn);
    return value_at(lw->arena, v, target->pos);
}

const struct value *ref_value(struct lowering *lw, const struct instance *in, const char *section,
                              const struct value *v, const char *attribute)
{
    struct target target;
    return target_of(lw, in, section, v, &target) ? target_value(lw, &target, attribute) : NULL;
}

static void account_add(struct lowering *lw, struct account_list *list,
                        const struct account *account)
{
    for (size_t i = 0; i < list->len; i++)
        if (list->items[i] == account)
            return;
    list->items = arena_grow(lw->arena, list->items, list->len, &list->cap, list->len + 1,
                             sizeof(*list->items));
    list->items[list->len++] = account;
}

bool accounts_add(struct lowering *lw, struct account_list *list, const struct value *name)
{
    struct reference ref;
    const char *text = value_str(name);
    if (!text)
        return false;
    if (!read_bare(lw, "accounts", text, &ref)) {
        lower_error(lw, E_BAD_REFERENCE, name->pos, NULL, "`%s` does not name an account", text);
        return false;
    }
    const struct account_entry *entry = map_get(&lw->account_entries, ref.name);
    if (!entry) {
        unknown_entry(lw, "accounts", ref.name, name->pos);
        return false;
    }
    bool any = false;
    for (size_t i = 0; i < entry->len; i++)
        if (ref.member_len == 0 || account_is_called(entry->members[i], ref.members[0])) {
            account_add(lw, list, entry->members[i]);
            any = true;
        }
    if (!any)
        lower_error(lw, E_BAD_REFERENCE, name->pos, NULL, "`%s` has no member `%s`", ref.name,
                    ref.members[0]);
    return any;
}
