#include "engine/config/lower_relays.h"

#define DEFAULT_BUDGET 100

static void put_lock(struct map_builder *map, const struct target *target)
{
    const struct value *lock = target->instance ? value_get(target->instance->body, "lock") : NULL;
    map_put(map, "lock_min_days", value_get(lock, "min_retention_days"));
    map_put(map, "lock_max_days", value_get(lock, "max_retention_days"));
}

static const struct value *destination(struct lowering *lw, const struct relay_draft *relay,
                                       const struct relay_destination_draft *to)
{
    static const char *const days[] = {"delete_after_days", "move_to_cold_storage_after_days",
                                       NULL};
    struct map_builder map = map_begin(lw->arena);
    map_put_str(&map, "vault_arn", to->arn);
    map_put_str(&map, "vault_name", to->name);
    map_put_str(&map, "account_id", to->account_id);
    map_put_str(&map, "region", to->region);
    put_lock(&map, &to->target);
    copy_keys(&map, value_get(relay->in->body, "lifecycle"), days);
    if (to->account) {
        const char *reader = relay_reader_address(lw, relay->in->entry, to->account);
        map_put_str(&map, "reader_role_arn", literal_text(lw, value_ref(lw->arena, reader, "arn")));
    }
    return map_end(&map);
}

const struct value *relay_settings(struct lowering *lw, const struct relay_draft *relay)
{
    const struct instance *in = relay->in;
    struct map_builder map = map_begin(lw->arena);
    struct list_builder destinations = list_begin(lw->arena);
    const struct value *keys = value_get(in->body, "tag_keys");
    for (size_t i = 0; i < relay->destination_len; i++)
        list_add(&destinations, destination(lw, relay, &relay->destinations[i]));
    map_put_int(&map, "version", 1);
    map_put_str(&map, "topology", lw->topology);
    map_put_str(&map, "relay", in->address);
    map_put_str(&map, "partition", in->account->partition);
    map_put_str(&map, "account_id", in->account->id);
    map_put_str(&map, "region", in->region);
    map_put_str(&map, "source_vault_arn", relay->source_arn);
    map_put_str(&map, "source_vault_name", relay->source_name);
    map_put(&map, "destinations", list_end(&destinations));
    map_put(&map, "tag_keys", keys ? keys : value_list(lw->arena, NULL, 0));
    map_put_bool(&map, "copy_untagged", value_get_bool(in->body, "copy_untagged", false));
    map_put_str(&map, "copy_role_arn", relay->copy_role_arn);
    map_put_int(&map, "budget", value_get_int(in->body, "budget", DEFAULT_BUDGET));
    return map_end(&map);
}
