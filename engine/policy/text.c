#include "engine/policy/text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"

enum tri tri_of(bool b)
{
    return b ? TRI_YES : TRI_NO;
}

enum tri tri_not(enum tri t)
{
    return t == TRI_UNDECIDED ? t : tri_of(t == TRI_NO);
}

enum tri tri_and(enum tri a, enum tri b)
{
    return a < b ? a : b;
}

enum tri tri_or(enum tri a, enum tri b)
{
    return a > b ? a : b;
}

char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_fold(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (text_lower(a.ptr[i]) != text_lower(b.ptr[i]))
            return false;
    return true;
}

bool text_starts_fold(struct slice s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && text_equal_fold((struct slice){s.ptr, len}, slice_of(prefix));
}

/* One character is one code point, so '?' steps over the continuation bytes of UTF-8. */
static size_t next_char(struct slice text, size_t at)
{
    at++;
    while (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80)
        at++;
    return at;
}

bool text_glob(struct slice pattern, struct slice text, struct wildcards wild, bool fold)
{
    bool active = wild.any != '\0';
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;
    while (t < text.len) {
        char c = p < pattern.len ? pattern.ptr[p] : '\0';
        if (active && p < pattern.len && c == wild.any) {
            star = p++;
            resume = t;
        } else if (active && p < pattern.len && c == wild.one) {
            p++;
            t = next_char(text, t);
        } else if (p < pattern.len &&
                   (c == text.ptr[t] || (fold && text_lower(c) == text_lower(text.ptr[t])))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (active && p < pattern.len && pattern.ptr[p] == wild.any)
        p++;
    return p == pattern.len;
}

bool text_action_matches(const char *pattern, struct slice action)
{
    size_t i = 0;
    for (; i < action.len && pattern[i] && pattern[i] != '*' && pattern[i] != '?'; i++)
        if (text_lower(pattern[i]) != text_lower(action.ptr[i]))
            return false;
    return text_glob(slice_of(pattern + i), slice_from(action, i), WILDCARDS_WRITTEN, true);
}

size_t text_arn_parts(struct slice text, struct slice parts[ARN_PARTS])
{
    size_t len = 0;
    struct slice rest = text;
    while (len < ARN_PARTS - 1) {
        const char *colon = rest.len ? memchr(rest.ptr, ':', rest.len) : NULL;
        if (!colon)
            break;
        parts[len++] = (struct slice){rest.ptr, (size_t)(colon - rest.ptr)};
        rest = slice_from(rest, (size_t)(colon - rest.ptr) + 1);
    }
    parts[len++] = rest;
    return len;
}

bool text_resource_matches(struct slice pattern, struct slice resource, struct wildcards wild)
{
    if (pattern.len == 1 && pattern.ptr[0] == wild.any && wild.any != '\0')
        return true;
    struct slice want[ARN_PARTS], have[ARN_PARTS];
    size_t want_len = text_arn_parts(pattern, want);
    if (text_arn_parts(resource, have) != ARN_PARTS)
        return false;
    if (want_len < ARN_PARTS && (!pattern.len || pattern.ptr[pattern.len - 1] != wild.any))
        return false;
    for (size_t i = 0; i + 1 < want_len; i++)
        if (!text_glob(want[i], have[i], wild, false))
            return false;
    const char *end = resource.ptr + resource.len;
    const char *last = have[want_len - 1].ptr;
    return text_glob(want[want_len - 1], (struct slice){last, (size_t)(end - last)}, wild, false);
}

enum tri text_arn_like(struct slice pattern, struct slice text, struct wildcards wild)
{
    struct slice want[ARN_PARTS], have[ARN_PARTS];
    if (text_arn_parts(pattern, want) != ARN_PARTS)
        return TRI_UNDECIDED;
    if (text_arn_parts(text, have) != ARN_PARTS)
        return TRI_NO;
    for (size_t i = 0; i < ARN_PARTS; i++)
        if (!text_glob(want[i], have[i], wild, false))
            return TRI_NO;
    return TRI_YES;
}

bool text_is_account_id(struct slice s)
{
    if (s.len != 12)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return true;
}

bool text_account_of_root(struct slice s, struct slice *ret_id)
{
    if (text_is_account_id(s)) {
        *ret_id = s;
        return true;
    }
    struct slice parts[ARN_PARTS];
    if (text_arn_parts(s, parts) != ARN_PARTS || !slice_is(parts[0], "arn") ||
        !slice_is(parts[2], "iam") || parts[3].len || !text_is_account_id(parts[4]) ||
        !slice_is(parts[5], "root"))
        return false;
    *ret_id = parts[4];
    return true;
}

const char *text_number(struct arena *arena, double number)
{
    const char *text = arena_printf(arena, "%.15g", number);
    double back = strtod(text, NULL);
    return back < number || back > number ? arena_printf(arena, "%.17g", number) : text;
}

bool literal_bool(struct slice s, bool *ret)
{
    bool is_true = text_equal_fold(s, slice_of("true"));
    if (!is_true && !text_equal_fold(s, slice_of("false")))
        return false;
    *ret = is_true;
    return true;
}

bool literal_number(struct slice s, double *ret)
{
    char copy[64];
    size_t digits = 0;
    if (!s.len || s.len >= sizeof(copy))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c >= '0' && c <= '9')
            digits++;
        else if (c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E')
            return false;
    }
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    char *end = NULL;
    double number = strtod(copy, &end);
    if (!digits || *end)
        return false;
    *ret = number;
    return true;
}

/* The forms of W3C's profile of ISO 8601: a year, a month, a day, and a day with a time and its
 * zone, to the minute or to the second. */
static bool date_iso(struct slice s, int64_t *ret_ms)
{
    const size_t year = strlen("2026"), month = strlen("2026-01");
    const size_t minute = strlen("2026-01-31T10:00");
    char full[64];
    const char *rest = s.len == year ? "-01-01" : s.len == month ? "-01" : "";
    size_t head = s.len;
    if (s.len > minute && s.ptr[minute] != ':') { /* the zone follows the minute */
        rest = ":00";
        head = minute;
    }
    if (s.len + strlen(rest) >= sizeof(full))
        return false;
    memcpy(full, s.ptr, head);
    memcpy(full + head, rest, strlen(rest));
    memcpy(full + head + strlen(rest), s.ptr + head, s.len - head);
    return time_parse_iso((struct slice){full, s.len + strlen(rest)}, ret_ms);
}

bool literal_date(struct slice s, int64_t *ret_ms)
{
    long long seconds = 0;
    /* four digits are a year of ISO 8601, more are seconds since the epoch */
    if (s.len > 4 && parse_int64(s, &seconds)) {
        if (seconds > INT64_MAX / 1000 || seconds < INT64_MIN / 1000)
            return false;
        *ret_ms = (int64_t)seconds * 1000;
        return true;
    }
    return date_iso(s, ret_ms);
}

bool literal_ip(struct slice s, struct ip_range *ret)
{
    struct slice rest = s;
    struct slice address = slice_cut(&rest, '/');
    char copy[64];
    if (!address.len || address.len >= sizeof(copy))
        return false;
    memcpy(copy, address.ptr, address.len);
    copy[address.len] = '\0';
    struct ip_range range = {.v6 = memchr(address.ptr, ':', address.len) != NULL};
    if (inet_pton(range.v6 ? AF_INET6 : AF_INET, copy, range.bytes) != 1)
        return false;
    long long prefix = range.v6 ? 128 : 32;
    long long max = prefix;
    if (address.len != s.len && (!parse_int64(rest, &prefix) || prefix < 0 || prefix > max))
        return false;
    range.prefix = (unsigned)prefix;
    *ret = range;
    return true;
}

bool ip_within(const struct ip_range *range, const struct ip_range *address)
{
    if (range->v6 != address->v6 || address->prefix < range->prefix)
        return false;
    unsigned whole = range->prefix / 8, bits = range->prefix % 8;
    if (memcmp(range->bytes, address->bytes, whole) != 0)
        return false;
    unsigned mask = 0xFFu & ~(0xFFu >> bits);
    return bits == 0 || ((range->bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}
