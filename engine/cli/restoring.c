#include "engine/cli/restoring.h"

#include <string.h>

#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/base/clock.h"
#include "engine/cli/asking.h"
#include "engine/cli/outputs.h"
#include "engine/cli/wanted.h"

#define LINKED_ROLE "AWSServiceRoleForBackup"

/* ---- which way ---- */

static bool is_point(const char *arn)
{
    struct arn parts;
    if (backup_type_of_point(arn))
        return true;
    return arn_parse(slice_of(arn), &parts) && slice_is(parts.service, "backup") &&
           slice_starts(parts.resource, "recovery-point:");
}

/* A point lies in the Region and account that its ARN names; snapshots of EC2 name no account. */
static bool may_hold(const struct restore_entry *way, const char *arn)
{
    struct arn parts;
    if (!is_point(arn) || !arn_parse(slice_of(arn), &parts))
        return true;
    return slice_is(parts.region, way->from_region) &&
           (parts.account.len == 0 || slice_is(parts.account, way->from->id));
}

static void complain_of_way(struct cli *cli, const char *arn, const char *target, const char *names)
{
    struct diags *diags = &cli->diags;
    if (names)
        diag_hint(diags,
                  diag_error(diags, E_RESTORE_WAY, NO_POS, NULL, "more than one way leads back: %s",
                             names),
                  "Name one with --target.");
    else if (target)
        diag_error(diags, E_RESTORE_WAY, NO_POS, NULL, "`%s` is no entry of `restores`", target);
    else
        diag_error(diags, E_RESTORE_WAY, NO_POS, NULL, "no entry of `restores` leads %s back", arn);
}

const struct restore_entry *restoring_way(struct session *session, const char *arn)
{
    struct cli *cli = session->cli;
    const struct topology *topology = &session->topology;
    const char *target = cli_option(cli, OPT_TARGET), *names = NULL;
    const struct restore_entry *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < topology->restore_len; i++) {
        const struct restore_entry *way = &topology->restores[i];
        if (target ? !str_eq(way->address, target) : !may_hold(way, arn))
            continue;
        found = way;
        names = names ? arena_printf(cli->arena, "%s, %s", names, way->address) : way->address;
        count++;
    }
    if (count == 1)
        return found;
    complain_of_way(cli, arn, target, names);
    return NULL;
}

/* ---- calls ---- */

struct place {
    struct session *session;
    const char *account_id, *region;
};

static struct answer call(const struct place *at, const struct aws_operation *operation,
                          const struct value *labels, const struct value *query,
                          const struct value *body)
{
    const struct aws_call_spec spec = {.operation = operation,
                                       .account_id = at->account_id,
                                       .region = at->region,
                                       .labels = labels,
                                       .query = query,
                                       .body = body,
                                       .all_pages = operation->token_in != NULL};
    return ask_aws(at->session->cli, at->session->loop, &spec);
}

static struct restore_answer kept(struct answer answer)
{
    return answer.fault == FAULT_NONE ? (struct restore_answer){.body = answer.body}
                                      : (struct restore_answer){.error = answer.text};
}

static const struct value *labels_of(struct arena *arena, const char *vault, const char *point)
{
    struct map_builder b = map_begin(arena);
    map_put_str(&b, "backupVaultName", vault);
    map_put_str(&b, "recoveryPointArn", point);
    return map_end(&b);
}

static struct restore_answer ask_key(const struct place *at, const char *arn)
{
    struct arena *arena = at->session->cli->arena;
    if (!arn)
        return (struct restore_answer){0};
    return kept(call(at, &kms_DescribeKey, NULL, NULL, value_map_text(arena, "KeyId", arn)));
}

static struct restore_answer ask_role(const struct place *at, const char *name)
{
    struct arena *arena = at->session->cli->arena;
    const char *slash = strrchr(name, '/');
    return kept(call(at, &iam_GetRole, NULL, NULL,
                     value_map_text(arena, "RoleName", slash ? slash + 1 : name)));
}

/* ---- the point ---- */

static const char *newest(const struct value *points)
{
    const struct value *best = NULL;
    for (size_t i = 0; i < value_len(points); i++) {
        const struct value *point = value_item(points, i);
        if (backup_point_is_available(value_get_str(point, "Status")) &&
            (!best || value_epoch_ms(value_get(point, "CreationDate")) >
                          value_epoch_ms(value_get(best, "CreationDate"))))
            best = point;
    }
    return value_get_str(best, "RecoveryPointArn");
}

static bool lacks(struct cli *cli, const struct restore_entry *way, const char *why)
{
    diag_error(&cli->diags, E_RESTORE_POINT, NO_POS, way->address, "%s: %s", way->source, why);
    return false;
}

static struct answer list_of(const struct place *from, const char *vault, const char *resource)
{
    struct arena *arena = from->session->cli->arena;
    return call(from, &backup_ListRecoveryPointsByBackupVault, labels_of(arena, vault, NULL),
                value_map_text(arena, "resourceArn", resource), NULL);
}

/* What AWS has dated is past, whatever our clock says. */
static int64_t latest_ms(const struct value *points, int64_t now_ms)
{
    for (size_t i = 0; i < value_len(points); i++) {
        int64_t ms = value_epoch_ms(value_get(value_item(points, i), "CreationDate"));
        now_ms = ms > now_ms ? ms : now_ms;
    }
    return now_ms;
}

static bool find_newest(const struct place *from, const struct restore_entry *way,
                        const char *resource, struct restore_facts *ret)
{
    struct cli *cli = from->session->cli;
    struct answer answer = list_of(from, ret->source_vault, resource);
    if (answer.fault != FAULT_NONE)
        return lacks(cli, way, answer.text);
    ret->point = newest(value_get(answer.body, "RecoveryPoints"));
    ret->now_ms = latest_ms(value_get(answer.body, "RecoveryPoints"), ret->now_ms);
    return ret->point ||
           lacks(cli, way, arena_printf(cli->arena, "no point of %s is available", resource));
}

/* How old a point is goes by those beside it as well, where they can be listed. */
static void read_clock(const struct place *from, struct restore_facts *facts)
{
    const char *resource = value_get_str(facts->described.body, "ResourceArn");
    struct answer answer = {.fault = FAULT_UNKNOWN};
    if (resource)
        answer = list_of(from, facts->source_vault, resource);
    if (answer.fault == FAULT_NONE)
        facts->now_ms = latest_ms(value_get(answer.body, "RecoveryPoints"), facts->now_ms);
}

/* ---- all of it ---- */

static const struct value *declared(struct session *session, const struct restore_entry *way)
{
    return way->metadata ? records_resolve(session->cli->arena, way->metadata, session->records,
                                           session->record_len)
                         : NULL;
}

static void read_source(const struct place *from, struct restore_facts *facts)
{
    struct arena *arena = from->session->cli->arena;
    const struct value *labels = labels_of(arena, facts->source_vault, facts->point);
    facts->metadata = kept(call(from, &backup_GetRecoveryPointRestoreMetadata, labels, NULL, NULL));
    facts->point_key = ask_key(from, value_get_str(facts->described.body, "EncryptionKeyArn"));
    facts->copy_role = ask_role(from, facts->way->copy_role_arn);
}

static void read_destination(const struct place *to, struct restore_facts *facts)
{
    struct arena *arena = to->session->cli->arena;
    const char *vault = arn_short_name(arena, facts->way->destination_arn);
    facts->vault =
        kept(call(to, &backup_DescribeBackupVault, labels_of(arena, vault, NULL), NULL, NULL));
    facts->vault_key = ask_key(to, value_get_str(facts->vault.body, "EncryptionKeyArn"));
    facts->role = ask_role(to, facts->way->role_arn);
    facts->linked_role = ask_role(to, LINKED_ROLE);
    facts->settings = kept(call(to, &backup_DescribeRegionSettings, NULL, NULL, NULL));
}

bool restoring_read(struct session *session, const struct restore_entry *way, const char *arn,
                    struct restore_facts *ret)
{
    struct cli *cli = session->cli;
    const struct place from = {session, way->from->id, way->from_region};
    const struct place to = {session, way->to->id, way->to_region};
    *ret = (struct restore_facts){.way = way,
                                  .now_ms = loop_now_ms(session->loop),
                                  .point = arn,
                                  .source_vault = arn_short_name(cli->arena, way->source_arn),
                                  .declared = declared(session, way)};
    if (!is_point(arn) && !find_newest(&from, way, arn, ret))
        return false;
    struct answer answer = call(&from, &backup_DescribeRecoveryPoint,
                                labels_of(cli->arena, ret->source_vault, ret->point), NULL, NULL);
    if (answer.fault != FAULT_NONE)
        return lacks(cli, way, answer.text);
    ret->described = kept(answer);
    if (is_point(arn))
        read_clock(&from, ret);
    read_source(&from, ret);
    read_destination(&to, ret);
    return true;
}
