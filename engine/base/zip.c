#include "engine/base/zip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "engine/base/bug.h"
#include "engine/base/file.h"

#define DOS_TIME 0x0000 /* 00:00:00 */
#define DOS_DATE 0x0021 /* 1980-01-01, the first day that the format knows */

static void zip_discardp(zip_t **zip)
{
    if (*zip)
        zip_discard(*zip);
}

static void source_freep(zip_source_t **source)
{
    zip_source_free(*source); /* accepts NULL */
}

static void zip_fclosep(zip_file_t **file)
{
    if (*file)
        zip_fclose(*file);
}

static bool fail(struct diags *diags, const char *name, const char *why)
{
    diag_error(diags, E_ASSET, NO_POS, NULL, "archive: %s%s%s", name, *name ? ": " : "", why);
    return false;
}

/* A path that stays inside whatever folder it is put into. */
static bool is_inside(const char *name)
{
    struct slice rest = slice_of(name);
    if (rest.len == 0 || rest.ptr[0] == '/')
        return false;
    while (rest.ptr) {
        struct slice part = slice_cut(&rest, '/');
        if (slice_is(part, ".."))
            return false;
    }
    return true;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct zip_entry *)a)->name, ((const struct zip_entry *)b)->name);
}

static bool add_entry(zip_t *zip, const struct zip_entry *entry, struct diags *diags)
{
    if (!is_inside(entry->name))
        return fail(diags, entry->name, "the name leads out of the archive");
    zip_source_t *data = zip_source_buffer(zip, entry->data.ptr, entry->data.len, 0);
    if (!data)
        return fail(diags, entry->name, zip_strerror(zip));
    zip_int64_t at = zip_file_add(zip, entry->name, data, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(data);
        return fail(diags, entry->name, zip_strerror(zip));
    }
    zip_uint64_t index = (zip_uint64_t)at;
    zip_uint32_t mode = S_IFREG | (entry->executable ? 0755 : 0644);
    if (zip_set_file_compression(zip, index, ZIP_CM_DEFLATE, 9) != 0 ||
        zip_file_set_dostime(zip, index, DOS_TIME, DOS_DATE, 0) != 0 ||
        zip_file_set_external_attributes(zip, index, 0, ZIP_OPSYS_UNIX, mode << 16) != 0)
        return fail(diags, entry->name, zip_strerror(zip));
    return true;
}

static bool read_back(struct arena *arena, zip_source_t *buffer, struct slice *ret)
{
    zip_stat_t st;
    if (zip_source_stat(buffer, &st) != 0 || zip_source_open(buffer) != 0)
        return false;
    char *data = arena_alloc(arena, st.size);
    zip_int64_t got = zip_source_read(buffer, data, st.size);
    zip_source_close(buffer);
    if (got < 0 || (zip_uint64_t)got != st.size)
        return false;
    *ret = (struct slice){data, st.size};
    return true;
}

/* An archive without entries does not exist for libzip, but its bytes are known: an end record. */
static const char empty_archive[22] = "PK\x05\x06";

bool zip_write(struct arena *arena, const struct zip_entry *entries, size_t len, struct slice *ret,
               struct diags *diags)
{
    if (len == 0) {
        *ret = (struct slice){empty_archive, sizeof(empty_archive)};
        return true;
    }
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct zip_entry *sorted = arena_memdup(scratch, entries, len * sizeof(*entries));
    qsort(sorted, len, sizeof(*sorted), compare_entries);
    CLEANUP(source_freep) zip_source_t *buffer = zip_source_buffer_create(NULL, 0, 0, NULL);
    BUG_ON(!buffer);
    zip_source_keep(buffer); /* one reference for the archive, one for us */
    zip_t *zip = zip_open_from_source(buffer, ZIP_TRUNCATE, NULL);
    BUG_ON(!zip);
    for (size_t i = 0; i < len; i++)
        if (!add_entry(zip, &sorted[i], diags)) {
            zip_discard(zip);
            return false;
        }
    if (zip_close(zip) != 0) {
        fail(diags, "", zip_strerror(zip));
        zip_discard(zip);
        return false;
    }
    return read_back(arena, buffer, ret) || fail(diags, "", "cannot be read back");
}

static mode_t unix_mode(zip_t *zip, zip_uint64_t index)
{
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (zip_file_get_external_attributes(zip, index, 0, &system, &attributes) != 0 ||
        system != ZIP_OPSYS_UNIX)
        return S_IFREG | 0644;
    return (mode_t)(attributes >> 16);
}

/* Copies one entry into a file that may not exist yet; *left is what the archive may still hold. */
static bool unpack_data(zip_file_t *file, const char *path, bool executable, uint64_t *left,
                        const char **ret_why)
{
    int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, executable ? 0755 : 0644);
    if (fd < 0) {
        *ret_why = strerror(errno);
        return false;
    }
    char block[16384];
    zip_int64_t got = 0;
    *ret_why = NULL;
    while (!*ret_why && (got = zip_fread(file, block, sizeof(block))) > 0) {
        if ((uint64_t)got > *left)
            *ret_why = "the archive holds more than is allowed";
        else if (write(fd, block, (size_t)got) != (ssize_t)got)
            *ret_why = strerror(errno);
        else
            *left -= (uint64_t)got;
    }
    if (got < 0)
        *ret_why = zip_file_strerror(file); /* a wrong checksum shows here */
    close(fd);
    return !*ret_why;
}

static bool unpack_entry(zip_t *zip, zip_uint64_t index, const char *dir, uint64_t *left,
                         struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    const char *name = zip_get_name(zip, index, ZIP_FL_ENC_GUESS);
    if (!name || !is_inside(name))
        return fail(diags, name ? name : "", "the name leads out of the archive");
    mode_t mode = unix_mode(zip, index);
    const char *path = path_join(scratch, dir, name);
    if (str_ends(name, "/"))
        return dir_make(path, 0755, diags);
    if ((mode & S_IFMT) != 0 && !S_ISREG(mode))
        return fail(diags, name, "neither a file nor a folder");
    if (!dir_make(path_dir(scratch, path), 0755, diags))
        return false;
    CLEANUP(zip_fclosep) zip_file_t *file = zip_fopen_index(zip, index, 0);
    if (!file)
        return fail(diags, name, zip_strerror(zip));
    const char *why = NULL;
    if (!unpack_data(file, path, (mode & 0111) != 0, left, &why))
        return fail(diags, name, why);
    return true;
}

bool zip_unpack(struct slice archive, const char *dir, uint64_t max_bytes, struct diags *diags)
{
    if (archive.len == 0) /* libzip would take it for a new archive */
        return fail(diags, "", "empty");
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(archive.ptr, archive.len, 0, &error);
    BUG_ON(!source);
    CLEANUP(zip_discardp) zip_t *zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (!zip) {
        fail(diags, "", zip_error_strerror(&error));
        zip_source_free(source);
        zip_error_fini(&error);
        return false;
    }
    zip_int64_t count = zip_get_num_entries(zip, 0);
    for (zip_int64_t i = 0; i < count; i++)
        if (!unpack_entry(zip, (zip_uint64_t)i, dir, &max_bytes, diags))
            return false;
    return true;
}
