#pragma once
/* The rows of who could destroy it while they are collected. Internal to engine/proof. */

#include "engine/proof/ask.h"
#include "engine/proof/proof.h"

struct takeover {
    struct model *model;
    struct arena *arena;
    int64_t now_ms;
    struct map seen;
    struct map
        strangers; /* id -> const struct account *, of those that the topology does not name */
    struct proof_threat *items;
    size_t len, cap;
};

/* Of one deed: who, what to, and what speaks for or against it. */
struct deed {
    const struct account *account;
    enum rule_id rule;
    const char *target, *what; /* "deletes every point in vaults.final" */
    struct source_pos pos;
};

/* The calls that do it: any of them is enough. */
struct means {
    const char *const *actions; /* ends with NULL */
    const char *resource;
    const struct policy *policy;
    bool policy_decides;
};

void takeover_add(struct takeover *t, const struct deed *deed, enum proof_openness openness,
                  const char *who, const char *reason);
/* Whoever has taken the account over, as a principal. */
const char *takeover_intruder(struct takeover *t, const struct account *account);

/* What the calls on a last vault are. */
struct means means_of_points(struct takeover *t, const struct model_object *vault);
struct means means_of_policy(struct takeover *t, const struct model_object *vault);
struct means means_of_key(struct takeover *t, const struct model_object *key);
/* NULL: none that the topology makes or that was read. */
const struct model_object *takeover_key_of(struct takeover *t, const struct model_object *vault);

/* Who else: principals of other accounts that the policies of a last vault's account let in. Only
 * what is open makes a row. */
void takeover_strangers(struct takeover *t, const struct model_object *vault);
