/* The contract of a resource type: contract_test FOLDER TYPE [HARDSHIPS | URL]; without TYPE that
 * of the registry. See README.md. */
#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/config/normalize.h"
#include "engine/plan/diff.h"
#include "tests/contract/contract.h"

#define ADDRESS "contract.object"

/* ---- what is compared ---- */

static const struct value *with_write_only(struct contract *c, const struct value *attributes,
                                           const struct value *desired)
{
    struct map_builder b = map_begin_from(c->arena, attributes);
    for (size_t i = 0; i < c->schema->root->property_len; i++) {
        const struct schema_property *property = &c->schema->root->properties[i];
        if (property->node->write_only)
            map_put(&b, property->name, value_get(desired, property->name));
    }
    return map_end(&b);
}

/* Of an imported object AWS shows all but what its deletion will need: that is recorded by an
 * apply. */
static const struct value *with_needed_to_delete(struct contract *c, const struct value *attributes,
                                                 const struct value *desired)
{
    struct map_builder b = map_begin_from(c->arena, attributes);
    for (size_t i = 0; i < c->schema->root->property_len; i++) {
        const struct schema_property *property = &c->schema->root->properties[i];
        if (property->node->needed_to_delete)
            map_put(&b, property->name, value_get(desired, property->name));
    }
    return map_end(&b);
}

static struct diff diff_of(struct contract *c, const struct value *observed,
                           const struct value *desired, bool know_write_only)
{
    struct diff diff = {0};
    const struct diff_input input = {
        .schema = c->schema,
        .before = normalize(c->arena, c->schema, observed),
        .after = normalize(c->arena, c->schema, desired),
        .know_write_only = know_write_only,
        .tags = value_get(observed, "tags"),
    };
    diff_desired(c->arena, &input, &diff);
    return diff;
}

static const char *shown(struct contract *c, const struct value *v)
{
    return v ? json_print(c->arena, v, JSON_COMPACT) : "absent";
}

static void want_no_diff(struct contract *c, const struct value *observed,
                         const struct value *desired, bool know_write_only)
{
    struct diff diff = diff_of(c, observed, desired, know_write_only);
    for (size_t i = 0; i < diff.len; i++)
        contract_fail(c, "%s is %s, not %s", diff.items[i].path, shown(c, diff.items[i].before),
                      shown(c, diff.items[i].after));
}

/* What AWS shows is known to the schema, names itself as the schema says, and holds all that was
 * asked for. */
static void want_honest_attributes(struct contract *c, const char *identifier,
                                   const struct value *attributes, const struct value *desired)
{
    for (size_t i = 0; i < value_len(attributes); i++)
        if (!schema_property_of(c->schema->root, attributes->map.entries[i].key))
            contract_fail(c, "read answers with %s, which the schema does not have",
                          attributes->map.entries[i].key);
    for (size_t i = 0; i < value_len(desired); i++) {
        const char *name = desired->map.entries[i].key;
        const struct schema_node *node = schema_property_of(c->schema->root, name);
        bool wanted = !value_is(desired->map.entries[i].value, VALUE_NULL);
        if (node && wanted && !node->write_only && !node->otherwise && !value_get(attributes, name))
            contract_fail(c, "read does not show %s", name);
        if (node && node->write_only && value_get(attributes, name))
            contract_fail(c, "read shows %s, which is write-only", name);
    }
    const char *expected = schema_identifier(c->arena, c->schema, attributes);
    if (!str_eq(identifier, expected))
        contract_fail(c, "the identifier is %s, but %s by the schema", identifier,
                      expected ? expected : "unknown");
    const char *arn = schema_arn(c->arena, c->schema, value_get_str(c->file, "account"),
                                 value_get_str(c->file, "region"), attributes);
    if (arn && !str_eq(arn, value_get_str(attributes, "arn")))
        contract_fail(c, "x-arn gives %s, AWS says %s", arn, value_get_str(attributes, "arn"));
}

/* ---- the steps ---- */

static const char *skipped(struct contract *c, const char *step)
{
    return value_get_str(value_get(c->file, "skip"), step);
}

/* Reads and compares; the attributes stay in c->attributes. */
static bool read_back(struct contract *c, const char *identifier, const struct value *desired)
{
    const struct contract_op op = {.kind = OP_READ, .identifier = identifier, .shown = desired};
    if (!contract_run(c, &op, OP_RESULT_DONE))
        return false;
    want_honest_attributes(c, identifier, c->attributes, desired);
    want_no_diff(c, with_write_only(c, c->attributes, desired), desired, true);
    return true;
}

static const char *create(struct contract *c, const struct value *desired)
{
    if (!contract_run(c, &(struct contract_op){.kind = OP_CREATE, .desired = desired},
                      OP_RESULT_DONE))
        return NULL;
    const char *identifier = c->identifier;
    if (!identifier) {
        contract_fail(c, "create gives no identifier");
        return NULL;
    }
    return read_back(c, identifier, desired) ? identifier : NULL;
}

static bool delete (struct contract *c, const char *identifier, const struct value *prior)
{
    const struct contract_op op = {.kind = OP_REMOVE, .identifier = identifier, .prior = prior};
    return contract_run(c, &op, OP_RESULT_DONE) &&
           contract_run(c, &(struct contract_op){.kind = OP_READ, .identifier = identifier},
                        OP_RESULT_GONE) &&
           contract_run(c, &op, OP_RESULT_DONE);
}

static const char *replace(struct contract *c, const char *identifier, const struct value *prior,
                           const struct value *desired)
{
    if (c->schema->replacement == REPLACE_NEVER) {
        contract_fail(c, "is never replaced");
        return NULL;
    }
    /* two of one name cannot stand side by side */
    if (c->schema->replacement == REPLACE_DELETE_THEN_CREATE ||
        str_eq(identifier, schema_identifier(c->arena, c->schema, desired)))
        return delete (c, identifier, prior) ? create(c, desired) : NULL;
    c->life++; /* beside the old one: with its token AWS would answer with the old one */
    const char *next = create(c, desired);
    const struct value *attributes = c->attributes;
    if (!next || !delete (c, identifier, prior))
        return NULL;
    c->attributes = attributes;
    return next;
}

/* From what stands to what is wanted; the identifier of what stands then. */
static const char *change(struct contract *c, const char *identifier, const struct value *last,
                          const struct value *next)
{
    const struct value *prior = with_write_only(c, c->attributes, last);
    struct diff diff = diff_of(c, prior, next, true);
    if (diff.len == 0) {
        contract_fail(c, "makes no difference");
        return NULL;
    }
    if (diff.create_only)
        return replace(c, identifier, prior, next);
    const struct contract_op op = {
        .kind = OP_UPDATE, .identifier = identifier, .prior = prior, .desired = next};
    if (!contract_run(c, &op, OP_RESULT_DONE) || !read_back(c, identifier, next))
        return NULL;
    /* a crash may make it run again */
    if (!contract_run(c, &op, OP_RESULT_DONE) || !read_back(c, identifier, next))
        return NULL;
    return identifier;
}

static void import(struct contract *c, const char *identifier, const struct value *desired)
{
    if (!contract_run(c, &(struct contract_op){.kind = OP_FIND, .desired = desired},
                      OP_RESULT_FOUND))
        return;
    if (!str_eq(c->identifier, identifier))
        contract_fail(c, "find gives %s instead of %s", c->identifier, identifier);
    if (c->ownership == OWNER_OTHER)
        contract_fail(c, "find says that the object belongs to somebody else");
    const struct contract_op op = {.kind = OP_READ, .identifier = identifier, .shown = desired};
    if (!contract_run(c, &op, OP_RESULT_DONE))
        return;
    want_no_diff(c, with_needed_to_delete(c, c->attributes, desired), desired, false);
}

static void refuse_deletion(struct contract *c, const char *identifier, const struct value *prior)
{
    if (contract_run(
            c, &(struct contract_op){.kind = OP_REMOVE, .identifier = identifier, .prior = prior},
            OP_RESULT_FAILED))
        contract_run(c, &(struct contract_op){.kind = OP_READ, .identifier = identifier},
                     OP_RESULT_DONE);
}

/* All changes in turn, each from where the last that went well has led. A server that cannot do
 * one may do the next; the simulated world can do all of them. False: nothing stands. */
static bool run_changes(struct contract *c, const char **identifier, const struct value **desired)
{
    const struct value *changes = value_get(c->file, "changes");
    for (size_t i = 0; i < value_len(changes); i++) {
        c->step = arena_printf(c->arena, "change %zu", i + 1);
        const struct value *next =
            contract_properties(c, c->schema, ADDRESS, value_item(changes, i));
        const char *changed = change(c, *identifier, *desired, next);
        const struct contract_op op = {.kind = OP_READ, .identifier = *identifier};
        if (changed) {
            *identifier = changed;
            *desired = next;
        } else if (!c->endpoint || !contract_run(c, &op, OP_RESULT_DONE)) {
            return false;
        }
    }
    return true;
}

static void run_script(struct contract *c)
{
    c->step = "create";
    const struct value *desired =
        contract_properties(c, c->schema, ADDRESS, value_get(c->file, "create"));
    if (!contract_run(c, &(struct contract_op){.kind = OP_FIND, .desired = desired},
                      skipped(c, "absence") ? OP_RESULT_FOUND : OP_RESULT_GONE))
        return;
    const char *identifier = create(c, desired);
    if (value_len(value_get(c->file, "changes")) == 0 && !skipped(c, "change"))
        contract_fail(c, "there is neither a change nor a reason to skip it");
    if (!identifier || !run_changes(c, &identifier, &desired))
        return;
    const struct value *prior = with_write_only(c, c->attributes, desired);
    c->step = "import";
    import(c, identifier, desired);
    c->step = "delete";
    if (skipped(c, "delete"))
        refuse_deletion(c, identifier, prior);
    else if (delete (c, identifier, prior))
        contract_run(c, &(struct contract_op){.kind = OP_FIND, .desired = desired}, OP_RESULT_GONE);
}

/* ---- permissions ---- */

static bool list_names(const struct value *list, const char *text)
{
    for (size_t i = 0; i < value_len(list); i++)
        if (str_eq(value_str(value_item(list, i)), text))
            return true;
    return false;
}

static void compare_permissions(struct contract *c, enum op_kind kind, const char *handler)
{
    const struct value *permissions =
        value_get(value_get(c->schema->handlers, handler), "permissions");
    const struct value *implied = value_get(value_get(c->file, "implied"), handler);
    const struct map *seen = &c->actions[kind];
    for (size_t i = 0; i < seen->len; i++)
        if (!list_names(permissions, seen->entries[i].key))
            contract_fail(c, "%s makes the call %s, which its permissions do not name", handler,
                          seen->entries[i].key);
    for (size_t i = 0; i < value_len(permissions); i++) {
        const char *action = value_str(value_item(permissions, i));
        bool reasoned = value_get_str(implied, action) != NULL;
        if (c->hard) /* which calls a lost answer leads to is for the other pass */
            continue;
        if (!map_get(seen, action) && !reasoned)
            contract_fail(c, "%s: nothing of this test needs %s, and no reason is given", handler,
                          action);
        if (map_get(seen, action) && reasoned)
            contract_fail(c, "%s: %s was called, so that it needs no reason", handler, action);
    }
    for (size_t i = 0; i < value_len(implied); i++)
        if (!list_names(permissions, implied->map.entries[i].key))
            contract_fail(c, "%s: a reason for %s, which is no permission", handler,
                          implied->map.entries[i].key);
}

static void compare_all_permissions(struct contract *c)
{
    c->step = "permissions";
    compare_permissions(c, OP_READ, "read");
    compare_permissions(c, OP_CREATE, "create");
    compare_permissions(c, OP_UPDATE, "update");
    compare_permissions(c, OP_REMOVE, "delete");
    compare_permissions(c, OP_FIND, "find");
}

static void want_known_keys(struct contract *c, const struct value *map, const char *const *known)
{
    for (size_t i = 0; i < value_len(map); i++)
        if (!str_is_one_of(map->map.entries[i].key, known))
            contract_fail(c, "%s is no key of this file", map->map.entries[i].key);
}

static int test_type(const char *folder, const char *type, const char *where)
{
    static const char *const keys[] = {"account", "region",  "world", "packages", "before",
                                       "create",  "changes", "skip",  "implied",  NULL};
    static const char *const steps[] = {"absence", "change", "delete", NULL};
    struct contract c;
    if (contract_open(&c, type, folder, where)) {
        want_known_keys(&c, c.file, keys);
        want_known_keys(&c, value_get(c.file, "skip"), steps);
        if (contract_prepare(&c)) {
            run_script(&c);
            if (c.world)
                compare_all_permissions(&c);
        }
    }
    int status = c.failures ? 1 : 0;
    contract_close(&c);
    return status;
}

/* ---- the registry ---- */

static const char *const registered[] = {
#define TYPE(name) #name,
#include "types.inc"
#undef TYPE
    NULL};

static int test_registry(const char *folder)
{
    struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    int failures = 0;
    for (size_t i = 0; registered[i]; i++) {
        const struct resource_ops *ops = provider_ops(registered[i]);
        if (!ops || !ops->read || !ops->create || !ops->update || !ops->remove || !ops->find) {
            fprintf(stderr, "%s lacks one of its five functions\n", registered[i]);
            failures++;
        }
    }
    const char **names = NULL;
    size_t len = 0;
    if (!dir_list(arena, folder, false, &names, &len, &diags))
        failures++;
    for (size_t i = 0; i < len; i++) {
        if (!str_ends(names[i], ".yaml"))
            continue;
        const char *type = arena_strndup(arena, names[i], strlen(names[i]) - strlen(".yaml"));
        if (!str_is_one_of(type, registered)) {
            fprintf(stderr, "%s belongs to no type\n", names[i]);
            failures++;
        }
    }
    arena_free(arena);
    return failures ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 || argc == 4)
        return test_type(argv[1], argv[2], argv[3]);
    if (argc == 2)
        return test_registry(argv[1]);
    fprintf(stderr, "usage: contract_test FOLDER [TYPE [HARDSHIPS | URL]]\n");
    return 64;
}
