/* `bootstrap` of the function's package: statically linked, so that it starts on any Linux of its
 * architecture, and nothing but a hand-over to the loader and libraries that the package brings. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_MAX_LEN 4096

int main(int argc, char **argv)
{
    (void)argc;
    char dir[PATH_MAX_LEN], loader[PATH_MAX_LEN + 32], lib[PATH_MAX_LEN + 32];
    char relay[PATH_MAX_LEN + 32], roots[PATH_MAX_LEN + 64];
    const char *task_root = getenv("LAMBDA_TASK_ROOT");
    const char *slash = strrchr(argv[0], '/');
    size_t len = slash ? (size_t)(slash - argv[0]) : 0;
    if (slash && len < sizeof(dir)) {
        memcpy(dir, argv[0], len);
        dir[len] = '\0';
    } else {
        snprintf(dir, sizeof(dir), "%s", task_root ? task_root : ".");
    }
    snprintf(loader, sizeof(loader), "%s/lib/" RELAY_LOADER, dir);
    snprintf(lib, sizeof(lib), "%s/lib", dir);
    snprintf(relay, sizeof(relay), "%s/lib/relay", dir);
    snprintf(roots, sizeof(roots), "%s/roots.pem", dir);
    if (!getenv("AWS_CA_BUNDLE"))
        setenv("AWS_CA_BUNDLE", roots, 1);
    char *arguments[] = {loader, "--library-path", lib, relay, NULL};
    execve(loader, arguments, environ);
    static const char message[] = "bootstrap: the loader of the package cannot be started\n";
    return write(STDERR_FILENO, message, sizeof(message) - 1) > 0 ? 127 : 126;
}
