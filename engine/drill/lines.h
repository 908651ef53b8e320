#pragma once
/* The timeline of a drill: what the world noted and what the relays' functions logged, in order. */

#include "engine/drill/count.h"
#include "engine/drill/names.h"

/* Returns the number of alarms among them. */
size_t drill_lines(const struct drill_names *names, const struct drill_facts *facts,
                   const struct drill_line **ret, size_t *ret_len);
/* The log line as JSON, or NULL when it is not. */
const struct value *drill_log_message(struct arena *arena, const struct value *log);
/* The address of the relay whose function logs there, or NULL. */
const char *drill_relay_of_log(const struct drill_names *names, const struct value *log);
