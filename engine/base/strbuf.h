#pragma once
/* Text under construction, in an arena. Every buffer names its maximum when it is made: the limit
 * is part of the code review. Beyond it the buffer is marked overflowed and keeps what it has;
 * callers that build from untrusted input check strbuf_overflowed(), for all others it is a BUG at
 * strbuf_str(): text that was cut short never passes for the whole. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"

struct strbuf {
    struct arena *arena;
    char *data; /* always terminated */
    size_t len, cap, max;
    bool overflowed;
};

void strbuf_init(struct strbuf *sb, struct arena *arena, size_t max);
void strbuf_add(struct strbuf *sb, const char *text);
void strbuf_add_n(struct strbuf *sb, const char *text, size_t len);
void strbuf_add_slice(struct strbuf *sb, struct slice s);
void strbuf_add_char(struct strbuf *sb, char c);
void strbuf_add_repeat(struct strbuf *sb, char c, size_t count);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool strbuf_overflowed(const struct strbuf *sb);
const char *strbuf_str(const struct strbuf *sb); /* the text; lives as long as the arena */
