#include "providers/aws/xml.h"

#include <expat.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/map.h"
#include "engine/base/strbuf.h"

/* An element that is being read: its children so far. */
struct element {
    const char *name;
    struct value_entry *children; /* keys may repeat */
    size_t len, cap;
    struct strbuf text;
    struct element *parent;
};

struct reader {
    struct arena *arena;
    XML_Parser parser;
    struct element *top;
    const struct value *root;
    size_t depth, nodes;
    const char *why;
};

static void stop(struct reader *r, const char *why)
{
    if (!r->why)
        r->why = why;
    XML_StopParser(r->parser, XML_FALSE);
}

/* "ns:Name" and "http://...|Name" are "Name". */
static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void on_start(void *ctx, const char *name, const char **attributes)
{
    (void)attributes;
    struct reader *r = ctx;
    if (++r->depth > XML_DEPTH_MAX || ++r->nodes > XML_NODES_MAX) {
        stop(r, "it is too deep or too large");
        return;
    }
    struct element *e = arena_new_of(r->arena, struct element);
    e->name = arena_strdup(r->arena, local_name(name));
    e->parent = r->top;
    strbuf_init(&e->text, r->arena, (size_t)64 * 1024 * 1024);
    r->top = e;
}

static bool is_item_of(const char *child, const char *parent)
{
    size_t len = strlen(child);
    return str_eq(child, "member") || str_eq(child, "item") ||
           (strncmp(parent, child, len) == 0 &&
            (str_eq(parent + len, "s") || str_eq(parent + len, "List")));
}

static bool is_list(const struct element *e)
{
    for (size_t i = 0; i < e->len; i++)
        if (strcmp(e->children[i].key, e->children[0].key) != 0)
            return false;
    return e->len > 0 && is_item_of(e->children[0].key, e->name);
}

static const struct value *as_map(struct arena *arena, const struct element *e)
{
    struct map groups;
    map_init(&groups, arena);
    for (size_t i = 0; i < e->len; i++) {
        struct list_builder *group = map_get(&groups, e->children[i].key);
        if (!group) {
            group = arena_new_of(arena, struct list_builder);
            *group = list_begin(arena);
            map_set(&groups, e->children[i].key, group);
        }
        list_add(group, e->children[i].value);
    }
    struct map_builder map = map_begin(arena);
    for (size_t i = 0; i < groups.len; i++) {
        struct list_builder *group = groups.entries[i].value;
        map_put(&map, groups.entries[i].key,
                group->len == 1 ? list_items(group)[0] : list_end(group));
    }
    return map_end(&map);
}

static const struct value *finished(struct arena *arena, const struct element *e)
{
    if (e->len == 0)
        return value_string_n(arena, e->text.len ? e->text.data : "", e->text.len);
    if (!is_list(e))
        return as_map(arena, e);
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < e->len; i++)
        list_add(&list, e->children[i].value);
    return list_end(&list);
}

static void on_end(void *ctx, const char *name)
{
    (void)name;
    struct reader *r = ctx;
    struct element *e = r->top;
    if (!e || r->why)
        return;
    r->depth--;
    r->top = e->parent;
    const struct value *v = finished(r->arena, e);
    if (!e->parent) {
        struct map_builder map = map_begin(r->arena);
        map_put(&map, e->name, v);
        r->root = map_end(&map);
        return;
    }
    struct element *p = e->parent;
    p->children =
        arena_grow(r->arena, p->children, p->len, &p->cap, p->len + 1, sizeof(*p->children));
    p->children[p->len++] = (struct value_entry){.key = e->name, .value = v};
}

static void on_text(void *ctx, const char *text, int len)
{
    struct reader *r = ctx;
    if (r->top)
        strbuf_add_n(&r->top->text, text, (size_t)len);
}

static void on_doctype(void *ctx, const char *name, const char *system, const char *public, int own)
{
    (void)name;
    (void)system;
    (void)public;
    (void)own;
    stop(ctx, "it has a DTD");
}

static void free_parser(XML_Parser *parser)
{
    XML_ParserFree(*parser);
}

bool xml_parse(struct arena *arena, struct slice text, const struct value **ret,
               const char **ret_why)
{
    if (text.len > (size_t)64 * 1024 * 1024) {
        *ret_why = "it is too large";
        return false;
    }
    CLEANUP(free_parser) XML_Parser parser = XML_ParserCreate(NULL);
    if (!parser)
        BUG("out of memory");
    struct reader r = {.arena = arena, .parser = parser};
    XML_SetUserData(parser, &r);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    if (XML_Parse(parser, text.ptr, (int)text.len, 1) != XML_STATUS_OK || r.why || !r.root) {
        *ret_why = r.why ? r.why : XML_ErrorString(XML_GetErrorCode(parser));
        return false;
    }
    *ret = r.root;
    return true;
}
