#pragma once
/* Keeps a bounded number of jobs in flight on a loop, so that memory follows the window and not the
 * fleet. A job is started by index and reports its end with pump_ended(). */

#include "providers/loop.h"

struct pump {
    struct loop *loop;
    size_t len, limit;
    size_t next, running;
    void (*start)(void *ctx, size_t i);
    void *ctx;
};

void pump_run(struct pump *pump); /* until all have ended */
void pump_ended(struct pump *pump);
