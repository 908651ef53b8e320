#include "tests/fault/crash_files.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/faults.h"

struct change {
    struct change *next;
    int64_t at; /* of a cut: the new length */
    size_t len;
    bool cuts;
    unsigned char data[];
};

struct crash_file {
    struct crash_file *next; /* of those that are open */
    struct crash_disk disk;
    unsigned char *content;
    size_t len, cap;
    struct change *first, **last;
};

static struct crash_file *open_files;

static void *take_memory(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    if (!memory) {
        fputs("no memory for the injectors\n", stderr);
        faults_die();
    }
    return memory;
}

static void resize(struct crash_file *file, size_t len)
{
    if (len > file->cap) {
        file->cap = 2 * len;
        file->content = take_memory(file->content, file->cap);
    }
    if (len > file->len)
        memset(file->content + file->len, 0, len - file->len);
    file->len = len;
}

static void add(struct crash_file *file, const struct change *what, const void *data, size_t len)
{
    struct change *change = take_memory(NULL, sizeof(*change) + len);
    *change = *what;
    change->len = len;
    if (len > 0)
        memcpy(change->data, data, len);
    *file->last = change;
    file->last = &change->next;
}

struct crash_file *crash_file_open(const struct crash_disk *disk, const void *content, size_t len)
{
    struct crash_file *file = take_memory(NULL, sizeof(*file));
    *file = (struct crash_file){.next = open_files, .disk = *disk};
    file->last = &file->first;
    resize(file, len);
    if (len > 0)
        memcpy(file->content, content, len);
    open_files = file;
    return file;
}

void crash_file_close(struct crash_file *file)
{
    crash_file_sync(file);
    struct crash_file **link = &open_files;
    while (*link != file)
        link = &(*link)->next;
    *link = file->next;
    free(file->content);
    free(file);
}

size_t crash_file_read(const struct crash_file *file, void *data, size_t len, int64_t at)
{
    size_t start = (size_t)at;
    if (start >= file->len)
        return 0;
    size_t got = file->len - start < len ? file->len - start : len;
    memcpy(data, file->content + start, got);
    return got;
}

void crash_file_write(struct crash_file *file, const void *data, size_t len, int64_t at)
{
    size_t end = (size_t)at + len;
    if (end > file->len)
        resize(file, end);
    memcpy(file->content + at, data, len);
    add(file, &(struct change){.at = at}, data, len);
}

void crash_file_truncate(struct crash_file *file, int64_t len)
{
    resize(file, (size_t)len);
    add(file, &(struct change){.at = len, .cuts = true}, NULL, 0);
}

int64_t crash_file_size(const struct crash_file *file)
{
    return (int64_t)file->len;
}

static int carry_out(const struct crash_file *file, const struct change *change, size_t len)
{
    return change->cuts ? file->disk.truncate(file->disk.self, change->at)
                        : file->disk.write(file->disk.self, change->data, (int)len, change->at);
}

int crash_file_sync(struct crash_file *file)
{
    int rc = SQLITE_OK;
    while (file->first) {
        struct change *change = file->first;
        file->first = change->next;
        if (rc == SQLITE_OK)
            rc = carry_out(file, change, change->len);
        free(change);
    }
    file->last = &file->first;
    return rc;
}

_Noreturn void crash_files_fail(void)
{
    for (struct crash_file *file = open_files; file; file = file->next)
        for (struct change *change = file->first; change; change = change->next) {
            uint64_t fate = faults_random() % 3; /* lost, torn, whole */
            size_t len = change->len;
            if (fate == 1 && !change->cuts)
                len = len > 0 ? faults_random() % len : 0;
            if (fate > 0 && (len > 0 || change->cuts))
                (void)carry_out(file, change, len);
        }
    fputs("the power failed\n", stderr);
    faults_die();
}
