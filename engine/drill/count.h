#pragma once
/* From what happened in a world to the drill's report. Pure. */

#include "engine/base/record.h"
#include "engine/drill/drill.h"

struct drill_facts {
    const struct topology *topology;
    const struct record *records; /* after the apply: ARNs and ids to addresses */
    size_t record_len;
    int64_t start_ms;              /* what is older belongs to somebody else */
    int64_t late_after_ms;         /* how long a backup may take to its last vault; 0: any time */
    const struct value *timeline;  /* world_timeline() */
    const struct value *protected; /* world_protected() */
    const struct value *copies;    /* bodies of all copy jobs */
    const struct value *logs;      /* [{at_ms, account_id, region, group, message}] of functions */
};

void drill_count(struct arena *arena, const struct drill_facts *facts, struct drill_report *ret);
