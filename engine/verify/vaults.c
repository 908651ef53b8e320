/* The vaults on the ways: their locks, their points of what is protected, and the keys of those. */
#include <stdlib.h>
#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/verify/facts.h"
#include "providers/aws/aws.h"

struct reading {
    struct verify_facts *facts;
    struct map wanted; /* ARNs of the resources of the rows */
};

struct listing {
    struct reading *reading;
    struct verify_vault *vault;
};

struct asking_key {
    struct verify_facts *facts;
    struct verify_key *key;
    const char *account_id, *region;
};

/* ---- keys ---- */

static void key_described(void *ctx, const struct response *rs)
{
    struct asking_key *asking = ctx;
    struct arena *arena = asking->facts->arena;
    const struct value *data = value_get(rs->body, "KeyMetadata");
    if (rs->fault == FAULT_NOT_FOUND)
        asking->key->state = "deleted";
    else if (rs->fault != FAULT_NONE)
        facts_failed(asking->facts, arena_printf(arena, "the key %s", asking->key->arn),
                     asking->account_id, asking->region, rs);
    if (rs->fault != FAULT_NONE)
        return;
    asking->key->state = arena_strdup(arena, value_get_str(data, "KeyState"));
    asking->key->aws_managed = str_eq(value_get_str(data, "KeyManager"), "AWS");
}

/* In the key's own account where there is a session for it, else in the vault's. */
static void ask_key(struct verify_facts *facts, const struct verify_vault *vault, const char *text)
{
    struct arn arn;
    if (!text || map_get(&facts->keys, text) || !arn_parse(slice_of(text), &arn) ||
        !slice_is(arn.service, "kms"))
        return;
    struct arena *arena = facts->arena;
    struct asking_key *asking = arena_new_of(arena, struct asking_key);
    const char *owner = arena_strndup(arena, arn.account.ptr, arn.account.len);
    *asking = (struct asking_key){
        .facts = facts,
        .key = arena_new_of(arena, struct verify_key),
        .account_id = facts_account(facts, owner) ? owner : vault->account_id,
        .region = arena_strndup(arena, arn.region.ptr, arn.region.len),
    };
    asking->key->arn = arena_strdup(arena, text);
    map_set(&facts->keys, asking->key->arn, asking->key);
    struct map_builder body = map_begin(arena);
    map_put_str(&body, "KeyId", text);
    struct aws_call_spec spec = {.operation = &kms_DescribeKey,
                                 .account_id = asking->account_id,
                                 .region = asking->region,
                                 .body = map_end(&body)};
    aws_call(facts->input->loop, &spec, key_described, asking);
}

/* ---- points ---- */

/* Why it cannot be used; NULL: it is available. */
static const char *objection(const struct value *point, int64_t now_ms)
{
    int64_t expires_ms = value_epoch_ms(value_pointer(point, "/CalculatedLifecycle/DeleteAt"));
    const char *status = value_get_str(point, "Status");
    if (!backup_point_is_available(status))
        return status ? status : "in no state";
    return expires_ms && expires_ms <= now_ms ? "past its lifecycle" : NULL;
}

static struct verify_holding *holding_of(struct arena *arena, struct map *holdings,
                                         const char *resource)
{
    struct verify_holding *holding = map_get(holdings, resource);
    if (!holding) {
        holding = arena_new_of(arena, struct verify_holding);
        map_set(holdings, arena_strdup(arena, resource), holding);
    }
    return holding;
}

static void add_point(struct reading *reading, struct verify_vault *vault,
                      const struct value *point)
{
    struct verify_facts *facts = reading->facts;
    struct arena *arena = facts->arena;
    const char *resource = value_get_str(point, "ResourceArn");
    if (!resource || !map_get(&reading->wanted, resource))
        return;
    const char *key = value_get_str(point, "EncryptionKeyArn");
    const char *status = objection(point, facts->now_ms);
    struct verify_holding *holding =
        holding_of(arena, status ? &vault->useless : &vault->holdings, resource);
    if (!status)
        ask_key(facts, vault, key);
    const struct verify_key *known = key ? map_get(&facts->keys, key) : NULL;
    holding->points = arena_grow(arena, holding->points, holding->len, &holding->cap,
                                 holding->len + 1, sizeof(*holding->points));
    holding->points[holding->len++] = (struct verify_point){
        .arn = arena_strdup(arena, value_get_str(point, "RecoveryPointArn")),
        .key_arn = known ? known->arn : arena_strdup(arena, key),
        .source_arn = arena_strdup(arena, value_get_str(point, "SourceBackupVaultArn")),
        .rule = arena_strdup(arena, value_get_str(value_get(point, "CreatedBy"), "BackupRuleName")),
        .created_ms = value_epoch_ms(value_get(point, "CreationDate")),
        .completed_ms = value_epoch_ms(value_get(point, "CompletionDate")),
        .expires_ms = value_epoch_ms(value_pointer(point, "/CalculatedLifecycle/DeleteAt")),
        .status = arena_strdup(arena, status),
    };
}

static void list_page(struct listing *listing, const char *token);

/* Page by page, so that a vault may be large: only the rows' points are kept. */
static void points_listed(void *ctx, const struct response *rs)
{
    struct listing *listing = ctx;
    struct verify_vault *vault = listing->vault;
    struct arena *arena = listing->reading->facts->arena;
    if (rs->fault != FAULT_NONE) {
        vault->error = arena_printf(arena, "%s: %s", rs->code ? rs->code : "no answer",
                                    rs->message ? rs->message : "");
        facts_failed(listing->reading->facts,
                     arena_printf(arena, "the recovery points in the vault %s", vault->name),
                     vault->account_id, vault->region, rs);
        return;
    }
    const struct value *list = value_get(rs->body, "RecoveryPoints");
    for (size_t i = 0; i < value_len(list); i++)
        add_point(listing->reading, vault, value_item(list, i));
    const char *token = value_get_str(rs->body, "NextToken");
    if (token && *token)
        list_page(listing, arena_strdup(arena, token));
}

static const struct value *vault_label(struct arena *arena, const struct verify_vault *vault)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "backupVaultName", vault->name);
    return map_end(&b);
}

static void list_page(struct listing *listing, const char *token)
{
    struct verify_facts *facts = listing->reading->facts;
    struct map_builder query = map_begin(facts->arena);
    map_put_str(&query, "nextToken", token);
    struct aws_call_spec spec = {.operation = &backup_ListRecoveryPointsByBackupVault,
                                 .account_id = listing->vault->account_id,
                                 .region = listing->vault->region,
                                 .labels = vault_label(facts->arena, listing->vault),
                                 .query = map_end(&query)};
    aws_call(facts->input->loop, &spec, points_listed, listing);
}

/* ---- the vault itself ---- */

static void vault_described(void *ctx, const struct response *rs)
{
    struct listing *listing = ctx;
    struct verify_vault *vault = listing->vault;
    struct verify_facts *facts = listing->reading->facts;
    if (rs->fault != FAULT_NONE) {
        vault->error = arena_printf(facts->arena, "%s: %s", rs->code ? rs->code : "no answer",
                                    rs->message ? rs->message : "");
        facts_failed(facts, arena_printf(facts->arena, "the vault %s", vault->name),
                     vault->account_id, vault->region, rs);
        return;
    }
    vault->locked = value_get_bool(rs->body, "Locked", false);
    vault->lock_date_ms = value_epoch_ms(value_get(rs->body, "LockDate"));
    list_page(listing, NULL);
}

static struct verify_vault *new_vault(struct verify_facts *facts, const char *text)
{
    struct arena *arena = facts->arena;
    struct arn arn;
    struct slice name;
    if (!arn_parse(slice_of(text), &arn) || !arn_is_backup_vault(&arn, &name))
        return NULL;
    struct verify_vault *vault = arena_new_of(arena, struct verify_vault);
    *vault = (struct verify_vault){
        .arn = text,
        .name = arena_strndup(arena, name.ptr, name.len),
        .account_id = arena_strndup(arena, arn.account.ptr, arn.account.len),
        .region = arena_strndup(arena, arn.region.ptr, arn.region.len),
    };
    map_init(&vault->holdings, arena);
    map_init(&vault->useless, arena);
    return vault;
}

static void read_vault(struct reading *reading, const char *arn)
{
    struct verify_facts *facts = reading->facts;
    struct verify_vault *vault = map_get(&facts->vaults, arn) ? NULL : new_vault(facts, arn);
    if (!vault)
        return;
    map_set(&facts->vaults, vault->arn, vault);
    if (!facts_account(facts, vault->account_id)) {
        vault->error = "its account is not one of the topology's";
        facts->complete = false;
        diag_error(facts->diags, E_VERIFY_READ, NO_POS, NULL,
                   "the vault %s: account %s is not one of the topology's, so nobody can look into "
                   "it",
                   vault->name, vault->account_id);
        return;
    }
    struct listing *listing = arena_new_of(facts->arena, struct listing);
    *listing = (struct listing){reading, vault};
    struct aws_call_spec spec = {.operation = &backup_DescribeBackupVault,
                                 .account_id = vault->account_id,
                                 .region = vault->region,
                                 .labels = vault_label(facts->arena, vault)};
    aws_call(facts->input->loop, &spec, vault_described, listing);
}

static int newest_first(const void *a, const void *b)
{
    const struct verify_point *x = a, *y = b;
    if (x->created_ms != y->created_ms)
        return x->created_ms < y->created_ms ? 1 : -1;
    return strcmp(x->arn, y->arn);
}

static void sort(const struct map *holdings)
{
    for (size_t i = 0; i < holdings->len; i++) {
        struct verify_holding *holding = holdings->entries[i].value;
        if (holding->len)
            qsort(holding->points, holding->len, sizeof(*holding->points), newest_first);
    }
}

void verify_read_vaults(struct verify_facts *facts, const struct verify_row *rows, size_t len)
{
    struct reading reading = {.facts = facts};
    map_init(&reading.wanted, facts->arena);
    for (size_t i = 0; i < len; i++)
        map_set(&reading.wanted, rows[i].resource, facts);
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < rows[i].hop_len; k++)
            read_vault(&reading, rows[i].hops[k].vault_arn);
    facts_wait(facts);
    for (size_t i = 0; i < facts->vaults.len; i++) {
        struct verify_vault *vault = facts->vaults.entries[i].value;
        sort(&vault->holdings);
        sort(&vault->useless);
    }
}
