#include "tests/fault/serve.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fault/faults.h"

#define LINE_MAX_LEN 65536
#define WORD_MAX 128
/* Far beyond any command, on a busy machine as well; a hung one must not hang the tests. */
#define SECONDS_MAX 1500
#define NO_CHILD 98
#define WARM '@'

static void redirect(const char *name, int fd)
{
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(NO_CHILD);
    close(file);
}

static size_t split(char *line, char **words)
{
    size_t len = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *word; (word = strsep(&line, "\t")) && len < WORD_MAX;)
        words[len++] = word;
    return len;
}

static _Noreturn void child(program_fn *program, char *line)
{
    char *words[WORD_MAX + 1] = {NULL};
    size_t len = split(line, words), i = 1;
    if (len == 0 || chdir(words[0]) != 0)
        _exit(NO_CHILD);
    for (; i < len && strcmp(words[i], "--") != 0; i++)
        putenv(words[i]);
    words[i] = "holdfast";
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    redirect("out", STDOUT_FILENO);
    redirect("err", STDERR_FILENO);
    alarm(SECONDS_MAX);
    faults_begin();
    exit(program((int)(len - i), words + i));
}

/* The patterns of schemas, symbols that are bound, ciphers: a third of what a short command costs.
 */
static int warm(program_fn *program, char *line)
{
    char *words[WORD_MAX + 1] = {NULL};
    size_t len = split(line, words);
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    if (len < 2 || chdir(words[0]) != 0 || out < 0 || err < 0)
        return NO_CHILD;
    words[0] = "holdfast";
    redirect("out", STDOUT_FILENO);
    redirect("err", STDERR_FILENO);
    int status = program((int)len, words);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    return status;
}

static int run(program_fn *program, char *line)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        child(program, line);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return NO_CHILD;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int serve(program_fn *program)
{
    static char line[LINE_MAX_LEN];
    while (fgets(line, sizeof(line), stdin)) {
        printf("%d\n", line[0] == WARM ? warm(program, line + 1) : run(program, line));
        fflush(stdout);
    }
    return 0;
}
