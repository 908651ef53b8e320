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

/* Until all have ended. Where the loop is cut the rest is never started: who needs all of them asks
 * loop_is_cut(). */
void pump_run(struct pump *pump);
void pump_ended(struct pump *pump);
