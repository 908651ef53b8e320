#pragma once
/* Compiled patterns of the schemas. Schemas are parts of the program and share many patterns, so
 * each text is compiled once in the life of the process and never released. */

#include <regex.h>
#include <stdbool.h>

/* A POSIX extended regular expression. One that does not compile, or that is written in another
 * dialect (\d, (?:...)), is a BUG. */
const regex_t *pattern_compile(const char *text);
bool pattern_matches(const regex_t *regex, const char *text);
