#pragma once
/* Tells the service manager how a daemon does: the datagrams of sd_notify(3), to the socket that it
 * named in NOTIFY_SOCKET. Started by anybody else, nothing is said. */

#include <stdbool.h>
#include <stdint.h>

/* "READY=1", "STOPPING=1", "STATUS=..."; several stand on a line each. Best effort: a manager that
 * does not listen is waited for, though not for long. */
void notify_send(const char *state);
/* "WATCHDOG=1". False when nobody hears it at the moment: it is said so often that nobody is waited
 * for. */
bool notify_watchdog(void);
/* How often WATCHDOG=1 has to be said, half of the time that the manager grants; 0: nobody waits
 * for it. */
int64_t notify_watchdog_ms(void);
