/* Objects of S3: conditional writes, versions, the retention of object lock, listings. */
#include "simulator/s3.h"

#include <string.h>

#include "engine/base/crypto.h"

#define OBJECT_MAX ((size_t)16 * 1024 * 1024)

static const char *object_id(struct sim_call *call, const char *bucket, const char *key)
{
    return arena_printf(call->arena, "%s/%s", bucket, key);
}

static const char *version_id(struct sim_call *call, const char *id, const char *version)
{
    return arena_printf(call->arena, "%s?%s", id, version);
}

static bool is_versioned(const struct value *bucket)
{
    return str_eq(value_get_str(bucket, "Versioning"), "Enabled");
}

static bool is_marker(const struct value *object)
{
    return value_get_bool(object, "Marker", false);
}

static bool no_key(struct sim_call *call)
{
    return call_error(call, 404, "NoSuchKey", "The specified key does not exist.");
}

bool s3_holds_anything(struct sim_call *call, const char *bucket)
{
    const char *prefix = arena_printf(call->arena, "%s/", bucket);
    return store_any(call->world, S3_OBJECT, "", "", prefix) ||
           store_any(call->world, S3_VERSION, "", "", prefix);
}

/* What is current becomes one of the older versions. */
static void retire(struct sim_call *call, const char *id, const struct value *current)
{
    const char *version = value_get_str(current, "VersionId");
    store_put(call->world, S3_VERSION, "", "", version_id(call, id, version ? version : "null"),
              current);
}

/* ---- put ---- */

/* The conditions of shared state: only if there is none, only if it is still that one. A write just
 * before (setting s3_conflict_ms) makes them collide, as two at once do at AWS. */
static bool conditions_hold(struct sim_call *call, const struct value *current)
{
    const char *none = call_sent(call, "if-none-match"), *match = call_sent(call, "if-match");
    bool there = current && !is_marker(current);
    int64_t busy_ms = setting_int(call->world, "s3_conflict_ms", 0);
    if (!none && !match)
        return true;
    if (none && !str_eq(none, "*"))
        return call_error(call, 501, "NotImplemented",
                          "A header you provided implies functionality that is not implemented");
    if (match && !there)
        return no_key(call);
    if ((none && there) || (match && !str_eq(match, value_get_str(current, "ETag")))) {
        call_error_put(call, "Condition", none ? "If-None-Match" : "If-Match");
        return call_error(call, 412, "PreconditionFailed",
                          "At least one of the pre-conditions you specified did not hold");
    }
    if (current && call->now - value_get_int(current, "Modified_ms", 0) < busy_ms)
        return call_error(call, 409, "ConditionalRequestConflict",
                          "The conditional request cannot succeed due to a conflicting operation "
                          "against this resource.");
    return true;
}

static int64_t retained_until(struct sim_call *call, const struct value *bucket)
{
    const struct value *rule = value_pointer(bucket, "/Lock/Rule/DefaultRetention");
    const char *days_text = value_get_str(rule, "Days"), *years_text = value_get_str(rule, "Years");
    long long days = 0, years = 0;
    if (days_text && !parse_int64(slice_of(days_text), &days))
        days = 0;
    if (years_text && parse_int64(slice_of(years_text), &years))
        days = years * 365;
    return days ? call->now + days * DAY_MS : 0;
}

bool s3_put_object(struct sim_call *call)
{
    const char *bucket_name, *key = call_need(call, "Key"), *type = call_sent(call, "content-type");
    const struct value *bucket = key ? s3_bucket(call, "s3:PutObject", key, &bucket_name) : NULL;
    if (!bucket)
        return false;
    if (str_starts(call_sent(call, "x-amz-content-sha256"), "STREAMING-") ||
        call->body.len > OBJECT_MAX)
        return call_error(call, 501, "NotImplemented",
                          "A header you provided implies functionality that is not implemented");
    const char *id = object_id(call, bucket_name, key);
    const struct value *current = store_get(call->world, call->arena, S3_OBJECT, "", "", id);
    if (!conditions_hold(call, current))
        return false;
    if (current && is_versioned(bucket))
        retire(call, id, current);
    const char *etag = arena_printf(call->arena, "\"%.32s\"", sha256_hex(call->arena, call->body));
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Data", base64_encode(call->arena, call->body));
    map_put_int(&b, "Size", (int64_t)call->body.len);
    map_put_str(&b, "ETag", etag);
    map_put_str(&b, "ContentType", type ? type : "binary/octet-stream");
    map_put_int(&b, "Modified_ms", call->now);
    map_put_int(&b, "Retained_ms", retained_until(call, bucket));
    map_put(&b, "Mode", value_pointer(bucket, "/Lock/Rule/DefaultRetention/Mode"));
    if (is_versioned(bucket)) {
        const char *version = id_hex(call->world, call->arena, 32);
        map_put_str(&b, "VersionId", version);
        call_header(call, "x-amz-version-id", version);
    }
    call_header(call, "ETag", etag);
    store_put(call->world, S3_OBJECT, "", "", id, map_end(&b));
    return s3_done(call);
}

/* ---- get, head ---- */

/* The version that the call asks for, or the current one; NULL with the error set. */
static const struct value *need_object(struct sim_call *call, const char *action)
{
    const char *bucket_name, *key = call_need(call, "Key"), *version = call_str(call, "versionId");
    if (!key || !s3_bucket(call, action, key, &bucket_name))
        return NULL;
    const char *id = object_id(call, bucket_name, key);
    const struct value *object = store_get(call->world, call->arena, S3_OBJECT, "", "", id);
    if (version && !str_eq(version, value_get_str(object, "VersionId")))
        object =
            store_get(call->world, call->arena, S3_VERSION, "", "", version_id(call, id, version));
    if (object && !is_marker(object))
        return object;
    if (object)
        call_header(call, "x-amz-delete-marker", "true");
    no_key(call);
    return NULL;
}

static bool answer_object(struct sim_call *call, const struct value *object)
{
    const char *version = value_get_str(object, "VersionId");
    struct slice data = slice_of("");
    if (!base64_decode(call->arena, slice_of(value_get_str(object, "Data")), &data))
        return call_error(call, 500, "InternalError", "the object cannot be read");
    call_header(call, "ETag", value_get_str(object, "ETag"));
    call_header(call, "Last-Modified",
                time_http(call->arena, value_get_int(object, "Modified_ms", 0)));
    if (version)
        call_header(call, "x-amz-version-id", version);
    if (value_get_int(object, "Retained_ms", 0)) {
        call_header(call, "x-amz-object-lock-mode", value_get_str(object, "Mode"));
        call_header(call, "x-amz-object-lock-retain-until-date",
                    time_iso_ms(call->arena, value_get_int(object, "Retained_ms", 0)));
    }
    call->content_type = value_get_str(object, "ContentType");
    call->raw = data.len ? data : slice_of("");
    return call_answer(call, NULL);
}

bool s3_get_object(struct sim_call *call)
{
    const struct value *object = need_object(call, "s3:GetObject");
    return object && answer_object(call, object);
}

/* The server leaves the body out. */
bool s3_head_object(struct sim_call *call)
{
    return s3_get_object(call);
}

/* ---- delete ---- */

static bool delete_version(struct sim_call *call, const char *id, const char *version)
{
    const struct value *current = store_get(call->world, call->arena, S3_OBJECT, "", "", id);
    bool is_current = str_eq(version, value_get_str(current, "VersionId"));
    const char *old_id = version_id(call, id, version);
    const struct value *object =
        is_current ? current : store_get(call->world, call->arena, S3_VERSION, "", "", old_id);
    if (value_get_int(object, "Retained_ms", 0) > call->now)
        return call_error(call, 403, "AccessDenied",
                          "Access Denied because object protected by object lock.");
    if (is_current)
        store_delete(call->world, S3_OBJECT, "", "", id);
    else if (object)
        store_delete(call->world, S3_VERSION, "", "", old_id);
    call_header(call, "x-amz-version-id", version);
    return s3_done(call);
}

static bool match_holds(struct sim_call *call, const struct value *current)
{
    const char *match = call_sent(call, "if-match");
    if (!match || str_eq(match, value_get_str(current, "ETag")))
        return true;
    return call_error(call, 412, "PreconditionFailed",
                      "At least one of the pre-conditions you specified did not hold");
}

bool s3_delete_object(struct sim_call *call)
{
    const char *bucket_name, *key = call_need(call, "Key"), *version = call_str(call, "versionId");
    const struct value *bucket =
        key ? s3_bucket(call, version ? "s3:DeleteObjectVersion" : "s3:DeleteObject", key,
                        &bucket_name)
            : NULL;
    if (!bucket)
        return false;
    const char *id = object_id(call, bucket_name, key);
    if (version)
        return delete_version(call, id, version);
    const struct value *current = store_get(call->world, call->arena, S3_OBJECT, "", "", id);
    if (!match_holds(call, current))
        return false;
    if (!is_versioned(bucket)) {
        store_delete(call->world, S3_OBJECT, "", "", id);
        return s3_done(call);
    }
    if (current)
        retire(call, id, current);
    struct map_builder marker = map_begin(call->arena);
    const char *made = id_hex(call->world, call->arena, 32);
    map_put_bool(&marker, "Marker", true);
    map_put_str(&marker, "VersionId", made);
    map_put_int(&marker, "Modified_ms", call->now);
    store_put(call->world, S3_OBJECT, "", "", id, map_end(&marker));
    call_header(call, "x-amz-delete-marker", "true");
    call_header(call, "x-amz-version-id", made);
    return s3_done(call);
}

/* ---- list ---- */

static const struct value *content_of(struct sim_call *call, const struct object *row, bool encoded)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Key", encoded ? percent_encode(call->arena, row->id) : row->id);
    map_put_str(&b, "LastModified",
                time_iso_ms(call->arena, value_get_int(row->body, "Modified_ms", 0)));
    map_put(&b, "ETag", value_get(row->body, "ETag"));
    map_put(&b, "Size", value_get(row->body, "Size"));
    map_put_str(&b, "StorageClass", "STANDARD");
    return map_end(&b);
}

bool s3_list_objects(struct sim_call *call)
{
    const char *bucket_name, *next, *prefix = call_str(call, "prefix");
    bool encoded = str_eq(call_str(call, "encoding-type"), "url");
    if (!s3_bucket(call, "s3:ListBucket", NULL, &bucket_name))
        return false;
    if (call_get(call, "delimiter"))
        return call_error(call, 501, "NotImplemented", "The simulator lists without delimiters.");
    const char *start = arena_printf(call->arena, "%s/%s", bucket_name, prefix ? prefix : "");
    struct objects rows = store_list(call->world, call->arena, S3_OBJECT, "", "", start);
    size_t kept = 0;
    for (size_t i = 0; i < rows.len; i++) {
        if (is_marker(rows.items[i].body))
            continue;
        rows.items[kept] = rows.items[i];
        rows.items[kept++].id += strlen(bucket_name) + 1; /* the key alone */
    }
    rows.len = kept;
    if (!call_page(call, &rows, "continuation-token", "max-keys", 1000, &next))
        return call_error(call, 400, "InvalidArgument",
                          "The continuation token provided is incorrect");
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++)
        list_add(&list, content_of(call, &rows.items[i], encoded));
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Name", bucket_name);
    map_put_str(&b, "Prefix", prefix ? prefix : "");
    if (encoded)
        map_put_str(&b, "EncodingType", "url");
    map_put_int(&b, "MaxKeys", call_int(call, "max-keys", 1000));
    map_put_int(&b, "KeyCount", (int64_t)rows.len);
    map_put_bool(&b, "IsTruncated", next != NULL);
    map_put_str(&b, "NextContinuationToken", next);
    map_put(&b, "Contents", list_end(&list));
    return s3_answer(call, "ListBucketResult", map_end(&b));
}
