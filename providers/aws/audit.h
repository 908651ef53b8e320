#pragma once
/* Frameworks and report plans, the two objects of AWS Backup Audit Manager: named by people, made,
 * changed and deleted behind the caller's back. DeploymentStatus tells how far AWS is, and while it
 * works it refuses every other change with ConflictException (eventual.inc). */

#include "providers/aws/calls.h"

struct audit_kind {
    const struct aws_operation *describe, *remove;
    const char *label;  /* of the name in URIs: "frameworkName" */
    const char *within; /* member of the description that holds the object; NULL: all of it */
    const char *arn;    /* member of the object: "FrameworkArn" */
};

void audit_read(struct op *op, const struct audit_kind *kind);
/* The answer to a creation: waits until the object is deployed, and ends the operation. */
void audit_created(struct op *op, const struct audit_kind *kind, const struct response *rs);
/* A change of the object, for the caller to fill in; before audit_update(), which also sees to the
 * tags, whether or not anything else was planned. */
struct request *audit_add_change(struct op *op, const struct audit_kind *kind,
                                 const struct aws_operation *operation);
void audit_update(struct op *op, const struct audit_kind *kind);
void audit_remove(struct op *op, const struct audit_kind *kind);
void audit_find(struct op *op, const struct audit_kind *kind);
