#include "engine/adopt/beside.h"

#include <string.h>

#include "engine/adopt/leads.h"
#include "engine/aws/arn.h"
#include "engine/aws/managed_policies.h"

#define DEFAULT_BUS "default"
#define BACKUP "backup.amazonaws.com"

struct beside {
    struct arena *arena;
    const struct beside_input *input;
    struct sights *sights;
    struct map seen; /* "type account region identifier" */
    const char *arn; /* that leads there now, or NULL */
};

/* An object that is looked at; nobody has declared it. */
struct look {
    struct beside *beside;
    struct sight sight;
    const char *identifier;
};

/* What may stand in a backup's way, or open one to it. */
static const char *const types[] = {"aws_backup_vault",      "aws_backup_vault_policy",
                                    "aws_backup_vault_lock", "aws_backup_vault_notifications",
                                    "aws_kms_key",           "aws_iam_role",
                                    "aws_lambda_permission", "aws_sqs_queue",
                                    "aws_sns_topic",         NULL};

static const struct account *account_of(const struct beside *b, const char *id)
{
    for (size_t i = 0; i < b->input->topology->account_len; i++)
        if (str_eq(b->input->topology->accounts[i].id, id))
            return &b->input->topology->accounts[i];
    return NULL;
}

/* ---- one object ---- */

static void follow_all(struct beside *b, const struct sight *sight, const char *identifier);

/* A part that is not there is nothing to speak of; what something names and is not there is. */
static void read_ended(void *ctx, const struct op_outcome *outcome)
{
    struct look *look = ctx;
    struct beside *b = look->beside;
    struct sight *sight = &look->sight;
    sight->state = outcome->result == OP_RESULT_DONE   ? SIGHT_THERE
                   : outcome->result == OP_RESULT_GONE ? SIGHT_GONE
                                                       : SIGHT_UNREAD;
    if (sight->state == SIGHT_THERE)
        sight->attributes = value_copy(b->arena, outcome->attributes);
    bool named = value_get(sight->resource->properties, "arn") != NULL;
    if (sight->state != SIGHT_GONE || named)
        sights_add(b->sights, sight);
    if (sight->state == SIGHT_THERE)
        follow_all(b, sight, look->identifier);
}

static const struct resource *resource_of(struct beside *b, const struct schema *schema,
                                          const struct account *account, const char *region,
                                          const char *identifier)
{
    struct resource *resource = arena_new_of(b->arena, struct resource);
    struct map_builder properties = map_begin(b->arena);
    map_put_str(&properties, "arn", b->arn);
    *resource = (struct resource){.address = arena_printf(b->arena, "the %s %s in %s%s%s",
                                                          schema->title, identifier, account->name,
                                                          region ? " " : "", region ? region : ""),
                                  .schema = schema,
                                  .account = account,
                                  .region = region,
                                  .properties = map_end(&properties)};
    return resource;
}

static void look_at(struct beside *b, const char *type, const struct account *account,
                    const char *region, const char *identifier)
{
    const struct schema *schema = schema_of(b->input->schemas, type);
    const char *key = object_key(b->arena, type, account->id, region, identifier);
    if (map_get(&b->seen, key))
        return;
    map_set(&b->seen, key, b);
    struct look *look = arena_new_of(b->arena, struct look);
    *look = (struct look){.beside = b, .identifier = arena_strdup(b->arena, identifier)};
    look->sight.resource = resource_of(b, schema, account, region, look->identifier);
    struct op_spec spec = {.kind = OP_READ,
                           .ops = provider_ops(type),
                           .schema = schema,
                           .address = look->sight.resource->address,
                           .account_id = account->id,
                           .region = region,
                           .partition = account->partition,
                           .identifier = look->identifier,
                           .prior = look->sight.resource->properties};
    loop_start(b->input->loop, &spec, read_ended, look);
}

/* ---- what leads to others ---- */

static void follow(void *ctx, const struct lead *lead)
{
    struct beside *b = ctx;
    const struct account *account = account_of(b, lead->account_id);
    if (account && str_is_one_of(lead->type, types) && !strpbrk(lead->identifier, "*?"))
        look_at(b, lead->type, account, lead->region, lead->identifier);
}

static void follow_arn(struct beside *b, const char *arn)
{
    b->arn = arn;
    leads_of_arn(b->arena, arn, follow, b);
    b->arn = NULL;
}

/* Every ARN in it, documents included. */
static void follow_value(struct beside *b, const struct value *v)
{
    for (size_t i = 0; value_is(v, VALUE_MAP) && i < v->map.len; i++)
        follow_value(b, v->map.entries[i].value);
    for (size_t i = 0; value_is(v, VALUE_LIST) && i < value_len(v); i++)
        follow_value(b, value_item(v, i));
    const char *text = value_str(v);
    if (text && str_starts(text, "arn:"))
        follow_arn(b, text);
}

/* Those of AWS whose text is known need no reading. */
static void follow_policy(struct beside *b, const struct account *account, const char *arn)
{
    const char *slash = arn ? strrchr(arn, '/') : NULL;
    if (!slash || managed_policy_find(arn))
        return;
    b->arn = arn;
    look_at(b, "aws_iam_policy", account, NULL, slash + 1);
    b->arn = NULL;
}

static void follow_policies(struct beside *b, const struct sight *role)
{
    const struct value *arns = value_get(role->attributes, "managed_policy_arns");
    for (size_t i = 0; i < value_len(arns); i++)
        follow_policy(b, role->resource->account, value_str(value_item(arns, i)));
    follow_policy(b, role->resource->account,
                  value_get_str(role->attributes, "permissions_boundary"));
}

/* Its parts, and the key of a vault. Where nobody has declared the object itself, what its
 * documents name is none of ours. */
static void follow_all(struct beside *b, const struct sight *sight, const char *identifier)
{
    const struct finding finding = {.schema = sight->resource->schema,
                                    .account = sight->resource->account,
                                    .region = sight->resource->region,
                                    .identifier = identifier,
                                    .attributes = sight->attributes};
    leads_of(b->arena, b->input->schemas, &finding, follow, b);
    if (str_eq(finding.schema->type_name, "aws_iam_role"))
        follow_policies(b, sight);
}

static void settle(struct beside *b)
{
    while (loop_turn(b->input->loop))
        ;
}

/* ---- the whole ---- */

static const struct value *properties_of(const struct sight *sight)
{
    return sight->state == SIGHT_THERE ? sight->attributes : sight->resource->properties;
}

static void note_seen(struct beside *b, const struct sight *sight)
{
    const struct resource *r = sight->resource;
    const char *identifier = schema_identifier(b->arena, r->schema, properties_of(sight));
    if (identifier)
        map_set(&b->seen,
                object_key(b->arena, r->schema->type_name, r->account->id, r->region, identifier),
                b);
}

static void follow_declared(struct beside *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const struct sight sight = b->sights->items[i];
        const char *identifier =
            schema_identifier(b->arena, sight.resource->schema, properties_of(&sight));
        follow_value(b, properties_of(&sight));
        if (sight.state == SIGHT_THERE && identifier)
            follow_all(b, &sight, identifier);
    }
    const struct topology *topology = b->input->topology;
    for (size_t i = 0; i < topology->relay_len; i++) {
        follow_value(b, topology->relays[i].config);
        look_at(b, "aws_event_bus_policy", topology->relays[i].account, topology->relays[i].region,
                DEFAULT_BUS);
    }
    follow_value(b, topology->source_keys);
}

/* The role that AWS Backup keeps in an account, whose ARN everybody knows. */
static void look_at_linked_role(struct beside *b, const struct account *account)
{
    b->arn = arena_printf(b->arena,
                          "arn:%s:iam::%s:role/aws-service-role/" BACKUP "/AWSServiceRoleForBackup",
                          account->partition, account->id);
    look_at(b, "aws_iam_service_linked_role", account, NULL, BACKUP);
    b->arn = NULL;
}

static void look_at_settings(struct beside *b)
{
    const struct topology *topology = b->input->topology;
    const struct account *management = account_of(b, b->sights->management_account_id);
    for (size_t i = 0; i < topology->account_len; i++) {
        look_at_linked_role(b, &topology->accounts[i]);
        if (topology->accounts[i].assume_role)
            follow_arn(b, topology->accounts[i].assume_role);
    }
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *plan = &topology->resources[i];
        if (str_eq(plan->schema->type_name, "aws_backup_plan"))
            look_at(b, "aws_backup_region_settings", plan->account, plan->region,
                    plan->account->id);
    }
    look_at(b, "aws_backup_global_settings", management ? management : topology->accounts, NULL,
            management ? management->id : topology->accounts->id);
}

/* The messages came after the objects: they say why nothing was read. */
static void note_reasons(struct beside *b, size_t first)
{
    const struct diags *messages = b->input->messages;
    for (size_t i = first; i < b->sights->len; i++) {
        struct sight *sight = &b->sights->items[i];
        if (sight->state != SIGHT_UNREAD)
            continue;
        sight->why = "nobody could read it";
        for (size_t k = 0; k < messages->len; k++)
            if (str_eq(messages->items[k].address, sight->resource->address))
                sight->why = messages->items[k].message;
    }
}

void beside_read(struct arena *arena, const struct beside_input *input, struct sights *sights)
{
    struct beside b = {.arena = arena, .input = input, .sights = sights};
    size_t declared = sights->len;
    map_init(&b.seen, arena);
    for (size_t i = 0; i < declared; i++)
        note_seen(&b, &sights->items[i]);
    look_at_settings(&b);
    follow_declared(&b, declared);
    settle(&b);
    note_reasons(&b, declared);
}
