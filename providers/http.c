#include "providers/http.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/library.h"
#include "engine/base/strbuf.h"

/* How long poll() may hold the thread when nothing is timed: signals are looked at between turns.
 */
#define POLL_MAX_MS 1000

/* What is used of libcurl (engine/base/library.h). */
#define LIBCURL "libcurl.so.4"
#define FUNCTIONS(F)                                                                               \
    F(easy_cleanup)                                                                                \
    F(easy_getinfo)                                                                                \
    F(easy_init)                                                                                   \
    F(easy_setopt)                                                                                 \
    F(easy_strerror)                                                                               \
    F(global_cleanup)                                                                              \
    F(global_init)                                                                                 \
    F(multi_add_handle)                                                                            \
    F(multi_cleanup)                                                                               \
    F(multi_info_read)                                                                             \
    F(multi_init)                                                                                  \
    F(multi_perform)                                                                               \
    F(multi_poll)                                                                                  \
    F(multi_remove_handle)                                                                         \
    F(multi_setopt)                                                                                \
    F(slist_append)                                                                                \
    F(slist_free_all)                                                                              \
    F(version_info)
static struct {
#define POINTER(name) __typeof__(curl_##name) *name;
    FUNCTIONS(POINTER)
} curl;
static const struct library_symbol symbols[] = {
#define SYMBOL(name) {"curl_" #name, (void *)&curl.name},
    FUNCTIONS(SYMBOL)};

struct transfer {
    struct http *http;
    CURL *easy; /* kept for reuse: it remembers nothing but its buffers */
    struct arena *arena;
    struct curl_slist *headers;
    struct http_header *answer_headers;
    size_t answer_header_len, answer_header_cap, answer_header_bytes;
    struct strbuf body;
    bool headers_ended;
    const char *refused; /* why no more of the answer is taken, or NULL */
    char error[CURL_ERROR_SIZE];
    transport_done_fn *done;
    void *ctx;
    struct transfer *prev, *next; /* in http->flying, or by next in http->spare */
};

struct http {
    struct arena *arena;
    const char *ca_bundle;
    const char *ca_folder; /* or NULL: then the bundle, and without one libcurl's own */
    CURLM *multi;          /* NULL until the first request */
    size_t held;           /* bytes of all bodies that are under way */
    struct transfer *flying, *spare;
};

/* The folder of authorities, if it is of the kind that OpenSSL can look things up in
 * ("5ed36f99.0"); other libraries would read all of it. */
static const char *folder_of_authorities(struct arena *arena, const char *ca_bundle,
                                         const curl_version_info_data *info)
{
    const char *folder = ca_bundle ? ca_bundle : info->capath;
    const char **names = NULL;
    size_t len = 0;
    struct diags ignored;
    diags_init(&ignored, arena);
    if (!folder || !info->ssl_version || !str_starts(info->ssl_version, "OpenSSL") ||
        !dir_exists(folder) || !dir_list(arena, folder, false, &names, &len, &ignored))
        return NULL;
    for (size_t i = 0; i < len; i++)
        if (strlen(names[i]) == sizeof("5ed36f99.0") - 1 && str_ends(names[i], ".0"))
            return folder;
    return NULL;
}

static void ask_libcurl(struct http *http)
{
    const curl_version_info_data *info = curl.version_info(CURLVERSION_NOW);
    if (!(info->features & CURL_VERSION_ASYNCHDNS))
        BUG("this libcurl resolves names on the calling thread, which would stop the loop");
    http->ca_folder = folder_of_authorities(http->arena, http->ca_bundle, info);
}

static void start_libcurl(struct http *http)
{
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        BUG("libcurl cannot be set up");
    /* The relay's package names a file of authorities; its libcurl could not tell the versions of
     * all libraries that it was built with, for some of them stayed behind
     * (tools/relay_trim_main.c). */
    if (!http->ca_bundle || dir_exists(http->ca_bundle))
        ask_libcurl(http);
    http->multi = curl.multi_init();
    if (!http->multi)
        BUG("out of memory");
    curl.multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl.multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, 1024L); /* idle ones that are kept */
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t len = size * count;
    if (t->body.len + len > HTTP_ANSWER_MAX)
        t->refused = "the answer is longer than 64 MiB";
    else if (t->http->held + len > HTTP_ANSWERS_MAX)
        t->refused = "the answers that are under way are longer than 256 MiB";
    if (t->refused) { /* what it has is not wanted any more, and makes room for the others */
        t->http->held -= t->body.len;
        strbuf_init(&t->body, t->arena, HTTP_ANSWER_MAX);
        return 0;
    }
    strbuf_add_n(&t->body, data, len);
    t->http->held += len;
    return len;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    struct slice line = {data, size * count};
    t->answer_header_bytes += line.len;
    if (t->answer_header_bytes > HTTP_HEADERS_MAX) {
        t->refused = "the headers of the answer are longer than 256 KiB";
        return 0;
    }
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    if (slice_starts(line, "HTTP/")) { /* a new answer: 100 Continue came before it */
        t->answer_header_len = 0;
        t->headers_ended = false;
        return size * count;
    }
    t->headers_ended = t->headers_ended || line.len == 0;
    struct slice rest = line, name = slice_cut(&rest, ':');
    if (!rest.ptr || name.len == 0)
        return size * count;
    rest = slice_trim(rest);
    t->answer_headers =
        arena_grow(t->arena, t->answer_headers, t->answer_header_len, &t->answer_header_cap,
                   t->answer_header_len + 1, sizeof(*t->answer_headers));
    t->answer_headers[t->answer_header_len++] = (struct http_header){
        arena_strndup(t->arena, name.ptr, name.len), arena_strndup(t->arena, rest.ptr, rest.len)};
    return size * count;
}

static void set_fixed_options(struct transfer *t)
{
    CURL *easy = t->easy;
    curl.easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
    curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl.easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_TIMEOUT_MS);
    curl.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl.easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl.easy_setopt(easy, CURLOPT_CAPATH, t->http->ca_folder);
    if (t->http->ca_folder)
        curl.easy_setopt(easy, CURLOPT_CAINFO, NULL);
    else if (t->http->ca_bundle)
        curl.easy_setopt(easy, CURLOPT_CAINFO, t->http->ca_bundle);
    curl.easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* the path is signed as it stands */
    curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl.easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl.easy_setopt(easy, CURLOPT_HEADERDATA, t);
}

static struct transfer *take_transfer(struct http *http)
{
    struct transfer *t = http->spare;
    if (t) {
        http->spare = t->next;
    } else {
        t = arena_new_of(http->arena, struct transfer);
        t->http = http;
        t->arena = arena_new();
        t->easy = curl.easy_init();
        if (!t->easy)
            BUG("out of memory");
        set_fixed_options(t);
    }
    t->prev = NULL;
    t->next = http->flying;
    if (t->next)
        t->next->prev = t;
    http->flying = t;
    return t;
}

static void give_transfer(struct transfer *t)
{
    struct http *http = t->http;
    if (t->prev)
        t->prev->next = t->next;
    else
        http->flying = t->next;
    if (t->next)
        t->next->prev = t->prev;
    curl.slist_free_all(t->headers);
    t->headers = NULL;
    t->answer_headers = NULL;
    t->answer_header_len = t->answer_header_cap = t->answer_header_bytes = 0;
    arena_reset(t->arena);
    t->next = http->spare;
    http->spare = t;
}

static void add_header(struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl.slist_append(t->headers, line);
    if (!longer)
        BUG("out of memory");
    t->headers = longer;
}

static void set_method(struct transfer *t, const struct http_request *request)
{
    bool has_body = request->body.len > 0;
    bool plain = str_eq(request->method, "GET") || str_eq(request->method, "DELETE") ||
                 str_eq(request->method, "HEAD");
    if (has_body || !plain) {
        curl.easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl.easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        curl.easy_setopt(t->easy, CURLOPT_POSTFIELDS, has_body ? request->body.ptr : "");
    } else {
        curl.easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
    }
    curl.easy_setopt(t->easy, CURLOPT_NOBODY, (long)str_eq(request->method, "HEAD"));
    curl.easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void http_send(void *self, const struct http_request *request, transport_done_fn *done,
                      void *ctx)
{
    struct http *http = self;
    if (!http->multi)
        start_libcurl(http);
    struct transfer *t = take_transfer(http);
    t->done = done;
    t->ctx = ctx;
    t->error[0] = '\0';
    t->refused = NULL;
    t->headers_ended = false;
    strbuf_init(&t->body, t->arena, HTTP_ANSWER_MAX);
    bool typed = false;
    for (size_t i = 0; i < request->header_len; i++) {
        const struct http_header *h = &request->headers[i];
        typed = typed || strcasecmp(h->name, "content-type") == 0;
        add_header(t, arena_printf(t->arena, "%s: %s", h->name, h->value));
    }
    add_header(t, "Expect:"); /* no round trip before a body */
    add_header(t, "Accept:");
    if (!typed)
        add_header(t, "Content-Type:");
    const char *mark = request->query && request->query[0] ? "?" : "";
    curl.easy_setopt(t->easy, CURLOPT_URL,
                     arena_printf(t->arena, "%s%s%s%s", request->base_url, request->path, mark,
                                  request->query ? request->query : ""));
    set_method(t, request);
    curl.easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    /* libcurl repeats, unasked, what a kept connection took and did not answer: it may have run */
    curl.easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, request->once ? 1L : 0L);
    curl.easy_setopt(t->easy, CURLOPT_NOPROXY, request->direct ? "*" : NULL);
    curl.easy_setopt(t->easy, CURLOPT_TIMEOUT_MS,
                     (long)(request->timeout_ms > 0 ? request->timeout_ms : 60000));
    if (curl.multi_add_handle(http->multi, t->easy) != CURLM_OK)
        BUG("libcurl refuses a request");
}

/* Bytes of the request have left, as far as libcurl knows. */
static bool was_sent(struct transfer *t, CURLcode result)
{
    long request_len = 0;
    curl.easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &request_len);
    return request_len > 0 && result != CURLE_COULDNT_CONNECT;
}

static void finish(struct transfer *t, CURLcode result)
{
    struct http_response response = {
        .headers = t->answer_headers,
        .header_len = t->answer_header_len,
        .body = {t->body.data, t->body.len},
    };
    long status = 0;
    curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    bool whole = t->headers_ended; /* libcurl takes an answer that ends before that for empty */
    if (result == CURLE_OK && status > 0 && whole) {
        response.status = (int)status;
    } else {
        response.timed_out = result == CURLE_OPERATION_TIMEDOUT;
        response.maybe_sent = was_sent(t, result);
        response.unusable = t->refused != NULL;
        response.error = t->refused                     ? t->refused
                         : !whole && result == CURLE_OK ? "the answer ends within its headers"
                         : t->error[0]                  ? t->error
                                                        : curl.easy_strerror(result);
    }
    t->http->held -= t->body.len;
    curl.multi_remove_handle(t->http->multi, t->easy);
    t->done(t->ctx, &response);
    give_transfer(t);
}

/* Only as many as were there at the start: completions may send, but never from inside. */
static bool deliver(struct http *http)
{
    bool any = false;
    int left = 0;
    for (CURLMsg *message; (message = curl.multi_info_read(http->multi, &left));) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct transfer *t = NULL;
        CURLcode result = message->data.result;
        curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
        finish(t, result);
        any = true;
    }
    return any;
}

static void http_wait(void *self, int64_t until_ms)
{
    struct http *http = self;
    int64_t left_ms = until_ms == INT64_MAX ? POLL_MAX_MS : until_ms - clock_steady_ms();
    if (!http->multi) {
        if (left_ms > 0)
            clock_sleep_ms(left_ms < POLL_MAX_MS ? left_ms : POLL_MAX_MS);
        return;
    }
    int64_t end_ms = clock_monotonic_ms() + (left_ms < POLL_MAX_MS ? left_ms : POLL_MAX_MS);
    for (;;) {
        int running = 0;
        if (curl.multi_perform(http->multi, &running) != CURLM_OK)
            BUG("libcurl cannot go on");
        if (deliver(http))
            return;
        int64_t rest_ms = end_ms - clock_monotonic_ms();
        if (rest_ms <= 0)
            return;
        int ready = 0;
        if (curl.multi_poll(http->multi, NULL, 0, (int)rest_ms, &ready) != CURLM_OK)
            return;
        if (ready == 0) { /* a timer of libcurl's, the end of the wait, or a signal */
            if (curl.multi_perform(http->multi, &running) != CURLM_OK)
                BUG("libcurl cannot go on");
            deliver(http);
            return;
        }
    }
}

static int64_t http_now(void *self)
{
    (void)self;
    return clock_steady_ms();
}

static void http_drop(void *self)
{
    struct http *http = self;
    for (struct transfer *t; (t = http->flying);) {
        curl.multi_remove_handle(http->multi, t->easy);
        http->held -= t->body.len;
        give_transfer(t);
    }
}

static void free_transfers(struct transfer *list)
{
    for (struct transfer *t = list; t; t = t->next) {
        curl.easy_cleanup(t->easy);
        curl.slist_free_all(t->headers);
        arena_free(t->arena);
    }
}

static void http_close(void *self)
{
    struct http *http = self;
    http_drop(self);
    free_transfers(http->spare);
    if (http->multi) {
        curl.multi_cleanup(http->multi);
        curl.global_cleanup();
    }
    arena_free(http->arena);
}

bool http_transport(const char *ca_bundle, struct transport *ret, struct diags *diags)
{
    static const struct transport_ops ops = {http_send, http_wait, http_now, http_drop, http_close};
    if (!library_load(LIBCURL, symbols, ARRAY_LEN(symbols), diags))
        return false;
    struct arena *arena = arena_new();
    struct http *http = arena_new_of(arena, struct http);
    http->arena = arena;
    http->ca_bundle = arena_strdup(arena, ca_bundle);
    *ret = (struct transport){&ops, http};
    return true;
}
