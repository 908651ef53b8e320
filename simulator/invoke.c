/* Asynchronous invocations: a queue, attempts with growing pauses, and the dead letters. */
#include "engine/aws/partition.h"
#include "engine/base/json.h"
#include "simulator/authorize.h"
#include "simulator/lambda.h"
#include "simulator/metrics.h"
#include "simulator/sqs.h"

#define THROTTLED_PAUSE_MS (5 * MINUTE_MS)
#define MAX_AGE_S 21600
#define MAX_RETRIES 2

struct invocation {
    struct world *world;
    struct arena *arena;
    const char *account, *region, *name, *id;
    const struct value *function, *event;
    int64_t attempt; /* 0 is the first */
    int64_t queued_ms;
    bool refused; /* it came while the reserved concurrency was 0 */
};

static const struct value *payload_of(const struct invocation *in)
{
    struct map_builder b = map_begin(in->arena);
    map_put_str(&b, "account", in->account);
    map_put_str(&b, "region", in->region);
    map_put_str(&b, "name", in->name);
    map_put_str(&b, "id", in->id);
    map_put(&b, "event", in->event);
    map_put_int(&b, "attempt", in->attempt);
    map_put_int(&b, "queued_ms", in->queued_ms);
    map_put_bool(&b, "refused", in->refused);
    return map_end(&b);
}

static bool is_stopped(const struct value *function)
{
    const struct value *reserved = value_get(function, "Reserved");
    return reserved && reserved->integer == 0;
}

const char *lambda_queue(struct world *world, struct arena *arena, const char *account,
                         const char *region, const char *name, const struct value *event)
{
    struct invocation in = {.world = world,
                            .arena = arena,
                            .account = account,
                            .region = region,
                            .name = name,
                            .id = id_uuid(world, arena),
                            .event = event,
                            .queued_ms = world_now_ms(world)};
    in.refused = is_stopped(store_get(world, arena, LAMBDA_FUNCTION, account, region, name));
    task_add(world, in.queued_ms, "lambda.invoke", payload_of(&in));
    return in.id;
}

static const char *arn_of(const struct invocation *in)
{
    const char *arn = value_get_str(in->function, "FunctionArn");
    return arn ? arn
               : arena_printf(in->arena, "arn:%s:lambda:%s:%s:function:%s",
                              partition_of_region(in->region), in->region, in->account, in->name);
}

static void note(const struct invocation *in, const char *what, const char *code,
                 const char *message)
{
    struct map_builder b = map_begin(in->arena);
    map_put_str(&b, "request", in->id);
    map_put_int(&b, "attempt", in->attempt + 1);
    map_put_str(&b, "error", code);
    map_put_str(&b, "message", message);
    timeline_add(in->world, in->account, in->region, what, arn_of(in), map_end(&b));
}

static void count(const struct invocation *in, const char *metric, int64_t number)
{
    metric_count(in->world, in->arena, in->account, in->region, "AWS/Lambda", metric,
                 "FunctionName", in->name, (double)number);
}

/* ---- the end of a failed invocation ---- */

static bool dead_letter(const struct invocation *in, const char *code, const char *message)
{
    const char *role = value_get_str(in->function, "Role"), *why = "";
    const char *queue = value_get_str(value_get(in->function, "DeadLetterConfig"), "TargetArn");
    struct map_builder b = map_begin(in->arena);
    map_put_str(&b, "RequestID", in->id);
    map_put_str(&b, "ErrorCode", code);
    map_put_str(&b, "ErrorMessage", message);
    return queue && sqs_deliver(in->world, in->arena, queue, role, NULL,
                                json_print(in->arena, in->event, JSON_COMPACT), map_end(&b), &why);
}

static bool on_failure(const struct invocation *in, const char *code, const char *message)
{
    const char *role = value_get_str(in->function, "Role"), *why = "";
    const char *queue =
        value_str(value_pointer(in->function, "/Async/DestinationConfig/OnFailure/Destination"));
    if (!queue)
        return false;
    struct map_builder context = map_begin(in->arena);
    map_put_str(&context, "requestId", in->id);
    map_put_str(&context, "functionArn", arena_printf(in->arena, "%s:$LATEST", arn_of(in)));
    map_put_str(&context, "condition", "RetriesExhausted");
    map_put_int(&context, "approximateInvokeCount", in->attempt + 1);
    struct map_builder error = map_begin(in->arena);
    map_put_str(&error, "errorType", code);
    map_put_str(&error, "errorMessage", message);
    struct map_builder b = map_begin(in->arena);
    map_put_str(&b, "version", "1.0");
    map_put_str(&b, "timestamp", time_iso_ms(in->arena, world_now_ms(in->world)));
    map_put(&b, "requestContext", map_end(&context));
    map_put(&b, "requestPayload", in->event);
    map_put(&b, "responsePayload", map_end(&error));
    return sqs_deliver(in->world, in->arena, queue, role, NULL,
                       json_print(in->arena, map_end(&b), JSON_COMPACT), NULL, &why);
}

static void give_up(const struct invocation *in, const char *code, const char *message)
{
    bool letter = dead_letter(in, code, message);
    bool destination = on_failure(in, code, message);
    note(in, letter || destination ? "dead letter" : "event lost", code, message);
}

/* ---- attempts ---- */

static int64_t setting_of(const struct invocation *in, const char *name, int64_t otherwise)
{
    return value_get_int(value_get(in->function, "Async"), name, otherwise);
}

static void retry(struct invocation *in, int64_t pause_ms, const char *code, const char *message)
{
    int64_t due = world_now_ms(in->world) + pause_ms;
    int64_t age_s = setting_of(in, "MaximumEventAgeInSeconds", MAX_AGE_S);
    if (due - in->queued_ms > age_s * 1000)
        give_up(in, code, message);
    else
        task_add(in->world, due, "lambda.invoke", payload_of(in));
}

static void settle(struct invocation *in, const struct function_run *run)
{
    world_begin(in->world);
    /* Changed meanwhile, perhaps by the function itself. */
    const struct value *now =
        store_get(in->world, in->arena, LAMBDA_FUNCTION, in->account, in->region, in->name);
    in->function = now ? now : in->function;
    count(in, "Invocations", 1);
    count(in, "Errors", run->good ? 0 : 1);
    count(in, "AsyncEventAge", world_now_ms(in->world) - in->queued_ms);
    const struct value *answer = NULL;
    const char *why = NULL, *message = NULL;
    if (!run->good && run->answer && json_parse(in->arena, slice_of(run->answer), &answer, &why))
        message = value_get_str(answer, "errorMessage");
    note(in, run->good ? "invoke" : "invoke failed", run->error_type,
         message ? message : run->answer);
    if (!run->good && in->attempt < setting_of(in, "MaximumRetryAttempts", MAX_RETRIES)) {
        int64_t pause = (in->attempt + 1) * MINUTE_MS; /* one minute, then two */
        in->attempt++;
        retry(in, pause, run->error_type, message ? message : run->answer);
    } else if (!run->good) {
        give_up(in, run->error_type, message ? message : run->answer);
    }
    (void)world_commit(in->world); /* a failure is sticky and reported by whoever moves the clock */
}

/* An event that comes while the reserved concurrency is 0 goes to the dead letters at once; one
 * that was in the queue before waits there for as long as it may. */
static bool throttled(struct invocation *in)
{
    if (!in->function || (!in->refused && !is_stopped(in->function)))
        return false;
    world_begin(in->world);
    count(in, "Throttles", 1);
    if (in->refused)
        give_up(in, "429", "Rate Exceeded.");
    else
        retry(in, THROTTLED_PAUSE_MS, "429", "Rate Exceeded.");
    (void)world_commit(in->world);
    return true;
}

void lambda_invoke_task(struct world *world, struct arena *arena, const struct value *payload)
{
    struct invocation in = {.world = world,
                            .arena = arena,
                            .account = value_get_str(payload, "account"),
                            .region = value_get_str(payload, "region"),
                            .name = value_get_str(payload, "name"),
                            .id = value_get_str(payload, "id"),
                            .event = value_get(payload, "event"),
                            .attempt = value_get_int(payload, "attempt", 0),
                            .queued_ms = value_get_int(payload, "queued_ms", 0),
                            .refused = value_get_bool(payload, "refused", false)};
    in.function = store_get(world, arena, LAMBDA_FUNCTION, in.account, in.region, in.name);
    if (throttled(&in))
        return;
    if (!in.function) {
        world_begin(world);
        note(&in, "event lost", "ResourceNotFoundException", "the function was deleted");
        (void)world_commit(world);
        return;
    }
    struct function_run run = {.account = in.account,
                               .region = in.region,
                               .name = in.name,
                               .function = in.function,
                               .request_id = in.id,
                               .event = json_print(arena, in.event, JSON_COMPACT)};
    function_run(world, arena, &run);
    settle(&in, &run);
}
