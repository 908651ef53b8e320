#pragma once
/* What tests of resource types share: one account over a fake transport, one operation at a time.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/base/json.h"
#include "providers/aws/aws.h"
#include "providers/fake_transport.h"

#define FIXTURE_START_MS ((int64_t)1767225600000)
#define FIXTURE_ACCOUNT "111122223333"
#define FIXTURE_TOKEN "0123456789abcdef0123456789abcdef"

struct fixture {
    struct arena *arena;
    struct diags diags;
    struct fake_transport *fake;
    struct loop *loop;
    const struct schema_set *schemas;
    size_t calls_before;    /* those of the session */
    bool may_be_new;        /* what OP_FIND says of the operation */
    const char *other_than; /* the same */
    /* of the last operation */
    enum op_result result;
    enum ownership ownership;
    const char *identifier;
    const struct value *attributes;
    bool ended;
};

static inline void fixture_ended(void *ctx, const struct op_outcome *outcome)
{
    struct fixture *f = ctx;
    assert_false(f->ended);
    f->ended = true;
    f->result = outcome->result;
    f->ownership = outcome->ownership;
    f->identifier = arena_strdup(f->arena, outcome->identifier);
    f->attributes = value_copy(f->arena, outcome->attributes);
}

static inline int fixture_set_up(void **state)
{
    static const struct aws_account account = {
        .id = FIXTURE_ACCOUNT, .name = "workload", .partition = "aws"};
    struct arena *arena = arena_new();
    struct fixture *f = arena_new_of(arena, struct fixture);
    f->arena = arena;
    diags_init(&f->diags, arena);
    f->fake = fake_transport_new(arena, FIXTURE_START_MS);
    f->loop = loop_new(fake_transport(f->fake), &f->diags);
    f->schemas = schema_load(arena);
    struct aws_options options = {
        .accounts = &account, .account_len = 1, .home_region = "us-east-1", .simulated = true};
    assert_true(aws_setup(arena, f->loop, &options, &f->diags));
    fake_when_contains(
        f->fake, "GetCallerIdentity",
        (struct fake_answer){.status = 200,
                             .body = "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                                     "<Arn>arn</Arn><Account>" FIXTURE_ACCOUNT "</Account>"
                                     "</GetCallerIdentityResult></GetCallerIdentityResponse>"});
    assert_true(aws_verify_identities(f->loop, &f->diags));
    f->calls_before = fake_call_count(f->fake);
    *state = f;
    return 0;
}

static inline int fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    if (fake_unmatched(f->fake))
        fail_msg("not in the script: %s", fake_unmatched(f->fake));
    loop_free(f->loop);
    arena_free(f->arena);
    return 0;
}

/* NULL stays NULL. */
static inline const struct value *fixture_json(struct fixture *f, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (text)
        assert_true(json_parse(f->arena, slice_of(text), &v, &why));
    return v;
}

/* Runs one operation to its end. */
static inline void fixture_run(struct fixture *f, enum op_kind kind, const char *type,
                               const char *identifier, const char *desired, const char *prior)
{
    struct op_spec spec = {.kind = kind,
                           .ops = provider_ops(type),
                           .schema = schema_of(f->schemas, type),
                           .address = "test.address",
                           .account_id = FIXTURE_ACCOUNT,
                           .region = "us-east-1",
                           .partition = "aws",
                           .identifier = identifier,
                           .token = FIXTURE_TOKEN,
                           .may_be_new = f->may_be_new,
                           .other_than = f->other_than,
                           .desired = fixture_json(f, desired),
                           .prior = fixture_json(f, prior)};
    f->ended = false;
    loop_start(f->loop, &spec, fixture_ended, f);
    while (loop_turn(f->loop)) {
    }
    assert_true(f->ended);
}

/* Answers "METHOD path" with a body; error: a code, or NULL. */
static inline void fixture_answer(struct fixture *f, const char *request, const char *error,
                                  const char *body, int times)
{
    struct http_header *type = arena_new_of(f->arena, struct http_header);
    *type = (struct http_header){"x-amzn-ErrorType", error};
    fake_when(f->fake, request,
              (struct fake_answer){.status = error ? 400 : 200,
                                   .body = body,
                                   .headers = type,
                                   .header_len = error ? 1 : 0,
                                   .times = times});
}

/* The same for services whose operations all go to one path: by X-Amz-Target, or part of it. */
static inline void fixture_answer_target(struct fixture *f, const char *target, const char *error,
                                         const char *body, int times)
{
    struct http_header *type = arena_new_of(f->arena, struct http_header);
    *type = (struct http_header){"x-amzn-ErrorType", error};
    fake_when_contains(f->fake, target,
                       (struct fake_answer){.status = error ? 400 : 200,
                                            .body = body,
                                            .headers = type,
                                            .header_len = error ? 1 : 0,
                                            .times = times});
}

static inline size_t fixture_calls(const struct fixture *f)
{
    return fake_call_count(f->fake) - f->calls_before;
}

/* The i-th call since the session was opened. */
static inline const struct fake_call *fixture_call(const struct fixture *f, size_t i)
{
    return fake_call(f->fake, f->calls_before + i);
}

#define FIXTURE_TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)
