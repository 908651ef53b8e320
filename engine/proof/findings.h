#pragma once
/* The findings of a check while they are collected. Internal to engine/proof. */

#include "engine/proof/model.h"
#include "engine/proof/proof.h"

struct findings {
    struct model *model;
    struct arena *arena;
    struct proof_finding *items;
    size_t len, cap;
    int64_t now_ms;
    struct map seen; /* what has been said, so that it is said once */
    const struct proof_path *paths;
    size_t path_len;
    const struct proof_threat *threats;
    size_t threat_len;
};

/* Says it at the object's own place; `pos` of file 0: the object's key. */
void finding_add(struct findings *f, enum rule_id rule, const struct model_object *object,
                 struct source_pos pos, const char *message);
#define finding_addf(f, rule, object, pos, ...)                                                    \
    finding_add((f), (rule), (object), (pos), arena_printf((f)->arena, __VA_ARGS__))
void finding_add_at(struct findings *f, const struct rule *rule, const char *address,
                    struct source_pos pos, const char *message, const char *fix);

/* What breaks or may break, beside the links: one file a subject. */
void check_plans(struct findings *f);
void check_retention(struct findings *f);
void check_vaults(struct findings *f);
void check_keys(struct findings *f);
void check_roles(struct findings *f);
void check_events(struct findings *f);
void check_alarms(struct findings *f);
void check_organization(struct findings *f);
void check_quotas(struct findings *f);

/* `ignore` of the file: marks what it names, and says what is wrong with it. */
void findings_ignore(struct findings *f);
