#pragma once
/* Plain HTTP to an endpoint that hands out credentials beside AWS's own services: of a container,
 * of an instance. Unsigned, past every proxy, and repeated when there is no answer or the server
 * fails. */

#include "providers/aws/session.h"

struct fetch_spec {
    const char *method, *base_url, *path, *query; /* as in struct http_request; all outlive it */
    struct http_header header;                    /* name NULL: none */
    int timeout_ms, attempts;
};
/* The last answer, valid only during the call. */
typedef void fetch_done_fn(void *ctx, const struct http_response *http);
void fetch(struct aws *aws, const struct fetch_spec *spec, fetch_done_fn *done, void *ctx);
