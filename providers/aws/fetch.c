#include "providers/aws/fetch.h"

#include <string.h>

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
                                       .direct = !spec->proxied};
    send_now(f);
}

bool fetch_split(struct arena *arena, const char *url, struct fetch_spec *ret,
                 const char **ret_host)
{
    bool secure = str_starts(url, "https://");
    if (!secure && !str_starts(url, "http://"))
        return false;
    const char *authority = url + (secure ? strlen("https://") : strlen("http://"));
    size_t len = strcspn(authority, "/?#");
    const char *host = arena_strndup(arena, authority, len);
    if (len == 0 || strcspn(url, " \t\r\n\\") != strlen(url) || strchr(host, '@'))
        return false;
    size_t name_len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    if (name_len > len || (host[name_len] && host[name_len] != ':'))
        return false;
    struct slice rest = {authority + len, strcspn(authority + len, "#")};
    struct slice path = slice_cut(&rest, '?');
    ret->base_url = arena_strndup(arena, url, (size_t)(authority - url) + len);
    ret->path = path.len > 0 ? arena_strndup(arena, path.ptr, path.len) : "/";
    ret->query = rest.ptr ? arena_strndup(arena, rest.ptr, rest.len) : "";
    *ret_host = arena_strndup(arena, host, name_len);
    return true;
}
