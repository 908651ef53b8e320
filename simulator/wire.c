/* The texts of the wire: percent encoding, the forms of the query protocol, XML, URI templates. */
#include "simulator/internal.h"

#include <string.h>

#define XML_MAX ((size_t)64 * 1024 * 1024)

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

const char *percent_decode(struct arena *arena, struct slice text, bool form)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%' && i + 2 < text.len && hex_digit(text.ptr[i + 1]) >= 0 &&
            hex_digit(text.ptr[i + 2]) >= 0) {
            c = (char)(hex_digit(text.ptr[i + 1]) * 16 + hex_digit(text.ptr[i + 2]));
            i += 2;
        } else if (c == '+' && form) {
            c = ' ';
        }
        out[len++] = c;
    }
    return out;
}

const char *percent_encode(struct arena *arena, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, strlen(text) * 3 + 1);
    size_t len = 0;
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-_.~", c)) {
            out[len++] = (char)c;
        } else {
            out[len++] = '%';
            out[len++] = hex[c >> 4];
            out[len++] = hex[c & 15];
        }
    }
    return out;
}

const struct value *query_decode(struct arena *arena, struct slice text)
{
    struct map_builder b = map_begin(arena);
    while (text.len) {
        struct slice pair = slice_cut(&text, '&');
        struct slice name = slice_cut(&pair, '=');
        if (!name.len)
            continue;
        const char *key = percent_decode(arena, name, true);
        const struct value *v = value_string(arena, percent_decode(arena, pair, true));
        struct map_builder so_far = b;
        const struct value *old = value_get(map_end(&so_far), key);
        if (old) {
            struct list_builder list = list_begin(arena);
            for (size_t i = 0; old->kind == VALUE_LIST && i < value_len(old); i++)
                list_add(&list, value_item(old, i));
            if (old->kind != VALUE_LIST)
                list_add(&list, old);
            list_add(&list, v);
            v = list_end(&list);
        }
        map_put(&b, key, v);
    }
    return map_end(&b);
}

/* ---- forms: "Tags.member.1.Key=x" ---- */

struct form_pair {
    struct slice path;
    const char *text;
};

static bool is_number(const char *text)
{
    long long number;
    return parse_int64(slice_of(text), &number) && number >= 0;
}

static bool all_numbers(const struct value *map)
{
    for (size_t i = 0; i < value_len(map); i++) {
        if (!is_number(map->map.entries[i].key))
            return false;
    }
    return value_len(map) > 0;
}

static const struct value *list_of_numbered(struct arena *arena, const struct value *map)
{
    size_t len = value_len(map);
    struct list_builder list = list_begin(arena);
    long long last = -1;
    for (size_t n = 0; n < len; n++) { /* in the order of their numbers */
        long long best = -1;
        const struct value *item = NULL;
        for (size_t i = 0; i < len; i++) {
            long long number = 0;
            if (parse_int64(slice_of(map->map.entries[i].key), &number) && number > last &&
                (best < 0 || number < best)) {
                best = number;
                item = map->map.entries[i].value;
            }
        }
        if (!item)
            break;
        list_add(&list, item);
        last = best;
    }
    return list_end(&list);
}

/* [{key, value}] under "entry" is a map. */
static const struct value *map_of_entries(struct arena *arena, const struct value *list)
{
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        const char *key = value_get_str(item, "key");
        map_put(&b, key ? key : "", value_get(item, "value"));
    }
    return map_end(&b);
}

static const struct value *form_build(struct arena *arena, const struct form_pair *pairs,
                                      size_t len, bool top)
{
    if (len == 1 && !pairs[0].path.len)
        return value_string(arena, pairs[0].text);
    struct form_pair *below = arena_array(arena, len, sizeof(*below));
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < len; i++) {
        struct slice rest = pairs[i].path;
        const char *name = percent_decode(arena, slice_cut(&rest, '.'), true);
        struct map_builder so_far = b;
        if (value_get(map_end(&so_far), name))
            continue;
        size_t count = 0;
        for (size_t k = i; k < len; k++) {
            struct slice other = pairs[k].path;
            struct slice head = slice_cut(&other, '.');
            if (str_eq(percent_decode(arena, head, true), name))
                below[count++] = (struct form_pair){other, pairs[k].text};
        }
        const struct form_pair *mine = arena_memdup(arena, below, count * sizeof(*below));
        map_put(&b, name, form_build(arena, mine, count, false));
    }
    const struct value *map = map_end(&b);
    if (top)
        return map;
    if (all_numbers(map))
        return list_of_numbered(arena, map);
    const struct value_entry *only = value_len(map) == 1 ? &map->map.entries[0] : NULL;
    if (only && value_is(only->value, VALUE_LIST))
        return str_eq(only->key, "entry") ? map_of_entries(arena, only->value) : only->value;
    return map;
}

const struct value *form_decode(struct arena *arena, struct slice text)
{
    struct form_pair *pairs = NULL;
    size_t len = 0, cap = 0;
    while (text.len) {
        struct slice pair = slice_cut(&text, '&');
        struct slice name = slice_cut(&pair, '=');
        if (!name.len)
            continue;
        pairs = arena_grow(arena, pairs, len, &cap, len + 1, sizeof(*pairs));
        pairs[len++] = (struct form_pair){name, percent_decode(arena, pair, true)};
    }
    return form_build(arena, pairs, len, true);
}

/* ---- XML ---- */

void xml_escape(struct strbuf *sb, const char *text)
{
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '&': strbuf_add(sb, "&amp;"); break;
        case '<': strbuf_add(sb, "&lt;"); break;
        case '>': strbuf_add(sb, "&gt;"); break;
        case '"': strbuf_add(sb, "&quot;"); break;
        case '\r': strbuf_add(sb, "&#xD;"); break;
        default: strbuf_add_char(sb, *p);
        }
    }
}

static void xml_value(struct strbuf *sb, const struct sim_api *api, const char *name,
                      const struct value *v);

static void xml_element(struct strbuf *sb, const struct sim_api *api, const char *name,
                        const struct value *v)
{
    if (value_is(v, VALUE_NULL))
        return;
    strbuf_addf(sb, "<%s>", name);
    xml_value(sb, api, name, v);
    strbuf_addf(sb, "</%s>", name);
}

static void xml_value(struct strbuf *sb, const struct sim_api *api, const char *name,
                      const struct value *v)
{
    const char *item = NULL;
    switch (v->kind) {
    case VALUE_MAP:
        for (size_t i = 0; i < v->map.len; i++)
            xml_element(sb, api, v->map.entries[i].key, v->map.entries[i].value);
        break;
    case VALUE_LIST:
        item = api->list_item ? api->list_item(name) : NULL;
        for (size_t i = 0; i < v->list.len; i++)
            xml_element(sb, api, item ? item : "member", v->list.items[i]);
        break;
    case VALUE_BOOL: strbuf_add(sb, v->boolean ? "true" : "false"); break;
    case VALUE_INT: strbuf_addf(sb, "%lld", (long long)v->integer); break;
    case VALUE_DOUBLE: strbuf_addf(sb, "%.15g", v->number); break;
    case VALUE_STRING: xml_escape(sb, v->string.ptr); break;
    case VALUE_NULL:
    case VALUE_REF:
    case VALUE_CONCAT: break;
    }
}

/* S3's form: nothing around the error. */
static const char *xml_bare_error(const struct sim_call *call)
{
    struct strbuf sb;
    strbuf_init(&sb, call->arena, XML_MAX);
    strbuf_add(&sb, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>");
    xml_escape(&sb, call->error_code);
    strbuf_add(&sb, "</Code><Message>");
    xml_escape(&sb, call->error_message);
    strbuf_add(&sb, "</Message>");
    for (size_t i = 0; i < value_len(call->error_extra); i++) {
        const struct value_entry *e = &call->error_extra->map.entries[i];
        strbuf_addf(&sb, "<%s>", e->key);
        xml_escape(&sb, value_str(e->value));
        strbuf_addf(&sb, "</%s>", e->key);
    }
    strbuf_addf(&sb, "<RequestId>%s</RequestId></Error>", call->request_id);
    return strbuf_str(&sb);
}

const char *xml_encode(const struct sim_call *call)
{
    const char *name = call->operation->name;
    struct strbuf sb;
    strbuf_init(&sb, call->arena, XML_MAX);
    strbuf_addf(&sb, "<%sResponse xmlns=\"%s\">", name, call->api->xmlns ? call->api->xmlns : "");
    if (call->api->bare) {
        if (call->output)
            xml_value(&sb, call->api, name, call->output);
        strbuf_addf(&sb, "<requestId>%s</requestId></%sResponse>", call->request_id, name);
        return strbuf_str(&sb);
    }
    if (call->output)
        xml_element(&sb, call->api, arena_printf(call->arena, "%sResult", name), call->output);
    strbuf_addf(&sb, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>",
                call->request_id, name);
    return strbuf_str(&sb);
}

/* EC2's form. */
static const char *xml_listed_error(const struct sim_call *call)
{
    struct strbuf sb;
    strbuf_init(&sb, call->arena, XML_MAX);
    strbuf_add(&sb, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>");
    xml_escape(&sb, call->error_code);
    strbuf_add(&sb, "</Code><Message>");
    xml_escape(&sb, call->error_message);
    strbuf_addf(&sb, "</Message></Error></Errors><RequestID>%s</RequestID></Response>",
                call->request_id);
    return strbuf_str(&sb);
}

const char *xml_error(const struct sim_call *call)
{
    if (call->api && call->api->bare)
        return xml_listed_error(call);
    if (call->wire == SIM_REST_XML)
        return xml_bare_error(call);
    struct strbuf sb;
    strbuf_init(&sb, call->arena, XML_MAX);
    strbuf_addf(&sb, "<ErrorResponse xmlns=\"%s\"><Error><Type>%s</Type><Code>",
                call->api && call->api->xmlns ? call->api->xmlns : "",
                call->status >= 500 ? "Receiver" : "Sender");
    xml_escape(&sb, call->error_code);
    strbuf_add(&sb, "</Code><Message>");
    xml_escape(&sb, call->error_message);
    strbuf_addf(&sb, "</Message></Error><RequestId>%s</RequestId></ErrorResponse>",
                call->request_id);
    return strbuf_str(&sb);
}

/* ---- URI templates ---- */

static struct slice without_slashes(struct slice s)
{
    while (s.len && s.ptr[0] == '/')
        s = slice_from(s, 1);
    while (s.len && s.ptr[s.len - 1] == '/')
        s.len--;
    return s;
}

bool uri_match(struct arena *arena, const char *uri, struct slice path, struct map_builder *labels)
{
    struct slice want = without_slashes(slice_of(uri));
    struct slice have = without_slashes(path);
    struct map_builder found = map_begin(arena);
    while (want.len && have.len) {
        struct slice w = slice_cut(&want, '/');
        struct slice h = slice_cut(&have, '/');
        if (w.len > 3 && w.ptr[w.len - 2] == '+') { /* {Key+} */
            const char *name = arena_strndup(arena, w.ptr + 1, w.len - 3);
            struct slice all = {h.ptr, h.len + (have.ptr ? have.len + 1 : 0)};
            map_put_str(&found, name, percent_decode(arena, all, false));
            have = slice_of("");
        } else if (w.len > 2 && w.ptr[0] == '{') {
            const char *name = arena_strndup(arena, w.ptr + 1, w.len - 2);
            map_put_str(&found, name, percent_decode(arena, h, false));
        } else if (w.len != h.len || memcmp(w.ptr, h.ptr, w.len) != 0) {
            return false;
        }
    }
    if (want.len || have.len)
        return false;
    *labels = found;
    return true;
}
