#pragma once
/* A walk through JSON text that builds nothing: one level at a time, each value as the slice of its
 * text. For documents that are too large to stand in memory as values: the caller gives the parts
 * that it understands to json_parse(), which alone judges what is inside of them. */

#include <stdbool.h>

#include "engine/base/cleanup.h"
#include "engine/base/slice.h"

struct json_scan {
    struct slice rest; /* what has not been walked through */
    char close;        /* of this level: '}' or ']' */
    bool begun, ended;
    const char *why; /* what is wrong with the text; NULL: nothing so far */
};

/* Over text that is one map ('{') or one list ('['), from end to end. */
void json_scan_begin(struct json_scan *scan, struct slice text, char bracket);
/* The next member or item. False at the end, and where the text is no JSON: `why` tells them apart.
 * Keys come without quotes and as they are written: one with an escape is like no other. */
MUST_CHECK bool json_scan_member(struct json_scan *scan, struct slice *ret_key,
                                 struct slice *ret_value);
MUST_CHECK bool json_scan_item(struct json_scan *scan, struct slice *ret_value);
