/* `ignore: [{id, reason, until}]` of the file. */
#include "engine/base/clock.h"
#include "engine/proof/findings.h"

static bool is_over(const char *until, int64_t now_ms)
{
    int64_t ms = 0;
    return until && time_parse_iso(slice_of(until), &ms) && ms + DAY_MS <= now_ms;
}

static bool meets(const struct value *entry, const struct rule *rule, const char *at)
{
    const char *address = value_get_str(entry, "address");
    return str_eq(rule->id, value_get_str(entry, "id")) &&
           (!address || (at && address_is_within(at, address)));
}

/* An open threat that is accepted stays in the list, with the reason. */
static bool ignore_threats(struct findings *f, const struct value *entry, const char *reason)
{
    struct proof_threat *list = arena_array(f->arena, f->threat_len + 1, sizeof(*list));
    bool any = false;
    for (size_t i = 0; i < f->threat_len; i++) {
        list[i] = f->threats[i];
        if (list[i].openness != PROOF_OPEN || !meets(entry, list[i].rule, list[i].target))
            continue;
        list[i].ignored = reason;
        any = true;
    }
    f->threats = list;
    return any;
}

static void apply(struct findings *f, const struct value *entry, size_t len)
{
    const char *id = value_get_str(entry, "id"), *until = value_get_str(entry, "until");
    const char *reason = value_get_str(entry, "reason");
    bool any = false;
    if (is_over(until, f->now_ms)) {
        finding_add_at(f, rule_of(RULE_IGNORE_EXPIRED), "ignore", entry->pos,
                       arena_printf(f->arena, "%s was ignored until %s", id, until),
                       rule_of(RULE_IGNORE_EXPIRED)->mend);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (!meets(entry, f->items[i].rule, f->items[i].address))
            continue;
        f->items[i].ignored = reason;
        any = true;
    }
    any = ignore_threats(f, entry, reason) || any;
    if (!any)
        finding_add_at(
            f, rule_of(RULE_IGNORE_NOTHING), "ignore", entry->pos,
            arena_printf(f->arena, "%s: %s", id,
                         rule_find(id) ? "nothing of this kind was found" : "no rule has this id"),
            rule_of(RULE_IGNORE_NOTHING)->mend);
}

void findings_ignore(struct findings *f)
{
    const struct value *list = value_get(f->model->topology->document, "ignore");
    size_t len = f->len;
    for (size_t i = 0; value_is(list, VALUE_LIST) && i < value_len(list); i++)
        apply(f, value_item(list, i), len);
}
