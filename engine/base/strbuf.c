#include "engine/base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/bug.h"

void strbuf_init(struct strbuf *sb, struct arena *arena, size_t max)
{
    *sb = (struct strbuf){.arena = arena, .max = max};
}

static bool reserve(struct strbuf *sb, size_t extra)
{
    if (sb->overflowed || extra > sb->max || sb->len > sb->max - extra) {
        sb->overflowed = true;
        return false;
    }
    if (sb->len + extra + 1 > sb->cap)
        sb->data = arena_grow(sb->arena, sb->data, sb->len, &sb->cap, sb->len + extra + 1, 1);
    return true;
}

void strbuf_add_n(struct strbuf *sb, const char *text, size_t len)
{
    if (!reserve(sb, len))
        return;
    if (len > 0)
        memcpy(sb->data + sb->len, text, len);
    sb->len += len;
    sb->data[sb->len] = '\0';
}

void strbuf_add(struct strbuf *sb, const char *text)
{
    strbuf_add_n(sb, text, strlen(text));
}

void strbuf_add_slice(struct strbuf *sb, struct slice s)
{
    strbuf_add_n(sb, s.ptr, s.len);
}

void strbuf_add_char(struct strbuf *sb, char c)
{
    strbuf_add_n(sb, &c, 1);
}

void strbuf_add_repeat(struct strbuf *sb, char c, size_t count)
{
    while (count-- > 0)
        strbuf_add_char(sb, c);
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    BUG_ON(len < 0);
    if (reserve(sb, (size_t)len)) {
        vsnprintf(sb->data + sb->len, (size_t)len + 1, fmt, again);
        sb->len += (size_t)len;
    }
    va_end(again);
}

bool strbuf_overflowed(const struct strbuf *sb)
{
    return sb->overflowed;
}

const char *strbuf_str(const struct strbuf *sb)
{
    BUG_ON(sb->overflowed);
    return sb->data ? sb->data : "";
}
