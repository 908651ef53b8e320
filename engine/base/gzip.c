#include "engine/base/gzip.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "engine/base/bug.h"

#define MAGIC "\x1f\x8b"
#define GZIP_WINDOW (15 + 16) /* the largest window; zlib's way to say gzip */
#define MEMORY_LEVEL 8        /* zlib's default */
#define FIRST_MAX ((size_t)64 << 10)

/* zlib counts in 32 bits; what is longer goes in pieces. */
static uInt piece_of(size_t left)
{
    return left > UINT_MAX ? UINT_MAX : (uInt)left;
}

struct slice gzip_pack(struct arena *arena, struct slice text)
{
    z_stream z = {0};
    int result = deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                              Z_DEFAULT_STRATEGY);
    BUG_ON(result != Z_OK); /* there is no memory */
    size_t cap = deflateBound(&z, text.len), taken = 0, len = 0;
    char *bytes = arena_alloc(arena, cap);
    while (result != Z_STREAM_END) {
        z.next_in = (Bytef *)(uintptr_t)(text.ptr + taken);
        z.avail_in = piece_of(text.len - taken);
        z.next_out = (Bytef *)bytes + len;
        z.avail_out = piece_of(cap - len);
        uInt in = z.avail_in, out = z.avail_out;
        result = deflate(&z, taken + in == text.len ? Z_FINISH : Z_NO_FLUSH);
        BUG_ON(result != Z_OK && result != Z_STREAM_END);
        taken += in - z.avail_in;
        len += out - z.avail_out;
    }
    deflateEnd(&z);
    return (struct slice){bytes, len};
}

bool gzip_is(struct slice bytes)
{
    return slice_starts(bytes, MAGIC);
}

/* Where more goes: twice the room, and never more than the text may have. */
static char *grow(struct arena *arena, char *text, size_t len, size_t *cap, size_t max)
{
    size_t wanted = *cap == 0 ? FIRST_MAX : *cap > max / 2 ? max : 2 * *cap;
    if (wanted > max)
        wanted = max;
    char *grown = arena_alloc(arena, wanted + 1);
    if (len > 0)
        memcpy(grown, text, len);
    *cap = wanted;
    return grown;
}

static bool inflate_all(struct arena *arena, z_stream *z, struct slice bytes, size_t max,
                        struct slice *ret, const char **ret_why)
{
    char *text = NULL;
    size_t cap = 0, taken = 0, len = 0;
    int result = Z_OK;
    while (result != Z_STREAM_END) {
        if (len == cap && cap < max)
            text = grow(arena, text, len, &cap, max);
        char beyond; /* a text of exactly max bytes ends without asking for more */
        bool full = len == max;
        z->next_in = (Bytef *)(uintptr_t)(bytes.ptr + taken);
        z->avail_in = piece_of(bytes.len - taken);
        z->next_out = full ? (Bytef *)&beyond : (Bytef *)text + len;
        z->avail_out = full ? 1 : piece_of(cap - len);
        uInt in = z->avail_in, out = z->avail_out;
        result = inflate(z, Z_NO_FLUSH);
        taken += in - z->avail_in;
        bool more = out != z->avail_out;
        *ret_why = full && more                                  ? "it is longer than it may be"
                   : result == Z_BUF_ERROR                       ? "it ends too early"
                   : result != Z_OK && result != Z_STREAM_END    ? "it is not what was packed"
                   : result == Z_STREAM_END && taken < bytes.len ? "something stands behind it"
                                                                 : NULL;
        if (*ret_why)
            return false;
        len += out - z->avail_out;
    }
    if (!text)
        text = arena_alloc(arena, 1);
    text[len] = '\0';
    *ret = (struct slice){text, len};
    return true;
}

bool gzip_unpack(struct arena *arena, struct slice bytes, size_t max, struct slice *ret,
                 const char **ret_why)
{
    z_stream z = {0};
    int result = inflateInit2(&z, GZIP_WINDOW);
    BUG_ON(result != Z_OK); /* there is no memory */
    bool good = inflate_all(arena, &z, bytes, max, ret, ret_why);
    inflateEnd(&z);
    return good;
}
