#include "engine/plan/countdown.h"

#include "engine/base/clock.h"
#include "engine/plan/lock.h"
#include "engine/plan/text.h"

bool countdown_of(const char *type, const char *address, const struct value *attributes,
                  int64_t now_ms, struct countdown *ret)
{
    int64_t date = str_eq(type, "aws_backup_vault_lock") ? lock_date_observed(attributes) : 0;
    int64_t left = date > now_ms ? (date - now_ms + DAY_MS - 1) / DAY_MS : 0;
    *ret = (struct countdown){address, date, left};
    return date != 0;
}

static bool changes(const struct plan *plan, const char *address)
{
    for (size_t i = 0; i < plan->len; i++)
        if (plan->changes[i].action != ACTION_NONE && str_eq(plan->changes[i].address, address))
            return true;
    return false;
}

size_t countdowns_of_plan(struct arena *arena, const struct plan_input *input,
                          const struct plan *plan, const struct countdown **ret)
{
    struct countdown *list = arena_array(arena, input->observation_len + 1, sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < input->observation_len; i++) {
        const struct observation *seen = &input->observations[i];
        const struct resource *resource = topology_find(input->topology, seen->address);
        if (resource && !seen->gone && !seen->failed && !changes(plan, seen->address))
            count += countdown_of(resource->schema->type_name, seen->address, seen->attributes,
                                  input->now_ms, &list[count]);
    }
    *ret = list;
    return count;
}

const char *countdown_text(struct arena *arena, const struct countdown *c)
{
    const char *date = text_minute(arena, c->date_ms);
    if (!c->days_left)
        return arena_printf(arena,
                            "%s is permanent since %s: nobody, not even AWS, can take it off",
                            c->address, date);
    return arena_printf(arena,
                        "%s becomes permanent on %s, in %lld day%s: until then it can be taken off",
                        c->address, date, (long long)c->days_left, c->days_left == 1 ? "" : "s");
}

const struct value *countdown_to_json(struct arena *arena, const struct countdown *c)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "address", c->address);
    map_put_str(&b, "permanent_from", time_iso(arena, c->date_ms));
    map_put_int(&b, "days_left", c->days_left);
    return map_end(&b);
}
