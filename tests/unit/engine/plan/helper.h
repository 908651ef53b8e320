#pragma once
/* A small world for the tests of engine/plan: resources, records and observations from JSON, with
 * the real schemas. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/config/normalize.h"
#include "engine/plan/plan.h"

#define MOST 64
#define NOW_MS ((int64_t)1767225600000) /* 2026-01-01T00:00:00Z */

struct fixture {
    struct arena *arena;
    struct diags diags;
    struct account accounts[2];
    struct topology topology;
    struct resource resources[MOST];
    struct record records[MOST];
    struct observation observations[MOST];
    struct plan_input input;
    struct plan plan;
};

static inline const struct schema_set *schemas(void)
{
    static const struct schema_set *set;
    static struct arena *arena;
    if (!set) {
        arena = arena_new();
        set = schema_load(arena);
    }
    return set;
}

static inline int fixture_setup(void **state)
{
    struct arena *arena = arena_new();
    struct fixture *f = arena_new_of(arena, struct fixture);
    f->arena = arena;
    diags_init(&f->diags, arena);
    f->accounts[0] = (struct account){.name = "workload", .id = "111122223333", .partition = "aws"};
    f->accounts[1] = (struct account){.name = "backup", .id = "444455556666", .partition = "aws"};
    f->topology = (struct topology){.name = "t",
                                    .accounts = f->accounts,
                                    .account_len = 2,
                                    .region_len = 1,
                                    .resources = f->resources,
                                    .spec_digest = "digest"};
    map_init(&f->topology.by_address, arena);
    f->input = (struct plan_input){.topology = &f->topology,
                                   .schemas = schemas(),
                                   .records = f->records,
                                   .observations = f->observations,
                                   .lineage = "lineage",
                                   .program_version = "0",
                                   .now_ms = NOW_MS};
    map_init(&f->topology.by_address, arena);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    arena_free(f->arena);
    return 0;
}

static inline const struct value *json(struct fixture *f, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(f->arena, slice_of(text), &v, &why))
        fail_msg("%s: %s", why, text);
    return json_restore_unknown(f->arena, v);
}

/* "a b" to a list of addresses. */
static inline const char *const *words(struct fixture *f, const char *text, size_t *ret_len)
{
    const char **list = arena_array(f->arena, MOST, sizeof(*list));
    struct slice rest = slice_of(text);
    *ret_len = 0;
    while (rest.ptr && rest.len > 0) {
        struct slice word = slice_cut(&rest, ' ');
        list[(*ret_len)++] = arena_strndup(f->arena, word.ptr, word.len);
    }
    return list;
}

/* Resources must be added in order of their addresses. */
static inline struct resource *want(struct fixture *f, const char *address, const char *type,
                                    const char *properties, const char *depends_on)
{
    struct resource *r = &f->resources[f->topology.resource_len++];
    *r = (struct resource){.address = address,
                           .schema = schema_of(schemas(), type),
                           .account = &f->accounts[0],
                           .region = "us-east-1"};
    assert_non_null(r->schema);
    map_set(&f->topology.by_address, address, r);
    r->properties = normalize(f->arena, r->schema, json(f, properties));
    r->depends_on = words(f, depends_on, &r->depends_on_len);
    map_set(&f->topology.by_address, address, r);
    return r;
}

static inline struct record *have(struct fixture *f, const char *address, const char *type,
                                  const char *attributes, const char *depends_on)
{
    struct record *r = &f->records[f->input.record_len++];
    *r = (struct record){.address = address,
                         .type = type,
                         .account_id = "111122223333",
                         .region = "us-east-1",
                         .identifier = arena_printf(f->arena, "id of %s", address),
                         .attributes = json(f, attributes)};
    r->depends_on = words(f, depends_on, &r->depends_on_len);
    return r;
}

/* What refresh saw: of a recorded object, or of one that was found. */
static inline struct observation *seen(struct fixture *f, const char *address, enum found found,
                                       const char *attributes)
{
    struct observation *o = &f->observations[f->input.observation_len++];
    *o = (struct observation){.address = address, .found = found, .identifier = "found"};
    if (attributes)
        o->attributes = json(f, attributes);
    return o;
}

static inline const struct plan *build(struct fixture *f)
{
    if (!plan_build(f->arena, &f->input, &f->plan, &f->diags))
        fail_msg("%s", f->diags.len ? f->diags.items[0].message : "no diagnostic");
    return &f->plan;
}

static inline void assert_fails(struct fixture *f, enum diag_code code)
{
    assert_false(plan_build(f->arena, &f->input, &f->plan, &f->diags));
    assert_true(f->diags.len > 0);
    assert_string_equal(diag_code_id(f->diags.items[0].code), diag_code_id(code));
}

/* "create vaults.a, delete vaults.b": the plan in its order. */
static inline const char *outline(struct fixture *f)
{
    static const char *const names[] = {"none", "create", "adopt", "update", "delete", "forget"};
    struct strbuf sb;
    strbuf_init(&sb, f->arena, 65536);
    for (size_t i = 0; i < f->plan.len; i++) {
        const struct change *c = &f->plan.changes[i];
        strbuf_addf(&sb, "%s%s%s %s", sb.len ? ", " : "", c->replacement ? "re-" : "",
                    names[c->action], c->address);
    }
    return strbuf_str(&sb);
}

static inline const struct change *change_at(struct fixture *f, const char *address)
{
    for (size_t i = 0; i < f->plan.len; i++)
        if (str_eq(f->plan.changes[i].address, address))
            return &f->plan.changes[i];
    fail_msg("no change of %s", address);
    return NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
