/* A token in a file, exchanged at STS for a role: pods of EKS, jobs of GitHub and GitLab. The
 * environment goes before the profile, but only for the profile that everything begins with. */

#include "engine/base/env.h"
#include "engine/base/file.h"
#include "providers/aws/call.h"
#include "providers/aws/search.h"

#define TOKEN_MAX ((size_t)64 * 1024)

struct exchange {
    struct search *search;
    const char *role, *token;
};

static const char *setting(const struct search *search, const char *variable, const char *name)
{
    const char *value = search->outer ? NULL : env_get(variable);
    return value ? value : search_setting(search, name);
}

static void exchanged(void *ctx, const struct response *rs)
{
    struct exchange *x = ctx;
    struct search *search = x->search;
    struct credentials *c = sts_credentials(search->aws, rs);
    if (!c) {
        search_refused(search,
                       arena_printf(search->arena,
                                    "the role %s cannot be assumed with the web identity", x->role),
                       x->token, rs);
        return;
    }
    c->source = "assume-role-with-web-identity";
    c->from = arena_printf(search->arena, "role %s by web identity", x->role);
    search_found(search, c);
}

static const char *read_token(struct search *search, const char *path)
{
    struct slice text;
    struct diags below;
    diags_init(&below, search->arena);
    bool read = file_read(search->arena, path, TOKEN_MAX, &text, &below);
    while (read && text.len > 0 &&
           (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    if (read && text.len > 0)
        return arena_strndup(search->arena, text.ptr, text.len);
    diag_error(search->diags, E_NO_CREDENTIALS, NO_POS, NULL, "the web identity token: %s",
               read ? arena_printf(search->arena, "%s is empty", path) : below.items[0].message);
    return NULL;
}

void source_web_identity(struct search *search)
{
    const char *path = setting(search, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    const char *role = setting(search, "AWS_ROLE_ARN", "role_arn");
    const char *name = setting(search, "AWS_ROLE_SESSION_NAME", "role_session_name");
    if (!path) {
        search_next(search);
        return;
    }
    if (!role) {
        diag_error(search->diags, E_NO_CREDENTIALS, NO_POS, NULL,
                   "there is a web identity token file, but no role: neither AWS_ROLE_ARN nor the "
                   "role_arn of %s",
                   search_name(search));
        search_failed(search);
        return;
    }
    struct exchange *x = arena_new_of(search->arena, struct exchange);
    *x = (struct exchange){search, arena_strdup(search->arena, role), read_token(search, path)};
    if (!x->token) {
        search_failed(search);
        return;
    }
    struct map_builder body = map_begin(search->arena);
    map_put_str(&body, "RoleArn", role);
    map_put_str(&body, "RoleSessionName", name ? name : "holdfast");
    map_put_str(&body, "WebIdentityToken", x->token);
    struct aws_call_as call = {
        .operation = &sts_AssumeRoleWithWebIdentity, .account_id = "-", .body = map_end(&body)};
    aws_call_as(search->aws, &call, exchanged, x);
}
