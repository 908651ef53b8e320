#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "state/internal.h"

#define HOLDER_MAX ((size_t)4096)
#define NAP_MS 100
/* Readers hold it while they follow what others have written: a writer waits so long for them. */
#define READERS_MS 30000
#define READER_MS 2000 /* one reader for another: then it reads on a copy of its own */

/* The note in the lock file is for people: the lock itself is the kernel's, so a note that a dead
 * process left behind locks nothing. */
static void holder_write(struct state *state)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    char host[256] = "";
    bool named = gethostname(host, sizeof(host) - 1) == 0;
    struct map_builder b = map_begin(scratch);
    map_put_int(&b, "pid", getpid());
    map_put_str(&b, "host", named ? host : "?");
    map_put_str(&b, "command", state->command);
    map_put_str(&b, "who", state->who);
    map_put_str(&b, "since", time_iso(scratch, clock_wall_ms()));
    const char *text =
        arena_printf(scratch, "%s\n", json_print(scratch, map_end(&b), JSON_COMPACT));
    size_t len = strlen(text);
    /* A note that cannot be written whole is no reason to stop: the lock is held all the same, and
     * a reader who cannot parse it says "another process". */
    ssize_t written = ftruncate(state->lock.fd, 0) == 0 ? pwrite(state->lock.fd, text, len, 0) : -1;
    (void)written;
}

static const char *holder_note(struct arena *arena, const char *lock_path)
{
    struct diags ignored;
    diags_init(&ignored, arena);
    struct slice text = {0};
    const struct value *note = NULL;
    const char *why = NULL;
    if (!file_read(arena, lock_path, HOLDER_MAX, &text, &ignored) ||
        !json_parse(arena, text, &note, &why))
        return "another process";
    const char *command = value_get_str(note, "command"), *who = value_get_str(note, "who");
    const char *host = value_get_str(note, "host"), *since = value_get_str(note, "since");
    return diag_visible(arena,
                        arena_printf(arena, "`holdfast %s`, process %lld on %s%s%s, since %s",
                                     command ? command : "?",
                                     (long long)value_get_int(note, "pid", 0), host ? host : "?",
                                     who ? ", " : "", who ? who : "", since ? since : "?"));
}

/* Readers leave none. One that a dead process has left is gone as soon as somebody has the lock. */
static bool has_note(const char *lock_path)
{
    struct stat st;
    return stat(lock_path, &st) == 0 && st.st_size > 0;
}

static bool may_wait(const char *path, const struct state_options *options, int64_t waited_ms)
{
    if (options->stop && *options->stop)
        return false;
    if (waited_ms < options->lock_timeout_ms)
        return true;
    bool is_readers = waited_ms < NAP_MS || !has_note(path);
    return options->remote && waited_ms < READERS_MS && is_readers;
}

static enum lock_result take_in_time(const char *path, const struct state_options *options,
                                     struct file_lock *ret)
{
    int64_t begun_ms = clock_monotonic_ms();
    enum lock_result result;
    while ((result = file_lock_take(path, ret)) == LOCK_HELD &&
           may_wait(path, options, clock_monotonic_ms() - begun_ms))
        clock_sleep_ms(NAP_MS);
    return result;
}

bool lock_take(struct state *state, const struct state_options *options, struct diags *diags)
{
    const char *path = arena_printf(state->arena, "%s.lock", state->path);
    enum lock_result result = take_in_time(path, options, &state->lock);
    if (result == LOCK_TAKEN) {
        state->locked = true;
        holder_write(state);
        return true;
    }
    if (result == LOCK_HELD)
        diag_error(diags, E_STATE_LOCKED, NO_POS, NULL, "%s is held by %s", state->path,
                   holder_note(state->arena, path));
    else
        diag_error(diags, E_STATE_OPEN, NO_POS, NULL, "%s cannot be opened as a lock", path);
    return false;
}

bool lock_take_to_read(struct state *state)
{
    const char *path = arena_printf(state->arena, "%s.lock", state->path);
    int64_t begun_ms = clock_monotonic_ms();
    enum lock_result result;
    while ((result = file_lock_take(path, &state->lock)) == LOCK_HELD && !has_note(path) &&
           clock_monotonic_ms() - begun_ms < READER_MS)
        clock_sleep_ms(NAP_MS);
    state->locked = result == LOCK_TAKEN;
    if (state->locked)
        (void)!ftruncate(state->lock.fd, 0);
    return state->locked;
}

void lock_release(struct state *state)
{
    if (!state->locked)
        return;
    state->locked = false;
    (void)!ftruncate(state->lock.fd, 0);
    file_lock_release(&state->lock);
}
