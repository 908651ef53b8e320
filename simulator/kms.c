/* KMS: keys, key policies, aliases, rotation, tags, scheduled deletion. */
#include "simulator/kms.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/partition.h"
#include "simulator/actions.h"
#include "simulator/authorize.h"
#include "simulator/kms_data.h"
#include "simulator/kms_grants.h"
#include "simulator/tags.h"

#define KEY "kms.key"
#define ALIAS "kms.alias"
#define ALIAS_OF "~kms.alias_of" /* id "KEY ALIAS": the aliases of one key, without a search */
#define ROTATION_DAYS 365

/* ---- for other services ---- */

static const char *key_arn(struct arena *arena, const char *account, const char *region,
                           const char *id)
{
    return arena_printf(arena, "arn:%s:kms:%s:%s:key/%s", partition_of_region(region), region,
                        account, id);
}

static const char *default_policy(struct arena *arena, const char *account, const char *region)
{
    return arena_printf(
        arena,
        "{\"Version\":\"2012-10-17\",\"Id\":\"key-default-1\",\"Statement\":[{\"Sid\":\"Enable IAM "
        "User Permissions\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:%s:iam::%s:root\"},"
        "\"Action\":\"kms:*\",\"Resource\":\"*\"}]}",
        partition_of_region(region), account);
}

/* The keys of AWS serve only their own account, and their policies cannot be changed. */
static const char *managed_policy(struct arena *arena, const char *account, const char *region,
                                  const char *alias)
{
    return arena_printf(
        arena,
        "{\"Version\":\"2012-10-17\",\"Id\":\"auto-%s\",\"Statement\":[{\"Sid\":\"Allow access to "
        "all principals in the account that are authorized to use the service\",\"Effect\":"
        "\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"kms:Encrypt\",\"kms:Decrypt\","
        "\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\",\"kms:CreateGrant\",\"kms:ListGrants\","
        "\"kms:DescribeKey\"],\"Resource\":\"*\",\"Condition\":{\"StringEquals\":"
        "{\"kms:CallerAccount\":\"%s\"}}},{\"Sid\":\"Allow direct access to key metadata to the "
        "account\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:%s:iam::%s:root\"},"
        "\"Action\":[\"kms:Describe*\",\"kms:Get*\",\"kms:List*\"],\"Resource\":\"*\"}]}",
        alias + strlen("alias/"), account, partition_of_region(region), account);
}

struct key_spec {
    const char *account, *region, *manager, *description, *policy;
    const struct value *tags;
    bool multi_region;
    const char *spec, *usage;
};

static const struct value *key_make(struct world *world, struct arena *arena,
                                    const struct key_spec *spec)
{
    const char *id = id_uuid(world, arena);
    if (spec->multi_region)
        id = arena_printf(arena, "mrk-%s", id_hex(world, arena, 32));
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "KeyId", id);
    map_put_str(&b, "Arn", key_arn(arena, spec->account, spec->region, id));
    map_put_str(&b, "Description", spec->description ? spec->description : "");
    map_put_str(&b, "KeyState", "Enabled");
    map_put_str(&b, "KeyManager", spec->manager);
    map_put_str(&b, "KeySpec", spec->spec ? spec->spec : "SYMMETRIC_DEFAULT");
    map_put_str(&b, "KeyUsage", spec->usage ? spec->usage : "ENCRYPT_DECRYPT");
    map_put_bool(&b, "MultiRegion", spec->multi_region);
    map_put_str(&b, "Policy", spec->policy);
    map_put(&b, "Tags", spec->tags);
    map_put_int(&b, "Created_ms", world_now_ms(world));
    map_put_int(&b, "RotationDays",
                str_eq(spec->manager, "AWS") ? ROTATION_DAYS : 0); /* 0: does not rotate */
    const struct value *key = map_end(&b);
    store_put(world, KEY, spec->account, spec->region, id, key);
    return key;
}

static void alias_put(struct world *world, struct arena *arena, const char *account,
                      const char *region, const char *name, const struct value *row)
{
    store_put(world, ALIAS, account, region, name, row);
    store_put(world, ALIAS_OF, account, region,
              arena_printf(arena, "%s %s", value_get_str(row, "TargetKeyId"), name), row);
}

static void alias_make(struct world *world, struct arena *arena, const struct value *key,
                       const char *account, const char *region, const char *name)
{
    struct map_builder b = map_begin(arena);
    map_put(&b, "TargetKeyId", value_get(key, "KeyId"));
    map_put_int(&b, "Created_ms", world_now_ms(world));
    map_put_int(&b, "Updated_ms", world_now_ms(world));
    alias_put(world, arena, account, region, name, map_end(&b));
}

static void alias_remove(struct world *world, struct arena *arena, const char *account,
                         const char *region, const char *name)
{
    const struct value *row = store_get(world, arena, ALIAS, account, region, name);
    store_delete(world, ALIAS_OF, account, region,
                 arena_printf(arena, "%s %s", value_get_str(row, "TargetKeyId"), name));
    store_delete(world, ALIAS, account, region, name);
}

static const struct value *by_alias(struct world *world, struct arena *arena, const char *account,
                                    const char *region, const char *alias)
{
    const struct value *row = store_get(world, arena, ALIAS, account, region, alias);
    if (row)
        return store_get(world, arena, KEY, account, region, value_get_str(row, "TargetKeyId"));
    if (!str_starts(alias, "alias/aws/"))
        return NULL;
    const struct key_spec spec = {
        .account = account,
        .region = region,
        .manager = "AWS",
        .description = arena_printf(arena,
                                    "Default key that protects my resources when no other "
                                    "key is defined (%s)",
                                    alias),
        .policy = managed_policy(arena, account, region, alias),
    };
    const struct value *key = key_make(world, arena, &spec);
    alias_make(world, arena, key, account, region, alias);
    return key;
}

void kms_seed_key(struct world *world, struct arena *arena, const struct value *key)
{
    const char *account = value_get_str(key, "account_id"), *region = value_get_str(key, "region");
    const char *alias = value_get_str(key, "alias");
    const struct value *shared = value_get(key, "shared_with");
    struct strbuf policy;
    if (!account || !region || !alias)
        return;
    strbuf_init(&policy, arena, 65536);
    strbuf_addf(&policy,
                "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":"
                "\"kms:*\",\"Resource\":\"*\",\"Principal\":{\"AWS\":[\"%s\"",
                account);
    for (size_t i = 0; i < value_len(shared); i++)
        strbuf_addf(&policy, ",\"%s\"", value_str(value_item(shared, i)));
    strbuf_add(&policy, "]}}]}");
    const struct key_spec spec = {
        .account = account, .region = region, .manager = "CUSTOMER", .policy = strbuf_str(&policy)};
    const struct value *made = key_make(world, arena, &spec);
    alias_make(world, arena, made, account, region, alias);
}

const struct value *kms_key_find(struct world *world, struct arena *arena, const char *account,
                                 const char *region, const char *key)
{
    struct arn arn;
    if (arn_parse(slice_of(key), &arn)) {
        if (!slice_is(arn.service, "kms") || !arn.account.len || !arn.region.len)
            return NULL;
        account = arena_strndup(arena, arn.account.ptr, arn.account.len);
        region = arena_strndup(arena, arn.region.ptr, arn.region.len);
        key = arena_strndup(arena, arn.resource.ptr, arn.resource.len);
        if (str_starts(key, "key/"))
            key += strlen("key/");
    }
    if (str_starts(key, "alias/"))
        return by_alias(world, arena, account, region, key);
    return store_get(world, arena, KEY, account, region, key);
}

struct objects kms_keys(struct world *world, struct arena *arena, const char *account,
                        const char *region, const char *text)
{
    return text ? store_holding(world, arena, KEY, account, region, text)
                : store_list(world, arena, KEY, account, region, NULL);
}

bool kms_key_settled(struct world *world, const struct value *key)
{
    return str_eq(value_get_str(key, "KeyManager"), "AWS") ||
           world_now_ms(world) >=
               value_get_int(key, "Created_ms", 0) + setting_int(world, "key_delay_ms", 0);
}

/* What a policy may ask about a key and whoever uses it. */
static const struct value *key_context(struct world *world, struct arena *arena,
                                       const char *principal, const struct value *key,
                                       const struct value *context)
{
    static const char *const kinds[] = {"KeySpec", "KeyUsage", "MultiRegion"};
    struct map_builder b = map_begin_from(arena, context);
    struct list_builder aliases = list_begin(arena);
    struct arn arn;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        map_put(&b, arena_printf(arena, "kms:%s", kinds[i]), value_get(key, kinds[i]));
    map_put_str(&b, "kms:KeyOrigin", "AWS_KMS");
    if (principal && arn_parse(slice_of(principal), &arn))
        map_put_str(&b, "kms:CallerAccount",
                    arena_strndup(arena, arn.account.ptr, arn.account.len));
    const struct value *tags = value_get(key, "Tags");
    for (size_t i = 0; i < value_len(tags); i++)
        map_put(&b, arena_printf(arena, "aws:ResourceTag/%s", tags->map.entries[i].key),
                tags->map.entries[i].value);
    if (!key || !arn_parse(slice_of(value_get_str(key, "Arn")), &arn))
        return map_end(&b);
    struct objects rows =
        store_list(world, arena, ALIAS_OF, arena_strndup(arena, arn.account.ptr, arn.account.len),
                   arena_strndup(arena, arn.region.ptr, arn.region.len),
                   arena_printf(arena, "%s ", value_get_str(key, "KeyId")));
    for (size_t i = 0; i < rows.len; i++)
        list_add_str(&aliases, strchr(rows.items[i].id, ' ') + 1);
    if (rows.len > 0)
        map_put(&b, "kms:ResourceAliases", list_end(&aliases));
    return map_end(&b);
}

static const struct value *policy_of(struct arena *arena, const struct value *key)
{
    const char *why = NULL;
    return policy_from_text(arena, slice_of(value_get_str(key, "Policy")), &why);
}

static bool allows(struct world *world, struct arena *arena, const char *principal,
                   const char *action, const struct value *key, const struct value *context,
                   bool every_right)
{
    bool is_service = principal && str_ends(principal, ".amazonaws.com");
    const struct kms_grant *grants = NULL;
    size_t grant_len = kms_grants_of(arena, key, &grants);
    const struct authorization request = {
        .principal = is_service ? NULL : principal,
        .service = is_service ? principal : NULL,
        .action = action,
        .resource = value_get_str(key, "Arn"),
        .resource_policy = policy_of(arena, key),
        .resource_policy_rules = true,
        .grants = grants,
        .grant_len = grant_len,
        .context = key_context(world, arena, is_service ? NULL : principal, key, context),
        .every_right = every_right,
    };
    return authorize(world, arena, &request, NULL);
}

bool kms_allows(struct world *world, struct arena *arena, const char *principal, const char *action,
                const struct value *key, const struct value *context)
{
    return allows(world, arena, principal, action, key, context, /* every_right= */ false);
}

bool kms_gives(struct world *world, struct arena *arena, const char *principal, const char *action,
               const struct value *key, const struct value *context)
{
    return allows(world, arena, principal, action, key, context, /* every_right= */ true);
}

/* ---- calls ---- */

static bool may(struct sim_call *call, const struct value *key, const char *action,
                const struct value *context)
{
    const struct kms_grant *grants = NULL;
    size_t grant_len = kms_grants_of(call->arena, key, &grants);
    const struct authorization request = {
        .principal = call->principal,
        .session = call->session,
        .session_policy = call->session_policy,
        .action = action,
        .resource = value_get_str(key, "Arn"),
        .resource_policy = policy_of(call->arena, key),
        .resource_policy_rules = true,
        .grants = grants,
        .grant_len = grant_len,
        .context = key_context(call->world, call->arena, call->principal, key,
                               call_context(call, action, value_get_str(key, "Arn"), context)),
    };
    const char *why = "";
    if (call_judged(call, action, request.resource,
                    authorize(call->world, call->arena, &request, &why)))
        return true;
    return call_error(call, 400, "AccessDeniedException",
                      "User: %s is not authorized to perform: %s on resource: %s %s",
                      call->session ? call->session : call->principal, action, request.resource,
                      why);
}

static bool key_not_found(struct sim_call *call, const char *name)
{
    bool full = str_starts(name, "arn:");
    if (strstr(name, "alias/"))
        return call_error(call, 400, "NotFoundException", "Alias %s is not found.",
                          full ? name : call_arn(call, "kms", "%s", name));
    return call_error(call, 400, "NotFoundException", "Key '%s' does not exist",
                      full ? name : key_arn(call->arena, call->account, call->region, name));
}

/* What whoever made a key does next, sooner than all of KMS knows it. */
static bool comes_too_soon(struct sim_call *call, const struct value *key)
{
    static const char *const early[] = {"CreateAlias",        "UpdateAlias", "EnableKeyRotation",
                                        "DisableKeyRotation", "DisableKey",  NULL};
    return str_is_one_of(call->operation->name, early) && !kms_key_settled(call->world, key);
}

bool kms_need_key(struct sim_call *call, const char *name, const struct value *context,
                  struct key_place *ret)
{
    const struct value *key =
        kms_key_find(call->world, call->arena, call->account, call->region, name);
    struct arn arn;
    if (!key || !arn_parse(slice_of(value_get_str(key, "Arn")), &arn) ||
        !slice_is(arn.region, call->region) || comes_too_soon(call, key))
        return key_not_found(call, name);
    *ret = (struct key_place){arena_strndup(call->arena, arn.account.ptr, arn.account.len),
                              call->region, value_get_str(key, "KeyId"), key};
    const char *alias = strstr(name, "alias/");
    if (alias)
        context =
            value_with(call->arena, context, "kms:RequestAlias", value_string(call->arena, alias));
    return may(call, key, arena_printf(call->arena, "kms:%s", call->operation->name), context);
}

/* The key that the call names. */
static bool need_key(struct sim_call *call, const char *member, struct key_place *ret)
{
    const char *name = call_need(call, member);
    return name && kms_need_key(call, name, NULL, ret);
}

/* The same for changes: not in another account's key, not in AWS's own, and only in some states. */
static bool need_own_key(struct sim_call *call, bool also_disabled, struct key_place *ret)
{
    if (!need_key(call, "KeyId", ret))
        return false;
    const char *state = value_get_str(ret->key, "KeyState");
    if (!str_eq(ret->account, call->account))
        return call_denied(call, arena_printf(call->arena, "kms:%s", call->operation->name),
                           value_get_str(ret->key, "Arn"));
    if (str_eq(value_get_str(ret->key, "KeyManager"), "AWS"))
        return call_error(call, 400, "UnsupportedOperationException",
                          "%s is managed by AWS and cannot be changed",
                          value_get_str(ret->key, "Arn"));
    if (str_eq(state, "PendingDeletion"))
        return call_error(call, 400, "KMSInvalidStateException", "%s is pending deletion.",
                          value_get_str(ret->key, "Arn"));
    if (!also_disabled && !str_eq(state, "Enabled"))
        return call_error(call, 400, "DisabledException", "%s is disabled.",
                          value_get_str(ret->key, "Arn"));
    return true;
}

void kms_save(struct sim_call *call, const struct key_place *at, const char *member,
              const struct value *v)
{
    store_put(call->world, KEY, at->account, at->region, at->id,
              value_with(call->arena, at->key, member, v));
}

static bool save(struct sim_call *call, const struct key_place *at, const char *member,
                 const struct value *v)
{
    kms_save(call, at, member, v);
    return call_answer(call, NULL);
}

static const struct value *metadata(struct sim_call *call, const struct value *key)
{
    static const char *const plain[] = {"KeyId",    "Arn",        "Description", "KeyUsage",
                                        "KeyState", "KeyManager", "KeySpec",     "MultiRegion"};
    struct arn arn = {0};
    (void)arn_parse(slice_of(value_get_str(key, "Arn")), &arn);
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "AWSAccountId", arena_strndup(call->arena, arn.account.ptr, arn.account.len));
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        map_put(&b, plain[i], value_get(key, plain[i]));
    map_put(&b, "CustomerMasterKeySpec", value_get(key, "KeySpec"));
    map_put(&b, "CreationDate", call_time(call, value_get_int(key, "Created_ms", 0)));
    map_put_bool(&b, "Enabled", str_eq(value_get_str(key, "KeyState"), "Enabled"));
    map_put_str(&b, "Origin", "AWS_KMS");
    struct list_builder algorithms = list_begin(call->arena);
    list_add_str(&algorithms, "SYMMETRIC_DEFAULT");
    map_put(&b, "EncryptionAlgorithms", list_end(&algorithms));
    int64_t deletion = value_get_int(key, "Deletion_ms", 0);
    if (deletion)
        map_put(&b, "DeletionDate", call_time(call, deletion));
    return map_end(&b);
}

static bool answer_metadata(struct sim_call *call, const struct value *key)
{
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "KeyMetadata", metadata(call, key));
    return call_answer(call, map_end(&b));
}

/* Reads a key policy and makes sure that the caller can still change it afterwards. key: NULL while
 * it is being made; then it has no tags yet that could give rights. */
static bool policy_fits(struct sim_call *call, const char *text, const struct value *key)
{
    const char *why = NULL;
    const struct value *doc = policy_read(call->arena, text, POLICY_RESOURCE, &why);
    if (!doc)
        return call_error(call, 400, "MalformedPolicyDocumentException", "%s", why);
    if (policy_unknown_principal(call->world, call->arena, doc))
        return call_error(call, 400, "MalformedPolicyDocumentException",
                          "Policy contains a statement with one or more invalid principals.");
    if (strlen(text) > 131072)
        return call_error(call, 400, "LimitExceededException", "The key policy is too long");
    if (call_bool(call, "BypassPolicyLockoutSafetyCheck", false))
        return true;
    const struct authorization request = {
        .principal = call->principal,
        .session = call->session,
        .action = "kms:PutKeyPolicy",
        .session_policy = call->session_policy,
        .resource = key ? value_get_str(key, "Arn")
                        : key_arn(call->arena, call->account, call->region, "new"),
        .resource_policy = doc,
        .resource_policy_rules = true,
        .context = key_context(call->world, call->arena, call->principal, key, NULL),
    };
    return authorize(call->world, call->arena, &request, &why) ||
           call_error(call, 400, "MalformedPolicyDocumentException",
                      "The new key policy will not allow you to update the key policy in the "
                      "future.");
}

static bool create_key(struct sim_call *call)
{
    struct arena *arena = call->arena;
    const char *policy = call_str(call, "Policy");
    if (!policy)
        policy = default_policy(arena, call->account, call->region);
    else if (!policy_fits(call, policy, NULL))
        return false;
    const struct value *tags = tags_from_list(arena, call_get(call, "Tags"), "TagKey", "TagValue");
    const char *refused = tags_refused(arena, tags);
    if (refused)
        return call_error(call, 400, "TagException", "%s", refused);
    const struct key_spec spec = {
        .account = call->account,
        .region = call->region,
        .manager = "CUSTOMER",
        .description = call_str(call, "Description"),
        .policy = policy,
        .tags = tags,
        .multi_region = call_bool(call, "MultiRegion", false),
        .spec = call_str(call, "KeySpec") ? call_str(call, "KeySpec")
                                          : call_str(call, "CustomerMasterKeySpec"),
        .usage = call_str(call, "KeyUsage"),
    };
    return answer_metadata(call, key_make(call->world, arena, &spec));
}

static bool describe_key(struct sim_call *call)
{
    struct key_place at;
    return need_key(call, "KeyId", &at) && answer_metadata(call, at.key);
}

bool kms_list_page(struct sim_call *call, struct objects *rows, const char **ret_next)
{
    return call_page(call, rows, "Marker", "Limit", 100, ret_next) ||
           call_error(call, 400, "InvalidMarkerException", "Invalid marker");
}

bool kms_answer_list(struct sim_call *call, const char *member, struct list_builder *list,
                     const char *next)
{
    struct map_builder b = map_begin(call->arena);
    map_put(&b, member, list_end(list));
    map_put_bool(&b, "Truncated", next != NULL);
    map_put_str(&b, "NextMarker", next);
    return call_answer(call, map_end(&b));
}

static bool list_keys(struct sim_call *call)
{
    const char *next;
    struct objects rows;
    if (!store_page(call, KEY, NULL, "Marker", "Limit", 100, &rows, &next))
        return call_error(call, 400, "InvalidMarkerException", "Invalid marker");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        struct map_builder b = map_begin(call->arena);
        map_put_str(&b, "KeyId", rows.items[i].id);
        map_put(&b, "KeyArn", value_get(rows.items[i].body, "Arn"));
        list_add(&list, map_end(&b));
    }
    return kms_answer_list(call, "Keys", &list, next);
}

static bool get_key_policy(struct sim_call *call)
{
    struct key_place at;
    if (!need_key(call, "KeyId", &at))
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Policy", policy_echo(call->arena, value_get_str(at.key, "Policy")));
    map_put_str(&b, "PolicyName", "default");
    return call_answer(call, map_end(&b));
}

static bool put_key_policy(struct sim_call *call)
{
    struct key_place at;
    const char *text = call_need(call, "Policy");
    if (!text || !need_key(call, "KeyId", &at))
        return false;
    if (str_eq(value_get_str(at.key, "KeyManager"), "AWS"))
        return call_error(call, 400, "UnsupportedOperationException",
                          "the policies of AWS managed keys cannot be changed");
    return policy_fits(call, text, at.key) &&
           save(call, &at, "Policy", value_string(call->arena, text));
}

static bool list_key_policies(struct sim_call *call)
{
    struct key_place at;
    if (!need_key(call, "KeyId", &at))
        return false;
    struct list_builder list = list_begin(call->arena);
    list_add_str(&list, "default");
    return kms_answer_list(call, "PolicyNames", &list, NULL);
}

static bool update_description(struct sim_call *call)
{
    struct key_place at;
    const char *text = call_str(call, "Description");
    return need_own_key(call, true, &at) &&
           save(call, &at, "Description", value_string(call->arena, text ? text : ""));
}

static bool enable_key(struct sim_call *call)
{
    struct key_place at;
    return need_own_key(call, true, &at) &&
           save(call, &at, "KeyState", value_string(call->arena, "Enabled"));
}

static bool disable_key(struct sim_call *call)
{
    struct key_place at;
    return need_own_key(call, true, &at) &&
           save(call, &at, "KeyState", value_string(call->arena, "Disabled"));
}

static bool enable_rotation(struct sim_call *call)
{
    struct key_place at;
    if (!need_own_key(call, false, &at))
        return false;
    int64_t days = call_int(call, "RotationPeriodInDays", ROTATION_DAYS);
    if (days < 90 || days > 2560)
        return call_error(call, 400, "ValidationException",
                          "RotationPeriodInDays must be between 90 and 2560");
    return save(call, &at, "RotationDays", value_int(call->arena, days));
}

static bool disable_rotation(struct sim_call *call)
{
    struct key_place at;
    return need_own_key(call, false, &at) &&
           save(call, &at, "RotationDays", value_int(call->arena, 0));
}

static bool rotation_status(struct sim_call *call)
{
    struct key_place at;
    if (!need_key(call, "KeyId", &at))
        return false;
    int64_t days = value_get_int(at.key, "RotationDays", 0);
    struct map_builder b = map_begin(call->arena);
    map_put_bool(&b, "KeyRotationEnabled", days > 0);
    map_put(&b, "KeyId", value_get(at.key, "KeyId"));
    if (days > 0) {
        map_put_int(&b, "RotationPeriodInDays", days);
        map_put(&b, "NextRotationDate",
                call_time(call, value_get_int(at.key, "Created_ms", 0) + days * DAY_MS));
    }
    return call_answer(call, map_end(&b));
}

/* ---- deletion ---- */

static bool schedule_deletion(struct sim_call *call)
{
    struct key_place at;
    if (!need_own_key(call, true, &at))
        return false;
    int64_t days = call_int(call, "PendingWindowInDays", 30);
    if (days < 7 || days > 30)
        return call_error(call, 400, "ValidationException",
                          "PendingWindowInDays must be between 7 and 30");
    int64_t due = call->now + days * DAY_MS;
    struct map_builder b = map_begin_from(call->arena, at.key);
    map_put_str(&b, "KeyState", "PendingDeletion");
    map_put_int(&b, "Deletion_ms", due);
    store_put(call->world, KEY, at.account, at.region, at.id, map_end(&b));
    struct map_builder task = map_begin(call->arena);
    map_put_str(&task, "account", at.account);
    map_put_str(&task, "region", at.region);
    map_put_str(&task, "key", at.id);
    task_add(call->world, due, "kms.delete", map_end(&task));
    struct map_builder answer = map_begin(call->arena);
    map_put(&answer, "KeyId", value_get(at.key, "Arn"));
    map_put(&answer, "DeletionDate", call_time(call, due));
    map_put_str(&answer, "KeyState", "PendingDeletion");
    map_put_int(&answer, "PendingWindowInDays", days);
    return call_answer(call, map_end(&answer));
}

static bool cancel_deletion(struct sim_call *call)
{
    struct key_place at;
    if (!need_key(call, "KeyId", &at))
        return false;
    if (!str_eq(value_get_str(at.key, "KeyState"), "PendingDeletion"))
        return call_error(call, 400, "KMSInvalidStateException", "%s is not pending deletion.",
                          value_get_str(at.key, "Arn"));
    struct map_builder b =
        map_begin_from(call->arena, value_without(call->arena, at.key, "Deletion_ms"));
    map_put_str(&b, "KeyState", "Disabled");
    store_put(call->world, KEY, at.account, at.region, at.id, map_end(&b));
    task_drop(call->world, "kms.delete", "key", at.id);
    struct map_builder answer = map_begin(call->arena);
    map_put(&answer, "KeyId", value_get(at.key, "Arn"));
    return call_answer(call, map_end(&answer));
}

static void delete_key(struct world *world, struct arena *arena, const struct value *payload)
{
    const char *account = value_get_str(payload, "account");
    const char *region = value_get_str(payload, "region");
    const char *id = value_get_str(payload, "key");
    store_delete(world, KEY, account, region, id);
    struct objects rows =
        store_list(world, arena, ALIAS_OF, account, region, arena_printf(arena, "%s ", id));
    for (size_t i = 0; i < rows.len; i++)
        alias_remove(world, arena, account, region, strchr(rows.items[i].id, ' ') + 1);
    timeline_add(world, account, region, "key deleted", key_arn(arena, account, region, id), NULL);
}

/* ---- aliases ---- */

static const char *need_alias(struct sim_call *call)
{
    const char *name = call_need(call, "AliasName");
    if (!name)
        return NULL;
    if (str_starts(name, "alias/aws/")) {
        call_error(call, 400, "NotAuthorizedException",
                   "the prefix alias/aws/ is reserved for AWS's own keys");
        return NULL;
    }
    if (!str_starts(name, "alias/") || !name[strlen("alias/")] || strlen(name) > 256) {
        call_error(call, 400, "InvalidAliasNameException", "Invalid alias name: %s", name);
        return NULL;
    }
    return name;
}

static bool create_alias(struct sim_call *call)
{
    const char *name = need_alias(call);
    const char *target = name ? call_need(call, "TargetKeyId") : NULL;
    if (!target)
        return false;
    if (store_get(call->world, call->arena, ALIAS, call->account, call->region, name))
        return call_error(call, 400, "AlreadyExistsException",
                          "An alias with the name %s already exists",
                          call_arn(call, "kms", "%s", name));
    struct key_place at;
    if (!need_key(call, "TargetKeyId", &at))
        return false;
    if (str_eq(value_get_str(at.key, "KeyState"), "PendingDeletion"))
        return call_error(call, 400, "KMSInvalidStateException", "%s is pending deletion.",
                          value_get_str(at.key, "Arn"));
    alias_make(call->world, call->arena, at.key, call->account, call->region, name);
    return call_answer(call, NULL);
}

static const struct value *existing_alias(struct sim_call *call, const char **ret_name)
{
    const char *name = need_alias(call);
    if (!name)
        return NULL;
    *ret_name = name;
    const struct value *row =
        store_get(call->world, call->arena, ALIAS, call->account, call->region, name);
    if (!row)
        call_error(call, 400, "NotFoundException", "Alias %s is not found.",
                   call_arn(call, "kms", "%s", name));
    return row;
}

static bool update_alias(struct sim_call *call)
{
    const char *name;
    const struct value *row = existing_alias(call, &name);
    struct key_place at, old;
    if (!row || !kms_need_key(call, value_get_str(row, "TargetKeyId"), NULL, &old) ||
        !need_key(call, "TargetKeyId", &at))
        return false;
    struct map_builder b = map_begin_from(call->arena, row);
    map_put_str(&b, "TargetKeyId", at.id);
    map_put_int(&b, "Updated_ms", call->now);
    store_delete(call->world, ALIAS_OF, call->account, call->region,
                 arena_printf(call->arena, "%s %s", value_get_str(row, "TargetKeyId"), name));
    alias_put(call->world, call->arena, call->account, call->region, name, map_end(&b));
    return call_answer(call, NULL);
}

static bool delete_alias(struct sim_call *call)
{
    const char *name;
    const struct value *row = existing_alias(call, &name);
    struct key_place at;
    if (!row || !kms_need_key(call, value_get_str(row, "TargetKeyId"), NULL, &at))
        return false;
    alias_remove(call->world, call->arena, call->account, call->region, name);
    return call_answer(call, NULL);
}

/* Of one key, or of the Region: the ids of the rows end in the alias's name. */
static bool list_aliases(struct sim_call *call)
{
    const char *next;
    struct objects rows;
    struct key_place at = {0};
    if (call_str(call, "KeyId") && !need_key(call, "KeyId", &at))
        return false;
    if (!store_page(call, at.id ? ALIAS_OF : ALIAS,
                    at.id ? arena_printf(call->arena, "%s ", at.id) : NULL, "Marker", "Limit", 100,
                    &rows, &next))
        return call_error(call, 400, "InvalidMarkerException", "Invalid marker");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *row = rows.items[i].body;
        const char *name = at.id ? strchr(rows.items[i].id, ' ') + 1 : rows.items[i].id;
        struct map_builder b = map_begin(call->arena);
        map_put_str(&b, "AliasName", name);
        map_put_str(&b, "AliasArn", call_arn(call, "kms", "%s", name));
        map_put(&b, "TargetKeyId", value_get(row, "TargetKeyId"));
        map_put(&b, "CreationDate", call_time(call, value_get_int(row, "Created_ms", 0)));
        map_put(&b, "LastUpdatedDate", call_time(call, value_get_int(row, "Updated_ms", 0)));
        list_add(&list, map_end(&b));
    }
    return kms_answer_list(call, "Aliases", &list, next);
}

/* ---- tags ---- */

static bool tag_resource(struct sim_call *call)
{
    struct key_place at;
    if (!need_own_key(call, true, &at))
        return false;
    const struct value *tags =
        tags_merge(call->arena, value_get(at.key, "Tags"),
                   tags_from_list(call->arena, call_get(call, "Tags"), "TagKey", "TagValue"));
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        return call_error(call, 400, "TagException", "%s", refused);
    return save(call, &at, "Tags", tags);
}

static bool untag_resource(struct sim_call *call)
{
    struct key_place at;
    return need_own_key(call, true, &at) &&
           save(call, &at, "Tags",
                tags_remove(call->arena, value_get(at.key, "Tags"), call_get(call, "TagKeys")));
}

static bool list_resource_tags(struct sim_call *call)
{
    struct key_place at;
    const char *next;
    if (!need_key(call, "KeyId", &at))
        return false;
    struct objects rows = rows_of_map(call->arena, value_get(at.key, "Tags"));
    if (!kms_list_page(call, &rows, &next))
        return false;
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        struct map_builder b = map_begin(call->arena);
        map_put_str(&b, "TagKey", rows.items[i].id);
        map_put(&b, "TagValue", value_get(rows.items[i].body, "Value"));
        list_add(&list, map_end(&b));
    }
    return kms_answer_list(call, "Tags", &list, next);
}

#define READS(op, fn)                                                                              \
    {                                                                                              \
        .name = (op), .run = (fn)                                                                  \
    }
#define CHANGES(op, fn)                                                                            \
    {                                                                                              \
        .name = (op), .run = (fn), .writes = true                                                  \
    }

static const struct sim_operation operations[] = {
    {.name = "CreateKey", .run = create_key, .writes = true},
    {.name = "ListKeys", .run = list_keys},
    READS("DescribeKey", describe_key),
    READS("GetKeyPolicy", get_key_policy),
    CHANGES("PutKeyPolicy", put_key_policy),
    READS("ListKeyPolicies", list_key_policies),
    CHANGES("UpdateKeyDescription", update_description),
    CHANGES("EnableKey", enable_key),
    CHANGES("DisableKey", disable_key),
    CHANGES("EnableKeyRotation", enable_rotation),
    CHANGES("DisableKeyRotation", disable_rotation),
    READS("GetKeyRotationStatus", rotation_status),
    CHANGES("ScheduleKeyDeletion", schedule_deletion),
    CHANGES("CancelKeyDeletion", cancel_deletion),
    CHANGES("CreateAlias", create_alias),
    {.name = "UpdateAlias", .run = update_alias, .writes = true},
    {.name = "DeleteAlias", .run = delete_alias, .writes = true},
    {.name = "ListAliases", .run = list_aliases},
    CHANGES("TagResource", tag_resource),
    CHANGES("UntagResource", untag_resource),
    READS("ListResourceTags", list_resource_tags),
    CHANGES("CreateGrant", kms_create_grant),
    READS("ListGrants", kms_list_grants),
    CHANGES("RevokeGrant", kms_revoke_grant),
    READS("Encrypt", kms_encrypt),
    READS("Decrypt", kms_decrypt),
    READS("GenerateDataKey", kms_generate_data_key),
};

static const struct sim_task tasks[] = {
    {.kind = "kms.delete", .run = delete_key, .background = true},
};

const struct sim_api sim_kms = {
    .service = "kms",
    .wire = SIM_JSON,
    .target = "TrentService",
    .version = "1.1",
    .missing = "ValidationException",
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
    .tasks = tasks,
    .task_len = ARRAY_LEN(tasks),
};
