#pragma once
/* A transport for tests: answers from a script, in virtual time, and remembers what was sent.
 *
 * Answers are matched by "METHOD path" (a prefix; "" matches all), or by text in the body or a
 * header with fake_when_contains(): first in the script, first used; an answer with `times` 0 stays
 * for ever. A request that nothing matches is answered with 599 and named in fake_unmatched(). */

#include "engine/base/arena.h"
#include "providers/transport.h"

struct fake_transport;

struct fake_answer {
    int status; /* 0: no answer */
    const char *body;
    const struct http_header *headers;
    size_t header_len;
    const char *error;
    bool maybe_sent, unusable, timed_out;
    int64_t after_ms; /* of virtual time */
    int times;        /* how often; 0: for ever */
};

struct fake_call {
    const char *method, *base_url, *path, *query, *body;
    const struct http_header *headers;
    size_t header_len;
    bool once, direct;
    int64_t at_ms;
};

struct fake_transport *fake_transport_new(struct arena *arena, int64_t now_ms);
struct transport fake_transport(struct fake_transport *fake);
void fake_when(struct fake_transport *fake, const char *method_and_path, struct fake_answer answer);

void fake_when_contains(struct fake_transport *fake, const char *text, struct fake_answer answer);

size_t fake_call_count(const struct fake_transport *fake);
const struct fake_call *fake_call(const struct fake_transport *fake, size_t i);
const char *fake_call_header(const struct fake_call *call, const char *name);
size_t fake_most_in_flight(const struct fake_transport *fake);
const char *fake_unmatched(const struct fake_transport *fake); /* or NULL */
void fake_set_now(struct fake_transport *fake, int64_t now_ms);
