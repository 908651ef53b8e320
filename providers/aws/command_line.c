#include "providers/aws/command_line.h"

#include <string.h>

#include "engine/base/slice.h"
#include "engine/base/strbuf.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Adds what stands between quotes; *at is behind the first of them, and then behind the last.
 * Between double quotes a backslash stands for itself, except before a quote or another. */
static bool add_quoted(struct strbuf *word, const char **at, char quote)
{
    for (; **at; (*at)++) {
        const char *c = *at;
        if (*c == quote) {
            (*at)++;
            return true;
        }
        if (quote == '"' && *c == '\\' && (c[1] == '"' || c[1] == '\\'))
            (*at)++;
        strbuf_add_char(word, **at);
    }
    return false;
}

static bool add_word(struct strbuf *word, const char **at)
{
    while (**at && !is_blank(**at)) {
        char c = *(*at)++;
        if (c == '"' || c == '\'') {
            if (!add_quoted(word, at, c))
                return false;
            continue;
        }
        if (c == '\\') {
            c = *(*at)++;
            if (!c)
                return false;
        }
        strbuf_add_char(word, c);
    }
    return true;
}

bool command_line_split(struct arena *arena, const char *line, const char ***ret)
{
    const char **words = NULL;
    size_t len = 0, cap = 0, max = strlen(line) + 1;
    for (;;) {
        while (is_blank(*line))
            line++;
        words = arena_grow(arena, words, len, &cap, len + 1, sizeof(*words));
        words[len] = NULL;
        if (!*line)
            break;
        struct strbuf word;
        strbuf_init(&word, arena, max);
        if (!add_word(&word, &line))
            return false;
        words[len++] = strbuf_str(&word);
    }
    *ret = words;
    return true;
}
