#pragma once
/* The place of a shared state, as the topology names it. */

#include "engine/cli/session.h"

/* Opens session->shared, of a topology with `state`, which is an error to be without: E_USAGE. */
MUST_CHECK bool sharing_open(struct session *session);
/* A signal cuts what S3 does not answer: at once, until something was sent that changes something,
 * which begins with the lock; from then on after so many times the grace. */
MUST_CHECK bool sharing_heed_signals(struct session *session, int graces);
/* Keeps the lock of the open state while the session's loop turns and while a person is asked;
 * where it is lost, the loop sends no change any more. */
void sharing_keep(struct session *session);
/* Called while the bucket is waited for, as by loop_every(); of a state in a file, never. */
void sharing_every(struct session *session, int64_t ms, loop_timer_fn *fn, void *ctx);
void sharing_close(struct session *session);
