#include "engine/proof/queue.h"

#include "engine/aws/cron.h"
#include "engine/base/clock.h"

#define BACKUP_MS (15 * MINUTE_MS)
#define COPY_MS (21 * MINUTE_MS)      /* within the account */
#define COPY_AWAY_MS (26 * MINUTE_MS) /* into another one */
#define QUICK 1                       /* third */
#define SLOW 9                        /* thirds */
#define WINDOW_MINUTES 480            /* what AWS takes where the rule says nothing */
#define LOOKED_AT_MS (28 * DAY_MS)

/* One copy action: the copy, and what relays make of it. */
struct branch {
    int64_t copy_ms;
    size_t relays;
};

struct feed {
    struct cron cron;
    int64_t next_ms, window_ms, took_ms;
    const struct branch *branches;
    size_t len;
};

/* A job that waits, in the order in which they were made. */
struct waiting {
    int64_t made_ms;
    const struct feed *feed;
    const struct branch *branch; /* NULL: the backup itself */
    bool relayed;
};

struct line {
    struct arena *arena;
    struct waiting *items;
    size_t first, len, cap;
    int64_t free_ms; /* when the resource is free again */
    int64_t thirds;  /* so many thirds of the times of the drill */
};

/* ---- what the rules take ---- */

static void read_branches(const struct model *model, const struct model_object *plan,
                          const struct value *rule, struct feed *ret)
{
    const struct value *actions = value_get(rule, "copy_actions");
    struct branch *list = arena_array(model->arena, value_len(actions) + 1, sizeof(*list));
    ret->took_ms = BACKUP_MS;
    for (size_t i = 0; i < value_len(actions); i++) {
        const char *to = value_get_str(value_item(actions, i), "destination_backup_vault_arn");
        bool away = !str_eq(model_account_of(model->arena, to), plan->resource->account->id);
        list[i] = (struct branch){away ? COPY_AWAY_MS : COPY_MS, model_relays_of(model, to)->len};
        ret->took_ms += list[i].copy_ms + (int64_t)list[i].relays * COPY_AWAY_MS;
    }
    ret->branches = list;
    ret->len = value_len(actions);
}

/* False: it never fires. */
static bool read_feed(const struct model *model, const struct model_object *plan,
                      const struct value *rule, struct feed *ret)
{
    const char *schedule = value_get_str(rule, "schedule_expression"), *why = NULL;
    *ret = (struct feed){.window_ms = value_get_int(rule, "start_window_minutes", WINDOW_MINUTES) *
                                      MINUTE_MS};
    read_branches(model, plan, rule, ret);
    return cron_parse(model->arena, schedule ? schedule : CRON_DEFAULT, &ret->cron, &why) &&
           cron_next(&ret->cron, NULL, civil_to_ms(2026, 1, 5, 0, 0, 0), &ret->next_ms);
}

/* ---- four weeks of them ---- */

static void wait(struct line *line, struct waiting job)
{
    line->items = arena_grow(line->arena, line->items, line->len, &line->cap, line->len + 1,
                             sizeof(*line->items));
    size_t at = line->len++;
    for (; at > line->first && line->items[at - 1].made_ms > job.made_ms; at--)
        line->items[at] = line->items[at - 1];
    line->items[at] = job;
}

/* What follows when a job is done. */
static void follow(struct line *line, const struct waiting *done)
{
    struct waiting next = {line->free_ms, done->feed, done->branch, /* relayed= */ true};
    for (size_t i = 0; !done->branch && i < done->feed->len; i++)
        wait(line, (struct waiting){line->free_ms, done->feed, &done->feed->branches[i],
                                    /* relayed= */ false});
    for (size_t i = 0; done->branch && !done->relayed && i < done->branch->relays; i++)
        wait(line, next);
}

static int64_t start_of(const struct line *line, const struct waiting *job)
{
    return line->free_ms > job->made_ms ? line->free_ms : job->made_ms;
}

/* False: it never starts. */
static bool run(struct line *line, const struct waiting *job)
{
    int64_t start_ms = start_of(line, job);
    if (!job->branch && start_ms - job->made_ms > job->feed->window_ms)
        return false;
    int64_t takes_ms = job->relayed ? COPY_AWAY_MS : job->branch ? job->branch->copy_ms : BACKUP_MS;
    line->free_ms = start_ms + takes_ms * line->thirds / 3;
    follow(line, job);
    return true;
}

/* Runs what can start before that time. */
static bool run_until(struct line *line, int64_t until_ms)
{
    while (line->first < line->len && start_of(line, &line->items[line->first]) < until_ms) {
        struct waiting job = line->items[line->first++];
        if (!run(line, &job))
            return false;
    }
    return true;
}

static struct feed *soonest(struct feed *feeds, size_t len)
{
    struct feed *ret = NULL;
    for (size_t i = 0; i < len; i++)
        if (!ret || feeds[i].next_ms < ret->next_ms)
            ret = &feeds[i];
    return ret;
}

/* Whether every backup of four weeks starts. */
static bool all_start(struct arena *arena, const struct feed *feeds, size_t len, int64_t thirds)
{
    struct feed *list = arena_memdup(arena, feeds, len * sizeof(*list));
    struct line line = {.arena = arena, .thirds = thirds};
    struct feed *next = soonest(list, len);
    int64_t end_ms = next ? next->next_ms + LOOKED_AT_MS : 0;
    for (; next && next->next_ms < end_ms; next = soonest(list, len)) {
        int64_t at_ms = next->next_ms;
        if (!run_until(&line, at_ms))
            return false;
        wait(&line, (struct waiting){.made_ms = at_ms, .feed = &feeds[next - list]});
        if (!cron_next(&next->cron, NULL, at_ms, &next->next_ms))
            next->next_ms = INT64_MAX;
    }
    return run_until(&line, end_ms + LOOKED_AT_MS);
}

static enum queue_end end_of(struct model *model, const struct feed *feeds, size_t len)
{
    return all_start(model->arena, feeds, len, SLOW)    ? QUEUE_KEEPS_UP
           : all_start(model->arena, feeds, len, QUICK) ? QUEUE_MAY_LOSE
                                                        : QUEUE_LOSES_SOME;
}

/* ---- of a plan ---- */

/* Many plans of a file are alike. */
static const char *likeness(struct arena *arena, const struct feed *feeds, size_t len)
{
    const char *text = "";
    for (size_t i = 0; i < len; i++)
        text =
            arena_printf(arena, "%s%s %lld %lld %zu|", text, feeds[i].cron.text,
                         (long long)feeds[i].window_ms, (long long)feeds[i].took_ms, feeds[i].len);
    return text;
}

struct queue queue_of(struct model *model, const struct model_object *plan,
                      const struct value *rule)
{
    const struct value *rules = value_get(plan->properties, "rules");
    struct feed *feeds = arena_array(model->arena, value_len(rules) + 1, sizeof(*feeds));
    struct feed asked;
    size_t len = 0;
    read_feed(model, plan, rule, &asked);
    for (size_t i = 0; i < value_len(rules); i++)
        len += read_feed(model, plan, value_item(rules, i), &feeds[len]);
    const char *key = likeness(model->arena, feeds, len);
    enum queue_end *end = map_get(&model->queues, key);
    if (!end) {
        end = arena_new_of(model->arena, enum queue_end);
        *end = end_of(model, feeds, len);
        map_set(&model->queues, key, end);
    }
    return (struct queue){*end, asked.took_ms, asked.window_ms};
}
