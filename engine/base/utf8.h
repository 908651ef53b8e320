#pragma once
/* UTF-8 (RFC 3629), character by character. */

#include <stdint.h>

#include "engine/base/slice.h"

#define UTF8_NONE UINT32_MAX

/* Takes the character that *text begins with. UTF8_NONE, and nothing is taken, where none does: the
 * text is empty, or no UTF-8 there. */
uint32_t utf8_take(struct slice *text);
