#pragma once
/* What the files of the simulated AWS Backup share. They are one service:
 *   backup.c             operations, tasks, errors, the table of durations
 *   backup_vaults.c      vaults, access policies, locks, notifications
 *   backup_tags.c        tags of everything that has an ARN
 *   backup_plans.c       plans and their versions
 *   backup_selections.c  selections, and which resources a selection takes
 *   backup_schedule.c    from a schedule to jobs
 *   backup_job.c         what backup jobs and copy jobs have in common
 *   backup_jobs.c        backup jobs
 *   backup_points.c      recovery points and their expiry
 *   backup_copies.c      copy jobs
 *   backup_restores.c    restore jobs, and what a point says of the resource that it was made of
 *   backup_types.c       the types of resources, and the resources that there are
 *   backup_hop.c         whether AWS would let a copy through, and in which words not
 *   backup_events.c      the events of jobs
 *   backup_settings.c    opt-ins of a Region, switches of the organization
 *   backup_audit.c       frameworks and report plans
 *   backup_restore_testing.c  restore testing plans and their selections
 *   backup_legal_holds.c legal holds, and which points they hold
 *
 * Objects (times in ms, members under AWS's names):
 *   backup.vault             NAME        Policy is text, Tags a map; Locked, LockDate
 *   backup.plan              PLAN        Plan is the document with AWS's defaults in it
 *   backup.selection         SELECTION   Selection is the document
 *   backup.point             ARN         BackupVaultName, Status, Tags, Lifecycle, ...
 *   backup.settings          ""          of an account and Region
 *   backup.framework, backup.report_plan, backup.restore_plan  NAME  under AWS's members
 *   backup.restore_selection PLAN/NAME
 *   backup.legal_hold        HOLD        Status, RecoveryPointSelection
 *   ~backup.plan_version     PLAN/VERSION
 *   ~backup.job, ~backup.copy, ~backup.restore  JOB
 *   ~backup.busy             ARN         the job that runs for a resource: one at a time */

#include "simulator/service.h"

/* How long things take, all of it. */
struct backup_durations {
    int64_t backup_start_ms; /* from CREATED to RUNNING */
    int64_t backup_run_ms;
    int64_t copy_start_ms;
    int64_t copy_region_ms;  /* a copy inside an account */
    int64_t copy_account_ms; /* a copy into another account */
    int64_t restore_start_ms;
    int64_t restore_run_ms;
    int64_t copy_fail_ms;  /* until AWS finds out that it may not */
    int64_t busy_retry_ms; /* how often a job looks whether its resource is free */
    int64_t expiry_spread_ms;
    int64_t deploy_ms; /* frameworks and report plans, air-gapped vaults, legal holds */
};
extern const struct backup_durations backup_durations;

#define BACKUP_HISTORY_MS (30 * DAY_MS) /* how long jobs are listed */
#define BACKUP_SERVICE "backup.amazonaws.com"

/* ---- errors, in AWS's codes; all return false ---- */
bool backup_not_found(struct sim_call *call, const char *what, const char *name);
bool backup_invalid(struct sim_call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool backup_refused(struct sim_call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool backup_exists(struct sim_call *call, const char *arn, const char *token, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Cuts the rows to the call's page; false when the token is not ours (an error is set). */
bool backup_page(struct sim_call *call, struct objects *rows, const char **ret_next);
/* Filters of lists: {parameter, member}; a parameter that is not given lets everything through. */
bool backup_fits(const struct sim_call *call, const struct value *body,
                 const char *const (*filters)[2], size_t len);
/* The same for times; what has no such time (a job that has not ended) fits no limit. */
bool backup_in_time(const struct sim_call *call, const struct value *body, const char *member,
                    const char *before, const char *after);
/* The members of a body that are public, in their order; times become the wire's. NULL ends. */
const struct value *backup_public(struct sim_call *call, const struct value *body,
                                  const char *const *members);
/* "DeleteAfterDays" -> "delete_after_days" in every key of a tree: how engine/aws speaks. */
const struct value *backup_snake(struct arena *arena, const struct value *v);
/* The call's caller may pass the role to AWS Backup, the role exists in its account and lets AWS
 * Backup assume it. Sets the error. */
bool backup_role_usable(struct sim_call *call, const char *role_arn);
const char *text_or(const char *text, const char *otherwise);

/* ---- vaults ---- */
struct vault_place {
    const char *account, *region, *name;
};
bool vault_place_of(struct arena *arena, const char *vault_arn, struct vault_place *ret);
const struct value *vault_get(struct world *world, struct arena *arena, const char *account,
                              const char *region, const char *name);
void backup_seed_vault(struct world *world, struct arena *arena, const char *account,
                       const char *region, const char *name);
bool vault_lock_is_final(const struct value *vault, int64_t now);
/* Whether the lock lets a point with this lifecycle in. */
bool vault_takes_lifecycle(const struct value *vault, const struct value *lifecycle);
/* Whether the vault's own policy and the caller's let the call through; sets the error. */
bool vault_policy_allows(struct sim_call *call, const struct value *vault, const char *action,
                         const char *resource);
#define VAULT_KEY_DEFAULT "alias/aws/backup"
#define VAULT_AIR_GAPPED "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"
/* Whether it is one that AWS keeps out of the account's reach. */
bool vault_is_air_gapped(const struct value *vault);

/* ---- plans, selections, schedules ---- */
void backup_schedule_plan(struct world *world, struct arena *arena, const char *account,
                          const char *region, const struct value *plan);
void backup_unschedule_plan(struct world *world, const char *plan_id);
/* The selections of a plan, by id. */
struct objects backup_selections_of(struct world *world, struct arena *arena, const char *account,
                                    const char *region, const char *plan);
/* Whether the selection takes the resource: by ARN, or by tags if the type is opted in. */
bool backup_selection_takes(struct world *world, struct arena *arena, const char *account,
                            const char *region, const struct value *selection,
                            const struct value *resource);

/* ---- jobs ---- */
/* One family of jobs. */
struct backup_jobs {
    const char *kind, *id_member;    /* "~backup.job", "BackupJobId" */
    const char *list_member;         /* of the answer that lists them: "BackupJobs" */
    const char *const (*filters)[2]; /* {parameter, member} of that list */
    size_t filter_len;
    const struct value *(*described)(struct sim_call *call, const struct value *job);
};
void backup_put(struct world *world, const struct backup_jobs *jobs, const struct value *job);
/* The job goes on with this task after so many ms; backup_of_task() finds it then, or NULL. */
void backup_later(struct world *world, struct arena *arena, const struct backup_jobs *jobs,
                  const struct value *job, const char *task, int64_t ms);
const struct value *backup_of_task(struct world *world, struct arena *arena,
                                   const struct backup_jobs *jobs, const struct value *payload);
/* The job that the call's token started before, whatever came of it; or NULL. */
const struct value *backup_earlier(struct sim_call *call, const struct backup_jobs *jobs);
/* Answers a call that lists them: those of the last BACKUP_HISTORY_MS that its filters let through.
 */
bool backup_list(struct sim_call *call, const struct backup_jobs *jobs);

struct backup_order {
    const char *account, *region, *resource_arn, *vault, *role;
    const struct value *lifecycle, *tags; /* or NULL */
    const struct value *created_by;       /* or NULL: on demand */
    const struct value *copy_actions;     /* or NULL */
    const char *token;                    /* or NULL */
    int64_t start_window_minutes;
};
const struct value *backup_job_add(struct world *world, struct arena *arena,
                                   const struct backup_order *order);
struct copy_order {
    const struct value *point; /* body of the source */
    const char *account, *region, *source_vault_arn, *destination_vault_arn, *role;
    const struct value *lifecycle;  /* or NULL: the source's */
    const struct value *created_by; /* or NULL */
    const char *token;              /* or NULL */
};
const struct value *copy_job_add(struct world *world, struct arena *arena,
                                 const struct copy_order *order);
/* One job at a time for a resource. Take: false while another job has it. */
bool backup_resource_take(struct world *world, const char *resource_arn, const char *job);
void backup_resource_leave(struct world *world, const char *resource_arn);

/* ---- points ---- */
const struct value *point_get(struct world *world, struct arena *arena, const char *account,
                              const char *region, const char *arn);
/* Stores the point and sets the day on which it goes. */
void point_put(struct world *world, struct arena *arena, const char *account, const char *region,
               const struct value *point);
void point_forget(struct world *world, const char *account, const char *region, const char *arn);
size_t point_count(struct world *world, const char *account, const char *region, const char *vault);
/* A map of text or a list, from resource tags and those of the rule: the rule's win, 50 at most. */
const struct value *point_tags(struct arena *arena, const struct value *resource_tags,
                               const struct value *rule_tags);

/* ---- may it be copied ---- */
struct hop {
    const char *source_account, *source_region;
    const struct value *point; /* the source */
    const char *destination_vault_arn;
    const char *role;
    const struct value *lifecycle; /* of the copy, effective */
};
/* NULL: yes. Else AWS's StatusMessage of the failed job. */
const char *hop_refused(struct world *world, struct arena *arena, const struct hop *hop);
/* The same for a restore in the account and Region of its point. */
const char *restore_refused(struct world *world, struct arena *arena, const struct value *job,
                            const struct value *point);
/* The same for the first snapshot: the role's rights, the vault and its lock. */
const char *backup_job_refused(struct world *world, struct arena *arena, const char *account,
                               const char *region, const struct value *job);

/* ---- legal holds ---- */
/* The hold that keeps the point from being deleted, or NULL. */
const struct value *hold_of_point(struct world *world, struct arena *arena, const char *account,
                                  const char *region, const struct value *point);

/* ---- events and timeline ---- */
void backup_job_event(struct world *world, struct arena *arena, const struct value *job);
void copy_job_event(struct world *world, struct arena *arena, const struct value *job);
void restore_job_event(struct world *world, struct arena *arena, const struct value *job);
/* what: "backup" or "copy"; point: of the finished job or NULL. */
void backup_timeline(struct world *world, struct arena *arena, const char *what,
                     const char *account, const char *region, const struct value *job,
                     const struct value *point);

/* ---- settings ---- */
bool backup_opted_in(struct world *world, struct arena *arena, const char *account,
                     const char *region, const char *type);
bool backup_cross_account(struct world *world, struct arena *arena);

/* ---- operations and tasks, for the tables in backup.c ---- */
#define BACKUP_OPERATION(name) bool backup_##name(struct sim_call *call);
BACKUP_OPERATION(create_vault)
BACKUP_OPERATION(describe_vault)
BACKUP_OPERATION(delete_vault)
BACKUP_OPERATION(list_vaults)
BACKUP_OPERATION(put_lock)
BACKUP_OPERATION(delete_lock)
BACKUP_OPERATION(put_policy)
BACKUP_OPERATION(get_policy)
BACKUP_OPERATION(delete_policy)
BACKUP_OPERATION(put_notifications)
BACKUP_OPERATION(get_notifications)
BACKUP_OPERATION(delete_notifications)
BACKUP_OPERATION(list_tags)
BACKUP_OPERATION(tag)
BACKUP_OPERATION(untag)
BACKUP_OPERATION(create_plan)
BACKUP_OPERATION(get_plan)
BACKUP_OPERATION(update_plan)
BACKUP_OPERATION(delete_plan)
BACKUP_OPERATION(list_plans)
BACKUP_OPERATION(list_plan_versions)
BACKUP_OPERATION(create_selection)
BACKUP_OPERATION(get_selection)
BACKUP_OPERATION(delete_selection)
BACKUP_OPERATION(list_selections)
BACKUP_OPERATION(start_job)
BACKUP_OPERATION(describe_job)
BACKUP_OPERATION(list_jobs)
BACKUP_OPERATION(start_copy)
BACKUP_OPERATION(describe_copy)
BACKUP_OPERATION(list_copies)
BACKUP_OPERATION(start_restore)
BACKUP_OPERATION(describe_restore)
BACKUP_OPERATION(list_restores)
BACKUP_OPERATION(restore_metadata)
BACKUP_OPERATION(list_points)
BACKUP_OPERATION(list_protected)
BACKUP_OPERATION(describe_point)
BACKUP_OPERATION(delete_point)
BACKUP_OPERATION(update_point)
BACKUP_OPERATION(describe_region_settings)
BACKUP_OPERATION(update_region_settings)
BACKUP_OPERATION(describe_global_settings)
BACKUP_OPERATION(update_global_settings)
BACKUP_OPERATION(create_air_gapped)
BACKUP_OPERATION(create_framework)
BACKUP_OPERATION(describe_framework)
BACKUP_OPERATION(update_framework)
BACKUP_OPERATION(delete_framework)
BACKUP_OPERATION(list_frameworks)
BACKUP_OPERATION(create_report_plan)
BACKUP_OPERATION(describe_report_plan)
BACKUP_OPERATION(update_report_plan)
BACKUP_OPERATION(delete_report_plan)
BACKUP_OPERATION(list_report_plans)
BACKUP_OPERATION(create_restore_plan)
BACKUP_OPERATION(get_restore_plan)
BACKUP_OPERATION(update_restore_plan)
BACKUP_OPERATION(delete_restore_plan)
BACKUP_OPERATION(list_restore_plans)
BACKUP_OPERATION(create_restore_selection)
BACKUP_OPERATION(get_restore_selection)
BACKUP_OPERATION(update_restore_selection)
BACKUP_OPERATION(delete_restore_selection)
BACKUP_OPERATION(list_restore_selections)
BACKUP_OPERATION(create_hold)
BACKUP_OPERATION(get_hold)
BACKUP_OPERATION(cancel_hold)
BACKUP_OPERATION(list_holds)
BACKUP_OPERATION(list_points_of_hold)
#undef BACKUP_OPERATION

#define BACKUP_TASK(name)                                                                          \
    void backup_task_##name(struct world *world, struct arena *arena, const struct value *payload);
BACKUP_TASK(schedule)
BACKUP_TASK(job_start)
BACKUP_TASK(job_end)
BACKUP_TASK(copy_start)
BACKUP_TASK(copy_end)
BACKUP_TASK(restore_start)
BACKUP_TASK(restore_end)
BACKUP_TASK(expire)
BACKUP_TASK(vault_ready)
BACKUP_TASK(deployed)
BACKUP_TASK(hold_ready)
#undef BACKUP_TASK
