#include "engine/base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"

#define MAX_TEXT ((size_t)64 * 1024 * 1024)
#define MAX_DEPTH 200
#define FEW 16 /* entries that are put in order on the stack */

static void cjson_freep(cJSON **json)
{
    cJSON_Delete(*json);
}

/* NULL with a reason where a value has no place in our tree. unique: nor has a key that stands
 * twice. */
static const struct value *convert(struct arena *arena, const cJSON *json, int depth, bool unique,
                                   const char **ret_why)
{
    if (depth > MAX_DEPTH) {
        *ret_why = "nested too deep";
        return NULL;
    }
    if (cJSON_IsNull(json))
        return value_null();
    if (cJSON_IsBool(json))
        return value_bool(cJSON_IsTrue(json));
    if (cJSON_IsString(json))
        return value_string(arena, json->valuestring);
    if (cJSON_IsNumber(json)) {
        double number = json->valuedouble;
        if (!isfinite(number)) {
            *ret_why = "a number out of range";
            return NULL;
        }
        if (number == floor(number) && fabs(number) <= 9007199254740992.0)
            return value_int(arena, (int64_t)number);
        return value_double(arena, number);
    }
    if (cJSON_IsArray(json)) {
        struct list_builder b = list_begin(arena);
        for (const cJSON *item = json->child; item; item = item->next) {
            const struct value *v = convert(arena, item, depth + 1, unique, ret_why);
            if (!v)
                return NULL;
            list_add(&b, v);
        }
        return list_end(&b);
    }
    struct map_builder b = map_begin(arena);
    size_t members = 0;
    for (const cJSON *item = json->child; item; item = item->next, members++) {
        const struct value *v = convert(arena, item, depth + 1, unique, ret_why);
        if (!v)
            return NULL;
        map_put(&b, item->string, v);
    }
    const struct value *map = map_end(&b);
    if (unique && map->map.len < members) {
        *ret_why = "a key that stands twice in a map";
        return NULL;
    }
    return map;
}

/* cJSON hands out C strings: text behind an escaped NUL would be lost without a word. */
static bool escapes_nul(struct slice text)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    while ((at = memmem(at, (size_t)(end - at), "\\u0000", 6)) != NULL) {
        size_t backslashes = 0;
        while (at - backslashes > text.ptr && at[-1 - (ptrdiff_t)backslashes] == '\\')
            backslashes++;
        if (backslashes % 2 == 0)
            return true;
        at += 6;
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool parse(struct arena *arena, struct slice text, bool unique, const struct value **ret,
                  const char **ret_why)
{
    if (text.len > MAX_TEXT) {
        *ret_why = "too large";
        return false;
    }
    if (text.len && escapes_nul(text)) {
        *ret_why = "a NUL character in a string";
        return false;
    }
    const char *end = NULL;
    CLEANUP(cjson_freep)
    cJSON *json = text.len ? cJSON_ParseWithLengthOpts(text.ptr, text.len, &end, 0) : NULL;
    if (!json) {
        *ret_why = text.len ? "not JSON" : "empty";
        return false;
    }
    while (end < text.ptr + text.len && is_blank(*end))
        end++;
    if (end != text.ptr + text.len) {
        *ret_why = "text after the JSON document";
        return false;
    }
    const struct value *v = convert(arena, json, 0, unique, ret_why);
    if (!v)
        return false;
    *ret = v;
    return true;
}

bool json_parse(struct arena *arena, struct slice text, const struct value **ret,
                const char **ret_why)
{
    return parse(arena, text, false, ret, ret_why);
}

bool json_parse_unique(struct arena *arena, struct slice text, const struct value **ret,
                       const char **ret_why)
{
    return parse(arena, text, true, ret, ret_why);
}

void json_write_string(struct strbuf *sb, struct slice text)
{
    strbuf_add_char(sb, '"');
    size_t plain = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        strbuf_add_n(sb, text.ptr + plain, i - plain);
        plain = i + 1;
        switch (c) {
        case '"': strbuf_add(sb, "\\\""); break;
        case '\\': strbuf_add(sb, "\\\\"); break;
        case '\n': strbuf_add(sb, "\\n"); break;
        case '\t': strbuf_add(sb, "\\t"); break;
        case '\r': strbuf_add(sb, "\\r"); break;
        default: strbuf_addf(sb, "\\u%04x", c);
        }
    }
    if (text.len > plain)
        strbuf_add_n(sb, text.ptr + plain, text.len - plain);
    strbuf_add_char(sb, '"');
}

static void newline(struct strbuf *sb, unsigned style, int depth)
{
    if (!(style & JSON_PRETTY))
        return;
    strbuf_add_char(sb, '\n');
    strbuf_add_repeat(sb, ' ', (size_t)depth * 2);
}

static int compare_entries(const void *a, const void *b)
{
    const struct value_entry *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

static void write_value(struct strbuf *sb, const struct value *v, unsigned style, int depth);

static void write_map(struct strbuf *sb, const struct value *v, unsigned style, int depth)
{
    if (v->map.len == 0) {
        strbuf_add(sb, "{}");
        return;
    }
    CLEANUP(arena_freep) struct arena *scratch = NULL;
    const struct value_entry *few[FEW], **order = few;
    if (v->map.len > FEW) {
        scratch = arena_new();
        order = arena_array(scratch, v->map.len, sizeof(*order));
    }
    for (size_t i = 0; i < v->map.len; i++)
        order[i] = &v->map.entries[i];
    if (style & JSON_SORTED)
        qsort(order, v->map.len, sizeof(const struct value_entry *), compare_entries);
    strbuf_add_char(sb, '{');
    for (size_t i = 0; i < v->map.len; i++) {
        if (i > 0)
            strbuf_add_char(sb, ',');
        newline(sb, style, depth + 1);
        json_write_string(sb, slice_of(order[i]->key));
        strbuf_add(sb, style & JSON_PRETTY ? ": " : ":");
        write_value(sb, order[i]->value, style, depth + 1);
    }
    newline(sb, style, depth);
    strbuf_add_char(sb, '}');
}

static void write_list(struct strbuf *sb, const struct value *v, unsigned style, int depth)
{
    if (v->list.len == 0) {
        strbuf_add(sb, "[]");
        return;
    }
    strbuf_add_char(sb, '[');
    for (size_t i = 0; i < v->list.len; i++) {
        if (i > 0)
            strbuf_add_char(sb, ',');
        newline(sb, style, depth + 1);
        write_value(sb, v->list.items[i], style, depth + 1);
    }
    newline(sb, style, depth);
    strbuf_add_char(sb, ']');
}

static void write_double(struct strbuf *sb, double number)
{
    char text[40];
    for (int precision = 15; precision <= 17; precision++) { /* the shortest that reads back */
        snprintf(text, sizeof(text), "%.*g", precision, number);
        if (strtod(text, NULL) == number)
            break;
    }
    strbuf_add(sb, isfinite(number) ? text : "null");
}

static void write_value(struct strbuf *sb, const struct value *v, unsigned style, int depth)
{
    switch (v->kind) {
    case VALUE_NULL: strbuf_add(sb, "null"); break;
    case VALUE_BOOL: strbuf_add(sb, v->boolean ? "true" : "false"); break;
    case VALUE_INT: strbuf_addf(sb, "%lld", (long long)v->integer); break;
    case VALUE_DOUBLE: write_double(sb, v->number); break;
    case VALUE_STRING: json_write_string(sb, v->string); break;
    case VALUE_LIST: write_list(sb, v, style, depth); break;
    case VALUE_MAP: write_map(sb, v, style, depth); break;
    case VALUE_REF:
        strbuf_add(sb, "{\"$ref\":");
        strbuf_addf(sb, "\"%s.%s\"}", v->ref.address, v->ref.attribute);
        break;
    case VALUE_CONCAT:
        strbuf_add(sb, "{\"$concat\":");
        write_list(sb, v, JSON_COMPACT, depth);
        strbuf_add_char(sb, '}');
        break;
    }
}

void json_write(struct strbuf *sb, const struct value *v, unsigned style)
{
    write_value(sb, v ? v : value_null(), style, 0);
}

const char *json_print(struct arena *arena, const struct value *v, unsigned style)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, (size_t)1 << 30);
    json_write(&sb, v, style);
    return strbuf_str(&sb);
}

const struct value *json_restore_unknown(struct arena *arena, const struct value *v)
{
    if (value_is(v, VALUE_LIST)) {
        struct list_builder b = list_begin(arena);
        for (size_t i = 0; i < v->list.len; i++)
            list_add(&b, json_restore_unknown(arena, v->list.items[i]));
        return list_end(&b);
    }
    if (!value_is(v, VALUE_MAP))
        return v;
    const char *ref = v->map.len == 1 ? value_get_str(v, "$ref") : NULL;
    if (ref && strrchr(ref, '.')) {
        const char *dot = strrchr(ref, '.');
        return value_ref(arena, arena_strndup(arena, ref, (size_t)(dot - ref)), dot + 1);
    }
    const struct value *parts = v->map.len == 1 ? value_get(v, "$concat") : NULL;
    if (value_is(parts, VALUE_LIST)) {
        const struct value *restored = json_restore_unknown(arena, parts);
        return value_concat(arena, restored->list.items, restored->list.len);
    }
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < v->map.len; i++)
        map_put(&b, v->map.entries[i].key, json_restore_unknown(arena, v->map.entries[i].value));
    return map_end(&b);
}
