#pragma once
/* JSON in C strings without a forest of backslashes: ' stands for ", and ` for '. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <setjmp.h>

#include <cmocka.h>

#include "engine/base/json.h"

static inline const struct value *quoted(struct arena *arena, const char *text)
{
    char *json = arena_strdup(arena, text);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c == '`' ? '\'' : *c;
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(arena, slice_of(json), &v, &why))
        fail_msg("the test's own JSON is wrong: %s: %s", why, json);
    return v;
}
