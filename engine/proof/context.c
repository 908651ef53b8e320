#include "engine/proof/context.h"

/* What a supplier looks at. */
struct asking {
    struct model *model;
    const struct ask *question;
    const struct ask_variant *variant;
    const char *caller, *owner;          /* accounts, or NULL */
    const struct model_object *resource; /* NULL: not in the topology, or not made by it */
};

/* Puts the value of `key`, or value_null() for a key that the request has not; nothing: open. */
typedef void supply_fn(const struct asking *a, const char *key, struct map_builder *b);

static void put(struct map_builder *b, const char *key, const struct value *v)
{
    if (v && !map_so_far(b, key))
        map_share_at(b, key, NO_POS, v);
}

static void put_text(struct map_builder *b, const char *key, const char *text)
{
    put(b, key, text ? value_string(b->arena, text) : NULL);
}

static void put_beginning(struct map_builder *b, const char *key, const char *text)
{
    put(b, key, text ? value_map_text(b->arena, "starts_with", text) : NULL);
}

static void never(const struct asking *a, const char *key, struct map_builder *b)
{
    (void)a;
    put(b, key, value_null());
}

static void always(const struct asking *a, const char *key, struct map_builder *b)
{
    (void)a;
    put(b, key, value_bool(true));
}

static void put_organization(const struct asking *a, const char *account, const char *key,
                             struct map_builder *b)
{
    put_text(b, key, account ? model_organization(a->model, account) : NULL);
}

/* A path goes from the organization through its root and units: the topology shows its start. */
static void put_paths(const struct asking *a, const char *account, const char *key,
                      struct map_builder *b)
{
    const char *id = account ? model_organization(a->model, account) : NULL;
    put_beginning(b, key, id ? arena_printf(b->arena, "%s/", id) : NULL);
}

/* ---- the caller ---- */

/* Services stand in no organization, and have no tags. */
static bool is_service(const struct asking *a)
{
    return !a->question->role;
}

/* Who means harm may come from an account of any organization. */
static bool may_stand_anywhere(const struct asking *a)
{
    return a->question->as_intruder && !model_knows_organization(a->model, a->caller);
}

static void principal_organization(const struct asking *a, const char *key, struct map_builder *b)
{
    if (is_service(a))
        never(a, key, b);
    else if (!may_stand_anywhere(a))
        put_organization(a, a->caller, key, b);
}

static void principal_paths(const struct asking *a, const char *key, struct map_builder *b)
{
    if (is_service(a))
        never(a, key, b);
    else if (!may_stand_anywhere(a))
        put_paths(a, a->caller, key, b);
}

static void of_services_only(const struct asking *a, const char *key, struct map_builder *b)
{
    if (!is_service(a))
        never(a, key, b);
}

/* All tags of an object that the topology makes are known. */
static void put_tags(const struct model_object *object, const char *family, struct map_builder *b)
{
    const struct value *tags = value_get(object->properties, "tags");
    for (size_t i = 0; value_is(tags, VALUE_MAP) && i < tags->map.len; i++)
        put(b, arena_printf(b->arena, "%s%s", family, tags->map.entries[i].key),
            tags->map.entries[i].value);
    put(b, family, value_null());
}

static void principal_tags(const struct asking *a, const char *key, struct map_builder *b)
{
    const struct model_role *role = model_role(a->model, a->question->role);
    if (is_service(a))
        never(a, key, b);
    else if (role && role->object)
        put_tags(role->object, key, b);
}

/* ---- for whom a service calls ---- */

/* Whoever is no service has no source; a service that names none may have one all the same, of the
 * account in which it calls. */
static bool has_source(const struct asking *a, const char *key, struct map_builder *b)
{
    bool has = is_service(a) && (a->question->source_arn || a->variant->with_source);
    if (!has)
        never(a, key, b);
    return has;
}

static const char *account_of_source(const struct asking *a)
{
    return a->question->source_arn ? model_account_of(a->model->arena, a->question->source_arn)
                                   : a->owner;
}

static void source_arn(const struct asking *a, const char *key, struct map_builder *b)
{
    if (has_source(a, key, b))
        put_text(b, key, a->question->source_arn);
}

static void source_account(const struct asking *a, const char *key, struct map_builder *b)
{
    if (has_source(a, key, b))
        put_text(b, key, account_of_source(a));
}

static void source_organization(const struct asking *a, const char *key, struct map_builder *b)
{
    if (has_source(a, key, b))
        put_organization(a, account_of_source(a), key, b);
}

static void source_paths(const struct asking *a, const char *key, struct map_builder *b)
{
    if (has_source(a, key, b))
        put_paths(a, account_of_source(a), key, b);
}

/* ---- the request ---- */

static void region(const struct asking *a, const char *key, struct map_builder *b)
{
    put_text(b, key, a->variant->region);
}

/* ---- the resource ---- */

static void resource_organization(const struct asking *a, const char *key, struct map_builder *b)
{
    put_organization(a, a->owner, key, b);
}

static void resource_paths(const struct asking *a, const char *key, struct map_builder *b)
{
    put_paths(a, a->owner, key, b);
}

static void resource_tags(const struct asking *a, const char *key, struct map_builder *b)
{
    if (a->resource)
        put_tags(a->resource, key, b);
}

/* ---- copies ---- */

static void copy_targets(const struct asking *a, const char *key, struct map_builder *b)
{
    put_text(b, key, a->question->copy_target);
}

static void copy_target_paths(const struct asking *a, const char *key, struct map_builder *b)
{
    const char *target = a->question->copy_target;
    put_paths(a, target ? model_account_of(b->arena, target) : NULL, key, b);
}

/* ---- keys ---- */

static bool is_of_key(const struct asking *a)
{
    return str_starts(a->question->action, "kms:");
}

static bool is_known_key(const struct asking *a)
{
    return a->resource && str_eq(a->resource->resource->schema->type_name, "aws_kms_key");
}

/* Services name a key by its ARN. */
static void of_keys_never(const struct asking *a, const char *key, struct map_builder *b)
{
    if (is_of_key(a))
        never(a, key, b);
}

static void grant_for_resource(const struct asking *a, const char *key, struct map_builder *b)
{
    static const char *const of_grants[] = {"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant",
                                            NULL};
    bool by_service = value_get(a->question->context, "kms:ViaService");
    if (!str_is_one_of(a->question->action, of_grants))
        of_keys_never(a, key, b);
    else
        put(b, key, value_bool(by_service));
}

static void key_aliases(const struct asking *a, const char *key, struct map_builder *b)
{
    struct list_builder names = list_begin(b->arena);
    if (!is_known_key(a))
        return;
    const struct resource *of = a->resource->resource;
    const struct model_list *aliases =
        model_in(a->model, "aws_kms_alias", of->account->id, of->region);
    for (size_t i = 0; i < aliases->len; i++) {
        const struct value *p = aliases->items[i]->properties;
        if (str_eq(value_get_str(p, "target_key_id"), model_id(a->resource)))
            list_add(&names, value_get(p, "name"));
    }
    put(b, key, list_end(&names));
}

static void put_property(const struct asking *a, const char *name, const char *otherwise,
                         const char *key, struct map_builder *b)
{
    const struct value *v = is_known_key(a) ? value_get(a->resource->properties, name) : NULL;
    put(b, key, v);
    put_text(b, key, is_known_key(a) ? otherwise : NULL);
}

static void key_spec(const struct asking *a, const char *key, struct map_builder *b)
{
    put_property(a, "key_spec", "SYMMETRIC_DEFAULT", key, b);
}

static void key_usage(const struct asking *a, const char *key, struct map_builder *b)
{
    put_property(a, "key_usage", "ENCRYPT_DECRYPT", key, b);
}

static void key_origin(const struct asking *a, const char *key, struct map_builder *b)
{
    put_text(b, key, is_known_key(a) ? "AWS_KMS" : NULL);
}

static void key_in_many_regions(const struct asking *a, const char *key, struct map_builder *b)
{
    put_property(a, "multi_region", "false", key, b);
}

/* ---- the whole ---- */

enum settled { BY_AWS, BY_CALLER };

static const struct row {
    const char *key;
    enum settled settled;
    supply_fn *supply;
} rows[] = {
#define CONTEXT(key, evidence, settled, supplier) {key, settled, supplier},
#include "engine/proof/contexts.inc"
#undef CONTEXT
};

const struct value *context_of(struct model *model, const struct ask *question,
                               const struct ask_variant *variant)
{
    struct map_builder b = map_begin_from(model->arena, question->context);
    const struct model_object *resource = model_find(model, question->resource);
    const struct asking asking = {
        .model = model,
        .question = question,
        .variant = variant,
        .caller = model_account_of(model->arena, question->role),
        .owner = question->resource_account ? question->resource_account
                                            : model_account_of(model->arena, question->resource),
        .resource = resource && !model_is_open(resource) ? resource : NULL,
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].settled == BY_AWS || !question->as_intruder)
            rows[i].supply(&asking, rows[i].key, &b);
    return map_end(&b);
}
