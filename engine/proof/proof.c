#include "engine/proof/proof.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/proof/findings.h"
#include "engine/proof/takeover.h"
#include "engine/proof/walk.h"

const char *proof_verdict_name(enum proof_verdict verdict)
{
    static const char *const names[] = {"reachable", "unknown", "late", "broken"};
    static_assert(ARRAY_LEN(names) == PROOF_BROKEN + 1, "one name a verdict");
    return names[verdict];
}

const char *proof_basis_name(enum proof_basis basis)
{
    static const char *const names[] = {"declared", "live"};
    static_assert(ARRAY_LEN(names) == PROOF_LIVE + 1, "one name each");
    return names[basis];
}

const char *proof_openness_name(enum proof_openness openness)
{
    static const char *const names[] = {"open", "break-glass", "closed"};
    static_assert(ARRAY_LEN(names) == PROOF_CLOSED + 1, "one name each");
    return names[openness];
}

void finding_add_at(struct findings *f, const struct rule *rule, const char *address,
                    struct source_pos pos, const char *message, const char *fix)
{
    const char *key = arena_printf(f->arena, "%s|%s|%s", rule->id, address, message);
    if (map_get(&f->seen, key))
        return;
    map_set(&f->seen, key, f);
    f->items = arena_grow(f->arena, f->items, f->len, &f->cap, f->len + 1, sizeof(*f->items));
    f->items[f->len++] = (struct proof_finding){
        .rule = rule, .address = address, .message = message, .fix = fix, .pos = pos};
}

static const char *const mends[RULE_COUNT] = {
#define MEND(rule, yaml) [rule] = (yaml),
#include "engine/proof/mends.inc"
#undef MEND
};

static const char *put_in(struct arena *arena, const char *text, const char *name,
                          const char *value)
{
    const char *at = strstr(text, name);
    return at ? arena_printf(arena, "%.*s%s%s", (int)(at - text), text, value, at + strlen(name))
              : text;
}

static const char *mend_of(struct findings *f, enum rule_id id, const struct model_object *object)
{
    if (!mends[id] || !object)
        return rule_of(id)->mend;
    const struct account *account = object->resource->account;
    const char *yaml = put_in(f->arena, mends[id], "${PARTITION}", account->partition);
    return put_in(f->arena, yaml, "${ACCOUNT}", account->id);
}

void finding_add(struct findings *f, enum rule_id id, const struct model_object *object,
                 struct source_pos pos, const char *message)
{
    const struct rule *rule = rule_of(id);
    finding_add_at(f, rule, object ? object->resource->address : NULL,
                   pos.file || !object ? pos : object->resource->pos, message,
                   mend_of(f, id, object));
}

/* ---- what an apply mends ---- */

static bool is_made_by_file(const struct topology *topology, const struct sight *sight)
{
    const struct resource *first = topology->resources;
    return sight->resource >= first && sight->resource < first + topology->resource_len &&
           !sight->resource->external && sight->state != SIGHT_UNREAD;
}

static const struct value *set_as_file_says(struct model *now, const struct sight *sight)
{
    const struct value *desired = model_resolve(now, sight->resource->properties);
    struct map_builder b = map_begin_from(now->arena, sight->attributes);
    for (size_t i = 0; i < value_len(desired); i++)
        map_put(&b, desired->map.entries[i].key, desired->map.entries[i].value);
    return map_end(&b);
}

/* The accounts as an apply would leave them: what others have put there stays. */
static struct sights *applied(struct model *now)
{
    struct sights *after = arena_new_of(now->arena, struct sights);
    *after = *now->sights;
    after->items = arena_array(now->arena, after->len, sizeof(*after->items));
    for (size_t i = 0; i < after->len; i++) {
        struct sight *sight = &after->items[i];
        *sight = now->sights->items[i];
        if (!is_made_by_file(now->topology, sight) || !sight->attributes)
            continue;
        sight->state = SIGHT_THERE;
        sight->attributes = set_as_file_says(now, sight);
    }
    return after;
}

/* What breaks before it knows its selection, or where it leads, is a part of each that does. */
static bool is_part_of_way(const struct proof_path *part, const struct proof_path *whole)
{
    return str_eq(part->plan, whole->plan) && str_eq(part->rule, whole->rule) &&
           (!part->selection || str_eq(part->selection, whole->selection)) &&
           (!part->destination ||
            (str_eq(part->destination, whole->destination) && str_eq(part->relay, whole->relay)));
}

struct ways {
    const struct proof_path *items;
    size_t len;
};

static bool holds_on(const struct proof_path *path, const struct proof_hop *hop)
{
    for (size_t i = 0; i < path->hop_len; i++)
        if (str_eq(path->hops[i].id, hop->id))
            return path->hops[i].verdict == PROOF_REACHABLE;
    return path->verdict != PROOF_BROKEN;
}

static bool holds_in(const struct ways *after, const struct proof_path *path,
                     const struct proof_hop *hop)
{
    for (size_t i = 0; i < after->len; i++)
        if (is_part_of_way(path, &after->items[i]))
            return holds_on(&after->items[i], hop);
    return false;
}

/* Where a link is broken in the accounts alone the file needs no change. */
static const struct proof_path *mended_by_apply(struct arena *arena, const struct ways *now,
                                                const struct ways *after)
{
    struct proof_path *paths = arena_array(arena, now->len, sizeof(*paths));
    for (size_t i = 0; i < now->len; i++) {
        paths[i] = now->items[i];
        if (paths[i].verdict < PROOF_LATE)
            continue;
        struct proof_hop *hops = arena_array(arena, paths[i].hop_len, sizeof(*hops));
        for (size_t k = 0; k < paths[i].hop_len; k++) {
            hops[k] = now->items[i].hops[k];
            if (hops[k].verdict == PROOF_BROKEN && holds_in(after, &paths[i], &hops[k]))
                hops[k].fix = "# the file has this right already: holdfast apply";
        }
        paths[i].hops = hops;
    }
    return paths;
}

static bool any_broken(const struct proof_path *paths, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (paths[i].verdict >= PROOF_LATE)
            return true;
    return false;
}

static void tell_what_apply_mends(struct model *now, struct proof_report *report)
{
    struct model model;
    struct ways paths, back;
    if (!any_broken(report->paths, report->path_len) &&
        !any_broken(report->ways_back, report->way_len))
        return;
    model_init(&model, now->arena, now->topology, applied(now));
    walk_all(&model, &paths.items, &paths.len);
    walk_back(&model, paths.items, paths.len, &back.items, &back.len);
    report->paths =
        mended_by_apply(now->arena, &(struct ways){report->paths, report->path_len}, &paths);
    report->ways_back =
        mended_by_apply(now->arena, &(struct ways){report->ways_back, report->way_len}, &back);
}

/* ---- ways that make up for each other ---- */

/* What a path brings, and where; NULL: it does not get that far. */
static const char *freight_of(struct arena *arena, const struct proof_path *path)
{
    return path->last_vault && path->selection
               ? arena_printf(arena, "%s|%s|%s|%s|%s", path->plan, path->rule, path->selection,
                              path->resource, path->last_vault)
               : NULL;
}

/* What AWS refuses to make stops the whole apply, and with it the other ways. */
static bool stops_apply(const struct proof_path *path)
{
    static const enum rule_id rules[] = {RULE_KEY_LOCKOUT, RULE_VAULT_KEY_REGION, RULE_FORWARD_ROLE,
                                         RULE_FUNCTION_TRUST, RULE_FUNCTION_LETTERS};
    for (size_t i = 0; i < path->hop_len; i++)
        for (size_t k = 0; k < ARRAY_LEN(rules); k++)
            if (path->hops[i].verdict == PROOF_BROKEN && path->hops[i].basis == PROOF_DECLARED &&
                path->hops[i].rule == rule_of(rules[k]))
                return true;
    return false;
}

/* Of the paths with the same freight the best one. */
static void find_best(struct arena *arena, const struct proof_report *report, struct map *ret)
{
    map_init(ret, arena);
    for (size_t i = 0; i < report->path_len; i++) {
        const struct proof_path *path = &report->paths[i];
        const char *freight = freight_of(arena, path);
        const struct proof_path *best = freight ? map_get(ret, freight) : NULL;
        if (freight && (!best || path->verdict < best->verdict))
            map_set(ret, freight, (void *)(uintptr_t)path);
    }
}

/* A backup is expected once in its last vault, by whichever way. */
static void tell_what_is_made_up(struct arena *arena, struct proof_report *report)
{
    struct map best;
    if (!any_broken(report->paths, report->path_len))
        return;
    find_best(arena, report, &best);
    struct proof_path *paths = arena_array(arena, report->path_len, sizeof(*paths));
    for (size_t i = 0; i < report->path_len; i++) {
        paths[i] = report->paths[i];
        const char *freight = freight_of(arena, &paths[i]);
        const struct proof_path *other = freight ? map_get(&best, freight) : NULL;
        if (other && other->verdict < paths[i].verdict && !stops_apply(&paths[i]))
            paths[i].made_up_by = other->relay ? other->relay : "a direct copy";
    }
    report->paths = paths;
}

static void count_paths(struct proof_report *report)
{
    for (size_t i = 0; i < report->path_len; i++) {
        const struct proof_path *path = &report->paths[i];
        report->made_up += path->made_up_by != NULL;
        report->broken += path->verdict == PROOF_BROKEN && !path->made_up_by;
        report->late += path->verdict == PROOF_LATE && !path->made_up_by;
    }
}

static void add_hops(struct findings *f, const struct proof_path *path)
{
    for (size_t i = 0; i < path->hop_len; i++) {
        const struct proof_hop *hop = &path->hops[i];
        if (hop->verdict == PROOF_BROKEN)
            finding_add_at(f, hop->rule, hop->address, hop->pos, hop->reason, hop->fix);
    }
}

/* A vault and what is a part of it: "vaults.v" and "vaults.v/lock". */
static bool is_part(const char *whole, const char *part)
{
    return str_starts(part, whole) && (part[strlen(whole)] == '/' || !part[strlen(whole)]);
}

/* Among the first so many findings. */
static bool is_found(const struct findings *f, size_t len, const struct proof_threat *threat)
{
    for (size_t i = 0; i < len; i++) {
        const struct proof_finding *finding = &f->items[i];
        if (finding->rule == threat->rule && finding->address &&
            (is_part(threat->target, finding->address) ||
             is_part(finding->address, threat->target)))
            return true;
    }
    return false;
}

/* What stands open is a finding, also where a rule that looks for a statement has found one. */
static void add_threats(struct findings *f, const struct proof_threat *threats, size_t len)
{
    size_t before = f->len;
    for (size_t i = 0; i < len; i++)
        if (threats[i].openness == PROOF_OPEN && !is_found(f, before, &threats[i]))
            finding_add_at(f, threats[i].rule, threats[i].target, threats[i].pos,
                           arena_printf(f->arena, "%s %s: %s", threats[i].whoever, threats[i].what,
                                        threats[i].reason),
                           threats[i].rule->mend);
}

typedef void check_fn(struct findings *f);
static check_fn *const checks[] = {check_plans,  check_retention,    check_vaults,
                                   check_keys,   check_roles,        check_events,
                                   check_alarms, check_organization, check_quotas};

static int by_rule(const void *a, const void *b)
{
    const struct proof_finding *x = a, *y = b;
    if (!x->ignored != !y->ignored)
        return x->ignored ? 1 : -1;
    int order = strcmp(x->rule->id, y->rule->id);
    if (!order)
        order = strcmp(x->address ? x->address : "", y->address ? y->address : "");
    return order ? order : strcmp(x->message, y->message);
}

void proof_check(struct arena *arena, const struct proof_input *input, struct proof_report *ret)
{
    struct model model;
    struct findings f = {.model = &model, .arena = arena, .now_ms = input->now_ms};
    struct proof_report report = {.sights = input->sights};
    model_init(&model, arena, input->topology, input->sights);
    map_init(&f.seen, arena);
    walk_all(&model, &report.paths, &report.path_len);
    walk_back(&model, report.paths, report.path_len, &report.ways_back, &report.way_len);
    if (input->sights)
        tell_what_apply_mends(&model, &report);
    tell_what_is_made_up(arena, &report);
    count_paths(&report);
    for (size_t i = 0; i < report.path_len; i++)
        add_hops(&f, &report.paths[i]);
    for (size_t i = 0; i < report.way_len; i++) {
        report.ways_broken += report.ways_back[i].verdict == PROOF_BROKEN;
        add_hops(&f, &report.ways_back[i]);
    }
    f.paths = report.paths;
    f.path_len = report.path_len;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        checks[i](&f);
    takeovers(&model, input->now_ms, report.paths, report.path_len, &report.threats,
              &report.threat_len);
    add_threats(&f, report.threats, report.threat_len);
    f.threats = report.threats;
    f.threat_len = report.threat_len;
    findings_ignore(&f);
    report.threats = f.threats;
    if (f.len)
        qsort(f.items, f.len, sizeof(*f.items), by_rule);
    report.findings = f.items;
    report.finding_len = f.len;
    for (size_t i = 0; i < f.len; i++)
        report.ignored += f.items[i].ignored != NULL;
    report.verdict = report.broken || report.ways_broken ? PROOF_BROKEN
                     : report.late                       ? PROOF_LATE
                                                         : PROOF_REACHABLE;
    *ret = report;
}
