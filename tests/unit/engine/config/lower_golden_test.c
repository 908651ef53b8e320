/* What each topology becomes, compared with files: tests/golden/lower/CASE/resources.expected (one
 * line a resource: address, type, account, Region, what it waits for) and properties.expected.json
 * (outputs, relays and all properties). With HOLDFAST_UPDATE_GOLDEN=1 the files are written anew:
 * read the difference before you commit it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/config/config.h"

#define GOLDEN SOURCE_DIR "/tests/golden/lower/"

static bool load(struct arena *arena, const char *path, struct topology *topology)
{
    struct diags diags;
    struct config_options options = {.path = path, .data_dir = GOLDEN "data"};
    diags_init(&diags, arena);
    bool ok = config_load(arena, &options, schema_load(arena), topology, &diags);
    for (size_t i = 0; i < diags.len; i++)
        fprintf(stderr, "%s\n", diag_render(arena, &diags, &diags.items[i]));
    return ok;
}

static const char *resource_lines(struct arena *arena, const struct topology *topology)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, (size_t)1 << 20);
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *r = &topology->resources[i];
        strbuf_addf(&sb, "%s %s %s %s%s%s%s\n", r->address, r->schema->type_name, r->account->name,
                    r->region ? r->region : "-", r->last ? " last" : "",
                    r->external ? " external" : "", r->prevent_destroy ? " prevent_destroy" : "");
        for (size_t j = 0; j < r->depends_on_len; j++)
            strbuf_addf(&sb, "    after %s\n", r->depends_on[j]);
    }
    return strbuf_str(&sb);
}

/* The package lies elsewhere on every machine, and may be built for another processor. */
static const struct value *portable(struct arena *arena, const struct value *properties)
{
    if (!value_get(properties, "filename"))
        return properties;
    const struct value *v = value_without(arena, properties, "filename");
    return value_without(arena, v, "architectures");
}

static const char *property_text(struct arena *arena, const struct topology *topology)
{
    struct map_builder all = map_begin(arena), resources = map_begin(arena),
                       outputs = map_begin(arena), relays = map_begin(arena);
    for (size_t i = 0; i < topology->resource_len; i++)
        map_put(&resources, topology->resources[i].address,
                portable(arena, topology->resources[i].properties));
    for (size_t i = 0; i < topology->output_len; i++)
        map_put(&outputs, topology->outputs[i].name, topology->outputs[i].value);
    for (size_t i = 0; i < topology->relay_len; i++)
        map_put(&relays, topology->relays[i].address, topology->relays[i].config);
    map_put(&all, "outputs", map_end(&outputs));
    map_put(&all, "relays", map_end(&relays));
    map_put(&all, "resources", map_end(&resources));
    return arena_printf(arena, "%s\n", json_print(arena, map_end(&all), JSON_PRETTY | JSON_SORTED));
}

static void compare(struct arena *arena, const char *path, const char *text)
{
    struct diags diags;
    struct slice expected = {0};
    diags_init(&diags, arena);
    if (getenv("HOLDFAST_UPDATE_GOLDEN")) {
        assert_true(file_write_atomic(path, slice_of(text), 0644, &diags));
        return;
    }
    assert_true(file_read(arena, path, FILE_READ_MAX, &expected, &diags));
    if (!slice_is(expected, text))
        fail_msg("%s differs; run this test with HOLDFAST_UPDATE_GOLDEN=1 and read the difference",
                 path);
}

static void becomes(const char *name, const char *topology_path)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct topology topology;
    assert_true(load(arena, topology_path, &topology));
    compare(arena, arena_printf(arena, GOLDEN "%s/resources.expected", name),
            resource_lines(arena, &topology));
    compare(arena, arena_printf(arena, GOLDEN "%s/properties.expected.json", name),
            property_text(arena, &topology));
}

static void types_without_a_section_stand_under_resources(void **state)
{
    (void)state;
    becomes("more-backup", SOURCE_DIR "/examples/more-backup.yaml");
}

static void the_first_walkthrough_becomes_its_resources(void **state)
{
    (void)state;
    becomes("rds-immutable-backup", SOURCE_DIR "/examples/rds-immutable-backup.yaml");
}

static void the_second_walkthrough_becomes_its_resources(void **state)
{
    (void)state;
    becomes("rds-default-key", SOURCE_DIR "/examples/rds-default-key.yaml");
}

static void the_guarded_walkthrough_becomes_its_resources(void **state)
{
    (void)state;
    becomes("rds-guarded", SOURCE_DIR "/examples/rds-guarded.yaml");
}

static void the_fleet_becomes_one_path_for_each_member(void **state)
{
    (void)state;
    becomes("fleet", SOURCE_DIR "/examples/fleet.yaml");
}

static void the_direct_route_needs_no_relay(void **state)
{
    (void)state;
    becomes("direct-copy", SOURCE_DIR "/examples/direct-copy.yaml");
}

static void the_way_back_becomes_two_roles(void **state)
{
    (void)state;
    becomes("restore", SOURCE_DIR "/examples/restore.yaml");
}

static void a_unit_becomes_a_group_of_one_symbolic_member(void **state)
{
    (void)state;
    becomes("unit", GOLDEN "unit/topology.yaml");
}

static void the_watched_vault_becomes_what_stands_around_it(void **state)
{
    (void)state;
    becomes("watched-backups", SOURCE_DIR "/examples/watched-backups.yaml");
}

static void groups_become_one_instance_a_member(void **state)
{
    (void)state;
    becomes("groups", GOLDEN "groups/topology.yaml");
}

static void a_relay_has_its_alarms_beside_it_and_in_the_other_account(void **state)
{
    (void)state;
    becomes("relay-alarms", GOLDEN "relay-alarms/topology.yaml");
}

static void entries_by_hand_become_what_they_say(void **state)
{
    (void)state;
    becomes("by-hand", GOLDEN "by-hand/topology.yaml");
}

static void alarms_and_buses_become_what_they_say(void **state)
{
    (void)state;
    becomes("alarms-and-buses", GOLDEN "alarms-and-buses/topology.yaml");
}

static void policies_of_an_organization_become_what_they_say(void **state)
{
    (void)state;
    becomes("organization", GOLDEN "organization/topology.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_without_a_section_stand_under_resources),
        cmocka_unit_test(the_first_walkthrough_becomes_its_resources),
        cmocka_unit_test(the_second_walkthrough_becomes_its_resources),
        cmocka_unit_test(the_guarded_walkthrough_becomes_its_resources),
        cmocka_unit_test(the_fleet_becomes_one_path_for_each_member),
        cmocka_unit_test(the_direct_route_needs_no_relay),
        cmocka_unit_test(the_way_back_becomes_two_roles),
        cmocka_unit_test(a_unit_becomes_a_group_of_one_symbolic_member),
        cmocka_unit_test(the_watched_vault_becomes_what_stands_around_it),
        cmocka_unit_test(groups_become_one_instance_a_member),
        cmocka_unit_test(a_relay_has_its_alarms_beside_it_and_in_the_other_account),
        cmocka_unit_test(entries_by_hand_become_what_they_say),
        cmocka_unit_test(alarms_and_buses_become_what_they_say),
        cmocka_unit_test(policies_of_an_organization_become_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
