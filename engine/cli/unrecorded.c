#include "engine/cli/unrecorded.h"

#include <stdio.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/run/strays.h"

#define ENDING ".unrecorded.jsonl"
#define LINE_MAX_LEN ((size_t)64 * 1024)
#define LINES_MAX ((size_t)1 << 30)

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
    struct diag *diag =
        diag_warning(&session->cli->diags, E_STATE_WRITE, NO_POS, NULL,
                     "what became of %zu call%s is not in the state; it stands in %s", len,
                     len == 1 ? "" : "s", path ? path : "the lines above only");
    diag_hint(&session->cli->diags, diag,
              "Run again here: that run settles them by reading, and records or names what was "
              "made.");
}

/* ---- the next run ---- */

/* Only what was made can be lost; of all else the intents say enough. */
static bool was_made(const struct value *line)
{
    return str_eq(value_get_str(line, "action"), "create") && value_get_str(line, "identifier");
}

static const struct value *made_of(struct arena *arena, struct slice text)
{
    struct list_builder list = list_begin(arena);
    while (text.len > 0) {
        const struct value *line = NULL;
        const char *why = NULL;
        if (json_parse(arena, slice_cut(&text, '\n'), &line, &why) && was_made(line))
            list_add(&list, line);
    }
    return list_end(&list);
}

bool unrecorded_settle(struct session *session, bool persist)
{
    struct cli *cli = session->cli;
    const char *path = path_beside(session);
    struct slice text = {0};
    if (file_exists(path) && !file_read(cli->arena, path, LINES_MAX, &text, &cli->diags))
        return false;
    if (!run_settle_strays(&session->run, made_of(cli->arena, text), &session->records,
                           &session->record_len, persist))
        return false;
    if (persist && text.len > 0) /* the state names now what nobody has recorded */
        unlink(path);
    return true;
}
