#pragma once
/* Do the jobs of one resource keep up? AWS Backup runs one at a time, backup or copy; the others
 * wait, and a backup that has not begun within its start window never does. How long jobs take
 * nobody knows beforehand, and small databases are quick: what is sure is what holds for a third of
 * the times of the drill, and for three times as long. Internal to engine/proof. */

#include "engine/proof/model.h"

enum queue_end {
    QUEUE_KEEPS_UP,  /* also where all takes three times as long as in the drill */
    QUEUE_MAY_LOSE,  /* it hangs on how long jobs take */
    QUEUE_LOSES_SOME /* within four weeks, also where all takes a third */
};

struct queue {
    enum queue_end end;
    int64_t took_ms;   /* a backup of that rule, with its copies, in the drill */
    int64_t window_ms; /* of that rule */
};

/* Of what the rules of that plan take; `rule` is one of them. */
struct queue queue_of(struct model *model, const struct model_object *plan,
                      const struct value *rule);
