#pragma once
/* The formats of the file, and the way from one to the next. Nobody outside state/ includes this.
 *
 * Since format 3 each row carries a checksum over what it says, which SQLite itself does not: a
 * flipped bit in a text makes no page of the database wrong. Triggers of the file keep it, and
 * opening checks it, by the SQL function row_checksum() of engine/base/db. */

#include "state/internal.h"

#define STATE_APPLICATION_ID 0x48465354 /* "HFST" */

/* The format of the open file; 0: it holds nothing yet, being new, or left behind by a crash before
 * the first commit. A newer one is E_STATE_NEWER. */
MUST_CHECK bool formats_read(struct state *state, int64_t *ret, struct diags *diags);
/* Takes the open file from a format to the one of this program in one transaction; from 0 also
 * writes whose it is. An older file is copied first, to PATH.format-N beside it. */
MUST_CHECK bool formats_migrate(struct state *state, const struct state_options *options,
                                int64_t from, struct diags *diags);
/* The same in memory: state->db is a migrated copy from now on, and the file stays as it is. */
MUST_CHECK bool formats_migrate_copy(struct state *state, const struct state_options *options,
                                     int64_t from, struct diags *diags);
/* Tables, indexes and triggers are those that this program makes for the format of the open file,
 * to the letter; else E_STATE_CORRUPT. A table under another name could be read, and not be
 * written: that must be known before anything is sent. */
MUST_CHECK bool formats_check_tables(struct state *state, int64_t format, struct diags *diags);
/* The tables of the open file are known by their checksum to be so: that of most files. Of others,
 * as of one that another version of SQLite has written, a model has to be made, which takes longer
 * than all else at opening. */
bool formats_has_mark(struct state *state, int64_t format);
/* Every row says what was written; else E_STATE_CORRUPT. */
MUST_CHECK bool formats_check_rows(struct state *state, struct diags *diags);
