#include "providers/aws/fetch.h"

#define AGAIN_AFTER_MS 500

struct fetch {
    struct aws *aws;
    struct fetch_spec spec;
    int attempt;
    struct http_header headers[2];
    struct http_request request;
    fetch_done_fn *done;
    void *ctx;
};

static const struct http_request *build(void *ctx)
{
    struct fetch *f = ctx;
    return &f->request;
}

static void replied(void *ctx, const struct http_response *http);

static void send_now(void *ctx)
{
    struct fetch *f = ctx;
    f->attempt++;
    struct loop_send send = {.bucket = "metadata", .build = build, .done = replied, .ctx = f};
    loop_send(f->aws->loop, &send);
}

static void replied(void *ctx, const struct http_response *http)
{
    struct fetch *f = ctx;
    bool failed = http->status == 0 || http->status >= 500;
    if (failed && f->attempt < f->spec.attempts && !loop_draining(f->aws->loop))
        loop_after(f->aws->loop, AGAIN_AFTER_MS, send_now, f);
    else
        f->done(f->ctx, http);
}

void fetch(struct aws *aws, const struct fetch_spec *spec, fetch_done_fn *done, void *ctx)
{
    struct fetch *f = arena_new_of(aws->arena, struct fetch);
    *f = (struct fetch){.aws = aws, .spec = *spec, .done = done, .ctx = ctx};
    size_t n = 0;
    f->headers[n++] = (struct http_header){"user-agent", "holdfast"};
    if (spec->header.name)
        f->headers[n++] = spec->header;
    f->request = (struct http_request){.method = spec->method,
                                       .base_url = spec->base_url,
                                       .path = spec->path,
                                       .query = spec->query ? spec->query : "",
                                       .headers = f->headers,
                                       .header_len = n,
                                       .timeout_ms = spec->timeout_ms,
                                       .direct = true};
    send_now(f);
}
