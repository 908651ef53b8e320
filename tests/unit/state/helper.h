#pragma once
/* A state in a folder of its own, for the tests of state/. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "state/state.h"

struct fixture {
    struct arena *arena;
    struct diags diags;
    const char *dir, *path;
};

static inline int fixture_setup(void **state)
{
    struct arena *arena = arena_new();
    struct fixture *f = arena_new_of(arena, struct fixture);
    f->arena = arena;
    diags_init(&f->diags, arena);
    f->dir = path_temp_dir(arena);
    f->path = path_join(arena, f->dir, ".holdfast/t.db");
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    dir_remove(f->dir);
    arena_free(f->arena);
    return 0;
}

static inline struct state_options options_of(const struct fixture *f)
{
    return (struct state_options){.path = f->path,
                                  .topology = "t",
                                  .world = "simulated",
                                  .command = "apply",
                                  .who = "somebody"};
}

static inline struct state *open_state(struct fixture *f)
{
    struct state_options options = options_of(f);
    struct state *s = NULL;
    assert_true(state_open(f->arena, &options, &s, &f->diags));
    return s;
}

static inline struct state *open_reader(struct fixture *f)
{
    struct state_options options = options_of(f);
    options.read_only = true;
    struct state *s = NULL;
    assert_true(state_open(f->arena, &options, &s, &f->diags));
    return s;
}

/* Opening must fail with this code. */
static inline void assert_refused(struct fixture *f, const struct state_options *options,
                                  enum diag_code code)
{
    struct diags diags;
    diags_init(&diags, f->arena);
    struct state *s = NULL;
    assert_false(state_open(f->arena, options, &s, &diags));
    assert_null(s);
    assert_int_equal(diags.len, 1);
    assert_string_equal(diag_code_id(diags.items[0].code), diag_code_id(code));
}

static inline struct record record_of(struct fixture *f, const char *address, const char *json)
{
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(f->arena, slice_of(json), &v, &why));
    return (struct record){.address = address,
                           .type = "aws_backup_vault",
                           .account_id = "111122223333",
                           .region = "us-east-1",
                           .identifier = "id",
                           .attributes = v};
}

static inline size_t record_count(struct fixture *f, struct state *s)
{
    struct record *records = NULL;
    size_t len = 0;
    assert_true(state_load(s, f->arena, &records, &len, &f->diags));
    return len;
}

static inline size_t open_count(struct fixture *f, struct state *s)
{
    struct intent *intents = NULL;
    size_t len = 0;
    assert_true(journal_open_intents(s, f->arena, &intents, &len, &f->diags));
    return len;
}
