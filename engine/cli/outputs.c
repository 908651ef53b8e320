#include "engine/cli/outputs.h"

struct lookup {
    const struct record *records;
    size_t len;
};

static const struct value *recorded(void *ctx, const char *address, const char *attribute)
{
    const struct lookup *lookup = ctx;
    for (size_t i = 0; i < lookup->len; i++)
        if (str_eq(lookup->records[i].address, address))
            return value_get(lookup->records[i].attributes, attribute);
    return NULL;
}

const struct value *records_resolve(struct arena *arena, const struct value *v,
                                    const struct record *records, size_t record_len)
{
    struct lookup lookup = {records, record_len};
    return value_resolve(arena, v, recorded, &lookup);
}

const struct value *outputs_resolve(struct session *session, const struct record *records,
                                    size_t record_len)
{
    struct arena *arena = session->cli->arena;
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < session->topology.output_len; i++) {
        const struct output *output = &session->topology.outputs[i];
        map_put(&b, output->name, records_resolve(arena, output->value, records, record_len));
    }
    return map_end(&b);
}
