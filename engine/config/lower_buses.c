#include "engine/config/lower.h"

static void lower_policy(struct lowering *lw, const struct instance *in)
{
    const struct value *policy = value_get(in->body, "policy");
    if (!policy)
        return;
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "event_bus_name", value_ref(lw->arena, in->address, "name"));
    map_put(&map, "policy", policy);
    draft_add(lw, in, "/policy", "aws_event_bus_policy", map_end(&map));
}

static void lower_bus(struct lowering *lw, const struct instance *in)
{
    static const char *const same[] = {"description", NULL};
    const struct value *queue =
        ref_value(lw, in, "queues", value_get(in->body, "dead_letter"), "arn");
    struct map_builder map = map_begin(lw->arena);
    map_put(&map, "name", name_of(lw, in, NULL));
    map_put(&map, "kms_key_identifier",
            ref_value(lw, in, "keys", value_get(in->body, "key"), "arn"));
    if (queue) {
        struct map_builder config = map_begin(lw->arena);
        map_put(&config, "arn", queue);
        map_put(&map, "dead_letter_config", map_end(&config));
    }
    copy_keys(&map, in->body, same);
    draft_add(lw, in, "", "aws_event_bus", map_end(&map));
    lower_policy(lw, in);
}

void lower_buses(struct lowering *lw, const struct entry *entry)
{
    for (size_t i = 0; i < entry->len; i++)
        lower_bus(lw, &entry->instances[i]);
}
