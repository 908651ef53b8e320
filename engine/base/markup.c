#include "engine/base/markup.h"

#include <string.h>

static const char *entity_of(char c)
{
    static const struct {
        char c;
        const char *entity;
    } table[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].c == c)
            return table[i].entity;
    return NULL;
}

/* XML takes no control characters but these, in no form. */
static bool is_allowed(char c)
{
    return (unsigned char)c >= 0x20 || c == '\t' || c == '\n';
}

void markup_add(struct strbuf *sb, const char *text)
{
    for (; text && *text; text++) {
        const char *entity = entity_of(*text);
        if (entity)
            strbuf_add(sb, entity);
        else
            strbuf_add_char(sb, is_allowed(*text) ? *text : '?');
    }
}

const char *markup_text(struct arena *arena, const char *text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 6 * strlen(text ? text : "") + 1);
    markup_add(&sb, text);
    return strbuf_str(&sb);
}
