#include "engine/adopt/code.h"

#include <string.h>

#include "engine/base/crypto.h"
#include "engine/base/file.h"
#include "engine/config/assets.h"
#include "providers/aws/aws.h"
#include "providers/aws/fetch.h"

#define FETCH_TIMEOUT_MS 120000
#define FETCH_ATTEMPTS 3

struct fetching {
    struct arena *arena;
    const struct code_input *input;
    struct finding *function;
    struct diags *diags;
    const char *path; /* of the file */
    bool *failed;
};

static void refuse(struct fetching *f, const char *why)
{
    *f->failed = true;
    diag_error(f->diags, E_ADOPT_CODE, f->function->account->pos, NULL, "%s: %s",
               finding_text(f->arena, f->function), why);
}

static const char *digest_of(struct arena *arena, struct slice zip)
{
    uint8_t digest[SHA256_LEN];
    sha256(zip, digest);
    return base64_encode(arena, (struct slice){(const char *)digest, SHA256_LEN});
}

/* What stands in the file already may be somebody's. */
static bool may_write(struct fetching *f, struct slice zip)
{
    struct slice held;
    if (!file_exists(f->path))
        return true;
    if (!file_read(f->arena, f->path, ASSET_ZIP_MAX, &held, f->diags))
        return false;
    if (held.len == zip.len && memcmp(held.ptr, zip.ptr, zip.len) == 0)
        return true;
    refuse(f, arena_printf(f->arena, "%s is there already and holds something else", f->path));
    return false;
}

static void fetched(void *ctx, const struct http_response *http)
{
    struct fetching *f = ctx;
    const char *wanted = value_get_str(f->function->attributes, "code_sha256");
    if (http->status != 200)
        refuse(f, http->status
                      ? arena_printf(f->arena, "its code was answered with status %d", http->status)
                      : arena_printf(f->arena, "its code cannot be fetched: %s",
                                     http->error ? http->error : "no answer"));
    else if (!str_eq(digest_of(f->arena, http->body), wanted))
        refuse(f, "what was fetched is not the code that Lambda tells the digest of");
    else if (may_write(f, http->body) && file_write_atomic(f->path, http->body, 0600, f->diags))
        f->function->code = f->path;
    else
        *f->failed = true;
}

/* The address is signed, a secret for as long as it is good: it is in no message. */
static void located(void *ctx, const struct response *rs)
{
    struct fetching *f = ctx;
    const struct value *code = value_get(rs->body, "Code");
    const char *url = value_get_str(code, "Location"), *host = NULL;
    struct fetch_spec spec = {.method = "GET",
                              .timeout_ms = FETCH_TIMEOUT_MS,
                              .attempts = FETCH_ATTEMPTS,
                              .proxied = true};
    if (rs->fault != FAULT_NONE)
        refuse(f, arena_printf(f->arena, "%s: %s: %s", rs->operation,
                               rs->code ? rs->code : "no code", rs->message ? rs->message : ""));
    else if (value_get(code, "ImageUri"))
        refuse(f, "its code is an image of a container, which a topology cannot hold");
    else if (!url || !fetch_split(f->arena, arena_strdup(f->arena, url), &spec, &host) ||
             (!f->input->elsewhere && !str_starts(url, "https://")))
        refuse(f, "Lambda does not say where its code is");
    else
        fetch(loop_provider(f->input->loop), &spec, fetched, f);
}

static bool is_function(const struct finding *finding)
{
    return str_eq(finding->schema->type_name, "aws_lambda_function");
}

static bool is_only_one(const struct findings *findings, const struct finding *function)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->len; i++)
        count += is_function(&findings->items[i]) &&
                 str_eq(findings->items[i].identifier, function->identifier);
    return count == 1;
}

static const char *file_of(struct arena *arena, const struct findings *findings,
                           const struct finding *function)
{
    if (is_only_one(findings, function))
        return arena_printf(arena, "%s.zip", function->identifier);
    return arena_printf(arena, "%s-%s-%s.zip", function->identifier, function->account->id,
                        function->region);
}

bool code_fetch(struct arena *arena, const struct code_input *input, struct findings *findings,
                struct diags *diags)
{
    bool failed = false;
    for (size_t i = 0; i < findings->len; i++) {
        struct finding *function = &findings->items[i];
        if (!is_function(function))
            continue;
        if (!dir_make(input->folder, 0700, diags))
            return false;
        struct fetching *f = arena_new_of(arena, struct fetching);
        *f = (struct fetching){
            .arena = arena,
            .input = input,
            .function = function,
            .diags = diags,
            .path = path_join(arena, input->folder, file_of(arena, findings, function)),
            .failed = &failed};
        struct map_builder labels = map_begin(arena);
        map_put_str(&labels, "FunctionName", function->identifier);
        struct aws_call_spec spec = {.operation = &lambda_GetFunction,
                                     .account_id = function->account->id,
                                     .region = function->region,
                                     .labels = map_end(&labels)};
        aws_call(input->loop, &spec, located, f);
        while (loop_turn(input->loop)) /* one after the other: each may be as large as memory */
            ;
    }
    return !failed;
}
