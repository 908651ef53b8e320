#pragma once
/* Files as they are between two syncs: writes are visible at once, and reach the disk with the next
 * sync. When the power fails, any part of what was not synced may have reached it all the same:
 * each write whole, its beginning only, or not at all. As later writes may have and earlier ones
 * not, that is every order in which a disk may take them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crash_file;

/* How the disk beneath is reached; each gives a result code of SQLite's. */
struct crash_disk {
    int (*write)(void *self, const void *data, int len, int64_t at);
    int (*truncate)(void *self, int64_t len);
    void *self;
};

/* `content` of `len` bytes is what the disk holds; it is copied. */
struct crash_file *crash_file_open(const struct crash_disk *disk, const void *content, size_t len);
void crash_file_close(
    struct crash_file *file); /* what was not synced: the system writes it some day */
/* Gives how many of the bytes there are. */
size_t crash_file_read(const struct crash_file *file, void *data, size_t len, int64_t at);
void crash_file_write(struct crash_file *file, const void *data, size_t len, int64_t at);
void crash_file_truncate(struct crash_file *file, int64_t len);
int64_t crash_file_size(const struct crash_file *file);
int crash_file_sync(struct crash_file *file);
/* The power fails: some of what no open file has synced reaches the disk, and the process ends. */
_Noreturn void crash_files_fail(void);
