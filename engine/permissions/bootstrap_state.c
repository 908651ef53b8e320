#include "engine/permissions/bootstrap_state.h"

#include <string.h>

#include "engine/config/iam_document.h"
#include "engine/permissions/cfn.h"
#include "engine/permissions/rights.h"

#define OLD_VERSION_DAYS 90

/* "alias/x" where the file names the key so: then it is made. A key that is named by its id is
 * there already. */
static const char *alias_of(const struct shared_state *state)
{
    return state->kms_key ? strstr(state->kms_key, "alias/") : NULL;
}

static const struct value *kept(struct arena *arena, const struct value *resource)
{
    const struct value *v =
        value_with(arena, resource, "DeletionPolicy", value_string(arena, "Retain"));
    return value_with(arena, v, "UpdateReplacePolicy", value_string(arena, "Retain"));
}

static const struct value *document_of(struct arena *arena, const struct value *statement)
{
    return iam_document(arena, NULL, value_list(arena, &statement, 1));
}

/* The account decides by its own policies who may use it. */
static void add_key(struct map_builder *resources, const struct shared_state *state,
                    const char *condition)
{
    struct arena *arena = resources->arena;
    struct map_builder statement = map_begin(arena), key = map_begin(arena),
                       alias = map_begin(arena);
    map_put_str(&statement, "Sid", "Account");
    map_put_str(&statement, "Effect", "Allow");
    map_put(&statement, "Principal",
            cfn_one(arena, "AWS",
                    value_stringf(arena, "arn:%s:iam::%s:root", state->account->partition,
                                  state->account->id)));
    map_put_str(&statement, "Action", "kms:*");
    map_put_str(&statement, "Resource", "*");
    map_put_str(&key, "Description", "The shared state of holdfast");
    map_put_bool(&key, "EnableKeyRotation", true);
    map_put(&key, "KeyPolicy", document_of(arena, map_end(&statement)));
    map_put(resources, "StateKey",
            kept(arena, cfn_resource(arena, "AWS::KMS::Key", condition, map_end(&key))));
    map_put_str(&alias, "AliasName", alias_of(state));
    map_put(&alias, "TargetKeyId", cfn_ref(arena, "StateKey"));
    map_put(resources, "StateKeyAlias",
            cfn_resource(arena, "AWS::KMS::Alias", condition, map_end(&alias)));
}

static const struct value *encryption_of(struct arena *arena, const struct shared_state *state)
{
    struct list_builder rules = list_begin(arena);
    struct map_builder by = map_begin(arena), rule = map_begin(arena);
    map_put_str(&by, "SSEAlgorithm", state->kms_key ? "aws:kms" : "AES256");
    if (alias_of(state))
        map_put(&by, "KMSMasterKeyID", cfn_arn_of(arena, "StateKey"));
    else if (state->kms_key)
        map_put_str(&by, "KMSMasterKeyID", state->kms_key);
    map_put(&rule, "ServerSideEncryptionByDefault", map_end(&by));
    if (state->kms_key)
        map_put_bool(&rule, "BucketKeyEnabled", true);
    list_add(&rules, map_end(&rule));
    return cfn_one(arena, "ServerSideEncryptionConfiguration", list_end(&rules));
}

static const struct value *public_access(struct arena *arena)
{
    static const char *const switches[] = {"BlockPublicAcls", "BlockPublicPolicy",
                                           "IgnorePublicAcls", "RestrictPublicBuckets"};
    struct map_builder b = map_begin(arena);
    for (size_t i = 0; i < ARRAY_LEN(switches); i++)
        map_put_bool(&b, switches[i], true);
    return map_end(&b);
}

static const struct value *list_of(struct arena *arena, const struct value *item)
{
    struct list_builder list = list_begin(arena);
    list_add(&list, item);
    return list_end(&list);
}

/* Old versions of the state are of use while somebody may still want to go back. */
static const struct value *old_versions(struct arena *arena)
{
    struct map_builder rule = map_begin(arena);
    map_put_str(&rule, "Id", "old-versions");
    map_put_str(&rule, "Status", "Enabled");
    map_put(&rule, "NoncurrentVersionExpiration",
            cfn_one(arena, "NoncurrentDays", value_int(arena, OLD_VERSION_DAYS)));
    return cfn_one(arena, "Rules", list_of(arena, map_end(&rule)));
}

static void add_bucket(struct map_builder *resources, const struct shared_state *state,
                       const char *condition)
{
    struct arena *arena = resources->arena;
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "BucketName", state->bucket);
    map_put(&b, "VersioningConfiguration",
            cfn_one(arena, "Status", value_string(arena, "Enabled")));
    map_put(&b, "PublicAccessBlockConfiguration", public_access(arena));
    map_put(&b, "OwnershipControls",
            cfn_one(arena, "Rules",
                    list_of(arena, cfn_one(arena, "ObjectOwnership",
                                           value_string(arena, "BucketOwnerEnforced")))));
    map_put(&b, "BucketEncryption", encryption_of(arena, state));
    map_put(&b, "LifecycleConfiguration", old_versions(arena));
    map_put(resources, "StateBucket",
            kept(arena, cfn_resource(arena, "AWS::S3::Bucket", condition, map_end(&b))));
}

static void add_bucket_policy(struct map_builder *resources, const struct shared_state *state,
                              const char *condition)
{
    struct arena *arena = resources->arena;
    struct list_builder all = list_begin(arena);
    struct map_builder statement = map_begin(arena), b = map_begin(arena);
    const char *bucket =
        arena_printf(arena, "arn:%s:s3:::%s", state->account->partition, state->bucket);
    list_add_str(&all, bucket);
    list_add(&all, value_stringf(arena, "%s/*", bucket));
    map_put_str(&statement, "Sid", "TlsOnly");
    map_put_str(&statement, "Effect", "Deny");
    map_put_str(&statement, "Principal", "*");
    map_put_str(&statement, "Action", "s3:*");
    map_put(&statement, "Resource", list_end(&all));
    map_put(
        &statement, "Condition",
        condition_with(arena, NULL, "Bool", "aws:SecureTransport", value_string(arena, "false")));
    map_put(&b, "Bucket", cfn_ref(arena, "StateBucket"));
    map_put(&b, "PolicyDocument", document_of(arena, map_end(&statement)));
    map_put(resources, "StateBucketPolicy",
            cfn_resource(arena, "AWS::S3::BucketPolicy", condition, map_end(&b)));
}

void bootstrap_state(struct map_builder *resources, const struct shared_state *state,
                     const char *condition)
{
    if (alias_of(state))
        add_key(resources, state, condition);
    add_bucket(resources, state, condition);
    add_bucket_policy(resources, state, condition);
}
