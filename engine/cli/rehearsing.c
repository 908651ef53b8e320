#include "engine/cli/rehearsing.h"

#include "engine/aws/arn.h"
#include "engine/aws/backup_types.h"
#include "engine/aws/lifecycle.h"
#include "engine/base/clock.h"
#include "engine/base/crypto.h"
#include "engine/cli/asking.h"
#include "engine/cli/outputs.h"
#include "engine/cli/seeing.h"
#include "engine/proof/proof.h"

#define POLL_MS MINUTE_MS

struct following {
    struct session *session;
    struct arena *arena;
    struct rehearsal *rehearsal;
    const struct verify_row *row;
    const struct value *rule; /* of the plan, as AWS has it */
    const char *role;
    const char *point; /* the ARN of the point in the vault that was reached */
    int64_t deadline_ms;
};

/* ---- waiting ---- */

static void ring(void *ctx)
{
    *(bool *)ctx = true;
}

/* False when it is time to stop. */
static bool wait_a_while(struct following *f)
{
    struct session *session = f->session;
    bool rung = false;
    if (*session->stop || loop_now_ms(session->loop) >= f->deadline_ms)
        return false;
    loop_after(session->loop, POLL_MS, ring, &rung);
    while (!rung && !*session->stop && loop_turn(session->loop)) {
    }
    return !*session->stop;
}

static bool has_ended(const char *state)
{
    static const char *const ended[] = {"COMPLETED", "FAILED",  "ABORTED",
                                        "EXPIRED",   "PARTIAL", NULL};
    return str_is_one_of(state, ended);
}

/* ---- calls ---- */

static const char *part_of(struct arena *arena, struct slice part)
{
    return arena_strndup(arena, part.ptr, part.len);
}

/* A call in the account and Region of a vault on the way. */
static struct answer ask_at(struct following *f, size_t hop, const struct aws_operation *operation,
                            const struct value *labels, const struct value *query,
                            const struct value *body)
{
    struct arn arn;
    struct aws_call_spec spec = {.operation = operation,
                                 .labels = labels,
                                 .query = query,
                                 .body = body,
                                 .all_pages = operation->token_in != NULL};
    if (arn_parse(slice_of(f->row->hops[hop].vault_arn), &arn)) {
        spec.account_id = part_of(f->arena, arn.account);
        spec.region = part_of(f->arena, arn.region);
    }
    return ask_aws(f->session->cli, f->session->loop, &spec);
}

static const char *vault_name(struct following *f, size_t hop)
{
    struct arn arn;
    struct slice name = {"", 0};
    if (arn_parse(slice_of(f->row->hops[hop].vault_arn), &arn))
        (void)arn_is_backup_vault(&arn, &name);
    return part_of(f->arena, name);
}

/* ---- jobs ---- */

static void note_job(struct following *f, struct rehearsal_hop *hop, const struct value *job)
{
    hop->job_id = value_get_str(job, "BackupJobId");
    if (!hop->job_id)
        hop->job_id = value_get_str(job, "CopyJobId");
    hop->state = value_get_str(job, "State");
    hop->message = value_get_str(job, "StatusMessage");
    const char *point = value_get_str(job, "RecoveryPointArn");
    f->point = point ? point : value_get_str(job, "DestinationRecoveryPointArn");
}

static bool back_up(struct following *f, struct rehearsal_hop *hop)
{
    struct map_builder b = map_begin(f->arena);
    map_put_str(&b, "BackupVaultName", vault_name(f, 0));
    map_put_str(&b, "ResourceArn", f->row->resource);
    map_put_str(&b, "IamRoleArn", f->role);
    map_put_str(&b, "IdempotencyToken", random_uuid(f->arena));
    map_put(&b, "Lifecycle", lifecycle_of_job(f->arena, value_get(f->rule, "lifecycle")));
    map_put(&b, "RecoveryPointTags", value_get(f->rule, "recovery_point_tags"));
    struct answer answer = ask_at(f, 0, &backup_StartBackupJob, NULL, NULL, map_end(&b));
    const char *id = value_get_str(answer.body, "BackupJobId");
    while (answer.fault == FAULT_NONE) {
        answer = ask_at(f, 0, &backup_DescribeBackupJob,
                        value_map_text(f->arena, "backupJobId", id), NULL, NULL);
        if (answer.fault != FAULT_NONE)
            break;
        note_job(f, hop, answer.body);
        if (has_ended(hop->state) || !wait_a_while(f))
            return str_eq(hop->state, "COMPLETED");
    }
    hop->message = answer.text;
    return false;
}

static bool start_copy(struct following *f, size_t at, struct rehearsal_hop *hop)
{
    const struct value *actions = value_get(f->rule, "copy_actions"), *action = NULL;
    for (size_t i = 0; i < value_len(actions); i++)
        if (str_eq(value_get_str(value_item(actions, i), "destination_backup_vault_arn"),
                   f->row->hops[at].vault_arn))
            action = value_item(actions, i);
    struct map_builder b = map_begin(f->arena);
    map_put_str(&b, "RecoveryPointArn", f->point);
    map_put_str(&b, "SourceBackupVaultName", vault_name(f, at - 1));
    map_put_str(&b, "DestinationBackupVaultArn", f->row->hops[at].vault_arn);
    map_put_str(&b, "IamRoleArn", f->role);
    map_put_str(&b, "IdempotencyToken", random_uuid(f->arena));
    map_put(&b, "Lifecycle", lifecycle_of_job(f->arena, value_get(action, "lifecycle")));
    struct answer answer = ask_at(f, at - 1, &backup_StartCopyJob, NULL, NULL, map_end(&b));
    if (answer.fault == FAULT_NONE)
        return true;
    hop->message = answer.text;
    return false;
}

/* Whoever started it: the copies of this point into this vault, of which there is one. */
static bool await_copy(struct following *f, size_t at, struct rehearsal_hop *hop)
{
    struct map_builder query = map_begin(f->arena);
    map_put_str(&query, "sourceRecoveryPointArn", f->point);
    map_put_str(&query, "destinationVaultArn", f->row->hops[at].vault_arn);
    const struct value *asked = map_end(&query);
    do {
        struct answer answer = ask_at(f, at - 1, &backup_ListCopyJobs, NULL, asked, NULL);
        if (answer.fault != FAULT_NONE) {
            hop->message = answer.text;
            return false;
        }
        const struct value *jobs = value_get(answer.body, "CopyJobs");
        if (value_len(jobs) > 0)
            note_job(f, hop, value_item(jobs, 0));
    } while (!has_ended(hop->state) && wait_a_while(f));
    return str_eq(hop->state, "COMPLETED");
}

/* A job may be COMPLETED while its point is PARTIAL, or gone already: that is no arrival. */
static bool is_whole(struct following *f, size_t at, struct rehearsal_hop *hop)
{
    struct answer answer = ask_at(f, at, &backup_ListRecoveryPointsByBackupVault,
                                  value_map_text(f->arena, "backupVaultName", vault_name(f, at)),
                                  value_map_text(f->arena, "resourceArn", f->row->resource), NULL);
    const struct value *points = value_get(answer.body, "RecoveryPoints");
    const char *status = NULL;
    for (size_t i = 0; i < value_len(points); i++)
        if (str_eq(value_get_str(value_item(points, i), "RecoveryPointArn"), f->point))
            status = value_get_str(value_item(points, i), "Status");
    if (backup_point_is_available(status))
        return true;
    hop->message = answer.fault != FAULT_NONE ? answer.text
                   : status ? arena_printf(f->arena, "its recovery point is %s", status)
                            : "its recovery point is not in the vault";
    return false;
}

static bool go(struct following *f, size_t at)
{
    struct rehearsal *rehearsal = f->rehearsal;
    struct rehearsal_hop *hop = &rehearsal->hops[rehearsal->len++];
    int64_t began_ms = loop_now_ms(f->session->loop);
    bool relayed = f->row->relay && at + 1 == f->row->hop_len, good;
    hop->vault = f->row->hops[at].vault;
    hop->what = at == 0 ? "backup" : relayed ? "relay" : "copy";
    if (at == 0)
        good = back_up(f, hop);
    else
        good = (relayed || start_copy(f, at, hop)) && await_copy(f, at, hop);
    good = good && is_whole(f, at, hop);
    hop->took_ms = loop_now_ms(f->session->loop) - began_ms;
    cli_note(f->session->cli, "%s  %s: %s", hop->what, hop->vault,
             hop->state ? hop->state : "no job");
    return good;
}

/* ---- why it stopped ---- */

/* The links of the proof that belong to a hop, as their ids begin. */
static bool is_of_hop(const struct rehearsal *rehearsal, const char *id)
{
    const struct rehearsal_hop *hop = &rehearsal->hops[rehearsal->len - 1];
    if (str_eq(hop->what, "backup"))
        return str_starts(id, "backup.");
    if (str_eq(hop->what, "copy"))
        return str_starts(id, "copy.") || str_starts(id, "first_copy.");
    return hop->state ? str_starts(id, "last_copy.")
                      : str_starts(id, "event.") || str_starts(id, "relay.");
}

static void prove(struct following *f, struct proof_report *ret)
{
    struct session *session = f->session;
    struct sights sights;
    bool live = seeing(session, &sights);
    for (size_t i = 0; live && i < sights.len; i++)
        if (sights.items[i].state == SIGHT_UNMADE)
            sights.items[i].state = SIGHT_GONE; /* the next apply makes it: the jobs met nothing */
    const struct proof_input input = {.topology = &session->topology,
                                      .sights = live ? &sights : NULL,
                                      .now_ms = loop_now_ms(session->loop)};
    proof_check(f->arena, &input, ret);
}

/* By what stands in the accounts: the file may say otherwise, and was not what the jobs met. */
static void explain(struct following *f)
{
    struct rehearsal *rehearsal = f->rehearsal;
    const struct verify_row *row = f->row;
    const char *last = row->hops[row->hop_len - 1].vault_arn;
    struct proof_report report;
    prove(f, &report);
    const char *word = report.sights ? "check --live" : "check";
    rehearsal->why = arena_printf(f->arena, "%s finds no broken link on this hop", word);
    for (size_t i = 0; i < report.path_len; i++) {
        const struct proof_path *path = &report.paths[i];
        if (!str_eq(path->plan, row->plan) || !str_eq(path->last_vault, last))
            continue;
        for (size_t k = 0; k < path->hop_len; k++) {
            const struct proof_hop *hop = &path->hops[k];
            if (hop->verdict != PROOF_BROKEN || !is_of_hop(rehearsal, hop->id))
                continue;
            rehearsal->why =
                arena_printf(f->arena, "%s says, %s: %s", word, hop->title, hop->reason);
            rehearsal->fix = hop->fix;
            return;
        }
    }
}

/* ---- all of it ---- */

static const struct value *plan_rule(const struct value *plan, const char *name)
{
    const struct value *rules = value_get(plan, "rules");
    for (size_t i = 0; i < value_len(rules); i++)
        if (str_eq(value_get_str(value_item(rules, i), "rule_name"), name))
            return value_item(rules, i);
    return NULL;
}

static const struct value *properties_of(struct session *session, const char *address)
{
    const struct resource *resource = topology_find(&session->topology, address);
    return records_resolve(session->cli->arena, resource->properties, session->records,
                           session->record_len);
}

bool rehearsing_follow(struct session *session, const struct verify_row *row, int64_t timeout_ms,
                       struct rehearsal *ret)
{
    struct following f = {.session = session,
                          .arena = session->cli->arena,
                          .rehearsal = ret,
                          .row = row,
                          .rule = plan_rule(properties_of(session, row->plan), row->rule),
                          .role =
                              value_get_str(properties_of(session, row->selection), "iam_role_arn"),
                          .deadline_ms = loop_now_ms(session->loop) + timeout_ms};
    *ret = (struct rehearsal){.row = row};
    for (size_t at = 0; at < row->hop_len; at++)
        if (!go(&f, at)) {
            explain(&f);
            return false;
        }
    ret->arrived = true;
    return true;
}
