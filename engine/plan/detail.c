/* Differences as lines. */

#include "engine/plan/text.h"
#include "engine/policy/diff.h"

#define INDENT 8
#define VALUE_COLUMNS 72 /* of one value; documents of a thousand lines help nobody */

/* "        ", the text, the place behind it. */
static void add_line(struct strbuf *sb, const char *colour, const char *text, struct source_pos pos,
                     const struct render_options *options)
{
    const struct source *source =
        options->sources ? diags_source(options->sources, pos.file) : NULL;
    const char *place = source ? arena_printf(sb->arena, "  %s:%u", source->name, pos.line) : "";
    size_t columns = 0;
    if (options->width > INDENT + text_columns(place))
        columns = options->width - INDENT - text_columns(place);
    strbuf_add_repeat(sb, ' ', INDENT);
    strbuf_addf(sb, "%s%s%s%s\n", colour, text_cut(sb->arena, text, columns),
                *colour ? style_of(true)->off : "", place);
}

static const char *short_value(struct arena *arena, const struct schema_node *node,
                               const struct value *v)
{
    return text_cut(arena, text_value(arena, node, v), VALUE_COLUMNS);
}

static bool holds(const struct value *list, const struct value *item)
{
    for (size_t i = 0; i < value_len(list); i++)
        if (value_equal(value_item(list, i), item))
            return true;
    return false;
}

static void list_detail(struct strbuf *sb, const struct difference *d,
                        const struct render_options *options)
{
    const struct style *style = style_of(options->colour);
    const char *path = text_path(sb->arena, d->path);
    const struct schema_node *node = d->node ? d->node->items : NULL;
    size_t lines = 0;
    for (size_t i = 0; i < value_len(d->before); i++) {
        const struct value *item = value_item(d->before, i);
        if (holds(d->after, item))
            continue;
        add_line(sb, style->remove,
                 arena_printf(sb->arena, "%s  - %s", path, short_value(sb->arena, node, item)),
                 d->pos, options);
        lines++;
    }
    for (size_t i = 0; i < value_len(d->after); i++) {
        const struct value *item = value_item(d->after, i);
        if (holds(d->before, item))
            continue;
        add_line(sb, style->add,
                 arena_printf(sb->arena, "%s  + %s", path, short_value(sb->arena, node, item)),
                 item->pos.file ? item->pos : d->pos, options);
        lines++;
    }
    if (lines == 0)
        add_line(sb, style->change, arena_printf(sb->arena, "%s  in another order", path), d->pos,
                 options);
}

static const char *policy_line(struct arena *arena, const struct difference *d,
                               const struct policy_change *change)
{
    const char *quote = change->has_sid ? "\"" : "";
    const char *statement = change->statement
                                ? arena_printf(arena, "%s%s%s", quote, change->statement, quote)
                                : text_path(arena, d->path);
    const char *element = change->element ? change->element : "";
    const char *before = short_value(arena, NULL, change->before);
    const char *after = short_value(arena, NULL, change->after);
    const char *gap = change->element ? "  " : "";
    switch (change->kind) {
    case POLICY_ADDED: return arena_printf(arena, "%s%s%s  + %s", statement, gap, element, after);
    case POLICY_REMOVED:
        return arena_printf(arena, "%s%s%s  - %s", statement, gap, element, before);
    case POLICY_CHANGED: break;
    }
    return arena_printf(arena, "%s%s%s  %s -> %s", statement, gap, element, before, after);
}

static void policy_detail(struct strbuf *sb, const struct difference *d,
                          const struct render_options *options)
{
    const struct style *style = style_of(options->colour);
    const char *const colours[] = {[POLICY_ADDED] = style->add,
                                   [POLICY_REMOVED] = style->remove,
                                   [POLICY_CHANGED] = style->change};
    struct policy_change *changes = NULL;
    size_t len = 0;
    policy_diff(sb->arena, d->before, d->after, &changes, &len);
    for (size_t i = 0; i < len; i++) {
        struct source_pos pos =
            changes[i].after && changes[i].after->pos.file ? changes[i].after->pos : d->pos;
        add_line(sb, colours[changes[i].kind], policy_line(sb->arena, d, &changes[i]), pos,
                 options);
    }
}

void detail_add(struct strbuf *sb, const struct difference *differences, size_t len,
                const struct render_options *options)
{
    for (size_t i = 0; i < len; i++) {
        const struct difference *d = &differences[i];
        bool sensitive = d->node && d->node->sensitive;
        if (d->node && d->node->canonical == CANONICAL_JSON_POLICY && d->before && d->after)
            policy_detail(sb, d, options);
        else if (value_is(d->before, VALUE_LIST) && value_is(d->after, VALUE_LIST) && !sensitive)
            list_detail(sb, d, options);
        else
            add_line(sb, style_of(options->colour)->change,
                     arena_printf(sb->arena, "%s  %s -> %s", text_path(sb->arena, d->path),
                                  short_value(sb->arena, d->node, d->before),
                                  short_value(sb->arena, d->node, d->after)),
                     d->pos, options);
    }
}
