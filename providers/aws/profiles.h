#pragma once
/* The files that people share between AWS's tools: ~/.aws/config and ~/.aws/credentials, or where
 * AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say. A section is a map of its settings; what is
 * indented belongs to nested settings (s3 =) and is passed over. A section that comes twice is one.
 */

#include "engine/base/diag.h"

struct profiles {
    const char *config_path, *credentials_path; /* NULL: nowhere */
    const struct value *config, *credentials;   /* maps of sections; empty without the file */
    const char *home;                           /* or NULL */
};

/* False (E_PROFILE) when a file is there but cannot be read or understood. Messages name the line,
 * never what stands in it. */
MUST_CHECK bool profiles_read(struct arena *arena, struct profiles *ret, struct diags *diags);

/* AWS_DEFAULT_PROFILE, else AWS_PROFILE (the order of the AWS CLI), else NULL. */
const char *profiles_named(void);
/* The same, or "default". */
const char *profiles_wanted(void);
/* What both files say of a profile, the credentials file first; NULL: it is in neither. */
const struct value *profile_settings(struct arena *arena, const struct profiles *profiles,
                                     const char *name);
/* What the configuration alone says of it, or NULL. */
const struct value *profile_config(struct arena *arena, const struct profiles *profiles,
                                   const char *name);
/* A section of another kind than profiles: "sso-session". NULL: there is none. */
const struct value *profiles_section(struct arena *arena, const struct profiles *profiles,
                                     const char *kind, const char *name);
/* The authorities to trust, a bundle or a folder: AWS_CA_BUNDLE, else ca_bundle of the profile,
 * else NULL (libcurl's own). False as profiles_read(). */
MUST_CHECK bool profiles_ca_bundle(struct arena *arena, const char **ret, struct diags *diags);
