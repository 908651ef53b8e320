#pragma once
/* Errors as AWS words them, in the protocol of the request that they answer. */

#include "providers/transport.h"

/* The table's own spelling of an error code that may be answered (answers.inc); NULL: not one. */
const char *answers_code(const char *code);
/* The answer to this request; static, until the next call. */
const struct http_response *answers_make(const char *code, const struct http_request *request);
