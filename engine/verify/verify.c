#include "engine/verify/verify.h"

#include <assert.h>

#include "engine/base/clock.h"
#include "engine/verify/facts.h"

static const char *const lock_names[] = {"none", "governance", "grace", "compliance"};
static_assert(ARRAY_LEN(lock_names) == VERIFY_COMPLIANCE + 1, "one name a lock");

const char *verify_lock_name(enum verify_lock lock)
{
    return lock_names[lock];
}

const char *verify_span(struct arena *arena, int64_t ms)
{
    long long minutes = ms / MINUTE_MS, hours = minutes / 60, days = hours / 24;
    if (hours == 0)
        return arena_printf(arena, "%lld min", minutes);
    if (days < 2)
        return minutes % 60 ? arena_printf(arena, "%lld h %lld min", hours, minutes % 60)
                            : arena_printf(arena, "%lld h", hours);
    return hours % 24 ? arena_printf(arena, "%lld days %lld h", days, hours % 24)
                      : arena_printf(arena, "%lld days", days);
}

const char *verify_way_text(struct arena *arena, const struct verify_row *row)
{
    const char *text = row->hops[0].vault;
    for (size_t i = 1; i + 1 < row->hop_len; i++)
        text = arena_printf(arena, "%s, %s", text, row->hops[i].vault);
    return text;
}

/* A part (a lock, a policy) may carry the ARN of its parent: the parent's name is meant. */
static void add_name(struct verify_facts *facts, const char *arn, const char *address)
{
    const char *known = arn ? map_get(&facts->names, arn) : NULL;
    if (arn && (!known || str_starts(known, address)))
        map_set(&facts->names, arn, (void *)(uintptr_t)address);
}

static void name_everything(struct verify_facts *facts)
{
    const struct verify_input *input = facts->input;
    for (size_t i = 0; i < input->topology->resource_len; i++) {
        const struct resource *resource = &input->topology->resources[i];
        add_name(facts,
                 schema_arn(facts->arena, resource->schema, resource->account->id, resource->region,
                            resource->properties),
                 resource->address);
    }
    for (size_t i = 0; i < input->record_len; i++)
        add_name(facts, value_get_str(input->records[i].attributes, "arn"),
                 input->records[i].address);
}

static bool takes_any(const struct verify_facts *facts, const struct resource *plan)
{
    for (size_t i = 0; i < facts->selected_len; i++)
        if (facts->selected[i].plan == plan)
            return true;
    return false;
}

static void find_idle(const struct verify_facts *facts, struct verify_report *report)
{
    const struct topology *topology = facts->input->topology;
    const char **idle = arena_array(facts->arena, topology->resource_len + 1, sizeof(*idle));
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *plan = &topology->resources[i];
        if (str_eq(plan->schema->type_name, "aws_backup_plan") && !plan->external &&
            !takes_any(facts, plan))
            idle[report->idle_len++] = plan->address;
    }
    report->idle = idle;
}

bool verify_run(struct arena *arena, const struct verify_input *input, struct verify_report *ret,
                struct diags *diags)
{
    struct verify_facts facts = {.arena = arena,
                                 .input = input,
                                 .diags = diags,
                                 .complete = true,
                                 .now_ms = loop_now_ms(input->loop)};
    struct map *maps[] = {&facts.resources, &facts.vaults, &facts.keys, &facts.names, &facts.taken};
    for (size_t i = 0; i < ARRAY_LEN(maps); i++)
        map_init(maps[i], arena);
    name_everything(&facts);
    verify_select(&facts);
    *ret = (struct verify_report){.at_ms = facts.now_ms, .topology = input->topology->name};
    struct verify_row *rows = verify_rows(&facts, &ret->row_len);
    verify_read_vaults(&facts, rows, ret->row_len);
    verify_hold(&facts, rows, ret->row_len);
    verify_judge(&facts, rows, ret->row_len);
    verify_ask_jobs(&facts, rows, ret->row_len);
    for (size_t i = 0; i < ret->row_len; i++) {
        ret->good += rows[i].good;
        ret->gone += rows[i].gone;
        ret->gaps += rows[i].gap_len;
        ret->missing += !rows[i].good && !rows[i].gone;
    }
    ret->rows = rows;
    find_idle(&facts, ret);
    return facts.complete;
}
