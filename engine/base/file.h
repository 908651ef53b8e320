#pragma once
/* Files. Whole-file reads and atomic writes; nothing here follows user-controlled links when
 * writing. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"

#define FILE_READ_MAX ((size_t)256 * 1024 * 1024)

/* Reads a file of at most `max` bytes; "-" reads standard input. On failure adds E_FILE_READ. */
MUST_CHECK bool file_read(struct arena *arena, const char *path, size_t max, struct slice *ret,
                          struct diags *diags);
/* Writes next to the path, syncs, renames and syncs the folder; mode as given (0600 for state).
 * On failure adds E_OUTPUT; before the rename nothing has changed. A device, a pipe or a
 * database that is there is refused, a link replaced. */
MUST_CHECK bool file_write_atomic(const char *path, struct slice data, unsigned mode,
                                  struct diags *diags);
/* The same for a file that stands already: syncs it, renames it, syncs the folder. E_OUTPUT. */
MUST_CHECK bool file_publish(const char *temporary, const char *path, struct diags *diags);
/* Adds to the end of a file, which is made (mode 0600) when absent; never through a link at its
 * place. E_OUTPUT. */
MUST_CHECK bool file_append(const char *path, struct slice data, struct diags *diags);
/* Whether a write may come to this path: nothing stands there, or a file. E_OUTPUT for a folder, a
 * device, a pipe. */
MUST_CHECK bool file_may_be_replaced(const char *path, struct diags *diags);
/* False sets errno where nothing can be seen there. */
bool file_exists(const char *path);
bool dir_exists(const char *path);
MUST_CHECK bool dir_make(const char *path, unsigned mode,
                         struct diags *diags); /* with parents; E_OUTPUT */
/* Names in a folder in byte order, without "." and ".."; with `recursive` paths relative to it,
 * files only. Symbolic links are listed as themselves, never followed. */
MUST_CHECK bool dir_list(struct arena *arena, const char *path, bool recursive, const char ***ret,
                         size_t *ret_len, struct diags *diags);
bool file_is_link(const char *path);
bool file_is_executable(const char *path);
const char *path_dir(struct arena *arena, const char *path); /* "." when there is none */
const char *path_join(struct arena *arena, const char *dir, const char *name);
const char *path_self_dir(struct arena *arena); /* the folder of the running program */
const char *path_temp_dir(struct arena *arena); /* a new private folder, NULL when none can be made;
                                                   the caller removes it */
void dir_remove(const char *path);              /* recursively; best effort */

/* An exclusive flock on a file that is created when absent. The lock dies with the process. */
struct file_lock {
    int fd;
};
enum lock_result { LOCK_TAKEN, LOCK_HELD, LOCK_FAILED };
enum lock_result file_lock_take(const char *path, struct file_lock *ret);
void file_lock_release(struct file_lock *lock);
