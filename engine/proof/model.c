#include "engine/proof/model.h"

#include "engine/aws/arn.h"
#include "engine/aws/managed_policies.h"
#include "engine/base/json.h"
#include "engine/config/iam_document.h"

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

/* As it was read; else what AWS would invent: only that it is the same everywhere matters. */
static const struct value *made_up(void *ctx, const char *address, const char *attribute)
{
    struct model *model = ctx;
    const struct resource *resource = topology_find(model->topology, address);
    const struct sight *sight = sight_of(model->sights, address);
    const struct value *seen = sight ? value_get(sight->attributes, attribute) : NULL;
    if (seen)
        return seen;
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

static const char *arn_of(struct model *model, const struct model_object *object)
{
    const struct resource *resource = object->resource;
    const char *seen = value_get_str(object->properties, "arn");
    if (seen)
        return seen;
    if (str_eq(resource->schema->type_name, "aws_kms_key"))
        return value_str(made_up(model, resource->address, "arn"));
    return schema_arn(model->arena, resource->schema, resource->account->id, resource->region,
                      object->properties);
}

static const char *place_key(struct arena *arena, const char *type, const char *account,
                             const char *region)
{
    return arena_printf(arena, "%s %s %s", type, account, region ? region : "");
}

/* By which property something is found as a part of what that property names. */
static const struct part_row {
    const char *type, *property;
} part_rows[] = {
    {"aws_backup_vault_policy", "backup_vault_name"},
    {"aws_backup_vault_lock", "backup_vault_name"},
    {"aws_backup_vault_notifications", "backup_vault_name"},
    {"aws_backup_selection", "backup_plan_id"},
    {"aws_kms_key", "alias"},
    {"aws_kms_alias", "name"},
    {"aws_event_bus_policy", "event_bus_name"},
    {"aws_lambda_event_invoke_config", "function_name"},
};

static const char *part_key(struct arena *arena, const char *type, const char *account,
                            const char *region, const char *text)
{
    return arena_printf(arena, "%s of %s", place_key(arena, type, account, region), text);
}

static void list_part(struct model *model, struct model_object *object)
{
    const struct resource *of = object->resource;
    for (size_t i = 0; i < ARRAY_LEN(part_rows); i++) {
        if (!str_eq(part_rows[i].type, of->schema->type_name))
            continue;
        const char *text = value_get_str(object->properties, part_rows[i].property);
        if (text)
            add_to(model,
                   part_key(model->arena, part_rows[i].type, of->account->id, of->region, text),
                   object);
    }
}

/* What the organization has once lies in no account. */
static const char *place_of(struct model *model, const struct resource *resource)
{
    bool once = resource->schema->scope == SCOPE_ORGANIZATION;
    return place_key(model->arena, resource->schema->type_name, once ? "" : resource->account->id,
                     resource->region);
}

static void list_object(struct model *model, struct model_object *object)
{
    add_to(model, place_of(model, object->resource), object);
    list_part(model, object);
    if (object->arn)
        map_set(&model->by_arn, object->arn, object);
}

/* What the file says of what is there, of what is still to be made, and of what nobody could read.
 */
static void add_declared(struct model *model, struct model_object *object)
{
    const struct value *desired = model_resolve(model, object->resource->properties);
    const struct sight *sight = object->sight;
    bool there = sight && sight->state == SIGHT_THERE;
    object->properties = there ? sight_properties(model->arena, sight, desired) : desired;
    object->arn = arn_of(model, object);
    if (!sight || sight->state != SIGHT_GONE) {
        add_to(model, object->resource->schema->type_name, object);
        list_object(model, object);
        return;
    }
    const char *recorded = value_get_str(sight->attributes, "arn");
    const char *arn = recorded ? recorded : object->arn;
    if (arn)
        map_set(&model->gone, arn, object);
}

static void add_other(struct model *model, struct model_object *object)
{
    const struct sight *sight = object->sight;
    const struct resource *resource = sight->resource;
    object->resource = resource;
    object->properties = sight->attributes ? sight->attributes : resource->properties;
    object->arn = arn_of(model, object);
    map_set(&model->by_address, resource->address, object);
    if (sight->state == SIGHT_THERE)
        list_object(model, object);
    else if (sight->state == SIGHT_UNREAD)
        map_set(&model->unread, place_of(model, resource), (void *)(uintptr_t)sight->why);
    else if (object->arn)
        map_set(&model->gone, object->arn, object);
}

static void add_relay(struct model *model, const struct relay_entry *relay)
{
    const char *vault = value_get_str(relay->config, "source_vault_arn");
    struct model_relays *list = map_get(&model->relays_of, vault);
    if (!list) {
        list = arena_new_of(model->arena, struct model_relays);
        map_set(&model->relays_of, vault, list);
    }
    list->items = arena_grow(model->arena, list->items, list->len, &list->cap, list->len + 1,
                             sizeof(*list->items));
    list->items[list->len++] = relay;
    map_set(&model->relays, relay->address, (void *)(uintptr_t)relay);
}

static void init_maps(struct model *model)
{
    struct map *const maps[] = {
        &model->by_arn,         &model->by_type,        &model->by_address,
        &model->gone,           &model->unread,         &model->policies,
        &model->roles,          &model->accounts,       &model->queues,
        &model->controls[0][0], &model->controls[0][1], &model->controls[1][0],
        &model->controls[1][1], &model->relays,         &model->relays_of};
    for (size_t i = 0; i < ARRAY_LEN(maps); i++)
        map_init(maps[i], model->arena);
}

void model_init(struct model *model, struct arena *arena, const struct topology *topology,
                const struct sights *sights)
{
    *model = (struct model){.arena = arena, .topology = topology, .sights = sights};
    size_t most = topology->resource_len + (sights ? sights->len : 0) + 1;
    init_maps(model);
    for (size_t i = 0; i < topology->account_len; i++)
        map_set(&model->accounts, topology->accounts[i].id,
                (void *)(uintptr_t)&topology->accounts[i]);
    for (size_t i = 0; i < topology->relay_len; i++)
        add_relay(model, &topology->relays[i]);
    model->objects = arena_array(arena, most, sizeof(*model->objects));
    for (; model->len < topology->resource_len; model->len++) {
        struct model_object *object = &model->objects[model->len];
        object->resource = &topology->resources[model->len];
        object->sight = sight_of(sights, object->resource->address);
        add_declared(model, object);
    }
    for (size_t i = 0; sights && i < sights->len; i++) {
        if (topology_find(topology, sights->items[i].resource->address))
            continue;
        struct model_object *object = &model->objects[model->len++];
        object->sight = &sights->items[i];
        add_other(model, object);
    }
}

const struct relay_entry *model_relay(const struct model *model, const char *address)
{
    return address ? map_get(&model->relays, address) : NULL;
}

const struct model_relays *model_relays_of(const struct model *model, const char *vault_arn)
{
    static const struct model_relays none;
    const struct model_relays *list = vault_arn ? map_get(&model->relays_of, vault_arn) : NULL;
    return list ? list : &none;
}

const struct model_object *model_find(const struct model *model, const char *arn)
{
    return arn ? map_get(&model->by_arn, arn) : NULL;
}

const struct model_object *model_at(const struct model *model, const char *address)
{
    const struct resource *resource = topology_find(model->topology, address);
    return resource  ? &model->objects[resource - model->topology->resources]
           : address ? map_get(&model->by_address, address)
                     : NULL;
}

const char *model_id(const struct model_object *object)
{
    const char *id = value_get_str(object->properties, "id");
    return id ? id : object->resource->address;
}

bool object_is_gone(const struct model_object *object)
{
    return object->sight && object->sight->state == SIGHT_GONE;
}

bool model_is_gone(const struct model *model, const char *arn)
{
    return arn && map_get(&model->gone, arn);
}

bool model_is_open(const struct model_object *object)
{
    return object->resource->external && !(object->sight && object->sight->state == SIGHT_THERE);
}

const char *model_unread(const struct model *model, const char *type, const char *account,
                         const char *region)
{
    return map_get(&model->unread, place_key(model->arena, type, account, region));
}

const struct model_list *model_all(const struct model *model, const char *type)
{
    const struct model_list *list = map_get(&model->by_type, type);
    return list ? list : &nothing;
}

const struct model_list *model_in(const struct model *model, const char *type, const char *account,
                                  const char *region)
{
    return model_all(model, place_key(model->arena, type, account, region));
}

const struct model_list *model_parts(const struct model *model, const char *type,
                                     const char *account, const char *region, const char *text)
{
    return text ? model_all(model, part_key(model->arena, type, account, region, text)) : &nothing;
}

const struct model_object *model_part(const struct model *model, const char *type,
                                      const char *account, const char *region, const char *text)
{
    const struct model_list *list = model_parts(model, type, account, region, text);
    return list->len > 0 ? list->items[0] : NULL;
}

const struct model_object *model_of_vault(const struct model *model, const char *type,
                                          const struct model_object *vault)
{
    return vault ? model_part(model, type, vault->resource->account->id, vault->resource->region,
                              value_get_str(vault->properties, "name"))
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

/* ---- grants ---- */

size_t model_grants(struct model *model, const char *key_arn, const struct kms_grant **ret)
{
    return kms_grants_parse(model->arena, sight_grants(model->sights, key_arn), ret);
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
        .unknown = boundary.unknown ? boundary.unknown : identity.unknown,
        .unknown_rights = identity.unknown};
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
    known = model_policy(model, iam_document(model->arena, NULL, list_end(&statements)));
    map_set(&model->policies, key, (void *)(uintptr_t)known);
    return known;
}

/* ---- the organization ---- */

enum standing { STANDS_ELSEWHERE, STANDS_PERHAPS, STANDS_THERE };

/* Everybody stands in the root; whether a unit lies in another one its id does not tell. */
static enum standing stands_in(const struct model *model, const char *target, const char *account)
{
    const struct account *a = model_account(model, account);
    if (!a)
        return STANDS_ELSEWHERE;
    if (str_eq(target, a->id) || str_starts(target, "r-") || str_eq(target, a->unit))
        return STANDS_THERE;
    return str_starts(target, "ou-") ? STANDS_PERHAPS : STANDS_ELSEWHERE;
}

static enum standing reaches(const struct model *model, const struct value *targets,
                             const char *account)
{
    enum standing most = STANDS_ELSEWHERE;
    for (size_t i = 0; i < value_len(targets); i++) {
        const char *target = value_str(value_item(targets, i));
        enum standing one = target ? stands_in(model, target, account) : STANDS_ELSEWHERE;
        most = one > most ? one : most;
    }
    return most;
}

static const char *control_type(bool of_resources)
{
    return of_resources ? "RESOURCE_CONTROL_POLICY" : "SERVICE_CONTROL_POLICY";
}

/* AWS attaches FullAWSAccess everywhere, and each policy of the topology stands beside it: so they
 * can be taken as one level each without changing what is allowed. */
static struct model_levels *levels_of(struct model *model, const char *account, bool of_resources,
                                      enum standing standing)
{
    const struct model_list *list = model_all(model, "aws_organizations_policy");
    struct policy_list *levels = arena_array(model->arena, list->len + 1, sizeof(*levels));
    struct model_levels *ret = arena_new_of(model->arena, struct model_levels);
    bool managed_here = str_eq(account, model_management_account(model));
    for (size_t i = 0; i < list->len && !managed_here; i++) {
        const struct value *p = list->items[i]->properties;
        const struct policy *policy = model_policy(model, value_get(p, "content"));
        if (!policy || !str_eq(value_get_str(p, "type"), control_type(of_resources)) ||
            reaches(model, value_get(p, "targets"), account) != standing)
            continue;
        const struct policy **pair = arena_array(model->arena, 2, sizeof(const struct policy *));
        pair[0] = model_all_rights(model);
        pair[1] = policy;
        if (ret->len == 0)
            ret->first = list->items[i]->resource->address;
        levels[ret->len++] = (struct policy_list){pair, 2};
    }
    ret->items = levels;
    return ret;
}

/* As they were read: of each level whatever is attached there. */
static struct model_levels *levels_seen(struct model *model, const struct value *seen)
{
    struct model_levels *ret = arena_new_of(model->arena, struct model_levels);
    struct policy_list *levels = arena_array(model->arena, value_len(seen) + 1, sizeof(*levels));
    for (size_t i = 0; i < value_len(seen); i++) {
        const struct value *documents = value_item(seen, i);
        const struct policy **list =
            arena_array(model->arena, value_len(documents) + 1, sizeof(const struct policy *));
        levels[i].items = list;
        for (size_t k = 0; k < value_len(documents); k++) {
            const struct policy *policy = model_policy(model, value_item(documents, k));
            if (policy)
                list[levels[i].len++] = policy;
        }
    }
    *ret = (struct model_levels){.items = levels, .len = value_len(seen)};
    return ret;
}

const char *model_organization(const struct model *model, const char *account)
{
    const char *seen =
        model->sights && account ? map_get(&model->sights->organizations, account) : NULL;
    return seen ? seen : model->topology->organization_id;
}

bool model_knows_organization(const struct model *model, const char *account)
{
    return model_account(model, account) ||
           (model->sights && account && map_get(&model->sights->organizations, account));
}

const char *model_management_account(const struct model *model)
{
    const char *seen = model->sights ? model->sights->management_account_id : NULL;
    return seen ? seen : model->topology->management_account_id;
}

static struct model_levels *levels_for(struct model *model, const char *account, bool of_resources,
                                       enum standing standing)
{
    const struct sight_controls *seen = sight_controls_of(model->sights, account);
    if (!seen)
        return levels_of(model, account, of_resources, standing);
    return standing == STANDS_THERE
               ? levels_seen(model, of_resources ? seen->rcps : seen->scps)
               : arena_new_of(model->arena, struct model_levels); /* all that holds was read */
}

static struct model_levels controls(struct model *model, const char *account, bool of_resources,
                                    enum standing standing)
{
    struct map *known = &model->controls[of_resources][standing == STANDS_PERHAPS];
    if (!account)
        return (struct model_levels){0};
    struct model_levels *levels = map_get(known, account);
    if (!levels) {
        levels = levels_for(model, account, of_resources, standing);
        map_set(known, account, levels);
    }
    return *levels;
}

struct model_levels model_controls(struct model *model, const char *account, bool of_resources)
{
    return controls(model, account, of_resources, STANDS_THERE);
}

struct model_levels model_possible_controls(struct model *model, const char *account,
                                            bool of_resources)
{
    return controls(model, account, of_resources, STANDS_PERHAPS);
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
