#pragma once
/* The recovery points of a world at one moment, and what became of them since. */

#include "engine/drill/faults.h"

struct drill_stock {
    struct map points; /* ARN -> const struct drill_point * */
};

struct drill_point {
    const char *vault; /* address, else ARN */
    bool readable;     /* its key is enabled: one that waits for its deletion reads nothing */
    int64_t days;      /* of its life; 0: without an end */
};

struct drill_stock drill_stock_take(const struct drill_scene *scene);
/* "2 points of vaults.final gone, 1 point of vaults.primary unreadable"; NULL: nothing is lost. */
const char *drill_stock_loss(struct arena *arena, const struct drill_stock *before,
                             const struct drill_stock *now);
