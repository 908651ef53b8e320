#include "state/mirror_private.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/gzip.h"
#include "state/document.h"

#define PART_MAX ((size_t)16 * 1024 * 1024) /* one object */
#define KEPT_MS HOUR_MS                     /* far longer than any lease: see snapshot_retire() */

static const char *part_name(struct arena *arena, const char *name, int64_t part)
{
    return arena_printf(arena, "%s.%lld", name, (long long)part);
}

/* The lock's id keeps the documents of two holders apart. */
static const char *document_name(struct arena *arena, const struct mirror *mirror,
                                 const char *prefix, int64_t number)
{
    return arena_printf(arena, "%s%012lld-%.8s", prefix, (long long)number, mirror->lock.id);
}

static enum remote_result put_parts(struct mirror *mirror, struct arena *arena, const char *name,
                                    struct slice bytes, int64_t *ret_parts, struct diags *diags)
{
    int64_t part = 0;
    for (size_t at = 0; at < bytes.len; at += PART_MAX, part++) {
        struct slice rest = slice_from(bytes, at);
        if (rest.len > PART_MAX)
            rest.len = PART_MAX;
        enum remote_result result =
            mirror_put(mirror, arena, part_name(arena, name, part), rest, NULL, diags).result;
        if (result != REMOTE_DONE)
            return result;
    }
    *ret_parts = part;
    return REMOTE_DONE;
}

enum remote_result document_put(struct state *state, struct arena *arena, const char *prefix,
                                int64_t number, struct slice text, const struct value **ret,
                                struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    const struct envelope_label label = {ENVELOPE_SNAPSHOT, state->lineage, state->serial, number};
    const char *name = document_name(arena, mirror, prefix, number);
    int64_t parts = 0;
    struct slice bytes;
    if (!mirror_pack(mirror, arena, &label, gzip_pack(arena, text), &bytes, diags))
        return REMOTE_FAILED;
    enum remote_result result = put_parts(mirror, arena, name, bytes, &parts, diags);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "name", name);
    map_put_int(&b, "parts", parts);
    map_put_int(&b, "through", number);
    map_put_int(&b, "bytes", (int64_t)text.len);
    map_put_str(&b, "digest", sha256_hex(arena, text));
    *ret = map_end(&b);
    return result;
}

enum remote_result snapshot_put(struct state *state, struct arena *arena, const struct value **ret,
                                struct slice *ret_text, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    const struct value *document = NULL;
    struct strbuf sb;
    strbuf_init(&sb, arena, STATE_DOCUMENT_MAX);
    if (!state_export(state, &sb, diags))
        return REMOTE_FAILED;
    *ret_text = (struct slice){strbuf_str(&sb), sb.len};
    enum remote_result result =
        document_put(state, arena, SNAPSHOTS, mirror->through, *ret_text, &document, diags);
    if (result == REMOTE_DONE)
        *ret = value_with(arena, document, "batch", value_string(arena, mirror->digest));
    return result;
}

/* ---- reading ---- */

static bool broken(const struct mirror *mirror, const struct value *snapshot, const char *what,
                   struct diags *diags)
{
    struct diag *diag = diag_error(diags, E_STATE_CORRUPT, NO_POS, NULL, "%s%s %s",
                                   mirror->remote.where, value_get_str(snapshot, "name"), what);
    diag_hint(diags, diag, "The bucket keeps older versions: restore this one. Nothing was sent.");
    return false;
}

/* The parts one behind the other. */
static bool join(const struct mirror *mirror, struct arena *arena, const struct value *snapshot,
                 const struct remote_object *parts, size_t len, struct slice *ret,
                 struct diags *diags)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < len; i++) {
        if (parts[i].result == REMOTE_FAILED)
            return false;
        if (parts[i].result != REMOTE_DONE || parts[i].body.len > PART_MAX)
            return broken(mirror, snapshot, "is not whole", diags);
        total += parts[i].body.len;
    }
    char *bytes = arena_alloc(arena, total + 1);
    for (size_t i = 0; i < len; at += parts[i++].body.len)
        memcpy(bytes + at, parts[i].body.ptr, parts[i].body.len);
    bytes[total] = '\0';
    *ret = (struct slice){bytes, total};
    return true;
}

static bool get_parts(struct mirror *mirror, struct arena *arena, const struct value *snapshot,
                      struct slice *ret, struct diags *diags)
{
    const char *name = value_get_str(snapshot, "name");
    int64_t len = value_get_int(snapshot, "parts", 0);
    if (!name || len < 0 || (size_t)len > STATE_DOCUMENT_MAX / PART_MAX + 1)
        return broken(mirror, snapshot, "is larger than any document", diags);
    const char **names = arena_array(arena, (size_t)len, sizeof(*names));
    struct remote_object *parts = arena_array(arena, (size_t)len, sizeof(*parts));
    for (int64_t i = 0; i < len; i++)
        names[i] = part_name(arena, name, i);
    mirror->remote.ops->get(mirror->remote.self, arena, names, (size_t)len, parts, diags);
    return join(mirror, arena, snapshot, parts, (size_t)len, ret, diags);
}

/* The file is from then on a cache that ends where the snapshot does. */
static bool note_through(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    const struct value *snapshot = head_snapshot(mirror);
    return batch_begin(state, diags) &&
           mirror_put_through(state, head_snapshot_through(mirror),
                              value_get_str(snapshot, "batch"), diags) &&
           journal_commit(state, diags);
}

static bool take_in(struct state *state, struct slice text, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *place = arena_printf(scratch, "%s%s", mirror->remote.where,
                                     value_get_str(head_snapshot(mirror), "name"));
    mirror->replaying = true;
    bool good = state_import(state, place, text, diags) && note_through(state, diags);
    mirror->replaying = false;
    return good;
}

/* Documents that an older program wrote are not packed. A head says how long the text is; where it
 * is missing (mirror_recover.c), it is no longer than a document may be. */
static bool unpack(const struct mirror *mirror, struct arena *arena, const struct value *snapshot,
                   struct slice bytes, struct slice *ret, struct diags *diags)
{
    int64_t len = value_get_int(snapshot, "bytes", (int64_t)STATE_DOCUMENT_MAX);
    size_t max = len >= 0 && (size_t)len < STATE_DOCUMENT_MAX ? (size_t)len : STATE_DOCUMENT_MAX;
    const char *why = NULL;
    if (gzip_is(bytes))
        return gzip_unpack(arena, bytes, max, ret, &why) ||
               broken(mirror, snapshot, arena_printf(arena, "cannot be unpacked: %s", why), diags);
    *ret = bytes;
    return true;
}

bool snapshot_read(struct mirror *mirror, struct arena *arena, const struct value *snapshot,
                   const char *lineage, struct slice *ret, struct diags *diags)
{
    const struct envelope_label expected = {.kind = ENVELOPE_SNAPSHOT,
                                            .lineage = lineage,
                                            .number = value_get_int(snapshot, "through", 0)};
    const char *digest = value_get_str(snapshot, "digest");
    struct slice bytes, text;
    if (!get_parts(mirror, arena, snapshot, &bytes, diags) ||
        !mirror_unpack(mirror, arena, value_get_str(snapshot, "name"), &expected, bytes, &bytes,
                       diags) ||
        !unpack(mirror, arena, snapshot, bytes, &text, diags))
        return false;
    if (digest && !str_eq(sha256_hex(arena, text), digest))
        return broken(mirror, snapshot, "is not what was written", diags);
    *ret = text;
    return true;
}

bool snapshot_import(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct slice text;
    return snapshot_read(mirror, scratch, head_snapshot(mirror),
                         value_get_str(mirror->head, "lineage"), &text, diags) &&
           take_in(state, text, diags);
}

/* ---- what is no longer needed ---- */

/* Kept for an hour: a holder that slept through two runs would otherwise find its next number free
 * again. After so long its lease is over, and it looks at the lock before it writes. */
const struct value *snapshot_retire(struct mirror *mirror, struct arena *arena,
                                    const struct value *kept)
{
    struct list_builder list = list_begin(arena);
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < value_len(kept); i++)
        list_add(&list, value_item(kept, i));
    map_put(&b, "snapshot", head_snapshot(mirror));
    map_put_int(&b, "from", head_snapshot_through(mirror) + 1);
    map_put_int(&b, "through", mirror->through);
    map_put(&b, "document", mirror->beside);
    map_put_int(&b, "since_ms", mirror_now_ms(mirror));
    list_add(&list, map_end(&b));
    return list_end(&list);
}

static size_t add_parts(struct arena *arena, const struct value *document, const char **names)
{
    int64_t parts = value_get_int(document, "parts", 0);
    for (int64_t part = 0; part < parts; part++)
        names[part] = part_name(arena, value_get_str(document, "name"), part);
    return (size_t)parts;
}

/* Whether all of it is gone: what stays (a bucket may lock its objects) is tried the next time. */
static bool remove_retired(struct mirror *mirror, const struct value *retired)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    const struct value *documents[] = {value_get(retired, "snapshot"),
                                       value_get(retired, "document")};
    int64_t from = value_get_int(retired, "from", 0),
            through = value_get_int(retired, "through", 0);
    size_t len = 0, cap = (size_t)(through >= from ? through - from + 1 : 0);
    for (size_t i = 0; i < ARRAY_LEN(documents); i++)
        cap += (size_t)value_get_int(documents[i], "parts", 0);
    const char **names = arena_array(scratch, cap + 1, sizeof(*names));
    enum remote_result *gone = arena_array(scratch, cap + 1, sizeof(*gone));
    for (int64_t number = from; number <= through; number++)
        names[len++] = mirror_batch_name(scratch, number);
    for (size_t i = 0; i < ARRAY_LEN(documents); i++)
        len += add_parts(scratch, documents[i], names + len);
    mirror->remote.ops->remove(mirror->remote.self, names, len, NULL, gone, &ignored);
    for (size_t i = 0; i < len; i++)
        if (gone[i] == REMOTE_FAILED)
            return false;
    return true;
}

const struct value *snapshot_remove_old(struct mirror *mirror, struct arena *arena)
{
    const struct value *kept = value_get(mirror->head, "kept");
    int64_t now_ms = mirror_now_ms(mirror);
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < value_len(kept); i++) {
        const struct value *retired = value_item(kept, i);
        bool old = now_ms - value_get_int(retired, "since_ms", now_ms) >= KEPT_MS;
        if (!old || !remove_retired(mirror, retired))
            list_add(&list, retired);
    }
    return list_end(&list);
}
