#include "engine/adopt/scan.h"

#include <stdlib.h>
#include <string.h>

#include "engine/adopt/leads.h"
#include "engine/aws/tags.h"
#include "providers/aws/listing.h"

#define NAMES_SHOWN 5
#define DEFAULT_BUS "default" /* AWS's own: the rules on it are looked at, itself it is not */

/* Objects that are left out for the same reason: one line, however many they are. */
struct group {
    const char *reason;
    struct list_builder names;
};

struct scanner {
    struct arena *arena;
    const struct scan_input *input;
    struct findings *findings;
    struct diags *diags;
    struct map seen;    /* "type account region identifier" */
    struct map aliases; /* "account region key" -> struct list_builder * of names */
    struct map groups;  /* reason -> struct group * */
    bool last;          /* everything that is named has been seen: the rest has to be ours */
    bool failed, many;
};

/* A list that was asked for, or an object that is read. */
struct looking {
    struct scanner *scanner;
    const struct aws_listing *listing;
    const struct schema *schema;
    const struct account *account;
    const char *region, *identifier; /* of a list: the parent's, or NULL */
};

/* ---- what is left out ---- */

static void leave(struct scanner *s, const char *reason, const char *name)
{
    struct group *group = map_get(&s->groups, reason);
    if (!group) {
        group = arena_new_of(s->arena, struct group);
        *group = (struct group){reason, list_begin(s->arena)};
        map_set(&s->groups, reason, group);
    }
    list_add_str(&group->names, name);
}

static void write_group(struct scanner *s, const struct group *group)
{
    const struct value *names =
        value_sorted(s->arena, value_list(s->arena, list_items(&group->names), group->names.len));
    const char *line = arena_printf(s->arena, "%s: ", group->reason);
    for (size_t i = 0; i < value_len(names) && i < NAMES_SHOWN; i++)
        line =
            arena_printf(s->arena, "%s%s%s", line, i ? ", " : "", value_str(value_item(names, i)));
    if (value_len(names) > NAMES_SHOWN)
        line = arena_printf(s->arena, "%s and %zu more", line, value_len(names) - NAMES_SHOWN);
    list_add_str(&s->findings->remarks, line);
}

static int by_reason(const void *a, const void *b)
{
    const struct group *const *x = a, *const *y = b;
    return strcmp((*x)->reason, (*y)->reason);
}

static void write_groups(struct scanner *s)
{
    const struct group **groups = arena_array(s->arena, s->groups.len, sizeof(*groups));
    for (size_t i = 0; i < s->groups.len; i++)
        groups[i] = s->groups.entries[i].value;
    if (s->groups.len)
        qsort(groups, s->groups.len, sizeof(*groups), by_reason);
    for (size_t i = 0; i < s->groups.len; i++)
        write_group(s, groups[i]);
}

/* ---- objects ---- */

static const char *alias_key(struct scanner *s, const char *account_id, const char *region,
                             const char *key)
{
    return arena_printf(s->arena, "%s %s %s", account_id, region, key);
}

static void look_at(struct scanner *s, const char *type, const struct account *account,
                    const char *region, const char *identifier);
static void list(struct scanner *s, const char *type, const struct account *account,
                 const char *region, const char *parent);

static const struct account *account_of(const struct scanner *s, const char *id)
{
    for (size_t i = 0; i < s->input->topology->account_len; i++)
        if (str_eq(s->input->topology->accounts[i].id, id))
            return &s->input->topology->accounts[i];
    return NULL;
}

static bool has_region(const struct scanner *s, const char *region)
{
    for (size_t i = 0; i < s->input->topology->region_len; i++)
        if (str_eq(s->input->topology->regions[i], region))
            return true;
    return false;
}

/* Only where the file says that somebody should look. */
static void follow(void *ctx, const struct lead *lead)
{
    struct scanner *s = ctx;
    const struct account *account = account_of(s, lead->account_id);
    if (account && (!lead->region || has_region(s, lead->region)))
        look_at(s, lead->type, account, lead->region, lead->identifier);
}

static void follow_aliases(struct scanner *s, const struct finding *key)
{
    const struct list_builder *names =
        map_get(&s->aliases, alias_key(s, key->account->id, key->region, key->identifier));
    for (size_t i = 0; names && i < names->len; i++)
        look_at(s, "aws_kms_alias", key->account, key->region, value_str(list_items(names)[i]));
}

static void follow_all(struct scanner *s, const struct finding *finding)
{
    const char *type = finding->schema->type_name;
    leads_of(s->arena, s->input->schemas, finding, follow, s);
    if (str_eq(type, "aws_kms_key"))
        follow_aliases(s, finding);
    if (str_eq(type, "aws_backup_plan")) {
        list(s, "aws_backup_selection", finding->account, finding->region, finding->identifier);
        /* which kinds of resources its selections protect at all */
        look_at(s, "aws_backup_region_settings", finding->account, finding->region,
                finding->account->id);
    }
    if (str_eq(type, "aws_backup_restore_testing_plan"))
        list(s, "aws_backup_restore_testing_selection", finding->account, finding->region,
             finding->identifier);
    if (str_eq(type, "aws_event_bus"))
        list(s, "aws_event_rule", finding->account, finding->region, finding->identifier);
    if (str_eq(type, "aws_sns_topic"))
        list(s, "aws_sns_subscription", finding->account, finding->region,
             value_get_str(finding->attributes, "arn"));
}

static bool looks_at_backup(const struct finding *rule)
{
    const struct value *sources = value_pointer(rule->attributes, "/event_pattern/source");
    for (size_t i = 0; value_is(sources, VALUE_LIST) && i < value_len(sources); i++)
        if (str_eq(value_str(value_item(sources, i)), "aws.backup"))
            return true;
    return false;
}

/* Why an object that was found is none of the deployment; NULL: it is. */
static const char *reason_against(struct scanner *s, const struct finding *finding)
{
    const char *type = finding->schema->type_name, *owner = finding_owner(finding);
    bool ours = str_eq(owner, s->input->topology->name);
    if (owner && !ours)
        return arena_printf(s->arena, "of topology %s", owner);
    if (str_eq(type, "aws_event_rule") && !ours && !looks_at_backup(finding))
        return "rules that do not look at AWS Backup";
    if (str_eq(type, "aws_cloudwatch_alarm") && !ours &&
        !str_eq(value_get_str(finding->attributes, "namespace"), "AWS/Backup"))
        return "alarms of other metrics than AWS Backup's";
    return NULL;
}

/* Called as one of ours, and somebody else's: nothing to speak of. */
static bool is_namesake(const struct scanner *s, const struct finding *finding)
{
    return s->last && !str_eq(finding_owner(finding), s->input->topology->name) &&
           str_eq(finding->schema->type_name, "aws_iam_role");
}

static void read_ended(void *ctx, const struct op_outcome *outcome)
{
    struct looking *looking = ctx;
    struct scanner *s = looking->scanner;
    struct findings *all = s->findings;
    if (outcome->result == OP_RESULT_FAILED)
        s->failed = true; /* the message is there */
    if (outcome->result != OP_RESULT_DONE)
        return;
    struct finding finding = {.schema = looking->schema,
                              .account = looking->account,
                              .region = looking->region,
                              .identifier = looking->identifier,
                              .attributes = value_copy(s->arena, outcome->attributes)};
    const char *reason = reason_against(s, &finding);
    if (is_namesake(s, &finding))
        return;
    if (reason) {
        leave(s, reason, finding_text(s->arena, &finding));
        return;
    }
    all->items =
        arena_grow(s->arena, all->items, all->len, &all->cap, all->len + 1, sizeof(*all->items));
    all->items[all->len++] = finding;
    if (!finding_is_aws_own(&finding))
        follow_all(s, &finding);
}

/* A key that AWS manages is nobody's to declare. */
static bool is_aws_key(struct scanner *s, const char *type, const struct account *account,
                       const char *region, const char *identifier)
{
    if (!str_eq(type, "aws_kms_key"))
        return false;
    const struct list_builder *names =
        map_get(&s->aliases, alias_key(s, account->id, region, identifier));
    for (size_t i = 0; names && i < names->len; i++)
        if (str_starts(value_str(list_items(names)[i]), "alias/aws/"))
            return true;
    return false;
}

static size_t limit_of(const struct scanner *s)
{
    return s->input->limit ? s->input->limit : SCAN_OBJECTS_MAX;
}

static struct looking *looking_at(struct scanner *s, const struct account *account,
                                  const char *region, const char *identifier)
{
    struct looking *looking = arena_new_of(s->arena, struct looking);
    *looking = (struct looking){.scanner = s,
                                .account = account,
                                .region = region,
                                .identifier = arena_strdup(s->arena, identifier)};
    return looking;
}

static void look_at(struct scanner *s, const char *type, const struct account *account,
                    const char *region, const char *identifier)
{
    const char *key = object_key(s->arena, type, account->id, region, identifier);
    const struct schema *schema = schema_of(s->input->schemas, type);
    bool own = str_eq(type, "aws_event_bus") && str_eq(identifier, DEFAULT_BUS);
    if (map_get(&s->seen, key) || own || is_aws_key(s, type, account, region, identifier))
        return;
    map_set(&s->seen, key, s);
    if (s->seen.len > limit_of(s)) {
        s->many = true;
        return;
    }
    struct looking *looking = looking_at(s, account, region, identifier);
    looking->schema = schema;
    struct op_spec spec = {.kind = OP_READ,
                           .ops = provider_ops(type),
                           .schema = schema,
                           .address = arena_printf(s->arena, "%s %s", schema->title, identifier),
                           .account_id = account->id,
                           .region = region,
                           .partition = account->partition,
                           .identifier = looking->identifier};
    loop_start(s->input->loop, &spec, read_ended, looking);
}

/* ---- lists ---- */

static void unread(struct scanner *s, const char *what, const struct account *account,
                   const char *region, const struct response *rs)
{
    s->failed = true;
    if (!str_eq(rs->code, CODE_NO_SESSION)) /* said once, for the account */
        diag_error(s->diags, E_ADOPT_UNREAD, account->pos, NULL,
                   "%s cannot be listed in %s%s%s: %s: %s: %s", what, account->name,
                   region ? " " : "", region ? region : "", rs->operation,
                   rs->code ? rs->code : "no code", rs->message ? rs->message : "");
    list_add_str(
        &s->findings->remarks,
        arena_printf(s->arena, "whatever there is of %s in %s %s: it could not be read (%s)", what,
                     account->name, region ? region : "", rs->code ? rs->code : "no code"));
}

/* AWS lists a subscription that waits for its confirmation, or is being taken away, with a word in
 * place of its ARN: nothing can be asked about it. */
static bool has_no_arn(const struct looking *looking, const char *id)
{
    return str_eq(looking->listing->type, "aws_sns_subscription") && !str_starts(id, "arn:");
}

static void leave_unconfirmed(const struct looking *looking, const struct value *item)
{
    struct scanner *s = looking->scanner;
    const char *protocol = value_get_str(item, "Protocol"),
               *endpoint = value_get_str(item, "Endpoint");
    leave(s, "subscriptions that nobody has confirmed",
          arena_printf(s->arena, "%s %s of %s", protocol ? protocol : "", endpoint ? endpoint : "",
                       looking->identifier));
}

static void listed(void *ctx, const struct response *rs)
{
    struct looking *looking = ctx;
    struct scanner *s = looking->scanner;
    const struct aws_listing *listing = looking->listing;
    if (rs->fault != FAULT_NONE) {
        unread(s, looking->schema->title, looking->account, looking->region, rs);
        return;
    }
    const struct value *items = value_get(rs->body, listing->operation->items);
    for (size_t i = 0; i < value_len(items); i++) {
        const struct value *item = value_item(items, i);
        const char *id = aws_listing_identifier(s->arena, listing, looking->identifier, item);
        if (id && value_get_str(item, "ManagedBy"))
            leave(s, "made and kept by AWS",
                  arena_printf(s->arena, "the %s %s in %s %s", looking->schema->title,
                               value_get_str(item, listing->member), looking->account->name,
                               looking->region));
        else if (id && has_no_arn(looking, id))
            leave_unconfirmed(looking, item);
        else if (id)
            look_at(s, listing->type, looking->account, looking->region, id);
    }
}

/* Names of keys are kept until the keys are found. */
static void aliases_listed(void *ctx, const struct response *rs)
{
    struct looking *looking = ctx;
    struct scanner *s = looking->scanner;
    const struct value *items = value_get(rs->body, "Aliases");
    if (rs->fault != FAULT_NONE) {
        unread(s, looking->schema->title, looking->account, looking->region, rs);
        return;
    }
    for (size_t i = 0; i < value_len(items); i++) {
        const struct value *item = value_item(items, i);
        const char *target = value_get_str(item, "TargetKeyId");
        if (!target)
            continue;
        const char *key = alias_key(s, looking->account->id, looking->region, target);
        struct list_builder *names = map_get(&s->aliases, key);
        if (!names) {
            names = arena_new_of(s->arena, struct list_builder);
            *names = list_begin(s->arena);
            map_set(&s->aliases, key, names);
        }
        list_add_str(names, value_get_str(item, "AliasName"));
    }
}

static void list_to(struct scanner *s, const char *type, const struct account *account,
                    const char *region, const char *parent, aws_done_fn *done)
{
    struct looking *looking = looking_at(s, account, region, parent);
    looking->listing = aws_listing_of(type);
    looking->schema = schema_of(s->input->schemas, type);
    struct aws_call_spec spec =
        aws_listing_call(s->arena, looking->listing, account->id, region, parent);
    aws_call(s->input->loop, &spec, done, looking);
}

static void list(struct scanner *s, const char *type, const struct account *account,
                 const char *region, const char *parent)
{
    list_to(s, type, account, region, parent, listed);
}

/* ---- what this topology has made before ---- */

static void tagged_listed(void *ctx, const struct response *rs)
{
    struct looking *looking = ctx;
    struct scanner *s = looking->scanner;
    const struct value *items = value_get(rs->body, "ResourceTagMappingList");
    if (rs->fault != FAULT_NONE)
        unread(s, "what bears the tags of this topology", looking->account, looking->region, rs);
    for (size_t i = 0; rs->fault == FAULT_NONE && i < value_len(items); i++)
        leads_of_arn(s->arena, value_get_str(value_item(items, i), "ResourceARN"), follow, s);
}

/* A key that no vault has, a queue that nothing names: its owner tags tell that it is ours. */
static void list_tagged(struct scanner *s, const struct account *account, const char *region)
{
    struct arena *arena = s->arena;
    struct list_builder values = list_begin(arena), filters = list_begin(arena);
    struct map_builder filter = map_begin(arena), body = map_begin(arena);
    list_add_str(&values, s->input->topology->name);
    map_put_str(&filter, "Key", TAG_TOPOLOGY);
    map_put(&filter, "Values", list_end(&values));
    list_add(&filters, map_end(&filter));
    map_put(&body, "TagFilters", list_end(&filters));
    struct aws_call_spec spec = {.operation = &resourcegroupstaggingapi_GetResources,
                                 .account_id = account->id,
                                 .region = region,
                                 .body = map_end(&body),
                                 .all_pages = true};
    aws_call(s->input->loop, &spec, tagged_listed, looking_at(s, account, region, NULL));
}

/* The index of tags does not know roles: those that are called as this topology calls its own. */
static void roles_listed(void *ctx, const struct response *rs)
{
    struct looking *looking = ctx;
    struct scanner *s = looking->scanner;
    const char *prefix = arena_printf(s->arena, "%s-", s->input->topology->name);
    const struct value *items = value_get(rs->body, "Roles");
    if (rs->fault != FAULT_NONE)
        unread(s, looking->schema->title, looking->account, looking->region, rs);
    for (size_t i = 0; rs->fault == FAULT_NONE && i < value_len(items); i++) {
        const char *name = value_get_str(value_item(items, i), "RoleName");
        if (name && str_starts(name, prefix))
            look_at(s, "aws_iam_role", looking->account, NULL, name);
    }
}

/* ---- the organization ---- */

/* Any account may ask for it; its settings are told in the management account alone. */
static void organization_described(void *ctx, const struct response *rs)
{
    struct looking *looking = ctx;
    struct scanner *s = looking->scanner;
    const struct value *organization = value_get(rs->body, "Organization");
    const char *id = value_get_str(organization, "Id");
    const char *management = value_get_str(organization, "MasterAccountId");
    if (rs->fault != FAULT_NONE && !str_eq(rs->code, "AWSOrganizationsNotInUseException"))
        list_add_str(&s->findings->remarks,
                     arena_printf(s->arena, "the organization: %s does not tell it (%s)",
                                  looking->account->name, rs->code ? rs->code : "no code"));
    if (rs->fault != FAULT_NONE || !id || !management)
        return;
    s->findings->organization_id = arena_strdup(s->arena, id);
    s->findings->management_account_id = arena_strdup(s->arena, management);
    const struct account *account = account_of(s, management);
    if (account)
        look_at(s, "aws_backup_global_settings", account, NULL, account->id);
    else
        list_add_str(&s->findings->remarks,
                     arena_printf(s->arena,
                                  "the settings of the organization: its management account %s "
                                  "is not among `accounts`",
                                  management));
}

static void describe_organization(struct scanner *s)
{
    const struct account *first = &s->input->topology->accounts[0];
    struct looking *looking = looking_at(s, first, NULL, NULL);
    struct aws_call_spec spec = {.operation = &organizations_DescribeOrganization,
                                 .account_id = first->id,
                                 .region = s->input->topology->regions[0]};
    aws_call(s->input->loop, &spec, organization_described, looking);
}

/* ---- the whole ---- */

static void settle(struct scanner *s)
{
    while (loop_turn(s->input->loop))
        ;
}

static void each_place(struct scanner *s, const char *type, const char *parent, aws_done_fn *done)
{
    const struct topology *topology = s->input->topology;
    for (size_t i = 0; i < topology->account_len; i++)
        for (size_t k = 0; k < topology->region_len; k++)
            list_to(s, type, &topology->accounts[i], topology->regions[k], parent, done);
}

bool scan(struct arena *arena, const struct scan_input *input, struct findings *ret,
          struct diags *diags)
{
    static const struct {
        const char *type, *parent;
    } roots[] = {{"aws_backup_vault", NULL},       {"aws_backup_logically_air_gapped_vault", NULL},
                 {"aws_backup_plan", NULL},        {"aws_backup_framework", NULL},
                 {"aws_backup_report_plan", NULL}, {"aws_backup_restore_testing_plan", NULL},
                 {"aws_backup_legal_hold", NULL},  {"aws_event_rule", DEFAULT_BUS},
                 {"aws_cloudwatch_alarm", NULL}};
    struct scanner s = {.arena = arena, .input = input, .findings = ret, .diags = diags};
    *ret = (struct findings){.arena = arena, .remarks = list_begin(arena)};
    map_init(&s.seen, arena);
    map_init(&s.aliases, arena);
    map_init(&s.groups, arena);
    each_place(&s, "aws_kms_alias", NULL, aliases_listed);
    describe_organization(&s);
    settle(&s);
    for (size_t i = 0; i < input->topology->account_len; i++)
        look_at(&s, "aws_iam_service_linked_role", &input->topology->accounts[i], NULL,
                "backup.amazonaws.com");
    for (size_t i = 0; i < ARRAY_LEN(roots); i++)
        each_place(&s, roots[i].type, roots[i].parent, listed);
    for (size_t i = 0; i < input->topology->account_len; i++)
        for (size_t k = 0; k < input->topology->region_len; k++)
            list_tagged(&s, &input->topology->accounts[i], input->topology->regions[k]);
    settle(&s);
    s.last = true;
    for (size_t i = 0; i < input->topology->account_len; i++)
        list_to(&s, "aws_iam_role", &input->topology->accounts[i], NULL, NULL, roles_listed);
    settle(&s);
    write_groups(&s);
    if (s.many)
        diag_error(diags, E_ADOPT_MANY, NO_POS, NULL,
                   "there are more than %zu objects in these accounts and Regions", limit_of(&s));
    return !s.failed && !s.many;
}
