/* RDS, as far as backups need it: databases as the world was seeded with, their tags, and the
 * snapshots that AWS Backup made. There are no other snapshots. */
#include "simulator/backup.h"
#include "simulator/backup_types.h"

#include "engine/aws/arn.h"
#include "simulator/kms.h"
#include "simulator/tags.h"

#define DATABASE "rds.database" /* NAME -> account_id, region, name, arn, key, tags */

static const char *item_name(const char *list)
{
    static const char *const names[][2] = {{"DBInstances", "DBInstance"},
                                           {"DBClusters", "DBCluster"},
                                           {"DBClusterMembers", "DBClusterMember"},
                                           {"DBSnapshots", "DBSnapshot"},
                                           {"TagList", "Tag"}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_eq(list, names[i][0]))
            return names[i][1];
    }
    return NULL;
}

static const struct value *tag_list(struct sim_call *call, const struct value *tags)
{
    return tags_to_list(call->arena, tags, "Key", "Value");
}

/* "aws/rds" is the managed key; nothing for a database that is not encrypted. */
static void put_key(struct sim_call *call, struct map_builder *b, const char *key)
{
    bool named = key && !str_eq(key, "none") && !str_eq(key, "sse-rds");
    map_put_bool(b, "StorageEncrypted", named || str_eq(key, "sse-rds"));
    map_put_str(b, "StorageEncryptionType", named ? "sse-kms" : key ? key : "none");
    if (!named)
        return;
    const char *name = str_starts(key, "aws/") ? arena_printf(call->arena, "alias/%s", key) : key;
    const struct value *found =
        kms_key_find(call->world, call->arena, call->account, call->region, name);
    map_put_str(b, "KmsKeyId", found ? value_get_str(found, "Arn") : name);
}

static const char *engine_of(const struct value *cluster)
{
    const struct sim_type *type = resource_type(cluster);
    static const char *const engines[][2] = {{"DocumentDB", "docdb"}, {"Neptune", "neptune"}};
    for (size_t i = 0; type && i < ARRAY_LEN(engines); i++)
        if (str_eq(type->name, engines[i][0]))
            return engines[i][1];
    return "aurora-postgresql";
}

static const char *last_part(struct arena *arena, const char *arn)
{
    struct arn parts;
    return arn && arn_parse(slice_of(arn), &parts) ? arn_resource_name(arena, &parts) : NULL;
}

static const struct value *instance(struct sim_call *call, const struct value *database)
{
    struct map_builder b = map_begin(call->arena);
    const char *cluster = value_get_str(database, "cluster");
    map_put_str(&b, "DBClusterIdentifier", last_part(call->arena, cluster));
    map_put(&b, "DBInstanceIdentifier", value_get(database, "name"));
    map_put(&b, "DBInstanceArn", value_get(database, "arn"));
    map_put_str(&b, "DBInstanceClass", "db.t4g.medium");
    map_put_str(&b, "Engine",
                cluster ? engine_of(resource_backed_up(call->world, call->arena, call->account,
                                                       call->region, database))
                        : "postgres");
    map_put_str(&b, "EngineVersion", "16.4");
    map_put_str(&b, "DBInstanceStatus", "available");
    map_put_int(&b, "AllocatedStorage", 20);
    map_put_bool(&b, "MultiAZ", false);
    put_key(call, &b, value_get_str(database, "key"));
    map_put(&b, "TagList", tag_list(call, value_get(database, "tags")));
    return map_end(&b);
}

static bool answer_page(struct sim_call *call, const char *name, struct list_builder *list,
                        const char *next)
{
    struct map_builder b = map_begin(call->arena);
    map_put_str(&b, "Marker", next);
    map_put(&b, name, list_end(list));
    return call_answer(call, map_end(&b));
}

static bool page(struct sim_call *call, struct objects *rows, const char **ret_next)
{
    return call_page(call, rows, "Marker", "MaxRecords", 100, ret_next) ||
           call_error(call, 400, "InvalidParameterValue", "Invalid marker");
}

static bool describe_instances(struct sim_call *call)
{
    const char *asked = call_str(call, "DBInstanceIdentifier"), *next = NULL;
    struct objects rows =
        store_list(call->world, call->arena, DATABASE, call->account, call->region, NULL);
    struct list_builder list = list_begin(call->arena);
    if (!asked && !page(call, &rows, &next))
        return false;
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *database = rows.items[i].body;
        if (!asked || str_eq(asked, value_get_str(database, "name")) ||
            str_eq(asked, value_get_str(database, "arn")))
            list_add(&list, instance(call, database));
    }
    if (asked && list.len == 0)
        return call_error(call, 404, "DBInstanceNotFound", "DBInstance %s not found.", asked);
    return answer_page(call, "DBInstances", &list, next);
}

static const struct value *members_of(struct sim_call *call, const struct value *cluster)
{
    struct objects rows =
        store_list(call->world, call->arena, DATABASE, call->account, call->region, NULL);
    struct list_builder list = list_begin(call->arena);
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *database = rows.items[i].body;
        struct map_builder b = map_begin(call->arena);
        if (!str_eq(value_get_str(database, "cluster"), value_get_str(cluster, "arn")))
            continue;
        map_put(&b, "DBInstanceIdentifier", value_get(database, "name"));
        map_put_bool(&b, "IsClusterWriter", list.len == 0);
        list_add(&list, map_end(&b));
    }
    return list_end(&list);
}

static const struct value *described_cluster(struct sim_call *call, const struct value *cluster)
{
    struct map_builder b = map_begin(call->arena);
    const char *arn = value_get_str(cluster, "arn");
    map_put_str(&b, "DBClusterIdentifier", last_part(call->arena, arn));
    map_put_str(&b, "DBClusterArn", arn);
    map_put_str(&b, "Engine", engine_of(cluster));
    map_put_str(&b, "EngineVersion", "16.4");
    map_put_str(&b, "Status", "available");
    map_put(&b, "DBClusterMembers", members_of(call, cluster));
    put_key(call, &b, value_get_str(cluster, "key"));
    map_put(&b, "TagList", tag_list(call, value_get(cluster, "tags")));
    return map_end(&b);
}

static bool describe_clusters(struct sim_call *call)
{
    const char *asked = call_str(call, "DBClusterIdentifier"), *next = NULL;
    struct objects rows = resource_clusters(call->world, call->arena, call->account, call->region);
    struct list_builder list = list_begin(call->arena);
    if (!asked && !page(call, &rows, &next))
        return false;
    for (size_t i = 0; i < rows.len; i++) {
        const char *arn = rows.items[i].id;
        if (!asked || str_eq(asked, arn) || str_eq(asked, last_part(call->arena, arn)))
            list_add(&list, described_cluster(call, rows.items[i].body));
    }
    if (asked && list.len == 0)
        return call_error(call, 404, "DBClusterNotFoundFault", "DBCluster %s not found.", asked);
    return answer_page(call, "DBClusters", &list, next);
}

static const char *snapshot_name(struct arena *arena, const struct value *point)
{
    struct arn arn;
    return arn_parse(slice_of(value_get_str(point, "RecoveryPointArn")), &arn)
               ? arn_resource_name(arena, &arn)
               : "";
}

static const struct value *snapshot(struct sim_call *call, const struct value *point)
{
    struct map_builder b = map_begin(call->arena);
    int64_t created = value_get_int(point, "CreationDate", 0);
    map_put_str(&b, "DBSnapshotIdentifier", snapshot_name(call->arena, point));
    map_put(&b, "DBSnapshotArn", value_get(point, "RecoveryPointArn"));
    map_put(&b, "DBInstanceIdentifier", value_get(point, "ResourceName"));
    map_put(&b, "SnapshotCreateTime", call_time(call, created));
    map_put_str(&b, "Engine", "postgres");
    map_put_str(&b, "EngineVersion", "16.4");
    map_put_str(&b, "Status", "available");
    map_put_str(&b, "SnapshotType", "awsbackup");
    map_put_int(&b, "AllocatedStorage", 20);
    map_put(&b, "Encrypted", value_get(point, "IsEncrypted"));
    map_put(&b, "KmsKeyId", value_get(point, "EncryptionKeyArn"));
    map_put(&b, "TagList", tag_list(call, value_get(point, "Tags")));
    return map_end(&b);
}

static bool describe_snapshots(struct sim_call *call)
{
    const char *asked = call_str(call, "DBSnapshotIdentifier"), *next = NULL;
    const char *of = call_str(call, "DBInstanceIdentifier");
    struct objects rows =
        store_list(call->world, call->arena, "backup.point", call->account, call->region, NULL);
    struct list_builder list = list_begin(call->arena);
    if (!asked && !page(call, &rows, &next))
        return false;
    for (size_t i = 0; i < rows.len; i++) {
        const struct value *point = rows.items[i].body;
        if (!str_eq(value_get_str(point, "ResourceType"), "RDS") ||
            (of && !str_eq(of, value_get_str(point, "ResourceName"))))
            continue;
        if (!asked || str_eq(asked, value_get_str(point, "RecoveryPointArn")) ||
            str_eq(asked, snapshot_name(call->arena, point)))
            list_add(&list, snapshot(call, point));
    }
    if (asked && list.len == 0)
        return call_error(call, 404, "DBSnapshotNotFound", "DBSnapshot %s not found.", asked);
    return answer_page(call, "DBSnapshots", &list, next);
}

/* ---- tags ---- */

struct tagged {
    const char *kind, *id, *member;
    const struct value *body;
};

static bool find_tagged(struct sim_call *call, struct tagged *ret)
{
    const char *arn = call_need(call, "ResourceName");
    if (!arn)
        return false;
    *ret = (struct tagged){"backup.point", arn, "Tags", NULL};
    ret->body = store_get(call->world, call->arena, ret->kind, call->account, call->region, arn);
    struct objects rows =
        store_list(call->world, call->arena, DATABASE, call->account, call->region, NULL);
    for (size_t i = 0; !ret->body && i < rows.len; i++) {
        if (str_eq(value_get_str(rows.items[i].body, "arn"), arn))
            *ret = (struct tagged){DATABASE, rows.items[i].id, "tags", rows.items[i].body};
    }
    if (ret->body)
        return true;
    struct arn parts;
    bool snapshot = arn_parse(slice_of(arn), &parts) && slice_starts(parts.resource, "snapshot:");
    return call_error(call, 404, snapshot ? "DBSnapshotNotFound" : "DBInstanceNotFound",
                      "%s not found: %s", snapshot ? "DBSnapshot" : "DBInstance", arn);
}

static bool list_tags(struct sim_call *call)
{
    struct tagged tagged;
    if (!find_tagged(call, &tagged))
        return false;
    struct map_builder b = map_begin(call->arena);
    map_put(&b, "TagList", tag_list(call, value_get(tagged.body, tagged.member)));
    return call_answer(call, map_end(&b));
}

static bool put_tags(struct sim_call *call, const struct tagged *tagged, const struct value *tags)
{
    const char *why = tags_refused(call->arena, tags);
    if (why)
        return call_error(call, 400, "InvalidParameterValue", "%s", why);
    store_put(call->world, tagged->kind, call->account, call->region, tagged->id,
              value_with(call->arena, tagged->body, tagged->member, tags));
    return call_answer(call, NULL);
}

static bool add_tags(struct sim_call *call)
{
    struct tagged tagged;
    if (!find_tagged(call, &tagged))
        return false;
    const struct value *more = tags_from_list(call->arena, call_get(call, "Tags"), "Key", "Value");
    return put_tags(call, &tagged,
                    tags_merge(call->arena, value_get(tagged.body, tagged.member), more));
}

static bool remove_tags(struct sim_call *call)
{
    struct tagged tagged;
    return find_tagged(call, &tagged) &&
           put_tags(call, &tagged,
                    tags_remove(call->arena, value_get(tagged.body, tagged.member),
                                call_get(call, "TagKeys")));
}

static const struct sim_operation operations[] = {
    {"DescribeDBInstances", NULL, NULL, describe_instances, false, 0},
    {"DescribeDBClusters", NULL, NULL, describe_clusters, false, 0},
    {"DescribeDBSnapshots", NULL, NULL, describe_snapshots, false, 0},
    {"ListTagsForResource", NULL, NULL, list_tags, false, 0},
    {"AddTagsToResource", NULL, NULL, add_tags, true, 0},
    {"RemoveTagsFromResource", NULL, NULL, remove_tags, true, 0},
};

const struct sim_api sim_rds = {
    .service = "rds",
    .wire = SIM_QUERY,
    .version = "2014-10-31",
    .xmlns = "http://rds.amazonaws.com/doc/2014-10-31/",
    .missing = "MissingParameter",
    .list_item = item_name,
    .operations = operations,
    .operation_len = ARRAY_LEN(operations),
};
