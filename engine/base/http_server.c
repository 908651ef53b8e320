#include "engine/base/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/library.h"
#include "engine/base/strbuf.h"

#define BODY_MAX ((size_t)64 * 1024 * 1024)
#define CONNECTION_MEMORY ((size_t)128 * 1024) /* bounds the head of a request */
#define CONNECTIONS_MAX 16384u

/* What is used of libmicrohttpd (library.h). */
#define LIBMICROHTTPD "libmicrohttpd.so.12"
#define FUNCTIONS(F)                                                                               \
    F(add_response_header)                                                                         \
    F(create_response_from_buffer)                                                                 \
    F(destroy_response)                                                                            \
    F(get_connection_values)                                                                       \
    F(get_daemon_info)                                                                             \
    F(lookup_connection_value)                                                                     \
    F(queue_response)                                                                              \
    F(resume_connection)                                                                           \
    F(run_wait)                                                                                    \
    F(start_daemon)                                                                                \
    F(stop_daemon)                                                                                 \
    F(suspend_connection)
static struct {
#define POINTER(name) __typeof__(MHD_##name) *name;
    FUNCTIONS(POINTER)
} mhd;
static const struct library_symbol symbols[] = {
#define SYMBOL(name) {"MHD_" #name, (void *)&mhd.name},
    FUNCTIONS(SYMBOL)};

struct http_server {
    struct MHD_Daemon *daemon;
    http_server_handler_fn *handler;
    void *ctx;
    unsigned port;
    bool polling;
    struct exchange *delayed; /* whose replies wait, the next one to send first */
};

/* One request from its first line to the last byte of its reply. Lives in its own arena. */
struct exchange {
    struct arena *arena;
    const char *target;
    bool begun;
    struct strbuf body;
    struct http_server_header *headers;
    size_t header_len, header_cap;
    bool answered;
    struct http_server_reply reply;
    struct MHD_Connection *connection; /* of a reply that waits */
    int64_t due_ms;                    /* when it is sent, of the monotonic clock */
    struct exchange *next;
};

/* The library decodes the path and takes the query apart before anybody else sees them, but it
 * shows the raw line to its log: that is where an exchange begins. */
static void *on_request_line(void *ctx, const char *target, struct MHD_Connection *connection)
{
    (void)ctx;
    (void)connection;
    struct arena *arena = arena_new();
    struct exchange *exchange = arena_new_of(arena, struct exchange);
    exchange->arena = arena;
    exchange->target = arena_strdup(arena, target);
    strbuf_init(&exchange->body, arena, BODY_MAX);
    return exchange;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **per_request,
                         enum MHD_RequestTerminationCode why)
{
    (void)ctx;
    (void)connection;
    (void)why;
    struct exchange *exchange = *per_request;
    *per_request = NULL;
    if (exchange)
        arena_free(exchange->arena);
}

static enum MHD_Result on_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    (void)kind;
    struct exchange *exchange = ctx;
    exchange->headers =
        arena_grow(exchange->arena, exchange->headers, exchange->header_len, &exchange->header_cap,
                   exchange->header_len + 1, sizeof(*exchange->headers));
    exchange->headers[exchange->header_len++] = (struct http_server_header){
        arena_strdup(exchange->arena, name), arena_strdup(exchange->arena, value ? value : "")};
    return MHD_YES;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection,
                                  const struct http_server_reply *reply)
{
    if (reply->drop)
        return MHD_NO;
    /* The cast: the library does not change what it may not free. */
    struct MHD_Response *response = mhd.create_response_from_buffer(
        reply->body.len, (void *)reply->body.ptr, MHD_RESPMEM_PERSISTENT);
    BUG_ON(!response);
    for (size_t i = 0; i < reply->header_len; i++) /* it skips a length: that is its own to say */
        mhd.add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    enum MHD_Result queued = mhd.queue_response(connection, (unsigned)reply->status, response);
    mhd.destroy_response(response);
    return queued;
}

static enum MHD_Result refuse_body(struct MHD_Connection *connection)
{
    static const struct http_server_header close_it = {"Connection", "close"};
    const struct http_server_reply reply = {
        .status = MHD_HTTP_CONTENT_TOO_LARGE, .headers = &close_it, .header_len = 1};
    return send_reply(connection, &reply);
}

/* True when the head already says that the body is larger than we take. */
static bool announces_too_much(struct MHD_Connection *connection)
{
    const char *text =
        mhd.lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    long long len = 0;
    return text && parse_int64(slice_of(text), &len) && len > (long long)BODY_MAX;
}

/* ---- replies that wait ---- */

static void delay(struct http_server *server, struct exchange *exchange,
                  struct MHD_Connection *connection)
{
    exchange->connection = connection;
    exchange->due_ms = clock_monotonic_ms() + exchange->reply.delay_ms;
    struct exchange **at = &server->delayed;
    while (*at && (*at)->due_ms <= exchange->due_ms)
        at = &(*at)->next;
    exchange->next = *at;
    *at = exchange;
    mhd.suspend_connection(connection);
}

/* The library asks for the reply again once a connection goes on. */
static void resume_until(struct http_server *server, int64_t now_ms)
{
    while (server->delayed && server->delayed->due_ms <= now_ms) {
        struct exchange *exchange = server->delayed;
        server->delayed = exchange->next;
        mhd.resume_connection(exchange->connection);
    }
}

/* The library calls this once after the head, once for each piece of the body, and once at the end.
 */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *piece,
                                  size_t *piece_len, void **per_request)
{
    (void)url;
    (void)version;
    struct http_server *server = ctx;
    struct exchange *exchange = *per_request;
    if (!exchange->begun) {
        exchange->begun = true;
        mhd.get_connection_values(connection, MHD_HEADER_KIND, on_header, exchange);
        return announces_too_much(connection) ? refuse_body(connection) : MHD_YES;
    }
    if (*piece_len > 0) {
        strbuf_add_n(&exchange->body, piece, *piece_len);
        *piece_len = 0;
        return MHD_YES;
    }
    if (strbuf_overflowed(&exchange->body))
        return refuse_body(connection);
    if (exchange->answered)
        return send_reply(connection, &exchange->reply);
    const struct http_server_request request = {
        .arena = exchange->arena,
        .method = method,
        .target = exchange->target,
        .headers = exchange->headers,
        .header_len = exchange->header_len,
        .body = {strbuf_str(&exchange->body), exchange->body.len},
    };
    exchange->reply = (struct http_server_reply){.status = MHD_HTTP_OK};
    server->handler(server->ctx, &request, &exchange->reply);
    exchange->answered = !exchange->reply.later;
    if (exchange->answered && exchange->reply.delay_ms <= 0)
        return send_reply(connection, &exchange->reply);
    delay(server, exchange, connection);
    return MHD_YES;
}

bool http_server_start(unsigned port, http_server_handler_fn *handler, void *ctx,
                       struct http_server **ret, struct diags *diags)
{
    BUG_ON(port > UINT16_MAX);
    if (!library_load(LIBMICROHTTPD, symbols, ARRAY_LEN(symbols), diags))
        return false;
    struct http_server *server = calloc(1, sizeof(*server));
    if (!server)
        BUG("out of memory");
    server->handler = handler;
    server->ctx = ctx;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    errno = 0;
    server->daemon = mhd.start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, (uint16_t)port, NULL, NULL, on_request, server,
        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_URI_LOG_CALLBACK,
        on_request_line, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
        CONNECTIONS_MAX, MHD_OPTION_END);
    if (!server->daemon) {
        diag_error(diags, E_SERVE, NO_POS, NULL, "127.0.0.1:%u: %s", port,
                   errno ? strerror(errno) : "cannot listen");
        free(server);
        return false;
    }
    const union MHD_DaemonInfo *info =
        mhd.get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    BUG_ON(!info);
    server->port = info->port;
    *ret = server;
    return true;
}

unsigned http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_poll(struct http_server *server, int timeout_ms)
{
    if (server->polling)
        BUG("a handler may not poll its own server");
    server->polling = true;
    int64_t now = clock_monotonic_ms();
    if (server->delayed) {
        int64_t left = server->delayed->due_ms - now;
        if (timeout_ms < 0 || left < timeout_ms)
            timeout_ms = left < 0 ? 0 : (int)left;
    }
    resume_until(server, now);
    mhd.run_wait(server->daemon, timeout_ms); /* an interrupted wait is a short one */
    server->polling = false;
}

void http_server_stop(struct http_server *server)
{
    if (!server)
        return;
    resume_until(server, INT64_MAX); /* the library refuses to end before */
    mhd.stop_daemon(server->daemon);
    free(server);
}

const char *http_server_header_of(const struct http_server_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_len; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}
