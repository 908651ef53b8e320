#pragma once
/* XML answers of the query protocol as values. An element becomes
 *   a list    when its children are items of it: all named "member" or "item", or all named like
 * the element in the singular (DBInstances/DBInstance, TagList/Tag) a map     when it has other
 * children; one name several times becomes a list under that name a string  when it has none. So an
 * empty list reads as "", and value_len() of both is 0. Attributes and namespaces are dropped.
 * Documents with a DTD are refused. */

#include "engine/base/value.h"

#define XML_DEPTH_MAX 64
#define XML_NODES_MAX 200000

/* The root element as a map of one entry: its name and what is in it. */
MUST_CHECK bool xml_parse(struct arena *arena, struct slice text, const struct value **ret,
                          const char **ret_why);
