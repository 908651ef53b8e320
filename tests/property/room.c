#include "room.h"

#include <string.h>

#include "engine/base/bug.h"
#include "engine/base/clock.h"
#include "providers/aws/aws.h"
#include "simulator/backup.h"
#include "simulator/backup_types.h"
#include "simulator/iam.h"
#include "simulator/internal.h"
#include "simulator/kms.h"

#define KEEP_DAYS 1000 /* longer than any life */
#define LETS_IN                                                                                    \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"              \
    "{\"AWS\":\"arn:aws:iam::" ROOM_ACCOUNT ":root\"},\"Action\":"                                 \
    "\"backup:CopyIntoBackupVault\",\"Resource\":\"*\"}]}"
#define PLAN "daily"
/* The rules whose points carry the tag, and those of others. */
static const char *const tagging_rules[] = {"tagging", "tagging_too"};
static const char *const plain_rules[] = {"plain", "plain_too"};
#define COPY_ROLE "arn:aws:iam::111122223333:role/copy"
#define READER_ROLE "arn:aws:iam::444455556666:role/reader"

/* ---- random numbers: splitmix64, the same everywhere ---- */

uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t random_below(struct random *random, int64_t limit)
{
    return (int64_t)(random_next(random) % (uint64_t)limit);
}

bool random_chance(struct random *random, int64_t one_in)
{
    return one_in > 0 && random_below(random, one_in) == 0;
}

/* ---- the world ---- */

static const struct value *text_list(struct arena *arena, const char *const *texts, size_t len)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < len; i++)
        list_add_str(&list, texts[i]);
    return list_end(&list);
}

static const struct value *seed_of(struct arena *arena)
{
    static const char *const accounts[] = {ROOM_ACCOUNT, ROOM_BACKUP_ACCOUNT};
    static const char *const roles[] = {COPY_ROLE, READER_ROLE};
    struct list_builder members = list_begin(arena);
    struct map_builder organization = map_begin(arena), b = map_begin(arena);
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        struct map_builder account = map_begin(arena);
        map_put_str(&account, "id", accounts[i]);
        list_add(&members, map_end(&account));
    }
    map_put_str(&organization, "id", "o-holdfast00");
    map_put_str(&organization, "management", "999999999999");
    map_put(&b, "organization", map_end(&organization));
    map_put(&b, "accounts", list_end(&members));
    map_put(&b, "roles", text_list(arena, roles, ARRAY_LEN(roles)));
    map_put_bool(&b, "cross_account_backup", true);
    return map_end(&b);
}

/* A vault under a key of its own that both accounts may use. */
static void make_vault(struct room *room, const char *account, const char *region, const char *name,
                       const char *policy)
{
    static const char *const both[] = {ROOM_ACCOUNT, ROOM_BACKUP_ACCOUNT};
    struct arena *arena = room->arena;
    const char *alias = arena_printf(arena, "alias/%s", name);
    struct map_builder key = map_begin(arena);
    map_put_str(&key, "account_id", account);
    map_put_str(&key, "region", region);
    map_put_str(&key, "alias", alias);
    map_put(&key, "shared_with", text_list(arena, both, ARRAY_LEN(both)));
    kms_seed_key(room->world, arena, map_end(&key));
    backup_seed_vault(room->world, arena, account, region, name);
    const struct value *made = kms_key_find(room->world, arena, account, region, alias);
    struct map_builder b =
        map_begin_from(arena, vault_get(room->world, arena, account, region, name));
    map_put(&b, "EncryptionKeyArn", value_get(made, "Arn"));
    map_put_str(&b, "Policy", policy);
    store_put(room->world, "backup.vault", account, region, name, map_end(&b));
}

static void furnish(struct room *room)
{
    world_begin(room->world);
    make_vault(room, ROOM_ACCOUNT, ROOM_FIRST_REGION, "primary", NULL);
    make_vault(room, ROOM_ACCOUNT, ROOM_REGION, "intermediate", NULL);
    make_vault(room, ROOM_BACKUP_ACCOUNT, ROOM_REGION, "final", LETS_IN);
    BUG_ON(!world_commit(room->world));
}

static void configure(struct room *room)
{
    room->tag_keys[0] = ROOM_TAG;
    struct map_builder tags = map_begin(room->arena);
    map_put_str(&tags, ROOM_TAG, ROOM_LAST_VAULT);
    const struct value *declared = map_end(&tags);
    for (size_t i = 0; i < ARRAY_LEN(tagging_rules); i++)
        room->declared[i] = (struct relay_declared){PLAN, tagging_rules[i], declared};
    room->destination = (struct relay_destination){.vault_arn = ROOM_LAST_VAULT,
                                                   .vault_name = "final",
                                                   .account_id = ROOM_BACKUP_ACCOUNT,
                                                   .region = ROOM_REGION,
                                                   .reader_role_arn = READER_ROLE,
                                                   .delete_after_days = 2 * KEEP_DAYS};
    room->config = (struct relay_config){.topology = "property",
                                         .relay = "relays.to_final",
                                         .partition = "aws",
                                         .account_id = ROOM_ACCOUNT,
                                         .region = ROOM_REGION,
                                         .source_vault_arn = ROOM_SOURCE_VAULT,
                                         .source_vault_name = "intermediate",
                                         .destinations = &room->destination,
                                         .destination_len = 1,
                                         .tag_keys = room->tag_keys,
                                         .copy_role_arn = COPY_ROLE,
                                         .declared = room->declared,
                                         .declared_len = ARRAY_LEN(tagging_rules),
                                         .budget = 1 + random_below(room->random, 20)};
    if (random_chance(room->random, 3))
        room->config.shorten_source_to_days = 2;
    room_change_life(room);
}

int64_t room_change_life(struct room *room)
{
    room->destination.delete_after_days =
        random_chance(room->random, 2) ? 2 * KEEP_DAYS : 4 + random_below(room->random, 60);
    return room->destination.delete_after_days;
}

void room_open(struct room *room, struct arena *arena, struct random *random)
{
    const struct world_options options = {.path = ":memory:"};
    *room = (struct room){.arena = arena, .random = random};
    diags_init(&room->diags, arena);
    BUG_ON(!world_open(&options, &room->world, &room->diags) ||
           !world_seed(room->world, seed_of(arena), &room->diags));
    furnish(room);
    configure(room);
    room->source_days =
        random_chance(room->random, 2) ? KEEP_DAYS : 4 + random_below(room->random, 40);
    for (size_t i = 0; i < ROOM_HOSTS; i++)
        room->hosts[i].room = room;
}

void room_close(struct room *room)
{
    for (size_t i = 0; i < ROOM_HOSTS; i++)
        host_end(&room->hosts[i]);
    world_close(room->world);
}

int64_t room_now(struct room *room)
{
    return world_now_ms(room->world);
}

void room_advance(struct room *room, int64_t ms)
{
    BUG_ON(!world_advance_to(room->world, room_now(room) + ms, &room->diags));
}

void room_advance_to_work(struct room *room, int64_t ms)
{
    struct arena *arena = arena_new();
    struct due_task due;
    int64_t now = room_now(room);
    bool found = task_first(room->world, arena, now + ms, &due);
    room_advance(room, !found ? ms : due.due > now ? due.due - now : 0);
    arena_free(arena);
}

void room_set(struct room *room, const char *setting, int64_t number)
{
    struct arena *arena = arena_new();
    world_begin(room->world);
    setting_put(room->world, setting, arena_printf(arena, "%lld", (long long)number));
    BUG_ON(!world_commit(room->world));
    arena_free(arena);
}

/* ---- backups ---- */

static const struct value *new_point(struct room *room, struct arena *arena,
                                     const char *resource_arn, const struct value *tags)
{
    const struct sim_type *type = sim_type_of_arn(resource_arn);
    struct map_builder lifecycle = map_begin(arena), b = map_begin(arena);
    const char *id = arena_printf(arena, "job-%zu", ++room->points);
    map_put_int(&lifecycle, "DeleteAfterDays", KEEP_DAYS);
    map_put_str(&b, "RecoveryPointArn",
                point_arn(arena, type, ROOM_FIRST_REGION, ROOM_ACCOUNT, id, /* is_copy= */ false));
    map_put_str(&b, "ResourceArn", resource_arn);
    map_put_str(&b, "ResourceType", type->name);
    map_put_str(&b, "ResourceName", resource_arn);
    map_put_int(&b, "CreationDate", room_now(room));
    map_put_str(&b, "IamRoleArn", COPY_ROLE);
    map_put_str(&b, "BackupVaultName", "primary");
    map_put_str(&b, "BackupVaultArn", ROOM_FIRST_VAULT);
    map_put_str(&b, "Status", "COMPLETED");
    map_put(&b, "Lifecycle", map_end(&lifecycle));
    map_put(&b, "Tags", tags);
    return map_end(&b);
}

static const struct value *made_by(struct arena *arena, const struct value *tags, bool other,
                                   bool declared)
{
    struct map_builder b = map_begin(arena);
    bool tagged = str_eq(value_get_str(tags, ROOM_TAG), ROOM_LAST_VAULT) ||
                  str_eq(value_get_str(tags, ROOM_TAG_OTHERWISE), ROOM_LAST_VAULT);
    tagged = tagged && declared;
    map_put_str(&b, "BackupPlanId", "p-1");
    map_put_str(&b, "BackupPlanName", PLAN);
    map_put_str(&b, "BackupRuleName", tagged ? tagging_rules[other] : plain_rules[other]);
    map_put_str(&b, "BackupRuleId", tagged ? tagging_rules[other] : plain_rules[other]);
    return map_end(&b);
}

const char *room_back_up(struct room *room, const char *resource_arn, const struct value *tags,
                         bool other, bool declared)
{
    struct arena *arena = arena_new();
    struct map_builder lifecycle = map_begin(arena);
    map_put_int(&lifecycle, "DeleteAfterDays", room->source_days);
    const struct value *maker = made_by(arena, tags, other, declared);
    world_begin(room->world);
    const struct value *point =
        value_with(arena, new_point(room, arena, resource_arn, tags), "CreatedBy", maker);
    const struct copy_order order = {.point = point,
                                     .account = ROOM_ACCOUNT,
                                     .region = ROOM_FIRST_REGION,
                                     .source_vault_arn = ROOM_FIRST_VAULT,
                                     .destination_vault_arn = ROOM_SOURCE_VAULT,
                                     .lifecycle = map_end(&lifecycle),
                                     .role = COPY_ROLE,
                                     .created_by = maker};
    point_put(room->world, arena, ROOM_ACCOUNT, ROOM_FIRST_REGION, order.point);
    copy_job_add(room->world, arena, &order);
    BUG_ON(!world_commit(room->world));
    const char *arn = arena_strdup(room->arena, value_get_str(point, "RecoveryPointArn"));
    arena_free(arena);
    return arn;
}

void room_open_last_vault(struct room *room, bool open)
{
    struct arena *arena = arena_new();
    const struct value *vault =
        vault_get(room->world, arena, ROOM_BACKUP_ACCOUNT, ROOM_REGION, "final");
    struct map_builder b = map_begin_from(arena, vault);
    world_begin(room->world);
    map_put_str(&b, "Policy", open ? LETS_IN : "{\"Version\":\"2012-10-17\",\"Statement\":[]}");
    store_put(room->world, "backup.vault", ROOM_BACKUP_ACCOUNT, ROOM_REGION, "final", map_end(&b));
    BUG_ON(!world_commit(room->world));
    arena_free(arena);
}

void room_lose_tags(struct room *room, const char *point_arn)
{
    struct arena *arena = arena_new();
    const struct value *point = point_get(room->world, arena, ROOM_ACCOUNT, ROOM_REGION, point_arn);
    world_begin(room->world);
    if (point)
        store_put(room->world, "backup.point", ROOM_ACCOUNT, ROOM_REGION, point_arn,
                  value_with(arena, point, "Tags", value_map_text(arena, "owner", "somebody")));
    BUG_ON(!world_commit(room->world));
    arena_free(arena);
}

/* ---- relays ---- */

/* An answer that becomes a refusal on its way. */
struct refusal {
    transport_done_fn *done;
    void *ctx;
    bool xml;
};

static void refuse(void *ctx, const struct http_response *response)
{
    const struct refusal *refusal = ctx;
    struct http_response refused = *response;
    if (response->status == 200) {
        refused.status = 403;
        refused.body = slice_of(
            refusal->xml ? "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                           "<Message>no right</Message></Error><RequestId>r</RequestId>"
                           "</ErrorResponse>"
                         : "{\"Code\":\"AccessDeniedException\",\"Message\":\"no right\"}");
    }
    refusal->done(refusal->ctx, &refused);
}

static bool is_refused(const struct room *room, const struct http_request *request)
{
    return room->refused && str_eq(request->operation, room->refused) &&
           (!room->refused_region || strstr(request->base_url, room->refused_region));
}

static void host_send(void *self, const struct http_request *request, transport_done_fn *done,
                      void *ctx)
{
    struct host *host = self;
    if (is_refused(host->room, request)) {
        struct refusal *refusal = arena_new_of(host->arena, struct refusal);
        *refusal = (struct refusal){done, ctx, strncmp(request->operation, "rds", 3) == 0};
        host->inner.ops->send(host->inner.self, request, refuse, refusal);
        return;
    }
    host->inner.ops->send(host->inner.self, request, done, ctx);
}

static void host_wait(void *self, int64_t until_ms)
{
    struct host *host = self;
    if (host->pass && host->room->between)
        host->room->between(host->room->ctx, host);
    host->inner.ops->wait(host->inner.self, until_ms);
}

static int64_t host_now(void *self)
{
    struct host *host = self;
    return host->inner.ops->now_ms(host->inner.self);
}

static void host_drop(void *self)
{
    struct host *host = self;
    host->inner.ops->drop(host->inner.self);
}

static void host_start(struct host *host)
{
    static const struct transport_ops ops = {.send = host_send,
                                             .wait = host_wait,
                                             .now_ms = host_now,
                                             .drop = host_drop,
                                             .close = host_drop};
    static const struct aws_account accounts[] = {
        {.id = ROOM_ACCOUNT, .name = "workload", .partition = "aws"},
        {.id = ROOM_BACKUP_ACCOUNT, .name = "backup", .partition = "aws"}};
    const struct aws_options options = {.accounts = accounts,
                                        .account_len = ARRAY_LEN(accounts),
                                        .home_region = ROOM_REGION,
                                        .simulated = true};
    host->arena = arena_new();
    diags_init(&host->diags, host->arena);
    host->inner = world_transport(host->room->world);
    host->loop = loop_new((struct transport){&ops, host}, &host->diags);
    BUG_ON(!aws_setup(host->arena, host->loop, &options, &host->diags));
}

void host_end(struct host *host)
{
    if (!host->loop)
        return;
    loop_free(host->loop);
    host->inner.ops->close(host->inner.self);
    arena_free(host->arena);
    host->loop = NULL;
}

bool room_call(struct room *room, struct host *host, struct arena *arena, const struct value *event,
               const char **ret_why)
{
    BUG_ON(host->pass);
    if (!host->loop)
        host_start(host);
    struct relay_pass pass = {.arena = arena,
                              .loop = host->loop,
                              .config = &room->config,
                              .now_ms = room_now(room),
                              .backfill = room->backfill,
                              .report = room->report,
                              .ctx = room->ctx};
    *ret_why = NULL;
    host->pass = &pass;
    bool good = event ? relay_handle_fully(&pass, event, ret_why) : relay_reconcile(&pass, ret_why);
    host->pass = NULL;
    host->started = pass.started;
    host->waiting = pass.waiting;
    host->worrying = pass.worrying;
    host->copies_failed = pass.copies_failed;
    host->oldest_waiting_ms = pass.oldest_waiting_ms;
    host->failed = pass.failed + !good;
    if (!good && str_eq(*ret_why, RELAY_LATE))
        host_end(host); /* calls are in flight */
    return good;
}
