#include "engine/config/pattern.h"

#include <regex.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/bug.h"
#include "engine/base/map.h"

struct pattern {
    const char *text;
    bool compiled;
    regex_t regex;
};

static struct arena *process_arena(void)
{
    static struct arena *arena;
    if (!arena)
        arena = arena_new();
    return arena;
}

static _Noreturn void refuse(const char *text, const char *why)
{
    BUG(arena_printf(process_arena(), "pattern %s: %s", text, why));
}

/* glibc takes these for a literal or for an error at run time only. */
static void refuse_other_dialects(const char *text)
{
    if (strstr(text, "(?"))
        refuse(text, "(? is not part of POSIX");
    for (const char *c = strchr(text, '\\'); c; c = strchr(c + 2, '\\')) {
        if (c[1] == '\0')
            refuse(text, "ends with a backslash");
        if (strchr("dDpPuxnrt", c[1]))
            refuse(text, "an escape that POSIX does not know");
    }
}

struct pattern *pattern_of(const char *text)
{
    static struct map known;
    if (!known.arena)
        map_init(&known, process_arena());
    struct pattern *pattern = map_get(&known, text);
    if (pattern)
        return pattern;
    refuse_other_dialects(text);
    pattern = arena_new_of(process_arena(), struct pattern);
    pattern->text = arena_strdup(process_arena(), text);
    map_set(&known, pattern->text, pattern);
    return pattern;
}

bool pattern_matches(struct pattern *pattern, const char *text)
{
    if (!pattern->compiled) {
        int code = regcomp(&pattern->regex, pattern->text, REG_EXTENDED | REG_NOSUB);
        if (code) {
            char why[128];
            regerror(code, &pattern->regex, why, sizeof(why));
            refuse(pattern->text, why);
        }
        pattern->compiled = true;
    }
    return regexec(&pattern->regex, text, 0, NULL, 0) == 0;
}
