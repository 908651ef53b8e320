#pragma once
/* A client of a world for the simulator's own tests: one call, its status, code and body. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "simulator/internal.h"

#define WORKLOAD "111122223333"
#define BACKUP "444455556666"
#define OUTSIDER "777788889999" /* in no organization */
#define MANAGEMENT "999999999999"
#define DEPLOYER "arn:aws:iam::111122223333:role/deployer"

struct client {
    struct arena *arena;
    struct world *world;
    struct diags diags;
    const char *account, *region; /* who calls, and where */
    int status;
    const char *code, *message; /* of the last error */
};

/* A world with two accounts in an organization, and one database in each of the named Regions. */
static inline void client_open(struct client *c, const char *seed)
{
    *c = (struct client){.arena = arena_new(), .account = WORKLOAD, .region = "us-east-1"};
    diags_init(&c->diags, c->arena);
    const struct world_options options = {.path = ":memory:"};
    assert_true(world_open(&options, &c->world, &c->diags));
    const struct value *v = NULL;
    const char *why = NULL;
    assert_true(json_parse(c->arena, slice_of(seed), &v, &why));
    assert_true(world_seed(c->world, v, &c->diags));
}

static inline void client_close(struct client *c)
{
    world_close(c->world);
    arena_free(c->arena);
}

static inline const struct value *client_send(struct client *c, const char *service,
                                              const char *method, const char *target,
                                              const char *body, const char *amz_target)
{
    const struct http_header headers[] = {
        {"Authorization",
         arena_printf(c->arena,
                      "AWS4-HMAC-SHA256 Credential=%s/20260101/%s/%s/aws4_request, "
                      "SignedHeaders=host, Signature=0",
                      c->account, c->region, service)},
        {"X-Amz-Target", amz_target},
    };
    const struct sim_request request = {.method = method,
                                        .target = target,
                                        .headers = headers,
                                        .header_len = amz_target ? 2 : 1,
                                        .body = slice_of(body ? body : "")};
    struct sim_response response;
    world_handle(c->world, c->arena, &request, &response);
    const struct value *answer = NULL;
    const char *why = NULL;
    if (response.body.len && response.body.ptr[0] == '{')
        assert_true(json_parse(c->arena, response.body, &answer, &why));
    else if (response.body.len)
        answer = value_string_n(c->arena, response.body.ptr, response.body.len);
    c->status = response.status;
    c->code = value_get_str(answer, "Code");
    if (!c->code)
        c->code = value_get_str(answer, "__type");
    c->message = value_get_str(answer, "Message");
    return answer;
}

/* A call of AWS Backup that must succeed. */
static inline const struct value *backup_call(struct client *c, const char *method,
                                              const char *target, const char *body)
{
    const struct value *answer = client_send(c, "backup", method, target, body, NULL);
    if (c->status >= 300)
        fail_msg("%s %s: %d %s %s", method, target, c->status, c->code, c->message);
    return answer;
}

/* A call of AWS Backup that must be refused with this code. */
static inline void backup_fails(struct client *c, const char *method, const char *target,
                                const char *body, const char *code)
{
    client_send(c, "backup", method, target, body, NULL);
    assert_int_not_equal(c->status, 200);
    assert_string_equal(c->code, code);
}

static inline void client_advance(struct client *c, int64_t ms)
{
    assert_true(world_advance_to(c->world, world_now_ms(c->world) + ms, &c->diags));
}
