/* A program that prints credentials (credential_process). It runs without a shell; what it writes
 * to its standard error is for the person, and goes where ours goes. */

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/env.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/process.h"
#include "engine/base/strbuf.h"
#include "providers/aws/command_line.h"
#include "providers/aws/search.h"

#define LOOK_AGAIN_MS 20
#define OUTPUT_MAX ((size_t)256 * 1024)

struct run {
    struct search *search;
    const char *program;
    struct process process;
    struct strbuf out;
    int64_t until_ms; /* of the monotonic clock */
};

/* What the program printed is never told: it may hold keys. */
static void refuse(struct search *search, const char *program, const char *why)
{
    diag_error(search->diags, E_PROFILE, NO_POS, NULL, "%s: credential_process%s%s: %s",
               search_name(search), program ? " " : "", program ? program : "", why);
    search_failed(search);
}

static void take(struct run *run)
{
    struct search *search = run->search;
    const struct value *answer = NULL;
    const char *why = NULL;
    if (strbuf_overflowed(&run->out) ||
        !json_parse(search->arena, (struct slice){strbuf_str(&run->out), run->out.len}, &answer,
                    &why) ||
        !value_is(answer, VALUE_MAP)) {
        refuse(search, run->program, "it did not print a JSON object");
        return;
    }
    if (value_get_int(answer, "Version", 0) != 1) {
        refuse(search, run->program, "the Version that it prints must be 1");
        return;
    }
    struct credentials *c =
        credentials_from(search->arena, answer, "AccessKeyId", "SecretAccessKey", "SessionToken");
    if (!c) {
        refuse(search, run->program, "it must print an AccessKeyId and a SecretAccessKey");
        return;
    }
    const char *expires = value_get_str(answer, "Expiration");
    if (value_get(answer, "Expiration") &&
        (!expires || !time_parse_iso(slice_of(expires), &c->expires_ms))) {
        refuse(search, run->program, "the Expiration that it prints is no time");
        return;
    }
    c->source = "custom-process";
    c->from = arena_printf(search->arena, "the credential_process of %s", search_name(search));
    search_found(search, c);
}

static void look(void *ctx)
{
    struct run *run = ctx;
    struct search *search = run->search;
    int status = 0;
    bool ended = process_ended(&run->process, &status);
    struct slice more = process_output(search->arena, &run->process);
    if (!strbuf_overflowed(&run->out))
        strbuf_add_slice(&run->out, more);
    bool late = clock_monotonic_ms() >= run->until_ms;
    if (!ended && !late && !loop_draining(search->aws->loop)) {
        loop_after(search->aws->loop, LOOK_AGAIN_MS, look, run);
        return;
    }
    process_kill(&run->process);
    if (!ended)
        refuse(search, run->program,
               late ? arena_printf(search->arena, "it did not end within %lld s",
                                   (long long)search->aws->process_timeout_ms / 1000)
                    : "stopped");
    else if (status != 0)
        refuse(search, run->program,
               arena_printf(search->arena, "it ended with status %d", status));
    else
        take(run);
}

/* As execvp() finds it. */
static const char *find_program(struct arena *arena, const char *name)
{
    if (strchr(name, '/'))
        return name;
    struct slice rest = slice_of(env_get("PATH"));
    while (rest.ptr) {
        struct slice dir = slice_cut(&rest, ':');
        const char *path = dir.len == 0
                               ? arena_printf(arena, "./%s", name)
                               : path_join(arena, arena_strndup(arena, dir.ptr, dir.len), name);
        if (file_is_executable(path))
            return path;
    }
    return NULL;
}

void source_process(struct search *search)
{
    const char *line = search_setting(search, "credential_process");
    const char **argv = NULL;
    if (!line) {
        search_next(search);
        return;
    }
    if (!command_line_split(search->arena, line, &argv) || !argv[0]) {
        refuse(search, NULL, "the command is empty, or a quote in it does not end");
        return;
    }
    struct run *run = arena_new_of(search->arena, struct run);
    *run = (struct run){.search = search,
                        .program = argv[0],
                        .until_ms = clock_monotonic_ms() + search->aws->process_timeout_ms};
    strbuf_init(&run->out, search->arena, OUTPUT_MAX);
    argv[0] = find_program(search->arena, argv[0]);
    struct diags below;
    diags_init(&below, search->arena);
    if (!argv[0] || !process_spawn_apart(argv, env_with_prefix(search->arena, ""), NULL,
                                         &run->process, &below)) {
        refuse(search, run->program, argv[0] ? below.items[0].message : "there is no such program");
        return;
    }
    look(run);
}
