#include "engine/base/utf8.h"

uint32_t utf8_take(struct slice *text)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    static const unsigned char mask[] = {0x7f, 0x1f, 0x0f, 0x07};
    const unsigned char *s = (const unsigned char *)text->ptr;
    if (text->len == 0)
        return UTF8_NONE;
    size_t more = s[0] < 0x80             ? 0
                  : (s[0] & 0xe0) == 0xc0 ? 1
                  : (s[0] & 0xf0) == 0xe0 ? 2
                  : (s[0] & 0xf8) == 0xf0 ? 3
                                          : 4;
    if (more == 4 || more >= text->len)
        return UTF8_NONE;
    uint32_t c = s[0] & mask[more];
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return UTF8_NONE;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return UTF8_NONE;
    *text = slice_from(*text, more + 1);
    return c;
}
