#include "engine/base/fault.h"

/* A translation unit may not be empty, and without fault points this one would be. */
extern int fault_points_built;
int fault_points_built =
#ifdef HOLDFAST_FAULT_POINTS
    1;

void fault_point(const char *name)
{
    (void)name;
}
#else
    0;
#endif
