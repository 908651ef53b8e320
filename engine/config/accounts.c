#include "engine/aws/arn.h"
#include "engine/aws/partition.h"
#include "engine/config/lower.h"

/* One account of an entry: the entry itself, one of its `members`, or one of its unit's. */
struct member {
    const char *name;
    const struct value *id; /* as written, or as the organization told it; NULL: symbolic */
    struct source_pos pos;
    const char *unit;
};

static const char *first_region(const struct lowering *lw)
{
    for (size_t i = 0; i < lw->region_entries.len; i++) {
        const struct region_entry *region = lw->region_entries.entries[i].value;
        if (region->len > 0)
            return region->codes[0];
    }
    return NULL;
}

static struct account account_of(struct lowering *lw, const struct member *member,
                                 const struct value *body)
{
    struct arn arn;
    const char *digits = value_str(member->id);
    if (!digits || !account_id_is_valid(digits))
        digits = NO_ACCOUNT_ID; /* reported, or symbolic */
    refuse_expression(lw, "an account's id", member->id);
    struct account account = {.name = member->name,
                              .id = digits,
                              .partition = partition_of_region(first_region(lw)),
                              .unit = member->unit,
                              .symbolic = member->unit && !member->id,
                              .pos = member->pos};
    struct instance self = {.account = &account};
    account.assume_role = value_str(evaluate(lw, &self, value_get(body, "assume_role")));
    account.external_id = value_str(evaluate(lw, &self, value_get(body, "external_id")));
    account.session_name = value_str(evaluate(lw, &self, value_get(body, "session_name")));
    if (!account.assume_role)
        return account;
    if (arn_parse(slice_of(account.assume_role), &arn))
        account.partition = arena_strndup(lw->arena, arn.partition.ptr, arn.partition.len);
    else
        lower_error(lw, E_RULE_ARN, place_or(value_get(body, "assume_role"), member->pos), NULL,
                    "`%s` is not the ARN of a role", account.assume_role);
    return account;
}

/* What the organization said the unit holds; NULL: it was not asked. */
static const struct value *held_by(const struct lowering *lw, const char *unit)
{
    return value_get(lw->options->units, unit);
}

static size_t member_count(const struct lowering *lw, const struct value *body)
{
    const struct value *members = value_get(body, "members");
    const char *unit = value_get_str(body, "organizational_unit");
    if (members)
        return value_len(members);
    return unit && held_by(lw, unit) ? value_len(held_by(lw, unit)) : 1;
}

static struct member member_at(struct lowering *lw, const struct value_entry *e, size_t i)
{
    const struct value *members = value_get(e->value, "members");
    const char *unit = value_get_str(e->value, "organizational_unit");
    if (value_is(members, VALUE_MAP)) {
        const struct value_entry *member = &members->map.entries[i];
        check_entry_name(lw, member);
        return (struct member){member->key, member->value, member->key_pos, NULL};
    }
    if (!unit)
        return (struct member){e->key, value_get(e->value, "id"), e->key_pos, NULL};
    /* By its id, since an account may be renamed at any time and its addresses must not move. */
    const struct value *id = value_item(held_by(lw, unit), i);
    return (struct member){id ? value_str(id) : unit, id, e->key_pos, unit};
}

static void check_shape(struct lowering *lw, const struct value_entry *e)
{
    static const char *const shapes[] = {"id", "members", "organizational_unit"};
    const struct value *first = NULL, *second = NULL;
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        const struct value *v = value_get(e->value, shapes[i]);
        if (v && first)
            second = v;
        else if (v)
            first = v;
    }
    if (second)
        lower_error(lw, E_BAD_VALUE, place_or(second, e->key_pos), NULL,
                    "account `%s` may have only one of id, members and organizational_unit",
                    e->key);
    if (!first)
        lower_error(lw, E_MISSING_KEY, e->key_pos, NULL, "account `%s` has no `id`", e->key);
}

static void add_unit(struct lowering *lw, const struct value_entry *e,
                     const struct account_entry *entry)
{
    struct source_pos pos = place_or(value_get(e->value, "organizational_unit"), e->key_pos);
    if (!value_pointer(lw->doc, "/organization/account"))
        lower_error(lw, E_UNIT, pos, NULL,
                    "`%s` is read from the organization, and `organization` does not name the "
                    "`account` that may read it",
                    e->key);
    lw->units = arena_grow(lw->arena, lw->units, lw->unit_len, &lw->unit_cap, lw->unit_len + 1,
                           sizeof(*lw->units));
    lw->units[lw->unit_len++] =
        (struct organizational_unit){entry->unit, e->key, entry->members, entry->len, pos};
    if (entry->len == 0)
        lower_error(lw, E_UNIT, pos, NULL, "%s holds no active account", entry->unit);
}

static void add_account(struct lowering *lw, const struct value_entry *e)
{
    size_t len = member_count(lw, e->value);
    const struct account **list = arena_array(lw->arena, len + 1, sizeof(*list));
    struct account_entry *entry = arena_new_of(lw->arena, struct account_entry);
    check_entry_name(lw, e);
    check_shape(lw, e);
    for (size_t i = 0; i < len; i++) {
        struct member member = member_at(lw, e, i);
        lw->accounts[lw->account_len] = account_of(lw, &member, e->value);
        list[i] = &lw->accounts[lw->account_len++];
    }
    *entry = (struct account_entry){.name = e->key, .members = list, .len = len, .pos = e->key_pos};
    if (!value_get(e->value, "members"))
        entry->unit = value_get_str(e->value, "organizational_unit");
    entry->group = value_get(e->value, "members") || entry->unit;
    map_set(&lw->account_entries, e->key, entry);
    if (entry->unit)
        add_unit(lw, e, entry);
}

/* Under two names one account would pass for two: for source and destination of a copy, for one
 * that an intruder has not. What a unit holds the organization says. */
static void check_ids(struct lowering *lw)
{
    struct map by_id;
    map_init(&by_id, lw->arena);
    for (size_t i = 0; i < lw->account_len; i++) {
        const struct account *account = &lw->accounts[i];
        const struct account *first = map_get(&by_id, account->id);
        if (account->unit || str_eq(account->id, NO_ACCOUNT_ID))
            continue;
        if (!first) {
            map_set(&by_id, account->id, (void *)(uintptr_t)account);
            continue;
        }
        struct diag *diag = lower_error(lw, E_DUPLICATE_IDENTITY, account->pos, NULL,
                                        "`%s` and `%s` are one account, %s", first->name,
                                        account->name, account->id);
        if (diag)
            diag_hint(lw->diags, diag, "Keep one of the names, and use it everywhere.");
    }
}

void accounts_expand(struct lowering *lw)
{
    const struct value *accounts = value_get(lw->doc, "accounts");
    size_t total = 0;
    if (!value_is(accounts, VALUE_MAP))
        return;
    for (size_t i = 0; i < accounts->map.len; i++)
        total += member_count(lw, accounts->map.entries[i].value);
    lw->accounts = arena_array(lw->arena, total + 1, sizeof(*lw->accounts));
    for (size_t i = 0; i < accounts->map.len; i++)
        add_account(lw, &accounts->map.entries[i]);
    check_ids(lw);
}

bool account_is_called(const struct account *account, const char *member)
{
    return str_eq(account->name, member) || (account->symbolic && account_id_is_valid(member));
}
