#include "engine/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_steadied(int64_t *ahead_ms, int64_t wall_ms, int64_t running_ms)
{
    if (wall_ms - running_ms > *ahead_ms)
        *ahead_ms = wall_ms - running_ms;
    return running_ms + *ahead_ms;
}

int64_t clock_steady_ms(void)
{
    static _Thread_local int64_t ahead_ms = INT64_MIN;
    return clock_steadied(&ahead_ms, clock_wall_ms(), read_clock(CLOCK_BOOTTIME));
}

void clock_sleep_ms(int64_t ms)
{
    const struct timespec span = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&span, NULL);
}

/* Days since 1970-01-01 of a civil date, by counting years from March (H. Hinnant's algorithm). */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

struct civil civil_from_ms(int64_t ms)
{
    int64_t days = ms / DAY_MS, rest = ms % DAY_MS;
    if (rest < 0) {
        rest += DAY_MS;
        days--;
    }
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t mp = (5 * day_of_year + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    int seconds = (int)(rest / 1000);
    return (struct civil){
        .year = (int)(year_of_era + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(day_of_year - (153 * mp + 2) / 5 + 1),
        .hour = seconds / 3600,
        .minute = seconds / 60 % 60,
        .second = seconds % 60,
        .weekday = (int)(((days + 4) % 7 + 7) % 7),
    };
}

int64_t civil_to_ms(int year, int month, int day, int hour, int minute, int second)
{
    return days_from_civil(year, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS +
           (int64_t)second * 1000;
}

const char *time_iso(struct arena *arena, int64_t ms)
{
    struct civil c = civil_from_ms(ms);
    return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour,
                        c.minute, c.second);
}

const char *time_iso_ms(struct arena *arena, int64_t ms)
{
    struct civil c = civil_from_ms(ms);
    return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day,
                        c.hour, c.minute, c.second, (int)(((ms % 1000) + 1000) % 1000));
}

const char *time_amz(struct arena *arena, int64_t ms)
{
    struct civil c = civil_from_ms(ms);
    return arena_printf(arena, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day, c.hour,
                        c.minute, c.second);
}

static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

const char *time_http(struct arena *arena, int64_t ms)
{
    struct civil c = civil_from_ms(ms);
    return arena_printf(arena, "%s, %02d %s %04d %02d:%02d:%02d GMT", weekdays[c.weekday], c.day,
                        months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

/* Reads exactly `digits` digits. */
static bool take_number(struct slice *s, size_t digits, int *ret)
{
    long long number = 0;
    if (s->len < digits || s->ptr[0] == '-' ||
        !parse_int64((struct slice){s->ptr, digits}, &number))
        return false;
    *s = slice_from(*s, digits);
    *ret = (int)number;
    return true;
}

static bool take_char(struct slice *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = slice_from(*s, 1);
    return true;
}

static bool valid_civil(int year, int month, int day, int hour, int minute, int second)
{
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return false;
    struct civil back = civil_from_ms(civil_to_ms(year, month, day, 0, 0, 0));
    return back.month == month && back.day == day;
}

static bool take_offset(struct slice *s, int64_t *ret_ms)
{
    int hours = 0, minutes = 0;
    *ret_ms = 0;
    if (take_char(s, 'Z'))
        return s->len == 0;
    int sign = take_char(s, '+') ? 1 : take_char(s, '-') ? -1 : 0;
    if (!sign || !take_number(s, 2, &hours))
        return false;
    take_char(s, ':');
    if (!take_number(s, 2, &minutes))
        return false;
    *ret_ms = sign * (hours * HOUR_MS + minutes * MINUTE_MS);
    return s->len == 0;
}

bool time_parse_iso(struct slice s, int64_t *ret_ms)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0;
    if (!take_number(&s, 4, &year) || !take_char(&s, '-') || !take_number(&s, 2, &month) ||
        !take_char(&s, '-') || !take_number(&s, 2, &day))
        return false;
    int64_t offset = 0;
    if (s.len > 0) {
        if (!take_char(&s, 'T') || !take_number(&s, 2, &hour) || !take_char(&s, ':') ||
            !take_number(&s, 2, &minute) || !take_char(&s, ':') || !take_number(&s, 2, &second))
            return false;
        if (take_char(&s, '.')) {
            int scale = 100, digit = 0;
            while (s.len > 0 && take_number(&s, 1, &digit)) {
                fraction += digit * scale;
                scale /= 10;
            }
        }
        if (!take_offset(&s, &offset))
            return false;
    }
    if (!valid_civil(year, month, day, hour, minute, second))
        return false;
    *ret_ms = civil_to_ms(year, month, day, hour, minute, second) + fraction - offset;
    return true;
}

bool time_parse_http(struct slice s, int64_t *ret_ms)
{
    int day = 0, year = 0, hour = 0, minute = 0, second = 0, month = 0;
    s = slice_from(s, 5); /* "Thu, " */
    if (!take_number(&s, 2, &day) || !take_char(&s, ' ') || s.len < 3)
        return false;
    for (int i = 0; i < 12 && !month; i++)
        if (memcmp(s.ptr, months[i], 3) == 0)
            month = i + 1;
    s = slice_from(s, 3);
    if (!month || !take_char(&s, ' ') || !take_number(&s, 4, &year) || !take_char(&s, ' ') ||
        !take_number(&s, 2, &hour) || !take_char(&s, ':') || !take_number(&s, 2, &minute) ||
        !take_char(&s, ':') || !take_number(&s, 2, &second) || !slice_is(s, " GMT"))
        return false;
    if (!valid_civil(year, month, day, hour, minute, second))
        return false;
    *ret_ms = civil_to_ms(year, month, day, hour, minute, second);
    return true;
}
