#include "engine/aws/cron.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/strbuf.h"

enum field { MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, YEARS, FIELD_COUNT };

static const char *const month_names[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
static const char *const weekday_names[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

static const struct {
    const char *name;
    int first, last;
    const char *const *names; /* of first, first + 1, ... */
} fields[] = {
    [MINUTES] = {"minutes", 0, 59, NULL},
    [HOURS] = {"hours", 0, 23, NULL},
    [DAYS] = {"day-of-month", 1, 31, NULL},
    [MONTHS] = {"month", 1, 12, month_names},
    [WEEKDAYS] = {"day-of-week", 1, 7, weekday_names},
    [YEARS] = {"year", CRON_YEAR_FIRST, CRON_YEAR_LAST, NULL},
};
_Static_assert(ARRAY_LEN(fields) == FIELD_COUNT, "one row a field");

#define ALL_MINUTES (((uint64_t)1 << 60) - 1)
#define ALL_HOURS (((uint32_t)1 << 24) - 1)
#define ALL_DAYS ((uint32_t)0xfffffffe)
#define ALL_MONTHS ((uint32_t)0x1ffe)
#define ALL_WEEKDAYS ((uint32_t)0xfe)

static bool has_bit(uint64_t set, int bit)
{
    return (set >> bit & 1) != 0;
}

static bool has_year(const struct cron *cron, int year)
{
    int bit = year - CRON_YEAR_FIRST;
    return has_bit(cron->years[bit / 64], bit % 64);
}

/* --- parsing --------------------------------------------------------------------------------- */

static void add_number(struct cron *cron, enum field field, int n)
{
    switch (field) {
    case MINUTES: cron->minutes |= (uint64_t)1 << n; break;
    case HOURS: cron->hours |= (uint32_t)1 << n; break;
    case DAYS: cron->days |= (uint32_t)1 << n; break;
    case MONTHS: cron->months |= (uint32_t)1 << n; break;
    case WEEKDAYS: cron->weekdays |= (uint32_t)1 << n; break;
    case YEARS:
        cron->years[(n - CRON_YEAR_FIRST) / 64] |= (uint64_t)1 << (n - CRON_YEAR_FIRST) % 64;
        break;
    case FIELD_COUNT: break;
    }
}

static bool same_word(struct slice s, const char *name)
{
    if (s.len != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if ((s.ptr[i] & ~0x20) != name[i])
            return false;
    return true;
}

static bool parse_number(enum field field, struct slice s, int *ret)
{
    for (int i = 0; fields[field].names != NULL && i <= fields[field].last - fields[field].first;
         i++)
        if (same_word(s, fields[field].names[i])) {
            *ret = fields[field].first + i;
            return true;
        }
    long long n = 0;
    if (s.len == 0 || s.ptr[0] < '0' || s.ptr[0] > '9' || !parse_int64(s, &n) ||
        n < fields[field].first || n > fields[field].last)
        return false;
    *ret = (int)n;
    return true;
}

/* L, 15W, 6L, 6#3. False: not one of them, or not allowed here. */
static bool parse_mark(struct cron *cron, enum field field, struct slice s)
{
    int n = 0;
    struct slice rest = s;
    struct slice day = slice_cut(&rest, '#');
    if (field == WEEKDAYS && rest.ptr != NULL) {
        long long nth = 0;
        if (!parse_number(field, day, &n) || !parse_int64(rest, &nth) || nth < 1 || nth > 5)
            return false;
        cron->nth_weekdays[nth] |= (uint32_t)1 << n;
        return true;
    }
    if (slice_is(s, "L") && field == DAYS) {
        cron->last_day = true;
        return true;
    }
    if (slice_is(s, "L") && field == WEEKDAYS) { /* alone: the week's last day */
        add_number(cron, field, 7);
        return true;
    }
    if (s.len < 2)
        return false;
    char mark = s.ptr[s.len - 1];
    struct slice number = {s.ptr, s.len - 1};
    if (mark == 'W' && field == DAYS && parse_number(field, number, &n)) {
        cron->near_days |= (uint32_t)1 << n;
        return true;
    }
    if (mark == 'L' && field == WEEKDAYS && parse_number(field, number, &n)) {
        cron->last_weekdays |= (uint32_t)1 << n;
        return true;
    }
    return false;
}

/* One element of a list: a, a-b, and each with a step; '*' is the whole range. */
static bool parse_element(struct cron *cron, enum field field, struct slice s)
{
    if (parse_mark(cron, field, s))
        return true;
    struct slice step_text = s;
    struct slice range = slice_cut(&step_text, '/');
    long long step = 1;
    if (step_text.ptr != NULL && (!parse_int64(step_text, &step) || step < 1 ||
                                  step > fields[field].last - fields[field].first + 1))
        return false;
    int first = fields[field].first, last = fields[field].last;
    if (!slice_is(range, "*")) {
        struct slice end = range;
        struct slice begin = slice_cut(&end, '-');
        if (!parse_number(field, begin, &first))
            return false;
        if (end.ptr != NULL) {
            if (!parse_number(field, end, &last) || last < first)
                return false;
        } else if (step_text.ptr == NULL) {
            last = first;
        }
    }
    for (int n = first; n <= last; n += (int)step)
        add_number(cron, field, n);
    return true;
}

static bool parse_field(struct arena *arena, struct cron *cron, enum field field, struct slice s,
                        const char **ret_why)
{
    if (slice_is(s, "?") && (field == DAYS || field == WEEKDAYS)) {
        *(field == DAYS ? &cron->any_day : &cron->any_weekday) = true;
        return true;
    }
    struct slice rest = s;
    do {
        struct slice element = slice_cut(&rest, ',');
        if (!parse_element(cron, field, element)) {
            *ret_why = arena_printf(arena, "\"%.*s\" is not a %s (%d to %d)", (int)element.len,
                                    element.ptr == NULL ? "" : element.ptr, fields[field].name,
                                    fields[field].first, fields[field].last);
            return false;
        }
    } while (rest.ptr != NULL);
    return true;
}

static struct slice next_word(struct slice *rest)
{
    *rest = slice_trim(*rest);
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != ' ' && rest->ptr[len] != '\t')
        len++;
    struct slice word = {rest->ptr, len};
    *rest = slice_from(*rest, len);
    return word;
}

static bool parse_cron(struct arena *arena, struct slice body, struct cron *cron,
                       const char **ret_why)
{
    struct slice words[FIELD_COUNT];
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        words[i] = next_word(&body);
        if (words[i].len == 0) {
            *ret_why = "cron() needs six fields: minutes hours day-of-month month day-of-week year";
            return false;
        }
    }
    if (slice_trim(body).len > 0) {
        *ret_why = "cron() has six fields, not more";
        return false;
    }
    for (int i = 0; i < FIELD_COUNT; i++)
        if (!parse_field(arena, cron, (enum field)i, words[i], ret_why))
            return false;
    if (cron->any_day == cron->any_weekday) {
        *ret_why = "exactly one of day-of-month and day-of-week must be \"?\"";
        return false;
    }
    return true;
}

static bool parse_rate(struct slice body, struct cron *cron, const char **ret_why)
{
    static const struct {
        const char *one, *many;
        int64_t ms;
    } units[] = {
        {"minute", "minutes", MINUTE_MS}, {"hour", "hours", HOUR_MS}, {"day", "days", DAY_MS}};
    struct slice number = next_word(&body);
    struct slice unit = next_word(&body);
    long long n = 0;
    if (body.len == 0 && parse_int64(number, &n) && n >= 1 && n <= 1000000)
        for (size_t i = 0; i < ARRAY_LEN(units); i++)
            if (slice_is(unit, n == 1 ? units[i].one : units[i].many)) {
                cron->interval_ms = n * units[i].ms;
                return true;
            }
    *ret_why = "rate() takes a number and minute, hour or day: rate(1 hour), rate(12 hours)";
    return false;
}

bool cron_parse(struct arena *arena, const char *text, struct cron *ret, const char **ret_why)
{
    struct cron cron = {.text = arena_strdup(arena, text)};
    struct slice s = slice_trim(slice_of(text));
    bool is_cron = slice_starts(s, "cron("), is_rate = slice_starts(s, "rate(");
    if ((!is_cron && !is_rate) || s.ptr[s.len - 1] != ')') {
        *ret_why = "a schedule is cron(minutes hours day-of-month month day-of-week year) or "
                   "rate(number unit)";
        return false;
    }
    struct slice body = {s.ptr + 5, s.len - 6};
    if (!(is_cron ? parse_cron(arena, body, &cron, ret_why) : parse_rate(body, &cron, ret_why)))
        return false;
    *ret = cron;
    return true;
}

bool cron_parse_or_at(struct arena *arena, const char *text, struct cron *ret, const char **ret_why)
{
    struct slice s = slice_trim(slice_of(text));
    if (!slice_starts(s, "at("))
        return cron_parse(arena, text, ret, ret_why);
    int64_t ms;
    const char *body = arena_printf(arena, "%.*sZ", (int)(s.len > 4 ? s.len - 4 : 0), s.ptr + 3);
    if (s.ptr[s.len - 1] != ')' || strlen(body) != strlen("2026-12-01T03:00:00Z") ||
        !time_parse_iso(slice_of(body), &ms)) {
        *ret_why = "one time is written at(2026-12-01T03:00:00), its zone beside it";
        return false;
    }
    struct civil c = civil_from_ms(ms);
    if (c.year < CRON_YEAR_FIRST || c.year > CRON_YEAR_LAST) {
        *ret_why = "the year of at() is out of range";
        return false;
    }
    *ret = (struct cron){.text = arena_strdup(arena, text), .any_weekday = true};
    const int numbers[FIELD_COUNT] = {[MINUTES] = c.minute,
                                      [HOURS] = c.hour,
                                      [DAYS] = c.day,
                                      [MONTHS] = c.month,
                                      [YEARS] = c.year};
    static const enum field given[] = {MINUTES, HOURS, DAYS, MONTHS, YEARS};
    for (size_t i = 0; i < ARRAY_LEN(given); i++)
        add_number(ret, given[i], numbers[given[i]]);
    return true;
}

/* --- the next time --------------------------------------------------------------------------- */

struct day {
    int year, month, day;
    int weekday; /* 1 = Sunday */
    int days;    /* in the month */
};

static struct day day_of(int64_t day_ms)
{
    struct civil c = civil_from_ms(day_ms);
    int64_t first = civil_to_ms(c.year, c.month, 1, 0, 0, 0);
    int64_t next = c.month == 12 ? civil_to_ms(c.year + 1, 1, 1, 0, 0, 0)
                                 : civil_to_ms(c.year, c.month + 1, 1, 0, 0, 0);
    return (struct day){c.year, c.month, c.day, c.weekday + 1, (int)((next - first) / DAY_MS)};
}

/* nW: Monday to Friday nearest to the n-th without leaving its month. */
static bool is_near(const struct day *d, int wanted)
{
    if (wanted > d->days)
        return false;
    int weekday =
        (d->weekday - 1 + (wanted - d->day) % 7 + 7) % 7; /* of the wanted day, 0 = Sunday */
    int day = wanted;
    if (weekday == 6)
        day = wanted == 1 ? wanted + 2 : wanted - 1;
    else if (weekday == 0)
        day = wanted == d->days ? wanted - 2 : wanted + 1;
    return day == d->day;
}

static bool day_matches(const struct cron *cron, const struct day *d)
{
    if (!has_year(cron, d->year) || !has_bit(cron->months, d->month))
        return false;
    if (cron->any_day)
        return has_bit(cron->weekdays, d->weekday) ||
               (has_bit(cron->last_weekdays, d->weekday) && d->day + 7 > d->days) ||
               has_bit(cron->nth_weekdays[(d->day - 1) / 7 + 1], d->weekday);
    if (has_bit(cron->days, d->day) || (cron->last_day && d->day == d->days))
        return true;
    for (int n = 1; cron->near_days != 0 && n <= 31; n++)
        if (has_bit(cron->near_days, n) && is_near(d, n))
            return true;
    return false;
}

static int64_t floor_to(int64_t ms, int64_t unit)
{
    int64_t rest = ms % unit;
    return ms - (rest < 0 ? rest + unit : rest);
}

/* The first time of the day after after_ms that the clocks really show. */
static bool next_in_day(const struct cron *cron, const struct timezone *tz, const struct day *d,
                        int64_t after_ms, int64_t *ret_ms)
{
    for (int hour = 0; hour < 24; hour++)
        for (int minute = 0; has_bit(cron->hours, hour) && minute < 60; minute++) {
            if (!has_bit(cron->minutes, minute))
                continue;
            int64_t at = timezone_to_utc(tz, d->year, d->month, d->day, hour, minute);
            int64_t shown = at + (int64_t)timezone_offset_at(tz, at) * 1000;
            if (at > after_ms && shown == civil_to_ms(d->year, d->month, d->day, hour, minute, 0)) {
                *ret_ms = at;
                return true;
            }
        }
    return false;
}

bool cron_next(const struct cron *cron, const struct timezone *tz, int64_t after_ms,
               int64_t *ret_ms)
{
    if (cron->interval_ms > 0) {
        *ret_ms = floor_to(after_ms, cron->interval_ms) + cron->interval_ms;
        return true;
    }
    const int64_t begin = civil_to_ms(CRON_YEAR_FIRST, 1, 1, 0, 0, 0);
    const int64_t end = civil_to_ms(CRON_YEAR_LAST + 1, 1, 1, 0, 0, 0);
    int64_t day_ms = floor_to(after_ms + (int64_t)timezone_offset_at(tz, after_ms) * 1000, DAY_MS);
    for (day_ms = day_ms < begin ? begin : day_ms; day_ms < end; day_ms += DAY_MS) {
        struct day d = day_of(day_ms);
        if (day_matches(cron, &d) && next_in_day(cron, tz, &d, after_ms, ret_ms))
            return true;
    }
    return false;
}

/* --- text ------------------------------------------------------------------------------------ */

static bool all_years(const struct cron *cron)
{
    for (int year = CRON_YEAR_FIRST; year <= CRON_YEAR_LAST; year++)
        if (!has_year(cron, year))
            return false;
    return true;
}

static bool every_day(const struct cron *cron)
{
    return cron->any_day ? cron->weekdays == ALL_WEEKDAYS : cron->days == ALL_DAYS;
}

static void separate(struct strbuf *sb)
{
    if (sb->len > 0 && sb->data[sb->len - 1] != ' ' && sb->data[sb->len - 1] != '(')
        strbuf_add_char(sb, ',');
}

/* Runs of three and more as a-b. has(cron, n) tells membership. */
static void add_set(struct strbuf *sb, enum field field, const struct cron *cron,
                    bool (*has)(const struct cron *cron, int n))
{
    for (int n = fields[field].first; n <= fields[field].last; n++) {
        if (!has(cron, n))
            continue;
        int run = n;
        while (run < fields[field].last && has(cron, run + 1))
            run++;
        separate(sb);
        if (run - n >= 2) {
            strbuf_addf(sb, "%d-%d", n, run);
            n = run;
        } else {
            strbuf_addf(sb, "%d", n);
        }
    }
}

static bool has_minute(const struct cron *cron, int n)
{
    return has_bit(cron->minutes, n);
}

static bool has_hour(const struct cron *cron, int n)
{
    return has_bit(cron->hours, n);
}

static bool has_day(const struct cron *cron, int n)
{
    return has_bit(cron->days, n);
}

static bool has_month(const struct cron *cron, int n)
{
    return has_bit(cron->months, n);
}

static bool has_weekday(const struct cron *cron, int n)
{
    return has_bit(cron->weekdays, n);
}

static void add_field(struct strbuf *sb, enum field field, const struct cron *cron, bool all,
                      bool (*has)(const struct cron *cron, int n))
{
    if (all)
        strbuf_add_char(sb, '*');
    else
        add_set(sb, field, cron, has);
}

static void add_days(struct strbuf *sb, const struct cron *cron)
{
    if (cron->any_day || every_day(cron)) {
        strbuf_add_char(sb, '?');
        return;
    }
    add_set(sb, DAYS, cron, has_day);
    for (int n = 1; n <= 31; n++)
        if (has_bit(cron->near_days, n)) {
            separate(sb);
            strbuf_addf(sb, "%dW", n);
        }
    if (cron->last_day) {
        separate(sb);
        strbuf_add_char(sb, 'L');
    }
}

static void add_weekdays(struct strbuf *sb, const struct cron *cron)
{
    if (every_day(cron)) {
        strbuf_add_char(sb, '*');
        return;
    }
    if (cron->any_weekday) {
        strbuf_add_char(sb, '?');
        return;
    }
    add_set(sb, WEEKDAYS, cron, has_weekday);
    for (int n = 1; n <= 7; n++) {
        for (int nth = 1; nth <= 5; nth++)
            if (has_bit(cron->nth_weekdays[nth], n)) {
                separate(sb);
                strbuf_addf(sb, "%d#%d", n, nth);
            }
        if (has_bit(cron->last_weekdays, n)) {
            separate(sb);
            strbuf_addf(sb, "%dL", n);
        }
    }
}

static const char *rate_text(struct arena *arena, int64_t ms, const char *before, const char *after)
{
    int64_t n = ms / MINUTE_MS;
    const char *unit = "minute";
    if (ms % DAY_MS == 0) {
        n = ms / DAY_MS;
        unit = "day";
    } else if (ms % HOUR_MS == 0) {
        n = ms / HOUR_MS;
        unit = "hour";
    }
    return arena_printf(arena, "%s%lld %s%s%s", before, (long long)n, unit, n == 1 ? "" : "s",
                        after);
}

static const char *squeeze(struct arena *arena, const char *text)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, 4096);
    struct slice rest = slice_of(text);
    for (struct slice word; (word = next_word(&rest)).len > 0;) {
        if (sb.len > 0)
            strbuf_add_char(&sb, ' ');
        strbuf_add_slice(&sb, word);
    }
    return strbuf_str(&sb);
}

const char *cron_canonical(struct arena *arena, const char *text)
{
    struct cron cron;
    const char *why = NULL;
    if (!cron_parse(arena, text, &cron, &why))
        return squeeze(arena, text);
    if (cron.interval_ms > 0)
        return rate_text(arena, cron.interval_ms, "rate(", ")");
    struct strbuf sb;
    strbuf_init(&sb, arena, 4096);
    strbuf_add(&sb, "cron(");
    add_field(&sb, MINUTES, &cron, cron.minutes == ALL_MINUTES, has_minute);
    strbuf_add_char(&sb, ' ');
    add_field(&sb, HOURS, &cron, cron.hours == ALL_HOURS, has_hour);
    strbuf_add_char(&sb, ' ');
    add_days(&sb, &cron);
    strbuf_add_char(&sb, ' ');
    add_field(&sb, MONTHS, &cron, cron.months == ALL_MONTHS, has_month);
    strbuf_add_char(&sb, ' ');
    add_weekdays(&sb, &cron);
    strbuf_add_char(&sb, ' ');
    add_field(&sb, YEARS, &cron, all_years(&cron), has_year);
    strbuf_add_char(&sb, ')');
    return strbuf_str(&sb);
}

/* The only member of a set, or -1. */
static int only(uint64_t set)
{
    for (int n = 0; n < 64; n++)
        if (set == (uint64_t)1 << n)
            return n;
    return -1;
}

const char *cron_describe(struct arena *arena, const struct cron *cron, const char *tz)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    const char *zone = tz == NULL || tz[0] == '\0' ? "UTC" : tz;
    if (cron->interval_ms > 0)
        return rate_text(arena, cron->interval_ms, "every ", "");
    int minute = only(cron->minutes), hour = only(cron->hours);
    bool always = cron->months == ALL_MONTHS && all_years(cron);
    if (always && every_day(cron) && minute >= 0 && cron->hours == ALL_HOURS)
        return arena_printf(arena, "hourly :%02d %s", minute, zone);
    if (!always || minute < 0 || hour < 0)
        return arena_printf(arena, "%s %s", cron->text, zone);
    if (every_day(cron))
        return arena_printf(arena, "daily %02d:%02d %s", hour, minute, zone);
    bool marks = cron->last_weekdays != 0 || cron->near_days != 0;
    for (size_t i = 0; i < ARRAY_LEN(cron->nth_weekdays); i++)
        marks = marks || cron->nth_weekdays[i] != 0;
    if (!marks && cron->any_day && only(cron->weekdays) > 0)
        return arena_printf(arena, "weekly %s %02d:%02d %s", days[only(cron->weekdays) - 1], hour,
                            minute, zone);
    if (!marks && cron->last_day && cron->days == 0)
        return arena_printf(arena, "monthly last day %02d:%02d %s", hour, minute, zone);
    if (!marks && !cron->last_day && only(cron->days) > 0)
        return arena_printf(arena, "monthly day %d %02d:%02d %s", only(cron->days), hour, minute,
                            zone);
    return arena_printf(arena, "%s %s", cron->text, zone);
}
