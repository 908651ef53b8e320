#pragma once
/* Where a service of an account and Region is reached, and how that is signed. Asked in this order:
 *   --endpoint-url                      the person at the keyboard
 *   the endpoints list                  {account, region, service, url}: an entry that names more
 * wins AWS_ENDPOINT_URL_<SERVICE>          "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS" AWS_ENDPOINT_URL the
 * partition's own                 https://backup.us-east-1.amazonaws.com */

#include "providers/aws/aws.h"

struct endpoint_config {
    const char *url;          /* --endpoint-url or NULL */
    const struct value *list; /* or NULL */
    bool environment;         /* whether the environment is asked */
    bool fips, dual_stack;    /* which of the partition's endpoints are meant */
};

struct endpoint {
    const char *base_url;    /* scheme, host and port */
    const char *host;        /* for the Host header: with the port, if it is not the usual one */
    const char *path_prefix; /* "" or "/prefix" */
    const char *signing_region;
};

/* Base URL, host and prefix of a URL; false when it is none, or holds more than these. */
MUST_CHECK bool endpoint_split(struct arena *arena, const char *url, struct endpoint *ret);
/* AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, else use_fips_endpoint and
 * use_dualstack_endpoint of the profile. False (E_BAD_VALUE, E_PROFILE) for what is neither true
 * nor false, or a file that cannot be read: nobody leaves FIPS by a misprint. */
MUST_CHECK bool endpoint_kind_read(struct arena *arena, struct endpoint_config *config,
                                   struct diags *diags);
/* False (E_BAD_VALUE) when a URL among the overrides cannot be used. */
MUST_CHECK bool endpoint_check(const struct endpoint_config *config, struct diags *diags);
void endpoint_of(struct arena *arena, const struct endpoint_config *config,
                 const struct aws_api *api, const char *account_id, const char *region,
                 const char *partition, struct endpoint *ret);
