#include "engine/cli/signals.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "engine/base/cleanup.h"

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
    if (caught)
        _exit(128 + number);
    caught = number;
}

const volatile sig_atomic_t *signals_catch(void)
{
    static bool catching;
    for (size_t i = 0; !catching && i < ARRAY_LEN(numbers); i++) {
        struct sigaction action = {.sa_handler = catch_signal}, before;
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL); /* no SA_RESTART: a wait ends with the signal */
    }
    catching = true;
    return &caught;
}

int signals_caught(void)
{
    return (int)caught;
}

bool signals_await_input(int fd, void (*meanwhile)(void *ctx), void *ctx)
{
    sigset_t ours, before;
    sigemptyset(&ours);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        sigaddset(&ours, numbers[i]);
    sigprocmask(SIG_BLOCK, &ours, &before); /* one that comes now ends the wait, not before it */
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    const struct timespec second = {.tv_sec = 1};
    bool waits = true;
    while (waits && !caught) {
        int ready = ppoll(&wanted, 1, meanwhile ? &second : NULL, &before);
        if (ready == 0)
            meanwhile(ctx);
        waits = ready == 0 || (ready < 0 && errno == EINTR); /* what cannot be waited for is read */
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !caught;
}
