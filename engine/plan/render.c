#include "engine/plan/render.h"

#include <stdlib.h>
#include <string.h>

#include "engine/plan/text.h"
#include "engine/policy/admits.h"

#define ADDRESS_COLUMNS_MAX 52 /* longer addresses push their line */
#define LINE_INDENT 4

/* ---- lines, grouped by account and Region ---- */

struct line {
    size_t account; /* its place in the topology; those that it does not name come last */
    const char *account_id, *region; /* region NULL: a global service */
    size_t index;                    /* order of arrival */
    const char *symbol, *colour;
    const char *address, *title, *summary;
    const struct difference *differences;
    size_t difference_len;
    bool whole;                  /* the differences are all that it is, and have no places */
    const struct change *danger; /* prints the block on what cannot be taken back */
    bool blocked;
};

struct page {
    struct arena *arena;
    const struct topology *topology;
    const struct render_options *options;
    const struct style *style;
    struct strbuf sb;
    struct line *lines;
    size_t len, address_columns, title_columns;
};

static void page_init(struct page *page, struct arena *arena, const struct topology *topology,
                      const struct render_options *options, size_t most)
{
    *page = (struct page){.arena = arena,
                          .topology = topology,
                          .options = options,
                          .style = style_of(options->colour),
                          .lines = arena_array(arena, most + 1, sizeof(struct line))};
    strbuf_init(&page->sb, arena, RENDER_MAX);
}

static size_t account_place(const struct topology *topology, const char *id)
{
    size_t len = topology ? topology->account_len : 0;
    for (size_t i = 0; i < len; i++)
        if (str_eq(topology->accounts[i].id, id))
            return i;
    return len;
}

static void add_row(struct page *page, struct line line)
{
    line.account = account_place(page->topology, line.account_id);
    line.index = page->len;
    size_t address = text_columns(line.address), title = text_columns(line.title);
    if (address > page->address_columns && address <= ADDRESS_COLUMNS_MAX)
        page->address_columns = address;
    if (title > page->title_columns)
        page->title_columns = title;
    page->lines[page->len++] = line;
}

static int compare_regions(const char *a, const char *b)
{
    if (!a || !b)
        return a ? -1 : b ? 1 : 0;
    return strcmp(a, b);
}

static int compare_lines(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->account != y->account)
        return x->account < y->account ? -1 : 1;
    int order = strcmp(x->account_id, y->account_id);
    if (!order)
        order = compare_regions(x->region, y->region);
    if (order)
        return order;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void pad(struct strbuf *sb, const char *text, size_t columns)
{
    size_t used = text_columns(text);
    strbuf_add(sb, text);
    if (used < columns)
        strbuf_add_repeat(sb, ' ', columns - used);
}

static void add_danger(struct page *page, const struct change *change)
{
    struct strbuf *sb = &page->sb;
    const struct style *style = page->style;
    if (change->permanent_from_ms)
        strbuf_addf(
            sb, "        %sPERMANENT on %s%s: after that nobody, not even AWS, can remove it.\n",
            style->danger, text_minute(page->arena, change->permanent_from_ms), style->off);
    else if (change->turns_off)
        strbuf_addf(sb, "        %sTURNS OFF%s %s, which others rely on.\n", style->danger,
                    style->off, change->turns_off);
    else
        strbuf_addf(sb, "        %sIRREVERSIBLE%s: nobody can take this back.\n", style->danger,
                    style->off);
    if (change->irreversible)
        strbuf_addf(sb, "        Needs --allow-irreversible %s\n", change->address);
    if (change->needs_allow_destroy)
        strbuf_addf(sb, "        Needs --allow-destroy %s\n", change->address);
}

static void add_line_text(struct page *page, const struct line *line)
{
    struct strbuf *sb = &page->sb;
    strbuf_add_repeat(sb, ' ', LINE_INDENT + 1 - strlen(line->symbol));
    strbuf_addf(sb, "%s%s%s ", line->colour, line->symbol, *line->colour ? page->style->off : "");
    pad(sb, line->address, page->address_columns);
    strbuf_add(sb, "  ");
    size_t before = LINE_INDENT + 2 + text_columns(line->address);
    if (before < LINE_INDENT + 2 + page->address_columns)
        before = LINE_INDENT + 2 + page->address_columns;
    before += 4 + page->title_columns;
    size_t left = page->options->width > before ? page->options->width - before : 0;
    bool shown = *line->summary && (page->options->width == 0 || left > 3);
    pad(sb, line->title, shown ? page->title_columns : 0);
    if (shown)
        strbuf_addf(sb, "  %s", text_cut(page->arena, text_line(page->arena, line->summary), left));
    strbuf_add_char(sb, '\n');
    struct render_options options = *page->options;
    if (line->whole)
        options.sources = NULL;
    detail_add(sb, line->differences, line->difference_len, &options);
    if (line->danger)
        add_danger(page, line->danger);
}

static const char *account_name(const struct page *page, const struct line *line)
{
    bool known = page->topology && line->account < page->topology->account_len;
    return known ? page->topology->accounts[line->account].name : "account";
}

static void add_lines(struct page *page)
{
    if (page->len > 1)
        qsort(page->lines, page->len, sizeof(*page->lines), compare_lines);
    const struct line *last = NULL;
    for (size_t i = 0; i < page->len; i++) {
        const struct line *line = &page->lines[i];
        bool same_account = last && str_eq(last->account_id, line->account_id);
        if (!same_account)
            strbuf_addf(&page->sb, "\n%s%s %s%s\n", page->style->strong, account_name(page, line),
                        line->account_id, page->style->off);
        if (!same_account || !str_eq(last->region, line->region))
            strbuf_addf(&page->sb, "  %s\n", line->region ? line->region : "global");
        add_line_text(page, line);
        last = line;
    }
}

/* Which accounts the plan is about: the file alone does not say. */
static void add_unit(struct strbuf *sb, const struct organizational_unit *unit)
{
    strbuf_addf(sb, "  accounts.%s: %s holds", unit->group, unit->id);
    for (size_t i = 0; i < unit->account_len; i++)
        strbuf_addf(sb, "%s %s", i ? "," : "", unit->accounts[i]->id);
    strbuf_add(sb, "\n");
}

const char *units_render_text(struct arena *arena, const struct topology *topology)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, RENDER_MAX);
    for (size_t i = 0; i < topology->unit_len; i++)
        add_unit(&sb, &topology->units[i]);
    return strbuf_str(&sb);
}

static void add_route(struct strbuf *sb, const struct planned_route *route)
{
    strbuf_addf(sb, "  %s, rule %s: ", route->plan, route->rule);
    if (route->way == COPY_RELAY)
        strbuf_addf(sb, "through %s into %s", route->relay, route->destination);
    else
        strbuf_addf(sb, "straight into %s", route->destination);
    if (route->way == COPY_UNDECIDED)
        strbuf_addf(sb, " or through %s", route->relay);
    strbuf_addf(sb, " (%s)\n", route->why);
}

const char *routes_render_text(struct arena *arena, const struct topology *topology)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, RENDER_MAX);
    for (size_t i = 0; i < topology->route_len; i++)
        add_route(&sb, &topology->routes[i]);
    return strbuf_str(&sb);
}

static void add_header(struct page *page)
{
    const struct topology *topology = page->topology;
    if (!topology)
        return;
    struct strbuf *sb = &page->sb;
    strbuf_addf(sb, "%s%s%s", page->style->strong, topology->name, page->style->off);
    if (page->options->world)
        strbuf_addf(sb, "   %s", page->options->world);
    if (page->options->state_is_new)
        strbuf_add(sb, "   state: new");
    strbuf_addf(sb, "   %zu account%s, %zu Region%s\n", topology->account_len,
                topology->account_len == 1 ? "" : "s", topology->region_len,
                topology->region_len == 1 ? "" : "s");
    strbuf_add(sb, units_render_text(page->arena, topology));
    strbuf_add(sb, routes_render_text(page->arena, topology));
}

/* Of what comes or goes: all of it where it is nothing but a policy, else whom its policies admit
 * from outside of its account. */
static void show_policies(struct arena *arena, struct line *line, const struct schema *schema,
                          const struct value *before, const struct value *after)
{
    const struct schema_node *root = schema->root;
    const char *only = policy_property_of(schema);
    struct difference *all = arena_array(arena, root->property_len, sizeof(*all));
    for (size_t i = 0; i < root->property_len; i++) {
        const char *name = root->properties[i].name;
        if (root->properties[i].node->canonical != CANONICAL_JSON_POLICY)
            continue;
        const struct value *old = value_get(before, name), *new = value_get(after, name);
        if (!str_eq(name, only)) { /* who belongs to the account is no news */
            old = policy_admitting_others(arena, old, line->account_id);
            new = policy_admitting_others(arena, new, line->account_id);
        }
        if (old || new)
            all[line->difference_len++] =
                (struct difference){.path = arena_printf(arena, "/%s", name),
                                    .before = old,
                                    .after = new,
                                    .node = root->properties[i].node};
    }
    line->whole = true;
    line->differences = all;
}

/* ---- plan ---- */

static const char *joined(struct arena *arena, const char *word, const char *reason)
{
    return arena_printf(arena, "%s: %s", word, reason);
}

/* Names of the properties that differ, each once. */
static const char *changed_properties(struct arena *arena, const struct change *change)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, RENDER_MAX);
    struct slice last = {0};
    for (size_t i = 0; i < change->difference_len; i++) {
        struct slice rest = slice_of(change->differences[i].path + 1);
        struct slice name = slice_cut(&rest, '/');
        if (last.ptr && last.len == name.len && memcmp(last.ptr, name.ptr, name.len) == 0)
            continue;
        if (sb.len)
            strbuf_add(&sb, ", ");
        strbuf_add_slice(&sb, name);
        last = name;
    }
    return strbuf_str(&sb);
}

static const char *replace_summary(struct arena *arena, const struct change *change)
{
    static const char *const usual[] = {"not changeable in place",
                                        "found, ours, and not changeable to this", NULL};
    const char *summary = joined(arena, "replace", changed_properties(arena, change));
    return str_is_one_of(change->reason, usual)
               ? summary
               : arena_printf(arena, "%s (%s)", summary, change->reason);
}

static const char *create_summary(struct arena *arena, const struct change *change)
{
    const char *summary = summary_of(arena, change->schema, change->after);
    bool usual = str_eq(change->reason, "not in the state");
    return usual ? summary
                 : arena_printf(arena, "%s%s(%s)", summary, *summary ? " " : "", change->reason);
}

/* The other half of a replacement stands in the same line. */
static bool deleted_first(const struct plan *plan, const struct change *create)
{
    for (const struct change *c = plan->changes; c < create; c++)
        if (c->replacement && str_eq(c->address, create->address))
            return true;
    return false;
}

static void describe(struct page *page, const struct plan *plan, const struct change *change,
                     struct line *line)
{
    struct arena *arena = page->arena;
    const struct style *style = page->style;
    switch (change->action) {
    case ACTION_NONE: return;
    case ACTION_CREATE:
        line->symbol = "+";
        line->colour = style->add;
        line->summary = create_summary(arena, change);
        if (change->replacement) {
            line->symbol = deleted_first(plan, change) ? "-+" : "+-";
            line->colour = style->remove;
            line->summary = replace_summary(arena, change);
            line->differences = change->differences;
            line->difference_len = change->difference_len;
        } else {
            show_policies(arena, line, change->schema, NULL, change->after);
        }
        break;
    case ACTION_ADOPT:
        line->symbol = "=";
        line->colour = style->change;
        line->summary = joined(arena, "adopt", change->reason);
        line->differences = change->differences;
        line->difference_len = change->difference_len;
        break;
    case ACTION_UPDATE:
        line->symbol = "~";
        line->colour = style->change;
        line->summary = changed_properties(arena, change);
        line->differences = change->differences;
        line->difference_len = change->difference_len;
        break;
    case ACTION_DELETE:
        line->symbol = "-";
        line->colour = style->remove;
        line->summary = joined(arena, "delete", change->reason);
        show_policies(arena, line, change->schema, change->before, NULL);
        break;
    case ACTION_FORGET:
        line->symbol = ".";
        line->summary = joined(arena, "forget", change->reason);
        break;
    }
    if (change->irreversible || change->turns_off) {
        line->symbol = change->replacement ? line->symbol : "!";
        line->colour = style->danger;
        line->danger = change;
    }
    if (change->blocked)
        line->summary = arena_printf(arena, "REFUSED: %s", change->blocked);
}

static void add_changes(struct page *page, const struct plan *plan)
{
    for (size_t i = 0; i < plan->len; i++) {
        const struct change *change = &plan->changes[i];
        if (change->action == ACTION_NONE ||
            (change->replacement && change->action != ACTION_CREATE))
            continue;
        struct line line = {.account_id = change->account_id,
                            .region = change->region,
                            .colour = "",
                            .address = change->address,
                            .title = change->schema->title};
        describe(page, plan, change, &line);
        add_row(page, line);
    }
    for (size_t i = 0; i < plan->move_len; i++) {
        const struct record *record = plan->moves[i].record;
        add_row(page, (struct line){.account_id = record->account_id,
                                    .region = record->region,
                                    .symbol = ">",
                                    .colour = "",
                                    .address = record->address,
                                    .title = plan->moves[i].schema->title,
                                    .summary = arena_printf(page->arena, "moved from %s",
                                                            plan->moves[i].from)});
    }
    for (size_t i = 0; i < plan->retained_len; i++) {
        const struct retained *kept = &plan->retained[i];
        add_row(page, (struct line){.account_id = kept->account_id,
                                    .region = kept->region,
                                    .symbol = ".",
                                    .colour = "",
                                    .address = kept->address,
                                    .title = kept->schema->title,
                                    .summary = joined(page->arena, "stays", kept->reason)});
    }
}

static void add_count(struct strbuf *sb, const char *separator, size_t count, const char *word)
{
    if (count > 0)
        strbuf_addf(sb, "%s%zu %s", separator, count, word);
}

const char *plan_render_totals(struct arena *arena, const struct plan *plan)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, RENDER_MAX);
    if (plan->len == 0 && plan->move_len == 0 && plan->retained_len == 0)
        return "Plan: nothing to do";
    strbuf_addf(&sb, "Plan: %zu create, %zu update, %zu delete", plan->create, plan->update,
                plan->remove);
    add_count(&sb, ", ", plan->replace, "replace");
    add_count(&sb, ", ", plan->adopt, "adopt");
    add_count(&sb, ", ", plan->move_len, "move");
    add_count(&sb, ", ", plan->forget, "forget");
    add_count(&sb, ", ", plan->retained_len, plan->retained_len == 1 ? "stays" : "stay");
    add_count(&sb, "; ", plan->irreversible, "irreversible");
    int64_t first = 0;
    for (size_t i = 0; i < plan->len; i++) {
        int64_t date = plan->changes[i].irreversible ? plan->changes[i].permanent_from_ms : 0;
        if (date && (!first || date < first))
            first = date;
    }
    if (first)
        strbuf_addf(&sb, " (undo until %s)", text_day(arena, first));
    return strbuf_str(&sb);
}

const char *plan_render_locks(struct arena *arena, const struct render_options *options)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, RENDER_MAX);
    for (size_t i = 0; i < options->countdown_len; i++)
        strbuf_addf(&sb, "Lock: %s\n", countdown_text(arena, &options->countdowns[i]));
    return strbuf_str(&sb);
}

const char *plan_render_copies(struct arena *arena, const struct render_options *options)
{
    return options->relay_copies == 0
               ? ""
               : arena_printf(arena, "the relays would then start %zu cop%s", options->relay_copies,
                              options->relay_copies == 1 ? "y" : "ies");
}

static void plan_page_init(struct page *page, struct arena *arena, const struct plan *plan,
                           const struct topology *topology, const struct render_options *options)
{
    page_init(page, arena, topology, options, plan->len + plan->move_len + plan->retained_len);
    add_changes(page, plan);
}

const char *plan_render_lines(struct arena *arena, const struct plan *plan,
                              const struct topology *topology, const struct render_options *options)
{
    struct page page;
    plan_page_init(&page, arena, plan, topology, options);
    add_lines(&page);
    return strbuf_str(&page.sb);
}

const char *plan_render_text(struct arena *arena, const struct plan *plan,
                             const struct topology *topology, const struct render_options *options)
{
    struct page page;
    plan_page_init(&page, arena, plan, topology, options);
    add_header(&page);
    add_lines(&page);
    strbuf_add_char(&page.sb, '\n');
    if (options->note)
        strbuf_addf(&page.sb, "%s\n", options->note);
    strbuf_add(&page.sb, plan_render_locks(arena, options));
    strbuf_add(&page.sb, plan_render_totals(arena, plan));
    const char *copies = plan_render_copies(arena, options);
    strbuf_addf(&page.sb, "%s%s\n", *copies ? "; " : "", copies);
    return strbuf_str(&page.sb);
}

/* ---- drift ---- */

static void add_drifts(struct page *page, const struct drift *drifts, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const struct drift *drift = &drifts[i];
        bool high = str_eq(drift->severity, "high");
        const char *symbol = str_eq(drift->action, "deleted") ? "-"
                             : str_eq(drift->action, "added") ? "+"
                                                              : "~";
        struct line line = {.account_id = drift->account_id,
                            .region = drift->region,
                            .symbol = symbol,
                            .colour = high ? page->style->danger : page->style->change,
                            .address = drift->address,
                            .title = drift->schema->title,
                            .summary =
                                arena_printf(page->arena, "%s, %s", drift->action, drift->severity),
                            .differences = drift->differences,
                            .difference_len = drift->difference_len};
        if (drift->difference_len == 0)
            show_policies(page->arena, &line, drift->schema, drift->before, drift->after);
        add_row(page, line);
    }
}

const char *drift_render_text(struct arena *arena, const struct drift *drifts, size_t len,
                              const struct topology *topology, const struct render_options *options)
{
    struct page page;
    page_init(&page, arena, topology, options, len);
    add_drifts(&page, drifts, len);
    add_header(&page);
    add_lines(&page);
    size_t deleted = 0, added = 0, high = 0;
    for (size_t i = 0; i < len; i++) {
        deleted += str_eq(drifts[i].action, "deleted") ? 1 : 0;
        added += str_eq(drifts[i].action, "added") ? 1 : 0;
        high += str_eq(drifts[i].severity, "high") ? 1 : 0;
    }
    if (len == 0)
        strbuf_add(&page.sb, "\nDrift: none\n");
    else
        strbuf_addf(&page.sb,
                    "\nDrift: %zu changed, %zu deleted, %zu added; %zu of high severity\n",
                    len - deleted - added, deleted, added, high);
    return strbuf_str(&page.sb);
}
