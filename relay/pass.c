#include "relay/pass.h"

#include "engine/base/log.h"
#include "relay/decide/event.h"
#include "relay/walk.h"

/* One line for a pass of the function, that nobody has to count decisions to know that it ran. */
static bool reconcile_and_tell(struct relay_pass *pass, const char **ret_why)
{
    bool ok = relay_reconcile(pass, ret_why);
    struct arena *arena = pass->arena;
    log_event(
        ok ? LOG_INFO : LOG_ERROR, "reconcile", "points", arena_printf(arena, "%zu", pass->points),
        "started", arena_printf(arena, "%zu", pass->started), "refused",
        arena_printf(arena, "%zu", pass->refused), "waiting",
        arena_printf(arena, "%zu", pass->waiting), "left", arena_printf(arena, "%zu", pass->left),
        "failed", arena_printf(arena, "%zu", pass->failed), "reason", ok ? NULL : *ret_why, NULL);
    return ok;
}

/* What is no reason to stop, but to look. */
static void notice(struct relay_pass *pass, const struct relay_event *ev)
{
    pass->worrying += ev->message != NULL;
    if (ev->message)
        log_event(LOG_WARN, "notice", "reason", ev->message, "point", ev->point_arn, "resource",
                  ev->resource_arn, "id", ev->id, NULL);
    if (ev->role_arn && !str_eq(ev->role_arn, pass->config->copy_role_arn))
        log_event(LOG_WARN, "notice", "reason",
                  "the first copy was made with another role than the relay copies with", "role",
                  ev->role_arn, "point", ev->point_arn, "id", ev->id, NULL);
}

bool relay_handle(struct relay_pass *pass, const struct value *event, const char **ret_why)
{
    struct relay_event ev;
    relay_reset(pass);
    relay_event_read(pass->config, event, &ev);
    switch (ev.kind) {
    case RELAY_EVENT_INVALID:
        log_event(LOG_ERROR, "event", "verdict", "invalid", "reason", ev.why, "id", ev.id, NULL);
        *ret_why = ev.why;
        return false;
    case RELAY_EVENT_OTHER:
        log_event(LOG_INFO, "event", "verdict", "leave", "reason", ev.why, "id", ev.id, NULL);
        return true;
    case RELAY_EVENT_FIRST_FAILED:
    case RELAY_EVENT_SECOND_FAILED:
        relay_tell_failed(pass, ev.kind == RELAY_EVENT_FIRST_FAILED ? "1" : "2", ev.state,
                          ev.message, ev.resource_arn, ev.id);
        return true;
    case RELAY_EVENT_SCHEDULED: return reconcile_and_tell(pass, ret_why);
    case RELAY_EVENT_ARRIVED: break;
    }
    notice(pass, &ev);
    struct walk walk = {.pass = pass,
                        .told_ms = ev.sent_ms,
                        .source_arn = ev.source_point_arn,
                        .source_region = relay_source_region(pass, ev.source_vault_arn),
                        .point = {.arn = ev.point_arn,
                                  .vault_arn = pass->config->source_vault_arn,
                                  .creation_ms = ev.creation_ms,
                                  .resource_arn = ev.resource_arn}};
    struct walkers walkers = {.pass = pass, .ready = &walk, .waiting = 1, .budget = INT64_MAX};
    walk.walkers = &walkers;
    return walkers_run(&walkers, ret_why);
}

bool relay_handle_fully(struct relay_pass *pass, const struct value *event, const char **ret_why)
{
    if (!relay_handle(pass, event, ret_why))
        return false;
    if (!pass->by_pass)
        return true;
    size_t noticed = pass->worrying;
    bool ok = reconcile_and_tell(pass, ret_why);
    pass->worrying += noticed;
    return ok;
}
