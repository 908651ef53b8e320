#include "engine/proof/model.h"

#include "engine/aws/arn.h"
#include "engine/aws/managed_policies.h"
#include "engine/base/json.h"

#define LINKED_ROLE "role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"

static const char allow_all[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                                "\"Action\":\"*\",\"Resource\":\"*\"}]}";

/* ---- objects ---- */

static const struct model_list nothing;

static void add_to(struct model *model, const char *key, struct model_object *object)
{
    struct model_list *list = map_get(&model->by_type, key);
    if (!list) {
        list = arena_new_of(model->arena, struct model_list);
        map_set(&model->by_type, key, list);
    }
    list->items = arena_grow(model->arena, list->items, list->len, &list->cap, list->len + 1,
                             sizeof(struct model_object *));
    list->items[list->len++] = object;
}

/* What AWS would invent: only that it is the same everywhere matters. */
static const struct value *made_up(void *ctx, const char *address, const char *attribute)
{
    struct model *model = ctx;
    const struct resource *resource = topology_find(model->topology, address);
    if (resource && str_eq(attribute, "arn") && resource->account && resource->region)
        return value_stringf(model->arena, "arn:%s:%s:%s:%s:%s/%s", resource->account->partition,
                             resource->schema->service, resource->region, resource->account->id,
                             str_eq(resource->schema->service, "kms") ? "key" : "made-up", address);
    return value_string(model->arena, address);
}

const struct value *model_resolve(struct model *model, const struct value *v)
{
    return value_resolve(model->arena, v, made_up, model);
}

static const char *arn_of(struct model *model, const struct resource *resource,
                          const struct value *properties)
{
    if (str_eq(resource->schema->type_name, "aws_kms_key"))
        return value_str(made_up(model, resource->address, "arn"));
    return schema_arn(model->arena, resource->schema, resource->account->id, resource->region,
                      properties);
}

static void add_object(struct model *model, size_t i)
{
    const struct resource *resource = &model->topology->resources[i];
    struct model_object *object = &model->objects[i];
    object->resource = resource;
    object->properties = model_resolve(model, resource->properties);
    object->arn = arn_of(model, resource, object->properties);
    const char *type = resource->schema->type_name;
    add_to(model, type, object);
    add_to(model,
           arena_printf(model->arena, "%s %s %s", type, resource->account->id,
                        resource->region ? resource->region : ""),
           object);
    if (object->arn)
        map_set(&model->by_arn, object->arn, object);
}

void model_init(struct model *model, struct arena *arena, const struct topology *topology)
{
    *model = (struct model){.arena = arena, .topology = topology};
    map_init(&model->by_arn, arena);
    map_init(&model->by_type, arena);
    map_init(&model->policies, arena);
    map_init(&model->roles, arena);
    map_init(&model->scps, arena);
    map_init(&model->rcps, arena);
    map_init(&model->accounts, arena);
    for (size_t i = 0; i < topology->account_len; i++)
        map_set(&model->accounts, topology->accounts[i].id,
                (void *)(uintptr_t)&topology->accounts[i]);
    model->objects = arena_array(arena, topology->resource_len + 1, sizeof(*model->objects));
    for (size_t i = 0; i < topology->resource_len; i++)
        add_object(model, i);
}

const struct model_object *model_find(const struct model *model, const char *arn)
{
    return arn ? map_get(&model->by_arn, arn) : NULL;
}

const struct model_object *model_at(const struct model *model, const char *address)
{
    const struct resource *resource = topology_find(model->topology, address);
    return resource ? &model->objects[resource - model->topology->resources] : NULL;
}

const struct model_list *model_all(const struct model *model, const char *type)
{
    const struct model_list *list = map_get(&model->by_type, type);
    return list ? list : &nothing;
}

const struct model_list *model_in(const struct model *model, const char *type, const char *account,
                                  const char *region)
{
    return model_all(model, arena_printf(model->arena, "%s %s %s", type, account, region));
}

const struct model_object *model_part(const struct model *model, const char *type,
                                      const char *account, const char *region, const char *property,
                                      const char *text)
{
    const struct model_list *list = model_in(model, type, account, region);
    for (size_t i = 0; i < list->len; i++)
        if (str_eq(value_get_str(list->items[i]->properties, property), text))
            return list->items[i];
    return NULL;
}

const struct model_object *model_of_vault(const struct model *model, const char *type,
                                          const struct model_object *vault)
{
    return vault ? model_part(model, type, vault->resource->account->id, vault->resource->region,
                              "backup_vault_name", value_get_str(vault->properties, "name"))
                 : NULL;
}

/* ---- policies ---- */

static const struct policy unreadable;

const struct policy *model_policy(struct model *model, const struct value *doc)
{
    if (!doc)
        return NULL;
    const char *key = arena_printf(model->arena, "%p", (const void *)doc);
    const struct policy *known = map_get(&model->policies, key);
    if (!known) {
        struct diags diags;
        diags_init(&diags, model->arena);
        struct policy *policy = arena_new_of(model->arena, struct policy);
        known = policy_parse(model->arena, doc, policy, &diags, NULL) ? policy : &unreadable;
        map_set(&model->policies, key, (void *)(uintptr_t)known);
    }
    return known == &unreadable ? NULL : known;
}

static const struct policy *of_text(struct model *model, const char *text)
{
    const struct policy *known = map_get(&model->policies, text);
    if (known)
        return known;
    known = model_policy(model, value_string(model->arena, text));
    map_set(&model->policies, text, (void *)(uintptr_t)known);
    return known;
}

const struct policy *model_all_rights(struct model *model)
{
    return of_text(model, allow_all);
}

/* AWS's own, or one that the topology makes; NULL: nobody knows what it says. */
static const struct policy *managed(struct model *model, const char *arn)
{
    const struct model_object *object = model_find(model, arn);
    if (object)
        return model_policy(model, value_get(object->properties, "policy_document"));
    struct arn parts;
    if (!managed_policy_find(arn) || !arn_parse(slice_of(arn), &parts))
        return NULL;
    const struct policy *known = map_get(&model->policies, arn);
    if (known)
        return known;
    const char *partition = arena_strndup(model->arena, parts.partition.ptr, parts.partition.len);
    known =
        model_policy(model, value_string(model->arena,
                                         managed_policy_document_in(model->arena, arn, partition)));
    map_set(&model->policies, arn, (void *)(uintptr_t)known);
    return known;
}

/* ---- roles ---- */

struct gathering {
    struct model *model;
    const struct policy **items;
    size_t len, cap;
    const char *unknown;
};

static void gather(struct gathering *g, const struct policy *policy, const char *name)
{
    if (!policy) {
        g->unknown = name;
        return;
    }
    g->items = arena_grow(g->model->arena, g->items, g->len, &g->cap, g->len + 1,
                          sizeof(const struct policy *));
    g->items[g->len++] = policy;
}

static struct model_role *role_of_topology(struct model *model, const struct model_object *object)
{
    struct gathering identity = {.model = model}, boundary = {.model = model};
    const struct value *inlines = value_get(object->properties, "inline_policies");
    const struct value *arns = value_get(object->properties, "managed_policy_arns");
    const char *limit = value_get_str(object->properties, "permissions_boundary");
    for (size_t i = 0; value_is(inlines, VALUE_MAP) && i < inlines->map.len; i++)
        gather(&identity, model_policy(model, inlines->map.entries[i].value),
               inlines->map.entries[i].key);
    for (size_t i = 0; i < value_len(arns); i++) {
        const char *arn = value_str(value_item(arns, i));
        if (arn)
            gather(&identity, managed(model, arn), arn);
    }
    if (limit)
        gather(&boundary, managed(model, limit), limit);
    struct model_role *role = arena_new_of(model->arena, struct model_role);
    *role = (struct model_role){
        .object = object,
        .identity = {identity.items, identity.len},
        .boundary = {boundary.items, boundary.len},
        .trust = model_policy(model, value_get(object->properties, "assume_role_policy_document")),
        .unknown = boundary.unknown ? boundary.unknown : identity.unknown};
    return role;
}

static struct model_role *linked_role(struct model *model)
{
    struct gathering identity = {.model = model};
    const char *arn = managed_policy_arn(model->arena, MANAGED_POLICY_BACKUP_LINKED, "aws");
    gather(&identity, managed(model, arn), arn);
    struct model_role *role = arena_new_of(model->arena, struct model_role);
    role->identity = (struct policy_list){identity.items, identity.len};
    return role;
}

const struct model_role *model_role(struct model *model, const char *arn)
{
    struct model_role *role = arn ? map_get(&model->roles, arn) : NULL;
    if (role || !arn)
        return role;
    const struct model_object *object = model_find(model, arn);
    if (object && str_eq(object->resource->schema->type_name, "aws_iam_role"))
        role = role_of_topology(model, object);
    else if (str_ends(arn, ":" LINKED_ROLE))
        role = linked_role(model);
    if (role)
        map_set(&model->roles, arn, role);
    return role;
}

const char *model_linked_role(struct model *model, const char *account)
{
    const struct account *a = model_account(model, account);
    return arena_printf(model->arena, "arn:%s:iam::%s:" LINKED_ROLE, a ? a->partition : "aws",
                        account);
}

/* ---- functions ---- */

static const struct value *permission_statement(struct arena *arena, const struct value *p,
                                                const char *function_arn)
{
    struct map_builder s = map_begin(arena), principal = map_begin(arena), like = map_begin(arena),
                       equals = map_begin(arena), condition = map_begin(arena);
    const char *who = value_get_str(p, "principal");
    map_put_str(&principal, who && str_ends(who, ".amazonaws.com") ? "Service" : "AWS", who);
    map_put_str(&s, "Sid", value_get_str(p, "statement_id"));
    map_put_str(&s, "Effect", "Allow");
    if (str_eq(who, "*"))
        map_put_str(&s, "Principal", who);
    else
        map_put(&s, "Principal", map_end(&principal));
    map_put(&s, "Action", value_get(p, "action"));
    map_put_str(&s, "Resource", function_arn);
    map_put(&like, "AWS:SourceArn", value_get(p, "source_arn"));
    map_put(&equals, "AWS:SourceAccount", value_get(p, "source_account"));
    if (like.len)
        map_put(&condition, "ArnLike", map_end(&like));
    if (equals.len)
        map_put(&condition, "StringEquals", map_end(&equals));
    if (condition.len)
        map_put(&s, "Condition", map_end(&condition));
    return map_end(&s);
}

static bool names_function(const char *text, const struct model_object *function)
{
    return str_eq(text, function->arn) || str_eq(text, value_get_str(function->properties, "name"));
}

const struct policy *model_function_policy(struct model *model, const struct model_object *function)
{
    const char *key = arena_printf(model->arena, "policy of %s", function->arn);
    const struct policy *known = map_get(&model->policies, key);
    if (known)
        return known;
    struct list_builder statements = list_begin(model->arena);
    const struct model_list *list =
        model_in(model, "aws_lambda_permission", function->resource->account->id,
                 function->resource->region);
    for (size_t i = 0; i < list->len; i++) {
        const struct value *p = list->items[i]->properties;
        if (names_function(value_get_str(p, "function_name"), function))
            list_add(&statements, permission_statement(model->arena, p, function->arn));
    }
    struct map_builder b = map_begin(model->arena);
    map_put_str(&b, "Version", "2012-10-17");
    map_put(&b, "Statement", list_end(&statements));
    known = model_policy(model, map_end(&b));
    map_set(&model->policies, key, (void *)(uintptr_t)known);
    return known;
}

/* ---- the organization ---- */

static bool lies_in(const struct model *model, const char *target, const char *account)
{
    const struct account *a = model_account(model, account);
    return a && (str_eq(target, a->id) || str_starts(target, "r-") || str_eq(target, a->unit));
}

static bool reaches(const struct model *model, const struct value *targets, const char *account)
{
    for (size_t i = 0; i < value_len(targets); i++) {
        const char *target = value_str(value_item(targets, i));
        if (target && lies_in(model, target, account))
            return true;
    }
    return false;
}

/* AWS attaches FullAWSAccess everywhere, and each policy of the topology stands beside it: so they
 * can be taken as one level each without changing what is allowed. */
static struct model_levels *levels_of(struct model *model, const char *account, const char *type)
{
    const struct model_list *list = model_all(model, "aws_organizations_policy");
    struct policy_list *levels = arena_array(model->arena, list->len + 1, sizeof(*levels));
    struct model_levels *ret = arena_new_of(model->arena, struct model_levels);
    bool managed_here = str_eq(account, model->topology->management_account_id);
    for (size_t i = 0; i < list->len && !managed_here; i++) {
        const struct value *p = list->items[i]->properties;
        const struct policy *policy = model_policy(model, value_get(p, "content"));
        if (!policy || !str_eq(value_get_str(p, "type"), type) ||
            !reaches(model, value_get(p, "targets"), account))
            continue;
        const struct policy **pair = arena_array(model->arena, 2, sizeof(const struct policy *));
        pair[0] = model_all_rights(model);
        pair[1] = policy;
        levels[ret->len++] = (struct policy_list){pair, 2};
    }
    ret->items = levels;
    return ret;
}

struct model_levels model_controls(struct model *model, const char *account, bool of_resources)
{
    struct map *known = of_resources ? &model->rcps : &model->scps;
    if (!account)
        return (struct model_levels){0};
    struct model_levels *levels = map_get(known, account);
    if (!levels) {
        levels = levels_of(model, account,
                           of_resources ? "RESOURCE_CONTROL_POLICY" : "SERVICE_CONTROL_POLICY");
        map_set(known, account, levels);
    }
    return *levels;
}

const struct account *model_account(const struct model *model, const char *id)
{
    return id ? map_get(&model->accounts, id) : NULL;
}

const char *model_account_name(const struct model *model, const char *id)
{
    const struct account *account = model_account(model, id);
    return account ? account->name : id;
}

static const char *part(struct arena *arena, struct slice s)
{
    return s.len ? arena_strndup(arena, s.ptr, s.len) : NULL;
}

const char *model_account_of(struct arena *arena, const char *arn)
{
    struct arn parts;
    return arn && arn_parse(slice_of(arn), &parts) ? part(arena, parts.account) : NULL;
}

const char *model_region_of(struct arena *arena, const char *arn)
{
    struct arn parts;
    return arn && arn_parse(slice_of(arn), &parts) ? part(arena, parts.region) : NULL;
}
