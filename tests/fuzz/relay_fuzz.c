/* {"config": C, "event": E, "point": {"arn", "vault_arn", "resource_arn", "status", "tags"},
 *  "jobs": [{"destination_vault_arn", "state"}]}: the relay's settings, an event and a decision.
 * A copy may only go to a destination that the settings name, and the same input gives the same
 * token. */

#include <stdint.h>
#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "relay/decide/decide.h"
#include "relay/decide/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct relay_config *config, const struct relay_decision *decision)
{
    bool listed = false;
    for (size_t i = 0; i < config->destination_len; i++)
        listed = listed || decision->destination == &config->destinations[i];
    BUG_ON(decision->destination && !listed);
    BUG_ON(decision->verdict == RELAY_START && !decision->destination);
    BUG_ON(decision->verdict != RELAY_START && !decision->reason);
    BUG_ON(!relay_verdict_name(decision->verdict));
}

static void decide(struct arena *arena, const struct relay_config *config, const struct value *v)
{
    const struct value *p = value_get(v, "point"), *jobs = value_get(v, "jobs");
    struct relay_point point = {.arn = value_get_str(p, "arn"),
                                .vault_arn = value_get_str(p, "vault_arn"),
                                .resource_arn = value_get_str(p, "resource_arn"),
                                .status = value_get_str(p, "status"),
                                .tags = value_get(p, "tags"),
                                .creation_ms = value_get_int(p, "creation_ms", 0) % DAY_MS};
    if (!point.arn || !point.vault_arn || !value_is(point.tags, VALUE_MAP))
        return;
    size_t len = value_is(jobs, VALUE_LIST) ? value_len(jobs) : 0;
    struct relay_job *items = arena_array(arena, len + 1, sizeof(*items));
    for (size_t i = 0; i < len; i++) {
        const struct value *job = value_item(jobs, i);
        items[i] =
            (struct relay_job){.destination_vault_arn = value_get_str(job, "destination_vault_arn"),
                               .state = value_get_str(job, "state"),
                               .message = value_get_str(job, "message"),
                               .at_ms = value_get_int(job, "at_ms", 0) % DAY_MS};
        if (!items[i].destination_vault_arn || !items[i].state)
            return;
    }
    struct relay_decision decision = {0}, again = {0};
    relay_decide(arena, config, &point, DAY_MS, items, len, &decision);
    check(config, &decision);
    BUG_ON(decision.verdict == RELAY_START && (!decision.token || !*decision.token));
    relay_decide(arena, config, &point, DAY_MS, items, len, &again);
    BUG_ON(decision.token && strcmp(decision.token, again.token) != 0);
    relay_route(arena, config, &point, &again);
    check(config, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct value *v = NULL;
    const char *why = NULL;
    if (!json_parse(arena, (struct slice){(const char *)data, size}, &v, &why))
        return 0;
    struct relay_config config = {0};
    if (!relay_config_parse(arena, value_get(v, "config"), &config, &why)) {
        BUG_ON(!why);
        return 0;
    }
    struct relay_event event = {0};
    relay_event_read(&config, value_get(v, "event"), &event);
    BUG_ON((event.kind == RELAY_EVENT_ARRIVED) != (event.point_arn != NULL));
    BUG_ON(event.kind == RELAY_EVENT_INVALID && !event.why);
    decide(arena, &config, v);
    return 0;
}
