/* A plan for the page of a pull request or of a run, which takes so many bytes and no more. */

#include <stdint.h>
#include <string.h>

#include "engine/plan/lock.h"
#include "engine/plan/render.h"
#include "engine/plan/text.h"

#define FENCE_MIN 3
#define REGION_INDENT 2
#define RESOURCE_INDENT 4 /* at most; what stands further in belongs to the resource */

/* What the schemas know of it: data and locks, and what holds for all accounts. */
static bool is_guarded(const struct schema *schema)
{
    return schema->holds_data || lock_is(schema) || schema->scope == SCOPE_ORGANIZATION;
}

static bool is_policy(const struct schema_node *node)
{
    return node && (node->canonical == CANONICAL_JSON_POLICY || is_policy(node->additional));
}

static bool is_of_tags(const struct difference *difference)
{
    return str_eq(difference->path, "/tags") || str_starts(difference->path, "/tags/");
}

/* Whether it weakens or strengthens is for the reader to say. */
static bool changes_guard(const struct change *change)
{
    bool writes = change->action == ACTION_UPDATE || change->action == ACTION_ADOPT;
    for (size_t i = 0; writes && i < change->difference_len; i++) {
        const struct difference *d = &change->differences[i];
        if (is_policy(d->node) || (is_guarded(change->schema) && !is_of_tags(d)))
            return true;
    }
    return false;
}

static bool is_dangerous(const struct change *change)
{
    return change->irreversible || change->turns_off || change->needs_allow_destroy ||
           change->blocked || change->replacement || change->action == ACTION_DELETE ||
           changes_guard(change);
}

/* The lines of those changes alone, with both halves of a replacement; "" where there are none. */
static const char *dangerous_lines(struct arena *arena, const struct plan *plan,
                                   const struct topology *topology,
                                   const struct render_options *options)
{
    struct change *changes = arena_array(arena, plan->len + 1, sizeof(*changes));
    struct map addresses;
    map_init(&addresses, arena);
    for (size_t i = 0; i < plan->len; i++)
        if (is_dangerous(&plan->changes[i]))
            map_set(&addresses, plan->changes[i].address, changes);
    struct plan some = *plan;
    some.len = some.move_len = some.retained_len = 0;
    for (size_t i = 0; i < plan->len; i++)
        if (map_get(&addresses, plan->changes[i].address))
            changes[some.len++] = plan->changes[i];
    some.changes = changes;
    return some.len ? plan_render_lines(arena, &some, topology, options) : "";
}

/* As many of the lines as there is room for, up to the end of a resource; *ret_left_out: how many
 * resources follow. */
static const char *cut_resources(struct arena *arena, const char *lines, size_t room,
                                 size_t *ret_left_out)
{
    size_t end = 0, indent = 0;
    *ret_left_out = 0;
    if (strlen(lines) <= room)
        return lines;
    for (const char *line = lines; *line; line += strcspn(line, "\n") + 1) {
        bool behind_resource = indent > REGION_INDENT;
        indent = strspn(line, " ");
        if (behind_resource && indent <= RESOURCE_INDENT && (size_t)(line - lines) <= room) {
            end = (size_t)(line - lines);
            *ret_left_out = 0;
        }
        *ret_left_out += indent > REGION_INDENT && indent <= RESOURCE_INDENT;
    }
    return arena_strndup(arena, lines, end);
}

/* The same of lines that each stand alone. */
static const char *cut_lines(struct arena *arena, const char *lines, size_t room,
                             size_t *ret_left_out)
{
    size_t end = 0;
    *ret_left_out = 0;
    for (const char *line = lines; *line; line += strcspn(line, "\n") + 1) {
        size_t behind = (size_t)(line - lines) + strcspn(line, "\n") + 1;
        if (*ret_left_out == 0 && behind <= room)
            end = behind;
        else
            ++*ret_left_out;
    }
    return arena_strndup(arena, lines, end);
}

/* Longer than any run of backticks in it. */
static size_t fence_of(const char *text)
{
    size_t longest = FENCE_MIN - 1;
    for (const char *at = text; *at;) {
        size_t run = strspn(at, "`");
        longest = run > longest ? run : longest;
        at += run ? run : 1;
    }
    return longest + 1;
}

struct pieces {
    struct arena *arena;
    const char *totals, *dangerous, *lines, *beside; /* all but the totals end with a newline */
    size_t fence; /* of all that they hold, so that what is cut does not change what frames it */
};

/* What stands beside the lines comes behind an empty one. */
static void add_fenced(struct strbuf *sb, size_t fence, const char *lines, const char *beside)
{
    const char *text = arena_printf(sb->arena, "%s%s%s", lines, *beside ? "\n" : "", beside);
    strbuf_add_repeat(sb, '`', fence);
    strbuf_addf(sb, "text\n%s", text + strspn(text, "\n"));
    strbuf_add_repeat(sb, '`', fence);
    strbuf_add(sb, "\n\n");
}

static void add_left_out(struct strbuf *sb, size_t count, const char *what)
{
    if (count > 0)
        strbuf_addf(sb,
                    "**%zu more%s** found no room here: `holdfast show PLANFILE` prints all.\n\n",
                    count, what);
}

/* `room` is that of all pieces but the totals: with none of it this is the longest frame. */
static const char *page_of(const struct pieces *pieces, size_t room)
{
    struct strbuf sb;
    size_t left_out = 0, lines_len = strlen(pieces->lines), beside_left_out = 0;
    strbuf_init(&sb, pieces->arena, RENDER_MAX);
    strbuf_add(&sb, pieces->totals);
    if (!*pieces->lines)
        return strbuf_str(&sb);
    if (*pieces->dangerous) {
        const char *cut = cut_resources(pieces->arena, pieces->dangerous, room, &left_out);
        strbuf_add(&sb,
                   "Cannot be taken back, deletes, replaces, changes what holds data or guards "
                   "it, or is refused:\n\n");
        add_fenced(&sb, pieces->fence, cut, "");
        add_left_out(&sb, left_out, "");
        room -= strlen(cut);
    }
    size_t most =
        lines_len < room / 2 ? room - lines_len : room / 2; /* neither starves the other */
    const char *beside =
        cut_lines(pieces->arena, pieces->beside, most > 0 ? most - 1 : 0, &beside_left_out);
    room -= strlen(beside) + (*beside ? 1 : 0);
    const char *cut = cut_resources(pieces->arena, pieces->lines, room, &left_out);
    strbuf_add(&sb, "<details><summary>All changes</summary>\n\n");
    add_fenced(&sb, pieces->fence, cut, beside);
    add_left_out(&sb, left_out, "");
    add_left_out(&sb, beside_left_out, " lines of notes, locks, accounts and copies");
    strbuf_add(&sb, "</details>\n");
    return strbuf_str(&sb);
}

/* Where a run of backticks makes the very fence too long. */
static const char *bare_page(const struct pieces *pieces)
{
    struct strbuf sb;
    size_t left_out = 0;
    strbuf_init(&sb, pieces->arena, RENDER_MAX);
    strbuf_add(&sb, pieces->totals);
    (void)cut_resources(pieces->arena, pieces->lines, 0, &left_out);
    add_left_out(&sb, left_out, "");
    return strbuf_str(&sb);
}

static const char *totals_of(struct arena *arena, const struct plan *plan,
                             const struct render_options *options)
{
    const char *copies = plan_render_copies(arena, options);
    return arena_printf(arena, "### %s%s%s\n\n", plan_render_totals(arena, plan),
                        *copies ? "; " : "", copies);
}

static const char *beside_of(struct arena *arena, const struct topology *topology,
                             const struct render_options *options)
{
    return arena_printf(arena, "%s%s%s%s%s", options->note ? options->note : "",
                        options->note ? "\n" : "", plan_render_locks(arena, options),
                        topology ? units_render_text(arena, topology) : "",
                        topology ? routes_render_text(arena, topology) : "");
}

const char *plan_render_markdown(struct arena *arena, const struct plan *plan,
                                 const struct topology *topology,
                                 const struct render_options *options, size_t max_bytes)
{
    struct pieces pieces = {.arena = arena,
                            .totals = totals_of(arena, plan, options),
                            .dangerous = dangerous_lines(arena, plan, topology, options),
                            .lines = plan_render_lines(arena, plan, topology, options),
                            .beside = beside_of(arena, topology, options)};
    pieces.fence = fence_of(arena_printf(arena, "%s%s", pieces.lines, pieces.beside));
    const char *whole = page_of(&pieces, SIZE_MAX);
    if (max_bytes == 0 || strlen(whole) <= max_bytes)
        return whole;
    size_t frame = strlen(page_of(&pieces, 0));
    return frame <= max_bytes ? page_of(&pieces, max_bytes - frame) : bare_page(&pieces);
}
