#include "engine/drill/damage.h"

#include "simulator/service.h"

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

/* KMS does not delete a key at once: what lies under one that waits for it cannot be read. */
static bool is_readable(const struct damage *damage, const struct value *point)
{
    struct arena *arena = damage->scene->arena;
    const char *arn = value_get_str(point, "EncryptionKeyArn");
    struct objects keys = store_list(damage->scene->world, arena, "kms.key", NULL, NULL, NULL);
    for (size_t i = 0; i < keys.len; i++)
        if (str_eq(value_get_str(keys.items[i].body, "Arn"), arn))
            return str_eq(value_get_str(keys.items[i].body, "KeyState"), "Enabled");
    return arn == NULL;
}

static const struct value *find(const struct damage *damage, const char *point_arn)
{
    struct objects rows = store_list(damage->scene->world, damage->scene->arena, "backup.point",
                                     NULL, NULL, point_arn);
    return rows.len ? rows.items[0].body : NULL;
}

void drill_damage(const struct drill_scene *scene, const struct drill_report *report,
                  struct drill_blow *blow)
{
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
        const struct value *point = find(&damage, line->point_arn);
        blow->kept++;
        blow->destroyed += !point;
        blow->unreadable += point && !is_readable(&damage, point);
    }
}
