/* What a destroy leaves standing: what AWS will not delete, locks in their grace days, and all that
 * those need. */

#include "engine/base/clock.h"
#include "engine/plan/items.h"
#include "engine/plan/lock.h"

static const char *reason_to_keep(const struct builder *b, const struct item *item)
{
    int64_t date = lock_is(item->record_schema) ? lock_date_observed(item->attributes) : 0;
    if (date && b->input->now_ms >= date)
        return arena_printf(b->arena, "a compliance lock, permanent since %s",
                            time_iso(b->arena, date));
    if (date && !flag_names(b->input->allow_destroy, item->address))
        return arena_printf(b->arena,
                            "a compliance lock, permanent on %s; until then --allow-destroy %s "
                            "removes it",
                            time_iso(b->arena, date), item->address);
    return item->blocked;
}

static void retain_needs(struct builder *b, const struct item *item)
{
    for (size_t i = 0; i < item->record->depends_on_len; i++) {
        struct item *need = item_find(b, item->record->depends_on[i]);
        if (need && need->verdict == VERDICT_DELETE && !need->retained)
            need->retained = arena_printf(b->arena, "needed by %s, which stays", item->address);
    }
}

/* Account id to a vault there that stays with points in it. */
static void find_vaults_with_points(const struct builder *b, struct map *ret)
{
    map_init(ret, b->arena);
    for (size_t i = 0; i < b->len; i++) {
        struct item *item = &b->items[i];
        if (item->record && item->blocked &&
            value_get_int(item->attributes, "number_of_recovery_points", 0) > 0)
            map_set(ret, item->record->account_id, item);
    }
}

static void retain_role_of(struct builder *b, const struct item *selection,
                           const struct map *vaults)
{
    const struct item *vault = map_get(vaults, selection->record->account_id);
    for (size_t i = 0; vault && i < selection->record->depends_on_len; i++) {
        struct item *role = item_find(b, selection->record->depends_on[i]);
        if (role && role->verdict == VERDICT_DELETE &&
            str_eq(role->record_schema->type_name, "aws_iam_role"))
            role->retained =
                arena_printf(b->arena, "it made the points that %s holds", vault->address);
    }
}

/* AWS Backup deletes a point with the role that made it: without the role, points neither expire
 * nor go when they are told to. */
static void retain_roles_of_points(struct builder *b)
{
    struct map vaults;
    find_vaults_with_points(b, &vaults);
    for (size_t i = 0; i < b->len; i++)
        if (b->items[i].record_schema &&
            str_eq(b->items[i].record_schema->type_name, "aws_backup_selection"))
            retain_role_of(b, &b->items[i], &vaults);
}

void items_retain(struct builder *b, struct plan *plan)
{
    if (!b->input->destroy)
        return;
    retain_roles_of_points(b);
    for (size_t i = b->len; i-- > 0;) { /* what needs something stands behind it */
        struct item *item = &b->items[b->order[i]];
        if (item->verdict != VERDICT_DELETE)
            continue;
        const char *own = reason_to_keep(b, item);
        if (own)
            item->retained = own;
        if (item->retained) {
            item->verdict = VERDICT_NONE;
            retain_needs(b, item);
        }
    }
    struct retained *retained = arena_array(b->arena, b->len + 1, sizeof(*retained));
    for (size_t i = 0; i < b->len; i++) {
        const struct item *item = &b->items[i];
        if (item->retained)
            retained[plan->retained_len++] =
                (struct retained){.address = item->address,
                                  .reason = item->retained,
                                  .schema = item->record_schema,
                                  .account_id = item->record->account_id,
                                  .region = item->record->region};
    }
    plan->retained = retained;
}
