/* The report as people and as machines read it. */
#include "engine/aws/backup_types.h"
#include "engine/base/strbuf.h"
#include "engine/proof/proof.h"

#define TEXT_MAX ((size_t)64 << 20)

static const char *way_of(const struct proof_path *path)
{
    return path->relay ? "relay" : path->destination ? "direct" : NULL;
}

/* ---- text ---- */

static void add_place(struct strbuf *sb, const struct diags *sources, struct source_pos pos)
{
    const struct source *source = sources ? diags_source(sources, pos.file) : NULL;
    if (source)
        strbuf_addf(sb, "%s:%u:%u: ", source->name, pos.line, pos.col);
}

static void add_path_name(struct strbuf *sb, const struct proof_path *path)
{
    strbuf_add(sb, path->plan);
    if (path->back_from)
        strbuf_addf(sb, ", %s of %s -> %s", backup_type_of_arn(path->resource), path->back_from,
                    path->destination);
    if (path->back_from)
        return;
    if (path->rule)
        strbuf_addf(sb, ", rule %s", path->rule);
    if (path->destination)
        strbuf_addf(sb, " -> %s by %s", path->destination,
                    path->relay ? path->relay : "a direct copy");
}

static size_t broken_hops(const struct proof_path *path)
{
    size_t broken = 0;
    for (size_t i = 0; i < path->hop_len; i++)
        broken += path->hops[i].verdict == PROOF_BROKEN;
    return broken;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* A path that is broken, or that only the schedule completes. */
static void add_broken(struct strbuf *sb, const struct proof_path *path,
                       const struct diags *sources)
{
    const struct proof_hop *hop = &path->hops[path->broken_at];
    size_t more = broken_hops(path) - 1;
    bool late = path->verdict == PROOF_LATE;
    strbuf_add(sb, late ? "late       " : "broken     ");
    add_path_name(sb, path);
    strbuf_addf(sb, ", hop %zu of %zu: %s\n", path->broken_at + 1, path->hop_len, hop->title);
    strbuf_addf(sb, "    %s\n", hop->reason);
    if (hop->error)
        strbuf_addf(sb, "    AWS would say: %s\n", hop->error);
    else
        strbuf_add(sb, "    AWS would say nothing.\n");
    if (late)
        strbuf_addf(sb, "    The schedule of %s brings it all the same, when it runs next.\n",
                    path->relay);
    if (path->made_up_by)
        strbuf_addf(sb, "    The same backups come there by %s.\n", path->made_up_by);
    strbuf_add(sb, "    ");
    add_place(sb, sources, hop->pos);
    strbuf_addf(sb, "%s  [%s, holdfast explain %s]\n", hop->fix ? hop->fix : hop->rule->mend,
                hop->rule->id, hop->rule->id);
    if (more)
        strbuf_addf(sb, "    and %zu more hop%s of this path, below\n", more, plural(more));
}

static size_t live_hops(const struct proof_path *path)
{
    size_t live = 0;
    for (size_t i = 0; i < path->hop_len; i++)
        live += path->hops[i].basis == PROOF_LIVE && path->hops[i].verdict == PROOF_REACHABLE;
    return live;
}

static void add_path(struct strbuf *sb, const struct proof_path *path, bool live,
                     const struct diags *sources)
{
    if (path->verdict >= PROOF_LATE) {
        add_broken(sb, path, sources);
        return;
    }
    strbuf_add(sb, "reachable  ");
    add_path_name(sb, path);
    size_t proven = path->hop_len - path->assumptions;
    strbuf_addf(sb, ", %zu hop%s proven", proven, plural(proven));
    if (live)
        strbuf_addf(sb, ", %zu on what is there", live_hops(path));
    if (path->assumptions)
        strbuf_addf(sb, ", %zu assumption%s", path->assumptions, plural(path->assumptions));
    strbuf_add(sb, "\n");
}

/* What was read, and what could not be. */
static void add_sights(struct strbuf *sb, const struct sights *sights)
{
    size_t counts[SIGHT_UNREAD + 1] = {0};
    for (size_t i = 0; i < sights->len; i++)
        counts[sights->items[i].state]++;
    strbuf_addf(sb, "live       %zu object%s read", counts[SIGHT_THERE],
                plural(counts[SIGHT_THERE]));
    if (counts[SIGHT_GONE])
        strbuf_addf(sb, ", %zu gone", counts[SIGHT_GONE]);
    if (counts[SIGHT_UNMADE])
        strbuf_addf(sb, ", %zu not made yet and taken as the file says", counts[SIGHT_UNMADE]);
    if (counts[SIGHT_UNREAD])
        strbuf_addf(sb, ", %zu that could not be read", counts[SIGHT_UNREAD]);
    strbuf_add(sb, "\n");
}

static void add_assumed(struct strbuf *sb, struct map *seen, const struct proof_path *path)
{
    for (size_t i = 0; i < path->hop_len; i++) {
        const struct proof_hop *hop = &path->hops[i];
        if (hop->verdict != PROOF_UNKNOWN || map_get(seen, hop->reason))
            continue;
        map_set(seen, hop->reason, seen);
        strbuf_addf(sb, "assumed    %s\n", hop->reason);
    }
}

/* Each assumption once, however many paths rest on it. */
static void add_assumptions(struct strbuf *sb, const struct proof_report *report)
{
    struct map seen;
    map_init(&seen, sb->arena);
    for (size_t i = 0; i < report->path_len; i++)
        add_assumed(sb, &seen, &report->paths[i]);
    for (size_t i = 0; i < report->way_len; i++)
        add_assumed(sb, &seen, &report->ways_back[i]);
    for (size_t i = 0; report->sights && i < report->sights->unread.len; i++)
        strbuf_addf(sb, "assumed    %s\n", value_str(list_items(&report->sights->unread)[i]));
}

static void add_finding(struct strbuf *sb, const struct proof_finding *finding,
                        const struct diags *sources)
{
    add_place(sb, sources, finding->pos);
    strbuf_addf(sb, "%s[%s]: %s: %s", rule_severity_name(finding->rule->severity),
                finding->rule->id, finding->rule->summary, finding->message);
    if (finding->address)
        strbuf_addf(sb, " (%s)", finding->address);
    if (finding->ignored)
        strbuf_addf(sb, "\n    ignored: %s", finding->ignored);
    else if (finding->fix)
        strbuf_addf(sb, "\n    %s", finding->fix);
    strbuf_add(sb, "\n");
}

static void add_threat(struct strbuf *sb, const struct proof_threat *threat)
{
    switch (threat->openness) {
    case PROOF_OPEN: strbuf_add(sb, "    open    "); break;
    case PROOF_BREAK_GLASS: strbuf_addf(sb, "    only %s ", threat->who); break;
    case PROOF_CLOSED:
        strbuf_addf(sb, "    nobody%s%s  ", threat->after ? " after " : "",
                    threat->after ? threat->after : "");
        break;
    }
    strbuf_addf(sb, "%s: %s", threat->what, threat->reason);
    if (threat->openness == PROOF_OPEN)
        strbuf_addf(sb, "  [%s]", threat->rule->id);
    if (threat->ignored)
        strbuf_addf(sb, ", ignored: %s", threat->ignored);
    strbuf_add(sb, "\n");
}

/* A row for each account: what whoever takes it over could do. */
static void add_threats(struct strbuf *sb, const struct proof_report *report)
{
    struct map said;
    map_init(&said, sb->arena);
    for (size_t i = 0; i < report->threat_len; i++) {
        const struct account *account = report->threats[i].account;
        if (map_get(&said, account->id))
            continue;
        map_set(&said, account->id, &said);
        strbuf_addf(sb, "takeover   of %s", account->name);
        if (!str_eq(account->name, account->id))
            strbuf_addf(sb, " (%s)", account->id);
        strbuf_add(sb, "\n");
        for (size_t k = i; k < report->threat_len; k++)
            if (report->threats[k].account == account)
                add_threat(sb, &report->threats[k]);
    }
}

const char *proof_line(struct arena *arena, const struct proof_report *report)
{
    size_t proven = 0, assumed = 0;
    if (report->path_len == 0)
        return "Path: the topology has no plan, so nothing is backed up";
    if (report->broken)
        return arena_printf(arena, "Path: %zu of %zu path%s broken; see holdfast check",
                            report->broken, report->path_len,
                            report->path_len == 1 ? " is" : "s are");
    if (report->ways_broken)
        return arena_printf(arena,
                            "Path: every backup arrives, %zu of %zu way%s back %s broken; see "
                            "holdfast check",
                            report->ways_broken, report->way_len, plural(report->way_len),
                            report->way_len == 1 ? "is" : "are");
    if (report->late)
        return arena_printf(arena,
                            "Path: every backup arrives, %zu of %zu path%s late, by the relay's "
                            "schedule; see holdfast check",
                            report->late, report->path_len, plural(report->path_len));
    for (size_t i = 0; i < report->path_len; i++) {
        if (report->paths[i].made_up_by)
            continue;
        proven += report->paths[i].hop_len - report->paths[i].assumptions;
        assumed += report->paths[i].assumptions;
    }
    const char *to = report->path_len == 1 ? report->paths[0].destination : "its last vault";
    return arena_printf(arena,
                        "Path: every backup reaches %s (%zu hops proven, %zu assumption%s; "
                        "see holdfast check)",
                        to, proven, assumed, plural(assumed));
}

/* A path says where it breaks first; that need not stand below once more. */
static void note_said(struct map *said, const struct proof_path *path)
{
    if (path->verdict >= PROOF_LATE)
        map_set(said, path->hops[path->broken_at].reason, said);
}

const char *proof_text(struct arena *arena, const struct proof_report *report,
                       const struct diags *sources)
{
    struct strbuf sb;
    struct map said;
    strbuf_init(&sb, arena, TEXT_MAX);
    map_init(&said, arena);
    if (report->sights)
        add_sights(&sb, report->sights);
    for (size_t i = 0; i < report->path_len; i++) {
        add_path(&sb, &report->paths[i], report->sights != NULL, sources);
        note_said(&said, &report->paths[i]);
    }
    for (size_t i = 0; i < report->way_len; i++) {
        add_path(&sb, &report->ways_back[i], report->sights != NULL, sources);
        note_said(&said, &report->ways_back[i]);
    }
    add_assumptions(&sb, report);
    add_threats(&sb, report);
    for (size_t i = 0; i < report->finding_len; i++)
        if (!map_get(&said, report->findings[i].message))
            add_finding(&sb, &report->findings[i], sources);
    size_t open = report->finding_len - report->ignored;
    strbuf_addf(&sb, "Check: %zu path%s, %zu broken", report->path_len, plural(report->path_len),
                report->broken);
    if (report->late)
        strbuf_addf(&sb, ", %zu late", report->late);
    if (report->made_up)
        strbuf_addf(&sb, ", %zu that others make up for", report->made_up);
    if (report->way_len)
        strbuf_addf(&sb, "; %zu way%s back, %zu broken", report->way_len, plural(report->way_len),
                    report->ways_broken);
    strbuf_addf(&sb, "; %zu finding%s", open, plural(open));
    if (report->ignored)
        strbuf_addf(&sb, ", %zu ignored", report->ignored);
    strbuf_add(&sb, "\n");
    return strbuf_str(&sb);
}

/* ---- JSON ---- */

static void put_place(struct map_builder *b, const struct diags *sources, struct source_pos pos)
{
    const struct source *source = sources ? diags_source(sources, pos.file) : NULL;
    if (!source)
        return;
    map_put_str(b, "file", source->name);
    map_put_int(b, "line", pos.line);
    map_put_int(b, "column", pos.col);
}

static const struct value *statement_json(struct arena *arena, const struct proof_statement *s,
                                          const struct diags *sources)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "policy", s->policy);
    map_put_str(&b, "sid", s->sid);
    map_put_str(&b, "effect", s->denies ? "Deny" : "Allow");
    put_place(&b, sources, s->pos);
    return map_end(&b);
}

static const struct value *hop_json(struct arena *arena, const struct proof_hop *hop,
                                    const struct diags *sources)
{
    struct map_builder b = map_begin(arena);
    struct list_builder statements = list_begin(arena);
    for (size_t i = 0; i < hop->statement_len; i++)
        list_add(&statements, statement_json(arena, &hop->statements[i], sources));
    map_put_str(&b, "id", hop->id);
    map_put_str(&b, "title", hop->title);
    map_put_str(&b, "verdict", proof_verdict_name(hop->verdict));
    map_put_str(&b, "basis", proof_basis_name(hop->basis));
    map_put_str(&b, "rule", hop->rule->id);
    map_put_str(&b, "who", hop->who);
    map_put_str(&b, "action", hop->action);
    map_put_str(&b, "what", hop->what);
    map_put_str(&b, "evidence", hop->evidence);
    map_put_str(&b, "reason", hop->reason);
    map_put_str(&b, "error", hop->error);
    map_put_str(&b, "fix", hop->fix);
    map_put_str(&b, "address", hop->address);
    put_place(&b, sources, hop->pos);
    map_put(&b, "statements", list_end(&statements));
    return map_end(&b);
}

static const struct value *path_json(struct arena *arena, const struct proof_path *path,
                                     const struct diags *sources)
{
    struct map_builder b = map_begin(arena);
    struct list_builder hops = list_begin(arena);
    for (size_t i = 0; i < path->hop_len; i++)
        list_add(&hops, hop_json(arena, &path->hops[i], sources));
    map_put_str(&b, "plan", path->plan);
    map_put_str(&b, "rule", path->rule);
    map_put_str(&b, "selection", path->selection);
    map_put_str(&b, "resource", path->resource);
    map_put_str(&b, "destination", path->destination);
    map_put_str(&b, "route", way_of(path));
    map_put_str(&b, "relay", path->relay);
    map_put_str(&b, "back_from", path->back_from);
    map_put_str(&b, "verdict", proof_verdict_name(path->verdict));
    map_put_int(&b, "assumptions", (int64_t)path->assumptions);
    map_put_str(&b, "broken_at",
                path->verdict >= PROOF_LATE ? path->hops[path->broken_at].id : NULL);
    map_put_str(&b, "made_up_by", path->made_up_by);
    map_put(&b, "hops", list_end(&hops));
    return map_end(&b);
}

static const struct value *finding_json(struct arena *arena, const struct proof_finding *finding,
                                        const struct diags *sources)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "id", finding->rule->id);
    map_put_str(&b, "severity", rule_severity_name(finding->rule->severity));
    map_put_str(&b, "address", finding->address);
    map_put_str(&b, "message", finding->message);
    map_put_str(&b, "fix", finding->fix);
    map_put_str(&b, "ignored", finding->ignored);
    put_place(&b, sources, finding->pos);
    return map_end(&b);
}

static const struct value *threat_json(struct arena *arena, const struct proof_threat *threat,
                                       const struct diags *sources)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "account", threat->account->name);
    map_put_str(&b, "account_id", threat->account->id);
    map_put_str(&b, "verdict", proof_openness_name(threat->openness));
    map_put_str(&b, "who", threat->who);
    map_put_str(&b, "after", threat->after);
    map_put_str(&b, "what", threat->what);
    map_put_str(&b, "reason", threat->reason);
    map_put_str(&b, "rule", threat->rule->id);
    map_put_str(&b, "address", threat->target);
    map_put_str(&b, "ignored", threat->ignored);
    put_place(&b, sources, threat->pos);
    return map_end(&b);
}

/* What was not found as the file has it, and what nobody could tell. */
static void put_sights(struct map_builder *b, const struct sights *sights)
{
    static const char *const names[] = {NULL, "gone", "not made yet", "unread"};
    struct list_builder list = list_begin(sights->arena);
    for (size_t i = 0; i < sights->len; i++) {
        const struct sight *sight = &sights->items[i];
        struct map_builder item = map_begin(sights->arena);
        if (sight->state == SIGHT_THERE)
            continue;
        map_put_str(&item, "address", sight->resource->address);
        map_put_str(&item, "state", names[sight->state]);
        map_put_str(&item, "why", sight->why);
        list_add(&list, map_end(&item));
    }
    map_put(b, "unseen", list_end(&list));
    map_put(b, "assumptions",
            value_list(sights->arena, list_items(&sights->unread), sights->unread.len));
}

const struct value *proof_to_json(struct arena *arena, const struct proof_report *report,
                                  const struct diags *sources)
{
    struct map_builder b = map_begin(arena);
    struct list_builder paths = list_begin(arena), findings = list_begin(arena),
                        threats = list_begin(arena), back = list_begin(arena);
    for (size_t i = 0; i < report->way_len; i++)
        list_add(&back, path_json(arena, &report->ways_back[i], sources));
    for (size_t i = 0; i < report->threat_len; i++)
        list_add(&threats, threat_json(arena, &report->threats[i], sources));
    for (size_t i = 0; i < report->path_len; i++)
        list_add(&paths, path_json(arena, &report->paths[i], sources));
    for (size_t i = 0; i < report->finding_len; i++)
        list_add(&findings, finding_json(arena, &report->findings[i], sources));
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "basis", proof_basis_name(report->sights ? PROOF_LIVE : PROOF_DECLARED));
    map_put_str(&b, "verdict", proof_verdict_name(report->verdict));
    map_put(&b, "paths", list_end(&paths));
    map_put(&b, "ways_back", list_end(&back));
    map_put(&b, "findings", list_end(&findings));
    map_put(&b, "takeovers", list_end(&threats));
    if (report->sights)
        put_sights(&b, report->sights);
    return map_end(&b);
}
