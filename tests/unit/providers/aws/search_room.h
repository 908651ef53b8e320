#pragma once
/* What the tests of the credential sources share: an empty home, an environment without AWS's
 * variables, a scripted network, and the search over them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/env.h"
#include "engine/base/file.h"
#include "providers/aws/base.h"
#include "providers/fake_transport.h"

#define START_MS 1767225600000 /* 2026-01-01 */

struct room {
    struct arena *arena;
    struct diags diags;
    const char *home;
    struct fake_transport *fake;
    struct loop *loop;
    struct aws aws;
};

static inline void clear_environment(struct room *room)
{
    const char *const *set = env_with_prefix(room->arena, "AWS_");
    for (; *set; set++)
        unsetenv(arena_strndup(room->arena, *set, strcspn(*set, "=")));
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("HOME", room->home, 1);
}

static inline int set_up(void **state)
{
    struct arena *arena = arena_new();
    struct room *room = arena_new_of(arena, struct room);
    room->arena = arena;
    diags_init(&room->diags, arena);
    room->home = path_temp_dir(arena);
    clear_environment(room);
    assert_true(dir_make(path_join(arena, room->home, ".aws/sso/cache"), 0700, &room->diags));
    room->fake = fake_transport_new(arena, START_MS);
    room->loop = loop_new(fake_transport(room->fake), &room->diags);
    room->aws = (struct aws){.arena = arena,
                             .loop = room->loop,
                             .home_region = "eu-central-1",
                             .endpoints = {.environment = true},
                             .process_timeout_ms = MINUTE_MS,
                             .jitter = 1};
    loop_set_provider(room->loop, &room->aws);
    *state = room;
    return 0;
}

static inline int tear_down(void **state)
{
    struct room *room = *state;
    dir_remove(room->home);
    clear_environment(room);
    loop_free(room->loop);
    arena_free(room->arena);
    return 0;
}

static inline const char *write_file(struct room *room, const char *name, const char *text)
{
    const char *path = path_join(room->arena, room->home, name);
    assert_true(file_write_atomic(path, slice_of(text), 0700, &room->diags));
    return path;
}

static inline void write_config(struct room *room, const char *text)
{
    write_file(room, ".aws/config", text);
}

/* What the search finds; it must find something. */
static inline const struct credentials *found(struct room *room)
{
    if (!base_find(&room->aws, &room->diags))
        fail_msg("%s", room->diags.items[0].message);
    assert_null(fake_unmatched(room->fake));
    return room->aws.base.credentials;
}

/* What it says when it finds nothing. */
static inline const struct diag *refused(struct room *room)
{
    diags_init(&room->diags, room->arena);
    assert_false(base_find(&room->aws, &room->diags));
    assert_null(room->aws.base.credentials);
    assert_int_equal(room->diags.len, 1);
    return &room->diags.items[0];
}

static inline void refused_with(struct room *room, enum diag_code code, const char *words)
{
    const struct diag *diag = refused(room);
    assert_int_equal(diag->code, code);
    if (!strstr(diag->message, words))
        fail_msg("no \"%s\" in: %s", words, diag->message);
}

#define ASSUMED_BY(call, id, expires)                                                              \
    "<" call "Response><" call "Result><Credentials><AccessKeyId>" id "</AccessKeyId>"             \
    "<SecretAccessKey>hidden</SecretAccessKey><SessionToken>token-" id "</SessionToken>"           \
    "<Expiration>" expires "</Expiration></Credentials></" call "Result></" call "Response>"

#define KEYS "aws_access_key_id = AKIA1\naws_secret_access_key = s1\n"
#define ROOM_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
