#include "providers/aws/s3_remote.h"

#include <string.h>

#include "engine/base/clock.h"

struct s3_remote {
    struct arena *arena;
    const char *bucket, *key, *region, *account_id, *where;
    struct transport transport;
    struct loop *loop;
    struct diags session; /* what was said of the account's session */
};

/* One call, and what came of it. */
struct call {
    struct s3_remote *remote;
    struct arena *arena; /* of the answer */
    const char *name;    /* of the object; NULL: the bucket */
    const struct value *query;
    size_t *pending;
    enum fault fault;
    const char *code, *message;
    const struct value *body;
};

static void ended(void *ctx, const struct response *rs)
{
    struct call *call = ctx;
    --*call->pending;
    call->fault = rs->fault;
    call->code = arena_strdup(call->arena, rs->code);
    call->message = arena_strdup(call->arena, rs->message);
    call->body = value_copy(call->arena, rs->body);
}

/* `condition`: a header with its value, or NULL. */
static void begin(struct call *call, const struct aws_operation *operation, const char *condition,
                  const char *etag, struct slice body)
{
    struct s3_remote *remote = call->remote;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder labels = map_begin(scratch), headers = map_begin(scratch);
    struct map_builder content = map_begin(scratch);
    map_put_str(&labels, "Bucket", remote->bucket);
    if (call->name)
        map_put_str(&labels, "Key", arena_printf(scratch, "%s%s", remote->key, call->name));
    if (condition)
        map_put_str(&headers, condition, etag);
    if (body.ptr)
        map_put(&content, "Body", value_string_n(scratch, body.ptr, body.len));
    struct aws_call_spec spec = {.operation = operation,
                                 .account_id = remote->account_id,
                                 .region = remote->region,
                                 .labels = map_end(&labels),
                                 .query = call->query,
                                 .headers = map_end(&headers),
                                 .body = map_end(&content)};
    ++*call->pending;
    aws_call(remote->loop, &spec, ended, call);
}

/* Until all have been answered. */
static void finish(struct s3_remote *remote, const size_t *pending)
{
    while (*pending > 0 && loop_turn(remote->loop)) {
    }
}

static bool fail(const struct call *call, const char *what, struct diags *diags)
{
    struct s3_remote *remote = call->remote;
    if (remote->session.len > 0) { /* no credentials: said once, with its own status */
        const struct diag *said = &remote->session.items[0];
        diag_error(diags, said->code, said->pos, said->address, "%s", said->message);
        return false;
    }
    diag_error(diags, E_STATE_REMOTE, NO_POS, NULL, "%s%s cannot be %s: %s: %s", remote->where,
               call->name ? call->name : "", what, call->code ? call->code : "no answer",
               call->message ? call->message : "AWS said no more");
    return false;
}

/* A bucket that is not there is not an object that is not there. */
static enum remote_result result_of(const struct call *call, const char *what, struct diags *diags)
{
    if (call->fault == FAULT_NONE)
        return REMOTE_DONE;
    if (call->fault == FAULT_NOT_FOUND && !str_eq(call->code, "NoSuchBucket"))
        return REMOTE_ABSENT;
    if (str_eq(call->code, "PreconditionFailed"))
        return REMOTE_REFUSED;
    (void)fail(call, what, diags);
    return REMOTE_FAILED;
}

static struct remote_object object_of(const struct call *call, const char *what,
                                      struct diags *diags)
{
    struct remote_object object = {.result = result_of(call, what, diags)};
    if (object.result != REMOTE_DONE)
        return object;
    const struct value *body = value_get(call->body, "Body");
    object.etag = value_get_str(call->body, "ETag");
    const char *date = value_get_str(call->body, "Date");
    if (date && !time_parse_http(slice_of(date), &object.at_ms))
        object.at_ms = 0;
    object.body = value_is(body, VALUE_STRING) ? body->string : slice_of("");
    if (!object.etag) {
        diag_error(diags, E_STATE_REMOTE, NO_POS, NULL, "%s%s was %s, and S3 names no ETag",
                   call->remote->where, call->name, what);
        object.result = REMOTE_FAILED;
    }
    return object;
}

static struct remote_object put(void *self, struct arena *arena, const char *name,
                                struct slice body, const char *over, struct diags *diags)
{
    size_t pending = 0;
    struct call call = {.remote = self, .arena = arena, .name = name, .pending = &pending};
    begin(&call, &s3_PutObject, over ? "if-match" : "if-none-match", over ? over : "*", body);
    finish(self, &pending);
    return object_of(&call, "written", diags);
}

static void get(void *self, struct arena *arena, const char *const *names, size_t len,
                struct remote_object *ret, struct diags *diags)
{
    size_t pending = 0;
    struct call *calls = arena_array(arena, len, sizeof(*calls));
    for (size_t i = 0; i < len; i++) {
        calls[i] =
            (struct call){.remote = self, .arena = arena, .name = names[i], .pending = &pending};
        begin(&calls[i], &s3_GetObject, NULL, NULL, (struct slice){0});
    }
    finish(self, &pending);
    for (size_t i = 0; i < len; i++)
        ret[i] = object_of(&calls[i], "read", diags);
}

static struct remote_object head(void *self, struct arena *arena, const char *name,
                                 struct diags *diags)
{
    size_t pending = 0;
    struct call call = {.remote = self, .arena = arena, .name = name, .pending = &pending};
    begin(&call, &s3_HeadObject, NULL, NULL, (struct slice){0});
    finish(self, &pending);
    return object_of(&call, "read", diags);
}

static void remove_objects(void *self, const char *const *names, size_t len, const char *etag,
                           enum remote_result *ret, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    size_t pending = 0;
    struct call *calls = arena_array(scratch, len, sizeof(*calls));
    for (size_t i = 0; i < len; i++) {
        calls[i] =
            (struct call){.remote = self, .arena = scratch, .name = names[i], .pending = &pending};
        begin(&calls[i], &s3_DeleteObject, etag ? "if-match" : NULL, etag, (struct slice){0});
    }
    finish(self, &pending);
    for (size_t i = 0; i < len; i++) {
        ret[i] = result_of(&calls[i], "removed", diags);
        if (ret[i] == REMOTE_ABSENT)
            ret[i] = REMOTE_DONE;
    }
}

/* S3 sorts by bytes. One object alone is no list in XML. */
static void add_page(struct remote_names *names, size_t *cap, const struct call *page)
{
    const struct value *contents = value_get(page->body, "Contents");
    bool single = value_is(contents, VALUE_MAP);
    size_t len = single ? 1 : value_len(contents), skipped = strlen(page->remote->key);
    names->items = arena_grow(page->arena, names->items, names->len, cap, names->len + len,
                              sizeof(*names->items));
    for (size_t i = 0; i < len; i++) {
        const char *key = value_get_str(single ? contents : value_item(contents, i), "Key");
        if (str_starts(key, page->remote->key))
            names->items[names->len++] = key + skipped;
    }
}

static bool list(void *self, struct arena *arena, const char *prefix, struct remote_names *ret,
                 struct diags *diags)
{
    struct s3_remote *remote = self;
    const char *token = NULL;
    struct remote_names names = {0};
    size_t cap = 0;
    do {
        size_t pending = 0;
        struct map_builder query = map_begin(arena);
        map_put_str(&query, "prefix", arena_printf(arena, "%s%s", remote->key, prefix));
        map_put_str(&query, "continuation-token", token);
        struct call page = {.remote = remote, .arena = arena, .pending = &pending};
        page.query = map_end(&query);
        begin(&page, &s3_ListObjectsV2, NULL, NULL, (struct slice){0});
        finish(remote, &pending);
        if (page.fault != FAULT_NONE)
            return fail(&page, "listed", diags);
        add_page(&names, &cap, &page);
        token = value_get_str(page.body, "NextContinuationToken");
    } while (token);
    *ret = names;
    return true;
}

static int64_t now_ms(void *self)
{
    (void)self;
    return clock_steady_ms();
}

static void sleep_ms(void *self, int64_t ms)
{
    (void)self;
    clock_sleep_ms(ms);
}

static const struct remote_ops ops = {.put = put,
                                      .get = get,
                                      .head = head,
                                      .remove = remove_objects,
                                      .list = list,
                                      .now_ms = now_ms,
                                      .sleep_ms = sleep_ms};

struct remote s3_remote_of(struct s3_remote *remote)
{
    return (struct remote){.ops = &ops, .self = remote, .where = remote->where};
}

struct loop *s3_remote_loop(struct s3_remote *remote)
{
    return remote->loop;
}

const struct diags *s3_remote_session(const struct s3_remote *remote)
{
    return &remote->session;
}

bool s3_remote_open(struct arena *arena, const struct s3_remote_options *options,
                    struct s3_remote **ret, struct diags *diags)
{
    struct s3_remote *remote = arena_new_of(arena, struct s3_remote);
    *remote = (struct s3_remote){
        .arena = arena,
        .bucket = options->bucket,
        .key = options->key,
        .region = options->region,
        .account_id = options->account_id,
        .where = arena_printf(arena, "s3://%s/%s", options->bucket, options->key),
        .transport = options->transport,
    };
    diags_init(&remote->session, arena);
    remote->loop = loop_new(remote->transport, &remote->session);
    if (!aws_setup(arena, remote->loop, &options->aws, diags)) {
        s3_remote_close(remote);
        return false;
    }
    *ret = remote;
    return true;
}

void s3_remote_close(struct s3_remote *remote)
{
    if (!remote)
        return;
    loop_free(remote->loop);
    remote->transport.ops->close(remote->transport.self);
}

/* ---- the bucket ---- */

static bool is_private(const struct value *block)
{
    static const char *const switches[] = {"BlockPublicAcls", "IgnorePublicAcls",
                                           "BlockPublicPolicy", "RestrictPublicBuckets"};
    for (size_t i = 0; i < ARRAY_LEN(switches); i++)
        if (!str_eq(value_get_str(block, switches[i]), "true"))
            return false;
    return true;
}

bool s3_remote_bucket(struct s3_remote *remote, struct s3_bucket_facts *ret, struct diags *diags)
{
    size_t pending = 0;
    struct call versioning = {.remote = remote, .arena = remote->arena, .pending = &pending};
    struct call block = versioning;
    begin(&versioning, &s3_GetBucketVersioning, NULL, NULL, (struct slice){0});
    begin(&block, &s3_GetPublicAccessBlock, NULL, NULL, (struct slice){0});
    finish(remote, &pending);
    bool unblocked = str_eq(block.code, "NoSuchPublicAccessBlockConfiguration");
    if (versioning.fault != FAULT_NONE)
        return fail(&versioning, "asked for its versioning", diags);
    if (block.fault != FAULT_NONE && !unblocked)
        return fail(&block, "asked for its public access block", diags);
    *ret = (struct s3_bucket_facts){.versioned =
                                        str_eq(value_get_str(versioning.body, "Status"), "Enabled"),
                                    .private = !unblocked && is_private(block.body)};
    return true;
}

bool s3_remote_race(struct s3_remote *remote, const char *name, size_t len, size_t *ret_winners,
                    struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    size_t pending = 0, winners = 0;
    bool good = true;
    struct call *calls = arena_array(scratch, len, sizeof(*calls));
    for (size_t i = 0; i < len; i++) {
        calls[i] =
            (struct call){.remote = remote, .arena = scratch, .name = name, .pending = &pending};
        const char *body = arena_printf(scratch, "racer %zu\n", i);
        begin(&calls[i], &s3_PutObject, "if-none-match", "*", slice_of(body));
    }
    finish(remote, &pending);
    for (size_t i = 0; i < len; i++) {
        enum remote_result result = result_of(&calls[i], "written", diags);
        winners += result == REMOTE_DONE ? 1 : 0;
        good = good && result != REMOTE_FAILED;
    }
    *ret_winners = winners;
    return good;
}
