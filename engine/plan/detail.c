/* Differences as lines. */

#include "engine/plan/text.h"
#include "engine/policy/diff.h"

#define INDENT 8
#define VALUE_COLUMNS 72 /* of one value; documents of a thousand lines help nobody */

static const char *place_text(struct arena *arena, struct source_pos pos,
                              const struct render_options *options)
{
    const struct source *source =
        options->sources ? diags_source(options->sources, pos.file) : NULL;
    return source ? arena_printf(arena, "  %s:%u", source->name, pos.line) : "";
}

/* "        ", the text, the place behind it. */
static void add_whole_line(struct strbuf *sb, const char *colour, const char *text,
                           const char *place)
{
    strbuf_add_repeat(sb, ' ', INDENT);
    strbuf_addf(sb, "%s%s%s%s\n", colour, text, *colour ? style_of(true)->off : "", place);
}

static void add_line(struct strbuf *sb, const char *colour, const char *text, struct source_pos pos,
                     const struct render_options *options)
{
    const char *place = place_text(sb->arena, pos, options);
    size_t columns = 0;
    if (options->width > INDENT + text_columns(place))
        columns = options->width - INDENT - text_columns(place);
    add_whole_line(sb, colour, text_cut(sb->arena, text, columns), place);
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

static const char signs[] = {[POLICY_ADDED] = '+', [POLICY_REMOVED] = '-'};

/* `"Use"`, "statement 2", or the path of the document. */
static const char *statement_text(struct arena *arena, const struct difference *d,
                                  const struct policy_change *change)
{
    const char *quote = change->has_sid ? "\"" : "";
    return change->statement
               ? arena_printf(arena, "%s%s%s", quote, text_line(arena, change->statement), quote)
               : text_path(arena, d->path);
}

static const char *policy_line(struct arena *arena, const struct difference *d,
                               const struct policy_change *change)
{
    const char *statement = statement_text(arena, d, change);
    const char *element = change->element ? text_line(arena, change->element) : "";
    const char *before = text_value(arena, NULL, change->before);
    const char *after = text_value(arena, NULL, change->after);
    const char *gap = change->element ? "  " : "";
    if (change->kind == POLICY_CHANGED)
        return arena_printf(arena, "%s%s%s  %s -> %s", statement, gap, element, before, after);
    return arena_printf(arena, "%s%s%s  %c %s", statement, gap, element, signs[change->kind],
                        change->after ? after : before);
}

/* `"Use"  + statement`, then a line for each element with all of its values. */
static void statement_detail(struct strbuf *sb, const struct policy_change *whole,
                             const char *statement, const char *colour, const char *place)
{
    struct arena *arena = sb->arena;
    struct policy_change *says = NULL;
    size_t len = 0;
    policy_statement_says(arena, whole, &says, &len);
    add_whole_line(sb, colour,
                   arena_printf(arena, "%s  %c statement", statement, signs[whole->kind]), place);
    for (size_t i = 0; i < len; i++) {
        struct strbuf line;
        strbuf_init(&line, arena, RENDER_MAX);
        strbuf_addf(&line, "  %c %s ", signs[whole->kind], text_line(arena, says[i].element));
        for (size_t first = i;; i++) {
            const struct value *v = says[i].after ? says[i].after : says[i].before;
            strbuf_addf(&line, "%s%s", i == first ? " " : ", ", text_value(arena, NULL, v));
            if (i + 1 == len || !str_eq(says[i].element, says[i + 1].element))
                break;
        }
        add_whole_line(sb, colour, strbuf_str(&line), "");
    }
}

static bool is_statement(const struct policy_change *change)
{
    return change->kind != POLICY_CHANGED && change->statement && !change->element &&
           value_is(change->after ? change->after : change->before, VALUE_MAP);
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
        const struct policy_change *change = &changes[i];
        struct source_pos pos =
            change->after && change->after->pos.file ? change->after->pos : d->pos;
        const char *place = place_text(sb->arena, pos, options);
        if (is_statement(change))
            statement_detail(sb, change, statement_text(sb->arena, d, change),
                             colours[change->kind], place);
        else
            add_whole_line(sb, colours[change->kind], policy_line(sb->arena, d, change), place);
    }
}

static bool is_policy(const struct schema_node *node)
{
    return node && node->canonical == CANONICAL_JSON_POLICY && !node->sensitive;
}

/* Policies by name, all of which came or went. */
static void policies_detail(struct strbuf *sb, const struct difference *d,
                            const struct render_options *options)
{
    const struct value *map = d->after ? d->after : d->before;
    for (size_t i = 0; i < value_len(map); i++) {
        const char *name = map->map.entries[i].key;
        struct difference one = {.path = arena_printf(sb->arena, "%s/%s", d->path, name),
                                 .before = value_get(d->before, name),
                                 .after = value_get(d->after, name),
                                 .node = d->node->additional,
                                 .pos = d->pos};
        add_line(sb, style_of(options->colour)->change, text_path(sb->arena, one.path), d->pos,
                 options);
        policy_detail(sb, &one, options);
    }
}

static bool are_policies(const struct difference *d)
{
    const struct value *map = d->after ? d->after : d->before;
    return d->node && is_policy(d->node->additional) && !(d->before && d->after) &&
           value_is(map, VALUE_MAP);
}

void detail_add(struct strbuf *sb, const struct difference *differences, size_t len,
                const struct render_options *options)
{
    for (size_t i = 0; i < len; i++) {
        const struct difference *d = &differences[i];
        bool sensitive = d->node && d->node->sensitive;
        if (is_policy(d->node))
            policy_detail(sb, d, options);
        else if (are_policies(d))
            policies_detail(sb, d, options);
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
