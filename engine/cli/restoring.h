#pragma once
/* What has to be known of two accounts for the way of a point back: reads only. */

#include "engine/cli/session.h"
#include "engine/restore/restore.h"

/* The way out of the last vault that holds `arn` (a point's, or a resource's): that which --target
 * names, or the only one. NULL with a message. No network. */
const struct restore_entry *restoring_way(struct session *session, const char *arn);
/* Finds the point (of a resource the newest that is available) in the way's source vault, and asks
 * for everything that its restore rests on. What cannot be read stands in the facts; false where
 * there is no such point. */
MUST_CHECK bool restoring_read(struct session *session, const struct restore_entry *way,
                               const char *arn, struct restore_facts *ret);
