#include "engine/base/record.h"

#include <string.h>

#include "engine/base/crypto.h"

#define REPLACED "#replaced."

const char *record_replaced_address(struct arena *arena, const char *address,
                                    const char *identifier)
{
    return arena_printf(arena, "%s" REPLACED "%.8s", address,
                        sha256_hex(arena, slice_of(identifier)));
}

const char *record_replaced_base(struct arena *arena, const char *address)
{
    const char *mark = strstr(address, REPLACED);
    return mark ? arena_strndup(arena, address, (size_t)(mark - address)) : NULL;
}
