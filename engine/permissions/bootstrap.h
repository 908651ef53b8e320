#pragma once
/* `holdfast permissions --bootstrap`: what has to stand in each account before the first run, as
 * one CloudFormation template for a StackSet over all of them: the role that applies and the role
 * that plans, with the policies that they need and no others; who may take them on; and the bucket
 * of a shared state. Each resource has a condition that says in which account it is made. */

#include "engine/permissions/permissions.h"

enum trust {
    TRUST_GITHUB, /* GitHub's tokens, to two roles in one account, and from there to all others */
    TRUST_GITLAB, /* the same with GitLab's */
    TRUST_PRINCIPAL, /* one principal, with an external id where the file has one */
};

struct bootstrap_options {
    enum trust trust;
    const char *host; /* of GitLab; NULL: gitlab.com */
};

/* "github", "gitlab", "gitlab:HOST", "principal". */
MUST_CHECK bool bootstrap_trust_of(const char *text, struct bootstrap_options *ret);

/* A template with a body of more bytes has to be uploaded to S3 first. */
#define TEMPLATE_BODY_MAX 51200

const struct value *bootstrap_template(struct arena *arena, const struct schema_set *schemas,
                                       const struct topology *topology,
                                       const struct bootstrap_options *options);
