#pragma once
/* Text in the format of gzip(1), so that people can look at it with what they have. */

#include <stdbool.h>

#include "engine/base/arena.h"
#include "engine/base/cleanup.h"
#include "engine/base/slice.h"

/* Same text, same bytes. */
struct slice gzip_pack(struct arena *arena, struct slice text);
/* Whether these bytes claim to be packed; no JSON text does. */
bool gzip_is(struct slice bytes);
/* One whole member and nothing behind it. False: *ret_why says what is wrong, which is also that
 * the text is longer than `max`: whatever was packed, no more than that is unpacked. The text has a
 * terminator behind it. */
MUST_CHECK bool gzip_unpack(struct arena *arena, struct slice bytes, size_t max, struct slice *ret,
                            const char **ret_why);
