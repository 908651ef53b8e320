#pragma once
/* A transport that lets another one answer and then spoils what it said: what a broken proxy, a
 * server in trouble or somebody hostile may send in AWS's place. */

#include "engine/base/arena.h"
#include "providers/transport.h"

struct mangling {
    const char *name;
    bool unreadable; /* nothing of it may be believed */
    const char *(*spoil)(struct arena *arena, const char *body);
};
extern const struct mangling manglings[];
extern const size_t mangling_len;

struct mangle {
    struct transport inner;
    struct arena *arena;
    const struct mangling *how; /* NULL: answers pass as they are */
    size_t answers;             /* since this was set to 0 */
    size_t from;                /* the first answer that is spoiled, as all after it */
};
struct transport mangle_transport(struct mangle *mangle);
