/* What evidence holds beside the report: the locks and policies that keep the copies. */
#include "engine/aws/arn.h"
#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/verify/evidence.h"
#include "engine/verify/facts.h"
#include "providers/aws/aws.h"

struct reading {
    struct verify_facts facts; /* for messages, accounts and times */
    struct loop *loop;
    struct map vaults, keys; /* ARN -> struct subject * */
};

/* One object and what was said of it; parts become members. */
struct subject {
    struct reading *reading;
    const char *arn, *name, *account_id, *region;
    struct map_builder said;
};

static const struct value *time_of(struct arena *arena, const struct value *v)
{
    int64_t ms = value_epoch_ms(v);
    return ms ? value_string(arena, time_iso(arena, ms)) : value_null();
}

static const struct value *document_of(struct arena *arena, const char *text)
{
    const struct value *document = NULL;
    const char *why = NULL;
    if (text && json_parse(arena, slice_of(text), &document, &why))
        return document;
    return value_string(arena, text); /* as it stands there */
}

static void failed(struct subject *subject, const char *what, const struct response *rs)
{
    facts_failed(&subject->reading->facts,
                 arena_printf(subject->said.arena, "%s of %s", what, subject->name),
                 subject->account_id, subject->region, rs);
}

static void ask(struct subject *subject, const struct aws_operation *operation, const char *label,
                const struct value *body, aws_done_fn *done)
{
    struct map_builder labels = map_begin(subject->said.arena);
    map_put_str(&labels, "backupVaultName", label);
    struct aws_call_spec spec = {.operation = operation,
                                 .account_id = subject->account_id,
                                 .region = subject->region,
                                 .labels = map_end(&labels),
                                 .body = body};
    aws_call(subject->reading->loop, &spec, done, subject);
}

static struct subject *subject_of(struct reading *reading, const char *text, struct map *seen)
{
    struct arena *arena = reading->facts.arena;
    struct arn arn;
    if (!text || map_get(seen, text) || !arn_parse(slice_of(text), &arn))
        return NULL;
    struct subject *subject = arena_new_of(arena, struct subject);
    *subject = (struct subject){
        .reading = reading,
        .arn = text,
        .name = arn_resource_name(arena, &arn),
        .account_id = arena_strndup(arena, arn.account.ptr, arn.account.len),
        .region = arena_strndup(arena, arn.region.ptr, arn.region.len),
        .said = map_begin(arena),
    };
    map_put_str(&subject->said, "arn", text);
    map_set(seen, text, subject);
    return subject;
}

static void read_key(struct reading *reading, const char *arn);

/* ---- vaults ---- */

static void vault_policy_read(void *ctx, const struct response *rs)
{
    struct subject *subject = ctx;
    struct arena *arena = subject->said.arena;
    if (rs->fault == FAULT_NOT_FOUND)
        map_put(&subject->said, "policy", value_null());
    else if (rs->fault != FAULT_NONE)
        failed(subject, "the policy", rs);
    else
        map_put(&subject->said, "policy", document_of(arena, value_get_str(rs->body, "Policy")));
}

static void vault_described(void *ctx, const struct response *rs)
{
    static const char *const same[] = {"Locked", "MinRetentionDays", "MaxRetentionDays",
                                       "NumberOfRecoveryPoints", "EncryptionKeyArn"};
    static const char *const names[] = {"locked", "min_retention_days", "max_retention_days",
                                        "recovery_points", "key"};
    struct subject *subject = ctx;
    struct arena *arena = subject->said.arena;
    if (rs->fault != FAULT_NONE) {
        failed(subject, "the lock", rs);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        const struct value *v = value_get(rs->body, same[i]);
        map_put(&subject->said, names[i], v ? value_copy(arena, v) : value_null());
    }
    map_put(&subject->said, "lock_date", time_of(arena, value_get(rs->body, "LockDate")));
    read_key(subject->reading, arena_strdup(arena, value_get_str(rs->body, "EncryptionKeyArn")));
}

/* ---- keys ---- */

static void key_policy_read(void *ctx, const struct response *rs)
{
    struct subject *subject = ctx;
    if (rs->fault != FAULT_NONE)
        failed(subject, "the policy", rs);
    else
        map_put(&subject->said, "policy",
                document_of(subject->said.arena, value_get_str(rs->body, "Policy")));
}

static void key_described(void *ctx, const struct response *rs)
{
    struct subject *subject = ctx;
    struct arena *arena = subject->said.arena;
    const struct value *data = value_get(rs->body, "KeyMetadata");
    if (rs->fault != FAULT_NONE) {
        failed(subject, "the state", rs);
        return;
    }
    map_put(&subject->said, "state", value_copy(arena, value_get(data, "KeyState")));
    map_put(&subject->said, "manager", value_copy(arena, value_get(data, "KeyManager")));
    map_put(&subject->said, "deletion_date", time_of(arena, value_get(data, "DeletionDate")));
}

static void read_key(struct reading *reading, const char *arn)
{
    struct subject *subject = subject_of(reading, arn, &reading->keys);
    if (!subject || !facts_account(&reading->facts, subject->account_id))
        return;
    struct map_builder body = map_begin(reading->facts.arena);
    map_put_str(&body, "KeyId", arn);
    ask(subject, &kms_DescribeKey, NULL, map_end(&body), key_described);
    map_put_str(&body, "PolicyName", "default");
    ask(subject, &kms_GetKeyPolicy, NULL, map_end(&body), key_policy_read);
}

static const struct value *all(struct arena *arena, const struct map *subjects)
{
    struct list_builder list = list_begin(arena);
    for (size_t i = 0; i < subjects->len; i++)
        list_add(&list, map_end(&((struct subject *)subjects->entries[i].value)->said));
    return list_end(&list);
}

bool evidence_read(struct arena *arena, struct loop *loop, const struct topology *topology,
                   const struct verify_report *report, const struct value **ret,
                   struct diags *diags)
{
    struct verify_input input = {.loop = loop, .topology = topology};
    struct reading reading = {
        .facts = {.arena = arena, .input = &input, .diags = diags, .complete = true}, .loop = loop};
    map_init(&reading.vaults, arena);
    map_init(&reading.keys, arena);
    for (size_t i = 0; i < report->row_len; i++) {
        const struct verify_row *row = &report->rows[i];
        const struct verify_hop *last = &row->hops[row->hop_len - 1];
        struct subject *vault =
            row->routed ? subject_of(&reading, last->vault_arn, &reading.vaults) : NULL;
        if (vault) {
            ask(vault, &backup_DescribeBackupVault, vault->name, NULL, vault_described);
            ask(vault, &backup_GetBackupVaultAccessPolicy, vault->name, NULL, vault_policy_read);
        }
        read_key(&reading, row->routed ? last->key_arn : NULL);
    }
    facts_wait(&reading.facts);
    struct map_builder b = map_begin(arena);
    map_put(&b, "vaults", all(arena, &reading.vaults));
    map_put(&b, "keys", all(arena, &reading.keys));
    *ret = map_end(&b);
    return reading.facts.complete;
}
