#include "relay/decide/failure.h"

#include <assert.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "engine/base/slice.h"

static const char *const names[] = {"transient", "ambiguous", "permanent"};
static_assert(sizeof(names) / sizeof(names[0]) == RELAY_PERMANENT + 1, "one name a failure");

struct row {
    const char *text;
    enum relay_failure failure;
};

/* Where AWS names the error of the service that it asked. */
static const struct row codes[] = {
    {"Throttling", RELAY_TRANSIENT},
    {"ThrottlingException", RELAY_TRANSIENT},
    {"TooManyRequestsException", RELAY_TRANSIENT},
    {"RequestLimitExceeded", RELAY_TRANSIENT},
    {"InternalError", RELAY_TRANSIENT},
    {"InternalFailure", RELAY_TRANSIENT},
    {"InternalServerError", RELAY_TRANSIENT},
    {"ServiceUnavailable", RELAY_TRANSIENT},
    {"ServiceUnavailableException", RELAY_TRANSIENT},
    {"ExpiredToken", RELAY_AMBIGUOUS},
    {"KMSKeyNotAccessibleFault", RELAY_AMBIGUOUS},
    {"AccessDenied", RELAY_PERMANENT},
    {"AccessDeniedException", RELAY_PERMANENT},
    {"UnauthorizedOperation", RELAY_PERMANENT},
    {"DBSnapshotNotFound", RELAY_PERMANENT},
    {"ResourceNotFoundException", RELAY_PERMANENT},
    {"InvalidParameterValueException", RELAY_PERMANENT},
};

/* The first row whose words stand in the text counts, whatever the case of the letters: what tells
 * more stands before what tells less, and what lasts before what passes. All hold a space, so that
 * none is met in the names and ARNs that stand in such texts as well. */
static const struct row phrases[] = {
    {"managed key", RELAY_PERMANENT}, /* of AWS, which no policy opens */
    {"kms key", RELAY_AMBIGUOUS},
    {"key id is not accessible", RELAY_AMBIGUOUS},
    {"be assumed", RELAY_AMBIGUOUS},
    {"to assume", RELAY_AMBIGUOUS},
    {"access denied", RELAY_PERMANENT},
    {"not authorized", RELAY_PERMANENT},
    {"not have permission", RELAY_PERMANENT},
    {"is not enabled for", RELAY_PERMANENT}, /* the organization's switch, a type's opt-in */
    {"of the same organization", RELAY_PERMANENT},
    {"management account", RELAY_PERMANENT},
    {"not within the range", RELAY_PERMANENT},
    {"can't be shared", RELAY_PERMANENT},
    {"not supported", RELAY_PERMANENT},
    {"not available for copy", RELAY_PERMANENT},
    {"user tags", RELAY_PERMANENT}, /* there are too many */
    {"not found", RELAY_PERMANENT},
    {"not exist", RELAY_PERMANENT},
    {"too many copy jobs", RELAY_TRANSIENT},
    {"rate exceeded", RELAY_TRANSIENT},
    {"internal error", RELAY_TRANSIENT},
    {"fatal error", RELAY_TRANSIENT},
    {"service unavailable", RELAY_TRANSIENT},
    {"timed out", RELAY_TRANSIENT},
};

/* "Code: words", or "words (Service: ...; Error Code: Code; ...)". */
static struct slice code_in(const char *text)
{
    static const char label[] = "Error Code: ";
    const char *labelled = strstr(text, label);
    const char *begin = labelled ? labelled + strlen(label) : text;
    size_t len = strcspn(begin, " :;,)");
    bool ended = labelled || begin[len] == ':';
    return (struct slice){begin, ended ? len : 0};
}

enum relay_failure relay_failure_of(const char *text)
{
    struct slice code = code_in(text ? text : "");
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (slice_is(code, codes[i].text))
            return codes[i].failure;
    for (size_t i = 0; text && i < ARRAY_LEN(phrases); i++)
        if (strcasestr(text, phrases[i].text))
            return phrases[i].failure;
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
