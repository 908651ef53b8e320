#include "tests/fault/faults.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "tests/fault/answers.h"

#define FAULT_MAX 8
#define BAD_FAULTS 99

struct fault {
    struct fault_now what;
    enum seam seam;
    unsigned long long from, to;
};

static const struct {
    const char *name;
    enum fault_kind kind;
    enum seam seam;
} kinds[] = {
    {"http:unsent", HTTP_UNSENT, SEAM_HTTP},
    {"http:lost", HTTP_LOST, SEAM_HTTP},
    {"http:cut", HTTP_CUT, SEAM_HTTP},
    {"state:full", STATE_FULL, SEAM_STATE},
    {"state:ioerr", STATE_IOERR, SEAM_STATE},
    {"crash", SYNC_CRASH, SEAM_SYNC},
    {"file:full", FILE_FULL, SEAM_FILE},
    {"file:ioerr", FILE_IOERR, SEAM_FILE},
    {"memory", MEMORY_OUT, SEAM_MEMORY},
    {"kill", KILL, SEAM_KILL},
    {"power", KILL_POWER, SEAM_KILL},
    {"http:kill", HTTP_KILL, SEAM_HTTP},
    {"http:kill-reply", HTTP_KILL_REPLY, SEAM_HTTP},
    {"state:kill", STATE_KILL, SEAM_STATE},
    {"file:kill", FILE_KILL, SEAM_FILE},
};

static const char *const seam_names[] = {
    [SEAM_HTTP] = "http", [SEAM_STATE] = "state",   [SEAM_SYNC] = "sync",
    [SEAM_FILE] = "file", [SEAM_MEMORY] = "memory", [SEAM_KILL] = "kill"};
static_assert(ARRAY_LEN(seam_names) == SEAM_LEN, "a name for each seam");

static bool counting, disk_failed, sync_failed;
static struct fault faults[FAULT_MAX];
static size_t fault_len;
static unsigned long long passed[SEAM_LEN], fired, sent_after;
static uint64_t random_state, chance_state;
static bool chance_decided;
static char report_path[4096], under_way[OPERATION_MAX_LEN];

static _Noreturn void refuse(const char *text)
{
    fprintf(stderr, "HOLDFAST_FAULTS: what is %s?\n", text);
    _exit(BAD_FAULTS);
}

static bool read_kind(const char *name, struct fault *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0) {
            ret->what.kind = kinds[i].kind;
            ret->seam = kinds[i].seam;
            return true;
        }
    ret->what = (struct fault_now){HTTP_CODE, NULL};
    ret->seam = SEAM_HTTP;
    if (strncmp(name, "http:", 5) == 0)
        ret->what.code = answers_code(name + 5);
    return ret->what.code != NULL;
}

/* KIND@K, KIND@K+N, KIND@K+ */
static void read_fault(char *text)
{
    char *at = strchr(text, '@'), *plus = at ? strchr(at, '+') : NULL;
    if (!at || fault_len == FAULT_MAX)
        refuse(text);
    *at = '\0';
    struct fault *fault = &faults[fault_len++];
    if (!read_kind(text, fault))
        refuse(text);
    fault->from = fault->to = strtoull(at + 1, NULL, 10);
    if (fault->from == 0)
        refuse(at + 1);
    if (plus)
        fault->to = plus[1] ? fault->from + strtoull(plus + 1, NULL, 10) - 1 : UINT64_MAX;
}

static void report(void)
{
    counting = false;
    FILE *file = report_path[0] ? fopen(report_path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "{");
    for (size_t i = 0; i < SEAM_LEN; i++)
        fprintf(file, "\"%s\": %llu, ", seam_names[i], passed[i]);
    fprintf(file, "\"fired\": %llu, \"sent_after_disk_failed\": %llu, \"sync_failed\": %s}\n",
            fired, sent_after, sync_failed ? "true" : "false");
    fclose(file);
}

void faults_begin(void)
{
    const char *text = getenv("HOLDFAST_FAULTS"), *seed = getenv("HOLDFAST_FAULT_SEED");
    const char *chance = getenv("HOLDFAST_FAULT_CHANCE"), *path = getenv("HOLDFAST_FAULT_REPORT");
    static char copy[1024];
    snprintf(copy, sizeof(copy), "%s", text ? text : "");
    char *rest = NULL;
    for (char *one = strtok_r(copy, ",", &rest); one; one = strtok_r(NULL, ",", &rest))
        read_fault(one);
    random_state = seed ? strtoull(seed, NULL, 10) : 1;
    chance_state = chance ? strtoull(chance, NULL, 10) : 0;
    chance_decided = chance != NULL;
    snprintf(report_path, sizeof(report_path), "%s", path ? path : "");
    atexit(report);
    counting = true;
}

struct fault_now faults_pass(enum seam seam)
{
    struct fault_now now = {FAULT_NOTHING, NULL};
    if (!counting)
        return now;
    unsigned long long count = ++passed[seam];
    for (size_t i = 0; i < fault_len && now.kind == FAULT_NOTHING; i++)
        if (faults[i].seam == seam && faults[i].from <= count && count <= faults[i].to)
            now = faults[i].what;
    fired += now.kind != FAULT_NOTHING;
    return now;
}

bool faults_want(enum fault_kind kind)
{
    for (size_t i = 0; i < fault_len; i++)
        if (faults[i].what.kind == kind)
            return true;
    return false;
}

void faults_disk_failed(bool in_sync)
{
    disk_failed = true;
    sync_failed = sync_failed || in_sync;
}

static bool is_of_the_state(const char *operation)
{
    static const char *const own[] = {
        "s3:PutObject",    "s3:GetObject",     "s3:HeadObject",
        "s3:DeleteObject", "s3:ListObjectsV2", "kms:GenerateDataKey",
        "kms:Decrypt",     "sts:AssumeRole",   "sts:GetCallerIdentity"};
    for (size_t i = 0; operation && i < ARRAY_LEN(own); i++)
        if (strcmp(own[i], operation) == 0)
            return true;
    return false;
}

void faults_answering(const char *operation)
{
    snprintf(under_way, sizeof(under_way), "%s",
             is_of_the_state(operation) ? "state"
             : operation                ? operation
                                        : "a call");
}

void faults_sending(const char *operation)
{
    faults_answering(operation);
    sent_after += counting && disk_failed && !is_of_the_state(operation);
}

void faults_tell(const char *where)
{
    fprintf(stderr, "killed %s of %s\n", where, under_way);
}

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t faults_random(void)
{
    return next_random(&random_state);
}

bool faults_chance(void *out, size_t len)
{
    for (size_t i = 0; chance_decided && i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)next_random(&chance_state);
    return chance_decided;
}

_Noreturn void faults_die(void)
{
    kill(getpid(), SIGKILL);
    _exit(BAD_FAULTS);
}
