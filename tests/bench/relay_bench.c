/* One reconcile pass over many points: half of them made lately, so that a job is listed, and half
 * longer ago than AWS lists jobs, so that only the last vault knows. All have been copied but
 * MISSING of the young ones. Usage:
 *
 *     relay_bench POINTS [LATENCY_MS]
 *
 * prints one line of JSON: the calls, those that there are at least (the pages, and two for each
 * copy that is started: the tags, the start), the seconds of CPU and of the clock, and the most
 * memory. Without LATENCY_MS the answers are made in process, one at a time, and count as well;
 * with it another process makes them, over HTTP, and sends each so much later. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/http_server.h"
#include "engine/base/strbuf.h"
#include "providers/aws/aws.h"
#include "providers/http.h"
#include "relay/pass.h"

#define NOW_MS ((int64_t)1767225600000)
#define PAGE 1000
#define MISSING 100
#define PAGE_BYTES ((size_t)1024 * 1024)
#define SOURCE "arn:aws:backup:us-east-2:111122223333:backup-vault:intermediate"
#define FINAL "arn:aws:backup:us-east-2:444455556666:backup-vault:final"

/* AWS, in so far as it lists. */
struct lists {
    struct arena *scratch; /* of the answer under way */
    long points, calls;
    int delay_ms;
    int64_t now_ms;
    transport_done_fn *done;
    void *ctx;
    const char *body;
};

static long long created(const struct lists *lists, long i)
{
    long long days = i % 2 ? 40 : 2; /* long ago, or lately */
    return NOW_MS / 1000 - days * 86400 - i % 86400 % (lists->points + 1);
}

/* Of the young ones, which have even numbers; or none where there are too few. */
static bool is_missing(const struct lists *lists, long i)
{
    long step = lists->points / MISSING / 2 * 2;
    return step > 0 && i % step == 0 && i / step < MISSING;
}

static long missing(const struct lists *lists)
{
    return lists->points >= 2 * MISSING ? MISSING : 0;
}

static void add_point(const struct lists *lists, struct strbuf *sb, long i, bool copy)
{
    if (copy && is_missing(lists, i))
        return;
    strbuf_addf(sb,
                "%s{\"RecoveryPointArn\":\"arn:aws:rds:us-east-2:%s:snapshot:awsbackup:copyjob-%ld"
                "\",\"BackupVaultArn\":\"%s\",\"ResourceArn\":\"arn:aws:rds:us-east-1:111122223333:"
                "db:db-%ld\",\"Status\":\"COMPLETED\",\"CreationDate\":%lld.25}",
                sb->data && sb->data[sb->len - 1] == '}' ? "," : "",
                copy ? "444455556666" : "111122223333", i, copy ? FINAL : SOURCE, i,
                created(lists, i));
}

static void add_job(const struct lists *lists, struct strbuf *sb, long i, bool copy)
{
    (void)copy;
    if (is_missing(lists, i))
        return;
    strbuf_addf(sb,
                "%s{\"CopyJobId\":\"job-%ld\",\"State\":\"COMPLETED\",\"SourceRecoveryPointArn\":"
                "\"arn:aws:rds:us-east-2:111122223333:snapshot:awsbackup:copyjob-%ld\","
                "\"SourceBackupVaultArn\":\"" SOURCE "\",\"DestinationBackupVaultArn\":\"" FINAL
                "\",\"ResourceArn\":\"arn:aws:rds:us-east-1:111122223333:db:db-%ld\","
                "\"CreationDate\":%lld}",
                sb->data && sb->data[sb->len - 1] == '}' ? "," : "", i, i, i, created(lists, i));
}

typedef void add_fn(const struct lists *lists, struct strbuf *sb, long i, bool copy);

/* One page of every `step`-th point from `first` on. */
static const char *page(const struct lists *lists, const char *query, const char *name, add_fn *add,
                        bool copies, long first, long step)
{
    const char *token = strstr(query, "nextToken="), *limit = strstr(query, "maxResults=");
    long number = token ? strtol(token + strlen("nextToken="), NULL, 10) : 0;
    long len = limit ? strtol(limit + strlen("maxResults="), NULL, 10) : PAGE;
    long i = first + number * len * step, end = i + len * step;
    struct strbuf sb;
    strbuf_init(&sb, lists->scratch, PAGE_BYTES);
    strbuf_addf(&sb, "{\"%s\":[", name);
    for (; i < end && i < lists->points; i += step)
        add(lists, &sb, i, copies);
    strbuf_add(&sb, "]");
    if (i < lists->points)
        strbuf_addf(&sb, ",\"NextToken\":\"%ld\"", number + 1);
    strbuf_add(&sb, "}");
    return strbuf_str(&sb);
}

#define TAGS                                                                                       \
    "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList><Tag><Key>FinalVault</Key>"  \
    "<Value>" FINAL "</Value></Tag></TagList></ListTagsForResourceResult>"                         \
    "</ListTagsForResourceResponse>"

static const char *caller(const struct lists *lists, bool last)
{
    const char *account = last ? "444455556666" : "111122223333";
    return arena_printf(lists->scratch,
                        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>"
                        "arn:aws:iam::%s:root</Arn><Account>%s</Account></GetCallerIdentityResult>"
                        "</GetCallerIdentityResponse>",
                        account, account);
}

/* Filters by date: what is old has odd numbers. last: asked as the account of the last vault. */
static const char *answer(const struct lists *lists, const char *path, const char *query,
                          struct slice body, bool last)
{
    bool old = strstr(query, "createdBefore="), late = strstr(query, "createdAfter=");
    long first = old ? 1 : 0, step = old || late ? 2 : 1;
    if (str_starts(path, "/copy-jobs") && body.len > 0)
        return "{\"CopyJobId\":\"job\"}";
    if (str_starts(path, "/copy-jobs"))
        return page(lists, query, "CopyJobs", add_job, false, 0, 2);
    if (str_starts(path, "/backup-vaults/"))
        return page(lists, query, "RecoveryPoints", add_point,
                    str_starts(path, "/backup-vaults/final/"), first, step);
    return memmem(body.ptr, body.len, "ListTags", strlen("ListTags")) ? TAGS : caller(lists, last);
}

static bool is_counted(const char *path, struct slice body)
{
    return str_starts(path, "/copy-jobs") || str_starts(path, "/backup-vaults") ||
           memmem(body.ptr, body.len, "ListTags", strlen("ListTags"));
}

/* ---- in process ---- */

static void lists_send(void *self, const struct http_request *request, transport_done_fn *done,
                       void *ctx)
{
    struct lists *lists = self;
    bool last = false;
    arena_reset(lists->scratch);
    for (size_t i = 0; i < request->header_len; i++)
        last = last || strstr(request->headers[i].value, "Credential=444455556666");
    lists->done = done;
    lists->ctx = ctx;
    lists->calls += is_counted(request->path, request->body);
    lists->body = answer(lists, request->path, request->query, request->body, last);
}

static void lists_wait(void *self, int64_t until_ms)
{
    struct lists *lists = self;
    transport_done_fn *done = lists->done;
    lists->done = NULL;
    if (!done && until_ms != INT64_MAX && until_ms > lists->now_ms)
        lists->now_ms = until_ms;
    else if (done)
        done(lists->ctx, &(struct http_response){.status = 200, .body = slice_of(lists->body)});
}

static int64_t lists_now_ms(void *self)
{
    return ((struct lists *)self)->now_ms;
}

static void lists_drop(void *self)
{
    ((struct lists *)self)->done = NULL;
}

static const struct transport_ops lists_ops = {.send = lists_send,
                                               .wait = lists_wait,
                                               .now_ms = lists_now_ms,
                                               .drop = lists_drop,
                                               .close = lists_drop};

/* ---- over HTTP ---- */

static void serve(void *ctx, const struct http_server_request *request,
                  struct http_server_reply *ret)
{
    struct lists *lists = ctx;
    struct slice query = slice_of(request->target), path = slice_cut(&query, '?');
    const char *authorization = http_server_header_of(request, "authorization");
    bool last = authorization && strstr(authorization, "Credential=444455556666");
    const char *text = arena_strndup(request->arena, path.ptr, path.len);
    lists->scratch = request->arena;
    lists->calls += is_counted(text, request->body);
    *ret = (struct http_server_reply){
        .status = 200,
        .delay_ms = lists->delay_ms,
        .body = slice_of(answer(lists, text, arena_strndup(request->arena, query.ptr, query.len),
                                request->body, last))};
}

static volatile sig_atomic_t over;

static void stop(int number)
{
    (void)number;
    over = 1;
}

/* Writes its port, and at the end the calls it has answered. */
static void be_server(struct lists *lists, int out, struct diags *diags)
{
    struct http_server *server;
    signal(SIGTERM, stop);
    if (!http_server_start(0, serve, lists, &server, diags))
        _exit(1);
    dprintf(out, "%u\n", http_server_port(server));
    while (!over)
        http_server_poll(server, 100);
    dprintf(out, "%ld\n", lists->calls);
    _exit(0);
}

struct server {
    pid_t pid;
    FILE *said;
    long port;
};

static bool start_server(struct lists *lists, struct diags *diags, struct server *ret)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    ret->pid = fork();
    if (ret->pid == 0)
        be_server(lists, ends[1], diags);
    close(ends[1]);
    ret->said = fdopen(ends[0], "r");
    return ret->pid > 0 && ret->said && fscanf(ret->said, "%ld", &ret->port) == 1;
}

static long end_server(const struct server *server)
{
    long calls = 0;
    kill(server->pid, SIGTERM);
    if (fscanf(server->said, "%ld", &calls) != 1)
        calls = -1;
    waitpid(server->pid, NULL, 0);
    return calls;
}

/* What is meant for AWS goes to the server. */
struct road {
    struct transport http;
    const char *url;
};

static void road_send(void *self, const struct http_request *request, transport_done_fn *done,
                      void *ctx)
{
    struct road *road = self;
    struct http_request turned = *request;
    turned.base_url = road->url;
    turned.direct = true;
    road->http.ops->send(road->http.self, &turned, done, ctx);
}

static void road_wait(void *self, int64_t until_ms)
{
    struct road *road = self;
    road->http.ops->wait(road->http.self, until_ms);
}

static int64_t road_now_ms(void *self)
{
    struct road *road = self;
    return road->http.ops->now_ms(road->http.self);
}

static void road_drop(void *self)
{
    struct road *road = self;
    road->http.ops->drop(road->http.self);
}

static void road_close(void *self)
{
    struct road *road = self;
    road->http.ops->close(road->http.self);
}

static const struct transport_ops road_ops = {.send = road_send,
                                              .wait = road_wait,
                                              .now_ms = road_now_ms,
                                              .drop = road_drop,
                                              .close = road_close};

/* ---- the pass ---- */

static long pages(long items)
{
    return items > 0 ? (items + PAGE - 1) / PAGE : 1;
}

int main(int argc, char **argv)
{
    static const struct aws_account accounts[] = {
        {.id = "111122223333", .name = "workload", .partition = "aws"},
        {.id = "444455556666", .name = "backup", .partition = "aws"}};
    static const struct relay_destination destination = {.vault_arn = FINAL,
                                                         .vault_name = "final",
                                                         .account_id = "444455556666",
                                                         .region = "us-east-2",
                                                         .reader_role_arn = "reader"};
    static const char *const keys[] = {"FinalVault", NULL};
    static const struct relay_config config = {.account_id = "111122223333",
                                               .region = "us-east-2",
                                               .source_vault_arn = SOURCE,
                                               .source_vault_name = "intermediate",
                                               .copy_role_arn = "copy",
                                               .destinations = &destination,
                                               .destination_len = 1,
                                               .tag_keys = keys,
                                               .budget = 100};
    struct arena *arena = arena_new();
    struct diags diags;
    struct lists lists = {.scratch = arena_new(),
                          .points = argc > 1 ? atol(argv[1]) : 1000,
                          .delay_ms = argc > 2 ? atoi(argv[2]) : 0,
                          .now_ms = NOW_MS};
    struct transport transport = {&lists_ops, &lists};
    struct server server = {0};
    struct road road;
    diags_init(&diags, arena);
    if (argc > 2) {
        if (!start_server(&lists, &diags, &server) || !http_transport(NULL, &road.http, &diags)) {
            fputs("no server\n", stderr);
            return 1;
        }
        road.url = arena_printf(arena, "http://127.0.0.1:%ld", server.port);
        transport = (struct transport){&road_ops, &road};
    }
    struct loop *loop = loop_new(transport, &diags);
    if (!server.pid)
        loop_set_window(loop, 1); /* the lists answer one call at a time */
    const struct aws_options options = {
        .accounts = accounts, .account_len = 2, .home_region = "us-east-2", .simulated = true};
    struct relay_pass pass = {.arena = arena, .loop = loop, .config = &config, .now_ms = NOW_MS};
    const char *why = NULL;
    struct rusage usage;
    int64_t began_ms = clock_monotonic_ms();
    if (!aws_setup(arena, loop, &options, &diags) || !relay_reconcile(&pass, &why)) {
        fprintf(stderr, "%s\n", why ? why : "no session");
        if (server.pid)
            end_server(&server);
        return 1;
    }
    double clock_s = (double)(clock_monotonic_ms() - began_ms) / 1000;
    getrusage(RUSAGE_SELF, &usage);
    long young = lists.points - lists.points / 2, old = lists.points / 2;
    printf("{\"points\":%zu,\"left\":%zu,\"started\":%zu,\"calls\":%ld,\"minimum\":%ld,"
           "\"cpu_s\":%.3f,\"clock_s\":%.3f,\"rss_kb\":%ld}\n",
           pass.points, pass.left, pass.started, server.pid ? end_server(&server) : lists.calls,
           pages(lists.points) + 2 * pages(young) + pages(old) + 2 * missing(&lists),
           (double)clock() / CLOCKS_PER_SEC, clock_s, usage.ru_maxrss);
    loop_free(loop);
    if (server.pid)
        transport.ops->close(transport.self);
    arena_free(lists.scratch);
    arena_free(arena);
    return 0;
}
