#pragma once
/* Files that the build puts into the program (cmake/embed.cmake). A table ends with name NULL:
 *     extern const struct embedded_file schema_files[]; */

#include <stddef.h>

struct embedded_file {
    const char *name; /* file name without folder */
    const char *text; /* terminated; the terminator is not counted */
    size_t len;
};
