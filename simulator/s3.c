/* S3: buckets and their settings. s3_objects.c has what is in them. Paths only, no virtual hosts.
 */
#include "simulator/s3.h"

#include <ctype.h>
#include <string.h>

#include "simulator/actions.h"
#include "simulator/authorize.h"
#include "simulator/tags.h"

#define XMLNS "http://s3.amazonaws.com/doc/2006-03-01/"
#define XML_MAX ((size_t)16 * 1024 * 1024)

static const char *const blocks[] = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                     "RestrictPublicBuckets"};

/* ---- answers ---- */

static void add_element(struct strbuf *sb, const char *name, const struct value *v)
{
    if (value_is(v, VALUE_LIST)) {
        for (size_t i = 0; i < v->list.len; i++)
            add_element(sb, name, v->list.items[i]);
        return;
    }
    strbuf_addf(sb, "<%s>", name);
    if (value_is(v, VALUE_MAP))
        for (size_t i = 0; i < v->map.len; i++)
            add_element(sb, v->map.entries[i].key, v->map.entries[i].value);
    else if (value_is(v, VALUE_BOOL))
        strbuf_add(sb, v->boolean ? "true" : "false");
    else if (value_is(v, VALUE_INT))
        strbuf_addf(sb, "%lld", (long long)v->integer);
    else if (value_is(v, VALUE_STRING))
        xml_escape(sb, v->string.ptr);
    strbuf_addf(sb, "</%s>", name);
}

bool s3_answer(struct sim_call *call, const char *root, const struct value *v)
{
    struct strbuf sb;
    strbuf_init(&sb, call->arena, XML_MAX);
    strbuf_addf(&sb, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s xmlns=\"" XMLNS "\">", root);
    if (value_is(v, VALUE_STRING))
        xml_escape(&sb, v->string.ptr);
    for (size_t i = 0; value_is(v, VALUE_MAP) && i < v->map.len; i++)
        add_element(&sb, v->map.entries[i].key, v->map.entries[i].value);
    strbuf_addf(&sb, "</%s>", root);
    call->raw = (struct slice){strbuf_str(&sb), sb.len};
    return call_answer(call, NULL);
}

bool s3_done(struct sim_call *call)
{
    call->raw = slice_of("");
    return call_answer(call, NULL);
}

/* ---- who may ---- */

static const char *bucket_arn(struct sim_call *call, const char *name, const char *key)
{
    return arena_printf(call->arena, "arn:%s:s3:::%s%s%s", call->partition, name, key ? "/" : "",
                        key ? key : "");
}

static bool may(struct sim_call *call, const char *action, const char *resource, const char *owner,
                const char *policy)
{
    const char *why = "";
    const struct authorization request = {
        .principal = call->principal,
        .session = call->session,
        .session_policy = call->session_policy,
        .action = action,
        .resource = resource,
        .resource_account = owner,
        .resource_policy = policy ? policy_from_text(call->arena, slice_of(policy), &why) : NULL,
        .context = call_context(call, action, resource, NULL),
    };
    return call_judged(call, action, resource,
                       authorize(call->world, call->arena, &request, &why)) ||
           call_error(call, 403, "AccessDenied",
                      "User: %s is not authorized to perform: %s on resource: \"%s\" %s",
                      call->session ? call->session : call->principal, action, resource, why);
}

const struct value *s3_bucket(struct sim_call *call, const char *action, const char *key,
                              const char **ret_name)
{
    const char *name = call_need(call, "Bucket");
    if (!name)
        return NULL;
    *ret_name = name;
    const struct value *bucket = store_get(call->world, call->arena, S3_BUCKET, "", "", name);
    if (!bucket) {
        call_error(call, 404, "NoSuchBucket", "The specified bucket does not exist");
        return NULL;
    }
    const char *region = value_get_str(bucket, "Region");
    call_header(call, "x-amz-bucket-region", region);
    if (!str_eq(region, call->region)) {
        call_error(call, 301, "PermanentRedirect",
                   "The bucket you are attempting to access must be addressed using the specified "
                   "endpoint. Please send all future requests to this endpoint.");
        return NULL;
    }
    return may(call, action, bucket_arn(call, name, key), value_get_str(bucket, "Owner"),
               value_get_str(bucket, "Policy"))
               ? bucket
               : NULL;
}

/* ---- buckets ---- */

static bool name_is_valid(const char *name)
{
    size_t len = strlen(name);
    for (const char *c = name; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && !strchr(".-", *c))
            return false;
    return len >= 3 && len <= 63 && name[0] != '-' && name[len - 1] != '-';
}

static const struct value *body_of(struct sim_call *call)
{
    if (!slice_trim(call->body).len) {
        struct map_builder none = map_begin(call->arena);
        return map_end(&none);
    }
    const struct value *body = xml_decode(call->arena, call->body);
    if (body)
        return body;
    call_error(call, 400, "MalformedXML",
               "The XML you provided was not well-formed or did not validate against our published "
               "schema");
    return NULL;
}

static const struct value *as_list(struct arena *arena, const struct value *v)
{
    struct list_builder list = list_begin(arena);
    if (value_is(v, VALUE_LIST))
        return v;
    if (v)
        list_add(&list, v);
    return list_end(&list);
}

/* A map of tags from <TagSet> or <Tags>; NULL with the error set. */
static const struct value *tags_of(struct sim_call *call, const struct value *set)
{
    const struct value *tags =
        tags_from_list(call->arena, as_list(call->arena, value_get(set, "Tag")), "Key", "Value");
    const char *refused = tags_refused(call->arena, tags);
    if (refused)
        call_error(call, 400, "InvalidTag", "%s", refused);
    return refused ? NULL : tags;
}

/* What a sub-resource asks for that is not simulated must not look like the plain operation. */
static bool is_plain(struct sim_call *call)
{
    static const char *const others[] = {
        "accelerate", "acl",          "analytics",      "cors",      "intelligent-tiering",
        "inventory",  "lifecycle",    "logging",        "metrics",   "notification",
        "uploads",    "replication",  "requestPayment", "website",   "ownershipControls",
        "versions",   "policyStatus", "restore",        "select",    "torrent",
        "uploadId",   "partNumber",   "delete",         "retention", "legal-hold",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (call_get(call, others[i]))
            return call_error(call, 501, "NotImplemented",
                              "The simulator does not know the sub-resource %s.", others[i]);
    return true;
}

/* As somebody who asks for what every bucket has would put it. */
static const struct value *usual_encryption(struct arena *arena)
{
    struct map_builder usual = map_begin(arena), rule = map_begin(arena);
    map_put_str(&usual, "SSEAlgorithm", "AES256");
    map_put(&rule, "ApplyServerSideEncryptionByDefault", map_end(&usual));
    map_put_str(&rule, "BucketKeyEnabled", "false");
    return map_end(&rule);
}

/* AWS blocks public access to new buckets, and encrypts what they hold with keys of S3's own. */
static const struct value *bucket_of(struct arena *arena, const char *account_id,
                                     const char *region, int64_t now)
{
    struct map_builder b = map_begin(arena), block = map_begin(arena);
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        map_put_bool(&block, blocks[i], true);
    map_put_str(&b, "Owner", account_id);
    map_put_str(&b, "Region", region);
    map_put_int(&b, "Created_ms", now);
    map_put(&b, "Block", map_end(&block));
    map_put(&b, "Encryption", usual_encryption(arena));
    return map_end(&b);
}

void s3_seed_bucket(struct world *world, struct arena *arena, const char *account_id,
                    const char *region, const char *name)
{
    const struct value *made = bucket_of(arena, account_id, region, world_now_ms(world));
    const struct value *enabled = value_string(arena, "Enabled");
    store_put(world, S3_BUCKET, "", "", name, value_with(arena, made, "Versioning", enabled));
}

static bool create_bucket(struct sim_call *call)
{
    struct arena *arena = call->arena;
    const char *name = call_need(call, "Bucket");
    const struct value *body = name && is_plain(call) ? body_of(call) : NULL;
    if (!body || !may(call, "s3:CreateBucket", bucket_arn(call, name, NULL), call->account, NULL))
        return false;
    const char *where = value_get_str(body, "LocationConstraint");
    const char *home = str_eq(call->region, "us-east-1") ? NULL : call->region;
    const struct value *old = store_get(call->world, arena, S3_BUCKET, "", "", name);
    const struct value *tags = tags_of(call, value_get(body, "Tags"));
    if (!tags || (value_len(tags) > 0 &&
                  !may(call, "s3:TagResource", bucket_arn(call, name, NULL), call->account, NULL)))
        return false;
    if (!name_is_valid(name))
        return call_error(call, 400, "InvalidBucketName", "The specified bucket is not valid.");
    if (!str_eq(where, home) && (where || home))
        return call_error(call, 400, "IllegalLocationConstraintException",
                          "The %s location constraint is incompatible for the region specific "
                          "endpoint this request was sent to.",
                          where ? where : "unspecified");
    if (old && !str_eq(value_get_str(old, "Owner"), call->account))
        return call_error(call, 409, "BucketAlreadyExists",
                          "The requested bucket name is not available. The bucket namespace is "
                          "shared by all users of the system. Please select a different name and "
                          "try again.");
    if (old && home)
        return call_error(call, 409, "BucketAlreadyOwnedByYou",
                          "Your previous request to create the named bucket succeeded and you "
                          "already own it.");
    call_header(call, "Location", arena_printf(arena, "/%s", name));
    if (old) /* us-east-1 says yes again */
        return s3_done(call);
    const struct value *made = bucket_of(arena, call->account, call->region, call->now);
    store_put(call->world, S3_BUCKET, "", "", name, value_with(arena, made, "Tags", tags));
    return s3_done(call);
}

static bool head_bucket(struct sim_call *call)
{
    const char *name;
    return s3_bucket(call, "s3:ListBucket", NULL, &name) && s3_done(call);
}

static bool delete_bucket(struct sim_call *call)
{
    const char *name;
    if (!is_plain(call) || !s3_bucket(call, "s3:DeleteBucket", NULL, &name))
        return false;
    if (s3_holds_anything(call, name))
        return call_error(call, 409, "BucketNotEmpty",
                          "The bucket you tried to delete is not empty");
    store_delete(call->world, S3_BUCKET, "", "", name);
    return s3_done(call);
}

static bool list_buckets(struct sim_call *call)
{
    struct list_builder list = list_begin(call->arena);
    struct map_builder owner = map_begin(call->arena), buckets = map_begin(call->arena);
    struct objects rows = store_list(call->world, call->arena, S3_BUCKET, "", "", NULL);
    for (size_t i = 0; i < rows.len; i++) {
        if (!str_eq(value_get_str(rows.items[i].body, "Owner"), call->account))
            continue;
        struct map_builder b = map_begin(call->arena);
        map_put_str(&b, "Name", rows.items[i].id);
        map_put_str(&b, "CreationDate",
                    time_iso_ms(call->arena, value_get_int(rows.items[i].body, "Created_ms", 0)));
        list_add(&list, map_end(&b));
    }
    map_put_str(&owner, "ID", call->account);
    map_put(&buckets, "Bucket", list_end(&list));
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Owner", map_end(&owner));
    map_put(&b, "Buckets", map_end(&buckets));
    return s3_answer(call, "ListAllMyBucketsResult", map_end(&b));
}

static bool get_location(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:GetBucketLocation", NULL, &name);
    bool usual = str_eq(call->region, "us-east-1");
    return bucket && s3_answer(call, "LocationConstraint",
                               value_string(call->arena, usual ? "" : call->region));
}

/* ---- settings ---- */

static bool save(struct sim_call *call, const char *name, const struct value *bucket,
                 const char *member, const struct value *v)
{
    bucket =
        v ? value_with(call->arena, bucket, member, v) : value_without(call->arena, bucket, member);
    store_put(call->world, S3_BUCKET, "", "", name, bucket);
    return s3_done(call);
}

static bool put_versioning(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:PutBucketVersioning", NULL, &name);
    const struct value *body = bucket ? body_of(call) : NULL;
    const char *status = value_get_str(body, "Status");
    if (!body)
        return false;
    if (!str_eq(status, "Enabled") && !str_eq(status, "Suspended"))
        return call_error(call, 400, "MalformedXML", "Versioning is Enabled or Suspended.");
    if (value_get(bucket, "Lock") && !str_eq(status, "Enabled"))
        return call_error(call, 409, "InvalidBucketState",
                          "An Object Lock configuration is present on this bucket, so the "
                          "versioning state cannot be changed.");
    return save(call, name, bucket, "Versioning", value_string(call->arena, status));
}

static bool get_versioning(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:GetBucketVersioning", NULL, &name);
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "Status", value_get(bucket, "Versioning"));
    return bucket && s3_answer(call, "VersioningConfiguration", map_end(&b));
}

static bool put_block(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:PutBucketPublicAccessBlock", NULL, &name);
    const struct value *body = bucket ? body_of(call) : NULL;
    if (!body)
        return false;
    struct map_builder b = map_begin(call->arena);
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        map_put_bool(&b, blocks[i], str_eq(value_get_str(body, blocks[i]), "true"));
    return save(call, name, bucket, "Block", map_end(&b));
}

static bool get_block(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:GetBucketPublicAccessBlock", NULL, &name);
    if (bucket && !value_get(bucket, "Block"))
        return call_error(call, 404, "NoSuchPublicAccessBlockConfiguration",
                          "The public access block configuration was not found");
    return bucket && s3_answer(call, "PublicAccessBlockConfiguration", value_get(bucket, "Block"));
}

static bool delete_block(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:PutBucketPublicAccessBlock", NULL, &name);
    return bucket && save(call, name, bucket, "Block", NULL);
}

static bool put_encryption(struct sim_call *call)
{
    static const char *const algorithms[] = {"AES256", "aws:kms", "aws:kms:dsse", NULL};
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:PutEncryptionConfiguration", NULL, &name);
    const struct value *body = bucket ? body_of(call) : NULL;
    const struct value *rule = value_get(body, "Rule");
    const struct value *usual = value_get(rule, "ApplyServerSideEncryptionByDefault");
    const char *algorithm = value_get_str(usual, "SSEAlgorithm");
    if (!body)
        return false;
    if (!algorithm || !str_is_one_of(algorithm, algorithms) ||
        (str_eq(algorithm, "AES256") && value_get(usual, "KMSMasterKeyID")))
        return call_error(call, 400, "InvalidArgument",
                          "A KMS key belongs to aws:kms, and the algorithm is one of S3's.");
    return save(call, name, bucket, "Encryption", rule);
}

static bool get_encryption(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:GetEncryptionConfiguration", NULL, &name);
    const struct value *kept = value_get(bucket, "Encryption");
    const struct value *given = kept ? kept : usual_encryption(call->arena); /* of older worlds */
    struct map_builder rule = map_begin(call->arena), b = map_begin(call->arena);
    map_put(&rule, "ApplyServerSideEncryptionByDefault",
            value_get(given, "ApplyServerSideEncryptionByDefault"));
    map_put_bool(&rule, "BucketKeyEnabled",
                 str_eq(value_get_str(given, "BucketKeyEnabled"), "true"));
    map_put(&b, "Rule", map_end(&rule));
    return bucket && s3_answer(call, "ServerSideEncryptionConfiguration", map_end(&b));
}

static bool is_public(const struct value *policy)
{
    const struct value *statements = value_get(policy, "Statement");
    bool single = value_is(statements, VALUE_MAP);
    for (size_t i = 0; i < (single ? 1 : value_len(statements)); i++) {
        const struct value *statement = single ? statements : value_item(statements, i);
        const struct value *principal = value_get(statement, "Principal");
        if (str_eq(value_get_str(statement, "Effect"), "Allow") &&
            !value_get(statement, "Condition") &&
            (str_eq(value_str(principal), "*") || str_eq(value_get_str(principal, "AWS"), "*")))
            return true;
    }
    return false;
}

static bool put_policy(struct sim_call *call)
{
    const char *name, *why = NULL;
    const struct value *bucket = s3_bucket(call, "s3:PutBucketPolicy", NULL, &name);
    if (!bucket)
        return false;
    const char *text = arena_strndup(call->arena, call->body.ptr, call->body.len);
    const struct value *policy = policy_read(call->arena, text, POLICY_RESOURCE, &why);
    if (!policy || policy_unknown_principal(call->world, call->arena, policy))
        return call_error(call, 400, "MalformedPolicy", "%s",
                          policy ? "Invalid principal in policy" : why);
    if (is_public(policy) && value_get_bool(value_get(bucket, "Block"), "BlockPublicPolicy", false))
        return call_error(call, 403, "AccessDenied",
                          "User: %s is not authorized to perform: s3:PutBucketPolicy on resource: "
                          "\"%s\" because public policies are prevented by the BlockPublicPolicy "
                          "setting in S3 Block Public Access.",
                          call->principal, bucket_arn(call, name, NULL));
    return save(call, name, bucket, "Policy", value_string(call->arena, text));
}

static bool get_policy(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:GetBucketPolicy", NULL, &name);
    const char *text = value_get_str(bucket, "Policy");
    if (bucket && !text)
        return call_error(call, 404, "NoSuchBucketPolicy", "The bucket policy does not exist");
    if (!bucket)
        return false;
    call->content_type = "application/json";
    call->raw = slice_of(policy_echo(call->arena, text));
    return call_answer(call, NULL);
}

static bool delete_policy(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:DeleteBucketPolicy", NULL, &name);
    return bucket && save(call, name, bucket, "Policy", NULL);
}

static bool put_lock(struct sim_call *call)
{
    const char *name;
    const struct value *bucket =
        s3_bucket(call, "s3:PutBucketObjectLockConfiguration", NULL, &name);
    const struct value *body = bucket ? body_of(call) : NULL;
    if (!body)
        return false;
    const struct value *retention = value_pointer(body, "/Rule/DefaultRetention");
    if (!str_eq(value_get_str(body, "ObjectLockEnabled"), "Enabled") ||
        (retention && (!value_get(retention, "Days") == !value_get(retention, "Years"))))
        return call_error(call, 400, "MalformedXML",
                          "ObjectLockEnabled is Enabled, and a retention has Days or Years.");
    if (!str_eq(value_get_str(bucket, "Versioning"), "Enabled"))
        return call_error(call, 409, "InvalidBucketState",
                          "Versioning must be 'Enabled' on the bucket to apply a Object Lock "
                          "configuration");
    return save(call, name, bucket, "Lock", body);
}

static bool get_lock(struct sim_call *call)
{
    const char *name;
    const struct value *bucket =
        s3_bucket(call, "s3:GetBucketObjectLockConfiguration", NULL, &name);
    if (bucket && !value_get(bucket, "Lock"))
        return call_error(call, 404, "ObjectLockConfigurationNotFoundError",
                          "Object Lock configuration does not exist for this bucket");
    return bucket && s3_answer(call, "ObjectLockConfiguration", value_get(bucket, "Lock"));
}

static bool put_tags(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:PutBucketTagging", NULL, &name);
    const struct value *body = bucket ? body_of(call) : NULL;
    const struct value *tags = body ? tags_of(call, value_get(body, "TagSet")) : NULL;
    return tags && save(call, name, bucket, "Tags", tags);
}

static bool get_tags(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:GetBucketTagging", NULL, &name);
    const struct value *tags = value_get(bucket, "Tags");
    if (bucket && !value_len(tags))
        return call_error(call, 404, "NoSuchTagSet", "The TagSet does not exist");
    struct map_builder set = map_begin(call->arena), b = map_begin(call->arena);
    map_put(&set, "Tag", tags_to_list(call->arena, tags, "Key", "Value"));
    map_put(&b, "TagSet", map_end(&set));
    return bucket && s3_answer(call, "Tagging", map_end(&b));
}

static bool delete_tags(struct sim_call *call)
{
    const char *name;
    const struct value *bucket = s3_bucket(call, "s3:PutBucketTagging", NULL, &name);
    return bucket && save(call, name, bucket, "Tags", NULL);
}

/* ---- the table: sub-resources before the plain paths ---- */

#define OP(name_, method_, uri_, run_, writes_, status_)                                           \
    {                                                                                              \
        .name = (name_), .method = (method_), .uri = (uri_), .run = (run_), .writes = (writes_),   \
        .status = (status_)                                                                        \
    }
#define B "/{Bucket}"
#define K "/{Bucket}/{Key+}"

static const struct sim_operation operations[] = {
    OP("ListBuckets", "GET", "/", list_buckets, false, 200),
    OP("GetBucketLocation", "GET", B "?location", get_location, false, 200),
    OP("PutBucketVersioning", "PUT", B "?versioning", put_versioning, true, 200),
    OP("GetBucketVersioning", "GET", B "?versioning", get_versioning, false, 200),
    OP("PutPublicAccessBlock", "PUT", B "?publicAccessBlock", put_block, true, 200),
    OP("GetPublicAccessBlock", "GET", B "?publicAccessBlock", get_block, false, 200),
    OP("DeletePublicAccessBlock", "DELETE", B "?publicAccessBlock", delete_block, true, 204),
    OP("PutBucketEncryption", "PUT", B "?encryption", put_encryption, true, 200),
    OP("GetBucketEncryption", "GET", B "?encryption", get_encryption, false, 200),
    OP("PutBucketPolicy", "PUT", B "?policy", put_policy, true, 200),
    OP("GetBucketPolicy", "GET", B "?policy", get_policy, false, 200),
    OP("DeleteBucketPolicy", "DELETE", B "?policy", delete_policy, true, 204),
    OP("PutObjectLockConfiguration", "PUT", B "?object-lock", put_lock, true, 200),
    OP("GetObjectLockConfiguration", "GET", B "?object-lock", get_lock, false, 200),
    OP("PutBucketTagging", "PUT", B "?tagging", put_tags, true, 200),
    OP("GetBucketTagging", "GET", B "?tagging", get_tags, false, 200),
    OP("DeleteBucketTagging", "DELETE", B "?tagging", delete_tags, true, 204),
    OP("ListObjectsV2", "GET", B "?list-type", s3_list_objects, false, 200),
    OP("CreateBucket", "PUT", B, create_bucket, true, 200),
    OP("HeadBucket", "HEAD", B, head_bucket, false, 200),
    OP("DeleteBucket", "DELETE", B, delete_bucket, true, 204),
    OP("PutObject", "PUT", K, s3_put_object, true, 200),
    OP("GetObject", "GET", K, s3_get_object, false, 200),
    OP("HeadObject", "HEAD", K, s3_head_object, false, 200),
    OP("DeleteObject", "DELETE", K, s3_delete_object, true, 204),
};

const struct sim_api sim_s3 = {
    .service = "s3",
    .wire = SIM_REST_XML,
    .missing = "InvalidRequest",
    .denied = "AccessDenied",
    .denied_status = 403,
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
};
