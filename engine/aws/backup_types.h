#pragma once
/* The resource types of AWS Backup, by the shape of their ARNs: what lies under which key and what
 * copies how. Read from AWS's pages on feature availability, encryption and copies across accounts;
 * that volumes of FSx (ONTAP, OpenZFS) cannot be copied is not verified. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"

struct backup_type {
    const char *type;         /* "RDS", as in ResourceType and in the opt-in settings */
    const char *service;      /* of the resource's ARN */
    const char *resource;     /* pattern of the ARN's resource part: "db:*" */
    const char *not_resource; /* pattern that is another type after all, or NULL */
    bool fully_managed;       /* points are AWS Backup's own objects, under the vault's key */
    bool cold_storage;        /* has a cold tier */
    bool copies;              /* points can be copied, also across Regions and accounts at once */
    bool any_key;             /* a copy may leave its account whatever key the vault has */
    const char *point;        /* resource part of a backup's point up to the id */
    const char *member; /* resource part of its instances, by which patterns take it too; or NULL */
};

/* "RDS"; NULL when AWS Backup does not know it. Aurora's, Neptune's and DocumentDB's clusters share
 * one ARN shape with each other; a cluster is said to be "Aurora", since only a call could tell.
 */
const char *backup_type_of_arn(const char *arn);
const struct backup_type *backup_type_find(const char *type); /* by name; NULL: unknown */
/* The row of the ARN, or of a selection's pattern that stands for one type
 * ("arn:aws:ec2:*:*:volume/" and a star); NULL: none, or more than one. */
const struct backup_type *backup_type_of_pattern(const char *pattern);
const struct backup_type *backup_types(size_t *ret_len);
/* What AWS Backup protects too, and of which nothing more is known here: "Redshift" for a
 * selection's pattern that takes some of it; NULL: no such type. */
const char *backup_type_without_facts(const char *pattern);
/* May a selection's pattern ("*", an ARN with stars) stand for resources of the type? For all of
 * them? */
bool backup_type_meets(const struct backup_type *type, const char *pattern);
bool backup_type_is_within(const struct backup_type *type, const char *pattern);

/* The ARN of a recovery point as AWS Backup writes it, for example
 * arn:aws:rds:REGION:ACCOUNT:snapshot:awsbackup:job-ID, or copyjob-ID for copies; types that AWS
 * Backup manages fully: arn:aws:backup:REGION:ACCOUNT:recovery-point:ID. */
const char *backup_point_arn(struct arena *arena, const struct backup_type *type,
                             const char *partition, const char *region, const char *account,
                             const char *id, bool is_copy);

/* Whether a point of that status (of DescribeRecoveryPoint and lists) can be restored and copied.
 */
bool backup_point_is_available(const char *status);

/* The type of a recovery point's ARN where the ARN tells it: "RDS", "Aurora" (for Neptune and
 * DocumentDB too), "EBS", "EC2", "FSx"; NULL for fully managed points and for all else. */
const char *backup_type_of_point(const char *point_arn);
