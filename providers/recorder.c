#include "providers/recorder.h"

const bool recorder_built =
#ifdef HOLDFAST_RECORDER
    true;

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "engine/base/bug.h"
#include "engine/base/crypto.h"
#include "engine/base/env.h"
#include "engine/base/file.h"
#include "engine/base/json.h"

#define LINE_MAX_LEN ((size_t)256 * 1024)

/* Headers whose values may be read by anybody; of others only the name is kept. */
static bool is_public(const char *header)
{
    static const char *const names[] = {"host",     "content-type",  "content-md5",
                                        "if-match", "if-none-match", NULL};
    static const char *const secrets[] = {"token", "key", "secret", "credential", NULL};
    for (size_t i = 0; names[i]; i++)
        if (strcasecmp(header, names[i]) == 0)
            return true;
    for (size_t i = 0; secrets[i]; i++)
        if (strcasestr(header, secrets[i]))
            return false;
    return strncasecmp(header, "x-amz-", strlen("x-amz-")) == 0;
}

/* The body without the one credential that travels in it. */
static struct slice without_token(struct arena *arena, struct slice body)
{
    static const char name[] = "WebIdentityToken=";
    char *copy = arena_strndup(arena, body.ptr, body.len);
    char *at = memmem(copy, body.len, name, strlen(name));
    if (at)
        for (at += strlen(name); at < copy + body.len && *at != '&'; at++)
            *at = 'x';
    return (struct slice){copy, body.len};
}

/* A body that many processes send, a function's package, is kept once. */
static bool keep_body(struct arena *arena, const char *folder, const char *name, struct slice body)
{
    struct diags diags;
    diags_init(&diags, arena);
    const char *path = path_join(arena, folder, name);
    return file_exists(path) || file_write_atomic(path, body, 0600, &diags);
}

static const struct value *headers_of(struct arena *arena, const struct http_request *request)
{
    struct map_builder headers = map_begin(arena);
    for (size_t i = 0; i < request->header_len; i++) {
        const struct http_header *header = &request->headers[i];
        map_put_str(&headers, header->name, is_public(header->name) ? header->value : "(not kept)");
    }
    return map_end(&headers);
}

/* Empty when a part of it cannot be kept. */
static struct slice line_of(struct arena *arena, const char *folder,
                            const struct http_request *request)
{
    struct map_builder line = map_begin(arena);
    map_put_str(&line, "operation", request->operation);
    map_put_str(&line, "method", request->method);
    map_put_str(&line, "base_url", request->base_url);
    map_put_str(&line, "path", request->path);
    map_put_str(&line, "query", request->query);
    map_put(&line, "headers", headers_of(arena, request));
    struct slice body = without_token(arena, request->body);
    if (body.len > RECORDER_INLINE_MAX) {
        const char *name = sha256_hex(arena, body);
        if (!keep_body(arena, folder, name, body))
            return (struct slice){0};
        map_put_str(&line, "body_file", name);
    } else {
        map_put_str(&line, "body", base64_encode(arena, body));
    }
    struct strbuf sb;
    strbuf_init(&sb, arena, LINE_MAX_LEN);
    json_write(&sb, map_end(&line), JSON_COMPACT);
    strbuf_add_char(&sb, '\n');
    return slice_of(strbuf_str(&sb));
}

/* One write a line, so that whoever is killed leaves whole lines. What does not fit on a full disk
 * is lost: some tests want just that to happen. */
void record_request(const struct http_request *request)
{
    const char *folder = env_get("HOLDFAST_RECORD");
    if (!folder)
        return;
    struct arena *arena = arena_new();
    struct slice line = line_of(arena, folder, request);
    const char *name = arena_printf(arena, "%lld.jsonl", (long long)getpid());
    int fd = open(path_join(arena, folder, name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    BUG_ON(fd < 0);
    if (line.len > 0) {
        ssize_t written = write(fd, line.ptr, line.len);
        (void)written;
    }
    close(fd);
    arena_free(arena);
}
#else
    false;
#endif
