#include "engine/raise/items.h"

#include <string.h>

static const struct kind kinds[] = {
    {"aws_backup_region_settings", "region_settings", NULL, NULL, NULL},
    {"aws_kms_key", "keys", NULL, NULL, NULL},
    {"aws_kms_alias", NULL, "aws_kms_key", "target_key_id", "/alias"},
    {"aws_backup_vault", "vaults", NULL, NULL, NULL},
    {"aws_backup_vault_lock", NULL, "aws_backup_vault", "backup_vault_name", "/lock"},
    {"aws_backup_vault_policy", NULL, "aws_backup_vault", "backup_vault_name", "/policy"},
    {"aws_backup_vault_notifications", NULL, "aws_backup_vault", "backup_vault_name",
     "/notifications"},
    {"aws_sns_topic", "topics", NULL, NULL, NULL},
    {"aws_sns_subscription", NULL, "aws_sns_topic", "topic_arn", "/subscriptions."},
    {"aws_iam_role", "roles", NULL, NULL, NULL},
    {"aws_sqs_queue", "queues", NULL, NULL, NULL},
    {"aws_backup_plan", "plans", NULL, NULL, NULL},
    {"aws_backup_selection", NULL, "aws_backup_plan", "backup_plan_id", "/selections."},
    {"aws_lambda_function", "functions", NULL, NULL, NULL},
    {"aws_log_group", NULL, "aws_lambda_function", "name", "/log_group"},
    {"aws_event_rule", "rules", NULL, NULL, NULL},
    {"aws_lambda_permission", NULL, "aws_event_rule", "source_arn", "/permission"},
    {"aws_cloudwatch_alarm", "alarms", NULL, NULL, NULL},
    {"aws_event_bus", "buses", NULL, NULL, NULL},
    {"aws_event_bus_policy", NULL, "aws_event_bus", "event_bus_name", "/policy"},
};

#define LOG_PREFIX "/aws/lambda/"
#define DEFAULT_ROLE "AWSBackupDefaultServiceRole"

static const struct kind *kind_of(struct arena *arena, const char *type)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(kinds[i].type, type))
            return &kinds[i];
    struct kind *other = arena_new_of(arena, struct kind);
    other->type = type;
    return other;
}

static size_t kind_order(const char *type)
{
    size_t i = 0;
    while (i < ARRAY_LEN(kinds) && !str_eq(kinds[i].type, type))
        i++;
    return i;
}

/* ---- what is not taken ---- */

/* Lowering makes these where somebody needs them. */
static bool is_shared(const struct finding *found)
{
    return str_eq(found->schema->type_name, "aws_iam_service_linked_role") ||
           (str_eq(found->schema->type_name, "aws_iam_role") &&
            str_eq(found->identifier, DEFAULT_ROLE)) ||
           str_eq(found->schema->type_name, "aws_backup_global_settings");
}

/* ---- items ---- */

static const char *key_of(const struct raise *r, const char *type, const struct account *account,
                          const char *region, const char *identifier)
{
    return object_key(r->arena, type, account->id, region, identifier);
}

struct item *item_of(const struct raise *r, const char *type, const struct account *account,
                     const char *region, const char *identifier)
{
    return identifier ? map_get(&r->by_id, key_of(r, type, account, region, identifier)) : NULL;
}

const char *item_arn(const struct raise *r, const struct item *item)
{
    const struct finding *found = item->found;
    const char *arn = value_get_str(found->attributes, "arn");
    return arn ? arn
               : schema_arn(r->arena, found->schema, found->account->id, found->region,
                            found->attributes);
}

/* By its identifier, its ARN, or the name of the log group that Lambda gives it. */
static struct item *parent_of(const struct raise *r, const struct item *item)
{
    const struct kind *kind = item->kind;
    if (!kind->parent_type)
        return NULL;
    const char *named = value_get_str(item->found->attributes, kind->parent_property);
    if (named && str_eq(kind->type, "aws_log_group"))
        named = str_starts(named, LOG_PREFIX) ? named + strlen(LOG_PREFIX) : NULL;
    if (!named)
        return NULL;
    struct item *parent = str_starts(named, "arn:") ? map_get(&r->by_arn, named) : NULL;
    if (!parent)
        parent = item_of(r, kind->parent_type, item->found->account, item->found->region, named);
    bool fits = parent && str_eq(parent->kind->type, kind->parent_type) &&
                parent->found->account == item->found->account;
    return fits ? parent : NULL;
}

/* Entries hold one of a kind, but for those whose parts have names. */
static bool is_taken(const struct item *parent, const struct kind *kind)
{
    for (const struct item *part = parent->first_part; part; part = part->next_part)
        if (part->kind == kind && !str_ends(kind->part, "."))
            return true;
    return false;
}

static void add_part(struct item *parent, struct item *item)
{
    struct item **end = &parent->first_part;
    while (*end)
        end = &(*end)->next_part;
    *end = item;
    item->parent = parent;
}

static size_t account_order(const struct raise *r, const struct account *account)
{
    return (size_t)(account - r->input->topology->accounts);
}

static int compare(const struct raise *r, const struct finding *a, const struct finding *b)
{
    size_t x = account_order(r, a->account), y = account_order(r, b->account);
    if (x != y)
        return x < y ? -1 : 1;
    int order = strcmp(a->region ? a->region : "", b->region ? b->region : "");
    if (order)
        return order;
    x = kind_order(a->schema->type_name);
    y = kind_order(b->schema->type_name);
    if (x != y)
        return x < y ? -1 : 1;
    order = strcmp(a->schema->type_name, b->schema->type_name);
    return order ? order : strcmp(a->identifier, b->identifier);
}

/* Merge sort, since the order needs the context. */
static void sort(const struct raise *r, const struct finding **list, const struct finding **spare,
                 size_t len)
{
    size_t half = len / 2, a = 0, b = half;
    if (len < 2)
        return;
    sort(r, list, spare, half);
    sort(r, list + half, spare, len - half);
    for (size_t i = 0; i < len; i++) {
        bool first = b == len || (a < half && compare(r, list[a], list[b]) <= 0);
        spare[i] = first ? list[a++] : list[b++];
    }
    memcpy(list, spare, len * sizeof(*list));
}

static const struct finding **sorted(struct raise *r)
{
    const struct findings *all = r->input->findings;
    const struct finding **list = arena_array(r->arena, all->len, sizeof(*list));
    const struct finding **spare = arena_array(r->arena, all->len, sizeof(*spare));
    for (size_t i = 0; i < all->len; i++)
        list[i] = &all->items[i];
    sort(r, list, spare, all->len);
    return list;
}

static bool is_referred_to(const struct raise *r, const struct finding *vault)
{
    const char *arn =
        schema_arn(r->arena, vault->schema, vault->account->id, vault->region, vault->attributes);
    for (size_t i = 0; i < r->input->findings->len; i++) {
        const struct finding *plan = &r->input->findings->items[i];
        const struct value *rules = value_get(plan->attributes, "rules");
        for (size_t k = 0; value_is(rules, VALUE_LIST) && k < value_len(rules); k++) {
            const struct value *rule = value_item(rules, k);
            const struct value *copies = value_get(rule, "copy_actions");
            if (plan->account == vault->account && str_eq(plan->region, vault->region) &&
                str_eq(value_get_str(rule, "target_backup_vault_name"), vault->identifier))
                return true;
            for (size_t c = 0; c < value_len(copies); c++)
                if (str_eq(value_get_str(value_item(copies, c), "destination_backup_vault_arn"),
                           arn))
                    return true;
        }
    }
    return false;
}

static void remark(struct raise *r, const struct finding *found, const char *why)
{
    list_add_str(&r->remarks, arena_printf(r->arena, "%s: %s", finding_text(r->arena, found), why));
}

/* It stays at AWS for as long as nothing near it is changed. */
static void remark_unsaid(struct raise *r, const struct finding *found)
{
    const struct schema_node *root = found->schema->root;
    for (size_t i = 0; i < root->property_len; i++) {
        const struct schema_property *property = &root->properties[i];
        const struct value *unsaid =
            property->node->lost_with ? value_get(found->attributes, property->name) : NULL;
        for (size_t k = 0; value_is(unsaid, VALUE_LIST) && k < value_len(unsaid); k++)
            remark(r, found,
                   arena_printf(r->arena,
                                "there is no word for %s, which stays until that part of "
                                "the object is changed",
                                value_str(value_item(unsaid, k))));
    }
}

static void add_item(struct raise *r, const struct finding *found)
{
    bool own = finding_is_aws_own(found);
    bool external =
        own && str_eq(found->schema->type_name, "aws_backup_vault") && is_referred_to(r, found);
    if (own && !external) {
        remark(r, found, "AWS's own");
        return;
    }
    struct item *item = &r->items[r->len++];
    *item = (struct item){.found = found,
                          .kind = kind_of(r->arena, found->schema->type_name),
                          .external = external,
                          .shared = is_shared(found)};
    remark_unsaid(r, found);
    map_set(&r->by_id,
            key_of(r, item->kind->type, found->account, found->region, found->identifier), item);
    const char *arn = item_arn(r, item);
    if (arn && !map_get(&r->by_arn, arn))
        map_set(&r->by_arn, arn, item);
}

/* Code that nobody fetched cannot be said, and what only serves the function goes with it. */
static void leave_out_code(struct raise *r, struct item *item)
{
    if (!str_eq(item->kind->type, "aws_lambda_function") || item->found->code)
        return;
    item->form = FORM_LEFT_OUT;
    item->why = "its code was not fetched: name a folder for it with --out";
    remark(r, item->found, item->why);
    for (struct item *part = item->first_part; part; part = part->next_part)
        part->form = FORM_LEFT_OUT;
}

void items_make(struct raise *r)
{
    const struct findings *all = r->input->findings;
    const struct finding **list = sorted(r);
    r->items = arena_array(r->arena, all->len, sizeof(*r->items));
    for (size_t i = 0; i < all->len; i++)
        add_item(r, list[i]);
    for (size_t i = 0; i < r->len; i++) {
        struct item *item = &r->items[i], *parent = parent_of(r, item);
        if (parent && !is_taken(parent, item->kind))
            add_part(parent, item);
        else if (!item->kind->section)
            item->form = FORM_BARE;
    }
    for (size_t i = 0; i < r->len; i++)
        leave_out_code(r, &r->items[i]);
}

/* ---- forms ---- */

enum form item_form(const struct item *item)
{
    enum form above = item->parent ? item_form(item->parent) : FORM_SHORT;
    if (above >= FORM_BARE && item->form < FORM_BARE)
        return FORM_BARE;
    return item->form;
}

bool item_is_entry(const struct item *item)
{
    enum form form = item_form(item);
    return !item->shared && form != FORM_LEFT_OUT && (form == FORM_BARE || !item->parent);
}

const char *item_address(const struct raise *r, const struct item *item)
{
    enum form form = item_form(item);
    if (item->shared || form == FORM_LEFT_OUT)
        return NULL;
    if (form == FORM_BARE)
        return arena_printf(r->arena, "resources.%s", item->bare_name);
    if (!item->parent)
        return arena_printf(r->arena, "%s.%s", item->kind->section, item->name);
    bool named = str_ends(item->kind->part, ".");
    return arena_printf(r->arena, "%s%s%s", item_address(r, item->parent), item->kind->part,
                        named ? item->name : "");
}

bool item_demote(struct raise *r, struct item *item, const char *why)
{
    enum form form = item_form(item);
    item->why = why;
    if (form == FORM_LEFT_OUT)
        return false;
    item->form = form + 1;
    if (item->external || item->form == FORM_LEFT_OUT) {
        item->form = FORM_LEFT_OUT;
        remark(r, item->found, why);
    }
    return true;
}
