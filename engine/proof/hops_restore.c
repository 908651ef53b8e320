/* The links of a restore, once a copy of the point has come back: who makes the resource, under
 * which key. The copy itself is judged as every other one (hops_copy.c). */
#include "engine/aws/arn.h"
#include "engine/proof/walk.h"

bool hop_restorer(struct walk *walk, struct proof_hop *hop)
{
    hop_ask_trust(walk, hop, walk->back->role_arn, "backup.amazonaws.com", NULL);
    return true;
}

/* What was backed up, as it will be called in the other account. */
static const char *made_arn(struct walk *walk)
{
    const struct restore_entry *back = walk->back;
    struct arn arn;
    if (!arn_parse(slice_of(walk->resource), &arn) || arn.account.len == 0)
        return walk->resource;
    return arena_printf(walk->arena, "arn:%.*s:%.*s:%s:%s:%.*s", (int)arn.partition.len,
                        arn.partition.ptr, (int)arn.service.len, arn.service.ptr, back->to_region,
                        back->to->id, (int)arn.resource.len, arn.resource.ptr);
}

bool hop_makes(struct walk *walk, struct proof_hop *hop)
{
    if (!walk->rights->restore || !*walk->rights->restore)
        return false;
    hop_at_role(walk, hop, walk->back->role_arn);
    const struct ask question = {.role = walk->back->role_arn,
                                 .action = walk->rights->restore,
                                 .resource = made_arn(walk),
                                 .region = walk->back->to_region,
                                 .resource_account = walk->back->to->id};
    hop_ask(walk, hop, &question);
    return true;
}

/* The service of the resource asks for the key in the role's name. */
static const struct value *key_context(struct walk *walk)
{
    struct arn arn;
    const char *service = walk->rights->via;
    struct map_builder b = map_begin(walk->arena);
    if (arn_parse(slice_of(walk->resource), &arn))
        service = arena_strndup(walk->arena, arn.service.ptr, arn.service.len);
    map_put_str(&b, "kms:ViaService",
                arena_printf(walk->arena, "%s.%s.amazonaws.com", service, walk->back->to_region));
    return map_end(&b);
}

static void ask_key(struct walk *walk, struct proof_hop *hop, const struct model_object *key)
{
    static const char *const grant[] = {"kms:DescribeKey", "kms:CreateGrant", NULL};
    static const char *const decrypt[] = {"kms:DescribeKey", "kms:Decrypt", NULL};
    const char *const *actions = walk->type->fully_managed ? decrypt : grant;
    for (size_t i = 0; actions[i] && hop->verdict != PROOF_BROKEN; i++) {
        const struct ask question = {
            .role = walk->back->role_arn,
            .action = actions[i],
            .resource = key->arn,
            .resource_policy = model_policy(walk->model, value_get(key->properties, "policy")),
            .resource_policy_decides = true,
            .context = key_context(walk)};
        hop_ask(walk, hop, &question);
    }
    if (hop->verdict == PROOF_BROKEN)
        hop->error = "KMS key is either disabled or pending deletion or access to the KMS key is "
                     "denied";
}

bool hop_copy_key(struct walk *walk, struct proof_hop *hop)
{
    struct point_key copy = vault_key_of(walk, &walk->leg->to);
    const struct model_object *key = copy.object;
    if (copy.class != KEY_CUSTOMER_MANAGED)
        return false;
    hop->what = copy.arn;
    if (!key || model_is_open(key)) {
        hop_unknown(hop, arena_printf(walk->arena, "the key of %s can be used by %s",
                                      walk->back->destination, walk->back->role_arn));
        return true;
    }
    hop_at(hop, key->resource->address, key->resource->pos);
    ask_key(walk, hop, key);
    return true;
}
