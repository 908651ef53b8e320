#include "simulator/kms_grants.h"

#include "simulator/authorize.h"
#include "simulator/iam.h"
#include "simulator/kms_data.h"

#define GRANTS "Grants"
#define GRANTS_MAX 50000

size_t kms_grants_of(struct arena *arena, const struct value *key, const struct kms_grant **ret)
{
    return kms_grants_parse(arena, value_get(key, GRANTS), ret);
}

static bool need_principals(struct sim_call *call)
{
    static const char *const members[] = {"GranteePrincipal", "RetiringPrincipal"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *arn = call_str(call, members[i]);
        if (arn && !iam_principal_exists(call->world, call->arena, arn))
            return call_error(call, 400, "InvalidArnException", "%s is not a valid principal", arn);
    }
    return true;
}

/* What ListGrants is going to say of it. */
static const struct value *grant_of(struct sim_call *call, const struct key_place *at,
                                    const char *id)
{
    static const char *const given[] = {"Name",
                                        "GranteePrincipal",
                                        "RetiringPrincipal",
                                        "GranteeServicePrincipal",
                                        "RetiringServicePrincipal",
                                        "Operations",
                                        "Constraints"};
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "KeyId", value_get(at->key, "Arn"));
    map_put_str(&b, "GrantId", id);
    map_put_str(&b, "IssuingAccount",
                arena_printf(call->arena, "arn:%s:iam::%s:root", call->partition, call->account));
    map_put(&b, "CreationDate", call_time(call, call->now));
    for (size_t i = 0; i < ARRAY_LEN(given); i++)
        map_put(&b, given[i], call_get(call, given[i]));
    return map_end(&b);
}

bool kms_create_grant(struct sim_call *call)
{
    struct key_place at;
    struct kms_grant parsed;
    struct diags diags;
    const char *name = call_need(call, "KeyId");
    diags_init(&diags, call->arena);
    if (!name || !kms_need_key(call, name, NULL, &at) || !need_principals(call))
        return false;
    const char *id = arena_printf(call->arena, "%s%s", id_hex(call->world, call->arena, 32),
                                  id_hex(call->world, call->arena, 32));
    const struct value *grant = grant_of(call, &at, id);
    if (!kms_grant_parse(call->arena, grant, &parsed, &diags, NULL))
        return call_error(call, 400, "ValidationException", "%s", diags.items[0].message);
    if (value_len(value_get(at.key, GRANTS)) >= GRANTS_MAX)
        return call_error(call, 400, "LimitExceededException", "%s has too many grants",
                          value_get_str(at.key, "Arn"));
    struct list_builder all = list_begin(call->arena);
    for (size_t i = 0; i < value_len(value_get(at.key, GRANTS)); i++)
        list_add(&all, value_item(value_get(at.key, GRANTS), i));
    list_add(&all, grant);
    kms_save(call, &at, GRANTS, list_end(&all));
    struct map_builder answer = map_begin(call->arena);
    map_put_str(&answer, "GrantId", id);
    map_put_str(&answer, "GrantToken", id_hex(call->world, call->arena, 32));
    return call_answer(call, map_end(&answer));
}

static bool is_asked_for(struct sim_call *call, const struct value *grant)
{
    static const char *const filters[] = {"GrantId", "GranteePrincipal", "GranteeServicePrincipal"};
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        const char *wanted = call_str(call, filters[i]);
        if (wanted && !str_eq(wanted, value_get_str(grant, filters[i])))
            return false;
    }
    return true;
}

bool kms_list_grants(struct sim_call *call)
{
    struct key_place at;
    const char *next, *name = call_need(call, "KeyId");
    if (!name || !kms_need_key(call, name, NULL, &at))
        return false;
    const struct value *grants = value_get(at.key, GRANTS);
    struct map_builder by_id = map_begin(call->arena);
    for (size_t i = 0; i < value_len(grants); i++)
        if (is_asked_for(call, value_item(grants, i)))
            map_put(&by_id, value_get_str(value_item(grants, i), "GrantId"), value_item(grants, i));
    const struct value *map = map_end(&by_id);
    struct objects rows = rows_of_map(call->arena, map);
    if (!kms_list_page(call, &rows, &next))
        return false;
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, value_get(map, rows.items[i].id));
    return kms_answer_list(call, "Grants", &list, next);
}

bool kms_revoke_grant(struct sim_call *call)
{
    struct key_place at;
    const char *name = call_need(call, "KeyId"), *id = call_need(call, "GrantId");
    if (!name || !id || !kms_need_key(call, name, NULL, &at))
        return false;
    const struct value *grants = value_get(at.key, GRANTS);
    struct list_builder left = list_begin(call->arena);
    for (size_t i = 0; i < value_len(grants); i++)
        if (!str_eq(value_get_str(value_item(grants, i), "GrantId"), id))
            list_add(&left, value_item(grants, i));
    if (left.len == value_len(grants))
        return call_error(call, 400, "NotFoundException", "Grant %s does not exist", id);
    kms_save(call, &at, GRANTS, list_end(&left));
    return call_answer(call, NULL);
}
