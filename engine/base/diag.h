#pragma once
/* Diagnostics: messages with a place. Stages collect them and go on, so that one run reports every
 * fault; only engine/cli prints them. A function that can fail for the user's or the world's
 * reasons returns bool and takes `struct diags *` last; on false at least one error was added.
 *
 * Codes live in diag_codes.inc (the catalogue): each has an id, the exit status that it leads to
 * and a sentence on what to do next, which is printed when the message brings no hint of its own.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/value.h"

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

enum diag_code {
#define DIAG(symbol, id, status, summary, next) symbol,
#include "engine/base/diag_codes.inc"
#undef DIAG
    DIAG_CODE_COUNT
};

struct diag {
    enum severity severity;
    enum diag_code code;
    struct source_pos pos;
    unsigned span;       /* columns under the caret; 0: one */
    const char *address; /* resource or entry, or NULL */
    const char *message;
    const char *hint; /* what to do next; NULL: the catalogue's sentence */
};

/* The texts that positions point into. file numbers start at 1. */
struct source {
    const char *name; /* as the user gave it */
    struct slice text;
};

struct diags {
    struct arena *arena;
    struct diag *items;
    size_t len, cap;
    size_t errors;  /* of severity error, dropped ones included */
    size_t dropped; /* beyond the cap of DIAG_MAX */
    struct source *sources;
    size_t source_len, source_cap;
};
#define DIAG_MAX 200

void diags_init(struct diags *diags, struct arena *arena);
/* Registers a text; the returned number goes into source_pos.file. `text` must outlive diags. */
unsigned diags_add_source(struct diags *diags, const char *name, struct slice text);
const struct source *diags_source(const struct diags *diags, unsigned file); /* NULL for 0 */

/* Adds one message and returns it, so that a caller may set hint and span. Never NULL: beyond the
 * cap it returns a scratch entry. */
struct diag *diag_error(struct diags *diags, enum diag_code code, struct source_pos pos,
                        const char *address, const char *fmt, ...) PRINTF_LIKE(5, 6);
struct diag *diag_warning(struct diags *diags, enum diag_code code, struct source_pos pos,
                          const char *address, const char *fmt, ...) PRINTF_LIKE(5, 6);
void diag_hint(struct diags *diags, struct diag *diag, const char *fmt, ...) PRINTF_LIKE(3, 4);

void diags_sort(struct diags *diags); /* by file, line, column, then order of arrival */
/* Exit status: that of the first error by precedence (3, 4, 5, 6, 7, 64 before 1), 0 if none. */
int diags_status(const struct diags *diags);

const char *diag_code_id(enum diag_code code); /* "HF0201" */
const char *diag_code_summary(enum diag_code code);
const char *diag_code_next(enum diag_code code);
int diag_code_status(enum diag_code code);
/* One message as text, as people read it: place, code, message, source line, caret, address, hint.
 */
const char *diag_render(struct arena *arena, const struct diags *diags, const struct diag *diag);
/* Text of somebody else's as it can be shown: what a terminal would obey becomes '?'. */
const char *diag_visible(struct arena *arena, const char *text);
const struct value *diag_to_value(struct arena *arena, const struct diags *diags,
                                  const struct diag *diag); /* for --json */
