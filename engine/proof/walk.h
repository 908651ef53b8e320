#pragma once
/* One backup on its way, and the judging of each link. Internal to engine/proof. */

#include "engine/aws/backup_types.h"
#include "engine/aws/copy_route.h"
#include "engine/proof/ask.h"
#include "engine/proof/proof.h"
#include "relay/decide/relay_config.h"

enum stage { STAGE_BACKUP, STAGE_COPY, STAGE_EVENT, STAGE_SCHEDULE, STAGE_RELAY, STAGE_RESTORE };

/* types.inc */
struct type_rights {
    const char *type, *via, *default_key;
    const char *read_tags, *back_up, *copy, *share, *restore; /* NULL: no such call */
};
const struct type_rights *type_rights_of(const char *type);

/* What a point is encrypted under. */
struct point_key {
    enum key_class class;
    const char *arn;                   /* NULL: not of this topology */
    const struct model_object *object; /* likewise */
};

/* A vault, whether the topology makes it or not. */
struct vault_end {
    const char *arn, *name, *account, *region;
    const struct model_object *object; /* NULL: not in the topology */
    bool known;                        /* the topology says all there is to say of it */
    bool air_gapped;
};

struct leg {
    const char *prefix; /* "copy", "first_copy", "last_copy", "copy_back" */
    const char *role;
    const char *from_account, *from_region, *from_vault;
    struct vault_end to;
    const struct value *lifecycle; /* as the job has it: its own or its source's */
    const char *point;             /* the ARN of what is copied */
    struct point_key key;
    bool crosses_account;
    bool life_open;        /* nobody here says how long its source lives, and nor does it */
    struct source_pos pos; /* where the file asks for this copy */
    const char *address;   /* of the entry that asks */
};

struct walk {
    struct model *model;
    struct arena *arena;
    const struct model_object *plan, *selection;
    const struct value *rule, *action; /* of the plan; action NULL: none */
    const char *role, *resource;
    const struct backup_type *type;
    const struct type_rights *rights;
    const struct value *resource_tags, *point_tags;
    bool by_tag;          /* nothing names the resource: the type must be opted in */
    bool conditions_open; /* nobody knows whether the resource fulfils them */
    struct point_key source_key;
    bool source_key_said;
    struct leg *leg;                  /* the copy that is judged */
    const struct value *lifecycle;    /* of the last copy that was walked */
    const struct restore_entry *back; /* of a way back; NULL: a backup's way */
    const struct relay_entry *relay;
    struct relay_config config; /* of the relay */
    const struct model_object *function;
    const char *deaf; /* why the function cannot read what it was given, or NULL */
    const struct relay_destination *destination;
    struct proof_hop *hops;
    size_t len, cap;
    size_t event_from, event_to; /* the links of the event among the hops */
    bool by_clock;               /* the event gets lost, and the schedule makes up for it */
};

/* Judges a link; false: it does not apply here. On entry `hop` is REACHABLE. */
typedef bool hop_fn(struct walk *walk, struct proof_hop *hop);
struct hop_row {
    const char *name;
    enum stage stage;
    const char *title, *who, *action, *evidence, *error;
    enum rule_id rule;
    hop_fn *judge;
};
const struct hop_row *hop_rows(size_t *ret_len);

#define HOP(name, stage, title, who, action, evidence, error, rule)                                \
    bool hop_##name(struct walk *walk, struct proof_hop *hop);
#include "engine/proof/hops.inc"
#undef HOP

/* Walks the links of a stage, and adds them to the path. */
void walk_stage(struct walk *walk, enum stage stage);

/* How a judge says no. error NULL: the row's words. */
void hop_broken(struct walk *walk, struct proof_hop *hop, const char *error, const char *reason);
void hop_unknown(struct proof_hop *hop, const char *reason);
void hop_at(struct proof_hop *hop, const char *address, struct source_pos pos);
/* Asks, notes who and what, and says no with the reason. */
void hop_ask(struct walk *walk, struct proof_hop *hop, const struct ask *question);
void hop_ask_trust(struct walk *walk, struct proof_hop *hop, const char *role, const char *service,
                   const char *source_arn);
/* The place where a role can be mended: its own, or what names it. */
void hop_at_role(struct walk *walk, struct proof_hop *hop, const char *role);

struct vault_end vault_end_of(struct model *model, const char *arn);
const char *first_vault_arn(const struct walk *walk); /* of the plan's rule */
/* Address of the vault, or its ARN. */
const char *vault_end_name(const struct vault_end *vault);
struct point_key vault_key_of(const struct walk *walk, const struct vault_end *vault);
/* 0: none; *ret_locked: whether there is a lock at all. */
bool vault_lock(const struct model *model, const struct vault_end *vault, int64_t *ret_min,
                int64_t *ret_max, struct source_pos *ret_pos, const char **ret_address);

/* The rules of the account and Region that take this event and send it where `to` says. */
const struct value *copy_event(const struct walk *walk, const struct leg *leg);

void walk_all(struct model *model, const struct proof_path **ret, size_t *ret_len);
/* The ways back, one for each entry of `restores` and each type that the paths bring into its last
 * vault; where none does, one of a database that others have brought. */
void walk_back(struct model *model, const struct proof_path *paths, size_t path_len,
               const struct proof_path **ret, size_t *ret_len);
