#pragma once
/* The action table: what one address needs, from what the file, the state and AWS say. */

#include <stdbool.h>

enum sight {
    SIGHT_NOTHING, /* not there, gone, or not asked */
    SIGHT_THERE,   /* recorded, and still there */
    SIGHT_OURS,    /* not recorded; found, and ours by tag, token or parent */
    SIGHT_SHARED,  /* not recorded; found, and of a type that is shared by nature */
    SIGHT_OTHER,   /* not recorded; found, and somebody else's */
};

struct situation {
    bool desired, recorded;
    enum sight sight;
    bool differs, create_only; /* create_only: a difference that only a new object can settle */
    bool kept;                 /* shared by nature: forgotten where others are deleted */
};

enum verdict {
    VERDICT_NONE,
    VERDICT_CREATE,
    VERDICT_ADOPT,
    VERDICT_REFUSE,
    VERDICT_UPDATE,
    VERDICT_REPLACE, /* two changes, in the order of the schema's replacementStrategy, or refused */
    VERDICT_DELETE,
    VERDICT_FORGET,
};

/* *ret_reason is why, in a few words. */
enum verdict action_decide(const struct situation *situation, const char **ret_reason);
