#include "engine/base/slice.h"

#include <limits.h>
#include <string.h>

struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

bool slice_is(struct slice s, const char *text)
{
    size_t len = strlen(text);
    return s.len == len && memcmp(s.ptr ? s.ptr : "", text, len) == 0;
}

bool slice_starts(struct slice s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && memcmp(s.ptr ? s.ptr : "", prefix, len) == 0;
}

struct slice slice_from(struct slice s, size_t start)
{
    if (start >= s.len)
        return (struct slice){NULL, 0};
    return (struct slice){s.ptr + start, s.len - start};
}

struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = slice_from(s, 1);
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

struct slice slice_cut(struct slice *rest, char separator)
{
    const char *found = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    struct slice part = *rest;
    if (!found) {
        *rest = (struct slice){NULL, 0};
        return part;
    }
    part.len = (size_t)(found - rest->ptr);
    *rest = (struct slice){found + 1, rest->len - part.len - 1};
    return part;
}

bool str_eq(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    return strcmp(a, b) == 0;
}

bool str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
    size_t len = strlen(text), end = strlen(suffix);
    return len >= end && memcmp(text + len - end, suffix, end) == 0;
}

bool str_is_one_of(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (str_eq(text, *list))
            return true;
    return false;
}

bool parse_int64(struct slice s, long long *ret)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    size_t i = negative ? 1 : 0;
    long long value = 0;
    if (i >= s.len)
        return false;
    for (; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        if (value < (LLONG_MIN + digit) / 10)
            return false;
        value = value * 10 - digit; /* negative holds one value more */
    }
    if (!negative && value == LLONG_MIN)
        return false;
    *ret = negative ? value : -value;
    return true;
}

size_t str_distance(const char *a, const char *b, size_t limit)
{
    enum { MAX = 64 };
    size_t rows[3][MAX + 1];
    size_t la = strlen(a), lb = strlen(b);
    if (la > MAX || lb > MAX || (la > lb ? la - lb : lb - la) > limit)
        return limit + 1;
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                above2[j - 2] + 1 < best)
                best = above2[j - 2] + 1;
            now[j] = best;
        }
    }
    size_t distance = rows[la % 3][lb];
    return distance > limit ? limit + 1 : distance;
}
