#pragma once
/* The rows of who could destroy it while they are collected. Internal to engine/proof. */

#include "engine/proof/intruder.h"
#include "engine/proof/proof.h"
#include "engine/proof/watched.h"

struct takeover {
    struct model *model;
    struct arena *arena;
    int64_t now_ms;
    const struct proof_path *paths;
    size_t path_len;
    struct feeders feeders;
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

bool takeover_has(struct takeover *t, const struct deed *deed);
/* NULL: the account has that row. */
struct proof_threat *takeover_add(struct takeover *t, const struct deed *deed,
                                  enum proof_openness openness, const char *who,
                                  const char *reason);
/* The row of an outcome, and one for each break-glass principal: whether it can be replaced. */
void takeover_conclude(struct takeover *t, const struct deed *deed, const struct outcome *outcome);
/* The topology's account, or one made up: the same for the same id. */
const struct account *takeover_account(struct takeover *t, const char *id, const char *partition,
                                       const char *name);

/* A last vault, and what guards it. */
struct last {
    const struct model_object *vault;
    const struct model_object *lock; /* or NULL */
    const struct model_object *key;  /* NULL: none that the topology makes or that was read */
    const struct policy *policy;     /* or NULL */
    bool air_gapped;
    const char *const *points; /* ARNs that its points may have; ends with NULL */
};

/* What somebody can do who has taken the account over, and takes away first what the account can:
 * the policy of its own vault, the organization's. without_controls: it stands in none. */
struct outcome takeover_outcome(struct takeover *t, const struct account *account,
                                const struct means *means, bool without_controls);

/* What the calls on a last vault are. */
struct means means_of_points(const struct last *last);
struct means means_of_lock(struct takeover *t, const struct last *last);
struct means means_of_policy(const struct model_object *vault, const struct policy *policy);
struct means means_of_leaving(void);
/* As if the vault had no policy. */
struct means means_without_policy(const struct means *means);
struct means means_of_key(struct takeover *t, const struct model_object *key);
/* When the lock of a last vault is beyond anybody's reach: now (""), from a date or a number of
 * days on, or never (NULL: governance, or none, or later than GRACE_LONG_DAYS). */
const char *lock_final_after(struct takeover *t, const struct last *last);

/* What fills a locked vault: whoever has taken over an account that backups come from, or a
 * stranger, where a policy lets them in. */
struct flooder {
    const struct account *account;
    const struct account *caller; /* whose principals call: `account`, or one of those that it
                                     stands for */
    const char *principal;        /* NULL: any of that account */
    bool stranger;
};
void takeover_flood(struct takeover *t, const struct flooder *flooder, const struct last *last);
/* By which of its rights a role gives itself every right of its account; NULL: by none. */
const char *takeover_rise(struct takeover *t, const struct model_object *role, const char *region);
/* Who else: principals of other accounts that the policies of a last vault's account let in. Only
 * what is open makes a row. */
void takeover_strangers(struct takeover *t, const struct last *last);
