#pragma once
/* What was sent, for those who judge it (tests/models). In a build with -DHOLDFAST_RECORDER=ON each
 * request that a loop hands to its transport is added to a file of this process in the folder that
 * HOLDFAST_RECORD names, as one line of JSON; a body of more than RECORDER_INLINE_MAX lies beside
 * it, in a file named by its hash. Otherwise nothing: no release can be told to record.
 *
 * No credential is written: of the headers only the values that are no secret by their name are
 * kept, and a token that stands in a form is replaced by as many x. */

#include <stdbool.h>

#include "providers/transport.h"

#define RECORDER_INLINE_MAX ((size_t)16 * 1024)

extern const bool recorder_built;

#ifdef HOLDFAST_RECORDER
void record_request(const struct http_request *request);
#define RECORD_REQUEST(request) record_request(request)
#else
#define RECORD_REQUEST(request) ((void)0)
#endif
