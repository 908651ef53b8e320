#pragma once
/* Time zones from the system's database (/usr/share/zoneinfo, TZif version 1 to 4, with the POSIX
 * rule in the footer for times beyond the table). "UTC" and its aliases are known without any
 * file. Names that could leave the folder are refused. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"

struct timezone;

/* NULL or "" is UTC. False: no such zone, or its file is not one. */
bool timezone_load(struct arena *arena, const char *name, struct timezone **ret);

/* The same from the bytes of a TZif file; for tests. */
bool timezone_parse(struct arena *arena, const char *name, const void *data, size_t len,
                    struct timezone **ret);

const char *timezone_name(const struct timezone *tz);

/* Seconds east of Greenwich at that instant. tz NULL is UTC, here and below. */
int timezone_offset_at(const struct timezone *tz, int64_t utc_ms);

/* The instant of a local time. A time that occurs twice (clocks go back) means the first; a time
 * that does not occur (clocks go forward) is read with the offset before the change, so that it
 * lands as far after the change as it was meant to be after the gap's start. */
int64_t timezone_to_utc(const struct timezone *tz, int year, int month, int day, int hour,
                        int minute);
