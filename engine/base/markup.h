#pragma once
/* Text for XML and HTML. */

#include "engine/base/strbuf.h"

/* With what they would read as markup escaped; in text and in attributes. */
void markup_add(struct strbuf *sb, const char *text);
const char *markup_text(struct arena *arena, const char *text);
