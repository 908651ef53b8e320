#include "engine/base/fault.h"

/* A translation unit may not be empty, and without fault points this one would be. */
extern int fault_points_built;
int fault_points_built =
#ifdef HOLDFAST_FAULT_POINTS
    1;

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/env.h"
#include "engine/base/slice.h"

static long long passed;

static void write_count(void)
{
    const char *path = env_get("HOLDFAST_FAULT_COUNT_FILE");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%lld\n", passed);
    fclose(file);
}

void fault_point(const char *name)
{
    long long kill_at = 0;
    if (passed == 0)
        atexit(write_count);
    passed++;
    const char *wanted = env_get("HOLDFAST_FAULT_KILL_AT");
    if (wanted && parse_int64(slice_of(wanted), &kill_at) && kill_at == passed) {
        fprintf(stderr, "fault point %lld: %s\n", passed, name);
        raise(SIGKILL);
    }
}
#else
    0;
#endif
