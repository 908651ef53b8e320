#include "engine/cli/unrecorded.h"

#include <stdio.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/json.h"

#define ENDING ".unrecorded.jsonl"
#define LINE_MAX_LEN ((size_t)64 * 1024)

static const char *lines_of(struct session *session, const struct value *unrecorded)
{
    struct arena *arena = session->cli->arena;
    struct strbuf sb;
    strbuf_init(&sb, arena, LINE_MAX_LEN * (value_len(unrecorded) + 1));
    for (size_t i = 0; i < value_len(unrecorded); i++) {
        struct map_builder line = map_begin_from(arena, value_item(unrecorded, i));
        map_put_str(&line, "lineage", state_lineage(session->state));
        json_write(&sb, map_end(&line), JSON_COMPACT);
        strbuf_add_char(&sb, '\n');
    }
    return strbuf_str(&sb);
}

static const char *path_beside(struct session *session)
{
    return arena_printf(session->cli->arena, "%s" ENDING, session_state_path(session));
}

/* Where the lines were written; NULL: nowhere. */
static const char *write_lines(struct session *session, const char *lines)
{
    struct arena *arena = session->cli->arena;
    struct diags ignored;
    diags_init(&ignored, arena);
    const char *beside = path_beside(session);
    if (file_write_atomic(beside, slice_of(lines), 0600, &ignored))
        return beside;
    const char *folder = path_temp_dir(arena);
    const char *elsewhere = folder ? path_join(arena, folder, "unrecorded.jsonl") : NULL;
    return elsewhere && file_write_atomic(elsewhere, slice_of(lines), 0600, &ignored) ? elsewhere
                                                                                      : NULL;
}

void unrecorded_keep(struct session *session, const struct value *unrecorded)
{
    size_t len = value_len(unrecorded);
    if (len == 0)
        return;
    const char *lines = lines_of(session, unrecorded);
    fputs(lines, stderr);
    const char *path = write_lines(session, lines);
    diag_warning(&session->cli->diags, E_STATE_WRITE, NO_POS, NULL,
                 "what became of %zu call%s is not in the state; it stands in %s", len,
                 len == 1 ? "" : "s", path ? path : "the lines above only");
}

void unrecorded_forget(struct session *session)
{
    unlink(path_beside(session)); /* there is seldom one */
}
