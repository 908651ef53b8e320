#pragma once
/* A client of the Lambda Runtime API (custom runtimes, provided.al2023): next, response, error,
 * init error. Blocking: a function handles one event at a time. */

#include "engine/base/diag.h"
#include "providers/transport.h"

struct lambda_runtime {
    struct arena *arena; /* of one invocation: reset by the caller */
    struct transport transport;
    const char *base_url; /* "http://127.0.0.1:9001" */
};

struct lambda_invocation {
    const char *request_id;
    int64_t deadline_ms; /* wall time */
    int64_t now_ms;      /* the clock that points are dated by: a simulated world tells its own */
    struct slice event;
};

MUST_CHECK bool lambda_next(struct lambda_runtime *runtime, struct lambda_invocation *ret);
MUST_CHECK bool lambda_respond(struct lambda_runtime *runtime, const char *request_id,
                               const char *body);
/* The invocation failed: Lambda retries an asynchronous one, then hands it to the dead letters. */
MUST_CHECK bool lambda_fail(struct lambda_runtime *runtime, const char *request_id,
                            const char *type, const char *message);
MUST_CHECK bool lambda_fail_init(struct lambda_runtime *runtime, const char *type,
                                 const char *message);
