#include "engine/base/process_mark.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/slice.h"

#define TEXT_MAX ((size_t)1024)
#define FIELD_OF_START 22 /* of /proc/PID/stat, from 1; the third is the first behind the name */

/* The first line of a file of the kernel's; empty when there is none. */
static struct slice line_of(struct arena *arena, const char *path)
{
    char text[TEXT_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text));
    if (fd >= 0)
        close(fd);
    struct slice rest = {text, len > 0 ? (size_t)len : 0};
    struct slice line = slice_cut(&rest, '\n');
    return slice_of(arena_strndup(arena, line.ptr, line.len));
}

/* "pid:[4026531836]" */
static const char *namespace_of(struct arena *arena)
{
    char text[TEXT_MAX];
    ssize_t len = readlink("/proc/self/ns/pid", text, sizeof(text));
    return len > 0 ? arena_strndup(arena, text, (size_t)len) : NULL;
}

/* When a process was started, in ticks since boot; empty for one that is gone, or only waits for
 * its parent to hear of its end. */
static struct slice start_of(struct arena *arena, struct slice pid)
{
    struct slice stat =
        line_of(arena, arena_printf(arena, "/proc/%.*s/stat", (int)pid.len, pid.ptr));
    struct slice field = {NULL, 0};
    const char *name_end = strrchr(stat.ptr, ')'); /* a name may hold anything */
    if (!name_end)
        return field;
    struct slice rest = slice_of(name_end + 1);
    (void)slice_cut(&rest, ' ');
    for (int i = 3; i <= FIELD_OF_START; i++) {
        field = slice_cut(&rest, ' ');
        if (i == 3 && (slice_is(field, "Z") || slice_is(field, "X")))
            return (struct slice){NULL, 0};
    }
    return field;
}

/* Of this kernel and namespace; NULL where they are not known. */
static const char *place_of(struct arena *arena)
{
    struct slice boot = line_of(arena, "/proc/sys/kernel/random/boot_id");
    const char *ns = namespace_of(arena);
    return boot.len > 0 && ns ? arena_printf(arena, "%.*s %s", (int)boot.len, boot.ptr, ns) : NULL;
}

const char *process_mark(struct arena *arena)
{
    const char *place = place_of(arena);
    const char *pid = arena_printf(arena, "%ld", (long)getpid());
    struct slice start = start_of(arena, slice_of(pid));
    return place && start.len > 0
               ? arena_printf(arena, "%s %s %.*s", place, pid, (int)start.len, start.ptr)
               : NULL;
}

static bool is_number(struct slice text)
{
    long long number;
    return parse_int64(text, &number) && number > 0;
}

enum process_fate process_fate(struct arena *arena, const char *mark)
{
    struct slice rest = slice_of(mark ? mark : "");
    struct slice boot = slice_cut(&rest, ' '), ns = slice_cut(&rest, ' ');
    struct slice pid = slice_cut(&rest, ' '), start = rest;
    const char *place = place_of(arena);
    if (!place || !is_number(pid) || start.len == 0 ||
        !str_eq(place,
                arena_printf(arena, "%.*s %.*s", (int)boot.len, boot.ptr, (int)ns.len, ns.ptr)))
        return PROCESS_UNKNOWN;
    struct slice now = start_of(arena, pid);
    bool same = now.len == start.len && now.len > 0 && memcmp(now.ptr, start.ptr, now.len) == 0;
    return same ? PROCESS_LIVES : PROCESS_GONE;
}
