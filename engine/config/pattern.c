#include "engine/config/pattern.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/bug.h"
#include "engine/base/map.h"

static void refuse(struct arena *arena, const char *text, const char *why)
{
    BUG(arena_printf(arena, "pattern %s: %s", text, why));
}

/* glibc takes these for a literal or for an error at run time only. */
static void refuse_other_dialects(struct arena *arena, const char *text)
{
    if (strstr(text, "(?"))
        refuse(arena, text, "(? is not part of POSIX");
    for (const char *c = strchr(text, '\\'); c; c = strchr(c + 2, '\\')) {
        if (c[1] == '\0')
            refuse(arena, text, "ends with a backslash");
        if (strchr("dDpPuxnrt", c[1]))
            refuse(arena, text, "an escape that POSIX does not know");
    }
}

const regex_t *pattern_compile(const char *text)
{
    static struct arena *arena; /* for the life of the process */
    static struct map compiled;
    if (!arena) {
        arena = arena_new();
        map_init(&compiled, arena);
    }
    regex_t *regex = map_get(&compiled, text);
    if (regex)
        return regex;
    refuse_other_dialects(arena, text);
    regex = arena_new_of(arena, regex_t);
    int code = regcomp(regex, text, REG_EXTENDED | REG_NOSUB);
    if (code) {
        char why[128];
        regerror(code, regex, why, sizeof(why));
        refuse(arena, text, why);
    }
    map_set(&compiled, arena_strdup(arena, text), regex);
    return regex;
}

bool pattern_matches(const regex_t *regex, const char *text)
{
    return regexec(regex, text, 0, NULL, 0) == 0;
}
