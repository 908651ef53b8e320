#include "providers/aws/faults.h"

#include <string.h>

static const struct {
    const char *service, *code;
    enum fault fault;
} faults[] = {
#define FAULT(service, code, fault) {service, code, fault},
#include "providers/aws/faults.inc"
#undef FAULT
};

static const struct {
    const struct aws_operation *operation;
    const char *code, *message;
    int64_t wait_ms;
} eventual[] = {
#define EVENTUAL(operation, code, message, wait_ms) {&(operation), code, message, wait_ms},
#include "providers/aws/eventual.inc"
#undef EVENTUAL
};

/* For codes that the table does not know. */
static enum fault fault_of_status(int status)
{
    if (status >= 200 && status < 300)
        return FAULT_NONE;
    if (status >= 500)
        return FAULT_TRANSIENT;
    switch (status) {
    case 403: return FAULT_DENIED;
    case 404: return FAULT_NOT_FOUND;
    case 409: return FAULT_CONFLICT;
    case 429: return FAULT_THROTTLED;
    default: return status >= 400 ? FAULT_INVALID : FAULT_UNKNOWN;
    }
}

enum fault fault_of(const char *service, const char *code, int status)
{
    if (status >= 200 && status < 300)
        return FAULT_NONE;
    if (!code)
        return status == 404 || status < 400 ? FAULT_UNKNOWN : fault_of_status(status);
    for (size_t i = ARRAY_LEN(faults); i-- > 0;) /* a service's own line stands after "*" */
        if ((faults[i].service[0] == '*' || str_eq(faults[i].service, service)) &&
            str_eq(faults[i].code, code))
            return faults[i].fault;
    return fault_of_status(status);
}

int64_t eventual_wait_ms(const struct aws_operation *operation, const char *code,
                         const char *message)
{
    for (size_t i = 0; code && i < ARRAY_LEN(eventual); i++)
        if (eventual[i].operation == operation && str_eq(eventual[i].code, code) &&
            strstr(message ? message : "", eventual[i].message))
            return eventual[i].wait_ms;
    return 0;
}
