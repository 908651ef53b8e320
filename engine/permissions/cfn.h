#pragma once
/* Pieces of CloudFormation templates. Internal to engine/permissions. */

#include "engine/base/value.h"

const struct value *cfn_one(struct arena *arena, const char *key, const struct value *v);
const struct value *cfn_ref(struct arena *arena, const char *name);
const struct value *cfn_sub(struct arena *arena, const char *text); /* with ${...} */
const struct value *cfn_equals(struct arena *arena, const char *parameter, const char *text);
const struct value *cfn_both(struct arena *arena, const struct value *a, const struct value *b);
const struct value *cfn_condition(struct arena *arena, const char *name);
const struct value *cfn_arn_of(struct arena *arena, const char *resource); /* Fn::GetAtt */
/* AWS::AccountId is one of these. Fn::Or takes ten at most, so ors of ors. */
const struct value *cfn_account_in(struct arena *arena, const char *const *ids, size_t len);

/* The same document with ${AWS::AccountId} wherever a text has this account's id. */
const struct value *cfn_own_account(struct arena *arena, const struct value *v, const char *id);

/* "Workload2" of "workload-2": letters and digits. */
const char *cfn_name(struct arena *arena, const char *text);
/* {Type, Condition, Properties}; the rest of the arguments may be NULL. */
const struct value *cfn_resource(struct arena *arena, const char *type, const char *condition,
                                 const struct value *properties);
