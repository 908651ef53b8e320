/* Findings as SARIF 2.1.0, as code scanning reads them. */
#include "engine/base/crypto.h"
#include "engine/base/strbuf.h"
#include "engine/proof/proof.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static const struct value *text_of(struct arena *arena, const char *text)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "text", text);
    return map_end(&b);
}

static const struct value *rule_json(struct arena *arena, const struct rule *rule)
{
    struct map_builder b = map_begin(arena), level = map_begin(arena);
    map_put_str(&level, "level", rule_severity_name(rule->severity));
    map_put_str(&b, "id", rule->id);
    map_put(&b, "shortDescription", text_of(arena, rule->summary));
    map_put(&b, "fullDescription", text_of(arena, rule->why));
    map_put(&b, "help",
            text_of(arena, arena_printf(arena, "%s See: %s.", rule->mend, rule->source)));
    map_put(&b, "defaultConfiguration", map_end(&level));
    return map_end(&b);
}

static const struct value *driver_json(struct arena *arena, const char *version)
{
    struct map_builder driver = map_begin(arena), tool = map_begin(arena);
    struct list_builder rules = list_begin(arena);
    for (int i = 0; i < RULE_COUNT; i++)
        list_add(&rules, rule_json(arena, rule_of((enum rule_id)i)));
    map_put_str(&driver, "name", "holdfast");
    map_put_str(&driver, "version", version);
    map_put(&driver, "rules", list_end(&rules));
    map_put(&tool, "driver", map_end(&driver));
    return map_end(&tool);
}

/* A path with a blank or a bracket is no URI as it stands. */
static const char *uri_of(struct arena *arena, const char *path)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 65536);
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '/' || c == '.' || c == '-' || c == '_' || c == '~';
        if (plain)
            strbuf_add_char(&sb, (char)c);
        else
            strbuf_addf(&sb, "%%%02X", c);
    }
    return strbuf_str(&sb);
}

static const struct value *location_json(struct arena *arena, const struct diags *sources,
                                         const struct proof_finding *finding)
{
    const struct source *source = sources ? diags_source(sources, finding->pos.file) : NULL;
    struct map_builder location = map_begin(arena), physical = map_begin(arena),
                       artifact = map_begin(arena), region = map_begin(arena),
                       logical = map_begin(arena);
    if (source) {
        map_put_str(&artifact, "uri", uri_of(arena, source->name));
        map_put_int(&region, "startLine", finding->pos.line);
        map_put_int(&region, "startColumn", finding->pos.col ? finding->pos.col : 1);
        map_put(&physical, "artifactLocation", map_end(&artifact));
        map_put(&physical, "region", map_end(&region));
        map_put(&location, "physicalLocation", map_end(&physical));
    }
    if (finding->address) {
        struct list_builder list = list_begin(arena);
        map_put_str(&logical, "fullyQualifiedName", finding->address);
        list_add(&list, map_end(&logical));
        map_put(&location, "logicalLocations", list_end(&list));
    }
    return map_end(&location);
}

static const struct value *suppression_json(struct arena *arena, const char *reason)
{
    struct map_builder b = map_begin(arena);
    struct list_builder list = list_begin(arena);
    map_put_str(&b, "kind", "inSource");
    map_put_str(&b, "justification", reason);
    list_add(&list, map_end(&b));
    return list_end(&list);
}

static const struct value *result_json(struct arena *arena, const struct proof_finding *finding,
                                       const struct diags *sources)
{
    struct map_builder b = map_begin(arena), prints = map_begin(arena);
    struct list_builder locations = list_begin(arena);
    const char *identity = arena_printf(arena, "%s|%s|%s", finding->rule->id,
                                        finding->address ? finding->address : "", finding->message);
    list_add(&locations, location_json(arena, sources, finding));
    map_put_str(&prints, "holdfast/v1", sha256_hex(arena, slice_of(identity)));
    map_put_str(&b, "ruleId", finding->rule->id);
    map_put_str(&b, "level", rule_severity_name(finding->rule->severity));
    map_put(&b, "message",
            text_of(arena, arena_printf(arena, "%s: %s. %s", finding->rule->summary,
                                        finding->message, finding->fix ? finding->fix : "")));
    map_put(&b, "locations", list_end(&locations));
    map_put(&b, "partialFingerprints", map_end(&prints));
    if (finding->ignored)
        map_put(&b, "suppressions", suppression_json(arena, finding->ignored));
    return map_end(&b);
}

/* What the results rest on. */
static const struct value *properties_json(struct arena *arena, const struct proof_report *report)
{
    struct map_builder b = map_begin(arena);
    const struct sights *sights = report->sights;
    map_put_str(&b, "basis", proof_basis_name(sights ? PROOF_LIVE : PROOF_DECLARED));
    map_put_str(&b, "verdict", proof_verdict_name(report->verdict));
    if (sights)
        map_put(&b, "assumptions",
                value_list(arena, list_items(&sights->unread), sights->unread.len));
    return map_end(&b);
}

const struct value *proof_to_sarif(struct arena *arena, const struct proof_report *report,
                                   const struct diags *sources, const char *version)
{
    struct map_builder log = map_begin(arena), run = map_begin(arena);
    struct list_builder runs = list_begin(arena), results = list_begin(arena);
    for (size_t i = 0; i < report->finding_len; i++)
        list_add(&results, result_json(arena, &report->findings[i], sources));
    map_put(&run, "tool", driver_json(arena, version));
    map_put(&run, "results", list_end(&results));
    map_put_str(&run, "columnKind", "unicodeCodePoints");
    map_put(&run, "properties", properties_json(arena, report));
    list_add(&runs, map_end(&run));
    map_put_str(&log, "$schema", SCHEMA);
    map_put_str(&log, "version", "2.1.0");
    map_put(&log, "runs", list_end(&runs));
    return map_end(&log);
}
