#include "engine/run/pump.h"

#include "engine/base/bug.h"

void pump_run(struct pump *pump)
{
    do {
        while (pump->next < pump->len && pump->running < pump->limit && !loop_is_cut(pump->loop)) {
            pump->running++;
            pump->start(pump->ctx, pump->next++);
        }
    } while (pump->running > 0 && loop_turn(pump->loop));
    BUG_ON(pump->running > 0); /* an operation that never ended breaks the provider contract */
}

void pump_ended(struct pump *pump)
{
    pump->running--;
}
