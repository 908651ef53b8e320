#include "providers/aws/search.h"

#include "engine/base/clock.h"
#include "engine/base/env.h"

static void read_files(struct search *search)
{
    struct profiles *profiles = arena_new_of(search->arena, struct profiles);
    if (!profiles_read(search->arena, profiles, search->diags)) {
        search_failed(search);
        return;
    }
    search->profiles = profiles;
    search->settings = profile_settings(search->arena, profiles, search->profile);
    if (search->named && !search->settings) {
        diag_error(search->diags, E_PROFILE, NO_POS, NULL,
                   "profile \"%s\" stands neither in the credentials file nor in the configuration",
                   search->profile);
        search_failed(search);
        return;
    }
    search_next(search);
}

static source_fn *const sources[] = {
    read_files,       source_env,         source_role,    source_web_identity,
    source_sso,       source_shared_file, source_process, source_config_file,
    source_container, source_instance,    NULL,
};
static source_fn *const sources_of_profile[] = {
    source_role,    source_web_identity, source_sso, source_shared_file,
    source_process, source_config_file,  NULL,
};
/* Keys of its own go before the role of a profile that another one names. */
static source_fn *const sources_of_keys[] = {source_shared_file, source_config_file, NULL};

void search_start(struct aws *aws, struct diags *diags, search_done_fn *done, void *ctx)
{
    struct search *search = arena_new_of(aws->arena, struct search);
    *search = (struct search){.aws = aws,
                              .arena = aws->arena,
                              .diags = diags,
                              .profile = arena_strdup(aws->arena, profiles_wanted()),
                              .named = profiles_named() != NULL,
                              .sources = sources,
                              .done = done,
                              .ctx = ctx};
    search_next(search);
}

static struct search *search_below(struct search *outer, source_fn *const *below,
                                   search_done_fn *done, void *ctx)
{
    struct search *search = arena_new_of(outer->arena, struct search);
    *search = *outer;
    search->outer = outer;
    search->sources = below;
    search->note = NULL;
    search->done = done;
    search->ctx = ctx;
    return search;
}

void search_source(struct search *outer, source_fn *const *below, search_done_fn *done, void *ctx)
{
    search_next(search_below(outer, below, done, ctx));
}

void search_profile(struct search *outer, const char *profile, search_done_fn *done, void *ctx)
{
    struct search *search = search_below(outer, sources_of_profile, done, ctx);
    search->profile = profile;
    search->named = true;
    search->settings = profile_settings(outer->arena, outer->profiles, profile);
    if (search_setting(search, "aws_access_key_id") ||
        search_setting(search, "aws_secret_access_key"))
        search->sources = sources_of_keys;
    search_next(search);
}

const char *search_name(const struct search *search)
{
    return arena_printf(search->arena, "profile \"%s\"", search->profile);
}

const char *search_setting(const struct search *search, const char *name)
{
    return value_get_str(search->settings, name);
}

static void none_left(struct search *search)
{
    if (search->named && !search->note)
        diag_error(search->diags, E_PROFILE, NO_POS, NULL, "%s holds no credentials",
                   search_name(search));
    else
        diag_error(search->diags, E_NO_CREDENTIALS, NO_POS, NULL,
                   "no source of credentials has any%s%s", search->note ? ": " : "",
                   search->note ? search->note : "");
    search_failed(search);
}

void search_next(struct search *search)
{
    source_fn *source = *search->sources;
    if (!source) {
        none_left(search);
        return;
    }
    search->sources++;
    source(search);
}

void search_failed(struct search *search)
{
    search->done(search->ctx, NULL);
}

void search_refused(struct search *search, const char *what, const char *secret,
                    const struct response *rs)
{
    enum diag_code answered = response_diag_code(rs);
    bool refused = answered == E_DENIED || answered == E_AWS || answered == E_QUOTA;
    const struct credentials hidden = {.secret_access_key = secret};
    const char *message = credentials_redact(search->arena, &hidden, rs->message);
    diag_error(search->diags, refused ? E_ASSUME_ROLE : answered, NO_POS, NULL,
               "%s: %s: %s: %.200s%s%.2000s", search_name(search), what, rs->operation,
               rs->code ? rs->code : "no code", message ? ": " : "", message ? message : "");
    search_failed(search);
}

void search_found(struct search *search, struct credentials *credentials)
{
    int64_t now_ms = aws_now_ms(search->aws);
    if (credentials->expires_ms != 0) {
        if (credentials->expires_ms <= now_ms) {
            diag_error(search->diags, E_NO_CREDENTIALS, NO_POS, NULL,
                       "the credentials from %s have expired (%s)", credentials->from,
                       time_iso(search->arena, credentials->expires_ms));
            search_failed(search);
            return;
        }
        credentials->renew_ms = credentials_renew_ms(now_ms, credentials->expires_ms);
    }
    search->done(search->ctx, credentials);
}
