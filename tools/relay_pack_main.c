/* Build tool: relay_pack OUT.zip [+]NAME=FILE... packs files with deterministic bytes; + marks
 * programs. */

#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/zip.h"

static bool read_entry(struct arena *arena, const char *argument, struct zip_entry *ret,
                       struct diags *diags)
{
    struct slice rest = slice_of(argument), name;
    ret->executable = rest.len > 0 && rest.ptr[0] == '+';
    if (ret->executable)
        rest = slice_from(rest, 1);
    name = slice_cut(&rest, '=');
    if (!rest.ptr) {
        diag_error(diags, E_USAGE, NO_POS, NULL, "%s is not NAME=FILE", argument);
        return false;
    }
    ret->name = arena_strndup(arena, name.ptr, name.len);
    return file_read(arena, rest.ptr, FILE_READ_MAX, &ret->data, diags);
}

int main(int argc, char **argv)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct diags diags;
    struct slice archive;
    diags_init(&diags, arena);
    if (argc < 3) {
        fputs("usage: relay_pack OUT.zip [+]NAME=FILE...\n", stderr);
        return 64;
    }
    size_t len = (size_t)argc - 2;
    struct zip_entry *entries = arena_array(arena, len, sizeof(*entries));
    bool ok = true;
    for (size_t i = 0; i < len && ok; i++)
        ok = read_entry(arena, argv[i + 2], &entries[i], &diags);
    ok = ok && zip_write(arena, entries, len, &archive, &diags) &&
         file_write_atomic(argv[1], archive, 0644, &diags);
    for (size_t i = 0; i < diags.len; i++)
        fputs(diag_render(arena, &diags, &diags.items[i]), stderr);
    return ok ? 0 : 1;
}
