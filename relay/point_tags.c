/* The tags of a recovery point: of the service that keeps it, of AWS Backup, of the point that it
 * was copied from, and last of what the plan's rule declares. */
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/base/log.h"
#include "relay/walk.h"

/* The services whose points keep ARNs of their own. AWS documents what they answer; of what
 * ListTags says about such ARNs, that it may fail. */
typedef const struct value *body_fn(struct arena *arena, const char *point_arn);
typedef const struct value *tags_fn(struct arena *arena, const struct value *answer);

static const struct value *rds_body(struct arena *arena, const char *point_arn)
{
    return value_map_text(arena, "ResourceName", point_arn);
}

static const struct value *rds_tags(struct arena *arena, const struct value *answer)
{
    return aws_tag_map(arena, value_get(answer, "TagList"), "Key", "Value");
}

static const struct value *fsx_body(struct arena *arena, const char *point_arn)
{
    return value_map_text(arena, "ResourceARN", point_arn);
}

static const struct value *fsx_tags(struct arena *arena, const struct value *answer)
{
    return aws_tag_map(arena, value_get(answer, "Tags"), "Key", "Value");
}

/* "snap-1a2b" of arn:aws:ec2:us-east-1::snapshot/snap-1a2b. */
static const struct value *ec2_body(struct arena *arena, const char *point_arn)
{
    const char *slash = strrchr(point_arn, '/');
    struct map_builder filter = map_begin(arena), b = map_begin(arena);
    struct list_builder values = list_begin(arena), filters = list_begin(arena);
    list_add_str(&values, slash ? slash + 1 : point_arn);
    map_put_str(&filter, "Name", "resource-id");
    map_put(&filter, "Value", list_end(&values));
    list_add(&filters, map_end(&filter));
    map_put(&b, "Filter", list_end(&filters));
    return map_end(&b);
}

static const struct value *ec2_tags(struct arena *arena, const struct value *answer)
{
    return aws_tag_map(arena, value_get(answer, "tagSet"), "key", "value");
}

static const struct tag_reader {
    const char *service;
    const struct aws_operation *operation;
    body_fn *body;
    tags_fn *tags;
} tag_readers[] = {
    {"rds", &rds_ListTagsForResource, rds_body, rds_tags},
    {"ec2", &ec2_DescribeTags, ec2_body, ec2_tags},
    {"fsx", &fsx_ListTagsForResource, fsx_body, fsx_tags},
};

static const struct tag_reader *tag_reader_of(const char *arn)
{
    struct arn parts;
    if (!arn_parse(slice_of(arn), &parts))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(tag_readers); i++)
        if (slice_is(parts.service, tag_readers[i].service))
            return &tag_readers[i];
    return NULL;
}

static void ask_tags(struct walk *walk);

static bool of_source(const struct walk *walk)
{
    return walk->tagged_arn != walk->point.arn;
}

static const char *both(struct arena *arena, const char *first, const char *second)
{
    return first && second ? arena_printf(arena, "%s; %s", first, second) : first ? first : second;
}

/* Nobody tells of tags. A tag that the plan's rule declares has failed to travel. Where somebody
 * should tell and cannot be asked, nothing else says that the point is untagged. */
static void without_tags(struct walk *walk)
{
    struct map_builder none = map_begin(walk->pass->arena);
    const struct relay_config *config = walk->pass->config;
    const struct value *declared =
        walk->plan_name ? relay_declared_tags(config, walk->plan_name, walk->rule_name) : NULL;
    bool one_way = declared || (config->copy_untagged && config->destination_len == 1);
    const char *error = both(walk->pass->arena, walk->tags_error, walk->source_error);
    if (error && !one_way) {
        walk_end(walk, NULL, error);
        return;
    }
    if (error)
        log_event(LOG_WARN, "tags", "reason", error, "point", walk->point.arn, NULL);
    walk->point.tags_declared = declared != NULL;
    walk->point.tags = declared ? declared : map_end(&none);
    walk_decide(walk);
}

static void keep_maker(struct walk *walk, const struct value *created_by)
{
    struct arena *arena = walk->pass->arena;
    if (walk->plan_name || !value_get_str(created_by, "BackupPlanName"))
        return;
    walk->plan_name = arena_strdup(arena, value_get_str(created_by, "BackupPlanName"));
    walk->rule_name = arena_strdup(arena, value_get_str(created_by, "BackupRuleName"));
}

static void ask_source_tags(struct walk *walk)
{
    if (!walk->source_arn) {
        without_tags(walk);
        return;
    }
    walk->tagged_arn = walk->source_arn;
    walk->asked_service = walk->asked_backup = false;
    ask_tags(walk);
}

/* The copy job that made the point names its source. */
static void source_listed(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    const struct value *list = value_get(rs->body, "CopyJobs");
    if (rs->fault != FAULT_NONE) {
        walk->source_error = walk_error(walk, rs);
        without_tags(walk);
        return;
    }
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *job = value_item(list, i);
        if (str_eq(value_get_str(job, "DestinationRecoveryPointArn"), walk->point.arn))
            walk->source_arn =
                arena_strdup(walk->pass->arena, value_get_str(job, "SourceRecoveryPointArn"));
        if (str_eq(value_get_str(job, "DestinationRecoveryPointArn"), walk->point.arn))
            keep_maker(walk, value_get(job, "CreatedBy"));
    }
    ask_source_tags(walk);
}

/* Copies carry the tags of their source, unless AWS failed to copy those. */
static void look_at_source(struct walk *walk)
{
    struct arena *arena = walk->pass->arena;
    if (of_source(walk) || !walk->source_region) {
        without_tags(walk);
        return;
    }
    if (walk->source_arn) {
        ask_source_tags(walk);
        return;
    }
    struct map_builder query = map_begin(arena);
    map_put_str(&query, "destinationVaultArn", walk->pass->config->source_vault_arn);
    map_put_str(&query, "resourceArn", walk->point.resource_arn);
    walk_call(walk, walk->pass->config->account_id, walk->source_region, &backup_ListCopyJobs, NULL,
              map_end(&query), NULL, source_listed);
}

/* A source that has gone is asked no more: its tags, if they did not travel, are lost. */
static void tags_failed(struct walk *walk, const struct response *rs)
{
    const char **error = of_source(walk) ? &walk->source_error : &walk->tags_error;
    if (of_source(walk) && rs->fault == FAULT_NOT_FOUND) {
        walk->source_error = NULL;
        without_tags(walk);
        return;
    }
    *error = both(walk->pass->arena, *error, walk_error(walk, rs));
    ask_tags(walk);
}

/* A point has tags of AWS's and of others' own besides those that travelled: only one of tag_keys
 * tells that they did. */
static void take_tags(struct walk *walk, const struct value *tags)
{
    const struct relay_config *config = walk->pass->config;
    walk->tags_error = walk->source_error = NULL; /* its own, or those that it was made with */
    if (config->tag_keys[0] && !relay_tags_have_key(config, tags)) {
        look_at_source(walk);
        return;
    }
    walk->point.tags = value_copy(walk->pass->arena, tags);
    walk_decide(walk);
}

static void service_answered(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    if (rs->fault == FAULT_NONE)
        take_tags(walk, tag_reader_of(walk->tagged_arn)->tags(walk->pass->arena, rs->body));
    else
        tags_failed(walk, rs);
}

static void backup_answered(void *ctx, const struct response *rs)
{
    struct walk *walk = ctx;
    if (rs->fault == FAULT_NONE)
        take_tags(walk, value_get(rs->body, "Tags"));
    else
        tags_failed(walk, rs);
}

/* The next one to ask about the tags of tagged_arn. */
static void ask_tags(struct walk *walk)
{
    struct arena *arena = walk->pass->arena;
    const struct relay_config *config = walk->pass->config;
    const struct tag_reader *reader = tag_reader_of(walk->tagged_arn);
    const char *region = of_source(walk) ? walk->source_region : config->region;
    if (reader && !walk->asked_service) {
        walk->asked_service = true;
        walk_call(walk, config->account_id, region, reader->operation, NULL, NULL,
                  reader->body(arena, walk->tagged_arn), service_answered);
    } else if (!walk->asked_backup) {
        walk->asked_backup = true;
        walk_call(walk, config->account_id, region, &backup_ListTags,
                  value_map_text(arena, "resourceArn", walk->tagged_arn), NULL, NULL,
                  backup_answered);
    } else {
        look_at_source(walk);
    }
}

void walk_read_tags(struct walk *walk)
{
    walk->tagged_arn = walk->point.arn;
    ask_tags(walk);
}
