#pragma once
/* The seam under all HTTP: real (http.c over libcurl multi), simulated in process (simulator/),
 * faked (fake_transport.c). One thread; completions are delivered only from inside wait(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/slice.h"

struct http_header {
    const char *name, *value;
};

struct http_request {
    const char *method;
    const char *base_url; /* "https://backup.us-east-1.amazonaws.com", no trailing slash */
    const char *path;     /* encoded, begins with / */
    const char *query;    /* encoded, without ?; "" when there is none */
    const struct http_header *headers;
    size_t header_len;
    struct slice body;
    const char *operation; /* of AWS's: "backup:CreateBackupVault", for the recorder; or NULL */
    int timeout_ms;
    bool direct; /* past every proxy: for addresses that only this machine reaches */
    bool once;   /* must not reach the server twice: no transport repeats it by itself */
};

struct http_response {
    int status; /* 0: no answer; see error */
    const struct http_header *headers;
    size_t header_len;
    struct slice body;
    const char *error; /* of the transport, when status is 0 */
    bool maybe_sent;   /* the request may have reached the server */
    bool timed_out;
    bool unusable; /* an answer came, but more of it than is taken: it would come again */
};

/* The response and everything in it is valid only during the call. */
typedef void transport_done_fn(void *ctx, const struct http_response *response);

struct transport_ops {
    /* Queues a request. It must stay valid until `done`, which never runs before send() has
     * returned. */
    void (*send)(void *self, const struct http_request *request, transport_done_fn *done,
                 void *ctx);
    /* Delivers completions; returns after at least one of them, or when the world's clock has
     * reached until_ms. With nothing in flight a virtual clock jumps there at once. */
    void (*wait)(void *self, int64_t until_ms);
    int64_t (*now_ms)(void *self); /* the world's clock: timers and backoff run on it */
    void (*drop)(void *self);      /* forgets what is in flight, without calling done */
    void (*close)(void *self);     /* drops, and releases the transport */
};

struct transport {
    const struct transport_ops *ops;
    void *self;
};

const char *http_response_header(const struct http_response *response,
                                 const char *name); /* any case */
