/* XML bodies of requests as values: an element is its text or a map of its children; a child that
 * comes several times is a list. */
#include "simulator/internal.h"

#include <expat.h>
#include <string.h>

#include "engine/base/bug.h"

#define DEPTH_MAX 32
#define TEXT_MAX ((size_t)1024 * 1024)

struct element {
    const char *name;
    struct map_builder children;
    struct strbuf text;
};

struct reader {
    struct arena *arena;
    XML_Parser parser;
    struct element open[DEPTH_MAX];
    size_t depth;
    const struct value *root;
    bool bad;
};

static void stop(struct reader *r)
{
    r->bad = true;
    XML_StopParser(r->parser, XML_FALSE);
}

static void on_start(void *ctx, const char *name, const char **attributes)
{
    (void)attributes;
    struct reader *r = ctx;
    if (r->depth == DEPTH_MAX) {
        stop(r);
        return;
    }
    struct element *e = &r->open[r->depth++];
    *e = (struct element){.name = arena_strdup(r->arena, name), .children = map_begin(r->arena)};
    strbuf_init(&e->text, r->arena, TEXT_MAX);
}

/* A name that is there already becomes a list. */
static void add_child(struct arena *arena, struct element *parent, const char *name,
                      const struct value *v)
{
    struct map_builder so_far = parent->children;
    const struct value *old = value_get(map_end(&so_far), name);
    struct list_builder list = list_begin(arena);
    if (value_is(old, VALUE_LIST))
        for (size_t i = 0; i < old->list.len; i++)
            list_add(&list, old->list.items[i]);
    else if (old)
        list_add(&list, old);
    if (list.len) {
        list_add(&list, v);
        v = list_end(&list);
    }
    map_put(&parent->children, name, v);
}

static void on_end(void *ctx, const char *name)
{
    (void)name;
    struct reader *r = ctx;
    if (r->bad)
        return;
    struct element *e = &r->open[--r->depth];
    const struct value *v = e->children.len
                                ? map_end(&e->children)
                                : value_string_n(r->arena, strbuf_str(&e->text), e->text.len);
    if (r->depth)
        add_child(r->arena, &r->open[r->depth - 1], e->name, v);
    else
        r->root = v;
}

static void on_text(void *ctx, const char *text, int len)
{
    struct reader *r = ctx;
    if (r->depth && !r->bad)
        strbuf_add_n(&r->open[r->depth - 1].text, text, (size_t)len);
}

static void on_doctype(void *ctx, const char *name, const char *system, const char *public, int own)
{
    (void)name;
    (void)system;
    (void)public;
    (void)own;
    stop(ctx);
}

const struct value *xml_decode(struct arena *arena, struct slice body)
{
    struct reader *r = arena_new_of(arena, struct reader);
    r->arena = arena;
    r->parser = XML_ParserCreate(NULL);
    if (!r->parser)
        BUG("out of memory");
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    bool good = body.len < TEXT_MAX &&
                XML_Parse(r->parser, body.ptr, (int)body.len, 1) == XML_STATUS_OK && !r->bad;
    XML_ParserFree(r->parser);
    return good ? r->root : NULL;
}
