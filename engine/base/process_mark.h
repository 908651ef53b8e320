#pragma once
/* What tells a process from every other one: of other machines, of other containers that bear the
 * same name, and of those that had its number before or will have it later. */

#include "engine/base/arena.h"

/* Of this process: the boot of its kernel, its pid namespace, its number and when it was started.
 * NULL where the kernel does not say. */
const char *process_mark(struct arena *arena);

enum process_fate {
    PROCESS_UNKNOWN, /* of another boot or namespace, or no mark: nobody here can know */
    PROCESS_LIVES,
    PROCESS_GONE,
};
enum process_fate process_fate(struct arena *arena, const char *mark);
