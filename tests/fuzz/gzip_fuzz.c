/* Any bytes as packed text: what is refused says why, what is not is never longer than was allowed,
 * and comes back when it is packed again. The same of the bytes as a text. */

#include <stdint.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/gzip.h"

#define MAX ((size_t)1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void comes_back(struct arena *arena, struct slice text)
{
    struct slice back;
    const char *why = NULL;
    bool good = gzip_unpack(arena, gzip_pack(arena, text), text.len, &back, &why);
    BUG_ON(!good || back.len != text.len ||
           (text.len > 0 && memcmp(back.ptr, text.ptr, text.len) != 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct slice bytes = {(const char *)data, size}, text;
    const char *why = NULL;
    bool good = gzip_unpack(arena, bytes, MAX, &text, &why);
    BUG_ON(good != (why == NULL) || (good && text.len > MAX));
    if (good)
        comes_back(arena, text);
    comes_back(arena, bytes);
    return 0;
}
