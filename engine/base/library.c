#include "engine/base/library.h"

#include <dlfcn.h>
#include <string.h>

#include "engine/base/arena.h"

static bool fail(const char *soname, struct diags *diags)
{
    const char *why = dlerror();
    diag_error(diags, E_LIBRARY, NO_POS, NULL, "%s: %s", soname, why ? why : "no reason is given");
    return false;
}

bool library_load(const char *soname, const struct library_symbol *symbols, size_t len,
                  struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    void **found = arena_array(scratch, len, sizeof(*found));
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return fail(soname, diags);
    for (size_t i = 0; i < len; i++) {
        found[i] = dlsym(library, symbols[i].name);
        if (!found[i])
            return fail(soname, diags);
    }
    for (size_t i = 0; i < len; i++) /* POSIX: a function's address fits a void pointer */
        memcpy(symbols[i].slot, &found[i], sizeof(found[i]));
    return true;
}
