#include "engine/aws/timezone.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"

#define ZONEINFO "/usr/share/zoneinfo"
#define FILE_MAX ((size_t)1024 * 1024)
#define DAY_S 86400
#define OFFSET_MAX (26 * 3600) /* RFC 8536: from -25 to +26 hours */

static bool offset_is_valid(int offset)
{
    return offset >= -OFFSET_MAX && offset <= OFFSET_MAX;
}

/* When a year's change of the clock happens: a day, and seconds after its local midnight. */
struct rule_date {
    enum { RULE_JULIAN, RULE_DAY, RULE_WEEK } kind;
    int month, week,
        day; /* RULE_WEEK: the week-th weekday `day` of month; else `day` of the year */
    int seconds;
};

/* The POSIX TZ text in the footer. */
struct rule {
    bool has_dst;
    int std_offset, dst_offset; /* seconds east */
    struct rule_date start, end;
};

struct timezone {
    const char *name;
    size_t len;
    const int64_t *times; /* instants of change, in seconds, ascending */
    const int *offsets;   /* offsets[i] holds from times[i] on */
    int first_offset;     /* before times[0] */
    bool has_rule;
    struct rule rule;
};

/* --- reading bytes --------------------------------------------------------------------------- */

struct reader {
    const unsigned char *data;
    size_t len, pos;
    bool failed;
};

static const unsigned char *take(struct reader *r, size_t len)
{
    if (r->failed || len > r->len - r->pos) {
        r->failed = true;
        return NULL;
    }
    r->pos += len;
    return r->data + r->pos - len;
}

static uint32_t big32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t big_time(const unsigned char *p, size_t size)
{
    if (size == 4)
        return (int32_t)big32(p);
    return (int64_t)((uint64_t)big32(p) << 32 | big32(p + 4));
}

struct header {
    char version;
    size_t is_ut, is_std, leaps, times, types, chars;
};

static bool read_header(struct reader *r, struct header *ret)
{
    const unsigned char *p = take(r, 44);
    if (p == NULL || memcmp(p, "TZif", 4) != 0)
        return false;
    *ret = (struct header){(char)p[4],    big32(p + 20), big32(p + 24), big32(p + 28),
                           big32(p + 32), big32(p + 36), big32(p + 40)};
    return ret->types > 0 && ret->types <= 256 && ret->times <= FILE_MAX &&
           ret->leaps <= FILE_MAX && ret->chars <= FILE_MAX && ret->is_ut <= FILE_MAX &&
           ret->is_std <= FILE_MAX;
}

/* Leap seconds are not counted: the zones used here ("right/..." is refused) have none. */
static bool read_block(struct arena *arena, struct reader *r, const struct header *h,
                       size_t time_size, struct timezone *tz)
{
    const unsigned char *times = take(r, h->times * time_size);
    const unsigned char *indexes = take(r, h->times);
    const unsigned char *types = take(r, h->types * 6);
    take(r, h->chars + h->leaps * (time_size + 4) + h->is_std + h->is_ut);
    if (r->failed)
        return false;
    int64_t *at = arena_array(arena, h->times + 1, sizeof *at);
    int *offsets = arena_array(arena, h->times + 1, sizeof *offsets);
    for (size_t i = 0; i < h->times; i++) {
        at[i] = big_time(times + i * time_size, time_size);
        if (indexes[i] >= h->types || (i > 0 && at[i] <= at[i - 1]))
            return false;
        offsets[i] = (int32_t)big32(types + (size_t)indexes[i] * 6);
        if (!offset_is_valid(offsets[i]))
            return false;
    }
    tz->len = h->times;
    tz->times = at;
    tz->offsets = offsets;
    tz->first_offset = (int32_t)big32(types);
    return offset_is_valid(tz->first_offset);
}

/* --- the footer ------------------------------------------------------------------------------ */

static bool rule_number(struct slice *s, int max, int *ret)
{
    int n = 0;
    size_t len = 0;
    while (len < s->len && len < 4 && s->ptr[len] >= '0' && s->ptr[len] <= '9')
        n = n * 10 + (s->ptr[len++] - '0');
    *s = slice_from(*s, len);
    *ret = n;
    return len > 0 && n <= max;
}

static bool rule_skip(struct slice *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = slice_from(*s, 1);
    return true;
}

static bool rule_name(struct slice *s)
{
    size_t len = 0;
    if (rule_skip(s, '<')) {
        while (len < s->len && s->ptr[len] != '>')
            len++;
        *s = slice_from(*s, len);
        return rule_skip(s, '>');
    }
    while (len < s->len && ((s->ptr[len] | 0x20) >= 'a' && (s->ptr[len] | 0x20) <= 'z'))
        len++;
    *s = slice_from(*s, len);
    return len >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds; hours to 167 as version 3 allows. */
static bool rule_time(struct slice *s, int *ret)
{
    bool negative = rule_skip(s, '-');
    if (!negative)
        rule_skip(s, '+');
    int hours = 0, minutes = 0, seconds = 0;
    if (!rule_number(s, 167, &hours))
        return false;
    if (rule_skip(s, ':') &&
        (!rule_number(s, 59, &minutes) || (rule_skip(s, ':') && !rule_number(s, 59, &seconds))))
        return false;
    int total = hours * 3600 + minutes * 60 + seconds;
    *ret = negative ? -total : total;
    return true;
}

static bool rule_date(struct slice *s, struct rule_date *ret)
{
    *ret = (struct rule_date){.kind = RULE_DAY, .seconds = 7200};
    bool ok;
    if (rule_skip(s, 'M')) {
        ret->kind = RULE_WEEK;
        ok = rule_number(s, 12, &ret->month) && ret->month > 0 && rule_skip(s, '.') &&
             rule_number(s, 5, &ret->week) && ret->week > 0 && rule_skip(s, '.') &&
             rule_number(s, 6, &ret->day);
    } else if (rule_skip(s, 'J')) {
        ret->kind = RULE_JULIAN;
        ok = rule_number(s, 365, &ret->day) && ret->day > 0;
    } else {
        ok = rule_number(s, 365, &ret->day);
    }
    return ok && (!rule_skip(s, '/') || rule_time(s, &ret->seconds));
}

/* "CET-1CEST,M3.5.0,M10.5.0/3": POSIX counts offsets westwards. */
static bool rule_parse(struct slice s, struct rule *ret)
{
    *ret = (struct rule){0};
    if (!rule_name(&s) || !rule_time(&s, &ret->std_offset))
        return false;
    ret->std_offset = -ret->std_offset;
    if (s.len == 0)
        return offset_is_valid(ret->std_offset);
    ret->has_dst = true;
    ret->dst_offset = ret->std_offset + 3600;
    if (!rule_name(&s))
        return false;
    if (s.len > 0 && s.ptr[0] != ',') {
        if (!rule_time(&s, &ret->dst_offset))
            return false;
        ret->dst_offset = -ret->dst_offset;
    }
    return offset_is_valid(ret->std_offset) && offset_is_valid(ret->dst_offset) &&
           rule_skip(&s, ',') && rule_date(&s, &ret->start) && rule_skip(&s, ',') &&
           rule_date(&s, &ret->end) && s.len == 0;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Seconds since 1970 of that local moment, read as if it were UTC. */
static int64_t rule_moment(const struct rule_date *d, int year)
{
    int64_t new_year = civil_to_ms(year, 1, 1, 0, 0, 0) / 1000;
    if (d->kind == RULE_DAY)
        return new_year + (int64_t)d->day * DAY_S + d->seconds;
    if (d->kind == RULE_JULIAN) /* 29 February is never counted */
        return new_year + (d->day - 1 + (is_leap(year) && d->day >= 60)) * (int64_t)DAY_S +
               d->seconds;
    int64_t first_ms = civil_to_ms(year, d->month, 1, 0, 0, 0);
    int64_t next_ms = d->month == 12 ? civil_to_ms(year + 1, 1, 1, 0, 0, 0)
                                     : civil_to_ms(year, d->month + 1, 1, 0, 0, 0);
    int days = (int)((next_ms - first_ms) / DAY_MS);
    int day = (d->day - civil_from_ms(first_ms).weekday + 7) % 7 + (d->week - 1) * 7;
    while (day >= days)
        day -= 7;
    return first_ms / 1000 + (int64_t)day * DAY_S + d->seconds;
}

static int rule_offset_at(const struct rule *rule, int64_t t)
{
    if (!rule->has_dst)
        return rule->std_offset;
    int year = civil_from_ms((t + rule->std_offset) * 1000).year;
    int64_t start = rule_moment(&rule->start, year) - rule->std_offset;
    int64_t end = rule_moment(&rule->end, year) - rule->dst_offset;
    bool dst = start < end ? t >= start && t < end : t >= start || t < end;
    return dst ? rule->dst_offset : rule->std_offset;
}

/* --- the zone -------------------------------------------------------------------------------- */

bool timezone_parse(struct arena *arena, const char *name, const void *data, size_t len,
                    struct timezone **ret)
{
    struct reader r = {.data = data, .len = len};
    struct timezone *tz = arena_new_of(arena, struct timezone);
    struct header h;
    if (!read_header(&r, &h) || !read_block(arena, &r, &h, 4, tz))
        return false;
    if (h.version >= '2') { /* the same again with eight bytes a time, then the footer */
        if (!read_header(&r, &h) || !read_block(arena, &r, &h, 8, tz))
            return false;
        struct slice rest = {(const char *)r.data + r.pos, r.len - r.pos};
        if (!rule_skip(&rest, '\n'))
            return false;
        struct slice footer = slice_cut(&rest, '\n');
        if (footer.len > 0) {
            if (!rule_parse(footer, &tz->rule))
                return false;
            tz->has_rule = true;
        }
    }
    tz->name = arena_strdup(arena, name);
    *ret = tz;
    return true;
}

/* Only names as the database has them: no way out of the folder, no hidden files, none of the
 * copies under posix/ and right/ (the latter count leap seconds). */
static bool name_is_valid(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > 64 || str_starts(name, "right/") || str_starts(name, "posix/"))
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool starts = i == 0 || name[i - 1] == '/';
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            continue;
        if (starts || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '_' || c == '/'))
            return false;
    }
    return name[len - 1] != '/';
}

bool timezone_load(struct arena *arena, const char *name, struct timezone **ret)
{
    static const char *const utc[] = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", NULL};
    if (name == NULL || name[0] == '\0' || str_is_one_of(name, utc)) {
        *ret = arena_new_of(arena, struct timezone);
        (*ret)->name = name == NULL || name[0] == '\0' ? "UTC" : arena_strdup(arena, name);
        return true;
    }
    if (!name_is_valid(name))
        return false;
    struct diags unused;
    diags_init(&unused, arena);
    struct slice data;
    return file_read(arena, path_join(arena, ZONEINFO, name), FILE_MAX, &data, &unused) &&
           timezone_parse(arena, name, data.ptr, data.len, ret);
}

const char *timezone_name(const struct timezone *tz)
{
    return tz == NULL ? "UTC" : tz->name;
}

static int offset_at(const struct timezone *tz, int64_t t)
{
    if (tz == NULL)
        return 0;
    if (tz->len == 0 || t < tz->times[0])
        return tz->len == 0 && tz->has_rule ? rule_offset_at(&tz->rule, t) : tz->first_offset;
    if (tz->has_rule && t >= tz->times[tz->len - 1])
        return rule_offset_at(&tz->rule, t);
    size_t low = 0, high = tz->len; /* times[low] <= t < times[high] */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (tz->times[middle] <= t)
            low = middle;
        else
            high = middle;
    }
    return tz->offsets[low];
}

static int64_t floor_seconds(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0);
}

int timezone_offset_at(const struct timezone *tz, int64_t utc_ms)
{
    return offset_at(tz, floor_seconds(utc_ms));
}

int64_t timezone_to_utc(const struct timezone *tz, int year, int month, int day, int hour,
                        int minute)
{
    int64_t local = civil_to_ms(year, month, day, hour, minute, 0) / 1000;
    /* No zone changes twice within two days, so that these are the offsets around the moment. */
    int before = offset_at(tz, local - DAY_S), after = offset_at(tz, local + DAY_S);
    int64_t first = local - before, second = local - after;
    bool first_exists = offset_at(tz, first) == before;
    bool second_exists = offset_at(tz, second) == after;
    if (first_exists && second_exists)
        return (first < second ? first : second) * 1000;
    return (second_exists ? second : first) * 1000;
}
