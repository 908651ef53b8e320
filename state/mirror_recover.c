/* A shared state without its head: what stands there all the same, and a head made of it. */
#include "state/mirror_private.h"

#include <string.h>

#include "engine/base/json.h"
#include "state/document.h"

/* What the names under the key tell. */
struct remains {
    struct remote_names parts; /* of snapshots */
    int64_t *batches;          /* their numbers, rising */
    size_t batch_len;
};

/* ---- names ---- */

/* ".journal/000000000012" */
static bool read_batch_name(const char *name, int64_t *ret)
{
    long long number = 0;
    bool good = parse_int64(slice_from(slice_of(name), strlen(JOURNAL)), &number);
    *ret = number;
    return good && number > 0;
}

/* ".snapshots/000000000012-1a2b3c4d.0" */
static bool read_part_name(const char *name, int64_t *ret_through)
{
    struct slice rest = slice_from(slice_of(name), strlen(SNAPSHOTS));
    long long number = 0;
    bool good = parse_int64(slice_cut(&rest, '-'), &number);
    *ret_through = number;
    return good && number >= 0;
}

static bool find_remains(struct mirror *mirror, struct arena *arena, struct remains *ret,
                         struct diags *diags)
{
    const struct remote *remote = &mirror->remote;
    struct remote_names batches;
    if (!remote->ops->list(remote->self, arena, SNAPSHOTS, &ret->parts, diags) ||
        !remote->ops->list(remote->self, arena, JOURNAL, &batches, diags))
        return false;
    ret->batches = arena_array(arena, batches.len, sizeof(*ret->batches));
    ret->batch_len = 0;
    for (size_t i = 0; i < batches.len; i++)
        ret->batch_len += read_batch_name(batches.items[i], &ret->batches[ret->batch_len]) ? 1 : 0;
    return true;
}

/* The journal goes on behind that number without a gap, and holds the number itself. */
static bool goes_on_from(const struct remains *remains, int64_t number)
{
    size_t at = 0;
    while (at < remains->batch_len && remains->batches[at] < number)
        at++;
    if (number > 0 && (at == remains->batch_len || remains->batches[at] != number))
        return false;
    int64_t next = number > 0 ? number : 1;
    for (; at < remains->batch_len; at++, next++)
        if (remains->batches[at] != next)
            return false;
    return true;
}

/* The snapshot that ends with this part, which is the last of its name in the list: as a head says
 * it, but for its digests. NULL: a part is missing. *ret_first: where its parts begin. */
static const struct value *snapshot_ending(const struct remains *remains, struct arena *arena,
                                           size_t last, size_t *ret_first)
{
    const char *name = remains->parts.items[last], *dot = strrchr(name, '.');
    size_t len = (size_t)(dot - name), first = last;
    int64_t through = 0, parts = 0;
    long long highest = 0, part = 0;
    bool good = read_part_name(name, &through);
    for (size_t i = last + 1; i-- > 0 && strncmp(remains->parts.items[i], name, len + 1) == 0;) {
        good = good && parse_int64(slice_of(remains->parts.items[i] + len + 1), &part);
        highest = part > highest ? part : highest;
        first = i;
        parts++;
    }
    *ret_first = first;
    if (!good || highest != parts - 1)
        return NULL;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "name", arena_strndup(arena, name, len));
    map_put_int(&b, "parts", parts);
    map_put_int(&b, "through", through);
    return map_end(&b);
}

/* ---- whether a state may be founded ---- */

static bool headless(struct state *state, const char *what, struct diags *diags)
{
    diag_error(diags, E_STATE_HEADLESS, NO_POS, NULL, "%s is missing, and %s",
               state->mirror->remote.where, what);
    return false;
}

/* Who founded it was cut off before the head, and nothing of what it holds is known here alone. */
static bool was_never_founded(struct state *state, const struct remains *remains)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    if (remains->batch_len > 0)
        return false;
    for (size_t left = remains->parts.len; left > 0;) {
        const struct value *snapshot = snapshot_ending(remains, scratch, left - 1, &left);
        struct slice text;
        struct state_head head;
        if (!snapshot)
            continue;
        if (value_get_int(snapshot, "through", 0) > 0 ||
            !snapshot_read(state->mirror, scratch, snapshot, NULL, &text, &ignored) ||
            !state_document_head(scratch, "", text, &head, &ignored))
            return false;
        bool here = str_eq(head.lineage, state->lineage) && state->serial >= head.serial;
        if (head.serial > 0 && !here)
            return false;
    }
    return true;
}

bool mirror_may_found(struct state *state, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct remains remains;
    if (!find_remains(state->mirror, scratch, &remains, diags))
        return false;
    return was_never_founded(state, &remains) ||
           headless(state,
                    arena_printf(scratch, "%zu snapshots and %zu batches of its journal are there",
                                 remains.parts.len, remains.batch_len),
                    diags);
}

/* ---- a new head ---- */

/* The batch that the snapshot ends with: the next one names its digest. */
static bool digest_of_batch(struct mirror *mirror, struct arena *arena,
                            const struct state_head *document, int64_t number, const char **ret,
                            struct diags *diags)
{
    const struct value *batch = NULL;
    const char *why = NULL;
    struct slice text;
    *ret = "";
    if (number == 0)
        return true;
    struct remote_object object =
        mirror_get(mirror, arena, mirror_batch_name(arena, number), diags);
    if (object.result != REMOTE_DONE ||
        !mirror_unpack_batch(mirror, arena, number, object.body, &text, diags) ||
        !json_parse(arena, text, &batch, &why))
        return false;
    *ret = sha256_hex(arena, text);
    return value_get_int(batch, "serial", -1) == document->serial &&
           str_eq(value_get_str(batch, "lineage"), document->lineage);
}

/* A run that was cut off: the next steps, ours, look into the journal for what is behind it. */
static const struct value *head_from(struct state *state, struct arena *arena,
                                     const struct value *snapshot,
                                     const struct state_head *document)
{
    struct list_builder none = list_begin(arena);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "lineage", document->lineage);
    map_put_str(&b, "topology", document->topology);
    map_put_str(&b, "world", document->world);
    map_put_int(&b, "serial", document->serial);
    map_put(&b, "through", value_get(snapshot, "through"));
    map_put(&b, "digest", value_get(snapshot, "batch"));
    map_put(&b, "snapshot", snapshot);
    map_put(&b, "kept", list_end(&none));
    return value_with(arena, map_end(&b), "run", mirror_run(state, arena));
}

/* NULL: it is not whole, or the journal does not follow it. */
static const struct value *head_on(struct state *state, struct arena *arena,
                                   const struct remains *remains, const struct value *snapshot,
                                   struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    int64_t through = value_get_int(snapshot, "through", 0);
    const char *name = value_get_str(snapshot, "name"), *batch = "";
    struct slice text;
    struct state_head document;
    if (!goes_on_from(remains, through) ||
        !snapshot_read(mirror, arena, snapshot, NULL, &text, diags) ||
        !state_document_head(arena, name, text, &document, diags) ||
        !digest_of_batch(mirror, arena, &document, through, &batch, diags))
        return NULL;
    snapshot = value_with(arena, snapshot, "batch", value_string(arena, batch));
    snapshot = value_with(arena, snapshot, "digest", value_string(arena, sha256_hex(arena, text)));
    return head_from(state, arena, snapshot, &document);
}

static const struct value *newest_head(struct state *state, struct arena *arena,
                                       const struct remains *remains, struct diags *diags)
{
    for (size_t left = remains->parts.len; left > 0;) {
        const struct value *snapshot = snapshot_ending(remains, arena, left - 1, &left);
        const struct value *head =
            snapshot ? head_on(state, arena, remains, snapshot, diags) : NULL;
        if (head)
            return head;
    }
    return NULL;
}

/* ---- the cache as what a head is made of ---- */

/* Where a head of the bucket's own would end: with the last batch, or with its snapshot. */
static int64_t end_of(const struct remains *remains, const struct value *head)
{
    int64_t through = value_get_int(head, "through", 0);
    int64_t last = remains->batch_len ? remains->batches[remains->batch_len - 1] : 0;
    return last > through ? last : through;
}

static bool holds_batch(const struct remains *remains, int64_t number)
{
    for (size_t i = 0; i < remains->batch_len; i++)
        if (remains->batches[i] == number)
            return true;
    return false;
}

/* What was seen here is part of what the head leads to: else it would be refused as soon as it is
 * read, and would stand there. */
static bool agrees_with_cache(struct state *state, const struct remains *remains,
                              const struct value *head, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    if (mirror->through == value_get_int(head, "through", 0))
        return str_eq(mirror->digest, value_get_str(head, "digest")) ||
               mirror_rolled_back(state, "what stands there is not what was seen here", diags);
    return !holds_batch(remains, mirror->through) || mirror_last_is_there(state, diags);
}

/* The file goes on where it ends: behind it the journal has no gap, or nothing. */
static bool cache_can_be_gone_on_from(struct state *state, const struct remains *remains,
                                      struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    if (mirror->through < 0)
        return false;
    if (!holds_batch(remains, mirror->through))
        return end_of(remains, NULL) <= mirror->through;
    return goes_on_from(remains, mirror->through) && mirror_last_is_there(state, diags);
}

/* A head on a snapshot of the file, in the numbers that the journal had: what is left of that is in
 * nobody's way. NULL: reported. */
static const struct value *head_of_cache(struct state *state, struct arena *arena,
                                         struct diags *diags)
{
    const struct state_head here = {.lineage = state->lineage,
                                    .serial = state->serial,
                                    .topology = state->topology,
                                    .world = state->world};
    const struct value *snapshot = NULL;
    struct slice text;
    enum remote_result result = snapshot_put(state, arena, &snapshot, &text, diags);
    if (result == REMOTE_REFUSED)
        (void)mirror_fenced(state, "its next snapshot is there already", diags);
    return result == REMOTE_DONE ? head_from(state, arena, snapshot, &here) : NULL;
}

/* The newest of what stands there and what was seen here. Nothing is written before it is known to
 * be that. NULL: reported. */
static const struct value *choose_head(struct state *state, struct arena *arena,
                                       const struct remains *remains, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    struct diags own;
    diags_init(&own, arena);
    const struct value *head = newest_head(state, arena, remains, &own);
    if (head && end_of(remains, head) >= mirror->through)
        return agrees_with_cache(state, remains, head, diags) ? head : NULL;
    if (cache_can_be_gone_on_from(state, remains, &own))
        return head_of_cache(state, arena, diags);
    (void)headless(state,
                   arena_printf(arena, "no snapshot that is there can be gone on from%s%s",
                                own.len ? ": " : "", own.len ? own.items[0].message : ""),
                   diags);
    return NULL;
}

bool mirror_recover(struct state *state, bool *ret_nothing, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct remains remains;
    if (!find_remains(mirror, scratch, &remains, diags))
        return false;
    *ret_nothing = remains.parts.len + remains.batch_len == 0;
    mirror->recovered = true;
    if (*ret_nothing)
        return mirror->through >= 0 ||
               headless(state, "nothing else of it is there either, nor a cache of it here", diags);
    const struct value *head = choose_head(state, scratch, &remains, diags);
    if (!head)
        return false;
    mirror->etag = NULL;
    enum remote_result result = head_put(mirror, head, diags);
    return result == REMOTE_DONE ||
           (result == REMOTE_REFUSED && mirror_fenced(state, "somebody has just made it", diags));
}
