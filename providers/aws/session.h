#pragma once
/* Credentials per account. A session is opened by the first call that needs it: those of base.h,
 * then AssumeRole where the account names a role, then GetCallerIdentity, whose account must be the
 * one that the topology names; calls wait meanwhile. Temporary credentials are renewed five minutes
 * before they expire; while a renewal fails the old ones serve as long as they are valid. A session
 * that is refused says so once, at the account's place in the topology, and stays so; after a fault
 * that may pass (no answer, throttling) the next call that needs it tries again. */

#include "engine/base/map.h"
#include "providers/aws/aws.h"
#include "providers/aws/credentials.h"
#include "providers/aws/endpoint.h"

struct session;

/* base.c's. */
struct base {
    const struct credentials *credentials; /* never changed in place */
    bool searching;
    int64_t search_not_before_ms; /* after a search in vain */
    struct diags diags;           /* of the last search */
    struct base_waiter *waiters;
};

/* What providers/aws keeps on the loop. */
struct aws {
    struct arena *arena;
    struct loop *loop;
    const char *home_region;
    bool simulated;
    struct endpoint_config endpoints;
    struct base base;           /* not of simulated worlds */
    int64_t process_timeout_ms; /* of a credential_process */
    struct session *sessions;
    size_t session_len;
    struct map by_account; /* id -> struct session * */
    int64_t skew_ms;       /* AWS's clock minus ours */
    uint64_t jitter;       /* state of the generator */
    size_t list_bytes_max; /* of all pages of one list */
    struct aws_identity *identities;
    struct map one_at_a_time; /* call.c's queues */
};
struct aws *aws_of(struct loop *loop);
int64_t aws_now_ms(const struct aws *aws); /* by AWS's clock, as far as it is known */

void sessions_init(struct aws *aws, const struct aws_account *accounts, size_t len);
struct session *session_find(struct aws *aws, const char *account_id); /* or NULL */
const char *session_partition(const struct session *session);

/* Runs fn when the session is ready, at once if it is: with the credentials, or NULL when it has
 * failed. They stay valid as long as the loop. */
typedef void session_ready_fn(void *ctx, const struct credentials *credentials);
void session_use(struct session *session, session_ready_fn *fn, void *ctx);
/* AWS calls these credentials expired: the next session_use() renews them. */
void session_expired(struct session *session, const struct credentials *used);
