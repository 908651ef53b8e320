#include "engine/plan/plan.h"

#include "engine/plan/items.h"

void plan_count(struct plan *plan)
{
    for (size_t i = 0; i < plan->len; i++) {
        const struct change *change = &plan->changes[i];
        if (change->irreversible)
            plan->irreversible++;
        switch (change->action) {
        case ACTION_NONE: break;
        case ACTION_CREATE:
            if (change->replacement)
                plan->replace++;
            else
                plan->create++;
            break;
        case ACTION_ADOPT: plan->adopt++; break;
        case ACTION_UPDATE: plan->update++; break;
        case ACTION_DELETE:
            if (!change->replacement)
                plan->remove++;
            break;
        case ACTION_FORGET:
            if (!change->replacement)
                plan->forget++;
            break;
        }
    }
}

/* Rows that only name what moved are nobody's news. */
static void add_moves(struct arena *arena, const struct plan_input *input, struct plan *plan)
{
    plan->moves = arena_array(arena, input->move_len + 1, sizeof(*plan->moves));
    for (size_t i = 0; i < input->move_len; i++)
        if (!str_eq(input->moves[i].from, input->moves[i].record->address))
            plan->moves[plan->move_len++] = (struct relocation){
                .from = input->moves[i].from,
                .record = input->moves[i].record,
                .schema = schema_of(input->schemas, input->moves[i].record->type)};
}

bool plan_build(struct arena *arena, const struct plan_input *input, struct plan *ret,
                struct diags *diags)
{
    struct builder b = {.arena = arena, .input = input, .diags = diags};
    struct plan plan = {.topology = input->topology,
                        .lineage = input->lineage,
                        .serial = input->serial,
                        .created_ms = input->now_ms,
                        .fingerprint = plan_fingerprint(arena, input)};
    if (!items_collect(&b) || !items_order(&b) || !items_target(&b))
        return false;
    items_decide(&b);
    if (b.failed)
        return false;
    items_renamed(&b);
    add_moves(arena, input, &plan);
    items_retain(&b, &plan);
    if (!items_to_changes(&b, &plan))
        return false;
    plan_count(&plan);
    *ret = plan;
    return true;
}

bool plan_check_cycles(struct arena *arena, const struct topology *topology,
                       const struct schema_set *schemas, struct diags *diags)
{
    struct plan_input input = {.topology = topology, .schemas = schemas};
    struct builder b = {.arena = arena, .input = &input, .diags = diags};
    return items_collect(&b) && items_order(&b);
}

struct seal_key plan_seal_key(const struct plan_input *input, bool for_file)
{
    return (struct seal_key){
        .lineage = input->lineage, .for_file = for_file, .secret = input->seal_secret};
}

bool plan_is_empty(const struct plan *plan)
{
    if (plan->move_len > 0)
        return false;
    for (size_t i = 0; i < plan->len; i++)
        if (plan->changes[i].action != ACTION_NONE)
            return false;
    return true;
}
