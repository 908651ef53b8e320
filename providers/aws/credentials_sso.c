/* IAM Identity Center: the token that `aws sso login` left in ~/.aws/sso/cache buys the keys of a
 * role. Nobody is asked to log in here, and no browser is opened. */

#include "engine/base/clock.h"
#include "engine/base/crypto.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "providers/aws/call.h"
#include "providers/aws/search.h"

#define TOKEN_FILE_MAX ((size_t)1024 * 1024)

struct login {
    struct search *search;
    const char *session; /* or NULL: the older form, by start URL */
    const char *start_url, *region, *account, *role;
    const char *token;
};

static void refuse(struct search *search, const char *why, const char *name)
{
    diag_error(search->diags, E_PROFILE, NO_POS, NULL, "%s %s%s%s", search_name(search), why,
               name ? " " : "", name ? name : "");
    search_failed(search);
}

static void login_needed(struct login *l, const char *why)
{
    struct search *search = l->search;
    struct diag *diag =
        diag_error(search->diags, E_NO_CREDENTIALS, NO_POS, NULL,
                   "the login of %s at IAM Identity Center %s", search_name(search), why);
    diag_hint(search->diags, diag, "Run `aws sso login --profile %s`.", search->profile);
    search_failed(search);
}

static void got_role(void *ctx, const struct response *rs)
{
    struct login *l = ctx;
    struct search *search = l->search;
    const struct value *answer = value_get(rs->body, "roleCredentials");
    struct credentials *c =
        credentials_from(search->arena, answer, "accessKeyId", "secretAccessKey", "sessionToken");
    if (rs->status == 401) {
        login_needed(l, "is not accepted any more");
        return;
    }
    if (rs->fault != FAULT_NONE || !c) {
        search_refused(search,
                       arena_printf(search->arena, "the role %s of account %s is not given",
                                    l->role, l->account),
                       l->token, rs);
        return;
    }
    c->expires_ms = value_get_int(answer, "expiration", 0);
    c->source = "sso";
    c->from = arena_printf(search->arena, "role %s of IAM Identity Center, %s", l->role,
                           search_name(search));
    search_found(search, c);
}

/* The file is named by the digest of the session's name, or of the start URL. */
static const struct value *cached_login(struct login *l)
{
    struct search *search = l->search;
    struct arena *arena = search->arena;
    const char *key = l->session ? l->session : l->start_url;
    const char *path = arena_printf(arena, "%s/.aws/sso/cache/%s.json",
                                    search->profiles->home ? search->profiles->home : "",
                                    sha1_hex(arena, slice_of(key)));
    struct slice text;
    struct diags ignored;
    const struct value *cached = NULL;
    const char *why = NULL;
    diags_init(&ignored, arena);
    if (!file_exists(path) || !file_read(arena, path, TOKEN_FILE_MAX, &text, &ignored) ||
        !json_parse(arena, text, &cached, &why))
        return NULL;
    return cached;
}

static void ask_for_role(struct login *l)
{
    struct search *search = l->search;
    const struct value *cached = cached_login(l);
    const char *expires = value_get_str(cached, "expiresAt");
    l->token = value_get_str(cached, "accessToken");
    int64_t expires_ms = 0;
    if (!l->token || !expires) {
        login_needed(l, "has not been made");
        return;
    }
    if (!time_parse_iso(slice_of(expires), &expires_ms) || expires_ms <= aws_now_ms(search->aws)) {
        login_needed(l, "has expired");
        return;
    }
    struct map_builder query = map_begin(search->arena);
    map_put_str(&query, "role_name", l->role);
    map_put_str(&query, "account_id", l->account);
    struct aws_call_as call = {.operation = &sso_GetRoleCredentials,
                               .account_id = "-",
                               .region = l->region,
                               .query = map_end(&query),
                               .bearer = l->token};
    aws_call_as(search->aws, &call, got_role, l);
}

void source_sso(struct search *search)
{
    struct login *l = arena_new_of(search->arena, struct login);
    *l = (struct login){.search = search,
                        .session = search_setting(search, "sso_session"),
                        .start_url = search_setting(search, "sso_start_url"),
                        .region = search_setting(search, "sso_region"),
                        .account = search_setting(search, "sso_account_id"),
                        .role = search_setting(search, "sso_role_name")};
    if (!l->account && !l->role) {
        search_next(search);
        return;
    }
    if (l->session) {
        const struct value *section =
            profiles_section(search->arena, search->profiles, "sso-session", l->session);
        if (!section) {
            refuse(search, "names an sso_session that does not exist:", l->session);
            return;
        }
        l->start_url = value_get_str(section, "sso_start_url");
        l->region = value_get_str(section, "sso_region");
    }
    const char *missing = !l->start_url ? "sso_start_url"
                          : !l->region  ? "sso_region"
                          : !l->account ? "sso_account_id"
                          : !l->role    ? "sso_role_name"
                                        : NULL;
    if (missing)
        refuse(search, "logs in at IAM Identity Center, but lacks", missing);
    else
        ask_for_role(l);
}
