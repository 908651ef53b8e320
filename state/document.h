#pragma once
/* The whole state as one JSON document, and back: what `state pull` prints, `state push` takes, and
 * whoever keeps a state elsewhere than in a file.
 *
 *     {"format_version": "1.0", "format": 2, "lineage", "serial", "topology", "world",
 *      "resources": [...], "runs": [...], "journal": [...], "history": [...], "facts": [...]}
 *
 * One member for each table of the file, one item for each row, a member for each column that is
 * not NULL; a column of JSON text is JSON. Nothing of the file is left out, closed intents and the
 * generations in the history included. The same state gives the same bytes. */

#include "engine/base/strbuf.h"
#include "state/state.h"

#define STATE_DOCUMENT_MAX ((size_t)4 << 30)

/* What a document says of itself. */
struct state_head {
    int64_t format; /* of the file that it was made from */
    const char *lineage;
    int64_t serial;
    const char *topology, *world;
};

/* As of one moment, also while another process writes; appended row by row, so that memory follows
 * the document. Not inside a batch. A state whose file is missing is E_STATE_OPEN; one that does
 * not fit into the buffer is E_STATE_WRITE. */
MUST_CHECK bool state_export(struct state *state, struct strbuf *sb, struct diags *diags);

/* `name` is how messages call the document. E_STATE_NEWER for a format that this program does not
 * know, E_STATE_DOCUMENT for all that is no whole document. */
MUST_CHECK bool state_document_head(struct arena *arena, const char *name, struct slice document,
                                    struct state_head *ret, struct diags *diags);
/* Everything that the state's file holds is replaced by what the document says, in one transaction:
 * afterwards the state is that of the document, lineage and serial included. Whether that may be is
 * the caller's question; a document of another topology or world is E_STATE_FOREIGN. Not inside a
 * batch or a run. On failure nothing has changed. */
MUST_CHECK bool state_import(struct state *state, const char *name, struct slice document,
                             struct diags *diags);

/* What only the caller can know of a document: whether an object of this type can be, at this
 * address. False: it has added a diagnostic. */
typedef bool push_check_fn(void *ctx, const char *address, const char *type, struct diags *diags);
struct push_options {
    bool force;           /* another lineage and an older serial are no reason to refuse */
    int64_t now_ms;       /* of what push itself adds to the history */
    push_check_fn *check; /* asked of each row and each open intent; or NULL */
    void *ctx;
};
/* As state_import(), where it loses nothing (else E_STATE_PUSH): the same lineage, a higher serial,
 * and every intent that is open here in its journal, open or closed. A state that has recorded
 * nothing takes any document.
 *
 * The serial rises above both, so that whoever has seen either notices, and no generation of an
 * address falls, so that no token is used for two lives. An open intent is never lost: nobody would
 * look for what it made. What the push changes is a run of its own in the history, so that it can
 * be undone.
 *
 * What is replaced is kept in a file beside the state, mode 0600; *ret_backup is its path, NULL
 * when there was nothing. */
MUST_CHECK bool state_push(struct state *state, struct arena *arena, const char *name,
                           struct slice document, const struct push_options *options,
                           const char **ret_backup, struct diags *diags);
