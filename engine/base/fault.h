#pragma once
/* Fault points: places where a test may let the process die. In a build with
 * -DHOLDFAST_FAULT_POINTS=ON each calls fault_point(), which does nothing: tests/fault puts itself
 * in its place at link time. Otherwise nothing. */

#ifdef HOLDFAST_FAULT_POINTS
void fault_point(const char *name);
#define FAULT_POINT(name) fault_point(name)
#else
#define FAULT_POINT(name) ((void)0)
#endif
