#pragma once
/* Percent-encoding as SigV4 wants it (RFC 3986: all but A-Z a-z 0-9 - . _ ~), and query strings. */

#include "engine/base/strbuf.h"

void uri_encode(struct strbuf *sb, struct slice text, bool keep_slash);
/* Undoes %XX; a stray % stays as it is. */
struct slice uri_decode(struct arena *arena, struct slice text);

/* A query string or a form: parameters in the order in which they were added. */
void uri_add_param(struct strbuf *sb, const char *name, struct slice value);
