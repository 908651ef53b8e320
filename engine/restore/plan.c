#include <assert.h>

#include "engine/aws/restore_metadata.h"
#include "engine/base/crypto.h"
#include "engine/restore/checks.h"
#include "engine/restore/copy_life.h"

/* The same for the same point at the same moment: a line that is pasted twice starts one job, and
 * another plan starts another. */
static const char *token_of(struct arena *arena, const struct restore_facts *facts,
                            const char *step)
{
    const char *text = arena_printf(arena, "%s %s %s %lld", step, facts->way->address, facts->point,
                                    (long long)facts->now_ms);
    return arena_strndup(arena, sha256_hex(arena, slice_of(text)), 32);
}

/* ---- requests ---- */

static const struct value *copy_request(struct arena *arena, const struct restore_facts *facts)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "RecoveryPointArn", facts->point);
    map_put_str(&b, "SourceBackupVaultName", facts->source_vault);
    map_put_str(&b, "DestinationBackupVaultArn", facts->way->destination_arn);
    map_put_str(&b, "IamRoleArn", facts->way->copy_role_arn);
    map_put(&b, "Lifecycle", copy_life_of(arena, facts).lifecycle);
    map_put_str(&b, "IdempotencyToken", token_of(arena, facts, "copy"));
    return map_end(&b);
}

static const struct value *restore_request(struct arena *arena, const struct restore_facts *facts,
                                           const struct value *metadata, const char *type)
{
    struct map_builder b = map_begin(arena);
    map_put(&b, "Metadata", metadata);
    map_put_str(&b, "IamRoleArn", facts->way->role_arn);
    map_put_str(&b, "ResourceType", type);
    map_put_str(&b, "IdempotencyToken", token_of(arena, facts, "restore"));
    return map_end(&b);
}

static const struct value *nothing(struct arena *arena)
{
    struct map_builder b = map_begin(arena);
    return map_end(&b);
}

/* ---- steps ---- */

static void add_steps(struct arena *arena, const struct restore_facts *facts,
                      const struct value *metadata, struct restore_plan *plan)
{
    const struct restore_entry *way = facts->way;
    const struct restore_step steps[] = {
        {.id = "copy_back",
         .what =
             arena_printf(arena, "copy the point from %s into %s", way->source, way->destination),
         .account = way->from,
         .region = way->from_region,
         .operation = "StartCopyJob",
         .request = copy_request(arena, facts),
         .variable = "COPY_JOB",
         .gives = "CopyJobId"},
        {.id = "await_copy",
         .what = "wait until the copy has arrived",
         .account = way->from,
         .region = way->from_region,
         .operation = "DescribeCopyJob",
         .request = nothing(arena),
         .takes = "CopyJobId",
         .from = "COPY_JOB",
         .variable = "POINT",
         .gives = "CopyJob.DestinationRecoveryPointArn",
         .state = "CopyJob.State"},
        {.id = "restore",
         .what = arena_printf(arena, "restore it in %s", way->to->name),
         .account = way->to,
         .region = way->to_region,
         .operation = "StartRestoreJob",
         .request = restore_request(arena, facts, metadata, plan->type),
         .takes = "RecoveryPointArn",
         .from = "POINT",
         .variable = "RESTORE_JOB",
         .gives = "RestoreJobId"},
        {.id = "await_restore",
         .what = "wait until the resource is there",
         .account = way->to,
         .region = way->to_region,
         .operation = "DescribeRestoreJob",
         .request = nothing(arena),
         .takes = "RestoreJobId",
         .from = "RESTORE_JOB",
         .variable = "RESTORED",
         .gives = "CreatedResourceArn",
         .state = "Status"},
    };
    static_assert(ARRAY_LEN(steps) <= RESTORE_STEPS, "all of them fit");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        plan->steps[plan->step_len++] = steps[i];
}

/* ---- the type ---- */

static const char *line_for(struct arena *arena, const struct restore_entry *way,
                            const char *command)
{
    return arena_printf(arena, "aws %s --profile %s --region %s", command, way->to->name,
                        way->to_region);
}

/* What is named by hand has to be there; what is not named falls to a default. */
static void look_before(struct arena *arena, const struct restore_entry *way,
                        const struct restore_type *type, const struct value *metadata,
                        struct restore_plan *plan)
{
    const char *group = value_get_str(metadata, "DBSubnetGroupName");
    if (group)
        check_add(
            plan, RESTORE_LOOK, arena_printf(arena, "the subnet group %s is there", group), NULL,
            line_for(arena, way,
                     arena_printf(arena, "rds describe-db-subnet-groups --db-subnet-group-name %s",
                                  restore_word(arena, group))));
    else if (type->look)
        check_add(plan, RESTORE_LOOK, type->look, NULL, line_for(arena, way, type->look_command));
}

/* What refers to something that is not recorded, or whose record lies out of reach. */
static const struct value *declared_for(struct arena *arena, const struct restore_facts *facts,
                                        const char *type, struct restore_plan *plan)
{
    const struct value *declared = value_get(facts->declared, type);
    struct map_builder known = map_begin(arena);
    const char *unknown = NULL;
    for (size_t i = 0; value_is(declared, VALUE_MAP) && i < declared->map.len; i++) {
        const struct value_entry *e = &declared->map.entries[i];
        if (!value_has_unknown(e->value))
            map_put(&known, e->key, e->value);
        else
            unknown = unknown ? arena_printf(arena, "%s, %s", unknown, e->key) : e->key;
    }
    if (unknown)
        check_add(plan, RESTORE_BAD, "the metadata of the file is known",
                  arena_printf(arena,
                               "%s of %s refers to what no record tells: apply it first, or write "
                               "it out",
                               unknown, facts->way->address),
                  NULL);
    return map_end(&known);
}

static const struct value *metadata_for(struct arena *arena, const struct restore_facts *facts,
                                        const struct restore_type *type, struct restore_plan *plan)
{
    const struct restore_entry *way = facts->way;
    const struct restore_target target = {
        .resource_arn = plan->resource,
        .account_id = way->to->id,
        .region = way->to_region,
        .key_arn = value_get_str(facts->vault.body, "EncryptionKeyArn"),
        .token = token_of(arena, facts, "new"),
    };
    const char *missing = NULL;
    const struct value *metadata =
        restore_metadata(arena, type, &target, value_get(facts->metadata.body, "RestoreMetadata"),
                         declared_for(arena, facts, type->type, plan), &missing);
    if (!facts->metadata.body)
        check_add(plan, RESTORE_BAD, "the point says what it was made of", facts->metadata.error,
                  NULL);
    else if (missing)
        check_add(plan, RESTORE_BAD, "the restore is told all that it needs",
                  arena_printf(arena, "add `metadata: {%s: {%s: ...}}` to %s", type->type, missing,
                               way->address),
                  NULL);
    look_before(arena, way, type, metadata, plan);
    plan->after = type->after;
    return metadata;
}

void restore_plan(struct arena *arena, const struct restore_facts *facts, struct restore_plan *ret)
{
    const struct value *point = facts->described.body;
    *ret = (struct restore_plan){
        .way = facts->way,
        .point = facts->point,
        .resource = value_get_str(point, "ResourceArn"),
        .type = value_get_str(point, "ResourceType"),
        .created_ms = value_epoch_ms(value_get(point, "CreationDate")),
        .expires_ms = value_epoch_ms(value_pointer(point, "/CalculatedLifecycle/DeleteAt")),
        .ready = true,
    };
    const struct restore_type *type = restore_type_find(ret->type);
    checks_of_accounts(arena, facts, ret);
    if (type)
        add_steps(arena, facts, metadata_for(arena, facts, type, ret), ret);
    else
        check_add(ret, RESTORE_BAD, "the type can be restored from here",
                  arena_printf(arena,
                               "what a restore of %s is told is not known here: AWS's page "
                               "on restoring it says so",
                               ret->type ? ret->type : "an unknown type"),
                  NULL);
}
