/* From the handlers of a type and the object of a topology to rights. */
#include <fnmatch.h>
#include <string.h>

#include "engine/aws/partition.h"
#include "engine/base/bug.h"
#include "engine/base/strbuf.h"
#include "engine/permissions/rights.h"

#define ARN_MAX 2048

static const struct action_row {
    const char *action, *kinds;
    bool makes;
} actions[] = {
#define ACTION(action, kinds) {action, kinds, false},
#define MAKES(action, kinds) {action, kinds, true},
#include "engine/permissions/actions.inc"
#undef ACTION
#undef MAKES
};

static const struct target_row {
    const char *type, *kind;
    const char *pointer;  /* the property that names it, or NULL */
    const char *template; /* NULL: x-arn; of a pointer: the ARN itself */
    const char *shape;    /* of what the property names, or NULL */
    bool ours;
    const char *operator_name, *key, *value; /* a condition, or NULL */
} targets[] = {
#define TARGET(type, kind, template) {type, kind, NULL, template, NULL, false, NULL, NULL, NULL},
#define OURS(type, kind, template) {type, kind, NULL, template, NULL, true, NULL, NULL, NULL},
#define NAMED(type, kind, pointer) {type, kind, pointer, NULL, NULL, false, NULL, NULL, NULL},
#define PASSED(type, pointer, service)                                                             \
    {type, "role", pointer, NULL, NULL, false, "StringEquals", "iam:PassedToService", service},
#define SHAPED(type, kind, pointer, shape, template)                                               \
    {type, kind, pointer, template, shape, false, NULL, NULL, NULL},
#define LIMITED(type, kind, template, operator_name, key, value)                                   \
    {type, kind, NULL, template, NULL, false, operator_name, key, value},
#include "engine/permissions/targets.inc"
#undef TARGET
#undef OURS
#undef NAMED
#undef PASSED
#undef SHAPED
#undef LIMITED
};

static const struct limit_row {
    const char *action, *operator_name, *key, *value;
    bool via; /* the value is a service */
} limits[] = {
#define LIMIT(action, operator_name, key, value) {action, operator_name, key, value, false},
#define VIA(action, service) {action, "StringEquals", "kms:ViaService", service, true},
#define NEEDS(action, pointer) {action, NULL, NULL, pointer, false},
#include "engine/permissions/limits.inc"
#undef LIMIT
#undef VIA
#undef NEEDS
};

/* One action of one handler on one object. */
struct question {
    struct rights *rights;
    struct arena *arena;
    const struct resource *resource;
    const struct action_row *row;
    bool creates; /* the handler is "create" */
};

/* ---- what properties say ---- */

/* Every value that a pointer leads to; "*" stands for every item or value. */
static void collect(const struct value *v, struct slice pointer, struct list_builder *found)
{
    if (!v || value_is(v, VALUE_NULL))
        return;
    if (pointer.len == 0) {
        list_add(found, v);
        return;
    }
    struct slice rest = slice_from(pointer, 1), step = slice_cut(&rest, '/');
    if (rest.ptr)
        rest = (struct slice){rest.ptr - 1, rest.len + 1};
    if (!slice_is(step, "*")) {
        collect(value_get(v, arena_strndup(found->arena, step.ptr, step.len)), rest, found);
        return;
    }
    for (size_t i = 0; i < value_len(v); i++)
        collect(value_is(v, VALUE_MAP) ? v->map.entries[i].value : value_item(v, i), rest, found);
}

static const struct value *values_at(struct arena *arena, const struct resource *resource,
                                     const char *pointer)
{
    struct list_builder found = list_begin(arena);
    collect(resource->properties, slice_of(pointer), &found);
    return list_end(&found);
}

/* ---- ARNs ---- */

/* Of EventBridge: rules of the default bus leave its name out. */
static const char *rule_name(struct arena *arena, const struct resource *resource)
{
    const char *bus = value_get_str(resource->properties, "event_bus_name");
    const char *name = value_get_str(resource->properties, "name");
    if (!name || !bus || str_eq(bus, "default"))
        return name;
    return arena_printf(arena, "%s/%s", bus, name);
}

/* NULL: nobody knows it before AWS has made the object. */
static const char *variable(const struct question *q, const struct resource *of, struct slice name,
                            const char *it)
{
    if (slice_is(name, "it"))
        return it;
    if (slice_is(name, "partition"))
        return of->account->partition;
    if (slice_is(name, "account"))
        return of->account->id;
    if (slice_is(name, "region"))
        return of->region;
    if (slice_is(name, "organization"))
        return q->rights->topology->organization_id;
    if (slice_is(name, "rule"))
        return rule_name(q->arena, of);
    return value_get_str(of->properties, arena_strndup(q->arena, name.ptr, name.len));
}

/* *ret_open: a star stands for what is not known. A name may be an ARN already. */
static const char *expand(const struct question *q, const struct resource *of, const char *template,
                          const char *it, bool *ret_open)
{
    struct strbuf sb;
    struct slice rest = slice_of(template);
    strbuf_init(&sb, q->arena, ARN_MAX);
    *ret_open = false;
    while (rest.ptr) {
        strbuf_add_slice(&sb, slice_cut(&rest, '$'));
        if (!rest.ptr)
            break;
        rest = slice_from(rest, 1);
        const char *text = variable(q, of, slice_cut(&rest, '}'), it);
        if (text && str_starts(text, "arn:"))
            return text;
        *ret_open |= !text;
        strbuf_add(&sb, text ? text : "*");
    }
    return strbuf_str(&sb);
}

/* ---- one right ---- */

struct answer {
    const char *kind, *resource;
    enum narrowing narrowing;
    const struct value *condition;
};

/* As kms:ViaService names it. */
static const struct value *service_host(const struct question *q, const char *service)
{
    const struct resource *of = q->resource;
    return value_stringf(q->arena, "%s.%s.%s", service, of->region,
                         partition_dns_suffix(of->account->partition));
}

/* What the action itself asks for beside its resource. False: this object does not need it. */
static bool limited(const struct question *q, const struct value **condition)
{
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        const struct limit_row *limit = &limits[i];
        if (!str_eq(limit->action, q->row->action))
            continue;
        const struct value *value = value_string(q->arena, limit->value);
        if (limit->via)
            value = service_host(q, limit->value);
        if (limit->value[0] == '/') {
            value = values_at(q->arena, q->resource, limit->value);
            if (value_len(value) == 0)
                return false;
            value = value_len(value) == 1 ? value_item(value, 0) : value_sorted(q->arena, value);
        }
        if (limit->operator_name)
            *condition =
                condition_with(q->arena, *condition, limit->operator_name, limit->key, value);
    }
    return true;
}

static void answer(const struct question *q, struct answer a)
{
    if (limited(q, &a.condition))
        rights_add(q->rights, (struct right){.action = q->row->action,
                                             .kind = a.kind,
                                             .resource = a.resource,
                                             .narrowing = a.narrowing,
                                             .condition = a.condition});
}

/* A key that is not known by its ARN is known by the alias that it has. */
static void answer_aliased(const struct question *q, struct answer a, const char *alias)
{
    a.narrowing = NARROW_ALIAS;
    a.condition = condition_with(q->arena, a.condition, "ForAnyValue:StringEquals",
                                 "kms:ResourceAliases", value_string(q->arena, alias));
    answer(q, a);
}

/* By a row that has a template, for the object itself or one that it names. */
static void answer_template(const struct question *q, const struct resource *of,
                            const struct target_row *row, const char *it)
{
    bool open;
    const char *template = row->template ? row->template : of->schema->arn;
    struct answer a = {.kind = row->kind, .resource = expand(q, of, template, it, &open)};
    const char *alias = of->external ? value_get_str(of->properties, "alias") : NULL;
    /* What is looked for by its name need not be there: then it bears no tag. */
    open |= strchr(a.resource, '*') && !action_only_reads(q->row->action);
    if (row->key) {
        const struct value *values = values_at(q->arena, of, row->value);
        if (value_len(values) == 0)
            return;
        a.narrowing = NARROW_ALIAS;
        a.condition =
            condition_with(q->arena, NULL, row->operator_name, row->key, value_item(values, 0));
    } else if (row->ours && open && alias) {
        answer_aliased(q, a, alias);
        return;
    } else if (row->ours && open && !of->external) {
        bool made = q->creates && q->row->makes && of == q->resource;
        a.narrowing = made ? NARROW_MADE : NARROW_TAGGED;
        a.condition = condition_tagged(q->arena, NULL, q->rights->topology->name, made);
    }
    answer(q, a);
}

/* An object of the topology whose ARN is not known yet. */
static void answer_reference(const struct question *q, const char *kind, const char *address)
{
    const struct resource *of = topology_find(q->rights->topology, address);
    for (size_t i = 0; of && i < ARRAY_LEN(targets); i++)
        if (str_eq(targets[i].type, of->schema->type_name) && str_eq(targets[i].kind, kind) &&
            !targets[i].pointer)
            answer_template(q, of, &targets[i], NULL);
}

/* "arn:aws:kms:us-east-1:111122223333:alias/x" names a key in its place. */
static void answer_alias_arn(const struct question *q, const char *kind, const char *arn)
{
    const char *alias = strstr(arn, ":alias/") + 1;
    struct answer a = {.kind = kind,
                       .resource = arena_printf(q->arena, "%.*skey/*", (int)(alias - arn), arn)};
    answer_aliased(q, a, alias);
}

static void answer_named(const struct question *q, const struct target_row *row,
                         const struct value *v)
{
    struct answer a = {.kind = row->kind, .resource = value_str(v)};
    if (value_is(v, VALUE_REF)) {
        answer_reference(q, row->kind, v->ref.address);
    } else if (row->shape) {
        if (a.resource && fnmatch(row->shape, a.resource, 0) == 0)
            answer_template(q, q->resource, row, a.resource);
    } else if (a.resource && strstr(a.resource, ":alias/")) {
        answer_alias_arn(q, row->kind, a.resource);
    } else if (a.resource) {
        if (row->key)
            a.condition = condition_with(q->arena, NULL, row->operator_name, row->key,
                                         value_string(q->arena, row->value));
        answer(q, a);
    }
}

static void answer_row(const struct question *q, const struct target_row *row)
{
    if (!row->pointer) {
        answer_template(q, q->resource, row, NULL);
        return;
    }
    const struct value *values = values_at(q->arena, q->resource, row->pointer);
    for (size_t i = 0; i < value_len(values); i++)
        answer_named(q, row, value_item(values, i));
}

/* ---- an action ---- */

static const struct action_row *action_row_of(const char *action)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (str_eq(actions[i].action, action))
            return &actions[i];
    return NULL;
}

/* A type with a plus stands for an object that is made, in the place of the others. */
static bool has_kind(const struct question *q, const char *kind)
{
    bool made = q->creates && strchr(q->row->kinds, '+');
    struct slice rest = slice_of(q->row->kinds);
    while (rest.ptr) {
        struct slice one = slice_cut(&rest, ' ');
        if (slice_is(one, kind))
            return str_ends(kind, "+") == made;
    }
    return false;
}

/* Actions without a resource: what makes an object can still be asked for its tags. */
static void answer_without_resource(const struct question *q)
{
    struct answer a = {.kind = "", .resource = "*"};
    if (q->creates && q->row->makes && q->resource->schema->taggable) {
        a.narrowing = NARROW_MADE;
        a.condition = condition_tagged(q->arena, NULL, q->rights->topology->name, true);
    }
    answer(q, a);
}

bool rights_of_action(struct rights *rights, const struct resource *resource, const char *handler,
                      const char *action)
{
    const struct question q = {.rights = rights,
                               .arena = rights->arena,
                               .resource = resource,
                               .row = action_row_of(action),
                               .creates = str_eq(handler, "create")};
    bool known = false;
    if (!q.row)
        return false;
    if (!q.row->kinds[0]) {
        answer_without_resource(&q);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(targets); i++)
        if (str_eq(targets[i].type, resource->schema->type_name) && has_kind(&q, targets[i].kind)) {
            answer_row(&q, &targets[i]);
            known = true;
        }
    return known;
}

/* ---- all objects ---- */

void rights_of_handler(struct rights *rights, const struct resource *resource, const char *handler)
{
    const struct value *permissions =
        value_get(value_get(resource->schema->handlers, handler), "permissions");
    for (size_t i = 0; i < value_len(permissions); i++) {
        const char *action = value_str(value_item(permissions, i));
        BUG_ON(!rights_of_action(rights, resource, handler, action));
    }
}

static void add_part(struct rights *rights, const struct resource *whole,
                     const struct schema *schema)
{
    struct map_builder b = map_begin(rights->arena);
    struct resource part = {.schema = schema, .account = whole->account, .region = whole->region};
    map_put_str(&b, schema->identifier[0],
                schema_identifier(rights->arena, whole->schema, whole->properties));
    part.properties = map_end(&b);
    rights_of_handler(rights, &part, "read");
}

void rights_of_parts(struct rights *rights, const struct schema_set *schemas)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *whole = &topology->resources[i];
        if (whole->external || !str_eq(whole->account->id, rights->account->id))
            continue;
        for (size_t t = 0; t < schemas->types.len; t++) {
            const struct schema *schema = schemas->types.entries[t].value;
            if (str_eq(schema->part_of, whole->schema->type_name))
                add_part(rights, whole, schema);
        }
    }
}

static bool only_looks(const char *handler)
{
    return str_eq(handler, "read") || str_eq(handler, "find");
}

void rights_of_objects(struct rights *rights, const char *const *handlers, bool replaced)
{
    const struct topology *topology = rights->topology;
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *resource = &topology->resources[i];
        if (!str_eq(resource->account->id, rights->account->id))
            continue;
        for (size_t k = 0; handlers[k]; k++)
            if (!resource->external || only_looks(handlers[k]))
                rights_of_handler(rights, resource, handlers[k]);
        if (replaced && !resource->external && resource->schema->replacement != REPLACE_NEVER)
            rights_of_handler(rights, resource, "delete");
    }
}
