#include "engine/base/bug.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void bug_at(const char *file, int line, const char *message)
{
    fprintf(stderr, "BUG %s:%d: %s\n", file, line, message);
    abort();
}
