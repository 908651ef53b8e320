/* What the program asks of libc, and chance of OpenSSL, wrapped by the linker (--wrap): only the
 * calls of our own files come here, not those of SQLite (faulty_sqlite.c) or any other library. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/fault.h"
#include "tests/fault/crash_files.h"
#include "tests/fault/faults.h"

/* A fault of the simulated world's own file would be none of the program's. */
static bool is_world(const char *path)
{
    return strstr(path, ".world.db") != NULL;
}

static bool disk_fails(void)
{
    struct fault_now fault = faults_pass(SEAM_FILE);
    if (fault.kind == FAULT_NOTHING)
        return false;
    if (fault.kind == FILE_KILL) {
        faults_tell("before-file");
        faults_die();
    }
    errno = fault.kind == FILE_FULL ? ENOSPC : EIO;
    return true;
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    return disk_fails() ? -1 : __real_write(fd, data, len);
}

ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at)
{
    return disk_fails() ? -1 : __real_pwrite(fd, data, len, at);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return disk_fails() ? -1 : __real_fsync(fd);
}

int __real_ftruncate(int fd, off_t len);
int __wrap_ftruncate(int fd, off_t len);
int __wrap_ftruncate(int fd, off_t len)
{
    return disk_fails() ? -1 : __real_ftruncate(fd, len);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    return disk_fails() ? -1 : __real_rename(from, to);
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode)
{
    return disk_fails() ? -1 : __real_mkdir(path, mode);
}

int __real_mkostemp(char *pattern, int flags);
int __wrap_mkostemp(char *pattern, int flags);
int __wrap_mkostemp(char *pattern, int flags)
{
    return disk_fails() ? -1 : __real_mkostemp(pattern, flags);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    if (!(flags & O_CREAT))
        return __real_open(path, flags);
    va_list args;
    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    return !is_world(path) && disk_fails() ? -1 : __real_open(path, flags, mode);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return faults_pass(SEAM_MEMORY).kind == MEMORY_OUT ? NULL : __real_calloc(count, size);
}

int __real_RAND_bytes(unsigned char *out, int len);
int __wrap_RAND_bytes(unsigned char *out, int len);
int __wrap_RAND_bytes(unsigned char *out, int len)
{
    return faults_chance(out, (size_t)len) ? 1 : __real_RAND_bytes(out, len);
}

#ifdef HOLDFAST_FAULT_POINTS
void __wrap_fault_point(const char *name);
void __wrap_fault_point(const char *name)
{
    struct fault_now fault = faults_pass(SEAM_KILL);
    if (fault.kind == FAULT_NOTHING)
        return;
    faults_tell(name);
    if (fault.kind == KILL_POWER)
        crash_files_fail();
    faults_die();
}
#endif
