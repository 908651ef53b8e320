#pragma once
/* The keys that options name, for evidence. */

#include "engine/base/signature.h"
#include "engine/cli/cli.h"

/* --sign-key, --public-key: E_SIGN_KEY when it cannot be used. */
MUST_CHECK bool signing_private_key(struct cli *cli, struct sign_key **ret);
MUST_CHECK bool signing_public_key(struct cli *cli, struct sign_key **ret);
