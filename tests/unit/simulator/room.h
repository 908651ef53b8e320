#pragma once
/* A world in memory and callers of it, for the tests of the simulator. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "simulator/internal.h"

#define ACCOUNT "111122223333"
#define OTHER "444455556666"
#define MANAGEMENT "999999999999"
#define REGION "us-east-1"

struct room {
    struct arena *arena;
    struct diags diags;
    struct world *world;
};

static inline const struct value *json(struct arena *arena, const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(arena, slice_of(text), &v, &why))
        fail_msg("%s: %s", why, text);
    return v;
}

static inline void room_open(struct room *room, const char *path)
{
    *room = (struct room){.arena = arena_new()};
    diags_init(&room->diags, room->arena);
    const struct world_options options = {.path = path, .record_calls = true};
    assert_true(world_open(&options, &room->world, &room->diags));
}

static inline int room_enter(void **state)
{
    struct room *room = test_malloc(sizeof(*room));
    room_open(room, ":memory:");
    const char *seed = "{\"accounts\": [{\"id\": \"" ACCOUNT "\", \"name\": \"a\"},"
                       " {\"id\": \"" OTHER "\", \"name\": \"b\"}],"
                       " \"organization\": {\"id\": \"o-abcdefghij\", \"management\": \"" MANAGEMENT
                       "\"}, \"roles\": [\"arn:aws:iam::" OTHER ":role/deployer\"],"
                       " \"principals\": [\"arn:aws:iam::777777777777:role/known\"]}";
    assert_true(world_seed(room->world, json(room->arena, seed), &room->diags));
    *state = room;
    return 0;
}

static inline int room_leave(void **state)
{
    struct room *room = *state;
    world_close(room->world);
    arena_free(room->arena);
    test_free(room);
    return 0;
}

struct answer {
    int status;
    const char *text;
    const struct value *body; /* of a JSON answer, else NULL */
    const char *code;         /* of an error: from the header, else from JSON */
};

/* key: an account's id, or "KEY TOKEN" of a session. */
static inline struct answer ask(struct room *room, const char *key, const char *region,
                                const char *service, const char *method, const char *target,
                                const char *op, const char *body)
{
    struct arena *arena = room->arena;
    const char *space = strchr(key, ' ');
    int key_len = space ? (int)(space - key) : (int)strlen(key);
    const struct http_header headers[] = {
        {"authorization",
         arena_printf(arena,
                      "AWS4-HMAC-SHA256 Credential=%.*s/20260101/%s/%s/aws4_request, "
                      "SignedHeaders=host, Signature=00",
                      key_len, key, region, service)},
        {space ? "X-Amz-Security-Token" : "X-No-Token", space ? space + 1 : ""},
        {op ? "X-Amz-Target" : "X-Nothing", op ? op : ""},
    };
    const struct sim_request request = {.method = method,
                                        .target = target,
                                        .headers = headers,
                                        .header_len = ARRAY_LEN(headers),
                                        .body = slice_of(body)};
    struct sim_response made;
    world_handle(room->world, arena, &request, &made);
    struct answer answer = {.status = made.status,
                            .text = arena_strndup(arena, made.body.ptr, made.body.len)};
    for (size_t i = 0; i < made.header_len; i++) {
        if (str_eq(made.headers[i].name, "x-amzn-ErrorType"))
            answer.code = made.headers[i].value;
    }
    if (*answer.text == '{') {
        answer.body = json(arena, answer.text);
        if (!answer.code)
            answer.code = value_get_str(answer.body, "__type");
        if (!answer.code)
            answer.code = value_get_str(answer.body, "Code");
    }
    return answer;
}

/* A call of the JSON protocol. */
static inline struct answer call(struct room *room, const char *key, const char *service,
                                 const char *operation, const char *body)
{
    return ask(room, key, REGION, service, "POST", "/",
               arena_printf(room->arena, "X.%s", operation), body);
}

/* A call of the query protocol; form: "RoleName=x&...". */
static inline struct answer form(struct room *room, const char *key, const char *service,
                                 const char *operation, const char *fields)
{
    return ask(room, key, REGION, service, "POST", "/", NULL,
               arena_printf(room->arena, "Action=%s&%s", operation, fields));
}

static inline void assert_good(struct answer answer)
{
    if (answer.status < 200 || answer.status > 299)
        fail_msg("%d %s", answer.status, answer.text);
}

static inline void assert_refused(struct answer answer, const char *code)
{
    if (answer.status < 400)
        fail_msg("expected %s, got %d %s", code, answer.status, answer.text);
    if (answer.code)
        assert_string_equal(answer.code, code);
    else if (!strstr(answer.text, code))
        fail_msg("expected %s, got %s", code, answer.text);
}

static inline void advance(struct room *room, int64_t ms)
{
    assert_true(world_advance_to(room->world, world_now_ms(room->world) + ms, &room->diags));
}

/* Quotes a JSON document so that it can stand inside another as text. */
static inline const char *quoted(struct arena *arena, const char *text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 1 << 20);
    json_write_string(&sb, slice_of(text));
    return strbuf_str(&sb);
}

/* A role whose trust names one service. */
static inline void make_role(struct room *room, const char *name, const char *service,
                             const char *policy)
{
    const char *trust = arena_printf(
        room->arena,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
        "{\"Service\":\"%s\"},\"Action\":\"sts:AssumeRole\"}]}",
        service);
    assert_good(form(room, ACCOUNT, "iam", "CreateRole",
                     arena_printf(room->arena, "RoleName=%s&AssumeRolePolicyDocument=%s", name,
                                  percent_encode(room->arena, trust))));
    if (policy)
        assert_good(form(room, ACCOUNT, "iam", "PutRolePolicy",
                         arena_printf(room->arena, "RoleName=%s&PolicyName=p&PolicyDocument=%s",
                                      name, percent_encode(room->arena, policy))));
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, room_enter, room_leave)
