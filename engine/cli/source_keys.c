#include "engine/cli/source_keys.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/selection.h"
#include "engine/cli/asking.h"

struct reading {
    struct session *session;
    struct arena *arena;
    struct map databases; /* "ACCOUNT REGION" -> struct answer * */
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
                                 .body = one_member(reading->arena, "KeyId", key_arn)};
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

static struct verdict verdict_of(struct reading *reading, const struct place *place,
                                 const struct value *database)
{
    const char *name = value_get_str(database, "DBInstanceIdentifier");
    const char *type = value_get_str(database, "StorageEncryptionType");
    const char *key = value_get_str(database, "KmsKeyId");
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

/* Instances of a cluster are protected as the cluster. */
static const char *protected_arn(struct arena *arena, const struct value *database)
{
    const char *arn = value_get_str(database, "DBInstanceArn");
    const char *cluster = value_get_str(database, "DBClusterIdentifier");
    const char *last = arn ? strstr(arn, ":db:") : NULL;
    if (!cluster || !last)
        return arn ? arn : "";
    return arena_printf(arena, "%.*s:cluster:%s", (int)(last - arn), arn, cluster);
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

static bool reads_databases_only(const struct value *selection)
{
    const struct value *patterns = value_get(selection, "resources");
    for (size_t i = 0; i < value_len(patterns); i++) {
        const struct backup_type *type = backup_type_of_pattern(value_str(value_item(patterns, i)));
        if (!type || (!type->fully_managed && !str_eq(type->service, "rds")))
            return false;
    }
    return value_len(value_get(selection, "list_of_tags")) == 0;
}

static struct verdict judge(struct reading *reading, const struct place *place,
                            const struct value *selection)
{
    struct arena *arena = reading->arena;
    struct aws_call_spec spec = {.operation = &rds_DescribeDBInstances,
                                 .account_id = place->account_id,
                                 .region = place->region,
                                 .all_pages = true};
    const char *name = arena_printf(arena, "%s %s", place->account_id, place->region);
    struct verdict worst = {KEY_UNKNOWN, "no database is selected yet"};
    bool any = false;
    if (!reads_databases_only(selection))
        return (struct verdict){KEY_UNKNOWN, "it may take more than databases of RDS, whose keys "
                                             "are not read: declare its source_key"};
    struct answer answer = ask_once(reading, &reading->databases, name, &spec);
    if (answer.fault != FAULT_NONE)
        return (struct verdict){
            KEY_UNKNOWN, arena_printf(arena, "the databases cannot be read: %s", answer.text)};
    const struct value *list = value_get(answer.body, "DBInstances");
    for (size_t i = 0; i < value_len(list); i++) {
        const struct value *database = value_item(list, i);
        const struct value *tags =
            aws_tag_map(arena, value_get(database, "TagList"), "Key", "Value");
        if (!selection_matches(selection, protected_arn(arena, database), tags))
            continue;
        struct verdict verdict = verdict_of(reading, place, database);
        if (!any || is_worse(verdict.key, worst.key))
            worst = verdict;
        any = true;
    }
    return worst;
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
