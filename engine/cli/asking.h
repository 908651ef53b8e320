#pragma once
/* Calls outside of any plan: one after the other, each with its answer. */

#include "engine/cli/cli.h"
#include "providers/aws/aws.h"

/* Valid until the command ends. */
struct answer {
    enum fault fault;
    const char *code;
    const struct value *body; /* of all pages, where there are several */
    const char *text;         /* "Code: message (request id ...)" where it failed */
};
struct answer ask_aws(struct cli *cli, struct loop *loop, const struct aws_call_spec *spec);
