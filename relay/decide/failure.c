#include "relay/decide/failure.h"

#include <assert.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"

static const char *const names[] = {"transient", "ambiguous", "permanent"};
static_assert(sizeof(names) / sizeof(names[0]) == RELAY_PERMANENT + 1, "one name a failure");

/* The first row whose words stand in the text counts, whatever the case of the letters. */
static const struct row {
    const char *words;
    enum relay_failure failure;
} rows[] = {
    {"too many", RELAY_TRANSIENT},
    {"throttl", RELAY_TRANSIENT},
    {"rate exceeded", RELAY_TRANSIENT},
    {"toomanyrequests", RELAY_TRANSIENT},
    {"limitexceeded", RELAY_TRANSIENT},
    {"serviceunavailable", RELAY_TRANSIENT},
    {"internal", RELAY_TRANSIENT},
    {"fatal", RELAY_TRANSIENT},
    {"no answer", RELAY_TRANSIENT},
    {"timed out", RELAY_TRANSIENT},
    {"kms key", RELAY_AMBIGUOUS},
    {"assume", RELAY_AMBIGUOUS},
    {"expiredtoken", RELAY_AMBIGUOUS},
    {"access denied", RELAY_PERMANENT},
    {"accessdenied", RELAY_PERMANENT},
    {"unauthorized", RELAY_PERMANENT},
    {"is not enabled for", RELAY_PERMANENT}, /* the organization's switch, a type's opt-in */
    {"not within the range", RELAY_PERMANENT},
    {"managed key", RELAY_PERMANENT},
    {"can't be shared", RELAY_PERMANENT},
    {"not supported", RELAY_PERMANENT},
    {"unsupported", RELAY_PERMANENT},
    {"not found", RELAY_PERMANENT},
    {"notfound", RELAY_PERMANENT},
    {"not available for copy", RELAY_PERMANENT},
    {"invalidparametervalue", RELAY_PERMANENT},
};

enum relay_failure relay_failure_of(const char *text)
{
    for (size_t i = 0; text && i < ARRAY_LEN(rows); i++)
        if (strcasestr(text, rows[i].words))
            return rows[i].failure;
    return RELAY_AMBIGUOUS;
}

const char *relay_failure_name(enum relay_failure failure)
{
    return names[failure];
}

int64_t relay_failure_pause_ms(enum relay_failure failure, int64_t attempt)
{
    if (failure == RELAY_TRANSIENT)
        return 0;
    int64_t pause = failure == RELAY_PERMANENT ? DAY_MS : HOUR_MS;
    for (int64_t i = 1; i < attempt && pause < DAY_MS; i++)
        pause *= 2;
    return pause < DAY_MS ? pause : DAY_MS;
}
