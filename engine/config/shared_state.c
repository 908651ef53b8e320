#include "engine/config/lower.h"

/* One account that is known without asking anybody: the state comes before everything else. */
static const struct account *account_of(struct lowering *lw, const struct value *name)
{
    struct account_list list = {0};
    if (!accounts_add(lw, &list, name))
        return NULL;
    if (list.len == 1 && !list.items[0]->symbolic && !list.items[0]->unit)
        return list.items[0];
    lower_error(lw, E_BAD_VALUE, name->pos, NULL,
                "the state is reached through one account, and `%s` is a group of them",
                value_str(name));
    return NULL;
}

void read_shared_state(struct lowering *lw, struct topology *topology)
{
    const struct value *s3 = value_pointer(lw->doc, "/state/s3");
    if (!value_is(s3, VALUE_MAP))
        return;
    struct shared_state *shared = arena_new_of(lw->arena, struct shared_state);
    const struct value *account = value_get(s3, "account");
    *shared = (struct shared_state){.bucket = value_get_str(s3, "bucket"),
                                    .key = value_get_str(s3, "key"),
                                    .region = value_get_str(s3, "region"),
                                    .kms_key = value_get_str(s3, "kms_key"),
                                    .enforced = value_get_bool(s3, "enforced", true),
                                    .account = account ? account_of(lw, account) : NULL,
                                    .pos = s3->pos};
    if (value_get(s3, "enforced") && !shared->kms_key)
        lower_error(lw, E_MISSING_KEY, value_get(s3, "enforced")->pos, NULL,
                    "`enforced` is about what is encrypted, and there is no `kms_key`");
    if (shared->bucket && shared->key && shared->region && shared->account)
        topology->shared_state = shared; /* what is missing has been reported */
}
