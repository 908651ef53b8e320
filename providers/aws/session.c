#include "providers/aws/session.h"

#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "providers/aws/base.h"
#include "providers/aws/call.h"

#define RENEW_AGAIN_MS (MINUTE_MS / 2)

enum session_state { SESSION_NEW, SESSION_PENDING, SESSION_READY, SESSION_FAILED };

struct waiter {
    session_ready_fn *fn;
    void *ctx;
    struct waiter *next;
};

struct session {
    struct aws *aws;
    struct aws_account account;
    enum session_state state;
    bool verified, expired;
    bool base_reread;                      /* while this role is being assumed */
    int64_t renew_not_before_ms;           /* after a renewal that failed */
    const struct credentials *base;        /* what the role was last assumed with */
    const struct credentials *credentials; /* never changed in place: calls may still hold them */
    const struct credentials *candidate;   /* whose identity is being asked */
    const char *arn;                       /* who it turned out to be */
    const char *refused;                   /* the message of the last failure, or NULL */
    struct waiter *waiters, **last;
};

struct aws *aws_of(struct loop *loop)
{
    struct aws *aws = loop_provider(loop);
    BUG_ON(!aws);
    return aws;
}

int64_t aws_now_ms(const struct aws *aws)
{
    return loop_now_ms(aws->loop) + aws->skew_ms;
}

void sessions_init(struct aws *aws, const struct aws_account *accounts, size_t len)
{
    aws->sessions = arena_array(aws->arena, len, sizeof(*aws->sessions));
    aws->session_len = len;
    map_init(&aws->by_account, aws->arena);
    for (size_t i = 0; i < len; i++) {
        struct session *s = &aws->sessions[i];
        *s = (struct session){.aws = aws, .account = accounts[i]};
        s->last = &s->waiters;
        if (!map_get(&aws->by_account, accounts[i].id))
            map_set(&aws->by_account, accounts[i].id, s);
    }
}

struct session *session_find(struct aws *aws, const char *account_id)
{
    return account_id ? map_get(&aws->by_account, account_id) : NULL;
}

const char *session_partition(const struct session *session)
{
    return session->account.partition;
}

static void settle(struct session *s, enum session_state state)
{
    s->state = state;
    struct waiter *waiting = s->waiters;
    s->waiters = NULL;
    s->last = &s->waiters;
    for (; waiting; waiting = waiting->next)
        waiting->fn(waiting->ctx, state == SESSION_READY ? s->credentials : NULL);
}

static void refuse(struct session *s, const struct diag *diag, enum session_state state)
{
    s->refused = arena_strdup(s->aws->arena, diag->message);
    settle(s, state);
}

static const char *name_of(const struct session *s)
{
    return s->account.name ? s->account.name : s->account.id;
}

static bool is_valid(const struct session *s)
{
    return s->verified && s->credentials && !s->expired &&
           (s->credentials->expires_ms == 0 || s->credentials->expires_ms > aws_now_ms(s->aws));
}

/* A renewal that fails while the credentials still serve is tried again later. */
static void renew_later(struct session *s, const char *why)
{
    s->renew_not_before_ms = loop_now_ms(s->aws->loop) + RENEW_AGAIN_MS;
    log_event(LOG_WARN, "credentials are not renewed yet", "account", s->account.id, "why", why,
              NULL);
    settle(s, SESSION_READY);
}

/* After a fault that may pass the next call opens the session anew; any other is final. */
static void fail(struct session *s, enum diag_code code, const char *what,
                 const struct response *rs)
{
    if (is_valid(s)) {
        renew_later(s, rs->code);
        return;
    }
    enum diag_code answered = response_diag_code(rs);
    bool passing = rs->fault == FAULT_TRANSIENT || rs->fault == FAULT_THROTTLED;
    bool refused = answered == E_DENIED || answered == E_AWS || answered == E_QUOTA;
    const struct diag *diag =
        diag_error(loop_diags(s->aws->loop), refused ? code : answered, s->account.pos, NULL,
                   "account \"%s\" (%s): %s: %s: %.200s%s%.2000s%s%.200s%s", name_of(s),
                   s->account.id, refused ? what : "who the credentials belong to cannot be asked",
                   rs->operation, rs->code ? rs->code : "no code", rs->message ? ": " : "",
                   rs->message ? rs->message : "", rs->request_id ? " (request id " : "",
                   rs->request_id ? rs->request_id : "", rs->request_id ? ")" : "");
    refuse(s, diag, passing ? SESSION_NEW : SESSION_FAILED);
}

static void accept(struct session *s, const struct credentials *credentials)
{
    s->credentials = credentials;
    s->refused = NULL;
    s->verified = true;
    s->expired = s->base_reread = false;
    s->renew_not_before_ms = 0;
    settle(s, SESSION_READY);
}

static void identified(void *ctx, const struct response *rs)
{
    struct session *s = ctx;
    const char *from = s->candidate->from;
    if (rs->fault != FAULT_NONE) {
        fail(s, E_NO_CREDENTIALS,
             arena_printf(s->aws->arena, "the credentials from %s are refused", from), rs);
        return;
    }
    const char *id = value_get_str(rs->body, "Account");
    s->arn = arena_strdup(s->aws->arena, value_get_str(rs->body, "Arn"));
    if (!str_eq(id, s->account.id)) {
        const struct diag *diag =
            diag_error(loop_diags(s->aws->loop), E_WRONG_ACCOUNT, s->account.pos, NULL,
                       "account \"%s\" is %s, but the credentials from %s %sbelong to %s (%s)",
                       name_of(s), s->account.id, from, s->verified ? "now " : "",
                       id ? id : "no account", s->arn ? s->arn : "unnamed");
        refuse(s, diag, SESSION_FAILED);
        return;
    }
    log_event(LOG_DEBUG, "identity confirmed", "account", s->account.id, "arn", s->arn, NULL);
    accept(s, s->candidate);
}

static void ask_identity(struct session *s)
{
    struct aws_call_as call = {.operation = &sts_GetCallerIdentity,
                               .account_id = s->account.id,
                               .credentials = s->candidate};
    aws_call_as(s->aws, &call, identified, s);
}

/* A role's ARN says whose it is, and that was confirmed once. What the source of somebody's own
 * credentials gives may be another login by now, so others than before are asked whose they are. */
static void take(struct session *s, const struct credentials *credentials)
{
    bool known =
        s->verified && (s->account.assume_role || credentials_equal(s->credentials, credentials));
    s->candidate = credentials;
    if (known)
        accept(s, credentials);
    else
        ask_identity(s);
}

static void on_base(void *ctx, const struct credentials *credentials);

static void assumed(void *ctx, const struct response *rs)
{
    struct session *s = ctx;
    struct credentials *c = sts_credentials(s->aws, rs);
    if (response_is_expired(rs) && !s->base_reread && !s->aws->simulated) {
        s->base_reread = true;
        base_use(s->aws, s->base, on_base, s);
        return;
    }
    if (!c) {
        fail(s, E_ASSUME_ROLE,
             arena_printf(s->aws->arena, "the role %s cannot be assumed", s->account.assume_role),
             rs);
        return;
    }
    c->source = s->base->source;
    c->from = arena_printf(s->aws->arena, "role %s", s->account.assume_role);
    c->renew_ms = credentials_renew_ms(aws_now_ms(s->aws), c->expires_ms);
    take(s, c);
}

static void assume_role(struct session *s, const struct credentials *base)
{
    s->base = base;
    struct map_builder body = map_begin(s->aws->arena);
    map_put_str(&body, "RoleArn", s->account.assume_role);
    map_put_str(&body, "RoleSessionName",
                s->account.session_name ? s->account.session_name : "holdfast");
    map_put_str(&body, "ExternalId", s->account.external_id);
    struct aws_call_as call = {.operation = &sts_AssumeRole,
                               .account_id = s->account.id,
                               .credentials = base,
                               .body = map_end(&body)};
    aws_call_as(s->aws, &call, assumed, s);
}

/* There are no (other) credentials to begin with. */
static void fail_without_base(struct session *s)
{
    if (is_valid(s)) {
        renew_later(s, base_why(s->aws));
        return;
    }
    const struct credentials *ended = s->account.assume_role ? s->base : s->credentials;
    const char *why = base_why(s->aws);
    if (!why)
        why = "their source has no others";
    const char *told =
        ended ? arena_printf(s->aws->arena, "the credentials from %s have expired: ", ended->from)
              : "";
    refuse(s,
           diag_error(loop_diags(s->aws->loop), E_NO_CREDENTIALS, s->account.pos, NULL,
                      "account \"%s\" (%s): %s%s", name_of(s), s->account.id, told, why),
           SESSION_FAILED);
}

static void on_base(void *ctx, const struct credentials *credentials)
{
    struct session *s = ctx;
    if (!credentials)
        fail_without_base(s);
    else if (s->account.assume_role)
        assume_role(s, credentials);
    else
        take(s, credentials);
}

static const struct credentials *simulated_base(struct session *s)
{
    struct credentials *base = arena_new_of(s->aws->arena, struct credentials);
    *base = (struct credentials){.access_key_id = s->account.id,
                                 .secret_access_key = "simulated",
                                 .source = "simulator",
                                 .from = "the simulator"};
    return base;
}

static void open_session(struct session *s)
{
    s->state = SESSION_PENDING;
    s->base_reread = false;
    bool refused = s->expired && !s->account.assume_role;
    if (s->aws->simulated)
        on_base(s, simulated_base(s));
    else
        base_use(s->aws, refused ? s->credentials : NULL, on_base, s);
}

static bool is_fresh(const struct session *s)
{
    int64_t renew_ms = s->credentials->renew_ms;
    return !s->expired && (renew_ms == 0 || renew_ms > aws_now_ms(s->aws) ||
                           (is_valid(s) && loop_now_ms(s->aws->loop) < s->renew_not_before_ms));
}

void session_use(struct session *s, session_ready_fn *fn, void *ctx)
{
    if (s->state == SESSION_FAILED || (s->state == SESSION_READY && is_fresh(s))) {
        fn(ctx, s->state == SESSION_READY ? s->credentials : NULL);
        return;
    }
    struct waiter *waiter = arena_new_of(s->aws->arena, struct waiter);
    *waiter = (struct waiter){fn, ctx, NULL};
    *s->last = waiter;
    s->last = &waiter->next;
    if (s->state != SESSION_PENDING)
        open_session(s);
}

void session_expired(struct session *s, const struct credentials *used)
{
    if (s->credentials == used)
        s->expired = true;
}

static void nothing(void *ctx, const struct credentials *credentials)
{
    (void)ctx;
    (void)credentials;
}

bool aws_verify_identities(struct loop *loop, struct diags *diags)
{
    (void)diags; /* the loop's own: sessions report where they fail */
    struct aws *aws = aws_of(loop);
    for (size_t i = 0; i < aws->session_len; i++)
        session_use(&aws->sessions[i], nothing, NULL);
    for (;;) {
        bool all = true, pending = false;
        for (size_t i = 0; i < aws->session_len; i++) {
            all = all && aws->sessions[i].state == SESSION_READY;
            pending = pending || aws->sessions[i].state == SESSION_PENDING;
        }
        if (!pending || !loop_turn(loop))
            return all;
    }
}

const struct aws_identity *aws_identities(struct loop *loop, size_t *ret_len)
{
    struct aws *aws = aws_of(loop);
    if (!aws->identities)
        aws->identities = arena_array(aws->arena, aws->session_len, sizeof(*aws->identities));
    for (size_t i = 0; i < aws->session_len; i++) {
        const struct session *s = &aws->sessions[i];
        aws->identities[i] =
            (struct aws_identity){.account_name = s->account.name,
                                  .account_id = s->account.id,
                                  .arn = s->arn,
                                  .assumed_role = s->account.assume_role,
                                  .source = s->credentials ? s->credentials->source : NULL,
                                  .refused = s->state == SESSION_READY ? NULL : s->refused};
    }
    *ret_len = aws->session_len;
    return aws->identities;
}
