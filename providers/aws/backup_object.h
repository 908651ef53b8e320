#pragma once
/* What the types of AWS Backup share: tags that hang on an ARN, and the token that AWS keeps with
 * an object. */

#include "providers/aws/properties.h"

/* The end of a read: attributes and the tags under `arn`; the object is gone when they are. Takes
 * the operation's op_data(). */
void backup_done_with_tags(struct op *op, const char *arn, const struct value *attributes);
/* Plans the calls that bring the tags under `arn` to the desired ones (calls.h). */
void backup_add_tag_calls(struct op *op, const char *arn);
/* Whether a description, or an "exists already", names our token: what it tells of is our own. */
bool backup_is_our_token(struct op *op, const struct value *body);
