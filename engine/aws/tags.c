#include "engine/aws/tags.h"

#include "engine/base/cleanup.h"
#include "engine/base/strbuf.h"
#include "engine/base/utf8.h"

/* Blocks beyond ASCII that hold marks, punctuation, symbols, private use or control characters and
 * so are neither \p{L}, \p{Z} nor \p{N}. Whole blocks, not the full Unicode table: what remains and
 * is wrong all the same, AWS refuses. */
static const struct {
    uint32_t first, last;
} not_text[] = {
    {0x80, 0x9f},       {0xa1, 0xa9},        {0xab, 0xb1},     {0xb4, 0xb4},     {0xb6, 0xb8},
    {0xbb, 0xbb},       {0xbf, 0xbf},        {0xd7, 0xd7},     {0xf7, 0xf7},     {0x300, 0x36f},
    {0x200b, 0x2027},   {0x202a, 0x202e},    {0x2030, 0x205e}, {0x2060, 0x206f}, {0x20a0, 0x20ff},
    {0x2190, 0x245f},   {0x249c, 0x24e9},    {0x2500, 0x2775}, {0x2794, 0x2bff}, {0x3001, 0x3004},
    {0x3008, 0x3020},   {0xe000, 0xf8ff},    {0xfe00, 0xfe6f}, {0xfff0, 0xffff}, {0x1f000, 0x1f0ff},
    {0x1f10d, 0x1faff}, {0xe0000, 0x10ffff},
};

static bool is_tag_character(uint32_t c)
{
    if (c < 0x80) {
        static const char marks[] = " _.:/=+-@";
        for (size_t i = 0; i + 1 < sizeof marks; i++)
            if (c == (unsigned char)marks[i])
                return true;
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    for (size_t i = 0; i < ARRAY_LEN(not_text); i++)
        if (c >= not_text[i].first && c <= not_text[i].last)
            return false;
    return true;
}

static bool is_tag_text(const char *text, size_t min, size_t max)
{
    size_t len = 0;
    for (struct slice rest = slice_of(text); rest.len > 0; len++) {
        uint32_t c = utf8_take(&rest);
        if (c == UTF8_NONE || len == max || !is_tag_character(c))
            return false;
    }
    return len >= min;
}

bool tag_value_is_valid(const char *value)
{
    return value != NULL && is_tag_text(value, 0, TAG_VALUE_MAX);
}

bool tag_key_is_valid(const char *key)
{
    if (key == NULL || !is_tag_text(key, 1, TAG_KEY_MAX))
        return false;
    return !((key[0] | 0x20) == 'a' && (key[1] | 0x20) == 'w' && (key[2] | 0x20) == 's' &&
             key[3] == ':');
}

const char *tag_address_value(struct arena *arena, const char *address)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 4096);
    for (bool inside = false; *address != '\0'; address++) {
        if (*address == '[')
            strbuf_add_char(&sb, '@');
        else if (*address != ']')
            strbuf_add_char(&sb, inside && *address == ',' ? ':' : *address);
        inside = *address == '[' || (inside && *address != ']');
    }
    return strbuf_str(&sb);
}

const char *tag_address_read(struct arena *arena, const char *value)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 4096);
    bool inside = false;
    for (; *value != '\0'; value++) {
        if (inside && *value == '/')
            strbuf_add_char(&sb, ']');
        strbuf_add_char(&sb, *value == '@' ? '[' : inside && *value == ':' ? ',' : *value);
        inside = *value == '@' || (inside && *value != '/');
    }
    if (inside)
        strbuf_add_char(&sb, ']');
    return strbuf_str(&sb);
}

bool tags_check(struct arena *arena, const struct value *tags, const char **ret_why)
{
    if (tags == NULL || tags->kind == VALUE_NULL || tags->kind == VALUE_REF)
        return true;
    if (tags->kind != VALUE_MAP) {
        *ret_why = "tags must be a map of names to text";
        return false;
    }
    if (tags->map.len > TAGS_MAX) {
        *ret_why = arena_printf(arena, "%zu tags are more than the %d that AWS allows",
                                tags->map.len, TAGS_MAX);
        return false;
    }
    for (size_t i = 0; i < tags->map.len; i++) {
        const struct value_entry *tag = &tags->map.entries[i];
        if (!tag_key_is_valid(tag->key)) {
            *ret_why = arena_printf(arena,
                                    "tag name \"%s\" must have 1 to %d letters, digits, spaces and "
                                    "_.:/=+-@, and must not begin with aws:",
                                    tag->key, TAG_KEY_MAX);
            return false;
        }
        if (value_has_unknown(tag->value))
            continue;
        if (!tag_value_is_valid(value_str(tag->value))) {
            *ret_why = arena_printf(arena,
                                    "the value of tag \"%s\" must be text of at most %d letters, "
                                    "digits, spaces and _.:/=+-@",
                                    tag->key, TAG_VALUE_MAX);
            return false;
        }
    }
    return true;
}
