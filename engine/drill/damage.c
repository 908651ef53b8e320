#include "engine/drill/damage.h"

#include "engine/drill/stock.h"

struct damage {
    const struct drill_scene *scene;
    struct map expired; /* points whose time was over */
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

void drill_damage(const struct drill_scene *scene, const struct drill_report *report,
                  struct drill_blow *blow)
{
    const struct drill_stock stock = drill_stock_take(scene);
    struct damage damage = {.scene = scene,
                            .vaults = drill_last_vaults(scene->arena, scene->routes)};
    map_init(&damage.expired, scene->arena);
    for (size_t i = 0; i < report->line_len; i++)
        if (str_eq(report->lines[i].what, "expire") && report->lines[i].point_arn)
            map_set(&damage.expired, report->lines[i].point_arn, &damage);
    for (size_t i = 0; i < report->line_len; i++) {
        const struct drill_line *line = &report->lines[i];
        if (!str_eq(line->what, "copy") || !str_eq(line->state, "COMPLETED") ||
            !is_last(&damage, line->vault) || map_get(&damage.expired, line->point_arn))
            continue;
        const struct drill_point *point = map_get(&stock.points, line->point_arn);
        blow->kept++;
        blow->destroyed += !point;
        blow->unreadable += point && !point->readable;
    }
}
