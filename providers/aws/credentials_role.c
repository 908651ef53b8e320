/* A profile with a role (role_arn): the credentials of another source assume it. */

#include "engine/base/clock.h"
#include "providers/aws/call.h"
#include "providers/aws/search.h"

#define DURATION_MIN_S 900
#define DURATION_MAX_S 43200

static void refuse(struct search *search, const char *why, const char *name)
{
    diag_error(search->diags, E_PROFILE, NO_POS, NULL, "%s %s%s%s%s", search_name(search), why,
               name ? " \"" : "", name ? name : "", name ? "\"" : "");
    search_failed(search);
}

static void assumed(void *ctx, const struct response *rs)
{
    struct search *search = ctx;
    const char *role = search_setting(search, "role_arn");
    struct credentials *c = sts_credentials(search->aws, rs);
    if (!c) {
        search_refused(search, arena_printf(search->arena, "the role %s cannot be assumed", role),
                       NULL, rs);
        return;
    }
    c->source = "assume-role";
    c->from = arena_printf(search->arena, "role %s of %s", role, search_name(search));
    search_found(search, c);
}

static void on_source(void *ctx, const struct credentials *credentials)
{
    struct search *search = ctx;
    if (!credentials) {
        search_failed(search);
        return;
    }
    const char *name = search_setting(search, "role_session_name");
    struct map_builder body = map_begin(search->arena);
    map_put_str(&body, "RoleArn", search_setting(search, "role_arn"));
    map_put_str(&body, "RoleSessionName", name ? name : "holdfast");
    map_put_str(&body, "ExternalId", search_setting(search, "external_id"));
    map_put(&body, "DurationSeconds", value_get(search->settings, "duration_seconds"));
    struct aws_call_as call = {.operation = &sts_AssumeRole,
                               .account_id = "-",
                               .credentials = credentials,
                               .body = map_end(&body)};
    aws_call_as(search->aws, &call, assumed, search);
}

static bool is_visited(const struct search *search, const char *profile)
{
    for (; search; search = search->outer)
        if (str_eq(search->profile, profile))
            return true;
    return false;
}

/* A profile may name itself when it holds keys as well. */
static void ask_profile(struct search *search, const char *profile)
{
    bool self = str_eq(profile, search->profile);
    if (!profile_settings(search->arena, search->profiles, profile))
        refuse(search, "names a source_profile that does not exist:", profile);
    else if (is_visited(search, profile) &&
             !(self && (search_setting(search, "aws_access_key_id") ||
                        search_setting(search, "aws_secret_access_key"))))
        refuse(search, "goes round in a circle through its source_profile", profile);
    else
        search_profile(search, profile, on_source, search);
}

static void ask_source(struct search *search, const char *name)
{
    static source_fn *const environment[] = {source_env, NULL};
    static source_fn *const container[] = {source_container, NULL};
    static source_fn *const instance[] = {source_instance, NULL};
    static const struct {
        const char *name;
        source_fn *const *sources;
    } known[] = {
        {"Environment", environment},
        {"EcsContainer", container},
        {"Ec2InstanceMetadata", instance},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq(name, known[i].name)) {
            search_source(search, known[i].sources, on_source, search);
            return;
        }
    refuse(search,
           "names a credential_source that is none of Environment, EcsContainer and "
           "Ec2InstanceMetadata:",
           name);
}

static bool duration_is_fine(const struct search *search)
{
    const char *text = search_setting(search, "duration_seconds");
    long long seconds = 0;
    return !text || (parse_int64(slice_of(text), &seconds) && seconds >= DURATION_MIN_S &&
                     seconds <= DURATION_MAX_S);
}

void source_role(struct search *search)
{
    const char *profile = search_setting(search, "source_profile");
    const char *source = search_setting(search, "credential_source");
    if (!search_setting(search, "role_arn") || search_setting(search, "web_identity_token_file"))
        search_next(search);
    else if (search_setting(search, "mfa_serial"))
        refuse(search,
               "wants the code of an MFA device (mfa_serial), and nobody is asked for one "
               "here: use a profile without it, or the keys of `aws sts get-session-token`",
               NULL);
    else if (!duration_is_fine(search))
        refuse(search, "needs a duration_seconds from 900 to 43200, not",
               search_setting(search, "duration_seconds"));
    else if (profile && source)
        refuse(search, "names both a source_profile and a credential_source", NULL);
    else if (profile)
        ask_profile(search, profile);
    else if (source)
        ask_source(search, source);
    else
        refuse(search, "has a role_arn, but neither a source_profile nor a credential_source",
               NULL);
}
