#include "engine/plan/text.h"

#include <inttypes.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/config/seal.h"

#define TEXT_MAX ((size_t)1024 * 1024)

const struct style *style_of(bool colour)
{
    static const struct style plain = {"", "", "", "", "", ""};
    static const struct style ansi = {"\033[32m",   "\033[33m", "\033[31m",
                                      "\033[1;31m", "\033[1m",  "\033[0m"};
    return colour ? &ansi : &plain;
}

static bool starts_code_point(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

size_t text_columns(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += starts_code_point(*text) ? 1 : 0;
    return columns;
}

const char *text_cut(struct arena *arena, const char *text, size_t columns)
{
    static const char dots[] = "...";
    if (columns == 0 || text_columns(text) <= columns)
        return text;
    size_t keep = columns > strlen(dots) ? columns - strlen(dots) : 0, end = 0;
    for (size_t seen = 0; text[end]; end++)
        if (starts_code_point(text[end]) && seen++ == keep)
            break;
    return arena_printf(arena, "%.*s%s", (int)end, text, dots);
}

/* What ends a line, moves the cursor or turns the order of reading round. */
static const struct {
    uint32_t from, to;
} unseen[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},
              {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}};

static bool is_unseen(uint32_t c)
{
    for (size_t i = 0; i < ARRAY_LEN(unseen); i++)
        if (c >= unseen[i].from && c <= unseen[i].to)
            return true;
    return false;
}

const char *text_line(struct arena *arena, const char *text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, RENDER_MAX);
    for (struct slice rest = slice_of(text); rest.len > 0;) {
        const struct slice at = rest;
        uint32_t c = utf8_take(&rest);
        if (c == UTF8_NONE) { /* a byte that is no UTF-8 */
            c = (unsigned char)at.ptr[0];
            rest = slice_from(rest, 1);
        }
        if (c == '\t' || c == '\n' || c == '\r')
            strbuf_add_char(&sb, ' ');
        else if (is_unseen(c))
            strbuf_addf(&sb, "\\u%04" PRIx32, c);
        else
            strbuf_add_n(&sb, at.ptr, at.len - rest.len);
    }
    return strbuf_str(&sb);
}

static const char *ref_text(struct arena *arena, const struct value *ref)
{
    static const char *const whole[] = {"arn", "id", "name", NULL};
    return str_is_one_of(ref->ref.attribute, whole)
               ? ref->ref.address
               : arena_printf(arena, "%s.%s", ref->ref.address, ref->ref.attribute);
}

const char *text_value(struct arena *arena, const struct schema_node *node, const struct value *v)
{
    if (!v || v->kind == VALUE_NULL)
        return "(none)";
    if (node && node->sensitive)
        return "(sensitive)";
    if (v->kind == VALUE_STRING)
        return *v->string.ptr ? text_line(arena, v->string.ptr) : "\"\"";
    if (v->kind == VALUE_REF)
        return ref_text(arena, v);
    if (v->kind != VALUE_CONCAT)
        return text_line(arena, json_print(arena, value_redacted(arena, node, v), JSON_COMPACT));
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (size_t i = 0; i < value_len(v); i++)
        strbuf_add(&sb, text_value(arena, NULL, value_item(v, i)));
    return strbuf_str(&sb);
}

const char *text_path(struct arena *arena, const char *pointer)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    struct slice rest = slice_of(*pointer == '/' ? pointer + 1 : pointer);
    while (rest.ptr) {
        struct slice part = slice_cut(&rest, '/');
        long long index;
        if (sb.len && parse_int64(part, &index)) {
            strbuf_addf(&sb, "[%lld]", index);
            continue;
        }
        if (sb.len)
            strbuf_add_char(&sb, '.');
        for (size_t i = 0; i < part.len; i++) {
            bool escape = part.ptr[i] == '~' && i + 1 < part.len;
            strbuf_add_char(&sb, !escape ? part.ptr[i] : part.ptr[i + 1] == '1' ? '/' : '~');
            i += escape ? 1 : 0;
        }
    }
    return text_line(arena, strbuf_str(&sb));
}

const char *text_day(struct arena *arena, int64_t ms)
{
    return arena_strndup(arena, time_iso(arena, ms), strlen("2026-01-15"));
}

const char *text_minute(struct arena *arena, int64_t ms)
{
    struct civil t = civil_from_ms(ms);
    return arena_printf(arena, "%s %02d:%02d UTC", text_day(arena, ms), t.hour, t.minute);
}

static const struct value *redacted(struct arena *arena, const struct value *v, const void *ctx)
{
    (void)v, (void)ctx;
    return value_string(arena, "(sensitive)");
}

const struct value *value_redacted(struct arena *arena, const struct schema_node *node,
                                   const struct value *v)
{
    return replace_sensitive(arena, node, v, redacted, NULL);
}
