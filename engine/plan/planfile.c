#include "engine/plan/planfile.h"

#include <assert.h>

#include "engine/base/crypto.h"
#include "engine/base/json.h"
#include "engine/config/seal.h"
#include "engine/plan/render.h"

#define FORMAT "holdfast plan"
#define FORMAT_VERSION 1

static const char *const action_names[] = {
    [ACTION_NONE] = "none",     [ACTION_CREATE] = "create", [ACTION_ADOPT] = "adopt",
    [ACTION_UPDATE] = "update", [ACTION_DELETE] = "delete", [ACTION_FORGET] = "forget"};
static_assert(ARRAY_LEN(action_names) == ACTION_FORGET + 1, "one name for each");
static const char *const found_names[] = {
    [FOUND_NOT_ASKED] = "not asked", [FOUND_NOTHING] = "nothing", [FOUND_OURS] = "ours",
    [FOUND_SHARED] = "shared",       [FOUND_PARENT] = "parent",   [FOUND_OTHER] = "other"};
static_assert(ARRAY_LEN(found_names) == FOUND_OTHER + 1, "one name for each");

const char *planfile_digest(struct arena *arena, const struct value *document)
{
    const struct value *rest = value_without(arena, document, "digest");
    return sha256_hex(arena, slice_of(json_print(arena, rest, JSON_SORTED)));
}

static const struct value *sealed(struct arena *arena, const struct change *change,
                                  const struct value *v, const struct seal_key *key)
{
    return seal_node(arena, change->schema->root, v, key);
}

const char *planfile_desired_digest(struct arena *arena, const struct change *change,
                                    const struct seal_key *key)
{
    if (!change->after)
        return "";
    const struct value *after = sealed(arena, change, change->after, key);
    return sha256_hex(arena, slice_of(json_print(arena, after, JSON_SORTED)));
}

/* ---- writing ---- */

static const struct value *differences_value(struct arena *arena, const struct change *change,
                                             const struct seal_key *key)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < change->difference_len; i++) {
        const struct difference *d = &change->differences[i];
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "path", d->path);
        map_put(&b, "before", seal_node(arena, d->node, d->before, key));
        map_put(&b, "after", seal_node(arena, d->node, d->after, key));
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static const struct value *change_value(struct arena *arena, const struct change *change,
                                        const struct seal_key *key)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "address", change->address);
    map_put_str(&b, "type", change->schema->type_name);
    map_put_str(&b, "action", action_names[change->action]);
    map_put_bool(&b, "replacement", change->replacement);
    map_put_str(&b, "account_id", change->account_id);
    map_put_str(&b, "region", change->region);
    map_put_str(&b, "identifier", change->identifier);
    map_put_str(&b, "reason", change->reason);
    map_put(&b, "before", sealed(arena, change, change->before, key));
    map_put(&b, "after", sealed(arena, change, change->after, key));
    map_put_str(&b, "desired_digest", planfile_desired_digest(arena, change, key));
    map_put(&b, "differences", differences_value(arena, change, key));
    map_put_bool(&b, "irreversible", change->irreversible);
    map_put_int(&b, "permanent_from_ms", change->permanent_from_ms);
    map_put_bool(&b, "needs_allow_destroy", change->needs_allow_destroy);
    map_put_str(&b, "turns_off", change->turns_off);
    map_put_str(&b, "blocked", change->blocked);
    return map_end(&b);
}

static const struct value *moves_value(struct arena *arena, const struct plan *plan)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < plan->move_len; i++) {
        const struct record *record = plan->moves[i].record;
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "from", plan->moves[i].from);
        map_put_str(&b, "to", record->address);
        map_put_str(&b, "type", record->type);
        map_put_str(&b, "account_id", record->account_id);
        map_put_str(&b, "region", record->region);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

/* What was observed of objects is sealed by their schema, which the record or the file knows. */
static const struct schema *schema_of_address(const struct plan_input *input,
                                              const struct map *records, const char *address)
{
    const struct record *record = map_get(records, address);
    if (record)
        return schema_of(input->schemas, record->type);
    const struct resource *resource = topology_find(input->topology, address);
    return resource ? resource->schema : NULL;
}

static const struct value *observations_value(struct arena *arena, const struct planfile *file,
                                              const struct plan_input *input,
                                              const struct seal_key *key)
{
    struct map records;
    map_init(&records, arena);
    for (size_t i = 0; i < input->record_len; i++)
        map_set(&records, input->records[i].address, (void *)(uintptr_t)&input->records[i]);
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < file->observation_len; i++) {
        const struct observation *seen = &file->observations[i];
        const struct schema *schema = schema_of_address(input, &records, seen->address);
        if (!schema)
            continue; /* neither recorded nor desired: no plan asks for it */
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "address", seen->address);
        map_put_bool(&b, "gone", seen->gone);
        map_put_bool(&b, "imported", seen->imported);
        map_put_str(&b, "found", found_names[seen->found]);
        map_put_str(&b, "identifier", seen->identifier);
        map_put_str(&b, "owner", seen->owner);
        map_put(&b, "attributes", seal_node(arena, schema->root, seen->attributes, key));
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static const struct value *accounts_value(struct arena *arena, const struct planfile *file)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < file->account_len; i++) {
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "name", file->accounts[i].name);
        map_put_str(&b, "id", file->accounts[i].id);
        map_put_str(&b, "identity", file->accounts[i].identity);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static const struct value *routes_value(struct arena *arena, const struct topology *topology)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < topology->route_len; i++) {
        const struct planned_route *route = &topology->routes[i];
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "plan", route->plan);
        map_put_str(&b, "rule", route->rule);
        map_put_str(&b, "destination", route->destination);
        map_put_str(&b, "relay", route->relay);
        map_put_str(&b, "route", copy_way_name(route->way));
        map_put_str(&b, "why", route->why);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static const struct value *texts_value(struct arena *arena, const char *const *texts, size_t len)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < len; i++)
        list_add_str(&list, texts[i]);
    return list_end(&list);
}

static const struct value *topology_value(struct arena *arena, const struct planfile *file)
{
    const struct topology *topology = &file->topology;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "name", topology->name);
    map_put_str(&b, "spec_digest", topology->spec_digest);
    map_put(&b, "regions", texts_value(arena, topology->regions, topology->region_len));
    map_put(&b, "accounts", accounts_value(arena, file));
    map_put(&b, "units", units_to_json(arena, topology));
    map_put(&b, "routes", routes_value(arena, topology));
    return map_end(&b);
}

const char *planfile_print(struct arena *arena, const struct planfile *file,
                           const struct plan_input *input)
{
    const struct plan *plan = &file->plan;
    const struct seal_key key = plan_seal_key(input, /* for_file= */ true);
    struct list_builder changes = list_begin(arena);
    for (size_t i = 0; i < plan->len; i++)
        list_add(&changes, change_value(arena, &plan->changes[i], &key));
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format", FORMAT);
    map_put_int(&b, "format_version", FORMAT_VERSION);
    map_put_str(&b, "program_version", file->program_version);
    map_put_str(&b, "world", file->world);
    map_put_str(&b, "world_shown", file->world_shown);
    map_put_str(&b, "lineage", plan->lineage);
    map_put_int(&b, "serial", plan->serial);
    map_put_str(&b, "note", file->note);
    map_put(&b, "locks", file->locks);
    map_put_bool(&b, "state_is_new", file->state_is_new);
    map_put_str(&b, "fingerprint", plan->fingerprint);
    map_put_int(&b, "created_ms", plan->created_ms);
    map_put_int(&b, "relay_copies", (int64_t)file->relay_copies);
    if (file->targets) {
        size_t len = 0;
        while (file->targets[len])
            len++;
        map_put(&b, "targets", texts_value(arena, file->targets, len));
    }
    map_put(&b, "topology", topology_value(arena, file));
    map_put(&b, "changes", list_end(&changes));
    map_put(&b, "moves", moves_value(arena, plan));
    map_put(&b, "observations", observations_value(arena, file, input, &key));
    const struct value *document = map_end(&b);
    document = value_with(arena, document, "digest",
                          value_string(arena, planfile_digest(arena, document)));
    return arena_printf(arena, "%s\n", json_print(arena, document, JSON_PRETTY));
}

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    const char *name; /* of the file */
    struct diags *diags;
    bool failed;
};

static void refuse(struct reader *reader, const char *why)
{
    if (!reader->failed)
        diag_error(reader->diags, E_PLAN_FILE, NO_POS, NULL, "%s is not a plan to use: %s",
                   reader->name, why);
    reader->failed = true;
}

/* "" when it is missing: the caller goes on, and the file is refused. */
static const char *text_of(struct reader *reader, const struct value *map, const char *key)
{
    const char *text = value_get_str(map, key);
    if (!text)
        refuse(reader, arena_printf(reader->arena, "%s is missing", key));
    return text ? text : "";
}

static int name_index(struct reader *reader, const struct value *map, const char *key,
                      const char *const *names, size_t len)
{
    const char *text = text_of(reader, map, key);
    for (size_t i = 0; i < len; i++)
        if (str_eq(names[i], text))
            return (int)i;
    refuse(reader, arena_printf(reader->arena, "%s is \"%s\"", key, text));
    return 0;
}

/* The node of a property by its pointer; NULL for what no schema describes. */
static const struct schema_node *node_at(struct arena *arena, const struct schema_node *node,
                                         const char *pointer)
{
    struct slice rest = slice_from(slice_of(pointer), 1);
    while (node && rest.ptr) {
        struct slice token = slice_cut(&rest, '/');
        const struct schema_node *child =
            schema_property_of(node, arena_strndup(arena, token.ptr, token.len));
        node = child ? child : node->items ? node->items : node->additional;
    }
    return node;
}

static void read_differences(struct reader *reader, const struct value *list, struct change *change)
{
    size_t len = value_is(list, VALUE_LIST) ? list->list.len : 0;
    struct difference *items = arena_array(reader->arena, len, sizeof(*items));
    for (size_t i = 0; i < len; i++) {
        const struct value *item = list->list.items[i];
        struct difference *d = &items[i];
        d->path = text_of(reader, item, "path");
        if (d->path[0] != '/') {
            refuse(reader, "a path does not begin with /");
            return;
        }
        d->before = value_get(item, "before");
        d->after = value_get(item, "after");
        d->node = node_at(reader->arena, change->schema->root, d->path);
    }
    change->differences = items;
    change->difference_len = len;
}

static const struct account *account_of(const struct topology *topology, const char *id)
{
    for (size_t i = 0; i < topology->account_len; i++)
        if (str_eq(topology->accounts[i].id, id))
            return &topology->accounts[i];
    return NULL;
}

static void read_change(struct reader *reader, const struct planfile *file,
                        const struct schema_set *schemas, const struct value *v, struct change *ret)
{
    const char *type = text_of(reader, v, "type");
    *ret = (struct change){
        .address = text_of(reader, v, "address"),
        .schema = schema_of(schemas, type),
        .action =
            (enum action)name_index(reader, v, "action", action_names, ARRAY_LEN(action_names)),
        .replacement = value_get_bool(v, "replacement", false),
        .account_id = text_of(reader, v, "account_id"),
        .region = value_get_str(v, "region"),
        .identifier = value_get_str(v, "identifier"),
        .reason = text_of(reader, v, "reason"),
        .before = value_get(v, "before"),
        .after = value_get(v, "after"),
        .irreversible = value_get_bool(v, "irreversible", false),
        .permanent_from_ms = value_get_int(v, "permanent_from_ms", 0),
        .needs_allow_destroy = value_get_bool(v, "needs_allow_destroy", false),
        .turns_off = value_get_str(v, "turns_off"),
        .blocked = value_get_str(v, "blocked"),
    };
    ret->account = account_of(&file->topology, ret->account_id);
    if (!ret->schema) {
        refuse(reader, arena_printf(reader->arena, "the type \"%s\" is not known", type));
        return;
    }
    read_differences(reader, value_get(v, "differences"), ret);
}

static void read_changes(struct reader *reader, const struct value *list,
                         const struct schema_set *schemas, struct planfile *file)
{
    size_t len = value_len(list);
    struct change *changes = arena_array(reader->arena, len, sizeof(*changes));
    const char **digests = arena_array(reader->arena, len, sizeof(*digests));
    for (size_t i = 0; i < len && !reader->failed; i++) {
        read_change(reader, file, schemas, value_item(list, i), &changes[i]);
        digests[i] = text_of(reader, value_item(list, i), "desired_digest");
    }
    file->plan.changes = changes;
    file->plan.len = len;
    file->desired_digests = digests;
}

static void read_moves(struct reader *reader, const struct value *list,
                       const struct schema_set *schemas, struct plan *plan)
{
    size_t len = value_len(list);
    plan->moves = arena_array(reader->arena, len + 1, sizeof(*plan->moves));
    struct record *records = arena_array(reader->arena, len + 1, sizeof(*records));
    for (size_t i = 0; i < len; i++) {
        const struct value *v = value_item(list, i);
        records[i] = (struct record){.address = text_of(reader, v, "to"),
                                     .type = text_of(reader, v, "type"),
                                     .account_id = text_of(reader, v, "account_id"),
                                     .region = value_get_str(v, "region")};
        plan->moves[i] = (struct relocation){.from = text_of(reader, v, "from"),
                                             .record = &records[i],
                                             .schema = schema_of(schemas, records[i].type)};
        if (!plan->moves[i].schema)
            refuse(reader, "it moves something of a type that is not known");
    }
    plan->move_len = len;
}

static void read_observations(struct reader *reader, const struct value *list,
                              struct planfile *file)
{
    size_t len = value_len(list);
    struct observation *items = arena_array(reader->arena, len, sizeof(*items));
    for (size_t i = 0; i < len && !reader->failed; i++) {
        const struct value *v = value_item(list, i);
        items[i] = (struct observation){
            .address = text_of(reader, v, "address"),
            .gone = value_get_bool(v, "gone", false),
            .found =
                (enum found)name_index(reader, v, "found", found_names, ARRAY_LEN(found_names)),
            .imported = value_get_bool(v, "imported", false),
            .identifier = value_get_str(v, "identifier"),
            .owner = value_get_str(v, "owner"),
            .attributes = value_get(v, "attributes"),
        };
    }
    file->observations = items;
    file->observation_len = len;
}

static const char *const *read_texts(struct reader *reader, const struct value *list,
                                     size_t *ret_len)
{
    size_t len = value_len(list);
    const char **texts = arena_array(reader->arena, len + 1, sizeof(*texts));
    for (size_t i = 0; i < len; i++) {
        texts[i] = value_str(value_item(list, i));
        if (!texts[i]) {
            refuse(reader, "a list of texts holds something else");
            texts[i] = "";
        }
    }
    *ret_len = len;
    return texts;
}

static void read_accounts(struct reader *reader, const struct value *list, struct planfile *file)
{
    size_t len = value_len(list);
    struct planfile_account *accounts = arena_array(reader->arena, len, sizeof(*accounts));
    struct account *shown = arena_array(reader->arena, len, sizeof(*shown));
    for (size_t i = 0; i < len; i++) {
        const struct value *v = value_item(list, i);
        accounts[i] = (struct planfile_account){.name = text_of(reader, v, "name"),
                                                .id = text_of(reader, v, "id"),
                                                .identity = value_get_str(v, "identity")};
        shown[i] = (struct account){.name = accounts[i].name, .id = accounts[i].id};
    }
    file->accounts = accounts;
    file->account_len = len;
    file->topology.accounts = shown;
    file->topology.account_len = len;
}

static void read_units(struct reader *reader, const struct value *list, struct topology *topology)
{
    size_t len = value_len(list);
    struct organizational_unit *units = arena_array(reader->arena, len, sizeof(*units));
    for (size_t i = 0; i < len; i++) {
        const struct value *v = value_item(list, i);
        size_t id_len = 0;
        const char *const *ids = read_texts(reader, value_get(v, "account_ids"), &id_len);
        const struct account **accounts = arena_array(reader->arena, id_len, sizeof(*accounts));
        for (size_t n = 0; n < id_len; n++) {
            accounts[n] = account_of(topology, ids[n]);
            if (!accounts[n])
                refuse(reader, "a unit holds an account that is not named");
        }
        units[i] = (struct organizational_unit){.id = text_of(reader, v, "id"),
                                                .group = text_of(reader, v, "group"),
                                                .accounts = accounts,
                                                .account_len = id_len};
    }
    topology->units = units;
    topology->unit_len = len;
}

static enum copy_way read_way(struct reader *reader, const struct value *route)
{
    const char *name = text_of(reader, route, "route");
    int way = COPY_DIRECT;
    while (way <= COPY_NEVER && !str_eq(copy_way_name((enum copy_way)way), name))
        way++;
    bool relayed = way == COPY_RELAY || way == COPY_UNDECIDED;
    if (way > COPY_NEVER || (relayed && !value_get_str(route, "relay")))
        refuse(reader, "a route goes no known way");
    return (enum copy_way)way;
}

static void read_routes(struct reader *reader, const struct value *list, struct topology *topology)
{
    size_t len = value_len(list);
    struct planned_route *routes = arena_array(reader->arena, len, sizeof(*routes));
    for (size_t i = 0; i < len; i++) {
        const struct value *v = value_item(list, i);
        routes[i] = (struct planned_route){.plan = text_of(reader, v, "plan"),
                                           .rule = text_of(reader, v, "rule"),
                                           .destination = text_of(reader, v, "destination"),
                                           .relay = value_get_str(v, "relay"),
                                           .way = read_way(reader, v),
                                           .why = text_of(reader, v, "why")};
    }
    topology->routes = routes;
    topology->route_len = len;
}

static void read_document(struct reader *reader, const struct value *document,
                          const struct schema_set *schemas, struct planfile *file)
{
    const struct value *topology = value_get(document, "topology");
    const struct value *locks = value_get(document, "locks");
    const struct value *targets = value_get(document, "targets");
    size_t target_len = 0;
    *file = (struct planfile){
        .plan = {.lineage = text_of(reader, document, "lineage"),
                 .serial = value_get_int(document, "serial", -1),
                 .fingerprint = text_of(reader, document, "fingerprint"),
                 .created_ms = value_get_int(document, "created_ms", 0)},
        .topology = {.name = text_of(reader, topology, "name"),
                     .spec_digest = text_of(reader, topology, "spec_digest")},
        .program_version = text_of(reader, document, "program_version"),
        .world = text_of(reader, document, "world"),
        .world_shown = value_get_str(document, "world_shown"),
        .targets = targets ? read_texts(reader, targets, &target_len) : NULL,
        .note = value_get_str(document, "note"),
        .locks = value_is(locks, VALUE_LIST) ? locks : NULL,
        .state_is_new = value_get_bool(document, "state_is_new", false),
        .relay_copies = (size_t)value_get_int(document, "relay_copies", 0),
    };
    file->topology.regions =
        read_texts(reader, value_get(topology, "regions"), &file->topology.region_len);
    read_accounts(reader, value_get(topology, "accounts"), file);
    read_units(reader, value_get(topology, "units"), &file->topology);
    read_routes(reader, value_get(topology, "routes"), &file->topology);
    read_changes(reader, value_get(document, "changes"), schemas, file);
    read_moves(reader, value_get(document, "moves"), schemas, &file->plan);
    read_observations(reader, value_get(document, "observations"), file);
}

static bool has_format(const struct value *document)
{
    return str_eq(value_get_str(document, "format"), FORMAT);
}

bool planfile_is_one(struct arena *arena, struct slice text)
{
    const struct value *document = NULL;
    const char *why = NULL;
    return json_parse(arena, text, &document, &why) && has_format(document);
}

bool planfile_parse(struct arena *arena, const char *name, struct slice text,
                    const struct schema_set *schemas, struct planfile *ret, struct diags *diags)
{
    struct reader reader = {.arena = arena, .name = name, .diags = diags};
    const struct value *document = NULL;
    const char *why = NULL;
    if (!json_parse(arena, text, &document, &why))
        refuse(&reader, arena_printf(arena, "no whole JSON document (%s)", why));
    else if (!has_format(document))
        refuse(&reader, "it was not written by `plan --out`");
    else if (value_get_int(document, "format_version", 0) != FORMAT_VERSION)
        refuse(&reader, "another version of holdfast wrote it, in another format");
    else if (!str_eq(value_get_str(document, "digest"), planfile_digest(arena, document)))
        refuse(&reader, "it was changed after it was written");
    if (reader.failed)
        return false;
    struct planfile file;
    read_document(&reader, json_restore_unknown(arena, document), schemas, &file);
    if (reader.failed)
        return false;
    plan_count(&file.plan);
    *ret = file;
    return true;
}

/* ---- checking ---- */

static const char *accounts_text(struct arena *arena, const struct planfile *file)
{
    const char *text = "";
    for (size_t i = 0; i < file->account_len; i++)
        text = arena_printf(arena, "%s%s%s %s", text, i ? ", " : "", file->accounts[i].name,
                            file->accounts[i].id);
    return text;
}

static const char *serial_text(struct arena *arena, const struct planfile *file)
{
    return arena_printf(arena, "%lld", (long long)file->plan.serial);
}

bool planfile_check(const struct planfile *file, const struct planfile *now, struct diags *diags)
{
    struct arena *arena = diags->arena;
    const char *lineage = *file->plan.lineage ? file->plan.lineage : now->plan.lineage;
    const struct {
        const char *field, *then, *now;
    } fields[] = {
        {"program version", file->program_version, now->program_version},
        {"world", file->world, now->world},
        {"lineage of the state", lineage, now->plan.lineage},
        {"serial of the state", serial_text(arena, file), serial_text(arena, now)},
        {"digest of the topology", file->topology.spec_digest, now->topology.spec_digest},
        {"accounts", accounts_text(arena, file), accounts_text(arena, now)},
    };
    bool same = true;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (str_eq(fields[i].then, fields[i].now))
            continue;
        diag_error(diags, E_PLAN_STALE, NO_POS, NULL, "%s: \"%s\" in the plan, \"%s\" now",
                   fields[i].field, fields[i].then, fields[i].now);
        same = false;
    }
    return same;
}

/* What of a change is not as it was planned; NULL: nothing. */
static const char *what_moved(struct arena *arena, const struct change *then,
                              const char *desired_then, const struct change *now,
                              const struct seal_key *key)
{
    if (!str_eq(then->address, now->address))
        return "the address";
    if (then->action != now->action || then->replacement != now->replacement)
        return "the action";
    if (!str_eq(then->schema->type_name, now->schema->type_name) ||
        !str_eq(then->account_id, now->account_id) || !str_eq(then->region, now->region))
        return "the place";
    if (!str_eq(then->identifier, now->identifier))
        return "the identifier";
    if (!str_eq(desired_then, planfile_desired_digest(arena, now, key)))
        return "the digest of what is desired";
    const struct value *before = sealed(arena, now, now->before, key);
    bool same = then->before ? before && value_equal(then->before, before) : !before;
    return same ? NULL : "what was observed";
}

static bool same_moves(const struct plan *then, const struct plan *now)
{
    bool same = then->move_len == now->move_len;
    for (size_t i = 0; same && i < now->move_len; i++)
        same = str_eq(then->moves[i].from, now->moves[i].from) &&
               str_eq(then->moves[i].record->address, now->moves[i].record->address);
    return same;
}

bool planfile_check_plan(struct arena *arena, const struct planfile *file, const struct plan *plan,
                         const struct seal_key *key, struct diags *diags)
{
    const struct plan *then = &file->plan;
    if (!str_eq(then->fingerprint, plan->fingerprint)) {
        diag_error(diags, E_PLAN_STALE, NO_POS, NULL, "fingerprint: \"%s\" in the plan, \"%s\" now",
                   then->fingerprint, plan->fingerprint);
        return false;
    }
    if (then->len != plan->len) {
        diag_error(diags, E_PLAN_STALE, NO_POS, NULL, "changes: %zu in the plan, %zu now",
                   then->len, plan->len);
        return false;
    }
    if (!same_moves(then, plan)) {
        diag_error(diags, E_PLAN_STALE, NO_POS, NULL, "the moves are not those of the plan");
        return false;
    }
    for (size_t i = 0; i < plan->len; i++) {
        const char *moved =
            what_moved(arena, &then->changes[i], file->desired_digests[i], &plan->changes[i], key);
        if (!moved)
            continue;
        diag_error(diags, E_PLAN_STALE, NO_POS, plan->changes[i].address,
                   "%s is not that of the plan", moved);
        return false;
    }
    return true;
}
