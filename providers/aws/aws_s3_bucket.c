/* aws_s3_bucket: each setting of a bucket is a document of its own. Names are one world's: a bucket
 * of somebody else's refuses to be looked at. */
#include <string.h>

#include "providers/aws/calls.h"
#include "providers/aws/properties.h"
#include "providers/aws/steps.h"

static const char *name_of(struct op *op)
{
    return op_identifier(op) ? op_identifier(op) : value_get_str(op_desired(op), "name");
}

static struct request *with_bucket(struct op *op, struct request *rq)
{
    request_label(rq, "Bucket", name_of(op));
    return rq;
}

static struct request *bucket_request(struct op *op, const struct aws_operation *operation)
{
    return with_bucket(op, aws_request(op, operation));
}

static struct request *bucket_call(struct op *op, const struct aws_operation *operation,
                                   op_step_fn *take)
{
    return with_bucket(op, calls_add(op, operation, take));
}

static const struct value *map_of(struct arena *arena, const char *key, const struct value *v)
{
    struct map_builder b = map_begin(arena);
    map_put(&b, key, v);
    return map_end(&b);
}

/* XML reads a list of one as its item. */
static const struct value *as_list(struct arena *arena, const struct value *v)
{
    if (!v || value_is(v, VALUE_LIST))
        return v;
    struct list_builder list = list_begin(arena);
    list_add(&list, v);
    return list_end(&list);
}

/* ---- read: versioning first, which every bucket answers ---- */

struct read {
    struct calls calls;
    struct map_builder attributes;
};

static void put(struct op *op, const char *property, const struct value *wire)
{
    struct read *read = op_data(op, sizeof(*read));
    map_put(&read->attributes, property, observed(op, property, wire));
}

static void take_block(struct op *op, const struct response *rs)
{
    put(op, "public_access_block", rs->body);
}

static void take_encryption(struct op *op, const struct response *rs)
{
    const struct value *rule = value_item(as_list(op_arena(op), value_get(rs->body, "Rule")), 0);
    const struct value *algorithm = value_get(rule, "ApplyServerSideEncryptionByDefault");
    if (!value_is(algorithm, VALUE_MAP))
        return;
    struct map_builder b = map_begin_from(op_arena(op), algorithm);
    map_put(&b, "BucketKeyEnabled", value_get(rule, "BucketKeyEnabled"));
    put(op, "encryption", map_end(&b));
}

static void take_policy(struct op *op, const struct response *rs)
{
    put(op, "policy", value_get(rs->body, "Payload"));
}

static void take_lock(struct op *op, const struct response *rs)
{
    const struct value *rule = value_get(rs->body, "Rule");
    put(op, "object_lock", value_get(rule, "DefaultRetention"));
}

static const struct value *tags_in(struct op *op, const struct response *rs)
{
    const struct value *set = value_get(value_get(rs->body, "TagSet"), "Tag");
    return aws_tag_map(op_arena(op), as_list(op_arena(op), set), "Key", "Value");
}

static void take_tags(struct op *op, const struct response *rs)
{
    struct read *read = op_data(op, sizeof(*read));
    map_put(&read->attributes, "tags", tags_in(op, rs));
}

static void bucket_read(struct op *op, const struct response *rs)
{
    (void)rs;
    struct read *read = op_data(op, sizeof(*read));
    op_done(op, op_identifier(op), map_end(&read->attributes));
}

static void versioning_read(struct op *op, const struct response *rs)
{
    static const struct {
        const struct aws_operation *operation;
        op_step_fn *take;
    } settings[] = {
        {&s3_GetPublicAccessBlock, take_block}, {&s3_GetBucketEncryption, take_encryption},
        {&s3_GetBucketPolicy, take_policy},     {&s3_GetObjectLockConfiguration, take_lock},
        {&s3_GetBucketTagging, take_tags},
    };
    struct read *read = op_data(op, sizeof(*read));
    struct arena *arena = op_arena(op);
    if (rs->fault == FAULT_NOT_FOUND) {
        op_gone(op);
        return;
    }
    if (rs->fault != FAULT_NONE) {
        op_fail(op, rs);
        return;
    }
    struct map_builder none = map_begin(arena);
    read->attributes = map_begin(arena);
    map_put_str(&read->attributes, "name", name_of(op));
    map_put_str(&read->attributes, "arn",
                arena_printf(arena, "arn:%s:s3:::%s", op_partition(op), name_of(op)));
    map_put(&read->attributes, "tags", map_end(&none));
    if (value_get(rs->body, "Status"))
        put(op, "versioning", rs->body);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        bucket_call(op, settings[i].operation, settings[i].take);
        calls_forgive(op, FAULT_NOT_FOUND); /* nobody has set it */
    }
    calls_together(op, NULL, bucket_read);
}

static void read_bucket(struct op *op)
{
    op_send(op, bucket_request(op, &s3_GetBucketVersioning), versioning_read);
}

/* ---- settings ---- */

static const struct value *encryption_document(struct op *op, const struct value *wire)
{
    struct arena *arena = op_arena(op);
    struct map_builder rule = map_begin(arena);
    map_put(&rule, "ApplyServerSideEncryptionByDefault",
            value_without(arena, wire, "BucketKeyEnabled"));
    map_put(&rule, "BucketKeyEnabled", value_get(wire, "BucketKeyEnabled"));
    return map_of(arena, "Rule", map_end(&rule));
}

static const struct value *lock_document(struct op *op, const struct value *wire)
{
    struct arena *arena = op_arena(op);
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "ObjectLockEnabled", "Enabled");
    map_put(&b, "Rule", map_of(arena, "DefaultRetention", wire));
    return map_end(&b);
}

static void add_policy_call(struct op *op)
{
    const struct value *policy = desired_wire(op, "policy");
    if (policy)
        request_set(bucket_call(op, &s3_PutBucketPolicy, NULL), "Policy", policy);
    else
        bucket_call(op, &s3_DeleteBucketPolicy, NULL);
}

/* Versioning before the lock, which needs it; the block before the policy, which it judges. */
static void add_setting_calls(struct op *op)
{
    const struct value *v = NULL;
    if (must_change(op, "versioning"))
        request_set(bucket_call(op, &s3_PutBucketVersioning, NULL), "VersioningConfiguration",
                    desired_wire(op, "versioning"));
    if (must_change(op, "public_access_block"))
        request_set(bucket_call(op, &s3_PutPublicAccessBlock, NULL),
                    "PublicAccessBlockConfiguration", desired_wire(op, "public_access_block"));
    if (must_change(op, "encryption") && (v = desired_wire(op, "encryption")))
        request_set(bucket_call(op, &s3_PutBucketEncryption, NULL),
                    "ServerSideEncryptionConfiguration", encryption_document(op, v));
    if (must_change(op, "policy"))
        add_policy_call(op);
    if (must_change(op, "object_lock") && (v = desired_wire(op, "object_lock")))
        request_set(bucket_call(op, &s3_PutObjectLockConfiguration, NULL),
                    "ObjectLockConfiguration", lock_document(op, v));
}

/* ---- create ---- */

static void settled(struct op *op, const struct response *rs)
{
    (void)rs;
    op_done(op, name_of(op), NULL);
}

struct creation {
    struct calls calls;
    const struct response *refusal;
};

static void fill(struct op *op)
{
    op_made(op, name_of(op));
    add_setting_calls(op);
    calls_in_order(op, settled);
}

/* Our own bucket means that the answer to an earlier attempt was lost. */
static void existing_read(struct op *op, const struct response *rs)
{
    const struct creation *creation = op_data(op, sizeof(*creation));
    if (rs->fault == FAULT_NONE && has_our_tags(op, tags_in(op, rs)))
        fill(op);
    else
        op_fail(op, creation->refusal);
}

static void created(struct op *op, const struct response *rs)
{
    struct creation *creation = op_data(op, sizeof(*creation));
    creation->refusal = rs;
    if (rs->fault == FAULT_NONE)
        fill(op);
    else if (str_eq(rs->code, "BucketAlreadyOwnedByYou"))
        op_send(op, bucket_request(op, &s3_GetBucketTagging), existing_read);
    else
        op_fail(op, rs);
}

static const struct value *tag_set(struct arena *arena, const struct value *tags)
{
    return map_of(arena, "Tag", aws_tag_list(arena, tags, "Key", "Value"));
}

/* us-east-1 is where buckets are made when nobody says where. */
static void create_bucket(struct op *op)
{
    struct request *rq = bucket_request(op, &s3_CreateBucket);
    const struct value *tags = value_get(op_desired(op), "tags");
    struct map_builder b = map_begin(op_arena(op));
    if (!str_eq(op_region(op), "us-east-1"))
        map_put_str(&b, "LocationConstraint", op_region(op));
    if (value_len(tags))
        map_put(&b, "Tags", tag_set(op_arena(op), tags));
    if (b.len > 0)
        request_set(rq, "CreateBucketConfiguration", map_end(&b));
    (void)op_data(op, sizeof(struct creation)); /* the calls live in it */
    op_send(op, rq, created);
}

/* ---- update ---- */

/* The whole set is put: tags of others stay in it; AWS's own are not ours to put. */
static void add_tag_call(struct op *op)
{
    const struct value *set, *removed;
    tag_changes(op, &set, &removed);
    if (!value_len(set) && !value_len(removed))
        return;
    const struct value *prior = value_get(op_prior(op), "tags");
    struct map_builder b = map_begin(op_arena(op));
    for (size_t i = 0; i < value_len(prior); i++)
        if (strncmp(prior->map.entries[i].key, "aws:", 4) != 0)
            map_put(&b, prior->map.entries[i].key, prior->map.entries[i].value);
    for (size_t i = 0; i < value_len(removed); i++)
        map_drop(&b, value_str(value_item(removed, i)));
    for (size_t i = 0; i < value_len(set); i++)
        map_put(&b, set->map.entries[i].key, set->map.entries[i].value);
    request_set(bucket_call(op, &s3_PutBucketTagging, NULL), "Tagging",
                map_of(op_arena(op), "TagSet", tag_set(op_arena(op), map_end(&b))));
}

static void update_bucket(struct op *op)
{
    add_setting_calls(op);
    add_tag_call(op);
    calls_in_order(op, settled);
}

/* ---- remove, find ---- */

static void remove_bucket(struct op *op)
{
    op_send(op, bucket_request(op, &s3_DeleteBucket), step_removed);
}

static void find_bucket(struct op *op)
{
    op_send(op, bucket_request(op, &s3_GetBucketVersioning), step_found_by_name);
}

const struct resource_ops aws_s3_bucket_ops = {
    .read = read_bucket,
    .create = create_bucket,
    .update = update_bucket,
    .remove = remove_bucket,
    .find = find_bucket,
};
