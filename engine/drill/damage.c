#include "engine/drill/damage.h"

#include <string.h>

#include "engine/drill/stock.h"

struct damage {
    const struct drill_scene *scene;
    struct map expired; /* points whose time was over */
    const struct drill_blow *blow;
    const char *const *vaults;
};

static bool is_last(const struct damage *damage, const char *address)
{
    for (const char *const *vault = damage->vaults; *vault; vault++)
        if (str_eq(drill_address_of(damage->scene->names, *vault), address) ||
            str_eq(*vault, address))
            return true;
    return false;
}

/* A call was about the point ("ARN in vaults.x") and took something from it. One that is still
 * there then, or went when its time was over, had its life cut short. */
static bool was_harmed(const struct drill_blow *blow, const char *point_arn)
{
    size_t len = strlen(point_arn);
    for (size_t i = 0; i < blow->try_len; i++) {
        const struct drill_try *try = &blow->tries[i];
        if (!try->why && try->loss && str_starts(try->on, point_arn) &&
            (try->on[len] == ' ' || !try->on[len]))
            return true;
    }
    return false;
}

static void add_point(const struct damage *damage, const struct drill_stock *stock,
                      const char *point_arn, struct drill_blow *blow)
{
    const struct drill_point *point = map_get(&stock->points, point_arn);
    bool harmed = was_harmed(damage->blow, point_arn);
    if (!harmed && map_get(&damage->expired, point_arn))
        return;
    blow->kept++;
    blow->destroyed += harmed || !point;
    blow->unreadable += !harmed && point && !point->readable;
}

void drill_damage(const struct drill_scene *scene, const struct drill_report *report,
                  struct drill_blow *blow)
{
    const struct drill_stock stock = drill_stock_take(scene);
    struct damage damage = {
        .scene = scene, .blow = blow, .vaults = drill_last_vaults(scene->arena, scene->routes)};
    map_init(&damage.expired, scene->arena);
    for (size_t i = 0; i < report->line_len; i++)
        if (str_eq(report->lines[i].what, "expire") && report->lines[i].point_arn)
            map_set(&damage.expired, report->lines[i].point_arn, &damage);
    for (size_t i = 0; i < report->line_len; i++) {
        const struct drill_line *line = &report->lines[i];
        if (str_eq(line->what, "copy") && str_eq(line->state, "COMPLETED") &&
            is_last(&damage, line->vault))
            add_point(&damage, &stock, line->point_arn, blow);
    }
}
