#pragma once
/* A small HTTP/1.1 server on 127.0.0.1 over libmicrohttpd, driven from the caller's thread: no
 * thread of its own, handlers run one after the other inside http_server_poll(), and may take as
 * long as they need. Bodies are buffered up to 64 MiB; a larger one is answered with 413. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"

struct http_server;

struct http_server_header {
    const char *name, *value;
};

struct http_server_request {
    struct arena *arena; /* lives until the reply has been sent */
    const char *method;
    const char *target; /* path and query exactly as they came on the wire, still encoded */
    const struct http_server_header *headers;
    size_t header_len;
    struct slice body;
};

struct http_server_reply {
    int status;
    const struct http_server_header *headers;
    size_t header_len;
    struct slice body; /* lives like its request: in its arena, or for ever */
    bool drop;         /* close the connection without an answer */
    int delay_ms;      /* send it so much later, while others are handled */
    bool later;        /* nothing yet: the handler is asked again when the server is polled next */
};

typedef void http_server_handler_fn(void *ctx, const struct http_server_request *request,
                                    struct http_server_reply *ret);

/* port 0: a free one. On failure adds E_SERVE, or E_LIBRARY: libmicrohttpd is loaded here, not with
 * the program. */
MUST_CHECK bool http_server_start(unsigned port, http_server_handler_fn *handler, void *ctx,
                                  struct http_server **ret, struct diags *diags);
unsigned http_server_port(const struct http_server *server);
/* Waits until something has come in, at most timeout_ms (0: not at all, -1: for ever), and handles
 * it. Not from inside a handler. */
void http_server_poll(struct http_server *server, int timeout_ms);
void http_server_stop(struct http_server *server); /* accepts NULL */
const char *http_server_header_of(const struct http_server_request *request,
                                  const char *name); /* any case */
