#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/partition.h"
#include "engine/config/lower.h"
#include "engine/config/ref.h"

#define ENTRY_NAME_MAX 32

/* The sections whose entries are placed. Relays and restores follow their source vaults, so vaults
 * stand before them. */
enum placement { PLACE_REGION, PLACE_ACCOUNT, PLACE_BY_TYPE, PLACE_BY_SOURCE };
static const struct {
    const char *name;
    enum placement placement;
} sections[] = {
    {"region_settings", PLACE_REGION}, {"keys", PLACE_REGION},       {"vaults", PLACE_REGION},
    {"roles", PLACE_ACCOUNT},          {"plans", PLACE_REGION},      {"rules", PLACE_REGION},
    {"functions", PLACE_REGION},       {"queues", PLACE_REGION},     {"topics", PLACE_REGION},
    {"buses", PLACE_REGION},           {"alarms", PLACE_REGION},     {"relays", PLACE_BY_SOURCE},
    {"restores", PLACE_BY_SOURCE},     {"resources", PLACE_BY_TYPE},
};

struct diag *lower_report(struct lowering *lw, enum diag_code code, struct source_pos pos,
                          const char *address, const char *message)
{
    char *key = arena_printf(lw->arena, "%u:%u:%u:%s", pos.file, pos.line, pos.col, message);
    struct diag *earlier = map_get(&lw->reported, key);
    if (earlier)
        return earlier;
    struct diag *diag = diag_error(lw->diags, code, pos, address, "%s", message);
    map_set(&lw->reported, key, diag);
    return diag;
}

struct source_pos place_or(const struct value *v, struct source_pos otherwise)
{
    return v && v->pos.file ? v->pos : otherwise;
}

bool entry_name_is_valid(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > ENTRY_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!letter && (i == 0 || !other))
            return false;
    }
    return true;
}

void check_entry_name(struct lowering *lw, const struct value_entry *e)
{
    if (!entry_name_is_valid(e->key))
        lower_error(lw, E_BAD_VALUE, e->key_pos, NULL,
                    "`%s` cannot name an entry: a letter, then up to %d letters, digits, `_` or "
                    "`-`",
                    e->key, ENTRY_NAME_MAX - 1);
}

struct entry *entry_of(const struct lowering *lw, const char *section, const char *name)
{
    struct strbuf sb;
    strbuf_init(&sb, lw->arena, 1024);
    strbuf_addf(&sb, "%s.%s", section, name);
    return map_get(&lw->entries, strbuf_str(&sb));
}

const struct account *account_by_id(const struct lowering *lw, const char *id)
{
    for (size_t i = 0; i < lw->account_len; i++)
        if (str_eq(lw->accounts[i].id, id))
            return &lw->accounts[i];
    return NULL;
}

void refuse_expression(struct lowering *lw, const char *what, const struct value *v)
{
    if (!value_is(v, VALUE_STRING) || !ref_has_expression(v->string))
        return;
    struct diag *d = lower_error(lw, E_BAD_EXPRESSION, v->pos, NULL,
                                 "%s cannot be taken from somewhere else", what);
    diag_hint(lw->diags, d, "Write it out, or use ${variables.x}.");
}

/* --- regions ----------------------------------------------------------------------------------
 */
static void add_region(struct lowering *lw, const struct value_entry *e)
{
    check_entry_name(lw, e);
    bool group = value_is(e->value, VALUE_LIST);
    size_t len = group ? e->value->list.len : 1;
    struct region_entry *region = arena_new_of(lw->arena, struct region_entry);
    const char **codes = arena_array(lw->arena, len, sizeof(*codes));
    size_t kept = 0;
    for (size_t i = 0; i < len; i++) {
        const struct value *item = group ? e->value->list.items[i] : e->value;
        const char *code = value_str(item);
        refuse_expression(lw, "a Region's code", item);
        if (code)
            codes[kept++] = code;
    }
    *region = (struct region_entry){e->key, codes, kept, group, e->key_pos};
    map_set(&lw->region_entries, e->key, region);
}

static void add_regions(struct lowering *lw)
{
    const struct value *regions = value_get(lw->doc, "regions");
    if (value_is(regions, VALUE_MAP))
        for (size_t i = 0; i < regions->map.len; i++)
            add_region(lw, &regions->map.entries[i]);
}

/* --- placement --------------------------------------------------------------------------------
 */
/* The names of a map of entries, for a message. */
static const char *names_in(struct lowering *lw, const struct map *map)
{
    struct strbuf sb;
    strbuf_init(&sb, lw->arena, 4096);
    for (size_t i = 0; i < map->len && i < 8; i++)
        strbuf_addf(&sb, "%s%s", i ? ", " : "", map->entries[i].key);
    return strbuf_str(&sb);
}

static void *find_place(struct lowering *lw, const struct entry *entry, const char *key,
                        const struct map *places)
{
    const struct value *v = value_get(entry->body, key);
    if (!v) {
        lower_error(lw, E_PLACEMENT, entry->pos, entry->address, "`%s` has no `%s`", entry->address,
                    key);
        return NULL;
    }
    const char *name = value_str(v);
    if (!name)
        return NULL; /* the schema says so */
    void *found = map_get(places, name);
    if (!found) {
        struct diag *d = lower_error(lw, E_PLACEMENT, place_or(v, entry->pos), entry->address,
                                     "`%s` is not an entry of `%ss`", name, key);
        if (places->len > 0)
            diag_hint(lw->diags, d, "Name an entry of `%ss`: %s.", key, names_in(lw, places));
        else
            diag_hint(lw->diags, d, "Add a section `%ss` that says what `%s` is.", key, name);
    }
    return found;
}

static const char *suffix_of(struct lowering *lw, const char *account, const char *region)
{
    if (account && region)
        return arena_printf(lw->arena, "[%s,%s]", account, region);
    if (account || region)
        return arena_printf(lw->arena, "[%s]", account ? account : region);
    return "";
}

/* An account is of one partition, and nothing of it is elsewhere. */
static void check_partition(struct lowering *lw, const struct instance *in)
{
    const char *partition = in->region ? partition_of_region(in->region) : in->account->partition;
    if (!str_eq(partition, in->account->partition))
        lower_error(lw, E_PARTITION, in->entry->pos, in->address,
                    "account `%s` is of the partition %s, and %s is of %s", in->account->name,
                    in->account->partition, in->region, partition);
}

static void add_instances(struct lowering *lw, struct entry *entry)
{
    const struct account_entry *account = entry->account;
    const struct region_entry *region = entry->region;
    size_t codes = region ? region->len : 1;
    entry->instances = arena_array(lw->arena, account->len * codes, sizeof(*entry->instances));
    for (size_t a = 0; a < account->len; a++)
        for (size_t r = 0; r < codes; r++) {
            struct instance *in = &entry->instances[entry->len++];
            const char *member = account->group ? account->members[a]->name : NULL;
            const char *code = region && region->group ? region->codes[r] : NULL;
            in->entry = entry;
            in->account = account->members[a];
            in->region = region ? region->codes[r] : NULL;
            in->address =
                arena_printf(lw->arena, "%s%s", entry->address, suffix_of(lw, member, code));
            in->global_address =
                arena_printf(lw->arena, "%s%s", entry->address, suffix_of(lw, member, NULL));
            in->name_suffix = code ? arena_printf(lw->arena, "-%s", code) : "";
            check_partition(lw, in);
        }
}

static const struct account_entry *lone_account(struct lowering *lw, const struct account *account)
{
    struct account_entry *lone = arena_new_of(lw->arena, struct account_entry);
    const struct account **members = arena_array(lw->arena, 1, sizeof(*members));
    members[0] = account;
    *lone = (struct account_entry){account->name, members, 1, false, NULL, account->pos};
    return lone;
}

static const struct region_entry *lone_region(struct lowering *lw, const char *code)
{
    struct region_entry *lone = arena_new_of(lw->arena, struct region_entry);
    const char **codes = arena_array(lw->arena, 1, sizeof(*codes));
    codes[0] = code;
    *lone = (struct region_entry){code, codes, 1, false, NO_POS};
    return lone;
}

/* A relay or a restore lives where its source vault lives: in all members of the vault's groups, or
 * in the one that the reference names. */
static bool place_by_source(struct lowering *lw, struct entry *entry)
{
    const struct value *source = value_get(entry->body, "source_vault");
    struct targets targets;
    if (!source)
        return false; /* the schema says so */
    struct instance nowhere = {.entry = entry};
    source = evaluate(lw, NULL, source);
    const struct entry *vault = bare_entry_of(lw, "vaults", source);
    if (vault) {
        entry->account = vault->account;
        entry->region = vault->region;
        return vault->len > 0;
    }
    if (!targets_of(lw, &nowhere, "vaults", source, &targets))
        return false;
    const struct target *target = &targets.items[0];
    if (targets.len != 1) {
        lower_error(lw, E_GROUP, target->pos, entry->address,
                    "`%s` has one source vault; name the group without [*] for one in each member",
                    entry->address);
        return false;
    }
    if (target->instance) {
        entry->account = lone_account(lw, target->instance->account);
        entry->region = lone_region(lw, target->instance->region);
        return true;
    }
    struct arn arn;
    const struct account *account = NULL;
    if (arn_parse(slice_of(target->arn), &arn))
        account = account_by_id(lw, arena_strndup(lw->arena, arn.account.ptr, arn.account.len));
    if (!account) {
        struct diag *d = lower_error(lw, E_PLACEMENT, target->pos, entry->address,
                                     "the account of `%s` is none of `accounts`", target->arn);
        diag_hint(lw->diags, d, "Add the account: `%s` lives in it.", entry->address);
        return false;
    }
    entry->account = lone_account(lw, account);
    entry->region = lone_region(lw, arena_strndup(lw->arena, arn.region.ptr, arn.region.len));
    return true;
}

/* `account` and `region` beside a source vault may only repeat what it says. */
static void check_same_place(struct lowering *lw, const struct entry *entry)
{
    const struct value *account = value_get(entry->body, "account");
    const struct value *region = value_get(entry->body, "region");
    if (value_str(account) && !str_eq(value_str(account), entry->account->name))
        diag_hint(lw->diags,
                  lower_error(lw, E_PLACEMENT, account->pos, entry->address,
                              "`%s` lives in the account of its source vault, `%s`", entry->address,
                              entry->account->name),
                  "Leave `account` out.");
    if (value_str(region) && !str_eq(value_str(region), entry->region->name))
        diag_hint(lw->diags,
                  lower_error(lw, E_PLACEMENT, region->pos, entry->address,
                              "`%s` lives in the Region of its source vault, `%s`", entry->address,
                              entry->region->name),
                  "Leave `region` out.");
}

static void unknown_type(struct lowering *lw, const struct entry *entry, const char *type)
{
    size_t limit = 4;
    const char *best = NULL;
    for (size_t i = 0; i < lw->schemas->types.len; i++) {
        const char *known = lw->schemas->types.entries[i].key;
        size_t distance = str_distance(type, known, limit);
        if (distance < limit) {
            limit = distance;
            best = known;
        }
    }
    struct diag *d =
        lower_error(lw, E_UNKNOWN_TYPE, place_or(value_get(entry->body, "type"), entry->pos),
                    entry->address, "there is no resource type `%s`", type);
    if (best)
        diag_hint(lw->diags, d, "Did you mean `%s`?", best);
}

static bool place(struct lowering *lw, struct entry *entry, enum placement placement)
{
    bool regional = placement == PLACE_REGION;
    if (placement == PLACE_BY_SOURCE) {
        if (!place_by_source(lw, entry))
            return false;
        check_same_place(lw, entry);
        return true;
    }
    if (placement == PLACE_BY_TYPE) {
        const char *type = value_get_str(entry->body, "type");
        const struct schema *schema = type ? schema_of(lw->schemas, type) : NULL;
        regional = schema && schema->scope == SCOPE_ACCOUNT_REGION;
        if (type && !schema)
            unknown_type(lw, entry, type);
        if (schema && !regional && value_get(entry->body, "region")) {
            struct diag *d = lower_error(lw, E_PLACEMENT, value_get(entry->body, "region")->pos,
                                         entry->address, "`%s` has no Region", type);
            diag_hint(lw->diags, d, "Leave `region` out.");
        }
        if (!schema)
            return false;
    }
    entry->account = find_place(lw, entry, "account", &lw->account_entries);
    if (regional)
        entry->region = find_place(lw, entry, "region", &lw->region_entries);
    return entry->account && (entry->region || !regional);
}

static void add_section(struct lowering *lw, const char *section, enum placement placement)
{
    const struct value *map = value_get(lw->doc, section);
    size_t first = lw->entries.len;
    if (!value_is(map, VALUE_MAP))
        return;
    for (size_t i = 0; i < map->map.len; i++) {
        const struct value_entry *e = &map->map.entries[i];
        check_entry_name(lw, e);
        struct entry *entry = arena_new_of(lw->arena, struct entry);
        entry->section = section;
        entry->name = e->key;
        entry->address = arena_printf(lw->arena, "%s.%s", section, e->key);
        entry->first_name = value_get_str(lw->options->first_names, entry->address);
        if (!entry->first_name)
            entry->first_name = entry->name;
        entry->body = e->value;
        entry->pos = e->key_pos;
        map_set(&lw->entries, entry->address, entry);
    }
    for (size_t i = first; i < lw->entries.len; i++) {
        struct entry *entry = lw->entries.entries[i].value;
        if (value_is(entry->body, VALUE_MAP) && place(lw, entry, placement))
            add_instances(lw, entry);
    }
}

void expand(struct lowering *lw)
{
    refuse_expression(lw, "the topology's name", value_get(lw->doc, "name"));
    add_regions(lw);
    accounts_expand(lw);
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        add_section(lw, sections[i].name, sections[i].placement);
    /* Bodies may refer to any entry, so they are read when all of them have their place. */
    for (size_t i = 0; i < lw->entries.len; i++) {
        struct entry *entry = lw->entries.entries[i].value;
        for (size_t j = 0; j < entry->len; j++)
            entry->instances[j].body = evaluate(lw, &entry->instances[j], entry->body);
    }
}
