#pragma once
/* Libraries that are loaded when they are first needed: to map libcurl and the thirty libraries
 * that it drags in costs more than most commands do. The compiler still checks each use against the
 * library's header; what is missing shows when the library is loaded. */

#include "engine/base/diag.h"

struct library_symbol {
    const char *name;
    void *slot; /* of a pointer to the function */
};

/* Loads a library by its soname ("libcurl.so.4") and fills in all slots, or none: E_LIBRARY. It
 * stays loaded. Loading it again is cheap. */
MUST_CHECK bool library_load(const char *soname, const struct library_symbol *symbols, size_t len,
                             struct diags *diags);
