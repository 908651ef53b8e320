#pragma once
/* Whether a recovery point can go straight into a vault of another account, or needs the relay: a
 * first copy inside its account, under a key that can be shared, and a second one from there.
 *
 * Points of types that AWS Backup does not manage fully keep their resource's key, and an AWS
 * managed key cannot be shared with another account, as AWS documents. Whether points under the key
 * that RDS owns (sse-rds) can leave their account is not documented. What is not known is never
 * said to go straight. */

#include "engine/aws/backup_types.h"

enum key_class {
    KEY_UNKNOWN,
    KEY_NONE,             /* not encrypted */
    KEY_SSE_RDS,          /* a key that RDS owns */
    KEY_AWS_MANAGED,      /* "aws/rds" and its like */
    KEY_CUSTOMER_MANAGED, /* one of the account's own, which its policy can share */
};
#define KEY_CLASS_COUNT (KEY_CUSTOMER_MANAGED + 1)

/* "unknown", "none", "sse-rds", "aws-managed", "customer-managed" */
const char *key_class_name(enum key_class key);
bool key_class_parse(const char *text, enum key_class *ret); /* of the last four */

enum copy_way {
    COPY_DIRECT,    /* one copy */
    COPY_RELAY,     /* by way of the relay */
    COPY_UNDECIDED, /* nobody has said what the key is */
    COPY_NEVER,     /* points of this type cannot be copied */
};
const char *copy_way_name(enum copy_way way); /* "direct", "relay", "undecided", "never" */

struct copy_case {
    const struct backup_type *type; /* NULL: not known, so of any type */
    enum key_class source_key;      /* of the resource */
    bool crosses_account;
    bool first_vault_has_key; /* a customer managed one: fully managed types lie under it */
};
/* *ret_why: half a sentence, "its key is ..." */
enum copy_way copy_route(const struct copy_case *c, const char **ret_why);
