#pragma once
/* Which rights each operation wants of its caller, and whether the caller has them: actions.inc,
 * read before an operation runs. An operation without a row is open to those only who may do
 * everything. */

#include "simulator/service.h"

enum action_judge {
    ACTION_BEFORE, /* on `resource`, before the operation runs */
    ACTION_SILENT, /* likewise; the refusal does not say which right is missing */
    ACTION_PASSES, /* likewise iam:PassRole on the roles that `resource` names, to `passed_to` */
    ACTION_INSIDE, /* the operation judges it by itself: authorize.h */
    ACTION_FREE,   /* nobody needs a right */
};

struct action {
    const char *service, *operation; /* as sim_api and sim_operation have them */
    enum action_judge judge;
    const char *action;    /* "backup:CreateBackupVault"; NULL: free */
    const char *resource;  /* a form: actions.inc; NULL: judged inside, or free */
    const char *when;      /* a place in the input that has to hold something; NULL: always */
    const char *passed_to; /* "lambda.amazonaws.com" */
};

/* The texts at a place of the input: {A.B} of actions.inc without the braces; each of a list. */
const struct value *call_texts(const struct sim_call *call, const char *place);
bool call_holds(const struct sim_call *call, const char *place); /* something stands there */

extern const struct action actions[];
extern const size_t action_len;

/* Whether the caller has every right that its operation wants before it runs; when not, the error
 * is set. Those who may do everything are judged only where the organization limits them. */
bool call_allowed(struct sim_call *call);

/* The condition keys that AWS gives with an action on a resource, as a map: the Region, what the
 * request tags (aws:RequestTag, aws:TagKeys), how the resource is tagged (aws:ResourceTag), and
 * those of action_keys.inc. more: others, or NULL; they win. */
const struct value *call_context(struct sim_call *call, const char *action, const char *resource,
                                 const struct value *more);
