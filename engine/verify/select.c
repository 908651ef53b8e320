/* Which resources the plans protect, among all that can be listed. */
#include "engine/verify/facts.h"

#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/aws/selection.h"
#include "providers/aws/aws.h"

/* An account and Region in which a plan works. */
struct place {
    struct verify_facts *facts;
    const char *account_id, *region;
    bool databases, tags; /* what its selections need to be asked */
    bool databases_known; /* all of RDS was listed */
    const struct value *clusters;
};

static struct verify_resource *resource_at(struct place *place, const char *arn)
{
    struct verify_facts *facts = place->facts;
    struct verify_resource *resource = map_get(&facts->resources, arn);
    if (resource)
        return resource;
    resource = arena_new_of(facts->arena, struct verify_resource);
    *resource = (struct verify_resource){.arn = arena_strdup(facts->arena, arn),
                                         .account_id = place->account_id,
                                         .region = place->region};
    map_set(&facts->resources, resource->arn, resource);
    return resource;
}

/* What AWS lists in a place may belong to another: copies of its backups lie here. */
static bool is_of(const struct place *place, const char *arn)
{
    struct arn parts;
    if (!arn || !arn_parse(slice_of(arn), &parts))
        return false;
    return (parts.account.len == 0 || slice_is(parts.account, place->account_id)) &&
           (parts.region.len == 0 || slice_is(parts.region, place->region));
}

static void ask(struct place *place, const struct aws_operation *operation, aws_done_fn *done)
{
    struct aws_call_spec spec = {.operation = operation,
                                 .account_id = place->account_id,
                                 .region = place->region,
                                 .all_pages = true};
    aws_call(place->facts->input->loop, &spec, done, place);
}

/* ---- what AWS lists ---- */

static void protected_listed(void *ctx, const struct response *rs)
{
    struct place *place = ctx;
    if (rs->fault != FAULT_NONE) {
        facts_failed(place->facts, "the protected resources", place->account_id, place->region, rs);
        return;
    }
    const struct value *list = value_get(rs->body, "Results");
    for (size_t i = 0; i < value_len(list); i++) {
        const char *arn = value_get_str(value_item(list, i), "ResourceArn");
        if (is_of(place, arn))
            resource_at(place, arn)->told = true;
    }
}

static void tags_listed(void *ctx, const struct response *rs)
{
    struct place *place = ctx;
    struct arena *arena = place->facts->arena;
    if (rs->fault != FAULT_NONE) {
        facts_failed(place->facts, "the tagged resources", place->account_id, place->region, rs);
        return;
    }
    const struct value *list = value_get(rs->body, "ResourceTagMappingList");
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *item = value_item(list, i);
        const char *arn = value_get_str(item, "ResourceARN");
        if (!is_of(place, arn) || !backup_type_of_arn(arn))
            continue;
        struct verify_resource *resource = resource_at(place, arn);
        resource->told = true;
        resource->tags =
            value_copy(arena, aws_tag_map(arena, value_get(item, "Tags"), "Key", "Value"));
    }
}

static void add_database(struct place *place, const struct value *database, const char *arn_member)
{
    struct arena *arena = place->facts->arena;
    const char *arn = value_get_str(database, arn_member);
    if (!arn)
        return;
    struct verify_resource *resource = resource_at(place, arn);
    resource->told = resource->stands = true;
    resource->tags =
        value_copy(arena, aws_tag_map(arena, value_get(database, "TagList"), "Key", "Value"));
}

/* An instance of a cluster is protected as the cluster, whichever of the two is selected. */
static void add_instance(struct place *place, const struct value *instance)
{
    const char *name = value_get_str(instance, "DBClusterIdentifier");
    add_database(place, instance, "DBInstanceArn");
    for (size_t i = 0; name && i < value_len(place->clusters); i++) {
        const struct value *cluster = value_item(place->clusters, i);
        if (str_eq(value_get_str(cluster, "DBClusterIdentifier"), name))
            resource_at(place, value_get_str(instance, "DBInstanceArn"))->cluster =
                value_get_str(cluster, "DBClusterArn");
    }
}

static void instances_listed(void *ctx, const struct response *rs)
{
    struct place *place = ctx;
    if (rs->fault != FAULT_NONE) {
        facts_failed(place->facts, "the databases", place->account_id, place->region, rs);
        return;
    }
    place->databases_known = true;
    for (size_t i = 0; i < value_len(place->clusters); i++)
        add_database(place, value_item(place->clusters, i), "DBClusterArn");
    const struct value *list = value_get(rs->body, "DBInstances");
    for (size_t i = 0; i < value_len(list); i++)
        add_instance(place, value_item(list, i));
}

static void clusters_listed(void *ctx, const struct response *rs)
{
    struct place *place = ctx;
    if (rs->fault != FAULT_NONE) {
        facts_failed(place->facts, "the clusters", place->account_id, place->region, rs);
        return;
    }
    place->clusters = value_copy(place->facts->arena, value_get(rs->body, "DBClusters"));
    ask(place, &rds_DescribeDBInstances, instances_listed);
}

/* ---- what the selections need ---- */

static void note_needs(struct place *place, const struct value *selection)
{
    const struct value *patterns = value_get(selection, "resources");
    bool by_tag = value_len(value_get(selection, "list_of_tags")) > 0 ||
                  value_len(value_get(selection, "conditions")) > 0;
    place->tags = place->tags || by_tag;
    place->databases = place->databases || by_tag;
    for (size_t i = 0; i < value_len(patterns); i++) {
        struct arn arn;
        const char *pattern = value_str(value_item(patterns, i));
        if (!pattern || !arn_parse(slice_of(pattern), &arn) || slice_is(arn.service, "*"))
            place->databases = place->tags = true;
        else if (slice_is(arn.service, "rds"))
            place->databases = true;
        else
            place->tags = true;
    }
}

static struct place *place_of(struct verify_facts *facts, struct map *places,
                              const struct resource *plan)
{
    const char *name = arena_printf(facts->arena, "%s %s", plan->account->id, plan->region);
    struct place *place = map_get(places, name);
    if (!place) {
        place = arena_new_of(facts->arena, struct place);
        *place =
            (struct place){.facts = facts, .account_id = plan->account->id, .region = plan->region};
        map_set(places, name, place);
    }
    return place;
}

static bool is_plan(const struct resource *resource)
{
    return str_eq(resource->schema->type_name, "aws_backup_plan") && !resource->external;
}

static bool is_selection_of(struct arena *arena, const struct resource *resource,
                            const struct resource *plan)
{
    return str_eq(resource->schema->type_name, "aws_backup_selection") &&
           str_starts(resource->address, arena_printf(arena, "%s/", plan->address));
}

/* ---- what they take ---- */

static bool has_wildcard(const char *pattern)
{
    for (; *pattern; pattern++)
        if (*pattern == '*' || *pattern == '?')
            return true;
    return false;
}

/* What is named outright is protected, whether anybody lists it or not. */
static void add_named(struct place *place, const struct value *selection)
{
    const struct value *patterns = value_get(selection, "resources");
    for (size_t i = 0; i < value_len(patterns); i++) {
        const char *pattern = value_str(value_item(patterns, i));
        if (pattern && !has_wildcard(pattern) && is_of(place, pattern))
            (void)resource_at(place, pattern);
    }
}

static void note_presence(struct place *place)
{
    struct verify_facts *facts = place->facts;
    for (size_t i = 0; i < facts->resources.len; i++) {
        struct verify_resource *resource = facts->resources.entries[i].value;
        const char *type = backup_type_of_arn(resource->arn);
        bool database = str_eq(type, "RDS") || str_eq(type, "Aurora");
        if (str_eq(resource->account_id, place->account_id) &&
            str_eq(resource->region, place->region))
            resource->must_stand = database && place->databases_known;
    }
}

static const struct verify_resource *backed_up(const struct verify_facts *facts,
                                               const struct verify_resource *resource)
{
    const struct verify_resource *cluster =
        resource->cluster ? map_get(&facts->resources, resource->cluster) : NULL;
    return cluster ? cluster : resource;
}

/* Once, however many selections of a plan take it. */
static void add_selected(struct verify_facts *facts, const struct resource *plan,
                         const struct resource *selection, const struct verify_resource *resource)
{
    const char *name = arena_printf(facts->arena, "%s %s", plan->address, resource->arn);
    if (map_get(&facts->taken, name))
        return;
    map_set(&facts->taken, name, facts);
    facts->selected =
        arena_grow(facts->arena, facts->selected, facts->selected_len, &facts->selected_cap,
                   facts->selected_len + 1, sizeof(*facts->selected));
    facts->selected[facts->selected_len++] = (struct verify_selected){plan, selection, resource};
}

static void take(struct verify_facts *facts, const struct resource *plan,
                 const struct resource *selection)
{
    const struct value *properties = facts_resolve(facts, selection->properties);
    for (size_t i = 0; i < facts->resources.len; i++) {
        const struct verify_resource *resource = facts->resources.entries[i].value;
        if (str_eq(resource->account_id, plan->account->id) &&
            str_eq(resource->region, plan->region) &&
            selection_matches(properties, resource->arn, resource->tags))
            add_selected(facts, plan, selection, backed_up(facts, resource));
    }
}

/* ---- all of it ---- */

typedef void selection_fn(struct place *place, const struct resource *plan,
                          const struct resource *selection);

static void for_each_selection(struct verify_facts *facts, struct map *places, selection_fn *fn)
{
    const struct topology *topology = facts->input->topology;
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *plan = &topology->resources[i];
        for (size_t k = 0; is_plan(plan) && k < topology->resource_len; k++)
            if (is_selection_of(facts->arena, &topology->resources[k], plan))
                fn(place_of(facts, places, plan), plan, &topology->resources[k]);
    }
}

static void prepare(struct place *place, const struct resource *plan,
                    const struct resource *selection)
{
    (void)plan;
    const struct value *properties = facts_resolve(place->facts, selection->properties);
    note_needs(place, properties);
    add_named(place, properties);
}

static void take_all(struct place *place, const struct resource *plan,
                     const struct resource *selection)
{
    take(place->facts, plan, selection);
}

void verify_select(struct verify_facts *facts)
{
    struct map places; /* "ACCOUNT REGION" -> struct place * */
    map_init(&places, facts->arena);
    for_each_selection(facts, &places, prepare);
    for (size_t i = 0; i < places.len; i++) {
        struct place *place = places.entries[i].value;
        ask(place, &backup_ListProtectedResources, protected_listed);
        if (place->databases)
            ask(place, &rds_DescribeDBClusters, clusters_listed);
        if (place->tags)
            ask(place, &resourcegroupstaggingapi_GetResources, tags_listed);
    }
    facts_wait(facts);
    for (size_t i = 0; i < places.len; i++)
        note_presence(places.entries[i].value);
    for_each_selection(facts, &places, take_all);
}
