#include "engine/cli/signing.h"

#include "engine/base/crypto.h"
#include "engine/base/file.h"

#define KEY_BYTES_MAX ((size_t)64 * 1024)

typedef bool parse_fn(struct slice pem, struct sign_key **ret, const char **ret_why);

/* The text of a private key does not stay in memory. */
static bool read_key(struct cli *cli, enum option_id option, parse_fn *parse, struct sign_key **ret)
{
    const char *path = cli_option(cli, option), *why = NULL;
    struct slice pem;
    if (!file_read(cli->arena, path, KEY_BYTES_MAX, &pem, &cli->diags))
        return false;
    bool good = parse(pem, ret, &why);
    wipe((void *)(uintptr_t)pem.ptr, pem.len);
    if (!good)
        diag_error(&cli->diags, E_SIGN_KEY, NO_POS, NULL, "--%s %s: %s", option_name(option), path,
                   why);
    return good;
}

bool signing_private_key(struct cli *cli, struct sign_key **ret)
{
    return read_key(cli, OPT_SIGN_KEY, sign_key_private, ret);
}

bool signing_public_key(struct cli *cli, struct sign_key **ret)
{
    return read_key(cli, OPT_PUBLIC_KEY, sign_key_public, ret);
}
