/* Who could destroy it: an example of the repository with something changed, and the rows that must
 * then be there. A row reads "VERDICT ACCOUNT: WHAT: WHY". */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/strbuf.h"
#include "engine/config/config.h"
#include "engine/proof/proof.h"

#define PLAIN "rds-immutable-backup"
#define GUARDED "rds-guarded"
#define ORGANIZATION                                                                               \
    "organization: {id: o-exampleorgid, account: management, cross_account_backup: true}\n"
#define MANAGEMENT "  backup:\n    id: \"444455556666\"\n"
#define WITH_MANAGEMENT "  management: {id: \"999988887777\"}\n" MANAGEMENT
#define GRACE "      changeable_for_days: 14"
#define FINAL                                                                                      \
    "  final:                               # steps 1 and 2\n"                                     \
    "    account: backup\n"                                                                        \
    "    region: backup\n"                                                                         \
    "    key: final\n"                                                                             \
    "    accept_copies_from: [workload]\n"                                                         \
    "    lock:\n"                                                                                  \
    "      mode: compliance\n"                                                                     \
    "      min_retention_days: 7\n"                                                                \
    "      max_retention_days: 365\n"                                                              \
    "      changeable_for_days: 14          # until then the lock can still be taken back\n"
#define LOCK                                                                                       \
    "    lock:\n"                                                                                  \
    "      mode: compliance\n"                                                                     \
    "      min_retention_days: 7\n"                                                                \
    "      max_retention_days: 365\n"                                                              \
    "      changeable_for_days: 14          # until then the lock can still be taken back\n"
#define PROTECT "    protect: {break_glass: "
#define LOCKS "\"backup:PutBackupVaultAccessPolicy\", \"backup:DeleteBackupVaultAccessPolicy\""
#define OF_VAULT "    accept_copies_from: [workload]"
#define VAULT_POLICY(statement)                                                                    \
    "    policy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: "          \
    "\"111122223333\"}, Action: \"backup:CopyIntoBackupVault\", Resource: \"*\"}, " statement "]}"
#define DENY_UNLESS(condition) VAULT_POLICY(DENY(LOCKS, condition))
#define DENY(actions, condition)                                                                   \
    "{Effect: Deny, Principal: \"*\", Action: [" actions                                           \
    "], Resource: \"*\", Condition: " condition "}"
#define PUT_LOCK(how, key, value)                                                                  \
    DENY("\"backup:PutBackupVaultLockConfiguration\"",                                             \
         "{\"" how "\": {\"backup:" key "\": \"" value "\"}}")
#define UNPROTECT                                                                                  \
    "    protect:                           # nobody else deletes points or rewrites the policy\n" \
    "      break_glass: ${variables.break_glass}\n"
/* The policy of the vault is guarded under this condition only. */
#define REWRITES " backup: rewrites who may reach vaults.final: "
#define CONDITION(condition, row)                                                                  \
    {                                                                                              \
        GUARDED, {{OF_VAULT, DENY_UNLESS(condition)}, {UNPROTECT, ""}},                            \
        {                                                                                          \
            row                                                                                    \
        }                                                                                          \
    }
#define CHOSEN(key)                                                                                \
    "open" REWRITES "what denies backup:PutBackupVaultAccessPolicy hangs on " key                  \
    ", which they choose"
#define NOTHING_DENIES "open" REWRITES "nothing denies backup:PutBackupVaultAccessPolicy"
#define CLOSED "closed" REWRITES
#define POINTS(arn)                                                                                \
    "{Effect: Deny, Action: [\"backup:DeleteRecoveryPoint\", "                                     \
    "\"backup:UpdateRecoveryPointLifecycle\"], Resource: \"" arn "\"}"
#define SCP(name, statement)                                                                       \
    "    " name ": {type: SERVICE_CONTROL_POLICY, targets: [backup], content: {Version: "          \
    "\"2012-10-17\", Statement: [" statement "]}}\n"
#define KEYS_BY_TAG                                                                                \
    "    keys: {type: RESOURCE_CONTROL_POLICY, targets: [backup], content: {Version: "             \
    "\"2012-10-17\", Statement: [{Effect: Deny, Principal: \"*\", Action: "                        \
    "[\"kms:ScheduleKeyDeletion\", \"kms:DisableKey\", \"kms:PutKeyPolicy\"], Resource: \"*\", "   \
    "Condition: {StringEquals: {\"aws:ResourceTag/holdfast:topology\": "                           \
    "rds-immutable-backup}}}]}}\n"
#define MAY_LEAVE                                                                                  \
    "organization:\n  id: o-exampleorgid\n  account: management\n  cross_account_backup: true\n"   \
    "  policies:\n"
#define WITH_POLICIES                                                                              \
    MAY_LEAVE SCP("stay", "{Effect: Deny, Action: \"organizations:LeaveOrganization\", Resource: " \
                          "\"*\"}")
#define CLOSING(who)                                                                               \
    "{Effect: Deny, Action: \"account:CloseAccount\", Resource: \"*\", Condition: {ArnLike: "      \
    "{\"aws:PrincipalArn\": \"" who "\"}}}"
#define LEAVES "nothing denies organizations:LeaveOrganization, and outside the organization "
#define FILLING "\"backup:CopyIntoBackupVault\", \"backup:StartBackupJob\""
#define PLANNING                                                                                   \
    "{Effect: Deny, Action: [\"backup:CreateBackupPlan\", \"backup:UpdateBackupPlan\"], "          \
    "Resource: \"*\"}"
#define SNAPSHOTS_ONLY                                                                             \
    VAULT_POLICY("{Effect: Deny, Principal: \"*\", Action: [\"backup:DeleteRecoveryPoint\", "      \
                 "\"backup:UpdateRecoveryPointLifecycle\"], Resource: "                            \
                 "\"arn:aws:rds:*:*:*snapshot:awsbackup:*\"}, " DENY(LOCKS, "{}"))
#define VAULT_ALARMS                                                                               \
    "  vault_alarms:\n"                                                                            \
    "    account: backup\n"                                                                        \
    "    region: backup\n"                                                                         \
    "    subscriptions:\n"                                                                         \
    "      on_call: {protocol: email, endpoint: backups@example.com}\n"
/* The topic of the last vault's alarm, and whom it tells. */
#define TOLD(subscriptions)                                                                        \
    "  vault_alarms:\n    account: backup\n    region: backup\n    subscriptions: {q: "            \
    "{" subscriptions "}}\n"
#define QUEUE(policy)                                                                              \
    "queues: {q: {account: backup, region: backup, policy: {Version: \"2012-10-17\", Statement: "  \
    "[" policy "]}}}\n"
#define SENDS                                                                                      \
    "{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: \"sqs:SendMessage\", "       \
    "Resource: \"*\"}"
/* The same topic by its properties, under a key. */
#define UNDER_KEY(key, actions)                                                                    \
    "resources:\n  va:\n    type: aws_sns_topic\n    account: backup\n    region: backup\n    "    \
    "properties: {name: va, "                                                                      \
    "kms_master_key_id: " key                                                                      \
    ", policy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: "        \
    "cloudwatch.amazonaws.com}, Action: \"sns:Publish\", Resource: \"*\"}]}}\n"                    \
    "  sub:\n    type: aws_sns_subscription\n    account: backup\n    region: backup\n    "        \
    "properties: {topic_arn: "                                                                     \
    "\"${resources.va.arn}\", protocol: email, endpoint: a@example.com}\n"                         \
    "  secret:\n    type: aws_kms_key\n    account: backup\n    region: backup\n    properties: "  \
    "{policy: {Version: \"2012-10-17\", "                                                          \
    "Statement: [{Effect: Allow, Principal: {Service: cloudwatch.amazonaws.com}, Action: "         \
    "[" actions "], Resource: \"*\"}]}}\n"                                                         \
    "  name:\n    type: aws_kms_alias\n    account: backup\n    region: backup\n    properties: "  \
    "{name: alias/secret, "                                                                        \
    "target_key_id: \"${resources.secret.id}\"}\n"
#define TO_VA "        topic: arn:aws:sns:us-east-2:444455556666:va"
#define SILENT " stops relays.to_final, and nothing in account backup notices: account backup has "
#define UNHEARD                                                                                    \
    "open workload:" SILENT "no alarm that rings when no copy comes; of "                          \
    "relays.to_final/alarms.no_recent_point[rds-guarded-final], "
#define HEARD "closed workload:" SILENT "an alarm that rings"
/* The break-glass role trusts one role of its account, and a policy keeps roles as they are. */
#define GLASS_TRUSTS(role)                                                                         \
    "roles:\n  glass:\n    account: backup\n    name: break-glass\n"                               \
    "    assume_role_policy_document: {Version: \"2012-10-17\", Statement: [{Effect: Allow, "      \
    "Principal: {AWS: \"444455556666\"}, Action: \"sts:AssumeRole\", Condition: {ArnEquals: "      \
    "{\"aws:PrincipalArn\": \"arn:aws:iam::444455556666:role/" role "\"}}}]}\n"
#define KEPT(role) "{Effect: Deny, Action: \"iam:*\", Resource: \"arn:aws:iam::*:role/" role "\"}"
#define RESOURCES "resources: [\"arn:aws:rds:*:*:db:*\"]"
#define ROLE_ON(trust, actions, resource, condition)                                               \
    "roles:\n  janitor:\n    account: backup\n    assume_role_policy_document: {Version: "         \
    "\"2012-10-17\", Statement: [{Effect: Allow, " trust "}]}\n"                                   \
    "    inline_policies: {p: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: "      \
    "[" actions "], Resource: \"" resource "\", Condition: " condition "}]}}\n"
#define ROLE(trust, actions) ROLE_ON(trust, actions, "*", "{}")
#define RISES_ON(actions, resource, condition, by)                                                 \
    {                                                                                              \
        PLAIN, {{NULL, ROLE_ON(BY_ACCOUNT, actions, resource, condition)}},                        \
        {                                                                                          \
            "open 777788889999: does what whoever takes account backup over does, as "             \
            "roles.janitor: the role trusts arn:aws:iam::777788889999:role/ci, and is allowed " by \
        }                                                                                          \
    }
#define RISES(actions, by) RISES_ON(actions, "*", "{}", by)
#define RISES_NOT(actions)                                                                         \
    {                                                                                              \
        PLAIN, {{NULL, ROLE(BY_ACCOUNT, actions)}},                                                \
        {                                                                                          \
            "!open 777788889999: "                                                                 \
        }                                                                                          \
    }
#define BY_ACCOUNT                                                                                 \
    "Principal: {AWS: \"arn:aws:iam::777788889999:role/ci\"}, Action: \"sts:AssumeRole\""
/* The role trusts these under a condition, and may do with keys what it likes. */
#define TRUSTED(who, condition)                                                                    \
    ROLE("Principal: {AWS: \"" who "\"}, Action: \"sts:AssumeRole\", Condition: " condition,       \
         "\"kms:*\"")
#define NAMED(who, condition, row)                                                                 \
    {                                                                                              \
        PLAIN, {{NULL, TRUSTED(who, condition)}},                                                  \
        {                                                                                          \
            row                                                                                    \
        }                                                                                          \
    }
#define WORKLOADS "arn:aws:iam::111122223333:"
#define AS_JANITOR ": makes keys.final unusable, as roles.janitor: the role trusts "
#define BREAK_GLASS "arn:aws:iam::444455556666:role/break-glass"

struct edit {
    const char *from, *to; /* from NULL: `to` comes after the end */
};

static const struct {
    const char *example;
    struct edit edits[5];
    const char *rows[4]; /* each begins one; "!" before it: none does */
} cases[] = {
    /* a lock that can still be taken off is not one that cannot */
    {PLAIN,
     {{GRACE, ""}, {"mode: compliance", "mode: governance"}},
     {"open backup: deletes the points in vaults.final: nothing denies "
      "backup:DeleteBackupVaultLockConfiguration",
      "open backup: takes the lock off vaults.final"}},
    {PLAIN, {{0}}, {"closed after 14 days backup: deletes the points in vaults.final"}},
    {GUARDED,
     {{GRACE "          # until then the lock can still be taken back", ""},
      {"mode: compliance", "mode: governance"}},
     {"only " BREAK_GLASS " backup: deletes the points in vaults.final",
      "only " BREAK_GLASS " backup: takes the lock off vaults.final"}},

    /* a point of a database is a snapshot, and does not bear an ARN of AWS Backup */
    {PLAIN,
     {{MANAGEMENT, WITH_MANAGEMENT},
      {LOCK, ""},
      {NULL, WITH_POLICIES SCP("points", POINTS("arn:aws:backup:*:*:recovery-point:*"))}},
     {"open backup: deletes the points in vaults.final: nothing denies backup:DeleteRecovery"}},
    {PLAIN,
     {{MANAGEMENT, WITH_MANAGEMENT},
      {LOCK, ""},
      {NULL, WITH_POLICIES SCP("points", POINTS("arn:aws:rds:*:*:*snapshot:awsbackup:*"))}},
     {"closed backup: deletes the points in vaults.final"}},
    {PLAIN,
     {{MANAGEMENT, WITH_MANAGEMENT},
      {LOCK, ""},
      {NULL, WITH_POLICIES SCP("points", "{Effect: Deny, Action: \"backup:DeleteRecoveryPoint\", "
                                         "Resource: \"*\"}")}},
     {"open backup: deletes the points in vaults.final: nothing denies "
      "backup:UpdateRecoveryPointLifecycle"}},

    /* a flood of a hundred years is one without an end */
    {PLAIN,
     {{"max_retention_days: 365", "max_retention_days: 36500"}},
     {"open workload: fills vaults.final with points that nobody can ever delete: the lock lets "
      "points live 36500 days",
      "open backup: fills vaults.final"}},
    {PLAIN,
     {{"max_retention_days: 365", "max_retention_days: 3653"}},
     {"closed workload: fills vaults.final"}},

    /* the vault's own account fills it by jobs and by plans as well */
    {GUARDED,
     {{"max_retention_days: 365", "max_retention_days: 36500"},
      {OF_VAULT, VAULT_POLICY(DENY("\"backup:CopyIntoBackupVault\", " LOCKS, "{}"))},
      {UNPROTECT, ""},
      {MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES SCP("plans", PLANNING)}},
     {"open backup: fills vaults.final", "closed workload: fills vaults.final"}},
    {GUARDED,
     {{"max_retention_days: 365", "max_retention_days: 36500"},
      {OF_VAULT, VAULT_POLICY(DENY(FILLING ", " LOCKS, "{}"))},
      {UNPROTECT, ""}},
     {"open backup: fills vaults.final"}},
    {GUARDED,
     {{"max_retention_days: 365", "max_retention_days: 36500"},
      {OF_VAULT, VAULT_POLICY(DENY(FILLING ", " LOCKS, "{}"))},
      {UNPROTECT, ""},
      {MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES SCP("plans", PLANNING)}},
     {"closed backup: fills vaults.final"}},

    /* a grace that nobody will see the end of is no lock */
    {PLAIN,
     {{GRACE, "      changeable_for_days: 91"}},
     {"open backup: deletes the points in vaults.final",
      "open backup: takes the lock off vaults.final: nothing denies"}},
    {PLAIN,
     {{GRACE, "      changeable_for_days: 90"}},
     {"closed after 90 days backup: deletes the points in vaults.final"}},
    {GUARDED,
     {{GRACE, "      changeable_for_days: 36500"}},
     {"only " BREAK_GLASS " backup: takes the lock off vaults.final"}},

    /* a break-glass principal whose place the account can take */
    {GUARDED,
     {{0}},
     {"only " BREAK_GLASS " backup: makes keys.final unusable",
      "open backup: takes the place of " BREAK_GLASS
      ": nothing denies iam:UpdateAssumeRolePolicy"}},
    {GUARDED,
     {{MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES SCP("glass", "{Effect: Deny, Action: \"iam:*\", Resource: "
                                        "\"arn:aws:iam::*:role/break-glass\"}")}},
     {"closed backup: takes the place of " BREAK_GLASS,
      "!open management: detaches the policy, after which whoever takes account backup over "
      "makes"}},
    {GUARDED,
     {{MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES SCP("glass", "{Effect: Deny, Action: \"iam:Update*\", Resource: "
                                        "\"arn:aws:iam::*:role/break-glass\"}")}},
     {"open backup: takes the place of " BREAK_GLASS ": nothing denies iam:CreateRole"}},
    {GUARDED,
     {{"default: " BREAK_GLASS,
       "default: "
       "arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_b_1"}},
     {"closed backup: takes the place of arn:aws:iam::444455556666:role/aws-reserved"}},
    {GUARDED,
     {{"default: " BREAK_GLASS, "default: arn:aws:iam::444455556666:role/admin*"}},
     {"open backup: makes keys.final unusable, and vaults.final unreadable with it: "
      "kms:ScheduleKeyDeletion is left to arn:aws:iam::444455556666:role/admin*"}},
    {GUARDED,
     {{"default: " BREAK_GLASS, "default: arn:aws:iam::444455556666:root"}},
     {"open backup: makes keys.final unusable"}},
    {GUARDED,
     {{"      break_glass: ${variables.break_glass}",
       "      break_glass: [\"arn:aws:iam::444455556666:role/a\", "
       "\"arn:aws:iam::444455556666:role/b\"]"}},
     {"only arn:aws:iam::444455556666:role/a, arn:aws:iam::444455556666:role/b backup: makes "
      "keys.final unusable",
      "open backup: takes the place of arn:aws:iam::444455556666:role/b"}},
    {GUARDED,
     {{NULL, "roles:\n  glass:\n    account: backup\n    name: break-glass\n"
             "    assume_role_policy_document: {Version: \"2012-10-17\", Statement: [{Effect: "
             "Allow, Principal: {AWS: \"444455556666\"}, Action: \"sts:AssumeRole\"}]}\n"},
      {MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES SCP("glass", "{Effect: Deny, Action: \"iam:*\", Resource: "
                                        "\"arn:aws:iam::*:role/break-glass\"}")}},
     {"open backup: takes the place of " BREAK_GLASS ": nothing denies sts:AssumeRole"}},

    {GUARDED,
     {{NULL, GLASS_TRUSTS("admin")},
      {MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES SCP("glass", KEPT("break-glass"))}},
     {"open backup: takes the place of " BREAK_GLASS ": sts:AssumeRole is left to "
      "arn:aws:iam::444455556666:role/admin, and nothing denies iam:UpdateAssumeRolePolicy"}},
    {GUARDED,
     {{NULL, GLASS_TRUSTS("admin")},
      {MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES SCP("glass", KEPT("break-glass")) SCP("admin", KEPT("admin"))}},
     {"closed backup: takes the place of " BREAK_GLASS}},
    {GUARDED,
     {{NULL, GLASS_TRUSTS("break-glass")},
      {MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES SCP("glass", KEPT("break-glass"))}},
     {"closed backup: takes the place of " BREAK_GLASS}},

    {PLAIN,
     {{"    alias: alias/backup-final\n",
       "    alias: alias/backup-final\n    policy: {Version: \"2012-10-17\", Statement: [{Effect: "
       "Allow, Principal: {AWS: \"arn:aws:sts::444455556666:assumed-role/keeper/alice\"}, Action: "
       "\"kms:*\", Resource: \"*\"}]}\n"}},
     {"only arn:aws:sts::444455556666:assumed-role/keeper/alice backup: makes keys.final unusable",
      "open backup: takes the place of arn:aws:iam::444455556666:role/keeper: nothing denies"}},

    /* what a policy leaves out by other words */
    {GUARDED,
     {{OF_VAULT, VAULT_POLICY("{Effect: Deny, NotPrincipal: {AWS: [\"" BREAK_GLASS
                              "\", \"444455556666\"]}, Action: [" LOCKS "], Resource: \"*\"}")},
      {"    protect:                           # nobody else deletes points or rewrites the "
       "policy\n"
       "      break_glass: ${variables.break_glass}\n",
       ""}},
     {"open backup: rewrites who may reach vaults.final"}},
    {GUARDED,
     {{OF_VAULT, DENY_UNLESS("{ArnLike: {\"aws:PrincipalArn\": \"arn:aws:iam::*:role/*\"}}")},
      {"    protect:                           # nobody else deletes points or rewrites the "
       "policy\n"
       "      break_glass: ${variables.break_glass}\n",
       ""}},
     {"open backup: rewrites who may reach vaults.final"}}, /* a user is no role */

    /* a lock may be put anew, as weak as the policies let it be */
    {GUARDED,
     {{GRACE "          # until then the lock can still be taken back", ""},
      {"mode: compliance", "mode: governance"},
      {OF_VAULT,
       VAULT_POLICY(
           "{Effect: Deny, Principal: \"*\", Action: \"backup:DeleteBackupVaultLockConfiguration\","
           " Resource: \"*\"}, {Effect: Deny, Principal: \"*\", Action: "
           "\"backup:PutBackupVaultLockConfiguration\", Resource: \"*\", Condition: "
           "{NumericLessThan: {\"backup:MinRetentionDays\": 7}}}")},
      {"    protect:                           # nobody else deletes points or rewrites the "
       "policy\n"
       "      break_glass: ${variables.break_glass}\n",
       ""}},
     {"open backup: takes the lock off vaults.final: nothing denies "
      "backup:PutBackupVaultLockConfiguration"}},

    {GUARDED,
     {{GRACE "          # until then the lock can still be taken back", ""},
      {"mode: compliance", "mode: governance"},
      {OF_VAULT,
       VAULT_POLICY(
           DENY("\"backup:DeleteBackupVaultLockConfiguration\", " LOCKS, "{}") ", " PUT_LOCK(
               "NumericLessThan", "MinRetentionDays",
               "7") ", " PUT_LOCK("Null", "MinRetentionDays",
                                  "true") ", " PUT_LOCK("NumericGreaterThan", "MaxRetentionDays",
                                                        "365") ", " PUT_LOCK("Null",
                                                                             "MaxRetentionDays",
                                                                             "true"))},
      {UNPROTECT, ""}},
     {"closed backup: takes the lock off vaults.final", "closed backup: deletes the points"}},
    {GUARDED,
     {{GRACE "          # until then the lock can still be taken back", ""},
      {"mode: compliance", "mode: governance"},
      {OF_VAULT,
       VAULT_POLICY(DENY("\"backup:DeleteBackupVaultLockConfiguration\"", "{}") ", " PUT_LOCK(
           "NumericLessThan", "MinRetentionDays",
           "7") ", " PUT_LOCK("NumericGreaterThan", "MaxRetentionDays",
                              "365") ", " PUT_LOCK("Null", "MaxRetentionDays", "true"))},
      {UNPROTECT, ""}},
     {"open backup: takes the lock off vaults.final: nothing denies "
      "backup:PutBackupVaultLockConfiguration"}},

    /* conditions that an intruder chooses, or may satisfy, close nothing; what AWS says does */
    CONDITION("{StringNotEquals: {\"aws:RequestedRegion\": us-east-2}}", NOTHING_DENIES),
    CONDITION("{StringEquals: {\"aws:RequestedRegion\": us-east-2}}", CLOSED),
    CONDITION("{BoolIfExists: {\"aws:MultiFactorAuthPresent\": \"false\"}}",
              CHOSEN("aws:MultiFactorAuthPresent")),
    CONDITION("{NotIpAddress: {\"aws:SourceIp\": \"10.0.0.0/8\"}}", CHOSEN("aws:SourceIp")),
    CONDITION("{StringNotEquals: {\"aws:PrincipalTag/role\": glass}}",
              CHOSEN("aws:PrincipalTag/role")),
    CONDITION("{StringNotLike: {\"aws:userid\": \"AROAEXAMPLE:*\"}}", CHOSEN("aws:userid")),
    CONDITION("{StringNotEquals: {\"aws:PrincipalOrgID\": o-exampleorgid}}",
              CHOSEN("aws:PrincipalOrgID")),
    CONDITION("{DateLessThan: {\"aws:CurrentTime\": \"2027-01-01T00:00:00Z\"}}",
              CHOSEN("aws:CurrentTime")),
    CONDITION("{StringNotEquals: {\"aws:ResourceTag/a\": b}}", CHOSEN("aws:ResourceTag/a")),
    CONDITION("{\"Null\": {\"aws:SourceVpce\": \"true\"}}", CHOSEN("aws:SourceVpce")),
    CONDITION("{StringNotEquals: {\"aws:PrincipalAccount\": \"999988887777\"}}", CLOSED),
    CONDITION("{StringNotEquals: {\"aws:SourceAccount\": \"444455556666\"}}", CLOSED),
    CONDITION(
        "{StringNotLike: {\"aws:PrincipalArn\": \"arn:aws:iam::*:role/${aws:PrincipalTag/x}\"}}",
        CHOSEN("aws:PrincipalTag/x")),
    {GUARDED,
     {{OF_VAULT, DENY_UNLESS("{StringNotEquals: {\"aws:PrincipalOrgID\": o-other00000}}")},
      {UNPROTECT, ""},
      {MANAGEMENT, WITH_MANAGEMENT},
      {NULL, ORGANIZATION}},
     {"closed backup: rewrites who may reach vaults.final"}},

    /* what the account itself can take away closes nothing: the policy of its vault */
    {GUARDED,
     {{LOCK, ""},
      {OF_VAULT, VAULT_POLICY(DENY("\"backup:DeleteRecoveryPoint\", "
                                   "\"backup:UpdateRecoveryPointLifecycle\"",
                                   "{}"))},
      {UNPROTECT, ""}},
     {"open backup: deletes the points in vaults.final: nothing denies "
      "backup:PutBackupVaultAccessPolicy, and without the vault's policy nothing denies "
      "backup:DeleteRecoveryPoint"}},
    {GUARDED,
     {{LOCK, ""},
      {OF_VAULT, VAULT_POLICY(DENY("\"backup:DeleteRecoveryPoint\", "
                                   "\"backup:UpdateRecoveryPointLifecycle\", " LOCKS,
                                   "{}"))},
      {UNPROTECT, ""}},
     {"closed backup: deletes the points in vaults.final"}},
    {GUARDED,
     {{GRACE "          # until then the lock can still be taken back", ""},
      {"mode: compliance", "mode: governance"},
      {OF_VAULT, VAULT_POLICY(DENY("\"backup:DeleteBackupVaultLockConfiguration\", "
                                   "\"backup:PutBackupVaultLockConfiguration\"",
                                   "{}"))},
      {UNPROTECT, ""}},
     {"open backup: takes the lock off vaults.final: nothing denies "
      "backup:PutBackupVaultAccessPolicy, and without the vault's policy nothing denies "
      "backup:DeleteBackupVaultLockConfiguration",
      "open backup: deletes the points in vaults.final"}},
    {GUARDED,
     {{"max_retention_days: 365", "max_retention_days: 36500"},
      {OF_VAULT, VAULT_POLICY(DENY("\"backup:CopyIntoBackupVault\"", "{}"))},
      {UNPROTECT, ""}},
     {"open backup: fills vaults.final", "closed workload: fills vaults.final"}},
    {GUARDED,
     {{LOCK, ""},
      {OF_VAULT, VAULT_POLICY(DENY("\"backup:DeleteRecoveryPoint\", "
                                   "\"backup:UpdateRecoveryPointLifecycle\"",
                                   "{}"))},
      {UNPROTECT, ""},
      {NULL, ROLE(BY_ACCOUNT, LOCKS ", \"backup:DeleteRecoveryPoint\"")}},
     {"open 777788889999: deletes the points in vaults.final, as roles.janitor"}},

    /* and the organization's policies, where it may leave */
    {PLAIN,
     {{MANAGEMENT, WITH_MANAGEMENT}, {LOCK, ""}, {NULL, MAY_LEAVE SCP("points", POINTS("*"))}},
     {"open backup: deletes the points in vaults.final: " LEAVES
      "nothing denies backup:DeleteRecoveryPoint"}},
    {GUARDED,
     {{MANAGEMENT, WITH_MANAGEMENT},
      {NULL, MAY_LEAVE SCP("glass", "{Effect: Deny, Action: \"iam:*\", Resource: "
                                    "\"arn:aws:iam::*:role/break-glass\"}")}},
     {"open backup: takes the place of " BREAK_GLASS ": " LEAVES}},

    /* and its root closes it, unless that is denied to the root */
    {GUARDED,
     {{MANAGEMENT, WITH_MANAGEMENT}, {NULL, ORGANIZATION}},
     {"open backup: closes the account, whose vaults are gone 90 days later, with what a lock "
      "keeps: nothing denies account:CloseAccount"}},
    {GUARDED,
     {{MANAGEMENT, WITH_MANAGEMENT}, {NULL, WITH_POLICIES SCP("close", CLOSING("*"))}},
     {"closed backup: closes the account", "!open management: detaches the policy"}},
    {GUARDED,
     {{MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES SCP("close", CLOSING("arn:aws:iam::*:root"))}},
     {"closed backup: closes the account"}},
    {GUARDED,
     {{MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES SCP("close", CLOSING("arn:aws:iam::*:role/*"))}},
     {"open backup: closes the account"}},
    {GUARDED,
     {{MANAGEMENT, WITH_MANAGEMENT}, {NULL, MAY_LEAVE SCP("close", CLOSING("*"))}},
     {"open backup: closes the account, whose vaults are gone 90 days later, with what a lock "
      "keeps: " LEAVES}},

    /* they make a user of that name, and federate */
    {GUARDED,
     {{OF_VAULT, DENY_UNLESS("{StringNotEquals: {\"aws:username\": admin}}")}, {UNPROTECT, ""}},
     {"only arn:aws:iam::444455556666:user/admin backup: rewrites who may reach vaults.final",
      "open backup: takes the place of arn:aws:iam::444455556666:user/admin: nothing denies "
      "iam:CreateAccessKey"}},
    CONDITION("{StringNotLike: {\"aws:username\": \"admin*\"}}",
              "open" REWRITES "backup:PutBackupVaultAccessPolicy is left to "
              "arn:aws:iam::444455556666:user/admin*"),
    CONDITION("{StringNotEquals: {\"aws:PrincipalType\": FederatedUser}}",
              NOTHING_DENIES " to a federated user"),
    CONDITION("{StringNotEquals: {\"aws:PrincipalType\": Account}}",
              NOTHING_DENIES " to the root user"),
    CONDITION("{StringNotEquals: {\"aws:PrincipalType\": Anonymous}}", CLOSED),
    {GUARDED,
     {{OF_VAULT, DENY_UNLESS("{ArnNotLike: {\"aws:PrincipalArn\": "
                             "\"arn:aws:sts::*:federated-user/alice\"}}")},
      {UNPROTECT, ""}},
     {"open backup: takes the place of arn:aws:sts::444455556666:federated-user/alice: nothing "
      "denies sts:GetFederationToken"}},

    /* a selection by tag or of everything takes resources of all types, each with points of its
     * own */
    {GUARDED,
     {{LOCK, ""}, {OF_VAULT, SNAPSHOTS_ONLY}, {UNPROTECT, ""}},
     {"closed backup: deletes the points in vaults.final"}},
    {GUARDED,
     {{LOCK, ""}, {OF_VAULT, SNAPSHOTS_ONLY}, {UNPROTECT, ""}, {RESOURCES, "resources: [\"*\"]"}},
     {"open backup: deletes the points in vaults.final: nothing denies"}},
    {GUARDED,
     {{LOCK, ""},
      {OF_VAULT, SNAPSHOTS_ONLY},
      {UNPROTECT, ""},
      {RESOURCES, "list_of_tags: {backup: \"yes\"}"}},
     {"open backup: deletes the points in vaults.final: nothing denies"}},
    {GUARDED,
     {{LOCK, ""},
      {OF_VAULT, SNAPSHOTS_ONLY},
      {UNPROTECT, ""},
      {RESOURCES, "resources: [\"*\"]\n        not_resources: "
                  "[\"arn:aws:ec2:*:*:*\", \"arn:aws:fsx:*:*:*\", \"arn:aws:s3:::*\", "
                  "\"arn:aws:dynamodb:*:*:table/*\", \"arn:aws:elasticfilesystem:*:*:*\"]"}},
     {"closed backup: deletes the points in vaults.final"}},

    /* a policy that knows a key by its tag is worth what keeps the tag */
    {PLAIN,
     {{MANAGEMENT, WITH_MANAGEMENT}, {NULL, WITH_POLICIES KEYS_BY_TAG}},
     {"open backup: makes keys.final unusable, and vaults.final unreadable with it: what denies "
      "kms:ScheduleKeyDeletion hangs on aws:ResourceTag/holdfast:topology, which they choose"}},
    {PLAIN,
     {{MANAGEMENT, WITH_MANAGEMENT},
      {NULL, WITH_POLICIES KEYS_BY_TAG SCP(
                 "tags", "{Effect: Deny, Action: [\"kms:TagResource\", \"kms:UntagResource\"], "
                         "Resource: \"*\", Condition: {\"ForAnyValue:StringLike\": "
                         "{\"aws:TagKeys\": \"holdfast:*\"}}}")}},
     {"closed backup: makes keys.final unusable",
      "open management: detaches the policy, after which whoever takes account backup over makes"}},

    /* an alarm that reaches nobody is none */
    {GUARDED,
     {{VAULT_ALARMS, "  vault_alarms: {account: backup, region: backup}\n"}},
     {"open workload: stops relays.to_final, and nothing in account backup notices: account backup "
      "has no alarm that rings when no copy comes; of relays.to_final/",
      "closed backup: fills"}},
    {GUARDED,
     {{VAULT_ALARMS, "  vault_alarms:\n    account: backup\n    region: backup\n    subscriptions: "
                     "{q: {protocol: "
                     "sqs, endpoint: \"arn:aws:sqs:us-east-2:111122223333:q\"}}\n"}},
     {"open workload: stops relays.to_final, and nothing in account backup notices"}},

    /* nor does one that tells it to a queue which takes or keeps nothing */
    {GUARDED,
     {{VAULT_ALARMS, TOLD("protocol: email, endpoint: a@example.com, filter_policy: {kind: [x]}")}},
     {UNHEARD "topics.vault_alarms has no subscription that account workload cannot silence: "
              "topics.vault_alarms/subscriptions.q filters out what alarms send"}},
    {GUARDED,
     {{VAULT_ALARMS,
       TOLD("protocol: email, endpoint: a@example.com, filter_policy: {kind: [{exists: false}]}")}},
     {HEARD}},
    {GUARDED,
     {{VAULT_ALARMS, TOLD("queue: q") "queues: {q: {account: backup, region: backup}}\n"}},
     {HEARD}},
    {GUARDED,
     {{VAULT_ALARMS, TOLD("queue: q") QUEUE(
                         "{Effect: Deny, Principal: \"*\", Action: \"sqs:*\", Resource: \"*\"}")}},
     {UNHEARD
      "topics.vault_alarms has no subscription that account workload cannot silence: queues.q "
      "does not let SNS sqs:SendMessage"}},
    {GUARDED, {{VAULT_ALARMS, TOLD("queue: q") QUEUE(SENDS)}}, {HEARD}},
    {GUARDED,
     {{VAULT_ALARMS,
       TOLD("queue: q") QUEUE(SENDS ", {Effect: Allow, Principal: {AWS: \"111122223333\"}, Action: "
                                    "\"sqs:PurgeQueue\", Resource: \"*\"}")}},
     {UNHEARD "topics.vault_alarms has no subscription that account workload cannot silence: the "
              "policy of queues.q gives account workload sqs:PurgeQueue"}},

    /* nor one whose topic lies under a key that CloudWatch may not use */
    {GUARDED,
     {{VAULT_ALARMS, ""},
      {"        topic: vault_alarms", TO_VA},
      {NULL, UNDER_KEY("alias/aws/sns", "\"kms:*\"")}},
     {UNHEARD
      "resources.va does not let CloudWatch publish, because alias/aws/sns, a key of AWS's own"}},
    {GUARDED,
     {{VAULT_ALARMS, ""},
      {"        topic: vault_alarms", TO_VA},
      {NULL, UNDER_KEY("alias/secret", "\"kms:Decrypt\"")}},
     {UNHEARD
      "resources.va does not let CloudWatch publish, because resources.secret, under which it "
      "lies, does not let cloudwatch.amazonaws.com kms:GenerateDataKey"}},
    {GUARDED,
     {{VAULT_ALARMS, ""},
      {"        topic: vault_alarms", TO_VA},
      {NULL, UNDER_KEY("\"${resources.secret.id}\"", "\"kms:GenerateDataKey*\", \"kms:Decrypt\"")}},
     {HEARD}},

    /* nor one that tells nobody, or nobody knows whom */
    {GUARDED,
     {{VAULT_ALARMS, ""}, {"        topic: vault_alarms", TO_VA}},
     {UNHEARD "nobody here knows who hears of arn:aws:sns:us-east-2:444455556666:va"}},

    /* what others send keeps it quiet, and so does what is worth nothing */
    {GUARDED,
     {{"plans:\n",
       "plans:\n  own: {account: backup, region: backup, rules: {r: {target_vault: final, "
       "schedule_expression: cron(0 5 ? * * *)}}, selections: {s: {resources: "
       "[\"arn:aws:rds:*:*:db:*\"]}}}\n"}},
     {UNHEARD "what account backup sends there keeps it quiet"}},
    {GUARDED,
     {{0}},
     {HEARD, "open workload: keeps the alarm on vaults.final quiet with points that are worth"}},
    {PLAIN, {{0}}, {"!open workload: keeps the alarm"}},

    /* the relay may stand in an account of its own */
    {GUARDED,
     {{MANAGEMENT, "  hub: {id: \"222233334444\"}\n" MANAGEMENT},
      {"  intermediate:\n    account: workload\n", "  intermediate:\n    account: hub\n"},
      {OF_VAULT, "    accept_copies_from: [hub]"},
      {"  relay_alarms:\n    account: workload", "  relay_alarms:\n    account: hub"}},
     {HEARD, "closed hub:" SILENT "an alarm that rings", "closed hub: fills vaults.final"}},
    {GUARDED,
     {{MANAGEMENT, "  hub: {id: \"222233334444\"}\n" MANAGEMENT},
      {"  intermediate:\n    account: workload\n", "  intermediate:\n    account: hub\n"},
      {OF_VAULT, "    accept_copies_from: [hub]"},
      {"  relay_alarms:\n    account: workload", "  relay_alarms:\n    account: hub"},
      {"        topic: vault_alarms", "        topic: relay_alarms"}},
     {HEARD, "open hub:" SILENT "no alarm that rings"}},

    /* what nobody here knows */
    {PLAIN,
     {{"    key: final\n", "    key: arn:aws:kms:us-east-2:444455556666:key/"
                           "11111111-2222-3333-4444-555555555555\n"}},
     {"open backup: makes what lies in vaults.final unreadable: the topology does not make "
      "arn:aws:kms:us-east-2:444455556666:key/11111111"}},

    {PLAIN,
     {{FINAL, "  final: {account: backup, region: backup, name: theirs, external: true}\n"}},
     {"open backup: destroys what lies in vaults.final: the topology does not make vaults.final",
      "open workload: stops relays.to_final, and nothing in account backup notices"}},
    {PLAIN,
     {{NULL, ROLE(BY_ACCOUNT, "\"iam:GetRole\"")},
      {NULL, "    managed_policy_arns: [\"arn:aws:iam::444455556666:policy/ours\"]\n"}},
     {"open 777788889999: rewrites who may reach vaults.final, as roles.janitor: the role trusts "
      "arn:aws:iam::777788889999:role/ci, and may be allowed backup:PutBackupVaultAccessPolicy: "
      "nobody here knows what arn:aws:iam::444455556666:policy/ours says"}},

    /* the account that manages the organization */
    {GUARDED,
     {{MANAGEMENT, WITH_MANAGEMENT}, {NULL, ORGANIZATION}},
     {"open management: does in account backup what whoever takes that over does"}},

    /* copies between accounts need an organization, also one that the file does not declare */
    {GUARDED,
     {{0}},
     {"open backup: leaves the organization, whose policies then hold no longer: nothing denies "
      "organizations:LeaveOrganization",
      "open backup: closes the account, whose vaults are gone 90 days later",
      "open management account: does in account backup what whoever takes that over does"}},
    {GUARDED,
     {{"    account: workload\n", "    account: backup\n"}},
     {"open backup: closes the account", "!open backup: leaves the organization",
      "!open management account: does"}},
    {GUARDED,
     {{MANAGEMENT, WITH_MANAGEMENT}, {NULL, ORGANIZATION}},
     {"!open management account: "}},

    /* strangers */
    {PLAIN,
     {{GRACE, ""},
      {"mode: compliance", "mode: governance"},
      {NULL, ROLE(BY_ACCOUNT, "\"backup:DeleteBackupVaultLockConfiguration\", "
                              "\"backup:DeleteRecoveryPoint\"")}},
     {"open 777788889999: takes the lock off vaults.final, as roles.janitor",
      "open 777788889999: deletes the points in vaults.final, as roles.janitor"}},
    {PLAIN,
     {{GRACE, ""},
      {"mode: compliance", "mode: governance"},
      {NULL, ROLE(BY_ACCOUNT, "\"backup:DeleteRecoveryPoint\"")}},
     {"!open 777788889999: deletes the points"}},
    {PLAIN,
     {{NULL, ROLE(BY_ACCOUNT, "\"backup:DeleteBackupVaultLockConfiguration\"")}},
     {"closed after 14 days 777788889999: takes the lock off vaults.final, as roles.janitor"}},
    {PLAIN,
     {{NULL, ROLE(BY_ACCOUNT, "\"iam:PutRolePolicy\"")}},
     {"open 777788889999: does what whoever takes account backup over does, as roles.janitor"}},
    {PLAIN,
     {{NULL, ROLE(BY_ACCOUNT, "\"sts:AssumeRole\"")}},
     {"open 777788889999: does what whoever takes account backup over does, as roles.janitor"}},
    {PLAIN, {{NULL, ROLE(BY_ACCOUNT, "\"iam:GetRole\"")}}, {"!open 777788889999: "}},
    RISES("\"iam:CreateUser\", \"iam:AttachUserPolicy\", \"iam:CreateAccessKey\"",
          "iam:AttachUserPolicy"),
    RISES("\"iam:AddUserToGroup\"", "iam:AddUserToGroup"),
    RISES("\"iam:CreatePolicyVersion\"", "iam:CreatePolicyVersion"),
    RISES("\"iam:UpdateLoginProfile\"", "iam:UpdateLoginProfile"),
    RISES("\"iam:PassRole\", \"cloudformation:CreateStack\"",
          "iam:PassRole and cloudformation:CreateStack"),
    RISES("\"iam:PassRole\", \"lambda:*\"", "iam:PassRole and lambda:CreateFunction"),
    RISES_NOT("\"iam:PassRole\", \"iam:Get*\""),
    RISES_NOT("\"lambda:CreateFunction\", \"iam:CreateUser\""),
    RISES_ON("\"iam:PutUserPolicy\"", "arn:aws:iam::*:user/ci-*", "{}", "iam:PutUserPolicy"),
    RISES_ON("\"iam:PassRole\", \"glue:CreateJob\"", "*",
             "{StringEquals: {\"iam:PassedToService\": glue.amazonaws.com}}",
             "iam:PassRole and glue:CreateJob"),
    {PLAIN,
     {{NULL, ROLE_ON(BY_ACCOUNT, "\"iam:PassRole\", \"glue:CreateJob\"", "*",
                     "{StringEquals: {\"iam:PassedToService\": backup.amazonaws.com}}")}},
     {"!open 777788889999: "}},
    {PLAIN,
     {{NULL, ROLE_ON(BY_ACCOUNT, "\"iam:PassRole\", \"glue:CreateJob\"",
                     "arn:aws:iam::444455556666:role/backups", "{}")}},
     {"!open 777788889999: "}},
    {PLAIN,
     {{NULL, ROLE("Principal: {AWS: \"*\"}, Action: \"sts:AssumeRole\"", "\"kms:*\"")}},
     {"open *: makes keys.final unusable, as roles.janitor: the role trusts everybody, and"}},
    {PLAIN,
     {{NULL,
       ROLE("Principal: {Federated: "
            "\"arn:aws:iam::444455556666:oidc-provider/token.actions.githubusercontent.com\"}, "
            "Action: \"sts:AssumeRoleWithWebIdentity\"",
            "\"kms:*\"")}},
     {"open arn:aws:iam::444455556666:oidc-provider/token.actions.githubusercontent.com: makes "
      "keys.final unusable, as roles.janitor: the role trusts "
      "arn:aws:iam::444455556666:oidc-provider/token.actions.githubusercontent.com, whatever the "
      "subject, and is allowed"}},

    /* who has taken an account over makes any role or user there, of whatever name */
    NAMED(WORKLOADS "root", "{ArnEquals: {\"aws:PrincipalArn\": \"" WORKLOADS "role/admin\"}}",
          "open workload" AS_JANITOR WORKLOADS "role/admin, under a condition, and is allowed"),
    NAMED(WORKLOADS "root", "{ArnLike: {\"aws:PrincipalArn\": \"" WORKLOADS "role/admin-*\"}}",
          "open workload" AS_JANITOR WORKLOADS "role/admin-*, under a condition"),
    NAMED(WORKLOADS "root", "{StringLike: {\"aws:PrincipalArn\": \"*role/adm?n\"}}",
          "open workload" AS_JANITOR "*role/adm?n, under a condition"),
    NAMED(WORKLOADS "root",
          "{ArnLike: {\"aws:PrincipalArn\": \"" WORKLOADS "role/ops/*\"}, StringLike: "
          "{\"aws:PrincipalArn\": \"*-admin\"}}",
          "open workload" AS_JANITOR WORKLOADS "role/ops/*-admin, under a condition"),
    NAMED(WORKLOADS "root", "{StringEquals: {\"aws:PrincipalType\": User}}",
          "open workload" AS_JANITOR "account 111122223333, under a condition"),
    NAMED(WORKLOADS "root", "{StringEquals: {\"aws:username\": bob}}",
          "open workload" AS_JANITOR WORKLOADS "user/bob, under a condition"),
    NAMED(WORKLOADS "root", "{ArnEquals: {\"aws:PrincipalArn\": \"" BREAK_GLASS "\"}}",
          "!open workload: makes"),
    NAMED(WORKLOADS "root", "{ArnEquals: {\"aws:PrincipalArn\": \"" WORKLOADS "root\"}}",
          "!open workload: makes"), /* root takes on no roles */
    NAMED(WORKLOADS "root", "{StringEquals: {\"aws:PrincipalType\": Account}}",
          "!open workload: makes"),
    NAMED(WORKLOADS "root",
          "{}}, {Effect: Deny, Principal: \"*\", Action: \"sts:AssumeRole\", Condition: "
          "{ArnNotEquals: {\"aws:PrincipalArn\": \"" WORKLOADS "role/admin\"}}",
          "open workload" AS_JANITOR WORKLOADS "role/admin, and is allowed"),
    NAMED("*", "{ArnLike: {\"aws:PrincipalArn\": \"arn:aws:iam::*:role/admin\"}}",
          "open *" AS_JANITOR "everybody who is arn:aws:iam::*:role/admin, under a condition"),
    NAMED("*", "{StringLike: {\"aws:PrincipalArn\": \"arn:aws:iam::1234*:role/admin\"}}",
          "open *" AS_JANITOR "everybody who is arn:aws:iam::1234*:role/admin"),
    NAMED("*", "{ArnEquals: {\"aws:PrincipalArn\": \"" WORKLOADS "role/admin\"}}",
          "open workload" AS_JANITOR WORKLOADS "role/admin, under a condition"),
    {PLAIN,
     {{MANAGEMENT, WITH_MANAGEMENT},
      {NULL, ORGANIZATION},
      {NULL, TRUSTED("*", "{StringEquals: {\"aws:PrincipalOrgID\": o-other00000}}")}},
     {"open *" AS_JANITOR "everybody, under a condition", "!open workload: makes"}},
    NAMED("*", "{StringEquals: {\"aws:PrincipalAccount\": \"111122223333\"}}",
          "!open *: makes keys.final unusable"),
    {PLAIN,
     {{"    alias: alias/backup-final\n",
       "    alias: alias/backup-final\n    policy: {Version: \"2012-10-17\", Statement: [{Effect: "
       "Allow, Principal: {AWS: \"" WORKLOADS "root\"}, Action: \"kms:*\", Resource: \"*\", "
       "Condition: {ArnLike: {\"aws:PrincipalArn\": \"" WORKLOADS "role/ops/*\"}}}, {Effect: "
       "Allow, Principal: {AWS: \"444455556666\"}, Action: \"kms:*\", Resource: \"*\"}]}\n"}},
     {"open workload: makes keys.final unusable: the key's policy gives them kms:ScheduleKey"}},
    {PLAIN,
     {{"max_retention_days: 365", "max_retention_days: 36500"},
      {OF_VAULT, "    policy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: "
                 "\"*\", Action: "
                 "\"backup:CopyIntoBackupVault\", Resource: \"*\", Condition: {ArnLike: "
                 "{\"aws:PrincipalArn\": \"arn:aws:iam::777788889999:role/ci\"}}}]}"}},
     {"open 777788889999: fills vaults.final", "!open *: fills"}},

    {PLAIN,
     {{"max_retention_days: 365", "max_retention_days: 36500"},
      {OF_VAULT, "    accept_copies_from: [workload, \"arn:aws:iam::777788889999:root\"]"}},
     {"open 777788889999: fills vaults.final"}},
    {PLAIN,
     {{OF_VAULT, "    accept_copies_from: [workload, \"arn:aws:iam::777788889999:root\"]"}},
     {"closed 777788889999: fills vaults.final"}},
};

static const char *edited(struct arena *arena, const char *text, const struct edit *edits)
{
    for (size_t i = 0; i < 5 && edits[i].to; i++) {
        if (!edits[i].from) {
            text = arena_printf(arena, "%s%s", text, edits[i].to);
            continue;
        }
        const char *at = strstr(text, edits[i].from);
        if (!at)
            fail_msg("no such text: %s", edits[i].from);
        for (; at; at = strstr(at + strlen(edits[i].to), edits[i].from)) {
            size_t before = (size_t)(at - text);
            text = arena_printf(arena, "%.*s%s%s", (int)before, text, edits[i].to,
                                at + strlen(edits[i].from));
            at = text + before;
        }
    }
    return text;
}

static const char *rows_of(struct arena *arena, const struct proof_report *report)
{
    struct strbuf sb;
    strbuf_init(&sb, arena, (size_t)1 << 20);
    for (size_t i = 0; i < report->threat_len; i++) {
        const struct proof_threat *t = &report->threats[i];
        const char *name = strchr(t->account->name, ' ') ? t->account->id : t->account->name;
        strbuf_addf(&sb, "\n%s%s%s%s%s %s: %s: %s",
                    t->openness == PROOF_BREAK_GLASS ? "only" : proof_openness_name(t->openness),
                    t->who ? " " : "", t->who ? t->who : "", t->after ? " after " : "",
                    t->after ? t->after : "", name, t->what, t->reason);
    }
    strbuf_add(&sb, "\n");
    return strbuf_str(&sb);
}

static void prove(struct arena *arena, const char *example, const struct edit *edits,
                  struct proof_report *ret)
{
    struct slice text;
    struct topology topology;
    struct diags diags;
    diags_init(&diags, arena);
    assert_true(file_read(arena, arena_printf(arena, SOURCE_DIR "/examples/%s.yaml", example),
                          FILE_READ_MAX, &text, &diags));
    const struct config_options options = {.path = "topology.yaml",
                                           .data_dir = SOURCE_DIR "/tests/golden/lower/data",
                                           .text = slice_of(edited(arena, text.ptr, edits))};
    bool ok = config_load(arena, &options, schema_load(arena), &topology, &diags);
    for (size_t i = 0; i < diags.len && !ok; i++)
        fprintf(stderr, "%s\n", diag_render(arena, &diags, &diags.items[i]));
    assert_true(ok);
    const struct proof_input input = {.topology = &topology,
                                      .now_ms = civil_to_ms(2026, 11, 28, 0, 0, 0)};
    proof_check(arena, &input, ret);
}

/* Open rows whose rule no finding has. */
static size_t unfound(const struct proof_report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < report->threat_len; i++) {
        bool found = report->threats[i].openness != PROOF_OPEN;
        for (size_t k = 0; k < report->finding_len && !found; k++)
            found = report->findings[k].rule == report->threats[i].rule;
        if (!found)
            fprintf(stderr, "no finding of %s\n", report->threats[i].rule->id), count++;
    }
    return count;
}

static void each_row_is_as_open_as_the_policies_leave_it(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_new();
        struct proof_report report;
        prove(arena, cases[i].example, cases[i].edits, &report);
        const char *rows = rows_of(arena, &report);
        for (size_t k = 0; k < 4 && cases[i].rows[k]; k++) {
            const char *row = cases[i].rows[k];
            bool none = row[0] == '!';
            if (none == (strstr(rows, arena_printf(arena, "\n%s", row + none)) != NULL))
                fprintf(stderr, "case %zu: \"%s\" in%s", i, row, rows), wrong++;
        }
        wrong += unfound(&report);
        arena_free(arena);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_as_open_as_the_policies_leave_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
