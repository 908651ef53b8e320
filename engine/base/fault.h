#pragma once
/* Fault points: places where a test build may die. In a build with -DHOLDFAST_FAULT_POINTS=ON every
 * FAULT_POINT() is counted; HOLDFAST_FAULT_KILL_AT=n raises SIGKILL at the n-th, and
 * HOLDFAST_FAULT_COUNT_FILE names a file that receives the number passed at exit. Otherwise
 * nothing. */

#ifdef HOLDFAST_FAULT_POINTS
void fault_point(const char *name);
#define FAULT_POINT(name) fault_point(name)
#else
#define FAULT_POINT(name) ((void)0)
#endif
