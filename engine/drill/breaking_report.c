/* What came of the faults, as text, as a table in Markdown and as JSON. */
#include "engine/drill/breaking.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/strbuf.h"

#define TEXT_MAX ((size_t)16 * 1024 * 1024)

/* "2 of 2 arrived, 1 late, 1 twice" */
static const char *arrivals(struct arena *arena, const struct drill_outcome *outcome)
{
    const struct drill_report *report = &outcome->report;
    struct strbuf sb;
    strbuf_init(&sb, arena, 256);
    strbuf_addf(&sb, "%zu of %zu arrived", report->arrived, report->backups + outcome->unmade);
    if (outcome->unmade)
        strbuf_addf(&sb, ", %zu never begun", outcome->unmade);
    if (report->late)
        strbuf_addf(&sb, ", %zu late", report->late);
    if (report->duplicates)
        strbuf_addf(&sb, ", %zu twice", report->duplicates);
    return strbuf_str(&sb);
}

static size_t tries_that_ran(const struct drill_blow *blow)
{
    size_t ran = 0;
    for (size_t i = 0; i < blow->try_len; i++)
        ran += blow->tries[i].why == NULL;
    return ran;
}

/* AWS's word for why not; NULL: it ran. */
static const char *code_of(struct arena *arena, const struct drill_try *try)
{
    struct slice rest = slice_of(try->why ? try->why : "");
    struct slice code = slice_cut(&rest, ':');
    return code.len ? arena_strndup(arena, code.ptr, code.len) : NULL;
}

/* What became of what had arrived; NULL: nothing had. */
static const char *damage(struct arena *arena, const struct drill_blow *blow)
{
    if (!blow->kept)
        return NULL;
    if (!blow->destroyed && !blow->unreadable)
        return "nothing lost";
    if (!blow->destroyed)
        return arena_printf(arena, "%zu of %zu unreadable", blow->unreadable, blow->kept);
    return arena_printf(arena, "%zu of %zu destroyed", blow->destroyed, blow->kept);
}

static const char *many(struct arena *arena, size_t count, const char *one)
{
    return arena_printf(arena, "%zu %s%s", count, one, count == 1 ? "" : "s");
}

/* "1 alarm, 2 that nobody hears" */
static const char *alarms(struct arena *arena, const struct drill_outcome *outcome)
{
    const char *heard = many(arena, outcome->alarms, "alarm");
    return outcome->deaf ? arena_printf(arena, "%s, %zu that nobody hears", heard, outcome->deaf)
                         : heard;
}

/* ---- text ---- */

/* "312 calls: 201 ran, 80 AccessDenied, 31 NoSuchEntity" */
static const char *answers(struct arena *arena, const struct drill_blow *blow)
{
    struct strbuf sb;
    struct map told;
    map_init(&told, arena);
    strbuf_init(&sb, arena, 4096);
    strbuf_addf(&sb, "%s: %zu ran", many(arena, blow->try_len, "call"), tries_that_ran(blow));
    for (size_t i = 0; i < blow->try_len; i++) {
        const char *code = code_of(arena, &blow->tries[i]);
        size_t same = 0;
        if (!code || map_get(&told, code))
            continue;
        map_set(&told, code, &sb);
        for (size_t k = i; k < blow->try_len; k++)
            same += str_eq(code_of(arena, &blow->tries[k]), code);
        strbuf_addf(&sb, ", %zu %s", same, code);
    }
    return strbuf_str(&sb);
}

static void add_outcome(struct strbuf *sb, const struct drill_outcome *outcome, int width)
{
    const struct drill_report *report = &outcome->report;
    const struct drill_blow *blow = &report->blow;
    const char *lost = damage(sb->arena, blow);
    strbuf_addf(sb, "%-*s  %-9s  %s, %s%s%s\n", width, outcome->fault->name,
                drill_verdict_name(outcome->verdict), arrivals(sb->arena, outcome),
                alarms(sb->arena, outcome), lost ? "; " : "", lost ? lost : "");
    strbuf_addf(sb, "    %s, from %s\n", outcome->fault->what,
                time_iso(sb->arena, blow->struck_ms));
    if (blow->try_len)
        strbuf_addf(sb, "    %s\n", answers(sb->arena, blow));
    for (size_t i = 0; i < blow->try_len; i++)
        if (blow->tries[i].loss)
            strbuf_addf(sb, "    %s on %s: %s\n", blow->tries[i].call, blow->tries[i].on,
                        blow->tries[i].loss);
    for (size_t i = 0; i < report->miss_len; i++)
        if (report->misses[i].at_ms)
            strbuf_addf(sb, "    missing: %s of %s: %s\n", report->misses[i].resource,
                        time_iso(sb->arena, report->misses[i].at_ms), report->misses[i].reason);
    if (*outcome->foreseen)
        strbuf_addf(sb, "    foreseen by %s\n", outcome->foreseen);
    if (*outcome->seen)
        strbuf_addf(sb, "    check --live tells of it with %s\n", outcome->seen);
}

const char *drill_breaking_text(struct arena *arena, const struct drill_breaking *breaking)
{
    struct strbuf sb;
    size_t width = 0, count[DRILL_DESTROYED + 1] = {0};
    strbuf_init(&sb, arena, TEXT_MAX);
    for (size_t i = 0; i < breaking->len; i++) {
        size_t len = strlen(breaking->items[i].fault->name);
        width = len > width ? len : width;
        count[breaking->items[i].verdict]++;
    }
    for (size_t i = 0; i < breaking->len; i++)
        add_outcome(&sb, &breaking->items[i], (int)width);
    strbuf_addf(&sb, "%s: %zu survived, %zu alarmed, %zu silent, %zu destroyed\n",
                many(arena, breaking->len, "fault"), count[DRILL_SURVIVED], count[DRILL_ALARMED],
                count[DRILL_SILENT], count[DRILL_DESTROYED]);
    return strbuf_str(&sb);
}

/* ---- Markdown ---- */

const char *drill_breaking_markdown(struct arena *arena, const struct drill_breaking *breaking)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    strbuf_add(&sb, "| fault | what happens | outcome | what had arrived | alarm | foreseen by | "
                    "check --live |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < breaking->len; i++) {
        const struct drill_outcome *outcome = &breaking->items[i];
        const char *lost = damage(arena, &outcome->report.blow);
        strbuf_addf(&sb, "| `%s` | %s | %s: %s | %s | %s | %s | %s |\n", outcome->fault->name,
                    outcome->fault->what, drill_verdict_name(outcome->verdict),
                    arrivals(arena, outcome), lost ? lost : "", outcome->alarms ? "yes" : "no",
                    outcome->foreseen, outcome->seen);
    }
    return strbuf_str(&sb);
}

/* ---- JSON ---- */

static const struct value *tries_to_value(struct arena *arena, const struct drill_blow *blow)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < blow->try_len; i++) {
        const struct drill_try *try = &blow->tries[i];
        struct map_builder b = map_begin(arena);
        map_put_str(&b, "at", time_iso(arena, try->at_ms));
        map_put_str(&b, "account_id", try->account_id);
        map_put_str(&b, "as", try->as);
        map_put_str(&b, "call", try->call);
        map_put_str(&b, "on", try->on);
        map_put_bool(&b, "ran", try->why == NULL);
        map_put_str(&b, "why", try->why);
        map_put_str(&b, "loss", try->loss);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static const struct value *rules_to_value(struct arena *arena, const char *ids)
{
    struct list_builder list = list_begin(arena);
    struct slice rest = slice_of(ids);
    while (rest.len > 0) {
        struct slice id = slice_cut(&rest, ' ');
        list_add(&list, value_string_n(arena, id.ptr, id.len));
    }
    return list_end(&list);
}

static const struct value *outcome_to_value(struct arena *arena,
                                            const struct drill_outcome *outcome)
{
    const struct drill_blow *blow = &outcome->report.blow;
    struct map_builder b = map_begin_from(arena, drill_report_to_json(arena, &outcome->report));
    map_drop(&b, "format_version");
    map_put_str(&b, "fault", outcome->fault->name);
    map_put_str(&b, "what", outcome->fault->what);
    map_put_str(&b, "verdict", drill_verdict_name(outcome->verdict));
    map_put_str(&b, "struck_at", time_iso(arena, blow->struck_ms));
    if (blow->mended_ms)
        map_put_str(&b, "mended_at", time_iso(arena, blow->mended_ms));
    map_put_int(&b, "late", (int64_t)outcome->report.late);
    map_put_int(&b, "never_begun", (int64_t)outcome->unmade);
    map_put_int(&b, "alarms_since", (int64_t)outcome->alarms);
    map_put_int(&b, "unheard_alarms", (int64_t)outcome->deaf);
    map_put_int(&b, "kept", (int64_t)blow->kept);
    map_put_int(&b, "destroyed", (int64_t)blow->destroyed);
    map_put_int(&b, "unreadable", (int64_t)blow->unreadable);
    map_put(&b, "foreseen_by", rules_to_value(arena, outcome->foreseen));
    map_put(&b, "seen_live_by", rules_to_value(arena, outcome->seen));
    map_put(&b, "tries", tries_to_value(arena, blow));
    return map_end(&b);
}

const struct value *drill_breaking_to_json(struct arena *arena,
                                           const struct drill_breaking *breaking)
{
    struct list_builder faults = list_begin(arena);
    for (size_t i = 0; i < breaking->len; i++)
        list_add(&faults, outcome_to_value(arena, &breaking->items[i]));
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format_version", "1.0");
    map_put(&b, "faults", list_end(&faults));
    return map_end(&b);
}
