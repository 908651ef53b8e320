#include "engine/base/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/env.h"
#include "engine/base/slice.h"

static bool tell(const char *state, int flags)
{
    const char *path = env_get("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    if (len == 0 || len >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
        return false;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0'; /* a name, not a file */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    /* A manager that does not listen must not hold the daemon up. */
    const struct timeval patience = {.tv_sec = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL | flags,
                          (const struct sockaddr *)&address, size);
    close(fd);
    return sent >= 0;
}

void notify_send(const char *state)
{
    (void)tell(state, 0);
}

bool notify_watchdog(void)
{
    return tell("WATCHDOG=1", MSG_DONTWAIT);
}

int64_t notify_watchdog_ms(void)
{
    const char *granted = env_get("WATCHDOG_USEC"), *whose = env_get("WATCHDOG_PID");
    long long us = 0, pid = 0;
    if (!granted || !parse_int64(slice_of(granted), &us) || us <= 0)
        return 0;
    if (whose && (!parse_int64(slice_of(whose), &pid) || pid != getpid()))
        return 0;
    return us < 4000 ? 1 : us / 2000;
}
