#pragma once
/* Patterns of the schemas. Schemas are parts of the program and share many patterns, so each text
 * is known once in the life of the process, never released, and compiled when it is first used:
 * compiling all of them takes longer than loading the schemas. */

#include <stdbool.h>

struct pattern;

/* A POSIX extended regular expression. One in another dialect (\d, (?:...)) is a BUG. */
struct pattern *pattern_of(const char *text);

/* A pattern that does not compile is a BUG at its first use; tests/lint uses all of them. */
bool pattern_matches(struct pattern *pattern, const char *text);
