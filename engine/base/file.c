#include "engine/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/bug.h"
#include "engine/base/env.h"

static void close_fdp(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void closedir_p(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static bool fail_read(struct diags *diags, const char *path)
{
    diag_error(diags, E_FILE_READ, NO_POS, NULL, "%s: %s", path, strerror(errno));
    return false;
}

static bool fail_write(struct diags *diags, const char *path)
{
    diag_error(diags, E_OUTPUT, NO_POS, NULL, "%s: %s", path, strerror(errno));
    return false;
}

static bool refuse_size(struct diags *diags, const char *path, size_t max)
{
    const size_t mebi = (size_t)1024 * 1024;
    struct diag *diag = diag_error(diags, E_FILE_READ, NO_POS, NULL, "%s: larger than %zu %s", path,
                                   max < mebi ? max : max / mebi, max < mebi ? "bytes" : "MiB");
    diag_hint(diags, diag,
              "Is this the file that was meant? None of its kind is read beyond that.");
    return false;
}

static ssize_t read_some(int fd, char *data, size_t len)
{
    ssize_t got;
    do
        got = read(fd, data, len);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Sizes are a hint only: what /proc and pipes hold is known at the end. */
static size_t size_hint(int fd, size_t max)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
        return (size_t)16 * 1024;
    return (size_t)st.st_size < max ? (size_t)st.st_size : max;
}

bool file_read(struct arena *arena, const char *path, size_t max, struct slice *ret,
               struct diags *diags)
{
    bool standard_input = str_eq(path, "-");
    CLEANUP(close_fdp) int owned = standard_input ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    int fd = standard_input ? STDIN_FILENO : owned;
    if (fd < 0)
        return fail_read(diags, path);
    size_t cap = 0, len = 0;
    char *data = arena_grow(arena, NULL, 0, &cap, size_hint(fd, max) + 2, 1);
    for (;;) {
        ssize_t got = read_some(fd, data + len, cap - len - 1);
        if (got < 0)
            return fail_read(diags, path);
        if (got == 0)
            break;
        len += (size_t)got;
        if (len > max)
            return refuse_size(diags, path, max);
        data = arena_grow(arena, data, len, &cap, len + 2, 1);
    }
    data[len] = '\0';
    *ret = (struct slice){data, len};
    return true;
}

static bool write_all(int fd, struct slice data)
{
    while (data.len > 0) {
        ssize_t put = write(fd, data.ptr, data.len);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0)
            data = slice_from(data, (size_t)put);
    }
    return true;
}

static bool sync_dir(const char *path)
{
    CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

bool file_append(const char *path, struct slice data, struct diags *diags)
{
    CLEANUP(close_fdp)
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return (fd >= 0 && write_all(fd, data)) || fail_write(diags, path);
}

/* A rename would put a file in the place of a device or a pipe; /dev/stdout may lead to a file. */
bool file_may_be_replaced(const char *path, struct diags *diags)
{
    struct stat st;
    bool is_device = str_starts(path, "/dev/") && !str_starts(path, "/dev/shm/");
    if (!is_device && (stat(path, &st) != 0 || S_ISREG(st.st_mode)))
        return true;
    if (!is_device && S_ISDIR(st.st_mode)) {
        struct diag *diag =
            diag_error(diags, E_OUTPUT, NO_POS, NULL, "%s is a folder, and no file", path);
        diag_hint(diags, diag, "Name a file in it.");
        return false;
    }
    diag_error(diags, E_OUTPUT, NO_POS, NULL, "%s is no regular file, and is not replaced by one",
               path);
    return false;
}

/* A state or a world: no text takes its place, whatever a command line says. */
static bool refuse_database(const char *path, struct diags *diags)
{
    static const char begins[] = "SQLite format 3";
    char head[sizeof(begins)] = "";
    CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || read_some(fd, head, sizeof(head)) != sizeof(head) ||
        memcmp(head, begins, sizeof(head)) != 0)
        return true;
    struct diag *diag =
        diag_error(diags, E_OUTPUT, NO_POS, NULL,
                   "%s is a database, a state or a world, and is not replaced", path);
    diag_hint(diags, diag, "Name another file.");
    return false;
}

bool file_write_atomic(const char *path, struct slice data, unsigned mode, struct diags *diags)
{
    if (!file_may_be_replaced(path, diags) || !refuse_database(path, diags))
        return false;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    char *temporary = arena_printf(scratch, "%s.XXXXXX", path);
    CLEANUP(close_fdp) int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return fail_write(diags, path);
    if (!write_all(fd, data) || fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0 ||
        rename(temporary, path) != 0) {
        fail_write(diags, path);
        unlink(temporary);
        return false;
    }
    if (!sync_dir(path_dir(scratch, path)))
        return fail_write(diags, path);
    return true;
}

bool file_publish(const char *temporary, const char *path, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    CLEANUP(close_fdp) int fd = open(temporary, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fsync(fd) != 0 || rename(temporary, path) != 0 ||
        !sync_dir(path_dir(scratch, path)))
        return fail_write(diags, path);
    return true;
}

static bool mode_of(const char *path, bool follow, mode_t *ret)
{
    struct stat st;
    if ((follow ? stat(path, &st) : lstat(path, &st)) != 0)
        return false;
    *ret = st.st_mode;
    return true;
}

bool file_exists(const char *path)
{
    mode_t mode;
    return mode_of(path, true, &mode) && !S_ISDIR(mode);
}

bool dir_exists(const char *path)
{
    mode_t mode;
    return mode_of(path, true, &mode) && S_ISDIR(mode);
}

bool file_is_link(const char *path)
{
    mode_t mode;
    return mode_of(path, false, &mode) && S_ISLNK(mode);
}

bool file_is_executable(const char *path)
{
    return file_exists(path) && access(path, X_OK) == 0;
}

bool dir_make(const char *path, unsigned mode, struct diags *diags)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    char *partial = arena_strdup(scratch, path);
    char *slash = *partial ? strchr(partial + 1, '/') : NULL;
    for (; slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(partial, (mode_t)mode) != 0 && errno != EEXIST)
            return fail_write(diags, partial);
        *slash = '/';
    }
    if (mkdir(path, (mode_t)mode) != 0 && !(errno == EEXIST && dir_exists(path)))
        return fail_write(diags, path);
    return true;
}

struct listing {
    struct arena *arena;
    const char **names;
    size_t len, cap;
    bool recursive;
};

static void add_name(struct listing *list, const char *name)
{
    list->names = arena_grow(list->arena, list->names, list->len, &list->cap, list->len + 1,
                             sizeof(*list->names));
    list->names[list->len++] = name;
}

static bool is_dot(const char *name)
{
    return str_eq(name, ".") || str_eq(name, "..");
}

static bool is_dir_at(int dir_fd, const char *name)
{
    struct stat st;
    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Takes over `fd`. False leaves errno. */
static bool list_into(struct listing *list, int fd, const char *prefix)
{
    CLEANUP(closedir_p) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        close_fdp(&fd);
        return false;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry)
            return errno == 0;
        if (is_dot(entry->d_name))
            continue;
        const char *name = arena_printf(list->arena, "%s%s", prefix, entry->d_name);
        if (!list->recursive || !is_dir_at(dirfd(dir), entry->d_name)) {
            add_name(list, name);
            continue;
        }
        int inner =
            openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (!list_into(list, inner, arena_printf(list->arena, "%s/", name)))
            return false;
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool dir_list(struct arena *arena, const char *path, bool recursive, const char ***ret,
              size_t *ret_len, struct diags *diags)
{
    struct listing list = {.arena = arena, .recursive = recursive};
    if (!list_into(&list, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ""))
        return fail_read(diags, path);
    if (list.len > 1)
        qsort(list.names, list.len, sizeof(*list.names), compare_names);
    *ret = list.names;
    *ret_len = list.len;
    return true;
}

/* Empties the folder behind `fd`, which it takes over. */
static void empty_dir(int fd)
{
    CLEANUP(closedir_p) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        close_fdp(&fd);
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (is_dot(entry->d_name))
            continue;
        bool folder = is_dir_at(dirfd(dir), entry->d_name);
        if (folder)
            empty_dir(
                openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        unlinkat(dirfd(dir), entry->d_name, folder ? AT_REMOVEDIR : 0);
    }
}

void dir_remove(const char *path)
{
    empty_dir(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    rmdir(path);
}

const char *path_dir(struct arena *arena, const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') /* "a/b/" lies in "a" */
        end--;
    while (end > 0 && path[end - 1] != '/')
        end--;
    if (end == 0)
        return ".";
    while (end > 1 && path[end - 1] == '/')
        end--;
    return arena_strndup(arena, path, end);
}

const char *path_join(struct arena *arena, const char *dir, const char *name)
{
    if (name[0] == '/' || dir[0] == '\0' || str_eq(dir, "."))
        return arena_strdup(arena, name);
    return arena_printf(arena, str_ends(dir, "/") ? "%s%s" : "%s/%s", dir, name);
}

const char *path_self_dir(struct arena *arena)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len <= 0)
        return ".";
    path[len] = '\0';
    return path_dir(arena, path);
}

const char *path_temp_dir(struct arena *arena)
{
    const char *base = env_get("TMPDIR");
    char *path = arena_printf(arena, "%s/holdfast-XXXXXX", base ? base : "/tmp");
    return mkdtemp(path);
}

enum lock_result file_lock_take(const char *path, struct file_lock *ret)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return LOCK_FAILED;
    int locked;
    do
        locked = flock(fd, LOCK_EX | LOCK_NB);
    while (locked != 0 && errno == EINTR);
    if (locked == 0) {
        ret->fd = fd;
        return LOCK_TAKEN;
    }
    enum lock_result result = errno == EWOULDBLOCK ? LOCK_HELD : LOCK_FAILED;
    close(fd);
    return result;
}

void file_lock_release(struct file_lock *lock)
{
    close_fdp(&lock->fd); /* the file stays: to remove it would let two processes lock two files */
}
