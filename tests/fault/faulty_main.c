/* faulty_holdfast: the program, its main() wrapped by the linker, with what can go wrong
 * (faults.h). With the one argument --serve it answers many commands (serve.h). */
#include <string.h>

#include "engine/config/schema.h"
#include "tests/fault/faults.h"
#include "tests/fault/faulty_sqlite.h"
#include "tests/fault/serve.h"

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

/* What every command begins with is done once by a server. */
static const struct schema_set *schemas;
const struct schema_set *__real_schema_load(struct arena *arena);
const struct schema_set *__wrap_schema_load(struct arena *arena);
const struct schema_set *__wrap_schema_load(struct arena *arena)
{
    return schemas ? schemas : __real_schema_load(arena);
}

int __wrap_main(int argc, char **argv)
{
    faulty_sqlite_register();
    if (argc == 2 && strcmp(argv[1], "--serve") == 0) {
        schemas = __real_schema_load(arena_new());
        return serve(__real_main);
    }
    faults_begin();
    return __real_main(argc, argv);
}
