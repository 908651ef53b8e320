#pragma once
/* Text the way the policy language compares it, and its literals. Internal to engine/policy. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"

/* Three-valued truth: what a comparison with something unknown or malformed gives. */
enum tri { TRI_NO, TRI_UNDECIDED, TRI_YES };
enum tri tri_of(bool b);
enum tri tri_not(enum tri t);
enum tri tri_and(enum tri a, enum tri b);
enum tri tri_or(enum tri a, enum tri b);

/* Without regard to the case of ASCII letters. */
bool text_equal_fold(struct slice a, struct slice b);
bool text_starts_fold(struct slice s, const char *prefix);
char text_lower(char c);

/* The two bytes that act as wildcards in a pattern. Written patterns use '*' and '?'; patterns in
 * which a variable was put use two bytes that UTF-8 does not have, because there a '*' that came
 * out of a variable is plain text. */
struct wildcards {
    char any, one;
};
#define WILDCARDS_WRITTEN ((struct wildcards){'*', '?'})
#define WILDCARDS_EXPANDED ((struct wildcards){(char)0xFE, (char)0xFF})
#define WILDCARDS_NONE ((struct wildcards){'\0', '\0'}) /* plain equality */

bool text_glob(struct slice pattern, struct slice text, struct wildcards wild, bool fold);
/* The Action element, wildcards and all, without regard to case. Most actions of most policies are
 * not the one that is asked for: what differs before its first wildcard is told at once. */
bool text_action_matches(const char *pattern, struct slice action);

/* The first `want` - 1 parts between colons and, as the last, all the rest. Returns how many parts
 * there are, at most `want`. */
#define ARN_PARTS 6
size_t text_arn_parts(struct slice text, struct slice parts[ARN_PARTS]);

/* The Resource element: the six parts compare one by one; a pattern with fewer parts must end with
 * a wildcard, which then stands for all the rest. */
bool text_resource_matches(struct slice pattern, struct slice resource, struct wildcards wild);
/* The Arn operators: six parts on both sides. A shorter pattern is undecided. */
enum tri text_arn_like(struct slice pattern, struct slice text, struct wildcards wild);

bool text_is_account_id(struct slice s); /* 12 digits */
/* The account of arn:PARTITION:iam::ID:root, or of ID itself; false for anything else. */
bool text_account_of_root(struct slice s, struct slice *ret_id);

const char *text_number(struct arena *arena, double number); /* the shortest that reads back */

/* Literals of the typed operators. */
bool literal_bool(struct slice s, bool *ret);
bool literal_number(struct slice s, double *ret);
bool literal_date(struct slice s, int64_t *ret_ms); /* W3C's ISO 8601, or seconds of the epoch */

struct ip_range {
    bool v6;
    uint8_t bytes[16]; /* 4 of them for IPv4 */
    unsigned prefix;
};
bool literal_ip(struct slice s, struct ip_range *ret); /* an address or a CIDR range */
bool ip_within(const struct ip_range *range, const struct ip_range *address);
