#pragma once
/* Policy documents under construction, as values. Lists keep the order in which they were made. */

#include "engine/base/value.h"

/* {"AWS": arns}, {"Service": name}, "*" */
const struct value *iam_aws(struct arena *arena, const struct value *arns);
const struct value *iam_service(struct arena *arena, const char *service);
const struct value *iam_everybody(struct arena *arena);

/* {operator: {key: values}} */
const struct value *iam_condition(struct arena *arena, const char *operator, const char * key,
                                  const struct value *values);
/* A statement; sid, principal, resource and condition may be NULL. `actions` ends with NULL. */
const struct value *iam_statement(struct arena *arena, const char *sid, const char *effect,
                                  const struct value *principal, const char *const *actions,
                                  const struct value *resource, const struct value *condition);
/* A document of the list of statements; id may be NULL. */
const struct value *iam_document(struct arena *arena, const char *id,
                                 const struct value *statements);
/* The trust of a role that one service takes on. */
const struct value *iam_service_trust(struct arena *arena, const char *service,
                                      const struct value *condition);
