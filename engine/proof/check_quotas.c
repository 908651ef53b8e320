/* More than AWS takes of a thing: an apply would stop in the middle. */
#include "engine/policy/quota.h"
#include "engine/proof/findings.h"

#define SELECTIONS_MAX 100
#define TAG_SELECTIONS_MAX 10

static const struct {
    const char *type, *what;
    size_t limit; /* of an account in a Region */
} in_place[] = {{"aws_backup_vault", "vaults", 300}, {"aws_backup_plan", "plans", 300}};

/* The first one too many speaks for its place. */
static void check_places(struct findings *f, const char *type, const char *what, size_t limit)
{
    const struct model_list *all = model_all(f->model, type);
    for (size_t i = limit; i < all->len; i++) {
        const struct resource *r = all->items[i]->resource;
        const struct model_list *list = model_in(f->model, type, r->account->id, r->region);
        if (list->len > limit)
            finding_addf(f, RULE_QUOTA, list->items[limit], NO_POS,
                         "account %s has %zu %s in %s, and AWS Backup takes %zu", r->account->name,
                         list->len, what, r->region, limit);
    }
}

struct selections {
    size_t all, by_tag;
};

static struct selections *selections_of(struct findings *f, struct map *plans, const char *plan)
{
    struct selections *count = map_get(plans, plan);
    if (!count) {
        count = arena_new_of(f->arena, struct selections);
        *count = (struct selections){0};
        map_set(plans, plan, count);
    }
    return count;
}

static void check_selections(struct findings *f)
{
    struct map plans;
    const struct model_list *all = model_all(f->model, "aws_backup_selection");
    map_init(&plans, f->arena);
    for (size_t i = 0; i < all->len; i++) {
        const struct value *p = all->items[i]->properties;
        const char *plan = value_get_str(p, "backup_plan_id");
        if (!plan)
            continue;
        struct selections *count = selections_of(f, &plans, plan);
        bool by_tag = value_len(value_get(p, "list_of_tags")) > 0;
        count->by_tag += by_tag;
        if (++count->all == SELECTIONS_MAX + 1)
            finding_addf(f, RULE_QUOTA, all->items[i], NO_POS,
                         "its plan has more than the %d selections that AWS Backup takes",
                         SELECTIONS_MAX);
        if (by_tag && count->by_tag == TAG_SELECTIONS_MAX + 1)
            finding_addf(f, RULE_QUOTA, all->items[i], NO_POS,
                         "its plan has more than the %d selections by tags that AWS Backup takes",
                         TAG_SELECTIONS_MAX);
    }
}

/* What AWS never takes is refused before anything is checked. */
static void check_trusts(struct findings *f)
{
    const size_t usual = policy_quota_usual(POLICY_QUOTA_TRUST);
    const struct model_list *all = model_all(f->model, "aws_iam_role");
    for (size_t i = 0; i < all->len; i++) {
        const struct value *trust =
            value_get(all->items[i]->properties, "assume_role_policy_document");
        const size_t size = trust ? policy_size(f->arena, trust, POLICY_QUOTA_TRUST) : 0;
        if (size > usual)
            finding_addf(f, RULE_TRUST_SIZE, all->items[i], trust->pos,
                         "its trust policy has %zu characters, and AWS takes %zu unless the quota "
                         "\"Role trust policy length\" of account %s was raised",
                         size, usual, all->items[i]->resource->account->name);
    }
}

void check_quotas(struct findings *f)
{
    for (size_t i = 0; i < ARRAY_LEN(in_place); i++)
        check_places(f, in_place[i].type, in_place[i].what, in_place[i].limit);
    check_selections(f);
    check_trusts(f);
}
