#pragma once
/* JSON text to values and back. The only file that knows cJSON is json.c.
 * Limits: 64 MiB of text, 200 levels, no NUL in a string, no number beyond a double; whole numbers
 * up to 2^53 come back as VALUE_INT. */

#include <stdbool.h>

#include "engine/base/strbuf.h"
#include "engine/base/value.h"

/* False on anything but one JSON document over the whole text; *ret_why is then a short reason. */
MUST_CHECK bool json_parse(struct arena *arena, struct slice text, const struct value **ret,
                           const char **ret_why);
/* Of equal keys in a map json_parse() takes the last; this refuses them: where people write what
 * others judge, the two may read different documents. */
MUST_CHECK bool json_parse_unique(struct arena *arena, struct slice text, const struct value **ret,
                                  const char **ret_why);

enum json_style {
    JSON_COMPACT = 0,
    JSON_PRETTY = 1 << 0, /* two spaces, one entry a line */
    JSON_SORTED = 1 << 1, /* map keys in byte order: canonical, for digests and goldens */
};
/* Unknowns print as {"$ref": "address.attribute"} and {"$concat": [...]}; json_parse() gives maps
 * back. */
const char *json_print(struct arena *arena, const struct value *v, unsigned style);
void json_write(struct strbuf *sb, const struct value *v, unsigned style);
void json_write_string(struct strbuf *sb, struct slice text); /* with quotes */
/* Turns the two maps above back into VALUE_REF and VALUE_CONCAT. */
const struct value *json_restore_unknown(struct arena *arena, const struct value *v);
