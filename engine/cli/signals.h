#pragma once
/* The signals that end a command early: SIGINT (130), SIGTERM (143) and SIGHUP (129), but those
 * that were ignored when the program began, as nohup and background jobs of scripts want it. The
 * first is noted, and the work ends in order; the second ends the process where it stands, which
 * the journal makes safe. */

#include <signal.h>
#include <stdbool.h>

/* From now on. The first one's number appears behind the pointer. Idempotent. */
const volatile sig_atomic_t *signals_catch(void);
int signals_caught(void); /* its number, or 0 */
/* Waits until there is something to read, or a signal was caught (false), however close before.
 * `meanwhile` (or NULL) runs every second. */
bool signals_await_input(int fd, void (*meanwhile)(void *ctx), void *ctx);
