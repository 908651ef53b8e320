/* The roles with which the relays look into their last vaults: only copying crosses accounts, so to
 * see what has arrived a relay takes on a role there, which trusts the roles of the relays. Where
 * they are more than a trust policy may name, several readers share them, by the ids of their
 * accounts, so that an account that comes or goes moves no other one. Their number is a power of
 * two: where it doubles, half of each stays. */
#include "engine/aws/arn.h"
#include "engine/config/iam_document.h"
#include "engine/config/lower_relays.h"
#include "engine/policy/quota.h"

#define READERS_MAX 1024

static const char *const list_points[] = {"backup:ListRecoveryPointsByBackupVault", NULL};
static const char *const assume_role[] = {"sts:AssumeRole", NULL};

struct reader {
    const char *address;
    const struct value *name;
    struct list_builder vaults, relays, arns; /* the roles of relays, and what their ARNs will be */
};

/* The readers in one account. */
struct readers {
    const struct account *account;
    struct reader *items;
    size_t len;
    const struct value *by_name; /* a trust that lists nobody, or NULL */
};

/* The ARN that the function's role has in this account, or in any ("*"). */
static const char *role_arn(struct lowering *lw, const struct instance *in, const char *account)
{
    return arn_role(lw->arena, in->account->partition, account,
                    value_str(global_name_of(lw, in, "role")));
}

static const struct value *trust_by_list(struct lowering *lw, struct list_builder *roles)
{
    struct list_builder trust = list_begin(lw->arena);
    list_add(&trust, iam_statement(lw->arena, NULL, "Allow", iam_aws(lw->arena, list_end(roles)),
                                   assume_role, NULL, NULL));
    return iam_document(lw->arena, NULL, list_end(&trust));
}

/* The roles of the relays by their name, in whatever account of the organization: for a list that
 * would not fit. NULL: no organization is declared. */
static const struct value *trust_by_organization(struct lowering *lw,
                                                 const struct relay_group *group)
{
    struct arena *arena = lw->arena;
    const char *id = value_get_str(value_get(lw->doc, "organization"), "id");
    struct list_builder roles = list_begin(arena), trust = list_begin(arena);
    if (!id)
        return NULL;
    for (size_t i = 0; i < group->len; i++)
        relay_add_once_str(&roles, role_arn(lw, group->relays[i].in, "*"));
    struct map_builder condition = map_begin_from(
        arena, iam_condition(arena, "ArnLike", "aws:PrincipalArn", list_end(&roles)));
    map_put(&condition, "StringEquals",
            value_get(
                iam_condition(arena, "StringEquals", "aws:PrincipalOrgID", value_string(arena, id)),
                "StringEquals"));
    list_add(&trust, iam_statement(arena, NULL, "Allow", iam_everybody(arena), assume_role, NULL,
                                   map_end(&condition)));
    return iam_document(arena, NULL, list_end(&trust));
}

static struct reader *reader_of(const struct readers *readers, const struct relay_draft *relay)
{
    size_t id = 0;
    for (const char *digit = relay->in->account->id; *digit; digit++)
        id = id * 10 + (size_t)(*digit - '0');
    return &readers->items[id & (readers->len - 1)];
}

static struct reader empty_reader(struct lowering *lw, const struct relay_group *group,
                                  const struct account *account, size_t number)
{
    struct arena *arena = lw->arena;
    const char *relay = group->entry->address, *first = group->entry->first_name;
    struct reader reader = {
        .vaults = list_begin(arena), .relays = list_begin(arena), .arns = list_begin(arena)};
    reader.address = number ? arena_printf(arena, "%s/reader[%s,%zu]", relay, account->name, number)
                            : arena_printf(arena, "%s/reader[%s]", relay, account->name);
    reader.name = number ? value_stringf(arena, "%s-%s-reader-%zu", lw->topology, first, number)
                         : value_stringf(arena, "%s-%s-reader", lw->topology, first);
    return reader;
}

/* Once, since the relays of an account stand together. */
static void add_role(struct lowering *lw, struct reader *reader, const struct instance *in)
{
    const char *arn = role_arn(lw, in, in->account->id);
    size_t len = reader->arns.len;
    if (len > 0 && str_eq(value_str(list_items(&reader->arns)[len - 1]), arn))
        return;
    list_add_str(&reader->arns, arn);
    list_add(&reader->relays,
             value_ref(lw->arena, arena_printf(lw->arena, "%s/role", in->global_address), "arn"));
}

/* Deals the relays out to so many readers. */
static void deal(struct lowering *lw, const struct relay_group *group, struct readers *readers,
                 size_t len)
{
    readers->items = arena_array(lw->arena, len, sizeof(*readers->items));
    readers->len = len;
    for (size_t i = 0; i < len; i++)
        readers->items[i] = empty_reader(lw, group, readers->account, i);
    for (size_t i = 0; i < group->len; i++) {
        const struct relay_draft *relay = &group->relays[i];
        struct reader *reader = reader_of(readers, relay);
        for (size_t j = 0; j < relay->destination_len; j++) {
            if (relay->destinations[j].account != readers->account)
                continue;
            relay->destinations[j].reader = reader->address;
            relay_add_once_str(&reader->vaults, relay->destinations[j].arn);
            add_role(lw, reader, relay->in);
        }
    }
}

static bool all_fit(struct lowering *lw, const struct readers *readers)
{
    for (size_t i = 0; i < readers->len; i++) {
        const struct value *trust = trust_by_list(lw, &readers->items[i].arns);
        if (policy_size(lw->arena, trust, POLICY_QUOTA_TRUST) >
            policy_quota_usual(POLICY_QUOTA_TRUST))
            return false;
    }
    return true;
}

static struct readers *readers_in(struct lowering *lw, const struct relay_group *group,
                                  const struct account *account)
{
    struct readers *readers = arena_new_of(lw->arena, struct readers);
    *readers = (struct readers){.account = account};
    deal(lw, group, readers, 1);
    if (all_fit(lw, readers))
        return readers;
    readers->by_name = trust_by_organization(lw, group);
    while (!readers->by_name && readers->len < READERS_MAX && !all_fit(lw, readers))
        deal(lw, group, readers, readers->len * 2);
    return readers;
}

static void make_reader(struct lowering *lw, const struct relay_group *group,
                        const struct readers *readers, struct reader *reader)
{
    struct arena *arena = lw->arena;
    struct list_builder statements = list_begin(arena);
    struct map_builder map = map_begin(arena);
    if (!reader->relays.len)
        return;
    list_add(&statements, iam_statement(arena, "ListPoints", "Allow", NULL, list_points,
                                        list_end(&reader->vaults), NULL));
    map_put(&map, "name", reader->name);
    map_put(&map, "description",
            value_stringf(arena, "The relay %s looks into its last vaults with this role",
                          group->entry->address));
    map_put(&map, "assume_role_policy_document",
            readers->by_name ? readers->by_name : trust_by_list(lw, &reader->relays));
    map_put(&map, "inline_policies",
            relay_inline_policy(lw, "reader", iam_document(arena, NULL, list_end(&statements))));
    draft_add_at(lw, group->relays[0].in, reader->address, readers->account, NULL, "aws_iam_role",
                 map_end(&map));
}

struct map relay_readers(struct lowering *lw, const struct relay_group *group)
{
    struct map all;
    map_init(&all, lw->arena);
    for (size_t i = 0; i < group->len; i++)
        for (size_t j = 0; j < group->relays[i].destination_len; j++) {
            const struct account *account = group->relays[i].destinations[j].account;
            if (account && !map_get(&all, account->id))
                map_set(&all, account->id, readers_in(lw, group, account));
        }
    return all;
}

void relay_readers_make(struct lowering *lw, const struct relay_group *group,
                        const struct map *readers)
{
    for (size_t i = 0; i < readers->len; i++) {
        const struct readers *in_account = readers->entries[i].value;
        for (size_t j = 0; j < in_account->len; j++)
            make_reader(lw, group, in_account, &in_account->items[j]);
    }
}
