#include "engine/config/imports.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/config/lower.h"

#define MEMBERS_NAMED 8

static size_t parts_of(const char *id)
{
    size_t parts = 1;
    for (; *id; id++)
        parts += *id == '|' ? 1 : 0;
    return parts;
}

static bool is_elsewhere(struct slice named, const char *place)
{
    return named.len > 0 && place && !slice_is(named, place);
}

/* An ARN says itself where its object is. */
static bool check_place(const struct resource *resource, const struct import *import,
                        struct diags *diags)
{
    struct arn arn;
    if (!arn_parse(slice_of(import->id), &arn) ||
        (!is_elsewhere(arn.account, resource->account->id) &&
         !is_elsewhere(arn.region, resource->region)))
        return true;
    diag_error(diags, E_IMPORT, import->pos, import->address,
               "%s is in another place than `%s`, which is in account %s%s%s", import->id,
               import->address, resource->account->id, resource->region ? ", " : "",
               resource->region ? resource->region : "");
    return false;
}

/* An object's ARN holds its identifier; of one that is known by its ARN it is the identifier. */
static bool is_foreign_arn(const struct schema *schema, const char *id)
{
    return str_starts(id, "arn:") && !str_eq(schema->identifier[0], "arn");
}

static bool check_form(struct arena *arena, const struct schema *schema,
                       const struct import *import, struct diags *diags)
{
    const char *form = "";
    size_t parts = 0;
    for (; schema->identifier[parts]; parts++)
        form = arena_printf(arena, "%s%s%s", form, parts ? "|" : "", schema->identifier[parts]);
    if (import->id[0] && parts_of(import->id) == parts && !is_foreign_arn(schema, import->id))
        return true;
    diag_error(diags, E_IMPORT, import->pos, import->address,
               "`%s` is no id of a %s, which is written %s", import->id, schema->title, form);
    return false;
}

static void take_from_arn(struct arena *arena, const struct schema *schema, struct import *import)
{
    struct arn arn;
    const char *id = is_foreign_arn(schema, import->id) && arn_parse(slice_of(import->id), &arn)
                         ? schema_identifier_in_arn(arena, schema, &arn)
                         : NULL;
    if (id)
        import->id = id;
}

/* What lies within an address that names no single object: the members of a group. NULL: nothing.
 */
static const char *members_of(struct arena *arena, const struct topology *topology,
                              const char *address)
{
    const char *list = NULL;
    size_t left = 0;
    for (size_t i = 0; i < topology->resource_len; i++) {
        const char *member = topology->resources[i].address;
        if (!address_is_within(member, address) || strchr(member, '/'))
            continue;
        if (left++ < MEMBERS_NAMED)
            list = arena_printf(arena, "%s%s`%s`", list ? list : "", list ? ", " : "", member);
    }
    return left > MEMBERS_NAMED ? arena_printf(arena, "%s and %zu more", list, left - MEMBERS_NAMED)
                                : list;
}

static void refuse_address(struct arena *arena, const struct topology *topology,
                           const struct import *import, struct diags *diags)
{
    const char *members = members_of(arena, topology, import->address);
    struct diag *diag = diag_error(
        diags, E_BAD_REFERENCE, import->pos, import->address, "`%s` is %s", import->address,
        members ? "a group, and an id names one object" : "no object that the file makes");
    if (members)
        diag_hint(diags, diag, "Name one of %s.", members);
}

bool import_check(struct arena *arena, const struct topology *topology, struct import *import,
                  struct diags *diags)
{
    const struct resource *resource = topology_find(topology, import->address);
    if (!resource) {
        refuse_address(arena, topology, import, diags);
        return false;
    }
    if (resource->external) {
        diag_error(diags, E_BAD_REFERENCE, import->pos, import->address,
                   "`%s` is external: it is looked up, and never ours", import->address);
        return false;
    }
    if (!check_place(resource, import, diags))
        return false;
    take_from_arn(arena, resource->schema, import);
    return check_form(arena, resource->schema, import, diags);
}

const char *import_id(const struct topology *topology, const char *address)
{
    for (size_t i = 0; topology && i < topology->import_len; i++)
        if (str_eq(topology->imports[i].address, address))
            return topology->imports[i].id;
    return NULL;
}

/* The address that takes the same object over already; NULL: none does. */
static const char *taken_over_as(const struct topology *topology, const struct import *import)
{
    const struct resource *resource = topology_find(topology, import->address);
    for (size_t i = 0; i < topology->import_len; i++) {
        const struct import *earlier = &topology->imports[i];
        const struct resource *other = topology_find(topology, earlier->address);
        if (str_eq(earlier->id, import->id) && other->schema == resource->schema &&
            str_eq(other->account->id, resource->account->id) &&
            str_eq(other->region, resource->region))
            return earlier->address;
    }
    return NULL;
}

/* With two entries it would be deleted as soon as one of them went. */
static bool check_once(const struct topology *topology, const struct import *import,
                       struct diags *diags)
{
    const char *other = taken_over_as(topology, import);
    if (!other)
        return true;
    struct diag *diag =
        diag_error(diags, E_IMPORT, import->pos, import->address,
                   "%s is imported twice: `%s` takes it over already", import->id, other);
    diag_hint(diags, diag,
              "An object belongs to one entry: take the other one out of the file, or "
              "name another object.");
    return false;
}

void read_imports(struct lowering *lw, struct topology *topology)
{
    const struct value *list = value_get(lw->doc, "imports");
    struct import *imports = arena_array(lw->arena, value_len(list), sizeof(*imports));
    bool sound = lw->diags->errors == lw->errors_before;
    topology->imports = imports;
    for (size_t i = 0; value_is(list, VALUE_LIST) && i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        struct import import = {value_get_str(item, "address"), value_get_str(item, "id"),
                                item->pos};
        if (!import.address || !import.id)
            continue;
        if (import_id(topology, import.address))
            lower_error(lw, E_IMPORT, import.pos, import.address, "`%s` is imported twice",
                        import.address);
        else if (!sound || (import_check(lw->arena, topology, &import, lw->diags) &&
                            check_once(topology, &import, lw->diags)))
            imports[topology->import_len++] = import;
    }
}
