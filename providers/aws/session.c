#include "providers/aws/session.h"

#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
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
    const char *arn;                       /* who it turned out to be */
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

static const char *name_of(const struct session *s)
{
    return s->account.name ? s->account.name : s->account.id;
}

static bool is_valid(const struct session *s)
{
    return s->verified && s->credentials && !s->expired &&
           (s->credentials->expires_ms == 0 || s->credentials->expires_ms > aws_now_ms(s->aws));
}

/* A renewal that fails while the credentials still serve is tried again later. After a fault that
 * may pass the next call opens the session anew; any other fault is final. */
static void fail(struct session *s, enum diag_code code, const char *what,
                 const struct response *rs)
{
    if (is_valid(s)) {
        s->renew_not_before_ms = loop_now_ms(s->aws->loop) + RENEW_AGAIN_MS;
        log_event(LOG_WARN, "credentials are not renewed yet", "account", s->account.id, "code",
                  rs->code, NULL);
        settle(s, SESSION_READY);
        return;
    }
    enum diag_code answered = response_diag_code(rs);
    bool passing = rs->fault == FAULT_TRANSIENT || rs->fault == FAULT_THROTTLED;
    bool refused = answered == E_DENIED || answered == E_AWS || answered == E_QUOTA;
    diag_error(loop_diags(s->aws->loop), refused ? code : answered, s->account.pos, NULL,
               "account \"%s\" (%s): %s: %s: %.200s%s%.2000s%s%.200s%s", name_of(s), s->account.id,
               refused ? what : "who the credentials belong to cannot be asked", rs->operation,
               rs->code ? rs->code : "no code", rs->message ? ": " : "",
               rs->message ? rs->message : "", rs->request_id ? " (request id " : "",
               rs->request_id ? rs->request_id : "", rs->request_id ? ")" : "");
    settle(s, passing ? SESSION_NEW : SESSION_FAILED);
}

static void identified(void *ctx, const struct response *rs)
{
    struct session *s = ctx;
    if (rs->fault != FAULT_NONE) {
        fail(s, E_NO_CREDENTIALS,
             arena_printf(s->aws->arena, "the credentials from %s are refused",
                          s->credentials->source),
             rs);
        return;
    }
    const char *id = value_get_str(rs->body, "Account");
    s->arn = arena_strdup(s->aws->arena, value_get_str(rs->body, "Arn"));
    if (!str_eq(id, s->account.id)) {
        diag_error(loop_diags(s->aws->loop), E_WRONG_ACCOUNT, s->account.pos, NULL,
                   "account \"%s\" is %s, but the credentials from %s belong to %s (%s)",
                   name_of(s), s->account.id, s->credentials->source, id ? id : "no account",
                   s->arn ? s->arn : "unnamed");
        settle(s, SESSION_FAILED);
        return;
    }
    s->verified = true;
    log_event(LOG_DEBUG, "identity confirmed", "account", s->account.id, "arn", s->arn, NULL);
    settle(s, SESSION_READY);
}

static void take(struct session *s, const struct credentials *credentials)
{
    s->credentials = credentials;
    s->expired = s->base_reread = false;
    s->renew_not_before_ms = 0;
    if (s->verified)
        settle(s, SESSION_READY);
    else
        aws_call_as(s->aws, s->account.id, credentials, &sts_GetCallerIdentity, NULL, identified,
                    s);
}

static void assume_role(struct session *s, const struct credentials *base);

static bool is_same(const struct credentials *a, const struct credentials *b)
{
    return str_eq(a->access_key_id, b->access_key_id) && str_eq(a->session_token, b->session_token);
}

/* Base credentials that AWS calls expired may have been renewed where they came from, or by another
 * session before. */
static bool has_newer_base(struct session *s, const struct credentials *used)
{
    struct aws *aws = s->aws;
    if (aws->simulated)
        return false;
    if (used && !is_same(&aws->base, used))
        return true;
    struct diags below; /* the caller says what it means */
    struct credentials fresh = {0};
    diags_init(&below, aws->arena);
    if (!credentials_find(aws->arena, &fresh, &below) || (used && is_same(&fresh, used)))
        return false;
    aws->base = fresh;
    return true;
}

static const struct credentials *base_of(struct session *s)
{
    struct credentials *base = arena_new_of(s->aws->arena, struct credentials);
    *base = s->aws->base;
    if (s->aws->simulated)
        *base = (struct credentials){.access_key_id = s->account.id,
                                     .secret_access_key = "simulated",
                                     .source = "the simulator"};
    return base;
}

static void assumed(void *ctx, const struct response *rs)
{
    struct session *s = ctx;
    struct arena *arena = s->aws->arena;
    const struct value *got = value_get(rs->body, "Credentials");
    const char *id = value_get_str(got, "AccessKeyId");
    const char *secret = value_get_str(got, "SecretAccessKey");
    if (response_is_expired(rs) && !s->base_reread && has_newer_base(s, s->base)) {
        s->base_reread = true;
        assume_role(s, base_of(s));
        return;
    }
    if (rs->fault != FAULT_NONE || !id || !secret) {
        fail(s, E_ASSUME_ROLE,
             arena_printf(arena, "the role %s cannot be assumed", s->account.assume_role), rs);
        return;
    }
    struct credentials *c = arena_new_of(arena, struct credentials);
    *c = (struct credentials){
        .access_key_id = arena_strdup(arena, id),
        .secret_access_key = arena_strdup(arena, secret),
        .session_token = arena_strdup(arena, value_get_str(got, "SessionToken")),
        .source = arena_printf(arena, "role %s", s->account.assume_role),
    };
    const char *expiration = value_get_str(got, "Expiration");
    if (!expiration || !time_parse_iso(slice_of(expiration), &c->expires_ms))
        c->expires_ms = aws_now_ms(s->aws) + HOUR_MS;
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
    aws_call_as(s->aws, s->account.id, base, &sts_AssumeRole, map_end(&body), assumed, s);
}

static void fail_expired(struct session *s)
{
    diag_error(loop_diags(s->aws->loop), E_NO_CREDENTIALS, s->account.pos, NULL,
               "the credentials from %s have expired", s->credentials->source);
    settle(s, SESSION_FAILED);
}

static void open_session(struct session *s)
{
    s->state = SESSION_PENDING;
    s->base_reread = false;
    if (s->account.assume_role) {
        assume_role(s, base_of(s));
    } else {
        if (s->expired && !has_newer_base(s, s->credentials))
            fail_expired(s);
        else
            take(s, base_of(s));
    }
}

static bool is_fresh(const struct session *s)
{
    int64_t expires_ms = s->credentials->expires_ms;
    return !s->expired && (expires_ms == 0 || expires_ms - aws_now_ms(s->aws) > SESSION_RENEW_MS ||
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
                                  .source = s->credentials ? s->credentials->source : NULL};
    }
    *ret_len = aws->session_len;
    return aws->identities;
}
