#include "engine/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/base/strbuf.h"

#define LINE_MAX_LEN ((size_t)64 * 1024)

static enum log_level chosen_level = LOG_WARN;
static bool chosen_json;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_setup(enum log_level level, bool json)
{
    chosen_level = level;
    chosen_json = json;
}

bool log_enabled(enum log_level level)
{
    return level <= chosen_level;
}

static bool is_secret(const char *name)
{
    static const char *const words[] = {"authorization", "token", "secret", "password",
                                        "external_id"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasestr(name, words[i]))
            return true;
    return false;
}

/* logfmt has no rule for quoting but its readers share one: quotes with JSON's escapes. */
static bool is_plain(const char *text)
{
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f)
            return false;
    return *text != '\0';
}

static void add_field(struct strbuf *line, const char *name, const char *value)
{
    const char *shown = is_secret(name) ? "(redacted)" : value;
    if (chosen_json) {
        strbuf_add_char(line, line->len == 0 ? '{' : ',');
        json_write_string(line, slice_of(name));
        strbuf_add_char(line, ':');
        json_write_string(line, slice_of(shown));
        return;
    }
    strbuf_addf(line, "%s%s=", line->len == 0 ? "" : " ", name);
    if (is_plain(shown))
        strbuf_add(line, shown);
    else
        json_write_string(line, slice_of(shown));
}

void log_event(enum log_level level, const char *msg, ...)
{
    if (!log_enabled(level))
        return;
    CLEANUP(arena_freep) struct arena *scratch = arena_new();
    struct strbuf line;
    strbuf_init(&line, scratch, LINE_MAX_LEN);
    add_field(&line, "t", time_iso_ms(scratch, clock_wall_ms()));
    add_field(&line, "level", level_names[level]);
    add_field(&line, "msg", msg);
    va_list args;
    va_start(args, msg);
    for (const char *name = va_arg(args, const char *); name; name = va_arg(args, const char *)) {
        const char *value = va_arg(args, const char *);
        struct strbuf before = line;
        if (value)
            add_field(&line, name, value);
        if (strbuf_overflowed(&line)) { /* a field that does not fit is left out as a whole */
            line = before;
            line.data[line.len] = '\0';
        }
    }
    va_end(args);
    fprintf(stderr, chosen_json ? "%s}\n" : "%s\n", strbuf_str(&line));
}

void log_line(const char *text)
{
    fprintf(stderr, "%s\n", text);
}
