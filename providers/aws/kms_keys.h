#pragma once
/* KMS as the key service of a shared state (state/envelope.h): data keys under one key, bound to
 * the lineage by the encryption context {"holdfast:lineage": LINEAGE}. Calls block. */

#include "providers/aws/aws.h"
#include "state/envelope.h"

struct kms_keys {
    struct loop *loop;
    const struct diags *session; /* of that loop: why the account has no credentials */
    const char *account_id, *region;
    const char *key; /* id, ARN, alias name or alias ARN; an ARN brings its own Region */
    /* What another key has wrapped is unwrapped as well. Else whoever may write to the bucket could
     * pass off a state of his own, under a key of his own. */
    bool any_key;
    bool made_here; /* the topology itself makes the alias that `key` names */
};
/* keys must outlive what is returned. */
struct key_service kms_key_service(const struct kms_keys *keys);
