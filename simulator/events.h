#pragma once
/* What other services ask EventBridge, and what events.c and delivery.c share. */

#include "simulator/service.h"

/* Puts an event of AWS's own on the default bus of the account and Region: it gets id, time and
 * version, and is matched and delivered by tasks at the same instant. resources: list or NULL.
 * Settings that make emission worse: event_delay_ms, event_copies (2: each twice), event_drop_every
 * (n: every n-th is lost). */
void event_emit(struct world *world, struct arena *arena, const char *account, const char *region,
                const char *source, const char *detail_type, const struct value *resources,
                const struct value *detail);

#define EVENTS_RULE "events.rule" /* id "BUS/NAME"; Targets: {Id: target} */
#define EVENTS_BUS "events.bus"   /* id: name; the default bus only when it has a policy or tags */

/* Puts a whole event on a bus, to be matched now. hops: how many buses it came over. */
void event_put(struct world *world, struct arena *arena, const char *account, const char *region,
               const char *bus, const struct value *event, int64_t hops);
const char *event_bus_arn(struct arena *arena, const char *account, const char *region,
                          const char *bus);
/* The policy of a bus, or NULL. */
const struct value *event_bus_policy(struct world *world, struct arena *arena, const char *account,
                                     const char *region, const char *bus);
/* (Re)starts the clock of a rule with a schedule. */
void event_schedule(struct world *world, struct arena *arena, const char *account,
                    const char *region, const struct value *rule);

/* Tasks of delivery.c, listed in events.c. */
void events_match_task(struct world *world, struct arena *arena, const struct value *payload);
void events_deliver_task(struct world *world, struct arena *arena, const struct value *payload);
void events_schedule_task(struct world *world, struct arena *arena, const struct value *payload);
