#include "state/mirror_private.h"

#include <string.h>

#include "engine/base/json.h"

const char *mirror_batch_name(struct arena *arena, int64_t number)
{
    return arena_printf(arena, JOURNAL "%012lld", (long long)number);
}

bool mirror_fenced(struct state *state, const char *what, struct diags *diags)
{
    state->mirror->broken = true;
    diag_error(diags, E_STATE_FENCED, NO_POS, NULL, "%s: %s", state->mirror->remote.where, what);
    return false;
}

bool mirror_rolled_back(struct state *state, const char *what, struct diags *diags)
{
    struct diag *diag = diag_error(diags, E_STATE_ROLLED_BACK, NO_POS, NULL, "%s: %s",
                                   state->mirror->remote.where, what);
    diag_hint(diags, diag,
              "The local cache %s has seen more. Find out who put an old state back, and restore "
              "the newer versions of its objects; if the old one is meant, remove the cache.",
              state->path);
    return false;
}

int64_t mirror_now_ms(const struct mirror *mirror)
{
    return mirror->store_ms ? mirror->store_ms : mirror->remote.ops->now_ms(mirror->remote.self);
}

static void look_at_clock(struct mirror *mirror, const struct remote_object *object)
{
    if (object->at_ms > mirror->store_ms)
        mirror->store_ms = object->at_ms;
}

struct remote_object mirror_get(struct mirror *mirror, struct arena *arena, const char *name,
                                struct diags *diags)
{
    struct remote_object object;
    mirror->remote.ops->get(mirror->remote.self, arena, &name, 1, &object, diags);
    look_at_clock(mirror, &object);
    return object;
}

static bool same_bytes(struct slice a, struct slice b)
{
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

struct remote_object mirror_put(struct mirror *mirror, struct arena *arena, const char *name,
                                struct slice bytes, const char *over, struct diags *diags)
{
    struct remote_object put =
        mirror->remote.ops->put(mirror->remote.self, arena, name, bytes, over, diags);
    look_at_clock(mirror, &put);
    if (put.result != REMOTE_REFUSED)
        return put;
    struct remote_object there = mirror_get(mirror, arena, name, diags);
    if (there.result == REMOTE_FAILED ||
        (there.result == REMOTE_DONE && same_bytes(there.body, bytes)))
        return there;
    return put;
}

/* ---- the head ---- */

int64_t head_through(const struct mirror *mirror)
{
    return value_get_int(mirror->head, "through", 0);
}

const struct value *head_run(const struct mirror *mirror)
{
    return value_get(mirror->head, "run");
}

const struct value *head_snapshot(const struct mirror *mirror)
{
    return value_get(mirror->head, "snapshot");
}

int64_t head_snapshot_through(const struct mirror *mirror)
{
    return value_get_int(head_snapshot(mirror), "through", 0);
}

static void take_head(struct mirror *mirror, const struct value *head, const char *etag)
{
    mirror->head = value_copy(mirror->arena, head);
    mirror->etag = arena_strdup(mirror->arena, etag);
}

/* arn NULL: it is not known. */
static const struct value *with_key(struct arena *arena, const struct value *head, const char *arn)
{
    const struct value *keys = value_get(head, HEAD_KEYS);
    struct list_builder b = list_begin(arena);
    bool there = !arn;
    for (size_t i = 0; i < value_len(keys); i++) {
        list_add(&b, value_item(keys, i));
        there = there || str_eq(value_str(value_item(keys, i)), arn);
    }
    if (there)
        return head;
    list_add_str(&b, arn);
    return value_with(arena, head, HEAD_KEYS, list_end(&b));
}

enum remote_result head_put(struct mirror *mirror, const struct value *head, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *arn = NULL;
    if (mirror->sealer &&
        !sealer_seals_under(mirror->sealer, value_get_str(head, "lineage"), &arn, diags))
        return REMOTE_FAILED;
    head = with_key(scratch, head, arn);
    const char *text = arena_printf(scratch, "%s\n", json_print(scratch, head, JSON_PRETTY));
    const struct envelope_label label = {ENVELOPE_HEAD, value_get_str(head, "lineage"),
                                         value_get_int(head, "serial", 0),
                                         value_get_int(head, "through", 0)};
    struct slice bytes;
    if (!mirror_pack(mirror, scratch, &label, slice_of(text), &bytes, diags))
        return REMOTE_FAILED;
    struct remote_object put = mirror_put(mirror, scratch, HEAD, bytes, mirror->etag, diags);
    if (put.result == REMOTE_DONE) {
        take_head(mirror, head, put.etag);
        mirror->head_key = mirror->key;
    }
    return put.result == REMOTE_ABSENT ? REMOTE_REFUSED : put.result;
}

/* Every member that is not checked later. */
static bool is_head(const struct value *head)
{
    static const char *const texts[] = {"format_version", "lineage", "topology", "world"};
    const struct value *snapshot = value_get(head, "snapshot");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!value_get_str(head, texts[i]))
            return false;
    return value_get_str(snapshot, "name") && value_get_str(snapshot, "digest") &&
           value_get_int(snapshot, "parts", 0) > 0 && value_get_int(snapshot, "through", -1) >= 0 &&
           value_get_int(head, "through", -1) >= 0;
}

bool head_read(struct state *state, const struct remote_object *object, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const struct value *head = NULL;
    const char *why = NULL, *where = mirror->remote.where;
    const struct envelope_label any = {.kind = ENVELOPE_HEAD};
    struct slice text;
    if (!mirror_unpack(mirror, scratch, HEAD, &any, object->body, &text, diags))
        return false;
    if (!json_parse(scratch, text, &head, &why) || !is_head(head)) {
        struct diag *diag = diag_error(diags, E_STATE_CORRUPT, NO_POS, NULL,
                                       "%s is not the head of a state", where);
        diag_hint(diags, diag,
                  "Restore an earlier version of the object; nothing was sent to AWS.");
        return false;
    }
    if (!str_starts(value_get_str(head, "format_version"), "1.")) {
        diag_error(diags, E_STATE_NEWER, NO_POS, NULL, "%s has version %.20s", where,
                   value_get_str(head, "format_version"));
        return false;
    }
    if (!str_eq(value_get_str(head, "topology"), state->topology)) {
        struct diag *diag =
            diag_error(diags, E_STATE_FOREIGN, NO_POS, NULL, "%s belongs to topology %s, not to %s",
                       where, value_get_str(head, "topology"), state->topology);
        diag_hint(diags, diag, "Give this topology another `key` under `state.s3`.");
        return false;
    }
    if (envelope_is(object->body)) /* an older program has not written it down */
        head = with_key(scratch, head, sealer_opened_under(mirror->sealer));
    take_head(mirror, head, object->etag);
    mirror->head_key = !envelope_is(object->body) ? NULL : mirror->enforced ? mirror->key : "";
    return true;
}

/* ---- what the file knows ---- */

/* What is no digest becomes none. */
static void keep_digest(char *to, const char *digest)
{
    size_t len = digest ? strlen(digest) : 0;
    if (len != DIGEST_LEN)
        len = 0;
    if (len)
        memcpy(to, digest, len);
    to[len] = '\0';
}

void mirror_read_facts(struct state *state)
{
    struct mirror *mirror = state->mirror;
    const struct value *through = state_fact(state, mirror->arena, FACT_THROUGH);
    const struct value *head = state_fact(state, mirror->arena, FACT_HEAD);
    const char *digest = value_get_str(through, "digest");
    mirror->through = value_get_int(through, "number", -1);
    keep_digest(mirror->digest, digest);
    mirror->place = value_get_str(head, "place");
    mirror->etag = value_get_str(head, "etag");
    mirror->head = value_get(head, "head");
    mirror->head_key = value_get_str(head, "key");
}

const char *mirror_place(struct state *state, struct arena *arena)
{
    return value_get_str(state_fact(state, arena, FACT_HEAD), "place");
}

bool mirror_put_through(struct state *state, int64_t number, const char *digest,
                        struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = map_begin(scratch);
    map_put_int(&b, "number", number);
    map_put_str(&b, "digest", digest);
    if (!fact_put(state, FACT_THROUGH, map_end(&b), diags))
        return false;
    mirror->moves = true;
    mirror->next_through = number;
    keep_digest(mirror->next_digest, digest);
    return true;
}

bool mirror_remember_head(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct map_builder b = map_begin(scratch);
    map_put_str(&b, "place", mirror->remote.where);
    map_put_str(&b, "etag", mirror->etag);
    map_put(&b, "head", mirror->head);
    map_put_str(&b, "key", mirror->head_key);
    return batch_begin(state, diags) && fact_put(state, FACT_HEAD, map_end(&b), diags) &&
           journal_commit(state, diags);
}

bool mirror_is_at_rest(const struct mirror *mirror)
{
    return mirror->etag && mirror->head && !head_run(mirror) &&
           mirror->through == head_through(mirror);
}
