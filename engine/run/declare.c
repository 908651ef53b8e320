#include "engine/run/run.h"

bool run_declare(struct run *run, struct record *records, size_t record_len)
{
    for (size_t i = 0; i < record_len; i++) {
        struct record *record = &records[i];
        const struct resource *resource = topology_find(run->topology, record->address);
        if (!resource || resource->prevent_destroy == record->prevent_destroy)
            continue;
        record->prevent_destroy = resource->prevent_destroy;
        if (!state_put(run->state, record, loop_now_ms(run->loop), run->diags))
            return false;
    }
    return journal_commit(run->state, run->diags);
}
