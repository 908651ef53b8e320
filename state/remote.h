#pragma once
/* A place that many machines share: it keeps objects by name and writes each on a condition. What
 * it is, the state does not know: S3 (providers/aws/s3_remote.h), or a fake of the tests. Calls
 * block. Names are short and relative: "", ".lock", ".journal/000000000012". */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/slice.h"

enum remote_result {
    REMOTE_DONE,
    REMOTE_ABSENT,  /* nothing stands there */
    REMOTE_REFUSED, /* the condition does not hold: somebody wrote, or we did and the reply is lost
                     */
    REMOTE_FAILED,  /* E_STATE_REMOTE was added; a write may have happened all the same */
};

struct remote_object {
    enum remote_result result;
    const char *etag;  /* of this version */
    struct slice body; /* of get() */
    int64_t at_ms;     /* when it answered, by its own clock; 0: it does not tell */
};

struct remote_names {
    const char **items;
    size_t len;
};

/* What is returned lives in the arena. */
struct remote_ops {
    /* over: the etag of the version that is replaced; NULL: nothing may stand there. */
    struct remote_object (*put)(void *self, struct arena *arena, const char *name,
                                struct slice body, const char *over, struct diags *diags);
    /* Several at once; one that fails does not keep the others from being read. */
    void (*get)(void *self, struct arena *arena, const char *const *names, size_t len,
                struct remote_object *ret, struct diags *diags);
    struct remote_object (*head)(void *self, struct arena *arena, const char *name,
                                 struct diags *diags);
    /* Of each how it went: DONE also where nothing stood. etag: only this version; NULL: any. */
    void (*remove)(void *self, const char *const *names, size_t len, const char *etag,
                   enum remote_result *ret, struct diags *diags);
    /* The names that begin with this, rising. False: E_STATE_REMOTE was added. */
    bool (*list)(void *self, struct arena *arena, const char *prefix, struct remote_names *ret,
                 struct diags *diags);
    int64_t (*now_ms)(void *self); /* of the people's clock */
    void (*sleep_ms)(void *self, int64_t ms);
};

struct remote {
    const struct remote_ops *ops;
    void *self;
    const char *where;                 /* for messages: "s3://bucket/key" */
    const volatile sig_atomic_t *stop; /* not 0: nobody waits any more; or NULL */
};
