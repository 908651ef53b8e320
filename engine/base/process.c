#include "engine/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/bug.h"
#include "engine/base/strbuf.h"

#define OUTPUT_MAX ((size_t)1024 * 1024) /* of one call; the rest waits in the pipe */

/* Wires the child: nothing on its standard input, its outputs into the pipe, and none of our
 * descriptors, whoever opened them. */
static int wire(posix_spawn_file_actions_t *actions, int out, const char *dir, bool apart)
{
    int rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
    if (rc == 0 && !apart)
        rc = posix_spawn_file_actions_adddup2(actions, out, STDERR_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    if (rc == 0 && dir)
        rc = posix_spawn_file_actions_addchdir_np(actions, dir);
    return rc;
}

/* A group of its own, and signals as a fresh program expects them. */
static int detach(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int rc = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                      POSIX_SPAWN_SETSIGDEF);
    if (rc == 0)
        rc = posix_spawnattr_setpgroup(attributes, 0);
    if (rc == 0)
        rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(attributes, &all);
    return rc;
}

static int spawn(const char *const *argv, const char *const *envp, const char *dir, int out,
                 bool apart, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    BUG_ON(posix_spawn_file_actions_init(&actions) != 0 || posix_spawnattr_init(&attributes) != 0);
    int rc = wire(&actions, out, dir, apart);
    if (rc == 0)
        rc = detach(&attributes);
    if (rc == 0) /* the casts: POSIX declares both lists without const and changes neither */
        rc = posix_spawn(ret_pid, argv[0], &actions, &attributes, (char *const *)argv,
                         (char *const *)envp);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return rc;
}

static bool start(const char *const *argv, const char *const *envp, const char *dir, bool apart,
                  struct process *ret, struct diags *diags)
{
    int ends[2] = {-1, -1};
    pid_t pid = -1;
    int rc = pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
    if (rc == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        rc = errno;
    if (rc == 0)
        rc = spawn(argv, envp, dir, ends[1], apart, &pid);
    if (ends[1] >= 0)
        close(ends[1]);
    if (rc != 0) {
        if (ends[0] >= 0)
            close(ends[0]);
        diag_error(diags, E_FILE_READ, NO_POS, NULL, "%s: cannot be run: %s", argv[0],
                   strerror(rc));
        return false;
    }
    *ret = (struct process){.pid = pid, .err_fd = ends[0], .status = -1};
    return true;
}

bool process_spawn(const char *const *argv, const char *const *envp, const char *dir,
                   struct process *ret, struct diags *diags)
{
    return start(argv, envp, dir, /* apart= */ false, ret, diags);
}

bool process_spawn_apart(const char *const *argv, const char *const *envp, const char *dir,
                         struct process *ret, struct diags *diags)
{
    return start(argv, envp, dir, /* apart= */ true, ret, diags);
}

/* Whoever is left of the group goes with its leader: once that is reaped, its number may be
 * somebody else's. */
static void reap(struct process *process)
{
    int status = 0;
    kill(-process->pid, SIGKILL);
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR) {
    }
    process->pid = -1;
    process->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool process_ended(struct process *process, int *ret_status)
{
    if (process->pid > 0) {
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid == 0)
            return false;
        reap(process);
    }
    *ret_status = process->status;
    return true;
}

struct slice process_output(struct arena *arena, struct process *process)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, OUTPUT_MAX);
    char block[4096];
    while (process->err_fd >= 0 && sb.len + sizeof(block) <= OUTPUT_MAX) {
        ssize_t got = read(process->err_fd, block, sizeof(block));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        strbuf_add_n(&sb, block, (size_t)got);
    }
    return (struct slice){strbuf_str(&sb), sb.len};
}

void process_kill(struct process *process)
{
    if (process->pid > 0)
        reap(process);
    if (process->err_fd >= 0)
        close(process->err_fd);
    process->err_fd = -1;
}
