#include "engine/base/env.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/base/slice.h"

const char *env_get(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

const char *const *env_with_prefix(struct arena *arena, const char *prefix)
{
    size_t len = 0, found = 0;
    while (environ && environ[len])
        len++;
    const char **list = arena_array(arena, len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++)
        if (str_starts(environ[i], prefix))
            list[found++] = environ[i];
    return list;
}
