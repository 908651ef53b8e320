/* Keys in the shared files: those of ~/.aws/credentials, and, after credential_process, those of
 * ~/.aws/config. */

#include "providers/aws/search.h"

static void from_section(struct search *search, const struct value *section, const char *path,
                         const char *source)
{
    bool any =
        value_get(section, "aws_access_key_id") || value_get(section, "aws_secret_access_key");
    if (!any) {
        search_next(search);
        return;
    }
    struct credentials *c = credentials_from(search->arena, section, "aws_access_key_id",
                                             "aws_secret_access_key", "aws_session_token");
    if (!c) {
        diag_error(search->diags, E_PROFILE, NO_POS, NULL,
                   "%s of %s must hold both aws_access_key_id and aws_secret_access_key",
                   search_name(search), path);
        search_failed(search);
        return;
    }
    c->source = source;
    c->from = arena_printf(search->arena, "profile %s of %s", search->profile, path);
    search_found(search, c);
}

void source_shared_file(struct search *search)
{
    from_section(search, value_get(search->profiles->credentials, search->profile),
                 search->profiles->credentials_path, "shared-credentials-file");
}

void source_config_file(struct search *search)
{
    from_section(search, profile_config(search->arena, search->profiles, search->profile),
                 search->profiles->config_path, "config-file");
}
