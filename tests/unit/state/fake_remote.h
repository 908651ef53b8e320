#pragma once
/* A shared place in memory for the tests of state/, on a clock of its own. At one chosen call, or
 * from it on, it fails: before the call ran, or after it ran, so that its reply is lost. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"
#include "state/remote.h"

enum fake_trouble { FAKE_NONE, FAKE_FAILS, FAKE_LOSES_REPLY };

struct fake_entry {
    const char *name;
    const char *etag;
    struct slice body;
};

struct fake_remote {
    struct arena *arena;
    struct fake_entry entries[4096];
    size_t len;
    int64_t now_ms;
    int64_t ahead_ms; /* of the clock of the machine that works */
    size_t versions;
    size_t calls, heads, puts, gets, removes;
    size_t bad_call; /* from 1; 0: none */
    enum fake_trouble trouble;
    bool for_ever;
    bool fail_removes;
    void (*on_call)(struct fake_remote *fake, const char *operation, const char *name);
    void *ctx;
    size_t slept;
};

static inline struct fake_remote *fake_remote_new(struct arena *arena)
{
    struct fake_remote *fake = arena_new_of(arena, struct fake_remote);
    fake->arena = arena;
    fake->now_ms = 1767225600000;
    return fake;
}

static inline struct fake_entry *fake_find(struct fake_remote *fake, const char *name)
{
    for (size_t i = 0; i < fake->len; i++)
        if (str_eq(fake->entries[i].name, name))
            return &fake->entries[i];
    return NULL;
}

static inline enum fake_trouble fake_enter(struct fake_remote *fake, const char *operation,
                                           const char *name)
{
    fake->calls++;
    if (fake->on_call)
        fake->on_call(fake, operation, name);
    bool bad = fake->bad_call &&
               (fake->calls == fake->bad_call || (fake->for_ever && fake->calls > fake->bad_call));
    return bad ? fake->trouble : FAKE_NONE;
}

static inline enum remote_result fake_fail(struct diags *diags)
{
    diag_error(diags, E_STATE_REMOTE, NO_POS, NULL, "the fake fails");
    return REMOTE_FAILED;
}

static inline const char *fake_store(struct fake_remote *fake, const char *name, struct slice body)
{
    struct fake_entry *entry = fake_find(fake, name);
    if (!entry) {
        BUG_ON(fake->len == ARRAY_LEN(fake->entries));
        entry = &fake->entries[fake->len++];
        entry->name = arena_strdup(fake->arena, name);
    }
    entry->etag = arena_printf(fake->arena, "\"%zu\"", ++fake->versions);
    entry->body = (struct slice){arena_strndup(fake->arena, body.ptr, body.len), body.len};
    return entry->etag;
}

static inline struct remote_object fake_put(void *self, struct arena *arena, const char *name,
                                            struct slice body, const char *over,
                                            struct diags *diags)
{
    struct fake_remote *fake = self;
    (void)arena;
    fake->puts++;
    enum fake_trouble trouble = fake_enter(fake, "put", name);
    if (trouble == FAKE_FAILS)
        return (struct remote_object){.result = fake_fail(diags)};
    struct fake_entry *entry = fake_find(fake, name);
    struct remote_object ret = {.result = REMOTE_DONE};
    if (over ? entry && !str_eq(entry->etag, over) : entry != NULL)
        ret.result = REMOTE_REFUSED;
    else if (over && !entry)
        ret.result = REMOTE_ABSENT;
    else
        ret.etag = fake_store(fake, name, body);
    ret.at_ms = fake->now_ms;
    if (trouble == FAKE_LOSES_REPLY)
        ret = (struct remote_object){.result = fake_fail(diags)};
    return ret;
}

static inline struct remote_object fake_read(struct fake_remote *fake, const char *operation,
                                             const char *name, struct diags *diags)
{
    if (fake_enter(fake, operation, name) != FAKE_NONE)
        return (struct remote_object){.result = fake_fail(diags)};
    struct fake_entry *entry = fake_find(fake, name);
    if (!entry)
        return (struct remote_object){.result = REMOTE_ABSENT};
    return (struct remote_object){REMOTE_DONE, entry->etag, entry->body, fake->now_ms};
}

static inline void fake_get(void *self, struct arena *arena, const char *const *names, size_t len,
                            struct remote_object *ret, struct diags *diags)
{
    struct fake_remote *fake = self;
    (void)arena;
    for (size_t i = 0; i < len; i++) {
        fake->gets++;
        ret[i] = fake_read(fake, "get", names[i], diags);
    }
}

static inline struct remote_object fake_head(void *self, struct arena *arena, const char *name,
                                             struct diags *diags)
{
    struct fake_remote *fake = self;
    (void)arena;
    fake->heads++;
    struct remote_object ret = fake_read(fake, "head", name, diags);
    ret.body = (struct slice){0};
    return ret;
}

static inline void fake_drop(struct fake_remote *fake, const char *name)
{
    struct fake_entry *entry = fake_find(fake, name);
    if (entry)
        *entry = fake->entries[--fake->len];
}

static inline void fake_remove(void *self, const char *const *names, size_t len, const char *etag,
                               enum remote_result *ret, struct diags *diags)
{
    struct fake_remote *fake = self;
    for (size_t i = 0; i < len; i++) {
        fake->removes++;
        enum fake_trouble trouble = fake_enter(fake, "remove", names[i]);
        struct fake_entry *entry = fake_find(fake, names[i]);
        ret[i] = REMOTE_DONE;
        if (trouble == FAKE_FAILS || fake->fail_removes)
            ret[i] = fake_fail(diags);
        else if (etag && entry && !str_eq(entry->etag, etag))
            ret[i] = REMOTE_REFUSED;
        else
            fake_drop(fake, names[i]);
        if (trouble == FAKE_LOSES_REPLY)
            ret[i] = fake_fail(diags);
    }
}

static inline int fake_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline bool fake_list(void *self, struct arena *arena, const char *prefix,
                             struct remote_names *ret, struct diags *diags)
{
    struct fake_remote *fake = self;
    if (fake_enter(fake, "list", prefix) != FAKE_NONE)
        return fake_fail(diags) == REMOTE_DONE;
    *ret = (struct remote_names){arena_array(arena, fake->len, sizeof(*ret->items)), 0};
    for (size_t i = 0; i < fake->len; i++)
        if (str_starts(fake->entries[i].name, prefix))
            ret->items[ret->len++] = fake->entries[i].name;
    qsort(ret->items, ret->len, sizeof(*ret->items), fake_compare);
    return true;
}

static inline int64_t fake_now(void *self)
{
    const struct fake_remote *fake = self;
    return fake->now_ms + fake->ahead_ms;
}

static inline void fake_sleep(void *self, int64_t ms)
{
    struct fake_remote *fake = self;
    fake->now_ms += ms;
    fake->slept++;
    if (fake->on_call)
        fake->on_call(fake, "sleep", "");
}

static inline struct remote fake_remote_of(struct fake_remote *fake)
{
    static const struct remote_ops ops = {.put = fake_put,
                                          .get = fake_get,
                                          .head = fake_head,
                                          .remove = fake_remove,
                                          .list = fake_list,
                                          .now_ms = fake_now,
                                          .sleep_ms = fake_sleep};
    return (struct remote){.ops = &ops, .self = fake, .where = "s3://fake/t"};
}
