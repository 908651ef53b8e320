#pragma once
/* What an error code means (faults.inc), and which refusals go away by waiting (eventual.inc). */

#include "providers/aws/aws.h"

/* The table's answer for the service and code, else one by the HTTP status. */
enum fault fault_of(const char *service, const char *code, int status);

/* How long this refusal of this operation may be waited out, in ms; 0: it is final. */
int64_t eventual_wait_ms(const struct aws_operation *operation, const char *code,
                         const char *message);
