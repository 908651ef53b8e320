/* Runs functions: the package's own bootstrap as a process, behind the Runtime API of Lambda, with
 * the rights of the function's role. One at a time. As on AWS, a process that asks for the next
 * event is kept for it, frozen meanwhile, as long as its function stays the same; whoever does not
 * ask is ended with its invocation. What happens inside lives on the wall clock. */
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
#define READS_OF_THE_DEAD 5 /* what it sent before it died has arrived, and waits to be read */
#define SESSION_S 43200
#define SANDBOXES_MAX 32
#define PACKAGES_MAX 16
#define RUNTIME "/2018-06-01/runtime/"

/* What functions of the same code share: as on AWS, none of them may write there. */
struct package {
    const char *code; /* its CodeSha256 */
    const char *dir;
};

/* Where a function lives: its files, its process, and a server of its own, so that nobody else gets
 * its events. Nobody polls the server between invocations: the process waits. */
struct sandbox {
    struct arena *arena;
    const char *key;    /* account, Region, name */
    const char *digest; /* of the function as it was */
    const char *dir;    /* of its package */
    int64_t begun_ms;   /* of the world */
    struct sim_server *server;
    struct process process;
    struct sandbox *next;
};

struct function_host {
    struct world *world;
    struct sandbox *sandboxes; /* that wait for events, the one used last first */
    struct package packages[PACKAGES_MAX];
    size_t package_len;
    /* For this invocation only. */
    struct sandbox *sandbox;
    struct arena *arena;
    struct function_run *run; /* NULL: nothing runs */
    bool given, done, asks;   /* for the next event */
    int64_t deadline_ms;      /* wall clock */
    int64_t now_ms;           /* the world's, when the function began */
    const char *stream;       /* of the log */
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
    struct http_header *headers = arena_array(arena, 6, sizeof(*headers));
    headers[0] = (struct http_header){"Content-Type", "application/json"};
    headers[1] = (struct http_header){"Lambda-Runtime-Aws-Request-Id", run->request_id};
    headers[2] = (struct http_header){"Lambda-Runtime-Deadline-Ms",
                                      arena_printf(arena, "%lld", (long long)host->deadline_ms)};
    headers[3] = (struct http_header){"Lambda-Runtime-Invoked-Function-Arn",
                                      value_get_str(run->function, "FunctionArn")};
    headers[4] = (struct http_header){"Lambda-Runtime-Trace-Id",
                                      "Root=1-00000000-000000000000000000000000;Sampled=0"};
    headers[5] = (struct http_header){/* the clock by which this world dates its points */
                                      "Holdfast-Now-Ms",
                                      arena_printf(arena, "%lld", (long long)host->now_ms)};
    host->given = true;
    *ret = (struct sim_response){
        .status = 200, .headers = headers, .header_len = 6, .body = slice_of(run->event)};
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
    if (!host || !host->run)
        return false;
    struct slice path = slice_from(slice_of(request->target), strlen(RUNTIME));
    bool asks = slice_is(path, "invocation/next");
    if (host->done) {
        ret->later = host->asks = asks;
        return asks;
    }
    if (asks) {
        if (host->given)
            return false; /* one event at a time */
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

static const char *const *environment(const struct function_host *host, const struct value *keys)
{
    struct arena *arena = host->arena;
    const struct function_run *run = host->run;
    unsigned port = server_port(host->sandbox->server);
    const char *dir = host->sandbox->dir;
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

/* Serves the world until the function has answered, died or run out of time. */
static void attend(struct world *world, struct function_host *host)
{
    struct function_run *run = host->run;
    int wait_ms = 1; /* most of those that die do so at once */
    while (!host->done) {
        int status = 0;
        bool ended = process_ended(&host->sandbox->process, &status);
        server_poll(host->sandbox->server, ended ? 1 : wait_ms);
        for (int i = 0; ended && !host->done && i < READS_OF_THE_DEAD; i++)
            server_poll(host->sandbox->server, 1);
        wait_ms = wait_ms < POLL_MS ? 2 * wait_ms : POLL_MS;
        log_lines(world, host, process_output(host->arena, &host->sandbox->process));
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
}

/* It has answered; while it is on its way back to ask for more, it is served. */
static bool asks_for_more(struct world *world, struct function_host *host)
{
    int status = 0;
    for (int i = 0; host->done && !host->asks && i < LAST_WORDS; i++) {
        bool ended = process_ended(&host->sandbox->process, &status);
        server_poll(host->sandbox->server, POLL_MS);
        if (ended)
            break;
    }
    log_lines(world, host, process_output(host->arena, &host->sandbox->process));
    return host->asks;
}

static const struct value *credentials(struct world *world, struct arena *arena,
                                       const struct function_run *run)
{
    const char *role = value_get_str(run->function, "Role");
    if (!role_trusts_service(world, arena, role, "lambda.amazonaws.com", NULL))
        return NULL;
    world_begin(world);
    const struct session_spec spec = {.role_arn = role,
                                      .name = run->name,
                                      .seconds = SESSION_S,
                                      .function = value_get_str(run->function, "FunctionArn")};
    const struct value *keys = sts_session(world, arena, &spec);
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

/* ---- sandboxes ---- */

static void free_sandbox(struct sandbox *sandbox)
{
    process_kill(&sandbox->process);
    server_stop(sandbox->server);
    arena_free(sandbox->arena);
}

static void free_waiting(struct function_host *host)
{
    while (host->sandboxes) {
        struct sandbox *next = host->sandboxes->next;
        free_sandbox(host->sandboxes);
        host->sandboxes = next;
    }
}

/* Nobody may live in one of them any more. */
static void free_packages(struct function_host *host)
{
    for (size_t i = 0; i < host->package_len; i++)
        dir_remove(host->packages[i].dir);
    host->package_len = 0;
}

static bool unpack(struct world *world, const struct function_run *run, const char *dir,
                   struct diags *diags)
{
    struct arena *arena = arena_new();
    const struct value *code =
        store_get(world, arena, LAMBDA_CODE, run->account, run->region, run->name);
    const char *text = value_get_str(code, "Zip");
    struct slice zip;
    bool ok = text && base64_decode(arena, slice_of(text), &zip) &&
              zip_unpack(zip, dir, UNPACKED_MAX, diags);
    arena_free(arena);
    return ok;
}

/* The folder with the function's package, or NULL. It is there once, however many functions have
 * it: a fleet of relays has one. */
static const char *package_of(struct function_host *host, const struct function_run *run,
                              struct diags *diags)
{
    const char *code = value_get_str(run->function, "CodeSha256");
    for (size_t i = 0; i < host->package_len; i++)
        if (str_eq(host->packages[i].code, code))
            return host->packages[i].dir;
    if (host->package_len == PACKAGES_MAX) {
        free_waiting(host);
        free_packages(host);
    }
    struct arena *arena = host->world->arena;
    const char *dir = path_temp_dir(arena);
    if (dir && !unpack(host->world, run, dir, diags)) {
        dir_remove(dir);
        return NULL;
    }
    if (dir)
        host->packages[host->package_len++] = (struct package){arena_strdup(arena, code), dir};
    return dir;
}

static struct sandbox *new_sandbox(struct function_host *host, const struct function_run *run,
                                   const char *key, const char *digest, struct diags *diags)
{
    const char *dir = package_of(host, run, diags);
    if (!dir)
        return NULL;
    struct arena *arena = arena_new();
    struct sandbox *sandbox = arena_new_of(arena, struct sandbox);
    *sandbox = (struct sandbox){.arena = arena,
                                .key = arena_strdup(arena, key),
                                .digest = arena_strdup(arena, digest),
                                .dir = dir,
                                .process = {.pid = -1, .err_fd = -1}};
    return sandbox;
}

/* The one that waits for events of this very function, or NULL. */
static struct sandbox *take_waiting(struct function_host *host, const char *key, const char *digest)
{
    struct sandbox **at = &host->sandboxes;
    while (*at && !str_eq((*at)->key, key))
        at = &(*at)->next;
    struct sandbox *found = *at;
    if (!found)
        return NULL;
    *at = found->next;
    if (str_eq(found->digest, digest))
        return found;
    free_sandbox(found);
    return NULL;
}

/* The process that waits in the sandbox of this invocation, while its credentials last; else a
 * fresh one. */
static bool start(struct function_host *host, const struct value *keys, struct diags *diags)
{
    struct sandbox *sandbox = host->sandbox;
    int status;
    if (sandbox->process.pid > 0 && !process_ended(&sandbox->process, &status) &&
        host->now_ms - sandbox->begun_ms < (SESSION_S - 3600) * 1000LL)
        return true;
    process_kill(&sandbox->process);
    server_stop(sandbox->server); /* with what the process before had asked for */
    sandbox->server = NULL;
    sandbox->begun_ms = host->now_ms;
    const char *const argv[] = {path_join(host->arena, sandbox->dir, "bootstrap"), NULL};
    return server_start(host->world, 0, &sandbox->server, diags) &&
           process_spawn(argv, environment(host, keys), sandbox->dir, &sandbox->process, diags);
}

/* Only so many wait: the one that has waited longest goes. */
static void let_wait(struct function_host *host, struct sandbox *sandbox)
{
    sandbox->next = host->sandboxes;
    host->sandboxes = sandbox;
    struct sandbox **at = &host->sandboxes;
    for (int i = 0; *at && i < SANDBOXES_MAX; i++)
        at = &(*at)->next;
    if (*at) {
        free_sandbox(*at);
        *at = NULL;
    }
}

static struct function_host *host_of(struct world *world)
{
    if (!world->host) {
        world->host = arena_new_of(world->arena, struct function_host);
        world->host->world = world;
    }
    return world->host;
}

static void begin(struct world *world, struct arena *arena, struct function_host *host,
                  struct function_run *run)
{
    int64_t timeout_s = value_get_int(run->function, "Timeout", 3);
    host->arena = arena;
    host->run = run;
    host->given = host->done = host->asks = false;
    host->stream = new_stream(world, arena);
    host->now_ms = world_now_ms(world);
    host->deadline_ms = clock_wall_ms() + timeout_s * 1000;
}

void function_run(struct world *world, struct arena *arena, struct function_run *run)
{
    struct function_host *host = host_of(world);
    struct diags diags;
    diags_init(&diags, arena);
    BUG_ON(host->run); /* one at a time */
    const struct value *keys = credentials(world, arena, run);
    if (!keys) {
        fail(run, arena, "AccessDeniedException",
             "The role defined for the function cannot be assumed by Lambda.");
        return;
    }
    const char *key = arena_printf(arena, "%s %s %s", run->account, run->region, run->name);
    const char *digest =
        sha256_hex(arena, slice_of(json_print(arena, run->function, JSON_COMPACT)));
    struct sandbox *waiting = take_waiting(host, key, digest);
    host->sandbox = waiting ? waiting : new_sandbox(host, run, key, digest, &diags);
    begin(world, arena, host, run);
    bool runs = host->sandbox && start(host, keys, &diags);
    if (runs)
        attend(world, host);
    else
        fail(run, arena, "Runtime.InvalidEntrypoint",
             diags.len ? diags.items[0].message : "the package cannot be unpacked");
    if (runs && asks_for_more(world, host))
        let_wait(host, host->sandbox);
    else if (host->sandbox)
        free_sandbox(host->sandbox);
    host->sandbox = NULL;
    host->run = NULL;
}

void function_host_free(struct function_host *host)
{
    if (!host)
        return;
    if (host->sandbox)
        free_sandbox(host->sandbox);
    free_waiting(host);
    free_packages(host);
}
