#pragma once
/* The resource types that the simulated AWS Backup protects. Its own reading of the documentation:
 * the engine has another table (engine/aws/backup_types.h), and neither is made from the other. */

#include "simulator/service.h"

struct sim_type {
    const char *name;             /* as ResourceType and in the opt-ins */
    const char *service, *prefix; /* ARN of a resource: its service, and how its last part begins */
    const char *point, *copy;  /* the same of a point that a backup and a copy made, up to an id */
    const char *managed_key;   /* the AWS managed key of the service: "aws/rds" */
    const char *via;           /* who uses keys for it: "rds", in kms:ViaService */
    bool own_points;           /* points are AWS Backup's own, under the key of their vault */
    bool stays;                /* its points cannot be copied at all */
    bool one_way_at_once;      /* across accounts or Regions, both only where the world says so */
    bool any_key_crosses;      /* points under an AWS managed key leave their account */
    const char *tags, *backup; /* what a role needs on the resource; NULL: not judged */
    const char *copying, *sharing; /* and on the point, sharing into other accounts */
    const char *restoring;         /* what a role needs to make the resource anew */
    const char *named; /* the metadata of a restore that has to be there: its name, or its place */
    const char *made;  /* how an id begins that AWS gives it; NULL: `named` is its name */
};

const struct sim_type *sim_types(size_t *ret_len);
const struct sim_type *sim_type_find(const char *name); /* NULL: unknown */
/* Of a resource's ARN. The clusters of Aurora, Neptune and DocumentDB look alike: Aurora. */
const struct sim_type *sim_type_of_arn(const char *arn);

/* What there is to protect in an account and Region: the databases of RDS, and all else. Bodies as
 * they were seeded: name, arn, key, tags, type (where the ARN does not tell), cluster (of an
 * instance: the ARN of its cluster). */
struct objects resources_of(struct world *world, struct arena *arena, const char *account,
                            const char *region);
const struct value *resource_get(struct world *world, struct arena *arena, const char *account,
                                 const char *region, const char *arn); /* NULL: none */
/* The type that the resource says it is, else that of its ARN; NULL: AWS Backup does not protect
 * it, as with an instance of a cluster, which is protected as the cluster. */
const struct sim_type *resource_type(const struct value *resource);
/* What AWS Backup backs up when it is asked for this one: of an instance its cluster; NULL: that is
 * not there. */
const struct value *resource_backed_up(struct world *world, struct arena *arena,
                                       const char *account, const char *region,
                                       const struct value *resource);
/* The clusters of RDS, Neptune and DocumentDB among them. */
struct objects resource_clusters(struct world *world, struct arena *arena, const char *account,
                                 const char *region);
void resource_seed(struct world *world, const struct value *resource);

/* The ARN of a new point. */
const char *point_arn(struct arena *arena, const struct sim_type *type, const char *region,
                      const char *account, const char *job, bool is_copy);
