/* Keys in the environment. */

#include "engine/base/env.h"
#include "providers/aws/search.h"

void source_env(struct search *search)
{
    const char *id = env_get("AWS_ACCESS_KEY_ID"), *secret = env_get("AWS_SECRET_ACCESS_KEY");
    if (!id && !secret) {
        search_next(search);
        return;
    }
    if (!id || !secret) {
        diag_error(search->diags, E_NO_CREDENTIALS, NO_POS, NULL, "%s is set, but %s is not",
                   id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                   id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
        search_failed(search);
        return;
    }
    const char *token = env_get("AWS_SECURITY_TOKEN"); /* its name before 2014 */
    if (!token)
        token = env_get("AWS_SESSION_TOKEN");
    struct credentials *c = arena_new_of(search->arena, struct credentials);
    *c = (struct credentials){
        .access_key_id = arena_strdup(search->arena, id),
        .secret_access_key = arena_strdup(search->arena, secret),
        .session_token = arena_strdup(search->arena, token),
        .source = "env",
        .from = "the environment",
    };
    search_found(search, c);
}
