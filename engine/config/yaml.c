#include "engine/config/yaml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "engine/base/bug.h"
#include "engine/base/map.h"

#define CORE_TAG "tag:yaml.org,2002:"
#define LARGE_MAP 16 /* from here on duplicates are found by sorting */

struct anchor {
    const struct value *value; /* NULL while it is being read */
    size_t nodes;
};

/* A map or list that is being read. Its finished parts wait on the reader's stacks. */
struct frame {
    bool is_map;
    bool awaits_value; /* map: a key was read */
    const char *key;   /* NULL: it was refused, and its value goes nowhere */
    struct source_pos key_pos, pos;
    size_t first; /* where its parts begin on the stack */
    size_t nodes_before;
    struct anchor *anchor;
};

struct reader {
    struct arena *arena, *scratch;
    struct diags *diags;
    yaml_parser_t parser;
    unsigned file;
    struct slice text;
    struct frame frames[YAML_DEPTH_MAX];
    size_t depth;
    const struct value **items; /* stack of the parts of open lists */
    size_t item_len, item_cap;
    struct value_entry *entries; /* and of open maps */
    size_t entry_len, entry_cap;
    struct map keys; /* text -> itself: one copy of each key, so that equal keys are one pointer */
    struct map anchors; /* name -> struct anchor * */
    size_t nodes, alias_nodes;
    const struct value *root;
    bool stopped;
};

static struct source_pos place(const struct reader *r, yaml_mark_t mark)
{
    return (struct source_pos){r->file, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

static struct value *node(struct reader *r, enum value_kind kind, struct source_pos pos)
{
    struct value *v = arena_new_of(r->arena, struct value);
    v->kind = kind;
    v->pos = pos;
    return v;
}

static const struct value *text_node(struct reader *r, struct slice text, struct source_pos pos)
{
    struct value *v =
        arena_alloc(r->arena, sizeof(*v) + text.len + 1); /* one allocation for both */
    char *copy = (char *)(v + 1);
    memcpy(copy, text.ptr, text.len);
    v->kind = VALUE_STRING;
    v->pos = pos;
    v->string = (struct slice){copy, text.len};
    return v;
}

/* ---- plain scalars ---- */

static size_t digits(const char *text)
{
    size_t len = 0;
    while (text[len] >= '0' && text[len] <= '9')
        len++;
    return len;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = digits(text), fraction = 0;
    text += whole;
    if (*text == '.') {
        fraction = digits(++text);
        text += fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        size_t exponent = digits(text);
        if (exponent == 0)
            return false;
        text += exponent;
    }
    return *text == '\0';
}

static bool is_not_finite(const char *text)
{
    static const char *const words[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL};
    return str_is_one_of(text + (*text == '-' || *text == '+'), words);
}

enum parsed { PARSED_NOT, PARSED_OK, PARSED_TOO_LARGE };

static enum parsed parse_radix(const char *text, unsigned bits, int64_t *ret)
{
    int64_t sum = 0;
    enum parsed result = *text ? PARSED_OK : PARSED_NOT;
    for (; *text; text++) {
        int digit = *text >= '0' && *text <= '9'   ? *text - '0'
                    : *text >= 'a' && *text <= 'f' ? *text - 'a' + 10
                    : *text >= 'A' && *text <= 'F' ? *text - 'A' + 10
                                                   : 16;
        if (digit >= 1 << bits)
            return PARSED_NOT;
        if (sum > INT64_MAX >> bits)
            result = PARSED_TOO_LARGE;
        else
            sum = (sum << bits) | digit;
    }
    *ret = sum;
    return result;
}

static enum parsed parse_integer(const char *text, int64_t *ret)
{
    if (text[0] == '0' && text[1] == 'o')
        return parse_radix(text + 2, 3, ret);
    if (text[0] == '0' && text[1] == 'x')
        return parse_radix(text + 2, 4, ret);
    const char *unsigned_text = text + (*text == '-' || *text == '+');
    size_t len = digits(unsigned_text);
    if (len == 0 || unsigned_text[len] != '\0')
        return PARSED_NOT;
    long long integer = 0;
    if (!parse_int64(slice_of(*text == '+' ? unsigned_text : text), &integer))
        return PARSED_TOO_LARGE;
    *ret = integer;
    return PARSED_OK;
}

static struct value *bad_number(struct reader *r, const char *text, struct source_pos pos,
                                const char *why)
{
    struct diag *diag = diag_error(r->diags, E_BAD_VALUE, pos, NULL, "`%s` %s", text, why);
    diag->span = (unsigned)strlen(text);
    diag_hint(r->diags, diag, "Quote it, if text is meant.");
    return node(r, VALUE_NULL, pos);
}

static bool may_be_more_than_text(const char *text)
{
    return !*text || strchr("~nNtTfF-+.0123456789", *text);
}

/* The value that the core schema reads in a plain scalar; NULL: it is text. */
static const struct value *resolve(struct reader *r, const char *text, struct source_pos pos)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    if (!may_be_more_than_text(text))
        return NULL;
    if (str_is_one_of(text, nulls))
        return node(r, VALUE_NULL, pos);
    bool is_true = str_is_one_of(text, trues);
    if (is_true || str_is_one_of(text, falses)) {
        struct value *v = node(r, VALUE_BOOL, pos);
        v->boolean = is_true;
        return v;
    }
    int64_t integer = 0;
    enum parsed parsed = parse_integer(text, &integer);
    if (parsed == PARSED_TOO_LARGE)
        return bad_number(r, text, pos, "is too large for a number");
    if (parsed == PARSED_OK) {
        struct value *v = node(r, VALUE_INT, pos);
        v->integer = integer;
        return v;
    }
    if (is_not_finite(text))
        return bad_number(r, text, pos, "is not a finite number");
    if (!is_float(text))
        return NULL;
    double number = strtod(text, NULL);
    if (!isfinite(number))
        return bad_number(r, text, pos, "is too large for a number");
    struct value *v = node(r, VALUE_DOUBLE, pos);
    v->number = number;
    return v;
}

static struct source_pos tag_error(struct reader *r, const char *tag, struct source_pos pos)
{
    struct diag *diag =
        diag_error(r->diags, E_YAML_SYNTAX, pos, NULL, "the tag `%s` cannot be used here", tag);
    diag_hint(r->diags, diag, "Leave it out; only the core tags of YAML are known.");
    return pos;
}

/* A scalar under one of the core tags must be what the tag says. */
static const struct value *tagged(struct reader *r, const char *tag, struct slice text,
                                  struct source_pos pos)
{
    static const struct {
        const char *tag;
        enum value_kind kind;
    } kinds[] = {{CORE_TAG "null", VALUE_NULL},
                 {CORE_TAG "bool", VALUE_BOOL},
                 {CORE_TAG "int", VALUE_INT},
                 {CORE_TAG "float", VALUE_DOUBLE}};
    if (str_eq(tag, CORE_TAG "str") || str_eq(tag, "!"))
        return text_node(r, text, pos);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_eq(tag, kinds[i].tag))
            continue;
        const struct value *v = resolve(r, text.ptr, pos);
        if (v &&
            (v->kind == kinds[i].kind || (v->kind == VALUE_INT && kinds[i].kind == VALUE_DOUBLE)))
            return v;
        break;
    }
    tag_error(r, tag, pos);
    return node(r, VALUE_NULL, pos);
}

static const struct value *scalar(struct reader *r, const yaml_event_t *event)
{
    struct slice text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    struct source_pos pos = place(r, event->start_mark);
    if (memchr(text.ptr, '\0', text.len)) {
        diag_error(r->diags, E_YAML_SYNTAX, pos, NULL, "text holds a NUL character");
        return node(r, VALUE_NULL, pos);
    }
    if (event->data.scalar.tag)
        return tagged(r, (const char *)event->data.scalar.tag, text, pos);
    const struct value *v = NULL;
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        v = resolve(r, text.ptr, pos);
    return v ? v : text_node(r, text, pos);
}

/* ---- building ---- */

static bool count_nodes(struct reader *r, size_t nodes, struct source_pos pos)
{
    r->nodes += nodes;
    if (r->nodes <= YAML_NODES_MAX)
        return true;
    diag_error(r->diags, E_YAML_LIMIT, pos, NULL, "the document has more than %d values",
               YAML_NODES_MAX);
    r->stopped = true;
    return false;
}

static struct frame *top(struct reader *r)
{
    return r->depth ? &r->frames[r->depth - 1] : NULL;
}

static bool expects_key(struct reader *r)
{
    return r->depth && top(r)->is_map && !top(r)->awaits_value;
}

static const char *intern(struct reader *r, struct slice text)
{
    char *key = map_get(&r->keys, text.ptr);
    if (!key) {
        key = arena_strndup(r->arena, text.ptr, text.len);
        map_set(&r->keys, key, key);
    }
    return key;
}

static void set_key(struct reader *r, const char *key, struct source_pos pos)
{
    top(r)->awaits_value = true;
    top(r)->key = key;
    top(r)->key_pos = pos;
}

static void refuse_key(struct reader *r, struct source_pos pos, const char *what)
{
    diag_error(r->diags, E_YAML_KEY, pos, NULL, "a key must be text, and this is %s", what);
    set_key(r, NULL, pos);
}

static void take_key(struct reader *r, const struct value *v)
{
    if (!value_is(v, VALUE_STRING)) {
        refuse_key(r, v->pos,
                   arena_printf(r->scratch, "%s %s", value_is(v, VALUE_INT) ? "an" : "a",
                                value_kind_name(v->kind)));
        return;
    }
    set_key(r, intern(r, v->string), v->pos);
}

/* A finished value goes into what is open around it. */
static void deliver(struct reader *r, const struct value *v)
{
    struct frame *frame = top(r);
    if (!frame) {
        r->root = v;
    } else if (!frame->is_map) {
        r->items = arena_grow(r->scratch, r->items, r->item_len, &r->item_cap, r->item_len + 1,
                              sizeof(*r->items));
        r->items[r->item_len++] = v;
    } else if (!frame->awaits_value) {
        if (value_is(v, VALUE_LIST) || value_is(v, VALUE_MAP))
            refuse_key(r, v->pos, value_is(v, VALUE_LIST) ? "a list" : "a map");
        else
            take_key(r, v);
    } else {
        frame->awaits_value = false;
        if (!frame->key)
            return;
        r->entries = arena_grow(r->scratch, r->entries, r->entry_len, &r->entry_cap,
                                r->entry_len + 1, sizeof(*r->entries));
        r->entries[r->entry_len++] = (struct value_entry){frame->key, frame->key_pos, v};
    }
}

static struct anchor *anchor_begin(struct reader *r, const yaml_char_t *name)
{
    if (!name)
        return NULL;
    struct anchor *anchor = arena_new_of(r->scratch, struct anchor);
    map_set(&r->anchors, arena_strdup(r->scratch, (const char *)name), anchor);
    return anchor;
}

static void on_alias(struct reader *r, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct source_pos pos = place(r, event->start_mark);
    const struct anchor *anchor = map_get(&r->anchors, name);
    const char *why = NULL;
    if (!anchor)
        why = "names no anchor above it";
    else if (!anchor->value)
        why = "stands inside its own anchor";
    else if (r->alias_nodes + anchor->nodes > YAML_ALIAS_NODES_MAX)
        why = "expands to too many values";
    if (why) {
        struct diag *diag =
            diag_error(r->diags, E_YAML_ALIAS, pos, NULL, "the alias `%s` %s", name, why);
        diag->span = (unsigned)strlen(name) + 1;
        r->stopped = anchor && anchor->value;
    } else {
        r->alias_nodes += anchor->nodes;
    }
    if (!why && !count_nodes(r, anchor->nodes, pos))
        return;
    deliver(r, why ? node(r, VALUE_NULL, pos) : anchor->value);
}

/* Nearly every key: text that needs no value of its own. */
static bool is_simple_key(const struct slice text, const yaml_event_t *event)
{
    if (event->data.scalar.tag || event->data.scalar.anchor || memchr(text.ptr, '\0', text.len))
        return false;
    return event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || !may_be_more_than_text(text.ptr);
}

static void on_scalar(struct reader *r, const yaml_event_t *event)
{
    struct slice text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (expects_key(r) && is_simple_key(text, event)) {
        set_key(r, intern(r, text), place(r, event->start_mark));
        return;
    }
    const struct value *v = scalar(r, event);
    struct anchor *anchor = anchor_begin(r, event->data.scalar.anchor);
    if (anchor)
        *anchor = (struct anchor){v, 1};
    if (expects_key(r))
        take_key(r, v);
    else if (count_nodes(r, 1, v->pos))
        deliver(r, v);
}

static void on_begin(struct reader *r, const yaml_event_t *event, bool is_map)
{
    struct source_pos pos = place(r, event->start_mark);
    const char *tag =
        (const char *)(is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag);
    if (tag && !str_eq(tag, is_map ? CORE_TAG "map" : CORE_TAG "seq") && !str_eq(tag, "!"))
        tag_error(r, tag, pos);
    if (r->depth == YAML_DEPTH_MAX) {
        diag_error(r->diags, E_YAML_LIMIT, pos, NULL, "maps and lists are nested deeper than %d",
                   YAML_DEPTH_MAX);
        r->stopped = true;
        return;
    }
    size_t nodes_before = r->nodes;
    if (!count_nodes(r, 1, pos))
        return;
    r->frames[r->depth++] = (struct frame){
        .is_map = is_map,
        .pos = pos,
        .first = is_map ? r->entry_len : r->item_len,
        .nodes_before = nodes_before,
        .anchor = anchor_begin(r, is_map ? event->data.mapping_start.anchor
                                         : event->data.sequence_start.anchor),
    };
}

static void duplicate_key(struct reader *r, const struct value_entry *first,
                          const struct value_entry *second)
{
    struct diag *diag =
        diag_error(r->diags, E_YAML_DUPLICATE_KEY, second->key_pos, NULL,
                   "the key `%s` stands here a second time; the first is in line %u", second->key,
                   first->key_pos.line);
    diag->span = (unsigned)strlen(second->key);
}

static void report_duplicates(struct reader *r, const struct value_entry *entries, size_t len)
{
    struct map seen;
    map_init(&seen, r->scratch);
    for (size_t i = 0; i < len; i++) {
        const struct value_entry *first = map_get(&seen, entries[i].key);
        if (first)
            duplicate_key(r, first, &entries[i]);
        else
            map_set(&seen, entries[i].key, (void *)&entries[i]);
    }
}

static const struct value *small_map(struct reader *r, struct source_pos pos,
                                     const struct value_entry *entries, size_t len)
{
    for (size_t i = 1; i < len; i++)
        for (size_t j = 0; j < i; j++)
            if (entries[i].key == entries[j].key) { /* keys are interned */
                duplicate_key(r, &entries[j], &entries[i]);
                break;
            }
    struct value *v = node(r, VALUE_MAP, pos);
    v->map.entries = entries;
    v->map.len = len;
    return v;
}

static const struct value *finish_map(struct reader *r, const struct frame *frame)
{
    size_t len = r->entry_len - frame->first;
    struct value_entry *entries =
        len ? arena_memdup(r->arena, &r->entries[frame->first], len * sizeof(*entries)) : NULL;
    r->entry_len = frame->first;
    if (len < LARGE_MAP)
        return small_map(r, frame->pos, entries, len);
    struct map_builder b = {.arena = r->arena, .grown = entries, .len = len, .cap = len};
    const struct value *map = map_end(&b); /* indexes it, and drops duplicates */
    if (map->map.len < len)
        report_duplicates(r, &r->entries[frame->first], len); /* still on the stack */
    return value_at(r->arena, map, frame->pos);
}

static const struct value *finish_list(struct reader *r, const struct frame *frame)
{
    size_t len = r->item_len - frame->first;
    struct value *v = node(r, VALUE_LIST, frame->pos);
    v->list.items =
        len ? arena_memdup(r->arena, &r->items[frame->first], len * sizeof(*r->items)) : NULL;
    v->list.len = len;
    r->item_len = frame->first;
    return v;
}

static void on_end(struct reader *r)
{
    struct frame *frame = &r->frames[--r->depth];
    const struct value *v = frame->is_map ? finish_map(r, frame) : finish_list(r, frame);
    if (frame->anchor)
        *frame->anchor = (struct anchor){v, r->nodes - frame->nodes_before};
    deliver(r, v);
}

/* ---- the stream ---- */

static struct source_pos place_of_offset(const struct reader *r, size_t offset)
{
    struct source_pos pos = {r->file, 1, 1};
    for (size_t i = 0; i < offset && i < r->text.len; i++) {
        pos.col++;
        if (r->text.ptr[i] == '\n') {
            pos.line++;
            pos.col = 1;
        }
    }
    return pos;
}

/* The character at a place. Columns are characters: exact as far as the line is ASCII. */
static char char_at(const struct reader *r, struct source_pos pos)
{
    struct slice rest = r->text, line = {NULL, 0};
    for (uint32_t i = 0; i < pos.line; i++)
        line = slice_cut(&rest, '\n');
    return line.ptr && pos.col > 0 && pos.col <= line.len ? line.ptr[pos.col - 1] : '\0';
}

/* Inside { } and [ ] the brace of ${...} ends plain text. */
static bool is_expression_at(const struct reader *r, struct source_pos pos)
{
    struct source_pos before = {pos.file, pos.line, pos.col - 1};
    return char_at(r, pos) == '{' && char_at(r, before) == '$';
}

static void syntax_error(struct reader *r)
{
    const yaml_parser_t *parser = &r->parser;
    const char *problem = parser->problem ? parser->problem : "the text cannot be read";
    if (parser->error == YAML_MEMORY_ERROR)
        BUG("out of memory");
    if (parser->error == YAML_READER_ERROR) {
        diag_error(r->diags, E_YAML_SYNTAX, place_of_offset(r, parser->problem_offset), NULL, "%s",
                   problem);
        return;
    }
    struct source_pos pos = place(r, parser->problem_mark);
    struct diag *diag =
        parser->context
            ? diag_error(r->diags, E_YAML_SYNTAX, pos, NULL, "%s, %s", parser->context, problem)
            : diag_error(r->diags, E_YAML_SYNTAX, pos, NULL, "%s", problem);
    if (parser->context && parser->context_mark.line != parser->problem_mark.line)
        diag_hint(r->diags, diag, "What is open there began in line %zu.",
                  parser->context_mark.line + 1);
    if (is_expression_at(r, pos))
        diag_hint(r->diags, diag, "Inside { } and [ ], write text with ${...} in quotes.");
    if (char_at(r, pos) == '\t')
        diag_hint(r->diags, diag, "Indent with spaces; YAML takes no tabs there.");
}

/* One event; true while more are to come. */
static bool step(struct reader *r, size_t *documents)
{
    yaml_event_t event;
    if (!yaml_parser_parse(&r->parser, &event)) {
        syntax_error(r);
        return false;
    }
    yaml_event_type_t type = event.type;
    switch (type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++*documents > 1) {
            struct diag *diag = diag_error(r->diags, E_YAML_SYNTAX, place(r, event.start_mark),
                                           NULL, "a second document begins here");
            diag_hint(r->diags, diag, "A file holds one document; use two files in a folder.");
            r->stopped = true;
        }
        break;
    case YAML_ALIAS_EVENT: on_alias(r, &event); break;
    case YAML_SCALAR_EVENT: on_scalar(r, &event); break;
    case YAML_SEQUENCE_START_EVENT: on_begin(r, &event, false); break;
    case YAML_MAPPING_START_EVENT: on_begin(r, &event, true); break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: on_end(r); break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT: break;
    }
    yaml_event_delete(&event);
    return type != YAML_STREAM_END_EVENT && !r->stopped;
}

/* A map that a fault of syntax left open may still hold a key twice. */
static void report_open_maps(struct reader *r)
{
    size_t end = r->entry_len;
    while (r->depth > 0) {
        const struct frame *frame = &r->frames[--r->depth];
        if (!frame->is_map || end == frame->first)
            continue;
        report_duplicates(r, &r->entries[frame->first], end - frame->first);
        end = frame->first;
    }
}

bool yaml_parse(struct arena *arena, const char *name, struct slice text, const struct value **ret,
                struct diags *diags)
{
    size_t errors = diags->errors;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct reader *r = arena_new_of(scratch, struct reader);
    *r = (struct reader){.arena = arena, .scratch = scratch, .diags = diags, .text = text};
    r->file = diags_add_source(diags, name, text);
    if (text.len > YAML_TEXT_MAX) {
        diag_error(diags, E_YAML_LIMIT, (struct source_pos){r->file, 1, 1}, NULL,
                   "the text is longer than %zu MiB", YAML_TEXT_MAX / 1024 / 1024);
        return false;
    }
    map_init(&r->keys, scratch);
    map_init(&r->anchors, scratch);
    if (!yaml_parser_initialize(&r->parser))
        BUG("out of memory");
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    const char *bytes = text.ptr ? text.ptr : "";
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)bytes, text.len);
    size_t documents = 0;
    while (step(r, &documents))
        continue;
    report_open_maps(r);
    yaml_parser_delete(&r->parser);
    if (diags->errors > errors)
        return false;
    *ret = r->root ? r->root : node(r, VALUE_NULL, (struct source_pos){r->file, 1, 1});
    return true;
}
