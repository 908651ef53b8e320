#include "engine/drill/breaking.h"

#include <assert.h>
#include <string.h>

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

static bool names(const char *list, struct slice id)
{
    struct slice rest = slice_of(list);
    while (rest.len > 0) {
        struct slice one = slice_cut(&rest, ' ');
        if (one.len == id.len && memcmp(one.ptr, id.ptr, id.len) == 0)
            return true;
    }
    return false;
}

/* Each of the one list that is not in the other, once. */
static const char *only_in(struct arena *arena, const char *list, const char *other)
{
    struct strbuf sb;
    struct slice rest = slice_of(list);
    strbuf_init(&sb, arena, 65536);
    while (rest.len > 0) {
        struct slice id = slice_cut(&rest, ' ');
        if (id.len > 0 && !names(other, id) && !names(strbuf_str(&sb), id))
            strbuf_addf(&sb, "%s%.*s", sb.len ? " " : "", (int)id.len, id.ptr);
    }
    return strbuf_str(&sb);
}

/* A part, or a point in it, is about the whole. */
static bool is_about(const char *on, const char *target)
{
    size_t len = strlen(on), part = strlen(target);
    return str_eq(on, target) || (str_starts(on, target) && on[part] == '/') ||
           (len > part && str_eq(on + len - part, target) && on[len - part - 1] == ' ');
}

static bool was_done(const struct drill_blow *blow, const struct drill_foresight *foresight)
{
    for (size_t i = 0; foresight->actions && i < blow->try_len; i++) {
        const struct drill_try *try = &blow->tries[i];
        if (!try->why && str_eq(try->account_id, foresight->account_id) &&
            str_is_one_of(try->call, foresight->actions) && is_about(try->on, foresight->target))
            return true;
    }
    return false;
}

/* A backup that was to be there is not. Of one that was never begun nobody knows where to. */
static bool is_lacked_by(const struct drill_outcome *outcome, const char *vault)
{
    const struct drill_report *report = &outcome->report;
    for (size_t i = 0; i < report->miss_len; i++) {
        const char *const *at = report->misses[i].vaults;
        while (at && *at && !str_eq(*at, vault))
            at++;
        if (!at || *at)
            return true;
    }
    return outcome->unmade > 0;
}

/* Of the vault that it is about. */
static bool came_unnoticed(const struct drill_outcome *outcome,
                           const struct drill_foresight *foresight)
{
    return foresight->unnoticed && outcome->alarms == 0 && is_lacked_by(outcome, foresight->target);
}

const char *drill_foreseen(struct arena *arena, const struct drill_outcome *outcome,
                           const struct drill_foresight *foresights, size_t len)
{
    struct strbuf sb;
    struct map told;
    strbuf_init(&sb, arena, 4096);
    map_init(&told, arena);
    for (size_t i = 0; i < len; i++) {
        const struct drill_foresight *foresight = &foresights[i];
        bool came =
            was_done(&outcome->report.blow, foresight) || came_unnoticed(outcome, foresight);
        if (!came || map_get(&told, foresight->rule))
            continue;
        map_set(&told, foresight->rule, &sb);
        strbuf_addf(&sb, "%s%s", sb.len ? " " : "", foresight->rule);
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
                 const struct drill_fault *const *faults, size_t len,
                 const struct drill_foresight *foresights, size_t foresight_len,
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
        outcome->seen = only_in(arena, outcome->report.blow.seen, without->blow.seen);
        outcome->foreseen = drill_foreseen(arena, outcome, foresights, foresight_len);
        if (outcome->verdict == DRILL_SILENT || outcome->verdict == DRILL_DESTROYED ||
            outcome->report.duplicates)
            ret->exit_status = 2;
    }
    return true;
}
