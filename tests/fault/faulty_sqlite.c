#include "tests/fault/faulty_sqlite.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/crash_files.h"
#include "tests/fault/faults.h"

/* The system's file stands behind ours, in the same piece of memory. */
struct file {
    sqlite3_file base;
    struct crash_file *crash; /* when the power is to fail, else NULL */
    bool is_log;              /* a write-ahead log or a rollback journal */
};

static sqlite3_vfs *below;
static sqlite3_vfs above;
static int open_logs;

static sqlite3_file *inner_of(const struct file *file)
{
    return (sqlite3_file *)((char *)(uintptr_t)file + sizeof(*file));
}

/* A write that only moves what is durable already (a checkpoint) may fail without anybody caring.
 */
static void note_failure(const struct file *file, bool in_sync)
{
    if (!file || file->is_log || open_logs == 0)
        faults_disk_failed(in_sync);
}

/* SQLITE_OK, or what the operation is to fail with. */
static int pass(const struct file *file, int ioerr)
{
    struct fault_now fault = faults_pass(SEAM_STATE);
    if (fault.kind == FAULT_NOTHING)
        return SQLITE_OK;
    if (fault.kind == STATE_KILL) {
        faults_tell("before-write");
        faults_die();
    }
    note_failure(file, ioerr == SQLITE_IOERR_FSYNC);
    return fault.kind == STATE_FULL && ioerr == SQLITE_IOERR_WRITE ? SQLITE_FULL : ioerr;
}

static int file_close(sqlite3_file *base)
{
    struct file *file = (struct file *)base;
    if (file->crash)
        crash_file_close(file->crash);
    open_logs -= file->is_log;
    return inner_of(file)->pMethods->xClose(inner_of(file));
}

static int file_read(sqlite3_file *base, void *data, int len, sqlite3_int64 at)
{
    struct file *file = (struct file *)base;
    sqlite3_file *inner = inner_of(file);
    if (!file->crash)
        return inner->pMethods->xRead(inner, data, len, at);
    size_t got = crash_file_read(file->crash, data, (size_t)len, at);
    if (got == (size_t)len)
        return SQLITE_OK;
    memset((char *)data + got, 0, (size_t)len - got);
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
    struct file *file = (struct file *)base;
    sqlite3_file *inner = inner_of(file);
    int rc = pass(file, SQLITE_IOERR_WRITE);
    if (rc != SQLITE_OK)
        return rc;
    if (!file->crash)
        return inner->pMethods->xWrite(inner, data, len, at);
    crash_file_write(file->crash, data, (size_t)len, at);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    struct file *file = (struct file *)base;
    sqlite3_file *inner = inner_of(file);
    int rc = pass(file, SQLITE_IOERR_TRUNCATE);
    if (rc != SQLITE_OK)
        return rc;
    if (!file->crash)
        return inner->pMethods->xTruncate(inner, len);
    crash_file_truncate(file->crash, len);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct file *file = (struct file *)base;
    sqlite3_file *inner = inner_of(file);
    int rc = pass(file, SQLITE_IOERR_FSYNC);
    if (rc != SQLITE_OK)
        return rc;
    if (faults_pass(SEAM_SYNC).kind == SYNC_CRASH)
        crash_files_fail();
    if (file->crash)
        rc = crash_file_sync(file->crash);
    return rc != SQLITE_OK ? rc : inner->pMethods->xSync(inner, flags);
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret)
{
    struct file *file = (struct file *)base;
    sqlite3_file *inner = inner_of(file);
    if (!file->crash)
        return inner->pMethods->xFileSize(inner, ret);
    *ret = crash_file_size(file->crash);
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level)
{
    sqlite3_file *inner = inner_of((struct file *)base);
    return inner->pMethods->xLock(inner, level);
}

static int file_unlock(sqlite3_file *base, int level)
{
    sqlite3_file *inner = inner_of((struct file *)base);
    return inner->pMethods->xUnlock(inner, level);
}

static int file_check_lock(sqlite3_file *base, int *ret)
{
    sqlite3_file *inner = inner_of((struct file *)base);
    return inner->pMethods->xCheckReservedLock(inner, ret);
}

static int file_control(sqlite3_file *base, int op, void *arg)
{
    sqlite3_file *inner = inner_of((struct file *)base);
    return inner->pMethods->xFileControl(inner, op, arg);
}

static int file_sector_size(sqlite3_file *base)
{
    sqlite3_file *inner = inner_of((struct file *)base);
    return inner->pMethods->xSectorSize(inner);
}

static int file_characteristics(sqlite3_file *base)
{
    sqlite3_file *inner = inner_of((struct file *)base);
    return inner->pMethods->xDeviceCharacteristics(inner);
}

/* The index of the log is memory that processes share, not a file that must last. */
static int shm_map(sqlite3_file *base, int page, int len, int extend, void volatile **ret)
{
    sqlite3_file *inner = inner_of((struct file *)base);
    return inner->pMethods->xShmMap(inner, page, len, extend, ret);
}

static int shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
    sqlite3_file *inner = inner_of((struct file *)base);
    return inner->pMethods->xShmLock(inner, offset, n, flags);
}

static void shm_barrier(sqlite3_file *base)
{
    sqlite3_file *inner = inner_of((struct file *)base);
    inner->pMethods->xShmBarrier(inner);
}

static int shm_unmap(sqlite3_file *base, int delete_it)
{
    sqlite3_file *inner = inner_of((struct file *)base);
    return inner->pMethods->xShmUnmap(inner, delete_it);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* without memory mapped files */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int disk_write(void *self, const void *data, int len, int64_t at)
{
    sqlite3_file *inner = self;
    return inner->pMethods->xWrite(inner, data, len, at);
}

static int disk_truncate(void *self, int64_t len)
{
    sqlite3_file *inner = self;
    return inner->pMethods->xTruncate(inner, len);
}

static void load(struct file *file)
{
    sqlite3_file *inner = inner_of(file);
    sqlite3_int64 len = 0;
    struct crash_disk disk = {disk_write, disk_truncate, inner};
    void *content = NULL;
    if (inner->pMethods->xFileSize(inner, &len) != SQLITE_OK ||
        !(content = malloc((size_t)len + 1)) ||
        (len > 0 && inner->pMethods->xRead(inner, content, (int)len, 0) != SQLITE_OK)) {
        fputs("a file cannot be loaded\n", stderr);
        faults_die();
    }
    file->crash = crash_file_open(&disk, content, (size_t)len);
    free(content);
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                    int *ret_flags)
{
    (void)vfs;
    if (!name || strstr(name, ".world.db"))
        return below->xOpen(below, name, base, flags, ret_flags);
    struct file *file = (struct file *)base;
    *file = (struct file){.is_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0};
    int rc = flags & SQLITE_OPEN_CREATE ? pass(file, SQLITE_CANTOPEN) : SQLITE_OK;
    if (rc == SQLITE_OK)
        rc = below->xOpen(below, name, inner_of(file), flags, ret_flags);
    if (rc != SQLITE_OK)
        return rc;
    if (faults_want(SYNC_CRASH) || faults_want(KILL_POWER))
        load(file);
    open_logs += file->is_log;
    file->base.pMethods = &methods;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    int rc = strstr(name, ".world.db") ? SQLITE_OK : pass(NULL, SQLITE_IOERR_DELETE);
    return rc != SQLITE_OK ? rc : below->xDelete(below, name, sync_folder);
}

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *out)
{
    (void)vfs;
    return faults_chance(out, (size_t)len) ? len : below->xRandomness(below, len, out);
}

void faulty_sqlite_register(void)
{
    below = sqlite3_vfs_find(NULL);
    above = *below; /* what is not ours is asked of the system's functions, with our name */
    above.pNext = NULL;
    above.zName = "faulty";
    above.szOsFile = below->szOsFile + (int)sizeof(struct file);
    above.xOpen = vfs_open;
    above.xDelete = vfs_delete;
    above.xRandomness = vfs_randomness;
    sqlite3_vfs_register(&above, 1);
}
