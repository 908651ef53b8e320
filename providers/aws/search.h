#pragma once
/* The search for the credentials that everything begins with: the sources of the SDKs in their
 * order; the first that is set up decides, even if it then fails. Sources that ask somebody (STS,
 * a process, an instance) answer later, through the loop.
 *
 *   env                             AWS_ACCESS_KEY_ID and its companions
 *   assume-role                     role_arn of the profile, with another source below it
 *   assume-role-with-web-identity   a token in a file, exchanged at STS
 *   sso                             a role of IAM Identity Center, by the token of `aws sso login`
 *   shared-credentials-file         keys in ~/.aws/credentials
 *   custom-process                  credential_process
 *   config-file                     keys in ~/.aws/config
 *   container-role                  the endpoint of ECS or EKS
 *   iam-role                        the instance's metadata, version 2 only
 *
 * Each is one function in a file of its own, and ends with exactly one of search_found(),
 * search_next() and search_failed(), at once or later. */

#include "providers/aws/profiles.h"
#include "providers/aws/session.h"

struct search;
typedef void source_fn(struct search *search);
/* NULL: none were found, and the diagnostics say why. */
typedef void search_done_fn(void *ctx, const struct credentials *credentials);

struct search {
    struct aws *aws;
    struct arena *arena; /* lives as long as aws */
    struct diags *diags;
    const struct profiles *profiles; /* NULL until the environment has been asked */
    const char *profile;
    bool named;                   /* AWS_PROFILE names it, or another profile does */
    const struct value *settings; /* of the profile; NULL: there is none */
    const struct search *outer;   /* the search that this one feeds, or NULL */
    source_fn *const *sources;    /* those that are left; ends with NULL */
    const char *note;             /* what the last source said that had none, or NULL */
    search_done_fn *done;
    void *ctx;
};

void search_start(struct aws *aws, struct diags *diags, search_done_fn *done, void *ctx);
/* The same for one profile that another names, or for one source alone. */
void search_profile(struct search *outer, const char *profile, search_done_fn *done, void *ctx);
void search_source(struct search *outer, source_fn *const *below, search_done_fn *done, void *ctx);

void search_found(struct search *search, struct credentials *credentials);
void search_next(struct search *search);
/* After an error was added. */
void search_failed(struct search *search);
/* The same, with the error: `what` was asked of AWS in vain. `secret`: what its answer may quote.
 */
void search_refused(struct search *search, const char *what, const char *secret,
                    const struct response *rs);
/* The words for messages: "profile x". */
const char *search_name(const struct search *search);
/* A setting of the profile, or NULL. */
const char *search_setting(const struct search *search, const char *name);

source_fn source_env, source_role, source_web_identity, source_sso, source_shared_file,
    source_process, source_config_file, source_container, source_instance;
