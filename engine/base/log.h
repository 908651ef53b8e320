#pragma once
/* One event a line on stderr, as logfmt or JSON. Library layers log at debug only.
 *   log_event(LOG_DEBUG, "call", "address", address, "step", step, NULL);
 * Fields are name, value pairs of C strings, ended by NULL; a NULL value leaves the pair out.
 * Values of fields named like credentials (authorization, token, secret, external_id) are printed
 * as (redacted). */

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_setup(enum log_level level, bool json);
bool log_enabled(enum log_level level);
/* A line that is a document of its own, such as CloudWatch's embedded metrics, as it stands. */
void log_line(const char *text);
void log_event(enum log_level level, const char *msg, ...) __attribute__((sentinel));
