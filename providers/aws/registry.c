/* All resource types, from the list that the build makes of schemas/: one TYPE(aws_x) a file. */

#include "engine/base/slice.h"
#include "providers/provider.h"

#define TYPE(name) extern const struct resource_ops name##_ops;
#include "types.inc"
#undef TYPE

static const struct {
    const char *name;
    const struct resource_ops *ops;
} types[] = {
#define TYPE(name) {#name, &name##_ops},
#include "types.inc"
#undef TYPE
};

const struct resource_ops *provider_ops(const char *type_name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_eq(types[i].name, type_name))
            return types[i].ops;
    return NULL;
}
