#include "engine/cli/source_keys.h"

#include "engine/aws/arn.h"
#include "engine/aws/selection.h"
#include "engine/cli/asking.h"

struct reading {
    struct session *session;
    struct arena *arena;
    struct map databases; /* "OPERATION ACCOUNT REGION" -> struct answer * */
    struct map keys;      /* "ACCOUNT REGION KEY" -> struct answer * */
};

struct place {
    const char *account_id, *region;
};

struct verdict {
    enum key_class key;
    const char *why;
};

static struct answer ask_once(struct reading *reading, struct map *known, const char *name,
                              const struct aws_call_spec *spec)
{
    struct answer *answer = map_get(known, name);
    if (!answer) {
        answer = arena_new_of(reading->arena, struct answer);
        *answer = ask_aws(reading->session->cli, reading->session->loop, spec);
        map_set(known, name, answer);
    }
    return *answer;
}

static bool is_true(const struct value *v)
{
    return (value_is(v, VALUE_BOOL) && v->boolean) || str_eq(value_str(v), "true");
}

/* Who manages a key only KMS can say. */
static struct verdict verdict_of_key(struct reading *reading, const struct place *place,
                                     const char *name, const char *key_arn)
{
    struct arn arn;
    const char *region = place->region;
    if (arn_parse(slice_of(key_arn), &arn))
        region = arena_strndup(reading->arena, arn.region.ptr, arn.region.len);
    struct aws_call_spec spec = {.operation = &kms_DescribeKey,
                                 .account_id = place->account_id,
                                 .region = region,
                                 .body = value_map_text(reading->arena, "KeyId", key_arn)};
    const char *id = arena_printf(reading->arena, "%s %s %s", place->account_id, region, key_arn);
    struct answer answer = ask_once(reading, &reading->keys, id, &spec);
    const char *manager = value_str(value_pointer(answer.body, "/KeyMetadata/KeyManager"));
    if (answer.fault != FAULT_NONE || !manager)
        return (struct verdict){
            KEY_UNKNOWN,
            arena_printf(reading->arena, "the key of %s cannot be read: %s", name, answer.text)};
    bool own = str_eq(manager, "CUSTOMER");
    return (struct verdict){own ? KEY_CUSTOMER_MANAGED : KEY_AWS_MANAGED,
                            arena_printf(reading->arena, "%s is encrypted with %s", name,
                                         own ? "a customer managed key" : "an AWS managed key")};
}

/* Other clusters have engines of their own. */
static bool is_multi_az(const struct value *cluster)
{
    static const char *const engines[] = {"mysql", "postgres", NULL};
    return str_is_one_of(value_get_str(cluster, "Engine"), engines);
}

/* Of an instance or a cluster. */
static struct verdict verdict_of(struct reading *reading, const struct place *place,
                                 const struct value *database)
{
    const char *instance = value_get_str(database, "DBInstanceIdentifier");
    const char *name = instance ? instance : value_get_str(database, "DBClusterIdentifier");
    const char *type = value_get_str(database, "StorageEncryptionType");
    const char *key = value_get_str(database, "KmsKeyId");
    if (!instance && is_multi_az(database))
        return (struct verdict){
            KEY_UNKNOWN,
            arena_printf(reading->arena,
                         "%s is a Multi-AZ DB cluster, whose snapshots no copy action can copy",
                         name)};
    if (key && !str_eq(type, "sse-rds"))
        return verdict_of_key(reading, place, name, key);
    if (str_eq(type, "sse-rds"))
        return (struct verdict){
            KEY_SSE_RDS,
            arena_printf(reading->arena, "%s is encrypted with a key that RDS owns", name)};
    if (is_true(value_get(database, "StorageEncrypted")))
        return (struct verdict){
            KEY_UNKNOWN, arena_printf(reading->arena, "RDS does not say which key %s has", name)};
    return (struct verdict){KEY_NONE, arena_printf(reading->arena, "%s is not encrypted", name)};
}

/* The one that is worst to copy speaks for all: classes stand in another order than that. */
static bool is_worse(enum key_class a, enum key_class b)
{
    static const int badness[KEY_CLASS_COUNT] = {[KEY_NONE] = 0,
                                                 [KEY_CUSTOMER_MANAGED] = 1,
                                                 [KEY_SSE_RDS] = 2,
                                                 [KEY_UNKNOWN] = 3,
                                                 [KEY_AWS_MANAGED] = 4};
    return badness[a] > badness[b];
}

/* What RDS has in a place, or why that is not known. */
struct databases {
    const struct value *instances, *clusters;
    const char *unknown;
};

static const struct value *described(struct reading *reading, const struct place *place,
                                     const struct aws_operation *operation,
                                     struct databases *databases)
{
    struct aws_call_spec spec = {.operation = operation,
                                 .account_id = place->account_id,
                                 .region = place->region,
                                 .all_pages = true};
    const char *asked =
        arena_printf(reading->arena, "%s %s %s", operation->name, place->account_id, place->region);
    struct answer answer = ask_once(reading, &reading->databases, asked, &spec);
    if (answer.fault != FAULT_NONE)
        databases->unknown =
            arena_printf(reading->arena, "the databases cannot be read: %s", answer.text);
    return value_get(answer.body, operation->items);
}

static struct databases databases_of(struct reading *reading, const struct place *place)
{
    struct databases databases = {0};
    databases.instances = described(reading, place, &rds_DescribeDBInstances, &databases);
    if (!databases.unknown)
        databases.clusters = described(reading, place, &rds_DescribeDBClusters, &databases);
    return databases;
}

static bool takes(struct arena *arena, const struct value *selection, const struct value *database,
                  const char *arn)
{
    const struct value *tags = aws_tag_map(arena, value_get(database, "TagList"), "Key", "Value");
    return selection_matches(selection, value_get_str(database, arn), tags);
}

/* An instance of a cluster is protected as the cluster, whichever of the two is selected; one that
 * is not shown is judged by its instance. */
static const struct value *backed_up(const struct databases *databases,
                                     const struct value *instance)
{
    const char *cluster = value_get_str(instance, "DBClusterIdentifier");
    for (size_t i = 0; cluster && i < value_len(databases->clusters); i++)
        if (str_eq(value_get_str(value_item(databases->clusters, i), "DBClusterIdentifier"),
                   cluster))
            return value_item(databases->clusters, i);
    return instance;
}

struct worst {
    struct verdict verdict;
    bool any;
};

static void add_verdict(struct worst *worst, struct verdict verdict)
{
    if (!worst->any || is_worse(verdict.key, worst->verdict.key))
        worst->verdict = verdict;
    worst->any = true;
}

static struct verdict judge(struct reading *reading, const struct place *place,
                            const struct value *selection)
{
    struct arena *arena = reading->arena;
    struct worst worst = {.verdict = {KEY_UNKNOWN, "no database is selected yet"}};
    if (!selection_keys_are_read(selection))
        return (struct verdict){KEY_UNKNOWN, "it may take more than databases of RDS, whose keys "
                                             "are not read: declare its source_key"};
    struct databases databases = databases_of(reading, place);
    if (databases.unknown)
        return (struct verdict){KEY_UNKNOWN, databases.unknown};
    for (size_t i = 0; i < value_len(databases.instances); i++) {
        const struct value *instance = value_item(databases.instances, i);
        if (takes(arena, selection, instance, "DBInstanceArn"))
            add_verdict(&worst, verdict_of(reading, place, backed_up(&databases, instance)));
    }
    for (size_t i = 0; i < value_len(databases.clusters); i++) {
        const struct value *cluster = value_item(databases.clusters, i);
        if (takes(arena, selection, cluster, "DBClusterArn"))
            add_verdict(&worst, verdict_of(reading, place, cluster));
    }
    return worst.verdict;
}

bool source_keys_matter(const struct topology *topology)
{
    for (size_t i = 0; i < topology->route_len; i++)
        if (topology->routes[i].unread)
            return true;
    return false;
}

static bool is_open(const struct topology *topology, const char *plan)
{
    for (size_t i = 0; i < topology->route_len; i++)
        if (topology->routes[i].unread && str_eq(topology->routes[i].plan, plan))
            return true;
    return false;
}

static void read_plan(struct reading *reading, const struct resource *plan, struct map_builder *ret)
{
    const struct topology *topology = &reading->session->topology;
    const char *prefix = arena_printf(reading->arena, "%s/selections.", plan->address);
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *selection = &topology->resources[i];
        if (!str_starts(selection->address, prefix))
            continue;
        const struct place place = {plan->account->id, plan->region};
        struct verdict verdict = judge(reading, &place, selection->properties);
        struct map_builder b = map_begin(reading->arena);
        map_put_str(&b, "class", key_class_name(verdict.key));
        map_put_str(&b, "why", verdict.why);
        map_put(ret, selection->address, map_end(&b));
    }
}

void source_keys_see(struct session *session, struct findings *findings)
{
    struct reading reading = {.session = session, .arena = session->cli->arena};
    map_init(&reading.databases, reading.arena);
    map_init(&reading.keys, reading.arena);
    for (size_t i = 0; i < findings->len; i++) {
        struct finding *finding = &findings->items[i];
        if (!str_eq(finding->schema->type_name, "aws_backup_selection"))
            continue;
        const struct place place = {finding->account->id, finding->region};
        enum key_class key = judge(&reading, &place, finding->attributes).key;
        if (key != KEY_UNKNOWN)
            finding->source_key = key_class_name(key);
    }
}

const struct value *source_keys_now(struct session *session)
{
    struct reading reading = {.session = session, .arena = session->cli->arena};
    struct map_builder keys = map_begin(reading.arena);
    const struct topology *topology = &session->topology;
    map_init(&reading.databases, reading.arena);
    map_init(&reading.keys, reading.arena);
    for (size_t i = 0; i < topology->resource_len; i++) {
        const struct resource *selection = &topology->resources[i];
        if (!str_eq(selection->schema->type_name, "aws_backup_selection"))
            continue;
        const struct place place = {selection->account->id, selection->region};
        enum key_class key = judge(&reading, &place, selection->properties).key;
        if (key != KEY_UNKNOWN)
            map_put_str(&keys, selection->address, key_class_name(key));
    }
    return map_end(&keys);
}

const struct value *source_keys_read(struct session *session)
{
    struct reading reading = {.session = session, .arena = session->cli->arena};
    struct map_builder keys = map_begin(reading.arena);
    const struct topology *topology = &session->topology;
    map_init(&reading.databases, reading.arena);
    map_init(&reading.keys, reading.arena);
    for (size_t i = 0; i < topology->resource_len; i++)
        if (is_open(topology, topology->resources[i].address))
            read_plan(&reading, &topology->resources[i], &keys);
    return map_end(&keys);
}
