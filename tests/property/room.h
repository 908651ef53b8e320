#pragma once
/* The room that a relay lives in, for property tests: a world of two accounts with a database, the
 * vaults and the roles of one relay, and several relays at once that work in it. Everything happens
 * in one process and in virtual time, and by one sequence of random numbers: equal seeds give equal
 * lives.
 *
 * While a relay waits for an answer the room may let time pass, let another relay act, or end the
 * relay in the middle of what it does: `between` decides, with every wait. */

#include "engine/base/map.h"
#include "relay/pass.h"
#include "simulator/world.h"

#define ROOM_ACCOUNT "111122223333"
#define ROOM_BACKUP_ACCOUNT "444455556666"
#define ROOM_FIRST_REGION "us-east-1"
#define ROOM_REGION "us-east-2"
#define ROOM_FIRST_VAULT "arn:aws:backup:us-east-1:111122223333:backup-vault:primary"
#define ROOM_SOURCE_VAULT "arn:aws:backup:us-east-2:111122223333:backup-vault:intermediate"
#define ROOM_LAST_VAULT "arn:aws:backup:us-east-2:444455556666:backup-vault:final"
#define ROOM_TAG "FinalVault"
#define ROOM_TAG_OTHERWISE "finalvault"
#define ROOM_HOSTS 3

struct random {
    uint64_t state;
};
uint64_t random_next(struct random *random);
int64_t random_below(struct random *random, int64_t limit); /* 0 .. limit-1 */
bool random_chance(struct random *random, int64_t one_in);

struct room;

/* A relay: what remembers nothing but its sessions. */
struct host {
    struct room *room;
    struct arena *arena; /* of the loop */
    struct loop *loop;   /* NULL: ended; the next call starts it anew */
    struct transport inner;
    struct diags diags;
    struct relay_pass *pass;                                  /* while it acts */
    size_t started, waiting, failed, worrying, copies_failed; /* what the last pass counted */
    int64_t oldest_waiting_ms;                                /* the same */
};

typedef void room_between_fn(void *ctx, struct host *host);

struct room {
    struct arena *arena;
    struct random *random;
    struct world *world;
    struct diags diags;
    struct relay_destination destination;
    const char *tag_keys[2];
    struct relay_declared declared[2];
    struct relay_config config;
    int64_t source_days; /* the life of a point in the relay's vault */
    bool backfill;       /* somebody gives the word for old points */
    struct host hosts[ROOM_HOSTS];
    room_between_fn *between;
    relay_report_fn *report;
    void *ctx; /* of both */
    size_t points;
    const char *refused; /* a read that no relay has the right to, "backup:ListTags", or NULL */
    const char *refused_region; /* where, or NULL: everywhere */
};

void room_open(struct room *room, struct arena *arena, struct random *random);
void room_close(struct room *room);

int64_t room_now(struct room *room);
void room_advance(struct room *room, int64_t ms);
/* To the moment when the world does its next work, if that is within ms; else by ms. */
void room_advance_to_work(struct room *room, int64_t ms);
void room_set(struct room *room, const char *setting, int64_t number);

/* Makes a point in the first vault and orders its copy into the relay's. tags: a map. other: by
 * another rule of the plan. declared: by one that declares its tag. Its ARN. */
const char *room_back_up(struct room *room, const char *resource_arn, const struct value *tags,
                         bool other, bool declared);
/* Whether the policy of the last vault lets copies in; without it they fail until it does. */
void room_open_last_vault(struct room *room, bool open);
/* The life of the copies that are made from now on: longer than any, or so that sources may outlive
 * them. In days. */
int64_t room_change_life(struct room *room);
/* Of the tags of a point in the relay's vault only others' are left. */
void room_lose_tags(struct room *room, const char *point_arn);

/* One call of a relay that does nothing else just now: an event, or NULL for a reconcile. False as
 * the pass says, with the reason. */
bool room_call(struct room *room, struct host *host, struct arena *arena, const struct value *event,
               const char **ret_why);
/* The relay's process ends: what it has sent may arrive or not, and nobody hears the answer. */
void host_end(struct host *host);
