#pragma once
/* Child processes, for the simulator's Lambda (the real bootstrap) and the programs that vend
 * credentials. No shell. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"

struct process {
    int pid;    /* -1 when there is none */
    int err_fd; /* the child's output, non-blocking; -1 after process_kill() */
    int status; /* once it has ended */
};

/* argv and envp end with NULL; the environment is exactly envp. `dir` is the working folder or
 * NULL; argv[0] is a path, relative to it, and never looked for in PATH. The child gets its own
 * process group, none of our descriptors and an empty standard input, and does not outlive this
 * process, however that ends. False (with E_FILE_READ) when it cannot be started. */
MUST_CHECK bool process_spawn(const char *const *argv, const char *const *envp, const char *dir,
                              struct process *ret, struct diags *diags);
/* The same, but its standard error is ours, only its standard output is read, and it is asked to
 * end (SIGTERM) when this process ends before it. */
MUST_CHECK bool process_spawn_apart(const char *const *argv, const char *const *envp,
                                    const char *dir, struct process *ret, struct diags *diags);
/* True when it has ended; *ret_status is its exit status, or 128 + signal. Never blocks. What is
 * left of its group is killed then. */
bool process_ended(struct process *process, int *ret_status);
/* What it printed since the last call; empty when nothing. */
struct slice process_output(struct arena *arena, struct process *process);
/* SIGKILL to its group, reaped, and the pipe closed: every spawned process ends here. Idempotent.
 */
void process_kill(struct process *process);
