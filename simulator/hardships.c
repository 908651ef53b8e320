/* How hard a world is on its callers, beside what the services do themselves: throttling, failures
 * before and after a call has run, answers that are cut off. All of it is counted, never random, so
 * that equal histories stay equal, and a call that was struck is answered when it is sent again. */
#include "simulator/internal.h"

#include "engine/base/crypto.h"
#include "engine/base/json.h"

struct words {
    const char *code;
    int status;
};

/* As each service says it; the first line is for those that are not listed. */
static const struct {
    const char *service;
    struct words throttled, broken, quota;
} services[] = {
    {"", {"ThrottlingException", 400}, {"InternalFailure", 500}, {NULL, 0}},
    {"backup",
     {"ThrottlingException", 400},
     {"ServiceUnavailableException", 500},
     {"LimitExceededException", 400}},
    {"kms",
     {"ThrottlingException", 400},
     {"KMSInternalException", 500},
     {"LimitExceededException", 400}},
    {"iam", {"Throttling", 400}, {"ServiceFailure", 500}, {"LimitExceeded", 409}},
    {"sts", {"Throttling", 400}, {"InternalFailure", 500}, {NULL, 0}},
    {"rds", {"Throttling", 400}, {"InternalFailure", 500}, {NULL, 0}},
    {"lambda", {"TooManyRequestsException", 429}, {"ServiceException", 500}, {NULL, 0}},
    {"events",
     {"ThrottlingException", 400},
     {"InternalException", 500},
     {"LimitExceededException", 400}},
    {"sqs", {"RequestThrottled", 403}, {"InternalFailure", 500}, {NULL, 0}},
    {"logs",
     {"ThrottlingException", 400},
     {"ServiceUnavailableException", 500},
     {"LimitExceededException", 400}},
    {"organizations", {"TooManyRequestsException", 400}, {"ServiceException", 500}, {NULL, 0}},
};

static size_t index_of(const char *service)
{
    for (size_t i = 1; i < ARRAY_LEN(services); i++)
        if (str_eq(services[i].service, service))
            return i;
    return 0;
}

struct rate {
    int64_t second, calls;
};

void hardships_load(struct world *world)
{
    struct hardships *h = &world->hardships;
    if (h->known)
        return;
    if (!h->struck.arena) {
        map_init(&h->struck, world->arena);
        map_init(&h->rates, world->arena);
    }
    h->read_delay_ms = setting_int(world, "read_delay_ms", 0);
    h->calls_a_second = setting_int(world, "calls_a_second", 0);
    h->throttle_every = setting_int(world, "throttle_every", 0);
    h->fail_every = setting_int(world, "fail_every", 0);
    h->quota_every = setting_int(world, "quota_every", 0);
    h->lose_every = setting_int(world, "lose_every", 0);
    h->cut_every = setting_int(world, "cut_every", 0);
    h->outage_region = setting_get(world, world->arena, "outage_region");
    h->known = true;
}

/* Calls that are the same but for their signature have the same mark. */
static const char *mark_of(const struct sim_call *call)
{
    const char *input = json_print(call->arena, call->input, JSON_SORTED);
    return arena_printf(call->arena, "%s/%s/%s/%s/%s", call->account, call->scope_region,
                        call->api->service, call->operation->name,
                        sha256_hex(call->arena, slice_of(input)));
}

static bool is_throttled(struct sim_call *call)
{
    struct world *world = call->world;
    struct hardships *h = &world->hardships;
    if (h->calls_a_second <= 0)
        return false;
    const char *name = arena_printf(call->arena, "%s/%s/%s", call->account, call->scope_region,
                                    call->api->service);
    struct rate *rate = map_get(&h->rates, name);
    if (!rate) {
        rate = arena_new_of(world->arena, struct rate);
        map_set(&h->rates, arena_strdup(world->arena, name), rate);
    }
    int64_t second = call->now / 1000;
    if (second != rate->second)
        *rate = (struct rate){.second = second};
    return ++rate->calls > h->calls_a_second;
}

/* Whether the turn is at this call; counted only for calls that it could be at. */
static bool strikes(int64_t every, int64_t *count)
{
    return every > 0 && ++*count % every == 0;
}

static void remember(struct sim_call *call)
{
    struct world *world = call->world;
    map_set(&world->hardships.struck, arena_strdup(world->arena, mark_of(call)), world);
}

/* True once for a call that was struck: this is the same call, sent again. */
static bool was_struck(struct sim_call *call)
{
    struct map *struck = &call->world->hardships.struck;
    if (!struck->len)
        return false;
    const char *mark = mark_of(call);
    if (!map_get(struck, mark))
        return false;
    map_set(struck, mark, NULL); /* the key is there: the map keeps its own */
    return true;
}

bool region_stands_still(struct world *world, const char *region)
{
    hardships_load(world);
    const char *stopped = world->hardships.outage_region;
    return region && stopped && *stopped && str_eq(stopped, region);
}

static bool throttle(struct sim_call *call, size_t i)
{
    return call_error(call, services[i].throttled.status, services[i].throttled.code,
                      "Rate exceeded");
}

bool hardships_let_through(struct sim_call *call)
{
    struct hardships *h = &call->world->hardships;
    size_t i = index_of(call->api->service);
    if (!call->api->global && region_stands_still(call->world, call->scope_region))
        return call_error(call, 503, "ServiceUnavailable", "Service Unavailable");
    hardships_load(call->world);
    if (is_throttled(call))
        return throttle(call, i);
    call->spared = was_struck(call);
    if (call->spared)
        return true;
    if (strikes(h->throttle_every, &h->throttled)) {
        remember(call);
        return throttle(call, i);
    }
    if (strikes(h->fail_every, &h->failed)) {
        remember(call);
        return call_error(call, services[i].broken.status, services[i].broken.code,
                          "The request processing has failed because of an unknown error.");
    }
    if (services[i].quota.code && call->operation->writes && strikes(h->quota_every, &h->refused)) {
        remember(call);
        return call_error(call, services[i].quota.status, services[i].quota.code,
                          "You have exceeded a limit of this service.");
    }
    return true;
}

void hardships_spoil(struct sim_call *call)
{
    struct hardships *h = &call->world->hardships;
    if (call->spared || !strikes(h->lose_every, &h->lost))
        return;
    remember(call);
    call->output = NULL;
    call->raw = (struct slice){0};
    call_fail(call, 500, services[index_of(call->api->service)].broken.code,
              "The request processing has failed because of an unknown error.");
}

void hardships_cut(struct sim_call *call, struct sim_response *answer)
{
    struct hardships *h = &call->world->hardships;
    struct slice *body = &answer->body;
    if (call->spared || call->error_code || body->len < 2 || !strikes(h->cut_every, &h->cut))
        return;
    remember(call);
    body->len /= 2;
    answer->broken_off = call->raw.ptr; /* no parser would notice */
}
