#include "engine/config/assets.h"

#include "engine/base/crypto.h"
#include "engine/base/file.h"
#include "engine/base/strbuf.h"
#include "engine/base/zip.h"

/* Where messages about one asset go. */
struct where {
    struct arena *arena;
    struct source_pos pos;
    const char *address;
    struct diags *diags;
};

static bool refuse(const struct where *where, const char *path, const char *why)
{
    diag_error(where->diags, E_ASSET, where->pos, where->address, "%s: %s", path, why);
    return false;
}

/* The layers below have no place to point at; their reason is given as ours. */
static bool read_content(const struct where *where, const char *path, size_t max, struct slice *ret)
{
    struct diags below;
    diags_init(&below, where->arena);
    if (file_read(where->arena, path, max, ret, &below))
        return true;
    diag_error(where->diags, E_ASSET, where->pos, where->address, "%s", below.items[0].message);
    return false;
}

static const char *base_name(const char *path)
{
    const char *base = path;
    for (const char *c = path; *c; c++)
        if (*c == '/' && c[1])
            base = c + 1;
    return base;
}

static bool zip_entries(const struct where *where, const char *path,
                        const struct zip_entry *entries, size_t len, struct slice *ret)
{
    struct diags below;
    diags_init(&below, where->arena);
    if (!zip_write(where->arena, entries, len, ret, &below))
        return refuse(where, path, below.items[0].message);
    return true;
}

static bool pack_file(const struct where *where, const char *path, struct slice *ret)
{
    struct zip_entry entry = {.name = base_name(path), .executable = file_is_executable(path)};
    return read_content(where, path, ASSET_CONTENT_MAX, &entry.data) &&
           zip_entries(where, path, &entry, 1, ret);
}

static bool pack_folder(const struct where *where, const char *dir, struct slice *ret)
{
    struct diags below;
    diags_init(&below, where->arena);
    const char **names = NULL;
    size_t len = 0, total = 0;
    if (!dir_list(where->arena, dir, true, &names, &len, &below))
        return refuse(where, dir, below.items[0].message);
    if (len == 0)
        return refuse(where, dir, "the folder is empty");
    struct zip_entry *entries = arena_array(where->arena, len, sizeof(*entries));
    for (size_t i = 0; i < len; i++) {
        const char *path = path_join(where->arena, dir, names[i]);
        if (file_is_link(path))
            return refuse(where, path, "a link cannot be packed");
        entries[i] = (struct zip_entry){.name = names[i], .executable = file_is_executable(path)};
        if (!read_content(where, path, ASSET_CONTENT_MAX - total, &entries[i].data))
            return false;
        total += entries[i].data.len;
    }
    return zip_entries(where, dir, entries, len, ret);
}

static bool pack(const struct where *where, const char *path, struct asset *ret)
{
    struct slice zip = {0};
    if (dir_exists(path)) {
        if (!pack_folder(where, path, &zip))
            return false;
    } else if (!file_exists(path)) {
        return refuse(where, path, "there is no such file");
    } else if (str_ends(path, ".zip")) {
        if (!read_content(where, path, ASSET_ZIP_MAX, &zip))
            return false;
        if (!slice_starts(zip, "PK"))
            return refuse(where, path, "is not a zip archive");
    } else if (!pack_file(where, path, &zip)) {
        return false;
    }
    if (zip.len > ASSET_ZIP_MAX)
        return refuse(where, path, "the package is larger than Lambda takes (50 MiB)");
    uint8_t digest[SHA256_LEN];
    sha256(zip, digest);
    *ret = (struct asset){
        .path = arena_strdup(where->arena, path),
        .sha256 = base64_encode(where->arena, (struct slice){(const char *)digest, SHA256_LEN}),
        .zip = zip,
    };
    return true;
}

bool asset_pack(struct arena *arena, const char *path, struct source_pos pos, const char *address,
                struct asset *ret, struct diags *diags)
{
    struct where where = {arena, pos, address, diags};
    return pack(&where, path, ret);
}

/* A relative path without "..", no part of which is a link; as a path that can be opened. */
static const char *inside(const struct where *where, const char *dir, const char *path)
{
    const char *why = NULL;
    if (!*path)
        why = "an empty path";
    else if (*path == '/')
        why = "an absolute path; paths are relative to the topology";
    struct strbuf sb;
    strbuf_init(&sb, where->arena, 4096);
    strbuf_add(&sb, dir);
    struct slice rest = slice_of(path);
    while (!why && rest.len > 0) {
        struct slice part = slice_cut(&rest, '/');
        if (part.len == 0 || slice_is(part, "."))
            continue;
        strbuf_add_char(&sb, '/');
        strbuf_add_slice(&sb, part);
        if (slice_is(part, ".."))
            why = "leaves the topology's folder";
        else if (sb.overflowed)
            why = "the path is too long";
        else if (file_is_link(strbuf_str(&sb)))
            why = "is or passes a link, which may lead out of the topology's folder";
    }
    if (!why)
        return strbuf_str(&sb);
    refuse(where, path, why);
    return NULL;
}

void assets_init(struct assets *assets, struct arena *arena, const char *dir, const char *data_dir)
{
    *assets = (struct assets){.arena = arena, .dir = dir, .data_dir = data_dir};
    map_init(&assets->packed, arena);
}

/* Members of a group name one path: it is read, and complained about, once. */
static const struct asset **slot_of(struct assets *assets, const char *path, bool *ret_fresh)
{
    const struct asset **slot = map_get(&assets->packed, path);
    *ret_fresh = !slot;
    if (!slot) {
        slot = arena_new_of(assets->arena, const struct asset *);
        map_set(&assets->packed, arena_strdup(assets->arena, path), slot);
    }
    return slot;
}

const struct asset *assets_get(struct assets *assets, const struct value *path, const char *address,
                               struct diags *diags)
{
    struct where where = {assets->arena, path->pos, address, diags};
    const char *text = value_str(path);
    if (!text) {
        refuse(&where, value_kind_name(path->kind), "a path is text");
        return NULL;
    }
    bool fresh = false;
    const struct asset **slot = slot_of(assets, text, &fresh);
    const char *full = fresh ? inside(&where, assets->dir, text) : NULL;
    if (!full)
        return *slot;
    struct asset *asset = arena_new_of(assets->arena, struct asset);
    if (pack(&where, full, asset))
        *slot = asset;
    return *slot;
}

/* "relay/bootstrap.zip" is for the machine that built the program. */
static const char *relay_package(struct arena *arena, const char *architecture)
{
    return str_eq(architecture, RELAY_ARCHITECTURE)
               ? "relay/bootstrap.zip"
               : arena_printf(arena, "relay/bootstrap-%s.zip", architecture);
}

static void report_missing(const struct where *where, const char *architecture, const char *why,
                           struct diags *diags)
{
    struct diag *diag = diag_error(diags, E_RELAY_PACKAGE, where->pos, where->address, "%s", why);
    if (!str_eq(architecture, RELAY_ARCHITECTURE))
        diag_hint(
            diags, diag,
            "This program was built for %s. `./dev arm64` cross-compiles for arm64; a build on "
            "a machine of %s makes it as relay/bootstrap.zip.",
            RELAY_ARCHITECTURE, architecture);
}

const struct asset *assets_relay(struct assets *assets, const char *architecture,
                                 struct source_pos pos, const char *address, struct diags *diags)
{
    bool fresh = false;
    const char *name = relay_package(assets->arena, architecture);
    const struct asset **slot =
        slot_of(assets, arena_printf(assets->arena, "/%s", name), &fresh); /* no path of a user */
    if (!fresh)
        return *slot;
    struct diags below;
    diags_init(&below, assets->arena);
    struct where where = {assets->arena, pos, address, &below};
    const char *path = assets->data_dir ? path_join(assets->arena, assets->data_dir, name) : NULL;
    struct asset *asset = arena_new_of(assets->arena, struct asset);
    if (path && pack(&where, path, asset))
        *slot = asset;
    else
        report_missing(&where, architecture,
                       path ? below.items[0].message : "no data directory is known", diags);
    return *slot;
}
