/* `ignore: [{id, reason, until}]` of the file. */
#include "engine/base/clock.h"
#include "engine/proof/findings.h"

static bool is_over(const char *until, int64_t now_ms)
{
    int64_t ms = 0;
    return until && time_parse_iso(slice_of(until), &ms) && ms + DAY_MS <= now_ms;
}

static bool meets(const struct value *entry, const struct proof_finding *finding)
{
    const char *address = value_get_str(entry, "address");
    return str_eq(finding->rule->id, value_get_str(entry, "id")) &&
           (!address || (finding->address && address_is_within(finding->address, address)));
}

static void apply(struct findings *f, const struct value *entry, size_t len, int64_t now_ms)
{
    const char *id = value_get_str(entry, "id"), *until = value_get_str(entry, "until");
    const char *reason = value_get_str(entry, "reason");
    bool any = false;
    if (is_over(until, now_ms)) {
        finding_add_at(f, rule_of(RULE_IGNORE_EXPIRED), "ignore", entry->pos,
                       arena_printf(f->arena, "%s was ignored until %s", id, until),
                       rule_of(RULE_IGNORE_EXPIRED)->mend);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (!meets(entry, &f->items[i]))
            continue;
        f->items[i].ignored = reason ? reason : "";
        any = true;
    }
    if (!any)
        finding_add_at(
            f, rule_of(RULE_IGNORE_NOTHING), "ignore", entry->pos,
            arena_printf(f->arena, "%s: %s", id,
                         rule_find(id) ? "nothing of this kind was found" : "no rule has this id"),
            rule_of(RULE_IGNORE_NOTHING)->mend);
}

void findings_ignore(struct findings *f, int64_t now_ms)
{
    const struct value *list = value_get(f->model->topology->document, "ignore");
    size_t len = f->len;
    for (size_t i = 0; value_is(list, VALUE_LIST) && i < value_len(list); i++)
        apply(f, value_item(list, i), len, now_ms);
}
