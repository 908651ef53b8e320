#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/notify.h"

/* A service manager, at a name that begins with NUL (shown as @) or at a path. */
static int manager_at(const char *shown)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(shown);
    memcpy(address.sun_path, shown, len);
    if (shown[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    setenv("NOTIFY_SOCKET", shown, 1);
    return fd;
}

static void hears(int fd, const char *expected)
{
    char text[64] = "";
    ssize_t len = recv(fd, text, sizeof(text) - 1, 0);
    if (!expected) {
        assert_int_equal(len, -1);
        return;
    }
    assert_int_equal(len, strlen(expected));
    assert_string_equal(text, expected);
}

static void a_manager_at_a_path_hears(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof(path), "/tmp/holdfast-notify-%d", (int)getpid());
    int fd = manager_at(path);
    notify_send("READY=1");
    hears(fd, "READY=1");
    close(fd);
    unlink(path);
    notify_send("STOPPING=1"); /* nobody is there any more: no fault */
}

static void a_manager_at_a_name_hears(void **state)
{
    (void)state;
    char name[64];
    snprintf(name, sizeof(name), "@holdfast-notify-%d", (int)getpid());
    int fd = manager_at(name);
    assert_true(notify_watchdog());
    hears(fd, "WATCHDOG=1");
    close(fd);
}

static void a_manager_that_does_not_listen_misses_beats(void **state)
{
    (void)state;
    char name[64];
    size_t beats = 0;
    snprintf(name, sizeof(name), "@holdfast-notify-%d", (int)getpid());
    int fd = manager_at(name);
    while (beats < 1000000 && notify_watchdog())
        beats++;
    assert_true(beats > 0 && beats < 1000000); /* it has heard as many as it can keep */
    hears(fd, "WATCHDOG=1");
    assert_true(notify_watchdog());
    assert_false(notify_watchdog());
    close(fd);
    assert_false(notify_watchdog()); /* nobody is there */
}

static void without_a_manager_nothing_is_said(void **state)
{
    (void)state;
    char name[64];
    snprintf(name, sizeof(name), "@holdfast-notify-%d", (int)getpid());
    int fd = manager_at(name);
    unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
    hears(fd, NULL);
    close(fd);
}

static void the_watchdog_is_fed_twice_in_its_time(void **state)
{
    (void)state;
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    assert_int_equal(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1); /* somebody else's */
    assert_int_equal(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_PID", pid, 1);
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_int_equal(notify_watchdog_ms(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manager_at_a_path_hears),
        cmocka_unit_test(a_manager_at_a_name_hears),
        cmocka_unit_test(a_manager_that_does_not_listen_misses_beats),
        cmocka_unit_test(without_a_manager_nothing_is_said),
        cmocka_unit_test(the_watchdog_is_fed_twice_in_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
