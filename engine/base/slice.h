#pragma once
/* A view of bytes that somebody else owns: input is passed around as slices and never needs a
 * terminator. By value, <ptr, len> in that order. */

#include <stdbool.h>
#include <stddef.h>

struct slice {
    const char *ptr;
    size_t len;
};

struct slice slice_of(const char *text); /* NULL gives the empty slice */
bool slice_is(struct slice s, const char *text);
bool slice_starts(struct slice s, const char *prefix);
struct slice slice_from(struct slice s, size_t start); /* start beyond the end: empty */
struct slice slice_trim(struct slice s);               /* without spaces and tabs at both ends */

/* Cuts the part before the first `separator` from *rest and returns it; *rest is what follows. When
 * there is no separator the whole is returned and *rest is empty with ptr NULL. */
struct slice slice_cut(struct slice *rest, char separator);

/* Small helpers over C strings that the code base uses instead of open-coded strcmp()s. */
bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
bool str_is_one_of(const char *text, const char *const *list); /* list ends with NULL */

/* Strict decimal integer over the whole text; false when it is not one or does not fit. */
bool parse_int64(struct slice s, long long *ret);

/* Edit distance with adjacent transpositions, for "did you mean"; at most `limit` + 1. */
size_t str_distance(const char *a, const char *b, size_t limit);
