/* One reconcile pass over many points that have all been copied: half of them lately, so that a job
 * is listed, and half longer ago than AWS lists jobs, so that only the last vault knows. Usage:
 * relay_bench POINTS; prints one line of JSON: the calls, the pages that there are at least to
 * read, the seconds of CPU and the most memory (both with the making of the answers). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/strbuf.h"
#include "providers/aws/aws.h"
#include "relay/pass.h"

#define NOW_MS ((int64_t)1767225600000)
#define PAGE 1000
#define PAGE_BYTES ((size_t)1024 * 1024)
#define SOURCE "arn:aws:backup:us-east-2:111122223333:backup-vault:intermediate"
#define FINAL "arn:aws:backup:us-east-2:444455556666:backup-vault:final"

/* AWS, in so far as it lists. */
struct lists {
    struct arena *scratch; /* of the answer under way */
    long points, calls;
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

static void add_point(const struct lists *lists, struct strbuf *sb, long i, bool copy)
{
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
static const char *page(struct lists *lists, const char *query, const char *name, add_fn *add,
                        long first, long step)
{
    const char *token = strstr(query, "nextToken="), *limit = strstr(query, "maxResults=");
    long number = token ? strtol(token + strlen("nextToken="), NULL, 10) : 0;
    long len = limit ? strtol(limit + strlen("maxResults="), NULL, 10) : PAGE;
    long i = first + number * len * step, end = i + len * step;
    struct strbuf sb;
    strbuf_init(&sb, lists->scratch, PAGE_BYTES);
    strbuf_addf(&sb, "{\"%s\":[", name);
    for (; i < end && i < lists->points; i += step)
        add(lists, &sb, i, first == 1 && step == 2);
    strbuf_add(&sb, "]");
    if (i < lists->points)
        strbuf_addf(&sb, ",\"NextToken\":\"%ld\"", number + 1);
    strbuf_add(&sb, "}");
    return strbuf_str(&sb);
}

static const char *caller(struct lists *lists, const struct http_request *request)
{
    const char *account = "111122223333";
    for (size_t i = 0; i < request->header_len; i++)
        if (strstr(request->headers[i].value, "Credential=444455556666"))
            account = "444455556666";
    return arena_printf(lists->scratch,
                        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>"
                        "arn:aws:iam::%s:root</Arn><Account>%s</Account></GetCallerIdentityResult>"
                        "</GetCallerIdentityResponse>",
                        account, account);
}

static void lists_send(void *self, const struct http_request *request, transport_done_fn *done,
                       void *ctx)
{
    struct lists *lists = self;
    const char *path = request->path, *query = request->query;
    arena_reset(lists->scratch);
    lists->done = done;
    lists->ctx = ctx;
    lists->calls += str_starts(path, "/copy-jobs") || str_starts(path, "/backup-vaults");
    if (str_starts(path, "/copy-jobs"))
        lists->body = page(lists, query, "CopyJobs", add_job, 0, 2);
    else if (str_starts(path, "/backup-vaults/final/"))
        lists->body = page(lists, query, "RecoveryPoints", add_point, 1, 2);
    else if (str_starts(path, "/backup-vaults/") && strstr(query, "createdBefore="))
        lists->body = page(lists, query, "RecoveryPoints", add_point, 1, 1);
    else if (str_starts(path, "/backup-vaults/"))
        lists->body = page(lists, query, "RecoveryPoints", add_point, 0, 1);
    else
        lists->body = caller(lists, request);
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
    struct lists lists = {
        .scratch = arena_new(), .points = argc > 1 ? atol(argv[1]) : 1000, .now_ms = NOW_MS};
    diags_init(&diags, arena);
    struct loop *loop = loop_new((struct transport){&lists_ops, &lists}, &diags);
    loop_set_window(loop, 1); /* the lists answer one call at a time */
    const struct aws_options options = {
        .accounts = accounts, .account_len = 2, .home_region = "us-east-2", .simulated = true};
    struct relay_pass pass = {.arena = arena, .loop = loop, .config = &config, .now_ms = NOW_MS};
    const char *why = NULL;
    struct rusage usage;
    if (!aws_setup(arena, loop, &options, &diags) || !relay_reconcile(&pass, &why)) {
        fprintf(stderr, "%s\n", why ? why : "no session");
        return 1;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"points\":%zu,\"left\":%zu,\"calls\":%ld,\"minimum\":%ld,\"cpu_s\":%.3f,"
           "\"rss_kb\":%ld}\n",
           pass.points, pass.left, lists.calls,
           pages(lists.points) + pages(lists.points / 2) + pages(lists.points / 2),
           (double)clock() / CLOCKS_PER_SEC, usage.ru_maxrss);
    loop_free(loop);
    arena_free(lists.scratch);
    arena_free(arena);
    return 0;
}
