/* Any bytes as a TZif file: offsets stay within what RFC 8536 allows, whichever way they are used.
 */

#include <stdint.h>

#include "engine/aws/timezone.h"
#include "engine/base/bug.h"
#include "engine/base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OFFSET_MAX INT64_C(93600)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t instants[] = {INT64_MIN / 4, -5000000000000, 0,
                                       1767225600000, 1785456000000,  4102444800000,
                                       7226582400000};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct timezone *tz = NULL;
    if (!timezone_parse(arena, "Fuzz/Zone", data, size, &tz))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(instants); i++) {
        int offset = timezone_offset_at(tz, instants[i]);
        BUG_ON(offset < -OFFSET_MAX || offset > OFFSET_MAX);
    }
    for (int year = 1970; year < 2200; year += 23)
        for (int month = 1; month <= 12; month++) {
            int64_t utc = timezone_to_utc(tz, year, month, 1 + month * 2, month * 2 - 1, 59);
            int64_t local = civil_to_ms(year, month, 1 + month * 2, month * 2 - 1, 59, 0);
            BUG_ON(local - utc < -OFFSET_MAX * 1000 || local - utc > OFFSET_MAX * 1000);
        }
    return 0;
}
