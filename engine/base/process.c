#include "engine/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/bug.h"
#include "engine/base/strbuf.h"

#define OUTPUT_MAX ((size_t)1024 * 1024) /* of one call; the rest waits in the pipe */

/* What a child is made of. Between fork() and execve() only system calls are allowed: other threads
 * (libcurl's resolver) may hold locks that nobody will open there. posix_spawn() would do, but has
 * no word for the end of the parent. */
struct birth {
    const char *const *argv, *const *envp;
    const char *dir; /* or NULL */
    int out;         /* its output */
    int report;      /* takes errno when there is no child after all; closed by execve() */
    bool apart;
    pid_t parent;
};
#define REPORT_FD 3

/* Nothing on its standard input, its outputs into the pipe, and none of our descriptors, whoever
 * opened them. */
static bool wire(const struct birth *birth)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
           dup2(birth->out, STDOUT_FILENO) >= 0 &&
           (birth->apart || dup2(birth->out, STDERR_FILENO) >= 0) &&
           (birth->report == REPORT_FD || dup3(birth->report, REPORT_FD, O_CLOEXEC) >= 0) &&
           close_range(REPORT_FD + 1, ~0U, 0) == 0;
}

/* A group of its own, and signals as a fresh program expects them. It ends with this process: a
 * function at once, a program that vends credentials in its own way. */
static bool detach(const struct birth *birth)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &usual, NULL); /* two of them cannot be set, and need not be */
    return setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, birth->apart ? SIGTERM : SIGKILL) == 0 &&
           getppid() == birth->parent && sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

static _Noreturn void be_child(const struct birth *birth)
{
    int report = birth->report;
    bool wired = wire(birth);
    if (wired)
        report = REPORT_FD;
    if (wired && detach(birth) && (!birth->dir || chdir(birth->dir) == 0))
        execve(birth->argv[0], (char *const *)birth->argv, /* which changes neither list */
               (char *const *)birth->envp);
    int why = errno;
    ssize_t told = write(report, &why, sizeof(why));
    (void)told;
    _exit(127);
}

/* Signals wait meanwhile, so that none is handled in the child by our handlers. */
static pid_t fork_quietly(const struct birth *birth)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        be_child(birth);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

/* 0, or the errno of what could not be done. */
static int spawn(const char *const *argv, const char *const *envp, const char *dir, int out,
                 bool apart, pid_t *ret_pid)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return errno;
    const struct birth birth = {argv, envp, dir, out, report[1], apart, getpid()};
    pid_t pid = fork_quietly(&birth);
    int why = pid < 0 ? errno : 0;
    close(report[1]);
    ssize_t got = 0;
    while (pid > 0 && (got = read(report[0], &why, sizeof(why))) < 0 && errno == EINTR) {
    }
    close(report[0]);
    if (got > 0)
        waitpid(pid, NULL, 0);
    *ret_pid = pid;
    return why;
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
