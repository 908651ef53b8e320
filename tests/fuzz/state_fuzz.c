/* Any bytes as the document of a state: what is refused leaves the state as it was, with one error,
 * and what is accepted is written again as the same state. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/file.h"
#include "state/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *for_state;
static const char *dir, *empty;
static struct state *state;

static const char *exported(struct arena *arena)
{
    struct diags diags;
    diags_init(&diags, arena);
    struct strbuf sb;
    strbuf_init(&sb, arena, (size_t)1 << 24);
    BUG_ON(!state_export(state, &sb, &diags));
    return strbuf_str(&sb);
}

static void close_state(void)
{
    state_close(state);
    dir_remove(dir);
    arena_free(for_state);
}

static void open_once(void)
{
    for_state = arena_new();
    dir = path_temp_dir(for_state);
    BUG_ON(!dir);
    struct diags diags;
    diags_init(&diags, for_state);
    struct state_options options = {.path = path_join(for_state, dir, "t.db"),
                                    .topology = "t",
                                    .world = "aws",
                                    .command = "fuzz"};
    BUG_ON(!state_open(for_state, &options, &state, &diags));
    empty = exported(for_state);
    atexit(close_state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!state)
        open_once();
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct diags diags;
    diags_init(&diags, arena);
    struct slice text = {(const char *)data, size};
    struct state_head head;
    if (!state_import(state, "document", text, &diags)) {
        BUG_ON(diags.errors != 1 || diag_code_status(diags.items[0].code) != 4);
        BUG_ON(strcmp(exported(arena), empty) != 0);
        return 0;
    }
    const char *first = exported(arena);
    BUG_ON(!state_document_head(arena, "again", slice_of(first), &head, &diags));
    BUG_ON(head.serial != state_serial(state) || strcmp(head.lineage, state_lineage(state)) != 0);
    BUG_ON(!state_import(state, "again", slice_of(first), &diags));
    BUG_ON(strcmp(exported(arena), first) != 0);
    BUG_ON(!state_import(state, "empty", slice_of(empty), &diags));
    return 0;
}
