#include "state/mirror_private.h"

#include "engine/base/clock.h"
#include "state/document.h"

#define SNAPSHOT_MAX FILE_READ_MAX
#define PART_MAX ((size_t)16 * 1024 * 1024) /* one object */
#define KEPT_MS HOUR_MS                     /* far longer than any lease: see snapshot_retire() */

static const char *part_name(struct arena *arena, const char *name, int64_t part)
{
    return arena_printf(arena, "%s.%lld", name, (long long)part);
}

/* The lock's id keeps the snapshots of two holders apart. */
static const char *snapshot_name(struct arena *arena, const struct mirror *mirror)
{
    return arena_printf(arena, SNAPSHOTS "%012lld-%.8s", (long long)mirror->through,
                        mirror->lock.id);
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

enum remote_result snapshot_put(struct state *state, struct arena *arena, const struct value **ret,
                                struct slice *ret_text, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    struct strbuf sb;
    int64_t parts = 0;
    strbuf_init(&sb, arena, SNAPSHOT_MAX);
    if (!state_export(state, &sb, diags))
        return REMOTE_FAILED;
    *ret_text = (struct slice){strbuf_str(&sb), sb.len};
    const char *name = snapshot_name(arena, mirror);
    const struct envelope_label label = {ENVELOPE_SNAPSHOT, state->lineage, state->serial,
                                         mirror->through};
    struct slice bytes;
    if (!mirror_pack(mirror, arena, &label, *ret_text, &bytes, diags))
        return REMOTE_FAILED;
    enum remote_result result = put_parts(mirror, arena, name, bytes, &parts, diags);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "name", name);
    map_put_int(&b, "parts", parts);
    map_put_int(&b, "through", mirror->through);
    map_put_str(&b, "batch", mirror->digest);
    map_put_str(&b, "digest", sha256_hex(arena, *ret_text));
    *ret = map_end(&b);
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

static bool get_parts(struct mirror *mirror, struct arena *arena, const struct value *snapshot,
                      struct slice *ret, struct diags *diags)
{
    const char *name = value_get_str(snapshot, "name");
    size_t len = (size_t)value_get_int(snapshot, "parts", 0);
    if (len > SNAPSHOT_MAX / PART_MAX + 1)
        return broken(mirror, snapshot, "is larger than any snapshot", diags);
    const char **names = arena_array(arena, len, sizeof(*names));
    struct remote_object *parts = arena_array(arena, len, sizeof(*parts));
    struct strbuf sb;
    strbuf_init(&sb, arena, SNAPSHOT_MAX + PART_MAX);
    for (size_t i = 0; i < len; i++)
        names[i] = part_name(arena, name, (int64_t)i);
    mirror->remote.ops->get(mirror->remote.self, arena, names, len, parts, diags);
    for (size_t i = 0; i < len; i++) {
        if (parts[i].result == REMOTE_FAILED)
            return false;
        if (parts[i].result != REMOTE_DONE || parts[i].body.len > PART_MAX)
            return broken(mirror, snapshot, "is not whole", diags);
        strbuf_add_slice(&sb, parts[i].body);
    }
    *ret = (struct slice){strbuf_str(&sb), sb.len};
    return true;
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

bool snapshot_read(struct mirror *mirror, struct arena *arena, const struct value *snapshot,
                   const char *lineage, struct slice *ret, struct diags *diags)
{
    const struct envelope_label expected = {.kind = ENVELOPE_SNAPSHOT,
                                            .lineage = lineage,
                                            .number = value_get_int(snapshot, "through", 0)};
    struct slice bytes;
    return get_parts(mirror, arena, snapshot, &bytes, diags) &&
           mirror_unpack(mirror, arena, value_get_str(snapshot, "name"), &expected, bytes, ret,
                         diags);
}

bool snapshot_import(struct state *state, struct diags *diags)
{
    struct mirror *mirror = state->mirror;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const struct value *snapshot = head_snapshot(mirror);
    struct slice text;
    if (!snapshot_read(mirror, scratch, snapshot, value_get_str(mirror->head, "lineage"), &text,
                       diags))
        return false;
    if (!str_eq(sha256_hex(scratch, text), value_get_str(snapshot, "digest")))
        return broken(mirror, snapshot, "is not what the head says", diags);
    return take_in(state, text, diags);
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
    map_put_int(&b, "since_ms", mirror->remote.ops->now_ms(mirror->remote.self));
    list_add(&list, map_end(&b));
    return list_end(&list);
}

/* Whether all of it is gone: what stays (a bucket may lock its objects) is tried the next time. */
static bool remove_retired(struct mirror *mirror, const struct value *retired)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct diags ignored;
    diags_init(&ignored, scratch);
    const struct value *snapshot = value_get(retired, "snapshot");
    int64_t from = value_get_int(retired, "from", 0),
            through = value_get_int(retired, "through", 0);
    int64_t parts = value_get_int(snapshot, "parts", 0);
    size_t len = 0, cap = (size_t)(through >= from ? through - from + 1 : 0) + (size_t)parts;
    const char **names = arena_array(scratch, cap + 1, sizeof(*names));
    enum remote_result *gone = arena_array(scratch, cap + 1, sizeof(*gone));
    for (int64_t number = from; number <= through; number++)
        names[len++] = mirror_batch_name(scratch, number);
    for (int64_t part = 0; part < parts; part++)
        names[len++] = part_name(scratch, value_get_str(snapshot, "name"), part);
    mirror->remote.ops->remove(mirror->remote.self, names, len, NULL, gone, &ignored);
    for (size_t i = 0; i < len; i++)
        if (gone[i] == REMOTE_FAILED)
            return false;
    return true;
}

const struct value *snapshot_remove_old(struct mirror *mirror, struct arena *arena)
{
    const struct value *kept = value_get(mirror->head, "kept");
    int64_t now_ms = mirror->remote.ops->now_ms(mirror->remote.self);
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < value_len(kept); i++) {
        const struct value *retired = value_item(kept, i);
        bool old = now_ms - value_get_int(retired, "since_ms", now_ms) >= KEPT_MS;
        if (!old || !remove_retired(mirror, retired))
            list_add(&list, retired);
    }
    return list_end(&list);
}
