/* Any text as a schedule, in several time zones: it fires later and later, and its canonical form
 * fires at the same instants. */

#include <stdint.h>
#include <string.h>

#include "engine/aws/cron.h"
#include "engine/base/bug.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIRES 3
#define START_MS INT64_C(1767225600000) /* 2026-01-01 */

static const struct timezone *zone(size_t i)
{
    static const char *const names[] = {"", "America/New_York", "Asia/Kolkata",
                                        "Australia/Lord_Howe"};
    static struct timezone *zones[ARRAY_LEN(names)];
    static struct arena *arena;
    if (!arena) {
        arena = arena_new();
        for (size_t k = 0; k < ARRAY_LEN(names); k++)
            if (!timezone_load(arena, names[k], &zones[k]))
                zones[k] = NULL; /* a machine without the database: UTC */
    }
    return zones[i % ARRAY_LEN(names)];
}

static void fire(const struct cron *a, const struct cron *b, const struct timezone *tz)
{
    int64_t now = START_MS;
    for (int i = 0; i < FIRES; i++) {
        int64_t next = 0, other = 0;
        bool fires = cron_next(a, tz, now, &next);
        BUG_ON(fires != cron_next(b, tz, now, &other));
        if (!fires)
            return;
        BUG_ON(next <= now);
        BUG_ON(next != other);
        now = next;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *text = arena_strndup(arena, (const char *)data, size);
    struct cron cron = {0}, again = {0};
    const char *why = NULL;
    const char *canonical = cron_canonical(arena, text);
    BUG_ON(strcmp(canonical, cron_canonical(arena, canonical)) != 0);
    if (!cron_parse(arena, text, &cron, &why)) {
        BUG_ON(!why);
        return 0;
    }
    BUG_ON(!cron_parse(arena, canonical, &again, &why));
    BUG_ON(!*cron_describe(arena, &cron, "Asia/Kolkata"));
    fire(&cron, &again, zone(size));
    return 0;
}
