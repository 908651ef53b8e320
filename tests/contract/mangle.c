#include "tests/contract/mangle.h"

#include <string.h>
#include <strings.h>

#include "engine/base/json.h"
#include "engine/base/strbuf.h"

#define DEPTH 10000
#define TEXT_MAX ((size_t)4 * 1024 * 1024)

/* ---- what nobody can read ---- */

static const char *half(struct arena *arena, const char *body)
{
    size_t len = strlen(body);
    return len > 2 ? arena_strndup(arena, body, len / 2) : "{";
}

static const char *a_page(struct arena *arena, const char *body)
{
    (void)arena;
    (void)body;
    return "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
}

static const char *deep(struct arena *arena, const char *body)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    for (int i = 0; i < DEPTH; i++)
        strbuf_add(&sb, body[0] == '<' ? "<a>" : "{\"a\":");
    strbuf_add(&sb, body[0] == '<' ? "" : "1");
    for (int i = 0; i < DEPTH; i++)
        strbuf_add(&sb, body[0] == '<' ? "</a>" : "}");
    return strbuf_str(&sb);
}

static const char *entities(struct arena *arena, const char *body)
{
    return arena_printf(
        arena,
        "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
        "\"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">"
        "<!ENTITY file SYSTEM \"file:///etc/passwd\">]><r>&c;&file;%s</r>",
        body[0] == '<' ? body : "");
}

static const char *zipped(struct arena *arena, const char *body)
{
    (void)arena;
    (void)body;
    return "\x1f\x8b\x08\x01\xff\xfe not zipped at all";
}

static const char *a_list(struct arena *arena, const char *body)
{
    (void)arena;
    (void)body;
    return "[{\"a\": 1}]";
}

/* ---- what can be read, and is of another shape ---- */

typedef const struct value *turn_fn(struct arena *arena, const struct value *v);

#define EVERY_LEVEL (-1)

static const struct value *turn_level(struct arena *arena, const struct value *v, turn_fn *turn,
                                      int level);

static const struct value *turn_below(struct arena *arena, const struct value *v, turn_fn *turn,
                                      int level)
{
    const struct value *inner =
        turn_level(arena, v, turn, level == EVERY_LEVEL ? level : level - 1);
    return level == EVERY_LEVEL || level == 1 ? turn(arena, inner) : inner;
}

/* Turns the values of one level, or of every one but the outermost, from the inside. */
static const struct value *turn_level(struct arena *arena, const struct value *v, turn_fn *turn,
                                      int level)
{
    if (level == 0 || (!value_is(v, VALUE_MAP) && !value_is(v, VALUE_LIST)))
        return v;
    if (value_is(v, VALUE_MAP)) {
        struct map_builder b = map_begin(arena);
        for (size_t i = 0; i < v->map.len; i++)
            map_put(&b, v->map.entries[i].key,
                    turn_below(arena, v->map.entries[i].value, turn, level));
        return map_end(&b);
    }
    struct list_builder b = list_begin(arena);
    for (size_t i = 0; i < v->list.len; i++)
        list_add(&b, turn_below(arena, v->list.items[i], turn, level));
    return list_end(&b);
}

/* Of XML: every text between two tags. */
static const char *replace_texts(struct arena *arena, const char *body, const char *with)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    while (*body) {
        size_t tag = strcspn(body, ">");
        strbuf_add_n(&sb, body, tag + (body[tag] ? 1 : 0));
        body += tag + (body[tag] ? 1 : 0);
        size_t text = strcspn(body, "<");
        if (text > 0 && body[text])
            strbuf_add(&sb, with);
        body += text;
    }
    return strbuf_str(&sb);
}

static const char *turned(struct arena *arena, const char *body, turn_fn *turn, int level,
                          const char *text)
{
    const struct value *v = NULL;
    const char *why = NULL;
    if (body[0] == '<')
        return replace_texts(arena, body, text);
    if (!json_parse(arena, slice_of(body), &v, &why))
        return body;
    return json_print(arena, turn_level(arena, v, turn, level), JSON_COMPACT);
}

static const struct value *number_of_text(struct arena *arena, const struct value *v)
{
    return value_is(v, VALUE_STRING) ? value_int(arena, 7) : v;
}

static const struct value *nonsense_of_text(struct arena *arena, const struct value *v)
{
    return value_is(v, VALUE_STRING) ? value_string(arena, "|{:/\xc3\xa9") : v;
}

static const struct value *nothing(struct arena *arena, const struct value *v)
{
    (void)arena;
    (void)v;
    return value_null();
}

static const struct value *text_of_group(struct arena *arena, const struct value *v)
{
    return value_is(v, VALUE_MAP) || value_is(v, VALUE_LIST) ? value_string(arena, "x") : v;
}

static const struct value *list_of_anything(struct arena *arena, const struct value *v)
{
    struct list_builder b = list_begin(arena);
    list_add(&b, v);
    list_add(&b, value_null());
    return list_end(&b);
}

static const struct value *map_of_anything(struct arena *arena, const struct value *v)
{
    struct map_builder b = map_begin(arena);
    map_put(&b, "x", v);
    return map_end(&b);
}

static const char *texts_are_numbers(struct arena *arena, const char *body)
{
    return turned(arena, body, number_of_text, EVERY_LEVEL, "7");
}

static const char *texts_are_nonsense(struct arena *arena, const char *body)
{
    return turned(arena, body, nonsense_of_text, EVERY_LEVEL, "|{:/%");
}

static const char *all_is_null(struct arena *arena, const char *body)
{
    return turned(arena, body, nothing, EVERY_LEVEL, "");
}

static const char *groups_are_texts(struct arena *arena, const char *body)
{
    return turned(arena, body, text_of_group, EVERY_LEVEL, "<x/>");
}

static const char *all_are_lists(struct arena *arena, const char *body)
{
    return turned(arena, body, list_of_anything, EVERY_LEVEL, "<member>a</member><member/>");
}

static const char *all_are_maps(struct arena *arena, const char *body)
{
    return turned(arena, body, map_of_anything, EVERY_LEVEL, "<x>a</x><y><z/></y>");
}

static const char *second_are_lists(struct arena *arena, const char *body)
{
    return turned(arena, body, list_of_anything, 2, "<member>a</member>");
}

static const char *third_are_lists(struct arena *arena, const char *body)
{
    return turned(arena, body, list_of_anything, 3, "<member/>");
}

static const char *second_are_null(struct arena *arena, const char *body)
{
    return turned(arena, body, nothing, 2, " ");
}

static const char *third_are_null(struct arena *arena, const char *body)
{
    return turned(arena, body, nothing, 3, "\n");
}

static const char *nothing_at_all(struct arena *arena, const char *body)
{
    (void)arena;
    (void)body;
    return "";
}

const struct mangling manglings[] = {
    {"half of it", true, half},
    {"a page of a proxy", true, a_page},
    {"ten thousand levels", true, deep},
    {"a DTD with entities", true, entities},
    {"zipped nonsense", true, zipped},
    {"a list", true, a_list},
    {"numbers for texts", false, texts_are_numbers},
    {"nonsense for texts", false, texts_are_nonsense},
    {"nulls", false, all_is_null},
    {"texts for lists and maps", false, groups_are_texts},
    {"lists for everything", false, all_are_lists},
    {"maps for everything", false, all_are_maps},
    {"lists on the second level", false, second_are_lists},
    {"lists on the third level", false, third_are_lists},
    {"nulls on the second level", false, second_are_null},
    {"nulls on the third level", false, third_are_null},
    {"nothing at all", false, nothing_at_all},
};
const size_t mangling_len = ARRAY_LEN(manglings);

/* ---- the transport ---- */

struct flight {
    struct mangle *mangle;
    transport_done_fn *done;
    void *ctx;
};

/* The code of an error may stand in a header: where nothing can be read, that cannot either. */
static void drop_error_header(struct arena *arena, struct http_response *response)
{
    struct http_header *kept = arena_array(arena, response->header_len, sizeof(*kept));
    size_t len = 0;
    for (size_t i = 0; i < response->header_len; i++)
        if (strcasecmp(response->headers[i].name, "x-amzn-errortype") != 0 &&
            strcasecmp(response->headers[i].name, "x-amzn-query-error") != 0)
            kept[len++] = response->headers[i];
    response->headers = kept;
    response->header_len = len;
}

static void answered(void *ctx, const struct http_response *response)
{
    struct flight *flight = ctx;
    struct mangle *mangle = flight->mangle;
    struct http_response spoiled = *response;
    mangle->answers++;
    if (mangle->how && mangle->answers >= mangle->from && response->status > 0) {
        const char *body = arena_strndup(
            mangle->arena, response->body.ptr ? response->body.ptr : "", response->body.len);
        spoiled.body = slice_of(mangle->how->spoil(mangle->arena, body));
        if (mangle->how->unreadable)
            drop_error_header(mangle->arena, &spoiled);
    }
    flight->done(flight->ctx, &spoiled);
}

static void mangle_send(void *self, const struct http_request *request, transport_done_fn *done,
                        void *ctx)
{
    struct mangle *mangle = self;
    struct flight *flight = arena_new_of(mangle->arena, struct flight);
    *flight = (struct flight){mangle, done, ctx};
    mangle->inner.ops->send(mangle->inner.self, request, answered, flight);
}

static void mangle_wait(void *self, int64_t until_ms)
{
    struct mangle *mangle = self;
    mangle->inner.ops->wait(mangle->inner.self, until_ms);
}

static int64_t mangle_now(void *self)
{
    struct mangle *mangle = self;
    return mangle->inner.ops->now_ms(mangle->inner.self);
}

static void mangle_drop(void *self)
{
    struct mangle *mangle = self;
    mangle->inner.ops->drop(mangle->inner.self);
}

static void mangle_close(void *self)
{
    struct mangle *mangle = self;
    mangle->inner.ops->close(mangle->inner.self);
}

struct transport mangle_transport(struct mangle *mangle)
{
    static const struct transport_ops ops = {mangle_send, mangle_wait, mangle_now, mangle_drop,
                                             mangle_close};
    return (struct transport){&ops, mangle};
}
