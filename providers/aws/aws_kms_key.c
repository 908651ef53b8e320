/* Customer managed keys. CreateKey takes no token: a key is found by its owner tags. The index of
 * tags answers with one call, and needs no right on other people's keys, but lags behind; where an
 * answer to CreateKey was lost, all keys are looked at. A deletion is only scheduled, for 30 days
 * ahead; until then AWS shows the key, and for us it is gone. */
#include <string.h>

#include "engine/aws/tags.h"
#include "providers/aws/calls.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

#define DELETION_DAYS 30

static bool is_gone(const struct value *metadata)
{
    static const char *const states[] = {"PendingDeletion", "PendingReplicaDeletion", NULL};
    const char *state = value_get_str(metadata, "KeyState");
    return state && str_is_one_of(state, states);
}

/* ---- read ---- */

struct read {
    struct calls calls;
    struct map_builder attributes;
};

static void take_policy(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    map_put(&read->attributes, "policy", observed(op, "policy", value_get(rs->body, "Policy")));
}

/* A key that does not rotate has no period, whatever it had before. */
static void take_rotation(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    map_put(&read->attributes, "key_rotation_enabled", value_get(rs->body, "KeyRotationEnabled"));
    const struct value *days = value_get(rs->body, "RotationPeriodInDays");
    if (value_is(days, VALUE_INT) && value_get_bool(rs->body, "KeyRotationEnabled", false))
        map_put(&read->attributes, "rotation_period_in_days", days);
}

static void take_tags(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    map_put(&read->attributes, "tags",
            aws_tag_map(op_arena(op), value_get(rs->body, "Tags"), "TagKey", "TagValue"));
}

static void read_all(struct op *op, const struct response *rs)
{
    (void)rs;
    struct read *read = op_data(op, sizeof(*read));
    op_done(op, op_identifier(op), map_end(&read->attributes));
}

static void described(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    const struct value *key = value_get(rs->body, "KeyMetadata");
    if (rs->fault == FAULT_NOT_FOUND || (rs->fault == FAULT_NONE && is_gone(key))) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    read->attributes =
        map_begin_from(op_arena(op), schema_from_wire(op_arena(op), op_schema(op)->root, key));
    const char *id = op_identifier(op);
    struct request *rq = calls_add(op, &kms_GetKeyPolicy, take_policy);
    request_set_str(rq, "KeyId", id);
    request_set_str(rq, "PolicyName", "default");
    request_set_str(calls_add(op, &kms_GetKeyRotationStatus, take_rotation), "KeyId", id);
    request_set_str(calls_add(op, &kms_ListResourceTags, take_tags), "KeyId", id);
    calls_together(op, op_gone, read_all);
}

static void read_key(struct op *op)
{
    struct request *rq = aws_request(op, &kms_DescribeKey);
    request_set_str(rq, "KeyId", op_identifier(op));
    op_send(op, rq, described);
}

/* ---- points that lie under a key ---- */

/* The vault that holds points under the key, whoever declares it: a lock protects them from
 * everything but the loss of their key. */
static const struct value *vault_in_need(struct op *op, const struct value *vaults)
{
    const char *end = arena_printf(op_arena(op), ":key/%s", op_identifier(op));
    for (size_t i = 0; i < value_len(vaults); i++) {
        const struct value *vault = value_item(vaults, i);
        const char *key = value_get_str(vault, "EncryptionKeyArn");
        if (key && str_ends(key, end) && value_get_int(vault, "NumberOfRecoveryPoints", 0) > 0)
            return vault;
    }
    return NULL;
}

/* False: the operation has failed, because points need the key or because nobody knows. */
static bool nothing_needs_it(struct op *op, const struct response *vaults, const char *spared)
{
    const struct value *vault = vault_in_need(op, value_get(vaults->body, "BackupVaultList"));
    if (vaults->fault != FAULT_NONE)
        op_fail(op, vaults);
    else if (vault)
        op_fail_with(op, E_RETAINED,
                     "vault %s holds %lld recovery points under this key, which nobody could read "
                     "without it: the key is not %s",
                     value_get_str(vault, "BackupVaultName"),
                     (long long)value_get_int(vault, "NumberOfRecoveryPoints", 0), spared);
    return vaults->fault == FAULT_NONE && !vault;
}

/* ---- create, update ---- */

static void set_rotation(struct op *op, const char *id)
{
    if (!value_get_bool(op_desired(op), "key_rotation_enabled", true)) {
        request_set_str(calls_add(op, &kms_DisableKeyRotation, NULL), "KeyId", id);
        return;
    }
    struct request *rq = calls_add(op, &kms_EnableKeyRotation, NULL);
    request_set_str(rq, "KeyId", id);
    request_set(rq, "RotationPeriodInDays", desired_wire(op, "rotation_period_in_days"));
}

struct create {
    struct calls calls;
    const char *id;
};

static void settled(struct op *op, const struct response *rs)
{
    (void)rs;
    const struct create *create = op_data(op, sizeof(*create));
    op_done(op, create->id, NULL);
}

static void created(struct op *op, const struct response *rs)
{
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct create *create = op_data(op, sizeof(*create));
    create->id = value_get_str(value_get(rs->body, "KeyMetadata"), "KeyId");
    if (!create->id) {
        op_fail_with(op, E_BAD_ANSWER, "kms:CreateKey did not say the id of the new key");
        return;
    }
    op_made(op, create->id);
    if (value_get_bool(op_desired(op), "key_rotation_enabled", true))
        set_rotation(op, create->id);
    if (!value_get_bool(op_desired(op), "enabled", true))
        request_set_str(calls_add(op, &kms_DisableKey, NULL), "KeyId", create->id);
    calls_in_order(op, settled);
}

static void set_policy(struct op *op, struct request *rq)
{
    request_set(rq, "Policy", desired_wire(op, "policy"));
    request_set(rq, "BypassPolicyLockoutSafetyCheck",
                desired_wire(op, "bypass_policy_lockout_safety_check"));
}

static void create_key(struct op *op)
{
    struct request *rq = aws_request(op, &kms_CreateKey);
    set_policy(op, rq);
    request_set(rq, "Description", desired_wire(op, "description"));
    request_set(rq, "KeySpec", desired_wire(op, "key_spec"));
    request_set(rq, "KeyUsage", desired_wire(op, "key_usage"));
    request_set(rq, "MultiRegion", desired_wire(op, "multi_region"));
    request_set(rq, "Tags", desired_tag_list(op, "TagKey", "TagValue"));
    op_send(op, rq, created);
}

static const struct tag_calls tag_calls = {&kms_TagResource, &kms_UntagResource, "KeyId",   "Tags",
                                           "TagKeys",        "TagKey",           "TagValue"};

/* The policy goes first, so that it may give the rights that the rest needs. AWS changes the
 * rotation of enabled keys only. */
static void change_key(struct op *op)
{
    const char *id = op_identifier(op);
    const struct value *description = changed_wire(op, "description");
    bool was_enabled = value_get_bool(op_prior(op), "enabled", true);
    bool enabled = value_get_bool(op_desired(op), "enabled", true);
    bool turns = changed_wire(op, "key_rotation_enabled") ||
                 (changed_wire(op, "rotation_period_in_days") &&
                  value_get_bool(op_desired(op), "key_rotation_enabled", true));
    if (changed_wire(op, "policy")) {
        struct request *rq = calls_add(op, &kms_PutKeyPolicy, NULL);
        request_set_str(rq, "KeyId", id);
        request_set_str(rq, "PolicyName", "default");
        set_policy(op, rq);
    }
    if (description) {
        struct request *rq = calls_add(op, &kms_UpdateKeyDescription, NULL);
        request_set_str(rq, "KeyId", id);
        request_set(rq, "Description", description);
    }
    if (enabled ? !was_enabled : turns)
        request_set_str(calls_add(op, &kms_EnableKey, NULL), "KeyId", id);
    if (turns)
        set_rotation(op, id);
    if (!enabled && (was_enabled || turns))
        request_set_str(calls_add(op, &kms_DisableKey, NULL), "KeyId", id);
    calls_add_tags(op, &tag_calls, op_identifier(op));
    calls_in_order(op, step_updated);
}

static void listed_before_disabling(struct op *op, const struct response *rs)
{
    if (nothing_needs_it(op, rs, "disabled"))
        change_key(op);
}

static void update_key(struct op *op)
{
    if (value_get_bool(op_prior(op), "enabled", true) &&
        !value_get_bool(op_desired(op), "enabled", true))
        op_send_all(op, aws_request(op, &backup_ListBackupVaults), listed_before_disabling);
    else
        change_key(op);
}

/* ---- remove ---- */

static void scheduled(struct op *op, const struct response *rs)
{
    bool pending = str_eq(rs->code, "KMSInvalidStateException") && rs->message &&
                   strstr(rs->message, "pending deletion");
    if (rs->fault == FAULT_NONE || rs->fault == FAULT_NOT_FOUND || pending)
        op_done_removed(op);
    else
        op_fail(op, rs);
}

static void vaults_listed(struct op *op, const struct response *rs)
{
    if (!nothing_needs_it(op, rs, "scheduled for deletion"))
        return;
    struct request *rq = aws_request(op, &kms_ScheduleKeyDeletion);
    request_set_str(rq, "KeyId", op_identifier(op));
    request_set(rq, "PendingWindowInDays", value_int(op_arena(op), DELETION_DAYS));
    op_send(op, rq, scheduled);
}

static void remove_key(struct op *op)
{
    op_send_all(op, aws_request(op, &backup_ListBackupVaults), vaults_listed);
}

/* ---- find a key that may be new: all keys of the Region, one after the other ---- */

struct search {
    const struct value *keys;
    size_t at;
    const struct response *last_denied;
};

static void look_at_next(struct op *op);

/* A key that refuses to show its tags may be ours: then nothing is known, and whoever asked must
 * not go on as if there were none, or a second key would be made. */
static void exhausted(struct op *op, const struct search *search)
{
    if (search->last_denied)
        op_fail(op, search->last_denied);
    else
        op_gone(op);
}

static void owner_described(struct op *op, const struct response *rs)
{
    struct search *search = op_data(op, sizeof(*search));
    const struct value *key = value_get(rs->body, "KeyMetadata");
    if (rs->fault != FAULT_NONE && rs->fault != FAULT_NOT_FOUND) {
        op_fail(op, rs);
    } else if (rs->fault == FAULT_NONE && !is_gone(key)) {
        op_found(op, value_get_str(key, "KeyId"), OWNER_BY_TAGS);
    } else {
        search->at++;
        look_at_next(op);
    }
}

static void tags_listed(struct op *op, const struct response *rs)
{
    struct search *search = op_data(op, sizeof(*search));
    const struct value *key = value_item(search->keys, search->at);
    if (rs->fault == FAULT_NONE &&
        has_our_tags(
            op, aws_tag_map(op_arena(op), value_get(rs->body, "Tags"), "TagKey", "TagValue"))) {
        struct request *rq = aws_request(op, &kms_DescribeKey);
        request_set(rq, "KeyId", value_get(key, "KeyId"));
        op_send(op, rq, owner_described);
        return;
    }
    if (rs->fault == FAULT_DENIED) {
        search->last_denied = rs;
    } else if (rs->fault != FAULT_NONE && rs->fault != FAULT_NOT_FOUND) {
        op_fail(op, rs);
        return;
    }
    search->at++;
    look_at_next(op);
}

static void look_at_next(struct op *op)
{
    struct search *search = op_data(op, sizeof(*search));
    if (search->at >= value_len(search->keys)) {
        exhausted(op, search);
        return;
    }
    struct request *rq = aws_request(op, &kms_ListResourceTags);
    request_set(rq, "KeyId", value_get(value_item(search->keys, search->at), "KeyId"));
    op_send_all(op, rq, tags_listed);
}

static void keys_listed(struct op *op, const struct response *rs)
{
    struct search *search = op_data(op, sizeof(*search));
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    search->keys = value_get(rs->body, "Keys");
    look_at_next(op);
}

/* ---- find what stands: one question to the index of tags ---- */

struct candidates {
    const struct value *mappings;
    size_t at;
};

static void describe_candidate(struct op *op);

/* The index goes on to show keys that are pending deletion. */
static void candidate_described(struct op *op, const struct response *rs)
{
    struct candidates *candidates = op_data(op, sizeof(*candidates));
    const struct value *key = value_get(rs->body, "KeyMetadata");
    const char *id = value_get_str(key, "KeyId");
    if (rs->fault != FAULT_NONE && rs->fault != FAULT_NOT_FOUND) {
        op_fail(op, rs);
    } else if (rs->fault == FAULT_NONE && id && !is_gone(key) && !op_is_known(op, id)) {
        op_found(op, id, OWNER_BY_TAGS);
    } else {
        candidates->at++;
        describe_candidate(op);
    }
}

static void describe_candidate(struct op *op)
{
    struct candidates *candidates = op_data(op, sizeof(*candidates));
    const char *arn = NULL;
    while (candidates->at < value_len(candidates->mappings) && !arn) {
        arn = value_get_str(value_item(candidates->mappings, candidates->at), "ResourceARN");
        candidates->at += arn ? 0 : 1;
    }
    if (!arn) {
        op_gone(op);
        return;
    }
    struct request *rq = aws_request(op, &kms_DescribeKey);
    request_set_str(rq, "KeyId", arn);
    op_send(op, rq, candidate_described);
}

static void tagged_listed(struct op *op, const struct response *rs)
{
    struct candidates *candidates = op_data(op, sizeof(*candidates));
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    candidates->mappings = value_get(rs->body, "ResourceTagMappingList");
    describe_candidate(op);
}

static const struct value *tag_filter(struct arena *arena, const struct value *tags,
                                      const char *key)
{
    struct list_builder values = list_begin(arena);
    list_add_str(&values, value_get_str(tags, key));
    struct map_builder filter = map_begin(arena);
    map_put_str(&filter, "Key", key);
    map_put(&filter, "Values", list_end(&values));
    return map_end(&filter);
}

static void ask_for_tagged(struct op *op)
{
    struct arena *arena = op_arena(op);
    const struct value *tags = value_get(op_desired(op), "tags");
    struct list_builder filters = list_begin(arena), types = list_begin(arena);
    list_add(&filters, tag_filter(arena, tags, TAG_TOPOLOGY));
    list_add(&filters, tag_filter(arena, tags, TAG_ADDRESS));
    list_add_str(&types, "kms:key");
    struct request *rq = aws_request(op, &resourcegroupstaggingapi_GetResources);
    request_set(rq, "TagFilters", list_end(&filters));
    request_set(rq, "ResourceTypeFilters", list_end(&types));
    op_send_all(op, rq, tagged_listed);
}

/* ---- find ---- */

/* A key of somebody's, by the alias that an external entry names. */
static void alias_described(struct op *op, const struct response *rs)
{
    const struct value *key = value_get(rs->body, "KeyMetadata");
    if (rs->fault == FAULT_NOT_FOUND || (rs->fault == FAULT_NONE && is_gone(key)))
        op_gone(op);
    else if (rs->fault != FAULT_NONE)
        op_fail(op, rs);
    else
        op_found(op, value_get_str(key, "KeyId"), OWNER_OTHER);
}

static void find_key(struct op *op)
{
    const char *alias = value_get_str(op_desired(op), "alias");
    if (alias) {
        struct request *rq = aws_request(op, &kms_DescribeKey);
        request_set_str(rq, "KeyId", alias);
        op_send(op, rq, alias_described);
        return;
    }
    const struct value *tags = value_get(op_desired(op), "tags");
    if (!value_get_str(tags, TAG_TOPOLOGY) || !value_get_str(tags, TAG_ADDRESS))
        op_gone(op); /* nothing to know it by */
    else if (op_may_be_new(op))
        op_send_all(op, aws_request(op, &kms_ListKeys), keys_listed);
    else
        ask_for_tagged(op);
}

const struct resource_ops aws_kms_key_ops = {
    .read = read_key,
    .create = create_key,
    .update = update_key,
    .remove = remove_key,
    .find = find_key,
};
