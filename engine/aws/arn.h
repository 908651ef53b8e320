#pragma once
/* Amazon Resource Names: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE. Pure text, no calls. */

#include <stdbool.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"

/* Views into the parsed text. Region and account may be empty (S3, IAM) or patterns ("*"). */
struct arn {
    struct slice partition, service, region, account, resource;
};

/* Exactly six parts, of which partition, service and resource are not empty; colons beyond the
 * fifth belong to the resource. No spaces, no control characters. *ret is untouched on failure. */
bool arn_parse(struct slice text, struct arn *ret);

bool arn_is_in_account(const char *arn, const char *account_id); /* false for what is no ARN */

/* What follows the resource's type and its first '/' or ':': "role/a/b" gives "a/b",
 * "backup-vault:x" gives "x"; a resource without a type (a queue, a topic) is its own name. */
const char *arn_resource_name(struct arena *arena, const struct arn *arn);
/* The same of a text; what is no ARN, and NULL, is its own name. */
const char *arn_short_name(struct arena *arena, const char *text);

/* arn:..:backup:REGION:ACCOUNT:backup-vault:NAME with a Region, an account of twelve digits and a
 * vault name that AWS allows. ret_name may be NULL. */
bool arn_is_backup_vault(const struct arn *arn, struct slice *ret_name);

/* A vault name: 2 to 50 of letters, digits, '-' and '_'. */
bool vault_name_is_valid(struct slice name);

/* arn:PARTITION:iam::ACCOUNT:role/NAME; the name may carry a path ("service-role/x", "/a/b"). */
const char *arn_role(struct arena *arena, const char *partition, const char *account,
                     const char *name_with_path);

/* '*' stands for any run of characters (colons and slashes included), '?' for one: how IAM and AWS
 * Backup compare ARNs and tag values. Case counts. */
bool arn_matches_pattern(struct slice pattern, struct slice text);
