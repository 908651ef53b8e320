#pragma once
/* Plain HTTP beside AWS's own services: to an endpoint that hands out credentials, of a container
 * or an instance; to an address that AWS has signed. Unsigned, and repeated when there is no answer
 * or the server fails. */

#include "providers/aws/session.h"

struct fetch_spec {
    const char *method, *base_url, *path, *query; /* as in struct http_request; all outlive it */
    struct http_header header;                    /* name NULL: none */
    int timeout_ms, attempts;
    bool proxied; /* as calls to AWS are; false: past every proxy */
};
/* The last answer, valid only during the call. */
typedef void fetch_done_fn(void *ctx, const struct http_response *http);
void fetch(struct aws *aws, const struct fetch_spec *spec, fetch_done_fn *done, void *ctx);

/* A URL of http or https in the parts of a request; ret_host without the port. False: it is none.
 */
MUST_CHECK bool fetch_split(struct arena *arena, const char *url, struct fetch_spec *ret,
                            const char **ret_host);
