#pragma once
/* What other services ask Lambda, and what lambda.c, invoke.c and lambda_host.c share. */

#include "simulator/service.h"

/* Puts an asynchronous invocation into the function's queue as a service on behalf of source_arn;
 * judged by the function's policy. False with a reason when it is refused. */
bool lambda_invoke_async(struct world *world, struct arena *arena, const char *function_arn,
                         const char *service, const char *source_arn, const struct value *event,
                         const char **ret_why);

#define LAMBDA_FUNCTION "lambda.function" /* id: name */
#define LAMBDA_CODE "~lambda.code"        /* id: name; {"Zip": base64}: its digest says enough */
#define LAMBDA_CODE_SECRET "CodeSecret"   /* of a function: no answer shows it */

/* The function's name from a name, an ARN or a partial ARN, with or without qualifier. */
const char *lambda_name(struct arena *arena, const char *text);
/* lambda_code.c: the signed address of the package of a function of the call's account and Region.
 * The package itself is megabytes, and not read for it. */
const char *lambda_code_location(struct sim_call *call, const char *name,
                                 const struct value *function);
/* Queues an invocation that has been judged; returns its request id. */
const char *lambda_queue(struct world *world, struct arena *arena, const char *account,
                         const char *region, const char *name, const struct value *event);
void lambda_invoke_task(struct world *world, struct arena *arena, const struct value *payload);

/* lambda_host.c: runs the function's own bootstrap with one event, while the world serves its
 * calls. Outside of any transaction. */
struct function_run {
    const char *account, *region, *name;
    const struct value *function;
    const char *request_id;
    const char *event; /* JSON text */
    /* the result */
    bool good;
    const char *answer;     /* JSON text of the response or of the error */
    const char *error_type; /* "Runtime.ExitError", "Sandbox.Timedout", or the function's own */
};
void function_run(struct world *world, struct arena *arena, struct function_run *run);
