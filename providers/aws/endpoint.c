#include "providers/aws/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/aws/partition.h"
#include "engine/base/env.h"
#include "providers/aws/profiles.h"

bool endpoint_split(struct arena *arena, const char *url, struct endpoint *ret)
{
    const char *scheme = str_starts(url, "https://")  ? "https://"
                         : str_starts(url, "http://") ? "http://"
                                                      : NULL;
    if (!scheme)
        return false;
    struct slice rest = slice_of(url + strlen(scheme));
    struct slice host = slice_cut(&rest, '/');
    if (host.len == 0 || memchr(host.ptr, '@', host.len) || memchr(host.ptr, '?', host.len) ||
        memchr(host.ptr, ' ', host.len))
        return false;
    while (rest.len > 0 && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    const char *usual_port = str_eq(scheme, "https://") ? ":443" : ":80";
    const char *name = arena_strndup(arena, host.ptr, host.len);
    size_t shown = str_ends(name, usual_port) ? host.len - strlen(usual_port) : host.len;
    ret->base_url = arena_printf(arena, "%s%s", scheme, name);
    ret->host = arena_strndup(arena, name, shown);
    ret->path_prefix = rest.len > 0 ? arena_printf(arena, "/%.*s", (int)rest.len, rest.ptr) : "";
    return true;
}

static bool check_one(struct arena *arena, const char *url, const char *from, struct diags *diags)
{
    struct endpoint unused;
    if (!url || endpoint_split(arena, url, &unused))
        return true;
    /* a password may stand before the @ */
    struct diag *diag =
        diag_error(diags, E_BAD_VALUE, NO_POS, NULL, "the endpoint %s from %s cannot be used",
                   strchr(url, '@') ? "(with an @)" : url, from);
    diag_hint(diags, diag, "Write http://HOST:PORT or https://HOST, without credentials.");
    return false;
}

bool endpoint_check(const struct endpoint_config *config, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    bool ok = check_one(scratch, config->url, "--endpoint-url", diags);
    for (size_t i = 0; i < value_len(config->list); i++) {
        const char *url = value_get_str(value_item(config->list, i), "url");
        ok = check_one(scratch, url ? url : "(no url)", "the endpoints list", diags) && ok;
    }
    if (!config->environment)
        return ok;
    ok = check_one(scratch, env_get("AWS_ENDPOINT_URL"), "AWS_ENDPOINT_URL", diags) && ok;
#define API(symbol, service, signing_name, sdk_id, wire, target, json, version, global)            \
    ok = check_one(scratch, env_get("AWS_ENDPOINT_URL_" sdk_id), "AWS_ENDPOINT_URL_" sdk_id,       \
                   diags) &&                                                                       \
         ok;
#include "providers/aws/apis.inc"
#undef API
    return ok;
}

/* How many of the three names an entry gives, or -1 when one of them is another. */
static int fits(const struct value *entry, const struct aws_api *api, const char *account_id,
                const char *region)
{
    const char *const names[][2] = {
        {"account", account_id}, {"region", region ? region : ""}, {"service", api->service}};
    int given = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *wanted = value_get_str(entry, names[i][0]);
        if (wanted && !str_eq(wanted, names[i][1]))
            return -1;
        given += wanted != NULL;
    }
    return given;
}

static const char *listed_url(const struct value *list, const struct aws_api *api,
                              const char *account_id, const char *region)
{
    const char *url = NULL;
    int most = -1;
    for (size_t i = 0; i < value_len(list); i++) {
        int given = fits(value_item(list, i), api, account_id, region);
        if (given > most) {
            most = given;
            url = value_get_str(value_item(list, i), "url");
        }
    }
    return url;
}

static const char *environment_url(struct arena *arena, const struct aws_api *api)
{
    const char *url = env_get(arena_printf(arena, "AWS_ENDPOINT_URL_%s", api->sdk_id));
    return url ? url : env_get("AWS_ENDPOINT_URL");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *aws_endpoint_overrides(struct arena *arena, const char *endpoint_url)
{
    static const char *const ids[] = {
#define API(symbol, service, signing_name, sdk_id, wire, target, json, version, global) sdk_id,
#include "providers/aws/apis.inc"
#undef API
    };
    const char *all = endpoint_url ? endpoint_url : env_get("AWS_ENDPOINT_URL");
    const char *lines[ARRAY_LEN(ids)];
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(ids) && !endpoint_url; i++) {
        const char *url = env_get(arena_printf(arena, "AWS_ENDPOINT_URL_%s", ids[i]));
        if (url && !str_eq(url, all))
            lines[len++] = arena_printf(arena, "%s=%s", ids[i], url);
    }
    qsort(lines, len, sizeof(*lines), by_text);
    for (size_t i = 0; i < len; i++)
        all = all ? arena_printf(arena, "%s\n%s", all, lines[i]) : lines[i];
    return all;
}

static bool read_flag(const char *variable, const struct value *profile, const char *setting,
                      bool *ret, struct diags *diags)
{
    const char *text = env_get(variable), *from = variable;
    if (!text) {
        text = value_get_str(profile, setting);
        from = setting;
    }
    *ret = text && strcasecmp(text, "true") == 0;
    if (!text || *ret || strcasecmp(text, "false") == 0)
        return true;
    struct diag *diag =
        diag_error(diags, E_BAD_VALUE, NO_POS, NULL, "%s is neither true nor false", from);
    diag_hint(diags, diag, "Set it to true or false, or leave it out.");
    return false;
}

bool endpoint_kind_read(struct arena *arena, struct endpoint_config *config, struct diags *diags)
{
    struct profiles profiles;
    if (!profiles_read(arena, &profiles, diags))
        return false;
    const struct value *profile = profile_settings(arena, &profiles, profiles_wanted());
    return read_flag("AWS_USE_FIPS_ENDPOINT", profile, "use_fips_endpoint", &config->fips, diags) &&
           read_flag("AWS_USE_DUALSTACK_ENDPOINT", profile, "use_dualstack_endpoint",
                     &config->dual_stack, diags);
}

/* In GovCloud the usual endpoints of these are the FIPS ones; of some not those of IPv6. */
static bool is_fips_as_it_is(const struct aws_api *api, const char *partition, bool dual_stack)
{
    static const char *const all[] = {"events", "monitoring", "organizations", NULL};
    static const char *const without_ipv6[] = {"sts", "sqs", "sns",        "logs",
                                               "rds", "ec2", "portal.sso", NULL};
    return str_eq(partition, "aws-us-gov") &&
           (str_is_one_of(api->service, all) ||
            (!dual_stack && str_is_one_of(api->service, without_ipv6)));
}

/* IAM has one endpoint for a partition, whose name does not follow from the signing Region. */
static const char *iam_host(struct arena *arena, const char *partition, const char *signing_region,
                            const char *fips, bool dual_stack)
{
    const char *suffix =
        dual_stack ? partition_dual_stack_suffix(partition) : partition_dns_suffix(partition);
    if (str_eq(partition, "aws-us-gov"))
        return arena_printf(arena, "iam.us-gov.%s", suffix);
    if (dual_stack)
        return arena_printf(arena, "iam%s.global.%s", fips, suffix);
    if (str_eq(partition, "aws"))
        return arena_printf(arena, "iam%s.%s", fips, suffix);
    return arena_printf(arena, "iam%s.%s.%s", fips, signing_region, suffix);
}

static const char *host_of(struct arena *arena, const struct endpoint_config *config,
                           const struct aws_api *api, const char *partition,
                           const char *signing_region)
{
    bool dual_stack = config->dual_stack;
    const char *fips = config->fips && !is_fips_as_it_is(api, partition, dual_stack) ? "-fips" : "";
    if (str_eq(api->service, "iam"))
        return iam_host(arena, partition, signing_region, fips, dual_stack);
    if (str_eq(api->service, "s3"))
        return arena_printf(arena, "s3%s%s.%s.%s", fips, dual_stack ? ".dualstack" : "",
                            signing_region, partition_dns_suffix(partition));
    return arena_printf(arena, "%s%s.%s.%s", api->service, fips, signing_region,
                        dual_stack ? partition_dual_stack_suffix(partition)
                                   : partition_dns_suffix(partition));
}

void endpoint_of(struct arena *arena, const struct endpoint_config *config,
                 const struct aws_api *api, const char *account_id, const char *region,
                 const char *partition, struct endpoint *ret)
{
    ret->signing_region = service_signing_region(api->service, region, partition);
    const char *url = config->url;
    if (!url)
        url = listed_url(config->list, api, account_id, region);
    if (!url && config->environment)
        url = environment_url(arena, api);
    if (url && endpoint_split(arena, url, ret))
        return;
    const char *host = host_of(arena, config, api, partition, ret->signing_region);
    ret->host = host;
    ret->base_url = arena_printf(arena, "https://%s", host);
    ret->path_prefix = "";
}
