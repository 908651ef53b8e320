/* The role of an EC2 instance, from its metadata. Version 2 only: a token is fetched first, by PUT,
 * and there is no way back to version 1, which any request forged on the machine could use. */

#include <strings.h>

#include "engine/base/clock.h"
#include "engine/base/env.h"
#include "engine/base/json.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/fetch.h"
#include "providers/aws/search.h"

#define TIMEOUT_MS 1000
#define ATTEMPTS 3
#define TOKEN_TTL_S "21600"
#define ROLES "/latest/meta-data/iam/security-credentials/"

struct instance {
    struct search *search;
    const char *base_url, *prefix;
    struct http_header token;
    const char *role;
};

static void none(struct instance *in, const char *why)
{
    in->search->note = why;
    search_next(in->search);
}

static void refuse(struct instance *in, const char *what, const struct http_response *http)
{
    struct search *search = in->search;
    const char *why = http->status == 200 ? "what it answers cannot be used"
                      : http->status == 0 ? (http->error ? http->error : "no answer")
                                          : arena_printf(search->arena, "status %d", http->status);
    diag_error(search->diags, E_NO_CREDENTIALS, NO_POS, NULL, "the instance's metadata: %s: %s",
               what, why);
    search_failed(search);
}

static void ask(struct instance *in, const char *path, fetch_done_fn *done)
{
    struct fetch_spec spec = {.method = "GET",
                              .base_url = in->base_url,
                              .path = arena_printf(in->search->arena, "%s%s", in->prefix, path),
                              .header = in->token,
                              .timeout_ms = TIMEOUT_MS,
                              .attempts = ATTEMPTS};
    fetch(in->search->aws, &spec, done, in);
}

static void got_credentials(void *ctx, const struct http_response *http)
{
    struct instance *in = ctx;
    struct search *search = in->search;
    const struct value *answer = NULL;
    const char *why = NULL;
    struct credentials *c = NULL;
    if (http->status == 200 && json_parse(search->arena, http->body, &answer, &why))
        c = credentials_from(search->arena, answer, "AccessKeyId", "SecretAccessKey", "Token");
    const char *expires = value_get_str(answer, "Expiration");
    if (!c || !expires || !time_parse_iso(slice_of(expires), &c->expires_ms)) {
        refuse(in, arena_printf(search->arena, "the credentials of role %s", in->role), http);
        return;
    }
    c->source = "iam-role";
    c->from = arena_printf(search->arena, "role %s of the instance", in->role);
    search_found(search, c);
}

static void got_role(void *ctx, const struct http_response *http)
{
    struct instance *in = ctx;
    struct arena *arena = in->search->arena;
    if (http->status == 404) {
        none(in, "the instance has no role");
        return;
    }
    struct slice rest = http->body, line = slice_trim(slice_cut(&rest, '\n'));
    if (http->status != 200 || line.len == 0) {
        refuse(in, "the name of the role", http);
        return;
    }
    in->role = arena_strndup(arena, line.ptr, line.len);
    ask(in, arena_printf(arena, ROLES "%s", in->role), got_credentials);
}

static void got_token(void *ctx, const struct http_response *http)
{
    struct instance *in = ctx;
    struct arena *arena = in->search->arena;
    if (http->status == 0) {
        none(in, NULL); /* no instance of EC2 */
        return;
    }
    if (http->status != 200 || http->body.len == 0) {
        none(in,
             arena_printf(arena, "the instance's metadata gives no token of version 2 (status %d)",
                          http->status));
        return;
    }
    in->token = (struct http_header){"x-aws-ec2-metadata-token",
                                     arena_strndup(arena, http->body.ptr, http->body.len)};
    ask(in, ROLES, got_role);
}

void source_instance(struct search *search)
{
    const char *disabled = env_get("AWS_EC2_METADATA_DISABLED");
    if (disabled && strcasecmp(disabled, "true") == 0) {
        search_next(search);
        return;
    }
    const char *mode = env_get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    const char *url = env_get("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (!url)
        url = mode && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]"
                                                    : "http://169.254.169.254";
    struct endpoint endpoint;
    if (!endpoint_split(search->arena, url, &endpoint)) {
        diag_error(search->diags, E_NO_CREDENTIALS, NO_POS, NULL,
                   "AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL");
        search_failed(search);
        return;
    }
    struct instance *in = arena_new_of(search->arena, struct instance);
    *in = (struct instance){search, endpoint.base_url, endpoint.path_prefix, {0}, NULL};
    struct fetch_spec spec = {
        .method = "PUT",
        .base_url = in->base_url,
        .path = arena_printf(search->arena, "%s/latest/api/token", in->prefix),
        .header = {"x-aws-ec2-metadata-token-ttl-seconds", TOKEN_TTL_S},
        .timeout_ms = TIMEOUT_MS,
        .attempts = 1,
    };
    fetch(search->aws, &spec, got_token, in);
}
