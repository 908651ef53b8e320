#pragma once
/* Time. The only file that asks the system is clock.c; everybody else receives a `now`.
 * Two clocks exist: the wall clock, and the world's clock (virtual in the in-process simulator),
 * which reaches the engine through transport_ops. All times are milliseconds since the Unix epoch,
 * UTC. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"

int64_t clock_wall_ms(void);
int64_t clock_monotonic_ms(void); /* for measuring; no relation to the epoch */
/* The wall clock for whoever waits: it never goes back. When somebody sets the wall clock back it
 * goes on evenly from where it was; it follows at once when that is set forward, or the machine
 * wakes. */
int64_t clock_steady_ms(void);
/* How it does so: *ahead_ms is the most that the wall clock was ever ahead of one that only runs;
 * it begins as INT64_MIN. */
int64_t clock_steadied(int64_t *ahead_ms, int64_t wall_ms, int64_t running_ms);
void clock_sleep_ms(int64_t ms); /* less when a signal comes that is caught */

#define DAY_MS ((int64_t)86400000)
#define HOUR_MS ((int64_t)3600000)
#define MINUTE_MS ((int64_t)60000)

/* Proleptic Gregorian calendar, UTC. weekday: 0 = Sunday. */
struct civil {
    int year, month, day;     /* month 1..12, day 1..31 */
    int hour, minute, second; /* 0..23, 0..59, 0..59 */
    int weekday;
};
struct civil civil_from_ms(int64_t ms);
int64_t civil_to_ms(int year, int month, int day, int hour, int minute, int second);

const char *time_iso(struct arena *arena, int64_t ms);    /* 2026-01-01T14:30:00Z */
const char *time_iso_ms(struct arena *arena, int64_t ms); /* 2026-01-01T14:30:00.250Z */
const char *time_amz(struct arena *arena, int64_t ms);    /* 20260101T143000Z, for SigV4 */
const char *time_http(struct arena *arena, int64_t ms);   /* Thu, 01 Jan 2026 14:30:00 GMT */
/* Reads 2026-01-01, 2026-01-01T14:30:00Z, with fraction and +05:30 offsets as well. */
MUST_CHECK bool time_parse_iso(struct slice text, int64_t *ret_ms);
MUST_CHECK bool time_parse_http(struct slice text, int64_t *ret_ms);
