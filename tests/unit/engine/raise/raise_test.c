/* Raising is the inverse of lowering: what a topology becomes, seen as objects, is raised to a file
 * that becomes the same objects. Goldens (tests/golden/raise/CASE.yaml) show how the files read,
 * of topologies that stand there to be lowered: examples change for reasons of their own.
 * HOLDFAST_UPDATE_GOLDEN=1 writes them anew. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/crypto.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/config/assets.h"
#include "engine/config/config.h"
#include "engine/config/imports.h"
#include "engine/config/normalize.h"
#include "engine/raise/raise.h"

#define GOLDEN SOURCE_DIR "/tests/golden/raise/"
#define DATA SOURCE_DIR "/tests/golden/lower/data"

struct world {
    struct arena *arena;
    const struct schema_set *schemas;
    const char *folder; /* of the file that is made */
    struct topology topology;
    struct findings findings;
    struct map by_address; /* -> struct finding * */
};

static void print_messages(struct arena *arena, const struct diags *diags)
{
    for (size_t i = 0; i < diags->len; i++)
        print_error("%s\n", diag_render(arena, diags, &diags->items[i]));
}

static void load(struct world *w, const char *path, struct slice text, struct topology *ret)
{
    struct diags diags;
    struct config_options options = {.path = path, .text = text, .data_dir = DATA};
    diags_init(&diags, w->arena);
    bool good = config_load(w->arena, &options, w->schemas, ret, &diags);
    if (!good)
        print_messages(w->arena, &diags);
    assert_true(good);
}

/* ---- a topology as a world ---- */

static const char *made_id(struct arena *arena, const char *type, const char *address)
{
    return arena_printf(arena, "%.32s",
                        sha256_hex(arena, slice_of(arena_printf(arena, "%s %s", type, address))));
}

static const char *made_arn(struct arena *arena, const struct resource *r, const char *id)
{
    const char *service = str_eq(r->schema->type_name, "aws_kms_key") ? "kms" : "backup";
    return arena_printf(arena, "arn:aws:%s:%s:%s:%s%s", service, r->region ? r->region : "",
                        r->account->id, str_eq(service, "kms") ? "key/" : "backup-plan:", id);
}

static const struct value *look_up(void *ctx, const char *address, const char *attribute)
{
    const struct world *w = ctx;
    const struct finding *finding = map_get(&w->by_address, address);
    return finding ? value_get(finding->attributes, attribute) : NULL;
}

static const char *identifier_of(struct world *w, const struct finding *finding)
{
    const char *id = schema_identifier(w->arena, finding->schema, finding->attributes);
    assert_non_null(id);
    return id;
}

/* The package as Lambda holds it, beside the file that is to be made. */
static const char *package_of(struct world *w, const struct resource *r, size_t i)
{
    struct diags diags;
    struct asset asset;
    const char *path = value_get_str(r->properties, "filename");
    const char *name = arena_printf(w->arena, "%zu.zip", i);
    diags_init(&diags, w->arena);
    if (!path)
        return NULL;
    assert_true(asset_pack(w->arena, path, NO_POS, r->address, &asset, &diags));
    assert_true(file_write_atomic(path_join(w->arena, w->folder, name), asset.zip, 0600, &diags));
    return name;
}

/* In order of dependence, so that references can be resolved: what is left waits for a later round.
 */
static void look(struct world *w)
{
    const struct topology *t = &w->topology;
    bool again = true;
    w->findings.items = arena_array(w->arena, t->resource_len, sizeof(*w->findings.items));
    while (again) {
        again = false;
        for (size_t i = 0; i < t->resource_len; i++) {
            const struct resource *r = &t->resources[i];
            const struct value *known = value_resolve(w->arena, r->properties, look_up, w);
            if (map_get(&w->by_address, r->address) || value_has_unknown(known))
                continue;
            struct map_builder b = map_begin_from(w->arena, known);
            const char *id = made_id(w->arena, r->schema->type_name, r->address);
            const char *arn = schema_arn(w->arena, r->schema, r->account->id, r->region, known);
            map_put_str(&b, "id", id);
            map_put_str(&b, "url", arena_printf(w->arena, "https://sqs/%s", id));
            map_put_str(&b, "arn", arn ? arn : made_arn(w->arena, r, id));
            if (value_get(known, "changeable_for_days"))
                map_put_int(&b, "lock_date", 1);
            map_drop(&b, "changeable_for_days");
            if (value_is(value_get(known, "targets"), VALUE_NULL)) /* "unset it" */
                map_drop(&b, "targets");
            struct finding *finding = r->external ? arena_new_of(w->arena, struct finding)
                                                  : &w->findings.items[w->findings.len++];
            *finding = (struct finding){.schema = r->schema,
                                        .account = r->account,
                                        .region = r->region,
                                        .attributes = map_end(&b),
                                        .code = package_of(w, r, i)};
            finding->identifier = r->external ? id : identifier_of(w, finding);
            map_set(&w->by_address, r->address, finding);
            again = true;
        }
    }
    for (size_t i = 0; i < t->resource_len; i++)
        if (!map_get(&w->by_address, t->resources[i].address))
            fail_msg("%s is not known", t->resources[i].address);
}

/* ---- what it is compared by ---- */

static const struct value *look_up_imported(void *ctx, const char *address, const char *attribute)
{
    void *const *both = ctx;
    const struct world *w = both[0];
    const struct topology *raised = both[1];
    const char *id = import_id(raised, address);
    const struct resource *r = topology_find(raised, address);
    if (!id)
        id = schema_identifier(w->arena, r->schema, r->properties);
    for (size_t i = 0; id && i < w->findings.len; i++) {
        const struct finding *finding = &w->findings.items[i];
        if (str_eq(finding->identifier, id) && finding->schema->rank == r->schema->rank &&
            str_eq(finding->account->id, r->account->id) && str_eq(finding->region, r->region))
            return value_get(finding->attributes, attribute);
    }
    return NULL;
}

/* What is there, without what AWS invents or tells nobody, and without tags of ownership. */
static const char *line(struct arena *arena, const struct schema *schema, const char *account,
                        const char *region, const struct value *properties)
{
    struct map_builder b = map_begin(arena);
    const struct value *normal = normalize(arena, schema, properties);
    for (size_t i = 0; i < schema->root->property_len; i++) {
        const struct schema_property *p = &schema->root->properties[i];
        if (!p->node->read_only && !p->node->write_only && !str_eq(p->name, "tags"))
            map_put(&b, p->name, value_get(normal, p->name));
    }
    return arena_printf(arena, "%s %s %s %s", schema->type_name, account, region ? region : "-",
                        json_print(arena, map_end(&b), JSON_SORTED));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Nobody's entry: lowering makes it where a vault takes copies of other accounts. */
static bool is_compared(const struct schema *schema)
{
    return !str_eq(schema->type_name, "aws_iam_service_linked_role");
}

static void assert_same_objects(struct world *w, const struct topology *raised)
{
    const char **before = arena_array(w->arena, w->findings.len, sizeof(*before));
    const char **after = arena_array(w->arena, raised->resource_len, sizeof(*after));
    void *both[] = {w, (void *)(uintptr_t)raised};
    size_t before_len = 0, after_len = 0;
    for (size_t i = 0; i < w->findings.len; i++) {
        const struct finding *f = &w->findings.items[i];
        if (is_compared(f->schema))
            before[before_len++] =
                line(w->arena, f->schema, f->account->id, f->region, f->attributes);
    }
    for (size_t i = 0; i < raised->resource_len; i++) {
        const struct resource *r = &raised->resources[i];
        if (is_compared(r->schema))
            after[after_len++] =
                line(w->arena, r->schema, r->account->id, r->region,
                     value_resolve(w->arena, r->properties, look_up_imported, both));
    }
    qsort(before, before_len, sizeof(*before), by_text);
    qsort(after, after_len, sizeof(*after), by_text);
    for (size_t i = 0; i < before_len && i < after_len; i++)
        if (!str_eq(before[i], after[i]))
            fail_msg("before %s\nafter  %s", before[i], after[i]);
    assert_int_equal(before_len, after_len);
}

static void compare_golden(struct arena *arena, const char *name, const char *text)
{
    static const char *const kept[] = {"by-hand", "alarms-and-buses", "organization", NULL};
    struct diags diags;
    struct slice expected = {0};
    const char *path = arena_printf(arena, GOLDEN "%s.yaml", name);
    diags_init(&diags, arena);
    if (!str_is_one_of(name, kept))
        return;
    if (getenv("HOLDFAST_UPDATE_GOLDEN")) {
        assert_true(file_write_atomic(path, slice_of(text), 0644, &diags));
        return;
    }
    assert_true(file_read(arena, path, FILE_READ_MAX, &expected, &diags));
    if (!slice_is(expected, text))
        fail_msg("%s differs; run this test with HOLDFAST_UPDATE_GOLDEN=1 and read the difference",
                 path);
}

/* What the topology at `path` becomes, seen as objects, changed by `edit`, raised again. */
static void raise_example(struct world *w, const char *path,
                          void (*edit)(struct world *w, struct finding *finding),
                          struct raised *ret)
{
    struct diags diags;
    map_init(&w->by_address, w->arena);
    diags_init(&diags, w->arena);
    w->folder = path_temp_dir(w->arena);
    w->findings.remarks = list_begin(w->arena);
    load(w, path, (struct slice){NULL, 0}, &w->topology);
    w->findings.organization_id = w->topology.organization_id;
    look(w);
    for (size_t i = 0; edit && i < w->findings.len; i++)
        edit(w, &w->findings.items[i]);
    struct raise_input input = {.topology = &w->topology,
                                .schemas = w->schemas,
                                .findings = &w->findings,
                                .path = path_join(w->arena, w->folder, "adopted.yaml"),
                                .data_dir = DATA};
    bool good = raise_findings(w->arena, &input, ret, &diags);
    print_messages(w->arena, &diags);
    assert_true(good);
}

static void assert_comes_back(struct world *w, const struct raised *raised)
{
    struct topology again;
    load(w, path_join(w->arena, w->folder, "adopted.yaml"), slice_of(raised->text), &again);
    assert_same_objects(w, &again);
    dir_remove(w->folder);
}

static void comes_back(const char *name, const char *path)
{
    struct raised raised;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct world w = {.arena = arena, .schemas = schema_load(arena)};
    raise_example(&w, path, NULL, &raised);
    compare_golden(arena, name, raised.text);
    assert_comes_back(&w, &raised);
}

static void examples_come_back_as_the_same_objects(void **state)
{
    (void)state;
    static const char *const names[] = {"rds-immutable-backup", "rds-default-key", "rds-guarded",
                                        "direct-copy",          "fleet",           "more-backup",
                                        "watched-backups"};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        comes_back(names[i], arena_printf(arena, SOURCE_DIR "/examples/%s.yaml", names[i]));
}

static void what_is_written_by_hand_comes_back(void **state)
{
    (void)state;
    static const char *const names[] = {"by-hand", "alarms-and-buses", "organization", "groups"};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        comes_back(names[i], arena_printf(arena, SOURCE_DIR "/tests/golden/lower/%s/topology.yaml",
                                          names[i]));
}

static void set_property(struct world *w, struct finding *finding, const char *property,
                         const char *json)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(w->arena, slice_of(json), &v, &why));
    finding->attributes = value_with(w->arena, finding->attributes, property, v);
}

/* The policy that `accept_copies_from` makes, but for its Sid. */
static void write_policy_by_hand(struct world *w, struct finding *finding)
{
    if (str_eq(finding->schema->type_name, "aws_backup_vault_policy"))
        set_property(w, finding, "policy",
                     "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\","
                     "\"Principal\": {\"AWS\": \"arn:aws:iam::111122223333:root\"},"
                     "\"Action\": \"backup:CopyIntoBackupVault\", \"Resource\": \"*\"}]}");
}

static void what_short_words_would_change_is_said_in_whole(void **state)
{
    (void)state;
    struct raised raised;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct world w = {.arena = arena, .schemas = schema_load(arena)};
    raise_example(&w, SOURCE_DIR "/examples/direct-copy.yaml", write_policy_by_hand, &raised);
    assert_null(strstr(raised.text, "accept_copies_from"));
    assert_non_null(strstr(raised.text, "    policy:\n      Version: \"2012-10-17\"\n"));
    assert_comes_back(&w, &raised);
}

/* More than SQS takes, and so more than a topology may say. */
static void keep_letters_for_long(struct world *w, struct finding *finding)
{
    if (str_eq(finding->identifier, "by-hand-events"))
        set_property(w, finding, "message_retention_seconds", "99999999");
}

static void what_no_entry_can_say_is_left_out_and_told(void **state)
{
    (void)state;
    struct raised raised;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct world w = {.arena = arena, .schemas = schema_load(arena)};
    raise_example(&w, SOURCE_DIR "/tests/golden/lower/by-hand/topology.yaml", keep_letters_for_long,
                  &raised);
    dir_remove(w.folder);
    assert_int_equal(value_len(raised.remarks), 1);
    assert_non_null(
        strstr(value_str(value_item(raised.remarks, 0)), "the SQS queue by-hand-events"));
    assert_null(strstr(raised.text, "id: by-hand-events}"));
    assert_non_null(
        strstr(raised.text, "arn: arn:aws:sqs:eu-central-1:111122223333:by-hand-events"));
}

/* The plan backs up into the vault that AWS makes in every account. */
static void use_default_vault(struct world *w, struct finding *finding)
{
    if (str_eq(finding->identifier, "direct-copy-primary")) {
        finding->identifier = "Default";
        set_property(w, finding, "name", "\"Default\"");
        set_property(w, finding, "arn",
                     "\"arn:aws:backup:us-east-1:111122223333:backup-vault:Default\"");
    }
    if (str_eq(finding->schema->type_name, "aws_backup_plan"))
        set_property(w, finding, "rules",
                     "[{\"rule_name\": \"daily\", \"target_backup_vault_name\": \"Default\"}]");
}

static void a_vault_of_awss_own_is_looked_up(void **state)
{
    (void)state;
    struct raised raised;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct world w = {.arena = arena, .schemas = schema_load(arena)};
    raise_example(&w, SOURCE_DIR "/examples/direct-copy.yaml", use_default_vault, &raised);
    dir_remove(w.folder);
    assert_non_null(strstr(raised.text, "  primary:\n    account: workload\n    region: primary\n"
                                        "    name: Default\n    external: true\n"));
    assert_non_null(strstr(raised.text, "target_vault: primary"));
    assert_null(strstr(raised.text, "id: Default"));
}

/* What is wrong with the file that names the places is nobody's among the objects. */
static void what_cannot_be_said_at_all_is_told(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct diags diags;
    struct raised raised;
    static const struct account account = {.name = "a", .id = "111122223333", .partition = "aws"};
    static const char *const regions[] = {"us-east-1"};
    const struct topology topology = {.name = "a name of far more than twenty-four characters",
                                      .accounts = &account,
                                      .account_len = 1,
                                      .regions = regions,
                                      .region_len = 1};
    struct findings none = {.arena = arena, .remarks = list_begin(arena)};
    struct raise_input input = {
        .topology = &topology, .schemas = schema_load(arena), .findings = &none, .path = "t.yaml"};
    diags_init(&diags, arena);
    assert_false(raise_findings(arena, &input, &raised, &diags));
    assert_string_equal(diag_code_id(diags.items[0].code), "HF0513");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_come_back_as_the_same_objects),
        cmocka_unit_test(what_is_written_by_hand_comes_back),
        cmocka_unit_test(what_short_words_would_change_is_said_in_whole),
        cmocka_unit_test(what_no_entry_can_say_is_left_out_and_told),
        cmocka_unit_test(a_vault_of_awss_own_is_looked_up),
        cmocka_unit_test(what_cannot_be_said_at_all_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
