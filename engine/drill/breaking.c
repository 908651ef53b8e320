#include "engine/drill/breaking.h"

#include <assert.h>

#include "engine/base/strbuf.h"

static const char *const verdicts[] = {"survived", "alarmed", "silent", "destroyed"};
static_assert(ARRAY_LEN(verdicts) == DRILL_DESTROYED + 1, "one name a verdict");

const char *drill_verdict_name(enum drill_verdict verdict)
{
    return verdicts[verdict];
}

bool drill_faults_parse(struct arena *arena, const char *text,
                        const struct drill_fault *const **ret, size_t *ret_len,
                        const char **ret_unknown)
{
    size_t known, len = 0, cap = 0;
    const struct drill_fault *all = drill_faults(&known), **items = NULL;
    struct slice rest = slice_of(text);
    while (rest.len > 0) {
        struct slice name = slice_cut(&rest, ',');
        bool every = slice_is(name, "all"), found = every;
        for (size_t i = 0; i < known; i++) {
            if (!every && !slice_is(name, all[i].name))
                continue;
            items = arena_grow(arena, items, len, &cap, len + 1, sizeof(*items));
            items[len++] = &all[i];
            found = true;
        }
        if (!found) {
            *ret_unknown = arena_strndup(arena, name.ptr, name.len);
            return false;
        }
    }
    *ret = items;
    *ret_len = len;
    *ret_unknown = "";
    return len > 0;
}

/* ---- one outcome ---- */

/* An alarm that rings without the fault as well, and no later, does not tell of it. */
static bool rings_anyway(const struct drill_report *without, const struct drill_line *alarm)
{
    for (size_t i = 0; i < without->line_len; i++) {
        const struct drill_line *line = &without->lines[i];
        if (line->rang && line->at_ms >= without->blow.struck_ms && line->at_ms <= alarm->at_ms &&
            str_eq(line->address, alarm->address))
            return true;
    }
    return false;
}

void drill_count_alarms(struct drill_outcome *outcome, const struct drill_report *without)
{
    const struct drill_report *report = &outcome->report;
    for (size_t i = 0; i < report->line_len; i++) {
        const struct drill_line *line = &report->lines[i];
        if (!line->rang || line->at_ms < report->blow.struck_ms || rings_anyway(without, line))
            continue;
        outcome->alarms += line->heard;
        outcome->deaf += !line->heard;
    }
}

static enum drill_verdict judge(const struct drill_outcome *outcome)
{
    const struct drill_report *report = &outcome->report;
    const struct drill_blow *blow = &report->blow;
    if (blow->destroyed > 0 || (blow->unreadable > 0 && !outcome->alarms))
        return DRILL_DESTROYED;
    if (report->missing + outcome->unmade == 0 && blow->unreadable == 0)
        return DRILL_SURVIVED;
    return outcome->alarms > 0 ? DRILL_ALARMED : DRILL_SILENT;
}

static bool names_rule(const char *list, const char *id)
{
    struct slice rest = slice_of(list);
    while (rest.len > 0)
        if (slice_is(slice_cut(&rest, ' '), id))
            return true;
    return false;
}

static const char *foreseen_of(struct arena *arena, const struct drill_fault *fault,
                               const char *found)
{
    struct strbuf sb;
    struct slice rest = slice_of(fault->rules);
    strbuf_init(&sb, arena, 4096);
    while (rest.len > 0) {
        struct slice word = slice_cut(&rest, ' ');
        const char *id = arena_strndup(arena, word.ptr, word.len);
        if (names_rule(found, id))
            strbuf_addf(&sb, "%s%s", sb.len ? " " : "", id);
    }
    return strbuf_str(&sb);
}

/* ---- all of them ---- */

/* What the days are like without a fault; faults that begin alike share one. */
struct without {
    drill_strike_fn *before;
    struct drill_report report;
};

static const struct drill_report *days_without(struct arena *arena,
                                               const struct drill_options *options,
                                               const struct drill_fault *fault,
                                               struct without *seen, size_t *seen_len,
                                               struct diags *diags)
{
    struct drill_fault nothing = drill_fault_left_out(fault);
    struct drill_options one = *options;
    for (size_t i = 0; i < *seen_len; i++)
        if (seen[i].before == fault->before)
            return &seen[i].report;
    struct without *without = &seen[(*seen_len)++];
    *without = (struct without){.before = fault->before};
    one.fault = &nothing;
    return drill_run(arena, &one, &without->report, diags) ? &without->report : NULL;
}

bool drill_break(struct arena *arena, const struct drill_options *options,
                 const struct drill_fault *const *faults, size_t len, const char *found,
                 struct drill_breaking *ret, struct diags *diags)
{
    struct without *seen = arena_array(arena, len, sizeof(*seen));
    size_t seen_len = 0;
    *ret = (struct drill_breaking){.items = arena_array(arena, len, sizeof(*ret->items))};
    for (size_t i = 0; i < len; i++) {
        struct drill_outcome *outcome = &ret->items[ret->len++];
        struct drill_options one = *options;
        *outcome = (struct drill_outcome){.fault = faults[i]};
        one.fault = faults[i];
        const struct drill_report *without =
            days_without(arena, options, faults[i], seen, &seen_len, diags);
        if (!without || !drill_run(arena, &one, &outcome->report, diags))
            return false;
        drill_count_alarms(outcome, without);
        if (outcome->report.backups < without->backups)
            outcome->unmade = without->backups - outcome->report.backups;
        outcome->verdict = judge(outcome);
        outcome->foreseen = foreseen_of(arena, faults[i], found);
        if (outcome->verdict == DRILL_SILENT || outcome->verdict == DRILL_DESTROYED ||
            outcome->report.duplicates)
            ret->exit_status = 2;
    }
    return true;
}
