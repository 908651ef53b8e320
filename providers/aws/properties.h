#pragma once
/* Properties of one operation's object, between our names and AWS's. */

#include "providers/aws/aws.h"

/* A desired property as AWS takes it: policies are text. NULL where it is absent or null. */
const struct value *desired_wire(struct op *op, const char *property);
/* The same where prior and desired differ, else NULL. */
const struct value *changed_wire(struct op *op, const char *property);
/* Whether an update has to do something about a property: it differs, or it is null in the file,
 * which means that it shall go, and is there at AWS. What is absent is not managed. */
bool must_change(struct op *op, const char *property);
/* For documents that AWS replaces as a whole: the desired value, else what is there already; NULL
 * where there is neither, or where it shall go. */
const struct value *whole_wire(struct op *op, const char *property);
/* A value of an answer as the property holds it: a policy's text becomes a map. NULL stays NULL. */
const struct value *observed(struct op *op, const char *property, const struct value *wire);

/* `unsaid` among the attributes, where the answer says what the node has no word for: see
 * schema_unsaid(). */
void put_unsaid(struct op *op, struct map_builder *attributes, const struct schema_node *node,
                const struct value *wire, const char *path, const char *const *invented);

/* The name of a property's member at AWS. */
const char *wire_name(struct op *op, const char *property);

/* Whether tags of an answer (a map) name the owner that the desired tags name. */
bool has_our_tags(struct op *op, const struct value *tags);

/* What an update has to do about tags: maps and lists that may be empty. */
void tag_changes(struct op *op, const struct value **ret_set, const struct value **ret_removed);
/* Tags as a list of {Key, Value} for creations; NULL where there are none. */
const struct value *desired_tag_list(struct op *op, const char *key_member,
                                     const char *value_member);
