#include "engine/drill/stock.h"

#include "engine/base/strbuf.h"
#include "simulator/service.h"

#define TEXT_MAX 65536

static struct map key_states(const struct drill_scene *scene)
{
    struct map states;
    map_init(&states, scene->arena);
    struct objects keys = store_list(scene->world, scene->arena, "kms.key", NULL, NULL, NULL);
    for (size_t i = 0; i < keys.len; i++) {
        const char *arn = value_get_str(keys.items[i].body, "Arn");
        const char *state = value_get_str(keys.items[i].body, "KeyState");
        if (arn && state)
            map_set(&states, arn, arena_strdup(scene->arena, state));
    }
    return states;
}

struct drill_stock drill_stock_take(const struct drill_scene *scene)
{
    struct drill_stock stock;
    struct map states = key_states(scene);
    map_init(&stock.points, scene->arena);
    struct objects rows = store_list(scene->world, scene->arena, "backup.point", NULL, NULL, NULL);
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *body = rows.items[i].body;
        const char *key = value_get_str(body, "EncryptionKeyArn");
        const char *vault = value_get_str(body, "BackupVaultArn");
        const char *address = drill_address_of(scene->names, vault);
        struct drill_point *point = arena_new_of(scene->arena, struct drill_point);
        *point = (struct drill_point){
            .vault = address ? address : vault,
            .readable = !key || str_eq(map_get(&states, key), "Enabled"),
            .days = value_get_int(value_get(body, "Lifecycle"), "DeleteAfterDays", 0)};
        map_set(&stock.points, rows.items[i].id, point);
    }
    return stock;
}

/* ---- what is lost ---- */

enum loss { KEPT, GONE, UNREADABLE, SOONER };
static const char *const losses[] = {"", "gone", "unreadable", "to go sooner"};

static enum loss loss_of(const struct drill_point *before, const struct drill_point *now)
{
    if (!now)
        return GONE;
    if (before->readable && !now->readable)
        return UNREADABLE;
    return now->days > 0 && (before->days == 0 || now->days < before->days) ? SOONER : KEPT;
}

static size_t lost_of(const struct drill_stock *before, const struct drill_stock *now,
                      const char *vault, enum loss loss)
{
    size_t lost = 0;
    for (size_t i = 0; i < before->points.len; i++) {
        const struct drill_point *point = before->points.entries[i].value;
        lost += str_eq(point->vault, vault) &&
                loss_of(point, map_get(&now->points, before->points.entries[i].key)) == loss;
    }
    return lost;
}

const char *drill_stock_loss(struct arena *arena, const struct drill_stock *before,
                             const struct drill_stock *now)
{
    struct strbuf sb;
    struct map told;
    strbuf_init(&sb, arena, TEXT_MAX);
    map_init(&told, arena);
    for (size_t i = 0; i < before->points.len; i++) {
        const struct drill_point *point = before->points.entries[i].value;
        if (map_get(&told, point->vault))
            continue;
        map_set(&told, point->vault, &sb);
        for (enum loss loss = GONE; loss <= SOONER; loss++) {
            size_t lost = lost_of(before, now, point->vault, loss);
            if (lost)
                strbuf_addf(&sb, "%s%zu point%s of %s %s", sb.len ? ", " : "", lost,
                            lost == 1 ? "" : "s", point->vault, losses[loss]);
        }
    }
    return sb.len ? strbuf_str(&sb) : NULL;
}
