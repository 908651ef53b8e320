/* The endpoint that ECS and EKS give to a container. Plain HTTP goes only to where the SDKs let it
 * go, so that no variable can send the authorization token elsewhere. */

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/env.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "providers/aws/fetch.h"
#include "providers/aws/search.h"

#define TIMEOUT_MS 2000
#define ATTEMPTS 3
#define TOKEN_MAX ((size_t)64 * 1024)

static void refuse(struct search *search, const char *why)
{
    diag_error(search->diags, E_NO_CREDENTIALS, NO_POS, NULL, "the container's endpoint: %s", why);
    search_failed(search);
}

static void got(void *ctx, const struct http_response *http)
{
    struct search *search = ctx;
    const struct value *answer = NULL;
    const char *why = NULL;
    if (http->status != 200) {
        refuse(search,
               http->status == 0
                   ? arena_printf(search->arena, "%s", http->error ? http->error : "none")
                   : arena_printf(search->arena, "it answers with status %d", http->status));
        return;
    }
    struct credentials *c = NULL;
    if (json_parse(search->arena, http->body, &answer, &why))
        c = credentials_from(search->arena, answer, "AccessKeyId", "SecretAccessKey", "Token");
    const char *expires = value_get_str(answer, "Expiration");
    if (!c || !expires || !time_parse_iso(slice_of(expires), &c->expires_ms)) {
        refuse(search, "what it answers are no credentials");
        return;
    }
    c->source = "container-role";
    c->from = "the container's endpoint";
    search_found(search, c);
}

static bool is_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "[::1]", NULL};
    if (str_is_one_of(host, names))
        return true;
    if (!str_starts(host, "127."))
        return false;
    int dots = 0;
    for (const char *c = host; *c; c++) {
        if (*c != '.' && (*c < '0' || *c > '9'))
            return false;
        dots += *c == '.';
    }
    return dots == 3;
}

/* Where the container's agent of ECS and that of EKS listen. */
static bool host_is_allowed(const char *host)
{
    static const char *const agents[] = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", NULL};
    return str_is_one_of(host, agents) || is_loopback(host);
}

/* False when it is no URL, or its host is not allowed. */
static bool split(struct arena *arena, const char *url, struct fetch_spec *ret)
{
    const char *host = NULL;
    return fetch_split(arena, url, ret, &host) &&
           (str_starts(url, "https://") || host_is_allowed(host));
}

/* Read anew each time: the file is replaced before its token ends. */
static bool add_token(struct search *search, struct fetch_spec *spec)
{
    const char *path = env_get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = env_get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (path) {
        struct slice text;
        struct diags below;
        diags_init(&below, search->arena);
        if (!file_read(search->arena, path, TOKEN_MAX, &text, &below)) {
            refuse(search, below.items[0].message);
            return false;
        }
        token = arena_strndup(search->arena, text.ptr, text.len);
    }
    if (token && strpbrk(token, "\r\n")) {
        refuse(search, "its authorization token has more than one line");
        return false;
    }
    if (token)
        spec->header = (struct http_header){"authorization", token};
    return true;
}

void source_container(struct search *search)
{
    const char *relative = env_get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = env_get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!relative && !full) {
        search_next(search);
        return;
    }
    const char *url = relative ? arena_printf(search->arena, "http://169.254.170.2%s%s",
                                              relative[0] == '/' ? "" : "/", relative)
                               : full;
    struct fetch_spec spec = {.method = "GET", .timeout_ms = TIMEOUT_MS, .attempts = ATTEMPTS};
    if (!split(search->arena, url, &spec)) {
        refuse(search, "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to this machine, "
                       "169.254.170.2, 169.254.170.23 or [fd00:ec2::23]");
        return;
    }
    if (add_token(search, &spec))
        fetch(search->aws, &spec, got, search);
}
