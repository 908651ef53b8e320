#include "engine/cli/outputs.h"

struct lookup {
    const struct record *records;
    size_t len;
    const struct planning *planning; /* or NULL */
};

/* What is external is not recorded: it was looked up for the plan. */
static const struct value *observed(const struct lookup *lookup, const char *address,
                                    const char *attribute)
{
    const struct planning *planning = lookup->planning;
    for (size_t i = 0; planning && i < planning->observation_len; i++)
        if (str_eq(planning->observations[i].address, address))
            return value_get(planning->observations[i].attributes, attribute);
    return NULL;
}

static const struct value *recorded(void *ctx, const char *address, const char *attribute)
{
    const struct lookup *lookup = ctx;
    const struct record *record = record_find(lookup->records, lookup->len, address);
    return record ? value_get(record->attributes, attribute) : observed(lookup, address, attribute);
}

const struct value *records_resolve(struct arena *arena, const struct value *v,
                                    const struct record *records, size_t record_len)
{
    struct lookup lookup = {.records = records, .len = record_len};
    return value_resolve(arena, v, recorded, &lookup);
}

const struct value *outputs_resolve(struct session *session, const struct planning *planning,
                                    const struct record *records, size_t record_len)
{
    struct lookup lookup = {.records = records, .len = record_len, .planning = planning};
    struct arena *arena = session->cli->arena;
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < session->topology.output_len; i++) {
        const struct output *output = &session->topology.outputs[i];
        map_put(&b, output->name, value_resolve(arena, output->value, recorded, &lookup));
    }
    return map_end(&b);
}
