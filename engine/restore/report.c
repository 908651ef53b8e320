/* The plan as people, shells and programs read it. */
#include <assert.h>

#include "engine/base/clock.h"
#include "engine/base/strbuf.h"
#include "engine/restore/restore.h"

#define TEXT_MAX ((size_t)1 << 20)

const char *restore_verdict_name(enum restore_verdict verdict)
{
    static const char *const names[] = {"ok", "missing", "look"};
    static_assert(ARRAY_LEN(names) == RESTORE_LOOK + 1, "one name a verdict");
    return names[verdict];
}

/* Who makes the call: the identity that the file names, or any of the account. */
static const char *caller(const struct restore_step *step)
{
    return step->account->assume_role ? step->account->assume_role : "an identity of the account";
}

static const char *life(struct arena *arena, int64_t expires_ms)
{
    return expires_ms ? arena_printf(arena, "until %s", time_iso(arena, expires_ms)) : "for ever";
}

/* ---- the script ---- */

/* A line of comment, whatever stands in what AWS said: nothing of it becomes a line to run. */
static void add_comment(struct strbuf *sb, const char *text)
{
    strbuf_add(sb, *text ? "# " : "#");
    for (const char *at = text; *at; at++)
        strbuf_add_char(sb, (unsigned char)*at < ' ' ? ' ' : *at);
    strbuf_add(sb, "\n");
}
#define add_commentf(sb, ...) add_comment((sb), arena_printf((sb)->arena, __VA_ARGS__))

static void add_head(struct strbuf *sb, const struct restore_plan *plan)
{
    struct arena *arena = sb->arena;
    const struct restore_entry *way = plan->way;
    add_commentf(sb, "Restore of %s (%s)", plan->resource, plan->type);
    add_commentf(sb, "as of %s, which %s holds %s", time_iso(arena, plan->created_ms), way->source,
                 life(arena, plan->expires_ms));
    add_commentf(sb, "point %s", plan->point);
    add_commentf(sb, "by %s: %s -> %s", way->address, way->source, way->destination);
    add_comment(sb, "");
    add_comment(sb, "Before:");
}

static void add_check(struct strbuf *sb, const struct restore_check *check)
{
    add_commentf(sb, "  %-8s %s%s%s", restore_verdict_name(check->verdict), check->what,
                 check->detail ? ": " : "", check->detail ? check->detail : "");
    if (check->command)
        add_commentf(sb, "           %s", check->command);
}

static void add_step(struct strbuf *sb, const struct restore_step *step, size_t number)
{
    strbuf_add(sb, "\n");
    add_commentf(sb, "%zu. %s: in %s (%s) %s, as %s", number, step->what, step->account->name,
                 step->account->id, step->region, caller(step));
    strbuf_addf(sb, "%s\n", restore_command(sb->arena, step));
}

const char *restore_text(struct arena *arena, const struct restore_plan *plan)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, TEXT_MAX);
    add_head(&sb, plan);
    for (size_t i = 0; i < plan->check_len; i++)
        add_check(&sb, &plan->checks[i]);
    if (plan->step_len) {
        add_comment(&sb, "");
        add_comment(&sb,
                    "The calls, with the AWS CLI; its profiles have the names of the accounts.");
        strbuf_add(&sb, "set -eu\n");
    }
    for (size_t i = 0; i < plan->step_len; i++)
        add_step(&sb, &plan->steps[i], i + 1);
    if (plan->step_len)
        strbuf_add(&sb, "echo \"$RESTORED\"\n");
    if (plan->after)
        add_commentf(&sb, "Then: %s", plan->after);
    return strbuf_str(&sb);
}

/* ---- JSON ---- */

static const struct value *check_json(struct arena *arena, const struct restore_check *check)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "what", check->what);
    map_put_str(&b, "verdict", restore_verdict_name(check->verdict));
    map_put_str(&b, "detail", check->detail);
    map_put_str(&b, "command", check->command);
    return map_end(&b);
}

static const struct value *step_json(struct arena *arena, const struct restore_step *step)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "id", step->id);
    map_put_str(&b, "what", step->what);
    map_put_str(&b, "account", step->account->name);
    map_put_str(&b, "account_id", step->account->id);
    map_put_str(&b, "region", step->region);
    map_put_str(&b, "as", step->account->assume_role);
    map_put_str(&b, "service", "backup");
    map_put_str(&b, "operation", step->operation);
    map_put(&b, "request", step->request);
    if (step->takes)
        map_put(&b, "takes", value_map_text(arena, step->takes, step->from));
    map_put(&b, "gives", value_map_text(arena, step->variable, step->gives));
    map_put_str(&b, "until_completed", step->state);
    map_put_str(&b, "command", restore_command(arena, step));
    return map_end(&b);
}

const struct value *restore_to_json(struct arena *arena, const struct restore_plan *plan)
{
    const struct restore_entry *way = plan->way;
    struct map_builder b = map_begin(arena);
    struct list_builder checks = list_begin(arena), steps = list_begin(arena);
    for (size_t i = 0; i < plan->check_len; i++)
        list_add(&checks, check_json(arena, &plan->checks[i]));
    for (size_t i = 0; i < plan->step_len; i++)
        list_add(&steps, step_json(arena, &plan->steps[i]));
    map_put_str(&b, "format_version", "1.0");
    map_put_str(&b, "way", way->address);
    map_put_str(&b, "source", way->source);
    map_put_str(&b, "destination", way->destination);
    map_put_str(&b, "point", plan->point);
    map_put_str(&b, "resource", plan->resource);
    map_put_str(&b, "type", plan->type);
    map_put_str(&b, "created", time_iso(arena, plan->created_ms));
    map_put_str(&b, "expires", plan->expires_ms ? time_iso(arena, plan->expires_ms) : NULL);
    map_put_bool(&b, "ready", plan->ready);
    map_put(&b, "checks", list_end(&checks));
    map_put(&b, "steps", list_end(&steps));
    map_put_str(&b, "after", plan->after);
    return map_end(&b);
}
