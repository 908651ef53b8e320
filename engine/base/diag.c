#include "engine/base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/strbuf.h"
#include "engine/base/utf8.h"

struct code_info {
    const char *id;
    int status;
    const char *summary, *next;
};

static const struct code_info codes[] = {
#define DIAG(symbol, id, status, summary, next) {id, status, summary, next},
#include "engine/base/diag_codes.inc"
#undef DIAG
};

const char *diag_code_id(enum diag_code code)
{
    return codes[code].id;
}

const char *diag_code_summary(enum diag_code code)
{
    return codes[code].summary;
}

const char *diag_code_next(enum diag_code code)
{
    return codes[code].next;
}

int diag_code_status(enum diag_code code)
{
    return codes[code].status;
}

void diags_init(struct diags *diags, struct arena *arena)
{
    *diags = (struct diags){.arena = arena};
}

unsigned diags_add_source(struct diags *diags, const char *name, struct slice text)
{
    diags->sources = arena_grow(diags->arena, diags->sources, diags->source_len, &diags->source_cap,
                                diags->source_len + 1, sizeof(*diags->sources));
    diags->sources[diags->source_len++] = (struct source){arena_strdup(diags->arena, name), text};
    return (unsigned)diags->source_len;
}

const struct source *diags_source(const struct diags *diags, unsigned file)
{
    return file == 0 || file > diags->source_len ? NULL : &diags->sources[file - 1];
}

static struct diag *add(struct diags *diags, enum severity severity, enum diag_code code,
                        struct source_pos pos, const char *address, const char *fmt, va_list args)
{
    if (severity == SEVERITY_ERROR)
        diags->errors++;
    struct diag *diag;
    if (diags->len >= DIAG_MAX) {
        diags->dropped++;
        diag = arena_new_of(diags->arena, struct diag);
    } else {
        diags->items = arena_grow(diags->arena, diags->items, diags->len, &diags->cap,
                                  diags->len + 1, sizeof(*diags->items));
        diag = &diags->items[diags->len++];
    }
    char message[2048];
    vsnprintf(message, sizeof(message), fmt, args);
    *diag = (struct diag){.severity = severity,
                          .code = code,
                          .pos = pos,
                          .address = arena_strdup(diags->arena, address),
                          .message = arena_strdup(diags->arena, message)};
    return diag;
}

struct diag *diag_error(struct diags *diags, enum diag_code code, struct source_pos pos,
                        const char *address, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct diag *diag = add(diags, SEVERITY_ERROR, code, pos, address, fmt, args);
    va_end(args);
    return diag;
}

struct diag *diag_warning(struct diags *diags, enum diag_code code, struct source_pos pos,
                          const char *address, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct diag *diag = add(diags, SEVERITY_WARNING, code, pos, address, fmt, args);
    va_end(args);
    return diag;
}

void diag_hint(struct diags *diags, struct diag *diag, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    diag->hint = arena_strdup(diags->arena, text);
}

static int compare_place(const void *a, const void *b)
{
    const struct source_pos *x = &((const struct diag *)a)->pos,
                            *y = &((const struct diag *)b)->pos;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->col != y->col)
        return x->col < y->col ? -1 : 1;
    return 0;
}

void diags_sort(struct diags *diags)
{
    /* insertion sort: stable, and there are at most DIAG_MAX of them */
    for (size_t i = 1; i < diags->len; i++) {
        struct diag moving = diags->items[i];
        size_t j = i;
        for (; j > 0 && compare_place(&diags->items[j - 1], &moving) > 0; j--)
            diags->items[j] = diags->items[j - 1];
        diags->items[j] = moving;
    }
}

int diags_status(const struct diags *diags)
{
    static const int precedence[] = {3, 4, 5, 6, 7, 64};
    for (size_t p = 0; p < ARRAY_LEN(precedence); p++)
        for (size_t i = 0; i < diags->len; i++)
            if (diags->items[i].severity == SEVERITY_ERROR &&
                codes[diags->items[i].code].status == precedence[p])
                return precedence[p];
    return diags->errors ? 1 : 0;
}

static struct slice source_line(const struct source *source, unsigned line)
{
    struct slice rest = source->text, found = {NULL, 0};
    for (unsigned i = 0; i < line && rest.ptr; i++)
        found = slice_cut(&rest, '\n');
    if (found.len > 0 && found.ptr[found.len - 1] == '\r')
        found.len--;
    return found;
}

/* Text of a file or a server as it can be shown: what a terminal would obey becomes '?', one for
 * each character, so that columns stay. */
static void add_visible(struct strbuf *sb, const char *text, size_t len)
{
    for (struct slice rest = {text, len}; rest.len > 0;) {
        const struct slice at = rest;
        uint32_t c = utf8_take(&rest);
        if (c == UTF8_NONE)
            rest = slice_from(rest, 1);
        if (c == UTF8_NONE || (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0))
            strbuf_add_char(sb, '?');
        else
            strbuf_add_n(sb, at.ptr, at.len - rest.len);
    }
}

static void add_visible_text(struct strbuf *sb, const char *text)
{
    add_visible(sb, text, strlen(text));
}

const char *diag_visible(struct arena *arena, const char *text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, (size_t)1 << 30);
    add_visible_text(&sb, text);
    return strbuf_str(&sb);
}

static void render_place(struct strbuf *sb, const struct source *source, const struct diag *diag)
{
    struct slice line = source_line(source, diag->pos.line);
    strbuf_addf(sb, "%6u | ", diag->pos.line);
    add_visible(sb, line.ptr, line.len > 200 ? 200 : line.len);
    strbuf_add(sb, "\n       | ");
    for (unsigned col = 1; col < diag->pos.col && col <= 200; col++)
        strbuf_add_char(sb, col <= line.len && line.ptr[col - 1] == '\t' ? '\t' : ' ');
    strbuf_add_repeat(sb, '^', diag->span == 0 ? 1 : diag->span > 80 ? 80 : diag->span);
    strbuf_add_char(sb, '\n');
}

static const char *const severity_names[] = {"note", "warning", "error"};

const char *diag_render(struct arena *arena, const struct diags *diags, const struct diag *diag)
{
    struct strbuf sb;
    strbuf_init(&sb, arena,
                (size_t)1 << 30); /* names and addresses are as long as the user likes */
    const struct source *source = diags_source(diags, diag->pos.file);
    if (source && diag->pos.line)
        strbuf_addf(&sb, "%s:%u:%u: ", source->name, diag->pos.line, diag->pos.col);
    else if (source)
        strbuf_addf(&sb, "%s: ", source->name);
    strbuf_addf(&sb, "%s[%s]: ", severity_names[diag->severity], codes[diag->code].id);
    add_visible_text(&sb, diag->message);
    strbuf_add_char(&sb, '\n');
    if (source && diag->pos.line)
        render_place(&sb, source, diag);
    if (diag->address)
        strbuf_addf(&sb, "       %s. ", diag->address);
    else
        strbuf_add(&sb, "       ");
    add_visible_text(&sb, diag->hint ? diag->hint : codes[diag->code].next);
    strbuf_add_char(&sb, '\n');
    return strbuf_str(&sb);
}

const struct value *diag_to_value(struct arena *arena, const struct diags *diags,
                                  const struct diag *diag)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "severity", severity_names[diag->severity]);
    map_put_str(&b, "code", codes[diag->code].id);
    map_put_str(&b, "message", diag->message);
    map_put_str(&b, "address", diag->address);
    const struct source *source = diags_source(diags, diag->pos.file);
    if (source) {
        map_put_str(&b, "file", source->name);
        map_put_int(&b, "line", diag->pos.line);
        map_put_int(&b, "column", diag->pos.col);
    }
    map_put_str(&b, "next", diag->hint ? diag->hint : codes[diag->code].next);
    return map_end(&b);
}
