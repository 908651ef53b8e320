#include "engine/config/yaml_write.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "engine/base/json.h"
#include "engine/base/utf8.h"

#define WIDTH 100
#define BLOCK_LEVELS 3 /* the file, its sections and their entries are never put on one line */

struct writer {
    struct strbuf sb;
    struct arena *arena;
    const struct value *notes;
};

/* ---- scalars ---- */

/* What a reader of YAML could take for something else than text, in this version or an older one.
 */
static bool is_word_of_yaml(const char *text)
{
    static const char *const words[] = {"null",  "Null",  "NULL", "true", "True", "TRUE", "false",
                                        "False", "FALSE", "yes",  "Yes",  "YES",  "no",   "No",
                                        "NO",    "on",    "On",   "ON",   "off",  "Off",  "OFF",
                                        "y",     "Y",     "n",    "N",    NULL};
    return str_is_one_of(text, words);
}

/* A whole text that is one expression: braces do no harm outside of flow collections. */
static bool is_expression(const char *text)
{
    size_t len = strlen(text);
    return len > 3 && str_starts(text, "${") && strchr(text, '}') == text + len - 1 &&
           !strpbrk(text, " :#,'\"\\");
}

/* In a flow collection YAML 1.1 takes a question mark for the beginning of a key. */
static bool is_plain(const char *text, bool flow)
{
    static const char safe[] = "_-./@+=*()?%";
    if (!flow && is_expression(text))
        return true;
    if (flow && strchr(text, '?'))
        return false;
    if (!isalpha((unsigned char)text[0]) && text[0] != '/')
        return false;
    for (const char *at = text; *at; at++) {
        bool joint = (*at == ':' || *at == ' ') && at[1] && at[1] != ' ' && at[1] != '#';
        if (!isalnum((unsigned char)*at) && !strchr(safe, *at) && !joint)
            return false;
    }
    return !is_word_of_yaml(text);
}

/* Controls, breaks of lines beyond ASCII, marks of byte order: YAML takes them escaped only. */
static bool is_escaped(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
           c == 0xfffe || c == 0xffff;
}

static void add_quoted(struct strbuf *sb, struct slice text)
{
    strbuf_add_char(sb, '"');
    while (text.len > 0) {
        const struct slice at = text;
        uint32_t c = utf8_take(&text);
        if (c == UTF8_NONE) /* a byte that is no UTF-8 stays as it is */
            text = slice_from(text, 1);
        if (c == '"' || c == '\\')
            strbuf_addf(sb, "\\%c", (char)c);
        else if (c == '\n')
            strbuf_add(sb, "\\n");
        else if (is_escaped(c))
            strbuf_addf(sb, "\\u%04" PRIx32, c);
        else
            strbuf_add_n(sb, at.ptr, at.len - text.len);
    }
    strbuf_add_char(sb, '"');
}

static void add_text(struct strbuf *sb, struct slice text, bool flow)
{
    if (strlen(text.ptr) == text.len && is_plain(text.ptr, flow))
        strbuf_add_slice(sb, text);
    else
        add_quoted(sb, text);
}

static bool is_collection(const struct value *v)
{
    return v->kind == VALUE_LIST || v->kind == VALUE_MAP;
}

static void add_flow(struct writer *w, struct strbuf *sb, const struct value *v);

static void add_flow_map(struct writer *w, struct strbuf *sb, const struct value *v)
{
    for (size_t i = 0; i < v->map.len; i++) {
        const struct value_entry *e = &v->map.entries[i];
        strbuf_add(sb, i ? ", " : "");
        add_text(sb, slice_of(e->key), true);
        strbuf_add(sb, ": ");
        add_flow(w, sb, e->value);
    }
}

static void add_flow(struct writer *w, struct strbuf *sb, const struct value *v)
{
    if (v->kind == VALUE_MAP) {
        strbuf_add_char(sb, '{');
        add_flow_map(w, sb, v);
        strbuf_add_char(sb, '}');
    } else if (v->kind == VALUE_LIST) {
        strbuf_add_char(sb, '[');
        for (size_t i = 0; i < v->list.len; i++) {
            strbuf_add(sb, i ? ", " : "");
            add_flow(w, sb, v->list.items[i]);
        }
        strbuf_add_char(sb, ']');
    } else if (v->kind == VALUE_STRING) {
        add_text(sb, v->string, true);
    } else {
        strbuf_add(sb, json_print(w->arena, v, JSON_COMPACT));
    }
}

/* ---- lines ---- */

/* On one line: scalars, what is empty, and collections of scalars that fit beside `column`. */
static bool is_short(struct writer *w, const struct value *v, size_t column, size_t level)
{
    if (!is_collection(v) || value_len(v) == 0)
        return true;
    if (level < BLOCK_LEVELS && v->kind == VALUE_MAP)
        return false;
    for (size_t i = 0; i < value_len(v); i++) {
        const struct value *item =
            v->kind == VALUE_LIST ? v->list.items[i] : v->map.entries[i].value;
        if (is_collection(item) && value_len(item) > 0)
            return false;
    }
    struct strbuf line;
    strbuf_init(&line, w->arena, YAML_WRITE_MAX);
    add_flow(w, &line, v);
    return column + line.len <= WIDTH;
}

static void add_note(struct writer *w, const char *path, size_t indent)
{
    struct slice rest = slice_of(value_get_str(w->notes, path));
    while (rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        strbuf_add_repeat(&w->sb, ' ', indent);
        strbuf_addf(&w->sb, "#%s%.*s\n", line.len ? " " : "", (int)line.len, line.ptr);
    }
}

static void add_block(struct writer *w, const struct value *v, const char *path, size_t indent,
                      size_t level);

/* The value after "key:" or "-", to the end of the line or below it. */
static void add_value(struct writer *w, const struct value *v, const char *path, size_t column,
                      size_t indent, size_t level)
{
    if (v->kind == VALUE_STRING) {
        strbuf_add_char(&w->sb, ' ');
        add_text(&w->sb, v->string, false);
        strbuf_add_char(&w->sb, '\n');
    } else if (is_short(w, v, column, level)) {
        strbuf_add_char(&w->sb, ' ');
        add_flow(w, &w->sb, v);
        strbuf_add_char(&w->sb, '\n');
    } else {
        strbuf_add_char(&w->sb, '\n');
        add_block(w, v, path, indent, level);
    }
}

/* From the key on: `indent` is where it stands. */
static void add_entry(struct writer *w, const struct value_entry *e, const char *path,
                      size_t indent, size_t level)
{
    size_t before = w->sb.len;
    add_text(&w->sb, slice_of(e->key), false);
    strbuf_add_char(&w->sb, ':');
    add_value(w, e->value, path, indent + w->sb.len - before + 1, indent + 2, level + 1);
}

/* The first key of a map stands beside the dash, the others below it. */
static void add_item(struct writer *w, const struct value *item, size_t indent)
{
    strbuf_add_repeat(&w->sb, ' ', indent);
    strbuf_add_char(&w->sb, '-');
    if (item->kind != VALUE_MAP || is_short(w, item, indent + 2, BLOCK_LEVELS)) {
        add_value(w, item, "", indent + 2, indent + 2, BLOCK_LEVELS);
        return;
    }
    for (size_t i = 0; i < item->map.len; i++) {
        strbuf_add_repeat(&w->sb, ' ', i == 0 ? 1 : indent + 2);
        add_entry(w, &item->map.entries[i], "", indent + 2, BLOCK_LEVELS);
    }
}

static void add_block(struct writer *w, const struct value *v, const char *path, size_t indent,
                      size_t level)
{
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->list.len; i++)
        add_item(w, v->list.items[i], indent);
    for (size_t i = 0; v->kind == VALUE_MAP && i < v->map.len; i++) {
        const struct value_entry *e = &v->map.entries[i];
        const char *below = arena_printf(w->arena, "%s%s%s", path, *path ? "." : "", e->key);
        bool wide = level == 0 && is_collection(e->value) && value_len(e->value) > 0;
        if (wide && w->sb.len > 0)
            strbuf_add_char(&w->sb, '\n');
        add_note(w, below, indent);
        strbuf_add_repeat(&w->sb, ' ', indent);
        add_entry(w, e, below, indent, level);
    }
}

const char *yaml_write(struct arena *arena, const struct value *root, const struct value *notes)
{
    struct writer w = {.arena = arena, .notes = notes};
    strbuf_init(&w.sb, arena, YAML_WRITE_MAX);
    add_note(&w, "", 0);
    add_block(&w, root, "", 0, 0);
    return strbuf_str(&w.sb);
}
