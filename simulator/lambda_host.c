/* Runs functions: the package's own bootstrap as a process, behind the Runtime API of Lambda, with
 * the rights of the function's role. One at a time; each run is a cold start, and the process ends
 * with its invocation. What happens inside lives on the wall clock. */
#include <string.h>

#include "engine/aws/partition.h"
#include "engine/base/bug.h"
#include "engine/base/crypto.h"
#include "engine/base/env.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/process.h"
#include "engine/base/zip.h"
#include "simulator/authorize.h"
#include "simulator/internal.h"
#include "simulator/lambda.h"
#include "simulator/logs.h"
#include "simulator/server.h"
#include "simulator/sts.h"

#define UNPACKED_MAX ((uint64_t)250 * 1024 * 1024)
#define POLL_MS 20
#define LAST_WORDS 20
#define SESSION_S 43200
#define RUNTIME "/2018-06-01/runtime/"

struct function_host {
    /* For this invocation only: what an earlier process had still asked for when it ended must not
     * take this one's event. Other clients wait meanwhile. */
    struct sim_server *server;
    struct process process;
    struct arena *arena;      /* of the running invocation */
    struct function_run *run; /* NULL: nothing runs */
    bool given, done;
    int64_t deadline_ms; /* wall clock */
    int64_t now_ms;      /* the world's, when the function began */
    const char *stream;  /* of the log */
};

/* ---- the Runtime API ---- */

static void respond(struct arena *arena, struct sim_response *ret, int status, const char *text)
{
    struct http_header *headers = arena_array(arena, 1, sizeof(*headers));
    headers[0] = (struct http_header){"Content-Type", "application/json"};
    *ret = (struct sim_response){
        .status = status, .headers = headers, .header_len = 1, .body = slice_of(text)};
}

static void give_event(struct function_host *host, struct arena *arena, struct sim_response *ret)
{
    struct function_run *run = host->run;
    struct http_header *headers = arena_array(arena, 5, sizeof(*headers));
    headers[0] = (struct http_header){"Content-Type", "application/json"};
    headers[1] = (struct http_header){"Lambda-Runtime-Aws-Request-Id", run->request_id};
    headers[2] = (struct http_header){"Lambda-Runtime-Deadline-Ms",
                                      arena_printf(arena, "%lld", (long long)host->deadline_ms)};
    headers[3] = (struct http_header){"Lambda-Runtime-Invoked-Function-Arn",
                                      value_get_str(run->function, "FunctionArn")};
    headers[4] = (struct http_header){"Lambda-Runtime-Trace-Id",
                                      "Root=1-00000000-000000000000000000000000;Sampled=0"};
    host->given = true;
    *ret = (struct sim_response){
        .status = 200, .headers = headers, .header_len = 5, .body = slice_of(run->event)};
}

/* The type of an error: the header, else the body's member. */
static const char *error_type(struct function_host *host, const struct sim_request *request)
{
    const char *header = sim_header(request, "lambda-runtime-function-error-type");
    const struct value *body = NULL;
    const char *why = NULL;
    if (json_parse(host->arena, request->body, &body, &why) && value_get_str(body, "errorType"))
        return value_get_str(body, "errorType");
    return header ? arena_strdup(host->arena, header) : "Unhandled";
}

static void finish(struct function_host *host, const struct sim_request *request, bool good)
{
    host->done = true;
    host->run->good = good;
    host->run->answer = arena_strndup(host->arena, request->body.ptr, request->body.len);
    host->run->error_type = good ? NULL : error_type(host, request);
}

bool function_host_handle(struct world *world, struct arena *arena,
                          const struct sim_request *request, struct sim_response *ret)
{
    struct function_host *host = world->host;
    if (!host || !host->run || host->done)
        return false;
    struct slice path = slice_from(slice_of(request->target), strlen(RUNTIME));
    if (slice_is(path, "invocation/next")) {
        if (host->given)
            return false; /* one event a process */
        give_event(host, arena, ret);
        return true;
    }
    if (slice_is(path, "init/error")) {
        finish(host, request, false);
        respond(arena, ret, 202, "{\"status\":\"OK\"}");
        return true;
    }
    struct slice rest = path;
    struct slice head = slice_cut(&rest, '/'), id = slice_cut(&rest, '/');
    bool known = slice_is(head, "invocation") && slice_is(id, host->run->request_id);
    if (known && (slice_is(rest, "response") || slice_is(rest, "error"))) {
        finish(host, request, slice_is(rest, "response"));
        respond(arena, ret, 202, "{\"status\":\"OK\"}");
        return true;
    }
    respond(arena, ret, 400,
            "{\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}");
    return true;
}

/* ---- the log ---- */

/* The role needs its rights on the log as well: without them there is no log, as on AWS. */
static void log_lines(struct world *world, struct function_host *host, struct slice text)
{
    const struct function_run *run = host->run;
    struct arena *arena = host->arena;
    const char *group = value_get_str(value_get(run->function, "LoggingConfig"), "LogGroup");
    const char *role = value_get_str(run->function, "Role");
    bool exists = store_get(world, arena, "logs.group", run->account, run->region, group) != NULL;
    const struct authorization request = {
        .principal = role,
        .action = exists ? "logs:PutLogEvents" : "logs:CreateLogGroup",
        .resource = arena_printf(arena, "arn:%s:logs:%s:%s:log-group:%s:log-stream:%s",
                                 partition_of_region(run->region), run->region, run->account, group,
                                 host->stream)};
    if (!text.len || !group || !authorize(world, arena, &request, NULL))
        return;
    world_begin(world);
    while (text.len) {
        struct slice line = slice_cut(&text, '\n');
        if (line.len)
            logs_append(world, arena, run->account, run->region, group, host->stream,
                        arena_strndup(arena, line.ptr, line.len));
    }
    (void)world_commit(world);
}

/* ---- the process ---- */

static void fail(struct function_run *run, struct arena *arena, const char *type,
                 const char *message)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "errorType", type);
    map_put_str(&b, "errorMessage", message);
    run->good = false;
    run->error_type = type;
    run->answer = json_print(arena, map_end(&b), JSON_COMPACT);
}

static const char *unpack(struct world *world, struct arena *arena, struct function_run *run,
                          struct diags *diags)
{
    const struct value *code =
        store_get(world, arena, LAMBDA_CODE, run->account, run->region, run->name);
    const char *text = value_get_str(code, "Zip");
    struct slice zip;
    const char *dir = path_temp_dir(arena);
    if (dir && text && base64_decode(arena, slice_of(text), &zip) &&
        zip_unpack(zip, dir, UNPACKED_MAX, diags))
        return dir;
    if (dir)
        dir_remove(dir);
    return NULL;
}

static const char *const *environment(const struct function_host *host, const struct value *keys,
                                      const char *dir)
{
    struct arena *arena = host->arena;
    const struct function_run *run = host->run;
    unsigned port = server_port(host->server);
    const struct value *own = value_get(value_get(run->function, "Environment"), "Variables");
    const char **env = arena_array(arena, value_len(own) + 32, sizeof(*env));
    size_t len = 0;
    const char *pairs[][2] = {
        {"AWS_LAMBDA_RUNTIME_API", arena_printf(arena, "127.0.0.1:%u", port)},
        {"AWS_ENDPOINT_URL", arena_printf(arena, "http://127.0.0.1:%u", port)},
        {"AWS_REGION", run->region},
        {"AWS_DEFAULT_REGION", run->region},
        {"AWS_ACCESS_KEY_ID", value_get_str(keys, "AccessKeyId")},
        {"AWS_SECRET_ACCESS_KEY", value_get_str(keys, "SecretAccessKey")},
        {"AWS_SESSION_TOKEN", value_get_str(keys, "SessionToken")},
        {"AWS_LAMBDA_FUNCTION_NAME", run->name},
        {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
        {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
         arena_printf(arena, "%lld", (long long)value_get_int(run->function, "MemorySize", 128))},
        {"AWS_LAMBDA_LOG_GROUP_NAME",
         value_get_str(value_get(run->function, "LoggingConfig"), "LogGroup")},
        {"AWS_LAMBDA_LOG_STREAM_NAME", host->stream},
        {"AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"},
        {"LAMBDA_TASK_ROOT", dir},
        {"LAMBDA_RUNTIME_DIR", dir},
        {"_HANDLER", value_get_str(run->function, "Handler")},
        {"TZ", ":UTC"},
        {"HOLDFAST_NOW_MS", /* the clock by which this world dates its points */
         arena_printf(arena, "%lld", (long long)host->now_ms)},
        {"LANG", "en_US.UTF-8"},
        {"PATH", "/usr/local/bin:/usr/bin:/bin"},
        {"LSAN_OPTIONS", env_get("LSAN_OPTIONS")}, /* a sanitized bootstrap under a debugger */
        {"HOLDFAST_RECORD", env_get("HOLDFAST_RECORD")}, /* providers/recorder.h */
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        if (pairs[i][1])
            env[len++] = arena_printf(arena, "%s=%s", pairs[i][0], pairs[i][1]);
    }
    for (size_t i = 0; i < value_len(own); i++)
        env[len++] = arena_printf(arena, "%s=%s", own->map.entries[i].key,
                                  value_str(own->map.entries[i].value));
    env[len] = NULL;
    return env;
}

static struct function_host *host_of(struct world *world, struct diags *diags)
{
    if (!world->host) {
        world->host = arena_new_of(world->arena, struct function_host);
        world->host->process.pid = -1;
    }
    return server_start(world, 0, &world->host->server, diags) ? world->host : NULL;
}

/* Serves the world until the function has answered, died or run out of time. */
static void attend(struct world *world, struct function_host *host)
{
    struct function_run *run = host->run;
    while (!host->done) {
        int status = 0;
        bool ended = process_ended(&host->process, &status);
        server_poll(host->server, POLL_MS);
        for (int i = 0; ended && !host->done && i < LAST_WORDS; i++)
            server_poll(host->server, 1); /* its last request may still be on the way */
        log_lines(world, host, process_output(host->arena, &host->process));
        if (host->done)
            break;
        if (ended) {
            fail(run, host->arena, "Runtime.ExitError",
                 arena_printf(host->arena,
                              "RequestId: %s Error: Runtime exited with error: exit status %d",
                              run->request_id, status));
            break;
        }
        if (world_is_stopped(world)) {
            fail(run, host->arena, "Sandbox.Failure", "the simulator was stopped by a signal");
            break;
        }
        if (clock_wall_ms() >= host->deadline_ms) {
            fail(run, host->arena, "Sandbox.Timedout",
                 arena_printf(host->arena,
                              "RequestId: %s Error: Task timed out after %lld.00 "
                              "seconds",
                              run->request_id,
                              (long long)value_get_int(run->function, "Timeout", 3)));
            break;
        }
    }
    process_kill(&host->process);
    host->run = NULL;
}

static void end_host(struct function_host *host)
{
    if (!host)
        return;
    server_stop(host->server);
    host->server = NULL;
}

static const struct value *credentials(struct world *world, struct arena *arena,
                                       const struct function_run *run)
{
    const char *role = value_get_str(run->function, "Role");
    if (!role_trusts_service(world, arena, role, "lambda.amazonaws.com", NULL))
        return NULL;
    world_begin(world);
    const struct value *keys = sts_session(world, arena, role, run->name, SESSION_S, NULL);
    return world_commit(world) ? keys : NULL;
}

static const char *new_stream(struct world *world, struct arena *arena)
{
    struct civil day = civil_from_ms(world_now_ms(world));
    world_begin(world);
    const char *name = arena_printf(arena, "%04d/%02d/%02d/[$LATEST]%s", day.year, day.month,
                                    day.day, id_hex(world, arena, 32));
    (void)world_commit(world);
    return name;
}

void function_run(struct world *world, struct arena *arena, struct function_run *run)
{
    struct diags diags;
    diags_init(&diags, arena);
    const struct value *keys = credentials(world, arena, run);
    BUG_ON(world->host && world->host->run); /* one at a time */
    struct function_host *host = host_of(world, &diags);
    const char *dir = keys && host ? unpack(world, arena, run, &diags) : NULL;
    if (!dir) {
        fail(run, arena, keys ? "Runtime.InvalidEntrypoint" : "AccessDeniedException",
             keys ? diags.len ? diags.items[0].message : "the package cannot be unpacked"
                  : "The role defined for the function cannot be assumed by Lambda.");
        end_host(host);
        return;
    }
    const char *program = path_join(arena, dir, "bootstrap");
    int64_t timeout_s = value_get_int(run->function, "Timeout", 3);
    host->arena = arena;
    host->run = run;
    host->given = host->done = false;
    host->stream = new_stream(world, arena);
    host->now_ms = world_now_ms(world);
    host->deadline_ms = clock_wall_ms() + timeout_s * 1000;
    const char *const argv[] = {program, NULL};
    const char *const *env = environment(host, keys, dir);
    if (process_spawn(argv, env, dir, &host->process, &diags)) {
        attend(world, host);
    } else {
        host->run = NULL;
        fail(run, arena, "Runtime.InvalidEntrypoint",
             diags.len ? diags.items[0].message : "bootstrap cannot be started");
    }
    end_host(host);
    dir_remove(dir);
}

void function_host_free(struct function_host *host)
{
    if (!host)
        return;
    process_kill(&host->process);
    server_stop(host->server);
}
