#include "providers/aws/base.h"

#include "engine/base/clock.h"
#include "engine/base/log.h"

#define SEARCH_AGAIN_MS (MINUTE_MS / 2)

struct base_waiter {
    const struct credentials *used;
    search_done_fn *fn;
    void *ctx;
    struct base_waiter *next;
};

static bool is_valid(const struct aws *aws, const struct credentials *c)
{
    return c && (c->expires_ms == 0 || c->expires_ms > aws_now_ms(aws));
}

static bool is_fresh(const struct aws *aws)
{
    const struct base *base = &aws->base;
    return base->credentials &&
           (base->credentials->renew_ms == 0 || base->credentials->renew_ms > aws_now_ms(aws) ||
            (is_valid(aws, base->credentials) &&
             loop_now_ms(aws->loop) < base->search_not_before_ms));
}

static bool serves(const struct aws *aws, const struct credentials *used)
{
    return is_valid(aws, aws->base.credentials) &&
           (!used || !credentials_equal(aws->base.credentials, used));
}

static void searched(void *ctx, const struct credentials *credentials)
{
    struct aws *aws = ctx;
    struct base *base = &aws->base;
    if (credentials) {
        base->credentials = credentials;
    } else {
        base->search_not_before_ms = loop_now_ms(aws->loop) + SEARCH_AGAIN_MS;
        log_event(LOG_DEBUG, "no credentials were found", "why", base_why(aws), NULL);
    }
    struct base_waiter *waiting = base->waiters;
    base->waiters = NULL;
    base->searching = false;
    for (; waiting; waiting = waiting->next)
        waiting->fn(waiting->ctx, serves(aws, waiting->used) ? base->credentials : NULL);
}

void base_use(struct aws *aws, const struct credentials *used, search_done_fn *fn, void *ctx)
{
    struct base *base = &aws->base;
    if (is_fresh(aws) && serves(aws, used)) {
        fn(ctx, base->credentials);
        return;
    }
    struct base_waiter *waiter = arena_new_of(aws->arena, struct base_waiter);
    *waiter = (struct base_waiter){used, fn, ctx, base->waiters};
    base->waiters = waiter;
    if (base->searching)
        return;
    base->searching = true;
    diags_init(&base->diags, aws->arena);
    search_start(aws, &base->diags, searched, aws);
}

const char *base_why(const struct aws *aws)
{
    return aws->base.diags.len > 0 ? aws->base.diags.items[0].message : NULL;
}

static void keep(void *ctx, const struct credentials *credentials)
{
    const struct credentials **found = ctx;
    *found = credentials;
}

bool base_find(struct aws *aws, struct diags *diags)
{
    const struct credentials *found = NULL;
    base_use(aws, NULL, keep, &found);
    while (aws->base.searching && loop_turn(aws->loop)) {
    }
    if (found)
        return true;
    if (aws->base.diags.len == 0)
        diag_error(diags, E_NO_CREDENTIALS, NO_POS, NULL, "the search for them was stopped");
    for (size_t i = 0; i < aws->base.diags.len; i++) {
        const struct diag *d = &aws->base.diags.items[i];
        struct diag *copy = diag_error(diags, d->code, d->pos, d->address, "%s", d->message);
        if (d->hint)
            diag_hint(diags, copy, "%s", d->hint);
    }
    return false;
}
