#include "providers/aws/call.h"

#include <string.h>

#include "engine/aws/partition.h"
#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/crypto.h"
#include "engine/base/log.h"
#include "providers/aws/faults.h"
#include "providers/aws/request.h"
#include "providers/aws/sigv4.h"
#include "providers/aws/wire.h"

#define UNREACHABLE_ATTEMPTS 3
#define TIMED_OUT_ATTEMPTS 2 /* each took a minute */
#define TRANSIENT_ATTEMPTS 6
#define THROTTLED_ATTEMPTS 12
#define QUOTA_ATTEMPTS 3 /* some quotas are rates by another name */
#define BACKOFF_BASE_MS 200
#define BACKOFF_MAX_MS 20000
#define EVENTUAL_FIRST_MS 1000
#define EVENTUAL_MAX_MS 8000
#define NAPS_MOST_MS ((int64_t)10 * 60 * 1000) /* of one call, or of one page: all its waiting */
#define PAGES_MAX 10000
#define EMPTY_PAGES_MAX 100 /* in a row */
#define TOKEN_MAX 16384     /* of a page; three times as long when it is encoded */
#define TIMEOUT_MS 60000
#define UPLOAD_TIMEOUT_MS 300000 /* of calls with large bodies */
#define HEADERS_MAX 10           /* of every call */
#define OWN_HEADERS_MAX 4        /* of one */

/* Calls that AWS loses when two of them meet: those on one function wait for each other. */
static const struct {
    const struct aws_operation *operation;
    const char *label;
} one_at_a_time[] = {
    {&lambda_AddPermission, "FunctionName"},
    {&lambda_RemovePermission, "FunctionName"},
};

struct call;
struct queue {
    bool busy;
    struct call *head, *tail;
};

/* One call of an operation: over its retries and its pages. */
struct call {
    struct aws *aws;
    struct arena *arena;
    bool own_arena; /* no op: given back at the end */
    struct request *rq;
    const struct aws_operation *operation;
    const char *name;               /* "backup:CreateBackupVault" */
    struct session *session;        /* NULL: `used` was given */
    const struct credentials *used; /* NULL: not signed */
    const char *bearer;
    struct endpoint endpoint;
    const char *bucket;

    op_step_fn *step; /* rq->op: for it */
    aws_done_fn *done;
    void *ctx;

    bool all_pages;
    const char *page_token;
    size_t pages, empty_pages, page_bytes;
    const char *landmark; /* an earlier token: the list goes round in circles when it comes again */
    size_t landmark_age, landmark_life;
    struct list_builder listed; /* items of the pages so far */
    struct map_builder mapped;

    /* of this page; each kind of fault has its own number of attempts */
    int attempt, throttled, transient, over_quota;
    int64_t eventual_ms;     /* when waiting for consistency began; 0: not waiting */
    int64_t eventual_nap_ms; /* the last nap */
    int64_t napped_ms;       /* all of them */
    bool renewed, unskewed;  /* once each */

    struct queue *queue; /* of calls that go one at a time, or NULL */
    struct call *next;   /* in it */

    struct wire_request wire;
    bool encoded;
    struct http_header headers[HEADERS_MAX + OWN_HEADERS_MAX];
    struct http_request http;
};

static uint64_t next_random(struct aws *aws) /* splitmix64 */
{
    uint64_t z = aws->jitter += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Reads, and changes that come to the same when they are made twice: whole documents, names that
 * exist only once, or a token. KMS takes no token at CreateKey, and jobs may be started without. */
static bool is_repeatable(const struct call *call)
{
    const struct aws_operation *operation = call->operation;
    if (operation == &backup_StartCopyJob)
        return value_get_str(map_end(&call->rq->body), "IdempotencyToken") != NULL;
    return operation != &kms_CreateKey;
}

/* ---- one request ---- */

/* S3 wants the digest of every body in a header; for the documents of a bucket's settings, which
 * have a query of their own, a checksum as well, and so for objects, where the bucket may have a
 * lock. */
static size_t add_digests(struct call *call, size_t n)
{
    uint8_t digest[SHA256_LEN];
    sha256(call->wire.body, digest);
    call->headers[n++] =
        (struct http_header){"x-amz-content-sha256", hex_encode(call->arena, digest, SHA256_LEN)};
    bool wanted = strchr(call->operation->uri, '?') || call->operation == &s3_PutObject;
    if (call->wire.body.len > 0 && wanted)
        call->headers[n++] = (struct http_header){
            "x-amz-checksum-sha256",
            base64_encode(call->arena, (struct slice){(const char *)digest, SHA256_LEN})};
    return n;
}

static size_t add_own_headers(struct call *call, size_t n)
{
    const struct value *own = map_end(&call->rq->headers);
    BUG_ON(value_len(own) > OWN_HEADERS_MAX);
    for (size_t i = 0; i < value_len(own); i++)
        call->headers[n++] =
            (struct http_header){own->map.entries[i].key, value_str(own->map.entries[i].value)};
    return n;
}

static size_t add_signature(struct call *call, const char *path, int64_t now_ms, size_t n)
{
    const struct aws_api *api = call->operation->api;
    struct sigv4_input input = {
        .method = call->operation->method,
        .path = path,
        .query = call->wire.query,
        .headers = call->headers,
        .header_len = n,
        .body = call->wire.body,
        .region = call->endpoint.signing_region,
        .service = api->signing_name,
        .time_ms = now_ms,
        .raw_path = api->wire == WIRE_REST_XML, /* S3 encodes a path once */
    };
    struct sigv4_output signature;
    sigv4_sign(call->arena, &input, call->used, &signature);
    call->headers[n++] = (struct http_header){"authorization", signature.authorization};
    return n;
}

static const struct http_request *build(void *ctx)
{
    struct call *call = ctx;
    struct arena *arena = call->arena;
    const struct aws_api *api = call->operation->api;
    if (!call->encoded)
        wire_codec_of(api->wire)->encode(call->rq, call->page_token, &call->wire);
    call->encoded = true;
    int64_t now_ms = aws_now_ms(call->aws);
    size_t n = 0;
    call->headers[n++] = (struct http_header){"host", call->endpoint.host};
    if (call->used)
        call->headers[n++] = (struct http_header){"x-amz-date", time_amz(arena, now_ms)};
    if (call->wire.content_type)
        call->headers[n++] = (struct http_header){"content-type", call->wire.content_type};
    if (call->wire.target)
        call->headers[n++] = (struct http_header){"x-amz-target", call->wire.target};
    if (api->wire == WIRE_REST_XML)
        n = add_digests(call, n);
    n = add_own_headers(call, n);
    if (call->bearer)
        call->headers[n++] = (struct http_header){"x-amz-sso_bearer_token", call->bearer};
    if (call->used && call->used->session_token)
        call->headers[n++] =
            (struct http_header){"x-amz-security-token", call->used->session_token};
    const char *path = arena_printf(arena, "%s%s", call->endpoint.path_prefix, call->wire.path);
    if (call->used)
        n = add_signature(call, path, now_ms, n);
    call->headers[n++] = (struct http_header){"user-agent", "holdfast"};
    call->http = (struct http_request){
        .method = call->operation->method,
        .base_url = call->endpoint.base_url,
        .path = path,
        .query = call->wire.query,
        .headers = call->headers,
        .header_len = n,
        .body = call->wire.body,
        .operation = call->name,
        .once = !is_repeatable(call),
        .timeout_ms = call->wire.body.len > (size_t)512 * 1024 ? UPLOAD_TIMEOUT_MS : TIMEOUT_MS,
    };
    return &call->http;
}

static void replied(void *ctx, const struct http_response *http);

static void send_now(struct call *call)
{
    struct loop_send send = {.bucket = call->bucket,
                             .mutates = call->operation->mutates,
                             .build = build,
                             .done = replied,
                             .ctx = call};
    loop_send(call->aws->loop, &send);
}

/* ---- the end of a call ---- */

static void start(struct call *call);

static void leave_queue(struct queue *queue)
{
    struct call *next = queue->head;
    queue->busy = next != NULL;
    if (!next)
        return;
    queue->head = next->next;
    start(next);
}

static void deliver(struct call *call, const struct response *rs)
{
    if (call->queue)
        leave_queue(call->queue);
    struct op *op = call->rq->op;
    if (op) {
        op_resume(op, call->step, rs);
        return;
    }
    struct loop *loop = call->aws->loop;
    struct arena *arena = call->arena;
    call->done(call->ctx, rs);
    loop_arena_give(loop, arena);
}

/* Ends the call with what no server said. */
static void deliver_own(struct call *call, enum fault fault, const char *code, const char *message)
{
    struct map_builder empty = map_begin(call->arena);
    struct response *rs = arena_new_of(call->arena, struct response);
    *rs = (struct response){.fault = fault,
                            .operation = call->name,
                            .code = code,
                            .message = message,
                            .body = map_end(&empty)};
    deliver(call, rs);
}

static void no_session(void *ctx)
{
    deliver_own(ctx, FAULT_DENIED, CODE_NO_SESSION, "there are no credentials for the account");
}

/* Labels come from earlier answers: one that is missing there cannot be asked about. */
static void bad_label(void *ctx)
{
    struct call *call = ctx;
    deliver_own(call, FAULT_UNKNOWN, CODE_BAD_ANSWER,
                arena_printf(call->arena, "an answer before did not give a usable \"%s\"",
                             request_bad_label(call->rq)));
}

static void on_credentials(void *ctx, const struct credentials *credentials)
{
    struct call *call = ctx;
    call->used = credentials;
    if (credentials)
        send_now(call);
    else
        loop_after(call->aws->loop, 0, no_session, call);
}

static void start(struct call *call)
{
    if (call->session)
        session_use(call->session, on_credentials, call);
    else
        send_now(call);
}

/* ---- retries ---- */

bool response_is_expired(const struct response *rs)
{
    return str_eq(rs->code, "ExpiredToken") || str_eq(rs->code, "ExpiredTokenException");
}

/* A loop that drains repeats nothing more but what a read was about to repeat. */
static void again(void *ctx)
{
    struct call *call = ctx;
    if (loop_draining(call->aws->loop) && !(call->rq->op && op_reads(call->rq->op)))
        deliver_own(call, FAULT_TRANSIENT, CODE_NOT_SENT, "stopped before it was sent again");
    else
        start(call);
}

/* `before`: how often the same kind of fault came before. Full jitter: anything between nothing and
 * the doubled bound. */
static int64_t backoff_ms(struct call *call, int64_t base_ms, int before)
{
    int64_t bound_ms = base_ms << (before < 10 ? before : 10);
    if (bound_ms > BACKOFF_MAX_MS)
        bound_ms = BACKOFF_MAX_MS;
    return (int64_t)(next_random(call->aws) % (uint64_t)(bound_ms + 1));
}

/* False when the call has waited enough. */
static bool retry_in(struct call *call, int64_t ms, const struct response *rs)
{
    if (call->napped_ms + ms > NAPS_MOST_MS)
        return false;
    call->napped_ms += ms;
    log_event(LOG_DEBUG, "call is repeated", "operation", rs->operation, "code", rs->code,
              "request_id", rs->request_id, NULL);
    call->attempt++;
    loop_after(call->aws->loop, ms, again, call);
    return true;
}

/* How long the server asks to be left alone (Retry-After, in seconds or as a date); 0: it does not.
 */
static int64_t asked_to_wait_ms(const struct call *call, const struct http_response *http)
{
    const char *text = http_response_header(http, "retry-after");
    long long seconds = 0;
    int64_t date_ms = 0;
    if (!text)
        return 0;
    if (parse_int64(slice_of(text), &seconds)) {
        if (seconds < 0)
            return 0;
        return seconds > NAPS_MOST_MS / 1000 ? NAPS_MOST_MS + 1 : (int64_t)seconds * 1000;
    }
    int64_t now_ms = aws_now_ms(call->aws);
    return time_parse_http(slice_of(text), &date_ms) && date_ms > now_ms ? date_ms - now_ms : 0;
}

/* Waits as long as the server asks for, and otherwise at random. */
static bool retry_later(struct call *call, int64_t ms, const struct response *rs,
                        const struct http_response *http)
{
    int64_t asked_ms = asked_to_wait_ms(call, http);
    return retry_in(call, asked_ms > ms ? asked_ms : ms, rs);
}

/* What is not repeatable and may have run is never sent again, or a second object would be left
 * over. Whoever made the call looks for the first, a key by its tags. */
static bool may_repeat(const struct call *call, const struct response *rs, bool maybe_sent)
{
    return is_repeatable(call) || (rs->status == 0 && !maybe_sent);
}

static bool is_skewed(const struct response *rs)
{
    static const char *const always[] = {"RequestTimeTooSkewed", "RequestExpired",
                                         "RequestInTheFuture", NULL};
    static const char *const by_words[] = {"InvalidSignatureException", "SignatureDoesNotMatch",
                                           NULL};
    if (!rs->code)
        return false;
    return str_is_one_of(rs->code, always) || (str_is_one_of(rs->code, by_words) && rs->message &&
                                               (strstr(rs->message, "Signature expired") ||
                                                strstr(rs->message, "Signature not yet current")));
}

/* Takes the server's Date for the right time, once. */
static bool correct_clock(struct call *call, const struct http_response *http)
{
    const char *date = http_response_header(http, "date");
    int64_t server_ms = 0;
    if (call->unskewed || !date || !time_parse_http(slice_of(date), &server_ms))
        return false;
    call->unskewed = true;
    call->aws->skew_ms = server_ms - loop_now_ms(call->aws->loop);
    return true;
}

static bool wait_for_consistency(struct call *call, const struct response *rs)
{
    int64_t most_ms = eventual_wait_ms(call->operation, rs->code, rs->message);
    if (most_ms == 0)
        return false;
    int64_t now_ms = loop_now_ms(call->aws->loop);
    if (call->eventual_ms == 0) {
        call->eventual_ms = now_ms;
        call->eventual_nap_ms = EVENTUAL_FIRST_MS / 2;
    }
    call->eventual_nap_ms =
        call->eventual_nap_ms * 2 > EVENTUAL_MAX_MS ? EVENTUAL_MAX_MS : call->eventual_nap_ms * 2;
    int64_t nap_ms = call->eventual_nap_ms / 2 +
                     (int64_t)(next_random(call->aws) % (uint64_t)(call->eventual_nap_ms / 2 + 1));
    if (now_ms + nap_ms - call->eventual_ms > most_ms)
        return false;
    return retry_in(call, nap_ms, rs);
}

static int attempts_after(const struct response *rs)
{
    return str_eq(rs->code, CODE_UNREACHABLE) ? UNREACHABLE_ATTEMPTS
           : str_eq(rs->code, CODE_TIMEOUT)   ? TIMED_OUT_ATTEMPTS
                                              : TRANSIENT_ATTEMPTS;
}

/* True when the call goes on; false when this answer is the last. */
static bool try_again(struct call *call, const struct response *rs,
                      const struct http_response *http)
{
    if (loop_draining(call->aws->loop) || loop_is_cut(call->aws->loop) ||
        (call->rq->op && op_ended(call->rq->op)))
        return false;
    if (rs->fault == FAULT_THROTTLED && call->throttled + 1 < THROTTLED_ATTEMPTS)
        return retry_later(call, backoff_ms(call, (int64_t)2 * BACKOFF_BASE_MS, call->throttled++),
                           rs, http);
    if (rs->fault == FAULT_TRANSIENT) {
        if (call->transient + 1 >= attempts_after(rs) || !may_repeat(call, rs, http->maybe_sent))
            return false;
        if (str_eq(rs->code, CODE_TIMEOUT))
            log_event(LOG_WARN, "no answer in time, asking again", "operation", rs->operation,
                      "account", call->rq->account_id, "from", call->endpoint.base_url, NULL);
        return retry_later(call, backoff_ms(call, BACKOFF_BASE_MS, call->transient++), rs, http);
    }
    if (rs->fault == FAULT_QUOTA && call->over_quota + 1 < QUOTA_ATTEMPTS)
        return retry_later(call, backoff_ms(call, (int64_t)5 * BACKOFF_BASE_MS, call->over_quota++),
                           rs, http);
    if (response_is_expired(rs) && call->session && !call->renewed) {
        call->renewed = true;
        session_expired(call->session, call->used);
        return retry_in(call, 0, rs);
    }
    if (is_skewed(rs) && correct_clock(call, http))
        return retry_in(call, 0, rs);
    return wait_for_consistency(call, rs);
}

/* ---- answers ---- */

static void no_answer(struct call *call, const struct http_response *http, struct response *rs)
{
    rs->fault = http->unusable ? FAULT_UNKNOWN : FAULT_TRANSIENT;
    rs->request_id = wire_request_id(call->arena, http); /* headers may have come */
    if (http->unusable)
        rs->code = CODE_BAD_ANSWER;
    else if (str_eq(http->error, CODE_NOT_SENT))
        rs->code = CODE_NOT_SENT;
    else if (http->maybe_sent)
        rs->code = http->timed_out ? CODE_TIMEOUT : CODE_LOST;
    else
        rs->code = CODE_UNREACHABLE;
    rs->message = rs->code[0] == 'N' ? "stopped before it was sent"
                                     : arena_printf(call->arena, "%s: %s", call->endpoint.base_url,
                                                    http->error ? http->error : "no answer");
}

static void decode(struct call *call, const struct http_response *http, struct response *rs)
{
    const struct aws_api *api = call->operation->api;
    if (http->status == 0) {
        no_answer(call, http, rs);
        return;
    }
    bool readable = wire_codec_of(api->wire)->decode(call->arena, call->operation, http, rs);
    rs->fault = fault_of(api->service, rs->code, http->status);
    if (!readable && http->status < 500) {
        bool good = http->status >= 200 && http->status < 300;
        rs->fault = good ? FAULT_TRANSIENT : FAULT_UNKNOWN;
        rs->code = CODE_BAD_ANSWER;
        rs->message = arena_printf(call->arena, "status %d from %s, but not in the words of AWS",
                                   http->status, call->endpoint.base_url);
    } else if (!rs->code && rs->fault != FAULT_NONE) {
        rs->code = arena_printf(call->arena, "HTTP %d", http->status);
    }
    rs->message = credentials_redact(call->arena, call->used, rs->message);
}

static void bad_answer(struct response *rs, const char *message)
{
    rs->fault = FAULT_UNKNOWN;
    rs->code = CODE_BAD_ANSWER;
    rs->message = message;
}

/* Circles of any length, with one token remembered: it is replaced after 1, 2, 4, 8 ... pages
 * (Brent). */
static bool goes_round(struct call *call, const char *token)
{
    if (call->landmark && str_eq(token, call->landmark))
        return true;
    if (++call->landmark_age >= call->landmark_life) {
        call->landmark = token;
        call->landmark_life = call->landmark_life ? 2 * call->landmark_life : 2;
        call->landmark_age = 0;
    }
    return false;
}

/* Takes over the page's items; true when there is another page. */
static bool collect(struct call *call, struct response *rs)
{
    const struct aws_operation *operation = call->operation;
    if (!call->all_pages || !operation->token_out)
        return false;
    const char *token = value_get_str(rs->body, operation->token_out);
    bool more = token && token[0];
    if (!more && call->pages == 0)
        return false;
    const struct value *items = value_get(rs->body, operation->items);
    for (size_t i = 0; i < value_len(items); i++) {
        if (value_is(items, VALUE_MAP))
            map_put(&call->mapped, items->map.entries[i].key, items->map.entries[i].value);
        else
            list_add(&call->listed, value_item(items, i));
    }
    call->pages++;
    call->empty_pages = value_len(items) ? 0 : call->empty_pages + 1;
    if (!more) {
        const struct value *all =
            call->mapped.len > 0 ? map_end(&call->mapped) : list_end(&call->listed);
        rs->body = value_with(call->arena, rs->body, operation->items, all);
        return false;
    }
    if (call->pages > PAGES_MAX || call->empty_pages > EMPTY_PAGES_MAX || goes_round(call, token)) {
        bad_answer(rs, "the pages of a list do not end");
        return false;
    }
    if (call->page_bytes > call->aws->list_bytes_max || strlen(token) > TOKEN_MAX) {
        bad_answer(rs, "a list, or the token of its next page, is longer than is taken");
        return false;
    }
    call->page_token = token;
    return true;
}

static void log_answer(const struct call *call, const struct response *rs)
{
    if (!log_enabled(LOG_DEBUG))
        return;
    log_event(LOG_DEBUG, "answer", "operation", rs->operation, "account", call->rq->account_id,
              "region", call->endpoint.signing_region, "status",
              arena_printf(call->arena, "%d", rs->status), "code", rs->code, "attempt",
              arena_printf(call->arena, "%d", call->attempt + 1), "request_id", rs->request_id,
              NULL);
}

static void replied(void *ctx, const struct http_response *http)
{
    struct call *call = ctx;
    struct map_builder empty = map_begin(call->arena);
    struct response *rs = arena_new_of(call->arena, struct response);
    rs->operation = call->name;
    rs->body = map_end(&empty);
    decode(call, http, rs);
    call->page_bytes += http->body.len;
    log_answer(call, rs);
    if (http->status != 0)
        loop_bucket_feedback(call->aws->loop, call->bucket, rs->fault == FAULT_THROTTLED);
    if (rs->fault != FAULT_NONE && try_again(call, rs, http))
        return;
    if (rs->fault == FAULT_NONE && collect(call, rs)) {
        call->attempt = call->throttled = call->transient = call->over_quota = 0;
        call->napped_ms = 0;
        call->encoded = false;
        start(call);
        return;
    }
    deliver(call, rs);
}

/* ---- beginnings ---- */

/* KMS and IAM, and a few calls of Lambda, are limited one operation at a time. */
static const char *bucket_of(struct call *call)
{
    const struct aws_api *api = call->operation->api;
    bool single = str_eq(api->service, "kms") || str_eq(api->service, "iam") ||
                  str_eq(api->service, "sts") || call->operation == &lambda_GetPolicy ||
                  call->operation == &lambda_GetFunction;
    return arena_printf(call->arena, "%s/%s/%s/%s", call->rq->account_id,
                        call->endpoint.signing_region, api->service,
                        single ? call->operation->name : "");
}

static struct call *call_new(struct aws *aws, struct request *rq)
{
    struct call *call = arena_new_of(rq->arena, struct call);
    *call = (struct call){
        .aws = aws,
        .arena = rq->arena,
        .rq = rq,
        .operation = rq->operation,
        .name = arena_printf(rq->arena, "%s:%s", rq->operation->api->service, rq->operation->name),
        .listed = list_begin(rq->arena),
        .mapped = map_begin(rq->arena)};
    return call;
}

/* Region and partition decide the endpoint; then the call is ready to start. */
static void place(struct call *call, const char *partition)
{
    const char *region = call->rq->region ? call->rq->region : call->aws->home_region;
    if (!partition)
        partition = partition_of_region(region);
    endpoint_of(call->arena, &call->aws->endpoints, call->operation->api, call->rq->account_id,
                region, partition, &call->endpoint);
    call->bucket = bucket_of(call);
}

static struct queue *queue_of(struct call *call)
{
    for (size_t i = 0; i < ARRAY_LEN(one_at_a_time); i++) {
        if (one_at_a_time[i].operation != call->operation)
            continue;
        const struct value *labels = map_end(&call->rq->labels);
        struct aws *aws = call->aws;
        const char *key = arena_printf(aws->arena, "%s/%s/%s", call->rq->account_id,
                                       call->endpoint.signing_region,
                                       value_get_str(labels, one_at_a_time[i].label));
        struct queue *queue = map_get(&aws->one_at_a_time, key);
        if (!queue) {
            queue = arena_new_of(aws->arena, struct queue);
            map_set(&aws->one_at_a_time, key, queue);
        }
        return queue;
    }
    return NULL;
}

static void start_in_turn(struct call *call)
{
    struct queue *queue = call->queue = queue_of(call);
    if (!queue || !queue->busy) {
        if (queue)
            queue->busy = true;
        start(call);
        return;
    }
    if (queue->head)
        queue->tail->next = call;
    else
        queue->head = call;
    queue->tail = call;
}

/* An account without a session is a fault of the person's, said once for each call. */
static void start_in_session(struct call *call, const char *partition)
{
    if (request_bad_label(call->rq)) {
        loop_after(call->aws->loop, 0, bad_label, call);
        return;
    }
    call->session = session_find(call->aws, call->rq->account_id);
    if (!partition && call->session)
        partition = session_partition(call->session);
    place(call, partition);
    if (call->session) {
        start_in_turn(call);
        return;
    }
    diag_error(loop_diags(call->aws->loop), E_NO_CREDENTIALS, NO_POS, NULL,
               "%s needs account %s, which the topology does not name", call->operation->name,
               call->rq->account_id ? call->rq->account_id : "(none)");
    loop_after(call->aws->loop, 0, no_session, call);
}

static void send_for_op(struct op *op, struct request *rq, op_step_fn *step, bool all_pages)
{
    struct call *call = call_new(aws_of(op_loop(op)), rq);
    call->step = step;
    call->all_pages = all_pages;
    op_expect(op);
    start_in_session(call, op_partition(op));
}

void op_send(struct op *op, struct request *rq, op_step_fn *step)
{
    send_for_op(op, rq, step, false);
}

void op_send_all(struct op *op, struct request *rq, op_step_fn *step)
{
    BUG_ON(!rq->operation->token_out);
    send_for_op(op, rq, step, true);
}

static const char *as_text(struct arena *arena, const struct value *v)
{
    if (value_is(v, VALUE_BOOL))
        return v->boolean ? "true" : "false";
    if (value_is(v, VALUE_INT))
        return arena_printf(arena, "%lld", (long long)v->integer);
    return value_str(v);
}

static struct call *free_call(struct aws *aws, const struct aws_operation *operation,
                              aws_done_fn *done, void *ctx)
{
    struct arena *arena = loop_arena_take(aws->loop);
    struct call *call = call_new(aws, request_new(arena, operation));
    call->own_arena = true;
    call->done = done;
    call->ctx = ctx;
    return call;
}

static void add_labels(struct call *call, const struct value *labels)
{
    for (size_t i = 0; i < value_len(labels); i++)
        request_label(call->rq, labels->map.entries[i].key,
                      as_text(call->arena, labels->map.entries[i].value));
}

static void add_query(struct call *call, const struct value *query)
{
    for (size_t i = 0; i < value_len(query); i++)
        request_query(call->rq, query->map.entries[i].key,
                      as_text(call->arena, query->map.entries[i].value));
}

void aws_call(struct loop *loop, const struct aws_call_spec *spec, aws_done_fn *done, void *ctx)
{
    struct call *call = free_call(aws_of(loop), spec->operation, done, ctx);
    struct request *rq = call->rq;
    rq->account_id = arena_strdup(call->arena, spec->account_id);
    rq->region = arena_strdup(call->arena, spec->region);
    add_labels(call, spec->labels);
    add_query(call, spec->query);
    request_body(rq, value_copy(call->arena, spec->body));
    rq->headers = map_begin_from(call->arena, value_copy(call->arena, spec->headers));
    call->all_pages = spec->all_pages;
    start_in_session(call, NULL);
}

void aws_call_as(struct aws *aws, const struct aws_call_as *spec, aws_done_fn *done, void *ctx)
{
    struct call *call = free_call(aws, spec->operation, done, ctx);
    call->rq->account_id = spec->account_id;
    call->rq->region = arena_strdup(call->arena, spec->region);
    call->used = spec->credentials;
    call->bearer = arena_strdup(call->arena, spec->bearer);
    add_labels(call, spec->labels);
    add_query(call, spec->query);
    request_body(call->rq, value_copy(call->arena, spec->body));
    place(call, NULL);
    start(call);
}
